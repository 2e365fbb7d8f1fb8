#include "content/sqlite_wal.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/sqlite_wal_frame.h"

namespace limier::content {
namespace {

constexpr std::size_t kFramesPerBeat = 1024;

// What becomes of a frame.
enum class Frame { kGood, kCommit, kOtherGeneration, kBroken };

Frame check_frame(Bytes bytes, const WalHeader& header, WalSums& sums, WalFrame& frame) {
  frame = WalFrame::parse(bytes);
  if (frame.salts != header.salts) return Frame::kOtherGeneration;
  add_frame(sums, bytes, header.big_endian);
  if (frame.page == 0 || !(sums == frame.sums)) return Frame::kBroken;
  return frame.commit != 0 ? Frame::kCommit : Frame::kGood;
}

// One frame a page: the newest, which has the highest index.
void keep_newest(std::vector<std::uint64_t>& frames) {
  std::ranges::sort(frames, std::greater());
  const auto same_page = [](std::uint64_t one, std::uint64_t other) { return one >> 32 == other >> 32; };
  frames.erase(std::unique(frames.begin(), frames.end(), same_page), frames.end());
  std::ranges::reverse(frames);
}

}  // namespace

std::optional<Wal> Wal::read(const Reader& file, Rows& rows) {
  if (file.size_bytes() == 0) return std::nullopt;
  std::array<std::uint8_t, kWalHeaderBytes> head{};
  if (!file.read(0, head) && file.size_bytes() >= head.size()) {
    rows.issue("sqlite-wal-unreadable", "the head of the write-ahead log could not be read: the log is not applied",
               true);
    return std::nullopt;
  }
  const auto header = WalHeader::parse(head);
  if (!header) {
    if (WalHeader::is_of_other_version(head))
      rows.issue(
          "sqlite-wal-not-applied",
          "the write-ahead log is of a version that is not known: it is not applied, and what stands in it alone "
          "is missing",
          true);
    else if (std::ranges::any_of(head, [](std::uint8_t byte) { return byte != 0; }))
      rows.issue("sqlite-wal-not-valid",
                 "what stands beside the database as its write-ahead log has no valid head: it is not applied, as the "
                 "application would not have",
                 false);
    return std::nullopt;
  }

  Wal wal;
  wal.page_size_ = header->page_size;
  std::vector<std::uint8_t> frame(kWalFrameHeaderBytes + header->page_size);
  WalSums sums = header->sums;
  std::size_t committed = 0;
  std::uint64_t offset = kWalHeaderBytes;
  bool tail = false, whole = true;
  for (std::size_t index = 0; offset + frame.size() <= file.size_bytes(); ++index, offset += frame.size()) {
    if (index == kMaxWalFrames) {
      rows.issue("sqlite-wal-too-large",
                 fmt::format("the write-ahead log holds more than {} pages: it is not applied", kMaxWalFrames), true);
      return std::nullopt;
    }
    if (index % kFramesPerBeat == 0) rows.alive();
    if (!file.read(offset, frame)) {
      rows.issue("sqlite-wal-unreadable",
                 fmt::format("the write-ahead log could not be read at byte {}: what follows is not applied", offset),
                 true);
      break;
    }
    WalFrame one;
    const Frame state = check_frame(frame, *header, sums, one);
    whole = state != Frame::kOtherGeneration;
    if (!whole) break;
    tail = true;
    if (state == Frame::kBroken) break;
    wal.frames_.push_back(static_cast<std::uint64_t>(one.page) << 32 | index);
    if (state != Frame::kCommit) continue;
    tail = false;
    committed = wal.frames_.size();
    wal.page_count_ = one.commit;
  }
  // A frame of this generation that was cut off.
  if (whole && !tail && file.size_bytes() > offset && file.size_bytes() - offset < frame.size()) {
    std::array<std::uint8_t, kWalFrameHeaderBytes> cut{};
    (void)file.read(offset, MutableBytes(cut).first(std::min<std::uint64_t>(cut.size(), file.size_bytes() - offset)));
    tail = Block<kWalFrameHeaderBytes>::at(cut, 0)->be<8, std::uint64_t>() == header->salts;
  }
  if (tail)
    rows.issue("sqlite-wal-tail",
               "the write-ahead log ends in a transaction that is not whole: the application would not have shown it, "
               "and it is not shown here",
               false);
  if (committed == 0) return std::nullopt;
  wal.frames_.resize(committed);
  keep_newest(wal.frames_);
  return wal;
}

std::optional<std::uint64_t> Wal::offset_of(std::uint32_t page) const {
  const auto found = std::ranges::lower_bound(frames_, static_cast<std::uint64_t>(page) << 32);
  if (found == frames_.end() || *found >> 32 != page) return std::nullopt;
  const std::uint64_t index = *found & 0xffffffff;
  return kWalHeaderBytes + index * (kWalFrameHeaderBytes + page_size_) + kWalFrameHeaderBytes;
}

}  // namespace limier::content
