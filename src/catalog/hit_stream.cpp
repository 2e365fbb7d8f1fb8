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
    keep(byte_hit(held_, one, begin_), entities_share_);
  }
  if (keywords_ != nullptr) {
    std::vector<keywords::Match> words;
    keywords_->search(as_bytes(held_), words);
    for (const keywords::Match& one : words)
      if (const std::uint64_t at = begin_ + one.begin; at >= out_until_ && at < until)
        keep(byte_hit(held_, one, *keywords_, begin_), keywords_share_);
  }
  out_until_ = until;
}

void HitStream::keep(ByteHit hit, Share& share) {
  const std::size_t bytes = sent_bytes(hit);
  if (share.sent + bytes > std::min(kFewBytes + 2 * looked_at_, most_bytes_)) {
    if (share.last < hits_.size()) ++hits_[share.last].left_out;
    return;
  }
  share.sent += bytes;
  share.last = hits_.size();
  hits_.push_back(std::move(hit));
}

}  // namespace limier::catalog
