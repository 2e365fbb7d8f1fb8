#include "volume/zip_format.h"

#include <fmt/format.h>

namespace limier::volume {

namespace {

constexpr std::uint32_t kSeeZip64 = 0xffffffff;

std::optional<std::int32_t> signed_at(Bytes bytes, std::uint64_t offset) {
  const auto value = le_at<std::uint32_t>(bytes, offset);
  return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
}

// The flags say which times the local header has; the copy in the directory has the first of them alone, whatever they
// say. A field that is cut holds what there is.
void read_extended_times(Bytes field, bool central, ZipExtras& out) {
  if (field.empty()) return;
  const std::uint8_t flags = field[0];
  std::uint64_t at = 1;
  const auto next = [&](bool wanted) -> std::optional<std::int32_t> {
    if (!wanted) return std::nullopt;
    const auto value = signed_at(field, at);
    at += 4;
    return value;
  };
  out.ut_modified = next((flags & 1) != 0);
  if (central) return;
  out.ut_accessed = next((flags & 2) != 0);
  out.ut_created = next((flags & 4) != 0);
}

void read_ntfs_times(Bytes field, ZipExtras& out) {
  for (std::uint64_t at = 4; at + 4 <= field.size();) {
    const std::uint16_t size = *le_at<std::uint16_t>(field, at + 2);
    const std::uint64_t value = at + 4;
    at = value + size;
    if (le_at<std::uint16_t>(field, value - 4) != 1) continue;
    const auto times = slice(field, value, size);
    if (!times || times->size() < 24) return;
    out.nt_modified = *le_at<std::uint64_t>(*times, 0);
    out.nt_accessed = *le_at<std::uint64_t>(*times, 8);
    out.nt_created = *le_at<std::uint64_t>(*times, 16);
    return;
  }
}

std::optional<std::uint32_t> number_of(Bytes bytes) {
  if (bytes.empty() || bytes.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint32_t{bytes[i]} << (8 * i);
  return value;
}

void read_unix_owner(Bytes field, ZipExtras& out) {
  const auto uid_size = slice(field, 1, 1);
  if (!uid_size || field[0] != 1) return;
  const auto uid = slice(field, 2, (*uid_size)[0]);
  const auto gid_size = uid ? slice(field, 2 + uid->size(), 1) : std::nullopt;
  const auto gid = gid_size ? slice(field, 3 + uid->size(), (*gid_size)[0]) : std::nullopt;
  if (!gid) return;
  out.uid = number_of(*uid);
  out.gid = number_of(*gid);
}

// 0x0001 holds those of the sizes and the offset that the header has no room for, in this order.
void read_zip64(Bytes field, ZipHeader& header, bool central) {
  std::uint64_t at = 0;
  const auto next = [&](std::uint64_t& value) {
    if (value != kSeeZip64) return;
    if (const auto wide = le_at<std::uint64_t>(field, at)) value = *wide;
    at += 8;
  };
  next(header.size);
  next(header.packed);
  if (central) next(header.local_offset);
  header.zip64 = true;
}

void read_extras(Bytes bytes, ZipHeader& header, bool central) {
  ZipExtras& out = header.extras;
  for (std::uint64_t at = 0; at + 4 <= bytes.size();) {
    const std::uint16_t id = *le_at<std::uint16_t>(bytes, at), size = *le_at<std::uint16_t>(bytes, at + 2);
    const auto whole = slice(bytes, at + 4, size);
    const Bytes field = whole ? *whole : bytes.subspan(static_cast<std::size_t>(at + 4));
    at += 4 + std::uint64_t{size};
    switch (id) {
      case 0x0001:
        read_zip64(field, header, central);
        break;
      case 0x000a:
        read_ntfs_times(field, out);
        break;
      case 0x5455:
        read_extended_times(field, central, out);
        break;
      case 0x5855:
        out.ux_accessed = signed_at(field, 0);
        out.ux_modified = signed_at(field, 4);
        if (const auto uid = le_at<std::uint16_t>(field, 8)) out.uid = *uid;
        if (const auto gid = le_at<std::uint16_t>(field, 10)) out.gid = *gid;
        break;
      case 0x7855:
        if (const auto uid = le_at<std::uint16_t>(field, 0)) out.uid = *uid;
        if (const auto gid = le_at<std::uint16_t>(field, 2)) out.gid = *gid;
        break;
      case 0x7875:
        read_unix_owner(field, out);
        break;
      case 0x7075:
        if (field.size() >= 5 && field[0] == 1) {
          out.unicode_crc = *le_at<std::uint32_t>(field, 1);
          out.unicode_name = std::string(as_text(field.subspan(5)));
        }
        break;
      case 0x9901:
        if (const auto method = le_at<std::uint16_t>(field, 5)) out.aes_method = *method;
        break;
      default:
        break;
    }
  }
}

}  // namespace

std::optional<ZipHeader> read_zip_central(Bytes bytes) {
  const auto fixed = Block<kZipCentralBytes>::at(bytes, 0);
  if (!fixed || fixed->le<0, std::uint32_t>() != kZipCentral) return std::nullopt;
  ZipHeader header;
  header.version_made = fixed->le<4, std::uint16_t>();
  header.flags = fixed->le<8, std::uint16_t>();
  header.method = fixed->le<10, std::uint16_t>();
  header.dos_time = fixed->le<12, std::uint16_t>();
  header.dos_date = fixed->le<14, std::uint16_t>();
  header.crc32 = fixed->le<16, std::uint32_t>();
  header.packed = fixed->le<20, std::uint32_t>();
  header.size = fixed->le<24, std::uint32_t>();
  const std::uint16_t name = fixed->le<28, std::uint16_t>(), extra = fixed->le<30, std::uint16_t>();
  const std::uint16_t comment = fixed->le<32, std::uint16_t>();
  header.disk = fixed->le<34, std::uint16_t>();
  header.external = fixed->le<38, std::uint32_t>();
  header.local_offset = fixed->le<42, std::uint32_t>();
  header.length = kZipCentralBytes + std::uint64_t{name} + extra + comment;
  const auto variable = slice(bytes, kZipCentralBytes, std::uint64_t{name} + extra + comment);
  if (!variable) return std::nullopt;
  header.name = std::string(as_text(variable->first(name)));
  read_extras(variable->subspan(name, extra), header, true);
  return header;
}

std::optional<ZipHeader> read_zip_local(Bytes bytes) {
  const auto fixed = Block<kZipLocalBytes>::at(bytes, 0);
  if (!fixed || fixed->le<0, std::uint32_t>() != kZipLocal) return std::nullopt;
  ZipHeader header;
  header.flags = fixed->le<6, std::uint16_t>();
  header.method = fixed->le<8, std::uint16_t>();
  header.dos_time = fixed->le<10, std::uint16_t>();
  header.dos_date = fixed->le<12, std::uint16_t>();
  header.crc32 = fixed->le<14, std::uint32_t>();
  header.packed = fixed->le<18, std::uint32_t>();
  header.size = fixed->le<22, std::uint32_t>();
  const std::uint16_t name = fixed->le<26, std::uint16_t>(), extra = fixed->le<28, std::uint16_t>();
  header.length = kZipLocalBytes + std::uint64_t{name} + extra;
  const auto variable = slice(bytes, kZipLocalBytes, std::uint64_t{name} + extra);
  if (!variable) return std::nullopt;
  header.name = std::string(as_text(variable->first(name)));
  read_extras(variable->subspan(name, extra), header, false);
  return header;
}

std::uint64_t zip_descriptor_length(Bytes behind, std::uint32_t crc32, std::uint64_t packed, std::uint64_t size) {
  const bool is_signed = le_at<std::uint32_t>(behind, 0) == kZipDescriptor;
  for (const std::uint64_t at : {std::uint64_t{4}, std::uint64_t{0}}) {
    if (at == 4 && !is_signed) continue;
    if (le_at<std::uint32_t>(behind, at) != crc32) continue;
    if (le_at<std::uint32_t>(behind, at + 4) == packed && le_at<std::uint32_t>(behind, at + 8) == size) return at + 12;
    if (le_at<std::uint64_t>(behind, at + 4) == packed && le_at<std::uint64_t>(behind, at + 12) == size) return at + 20;
  }
  return 0;
}

std::optional<catalog::Coding> zip_coding(std::uint16_t method) {
  switch (method) {
    case kZipStored:
      return catalog::Coding::kPlain;
    case kZipDeflate:
      return catalog::Coding::kDeflate;
    case kZipBzip2:
      return catalog::Coding::kBzip2;
    case kZipLzma:
      return catalog::Coding::kLzma;
    case kZipZstd:
      return catalog::Coding::kZstd;
    default:
      return std::nullopt;
  }
}

std::string zip_method_name(std::uint16_t method) {
  switch (method) {
    case 1:
      return "Shrink";
    case 6:
      return "Implode";
    case 9:
      return "Deflate64";
    case 95:
      return "xz";
    case 96:
      return "JPEG";
    case 97:
      return "WavPack";
    case 98:
      return "PPMd";
    default:
      return fmt::format("method {}", method);
  }
}

}  // namespace limier::volume
