// What a file-name extension says about a file, for overviews, where its content says nothing. A name proves nothing;
// the report says so.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace limier::report {

// Lower-case extension, or "" when there is none that looks like one.
std::string extension_of(std::string_view name);

struct Category {
  std::string_view name;
  std::string_view extensions;  // separated and surrounded by spaces
};
// In the order of types::Group.
std::span<const Category> categories();
std::size_t category_of(std::string_view extension);  // index into categories(); the last one is "Other"

}  // namespace limier::report
