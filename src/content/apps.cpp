#include "content/apps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "content/toml.h"
#include "limier/base/embedded.h"

namespace limier::content {

std::span<const EmbeddedFile> embedded_app_list();  // packs/detect/apps.toml

namespace {

constexpr std::string_view kCategories[] = {"messenger", "crypto-phone", "wallet",        "vault",
                                            "vpn",       "wiper",        "remote-access", "anonymity"};

std::string small(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// `*` is any part, `*.crypt15` any that ends so.
bool is_part(std::string_view want, std::string_view have) {
  if (want == "*") return true;
  if (want.starts_with("*.")) return small(have).ends_with(small(want.substr(1)));
  return small(want) == small(have);
}

// Whether the parts of `ending` are the last ones of `path`.
bool ends_with_parts(std::string_view path, std::string_view ending) {
  while (true) {
    const std::string_view want = last_part(ending), have = last_part(path);
    if (!is_part(want, have)) return false;
    if (want.size() == ending.size()) return true;
    if (have.size() == path.size()) return false;
    ending.remove_suffix(want.size() + 1);
    path.remove_suffix(have.size() + 1);
  }
}

bool names_part(std::string_view path, std::string_view part) {
  for (std::size_t at = path.find(part); at != std::string_view::npos; at = path.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || path[at - 1] == '/') && (end == path.size() || path[end] == '/')) return true;
  }
  return false;
}

bool has_word(std::string_view id, std::string_view word) {
  constexpr std::size_t kDistinct = 6;  // letters of a word that is looked for inside others
  while (true) {
    const std::string_view part = id.substr(0, id.find('.'));
    if (part == word || (word.size() >= kDistinct && part.find(word) != std::string_view::npos)) return true;
    if (part.size() == id.size()) return false;
    id.remove_prefix(part.size() + 1);
  }
}

std::vector<std::string> texts_of(const toml::table& table, std::string_view key, bool& right) {
  std::vector<std::string> texts;
  const auto node = table[key];
  if (!node) return texts;
  const toml::array* list = node.as_array();
  right = right && list != nullptr;
  if (list == nullptr) return texts;
  for (const auto& item : *list) {
    const auto text = item.value<std::string>();
    right = right && text && !text->empty() && !text->ends_with('/');
    if (text) texts.push_back(*text);
  }
  return texts;
}

}  // namespace

Result<AppList> AppList::parse(const PackText& text) {
  const auto wrong = [&](const toml::node& at, std::string_view what) {
    return Error{ErrorKind::kUsage, fmt::format("{}:{}: {}", text.name, at.source().begin.line, what)};
  };
  toml::table root;
  try {
    root = toml::parse(text.toml);
  } catch (const toml::parse_error& error) {
    return Error{ErrorKind::kUsage,
                 fmt::format("{}:{}: {}", text.name, error.source().begin.line, error.description())};
  }
  if (root["format"].value<std::int64_t>() != 1) return wrong(root, "format = 1 is missing");
  const toml::array* list = root["app"].as_array();
  if (list == nullptr) return wrong(root, "a list of applications has [[app]]");
  AppList apps;
  for (const auto& item : *list) {
    const toml::table* one = item.as_table();
    if (one == nullptr) return wrong(item, "[[app]] is a table");
    KnownApp app;
    app.name = (*one)["name"].value_or(std::string());
    app.category = (*one)["category"].value_or(std::string());
    app.encrypted = (*one)["encrypted"].value_or(std::string());
    bool right = true;
    app.ids = texts_of(*one, "ids", right);
    app.files = texts_of(*one, "files", right);
    app.words = texts_of(*one, "words", right);
    for (const auto& [key, value] : *one)
      if (key != "name" && key != "category" && key != "encrypted" && key != "ids" && key != "words" && key != "files")
        return wrong(value, "there is no such key");
    if (!right || app.name.empty() || (app.ids.empty() && app.words.empty() && app.files.empty()))
      return wrong(item, "an application has a name, and ids, words or files (lists of texts)");
    if (std::ranges::find(kCategories, app.category) == std::end(kCategories)) return wrong(item, "no such category");
    const std::size_t number = apps.apps_.size();
    const auto add = [&](std::string id, std::string path, bool is_store) {
      apps.endings_[small(last_part(path))].push_back({number, std::move(id), std::move(path), is_store});
    };
    for (const std::string& id : app.ids) {
      if (!apps.ids_.emplace(id, number).second) return wrong(item, fmt::format("{} stands there twice", id));
      add(id, "shared_prefs/" + id + "_preferences.xml", false);
      add(id, "Preferences/" + id + ".plist", false);
    }
    for (const std::string& file : app.files) {
      if (last_part(file) == "*") return wrong(item, "the last part of a path has to be a name");
      add({}, file, true);
    }
    apps.apps_.push_back(std::move(app));
  }
  return apps;
}

const KnownApp* AppList::by_id(std::string_view id) const {
  if (const auto found = ids_.find(id); found != ids_.end()) return &apps_[found->second];
  for (const KnownApp& app : apps_)
    for (const std::string& word : app.words)
      if (has_word(small(id), word)) return &app;
  return nullptr;
}

AppList::Trace AppList::by_path(std::string_view path) const {
  const std::string last = small(last_part(path));
  auto endings = endings_.find(last);
  if (const auto dot = last.rfind('.'); endings == endings_.end() && dot != std::string::npos)
    endings = endings_.find("*" + last.substr(dot));
  if (endings == endings_.end()) return {};
  for (const Ending& ending : endings->second) {
    if (!ends_with_parts(path, ending.path)) continue;
    const KnownApp& app = apps_[ending.app];
    Trace trace{&app, ending.id, ending.is_store};
    for (const std::string& id : app.ids)
      if (trace.id.empty() && names_part(path, id)) trace.id = id;
    return trace;
  }
  return {};
}

std::vector<std::string> AppList::file_names() const {
  std::vector<std::string> names;
  names.reserve(endings_.size());
  for (const auto& [name, paths] : endings_) names.push_back(name.starts_with("*.") ? "*/" + name : name);
  return names;
}

PackText own_app_list() {
  const EmbeddedFile& file = embedded_app_list().front();
  return {std::string(file.path), std::string(file.bytes)};
}

const AppList& known_apps() {
  static const AppList kApps = [] {
    auto parsed = AppList::parse(own_app_list());
    assert(parsed.ok());
    return parsed.ok() ? std::move(*parsed) : AppList();
  }();
  return kApps;
}

}  // namespace limier::content
