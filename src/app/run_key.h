// What shapes the result of a triage: a run can only be resumed with the same evidence and the same of these options.
#pragma once

#include "app/evidence_facts.h"
#include "limier/app.h"

namespace limier::app {

std::string_view profile_name(Profile profile);

// Reads the first and last bytes of every segment. Where the evidence lies and how fast it is read is no part of it.
Result<store::RunKey> run_key(const TriageOptions& options, const EvidenceSet& evidence,
                              const sweep::ContainerMessage& container, const std::string& packs_digest,
                              const std::string& scope_sha256, const std::string& hash_sets);

}  // namespace limier::app
