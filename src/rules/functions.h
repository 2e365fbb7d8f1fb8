// The SQL functions that rules are written with; docs/rules.md describes them.
#pragma once

#include "limier/rules.h"

namespace limier::rules {

Status add_functions(const RuleSet& set, store::RuleDoor& door, std::optional<std::int64_t> last_activity_ns);

// What one rule of the set finds, not ranked; its mistake as an error.
Result<std::vector<catalog::Finding>> run_alone(const RuleSet& set, const Pack& pack, const Rule& rule,
                                                store::RuleDoor& door);

// The newest plausible activity on the device: the newest time of messages, calls, visits and files that is not later
// than the acquisition, and not alone: a clock that was wrong for once says nothing. None without any time.
std::optional<std::int64_t> last_activity(store::RuleDoor& door, std::uint64_t step_budget);

}  // namespace limier::rules
