#include "limier/catalog/hit_stream.h"

#include <algorithm>

namespace limier::catalog {
namespace {

constexpr std::size_t kAtOnce = 256u << 10;
constexpr std::uint64_t kFewBytes = 16u << 10;  // of hits, however small the content

}  // namespace

void HitStream::take(Bytes bytes) {
  held_ += as_text(bytes);
  looked_at_ += bytes.size();
  if (held_.size() < kAtOnce) return;
  search(begin_ + held_.size() - entities::kFullReach);
  const std::size_t drop = held_.size() - 2 * entities::kFullReach;
  held_.erase(0, drop);
  begin_ += drop;
}

std::vector<ByteHit> HitStream::end() {
  search(begin_ + held_.size());
  return std::move(hits_);
}

void HitStream::search(std::uint64_t until) {
  std::vector<entities::Found> found;
  entities::scan(as_bytes(held_), {.setting = entities::Setting::kBytes}, found);
  for (const entities::Found& one : found) {
    const std::uint64_t at = begin_ + one.begin;
    if (at < out_until_ || at >= until) continue;
    ByteHit hit = byte_hit(held_, one, begin_);
    const std::size_t bytes = sent_bytes(hit);
    if (sent_ + bytes > std::min(kFewBytes + 2 * looked_at_, most_bytes_) && !hits_.empty()) {
      ++hits_.back().left_out;
      continue;
    }
    sent_ += bytes;
    hits_.push_back(std::move(hit));
  }
  out_until_ = until;
}

}  // namespace limier::catalog
