#include "volume/zisofs.h"

#include <algorithm>

#include <libdeflate.h>

namespace limier::volume {

namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 0x07};
constexpr std::size_t kHeader = 16;
constexpr std::uint8_t kLeastBits = 15, kMostBits = 17;  // 32, 64, 128 KiB

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};

class Packed {
 public:
  Packed(IsoDisc& disc, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges)
      : disc_(disc), ranges_(ranges) {
    for (const auto& range : ranges) size_ += range.second;
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  bool read(std::uint64_t at, MutableBytes out) {
    for (const auto& [offset, length] : ranges_) {
      if (at >= length) {
        at -= length;
        continue;
      }
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), length - at));
      if (disc_.read(offset + at, out.first(step)) < step) return false;
      out = out.subspan(step);
      at = 0;
      if (out.empty()) return true;
    }
    return out.empty();
  }

 private:
  IsoDisc& disc_;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::string zisofs_refusal(const Zisofs& fields) {
  const bool known = fields.algorithm[0] == 'p' && fields.algorithm[1] == 'z' && fields.header_bytes >= kHeader &&
                     fields.block_bits >= kLeastBits && fields.block_bits <= kMostBits;
  return known ? std::string() : std::string("compressed by zisofs in a form that is not known");
}

bool read_zisofs(IsoDisc& disc, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& packed,
                 const Zisofs& fields, const Consumer& consume, const std::function<void()>& beat, Status& consumed) {
  Packed file(disc, packed);
  std::array<std::uint8_t, kHeader> header{};
  if (!file.read(0, header) || !std::equal(kMagic.begin(), kMagic.end(), header.begin())) return false;
  if (le_at<std::uint32_t>(header, 8).value_or(0) != fields.size_bytes || header[12] * 4u != fields.header_bytes ||
      header[13] != fields.block_bits)
    return false;
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> inflate(libdeflate_alloc_decompressor());
  if (!inflate) return false;
  const std::uint64_t block = std::uint64_t{1} << fields.block_bits;
  std::vector<std::uint8_t> in, out(block);
  std::uint64_t pointer_at = fields.header_bytes;
  for (std::uint64_t at = 0; at < fields.size_bytes; at += block, pointer_at += 4) {
    beat();
    std::array<std::uint8_t, 8> pointers{};
    if (!file.read(pointer_at, pointers)) return false;
    const std::uint64_t begin = le_at<std::uint32_t>(pointers, 0).value_or(0);
    const std::uint64_t end = le_at<std::uint32_t>(pointers, 4).value_or(0);
    const auto wanted = static_cast<std::size_t>(std::min(block, fields.size_bytes - at));
    // No pack of zlib is longer than its content by more than a few bytes.
    if (end < begin || end > file.size() || end - begin > 2 * block) return false;
    if (end == begin) {
      std::fill_n(out.begin(), wanted, std::uint8_t{0});
    } else {
      in.resize(static_cast<std::size_t>(end - begin));
      std::size_t got = 0;
      if (!file.read(begin, in)) return false;
      if (libdeflate_zlib_decompress(inflate.get(), in.data(), in.size(), out.data(), wanted, &got) !=
              LIBDEFLATE_SUCCESS ||
          got != wanted)
        return false;
    }
    consumed = consume(Bytes(out).first(wanted));
    if (!consumed.ok()) return true;
  }
  return true;
}

}  // namespace limier::volume
