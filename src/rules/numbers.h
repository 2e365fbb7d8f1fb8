// Numbers that carry a check in themselves, as they stand in a text: rules ask for them by SQL functions.
#pragma once

#include <string>
#include <string_view>

namespace limier::rules {

// Each by '|', once, in the order of the text, in one spelling (capitals, no blanks); "" for none. Of a text the first
// 64 KiB are looked at.

// Shipping containers: ISO 6346, owner code, U, J or Z, six digits and the right check digit.
std::string container_numbers(std::string_view text);
// Bank accounts: ISO 13616, known country with its length, remainder 1 modulo 97.
std::string ibans(std::string_view text);
// Wallets: Bitcoin with base58check, bech32 or bech32m; the rest is not told from other words without context.
std::string wallets(std::string_view text);

// The largest sum of money in a text, in units of its currency; 0 for none. A number is one with a sign or a name of a
// currency beside it, or with a k behind it ("12k", "€ 3.500", "900 euro").
double largest_amount(std::string_view text);

}  // namespace limier::rules
