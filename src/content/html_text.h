// The text that a page of HTML shows, for bodies of messages: no layout, links without their targets.
#pragma once

#include <string>
#include <string_view>

namespace limier::content {

// `html` is UTF-8. The result is at most as long, but for a few bytes.
std::string text_of_html(std::string_view html);

}  // namespace limier::content
