#include "app/packed_evidence.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace limier::app {
namespace {

constexpr std::uint64_t kLeftFree = 1ull << 30;  // for everybody else on that disk
constexpr std::uint64_t kFramesPerByte = 2;      // what frames add to bytes, at most
constexpr int kUnpackAttempts = 2;

// Where temporary files of any size belong (FHS).
std::string spool_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named != nullptr && *named != 0 ? named : "/var/tmp";
}

Error no_spool(const std::string& folder, const std::string& why) {
  return {ErrorKind::kTemporary,
          fmt::format("{}: cannot be unpacked to: {}; TMPDIR names another folder", folder, why)};
}

// A file without a name.
Result<UniqueFd> open_spool(const std::string& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600));
  if (fd) return fd;
  std::string name = folder + "/limier.XXXXXX";
  fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return no_spool(folder, std::strerror(errno));
  ::unlink(name.c_str());
  return fd;
}

std::uint64_t room_in(int fd) {
  struct statvfs info {};
  if (fstatvfs(fd, &info) != 0) return 0;
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  return free > kLeftFree ? free - kLeftFree : 0;
}

Status write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Error{ErrorKind::kTemporary, std::strerror(errno)};
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return ok_status();
}

}  // namespace

Status unpack_evidence(EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop_signal) {
  const std::string folder = spool_folder();
  LIMIER_TRY(UniqueFd spool, open_spool(folder));
  const std::uint64_t room = room_in(spool.get());
  sweep::SweepJob job;
  job.kind = sweep::SweepJobKind::kUnpack;
  job.evidence = evidence.spec;
  std::optional<sweep::UnpackedMessage> message;
  std::uint64_t written = 0;
  Session session;
  session.worker = "limier-sweep";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_sweep(std::max(room, evidence.total_bytes()));
  session.max_row_bytes = room > UINT64_MAX / kFramesPerByte ? UINT64_MAX : room * kFramesPerByte + (1u << 20);
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type == worker::FrameType::kContentBytes && !message) {
      if (frame.payload.size() > room - written)
        return no_spool(folder,
                        fmt::format("{} unpacks to more than the {} bytes there is room for", evidence.path, room));
      written += frame.payload.size();
      const Status done = write_all(spool.get(), Bytes(frame.payload));
      return done.ok() ? ok_status() : Status(no_spool(folder, done.error().message));
    }
    if (frame.type != worker::FrameType::kContainer || message) return Error{kLied, "it sent an unexpected frame"};
    message = decode<sweep::UnpackedMessage>(Bytes(frame.payload));
    if (!message || message->unpacked_bytes != written || !message->container.md5 || !message->container.sha1 ||
        !message->container.sha256)
      return Error{kLied, "what it says of the unpacked tar is malformed"};
    return ok_status();
  };
  session.begin_again = [&]() -> Status {
    message.reset();
    written = 0;
    if (ftruncate(spool.get(), 0) != 0 || lseek(spool.get(), 0, SEEK_SET) != 0)
      return no_spool(folder, std::strerror(errno));
    return ok_status();
  };
  Ending ending;
  for (int attempt = 0; attempt < kUnpackAttempts; ++attempt) {
    LIMIER_CHECK(session.begin_again());
    LIMIER_TRY(ending, run_session(session, evidence, stop_signal));
    if (!ending.died()) break;
  }
  if (ending.kind != EndingKind::kFinished || !message) return error_of(ending, evidence.path);
  // Workers get it as they get everything: for reading alone.
  UniqueFd reading(::open(fmt::format("/proc/self/fd/{}", spool.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) return no_spool(folder, std::strerror(errno));
  evidence.packed = PackedFile{message->container, message->problem, evidence.spec.segments.front().size_bytes};
  evidence.spec.segments.front().size_bytes = written;
  evidence.fds.front() = std::move(reading);
  return ok_status();
}

std::optional<catalog::IssueRecord> issue_of(const PackedFile& packed) {
  if (packed.problem.empty()) return std::nullopt;
  catalog::IssueRecord issue;
  issue.stage = "container";
  issue.code = packed.problem;
  issue.incomplete = true;
  if (packed.problem == "truncated") {
    issue.message = "The compressed stream breaks off: what came before was unpacked";
  } else if (packed.problem == "trailing-data") {
    issue.message = "Behind the end of the compressed stream stands something else, which was not looked at";
  } else {
    issue.message = "The compressed stream is damaged or its check sum is wrong: what came before was unpacked";
  }
  return issue;
}

Digests digests_of(const PackedFile& packed, const std::optional<DigestSet>& asked,
                   const sweep::ContainerMessage& container, const Digests& expected) {
  const DigestSet wanted = wanted_digests(asked, container, expected);
  Digests out = packed.digests;
  if (!wanted.md5) out.md5.reset();
  if (!wanted.sha1) out.sha1.reset();
  if (!wanted.sha256) out.sha256.reset();
  return out;
}

}  // namespace limier::app
