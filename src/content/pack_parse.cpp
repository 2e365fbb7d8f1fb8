#include <algorithm>

#include "content/pack_toml.h"

namespace limier::content {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::array<std::string_view, 3> kTiers{"data-proven", "source-verified", "unexercised"};

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_version(std::string_view text) {
  int parts = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9) return false;
    ++parts;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != '.' || text.size() == 1) return false;
    text.remove_prefix(1);
  }
  return parts == 3;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// "wa.contacts": a table of any database of the pack.
std::string any_table(std::string_view text, const Pack& pack, std::size_t line, PackProblems& problems,
                      std::string& database) {
  const std::size_t dot = text.find('.');
  const std::string_view table = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  database = std::string(text.substr(0, std::min(dot, text.size())));
  const bool known = database == pack.database.name ||
                     std::ranges::find(pack.beside, database, &PackDatabase::name) != pack.beside.end();
  if (known && is_identifier(table)) return std::string(table);
  problems.add(line, fmt::format("'{}' must be a table of the database: {}.TABLE", text, pack.database.name));
  return {};
}

// "msg.message": the table of the pack's first database; "" and a problem for anything else.
std::string table_name(std::string_view text, const Pack& pack, std::size_t line, PackProblems& problems) {
  const std::size_t dot = text.find('.');
  const std::string_view table = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  if (dot == std::string_view::npos || text.substr(0, dot) != pack.database.name || !is_identifier(table)) {
    problems.add(line, fmt::format("'{}' must be a table of the database: {}.TABLE", text, pack.database.name));
    return {};
  }
  return std::string(table);
}

void parse_columns(const toml::node& node, PackTable& table, PackProblems& problems) {
  table.columns = texts_of(node, problems);
  const bool good = is_identifier(table.name) && !table.columns.empty() &&
                    std::ranges::all_of(table.columns, [](const auto& column) { return is_identifier(column); });
  if (!good)
    problems.add(node, fmt::format("'{}' needs a list of its columns, names of letters, digits and _", table.name));
}

void parse_identity(const TomlTable& table, PackDatabase& database) {
  if (!is_identifier(database.name) || database.name == "temp" || database.name == "main")
    table.problems().add(table.line(),
                         "the name of a database has letters, digits and _ only, and is not main or temp");
  const auto* tables = table.table()["tables"].as_table();
  if (tables == nullptr || tables->empty()) {
    table.problems().add(table.line(), "a database needs its tables: [db.NAME.tables]");
    return;
  }
  for (const auto& [key, node] : *tables) {
    PackTable one{std::string(key.str()), {}};
    parse_columns(node, one, table.problems());
    database.tables.push_back(std::move(one));
  }
}

// Where a database beside the first lies, seen from that one's folder: a name, or a way that begins with "../".
std::string place_beside(std::string_view path) {
  if (path.starts_with("../")) return std::string(path);
  return std::string(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
}

void parse_beside(const TomlTable& table, Pack& pack, std::string_view name) {
  PackProblems& problems = table.problems();
  table.only({"path", "tables", "beside", "optional"});
  PackDatabase database;
  database.name = name;
  parse_identity(table, database);
  database.optional = table.flag("optional", false);
  if (table.text("beside", true) != pack.database.name)
    problems.add(table.line(), fmt::format("'beside' must be \"{}\", the first database", pack.database.name));
  for (const std::string& path : table.texts("path", true)) {
    database.paths.push_back(place_beside(path));
    const std::string& place = database.paths.back();
    if (place.empty() || place.find("..", place.starts_with("../") ? 3 : 0) != std::string::npos)
      problems.add(table.line(),
                   fmt::format("'{}' is no place beside a database: a name, or one \"../\" in front", path));
  }
  if (pack.beside.size() == kMaxBeside)
    problems.add(table.line(), fmt::format("a pack has at most {} databases beside the first", kMaxBeside));
  pack.beside.push_back(std::move(database));
}

void parse_databases(const toml::table& document, Pack& pack, PackProblems& problems) {
  const auto* databases = document["db"].as_table();
  if (databases == nullptr || databases->empty()) {
    problems.add(1, "a pack needs a [db.NAME] with the tables by which its database is known");
    return;
  }
  // In the order of the file.
  std::vector<std::pair<std::string_view, const toml::table*>> all;
  for (const auto& [key, node] : *databases) {
    if (node.is_table())
      all.emplace_back(key.str(), node.as_table());
    else
      problems.add(node, fmt::format("'{}' must be a table: [db.{}]", key.str(), key.str()));
  }
  std::ranges::sort(all, {}, [](const auto& one) { return one.second->source().begin.line; });
  if (all.empty()) return;
  const TomlTable first(*all.front().second, problems);
  first.only({"path", "tables", "backup"});
  pack.database.name = all.front().first;
  pack.database.paths = first.texts("path");
  if (const std::string backup = first.text("backup"); !backup.empty()) pack.database.paths.push_back("*/" + backup);
  parse_identity(first, pack.database);
  for (std::size_t i = 1; i < all.size(); ++i) parse_beside(TomlTable(*all[i].second, problems), pack, all[i].first);
}

// caps: "msg.jid_map(lid_row_id, jid_row_id)".
void parse_capabilities(const toml::table& document, Pack& pack, PackProblems& problems) {
  const auto* table = document["caps"].as_table();
  if (table == nullptr) return;
  for (const auto& [key, node] : *table) {
    const auto* text = node.as_string();
    const std::string_view value = text != nullptr ? std::string_view(text->get()) : std::string_view();
    const std::size_t open = value.find('(');
    if (open == std::string_view::npos || value.back() != ')') {
      problems.add(node, fmt::format("'{}' must name a table and columns: \"{}.TABLE(COLUMN, COLUMN)\"", key.str(),
                                     pack.database.name));
      continue;
    }
    Capability capability{std::string(key.str()), {}, {}};
    capability.table.name =
        any_table(value.substr(0, open), pack, node.source().begin.line, problems, capability.database);
    std::string_view rest = value.substr(open + 1, value.size() - open - 2);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      capability.table.columns.emplace_back(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (capability.table.columns.empty() || !std::ranges::all_of(capability.table.columns, is_identifier))
      problems.add(node, fmt::format("'{}' needs columns, names of letters, digits and _", key.str()));
    pack.capabilities.push_back(std::move(capability));
  }
}

// Each table of an array of tables, in the order of the file.
template <class Each>
void each_table(const toml::table& document, std::string_view name, PackProblems& problems, const Each& each) {
  const toml::node* node = document.get(name);
  if (node == nullptr) return;
  const auto* list = node->as_array();
  if (list == nullptr || list->size() > kMaxPackParts || !list->is_homogeneous(toml::node_type::table)) {
    problems.add(*node, fmt::format("write [[{}]] above the keys of each", name));
    return;
  }
  for (const auto& one : *list) each(TomlTable(*one.as_table(), problems));
}

// [parts]: text that statements have in common.
void parse_parts(const toml::table& document, Pack& pack, PackProblems& problems) {
  const auto* table = document["parts"].as_table();
  if (table == nullptr) return;
  const TomlTable parts(*table, problems);
  for (const auto& [key, node] : *table) {
    if (!is_identifier(key.str()) || key.str() == "where" || pack.parts.size() == kMaxPackParts)
      problems.add(node, fmt::format("'{}' is no name of a part", key.str()));
    pack.parts.emplace_back(key.str(), parts.text(key.str(), true));
  }
}

// The statement with {{name}} replaced by the part of that name. Parts do not stand in parts.
std::string put_parts(std::string_view sql, const Pack& pack) {
  std::string whole;
  while (!sql.empty()) {
    const std::size_t open = std::min(sql.find("{{"), sql.size());
    whole += sql.substr(0, open);
    sql.remove_prefix(open);
    const std::size_t close = sql.find("}}");
    const auto part = std::ranges::find_if(
        pack.parts, [&](const auto& one) { return sql.size() > 2 && sql.substr(2, close - 2) == one.first; });
    if (part != pack.parts.end()) {
      whole += part->second;
      sql.remove_prefix(close + 2);
    } else {
      whole += sql.substr(0, 2);
      sql.remove_prefix(std::min<std::size_t>(sql.size(), 2));
    }
  }
  return whole;
}

PackRow parse_row(const TomlTable& table, const Pack& pack) {
  PackProblems& problems = table.problems();
  table.only({"to", "driver", "group", "where", "needs", "sql", "map"});
  PackRow row;
  row.line = table.line();
  row.driver = table_name(table.text("driver", true), pack, row.line, problems);
  row.group = table.flag("group", false);
  row.where = put_parts(table.text("where"), pack);
  row.sql = put_parts(table.text("sql", true), pack);
  row.needs = table.texts("needs");
  for (const std::string& need : row.needs)
    if (std::ranges::find(pack.capabilities, need, &Capability::name) == pack.capabilities.end())
      problems.add(row.line, fmt::format("'{}' is not in [caps]", need));
  if (!row.where.empty() && row.sql.find("{{where}}") == std::string::npos)
    problems.add(row.line, "'where' counts the rows that must come out: the statement has to use it, as {{where}}");
  if (!alias_of(row.sql, pack.database.name + "." + row.driver))
    problems.add(row.line,
                 fmt::format("the statement does not read its driver, {}.{}", pack.database.name, row.driver));
  const std::string to = table.text("to", true);
  const catalog::KindInfo* kind = catalog::find_kind(to);
  if (kind == nullptr || kind->origin != catalog::Origin::kContent) {
    problems.add(row.line, fmt::format("there is no kind of row '{}' for what stands in files", to));
    return row;
  }
  const auto* map = table.table()["map"].as_table();
  if (map == nullptr)
    problems.add(row.line, "a row needs its [row.map]");
  else
    row.map = parse_map(*map, *kind, problems, row.attachment, row.place);
  return row;
}

// A reference names a kind; here the table that its rows are from becomes known.
void resolve_references(Pack& pack, PackProblems& problems) {
  for (PackRow& row : pack.rows)
    for (CellRule& rule : row.map.rules) {
      if (rule.column->as != catalog::As::kReference) continue;
      std::vector<std::string> drivers;
      for (const PackRow& other : pack.rows)
        if (other.map.kind != nullptr && other.map.kind->name == rule.column->refers_to)
          if (rule.row_table.empty() || rule.row_table == pack.database.name + "." + other.driver)
            drivers.push_back(other.driver);
      if (drivers.size() == 1)
        rule.row_table = drivers.front();
      else
        problems.add(row.line, fmt::format("the {} of a row must be of one [[row]]: name its driver, as in driver = "
                                           "\"{}.TABLE\"",
                                           rule.column->refers_to, pack.database.name));
    }
}

PackGap parse_gap(const TomlTable& table, const Pack& pack) {
  table.only({"table", "sequence", "column"});
  PackGap gap;
  gap.table = table_name(table.text("table", true), pack, table.line(), table.problems());
  gap.sequence = table.has("sequence");
  gap.column = gap.sequence ? table.text("sequence") : table.text("column", true);
  if (!is_identifier(gap.column)) table.problems().add(table.line(), "a gap names one column");
  if (gap.sequence && table.has("column"))
    table.problems().add(table.line(), "a gap has either 'sequence' or 'column'");
  return gap;
}

// rows.message = 10, issues = { code = 2 }
std::vector<std::pair<std::string, std::int64_t>> parse_counts(const TomlTable& table, std::string_view key) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  const toml::node* node = table.table().get(key);
  if (node == nullptr) return counts;
  const auto* all = node->as_table();
  if (all == nullptr) {
    table.problems().add(*node, fmt::format("'{}' is a table of counts", key));
    return counts;
  }
  for (const auto& [name, count] : *all) {
    if (const auto* number = count.as_integer())
      counts.emplace_back(name.str(), number->get());
    else
      table.problems().add(count, fmt::format("'{}' must be a count", name.str()));
  }
  return counts;
}

PackTest parse_test(const TomlTable& table, const Pack& pack) {
  table.only({"name", "files", "match", "rows", "issues", "first"});
  PackTest test;
  test.line = table.line();
  test.name = table.text("name", true);
  test.match = table.flag("match", true);
  test.rows = parse_counts(table, "rows");
  test.issues = parse_counts(table, "issues");
  if (const auto* first = table.table()["first"].as_table())
    for (const auto& [column, node] : *first)
      test.first.emplace_back(column.str() == "time" ? "t" : column.str(),
                              TomlTable(*first, table.problems()).text(column.str(), true));
  const auto* files = table.table()["files"].as_table();
  if (files == nullptr || !files->contains(pack.database.name)) {
    table.problems().add(table.line(),
                         fmt::format("a test names a file: files = {{ {} = \"…\" }}", pack.database.name));
    return test;
  }
  for (const auto& [key, node] : *files) {
    const std::string_view name = key.str();
    const bool known =
        name == pack.database.name || std::ranges::find(pack.beside, name, &PackDatabase::name) != pack.beside.end();
    if (!known) table.problems().add(node, fmt::format("there is no [db.{}]", name));
    test.files.emplace_back(name, TomlTable(*files, table.problems()).text(name, true));
  }
  return test;
}

void parse_head(const TomlTable& document, Pack& pack) {
  PackProblems& problems = document.problems();
  document.only(
      {"pack", "version", "format", "app", "sources", "evidence", "db", "caps", "parts", "row", "gap", "test"});
  pack.name = document.text("pack", true);
  pack.version = document.text("version", true);
  pack.evidence = document.text("evidence", true);
  pack.sources = document.texts("sources");
  if (!is_name(pack.name)) problems.add(1, "'pack' is a name of small letters, digits and -");
  if (!is_version(pack.version)) problems.add(1, "'version' has three numbers: 1.0.0");
  if (std::ranges::find(kTiers, pack.evidence) == kTiers.end())
    problems.add(1, "'evidence' is data-proven, source-verified or unexercised");
  const auto* format = document.table()["format"].as_integer();
  if (format == nullptr || format->get() != kFormat)
    problems.add(1, fmt::format("'format' must be {}: this version reads no other", kFormat));
  const auto* app = document.table()["app"].as_table();
  if (app == nullptr) {
    problems.add(1, "a pack names its application: app = { name = \"…\", ids = [\"…\"] }");
    return;
  }
  const TomlTable table(*app, problems);
  table.only({"name", "ids"});
  pack.app = table.text("name", true);
  pack.app_ids = table.texts("ids");
}

}  // namespace

void TomlTable::only(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::ranges::find(keys, name) != keys.end()) continue;
    problems_.add(node, fmt::format("there is no key '{}' here; the keys are {}", name, fmt::join(keys, ", ")));
  }
}

std::string TomlTable::text(std::string_view key, bool required) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    if (required) problems_.add(line(), fmt::format("'{}' is missing", key));
    return {};
  }
  if (const auto* text = node->as_string(); text != nullptr && !text->get().empty()) return text->get();
  problems_.add(*node, fmt::format("'{}' must be a text in quotes", key));
  return {};
}

bool TomlTable::flag(std::string_view key, bool otherwise) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return otherwise;
  if (const auto* flag = node->as_boolean()) return flag->get();
  problems_.add(*node, fmt::format("'{}' must be true or false", key));
  return otherwise;
}

std::vector<std::string> TomlTable::texts(std::string_view key, bool required) const {
  const toml::node* node = table_.get(key);
  if (node != nullptr) return texts_of(*node, problems_);
  if (required) problems_.add(line(), fmt::format("'{}' is missing", key));
  return {};
}

std::vector<std::string> texts_of(const toml::node& node, PackProblems& problems) {
  std::vector<std::string> texts;
  if (const auto* text = node.as_string()) return {text->get()};
  const auto* list = node.as_array();
  if (list == nullptr || list->size() > kMaxPackParts) {
    problems.add(node, "this must be a list of texts in quotes");
    return texts;
  }
  for (const auto& one : *list) {
    if (const auto* text = one.as_string())
      texts.push_back(text->get());
    else
      problems.add(one, "this must be a text in quotes");
  }
  return texts;
}

Result<Pack> parse_pack(const PackText& text) {
  PackProblems problems(text.name);
  Pack pack;
  if (text.toml.size() > kMaxPackBytes) {
    problems.add(1, fmt::format("a pack has at most {} bytes", kMaxPackBytes));
    return problems.error();
  }
  toml::table document;
  try {
    document = toml::parse(text.toml);
  } catch (const toml::parse_error& error) {
    problems.add(error.source().begin.line, std::string(error.description()));
    return problems.error();
  }
  parse_head(TomlTable(document, problems), pack);
  parse_databases(document, pack, problems);
  parse_capabilities(document, pack, problems);
  parse_parts(document, pack, problems);
  each_table(document, "row", problems, [&](const TomlTable& table) { pack.rows.push_back(parse_row(table, pack)); });
  each_table(document, "gap", problems, [&](const TomlTable& table) { pack.gaps.push_back(parse_gap(table, pack)); });
  each_table(document, "test", problems,
             [&](const TomlTable& table) { pack.tests.push_back(parse_test(table, pack)); });
  if (pack.rows.empty()) problems.add(1, "a pack needs a [[row]]");
  resolve_references(pack, problems);
  for (const PackRow& row : pack.rows) {
    std::string problem;
    std::vector<std::pair<std::string, bool>> none;
    for (const Capability& one : pack.capabilities) none.emplace_back(one.name, false);
    if (!expand_sql(row, none, problem)) problems.add(row.line, problem);
  }
  if (problems.any()) return problems.error();
  return pack;
}

}  // namespace limier::content
