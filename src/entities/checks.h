// Check digits and digests that numbers and addresses carry in themselves.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "limier/base/bytes.h"
#include "limier/entities.h"

namespace limier::entities {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_letter(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_letter(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 32) : c;
}
constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

// 25 bytes in base58: version, 20 bytes, four of the digest of the digest. The version, or -1.
int base58check_version(std::string_view word);
// BIP 173 and 350 with this part in front: version 0 with the first sum, others with the second.
bool bech32_checks(std::string_view word, std::string_view front);
bool litecoin_checks(std::string_view word);
bool tron_checks(std::string_view word);
bool monero_checks(std::string_view word);
bool onion_checks(std::string_view label);  // 56 characters
// "0x" and 40 digits. kChecksum: mixed case as EIP-55 has it; kGrammar: one case alone, which says nothing; nullopt:
// mixed and wrong.
std::optional<Proof> ethereum_checks(std::string_view word);

// Keccak with 256 bits; `pad` 0x01: as it was first published (Ethereum, Monero), 0x06: SHA3-256 (FIPS 202).
std::array<std::uint8_t, 32> keccak256(Bytes data, std::uint8_t pad);
inline constexpr std::uint8_t kKeccakPad = 0x01, kSha3Pad = 0x06;

}  // namespace limier::entities
