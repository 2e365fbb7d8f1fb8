// The acquisition record, through libewf.
#include <algorithm>
#include <array>
#include <limits>

#include "evidence/ewf.h"
#include "evidence/ewf_header.h"
#include "evidence/readers.h"

namespace limier::evidence {
namespace {

constexpr std::uint32_t kMaxHeaderValues = 256;
constexpr std::size_t kMaxHeaderValue = 1u << 20;
constexpr std::uint32_t kMaxAcquisitionErrors = 1u << 20;

std::string variant_name(std::uint8_t format) {
  switch (format) {
    case LIBEWF_FORMAT_ENCASE1:
      return "EnCase 1";
    case LIBEWF_FORMAT_ENCASE2:
      return "EnCase 2";
    case LIBEWF_FORMAT_ENCASE3:
      return "EnCase 3";
    case LIBEWF_FORMAT_ENCASE4:
      return "EnCase 4";
    case LIBEWF_FORMAT_ENCASE5:
      return "EnCase 5";
    case LIBEWF_FORMAT_ENCASE6:
      return "EnCase 6";
    case LIBEWF_FORMAT_ENCASE7:
      return "EnCase 7";
    case LIBEWF_FORMAT_SMART:
      return "SMART";
    case LIBEWF_FORMAT_FTK_IMAGER:
      return "FTK Imager";
    case LIBEWF_FORMAT_LINEN5:
      return "linen 5";
    case LIBEWF_FORMAT_LINEN6:
      return "linen 6";
    case LIBEWF_FORMAT_LINEN7:
      return "linen 7";
    case LIBEWF_FORMAT_EWF:
      return "original EWF";
    case LIBEWF_FORMAT_EWFX:
      return "EWFX (extended EWF)";
    default:
      return "unknown EWF variant";
  }
}

std::string compression_name(std::int8_t level, std::uint8_t flags) {
  if (level == LIBEWF_COMPRESSION_FAST) return "fast";
  if (level == LIBEWF_COMPRESSION_BEST) return "best";
  if ((flags & LIBEWF_COMPRESS_FLAG_USE_EMPTY_BLOCK_COMPRESSION) != 0) return "empty-block";
  return level == LIBEWF_COMPRESSION_NONE ? "none" : "default";
}

std::optional<std::string> header_value(libewf_handle_t* handle, const std::string& identifier) {
  const auto* key = reinterpret_cast<const std::uint8_t*>(identifier.data());
  std::size_t size = 0;
  if (libewf_handle_get_utf8_header_value_size(handle, key, identifier.size(), &size, nullptr) != 1)
    return std::nullopt;
  if (size == 0 || size > kMaxHeaderValue) return std::nullopt;
  std::vector<std::uint8_t> value(size);
  if (libewf_handle_get_utf8_header_value(handle, key, identifier.size(), value.data(), value.size(), nullptr) != 1)
    return std::nullopt;
  std::string text(as_text(value));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

void read_header_values(libewf_handle_t* handle, ContainerRecord& record) {
  libewf_handle_set_header_values_date_format(handle, LIBEWF_DATE_FORMAT_ISO8601, nullptr);
  std::uint32_t count = 0;
  if (libewf_handle_get_number_of_header_values(handle, &count, nullptr) != 1) return;
  for (std::uint32_t i = 0; i < std::min(count, kMaxHeaderValues); ++i) {
    std::size_t size = 0;
    if (libewf_handle_get_header_value_identifier_size(handle, i, &size, nullptr) != 1) continue;
    if (size < 2 || size > kMaxHeaderValue) continue;
    std::vector<std::uint8_t> identifier(size);
    if (libewf_handle_get_header_value_identifier(handle, i, identifier.data(), size, nullptr) != 1) continue;
    std::string name(as_text(Bytes(identifier).first(size - 1)));
    if (auto value = header_value(handle, name); value && !value->empty())
      record.header_values.emplace_back(std::move(name), std::move(*value));
  }
}

// libewf turns the seconds since 1970 of a header2 section into local time without saying which: the section itself
// says it in UTC, whatever zone this machine is in.
void put_dates_in_utc(const HeaderValues& header2, ContainerRecord& record) {
  for (const auto& [name, text] : header2) {
    if (!name.ends_with("_date") || !text.ends_with('Z')) continue;
    for (auto& [known, value] : record.header_values)
      if (known == name) value = text;
  }
}

void read_digests(libewf_handle_t* handle, ContainerRecord& record) {
  Md5 md5{};
  Sha1 sha1{};
  if (libewf_handle_get_md5_hash(handle, md5.data(), md5.size(), nullptr) == 1) record.stored_md5 = md5;
  if (libewf_handle_get_sha1_hash(handle, sha1.data(), sha1.size(), nullptr) == 1) record.stored_sha1 = sha1;
  // Some writers keep digests as text values only (the xhash section of EWFX).
  const auto text_value = [&](std::string_view name) {
    std::array<std::uint8_t, 128> text{};
    const auto* key = reinterpret_cast<const std::uint8_t*>(name.data());
    if (libewf_handle_get_utf8_hash_value(handle, key, name.size(), text.data(), text.size(), nullptr) != 1)
      return std::string();
    const std::string_view all = as_text(text);
    return std::string(all.substr(0, all.find('\0')));
  };
  if (!record.stored_md5) record.stored_md5 = parse_digest<16>(text_value("MD5"));
  if (!record.stored_sha1) record.stored_sha1 = parse_digest<20>(text_value("SHA1"));
}

void read_acquisition_errors(libewf_handle_t* handle, ContainerRecord& record) {
  std::uint32_t count = 0;
  if (libewf_handle_get_number_of_acquiry_errors(handle, &count, nullptr) != 1) return;
  for (std::uint32_t i = 0; i < std::min(count, kMaxAcquisitionErrors); ++i) {
    std::uint64_t first = 0, sectors = 0;
    if (libewf_handle_get_acquiry_error(handle, i, &first, &sectors, nullptr) != 1) continue;
    const std::uint64_t media_sectors = record.size_bytes / record.sector_size;
    if (first >= media_sectors) continue;
    sectors = std::min(sectors, media_sectors - first);
    record.acquisition_errors.emplace_back(first * record.sector_size, sectors * record.sector_size);
  }
}

Result<ContainerRecord> read_with_libewf(const EvidenceSpec& spec, const std::vector<int>& fds) {
  LIMIER_TRY(const std::unique_ptr<EwfHandle> opened, EwfHandle::open(spec, fds));
  libewf_handle_t* handle = opened->get();
  ContainerRecord record;
  size64_t size = 0;
  std::uint8_t format = 0, media_type = 0, media_flags = 0, flags = 0;
  std::int8_t level = 0;
  if (libewf_handle_get_media_size(handle, &size, nullptr) != 1 || size == 0 ||
      libewf_handle_get_bytes_per_sector(handle, &record.sector_size, nullptr) != 1 || record.sector_size == 0)
    return Error{ErrorKind::kEvidence,
                 spec.segments[0].name + " states no media size: its volume section is missing or damaged."};
  record.size_bytes = size;
  libewf_handle_get_chunk_size(handle, &record.chunk_size, nullptr);
  record.segment_count = static_cast<std::uint32_t>(spec.segments.size());
  libewf_handle_get_format(handle, &format, nullptr);
  record.format = spec.format == Format::kEwfL01  ? Format::kEwfL01
                  : format == LIBEWF_FORMAT_SMART ? Format::kEwfS01
                                                  : Format::kEwfE01;
  record.variant = variant_name(format);
  libewf_handle_get_compression_values(handle, &level, &flags, nullptr);
  record.compression = compression_name(level, flags);
  libewf_handle_get_media_type(handle, &media_type, nullptr);
  record.media_type = media_type_text(media_type);
  libewf_handle_get_media_flags(handle, &media_flags, nullptr);
  record.physical = (media_flags & LIBEWF_MEDIA_FLAG_PHYSICAL) != 0;
  std::array<std::uint8_t, 16> identifier{};
  if (libewf_handle_get_segment_file_set_identifier(handle, identifier.data(), identifier.size(), nullptr) == 1)
    record.set_identifier = guid_text(identifier);
  read_header_values(handle, record);
  put_dates_in_utc(read_header2(spec, fds), record);
  read_digests(handle, record);
  read_acquisition_errors(handle, record);
  return record;
}

ContainerRecord raw_record(const EvidenceSpec& spec, const Image& image) {
  ContainerRecord record;
  record.format = is_extraction(spec.format) ? spec.format
                  : spec.segments.size() > 1 ? Format::kSplitRaw
                                             : Format::kRaw;
  record.size_bytes = image.size_bytes();
  record.sector_size = image.sector_size();
  record.segment_count = static_cast<std::uint32_t>(spec.segments.size());
  return record;
}

}  // namespace

Result<ContainerRecord> read_container_record(const EvidenceSpec& spec, const std::vector<int>& fds) {
  if (spec.segments.empty() || fds.size() != spec.segments.size())
    return Error{ErrorKind::kInternal, "read_container_record needs one descriptor per segment."};
  if (is_plain(spec.format)) {
    LIMIER_TRY(const std::unique_ptr<Image> image, open_image(spec, fds));
    return raw_record(spec, *image);
  }
  auto record = read_with_libewf(spec, fds);
  if (record.ok() || spec.format == Format::kEwfL01) return record;
  auto own = read_record_without_libewf(spec, fds);
  bool unknown_flavour = false;
  if (!own.ok() || !open_ewf(spec, fds, unknown_flavour).ok()) return record;
  own->libewf_refusal = record.error().message;
  return own;
}

}  // namespace limier::evidence
