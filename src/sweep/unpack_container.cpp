// A tar in one compressed stream: unpacked from the front to the end, once, while its file is digested.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "limier/sweep.h"
#include "limier/unpack.h"

namespace limier::sweep {
namespace {

using evidence::Format;

constexpr std::size_t kStep = 1u << 20;
constexpr std::size_t kFirstBlock = 512;  // a header of a tar

std::optional<unpack::Stream> stream_of(Format format) {
  switch (format) {
    case Format::kTarGz:
      return unpack::Stream::kGzip;
    case Format::kTarXz:
      return unpack::Stream::kXz;
    case Format::kTarZst:
      return unpack::Stream::kZstd;
    case Format::kTarBz2:
      return unpack::Stream::kBzip2;
    case Format::kAndroidBackup:
      return unpack::Stream::kZlib;
    default:
      return std::nullopt;
  }
}

// Android backups begin with four lines; the third says whether what follows is compressed.
struct Lines {
  std::size_t length = 0;
  bool packed = true;
};
std::optional<Lines> read_lines(Bytes head) {
  constexpr int kLines = 4, kPacked = 2;
  Lines lines;
  const std::string_view text = as_text(head);
  for (int i = 0; i < kLines; ++i) {
    const std::size_t end = text.find('\n', lines.length);
    if (end == std::string_view::npos) return std::nullopt;
    if (i == kPacked) lines.packed = text.substr(lines.length, end - lines.length) == "1";
    lines.length = end + 1;
  }
  return lines;
}

// Holds back what comes first until it is sure to be a tar.
class TarSink {
 public:
  TarSink(const std::string& name, const TakeUnpacked& take) : name_(name), take_(take) {}
  bool pass(Bytes bytes) {
    total_ += bytes.size();
    if (known_) {
      done_ = take_(bytes);
      return done_.ok();
    }
    first_.insert(first_.end(), bytes.begin(), bytes.end());
    if (first_.size() < kFirstBlock) return true;
    done_ = look();
    return done_.ok();
  }
  Status end() {
    LIMIER_CHECK(Status(done_));
    return known_ ? ok_status() : no_tar();
  }
  [[nodiscard]] const Status& status() const { return done_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  Status look() {
    const bool zeros = std::ranges::all_of(first_, [](std::uint8_t byte) { return byte == 0; });
    if (!zeros && evidence::identify_container(Bytes(first_), {}, first_.size()).format != Format::kTar)
      return no_tar();
    known_ = true;
    return take_(Bytes(first_));
  }
  [[nodiscard]] Error no_tar() const {
    return {ErrorKind::kEvidence,
            name_ + ": what is compressed in it is no tar; unpack it and run limier on what is inside"};
  }

  const std::string& name_;
  const TakeUnpacked& take_;
  std::vector<std::uint8_t> first_;
  bool known_ = false;
  Status done_ = ok_status();
  std::uint64_t total_ = 0;
};

}  // namespace

Result<UnpackedMessage> unpack_container(const evidence::EvidenceSpec& spec, int fd, const TakeUnpacked& take) {
  const auto stream = stream_of(spec.format);
  if (!stream || spec.segments.size() != 1) return Error{ErrorKind::kInternal, "no packed tar"};
  std::unique_ptr<unpack::Unpacker> unpacker = unpack::make_stream(*stream);
  const std::string& name = spec.segments.front().name;
  TarSink sink(name, take);
  Hasher hasher(kAllDigests);
  std::vector<std::uint8_t> buffer(kStep);
  bool first = true;
  auto state = unpack::Unpacker::State::kMore;
  std::uint64_t at = 0, lines = 0;
  for (const std::uint64_t size = spec.segments.front().size_bytes; at < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(kStep, size - at));
    const ssize_t got = pread(fd, buffer.data(), want, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kEvidence, name + ": cannot be read"};
    if (got == 0) break;
    Bytes bytes = Bytes(buffer).first(static_cast<std::size_t>(got));
    at += bytes.size();
    hasher.update(bytes);
    if (first && spec.format == Format::kAndroidBackup) {
      const auto read = read_lines(bytes);
      if (!read) return Error{ErrorKind::kEvidence, name + ": its header is cut off"};
      lines = read->length;
      bytes = bytes.subspan(read->length);
      if (!read->packed) unpacker.reset();
    }
    first = false;
    if (unpacker == nullptr) {
      sink.pass(bytes);
      state = unpack::Unpacker::State::kEnd;
    } else {
      state = unpacker->feed(bytes, [&](Bytes part) { return sink.pass(part); });
    }
    LIMIER_CHECK(Status(sink.status()));
  }
  LIMIER_CHECK(sink.end());
  UnpackedMessage message;
  message.container = hasher.finish();
  message.unpacked_bytes = sink.total();
  if (state == unpack::Unpacker::State::kBroken)
    message.problem = "bad-stream";
  else if (state == unpack::Unpacker::State::kMore)
    message.problem = "truncated";
  else if (unpacker != nullptr && lines + unpacker->consumed() < at)
    message.problem = "trailing-data";
  return message;
}

}  // namespace limier::sweep
