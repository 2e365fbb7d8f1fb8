// Asking limier-fs for the partitions, and for the walk of one of them.
#pragma once

#include "app/evidence_facts.h"
#include "limier/volume.h"

namespace limier::app {

struct VolumeMapRows {
  std::vector<catalog::VolumeRecord> volumes;
  std::vector<catalog::EncryptionRecord> encryption;
  std::vector<catalog::IssueRecord> issues;
  worker::WorkerStats stats;
};
// Partition tables have at most a few hundred entries, so the rows are held in memory. Where a worker dies twice over
// one volume, that volume is failed and the others are mapped. When the tables themselves are at fault, one row stands
// for the whole media, status failed. Issues say why.
Result<VolumeMapRows> map_evidence(const EvidenceSet& evidence, std::uint64_t media_size, std::uint64_t cache_bytes,
                                   const Guard& guard, const std::atomic<int>& stop_signal);

}  // namespace limier::app
