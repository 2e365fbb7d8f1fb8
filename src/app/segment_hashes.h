// SHA-256 of the evidence's segment files for the manifest, computed on a thread of its own while the sweep reads the
// same pages. It never runs ahead of the sweep, so that a slow disk is read once, from the front to the end.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/case_folder.h"
#include "limier/base/digest_state.h"

namespace limier::app {

class SegmentHashes {
 public:
  SegmentHashes() = default;
  ~SegmentHashes();
  SegmentHashes(const SegmentHashes&) = delete;
  SegmentHashes& operator=(const SegmentHashes&) = delete;
  // Follows a sweep until passed_all(). `evidence` and `stop` must outlive this object or wait().
  // Goes on from `state`, what state() gave in an earlier run; from the beginning when it is empty or of another set.
  void start(const EvidenceSet& evidence, const std::atomic<int>& stop, Bytes state);
  // How far it is, from any thread.
  std::vector<std::uint8_t> state();
  // Instead of start(), where one file is the media byte for byte and the sweep computes this very digest: what
  // passed_all() is told then stands for the file. Without it, wait() reads the file.
  void expect_from_sweep() { from_sweep_ = true; }
  // Instead of start(), where they are known already.
  void known(std::vector<std::optional<Sha256>> digests) { standing_.digests = std::move(digests); }
  // The sweep has read all segments together up to here.
  void passed(std::uint64_t container_bytes);
  // The sweep reads no more. `media`: its digest, when every byte was read.
  void passed_all(const std::optional<Sha256>& media);
  // In order of the segments; none when there was nothing to do.
  std::vector<std::optional<Sha256>> wait(const EvidenceSet& evidence, const std::atomic<int>& stop);

 private:
  struct Standing {
    std::vector<std::optional<Sha256>> digests;  // of the segments before `current`
    std::uint32_t current = 0;
    HasherState hashed;  // of the current one
    static constexpr auto fields() { return std::tuple{&Standing::digests, &Standing::current, &Standing::hashed}; }
  };
  Result<Sha256> hash_segment(int fd, std::uint64_t begin, const HasherState& from, const std::atomic<int>& stop);
  bool wait_until_passed(std::uint64_t container_bytes, const std::atomic<int>& stop);

  std::thread thread_;
  bool from_sweep_ = false;
  std::mutex mutex_;  // guards what follows
  std::condition_variable moved_;
  Standing standing_;
  std::uint64_t passed_ = 0;
  bool abandoned_ = false;
};

// Segments for the manifest; those without a digest have none there.
std::vector<ManifestSegment> manifest_segments(const EvidenceSet& evidence,
                                               const std::vector<std::optional<Sha256>>& digests);

}  // namespace limier::app
