// The head of a message: fields, encoded words, parameters, addresses, dates. Nothing here knows a body.
// Sources: RFC 5322, RFC 2045, RFC 2047, RFC 2231; what senders do beside them is said where it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/charset.h"

namespace limier::content {

bool equal_letters(std::string_view a, std::string_view b);  // of both sizes are the same
std::string lower_letters(std::string_view text);
std::string_view trimmed_text(std::string_view text);

struct HeaderField {
  std::string name;   // in small letters
  std::string value;  // unfolded, otherwise as stored
};

// Bytes of a head as far as the empty line. Lines that are no field are passed over.
std::vector<HeaderField> parse_header(std::string_view head);
// The first of this name; empty when there is none.
std::string_view field_value(const std::vector<HeaderField>& fields, std::string_view name);

// With the encoded words read. Bytes that are in no word stay as they are.
std::string decoded_words(std::string_view value, const Charsets& charsets);

// "text/plain; charset=x": the value in small letters, and its parameters.
struct ParameterValue {
  std::string value;
  std::vector<HeaderField> parameters;
};
ParameterValue parse_parameters(std::string_view field, const Charsets& charsets);

struct MailAddress {
  std::string name;     // decoded; empty: none
  std::string address;  // empty: only a name stands there
};
inline constexpr std::size_t kMaxAddresses = 10'000;  // of one field
std::vector<MailAddress> parse_addresses(std::string_view value, const Charsets& charsets);

// A date of RFC 5322, also in its older forms. None where it has no zone or is none.
std::optional<std::int64_t> parse_mail_date(std::string_view value);

// The ids "<…>" in a field, in their order, with their brackets.
std::vector<std::string> message_ids(std::string_view value);

// A subject without "Re:", "Fwd:" and what other languages put there.
std::string base_subject(std::string_view subject);

std::string from_base64(std::string_view text);
std::string from_quoted_printable(std::string_view text, bool underscore_is_space);

}  // namespace limier::content
