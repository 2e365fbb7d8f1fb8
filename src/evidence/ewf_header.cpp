// Source of the keys: "Expert Witness Compression Format (EWF)", J. Metz, "Header values".
#include "evidence/ewf_header.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <charconv>

#include "evidence/ewf_format.h"
#include "evidence/positional.h"

namespace limier::evidence {
namespace {

constexpr std::size_t kMaxStoredHeader = 1u << 20;  // a header is a page of text
constexpr std::size_t kMaxHeaderText = 4u << 20;
constexpr std::size_t kMaxValues = 64;

std::optional<std::vector<std::uint8_t>> read_span(int fd, Span span, std::size_t limit) {
  if (span.end < span.begin || span.end - span.begin > limit) return std::nullopt;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(span.end - span.begin));
  if (!read_exactly(fd, span.begin, bytes)) return std::nullopt;
  return bytes;
}

std::string inflate_text(Bytes compressed) {
  const std::unique_ptr<libdeflate_decompressor, CloseWith<libdeflate_free_decompressor>> inflater(
      libdeflate_alloc_decompressor());
  std::vector<std::uint8_t> out(kMaxHeaderText);
  std::size_t used = 0, filled = 0;
  if (!inflater || libdeflate_zlib_decompress_ex(inflater.get(), compressed.data(), compressed.size(), out.data(),
                                                 out.size(), &used, &filled) != LIBDEFLATE_SUCCESS)
    return "";
  return std::string(as_text(Bytes(out).first(filled)));
}

// UTF-16, little-endian unless a mark says otherwise; a lone surrogate becomes U+FFFD.
std::string utf16_to_utf8(Bytes bytes) {
  const bool big = be_at<std::uint16_t>(bytes, 0) == 0xfeff;
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    return big ? be_at<std::uint16_t>(bytes, i).value_or(0) : le_at<std::uint16_t>(bytes, i).value_or(0);
  };
  std::string out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code == 0xfeff && i == 0) continue;
    if (code >= 0xd800 && code < 0xe000) {
      const std::uint32_t low = code < 0xdc00 && i + 3 < bytes.size() ? unit(i + 2) : 0;
      const bool paired = low >= 0xdc00 && low < 0xe000;
      code = paired ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (paired) i += 2;
    }
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80)
      put(code);
    else if (code < 0x800)
      put(0xc0 | (code >> 6)), put(0x80 | (code & 63));
    else if (code < 0x10000)
      put(0xe0 | (code >> 12)), put(0x80 | ((code >> 6) & 63)), put(0x80 | (code & 63));
    else
      put(0xf0 | (code >> 18)), put(0x80 | ((code >> 12) & 63)), put(0x80 | ((code >> 6) & 63)),
          put(0x80 | (code & 63));
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (parts.size() < kMaxValues) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (!parts.back().empty() && parts.back().back() == '\r') parts.back().pop_back();
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

std::string_view long_name(std::string_view key) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kNames{{
      {"c", "case_number"},
      {"n", "evidence_number"},
      {"a", "description"},
      {"e", "examiner_name"},
      {"t", "notes"},
      {"m", "acquiry_date"},
      {"u", "system_date"},
      {"av", "acquiry_software_version"},
      {"ov", "acquiry_operating_system"},
      {"md", "model"},
      {"sn", "serial_number"},
      {"l", "device_label"},
      {"pid", "process_identifier"},
      {"ext", "extents"},
  }};
  for (const auto& [short_name, name] : kNames)
    if (short_name == key) return name;
  return key;
}

// "2023 12 20 5 42 47" (header) or seconds since 1970 (header2), as ISO 8601 text; anything else stays as it is.
std::string date_text(const std::string& value) {
  const std::vector<std::string> parts = split(value, ' ');
  std::vector<std::int64_t> numbers;
  for (const std::string& part : parts) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size()) return value;
    numbers.push_back(number);
  }
  if (numbers.size() == 6)
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", numbers[0], numbers[1], numbers[2], numbers[3],
                       numbers[4], numbers[5]);
  const bool plausible = numbers.size() == 1 && numbers[0] > 0 && numbers[0] <= INT64_MAX / kNsPerSecond;
  if (plausible) return format_time(numbers[0] * kNsPerSecond).substr(0, 19) + "Z";
  return value;
}

HeaderValues parse_header(std::string_view text) {
  HeaderValues values;
  const std::vector<std::string> lines = split(text, '\n');
  for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
    if (lines[i] != "main") continue;
    const std::vector<std::string> keys = split(lines[i + 1], '\t'), fields = split(lines[i + 2], '\t');
    for (std::size_t k = 0; k < keys.size() && k < fields.size(); ++k) {
      if (fields[k].empty() || keys[k] == "p" || keys[k] == "pid" || keys[k] == "dc") continue;
      const bool date = keys[k] == "m" || keys[k] == "u";
      values.emplace_back(long_name(keys[k]), date ? date_text(fields[k]) : fields[k]);
    }
    break;
  }
  return values;
}

// The digests of a hash section (MD5) or a digest section (MD5, SHA-1), when its checksum holds.
void take_digests(Bytes content, bool digest_section, ContainerRecord& record) {
  const std::size_t summed = digest_section ? 76 : 32;
  if (content.size() < summed + kChecksumSize) return;
  if (adler32(content.first(summed)) != le_at<std::uint32_t>(content, summed)) return;
  Md5 md5{};
  std::copy_n(content.begin(), md5.size(), md5.begin());
  if (!is_zero(md5)) record.stored_md5 = md5;
  if (!digest_section) return;
  Sha1 sha1{};
  std::copy_n(content.begin() + md5.size(), sha1.size(), sha1.begin());
  if (!is_zero(sha1)) record.stored_sha1 = sha1;
}

}  // namespace

std::string guid_text(Bytes identifier) {
  const auto block = Block<16>::at(identifier, 0);
  if (!block || is_zero(identifier)) return "";
  const Bytes tail = block->bytes<8, 8>();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
                     block->le<0, std::uint32_t>(), block->le<4, std::uint16_t>(), block->le<6, std::uint16_t>(),
                     tail[0], tail[1], tail[2], tail[3], tail[4], tail[5], tail[6], tail[7]);
}

std::string media_type_text(std::uint8_t media_type) {
  switch (media_type) {
    case 0x00:
      return "removable";
    case 0x01:
      return "fixed";
    case 0x03:
      return "optical";
    case 0x0e:
      return "single files";
    case 0x10:
      return "memory";
    default:
      return fmt::format("unknown (0x{:02x})", media_type);
  }
}

HeaderValues read_header2(const EvidenceSpec& spec, const std::vector<int>& fds) {
  std::vector<OpenIssue> ignored;
  for (std::size_t i = 0; i < spec.segments.size(); ++i) {
    if (read_segment_number(fds[i]) != std::uint16_t{1}) continue;
    const Segment segment = scan_segment(fds[i], spec.segments[i], i, 1, ignored);
    if (!segment.header2) return {};
    const auto bytes = read_span(fds[i], *segment.header2, kMaxStoredHeader);
    return bytes ? parse_header(utf16_to_utf8(as_bytes(inflate_text(*bytes)))) : HeaderValues{};
  }
  return {};
}

Result<ContainerRecord> read_record_without_libewf(const EvidenceSpec& spec, const std::vector<int>& fds) {
  constexpr std::uint8_t kPhysicalFlag = 0x02;
  ContainerRecord record;
  std::optional<MediaInfo> media;
  std::vector<OpenIssue> ignored;
  for (std::size_t i = 0; i < spec.segments.size(); ++i) {
    const auto number = read_segment_number(fds[i]);
    if (!number) continue;
    const Segment segment = scan_segment(fds[i], spec.segments[i], i, *number, ignored);
    if (!media) media = segment.media;
    if (record.header_values.empty() && segment.header2)
      if (const auto bytes = read_span(fds[i], *segment.header2, kMaxStoredHeader))
        record.header_values = parse_header(utf16_to_utf8(as_bytes(inflate_text(*bytes))));
    if (record.header_values.empty() && segment.header)
      if (const auto bytes = read_span(fds[i], *segment.header, kMaxStoredHeader))
        record.header_values = parse_header(inflate_text(*bytes));
    if (segment.hash)
      if (const auto bytes = read_span(fds[i], *segment.hash, kDescriptorSize * 2)) take_digests(*bytes, false, record);
    if (segment.digest)
      if (const auto bytes = read_span(fds[i], *segment.digest, kDescriptorSize * 2))
        take_digests(*bytes, true, record);
  }
  if (!media) return Error{ErrorKind::kEvidence, spec.segments[0].name + " has no sound volume section."};
  record.format = spec.format;
  record.size_bytes = media->size_bytes();
  record.sector_size = media->bytes_per_sector;
  record.chunk_size = media->chunk_size();
  record.segment_count = static_cast<std::uint32_t>(spec.segments.size());
  record.media_type = media_type_text(media->media_type);
  record.physical = (media->media_flags & kPhysicalFlag) != 0;
  record.set_identifier = guid_text(media->set_identifier);
  return record;
}

}  // namespace limier::evidence
