// The list of applications that are told apart (packs/detect/apps.toml): by id, and by files that only they have.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base.h"
#include "limier/content.h"

namespace limier::content {

struct KnownApp {
  std::string name, category, encrypted;
  std::vector<std::string> ids, words, files;
};

class AppList {
 public:
  static Result<AppList> parse(const PackText& text);

  // nullptr: not in the list.
  [[nodiscard]] const KnownApp* by_id(std::string_view id) const;
  // The application that a file of this path belongs to, and which of its ids the path names (or the only one).
  struct Trace {
    const KnownApp* app = nullptr;
    std::string id;
    bool is_store = false;  // one of `files`, not only the settings the system keeps
  };
  [[nodiscard]] Trace by_path(std::string_view path) const;
  // Of all files that by_path() may know: their last parts, in small letters, or */*.ENDING.
  [[nodiscard]] std::vector<std::string> file_names() const;

 private:
  std::vector<KnownApp> apps_;
  std::map<std::string, std::size_t, std::less<>> ids_;
  struct Ending {
    std::size_t app = 0;
    std::string id, path;
    bool is_store = false;
  };
  std::map<std::string, std::vector<Ending>, std::less<>> endings_;  // by the last part, in small letters
};

// That the program was built with.
PackText own_app_list();
// Parsed; asserts that the program's own is right.
const AppList& known_apps();

}  // namespace limier::content
