#include <libdeflate.h>

#include <algorithm>

#include "unpack/codings.h"

namespace limier::unpack {

using catalog::Coding;
using catalog::PackingFault;

std::unique_ptr<Unpacker> make_unpacker(Coding coding, std::uint64_t size_bytes) {
  switch (coding) {
    case Coding::kPlain:
      break;
    case Coding::kDeflate:
      return make_deflate();
    case Coding::kZstd:
      return make_zstd();
    case Coding::kBzip2:
      return make_bzip2();
    case Coding::kLzma:
      return make_lzma(size_bytes);
    case Coding::kZlib:
      return make_zlib_run(size_bytes);
  }
  return nullptr;
}

std::uint32_t crc32(std::uint32_t before, Bytes bytes) {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

Member::Member(const catalog::Packing& packing, std::uint64_t size_bytes)
    : packing_(packing), size_bytes_(size_bytes), unpacker_(make_unpacker(packing.coding, size_bytes)) {}

Member::Member(const catalog::Packing& packing, std::uint64_t size_bytes, std::uint64_t done, std::uint32_t crc)
    : packing_(packing), size_bytes_(size_bytes), done_(done), crc_(crc) {}

void Member::note(Bytes bytes) {
  done_ += bytes.size();
  if (packing_.has_crc) crc_ = crc32(crc_, bytes);
}

void Member::feed(Bytes packed, const Take& take) {
  if (!this->packed()) {
    note(packed);
    take(packed);
    return;
  }
  if (unpacker_ == nullptr || state_ != Unpacker::State::kMore || too_long_) return;
  state_ = unpacker_->feed(packed, [&](Bytes bytes) {
    const std::uint64_t room = size_bytes_ - done_;
    too_long_ = bytes.size() > room;
    const Bytes wanted = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size())));
    note(wanted);
    const bool go_on = wanted.empty() || take(wanted);
    return go_on && !too_long_;
  });
  if (state_ == Unpacker::State::kEnd) unpacker_.reset();  // its window is not needed any more
}

PackingFault Member::finish() const {
  if (too_long_) return PackingFault::kWrongSize;
  if (packed() && state_ != Unpacker::State::kEnd) return PackingFault::kBadStream;
  if (done_ != size_bytes_) return PackingFault::kWrongSize;
  return packing_.has_crc && crc_ != packing_.crc32 ? PackingFault::kWrongCrc : PackingFault::kNone;
}

}  // namespace limier::unpack
