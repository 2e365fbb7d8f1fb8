// Addresses of mail, hosts and machines as they are written.
#pragma once

#include <optional>
#include <string_view>

#include "limier/entities.h"

namespace limier::entities {

// Each is asked at the character that gives it away.
std::optional<Found> email_at(std::string_view text, std::size_t at_sign, Setting setting);
std::optional<Found> url_at(std::string_view text, std::size_t colon, Setting setting);  // of "://"
std::optional<Found> ipv4_at(std::string_view text, std::size_t dot);                    // its first one
std::optional<Found> mac_at(std::string_view text, std::size_t sign);                    // its first ':' or '-'
std::optional<Found> ipv6_at(std::string_view text, std::size_t colon);                  // its first one
std::optional<Found> domain_at(std::string_view text, std::size_t dot);

// One of these words, in small letters, stands not far in front, or right behind. A word counts from its beginning.
bool is_near(std::string_view text, std::size_t begin, std::size_t end, std::initializer_list<std::string_view> words);

// The character before `begin` is part of a letter outside of ASCII: what begins here is the rest of a longer word.
bool behind_letter(std::string_view text, std::size_t begin);

// Top-level domains: all of two letters that are countries, those of three and more that are much used, and those kept
// free for private use and examples (RFC 2606, 6761, 7686).
bool is_top_level(std::string_view label);

}  // namespace limier::entities
