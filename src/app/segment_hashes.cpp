#include "app/segment_hashes.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace limier::app {

namespace {

constexpr std::size_t kStep = 1u << 20;
constexpr std::chrono::milliseconds kStopPoll{100};
constexpr DigestSet kWhich{.sha256 = true};

HasherState fresh() {
  return state_of(Hasher(kWhich));
}

}  // namespace

SegmentHashes::~SegmentHashes() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  moved_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SegmentHashes::start(const EvidenceSet& evidence, const std::atomic<int>& stop, Bytes state) {
  standing_ = {std::vector<std::optional<Sha256>>(evidence.fds.size()), 0, fresh()};
  if (auto before = decode<Standing>(state)) {
    const bool fits = before->digests.size() == evidence.fds.size() && before->current <= evidence.fds.size() &&
                      before->hashed.which == kWhich;
    if (fits) standing_ = std::move(*before);
  }
  std::vector<std::uint64_t> begins;
  std::uint64_t begin = 0;
  for (const auto& segment : evidence.spec.segments) {
    begins.push_back(begin);
    begin += segment.size_bytes;
  }
  thread_ = std::thread([this, fds = evidence.raw_fds(), begins = std::move(begins), first = standing_.current,
                         from = standing_.hashed, &stop]() mutable {
    for (std::uint32_t i = first; i < fds.size(); ++i) {
      // A segment that cannot be read to its end has no digest; the sweep records why.
      const auto digest = hash_segment(fds[i], begins[i], from, stop);
      if (!digest.ok() && digest.error().kind == ErrorKind::kInterrupted) return;
      from = fresh();
      const std::lock_guard lock(mutex_);
      if (digest.ok()) standing_.digests[i] = *digest;
      standing_.current = i + 1;
      standing_.hashed = from;
    }
  });
}

std::vector<std::uint8_t> SegmentHashes::state() {
  const std::lock_guard lock(mutex_);
  return encode(standing_);
}

void SegmentHashes::passed(std::uint64_t container_bytes) {
  {
    const std::lock_guard lock(mutex_);
    passed_ = std::max(passed_, container_bytes);
  }
  moved_.notify_all();
}

void SegmentHashes::passed_all(const std::optional<Sha256>& media) {
  if (from_sweep_ && media) standing_.digests = {media};
  passed(UINT64_MAX);
}

bool SegmentHashes::wait_until_passed(std::uint64_t container_bytes, const std::atomic<int>& stop) {
  std::unique_lock lock(mutex_);
  while (passed_ < container_bytes && !abandoned_ && stop.load() == 0) moved_.wait_for(lock, kStopPoll);
  return !abandoned_ && stop.load() == 0;
}

Result<Sha256> SegmentHashes::hash_segment(int fd, std::uint64_t begin, const HasherState& from,
                                           const std::atomic<int>& stop) {
  Hasher hasher = hasher_from(from);
  std::vector<std::uint8_t> buffer(kStep);
  for (;;) {
    if (!wait_until_passed(begin + hasher.size_bytes() + kStep, stop))
      return Error{ErrorKind::kInterrupted, "interrupted"};
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(hasher.size_bytes()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kEvidence, std::string("cannot be read: ") + std::strerror(errno)};
    if (got == 0) return *hasher.finish().sha256;
    hasher.update(Bytes(buffer).first(static_cast<std::size_t>(got)));
    const std::lock_guard lock(mutex_);
    standing_.hashed = state_of(hasher);
  }
}

std::vector<std::optional<Sha256>> SegmentHashes::wait(const EvidenceSet& evidence, const std::atomic<int>& stop) {
  if (from_sweep_ && standing_.digests.empty()) start(evidence, stop, {});
  passed_all(std::nullopt);
  if (thread_.joinable()) thread_.join();
  return standing_.digests;
}

std::vector<ManifestSegment> manifest_segments(const EvidenceSet& evidence,
                                               const std::vector<std::optional<Sha256>>& digests) {
  std::vector<ManifestSegment> segments;
  std::error_code error;
  for (std::size_t i = 0; i < evidence.paths.size(); ++i)
    segments.push_back({std::filesystem::absolute(evidence.paths[i], error).string(),
                        evidence.packed ? evidence.packed->size_bytes : evidence.spec.segments[i].size_bytes,
                        i < digests.size() ? digests[i] : std::nullopt});
  return segments;
}

}  // namespace limier::app
