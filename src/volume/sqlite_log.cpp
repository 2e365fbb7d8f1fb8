#include "volume/sqlite_log.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace limier::volume {

namespace {

constexpr std::size_t kHeadBytes = 32, kFrameBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit: check sums are of big-endian words
constexpr std::size_t kSummedOfHead = 24, kSummedOfFrame = 8;

struct Sum {
  std::uint32_t one = 0, two = 0;
  friend bool operator==(const Sum&, const Sum&) = default;

  // Of whole pairs of words.
  void add(Bytes bytes, bool big_endian) {
    const auto word = [&](std::size_t at) {
      return big_endian ? detail::load_be<std::uint32_t>(bytes.data() + at)
                        : detail::load_le<std::uint32_t>(bytes.data() + at);
    };
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      one += word(at) + two;
      two += word(at + 4) + one;
    }
  }
};

}  // namespace

std::unique_ptr<LoggedSource> LoggedSource::open(std::unique_ptr<ByteSource>& database, std::unique_ptr<ByteSource> log,
                                                 const std::function<void(std::uint64_t)>& beat) {
  if (!database || !log) return nullptr;
  std::unique_ptr<LoggedSource> source(new LoggedSource());
  source->log_ = std::move(log);
  if (!source->read_frames(beat)) return nullptr;
  source->database_ = std::move(database);
  return source;
}

// Frames count as long as salts and check sums follow from the head, up to the last that ends a transaction.
bool LoggedSource::read_frames(const std::function<void(std::uint64_t)>& beat) {
  std::vector<std::uint8_t> bytes(kHeadBytes);
  if (log_->size_bytes() < kHeadBytes || !log_->read(0, MutableBytes(bytes))) return false;
  const auto head = *Block<kHeadBytes>::at(bytes, 0);
  const auto magic = head.be<0, std::uint32_t>();
  const bool big_endian = (magic & 1) != 0;
  page_bytes_ = head.be<8, std::uint32_t>();
  if ((magic & ~1u) != kMagic || page_bytes_ < 512 || page_bytes_ > 65536 || !std::has_single_bit(page_bytes_))
    return false;
  Sum sum;
  sum.add(Bytes(bytes).first(kSummedOfHead), big_endian);
  if (sum != Sum{head.be<24, std::uint32_t>(), head.be<28, std::uint32_t>()}) return false;
  const auto salts = head.be<16, std::uint64_t>();
  std::unordered_map<std::uint32_t, std::uint64_t> open;  // of the transaction that is not ended yet
  bytes.resize(kFrameBytes + page_bytes_);
  for (std::uint64_t at = kHeadBytes; at + bytes.size() <= log_->size_bytes(); at += bytes.size()) {
    beat(at);
    if (!log_->read(at, MutableBytes(bytes))) break;
    const auto frame = *Block<kFrameBytes>::at(bytes, 0);
    if (frame.be<8, std::uint64_t>() != salts) break;
    sum.add(Bytes(bytes).first(kSummedOfFrame), big_endian);
    sum.add(Bytes(bytes).subspan(kFrameBytes), big_endian);
    if (sum != Sum{frame.be<16, std::uint32_t>(), frame.be<20, std::uint32_t>()}) break;
    open[frame.be<0, std::uint32_t>()] = at + kFrameBytes;
    const auto pages = frame.be<4, std::uint32_t>();
    if (pages == 0) continue;
    for (const auto& [page, place] : open) places_[page] = place;
    open.clear();
    pages_ = pages;
  }
  return pages_ > 0;
}

bool LoggedSource::read(std::uint64_t offset, MutableBytes out) {
  if (offset > size_bytes() || out.size() > size_bytes() - offset) return false;
  while (!out.empty()) {
    const auto in_page = static_cast<std::size_t>(offset % page_bytes_);
    const auto page = static_cast<std::uint32_t>(offset / page_bytes_ + 1);
    const MutableBytes part = out.first(std::min<std::size_t>(out.size(), page_bytes_ - in_page));
    const auto place = places_.find(page);
    const bool read =
        place == places_.end() ? database_->read(offset, part) : log_->read(place->second + in_page, part);
    if (!read) return false;
    offset += part.size();
    out = out.subspan(part.size());
  }
  return true;
}

}  // namespace limier::volume
