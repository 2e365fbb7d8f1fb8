// Byte strings at fixed places that say what a file is.
#pragma once

#include "limier/base.h"
#include "types/list.h"

namespace limier::types {

// Id::kUnknown when no signature matches. Families that one signature stands for (ZIP, RIFF, ...) are looked into by
// the probes of probes.h.
Id match_signature(Bytes head);

}  // namespace limier::types
