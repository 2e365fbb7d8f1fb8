#include "sweep/entity_scan.h"

#include <algorithm>
#include <iterator>

namespace limier::sweep {
namespace {

constexpr std::uint64_t kReach = entities::kFullReach;
// In place of bytes that are not to be trusted: of no kind, and no zero, which would make a wide letter of the one
// before.
constexpr char kUnread = '\x01';

bool is_zero(evidence::ChunkState state) {
  return state == evidence::ChunkState::kZero;
}

std::size_t chunk_at(const BatchBytes& batch, std::size_t at) {
  return at / batch.chunk_size;
}

// Bytes of the batch as a scan may see them.
std::string copy_of(const BatchBytes& batch, std::size_t from, std::size_t to) {
  std::string bytes(as_text(batch.data.subspan(from, to - from)));
  for (std::size_t chunk = chunk_at(batch, from); chunk * batch.chunk_size < to; ++chunk) {
    if (trustworthy(batch.states[chunk])) continue;
    const std::size_t begin = std::max(from, chunk * batch.chunk_size),
                      end = std::min(to, (chunk + 1) * batch.chunk_size);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin - from),
              bytes.begin() + static_cast<std::ptrdiff_t>(end - from), kUnread);
  }
  return bytes;
}

std::string last_of(const BatchBytes& batch) {
  return copy_of(batch, batch.data.size() - std::min(batch.data.size(), Seams::kKept), batch.data.size());
}

}  // namespace

void find_entities(const BatchBytes& batch, std::vector<catalog::ByteHit>& found) {
  if (batch.data.size() <= 2 * Seams::kKept) return;  // all of it is close to an edge
  const std::uint64_t first = batch.image_offset + kReach, last = batch.image_offset + batch.data.size() - kReach;
  std::vector<entities::Found> here;
  for (std::size_t chunk = 0; chunk < batch.states.size();) {
    if (!trustworthy(batch.states[chunk]) || is_zero(batch.states[chunk])) {
      ++chunk;
      continue;
    }
    const std::size_t from = chunk * batch.chunk_size;
    while (chunk < batch.states.size() && trustworthy(batch.states[chunk]) && !is_zero(batch.states[chunk])) ++chunk;
    std::size_t to = std::min(batch.data.size(), chunk * batch.chunk_size);
    // The zero of a last wide letter.
    if (chunk < batch.states.size() && is_zero(batch.states[chunk])) ++to;
    const Bytes bytes = batch.data.subspan(from, to - from);
    here.clear();
    entities::scan(bytes, {.setting = entities::Setting::kBytes}, here);
    for (const entities::Found& one : here) {
      const std::uint64_t at = batch.image_offset + from + one.begin;
      if (at >= first && at < last) found.push_back(catalog::byte_hit(as_text(bytes), one, batch.image_offset + from));
    }
  }
}

Seams::Seams(const BatchBytes& before)
    : kept_(last_of(before)),
      end_(before.image_offset + before.data.size()),
      unread_before_(!trustworthy(before.states.back())),
      out_until_(end_ - std::min(end_, kReach)) {}

void Seams::take(std::string_view bytes, std::uint64_t from, std::uint64_t until,
                 std::vector<catalog::ByteHit>& out) const {
  if (from >= until) return;
  std::vector<entities::Found> here;
  entities::scan(as_bytes(bytes), {.setting = entities::Setting::kBytes}, here);
  const std::uint64_t begin = end_ - kept_.size();
  for (const entities::Found& one : here)
    if (begin + one.begin >= from && begin + one.begin < until) out.push_back(catalog::byte_hit(bytes, one, begin));
}

std::vector<catalog::ByteHit> Seams::pass(const BatchBytes& batch, std::vector<catalog::ByteHit> inside) {
  std::vector<catalog::ByteHit> out;
  const std::uint64_t batch_end = batch.image_offset + batch.data.size();
  const std::uint64_t certain = batch_end - std::min(batch_end, kReach);
  if (batch.data.size() <= 2 * kKept) {
    kept_ += copy_of(batch, 0, batch.data.size());
    end_ = batch_end;
    take(kept_, out_until_, certain, out);
    if (kept_.size() > kKept) kept_.erase(0, kept_.size() - kKept);
  } else {
    const std::string both = kept_ + copy_of(batch, 0, kKept);
    take(both, out_until_, batch.image_offset + kReach, out);
    std::move(inside.begin(), inside.end(), std::back_inserter(out));
    kept_ = last_of(batch);
    end_ = batch_end;
  }
  out_until_ = std::max(out_until_, certain);
  // A piece of a value is not that value.
  std::erase_if(out, [&](const catalog::ByteHit& hit) {
    return is_unread(batch, hit.offset - 1) || is_unread(batch, hit.offset + hit.length);
  });
  unread_before_ = !batch.states.empty() && !trustworthy(batch.states.back());
  thin_out(batch.chunk_size, out);
  return out;
}

// Of a place in this batch, or in the last chunk of the one before.
bool Seams::is_unread(const BatchBytes& batch, std::uint64_t image_offset) const {
  if (image_offset < batch.image_offset) return unread_before_;
  const std::uint64_t within = image_offset - batch.image_offset;
  return within < batch.data.size() && !trustworthy(batch.states[chunk_at(batch, static_cast<std::size_t>(within))]);
}

std::vector<catalog::ByteHit> Seams::end() {
  std::vector<catalog::ByteHit> out;
  take(kept_, out_until_, end_, out);
  return out;
}

// All of a stretch, which begins kReach before a chunk does, comes in one call: so a checkpoint changes nothing.
void Seams::thin_out(std::uint32_t chunk_size, std::vector<catalog::ByteHit>& hits) {
  std::vector<catalog::ByteHit> kept;
  std::uint64_t stretch = UINT64_MAX, sent = 0;
  for (catalog::ByteHit& hit : hits) {
    if (const std::uint64_t here = (hit.offset + kReach) / chunk_size; here != stretch) {
      stretch = here;
      sent = 0;
    }
    const std::uint64_t bytes = catalog::sent_bytes(hit);
    if (sent + bytes <= std::uint64_t{catalog::kHitBytesPerByte} * chunk_size) {
      sent += bytes;
      kept.push_back(std::move(hit));
    } else {
      ++kept.back().left_out;
    }
  }
  hits = std::move(kept);
}

}  // namespace limier::sweep
