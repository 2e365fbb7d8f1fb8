// Bounds-checked reading of bytes that come from evidence. Check a block's length once with Block<N>::at, then read
// fields at constant offsets: a field past the end does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace limier {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

namespace detail {
template <class T>
T load_le(const std::uint8_t* at) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | (static_cast<T>(at[i]) << (8 * i)));
  return value;
}
template <class T>
T load_be(const std::uint8_t* at) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | (static_cast<T>(at[i]) << (8 * (sizeof(T) - 1 - i))));
  return value;
}
}  // namespace detail

// Part of `bytes`, or nothing when any of it lies outside. Never overflows.
inline std::optional<Bytes> slice(Bytes bytes, std::uint64_t offset, std::uint64_t length) {
  if (offset > bytes.size() || length > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}
template <class T>
std::optional<T> le_at(Bytes bytes, std::uint64_t offset) {
  const auto part = slice(bytes, offset, sizeof(T));
  if (!part) return std::nullopt;
  return detail::load_le<T>(part->data());
}
template <class T>
std::optional<T> be_at(Bytes bytes, std::uint64_t offset) {
  const auto part = slice(bytes, offset, sizeof(T));
  if (!part) return std::nullopt;
  return detail::load_be<T>(part->data());
}

// N bytes known to be there. Refers to the caller's memory.
template <std::size_t N>
class Block {
 public:
  static std::optional<Block> at(Bytes bytes, std::uint64_t offset) {
    const auto part = slice(bytes, offset, N);
    if (!part) return std::nullopt;
    return Block(part->data());
  }
  template <std::size_t Offset, class T>
  [[nodiscard]] T le() const {
    static_assert(Offset + sizeof(T) <= N, "field past the end of the block");
    return detail::load_le<T>(data_ + Offset);
  }
  template <std::size_t Offset, class T>
  [[nodiscard]] T be() const {
    static_assert(Offset + sizeof(T) <= N, "field past the end of the block");
    return detail::load_be<T>(data_ + Offset);
  }
  template <std::size_t Offset, std::size_t Length>
  [[nodiscard]] Bytes bytes() const {
    static_assert(Offset + Length <= N, "field past the end of the block");
    return {data_ + Offset, Length};
  }

 private:
  explicit Block(const std::uint8_t* data) : data_(data) {}
  const std::uint8_t* data_;
};

}  // namespace limier
