// Phases of triage that end in rows about volumes and names.
#pragma once

#include "app/session.h"
#include "app/volume_map.h"
#include "limier/store.h"

namespace limier::app {

Status store_volume_map(store::IndexWriter& index, const VolumeMapRows& rows);

// Time that workers which died have taken in this run, over all volumes: one device may have a hundred of them.
struct Patience {
  std::chrono::steady_clock::duration spent{};
};

// Of rows, for each byte of content that is searched.
inline constexpr std::uint64_t kHitBytesPerByte = 2;

struct WalkPlan {
  bool digests = true;    // false: names and metadata only
  bool entities = false;  // numbers, addresses and keys in content that only the file system can read
  std::string zone = "UTC";
  bool zone_stated = false;     // --zone was given
  std::uint32_t code_page = 0;  // --codepage
  std::uint64_t cache_bytes = 0;
  Guard guard;
  Patience* patience = nullptr;  // outlives the walks; none: each volume has its own alone
};
// One volume by one worker. When that dies, stalls, grows or lies, the volume is walked in parts (careful_walk.h). What
// was given up is an issue, the volume is partial, or failed when not a name was read.
Result<worker::WorkerStats> walk_one_volume(store::IndexWriter& index, const EvidenceSet& evidence,
                                            const catalog::VolumeRecord& volume, std::uint64_t media_size,
                                            const WalkPlan& plan, Progress& progress, const std::atomic<int>& stop);

}  // namespace limier::app
