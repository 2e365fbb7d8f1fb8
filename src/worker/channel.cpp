// Frames over a pair of sockets. Both ends distrust what they read: length, type and CRC are checked before the payload
// is looked at.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "limier/base/crc32c.h"
#include "limier/worker.h"

namespace limier::worker {
namespace {

constexpr std::size_t kHeaderSize = 4 + 2 + 2 + 4;
constexpr std::size_t kReadSize = 256u << 10;

Error broken(std::string message) {
  return {ErrorKind::kInternal, std::move(message)};
}

std::uint32_t frame_crc(std::uint16_t type, bool more, Bytes first, Bytes second = {}) {
  Encoder head;
  head.put(type);
  if (more) head.put(more);
  return crc32c(crc32c(crc32c(0, head.bytes()), first), second);
}

Status write_all(int fd, Bytes data) {
  while (!data.empty()) {
    const ssize_t sent = ::write(fd, data.data(), data.size());
    if (sent < 0) {
      if (errno == EINTR) continue;
      return broken(std::string("the connection to the other process broke: ") + std::strerror(errno));
    }
    data = data.subspan(static_cast<std::size_t>(sent));
  }
  return ok_status();
}

// False on a time-out.
bool wait_for(int fd, short events, std::chrono::milliseconds timeout) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace

Status Channel::send(FrameType type, Bytes first, Bytes second) {
  assert(first.size() + second.size() <= kMaxMessage);
  while (first.size() + second.size() > kMaxPayload) {
    const Bytes head = first.first(std::min(first.size(), kMaxPayload));
    const Bytes tail = second.first(std::min(second.size(), kMaxPayload - head.size()));
    LIMIER_CHECK(send_one(type, true, head, tail));
    first = first.subspan(head.size());
    second = second.subspan(tail.size());
  }
  return send_one(type, false, first, second);
}

Status Channel::send_one(FrameType type, bool more, Bytes first, Bytes second) {
  Encoder head;
  head.put(static_cast<std::uint32_t>(first.size() + second.size()));
  head.put(type);
  head.put(static_cast<std::uint16_t>(more));
  head.put(frame_crc(static_cast<std::uint16_t>(type), more, first, second));
  out_.clear();
  for (const Bytes part : {head.bytes(), first, second}) out_.insert(out_.end(), part.begin(), part.end());
  return write_all(fd_.get(), Bytes(out_));
}

Result<std::optional<Frame>> Channel::receive(std::chrono::milliseconds timeout) {
  for (;;) {
    LIMIER_TRY(auto frame, receive_one(timeout));
    if (!frame) return std::optional<Frame>();
    if (begun_) {
      if (frame->type != begun_->type) return broken("the other process broke off in the middle of a frame");
      if (begun_->payload.size() + frame->payload.size() > kMaxMessage)
        return broken("the other process sent more in one piece than it may");
      begun_->payload.insert(begun_->payload.end(), frame->payload.begin(), frame->payload.end());
      frame = std::exchange(begun_, std::nullopt);
    }
    if (!more_) return frame;
    begun_ = std::move(frame);
  }
}

Result<std::optional<Frame>> Channel::receive_one(std::chrono::milliseconds timeout) {
  for (;;) {
    const Bytes have = Bytes(in_).subspan(in_begin_);
    if (const auto header = Block<kHeaderSize>::at(have, 0)) {
      const auto length = header->le<0, std::uint32_t>();
      const auto type = header->le<4, std::uint16_t>();
      const auto more = header->le<6, std::uint16_t>();
      if (length > kMaxPayload || more > 1) return broken("the other process sent something that is no frame");
      if (const auto payload = slice(have, kHeaderSize, length)) {
        if (frame_crc(type, more == 1, *payload) != header->le<8, std::uint32_t>())
          return broken("the other process sent a frame with a wrong checksum");
        Frame frame{static_cast<FrameType>(type), {payload->begin(), payload->end()}};
        in_begin_ += kHeaderSize + length;
        more_ = more == 1;
        return std::optional<Frame>(std::move(frame));
      }
    }
    if (in_begin_ > 0) {
      in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(in_begin_));
      in_begin_ = 0;
    }
    if (!wait_for(fd_.get(), POLLIN, timeout)) return std::optional<Frame>();
    const std::size_t before = in_.size();
    in_.resize(before + kReadSize);
    const ssize_t got = ::read(fd_.get(), in_.data() + before, kReadSize);
    in_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{ErrorKind::kTemporary, "the other process went away"};
  }
}

}  // namespace limier::worker
