// evidence: disk-image containers. Which container, which segments, the acquisition record, and ordered or random
// reading of the media with a map of what is damaged.
//
// Owns:    descriptors are borrowed (the caller keeps them open); an Image owns its tables and caches.
// Threads: identify_*/find_segments: any. Image::read and Image::decode_chunk: any number of threads on one Image.
// Errors:  Result only when nothing can be read at all. Damage is reported through ChunkState and Image::open_issues.
// Units:   bytes. `image_offset` counts from the first byte of the media, `segment_offset` from the start of a segment.
// Formats: EWF-E01/S01: "Expert Witness Compression Format (EWF)", J. Metz; ASR Data EWF specification.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limier/base.h"

namespace limier::evidence {

// ---- identify.cpp: no allocation driven by evidence, safe in the supervisor ----------------------------------------

enum class Format : std::uint8_t {
  kRaw,
  kSplitRaw,
  kEwfE01,
  kEwfS01,
  kUnsupported,
  kZip,
  kTar,
  kFolder,
  kTarGz,
  kTarXz,
  kTarZst,
  kTarBz2,
  kAndroidBackup,
  kAd1,
  kEwfL01
};
std::string_view format_name(Format format);  // "raw", "split-raw", "ewf-e01", "zip", "tar.gz", …: v_evidence.format
// A tar in one compressed stream, which can only be read from its beginning: it is unpacked once, and then the media
// are the tar.
constexpr bool is_packed_tar(Format format) {
  return format >= Format::kTarGz && format <= Format::kAndroidBackup;
}
// Files that were copied: in an archive, whose own bytes are the media; in a folder, where the media are the bytes of
// all its files, one behind the other in the order of their paths; or in an L01, whose media are the contents.
constexpr bool is_extraction(Format format) {
  return format == Format::kZip || format == Format::kTar || format == Format::kFolder || format == Format::kAd1 ||
         format == Format::kEwfL01 || is_packed_tar(format);
}
// Whether the media are the bytes of the files, one behind the other.
constexpr bool is_plain(Format format) {
  return format == Format::kRaw || format == Format::kSplitRaw || (is_extraction(format) && format != Format::kEwfL01);
}

inline constexpr std::size_t kTailBytes = 64u << 10;

struct Identified {
  Format format = Format::kRaw;  // kRaw until find_segments sees more than one part
  std::string unsupported_name;  // "VMware VMDK", "EnCase 7 Ex01 (EWF2)", ...; empty when it is no image at all
  std::string advice;            // what to do: "convert it with … and try again"; or why it is no image
};
// Decides by content. `head`: the first 64 KiB or fewer; `tail`: the last kTailBytes or fewer (VHD, DMG and ZIP keep
// their signature there). Any EVF signature is EWF, never raw, whatever follows. `file_name` only ever refuses: a file
// named like an EWF segment whose content is neither EWF nor a known disk structure is not an image.
Identified identify_container(Bytes head, Bytes tail, std::uint64_t size_bytes, std::string_view file_name = {});

// What every part of an AD1 begins with (src/volume/ad1_reader.h).
inline constexpr std::size_t kAd1HeaderBytes = 512;
inline constexpr std::string_view kAd1Image = "ADLOGICALIMAGE";
struct Ad1Part {
  std::uint32_t number = 0, count = 0;  // from 1 on
  std::uint64_t header_bytes = 0;
};
std::optional<Ad1Part> ad1_header(Bytes head);

// ---- segments.cpp: names only; looks at the directory, opens nothing -----------------------------------------------

struct SegmentNames {
  std::vector<std::string> paths;    // in order, without gaps
  std::vector<std::string> missing;  // names expected in a gap (between two that exist)
};
// The segments that belong to `first`, found beside it. kUsage when `first` is itself a later segment and the first one
// exists beside it (the message names it). EWF: .E01-.E99, .EAA-.EZZ, .FAA…; .s01…; lower case too. Split raw: .000,
// .001 or .aa/.aaa upwards, when `first` has such an extension and the next one exists. AD1: .ad1, .ad2, …
Result<SegmentNames> find_segments(const std::string& first, Format format);

// ---- image.cpp and the readers -------------------------------------------------------------------------------------

// What a worker is told about its evidence. Descriptors are inherited, in this order.
struct SegmentInfo {
  std::string name;  // file name without folder, for messages
  std::uint64_t size_bytes = 0;
  static constexpr auto fields() { return std::tuple{&SegmentInfo::name, &SegmentInfo::size_bytes}; }
};
// What a folder holds, as the system tells it to the supervisor: workers cannot ask.
struct FolderEntry {
  enum class Kind : std::uint8_t { kFile, kFolder, kLink, kOther };
  std::string path;  // raw bytes, from the folder on, without a slash in front
  Kind kind = Kind::kFile;
  std::uint64_t size_bytes = 0;
  std::uint32_t mode = 0, uid = 0, gid = 0, link_count = 0;
  std::int64_t modified_s = 0, accessed_s = 0, changed_s = 0, created_s = 0;  // seconds since 1970
  std::uint32_t modified_ns = 0, accessed_ns = 0, changed_ns = 0, created_ns = 0;
  std::string link_target;    // raw bytes
  std::uint32_t segment = 0;  // kFile: which of EvidenceSpec::segments it is
  static constexpr auto fields() {
    using E = FolderEntry;
    return std::tuple{&E::path,        &E::kind,       &E::size_bytes, &E::mode,        &E::uid,       &E::gid,
                      &E::link_count,  &E::modified_s, &E::accessed_s, &E::changed_s,   &E::created_s, &E::modified_ns,
                      &E::accessed_ns, &E::changed_ns, &E::created_ns, &E::link_target, &E::segment};
  }
};
struct EvidenceSpec {
  Format format = Format::kRaw;
  std::vector<SegmentInfo> segments;
  bool allow_incomplete = false;  // --incomplete: go on with the segments that are there
  std::uint64_t cache_bytes = 48u << 20;
  std::uint32_t sector_bytes = 0;  // --sector-size; 0: as the container says, or for raw images what fits
  static constexpr auto fields() {
    return std::tuple{&EvidenceSpec::format, &EvidenceSpec::segments, &EvidenceSpec::allow_incomplete,
                      &EvidenceSpec::cache_bytes, &EvidenceSpec::sector_bytes};
  }
};

enum class ChunkState : std::uint8_t {
  kGood,
  kZero,         // good, and known to be all zero
  kBadChecksum,  // decoded, but its checksum is wrong: the bytes are given, do not trust them
  kUndecodable,  // compressed data is corrupt: zeros are given
  kMissing,      // in a missing or truncated segment, or past the end of the file: zeros are given
  kReadError,    // the operating system could not read it: zeros are given
  kQuarantined,  // decoding it ended workers, so it was left alone: zeros are given
};
std::string_view chunk_state_reason(ChunkState state);  // v_bad_range.reason: "chunk-checksum", "chunk-undecodable",
                                                        // "image-short", "read-error", "quarantined"

struct ReadOutcome {
  std::size_t length = 0;                // bytes delivered; short only at the end of the media
  ChunkState worst = ChunkState::kGood;  // worst state of the chunks touched
};

// Something worth an issue row, found while opening (table repaired from table2, segments out of order, ...).
struct OpenIssue {
  std::string code;     // "ewf-table-damaged", "ewf-segment-missing", "ewf-segment-truncated", ...
  std::string message;  // one sentence
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;
  static constexpr auto fields() {
    return std::tuple{&OpenIssue::code, &OpenIssue::message, &OpenIssue::image_offset, &OpenIssue::length};
  }
};

// The acquisition record and the container's geometry: what `limier info` prints and v_evidence holds.
struct ContainerRecord {
  Format format = Format::kRaw;
  std::string variant;  // "EnCase 6", "FTK Imager", "linen 6", "SMART", ... as libewf names it; empty for raw
  std::uint64_t size_bytes = 0;
  std::uint32_t sector_size = 512;
  std::uint32_t chunk_size = 0;  // 0 for raw
  std::uint32_t segment_count = 0;
  std::string compression;  // "none", "fast", "best", "empty-block"; empty for raw
  std::string media_type;
  bool physical = true;
  std::string set_identifier;  // GUID, empty when absent
  std::optional<Md5> stored_md5;
  std::optional<Sha1> stored_sha1;
  // Every header value, in the container's own order, raw bytes: {"case_number","…"}, {"examiner_name","…"},
  // {"evidence_number","…"}, {"description","…"}, {"notes","…"}, {"acquiry_date","…"}, {"system_date","…"},
  // {"acquiry_software_version","…"}, {"acquiry_operating_system","…"}, {"model","…"}, {"serial_number","…"}, ...
  std::vector<std::pair<std::string, std::string>> header_values;
  // Sector ranges the acquisition itself could not read (error2 section), in bytes.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> acquisition_errors;
  std::string libewf_refusal;  // why libewf would not open the set, when limier read this by itself
};

// Where a byte of the media is kept in the files of the container.
struct ContainerPlace {
  std::uint32_t segment = 0;           // of EvidenceSpec::segments, from 0
  std::uint64_t segment_offset = 0;    // of the chunk as it is stored, or of the byte itself where there are no chunks
  std::optional<std::uint64_t> chunk;  // from 0
  bool compressed = false;             // the chunk is
  std::uint64_t within_chunk = 0;      // of the byte, once the chunk is decoded
  static constexpr auto fields() {
    return std::tuple{&ContainerPlace::segment, &ContainerPlace::segment_offset, &ContainerPlace::chunk,
                      &ContainerPlace::compressed, &ContainerPlace::within_chunk};
  }
};

class Image {
 public:
  virtual ~Image() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  [[nodiscard]] virtual std::uint32_t sector_size() const = 0;
  // The unit of decode_chunk. Raw images use 1 MiB; the last chunk may be short.
  [[nodiscard]] virtual std::uint32_t chunk_size() const = 0;
  [[nodiscard]] std::uint64_t chunk_count() const { return (size_bytes() + chunk_size() - 1) / chunk_size(); }
  [[nodiscard]] virtual const std::vector<OpenIssue>& open_issues() const = 0;
  // Decodes one whole chunk into `out` (chunk_size() bytes; the last chunk fills less). Thread-safe, no cache: the
  // sweep's way.
  virtual ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const = 0;
  // The same for states.size() chunks from `first` on, one behind the other in `out`; a reader may take them in one
  // read. A state that is kZero on entry promises that the chunk's place in `out` holds zeros from an earlier call, so
  // that zeros need not be written again.
  virtual void decode_chunks(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const;
  // Random reading over a cache of decoded chunks, for metadata: limier-fs's way. Thread-safe.
  virtual ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const = 0;
  // What a caller of read() that comes to the same places again should spend on keeping them itself: the budget of a
  // reader that keeps nothing, 0 of one with a cache.
  [[nodiscard]] virtual std::uint64_t callers_cache_bytes() const { return 0; }
  // Says that these chunks will be decoded soon, so that the system reads them from the disk in order and ahead of
  // their use. Advice: costs a system call, changes nothing else.
  virtual void read_ahead(std::uint64_t first, std::uint64_t count) const;
  // Bytes of the container, all segments one behind the other, that lie before the chunk's own: how far a pass has come
  // in the files. nullopt where that is not known.
  [[nodiscard]] virtual std::optional<std::uint64_t> container_offset(std::uint64_t chunk) const;
  // nullopt: past the end, in a segment that is not there, or a reader that cannot tell.
  [[nodiscard]] virtual std::optional<ContainerPlace> container_place(std::uint64_t image_offset) const;
  // Of an L01: up to `length` bytes of its list of files, as it stands in the container; fewer at its end, none of all
  // other images.
  [[nodiscard]] virtual std::vector<std::uint8_t> file_list(std::uint64_t offset, std::size_t length) const;
  // How often a chunk was decoded so far by both ways together (the "chunks decoded ÷ chunks" figure).
  [[nodiscard]] virtual std::uint64_t chunks_decoded() const = 0;
};

// Opens over inherited descriptors, `fds[i]` being spec.segments[i]. Uses positional reads only, opens nothing.
Result<std::unique_ptr<Image>> open_image(const EvidenceSpec& spec, const std::vector<int>& fds);

// The acquisition record through libewf (which reads the same descriptors) for EWF; size and count for raw.
// What libewf refuses is read by limier itself. kEvidence when that finds no geometry either: an image with EVF magic
// that cannot be opened is an error, never raw.
Result<ContainerRecord> read_container_record(const EvidenceSpec& spec, const std::vector<int>& fds);

// Versions for `limier version`: of the libewf that is loaded, and of the libdeflate this was compiled against.
std::string libewf_version();
std::string libdeflate_version();

}  // namespace limier::evidence
