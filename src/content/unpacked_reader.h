// The bytes of a content that lies packed in the image: unpacked as far as somebody asks for it, and not from the front
// each time.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "content/placed_reader.h"
#include "limier/unpack.h"

namespace limier::content {

class UnpackedReader final : public Reader {
 public:
  // Both outlive it; `content` is sound and packed.
  UnpackedReader(const evidence::Image& image, const ContentBytes& content);
  [[nodiscard]] std::uint64_t size_bytes() const override { return content_.size_bytes; }
  bool read(std::uint64_t offset, MutableBytes out) const override;
  // For tests and figures: bytes unpacked so far.
  [[nodiscard]] std::uint64_t unpacked_bytes() const { return unpacked_bytes_; }

 private:
  using Block = std::vector<std::uint8_t>;
  // Where unpacking stands, and where it could go on.
  struct Standing {
    std::uint64_t unpacked = 0, packed = 0;  // bytes so far
    std::unique_ptr<unpack::Unpacker> unpacker;
  };
  struct Cached {
    std::uint64_t block = 0;
    Block bytes;
  };

  const Block* block_at(std::uint64_t block) const;
  bool go_to(std::uint64_t block) const;
  bool feed_some() const;
  void take(Bytes bytes) const;
  void keep(std::uint64_t block, Block bytes) const;
  void note_point() const;

  const evidence::Image& image_;
  const ContentBytes& content_;
  std::uint64_t between_points_;
  std::size_t max_cached_;
  mutable Standing at_;
  mutable Block begun_;  // the first bytes of the block that at_ stands in; empty where they were not wanted
  mutable std::vector<Standing> points_;
  mutable std::list<Cached> cached_;  // last used first
  mutable std::uint64_t unpacked_bytes_ = 0;
};

}  // namespace limier::content
