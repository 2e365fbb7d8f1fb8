// Sources: ISO/IEC 14496-12 4.3 (file type box) and the registered brands of mp4ra.org; RIFF and AVI (Microsoft
// multimedia programming reference); RFC 9559 (Matroska) and RFC 8794 (EBML); RFC 3533, RFC 5334, RFC 7845 (Ogg);
// TIFF 6.0; ISO/IEC 13818-1 (transport and program streams); ISO/IEC 11172-3 2.4.1.3 (headers of MPEG audio frames);
// ISO/IEC 13818-7 (ADTS); the ASF specification, section 10; SWF file format specification, chapter 2.
#include <algorithm>

#include "types/probes.h"

namespace limier::types {

namespace {

using namespace std::string_view_literals;

struct Brand {
  std::string_view name;  // its beginning
  Id id;
};
constexpr Brand kBrands[] = {
    {"heic", Id::kHeic}, {"heix", Id::kHeic}, {"heim", Id::kHeic}, {"heis", Id::kHeic}, {"hevc", Id::kHeic},
    {"hevx", Id::kHeic}, {"avif", Id::kAvif}, {"avis", Id::kAvif}, {"mif1", Id::kHeif}, {"msf1", Id::kHeif},
    {"crx ", Id::kCr3},  {"qt  ", Id::kMov},  {"M4A ", Id::kM4a},  {"M4B ", Id::kM4a},  {"M4P ", Id::kM4a},
    {"M4V", Id::kM4v},   {"3gp", Id::k3gp},   {"3ge", Id::k3gp},   {"3gg", Id::k3gp},   {"3gs", Id::k3gp},
    {"3gr", Id::k3gp},   {"3g2", Id::k3g2},   {"KDDI", Id::k3g2},  {"mmp4", Id::kMp4},  {"jp2 ", Id::kJp2},
    {"jpx ", Id::kJp2},  {"jpm ", Id::kJp2},  {"jxl ", Id::kJxl},  {"mp4", Id::kMp4},   {"iso", Id::kMp4},
    {"avc1", Id::kMp4},  {"dash", Id::kMp4},  {"MSNV", Id::kMp4},  {"f4v ", Id::kMp4},  {"F4V ", Id::kMp4},
    {"XAVC", Id::kMp4},  {"mp71", Id::kMp4},  {"cmf", Id::kMp4},   {"NDS", Id::kMp4},
};
constexpr std::size_t kMaxBrands = 32;

Id brand_kind(std::string_view brand) {
  for (const Brand& known : kBrands)
    if (brand.starts_with(known.name)) return known.id;
  return Id::kUnknown;
}

bool is_box(Bytes head, std::uint64_t offset, std::string_view& name, std::uint64_t& size) {
  const auto length = be_at<std::uint32_t>(head, offset);
  name = text_at(head, offset + 4, 4);
  if (!length || name.size() != 4) return false;
  size = *length == 1 ? be_at<std::uint64_t>(head, offset + 8).value_or(0) : *length;
  return size >= 8 || *length == 0;
}

// Headers of MPEG audio frames that follow each other; the bytes of the first one are given.
struct AudioFrame {
  Id id = Id::kUnknown;
  std::size_t length = 0;
  std::uint32_t same = 0;  // what all frames of a file share
};

AudioFrame mpeg_frame(std::uint32_t header) {
  constexpr std::uint16_t kKbps[2][3][15] = {// MPEG 1, layers 1 to 3
                                             {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
                                              {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
                                              {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
                                             // MPEG 2 and 2.5
                                             {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
                                              {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
                                              {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}};
  constexpr std::uint32_t kHertz[3] = {44100, 48000, 32000};
  const std::uint32_t version = header >> 19 & 3, layer = 4 - (header >> 17 & 3), rate = header >> 12 & 15;
  const std::uint32_t hertz = header >> 10 & 3, padding = header >> 9 & 1;
  if (header >> 21 != 0x7FF || version == 1 || layer > 3 || rate == 0 || rate == 15 || hertz == 3) return {};
  const std::uint32_t bits = kKbps[version == 3 ? 0 : 1][layer - 1][rate] * 1000u;
  const std::uint32_t per_second = kHertz[hertz] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  const std::uint32_t slots = layer == 1 ? 12 : layer == 3 && version != 3 ? 72 : 144;
  const std::uint32_t length =
      layer == 1 ? (slots * bits / per_second + padding) * 4 : slots * bits / per_second + padding;
  return {.id = Id::kMp3, .length = length, .same = header & 0xFFFE0C00};
}

AudioFrame adts_frame(Bytes bytes) {
  const std::uint64_t all = be_at<std::uint64_t>(bytes, 0).value_or(0);
  const std::uint64_t sync = all >> 52, layer = all >> 49 & 3, hertz = all >> 42 & 15, length = all >> 21 & 0x1FFF;
  if (sync != 0xFFF || layer != 0 || hertz > 12 || length < 8) return {};
  return {.id = Id::kAac, .length = static_cast<std::size_t>(length), .same = static_cast<std::uint32_t>(all >> 36)};
}

AudioFrame frame_at(Bytes head, std::size_t at) {
  const auto header = be_at<std::uint32_t>(head, at);
  if (!header || *header >> 20 != 0xFFF) return {};
  return (*header >> 17 & 3) == 0 ? adts_frame(head.subspan(at)) : mpeg_frame(*header);
}

// Three frames in a row of one kind, or all the file has.
Id audio_frames(Bytes head, std::uint64_t size_bytes) {
  constexpr int kFrames = 3;
  std::size_t at = 0;
  AudioFrame first;
  for (int count = 0; count < kFrames; ++count) {
    const AudioFrame frame = frame_at(head, at);
    if (frame.length == 0 || (count > 0 && (frame.id != first.id || frame.same != first.same))) return Id::kUnknown;
    if (count == 0) first = frame;
    at += frame.length;
    if (count > 0 && at == size_bytes) return first.id;
  }
  return first.id;
}

bool is_transport_stream(Bytes head) {
  constexpr std::size_t kPackets = 5;
  constexpr std::uint8_t kSync = 0x47;
  for (const auto& [start, step] : {std::pair<std::size_t, std::size_t>{0, 188}, {4, 192}}) {
    if (head.size() < start + step * kPackets) continue;
    bool all = true;
    for (std::size_t i = 0; i < kPackets; ++i) all = all && head[start + i * step] == kSync;
    if (all) return true;
  }
  return false;
}

}  // namespace

Id bmff_kind(Bytes head, std::uint64_t size_bytes) {
  std::string_view name;
  std::uint64_t size = 0;
  if (!is_box(head, 0, name, size) || size > size_bytes) return Id::kUnknown;
  if (name != "ftyp") {  // QuickTime files from before there was a file type box: another box has to follow
    std::string_view next;
    std::uint64_t next_size = 0;
    constexpr std::string_view kBoxes[] = {"moov", "mdat", "wide", "free", "skip", "mvhd"};
    const std::uint64_t at = name == "moov" ? 8 : size;
    if (size == 0 || !is_box(head, at, next, next_size)) return Id::kUnknown;
    return std::find(std::begin(kBoxes), std::end(kBoxes), next) != std::end(kBoxes) ? Id::kMov : Id::kUnknown;
  }
  const Id major = brand_kind(text_at(head, 8, 4));
  // A picture says so among its brands, whatever its first one is; heif is what heic and avif also are.
  Id best = major;
  const std::uint64_t end = std::min<std::uint64_t>(size, 16 + 4 * kMaxBrands);
  for (std::uint64_t at = 16; at + 4 <= end; at += 4) {
    const Id id = brand_kind(text_at(head, at, 4));
    if (best == Id::kUnknown || (best == Id::kHeif && (id == Id::kHeic || id == Id::kAvif))) best = id;
  }
  return best == Id::kUnknown ? Id::kBmff : best;
}

Id riff_kind(Bytes head) {
  const std::string_view form = text_at(head, 8, 4);
  if (form == "WAVE") return Id::kWav;
  if (form == "AVI ") return Id::kAvi;
  if (form == "WEBP") return Id::kWebp;
  if (form == "RMID") return Id::kMidi;
  if (form == "ACON") return Id::kCursor;
  return Id::kUnknown;
}

Id form_kind(Bytes head) {
  const std::string_view form = text_at(head, 8, 4);
  return form == "AIFF" || form == "AIFC" ? Id::kAiff : Id::kUnknown;
}

Id ebml_kind(Bytes head) {
  constexpr std::size_t kHeaderReach = 64;
  const std::string_view header = as_text(head.first(std::min(head.size(), kHeaderReach)));
  const std::size_t doc_type = header.find("\x42\x82");
  if (doc_type == std::string_view::npos || doc_type + 3 >= header.size()) return Id::kUnknown;
  const std::string_view name = header.substr(doc_type + 3);
  if (name.starts_with("webm")) return Id::kWebm;
  return name.starts_with("matroska") ? Id::kMatroska : Id::kUnknown;
}

Id ogg_kind(Bytes head) {
  constexpr std::size_t kPageHeader = 27;
  const auto segments = le_at<std::uint8_t>(head, kPageHeader - 1);
  if (!segments) return Id::kUnknown;
  const std::string_view packet = text_at(head, kPageHeader + *segments, 8);
  if (packet == "OpusHead") return Id::kOpus;
  if (packet.starts_with("\x80theora") || packet.starts_with("fishead")) return Id::kOgv;
  return Id::kOgg;
}

Id tiff_kind(Bytes head) {
  const std::string_view canon = text_at(head, 8, 2);
  return canon == "CR" && head[0] == 'I' ? Id::kCanonRaw : Id::kTiff;
}

bool is_bmp(Bytes head, std::uint64_t size_bytes) {
  const auto size = le_at<std::uint32_t>(head, 2), data = le_at<std::uint32_t>(head, 10),
             info = le_at<std::uint32_t>(head, 14);
  if (!size || !data || !info) return false;
  const bool known_header = *info == 12 || *info == 16 || *info == 40 || *info == 52 || *info == 56 || *info == 64 ||
                            *info == 108 || *info == 124;
  return known_header && *data >= 14 + *info && *data < size_bytes;
}

bool is_swf(Bytes head) {
  constexpr std::uint8_t kNewest = 60;
  const auto length = le_at<std::uint32_t>(head, 4);
  return length && head[3] >= 1 && head[3] <= kNewest && *length > 20 && *length < (1u << 28);
}

Id media_structure(Bytes head, std::uint64_t size_bytes) {
  if (head.size() < 8) return Id::kUnknown;
  if (head[0] == 0xFF && head[1] >= 0xE0) return audio_frames(head, size_bytes);
  if (head[0] == 0x47 || head[4] == 0x47) {
    if (is_transport_stream(head)) return Id::kMpegTs;
  }
  const auto start = be_at<std::uint32_t>(head, 0);
  if (start == 0x1BAu && ((head[4] & 0xC4) == 0x44 || (head[4] & 0xF1) == 0x21)) return Id::kMpegPs;
  // A sequence header: a picture with a side, a known shape and a known rate.
  if (start == 0x1B3u && (head[4] != 0 || head[5] != 0) && (head[7] & 0x0F) >= 1 && (head[7] & 0x0F) <= 8 &&
      head[7] >> 4 >= 1 && head[7] >> 4 <= 14)
    return Id::kMpegVideo;
  return Id::kUnknown;
}

}  // namespace limier::types
