// What the planner and the tests need of plan.cpp beyond the public header.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

void seal_plan(Plan& plan);  // fills in the digests of the exhibits and of the plan

}  // namespace limier::batch
