// The acquisition record as our own reader finds it, for sets libewf refuses. Private to the room.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limier/evidence.h"

namespace limier::evidence {

// Format, geometry, header values and stored digests of the first segment that is there. kEvidence when not even the
// geometry is.
Result<ContainerRecord> read_record_without_libewf(const EvidenceSpec& spec, const std::vector<int>& fds);

using HeaderValues = std::vector<std::pair<std::string, std::string>>;
// The header2 section of segment 1, whose dates are seconds since 1970. Empty when there is none.
HeaderValues read_header2(const EvidenceSpec& spec, const std::vector<int>& fds);

std::string guid_text(Bytes identifier);  // empty for sixteen zero bytes
std::string media_type_text(std::uint8_t media_type);

}  // namespace limier::evidence
