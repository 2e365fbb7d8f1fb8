#include "batch/supersede.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "batch/machine.h"
#include "limier/base/file_io.h"

namespace limier::batch {

namespace fs = std::filesystem;

Status supersede(const CaseFolder& folder, const std::string& exhibit_folder) {
  const std::array<std::pair<std::string, const char*>, 4> parts{{{folder.record(exhibit_folder), "record.json"},
                                                                  {folder.exhibit(exhibit_folder), "exhibit"},
                                                                  {folder.keys(exhibit_folder), "keys"},
                                                                  {folder.attempt(exhibit_folder), "attempt.json"}}};
  std::error_code error;
  bool any = false;
  for (const auto& [path, name] : parts) any = any || fs::exists(path, error);
  if (!any) return ok_status();
  std::string target;
  for (int number = 1; target.empty() || fs::exists(target, error); ++number)
    target = fmt::format("{}/{}-{}", folder.superseded(), exhibit_folder, number);
  LIMIER_CHECK(make_folder(target));
  // The record goes first: without it nothing is taken for finished, wherever this is cut short.
  for (const auto& [path, name] : parts) {
    if (!fs::exists(path, error)) continue;
    fs::rename(path, target + "/" + name, error);
    if (error)
      return Error{ErrorKind::kInternal, fmt::format("{}: cannot be moved to {}: {}", path, target, error.message())};
  }
  return sync_folder(target);
}

}  // namespace limier::batch
