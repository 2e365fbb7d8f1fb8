// Whole reads and writes of a descriptor, and what their errno means.
#pragma once

#include <string>
#include <string_view>

#include "limier/base/bytes.h"
#include "limier/base/handle.h"
#include "limier/base/result.h"

namespace limier {

// "cannot read X: reason", with the kind that fits the errno.
Error file_error(std::string_view doing, const std::string& path, int number);
// pread until `into` is full; false with errno 0 when the file ends before.
bool read_fully(int fd, std::uint64_t offset, MutableBytes into);
bool write_fully(int fd, Bytes bytes);
// A new file without a name in `dir`: gone when the descriptor closes, however the program ends.
Result<UniqueFd> unnamed_file(const std::string& dir);

}  // namespace limier
