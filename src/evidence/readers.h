// The readers behind open_image. Private to the room.
#pragma once

#include <memory>
#include <vector>

#include "limier/evidence.h"

namespace limier::evidence {

Result<std::unique_ptr<Image>> open_raw(const EvidenceSpec& spec, const std::vector<int>& fds);

// Our own reader of EWF-E01 and S01. `unknown_flavour` is set when the set is EWF but laid out in a way this reader
// does not know: the one case in which libewf is worth a try.
Result<std::unique_ptr<Image>> open_ewf(const EvidenceSpec& spec, const std::vector<int>& fds, bool& unknown_flavour);

// libewf behind one lock: slow, for flavours only it knows. Also the oracle of the tests.
Result<std::unique_ptr<Image>> open_libewf(const EvidenceSpec& spec, const std::vector<int>& fds);

}  // namespace limier::evidence
