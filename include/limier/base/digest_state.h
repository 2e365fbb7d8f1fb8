// A Hasher between two bytes, so that another process can go on where it stood.
#pragma once

#include "limier/base/digest.h"

namespace limier {

// Says nothing about the bytes so far that their digest would not. Equal streams have equal states.
struct HasherState {
  DigestSet which;
  std::uint64_t size_bytes = 0;
  std::array<std::uint8_t, 64> tail{};  // the first size_bytes % 64 count, the others are zero
  std::array<std::uint32_t, 4> md5{};
  std::array<std::uint32_t, 5> sha1{};
  std::array<std::uint32_t, 8> sha256{};
  static constexpr auto fields() {
    return std::tuple{&HasherState::which, &HasherState::size_bytes, &HasherState::tail,
                      &HasherState::md5,   &HasherState::sha1,       &HasherState::sha256};
  }
};

HasherState state_of(const Hasher& hasher);
// A state from anywhere is taken: what it means decides what the digests are, and nothing else.
Hasher hasher_from(const HasherState& state);

}  // namespace limier
