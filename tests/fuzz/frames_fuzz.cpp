// The frame decoder on a byte stream: what a worker that was taken over could send. An even first byte gives the rest
// of the input as it is; an odd one makes sound frames of it, in pieces of changing size, which must all come out
// again.
#include <sys/socket.h>

#include <cstdlib>

#include "limier/base/crc32c.h"
#include "limier/worker.h"

namespace {

using namespace limier;

constexpr std::size_t kMostBytes = 64u << 10;  // what a socket pair holds without a reader

void append(std::vector<std::uint8_t>& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::vector<std::uint8_t> sound_frames(Bytes input, std::size_t& frames) {
  std::vector<std::uint8_t> stream;
  while (input.size() >= 3 && stream.size() < kMostBytes / 2) {
    const std::size_t length = std::min<std::size_t>(input[0] * 16u, input.size() - 3);
    const auto type = static_cast<std::uint16_t>(input[1] | input[2] << 8);
    const Bytes payload = input.subspan(3, length);
    Encoder head, crc;
    crc.put(type);
    head.put(static_cast<std::uint32_t>(length));
    head.put(type);
    head.put(std::uint16_t{0});
    head.put(crc32c(crc32c(0, Bytes(crc.bytes())), payload));
    append(stream, Bytes(head.bytes()));
    append(stream, payload);
    input = input.subspan(3 + length);
    ++frames;
  }
  return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMostBytes / 2) return 0;
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  UniqueFd writer(ends[1]);
  worker::Channel reader{UniqueFd(ends[0])};
  const bool sound = (data[0] & 1) != 0;
  std::size_t expected = 0, got = 0;
  const Bytes input(data + 1, size - 1);
  const std::vector<std::uint8_t> stream =
      sound ? sound_frames(input, expected) : std::vector<std::uint8_t>(input.begin(), input.end());
  const std::size_t step = std::size_t{data[0]} * 8 + 1;
  std::size_t sent = 0;
  for (bool open = true; open;) {
    const std::size_t part = std::min(step, stream.size() - sent);
    if (part > 0 && ::write(writer.get(), stream.data() + sent, part) != static_cast<ssize_t>(part)) std::abort();
    sent += part;
    if (sent == stream.size()) writer = UniqueFd();
    for (;;) {
      const auto frame = reader.receive(std::chrono::milliseconds(0));
      if (!frame.ok()) open = false;
      if (!frame.ok() || !frame->has_value()) break;
      if ((*frame)->payload.size() > worker::kMaxPayload) std::abort();
      ++got;
    }
  }
  if (sound && got != expected) std::abort();
  return 0;
}
