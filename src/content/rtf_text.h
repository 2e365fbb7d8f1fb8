// The text of a document in Rich Text Format, as Outlook keeps bodies: also of one that was HTML before.
#pragma once

#include <string>
#include <string_view>

#include "content/charset.h"

namespace limier::content {

std::string text_of_rtf(std::string_view rtf, const Charsets& charsets);

}  // namespace limier::content
