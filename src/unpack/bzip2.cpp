#include <bzlib.h>

#include <algorithm>
#include <array>

#include "unpack/codings.h"

namespace limier::unpack {
namespace {

constexpr std::size_t kMaxAtOnce = 1u << 30;  // libbz2 counts in 32 bits

class Bzip2 final : public Unpacker {
 public:
  Bzip2() { good_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;
  ~Bzip2() override {
    if (good_) BZ2_bzDecompressEnd(&stream_);
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

 private:
  void feed_part(Bytes part, const Take& take) {
    std::array<std::uint8_t, kPieceBytes> out;
    stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(part.data()));
    stream_.avail_in = static_cast<unsigned>(part.size());
    do {
      stream_.next_out = reinterpret_cast<char*>(out.data());
      stream_.avail_out = static_cast<unsigned>(out.size());
      const int status = BZ2_bzDecompress(&stream_);
      const std::size_t got = out.size() - stream_.avail_out;
      if (status == BZ_STREAM_END) state_ = State::kEnd;
      if (status != BZ_OK && status != BZ_STREAM_END) state_ = State::kBroken;
      if (got > 0 && !take(Bytes(out).first(got)) && state_ == State::kMore) break;
    } while (state_ == State::kMore && (stream_.avail_in > 0 || stream_.avail_out == 0));
    consumed_ += part.size() - stream_.avail_in;
  }

  bz_stream stream_{};
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
  bool good_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_bzip2() {
  return std::make_unique<Bzip2>();
}

// "1.0.8, 13-Jul-2019": without the day.
std::string version_of_bzip2() {
  const std::string version = BZ2_bzlibVersion();
  return version.substr(0, version.find(','));
}

}  // namespace limier::unpack
