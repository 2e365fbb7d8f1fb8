// Our own reader of EWF-E01 and EWF-S01: every chunk's place from the tables, positional reads, libdeflate.
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "evidence/chunk_cache.h"
#include "evidence/ewf_format.h"
#include "evidence/ewf_set.h"
#include "evidence/ewf_tables.h"
#include "evidence/names.h"
#include "evidence/positional.h"
#include "evidence/readers.h"

namespace limier::evidence {
namespace {

// How much of a segment is read at once for a run of chunks: a fraction of the second-level cache.
constexpr std::uint64_t kRunBytes = 256u << 10;

// A chunk as it lies in its segment.
struct Stored {
  Bytes bytes;
  bool compressed = false;
};

// One decompressor and one buffer per thread: neither is shareable, both are costly to make per chunk.
struct Scratch {
  std::unique_ptr<libdeflate_decompressor, CloseWith<libdeflate_free_decompressor>> inflater{
      libdeflate_alloc_decompressor()};
  std::vector<std::uint8_t> stored;
  struct Run {
    std::vector<std::uint8_t> bytes;
    std::vector<Stored> chunks;
  } run;
  std::vector<std::uint8_t> whole;
};
Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

// The compressed form of a chunk of zeros: one writer repeats it byte for byte, so equal bytes need no inflating.
class ZeroMemo {
 public:
  [[nodiscard]] bool matches(Bytes compressed) const {
    if (!ready_.load(std::memory_order_acquire)) return false;
    return std::ssize(compressed) >= size_ && std::equal(bytes_.begin(), bytes_.begin() + size_, compressed.begin());
  }
  void learn(Bytes compressed) {
    if (compressed.size() > bytes_.size() || ready_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    if (ready_.load(std::memory_order_relaxed)) return;
    std::copy(compressed.begin(), compressed.end(), bytes_.begin());
    size_ = static_cast<std::ptrdiff_t>(compressed.size());
    ready_.store(true, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kLongest = 4096;  // 4 MiB of zeros compress to about 4 KiB
  std::array<std::uint8_t, kLongest> bytes_{};
  std::ptrdiff_t size_ = 0;
  std::atomic<bool> ready_{false};
  std::mutex mutex_;
};

class EwfImage final : public ChunkedImage {
 public:
  EwfImage(const EvidenceSpec& spec, std::vector<int> fds, const MediaInfo& media, std::vector<ChunkGroup> groups,
           std::vector<OpenIssue> issues)
      : ChunkedImage(spec.cache_bytes),
        fds_(std::move(fds)),
        media_(media),
        groups_(std::move(groups)),
        issues_(std::move(issues)) {
    std::uint64_t begin = 0;
    for (const SegmentInfo& segment : spec.segments) {
      segment_begins_.push_back(begin);
      begin += segment.size_bytes;
    }
  }
  [[nodiscard]] std::uint64_t size_bytes() const override { return media_.size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return media_.bytes_per_sector; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return media_.chunk_size(); }
  [[nodiscard]] const std::vector<OpenIssue>& open_issues() const override { return issues_; }

  void read_ahead(std::uint64_t first, std::uint64_t count) const override {
    while (count > 0) {
      const ChunkGroup* group = group_of(first);
      if (group == nullptr) return;
      const auto index = static_cast<std::uint32_t>(first - group->first_chunk);
      const auto take = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, group->count - index));
      const auto begin = place_of(*group, index);
      const auto last = place_of(*group, index + take - 1);
      if (begin && last && last->offset >= begin->offset)
        want_soon(fds_[group->segment], begin->offset,
                  last->offset - begin->offset + std::min(last->length, max_compressed(chunk_size())));
      first += take;
      count -= take;
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> container_offset(std::uint64_t chunk) const override {
    const ChunkGroup* group = group_of(chunk);
    if (group == nullptr) return std::nullopt;
    const auto place = place_of(*group, static_cast<std::uint32_t>(chunk - group->first_chunk));
    if (!place) return std::nullopt;
    return segment_begins_[group->segment] + place->offset;
  }
  // By the table that the chunk is read with: the first, or the other one where that alone is sound.
  [[nodiscard]] std::optional<ContainerPlace> container_place(std::uint64_t image_offset) const override {
    if (image_offset >= size_bytes()) return std::nullopt;
    const std::uint64_t chunk = image_offset / chunk_size();
    const ChunkGroup* group = group_of(chunk);
    if (group == nullptr) return std::nullopt;
    const auto index = static_cast<std::uint32_t>(chunk - group->first_chunk);
    std::vector<std::uint8_t> decoded(chunk_length(chunk));
    auto place = place_of(*group, index);
    if (decode_entry(*group, group->base, group->entries, index, decoded) > ChunkState::kZero) {
      const std::vector<std::uint32_t>& alternate = alternate_of(*group);
      if (!alternate.empty() &&
          decode_entry(*group, group->alternate_base, alternate, index, decoded) <= ChunkState::kZero)
        place = place_of(*group, group->alternate_base, alternate, index);
    }
    if (!place) return std::nullopt;
    return ContainerPlace{static_cast<std::uint32_t>(group->segment), place->offset, chunk,
                          form_of(*place, decoded.size()).compressed, image_offset % chunk_size()};
  }

 private:
  ChunkState decode_into(std::uint64_t chunk, MutableBytes out) const override {
    const ChunkGroup* group = group_of(chunk);
    if (group == nullptr) return zeros(out, ChunkState::kMissing);
    const auto index = static_cast<std::uint32_t>(chunk - group->first_chunk);
    const ChunkState state = decode_entry(*group, group->base, group->entries, index, out);
    if (state <= ChunkState::kZero) return state;
    const std::vector<std::uint32_t>& alternate = alternate_of(*group);
    if (alternate.empty()) return state;
    const ChunkState other = decode_entry(*group, group->alternate_base, alternate, index, out);
    return other <= ChunkState::kZero ? other : decode_entry(*group, group->base, group->entries, index, out);
  }

  // Chunks that lie behind each other in a segment are read together. Whatever is not sound that way is decoded again,
  // alone: that is where the exact state and the second table are looked at.
  void decode_run(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const override {
    for (std::size_t done = 0; done < states.size();) {
      const std::span<const Stored> run = read_run(first + done, states.size() - done);
      for (const Stored& stored : run) {
        const MutableBytes target = out.subspan(done * chunk_size(), chunk_length(first + done));
        const bool holds_zeros = states[done] == ChunkState::kZero;
        if (!holds_zeros || !stored.compressed || !zero_memo_.matches(stored.bytes))
          states[done] = stored.compressed ? inflate(stored.bytes, target) : take_stored(stored.bytes, target);
        if (states[done] > ChunkState::kZero) states[done] = decode_into(first + done, target);
        ++done;
      }
      if (!run.empty()) continue;
      states[done] = decode_into(first + done, out.subspan(done * chunk_size(), chunk_length(first + done)));
      ++done;
    }
  }

  // The entries of the group's second table: kept from the start where neither was sound, else read once, when the
  // first chunk is not sound. Kept for so many groups, which bounds what damage all over a set can take.
  [[nodiscard]] const std::vector<std::uint32_t>& alternate_of(const ChunkGroup& group) const {
    static constexpr std::size_t kMostLoaded = 1024;
    if (!group.alternate.empty() || !group.table2) return group.alternate;
    const std::lock_guard lock(loading_);
    const auto found = loaded_.find(&group);
    if (found != loaded_.end() || loaded_.size() >= kMostLoaded)
      return found != loaded_.end() ? found->second : group.alternate;
    return loaded_.emplace(&group, load_alternate(fds_[group.segment], group)).first->second;
  }

  // The group that has the chunk, or null.
  [[nodiscard]] const ChunkGroup* group_of(std::uint64_t chunk) const {
    const auto after = std::upper_bound(groups_.begin(), groups_.end(), chunk,
                                        [](std::uint64_t c, const ChunkGroup& g) { return c < g.first_chunk; });
    if (after == groups_.begin()) return nullptr;
    const ChunkGroup& group = *std::prev(after);
    return chunk - group.first_chunk < group.count ? &group : nullptr;
  }

  // What is stored of a chunk with `media_length` bytes: how it is stored, and how much of its place can belong to it.
  struct StoredForm {
    bool compressed = false;
    std::uint64_t length = 0;
  };
  [[nodiscard]] StoredForm form_of(const ChunkPlace& place, std::size_t media_length) const {
    const std::uint64_t stored_size = std::uint64_t{media_length} + kChecksumSize;
    const bool compressed = place.compressed.value_or(place.length != stored_size);
    const std::uint64_t limit = compressed ? max_compressed(chunk_size()) : std::uint64_t{chunk_size()} + kChecksumSize;
    return {compressed, std::min(place.length, limit)};
  }

  // The stored bytes of one or more chunks from `first` on, at most `count`, by one read; valid until the thread's next
  // call. Empty when that read is not to be had.
  [[nodiscard]] std::span<const Stored> read_run(std::uint64_t first, std::size_t count) const {
    const ChunkGroup* group = group_of(first);
    if (group == nullptr) return {};
    auto& [bytes, run] = scratch().run;
    bytes.resize(kRunBytes);
    run.clear();
    const auto index = static_cast<std::uint32_t>(first - group->first_chunk);
    count = std::min<std::size_t>(count, group->count - index);
    std::uint64_t begin = 0, end = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto place = place_of(*group, index + i);
      if (!place) break;
      const StoredForm form = form_of(*place, chunk_length(first + i));
      if (i == 0) begin = end = place->offset;
      if (place->offset < begin || form.length > kRunBytes || place->offset - begin > kRunBytes - form.length) break;
      end = std::max(end, place->offset + form.length);
      run.push_back(
          {Bytes(bytes).subspan(static_cast<std::size_t>(place->offset - begin), static_cast<std::size_t>(form.length)),
           form.compressed});
    }
    const MutableBytes wanted = MutableBytes(bytes).first(static_cast<std::size_t>(end - begin));
    if (read_at(fds_[group->segment], begin, wanted).length < wanted.size()) run.clear();
    return run;
  }

  ChunkState decode_entry(const ChunkGroup& group, std::uint64_t base, const std::vector<std::uint32_t>& entries,
                          std::uint32_t index, MutableBytes out) const {
    const auto place = place_of(group, base, entries, index);
    if (!place) return zeros(out, group.cut ? ChunkState::kMissing : ChunkState::kUndecodable);
    const StoredForm form = form_of(*place, out.size());
    auto& buffer = scratch().stored;
    buffer.resize(static_cast<std::size_t>(form.length));
    const ReadAt got = read_at(fds_[group.segment], place->offset, buffer);
    if (got.failed) return zeros(out, ChunkState::kReadError);
    if (got.length < buffer.size()) return zeros(out, ChunkState::kMissing);
    const ChunkState state = form.compressed ? inflate(buffer, out) : take_stored(buffer, out);
    const bool ends_early = group.cut && place->offset + place->length == group.data.end;
    return state == ChunkState::kUndecodable && ends_early ? ChunkState::kMissing : state;
  }

  static ChunkState zeros(MutableBytes out, ChunkState state) {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return state;
  }
  static ChunkState good(Bytes out) { return is_zero(out) ? ChunkState::kZero : ChunkState::kGood; }

  static ChunkState take_stored(Bytes stored, MutableBytes out) {
    if (stored.size() < out.size() + kChecksumSize) return zeros(out, ChunkState::kUndecodable);
    const auto sum_holds = [&](std::size_t length) {
      return adler32(stored.first(length)) == le_at<std::uint32_t>(stored, length);
    };
    std::copy_n(stored.begin(), out.size(), out.begin());
    // Some writers pad the last chunk to the full size and checksum the padding too.
    if (sum_holds(out.size()) || sum_holds(stored.size() - kChecksumSize)) return good(out);
    return ChunkState::kBadChecksum;
  }

  ChunkState inflate(Bytes compressed, MutableBytes out) const {
    if (zero_memo_.matches(compressed)) return zeros(out, ChunkState::kZero);
    libdeflate_decompressor* inflater = scratch().inflater.get();
    if (inflater == nullptr) return zeros(out, ChunkState::kUndecodable);
    std::size_t used = 0, filled = 0;
    MutableBytes target = out;
    libdeflate_result result = libdeflate_zlib_decompress_ex(inflater, compressed.data(), compressed.size(),
                                                             target.data(), target.size(), &used, &filled);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && out.size() < chunk_size()) {
      auto& whole = scratch().whole;  // a last chunk padded to the full size
      whole.resize(chunk_size());
      target = whole;
      result = libdeflate_zlib_decompress_ex(inflater, compressed.data(), compressed.size(), target.data(),
                                             target.size(), &used, &filled);
    }
    const bool wrong_sum = result == LIBDEFLATE_BAD_DATA && inflate_unchecked(compressed, target);
    if (wrong_sum) filled = target.size();
    if ((result != LIBDEFLATE_SUCCESS && !wrong_sum) || filled < out.size())
      return zeros(out, ChunkState::kUndecodable);
    if (target.data() != out.data()) std::copy_n(target.begin(), out.size(), out.begin());
    if (wrong_sum) return ChunkState::kBadChecksum;
    const ChunkState state = good(out);
    if (state == ChunkState::kZero && filled == chunk_size()) zero_memo_.learn(compressed.first(used));
    return state;
  }

  // The deflate stream behind the two bytes of zlib header, whatever its checksum says. True when it fills `out`.
  static bool inflate_unchecked(Bytes compressed, MutableBytes out) {
    constexpr std::size_t kZlibHeader = 2;  // RFC 1950
    if (compressed.size() <= kZlibHeader) return false;
    const Bytes stream = compressed.subspan(kZlibHeader);
    std::size_t used = 0, filled = 0;
    return libdeflate_deflate_decompress_ex(scratch().inflater.get(), stream.data(), stream.size(), out.data(),
                                            out.size(), &used, &filled) == LIBDEFLATE_SUCCESS &&
           filled == out.size();
  }

  std::vector<int> fds_;
  MediaInfo media_;
  std::vector<std::uint64_t> segment_begins_;  // where each segment stands in the container as a whole
  std::vector<ChunkGroup> groups_;
  std::vector<OpenIssue> issues_;
  mutable ZeroMemo zero_memo_;
  mutable std::mutex loading_;
  mutable std::map<const ChunkGroup*, std::vector<std::uint32_t>> loaded_;
};

Error evidence_error(std::string message) {
  return {ErrorKind::kEvidence, std::move(message)};
}

std::string missing_message(const EvidenceSpec& spec, const Segment& near, std::uint32_t from, std::uint32_t to) {
  const std::string& known = spec.segments[near.index].name;
  if (from == to) return "segment " + std::to_string(from) + " (" + ewf_segment_name(known, from) + ") is missing";
  return "segments " + std::to_string(from) + " to " + std::to_string(to) + " (" + ewf_segment_name(known, from) +
         " to " + ewf_segment_name(known, to) + ") are missing";
}

// The first sound media description, from whatever segment; a lie in the first one is not overlooked.
Result<MediaInfo> choose_media(const EvidenceSpec& spec, const std::vector<Segment>& segments, bool& unknown_flavour,
                               std::vector<OpenIssue>& issues) {
  const MediaInfo* overstated = nullptr;
  for (const Segment& segment : segments) {
    if (!segment.media_problem.empty()) {
      std::string message =
          "The volume section of " + spec.segments[segment.index].name + " " + segment.media_problem + ".";
      if (!spec.allow_incomplete) return evidence_error(std::move(message));
      issues.push_back({"ewf-volume-damaged", std::move(message), 0, 0});
    }
    if (!segment.media) continue;
    if (segment.media->stated_sector_count == segment.media->sector_count) return *segment.media;
    issues.push_back({"ewf-volume-damaged",
                      "The volume section of " + spec.segments[segment.index].name + " states " +
                          std::to_string(segment.media->stated_sector_count) +
                          " sectors, more than its chunks can hold; what they hold is read.",
                      0, 0});
    if (overstated == nullptr) overstated = &*segment.media;
  }
  if (overstated != nullptr) return *overstated;
  const bool cut = std::any_of(segments.begin(), segments.end(), [](const Segment& s) { return s.cut; });
  unknown_flavour = !cut;
  return evidence_error(spec.segments[0].name + " has no volume section, so the size of the media is not known.");
}

void note_foreign(const EvidenceSpec& spec, const std::vector<Segment>& segments, const MediaInfo& media,
                  std::vector<OpenIssue>& issues) {
  constexpr std::array<std::uint8_t, 16> kNone{};
  for (const Segment& segment : segments)
    if (segment.media && segment.media->set_identifier != media.set_identifier &&
        segment.media->set_identifier != kNone && media.set_identifier != kNone)
      issues.push_back({"ewf-segment-foreign",
                        spec.segments[segment.index].name + " carries the set identifier of another image.", 0, 0});
}

// Tables and gaps of the whole set, in order of the segment numbers.
Result<std::vector<Piece>> collect_pieces(const EvidenceSpec& spec, std::vector<LoadedSegment> loaded) {
  std::vector<Piece> pieces;
  std::uint32_t expected = 1;
  for (LoadedSegment& part : loaded) {
    const Segment& segment = part.segment;
    if (segment.number > expected) {
      const std::string message =
          "The set is not complete: " + missing_message(spec, segment, expected, segment.number - 1u);
      if (!spec.allow_incomplete) return evidence_error(message + "; find it, or go on without it with --incomplete.");
      pieces.push_back(Gap{"ewf-segment-missing", message + "."});
    }
    expected = segment.number + 1u;
    std::move(part.pieces.begin(), part.pieces.end(), std::back_inserter(pieces));
    if (segment.cut)
      pieces.push_back(Gap{"ewf-segment-truncated",
                           spec.segments[segment.index].name + " ends early: it is truncated or damaged.",
                           segment.number});
  }
  return pieces;
}

// The last file ends with "more follows" and data is indeed missing.
std::optional<std::string> missing_tail(const EvidenceSpec& spec, const std::vector<Segment>& segments,
                                        const std::vector<Piece>& pieces, const MediaInfo& media) {
  const Segment& last = segments.back();
  if (!last.has_next) return std::nullopt;
  std::uint64_t chunks = 0;
  for (const Piece& piece : pieces)
    if (const auto* group = std::get_if<ChunkGroup>(&piece)) chunks += group->count;
  if (chunks >= media.chunks_needed()) return std::nullopt;
  return missing_message(spec, last, last.number + 1u, last.number + 1u) + ": the last file given, " +
         spec.segments[last.index].name + ", says that more follow";
}

}  // namespace

Result<std::unique_ptr<Image>> open_ewf(const EvidenceSpec& spec, const std::vector<int>& fds, bool& unknown_flavour) {
  unknown_flavour = false;
  std::vector<OpenIssue> issues;
  LIMIER_TRY(std::vector<Segment> scanned, scan_set(spec, fds, issues));
  LIMIER_TRY(const MediaInfo media, choose_media(spec, scanned, unknown_flavour, issues));
  note_foreign(spec, scanned, media, issues);
  std::vector<LoadedSegment> loaded = load_set(spec, fds, std::move(scanned), media, issues);
  std::vector<Segment> segments;
  segments.reserve(loaded.size());
  for (const LoadedSegment& part : loaded) segments.push_back(part.segment);
  LIMIER_TRY(std::vector<Piece> pieces, collect_pieces(spec, std::move(loaded)));
  if (const auto tail = missing_tail(spec, segments, pieces, media)) {
    if (!spec.allow_incomplete)
      return evidence_error("The set is not complete: " + *tail + "; find it, or go on without it with --incomplete.");
    pieces.push_back(Gap{"ewf-segment-missing", "The set is not complete: " + *tail + "."});
  }
  const bool cut = std::any_of(segments.begin(), segments.end(), [](const Segment& s) { return s.cut; });
  unknown_flavour = pieces.empty() && !cut;
  if (unknown_flavour)
    return evidence_error(spec.segments[0].name + " has no chunk table, so nothing in it can be found.");
  std::vector<ChunkGroup> groups = number_chunks(std::move(pieces), media, issues);
  return std::unique_ptr<Image>(std::make_unique<EwfImage>(spec, fds, media, std::move(groups), std::move(issues)));
}

std::string libdeflate_version() {
  return LIBDEFLATE_VERSION_STRING;
}

}  // namespace limier::evidence
