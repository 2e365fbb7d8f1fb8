// The formats, one file each; listed in all.cpp.
#pragma once

#include "limier/report.h"

namespace limier::report {

Status write_html(store::Index& index, const std::string& dir);
Status write_json(store::Index& index, const std::string& dir);
Status write_csv(store::Index& index, const std::string& dir);
Status write_bodyfile(store::Index& index, const std::string& dir);
Status write_dfxml(store::Index& index, const std::string& dir);

}  // namespace limier::report
