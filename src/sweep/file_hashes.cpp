#include "sweep/file_hashes.h"

#include <algorithm>

namespace limier::sweep {

namespace {

constexpr std::size_t kDigestBlock = 64;
constexpr std::uint64_t kHitBytesOfOne = 16u << 20;  // of hits in a packed content, until it is known to be whole
constexpr std::uint64_t kZerosAtOnce = 4u << 20;     // how much is hashed between two looks at the pulse

Bytes bytes_of(const BatchBytes& batch, const Step& step) {
  return batch.data.subspan(static_cast<std::size_t>(step.offset - batch.image_offset),
                            static_cast<std::size_t>(step.length));
}

bool all_trustworthy(const BatchBytes& batch, const Step& step) {
  const auto first = static_cast<std::size_t>((step.offset - batch.image_offset) / batch.chunk_size);
  const auto last = static_cast<std::size_t>((step.offset + step.length - 1 - batch.image_offset) / batch.chunk_size);
  const auto states = batch.states.subspan(first, last - first + 1);
  return std::all_of(states.begin(), states.end(), trustworthy);
}

}  // namespace

void FileHashes::run(std::span<const Step> steps, const BatchBytes& batch, LaneResults& results) {
  for (const Step& step : steps) {
    if (pulse_.stop.load(std::memory_order_relaxed)) return;
    run_step(step, batch, results);
  }
}

void FileHashes::run_beside(Hasher& media, std::span<const Step> steps, const BatchBytes& batch, LaneResults& results) {
  std::size_t media_at = 0;  // within the batch
  for (const Step& step : steps) {
    if (pulse_.stop.load(std::memory_order_relaxed)) return;
    const bool ahead = step.kind == StepKind::kBytes && step.offset - batch.image_offset >= media_at;
    if (ahead && all_trustworthy(batch, step))
      media_at = step_beside(media, media_at, step, batch, results);
    else
      run_step(step, batch, results);
  }
  media.update(batch.data.subspan(media_at));
}

// Returns how far the media has come. The last bytes of a file are left to the media's next stretch, so that the media
// stays on block boundaries.
std::size_t FileHashes::step_beside(Hasher& media, std::size_t media_at, const Step& step, const BatchBytes& batch,
                                    LaneResults& results) {
  Content& content = content_of(step);
  if (content.damaged) return media_at;
  const auto begin = static_cast<std::size_t>(step.offset - batch.image_offset);
  media.update(batch.data.subspan(media_at, begin - media_at));
  const Bytes bytes = bytes_of(batch, step);
  join(content, bytes, step.offset, step, results);
  if (content.member) content.member->note(bytes);
  content.sniffer.take(bytes, step.size_bytes, held_);
  const std::size_t in_blocks = bytes.size() / kDigestBlock * kDigestBlock;
  update_both(content.hasher, media, bytes.first(in_blocks));
  content.hasher.update(bytes.subspan(in_blocks));
  return begin + in_blocks;
}

FileHashes::Content& FileHashes::content_of(const Step& step) {
  const auto [at, fresh] = contents_.try_emplace(step.content_id, which_);
  Content& content = at->second;
  if (fresh && step.packing.any()) begin_member(content, step.packing, step.size_bytes);
  if (fresh) content.packed_from = step.offset;
  return content;
}

void FileHashes::begin_member(Content& content, const catalog::Packing& packing, std::uint64_t size_bytes) {
  content.member.emplace(packing, size_bytes);
  if (joints_ && content.member->packed())
    content.hits = std::make_unique<catalog::HitStream>(keywords_, kHitBytesOfOne);
}

void FileHashes::take(Content& content, Bytes bytes, std::optional<std::uint64_t> image_offset, const Step& step,
                      LaneResults& results) {
  if (!content.member || !content.member->packed()) {
    join(content, bytes, image_offset, step, results);
    if (content.member) content.member->note(bytes);
    content.sniffer.take(bytes, step.size_bytes, held_);
    content.hasher.update(bytes);
    return;
  }
  content.packed_bytes += bytes.size();
  content.member->feed(bytes, [&](Bytes part) {
    content.sniffer.take(part, step.size_bytes, held_);
    content.hasher.update(part);
    if (content.hits) content.hits->take(part);
    pulse_.beats.fetch_add(1, std::memory_order_relaxed);
    return !pulse_.stop.load(std::memory_order_relaxed);
  });
}

void FileHashes::run_step(const Step& step, const BatchBytes& batch, LaneResults& results) {
  Content& content = content_of(step);
  switch (step.kind) {
    case StepKind::kBytes:
      content.damaged = content.damaged || !all_trustworthy(batch, step);
      if (!content.damaged) take(content, bytes_of(batch, step), step.offset, step, results);
      break;
    case StepKind::kZeros:
      if (!content.damaged) take_zeros(content, step);
      break;
    case StepKind::kStash:
      stash(content, step, batch);
      break;
    case StepKind::kUnstash:
      if (!content.damaged) take(content, stash_[step.content_id][step.piece], std::nullopt, step, results);
      [[fallthrough]];
    case StepKind::kDiscard:
      if (const auto pieces = stash_.find(step.content_id); pieces != stash_.end()) {
        pieces->second.erase(step.piece);
        if (pieces->second.empty()) stash_.erase(pieces);
      }
      break;
    case StepKind::kReread:
      if (!content.damaged) reread(content, step, results);
      break;
    case StepKind::kFinish:
    case StepKind::kFinishDamaged:
      content.damaged = content.damaged || step.kind == StepKind::kFinishDamaged;
      finish(step, results);
      return;
  }
  if (content.damaged) content.sniffer.drop(held_);
}

// Before `bytes` are taken. What lies in one extent is found in the media's own bytes; here, what lies over two that do
// not lie side by side.
void FileHashes::join(Content& content, Bytes bytes, std::optional<std::uint64_t> image_offset, const Step& step,
                      LaneResults& results) const {
  if (!joints_ || bytes.empty()) return;
  const std::uint64_t position = content.hasher.size_bytes();
  auto& tail = content.tail;
  if (!tail.empty() && (!image_offset || content.tail_end != image_offset)) {
    std::string both(as_text(tail));
    both += as_text(bytes.first(std::min(bytes.size(), entities::kReach)));
    std::vector<entities::Found> found;
    entities::scan(as_bytes(both), {.setting = entities::Setting::kBytes}, found);
    for (const entities::Found& one : found)
      if (one.begin < tail.size() && one.end > tail.size()) {
        results.joints.push_back(catalog::byte_hit(both, one, position - tail.size()));
        results.joints.back().content_id = step.content_id;
      }
    std::vector<keywords::Match> words;
    if (keywords_ != nullptr) keywords_->search(as_bytes(both), words);
    for (const keywords::Match& one : words)
      if (one.begin < tail.size() && one.end > tail.size()) {
        results.joints.push_back(catalog::byte_hit(both, one, *keywords_, position - tail.size()));
        results.joints.back().content_id = step.content_id;
      }
  }
  if (position + bytes.size() >= step.size_bytes) {
    tail = {};
    return;
  }
  const Bytes last = bytes.last(std::min(bytes.size(), entities::kReach));
  const std::size_t drop = tail.size() + last.size() - std::min(tail.size() + last.size(), entities::kReach);
  tail.erase(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(drop));
  tail.insert(tail.end(), last.begin(), last.end());
  content.tail_end = image_offset ? std::optional(*image_offset + bytes.size()) : std::nullopt;
}

void FileHashes::take_zeros(Content& content, const Step& step) {
  content.tail.clear();
  content.sniffer.take_zeros(step.length, step.size_bytes, held_);
  for (std::uint64_t count = step.length; count > 0 && !pulse_.stop.load(std::memory_order_relaxed);) {
    const std::uint64_t take = std::min(count, kZerosAtOnce);
    content.hasher.update_zeros(take);
    count -= take;
    if (take == kZerosAtOnce) pulse_.beats.fetch_add(1, std::memory_order_relaxed);
  }
}

void FileHashes::stash(Content& content, const Step& step, const BatchBytes& batch) {
  content.damaged = content.damaged || !all_trustworthy(batch, step);
  if (content.damaged) return;
  const Bytes bytes = bytes_of(batch, step);
  auto& piece = stash_[step.content_id][step.piece];
  piece.insert(piece.end(), bytes.begin(), bytes.end());
}

void FileHashes::reread(Content& content, const Step& step, LaneResults& results) {
  std::uint64_t image_offset = step.offset, length = step.length;
  const std::uint64_t chunk_size = image_.chunk_size();
  reread_chunk_.resize(chunk_size);
  if (length > 0 && reread_index_ != image_offset / chunk_size) ++seeks_back_;
  while (length > 0 && !content.damaged && !pulse_.stop.load(std::memory_order_relaxed)) {
    const std::uint64_t index = image_offset / chunk_size;
    const std::uint64_t within = image_offset % chunk_size;
    const std::uint64_t part = std::min(length, chunk_size - within);
    if (reread_index_ != index) {
      reread_state_ = image_.decode_chunk(index, reread_chunk_);
      reread_index_ = index;
      ++chunks_decoded_;
      pulse_.beats.fetch_add(1, std::memory_order_relaxed);
    }
    content.damaged = !trustworthy(reread_state_);
    if (!content.damaged)
      take(content, Bytes(reread_chunk_).subspan(static_cast<std::size_t>(within), static_cast<std::size_t>(part)),
           image_offset, step, results);
    image_offset += part;
    length -= part;
  }
}

Status FileHashes::put_open_contents(Sink& sink, std::uint64_t& count) const {
  for (const auto& [content_id, content] : contents_) {
    OpenContent open;
    open.content_id = content_id;
    open.damaged = content.damaged;
    const bool packed = content.member && content.member->packed();
    open.hashed = packed ? state_of(Hasher(which_)) : state_of(content.hasher);
    if (!packed && !content.damaged) open.sniffer = content.sniffer;
    if (!content.damaged) open.tail = content.tail;
    if (content.member) {
      open.packing = content.member->packing();
      open.crc32 = content.member->crc();
      open.unpacked_bytes = content.member->size_bytes();
    }
    if (packed) open.packed_from = content.packed_from, open.packed_bytes = content.packed_bytes;
    LIMIER_CHECK(sink.open_content(open));
    ++count;
  }
  return ok_status();
}

void FileHashes::restore(const OpenContent& open) {
  Content& content = contents_.insert_or_assign(open.content_id, Content(open)).first->second;
  content.sniffer.hold(held_);
  if (!open.packing.any()) return;
  content.packed_from = open.packed_from;
  if (open.packing.coding == catalog::Coding::kPlain) {
    content.member.emplace(open.packing, open.unpacked_bytes, open.hashed.size_bytes, open.crc32);
    return;
  }
  begin_member(content, open.packing, open.unpacked_bytes);
  Step step{.kind = StepKind::kReread,
            .piece = 0,
            .content_id = open.content_id,
            .offset = open.packed_from,
            .length = open.packed_bytes,
            .size_bytes = open.unpacked_bytes,
            .packing = open.packing};
  LaneResults none;  // of a packed content there are results at its end
  if (!content.damaged) reread(content, step, none);
  if (content.damaged) content.sniffer.drop(held_);
}

void FileHashes::finish(const Step& step, LaneResults& results) {
  const auto at = contents_.find(step.content_id);
  Content& content = at->second;
  catalog::ContentDigest result;
  result.content_id = step.content_id;
  if (!content.damaged && content.member) result.fault = content.member->finish();
  content.damaged = content.damaged || result.fault != catalog::PackingFault::kNone;
  result.touched_damage = content.damaged;
  if (content.damaged) {
    content.sniffer.drop(held_);
  } else {
    result.type = content.sniffer.finish(step.size_bytes, held_);
    result.digests = content.hasher.finish();
    if (content.hits)
      for (catalog::ByteHit& hit : content.hits->end()) {
        results.joints.push_back(std::move(hit));
        results.joints.back().content_id = step.content_id;
      }
  }
  results.contents.push_back(result);
  contents_.erase(at);
}

}  // namespace limier::sweep
