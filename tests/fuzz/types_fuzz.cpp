// Any content in any pieces: an answer that can be, and the same as that of the whole.
#include <algorithm>
#include <cstdlib>

#include "limier/types.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limier;
  if (size < 4) return 0;
  // Two bytes say how the content is cut, two how long the hole at its end is.
  const std::size_t step = 1 + (data[0] | static_cast<std::size_t>(data[1]) << 8);
  const std::size_t zeros = data[2] | static_cast<std::size_t>(data[3]) << 8;
  std::vector<std::uint8_t> content(size - 4 + zeros);
  std::copy(data + 4, data + size, content.begin());
  types::HeldBuffers held;
  types::Sniffer whole, parted;
  whole.take(content, content.size(), held);
  const Bytes bytes(data + 4, size - 4);
  for (std::size_t at = 0; at < bytes.size(); at += step)
    parted.take(bytes.subspan(at, std::min(step, bytes.size() - at)), content.size(), held);
  parted.take_zeros(zeros, content.size(), held);
  const auto found = whole.finish(content.size(), held);
  if (!catalog::validate(found) || types::find(found.type) == nullptr) std::abort();
  if (parted.finish(content.size(), held) != found || held.in_use != 0) std::abort();
  return 0;
}
