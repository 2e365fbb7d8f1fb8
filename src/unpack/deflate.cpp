#include <zlib.h>

#include <algorithm>
#include <array>

#include "unpack/codings.h"

namespace limier::unpack {
namespace {

constexpr std::size_t kMaxAtOnce = 1u << 30;  // zlib counts in 32 bits

class Deflate final : public Unpacker {
 public:
  explicit Deflate(int window_bits) { good_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  Deflate(const Deflate& other) : Unpacker(other), consumed_(other.consumed_) {
    good_ = other.good_ && inflateCopy(&stream_, const_cast<z_stream*>(&other.stream_)) == Z_OK;
  }
  Deflate& operator=(const Deflate&) = delete;
  ~Deflate() override {
    if (good_) inflateEnd(&stream_);
  }

  State feed(Bytes packed, const Take& take) override {
    if (!good_) return State::kBroken;
    while (state_ == State::kMore && !packed.empty()) {
      const Bytes part = packed.first(std::min(packed.size(), kMaxAtOnce));
      feed_part(part, take);
      packed = packed.subspan(part.size());
    }
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }
  [[nodiscard]] std::unique_ptr<Unpacker> clone() const override {
    auto copy = std::make_unique<Deflate>(*this);
    return copy->good_ ? std::unique_ptr<Unpacker>(std::move(copy)) : nullptr;
  }

 private:
  void feed_part(Bytes part, const Take& take) {
    std::array<std::uint8_t, kPieceBytes> out;
    stream_.next_in = const_cast<Bytef*>(part.data());
    stream_.avail_in = static_cast<uInt>(part.size());
    do {
      stream_.next_out = out.data();
      stream_.avail_out = out.size();
      const int status = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t got = out.size() - stream_.avail_out;
      if (status == Z_STREAM_END) state_ = State::kEnd;
      // Z_BUF_ERROR: it wants more than there is here.
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) state_ = State::kBroken;
      if (got > 0 && !take(Bytes(out).first(got)) && state_ == State::kMore) break;
    } while (state_ == State::kMore && (stream_.avail_in > 0 || stream_.avail_out == 0));
    consumed_ += part.size() - stream_.avail_in;
  }

  z_stream stream_{};
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
  bool good_ = false;
};

// What is behind the last stream is not looked at; which is the last, the size says alone.
class ZlibRun final : public Unpacker {
 public:
  explicit ZlibRun(std::uint64_t size_bytes) : left_(size_bytes), one_(MAX_WBITS) {}

  State feed(Bytes packed, const Take& take) override {
    bool wanted = true;
    while (state_ == State::kMore && !packed.empty() && wanted) {
      const std::uint64_t before = one_->consumed();
      const State state = one_->feed(packed, [&](Bytes bytes) {
        left_ -= std::min<std::uint64_t>(left_, bytes.size());
        return wanted = take(bytes);
      });
      const std::uint64_t used = one_->consumed() - before;
      consumed_ += used;
      packed = packed.subspan(static_cast<std::size_t>(used));
      if (state == State::kBroken) state_ = state;
      if (state != State::kEnd) continue;
      if (left_ == 0) state_ = State::kEnd;
      one_.emplace(MAX_WBITS);
    }
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }
  [[nodiscard]] std::unique_ptr<Unpacker> clone() const override { return std::make_unique<ZlibRun>(*this); }

 private:
  std::uint64_t left_;
  std::optional<Deflate> one_;
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
};

}  // namespace

std::unique_ptr<Unpacker> make_zlib_run(std::uint64_t size_bytes) {
  return std::make_unique<ZlibRun>(size_bytes);
}

std::unique_ptr<Unpacker> make_deflate() {
  return std::make_unique<Deflate>(-MAX_WBITS);
}

std::unique_ptr<Unpacker> make_gzip() {
  constexpr int kGzip = 16;
  return std::make_unique<Deflate>(MAX_WBITS + kGzip);
}

std::unique_ptr<Unpacker> make_zlib() {
  return std::make_unique<Deflate>(MAX_WBITS);
}

std::string version_of_zlib() {
  return ::zlibVersion();
}

}  // namespace limier::unpack
