// attempts/FOLDER.json: that work on an exhibit began, and how an attempt ended that led to no completion record.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

struct Attempt {
  std::string exhibit_digest;
  std::uint32_t count = 0;  // how often work on this exhibit began
  bool ended = false;       // false: it is at work, or was killed
  int exit_code = 0;        // 75, 130, 143 when it ended
  std::string message, host;
  std::int64_t started_ns = 0;
};
std::optional<Attempt> load_attempt(const CaseFolder& folder, std::string_view exhibit_folder);
Status save_attempt(const CaseFolder& folder, std::string_view exhibit_folder, const Attempt& attempt);

// State from the record and the attempt; the lock of its task is not looked at.
ExhibitStatus exhibit_status(const CaseFolder& folder, const Exhibit& exhibit);

}  // namespace limier::batch
