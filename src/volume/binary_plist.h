// A binary property list: one object after the other is looked at where it lies, so that nothing grows with what the
// bytes claim. Private to the room.
//
// Source: the comments of CFBinaryPList.c (Apple, opensource.apple.com, CF-1153).
#pragma once

#include <optional>
#include <string>

#include "limier/base.h"
#include "limier/catalog.h"

namespace limier::volume {

class BinaryPlist {
 public:
  // Refers to `bytes`. None: it is no such list.
  static std::optional<BinaryPlist> open(Bytes bytes);

  [[nodiscard]] std::uint64_t top() const { return top_; }
  // Objects are numbers below the count. None: it is of another kind, or not all there.
  [[nodiscard]] std::optional<std::uint64_t> member(std::uint64_t map, std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> item(std::uint64_t list, std::uint64_t index) const;
  [[nodiscard]] std::optional<bool> truth(std::uint64_t object) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::uint64_t object) const;
  // What archives refer to other objects by.
  [[nodiscard]] std::optional<std::uint64_t> reference(std::uint64_t object) const;
  [[nodiscard]] std::optional<std::string> text(std::uint64_t object) const;
  // A number of seconds since 1970, or a date.
  [[nodiscard]] catalog::Stamp time(std::uint64_t object) const;

 private:
  struct Head {
    std::uint8_t kind = 0, low = 0;  // the two halves of the marker
    std::uint64_t count = 0;         // of bytes, characters or items
    std::uint64_t at = 0;            // where they begin
  };
  BinaryPlist() = default;
  [[nodiscard]] std::optional<std::uint64_t> number(std::uint64_t at, std::uint64_t size) const;
  [[nodiscard]] std::optional<Head> head(std::uint64_t object) const;
  [[nodiscard]] std::optional<std::uint64_t> held(std::uint64_t at, std::uint64_t index) const;

  Bytes bytes_;
  std::uint64_t objects_ = 0, top_ = 0, table_ = 0;
  std::uint8_t offset_bytes_ = 0, reference_bytes_ = 0;
};

}  // namespace limier::volume
