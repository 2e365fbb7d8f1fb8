// No escaper lets an active character through, whatever the bytes.
#include <cstdlib>

#include "limier/base.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limier;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& out : {terminal_text(text), html_text(text), xml_text(text), csv_field(text),
                                 bodyfile_field(text), json_string(text)}) {
    if (!is_valid_utf8(out)) std::abort();
    for (const char c : out)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  }
  if (html_text(text).find_first_of("<>\"'") != std::string::npos) std::abort();
  if (bodyfile_field(text).find('|') != std::string::npos) std::abort();
  return 0;
}
