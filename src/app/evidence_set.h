// The evidence as the supervisor holds it: names and read-only descriptors, never its content.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/evidence.h"

namespace limier::app {

// The file that the evidence was unpacked from (evidence::is_packed_tar).
struct PackedFile {
  Digests digests;
  std::string problem;  // code of its issue; "": its stream is whole
  std::uint64_t size_bytes = 0;
};

struct EvidenceSet {
  std::string path;    // as given
  std::string folder;  // canonical folder of the first segment
  evidence::EvidenceSpec spec;
  std::vector<std::string> paths;    // of the segments, in order
  std::vector<std::string> missing;  // names expected in a gap; empty unless --incomplete
  std::vector<UniqueFd> fds;
  std::vector<evidence::FolderEntry> folder_entries;  // of evidence that is a folder, by path
  std::vector<std::string> unreadable;                // of a folder: what the system did not let us read
  std::optional<PackedFile> packed;                   // then the segment is what was unpacked
  bool access_times_kept = true;  // false: the system does not let us read without touching the access time

  [[nodiscard]] std::vector<int> raw_fds() const;
  [[nodiscard]] std::uint64_t total_bytes() const;
};

// Decides the container by its magic, finds the segments, opens them O_RDONLY|O_NOATIME. Every way it can go wrong is
// one sentence: no such file, a folder, empty, unreadable, a container limier does not read, a later segment, a gap.
Result<EvidenceSet> open_evidence(const std::string& path, bool allow_incomplete);

}  // namespace limier::app
