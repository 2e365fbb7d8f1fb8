#include "content/line_reader.h"

#include <algorithm>
#include <cstring>

namespace limier::content {
namespace {

constexpr std::size_t kWindowBytes = 256u << 10;
constexpr std::size_t kPieceBytes = 64u << 10;  // of a line; what is longer comes in pieces

}  // namespace

LineReader::LineReader(const Reader& reader, std::uint64_t begin, std::uint64_t end)
    : reader_(reader), at_(begin), end_(std::min(end, reader.size_bytes())) {
  at_ = std::min(at_, end_);
  window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, end_ - at_)));
}

// Brings the unread bytes to the front and reads behind them.
bool LineReader::fill() {
  if (first_ > 0) std::memmove(window_.data(), window_.data() + first_, size_ - first_);
  size_ -= first_;
  first_ = 0;
  const std::uint64_t left = end_ - at_ - size_;
  const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left, window_.size() - size_));
  if (more == 0) return false;
  missing_ |= !reader_.read(at_ + size_, MutableBytes(window_).subspan(size_, more));
  size_ += more;
  return true;
}

bool LineReader::next(TextLine& line) {
  if (first_ == size_ && !fill()) return false;
  const auto unread = [&] { return as_text(Bytes(window_).subspan(first_, size_ - first_)); };
  std::size_t found = unread().substr(0, kPieceBytes).find('\n');
  if (found == std::string_view::npos && size_ - first_ < kPieceBytes) {
    fill();
    found = unread().substr(0, kPieceBytes).find('\n');
  }
  const std::size_t length = found == std::string_view::npos ? std::min(unread().size(), kPieceBytes) : found + 1;
  line.file_offset = at_;
  line.text = unread().substr(0, length);
  line.starts = starts_;
  starts_ = found != std::string_view::npos;
  line.eol = {};
  if (starts_) {
    const std::size_t eol = line.text.ends_with("\r\n") ? 2 : 1;
    line.eol = line.text.substr(length - eol);
    line.text = line.text.substr(0, length - eol);
  }
  first_ += length;
  at_ += length;
  return true;
}

}  // namespace limier::content
