// Every decoder of mapped columns, over the same bytes and a path: a byte for the path's length, the path, the bytes.
#include <cstdlib>

#include "content/decode/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limier;
  const Bytes all(data, size);
  if (all.empty()) return 0;
  const std::size_t length = std::min<std::size_t>(all[0], all.size() - 1);
  const std::string_view path = as_text(all.subspan(1, length));
  for (const auto& decoder : content::decode::decoders()) {
    std::vector<content::decode::Value> values;
    if (!decoder.decode(all.subspan(1 + length), decoder.takes_path ? path : "", values)) continue;
    if (values.size() > content::decode::kMaxValues) std::abort();
    for (const auto& one : values)
      if (const auto* text = std::get_if<std::string>(&one))
        if (text->size() > content::decode::kMaxOutputBytes) std::abort();
  }
  return 0;
}
