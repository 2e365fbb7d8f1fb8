// pack.toml, the rules and the word lists of a pack.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "rules/lexicon.h"
#include "rules/pack_files.h"
#include "rules/toml.h"

namespace limier::rules {
namespace {

constexpr std::string_view kPackFile = "pack.toml";
constexpr std::string_view kLexiconFolder = "lexicon/";

// Reads the keys of one table and remembers which it was asked for, so that a misspelt one is an error.
class Table {
 public:
  Table(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  std::string text(std::string_view key, bool required = true) {
    known_.insert(std::string(key));
    if (const auto* value = table_[key].as_string()) return value->get();
    if (required || table_.contains(key)) say(fmt::format("'{}' must be a text", key));
    return {};
  }
  bool flag(std::string_view key) {
    known_.insert(std::string(key));
    if (const auto* value = table_[key].as_boolean()) return value->get();
    if (table_.contains(key)) say(fmt::format("'{}' must be true or false", key));
    return false;
  }
  std::vector<std::string> texts(std::string_view key) {
    known_.insert(std::string(key));
    std::vector<std::string> all;
    const auto* list = table_[key].as_array();
    if (list == nullptr && table_.contains(key)) say(fmt::format("'{}' must be a list of texts", key));
    if (list == nullptr) return all;
    for (const auto& one : *list) {
      if (const auto* value = one.as_string())
        all.push_back(value->get());
      else
        say(fmt::format("'{}' must be a list of texts", key));
    }
    return all;
  }
  std::vector<const toml::table*> tables(std::string_view key) {
    known_.insert(std::string(key));
    std::vector<const toml::table*> all;
    const auto* list = table_[key].as_array();
    if (list == nullptr && table_.contains(key)) say(fmt::format("'{}' must be tables: [[{}]]", key, key));
    if (list == nullptr) return all;
    for (const auto& one : *list)
      if (const auto* table = one.as_table()) all.push_back(table);
    return all;
  }
  const toml::table* table(std::string_view key) {
    known_.insert(std::string(key));
    const auto* const value = table_[key].as_table();
    if (value == nullptr && table_.contains(key)) say(fmt::format("'{}' must be a table: [{}]", key, key));
    return value;
  }
  // To be called when all keys were asked for.
  Status done() {
    for (const auto& [key, node] : table_)
      if (!known_.contains(std::string(key.str())))
        say(fmt::format("there is no key '{}' (line {})", key.str(), node.source().begin.line));
    if (wrong_.empty()) return ok_status();
    return Error{ErrorKind::kUsage, fmt::format("{}: {}", file_, wrong_)};
  }
  void say(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

 private:
  const toml::table& table_;
  const std::string& file_;
  std::set<std::string> known_;
  std::string wrong_;
};

constexpr std::array<std::string_view, 3> kOtherLanguages{"nl", "fr", "de"};

Result<toml::table> parse_toml(const PackFile& file) {
  try {
    return toml::parse(file.bytes);
  } catch (const toml::parse_error& error) {
    return Error{ErrorKind::kUsage,
                 fmt::format("{}, line {}: {}", file.path, error.source().begin.line, error.description())};
  }
}

// {view = "app", name = "…", parsed = 0}: the other keys are columns.
Result<store::SampleRow> parse_row(const toml::table& table, const std::string& file) {
  store::SampleRow row;
  std::string wrong;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto* text = node.as_string(); text != nullptr && name == "view")
      row.view = text->get();
    else if (text != nullptr)
      row.cells.emplace_back(name, text->get());
    else if (const auto* integer = node.as_integer())
      row.cells.emplace_back(name, integer->get());
    else if (const auto* real = node.as_floating_point())
      row.cells.emplace_back(name, real->get());
    else
      wrong = fmt::format("'{}' of a row must be a text or a number", name);
  }
  if (row.view.empty()) wrong = "a row needs its 'view'";
  if (!wrong.empty()) return Error{ErrorKind::kUsage, fmt::format("{}: {}", file, wrong)};
  return row;
}

Result<Sample> parse_sample(const toml::table& table, bool hit, const std::string& file) {
  Table keys(table, file);
  Sample sample;
  sample.hit = hit;
  for (const toml::table* one : keys.tables("rows")) {
    LIMIER_TRY(auto row, parse_row(*one, file));
    sample.rows.push_back(std::move(row));
  }
  sample.text = keys.text("text", sample.rows.empty());
  if (sample.rows.empty()) {
    sample.before = keys.texts("before");
    sample.after = keys.texts("after");
  } else if (sample.text.empty()) {
    keys.say("a sample of rows needs a 'text' that says what it is");
  }
  LIMIER_CHECK(keys.done());
  return sample;
}

// The tables [nl], [fr] and [de] of a rule or a pack.
Status parse_translations(Table& keys, const std::string& file, Translations& translations) {
  for (const std::string_view language : kOtherLanguages) {
    const toml::table* const table = keys.table(language);
    if (table == nullptr) continue;
    Table one(*table, file);
    translations.emplace(language, Translated{one.text("title", false), one.text("meaning", false),
                                              one.text("limits", false), one.text("measured", false)});
    LIMIER_CHECK(one.done());
  }
  return ok_status();
}

Result<Rule> parse_rule(const PackFile& file) {
  LIMIER_TRY(const toml::table document, parse_toml(file));
  Table keys(document, file.path);
  Rule rule;
  rule.id = keys.text("id");
  rule.title = keys.text("title");
  const std::string priority = keys.text("priority");
  const auto& words = catalog::kPriorityWords;
  const auto word = std::find(words.begin(), words.end(), priority);
  if (word == words.end())
    keys.say("'priority' must be live-in-danger, high, medium, low or info");
  else
    rule.priority = static_cast<catalog::Priority>(word - words.begin());
  rule.meaning = keys.text("meaning");
  rule.limits = keys.text("limits");
  rule.subject = keys.text("subject");
  rule.sql = keys.text("sql");
  for (const auto& [key, hit] : {std::pair("hit", true), std::pair("miss", false)}) {
    const auto tables = keys.tables(key);
    if (tables.empty()) keys.say(fmt::format("a rule needs samples: at least one [[{}]] with its text", key));
    for (const toml::table* table : tables) {
      LIMIER_TRY(auto sample, parse_sample(*table, hit, file.path));
      rule.samples.push_back(std::move(sample));
    }
  }
  LIMIER_CHECK(parse_translations(keys, file.path, rule.translations));
  LIMIER_CHECK(keys.done());
  return rule;
}

// How many values a text has room for; nothing when it is not well formed, or nothing but values.
std::optional<std::size_t> places_of(std::string_view text) {
  std::size_t count = 0, letters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '}') return std::nullopt;
    if (text[at] != '{') {
      letters += text[at] != ' ' ? 1 : 0;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos || end - at > 2) return std::nullopt;
    if (end - at == 2 && text[at + 1] != 'w' && (text[at + 1] < '0' || text[at + 1] > '9')) return std::nullopt;
    at = end;
    ++count;
  }
  return letters > 0 ? std::optional(count) : std::nullopt;
}

Result<std::vector<ClassInfo>> parse_head(const PackFile& file, Pack& pack) {
  LIMIER_TRY(const toml::table document, parse_toml(file));
  Table keys(document, file.path);
  pack.id = keys.text("id");
  pack.version = keys.text("version");
  pack.title = keys.text("title");
  pack.meaning = keys.text("meaning");
  pack.measured = keys.text("measured");
  pack.sources = keys.texts("sources");
  pack.languages_of = keys.text("languages_of", false);
  std::vector<ClassInfo> classes;
  for (const toml::table* table : keys.tables("class")) {
    Table one(*table, file.path);
    classes.push_back({one.text("id"), one.text("title", false), one.flag("supporting")});
    for (const std::string_view language : kOtherLanguages)
      if (std::string text = one.text(language, false); !text.empty())
        pack.words.push_back({std::string(language), classes.back().title, std::move(text)});
    if (classes.back().id == kLanguageClass) one.say("the class 'language' is there without being named");
    LIMIER_CHECK(one.done());
  }
  // Other words of its rules' reasons.
  for (const toml::table* table : keys.tables("words")) {
    Table one(*table, file.path);
    const std::string english = one.text("en");
    const auto wanted = places_of(english);
    if (!wanted) one.say(fmt::format("'{}' needs words of its own between values, which are {{}} or {{w}}", english));
    for (const std::string_view language : kOtherLanguages)
      if (std::string text = one.text(language, false); !text.empty()) {
        if (wanted && places_of(text) != wanted) one.say(fmt::format("'{}' has other values than '{}'", text, english));
        pack.words.push_back({std::string(language), english, std::move(text)});
      }
    LIMIER_CHECK(one.done());
  }
  LIMIER_CHECK(parse_translations(keys, file.path, pack.translations));
  if (classes.size() > kMaxClasses) keys.say("there are too many classes");
  LIMIER_CHECK(keys.done());
  return classes;
}

// "lexicon/threat.nl.txt": class and language.
std::optional<std::pair<std::string, std::string>> lexicon_name(std::string_view name) {
  if (!name.starts_with(kLexiconFolder)) return std::nullopt;
  name.remove_prefix(kLexiconFolder.size());
  name.remove_suffix(std::string_view(".txt").size());
  const auto dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == name.size()) return std::nullopt;
  return std::pair(std::string(name.substr(0, dot)), std::string(name.substr(dot + 1)));
}

// The common words by which the languages of a text are guessed, of another pack.
Status add_languages(const std::string& pack, std::span<const PackFile> others, const std::string& asked_by,
                     Lexicon& lexicon) {
  bool any = false;
  for (const PackFile& file : others) {
    if (!file.path.starts_with(pack + "/")) continue;
    const auto named = lexicon_name(std::string_view(file.path).substr(pack.size() + 1));
    if (!named || named->first != kLanguageClass) continue;
    LIMIER_CHECK(lexicon.add(file, named->first, named->second));
    any = true;
  }
  if (any) return ok_status();
  return Error{ErrorKind::kUsage, fmt::format("{}: no pack {} with lists of languages", asked_by, pack)};
}

std::string digest_of_files(std::span<const PackFile> files) {
  Hasher hasher({.sha256 = true});
  for (const PackFile& file : files) {
    hasher.update(as_bytes(fmt::format("{} {}\n", file.path, file.bytes.size())));
    hasher.update(as_bytes(file.bytes));
  }
  return hex_digest(*hasher.finish().sha256);
}

// The classes that a rule asks for by name: weight(…, 'class'). A misspelt one would weigh nothing, for ever.
std::vector<std::string_view> classes_asked_for(std::string_view sql) {
  constexpr std::string_view kCall = "weight(";
  std::vector<std::string_view> classes;
  for (auto at = sql.find(kCall); at != std::string_view::npos; at = sql.find(kCall, at + 1)) {
    std::string_view text;  // the last one of the call itself
    std::size_t open = 1;
    for (std::size_t i = at + kCall.size(); i < sql.size() && open > 0; ++i) {
      if (sql[i] == '(') ++open;
      if (sql[i] == ')') --open;
      if (sql[i] != '\'') continue;
      const auto end = std::min(sql.find('\'', i + 1), sql.size());
      if (open == 1) text = sql.substr(i + 1, end - i - 1);
      i = end;
    }
    if (!text.empty()) classes.push_back(text);
  }
  return classes;
}

Status check_classes(const std::vector<Pack>& packs) {
  const auto is_known = [&](std::string_view id) {
    return std::any_of(packs.begin(), packs.end(), [&](const Pack& pack) {
      const auto& classes = pack.lexicon->classes();
      return std::any_of(classes.begin(), classes.end(), [&](const ClassInfo& one) { return one.id == id; });
    });
  };
  for (const Pack& pack : packs)
    for (const Rule& rule : pack.rules)
      for (const std::string_view id : classes_asked_for(rule.sql))
        if (!is_known(id))
          return Error{ErrorKind::kUsage,
                       fmt::format("rule {}/{}: there is no class '{}' in any lexicon", pack.id, rule.id, id)};
  return ok_status();
}

}  // namespace

Result<Pack> parse_pack(std::span<const PackFile> files, std::span<const PackFile> others) {
  const std::string folder = files.front().path.substr(0, files.front().path.find('/') + 1);
  const auto name_of = [&](const PackFile& file) { return std::string_view(file.path).substr(folder.size()); };
  const auto head =
      std::find_if(files.begin(), files.end(), [&](const auto& one) { return name_of(one) == kPackFile; });
  if (head == files.end()) return Error{ErrorKind::kUsage, fmt::format("{} holds no pack.toml", folder)};
  Pack pack;
  LIMIER_TRY(auto classes, parse_head(*head, pack));
  const auto lexicon = std::make_shared<Lexicon>(std::move(classes));
  for (const PackFile& file : files) {
    const std::string_view name = name_of(file);
    if (name.starts_with(kLexiconFolder)) {
      const auto named = lexicon_name(name);
      if (!named) return Error{ErrorKind::kUsage, fmt::format("{}: not named <class>.<language>.txt", file.path)};
      LIMIER_CHECK(lexicon->add(file, named->first, named->second));
    } else if (name != kPackFile) {
      LIMIER_TRY(auto rule, parse_rule(file));
      pack.rules.push_back(std::move(rule));
    }
  }
  if (!pack.languages_of.empty()) LIMIER_CHECK(add_languages(pack.languages_of, others, head->path, *lexicon));
  lexicon->finish();
  pack.lexicon = lexicon;
  pack.sha256 = digest_of_files(files);
  return pack;
}

Result<RuleSet> RuleSet::from_files(std::vector<PackFile> files, std::span<const PackFile> own) {
  const auto folder_of = [](const PackFile& file) {
    return std::string_view(file.path).substr(0, file.path.find('/'));
  };
  std::set<std::string_view> folders;
  for (const PackFile& file : files) folders.insert(folder_of(file));
  // A pack that is given takes the place of the program's own, for the languages of others too.
  std::vector<PackFile> all(files);
  for (const PackFile& file : own)
    if (!folders.contains(folder_of(file))) all.push_back(file);
  std::sort(files.begin(), files.end(), [](const auto& one, const auto& other) { return one.path < other.path; });
  RuleSet set;
  for (std::size_t first = 0; first < files.size();) {
    const std::string folder = files[first].path.substr(0, files[first].path.find('/') + 1);
    std::size_t last = first;
    while (last < files.size() && files[last].path.starts_with(folder)) ++last;
    LIMIER_TRY(auto pack, parse_pack(std::span(files).subspan(first, last - first), all));
    set.packs_.push_back(std::move(pack));
    first = last;
  }
  return set;
}

Result<RuleSet> RuleSet::load(const std::vector<std::string>& folders) {
  std::vector<PackFile> own;
  for (const EmbeddedFile& file : embedded_rules()) own.push_back({std::string(file.path), std::string(file.bytes)});
  LIMIER_TRY(RuleSet set, from_files(own));
  for (const std::string& folder : folders) {
    LIMIER_TRY(auto files, read_folder(folder));
    LIMIER_TRY(RuleSet more, from_files(std::move(files), own));
    for (Pack& pack : more.packs_) {
      std::erase_if(set.packs_, [&](const Pack& one) { return one.id == pack.id; });
      set.packs_.push_back(std::move(pack));
    }
  }
  LIMIER_CHECK(check_classes(set.packs_));
  return set;
}

std::string criteria_of(const Pack& pack, std::string_view text) {
  return criteria_text(*pack.lexicon, pack.lexicon->criteria(text));
}

}  // namespace limier::rules
