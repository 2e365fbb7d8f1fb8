#include "content/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace limier::content {
namespace {

constexpr std::size_t kPiece = 64u << 10;

class Stream {
 public:
  explicit Stream(Wrapped wrapped) {
    constexpr int kLargestWindow = 15, kAsGzip = 16;
    open_ = inflateInit2(&z_, wrapped == Wrapped::kGzip ? kLargestWindow + kAsGzip : -kLargestWindow) == Z_OK;
  }
  ~Stream() {
    if (open_) inflateEnd(&z_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  [[nodiscard]] bool open() const { return open_; }
  z_stream& z() { return z_; }

 private:
  z_stream z_{};
  bool open_ = false;
};

}  // namespace

Inflated inflate_stream(const Reader& reader, std::uint64_t offset, std::uint64_t length, Wrapped wrapped,
                        std::uint64_t limit, const std::function<bool(Bytes)>& take) {
  Inflated done;
  Stream stream(wrapped);
  if (!stream.open()) return done;
  length = std::min(length, reader.size_bytes() - std::min(offset, reader.size_bytes()));
  std::array<std::uint8_t, kPiece> in, out;
  z_stream& z = stream.z();
  while (done.given_bytes < limit) {
    if (z.avail_in == 0) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), length - done.read_bytes));
      if (want == 0 || !reader.read(offset + done.read_bytes, MutableBytes(in).first(want))) break;
      done.read_bytes += want;
      z.next_in = in.data();
      z.avail_in = static_cast<uInt>(want);
    }
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(std::min<std::uint64_t>(out.size(), limit - done.given_bytes));
    const uInt room = z.avail_out;
    const int state = inflate(&z, Z_NO_FLUSH);
    const std::size_t given = room - z.avail_out;
    done.given_bytes += given;
    if (given > 0 && !take(Bytes(out).first(given))) break;
    if (state == Z_STREAM_END) {
      done.whole = true;
      break;
    }
    if (state != Z_OK && !(state == Z_BUF_ERROR && z.avail_in == 0)) break;
  }
  done.read_bytes -= z.avail_in;
  return done;
}

}  // namespace limier::content
