// Block functions of the digests: whole 64-byte blocks, no padding, no lengths. Private to base; digest_test.cpp calls
// the portable and the fast forms directly, so that both are proven whatever the machine has.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limier/base/digest.h"

namespace limier::detail {

inline constexpr std::size_t kDigestBlock = 64;  // RFC 1321 and FIPS 180-4: all three work on 512 bits

// One set of digests. Null: not wanted.
struct DigestStates {
  Md5State* md5 = nullptr;
  Sha1State* sha1 = nullptr;
  Sha256State* sha256 = nullptr;
};
// Up to two sets over the same blocks. MD5 is bound by latency, not by throughput: a second chain, or SHA instructions,
// fit into the gaps of the first; and the message schedules of SHA-1 and SHA-256 serve both sets.
struct Lanes {
  const std::uint8_t* data = nullptr;
  DigestStates one;
  DigestStates other;
};

void hash_blocks_portable(const Lanes& lanes, std::size_t blocks);
bool has_sha_instructions();
// Only where has_sha_instructions().
void hash_blocks_sha(const Lanes& lanes, std::size_t blocks);
void hash_blocks(const Lanes& lanes, std::size_t blocks);

}  // namespace limier::detail
