// Digests that were written down beside an extraction: NAME.sha256, NAME.md5, NAME.sha1 as the sum programs write them,
// and the .ufd of a UFED extraction. Small texts, read as the claims they are.
#pragma once

#include "app/evidence_set.h"
#include "limier/sweep.h"

namespace limier::app {

// Becomes what the container itself would say: stored digests, with the files they stand in as header values.
void add_digests_beside(const EvidenceSet& evidence, sweep::ContainerMessage& container);

// What `text` says of the file `name`: "HEX  NAME", "HEX *NAME", "ALGORITHM (NAME) = HEX", or HEX alone on the only
// line.
Digests digests_in_sums(std::string_view text, std::string_view name);
// The same of an INI with sections [MD5], [SHA1], [SHA256] and lines "NAME=HEX".
Digests digests_in_ufd(std::string_view text, std::string_view name);

}  // namespace limier::app
