#include "app/segment_hashes.h"

#include <filesystem>

namespace limier::app {

SegmentHashes::~SegmentHashes() {
  abandoned_.store(true);
  if (thread_.joinable()) thread_.join();
}

void SegmentHashes::start(const EvidenceSet& evidence, const std::atomic<int>& stop) {
  digests_.resize(evidence.fds.size());
  thread_ = std::thread([this, fds = evidence.raw_fds(), &stop] {
    for (std::size_t i = 0; i < fds.size() && !abandoned_.load(); ++i) {
      // A segment that cannot be read to its end has no digest; the sweep records why.
      if (auto digest = hash_file(fds[i], stop); digest.ok()) digests_[i] = *digest;
    }
  });
}

Result<std::vector<ManifestSegment>> SegmentHashes::wait(const EvidenceSet& evidence) {
  if (thread_.joinable()) thread_.join();
  std::vector<ManifestSegment> segments;
  std::error_code error;
  for (std::size_t i = 0; i < evidence.paths.size(); ++i)
    segments.push_back({std::filesystem::absolute(evidence.paths[i], error).string(),
                        evidence.spec.segments[i].size_bytes, i < digests_.size() ? digests_[i] : std::nullopt});
  return segments;
}

}  // namespace limier::app
