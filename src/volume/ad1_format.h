// What stands in an AD1, by the offsets of the format. Private to the room; see ad1_reader.h for the sources.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

struct Ad1Header {
  std::uint32_t version = 0, chunk_bytes = 0;
  std::uint64_t first_entry = 0;
  std::uint64_t end = 0;     // of the header, the name and the words about the whole image
  std::uint64_t footer = 0;  // the lists of what the numbers of attributes mean, to the end of the set; 0: none
};

struct Ad1Entry {
  std::uint64_t offset = 0, next = 0, child = 0, attributes = 0, chunks = 0, size_bytes = 0;
  std::uint32_t type = 0;
  std::uint64_t end = 0;  // behind its name and the place of its folder
  std::string name;       // raw bytes
};
inline constexpr std::uint32_t kAd1Deleted = 2, kAd1Folder = 5;

struct Ad1Attribute {
  std::uint64_t next = 0;
  std::uint64_t end = 0;
  std::uint32_t id = 0;
  std::string value;  // text, whatever it says
};

// Where the chunks of a content lie, each a stream of zlib, one behind the other.
struct Ad1Chunks {
  std::uint64_t table_end = 0;
  std::uint64_t begin = 0, end = 0;
};

// The bytes of all parts without their headers, in which the format counts.
class Ad1Bytes {
 public:
  Ad1Bytes(const evidence::Image& image, const evidence::EvidenceSpec& spec);
  [[nodiscard]] std::uint64_t size_bytes() const { return size_; }
  [[nodiscard]] const std::vector<std::pair<std::uint64_t, std::uint64_t>>& headers() const { return headers_; }
  // Up to `length` bytes; fewer where the set ends.
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t offset, std::size_t length) const;
  // image_offset and how many bytes stand there without a header between them.
  struct Place {
    std::uint64_t image_offset = 0, length = 0;
  };
  [[nodiscard]] std::optional<Place> place(std::uint64_t offset) const;
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t image_offset) const;

  [[nodiscard]] std::optional<Ad1Header> header() const;
  [[nodiscard]] std::optional<Ad1Entry> entry(std::uint64_t offset) const;
  [[nodiscard]] std::optional<Ad1Attribute> attribute(std::uint64_t offset) const;
  // None: the table is not there, or is not that of so many bytes.
  [[nodiscard]] std::optional<Ad1Chunks> chunks(const Ad1Entry& entry, std::uint32_t chunk_bytes) const;

 private:
  struct Part {
    std::uint64_t offset = 0, image_offset = 0, length = 0;
  };
  const evidence::Image& image_;
  std::vector<Part> parts_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> headers_;  // image_offset, length
  std::uint64_t size_ = 0;
};

}  // namespace limier::volume
