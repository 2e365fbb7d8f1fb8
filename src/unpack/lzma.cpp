// liblzma: the .xz format with its check sums; LZMA in a zip (APPNOTE 5.8.8): two bytes of version, two of the size of
// the properties, the properties, the stream. It may end without a mark.
#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "unpack/codings.h"

namespace limier::unpack {
namespace {

constexpr std::size_t kProperties = 5, kHead = 4 + kProperties;

class Lzma final : public Unpacker {
 public:
  explicit Lzma(std::uint64_t size_bytes) : left_(size_bytes) {}
  Lzma(const Lzma&) = delete;
  Lzma& operator=(const Lzma&) = delete;
  ~Lzma() override { lzma_end(&stream_); }

  State feed(Bytes packed, const Take& take) override {
    while (head_.size() < kHead && !packed.empty()) {
      head_.push_back(packed.front());
      packed = packed.subspan(1);
      ++consumed_;
      if (head_.size() == kHead && !begin()) state_ = State::kBroken;
    }
    if (head_.size() < kHead || packed.empty()) return state_;
    std::array<std::uint8_t, kPieceBytes> out;
    stream_.next_in = packed.data();
    stream_.avail_in = packed.size();
    bool full = false;
    while (state_ == State::kMore && (stream_.avail_in > 0 || full)) {
      stream_.next_out = out.data();
      stream_.avail_out = out.size();
      const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
      const std::size_t got = out.size() - stream_.avail_out;
      full = stream_.avail_out == 0;
      left_ -= std::min<std::uint64_t>(left_, got);
      if (status == LZMA_STREAM_END || left_ == 0) state_ = State::kEnd;
      if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR) state_ = State::kBroken;
      if (got > 0 && !take(Bytes(out).first(got)) && state_ == State::kMore) break;
      if (status == LZMA_BUF_ERROR) break;
    }
    consumed_ += packed.size() - stream_.avail_in;
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }

 private:
  bool begin() {
    if (head_[2] != kProperties || head_[3] != 0) return false;
    lzma_filter filters[2] = {{LZMA_FILTER_LZMA1, nullptr}, {LZMA_VLI_UNKNOWN, nullptr}};
    if (lzma_properties_decode(&filters[0], nullptr, head_.data() + 4, kProperties) != LZMA_OK) return false;
    const auto* options = static_cast<const lzma_options_lzma*>(filters[0].options);
    const bool small = options->dict_size <= (1u << kMaxWindowLog);
    const bool begun = small && lzma_raw_decoder(&stream_, filters) == LZMA_OK;
    std::free(filters[0].options);  // liblzma gives it to the caller
    return begun;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::vector<std::uint8_t> head_;
  std::uint64_t left_;
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
};

constexpr std::uint64_t kMaxMemory = 256u << 20;  // what `xz -9` asks for, four times

class Xz final : public Unpacker {
 public:
  Xz() { good_ = lzma_stream_decoder(&stream_, kMaxMemory, 0) == LZMA_OK; }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;
  ~Xz() override { lzma_end(&stream_); }

  State feed(Bytes packed, const Take& take) override {
    if (!good_) return State::kBroken;
    std::array<std::uint8_t, kPieceBytes> out;
    stream_.next_in = packed.data();
    stream_.avail_in = packed.size();
    bool full = false;
    while (state_ == State::kMore && (stream_.avail_in > 0 || full)) {
      stream_.next_out = out.data();
      stream_.avail_out = out.size();
      const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
      const std::size_t got = out.size() - stream_.avail_out;
      full = stream_.avail_out == 0;
      if (status == LZMA_STREAM_END) state_ = State::kEnd;
      if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR) state_ = State::kBroken;
      if (got > 0 && !take(Bytes(out).first(got)) && state_ == State::kMore) break;
      if (status == LZMA_BUF_ERROR) break;
    }
    consumed_ += packed.size() - stream_.avail_in;
    return state_;
  }
  [[nodiscard]] std::uint64_t consumed() const override { return consumed_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::uint64_t consumed_ = 0;
  State state_ = State::kMore;
  bool good_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_lzma(std::uint64_t size_bytes) {
  return std::make_unique<Lzma>(size_bytes);
}

std::unique_ptr<Unpacker> make_xz() {
  return std::make_unique<Xz>();
}

std::string version_of_lzma() {
  return lzma_version_string();
}

}  // namespace limier::unpack
