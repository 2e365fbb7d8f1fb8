// What the tests of packs share: a small pack, put together from its parts, and what comes out of it.
#pragma once

#include "content/pack.h"
#include "content/support.h"

namespace limier::content::testing {

inline constexpr std::string_view kHead = R"toml(pack = "chat"
version = "1.2.3"
format = 1
app = { name = "Chat", ids = ["org.chat"] }
evidence = "unexercised"
[db.c]
path = "*/chat.db"
[db.c.tables]
m = ["id", "t", "out", "body"]
[caps]
extra = "c.m(extra)"
people = "c.p(id, name)"
)toml";
inline constexpr std::string_view kRow = R"toml([[row]]
to = "message"
driver = "c.m"
sql = "SELECT m.id AS _rowid, m.t, m.out, m.body FROM c.m m"
[row.map]
time = { col = "t", epoch = "unix-s" }
direction = { col = "out", out = 1, in = 0 }
body = "body"
)toml";

inline PackText pack_text(std::string_view rows, std::string_view head = kHead) {
  return {"chat.toml", std::string(head) + std::string(rows)};
}

inline std::string problem_of(const PackText& text) {
  const auto pack = parse_pack(text);
  return pack ? "" : pack.error().message;
}

// The pack's head without one line, or with another in its place.
inline std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

inline constexpr const char* kTable = "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body);";

inline Parsed run_chat(const Files& files, std::string_view rows = kRow, std::string path = "/x/chat.db") {
  const std::vector<PackText> packs{pack_text(rows)};
  EXPECT_EQ(problem_of(packs[0]), "");
  return parse_files(files, "sqlite", std::move(path), packs);
}

// What a row of another kind, or beside a message, needs of the table.
inline std::string without_place(const Collector& rows) {
  std::string text;
  for (Collector::Row row : rows.rows) {
    row.cells[3] = row.cells[4] = std::monostate();
    text += text_of(row) + "\n";
  }
  return text;
}

}  // namespace limier::content::testing
