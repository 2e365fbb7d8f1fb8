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

}  // namespace

SegmentHashes::~SegmentHashes() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  moved_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SegmentHashes::start(const EvidenceSet& evidence, const std::atomic<int>& stop) {
  digests_.resize(evidence.fds.size());
  std::vector<std::uint64_t> begins;
  std::uint64_t begin = 0;
  for (const auto& segment : evidence.spec.segments) {
    begins.push_back(begin);
    begin += segment.size_bytes;
  }
  thread_ = std::thread([this, fds = evidence.raw_fds(), begins = std::move(begins), &stop] {
    for (std::size_t i = 0; i < fds.size(); ++i) {
      // A segment that cannot be read to its end has no digest; the sweep records why.
      auto digest = hash_segment(fds[i], begins[i], stop);
      if (digest.ok()) digests_[i] = *digest;
      if (!digest.ok() && digest.error().kind == ErrorKind::kInterrupted) return;
    }
  });
}

void SegmentHashes::passed(std::uint64_t container_bytes) {
  {
    const std::lock_guard lock(mutex_);
    passed_ = std::max(passed_, container_bytes);
  }
  moved_.notify_all();
}

void SegmentHashes::passed_all(const std::optional<Sha256>& media) {
  if (from_sweep_ && media) digests_ = {media};
  passed(UINT64_MAX);
}

bool SegmentHashes::wait_until_passed(std::uint64_t container_bytes, const std::atomic<int>& stop) {
  std::unique_lock lock(mutex_);
  while (passed_ < container_bytes && !abandoned_ && stop.load() == 0) moved_.wait_for(lock, kStopPoll);
  return !abandoned_ && stop.load() == 0;
}

Result<Sha256> SegmentHashes::hash_segment(int fd, std::uint64_t begin, const std::atomic<int>& stop) {
  Hasher hasher({.sha256 = true});
  std::vector<std::uint8_t> buffer(kStep);
  for (;;) {
    if (!wait_until_passed(begin + hasher.size_bytes() + kStep, stop))
      return Error{ErrorKind::kInterrupted, "interrupted"};
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(hasher.size_bytes()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kEvidence, std::string("cannot be read: ") + std::strerror(errno)};
    if (got == 0) return *hasher.finish().sha256;
    hasher.update(Bytes(buffer).first(static_cast<std::size_t>(got)));
  }
}

Result<std::vector<ManifestSegment>> SegmentHashes::wait(const EvidenceSet& evidence, const std::atomic<int>& stop) {
  if (from_sweep_ && digests_.empty()) start(evidence, stop);
  passed_all(std::nullopt);
  if (thread_.joinable()) thread_.join();
  std::vector<ManifestSegment> segments;
  std::error_code error;
  for (std::size_t i = 0; i < evidence.paths.size(); ++i)
    segments.push_back({std::filesystem::absolute(evidence.paths[i], error).string(),
                        evidence.spec.segments[i].size_bytes, i < digests_.size() ? digests_[i] : std::nullopt});
  return segments;
}

}  // namespace limier::app
