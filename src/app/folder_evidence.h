// Evidence that is a folder: what it holds, asked of the system, and its files opened. No link is followed, so nothing
// outside the folder is read.
#pragma once

#include "app/evidence_set.h"

namespace limier::app {

// kEvidence when it holds no byte, or more files than a program may have open.
Result<EvidenceSet> open_folder(const std::string& path);

// The digest that stands for a folder: SHA-256 over a line "sha256  path" for every file, sorted by path, as
// `sha256sum` writes them. None when a file has no digest.
std::optional<Sha256> folder_digest(const EvidenceSet& evidence, const std::vector<std::optional<Sha256>>& segments);

}  // namespace limier::app
