// Records that cross a process boundary. A record lists its members once, in fields(); encoding and decoding follow
// from that list, so the two cannot differ.
//
//   struct Piece { std::uint64_t image_offset; std::string note;
//                  static constexpr auto fields() { return std::tuple{&Piece::image_offset, &Piece::note}; } };
//
// Encoding: integers and enums little-endian at their own width, bool one byte, double as its IEEE bits, strings and
// vectors with a 32-bit count, optional with a presence byte, arrays and nested records in place. decode() never reads
// past its input, refuses trailing bytes, and never allocates more than the input could hold.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "limier/base/bytes.h"

namespace limier {

template <class T>
concept Record = requires {
  T::fields();
};

class Encoder {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      put(static_cast<std::uint8_t>(value ? 1 : 0));
    } else if constexpr (std::is_enum_v<T>) {
      put(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_integral_v<T>) {
      const auto bits = static_cast<std::make_unsigned_t<T>>(value);
      std::uint8_t* const bytes = room(sizeof(T));
      for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<std::uint8_t>(bits >> (8 * i));
    } else if constexpr (std::is_same_v<T, double>) {
      put(std::bit_cast<std::uint64_t>(value));
    } else {
      put_compound(value);
    }
  }
  [[nodiscard]] Bytes bytes() const { return Bytes(out_).first(size_); }
  [[nodiscard]] std::size_t size() const { return size_; }
  std::vector<std::uint8_t> take() {
    out_.resize(std::exchange(size_, 0));
    return std::move(out_);
  }
  void clear() { size_ = 0; }
  // Drops the first bytes.
  void drop(std::size_t count) {
    assert(count <= size_);
    size_ -= count;
    if (size_ > 0) std::memmove(out_.data(), out_.data() + count, size_);
  }

 private:
  // A record has dozens of fields and there are millions of records: room is made for many at a time.
  std::uint8_t* room(std::size_t size) {
    if (out_.size() - size_ < size) grow(size);
    return out_.data() + std::exchange(size_, size_ + size);
  }
  [[gnu::noinline]] void grow(std::size_t size) { out_.resize(std::max({out_.size() * 2, size_ + size, kLeastRoom})); }
  void append(const void* bytes, std::size_t size) {
    if (size > 0) std::memcpy(room(size), bytes, size);
  }
  void put_compound(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    append(text.data(), text.size());
  }
  template <class T>
  void put_compound(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put_compound(const std::vector<T>& values) {
    put(static_cast<std::uint32_t>(values.size()));
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      append(values.data(), values.size());
    } else {
      for (const T& value : values) put(value);
    }
  }
  template <class T, std::size_t N>
  void put_compound(const std::array<T, N>& values) {
    if constexpr (std::is_same_v<T, std::uint8_t>)
      append(values.data(), N);
    else
      for (const T& value : values) put(value);
  }
  template <Record T>
  void put_compound(const T& record) {
    std::apply([&](auto... member) { (put(record.*member), ...); }, T::fields());
  }

  static constexpr std::size_t kLeastRoom = 64;

  std::vector<std::uint8_t> out_;  // and behind size_, room for more
  std::size_t size_ = 0;
};

class Decoder {
 public:
  explicit Decoder(Bytes in) : in_(in) {}
  template <class T>
  bool get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      if (!get(byte) || byte > 1) return fail();
      value = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      if (!get(number)) return false;
      value = static_cast<T>(number);
    } else if constexpr (std::is_integral_v<T>) {
      if (in_.size() < sizeof(T)) return fail();
      value = static_cast<T>(detail::load_le<std::make_unsigned_t<T>>(in_.data()));
      in_ = in_.subspan(sizeof(T));
    } else if constexpr (std::is_same_v<T, double>) {
      std::uint64_t bits = 0;
      if (!get(bits)) return false;
      value = std::bit_cast<double>(bits);
    } else {
      return get_compound(value);
    }
    return ok_;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  bool fail() {
    ok_ = false;
    return false;
  }
  bool get_compound(std::string& text) {
    std::uint32_t size = 0;
    if (!get(size) || size > in_.size()) return fail();
    text.assign(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return true;
  }
  template <class T>
  bool get_compound(std::optional<T>& value) {
    bool present = false;
    if (!get(present)) return false;
    value.reset();
    if (!present) return true;
    return get(value.emplace());
  }
  template <class T>
  bool get_compound(std::vector<T>& values) {
    std::uint32_t count = 0;
    if (!get(count) || count > in_.size()) return fail();  // every element takes at least one byte
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      values.assign(in_.begin(), in_.begin() + count);
      in_ = in_.subspan(count);
    } else {
      values.clear();
      for (std::uint32_t i = 0; i < count; ++i)
        if (!get(values.emplace_back())) return false;
    }
    return true;
  }
  template <class T, std::size_t N>
  bool get_compound(std::array<T, N>& values) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      if (in_.size() < N) return fail();
      std::copy_n(in_.begin(), N, values.begin());
      in_ = in_.subspan(N);
    } else {
      for (T& value : values)
        if (!get(value)) return false;
    }
    return true;
  }
  template <Record T>
  bool get_compound(T& record) {
    return std::apply([&](auto... member) { return (get(record.*member) && ...); }, T::fields());
  }

  Bytes in_;
  bool ok_ = true;
};

// A count, and so many records: what a vector of them looks like. False where that is not what `bytes` hold; the
// records before the first that is damaged were handed on. `each` answers whether to go on.
template <Record T, class Each>
bool decode_each(Bytes bytes, const Each& each) {
  Decoder in(bytes);
  std::uint32_t count = 0;
  if (!in.get(count)) return false;
  T record{};  // keeps its memory from one to the next
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!in.get(record)) return false;
    if (!each(std::as_const(record))) return true;
  }
  return in.at_end();
}

template <Record T>
std::vector<std::uint8_t> encode(const T& record) {
  Encoder out;
  out.put(record);
  return out.take();
}

// nullopt for anything but exactly one well-formed record.
template <Record T>
std::optional<T> decode(Bytes bytes) {
  Decoder in(bytes);
  T record{};
  if (!in.get(record) || !in.at_end()) return std::nullopt;
  return record;
}

}  // namespace limier
