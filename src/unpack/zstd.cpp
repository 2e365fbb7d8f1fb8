#include <zstd.h>

#include <array>

#include "unpack/codings.h"

namespace limier::unpack {
namespace {

class Zstd final : public Unpacker {
 public:
  explicit Zstd(unsigned max_window_log) : context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, static_cast<int>(max_window_log));
  }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  ~Zstd() override { ZSTD_freeDCtx(context_); }

  State feed(Bytes packed, const Take& take) override {
    if (context_ == nullptr) return State::kBroken;
    std::array<std::uint8_t, kPieceBytes> out;
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    bool full = false;
    while (state_ == State::kMore && (in.pos < in.size || full)) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_decompressStream(context_, &to, &in);
      if (ZSTD_isError(left) != 0) state_ = State::kBroken;
      if (left == 0) state_ = State::kEnd;
      full = to.pos == to.size;
      if (to.pos > 0 && !take(Bytes(out).first(to.pos)) && state_ == State::kMore) break;
    }
    consumed_ += in.pos;
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }

 private:
  ZSTD_DCtx* context_;
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd(unsigned max_window_log) {
  return std::make_unique<Zstd>(max_window_log);
}

std::string version_of_zstd() {
  return ZSTD_versionString();
}

}  // namespace limier::unpack
