// types: what a file is, from its bytes. A table of types, the signatures and structures that tell them apart, and the
// sniffer that sees a content's bytes as they come by.
//
// Owns:    values; a Sniffer owns at most kHeadBytes of the content it looks at.
// Threads: the table is constant; a Sniffer and its HeldBuffers belong to one thread.
// Errors:  none: what is not recognised is kUnknown. Nothing here reads beyond the bytes it is given.
// Units:   bytes; entropy in thousandths of a bit per byte.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "limier/base.h"
#include "limier/catalog.h"

namespace limier::types {

inline constexpr std::size_t kHeadBytes = 8192;     // of every content, from its first byte
inline constexpr std::size_t kEntropyBytes = 2048;  // of these the entropy
inline constexpr std::size_t kWindowBytes = 4096;   // looked at once more further on, where the head asks for it

// What a type is about: the rows of the overviews in reports.
enum class Group : std::uint8_t {
  kPictures,
  kVideo,
  kSound,
  kDocuments,
  kMail,
  kWeb,
  kArchives,
  kDatabases,
  kPrograms,
  kSystem,
  kOther,
};

struct Type {
  std::uint16_t number;  // stable: stands in indexes
  std::string_view mime;
  std::string_view name;
  std::string_view extensions;  // usual ones, lower case, separated by spaces
  bool strong;  // its signature or structure leaves no doubt, so a name that says otherwise is worth a look
  Group group;
};
// By rising number.
std::span<const Type> all();
// nullptr: there is no such type.
const Type* find(std::uint16_t number);
// Endings of names that claim a type, sorted; not those that are used for anything ("dat", "db", "bin").
std::vector<std::string_view> telling_extensions();
inline constexpr std::uint16_t kEmptyType = 1;
inline constexpr std::uint16_t kUnknownType = 2;

// How an encrypted file is named, and what of it says so.
std::string_view encryption_scheme(catalog::FileEncryption encryption);
std::string_view encryption_detail(catalog::FileEncryption encryption);

// The first bytes of a content (all of them, or kHeadBytes) and its size.
catalog::ContentType identify(Bytes head, std::uint64_t size_bytes);

// Buffers in use by the sniffers of one thread: contents whose pieces lie apart are open side by side by the thousand.
// Beyond the limit a content is judged by the bytes of its first piece.
struct HeldBuffers {
  static constexpr std::uint32_t kMax = 256;
  std::uint32_t in_use = 0;
};

// A part of the content behind its head.
struct Window {
  std::uint64_t offset = 0;  // file_offset
  std::uint64_t length = 0;  // at most kWindowBytes
  static constexpr auto fields() { return std::tuple{&Window::offset, &Window::length}; }
};

// What is known of a content, and what its later bytes can add.
struct Look {
  catalog::ContentType found;
  std::uint32_t facts = 0;  // of the family's own (containers.h)
  std::array<Window, 2> windows{};
  static constexpr auto fields() { return std::tuple{&Look::found, &Look::facts, &Look::windows}; }
};
Look look_at_head(Bytes head, std::uint64_t size_bytes);
void look_at_window(Look& look, Bytes window);

// Takes the bytes of one content in file order and keeps what it needs of them. Copies nothing where the head comes in
// one piece. State of its own for a checkpoint: fields().
class Sniffer {
 public:
  void take(Bytes bytes, std::uint64_t size_bytes, HeldBuffers& held) {
    const std::uint64_t end = position_ + bytes.size();
    if (end > wanted_from_ || position_ == 0)
      examine(bytes, size_bytes, held);
    else
      position_ = end;
  }
  void take_zeros(std::uint64_t count, std::uint64_t size_bytes, HeldBuffers& held);
  // After the last byte.
  catalog::ContentType finish(std::uint64_t size_bytes, HeldBuffers& held);
  // Ends it without a result.
  void drop(HeldBuffers& held);
  // Counts what a restored one holds.
  void hold(HeldBuffers& held) const { held.in_use += buffer_.empty() ? 0 : 1; }
  // Whether a restored one can have come to be by taking so many bytes.
  [[nodiscard]] bool stands_at(std::uint64_t position) const;

  static constexpr auto fields() {
    return std::tuple{&Sniffer::position_,    &Sniffer::wanted_from_, &Sniffer::looked_,
                      &Sniffer::next_window_, &Sniffer::look_,        &Sniffer::buffer_};
  }

 private:
  void examine(Bytes bytes, std::uint64_t size_bytes, HeldBuffers& held);
  std::size_t take_head(Bytes bytes, std::uint64_t size_bytes, HeldBuffers& held);
  void take_windows(Bytes bytes, HeldBuffers& held);
  bool buffer(Bytes bytes, HeldBuffers& held);
  void look(Bytes head, std::uint64_t size_bytes, HeldBuffers& held);
  void next_window();

  std::uint64_t position_ = 0;     // bytes taken so far
  std::uint64_t wanted_from_ = 0;  // nothing before this offset is of interest
  bool looked_ = false;            // at the head
  std::uint8_t next_window_ = 0;
  Look look_;
  std::vector<std::uint8_t> buffer_;  // of the head, or of the window in turn
};

}  // namespace limier::types
