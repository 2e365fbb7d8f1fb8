// How `batch exec` tells whoever watches it which exhibit it is at: a stage of progress.
#pragma once

#include <string>
#include <string_view>

namespace limier::batch {

inline constexpr std::string_view kExhibitStage = "exhibit ";
std::string exhibit_stage(std::string_view exhibit_name);  // begins at done 0, ends at done = total

}  // namespace limier::batch
