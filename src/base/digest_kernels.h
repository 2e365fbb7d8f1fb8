// Block functions of the digests: whole 64-byte blocks, no padding, no lengths. Private to base; digest_test.cpp calls
// the portable and the fast forms directly, so that both are proven whatever the machine has.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limier/base/digest.h"

namespace limier::detail {

inline constexpr std::size_t kDigestBlock = 64;  // RFC 1321 and FIPS 180-4: all three work on 512 bits

// What to update from one stretch of blocks. Null: not wanted.
// `other_md5` is a second, independent MD5 over its own bytes. MD5 is bound by latency, not by throughput: a second
// chain, or SHA instructions, fit into the gaps of the first.
struct Lanes {
  Md5State* md5 = nullptr;
  Sha1State* sha1 = nullptr;
  Sha256State* sha256 = nullptr;
  const std::uint8_t* data = nullptr;
  Md5State* other_md5 = nullptr;
  const std::uint8_t* other_data = nullptr;
};

void hash_blocks_portable(const Lanes& lanes, std::size_t blocks);
bool has_sha_instructions();
// Only where has_sha_instructions().
void hash_blocks_sha(const Lanes& lanes, std::size_t blocks);
void hash_blocks(const Lanes& lanes, std::size_t blocks);

}  // namespace limier::detail
