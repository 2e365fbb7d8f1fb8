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

  RowMap read(const toml::table& table, std::optional<RowMap>& attachment) {
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
      } else if (name == "geo" || name == "compare" || name == "history" || name == "file") {
        problems_.add(node, fmt::format("'{}' is not in this version", name));
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

  // attach = { col = "path", mime = "…", name = "…", size = "…" }: one attachment beside the row.
  std::optional<RowMap> read_attachment(const toml::node& node) {
    const catalog::KindInfo* kind = catalog::find_kind("attachment");
    const auto* table = node.as_table();
    if (table == nullptr || kind == nullptr || map_.kind->name != "message") {
      problems_.add(node, "'attach' is a table of a row that becomes a message");
      return std::nullopt;
    }
    MapReader reader(*kind, problems_);
    const TomlTable keys(*table, problems_);
    keys.only({"col", "mime", "name", "size"}, {"root", "sha256_b64", "strip"});
    if (const toml::node* path = table->get("col"))
      reader.add("path", *path);
    else
      problems_.add(node, "'attach' needs a 'col'");
    for (const std::string_view name : {"mime", "name", "size"})
      if (const toml::node* one = table->get(name)) reader.add(name, *one);
    return std::move(reader.map_);
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
    } else if (const auto* list = node.as_array(); list != nullptr) {
      for (const auto& one : *list) {
        const auto* part = one.as_table();
        if (part != nullptr && part->contains("decode"))
          refuse_decoder(TomlTable(*part, problems_));
        else
          for (std::string& text : texts_of(one, problems_)) rule.sources.push_back(std::move(text));
      }
    } else {
      rule.sources = texts_of(node, problems_);
    }
    if (rule.sources.empty() && rule.constant.empty())
      problems_.add(node, fmt::format("'{}' needs a column of the statement", rule.column->name));
    if (rule.column->as == As::kTime && rule.epoch == nullptr) {
      std::vector<std::string_view> names;
      for (const Epoch& epoch : epochs()) names.push_back(epoch.name);
      problems_.add(node, fmt::format("the time '{}' needs its epoch: {}", rule.column->name, fmt::join(names, ", ")));
    }
    if (rule.column->as == As::kWord && rule.words.empty())
      problems_.add(node, fmt::format("'{}' needs what is stored for its words: {}", rule.column->name,
                                      fmt::join(rule.column->words, ", ")));
    if (rule.column->as == As::kReference && table == nullptr)
      problems_.add(
          node, fmt::format("'{0}' needs the row it names: {{ row = \"{0}\", col = \"…\" }}", rule.column->refers_to));
  }

  void refuse_decoder(const TomlTable& table) {
    problems_.add(table.line(), fmt::format("the decoder '{}' is not in this version", table.text("decode")));
  }

  void read_rule_table(const TomlTable& table, CellRule& rule) {
    if (table.has("decode")) return refuse_decoder(table);
    rule.sources = table.texts("col");
    switch (rule.column->as) {
      case As::kText:
      case As::kOwnText:
        return read_text(table, rule);
      case As::kTime:
        table.only({"col", "epoch"});
        rule.epoch = find_epoch(table.text("epoch", true));
        return;
      case As::kFlag:
        table.only({"col", "any"});
        for (std::string& one : table.texts("any")) rule.sources.push_back(std::move(one));
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
        table.only({"col"});
        return;
    }
  }

  void read_text(const TomlTable& table, CellRule& rule) {
    table.only({"col", "text", "id", "name", "self_when", "enum", "else"}, {"self"});
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

  // Of which direction the cell is the device's own side, and NULL.
  void read_self(const TomlTable& table, CellRule& rule) {
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

  // direction = { col = "type", in = 1, out = [2, 4] }
  void read_words(const TomlTable& table, CellRule& rule) {
    for (const auto& [key, node] : table.table()) {
      const std::string_view name = key.str();
      if (name == "col") continue;
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
        else
          problems_.add(value, "what is stored is a whole number or a text");
      };
      if (const auto* list = node.as_array())
        for (const auto& one : *list) add_value(one);
      else
        add_value(node);
    }
  }

  PackProblems& problems_;
  RowMap map_;
};

}  // namespace

RowMap parse_map(const toml::table& map, const catalog::KindInfo& kind, PackProblems& problems,
                 std::optional<RowMap>& attachment) {
  return MapReader(kind, problems).read(map, attachment);
}

}  // namespace limier::content
