// NSRL's deltas: SQL on top of the last base. It is taken apart as a list of rows that come and go, and never run: of
// INSERT and DELETE on FILE and METADATA the digests count; what is done to other tables does not matter here.
#include <fmt/format.h>

#include <algorithm>

#include "hashset/reader.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kMaxToken = 1u << 20;
// A DELETE that names digests alone takes back all rows that have them.
constexpr std::int32_t kAllRows = -(std::int32_t{1} << 30);
const std::vector<std::string> kMinimalFile{"sha256", "sha1", "md5"};  // as published; what follows does not matter

enum class TokenKind : std::uint8_t { kEnd, kWord, kText, kSign };
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // of a word in small letters, unless it was quoted
  [[nodiscard]] bool is(std::string_view word) const {
    return (kind == TokenKind::kWord || kind == TokenKind::kSign) && text == word;
  }
};

class Tokens {
 public:
  explicit Tokens(FileBytes& bytes) : bytes_(bytes) {}

  Token next() {
    while (true) {
      const int c = bytes_.next();
      if (c < 0) return {};
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xEF || c == 0xBB || c == 0xBF) continue;
      if (c == '-' && bytes_.peek() == '-') {
        skip_line();
        continue;
      }
      if (c == '/' && bytes_.peek() == '*') {
        for (int before = 0, now = 0; (now = bytes_.next()) >= 0 && !(before == '*' && now == '/'); before = now)
          continue;
        continue;
      }
      if (c == '\'') return quoted('\'', TokenKind::kText);
      if (c == '"' || c == '`') return quoted(c, TokenKind::kWord);
      if (c == '[') return quoted(']', TokenKind::kWord);
      if (is_word(c)) {
        Token token{TokenKind::kWord, std::string(1, static_cast<char>(c))};
        while (is_word(bytes_.peek())) push(token, bytes_.next());
        token.text = lower(token.text);
        return token;
      }
      return {TokenKind::kSign, std::string(1, static_cast<char>(c))};
    }
  }
  void skip_line() {
    for (int c = 0; (c = bytes_.next()) >= 0 && c != '\n';) continue;
  }

 private:
  static bool is_word(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
  }
  static void push(Token& token, int c) {
    if (token.text.size() < kMaxToken) token.text += static_cast<char>(c);
  }
  Token quoted(int end, TokenKind kind) {
    Token token{kind, ""};
    for (int c = 0; (c = bytes_.next()) >= 0;) {
      if (c != end) {
        push(token, c);
      } else if (end != ']' && bytes_.peek() == end) {
        push(token, bytes_.next());
      } else {
        if (kind == TokenKind::kWord) token.text = lower(token.text);
        return token;
      }
    }
    return {};  // cut in the middle
  }
  FileBytes& bytes_;
};

class Delta {
 public:
  Delta(FileBytes& bytes, Intake& intake, const TableColumns& columns)
      : tokens_(bytes), intake_(intake), columns_(columns) {}

  Status read() {
    for (token_ = tokens_.next(); token_.kind != TokenKind::kEnd; token_ = tokens_.next()) {
      if (token_.is(";")) continue;
      if (token_.is(".")) {  // a word to the shell of sqlite3
        tokens_.skip_line();
        continue;
      }
      ++number_;
      LIMIER_CHECK(statement());
    }
    return ok_status();
  }

 private:
  // Ends on its ';'.
  Status statement() {
    if (token_.is("insert") || token_.is("replace")) return insert();
    if (token_.is("delete")) return take_back();
    if (token_.is("update")) return update();
    for (const std::string_view harmless :
         {"begin", "commit", "end", "pragma", "analyze", "vacuum", "savepoint", "release"})
      if (token_.is(harmless)) return skip_statement(), ok_status();
    return refuse("it is none of INSERT, UPDATE and DELETE");
  }

  Status refuse(std::string_view why) {
    intake_.reject(number_, why);
    skip_statement();
    return ok_status();
  }
  void skip_statement() {
    while (token_.kind != TokenKind::kEnd && !token_.is(";")) token_ = tokens_.next();
  }
  void advance() { token_ = tokens_.next(); }

  // Name of a table, with or without the database's; "" when there is none.
  std::string table() {
    std::string name = token_.kind == TokenKind::kWord ? token_.text : "";
    advance();
    if (!token_.is(".")) return name;
    advance();
    name = token_.kind == TokenKind::kWord ? token_.text : "";
    advance();
    return name;
  }
  static bool holds_digests(std::string_view table) { return table == "file" || table == "metadata"; }

  Status insert() {
    while (token_.kind == TokenKind::kWord && !token_.is("into")) advance();
    advance();
    const std::string name = table();
    if (!holds_digests(name)) return name.empty() ? refuse("it names no table") : (skip_statement(), ok_status());
    std::vector<std::string> columns;
    if (token_.is("(")) {
      for (advance(); token_.kind == TokenKind::kWord || token_.is(","); advance())
        if (token_.kind == TokenKind::kWord) columns.push_back(token_.text);
      if (!token_.is(")")) return refuse("its list of columns cannot be read");
      advance();
    } else if (const auto known = columns_.find(name); known != columns_.end()) {
      columns = known->second;
    } else if (name == "file") {
      columns = kMinimalFile;
    } else {
      return refuse("it names no columns, and the order of METADATA follows only from its base");
    }
    if (!token_.is("values")) return refuse("it does not say its values");
    do {
      advance();
      if (!token_.is("(")) return refuse("its values cannot be read");
      LIMIER_TRY(const bool good, row(columns));
      if (!good) return refuse("its values are no plain values");
      advance();
    } while (token_.is(","));
    if (token_.is(";") || token_.kind == TokenKind::kEnd) return ok_status();
    return refuse("something stands behind its values");
  }

  // '(' is read; up to its ')'.
  Result<bool> row(const std::vector<std::string>& columns) {
    Digests digests;
    for (std::size_t at = 0;; ++at) {
      advance();
      std::string value;
      if (token_.is("-") || token_.is("+")) advance();
      if (token_.kind != TokenKind::kText && token_.kind != TokenKind::kWord) return false;
      value = token_.text;
      advance();
      if (token_.is(".")) {  // the other half of a number
        advance();
        if (token_.kind == TokenKind::kWord) advance();
      }
      if (at < columns.size())
        if (const auto section = section_of_name(columns[at])) put_digest(*section, value, digests);
      if (token_.is(")")) break;
      if (!token_.is(",")) return false;
    }
    if (digests == Digests())
      intake_.reject(number_, "it holds no digest");
    else
      LIMIER_CHECK(intake_.add(digests));
    return true;
  }

  Status take_back() {
    advance();
    if (!token_.is("from")) return refuse("it cannot be read");
    advance();
    const std::string name = table();
    if (!holds_digests(name)) return skip_statement(), ok_status();
    if (!token_.is("where")) return refuse("it takes back more than rows with certain digests");
    Digests digests;
    bool other_columns = false;
    do {
      advance();
      if (token_.kind != TokenKind::kWord) return refuse("its condition is not a list of equal values");
      const std::string column = token_.text;
      advance();
      if (!token_.is("=") && !token_.is("is")) return refuse("its condition is not a list of equal values");
      advance();
      if (token_.is("=")) advance();
      if (token_.kind != TokenKind::kText && token_.kind != TokenKind::kWord)
        return refuse("its condition is not a list of equal values");
      const auto section = section_of_name(column);
      if (!section || !put_digest(*section, token_.text, digests)) other_columns = true;
      advance();
    } while (token_.is("and"));
    if (!token_.is(";") && token_.kind != TokenKind::kEnd) return refuse("its condition is not a list of equal values");
    if (digests == Digests()) return refuse("it takes back more than rows with certain digests");
    return intake_.take_back(digests, other_columns ? -1 : kAllRows);
  }

  // An UPDATE that gives rows other digests would need the rows.
  Status update() {
    advance();
    const std::string name = table();
    bool changes_digest = false;
    if (token_.is("set"))
      while (token_.kind != TokenKind::kEnd && !token_.is(";") && !token_.is("where")) {
        if (token_.kind == TokenKind::kWord && section_of_name(token_.text)) changes_digest = true;
        advance();
      }
    if (holds_digests(name) && changes_digest) return refuse("it changes digests of rows that are not named by them");
    skip_statement();
    return ok_status();
  }

  Tokens tokens_;
  Intake& intake_;
  const TableColumns& columns_;
  Token token_;
  std::uint64_t number_ = 0;  // of the statement
};

}  // namespace

Status read_delta(const Source& source, Intake& intake, const TableColumns& columns) {
  LIMIER_TRY(FileBytes bytes, FileBytes::open(source.path, source.advance, source.stop));
  LIMIER_CHECK(Delta(bytes, intake, columns).read());
  return bytes.status();
}

}  // namespace limier::hashset
