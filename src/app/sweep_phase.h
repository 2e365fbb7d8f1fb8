// The phase of triage that reads every byte.
#pragma once

#include "app/crew.h"
#include "app/evidence_facts.h"
#include "app/segment_hashes.h"
#include "limier/store.h"

namespace limier::app {

struct SweepPlan {
  DigestSet media_digests;
  Digests packed_digests;  // of the file that the evidence was unpacked from
  Digests expected;
  std::uint32_t jobs = 2;
  std::uint64_t stash_bytes = 0;
  std::uint32_t checkpoint_ms = 0;
  std::uint64_t checkpoint_bytes = 0;
  bool loose_pages = false;                 // of databases, in free space
  bool entities = false;                    // numbers, addresses and keys in all bytes
  const keywords::Set* keywords = nullptr;  // beside them; outlives the sweep
  Guard guard;
  SegmentHashes* segments = nullptr;  // told how far the pass has come in the segments; may be null
};
// One pass, or what the runs before this one left of it. Digests and damage go to the index, which then knows the
// verdict. A sweep that cannot be finished is an issue, not an error: the listing stands without digests. Whoever else
// is in `crew` is at work beside it.
Result<worker::WorkerStats> sweep_evidence(store::IndexWriter& index, const EvidenceSet& evidence,
                                           const sweep::ContainerMessage& container, const SweepPlan& plan,
                                           Progress& progress, Crew& crew);

}  // namespace limier::app
