#include "volume/iso_disc.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint64_t kFirstDescriptor = 16;
constexpr std::uint64_t kMaxDescriptors = 64;
constexpr std::uint8_t kBoot = 0, kPrimary = 1, kSupplementary = 2, kTerminator = 255;
constexpr std::size_t kRootRecord = 156;

// Plain sectors; raw ones in Mode 1 and in Mode 2 Form 1, without sync, with subchannels.
constexpr std::array<IsoSectors, 6> kSectors = {{{2048, 0}, {2352, 16}, {2352, 24}, {2336, 8}, {2448, 16}, {2448, 24}}};

// Numbers stand in both byte orders. Where the two disagree, the first is what systems go by.
template <std::size_t Offset>
std::uint32_t both32(const Block<kIsoSector>& block) {
  const auto little = block.le<Offset, std::uint32_t>();
  return little != 0 ? little : block.be<Offset + 4, std::uint32_t>();
}

IsoNames names_of(const Block<kIsoSector>& descriptor) {
  if (descriptor.le<0, std::uint8_t>() == kPrimary) return IsoNames::kPrimary;
  const std::string_view escapes = as_text(descriptor.bytes<88, 32>());
  for (const std::string_view level : {"%/@", "%/C", "%/E"})
    if (escapes.find(level) != std::string_view::npos) return IsoNames::kJoliet;
  return descriptor.le<6, std::uint8_t>() == 2 ? IsoNames::kEnhanced : IsoNames::kSupplementary;
}

std::optional<IsoRoot> root_of(Bytes sector) {
  const auto block = Block<kIsoSector>::at(sector, 0);
  if (!block || block->le<kRootRecord, std::uint8_t>() < 34) return std::nullopt;
  IsoRoot root;
  root.names = names_of(*block);
  root.block_bytes = block->le<128, std::uint16_t>();
  // Blocks are a power of two and no larger than a sector (6.2.2).
  if (root.block_bytes != 512 && root.block_bytes != 1024) root.block_bytes = kIsoSector;
  root.volume_blocks = both32<80>(*block);
  root.block = std::uint64_t{both32<kRootRecord + 2>(*block)} + block->le<kRootRecord + 1, std::uint8_t>();
  root.length = both32<kRootRecord + 10>(*block);
  root.table_bytes = both32<132>(*block);
  for (const std::uint32_t at : {block->le<140, std::uint32_t>(), block->le<144, std::uint32_t>()})
    if (at != 0) root.tables.push_back({at, false});
  for (const std::uint32_t at : {block->be<148, std::uint32_t>(), block->be<152, std::uint32_t>()})
    if (at != 0) root.tables.push_back({at, true});
  return root;
}

bool has_identifier(Bytes sector) {
  return sector.size() >= 7 && as_text(sector.subspan(1, 5)) == "CD001";
}

}  // namespace

std::string_view iso_names_name(IsoNames names) {
  switch (names) {
    case IsoNames::kPrimary:
      return "ISO 9660";
    case IsoNames::kSupplementary:
      return "supplementary";
    case IsoNames::kJoliet:
      return "Joliet";
    case IsoNames::kEnhanced:
      return "ISO 9660:1999";
  }
  return {};
}

std::optional<IsoSectors> find_iso_sectors(const std::function<std::size_t(std::uint64_t, MutableBytes)>& read) {
  for (const IsoSectors& candidate : kSectors) {
    std::array<std::uint8_t, 8> head{};
    const std::size_t got = read(kFirstDescriptor * candidate.stride + candidate.before, head);
    if (got == head.size() && has_identifier(head)) return candidate;
  }
  return std::nullopt;
}

IsoDisc::IsoDisc(WalkBase& walk) : walk_(walk) {
  const std::uint64_t room = walk.end - walk.base;
  const auto found = find_iso_sectors([&](std::uint64_t offset, MutableBytes out) {
    return offset < room ? walk.read(walk.base + offset, out) : std::size_t{0};
  });
  if (found) stride_ = found->stride, before_ = found->before;
  size_bytes_ = raw() ? room / stride_ * kIsoSector : room;
}

std::size_t IsoDisc::read(std::uint64_t offset, MutableBytes out) {
  if (offset >= size_bytes_) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_bytes_ - offset)));
  if (!raw()) return walk_.read(walk_.base + offset, out);
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t at = offset + done;
    const auto step =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, kIsoSector - at % kIsoSector));
    const std::size_t got = walk_.read(image_offset(at), out.subspan(done, step));
    done += got;
    if (got < step) break;
  }
  return done;
}

std::vector<std::uint8_t> IsoDisc::bytes(std::uint64_t offset, std::size_t length) {
  std::vector<std::uint8_t> out(length);
  out.resize(read(offset, out));
  return out;
}

void IsoDisc::pieces(std::uint64_t offset, std::uint64_t length,
                     const std::function<void(std::uint64_t, std::uint64_t, std::uint64_t)>& piece) const {
  if (!raw()) return piece(offset, image_offset(offset), length);
  while (length > 0) {
    const std::uint64_t step = std::min(length, kIsoSector - offset % kIsoSector);
    piece(offset, image_offset(offset), step);
    offset += step;
    length -= step;
  }
}

IsoSession read_iso_session(IsoDisc& disc, std::uint64_t sector) {
  IsoSession session;
  session.first_descriptor = sector;
  for (std::uint64_t i = 0; i < kMaxDescriptors; ++i) {
    const auto bytes = disc.bytes((sector + i) * kIsoSector, kIsoSector);
    if (bytes.size() < kIsoSector || !has_identifier(bytes)) break;
    ++session.descriptors;
    if (bytes[0] == kTerminator) break;
    if (bytes[0] == kBoot) {
      const bool el_torito = as_text(Bytes(bytes).subspan(7, 23)) == "EL TORITO SPECIFICATION";
      if (el_torito) session.boot_catalogs.push_back(le_at<std::uint32_t>(bytes, 71).value_or(0));
    }
    if (bytes[0] != kPrimary && bytes[0] != kSupplementary) continue;
    auto root = root_of(bytes);
    if (!root) continue;
    // A level 4 disc names one tree twice, and a primary descriptor may be repeated.
    const bool known = std::any_of(session.roots.begin(), session.roots.end(), [&](const IsoRoot& other) {
      return other.block * other.block_bytes == root->block * root->block_bytes;
    });
    if (!known) session.roots.push_back(std::move(*root));
  }
  return session;
}

bool is_iso_session(IsoDisc& disc, Bytes sector) {
  if (sector.size() < kIsoSector || sector[0] != kPrimary || !has_identifier(sector)) return false;
  const auto root = root_of(sector);
  if (!root || root->length == 0 || !disc.inside(root->block * root->block_bytes, root->length)) return false;
  // The first record of a folder speaks of the folder itself. On a disc within a disc it stands elsewhere.
  const auto record = disc.bytes(root->block * root->block_bytes, 34);
  const auto block = Block<34>::at(record, 0);
  return block && block->le<0, std::uint8_t>() >= 34 && block->le<32, std::uint8_t>() == 1 &&
         block->le<33, std::uint8_t>() == 0 &&
         std::uint64_t{block->le<2, std::uint32_t>()} + block->le<1, std::uint8_t>() == root->block;
}

}  // namespace limier::volume
