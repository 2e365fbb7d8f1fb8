// `limier info`: the container and the partitions; writes nothing.
#include "app/evidence_facts.h"
#include "app/packed_evidence.h"
#include "app/volume_map.h"

namespace limier::app {

Result<ImageInfo> info(const ImageOptions& options, const std::atomic<int>& stop_signal) {
  LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image, options.incomplete));
  evidence.spec.sector_bytes = options.sector_bytes;
  const MemoryPlan memory = plan_memory(options.memory_bytes);
  const Guard guard = make_guard(options.sandbox, options.stall_seconds, memory);
  LIMIER_TRY(ContainerFacts facts, describe_evidence(evidence, guard, stop_signal));
  LIMIER_TRY(VolumeMapRows rows,
             map_evidence(evidence, facts.container.size_bytes, memory.cache_bytes, guard, stop_signal));
  ImageInfo result;
  result.path = options.image;
  result.jail = worker::jail_notice(facts.sandbox);
  result.container = std::move(facts.container);
  result.segments = evidence.spec.segments;
  result.missing_segments = evidence.missing;
  result.volumes = std::move(rows.volumes);
  result.encryption = std::move(rows.encryption);
  result.issues = std::move(rows.issues);
  if (evidence.packed) {
    result.segments.front().size_bytes = evidence.packed->size_bytes;
    if (auto issue = issue_of(*evidence.packed)) result.issues.push_back(std::move(*issue));
  }
  return result;
}

}  // namespace limier::app
