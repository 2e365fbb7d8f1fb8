// The bytes of a file of the chain, read again, and of them those of the record that a row came out of.
#pragma once

#include "app/reread.h"

namespace limier::app {

// The stretches of a file that hold [from, from + length), as the index has them; at most kMaxExplainedRuns.
Result<std::vector<FileRun>> runs_of(store::Index& index, std::int64_t file_id, std::uint64_t from,
                                     std::uint64_t length);
// The same cut to these bytes. What does not lie in the image as it is has no image_offset then.
std::vector<FileRun> cut_runs(std::vector<FileRun> runs, std::uint64_t from, std::uint64_t length);

// Reads one file of the chain again; into `place` when the record stands in it.
Result<ReadBack> read_back(store::Index& index, std::int64_t file_id, RecordPlace* place, const EvidenceSet& evidence,
                           const Guard& guard, const std::atomic<int>& stop);

// Leaves of the bytes of a record's page those of the record itself; wants place.decoded first.
void cut_record(RecordPlace& place);

// Looks for a text in the bytes of its record.
void look_for_text(std::string_view body, RecordPlace& place);

}  // namespace limier::app
