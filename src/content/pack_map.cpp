// [row.map]: which column of a statement becomes which column of a row. It knows columns by their declaration alone, so
// a new kind of row needs nothing here.
#include <algorithm>
#include <array>

#include "content/pack_toml.h"

namespace limier::content {
namespace {

using catalog::As;

// Kinds of identifiers that `id` may name.
constexpr std::array<std::string_view, 5> kIdKinds{"email", "phone", "phone-or-email", "user-name", "wa-jid"};

class MapReader {
 public:
  MapReader(const catalog::KindInfo& kind, PackProblems& problems) : problems_(problems) { map_.kind = &kind; }

  RowMap read(const toml::table& table, std::optional<RowMap>& attachment, std::optional<RowMap>& place) {
    for (const auto& [key, node] : table) {
      const std::string_view name = key.str();
      if (name == "time") {
        add("t", node);
      } else if (name == "time2") {
        read_times(node);
      } else if (name == "attach") {
        attachment = read_attachment(node);
      } else if (name == "of") {
        add(reference(), node);
      } else if (name == "geo") {
        place = read_place(node);
      } else if (name == "compare") {
        read_comparison(node);
      } else if (name == "history") {
        read_history(node);
      } else if (name == "file") {
        read_file(node);
      } else {
        add(name, node);
      }
    }
    return std::move(map_);
  }

 private:
  std::string_view reference() const {
    const auto found = std::ranges::find(map_.kind->columns, As::kReference, &catalog::ColumnInfo::as);
    return found == map_.kind->columns.end() ? std::string_view("of") : found->name;
  }

  void read_times(const toml::node& node) {
    const auto* times = node.as_table();
    if (times == nullptr) {
      problems_.add(node, "'time2' is a table of times: received = { col = \"…\", epoch = \"…\" }");
      return;
    }
    for (const auto& [key, time] : *times) {
      const CellRule* rule = add(key.str(), time);
      if (rule != nullptr && rule->column->as != As::kTime)
        problems_.add(time, fmt::format("'{}' is no time", key.str()));
    }
  }

  const toml::table* own_table(const toml::node& node, std::string_view key, std::string_view kind) {
    const auto* table = node.as_table();
    if (table == nullptr || map_.kind->name != kind)
      problems_.add(node, fmt::format("'{}' is a table of a row that becomes {} {}", key,
                                      kind.starts_with('a') ? "an" : "a", kind));
    return table != nullptr && map_.kind->name == kind ? table : nullptr;
  }

  // strip = "~/", root = ["/private/var/mobile/"]: where the file of a stored path lies on the device.
  void read_places(const TomlTable& table) {
    if (!table.has("strip") && !table.has("root")) return;
    map_.places = FilePlaces{table.text("strip"), table.texts("root", true)};
  }

  // attach = { col = "path", mime = "…", name = "…", size = "…", sha256_b64 = "…" }: one attachment beside the row.
  std::optional<RowMap> read_attachment(const toml::node& node) {
    const catalog::KindInfo* kind = catalog::find_kind("attachment");
    const auto* table = own_table(node, "attach", "message");
    if (table == nullptr || kind == nullptr) return std::nullopt;
    MapReader reader(*kind, problems_);
    const TomlTable keys(*table, problems_);
    keys.only({"col", "mime", "name", "size", "sha256_b64", "strip", "root"});
    if (const toml::node* path = table->get("col"))
      reader.add("path", *path);
    else
      problems_.add(node, "'attach' needs a 'col'");
    for (const std::string_view name : {"mime", "name", "size"})
      if (const toml::node* one = table->get(name)) reader.add(name, *one);
    if (const toml::node* one = table->get("sha256_b64")) reader.add_digest(*one);
    reader.read_places(keys);
    return std::move(reader.map_);
  }

  // file = { col = "path", strip = "~/", root = […] }, in a row of its own.
  void read_file(const toml::node& node) {
    const auto* table = own_table(node, "file", "attachment");
    if (table == nullptr) return;
    const TomlTable keys(*table, problems_);
    keys.only({"col", "strip", "root"});
    if (const toml::node* path = table->get("col"))
      add("path", *path);
    else
      problems_.add(node, "'file' needs a 'col'");
    read_places(keys);
  }

  // geo = { lat = "…", lon = "…", accuracy = "…", what = "…" }: a place beside the row, with its time.
  std::optional<RowMap> read_place(const toml::node& node) {
    const catalog::KindInfo* kind = catalog::find_kind("place");
    const auto* table = node.as_table();
    if (table == nullptr || kind == nullptr || kind == map_.kind) {
      problems_.add(node, "'geo' is a table: { lat = \"…\", lon = \"…\" }");
      return std::nullopt;
    }
    TomlTable(*table, problems_).only({"lat", "lon", "accuracy", "what"});
    MapReader reader(*kind, problems_);
    for (const auto& [key, column] : {std::pair("lat", "latitude"), std::pair("lon", "longitude")}) {
      if (const toml::node* one = table->get(key))
        reader.add(column, *one);
      else
        problems_.add(node, fmt::format("'geo' needs a '{}'", key));
    }
    if (const toml::node* one = table->get("accuracy")) reader.add("accuracy_m", *one);
    if (const toml::node* one = table->get("what")) reader.add("what", *one);
    reader.add_otherwise("what", map_.kind->name);
    return std::move(reader.map_);
  }

  // history = { col = "…", decode = "…", path = "…", then = "…" }
  void read_history(const toml::node& node) {
    if (const auto* table = own_table(node, "history", "message")) {
      const TomlTable keys(*table, problems_);
      keys.only({"col", "decode", "path", "then"});
      map_.history = read_source(keys, "col", "decode");
      if (map_.history->steps.empty()) problems_.add(node, "'history' needs a 'decode'");
    }
  }

  // compare = { a = "…", decode_a = "…", b = "…", decode_b = "…", issue = "…" }
  void read_comparison(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return problems_.add(node, "'compare' is a table: { a = \"…\", b = \"…\", issue = \"…\" }");
    const TomlTable keys(*table, problems_);
    keys.only({"a", "b", "decode_a", "decode_b", "issue"});
    map_.comparison = BodyComparison{read_source(keys, "a", "decode_a"), read_source(keys, "b", "decode_b"),
                                     keys.text("issue", true)};
    if (!is_code(map_.comparison->issue)) problems_.add(node, "'issue' is a code of small letters and -");
  }
  static bool is_code(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  }

  // A column, and its decoders: decode = "…", path = "…", then = "…" or a list.
  CellSource read_source(const TomlTable& table, std::string_view column, std::string_view decode) {
    CellSource source{table.text(column, true), {}};
    if (!table.has(decode)) {
      for (const std::string_view key : {"path", "then"})
        if (table.has(key)) problems_.add(table.line(), fmt::format("'{}' belongs to a 'decode'", key));
      return source;
    }
    add_step(table, source, table.text(decode, true), table.text("path"));
    // "json:a.b" is a decoder with its path.
    for (const std::string& then : table.texts("then")) {
      const std::size_t colon = std::min(then.find(':'), then.size());
      add_step(table, source, then.substr(0, colon), then.substr(std::min(colon + 1, then.size())));
    }
    return source;
  }
  void add_step(const TomlTable& table, CellSource& source, const std::string& name, std::string path) {
    const decode::Decoder* decoder = decode::find_decoder(name);
    if (decoder == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& one : decode::decoders()) names.push_back(one.name);
      return problems_.add(table.line(),
                           fmt::format("there is no decoder '{}'; they are {}", name, fmt::join(names, ", ")));
    }
    if (source.steps.size() == decode::kMaxSteps)
      problems_.add(table.line(), fmt::format("a value goes through at most {} decoders", decode::kMaxSteps));
    if (decoder->takes_path == path.empty())
      problems_.add(table.line(), fmt::format("the decoder '{}' {}", name,
                                              decoder->takes_path ? "needs a 'path'" : "takes no 'path'"));
    if (!decode::parse_path(path)) problems_.add(table.line(), fmt::format("'{}' is no path", path));
    source.steps.push_back({decoder, std::move(path)});
  }

  // What a text is where no column gives one.
  void add_otherwise(std::string_view name, std::string_view text) {
    const auto& columns = map_.kind->columns;
    const auto found = std::ranges::find(columns, name, &catalog::ColumnInfo::name);
    const std::size_t cell = catalog::kPlaceCells + static_cast<std::size_t>(found - columns.begin());
    auto rule = std::ranges::find(map_.rules, cell, &CellRule::cell);
    if (rule == map_.rules.end()) {
      rule = map_.rules.emplace(map_.rules.end());
      rule->cell = cell;
      rule->column = &*found;
    }
    rule->constant = text;
  }

  void add_digest(const toml::node& node) {
    add("sha256", node);
    if (!map_.rules.empty()) map_.rules.back().from_base64 = true;
  }

  // nullptr, and a problem, when the kind has no such column.
  const CellRule* add(std::string_view name, const toml::node& node) {
    const auto& columns = map_.kind->columns;
    const auto found = std::ranges::find(columns, name, &catalog::ColumnInfo::name);
    if (found == columns.end()) {
      problems_.add(node, fmt::format("a row of {} has no column '{}'", map_.kind->plural, name));
      return nullptr;
    }
    CellRule rule;
    rule.column = &*found;
    rule.cell = catalog::kPlaceCells + static_cast<std::size_t>(found - columns.begin());
    if (std::ranges::find(map_.rules, rule.cell, &CellRule::cell) != map_.rules.end())
      problems_.add(node, fmt::format("'{}' is mapped twice", name));
    read_rule(node, rule);
    map_.rules.push_back(std::move(rule));
    return &map_.rules.back();
  }

  void read_rule(const toml::node& node, CellRule& rule) {
    const auto* table = node.as_table();
    if (table != nullptr) {
      read_rule_table(TomlTable(*table, problems_), rule);
    } else {
      read_sources(node, rule);
    }
    if (rule.sources.empty() && rule.constant.empty())
      problems_.add(node, fmt::format("'{}' needs a column of the statement", rule.column->name));
    if (rule.column->as == As::kTime && rule.epoch == nullptr) {
      std::vector<std::string_view> names;
      for (const Epoch& epoch : epochs()) names.push_back(epoch.name);
      problems_.add(node, fmt::format("the time '{}' needs its epoch: {}", rule.column->name, fmt::join(names, ", ")));
    }
    if (rule.column->as == As::kWord && rule.words.empty() && !rule.same_as)
      problems_.add(node, fmt::format("'{}' needs what is stored for its words: {}", rule.column->name,
                                      fmt::join(rule.column->words, ", ")));
    if (rule.column->as == As::kReference && table == nullptr)
      problems_.add(
          node, fmt::format("'{0}' needs the row it names: {{ row = \"{0}\", col = \"…\" }}", rule.column->refers_to));
  }

  // A column, or a list of them; each may have decoders of its own.
  void read_sources(const toml::node& node, CellRule& rule) {
    const auto* list = node.as_array();
    if (list == nullptr) return add_columns(rule, texts_of(node, problems_));
    for (const auto& one : *list) {
      if (const auto* part = one.as_table()) {
        const TomlTable keys(*part, problems_);
        keys.only({"col", "decode", "path", "then"});
        rule.sources.push_back(read_source(keys, "col", "decode"));
      } else {
        add_columns(rule, texts_of(one, problems_));
      }
    }
  }

  static void add_columns(CellRule& rule, std::vector<std::string> columns) {
    for (std::string& column : columns) rule.sources.push_back({std::move(column), {}});
  }

  void read_rule_table(const TomlTable& table, CellRule& rule) {
    if (table.has("decode") || table.has("path") || table.has("then"))
      rule.sources.push_back(read_source(table, "col", "decode"));
    else if (const toml::node* columns = table.table().get("col"))
      read_sources(*columns, rule);
    switch (rule.column->as) {
      case As::kText:
      case As::kOwnText:
        return read_text(table, rule);
      case As::kTime:
        table.only({"col", "decode", "path", "then", "epoch"});
        rule.epoch = find_epoch(table.text("epoch", true));
        return;
      case As::kFlag:
        table.only({"col", "decode", "path", "then", "any"});
        add_columns(rule, table.texts("any"));
        return;
      case As::kWord:
        return read_words(table, rule);
      case As::kReference:
        table.only({"col", "row", "driver"});
        rule.row_table = table.text("driver");
        if (table.text("row", true) != rule.column->refers_to)
          problems_.add(table.line(), fmt::format("'row' must be \"{}\"", rule.column->refers_to));
        return;
      case As::kInteger:
      case As::kReal:
        table.only({"col", "decode", "path", "then"});
        return;
    }
  }

  void read_text(const TomlTable& table, CellRule& rule) {
    table.only({"col", "decode", "path", "then", "text", "id", "name", "self_when", "self", "enum", "else"});
    rule.constant = table.text("text");
    if (!rule.constant.empty() && !rule.sources.empty())
      problems_.add(table.line(), "a cell has either 'col' or 'text'");
    // Numbers and addresses are kept as stored.
    const std::string id = table.text("id");
    if (!id.empty() && std::ranges::find(kIdKinds, id) == kIdKinds.end())
      problems_.add(table.line(),
                    fmt::format("there is no kind of identifier '{}'; they are {}", id, fmt::join(kIdKinds, ", ")));
    read_self(table, rule);
    read_codes(table, rule);
    if (const toml::node* name = table.table().get("name")) add(fmt::format("{}_name", rule.column->name), *name);
  }

  // Of which direction the cell is the device's own side, and NULL; and the column that has the id of that side.
  void read_self(const TomlTable& table, CellRule& rule) {
    if (table.has("self")) map_.own_id = CellSource{table.text("self", true), {}};
    rule.self_when = table.text("self_when");
    if (rule.self_when.empty()) return;
    const auto direction = std::ranges::find(map_.kind->columns, "direction", &catalog::ColumnInfo::name);
    if (direction == map_.kind->columns.end() ||
        std::ranges::find(direction->words, rule.self_when) == direction->words.end())
      problems_.add(table.line(),
                    fmt::format("'{}' is no direction of a row of {}", rule.self_when, map_.kind->plural));
  }

  void read_codes(const TomlTable& table, CellRule& rule) {
    if (const std::string otherwise = table.text("else"); otherwise != "as-stored") rule.otherwise = otherwise;
    const toml::node* node = table.table().get("enum");
    if (node == nullptr) {
      if (table.has("else")) problems_.add(table.line(), "'else' belongs to an 'enum'");
      return;
    }
    const auto* codes = node->as_table();
    if (codes == nullptr || codes->size() > kMaxPackParts) {
      problems_.add(*node, "'enum' is a table: what is stored, and the word for it");
      return;
    }
    const TomlTable all(*codes, problems_);
    for (const auto& [key, word] : *codes) rule.codes.emplace_back(key.str(), all.text(key.str(), true));
  }

  // else = "in": any other value that is stored.
  void read_other_word(const TomlTable& table, CellRule& rule) {
    const auto word = std::ranges::find(rule.column->words, table.text("else", true));
    if (word == rule.column->words.end())
      problems_.add(table.line(), fmt::format("'else' is one of the words of '{}': {}", rule.column->name,
                                              fmt::join(rule.column->words, ", ")));
    else
      rule.other = word - rule.column->words.begin();
  }

  // direction = { col = "type", in = 1, out = [2, 4] }, or { col = "writer", out = { col = "owner" }, else = "in" }
  void read_words(const TomlTable& table, CellRule& rule) {
    rule.constant = table.text("text");
    for (const auto& [key, node] : table.table()) {
      const std::string_view name = key.str();
      if (name == "col" || name == "decode" || name == "path" || name == "then" || name == "text") continue;
      if (name == "else") {
        read_other_word(table, rule);
        continue;
      }
      const auto word = std::ranges::find(rule.column->words, name);
      if (word == rule.column->words.end()) {
        problems_.add(node, fmt::format("'{}' is no word of '{}': {}", name, rule.column->name,
                                        fmt::join(rule.column->words, ", ")));
        continue;
      }
      const std::int64_t number = word - rule.column->words.begin();
      const auto add_value = [&](const toml::node& value) {
        if (const auto* stored = value.as_integer())
          rule.words.emplace_back(std::to_string(stored->get()), number);
        else if (const auto* text = value.as_string())
          rule.words.emplace_back(text->get(), number);
        else if (const auto* same = value.as_table(); same != nullptr && !rule.same_as) {
          const TomlTable keys(*same, problems_);
          keys.only({"col"});
          rule.same_as = CellSource{keys.text("col", true), {}};
          rule.same = number;
        } else
          problems_.add(value, "what is stored is a whole number or a text, or for one word a column: { col = \"…\" }");
      };
      if (const auto* list = node.as_array())
        for (const auto& one : *list) add_value(one);
      else
        add_value(node);
    }
    if (rule.constant.empty()) return;
    const auto word = std::ranges::find(rule.column->words, rule.constant);
    if (word == rule.column->words.end() || !rule.sources.empty() || !rule.words.empty())
      problems_.add(table.line(), fmt::format("'text' is one of the words of '{}', and nothing beside it: {}",
                                              rule.column->name, fmt::join(rule.column->words, ", ")));
    else
      rule.words.emplace_back(rule.constant, word - rule.column->words.begin());
  }

  PackProblems& problems_;
  RowMap map_;
};

}  // namespace

RowMap parse_map(const toml::table& map, const catalog::KindInfo& kind, PackProblems& problems,
                 std::optional<RowMap>& attachment, std::optional<RowMap>& place) {
  return MapReader(kind, problems).read(map, attachment, place);
}

}  // namespace limier::content
