// Reading back the JSON that limier writes itself, one flat object a line. Not a general JSON reader; anything else is
// a difference to be reported.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limier {

// Takes one JSON string, as json_string() writes it, from the front of `in`, unescaped. nullopt when there is none.
std::optional<std::string> take_json_string(std::string_view& in);

using FlatObject = std::vector<std::pair<std::string, std::string>>;
// The members of a flat object on one line, values as text (strings unescaped, numbers and null as written). nullopt
// when the line is not such an object.
std::optional<FlatObject> parse_flat_object(std::string_view line);
// "" when it has no such member.
std::string member_of(const FlatObject& object, std::string_view name);

// SHA-256 (hex) of the last line of a log whose lines are chained; 64 zeros for an empty one.
std::string chain_head(std::string_view log);

}  // namespace limier
