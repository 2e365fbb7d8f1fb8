// Asking limier-fs for the partitions, and for the walk of one of them.
#pragma once

#include "app/session.h"
#include "limier/volume.h"

namespace limier::app {

struct VolumeMapRows {
  std::vector<catalog::VolumeRecord> volumes;
  std::vector<catalog::EncryptionRecord> encryption;
  std::vector<catalog::IssueRecord> issues;
  worker::WorkerStats stats;
};
// Partition tables have at most a few hundred entries, so the rows are held in memory. A worker that died on the way
// leaves one row over the whole media, status failed, and an issue that says why.
Result<VolumeMapRows> map_evidence(const EvidenceSet& evidence, std::uint64_t media_size, std::uint64_t cache_bytes,
                                   bool sandbox, const std::atomic<int>& stop_signal);

}  // namespace limier::app
