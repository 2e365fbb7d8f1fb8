#include "volume/rock_ridge.h"

#include <algorithm>
#include <vector>

namespace limier::volume {

namespace {

constexpr std::size_t kMaxContinuations = 64;  // of one record
constexpr std::size_t kMaxContinuation = 32u << 10;
constexpr std::size_t kXaBytes = 14;  // of CD-ROM XA, in front of the fields
constexpr std::uint8_t kContinue = 0x01, kCurrent = 0x02, kParent = 0x04, kRoot = 0x08;
constexpr std::uint8_t kLongForm = 0x80;

struct Area {
  std::uint64_t at = 0, length = 0;
};

class Fields {
 public:
  Fields(IsoDisc& disc, std::uint32_t block_bytes) : disc_(disc), block_bytes_(block_bytes) {}

  RockRidge read(Bytes area) {
    read_area(area);
    for (std::size_t i = 0; next_ && i < kMaxContinuations; ++i) {
      const Area area_at = *next_;
      next_.reset();
      if (area_at.length > kMaxContinuation || !disc_.inside(area_at.at, area_at.length)) {
        found_.damaged = true;
        break;
      }
      if (i == 0) found_.continued_at = area_at.at, found_.continued_bytes = area_at.length;
      const auto bytes = disc_.bytes(area_at.at, static_cast<std::size_t>(area_at.length));
      read_area(bytes);
    }
    found_.damaged = found_.damaged || next_.has_value() || name_open_;
    return std::move(found_);
  }

 private:
  void read_area(Bytes area) {
    while (area.size() >= 4) {
      const std::size_t length = area[2];
      const std::string_view signature = as_text(area.first(2));
      // Padding, or the fields of another system.
      if (length < 4 || length > area.size() || !std::all_of(signature.begin(), signature.end(), is_sign)) return;
      if (signature == "ST") return;
      field(signature, area.first(length));
      area = area.subspan(length);
    }
  }
  static bool is_sign(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

  void field(std::string_view signature, Bytes bytes) {
    if (signature == "CE") return continuation(bytes);
    if (signature == "NM") return name(bytes);
    if (signature == "PX") return attributes(bytes);
    if (signature == "TF") return times(bytes);
    if (signature == "SL") return link(bytes);
    if (signature == "ZF") return zisofs(bytes);
    if (signature == "CL") {
      found_.child_block = le_at<std::uint32_t>(bytes, 4);
    } else if (signature == "PL") {
      found_.parent_block = le_at<std::uint32_t>(bytes, 4);
    } else if (signature == "RE") {
      found_.relocated = true;
    } else if (signature == "SF") {
      found_.sparse = true;
    } else if (signature != "RR" && signature != "ER") {
      return;
    }
    found_.present = true;
  }

  void continuation(Bytes bytes) {
    const auto block = Block<28>::at(bytes, 0);
    if (!block) return;
    next_ = Area{std::uint64_t{block->le<4, std::uint32_t>()} * block_bytes_ + block->le<12, std::uint32_t>(),
                 block->le<20, std::uint32_t>()};
  }

  void name(Bytes bytes) {
    if (bytes.size() < 5) return;
    found_.present = true;
    const std::uint8_t flags = bytes[4];
    if ((flags & (kCurrent | kParent)) != 0) return;  // of "." and ".."
    // What follows a name that is complete belongs to no name.
    if (found_.name && !name_open_) return;
    if (!found_.name) found_.name.emplace();
    found_.name->append(as_text(bytes.subspan(5)));
    name_open_ = (flags & kContinue) != 0;
  }

  void attributes(Bytes bytes) {
    const auto block = Block<36>::at(bytes, 0);
    if (!block || found_.has_mode) return;
    found_.present = found_.has_mode = true;
    found_.mode = block->le<4, std::uint32_t>();
    found_.links = block->le<12, std::uint32_t>();
    found_.uid = block->le<20, std::uint32_t>();
    found_.gid = block->le<28, std::uint32_t>();
  }

  // The times that are there stand one after the other, in the order of their flags.
  void times(Bytes bytes) {
    if (bytes.size() < 5) return;
    found_.present = true;
    const std::uint8_t flags = bytes[4];
    const bool full = (flags & kLongForm) != 0;
    std::size_t at = 5;
    for (std::size_t i = 0; i < found_.times.size(); ++i) {
      if ((flags & (1u << i)) == 0) continue;
      const auto part = slice(bytes, at, full ? 17 : 7);
      if (!part) {
        found_.damaged = true;
        return;
      }
      if (full)
        std::copy(part->begin(), part->end(), found_.long_times[i].emplace().begin());
      else
        std::copy(part->begin(), part->end(), found_.times[i].emplace().begin());
      at += part->size();
    }
  }

  // The target comes in parts between slashes, and each part may come in pieces.
  void link(Bytes bytes) {
    if (bytes.size() < 5) return;
    found_.present = found_.has_link = true;
    Bytes rest = bytes.subspan(5);
    while (rest.size() >= 2) {
      const std::uint8_t flags = rest[0];
      const std::size_t length = rest[1];
      if (length > rest.size() - 2) {
        found_.damaged = true;
        return;
      }
      component(flags, as_text(rest.subspan(2, length)));
      rest = rest.subspan(2 + length);
    }
  }

  void component(std::uint8_t flags, std::string_view text) {
    std::string& target = found_.link_target;
    if (target.size() > kMaxLinkBytes) return;
    if ((flags & kRoot) != 0) {
      target = "/";
      part_open_ = false;
      return;
    }
    if (!target.empty() && target.back() != '/' && !part_open_) target += '/';
    if ((flags & kCurrent) != 0) text = ".";
    if ((flags & kParent) != 0) text = "..";
    target += text;
    part_open_ = (flags & kContinue) != 0;
  }

  void zisofs(Bytes bytes) {
    const auto block = Block<16>::at(bytes, 0);
    if (!block) return;
    found_.present = true;
    Zisofs& packed = found_.zisofs.emplace();
    packed.algorithm = {static_cast<char>(bytes[4]), static_cast<char>(bytes[5])};
    packed.header_bytes = std::uint32_t{bytes[6]} * 4;
    packed.block_bits = bytes[7];
    packed.size_bytes = block->le<8, std::uint32_t>();
  }

  IsoDisc& disc_;
  std::uint32_t block_bytes_;
  RockRidge found_;
  std::optional<Area> next_;
  bool name_open_ = false, part_open_ = false;
};

// SP, length 7, version 1, and two bytes that say it is no accident.
bool is_sharing_field(Bytes bytes) {
  const auto block = Block<7>::at(bytes, 0);
  return block && as_text(block->bytes<0, 2>()) == "SP" && block->be<4, std::uint16_t>() == 0xBEEF;
}

}  // namespace

std::optional<std::uint8_t> rock_ridge_of_root(IsoDisc& disc, std::uint32_t block_bytes, Bytes system_use) {
  if (is_sharing_field(system_use)) return system_use[6];
  if (system_use.size() > kXaBytes && is_sharing_field(system_use.subspan(kXaBytes))) return system_use[kXaBytes + 6];
  // Systems read the fields without it too.
  const RockRidge found = read_rock_ridge(disc, block_bytes, system_use, 0);
  return found.has_mode || found.name ? std::optional<std::uint8_t>(0) : std::nullopt;
}

RockRidge read_rock_ridge(IsoDisc& disc, std::uint32_t block_bytes, Bytes system_use, std::uint8_t skip) {
  if (skip > system_use.size()) return {};
  return Fields(disc, block_bytes).read(system_use.subspan(skip));
}

}  // namespace limier::volume
