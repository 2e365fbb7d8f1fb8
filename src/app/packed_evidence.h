// A tar in one compressed stream: unpacked once, in a jailed worker, to a place on the disk that has no name and is
// gone with the program.
#pragma once

#include "app/evidence_facts.h"

namespace limier::app {

// What was given is then the tar; EvidenceSet::packed says what it came from. ErrorKind::kTemporary: there is no room.
Status unpack_evidence(EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop_signal);

// The issue that its stream gives rise to; nullopt: it is whole.
std::optional<catalog::IssueRecord> issue_of(const PackedFile& packed);

// Of the file as it lies, those that `asked`, `container` and `expected` want.
Digests digests_of(const PackedFile& packed, const std::optional<DigestSet>& asked,
                   const sweep::ContainerMessage& container, const Digests& expected);

}  // namespace limier::app
