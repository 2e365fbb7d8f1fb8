#include "volume/wof.h"

#include <algorithm>

#include "volume/lzx.h"
#include "volume/xpress.h"

namespace limier::volume {

namespace {

constexpr std::size_t kTableStep = 512;  // entries of the table read at once
constexpr std::uint64_t kAliveEvery = 16;

std::size_t piece_bytes(WofMethod method) {
  switch (method) {
    case WofMethod::kXpress4K:
      return 4096;
    case WofMethod::kXpress8K:
      return 8192;
    case WofMethod::kXpress16K:
      return 16384;
    case WofMethod::kLzx:
      return kLzxPiece;
    case WofMethod::kNone:
      break;
  }
  return 0;
}

// Where the pieces end, from the table in front of them; the last one ends with the stream.
class WofTable {
 public:
  WofTable(const WofStream& stream, std::uint64_t pieces, const ReadPacked& packed)
      : packed_(packed),
        entries_(pieces - 1),
        entry_bytes_(stream.size_bytes > UINT32_MAX ? 8 : 4),
        all_(stream.packed_bytes) {}
  [[nodiscard]] std::uint64_t table_bytes() const { return entries_ * entry_bytes_; }
  // Asked for one after the other.
  std::optional<std::uint64_t> end_of(std::uint64_t piece) {
    if (table_bytes() > all_) return std::nullopt;
    if (piece >= entries_) return all_;
    if (piece >= first_ + held_) {
      first_ = piece;
      held_ = static_cast<std::size_t>(std::min<std::uint64_t>(kTableStep, entries_ - piece));
      if (!packed_(first_ * entry_bytes_, MutableBytes(bytes_).first(held_ * entry_bytes_))) return std::nullopt;
    }
    const std::uint64_t at = (piece - first_) * entry_bytes_;
    const std::uint64_t end = entry_bytes_ == 8 ? *le_at<std::uint64_t>(bytes_, at) : *le_at<std::uint32_t>(bytes_, at);
    return end > all_ - table_bytes() ? std::nullopt : std::optional(table_bytes() + end);
  }

 private:
  const ReadPacked& packed_;
  std::uint64_t entries_;
  std::size_t entry_bytes_;
  std::uint64_t all_;
  std::uint64_t first_ = 0;
  std::size_t held_ = 0;
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(kTableStep * 8);
};

bool decode_piece(WofMethod method, Bytes packed, MutableBytes piece) {
  if (packed.size() == piece.size()) {  // did not shrink
    std::copy(packed.begin(), packed.end(), piece.begin());
    return true;
  }
  return method == WofMethod::kLzx ? decode_lzx(packed, piece) : decode_xpress(packed, piece);
}

}  // namespace

bool read_wof(const WofStream& stream, const ReadPacked& packed, const std::function<void()>& alive,
              const Consumer& consume, Status& consumed) {
  const std::size_t whole = piece_bytes(stream.method);
  if (whole == 0 || stream.size_bytes == 0 || stream.size_bytes > kMaxDigestedBytes) return false;
  const std::uint64_t pieces = (stream.size_bytes + whole - 1) / whole;
  WofTable table(stream, pieces, packed);
  std::vector<std::uint8_t> in(whole), out(whole);
  std::uint64_t start = table.table_bytes();
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    if (piece % kAliveEvery == 0) alive();
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(whole, stream.size_bytes - piece * whole));
    const auto end = table.end_of(piece);
    if (!end || *end <= start || *end - start > size) return false;
    const auto source = MutableBytes(in).first(static_cast<std::size_t>(*end - start));
    const auto content = MutableBytes(out).first(size);
    if (!packed(start, source) || !decode_piece(stream.method, source, content)) return false;
    consumed = consume(content);
    if (!consumed.ok()) return true;
    start = *end;
  }
  return true;
}

}  // namespace limier::volume
