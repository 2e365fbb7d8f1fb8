// What to say about a command or an option that does not exist: the one that was meant, or that it is not part of this
// version.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limier::cli {

// The word that differs from `given` by the fewest letters, swapped neighbours counted as one; "" when none is close
// enough to be meant.
std::string nearest(std::string_view given, std::span<const std::string> words);

// "; did you mean 'files'?" or "".
std::string did_you_mean(std::string_view given, std::span<const std::string> words);

// Commands and options of the public contract that come with later versions.
bool is_later_command(std::string_view name);
// Why an option of a later version is refused; "" when it is none.
std::string_view later_option(std::string_view name);

}  // namespace limier::cli
