// Faults on order, compiled into copies of the workers that only tests run (tests/cli/test_isolation.py). What is to
// happen stands in a file "fault" beside the program: "TIMES WORKER ACTION STAGE ITEM", where TIMES is a digit or '*'
// and ITEM a number or '*'; for limier-sweep the item is a chunk.
#pragma once

#include <memory>

#include "limier/evidence.h"
#include "limier/worker.h"

namespace limier::faults {

// Reads the order; call before the jail closes.
void load(const char* worker);
// Carries the order out when it is for this item.
void at(worker::Channel& channel, worker::Journal& journal, std::uint32_t stage, std::uint64_t item);
// The same image, but that decoding the ordered chunk is the fault.
std::unique_ptr<evidence::Image> faulty(std::unique_ptr<evidence::Image> image, worker::Channel& channel,
                                        worker::Journal& journal);

}  // namespace limier::faults
