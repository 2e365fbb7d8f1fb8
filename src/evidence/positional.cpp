#include "evidence/positional.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace limier::evidence {

ReadAt read_at(int fd, std::uint64_t offset, MutableBytes out) {
  ReadAt result;
  while (result.length < out.size()) {
    const std::uint64_t at = offset + result.length;
    if (at > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return result;
    const ssize_t got = ::pread(fd, out.data() + result.length, out.size() - result.length, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result.failed = true;
    if (got <= 0) return result;
    result.length += static_cast<std::size_t>(got);
  }
  return result;
}

void want_soon(int fd, std::uint64_t offset, std::uint64_t length) {
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  if (length == 0 || offset > kLast || length > kLast - offset) return;
  (void)::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
}

bool is_zero(Bytes bytes) {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace limier::evidence
