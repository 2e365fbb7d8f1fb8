// Compressed values. Sources: RFC 1950 (zlib), RFC 1952 (gzip); libdeflate undoes them, never into more than a cell
// holds.
#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

constexpr std::size_t kFirstRoom = 64u << 10;

template <class Inflate>
bool inflate(Bytes bytes, std::vector<Value>& values, Inflate one) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (decompressor == nullptr) return false;
  std::string out;
  for (std::size_t room = std::max(kFirstRoom, std::min(bytes.size() * 4, kMaxOutputBytes));; room *= 4) {
    out.resize(std::min(room, kMaxOutputBytes));
    std::size_t size = 0;
    const auto result = one(decompressor.get(), bytes.data(), bytes.size(), out.data(), out.size(), &size);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(size);
      values.emplace_back(std::move(out));
      return true;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || out.size() == kMaxOutputBytes) return false;
  }
}

}  // namespace

bool decode_gzip(Bytes bytes, std::string_view, std::vector<Value>& values) {
  return inflate(bytes, values, libdeflate_gzip_decompress);
}

bool decode_zlib(Bytes bytes, std::string_view, std::vector<Value>& values) {
  return inflate(bytes, values, libdeflate_zlib_decompress);
}

}  // namespace limier::content::decode
