// What limier decodes of NTFS by itself: content compressed by Windows, reparse points, extended attributes.
#include <cstdlib>

#include "volume/lzx.h"
#include "volume/wof.h"
#include "volume/xpress.h"

namespace {

using namespace limier;
using volume::WofMethod;

void unpack(WofMethod method, std::uint64_t size, Bytes packed) {
  std::uint64_t given = 0;
  Status consumed = ok_status();
  const bool whole = volume::read_wof(
      {method, size, packed.size()},
      [&](std::uint64_t offset, MutableBytes out) {
        const auto part = slice(packed, offset, out.size());
        if (part) std::copy(part->begin(), part->end(), out.begin());
        return part.has_value();
      },
      [] {},
      [&](Bytes bytes) {
        given += bytes.size();
        return ok_status();
      },
      consumed);
  if (given > size || (whole && given != size)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  // The first byte says what the rest is, the next three how large its content is to be.
  const std::uint64_t wanted = detail::load_le<std::uint32_t>(data) >> 8;
  const Bytes rest(data + 4, size - 4);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(wanted % (volume::kLzxPiece + 1)));
  switch (data[0] % 8) {
    case 0:
      (void)volume::decode_xpress(rest, out);
      break;
    case 1:
      (void)volume::decode_lzx(rest, out);
      break;
    case 2:
      unpack(WofMethod::kXpress4K, wanted, rest);
      break;
    case 3:
      unpack(WofMethod::kXpress8K, wanted, rest);
      break;
    case 4:
      unpack(WofMethod::kXpress16K, wanted, rest);
      break;
    case 5:
      unpack(WofMethod::kLzx, wanted, rest);
      break;
    case 6:
      (void)volume::parse_reparse(rest);
      break;
    default:
      for (const auto& one : volume::parse_extended_attributes(rest))
        if (!slice(rest, one.offset, one.length)) std::abort();
  }
  return 0;
}
