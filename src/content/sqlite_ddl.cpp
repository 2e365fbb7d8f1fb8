#include "content/sqlite_ddl.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace limier::content {
namespace {

struct Token {
  enum class Kind : std::uint8_t { kEnd, kWord, kQuoted, kString, kNumber, kSign };
  Kind kind = Kind::kEnd;
  std::string text;  // unquoted

  [[nodiscard]] bool is(std::string_view word) const { return kind == Kind::kWord && is_same_word(text, word); }
  [[nodiscard]] bool sign(char c) const { return kind == Kind::kSign && text[0] == c; }
  [[nodiscard]] bool is_name() const { return kind == Kind::kWord || kind == Kind::kQuoted || kind == Kind::kString; }
};

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         byte >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Token next() {
    skip_space();
    if (at_ >= sql_.size()) return {};
    const char c = sql_[at_];
    if (c == '"' || c == '`') return quoted(c, Token::Kind::kQuoted);
    if (c == '\'') return quoted(c, Token::Kind::kString);
    if (c == '[') return bracketed();
    if (!is_word_byte(c)) return {Token::Kind::kSign, std::string(1, sql_[at_++])};
    const std::size_t from = at_;
    const bool number = c >= '0' && c <= '9';
    while (at_ < sql_.size() && (is_word_byte(sql_[at_]) || (number && sql_[at_] == '.'))) ++at_;
    return {number ? Token::Kind::kNumber : Token::Kind::kWord, std::string(sql_.substr(from, at_ - from))};
  }

 private:
  void skip_space() {
    while (at_ < sql_.size()) {
      const std::string_view rest = sql_.substr(at_);
      if (rest.starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else if (rest[0] == ' ' || (rest[0] >= '\t' && rest[0] <= '\r')) {
        ++at_;
      } else {
        return;
      }
    }
  }
  // A quote stands for itself when there are two.
  Token quoted(char quote, Token::Kind kind) {
    Token token{kind, ""};
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != quote) {
        token.text += sql_[at_];
      } else if (at_ + 1 < sql_.size() && sql_[at_ + 1] == quote) {
        token.text += sql_[++at_];
      } else {
        ++at_;
        break;
      }
    }
    return token;
  }
  Token bracketed() {
    const std::size_t end = std::min(sql_.find(']', at_), sql_.size());
    Token token{Token::Kind::kQuoted, std::string(sql_.substr(at_ + 1, end - at_ - 1))};
    at_ = std::min(end + 1, sql_.size());
    return token;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

Affinity affinity_of(std::string_view type) {
  std::string upper(type);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto has = [&](std::string_view part) { return upper.find(part) != std::string::npos; };
  if (has("INT")) return Affinity::kInteger;
  if (has("CHAR") || has("CLOB") || has("TEXT")) return Affinity::kText;
  if (upper.empty() || has("BLOB")) return Affinity::kBlob;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::kReal;
  return Affinity::kNumeric;
}

bool begins_constraint(const Token& token) {
  static constexpr std::array<std::string_view, 11> kWords{
      "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return token.is(word); });
}

bool begins_table_constraint(const Token& token) {
  static constexpr std::array<std::string_view, 5> kWords{"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return token.is(word); });
}

using Tokens = std::vector<Token>;

// A literal after DEFAULT; anything else reads as NULL here.
SqliteValue literal_of(const Tokens& tokens, std::size_t at, Affinity affinity) {
  SqliteValue value;
  bool minus = false;
  while (at < tokens.size() && (tokens[at].sign('-') || tokens[at].sign('+') || tokens[at].sign('('))) {
    minus = minus != tokens[at].sign('-');
    ++at;
  }
  if (at >= tokens.size()) return value;
  const Token& token = tokens[at];
  const bool text = token.kind == Token::Kind::kString || token.kind == Token::Kind::kQuoted;
  if (token.is("TRUE") || token.is("FALSE")) {
    value.kind = SqliteValue::Kind::kInteger;
    value.integer = token.is("TRUE") ? 1 : 0;
  } else if (text || (token.kind == Token::Kind::kNumber && affinity == Affinity::kText)) {
    value.kind = SqliteValue::Kind::kText;
    value.bytes = (minus ? "-" : "") + token.text;
  } else if (token.kind == Token::Kind::kNumber) {
    const char* end = token.text.data() + token.text.size();
    value.kind = SqliteValue::Kind::kInteger;
    if (std::from_chars(token.text.data(), end, value.integer).ptr != end) {
      value.kind = SqliteValue::Kind::kReal;
      if (std::from_chars(token.text.data(), end, value.real).ptr != end) return {};
    }
    if (minus) {
      value.integer = -value.integer;
      value.real = -value.real;
    }
  }
  return value;
}

class TableReader {
 public:
  explicit TableReader(std::string_view sql) : lexer_(sql) {}

  std::optional<TableShape> read() {
    if (!lexer_.next().is("CREATE")) return std::nullopt;
    bool table = false;
    Token token = lexer_.next();
    for (; token.kind != Token::Kind::kEnd && !token.sign('('); token = lexer_.next()) {
      table = table || token.is("TABLE");
      if (token.is("VIRTUAL") || (table && token.is("AS"))) return std::nullopt;
    }
    if (!table || !token.sign('(')) return std::nullopt;
    if (!read_items()) return std::nullopt;
    bool without = false;
    for (token = lexer_.next(); token.kind != Token::Kind::kEnd; token = lexer_.next()) {
      if (without && token.is("ROWID")) shape_.without_rowid = true;
      without = token.is("WITHOUT");
    }
    if (shape_.columns.empty()) return std::nullopt;
    settle_key();
    return std::move(shape_);
  }

 private:
  // The items between the parentheses, each with its tokens. False: they do not end.
  bool read_items() {
    Tokens item;
    std::size_t depth = 1;
    while (true) {
      Token token = lexer_.next();
      if (token.kind == Token::Kind::kEnd) return false;
      if (token.sign('(')) ++depth;
      if (token.sign(')') && --depth == 0) {
        take_item(item);
        return true;
      }
      if (depth == 1 && token.sign(',')) {
        take_item(item);
        item.clear();
      } else {
        item.push_back(std::move(token));
      }
    }
  }

  void take_item(const Tokens& item) {
    if (item.empty()) return;
    if (begins_table_constraint(item[0]) && !shape_.columns.empty()) {
      take_table_constraint(item);
      return;
    }
    if (!item[0].is_name() || shape_.columns.size() == kMaxRecordColumns) return;
    TableColumn column;
    column.name = item[0].text;
    std::size_t at = 1;
    std::string type;
    while (at < item.size() && !begins_constraint(item[at]) && !item[at].sign('(')) {
      type += (type.empty() ? "" : " ") + item[at].text;
      ++at;
    }
    column.affinity = affinity_of(type);
    take_constraints(item, at, type, column);
    shape_.columns.push_back(std::move(column));
  }

  void take_constraints(const Tokens& item, std::size_t at, std::string_view type, TableColumn& column) {
    std::size_t depth = 0;
    for (; at < item.size(); ++at) {
      if (item[at].sign('(')) ++depth;
      if (item[at].sign(')') && depth > 0) --depth;
      if (depth > 0) continue;
      const auto follows = [&](std::string_view word) { return at + 1 < item.size() && item[at + 1].is(word); };
      if (item[at].is("NOT") && follows("NULL")) column.not_null = true;
      if (item[at].is("PRIMARY") && follows("KEY")) {
        keys_.push_back(column.name);
        const bool falling = at + 2 < item.size() && item[at + 2].is("DESC");
        if (is_same_word(type, "INTEGER") && !falling)
          shape_.alias = shape_.columns.size();
        else
          add_own_index({column.name});
      }
      if (item[at].is("UNIQUE")) add_own_index({column.name});
      if (item[at].is("DEFAULT")) column.missing = literal_of(item, at + 1, column.affinity);
      if (item[at].is("AS")) column.stored = false;
      if (item[at].is("STORED")) column.stored = true;
    }
    integer_.push_back(is_same_word(type, "INTEGER"));
  }

  // PRIMARY KEY (a, b), UNIQUE (c): constraints of a table may follow each other without commas.
  void take_table_constraint(const Tokens& item) {
    for (std::size_t at = 0; at + 1 < item.size(); ++at) {
      const bool primary = item[at].is("PRIMARY") && item[at + 1].is("KEY");
      if (!primary && !item[at].is("UNIQUE")) continue;
      at += primary ? 2 : 1;
      if (at >= item.size() || !item[at].sign('(')) continue;
      std::vector<std::string> names;
      bool name = true;
      for (++at; at < item.size() && !item[at].sign(')'); ++at) {
        if (name && item[at].is_name()) names.push_back(item[at].text);
        name = item[at].sign(',');
      }
      const auto only = primary && names.size() == 1 ? shape_.column(names[0]) : std::nullopt;
      if (primary) keys_.insert(keys_.end(), names.begin(), names.end());
      if (only && integer_[*only])
        shape_.alias = only;
      else
        add_own_index(std::move(names));
    }
  }

  // Two constraints of the same columns have one index.
  void add_own_index(std::vector<std::string> columns) {
    const auto is_same = [&](const std::vector<std::string>& other) {
      return std::ranges::equal(columns, other, is_same_word);
    };
    if (std::ranges::none_of(shape_.own_indexes, is_same)) shape_.own_indexes.push_back(std::move(columns));
  }

  void settle_key() {
    if (!shape_.without_rowid) return;
    shape_.alias.reset();
    shape_.key = std::move(keys_);
  }

  Lexer lexer_;
  TableShape shape_;
  std::vector<std::string> keys_;
  std::vector<bool> integer_;  // declared as INTEGER and nothing else
};

}  // namespace

bool is_same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::optional<std::size_t> TableShape::column(std::string_view name) const {
  const auto found = std::ranges::find_if(columns, [&](const auto& one) { return is_same_word(one.name, name); });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<std::vector<std::string>> parse_create_index(std::string_view sql) {
  if (sql.size() > kMaxDdlText) return std::nullopt;
  Lexer lexer(sql);
  if (!lexer.next().is("CREATE")) return std::nullopt;
  Token token = lexer.next();
  for (; !token.sign('('); token = lexer.next())
    if (token.kind == Token::Kind::kEnd) return std::nullopt;
  std::vector<std::string> columns;
  Tokens item;
  for (std::size_t depth = 1; depth > 0;) {
    token = lexer.next();
    if (token.kind == Token::Kind::kEnd) return std::nullopt;
    if (token.sign('(')) ++depth;
    if (token.sign(')')) --depth;
    if (depth > 1 || !(depth == 0 || token.sign(','))) {
      item.push_back(std::move(token));
      continue;
    }
    // A name, and how it is ordered.
    const bool plain = !item.empty() && item[0].is_name() &&
                       (item.size() == 1 || item[1].is("COLLATE") || item[1].is("ASC") || item[1].is("DESC"));
    columns.push_back(plain ? item[0].text : "");
    item.clear();
  }
  if (lexer.next().kind != Token::Kind::kEnd) return std::nullopt;
  return columns;
}

std::optional<TableShape> parse_create_table(std::string_view sql) {
  return sql.size() > kMaxDdlText ? std::nullopt : TableReader(sql).read();
}

}  // namespace limier::content
