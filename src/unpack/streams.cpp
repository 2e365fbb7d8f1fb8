// Streams one behind the other, as gzip, xz, zstd and bzip2 take files that were put together.
#include "unpack/codings.h"

namespace limier::unpack {
namespace {

std::unique_ptr<Unpacker> make_one(Stream stream) {
  switch (stream) {
    case Stream::kGzip:
      return make_gzip();
    case Stream::kZlib:
      return make_zlib();
    case Stream::kXz:
      return make_xz();
    case Stream::kZstd:
      return make_zstd(kMaxStreamWindowLog);
    case Stream::kBzip2:
      return make_bzip2();
  }
  return nullptr;
}

// What another one can begin with; what else follows is none.
bool begins_another(Stream stream, std::uint8_t first) {
  switch (stream) {
    case Stream::kGzip:
      return first == 0x1f;
    case Stream::kZlib:
      return false;
    case Stream::kXz:
      return first == 0xfd;
    case Stream::kZstd:
      return first == 0x28 || (first & 0xf0) == 0x50;  // a frame, or one to be skipped (RFC 8878 3.1.2)
    case Stream::kBzip2:
      return first == 'B';
  }
  return false;
}

class Chain final : public Unpacker {
 public:
  explicit Chain(Stream stream) : stream_(stream), one_(make_one(stream)) {}

  // kEnd: all so far were whole streams; more may follow.
  State feed(Bytes packed, const Take& take) override {
    while (!packed.empty() && state_ != State::kBroken && !ended_) {
      if (one_ == nullptr) {
        if (!begins_another(stream_, packed.front())) {
          ended_ = true;
          break;
        }
        one_ = make_one(stream_);
        state_ = State::kMore;
      }
      const std::uint64_t before = one_->consumed();
      state_ = one_->feed(packed, take);
      const std::uint64_t used = one_->consumed() - before;
      consumed_ += used;
      packed = packed.subspan(static_cast<std::size_t>(used));
      if (state_ == State::kMore && !packed.empty()) break;  // nobody wants more
      if (state_ == State::kEnd) one_.reset();
    }
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }

 private:
  Stream stream_;
  std::unique_ptr<Unpacker> one_;
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_stream(Stream stream) {
  return std::make_unique<Chain>(stream);
}

}  // namespace limier::unpack
