#include <algorithm>

#include "limier/types.h"

namespace limier::types {

namespace {

constexpr std::uint64_t kNothingMore = ~0ull;

std::size_t head_bytes(std::uint64_t size_bytes) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(size_bytes, kHeadBytes));
}

}  // namespace

void Sniffer::take_zeros(std::uint64_t count, std::uint64_t size_bytes, HeldBuffers& held) {
  static constexpr std::array<std::uint8_t, kHeadBytes> kZeros{};
  while (count > 0) {
    // Nobody looks at most of a hole.
    const std::uint64_t idle = looked_ && wanted_from_ > position_ ? std::min(count, wanted_from_ - position_) : 0;
    position_ += idle;
    count -= idle;
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
    if (step > 0) take(Bytes(kZeros).first(step), size_bytes, held);
    count -= step;
  }
}

void Sniffer::examine(Bytes bytes, std::uint64_t size_bytes, HeldBuffers& held) {
  if (bytes.empty()) return;
  if (!looked_) bytes = bytes.subspan(take_head(bytes, size_bytes, held));
  if (looked_) take_windows(bytes, held);
}

// Returns how many bytes belong to the head.
std::size_t Sniffer::take_head(Bytes bytes, std::uint64_t size_bytes, HeldBuffers& held) {
  const std::size_t wanted = head_bytes(size_bytes);
  if (position_ == 0 && bytes.size() >= wanted) {
    look(bytes.first(wanted), size_bytes, held);
    position_ = wanted;
    return wanted;
  }
  const Bytes part = bytes.first(std::min<std::size_t>(bytes.size(), wanted - static_cast<std::size_t>(position_)));
  if (!buffer(part, held)) {
    // No room to wait for the rest.
    look(part, size_bytes, held);
  } else if (buffer_.size() == wanted) {
    look(buffer_, size_bytes, held);
  }
  position_ += part.size();
  return part.size();
}

void Sniffer::look(Bytes head, std::uint64_t size_bytes, HeldBuffers& held) {
  look_ = look_at_head(head, size_bytes);
  looked_ = true;
  drop(held);
  next_window_ = 0;
  next_window();
}

// The first window from here on that is not behind us.
void Sniffer::next_window() {
  for (; next_window_ < look_.windows.size(); ++next_window_) {
    const Window& next = look_.windows[next_window_];
    if (next.length == 0 || next.offset < position_) continue;
    wanted_from_ = next.offset;
    return;
  }
  wanted_from_ = kNothingMore;
}

void Sniffer::take_windows(Bytes bytes, HeldBuffers& held) {
  while (!bytes.empty()) {
    const std::uint64_t end = position_ + bytes.size();
    if (end <= wanted_from_) break;
    const Window& window = look_.windows[next_window_];
    const auto skipped = static_cast<std::size_t>(window.offset + buffer_.size() - position_);
    const auto left = static_cast<std::size_t>(window.length - buffer_.size());
    const Bytes part = bytes.subspan(skipped, std::min(left, bytes.size() - skipped));
    const bool whole = buffer_.empty() && part.size() == window.length;
    if (whole) look_at_window(look_, part);
    const bool kept = whole || buffer(part, held);
    position_ += skipped + part.size();
    bytes = bytes.subspan(skipped + part.size());
    if (!whole && kept && buffer_.size() < window.length) {
      wanted_from_ = position_;
      return;
    }
    if (!whole && kept) look_at_window(look_, buffer_);
    drop(held);
    ++next_window_;
    next_window();
  }
  position_ += bytes.size();
}

// False when there is no room for another one.
bool Sniffer::buffer(Bytes bytes, HeldBuffers& held) {
  if (buffer_.empty()) {
    if (held.in_use >= HeldBuffers::kMax) return false;
    ++held.in_use;
    buffer_.reserve(looked_ ? static_cast<std::size_t>(look_.windows[next_window_].length) : kHeadBytes);
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (!looked_) wanted_from_ = position_ + bytes.size();
  return true;
}

void Sniffer::drop(HeldBuffers& held) {
  if (buffer_.empty()) return;
  --held.in_use;
  buffer_ = {};
}

bool Sniffer::stands_at(std::uint64_t position) const {
  if (position_ != position) return false;
  if (!looked_) return buffer_.size() == position && position < kHeadBytes && wanted_from_ == position;
  if (wanted_from_ == kNothingMore) return buffer_.empty();
  if (next_window_ >= look_.windows.size()) return false;
  const Window& window = look_.windows[next_window_];
  return window.length <= kWindowBytes && window.offset <= kNothingMore - window.length &&
         buffer_.size() < window.length && wanted_from_ == window.offset + buffer_.size() && position <= wanted_from_ &&
         (buffer_.empty() || position == wanted_from_);
}

catalog::ContentType Sniffer::finish(std::uint64_t size_bytes, HeldBuffers& held) {
  if (!looked_) look(buffer_, size_bytes, held);
  drop(held);
  return look_.found;
}

}  // namespace limier::types
