// SHA-256 of the evidence's segment files for the manifest, computed on a thread of its own while the sweep reads the
// same pages, so that a slow disk is read once.
#pragma once

#include <thread>

#include "app/case_folder.h"

namespace limier::app {

class SegmentHashes {
 public:
  SegmentHashes() = default;
  ~SegmentHashes();
  SegmentHashes(const SegmentHashes&) = delete;
  SegmentHashes& operator=(const SegmentHashes&) = delete;
  // `evidence` and `stop` must outlive this object or wait().
  void start(const EvidenceSet& evidence, const std::atomic<int>& stop);
  // Segments in order; without digests when start() was never called.
  Result<std::vector<ManifestSegment>> wait(const EvidenceSet& evidence);

 private:
  std::thread thread_;
  std::atomic<bool> abandoned_{false};
  std::vector<std::optional<Sha256>> digests_;
};

}  // namespace limier::app
