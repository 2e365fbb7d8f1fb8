// HasherState has the members of Hasher in the same order, so one is the other bit by bit; digest_state_test.cpp holds
// the two together at every byte against OpenSSL.
#include "limier/base/digest_state.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace limier {

static_assert(sizeof(HasherState) == sizeof(Hasher));
static_assert(std::is_trivially_copyable_v<Hasher> && std::is_standard_layout_v<Hasher>);

HasherState state_of(const Hasher& hasher) {
  auto state = std::bit_cast<HasherState>(hasher);
  const auto held = static_cast<std::ptrdiff_t>(state.size_bytes % state.tail.size());
  std::fill(state.tail.begin() + held, state.tail.end(), std::uint8_t{0});
  return state;
}

Hasher hasher_from(const HasherState& state) {
  return std::bit_cast<Hasher>(state);
}

}  // namespace limier
