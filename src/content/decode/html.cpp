// The text of bodies that are HTML.
#include "content/decode/decode.h"
#include "content/html_text.h"

namespace limier::content::decode {

bool decode_html_text(Bytes bytes, std::string_view, std::vector<Value>& values) {
  values.emplace_back(text_of_html(as_text(bytes)));
  return true;
}

}  // namespace limier::content::decode
