// Folders of the case, and the facts about this machine.
#pragma once

#include <string>

#include "limier/base.h"

namespace limier::batch {

std::string host_name();
Status make_folder(const std::string& path);  // with its parents, readable by nobody else
Result<std::string> file_sha256(const std::string& path);

}  // namespace limier::batch
