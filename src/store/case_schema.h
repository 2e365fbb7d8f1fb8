// The tables and views of case.db. docs/case.md describes the views.
#pragma once

#include <string>
#include <string_view>

namespace limier::store {

std::string_view case_tables();
std::string case_views();

}  // namespace limier::store
