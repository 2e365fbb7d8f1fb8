// Whole reads and writes of a descriptor, and what their errno means.
#pragma once

#include <string>
#include <string_view>

#include "limier/base/bytes.h"
#include "limier/base/handle.h"
#include "limier/base/result.h"

namespace limier {

// What the caller can do about an errno of the file system.
ErrorKind error_kind_of(int number);
// "cannot read X: reason", with the kind that fits the errno.
Error file_error(std::string_view doing, const std::string& path, int number);
// pread until `into` is full; false with errno 0 when the file ends before.
bool read_fully(int fd, std::uint64_t offset, MutableBytes into);
bool write_fully(int fd, Bytes bytes);
// The name of the finished file, in place of what had it; then on the disk with its folder. Both lie in one folder.
Status put_in_place(const std::string& partial, const std::string& path);
// Names that were given in it are on the disk.
Status sync_folder(const std::string& dir);
// A file that is there as a whole or not at all, whatever happens meanwhile: written as `partial`, in the same folder.
Status write_whole(const std::string& path, const std::string& partial, std::string_view content, unsigned mode);
// A new file without a name in `dir`: gone when the descriptor closes, however the program ends.
Result<UniqueFd> unnamed_file(const std::string& dir);

}  // namespace limier
