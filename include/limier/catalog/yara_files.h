// Which files of YARA rules a run was given.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class YaraFileState : std::int8_t { kUsed, kRefused, kNotRun };
inline constexpr std::array<std::string_view, 3> kYaraFileStateWords{"used", "refused", "not-run"};

struct YaraFile {
  static constexpr KindInfo kKind{.name = "yara_file",
                                  .plural = "yara_files",
                                  .title = "Files of YARA rules",
                                  .meaning =
                                      "The files of YARA rules that contents were scanned with, and those that "
                                      "could not be used.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"name", &YaraFile::name, As::kText, "its name, as in the locator of its hits; in a folder, from there"},
        Column{"sha256", &YaraFile::sha256, As::kOwnText, "of its bytes"},
        Column{"state", &YaraFile::state, kYaraFileStateWords,
               "refused: nothing was looked for with it; not-run: a scope forbids it"},
        Column{"rules", &YaraFile::rules, As::kInteger, "in it, without those that it keeps private"},
        Column{"reason", &YaraFile::reason, As::kText, "why it was refused"},
    };
  }

  std::string name, sha256;
  YaraFileState state = YaraFileState::kUsed;
  std::int64_t rules = 0;
  std::string reason;
};

}  // namespace limier::catalog
