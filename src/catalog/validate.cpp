#include "limier/catalog.h"

#include <algorithm>
#include <array>

#include "limier/catalog/byte_hit.h"

namespace limier::catalog {

namespace {

// Longest text a well-behaved worker sends: limier-fs cuts paths at 64 KiB (src/volume/walk.h) and everything else far
// below.
constexpr std::size_t kMaxPath = 128u << 10;
constexpr std::size_t kMaxText = 64u << 10;
constexpr std::size_t kMaxWord = 256;
constexpr std::uint16_t kMaxEntropyMillibits = 8000;
constexpr std::int64_t kMaxSize = std::int64_t{1} << 62;

template <class E>
bool known(E value, E last) {
  return static_cast<std::uint8_t>(value) <= static_cast<std::uint8_t>(last);
}

bool inside(std::uint64_t offset, std::uint64_t length, std::uint64_t media_size) {
  return offset <= media_size && length <= media_size - offset;
}

bool valid(const StreamRef& ref) {
  return ref.volume_id != 0;
}

bool valid(const FileTimes& times) {
  for (const Stamp* stamp : {&times.modified, &times.accessed, &times.changed, &times.created})
    if (!known(stamp->basis, TimeBasis::kStated) || stamp->nanoseconds >= kNsPerSecond) return false;
  return true;
}

bool plausible_size(std::uint64_t size) {
  return size <= static_cast<std::uint64_t>(kMaxSize);
}

}  // namespace

bool validate(const VolumeRecord& record, std::uint64_t media_size) {
  return record.volume_id != 0 && record.parent_id < record.volume_id && known(record.status, VolumeStatus::kTable) &&
         inside(record.image_offset, record.length, media_size) && record.scheme.size() <= kMaxWord &&
         record.slot.size() <= kMaxWord && record.description.size() <= kMaxText && record.fs_type.size() <= kMaxWord &&
         record.fs_label.size() <= kMaxText && record.fs_uuid.size() <= kMaxWord &&
         record.encryption.size() <= kMaxWord;
}

bool validate(const NameRecord& record) {
  if (record.volume_id == 0 || !known(record.kind, FileKind::kVirtual)) return false;
  if (record.path.empty() || record.path.size() > kMaxPath || record.path.front() != '/') return false;
  if (record.stored_name.size() > kMaxPath) return false;
  if (record.name_id == 0) return record.parent_name_id == 0 && record.name_length == 0;
  return record.parent_name_id < record.name_id && record.name_length < record.path.size();
}

bool validate(const InodeRecord& record) {
  return record.volume_id != 0 && known(record.kind, FileKind::kVirtual) && plausible_size(record.size_bytes) &&
         record.owner_sid.size() <= kMaxWord && record.link_target.size() <= kMaxText && valid(record.times) &&
         valid(record.name_times);
}

bool validate(const StreamRecord& record) {
  if (!valid(record.ref) || !known(record.source, ContentSource::kNotRead)) return false;
  if (record.reason.size() > kMaxWord || record.reason.empty() != (record.source != ContentSource::kNotRead))
    return false;
  if (record.name.size() > kMaxText || !plausible_size(record.size_bytes)) return false;
  if (!known(record.packing.coding, Coding::kLast)) return false;
  if (record.packing.any() && record.source != ContentSource::kExtents) return false;
  if (record.packing.coding != Coding::kPlain && record.data_piece_count != 1) return false;
  const bool has_digest = record.digests.md5 || record.digests.sha1 || record.digests.sha256;
  const bool looked_at = has_digest || record.type != ContentType();
  const auto in_it = [&](const ByteHit& hit) { return !hit.content_id && validate(hit, record.size_bytes); };
  return validate(record.type) && std::ranges::all_of(record.hits, in_it) &&
         ((!looked_at && record.hits.empty()) || record.source == ContentSource::kDigested);
}

bool validate(const ExtentRecord& record, std::uint64_t media_size) {
  if (!valid(record.ref) || !known(record.kind, ExtentKind::kEncrypted) || record.length == 0) return false;
  if (!plausible_size(record.file_offset) || !plausible_size(record.length)) return false;
  if (!record.image_offset) return record.kind != ExtentKind::kData;
  return record.kind != ExtentKind::kSparse && inside(*record.image_offset, record.length, media_size);
}

bool validate(const BlockRange& record, std::uint64_t media_size) {
  return record.volume_id != 0 && known(record.use, BlockUse::kMetadata) &&
         inside(record.image_offset, record.length, media_size);
}

bool validate(const IssueRecord& record) {
  return known(record.severity, Severity::kError) && !record.code.empty() && record.code.size() <= kMaxWord &&
         record.stage.size() <= kMaxWord && record.message.size() <= kMaxText;
}

bool validate(const EncryptionRecord& record) {
  return record.volume_id != 0 && !record.scheme.empty() && record.scheme.size() <= kMaxWord &&
         record.detail.size() <= kMaxText && known(record.certainty, Certainty::kStatistics);
}

bool validate(const BadRange& record, std::uint64_t media_size) {
  return record.length > 0 && inside(record.image_offset, record.length, media_size) &&
         record.reason.size() <= kMaxWord;
}

// What a byte of another encoding takes as UTF-8.
constexpr std::size_t kMostOfByte = 3;

bool validate(const ByteHit& hit, std::uint64_t media_size) {
  const bool placed = hit.content_id || inside(hit.offset, hit.length, media_size);
  return placed && hit.length > 0 && hit.length <= entities::kFullReach && plausible_size(hit.offset) &&
         known(hit.kind, entities::Kind::kUrl) && known(hit.proof, entities::Proof::kNone) &&
         known(hit.encoding, keywords::Encoding::kCp1252) && hit.keyword <= keywords::kMaxKeywords &&
         !hit.normalized.empty() && hit.value.size() <= kMostOfByte * hit.length && hit.normalized.size() <= kMaxText &&
         hit.context.size() <= kMaxText;
}

std::string_view coding_word(Coding coding) {
  constexpr std::array<std::string_view, 6> kWords{"", "deflate", "zstd", "bzip2", "lzma", "zlib"};
  const auto at = static_cast<std::size_t>(coding);
  return at < kWords.size() ? kWords[at] : std::string_view();
}

bool validate(const ContentType& type) {
  return known(type.basis, TypeBasis::kText) && known(type.encryption, FileEncryption::kLast) &&
         type.entropy_millibits <= kMaxEntropyMillibits && (type.type != 0 || type == ContentType());
}

}  // namespace limier::catalog
