// SHA-256 of the evidence's segment files for the manifest, computed on a thread of its own while the sweep reads the
// same pages. It never runs ahead of the sweep, so that a slow disk is read once, from the front to the end.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/case_folder.h"

namespace limier::app {

class SegmentHashes {
 public:
  SegmentHashes() = default;
  ~SegmentHashes();
  SegmentHashes(const SegmentHashes&) = delete;
  SegmentHashes& operator=(const SegmentHashes&) = delete;
  // Follows a sweep until passed_all(). `evidence` and `stop` must outlive this object or wait().
  void start(const EvidenceSet& evidence, const std::atomic<int>& stop);
  // Instead of start(), where one file is the media byte for byte and the sweep computes this very digest: what
  // passed_all() is told then stands for the file. Without it, wait() reads the file.
  void expect_from_sweep() { from_sweep_ = true; }
  // The sweep has read all segments together up to here.
  void passed(std::uint64_t container_bytes);
  // The sweep reads no more. `media`: its digest, when every byte was read.
  void passed_all(const std::optional<Sha256>& media);
  // Segments in order; without digests when there was nothing to do.
  Result<std::vector<ManifestSegment>> wait(const EvidenceSet& evidence, const std::atomic<int>& stop);

 private:
  Result<Sha256> hash_segment(int fd, std::uint64_t begin, const std::atomic<int>& stop);
  bool wait_until_passed(std::uint64_t container_bytes, const std::atomic<int>& stop);

  std::thread thread_;
  std::vector<std::optional<Sha256>> digests_;
  bool from_sweep_ = false;
  std::mutex mutex_;  // guards what follows
  std::condition_variable moved_;
  std::uint64_t passed_ = 0;
  bool abandoned_ = false;
};

}  // namespace limier::app
