// Sources of the layout: Apple's open-source kernel, bsd/sys/decmpfs.h (header, types 1 and up); Inside Macintosh,
// "More Macintosh Toolbox", 1-121 (resource forks). Content in a resource fork is cut into units of 64 KiB, each
// compressed by itself or stored as it is behind a byte that no compressed unit begins with.
#include "volume/decmpfs.h"

#include <libdeflate.h>

#include <algorithm>

#include <fmt/format.h>

#include "volume/lzfse.h"
#include "volume/lzvn.h"

namespace limier::volume {

namespace {

constexpr std::size_t kDecmpfsHeader = 16;
constexpr std::size_t kUnitBytes = 64u << 10;
constexpr std::size_t kMaxPackedUnit = 2 * kUnitBytes;    // what does not shrink is stored behind one byte
constexpr std::uint64_t kMaxInlineContent = 64ull << 20;  // more than deflate makes of the largest attribute
constexpr std::uint64_t kMaxForkContent = 1ull << 40;     // so the table of units stays below 128 MiB

enum class Packing { kNone, kPlain, kZlib, kLzvn, kMarked, kLzfse };

Packing packing_of(std::uint32_t type) {
  switch (type) {
    case 1:
      return Packing::kPlain;
    case 3:
    case 4:
      return Packing::kZlib;
    case 7:
    case 8:
      return Packing::kLzvn;
    case 9:
    case 10:
      return Packing::kMarked;
    case 11:
    case 12:
      return Packing::kLzfse;
    default:
      return Packing::kNone;
  }
}

// The byte in front of bytes that are stored as they are.
bool marks_stored(Packing packing, std::uint8_t first) {
  switch (packing) {
    case Packing::kZlib:
      return (first & 0x0F) == 0x0F;
    case Packing::kLzvn:
      return first == 0x06;
    case Packing::kMarked:
      return first == 0xCC;
    case Packing::kLzfse:
      return first == 0xFF;
    default:
      return false;
  }
}

bool inflate(Bytes in, MutableBytes out) {
  struct Free {
    void operator()(libdeflate_decompressor* pointer) const { libdeflate_free_decompressor(pointer); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  std::size_t got = 0;
  return decompressor &&
         libdeflate_zlib_decompress(decompressor.get(), in.data(), in.size(), out.data(), out.size(), &got) ==
             LIBDEFLATE_SUCCESS &&
         got == out.size();
}

// Fills `out` from one unit.
bool decode_unit(Packing packing, Bytes in, MutableBytes out) {
  if (in.empty()) return out.empty();
  if (packing != Packing::kPlain && marks_stored(packing, in[0])) in = in.subspan(1), packing = Packing::kPlain;
  switch (packing) {
    case Packing::kPlain:
    case Packing::kMarked:
      if (in.size() < out.size()) return false;
      std::copy_n(in.begin(), out.size(), out.begin());
      return true;
    case Packing::kZlib:
      return inflate(in, out);
    case Packing::kLzvn:
      return decode_lzvn(in, out) == out.size();
    case Packing::kLzfse:
      return decode_lzfse(in, out);
    case Packing::kNone:
      break;
  }
  return false;
}

struct Unit {
  std::uint64_t fork_offset = 0;
  std::uint32_t length = 0;
};

// Where the packed units of a fork stand.
class UnitTable {
 public:
  UnitTable(const ForkBytes& fork, std::uint64_t units) : fork_(fork), units_(units) {}

  // A resource fork proper, whose one resource begins with a table of offsets and lengths.
  bool open_resource() {
    std::array<std::uint8_t, 16> head{};
    std::array<std::uint8_t, 8> resource{};
    if (!read(0, head)) return false;
    const std::uint64_t data = Block<16>::at(head, 0)->be<0, std::uint32_t>();
    if (!read(data, resource)) return false;
    origin_ = data + 4;
    first_ = origin_ + 4;
    entry_bytes_ = 8;
    return Block<8>::at(resource, 0)->le<4, std::uint32_t>() == units_;
  }
  // A fork that begins with a table of offsets, one more than there are units; the first is that of the table's end.
  bool open_plain() {
    std::array<std::uint8_t, 4> head{};
    origin_ = first_ = 0;
    entry_bytes_ = 4;
    return read(0, head) && Block<4>::at(head, 0)->le<0, std::uint32_t>() == 4 * (units_ + 1);
  }

  std::optional<Unit> unit(std::uint64_t index) {
    std::array<std::uint8_t, 8> entry{};
    if (!read(first_ + index * entry_bytes_, entry)) return std::nullopt;
    const auto block = Block<8>::at(entry, 0);
    const std::uint64_t offset = block->le<0, std::uint32_t>(), second = block->le<4, std::uint32_t>();
    const std::uint64_t length = entry_bytes_ == 8 ? second : second - std::min(offset, second);
    if (length == 0 || length > kMaxPackedUnit) return std::nullopt;
    return Unit{origin_ + offset, static_cast<std::uint32_t>(length)};
  }

 private:
  bool read(std::uint64_t at, MutableBytes out) const {
    return at <= fork_.size_bytes && out.size() <= fork_.size_bytes - at && fork_.read(at, out);
  }
  const ForkBytes& fork_;
  std::uint64_t units_;
  std::uint64_t origin_ = 0, first_ = 0, entry_bytes_ = 0;
};

bool decode_fork(const Decmpfs& header, const ForkBytes& fork, const Consumer& consume, Status& consumed) {
  const Packing packing = packing_of(header.type);
  const std::uint64_t units = (header.size_bytes + kUnitBytes - 1) / kUnitBytes;
  UnitTable table(fork, units);
  if (!(packing == Packing::kZlib ? table.open_resource() : table.open_plain())) return false;
  std::vector<std::uint8_t> packed, content(kUnitBytes);
  for (std::uint64_t i = 0; i < units; ++i) {
    const auto unit = table.unit(i);
    if (!unit || unit->fork_offset > fork.size_bytes || unit->length > fork.size_bytes - unit->fork_offset)
      return false;
    packed.resize(unit->length);
    const auto out = MutableBytes(content).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(kUnitBytes, header.size_bytes - i * kUnitBytes)));
    if (!fork.read(unit->fork_offset, packed) || !decode_unit(packing, packed, out)) return false;
    consumed = consume(out);
    if (!consumed.ok()) return true;
  }
  return true;
}

}  // namespace

std::optional<Decmpfs> parse_decmpfs(Bytes attribute) {
  const auto block = Block<kDecmpfsHeader>::at(attribute, 0);
  if (!block || as_text(block->bytes<0, 4>()) != "fpmc") return std::nullopt;
  return Decmpfs{block->le<4, std::uint32_t>(), block->le<8, std::uint64_t>()};
}

bool is_in_fork(const Decmpfs& header) {
  return header.type == 4 || header.type == 8 || header.type == 10 || header.type == 12 || header.type == 14;
}

std::string why_not_decoded(const Decmpfs& header) {
  constexpr std::uint32_t kFaulting = 0x80000000;  // kept elsewhere and fetched when it is asked for
  if (packing_of(header.type) != Packing::kNone) {
    return header.size_bytes > (is_in_fork(header) ? kMaxForkContent : kMaxInlineContent)
               ? "compressed by macOS, with a size that cannot be"
               : "";
  }
  if (header.type == 5) return "de-duplicated by macOS: its content is kept in another place";
  if (header.type == 13 || header.type == 14) return "compressed by macOS (LZBITMAP)";
  if (header.type >= kFaulting) return "stored outside the volume";
  return fmt::format("compressed by macOS in an unknown way (type {})", header.type);
}

bool decode_decmpfs(Bytes attribute, const ForkBytes& fork, const Consumer& consume, Status& consumed) {
  const auto header = parse_decmpfs(attribute);
  if (!header || !why_not_decoded(*header).empty()) return false;
  if (header->size_bytes == 0) return true;
  if (is_in_fork(*header)) return decode_fork(*header, fork, consume, consumed);
  std::vector<std::uint8_t> content(static_cast<std::size_t>(header->size_bytes));
  if (!decode_unit(packing_of(header->type), attribute.subspan(kDecmpfsHeader), content)) return false;
  consumed = consume(content);
  return true;
}

}  // namespace limier::volume
