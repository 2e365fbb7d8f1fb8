#include "content/pack.h"

#include "content/support.h"

namespace limier::content {
namespace {

using namespace testing;

constexpr std::string_view kHead = R"toml(pack = "chat"
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
constexpr std::string_view kRow = R"toml([[row]]
to = "message"
driver = "c.m"
sql = "SELECT m.id AS _rowid, m.t, m.out, m.body FROM c.m m"
[row.map]
time = { col = "t", epoch = "unix-s" }
direction = { col = "out", out = 1, in = 0 }
body = "body"
)toml";

PackText pack_text(std::string_view rows, std::string_view head = kHead) {
  return {"chat.toml", std::string(head) + std::string(rows)};
}

std::string problem_of(const PackText& text) {
  const auto pack = parse_pack(text);
  return pack ? "" : pack.error().message;
}

// The pack's head without one line, or with another in its place.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(Pack, AGoodOneIsRead) {
  const auto pack = parse_pack(pack_text(kRow));
  ASSERT_TRUE(pack) << pack.error().message;
  EXPECT_EQ(pack->name, "chat");
  EXPECT_EQ(pack->database.tables.size(), 1u);
  EXPECT_EQ(pack->capabilities.size(), 2u);
  EXPECT_EQ(pack->rows[0].driver, "m");
}

TEST(Pack, WhatIsWrongIsSaidWithItsLine) {
  struct Wrong {
    std::string text;
    std::string_view problem;
  };
  const std::string good = std::string(kHead) + std::string(kRow);
  const std::vector<Wrong> all{
      {"pack = ", "chat.toml:1: "},
      {replaced(good, "format = 1", "format = 2"), "chat.toml:1: 'format' must be 1: this version reads no other"},
      {replaced(good, "1.2.3", "1.2"), "chat.toml:1: 'version' has three numbers: 1.0.0"},
      {replaced(good, "unexercised", "sure"), "chat.toml:1: 'evidence' is data-proven, source-verified or unexercised"},
      {replaced(good, "[caps]", "colour = 1\n[caps]"), "chat.toml:10: this must be a list of texts"},
      {"colour = 1\n" + good, "chat.toml:1: there is no key 'colour' here; the keys are pack, version, "},
      {replaced(good, "[db.c]", "[db.c]\nbeside = \"x\""), "chat.toml:7: there is no key 'beside' here"},
      {replaced(good, "[caps]", "[db.d]\ntables.x = [\"y\"]\n[caps]"), "chat.toml:10: 'beside' is missing"},
      {replaced(good, "c.m(extra)", "d.m(extra)"), "chat.toml:11: 'd.m' must be a table of the database: c.TABLE"},
      {replaced(good, "c.m(extra)", "c.m"), "chat.toml:11: 'extra' must name a table and columns"},
      {replaced(good, "to = \"message\"", "to = \"letter\""),
       "chat.toml:13: there is no kind of row 'letter' for what stands in files"},
      {replaced(good, "to = \"message\"", "to = \"finding\""), "chat.toml:13: there is no kind of row 'finding'"},
      {replaced(good, "driver = \"c.m\"", "driver = \"m\""), "chat.toml:13: 'm' must be a table of the database"},
      {replaced(good, "driver = \"c.m\"", "driver = \"c.p\""),
       "chat.toml:13: the statement does not read its driver, c.p"},
      {replaced(good, "driver = \"c.m\"", "driver = \"c.m\"\nneeds = [\"wings\"]"),
       "chat.toml:13: 'wings' is not in [caps]"},
      {replaced(good, "driver = \"c.m\"", "driver = \"c.m\"\nwhere = \"m.out = 1\""),
       "chat.toml:13: 'where' counts the rows that must come out"},
      {replaced(good, "FROM c.m m", "FROM c.m m {{extra: a"), "chat.toml:13: a macro is not closed, or not opened"},
      {replaced(good, "FROM c.m m", "FROM c.m m }}"), "chat.toml:13: a macro is not closed, or not opened"},
      {replaced(good, "FROM c.m m", "FROM c.m m {{wings: a | b}}"),
       "chat.toml:13: the macro 'wings: a | b' must begin with a name of [caps] and a colon"},
      {replaced(good, "epoch = \"unix-s\"", "epoch = \"stardate\""), "chat.toml:18: the time 't' needs its epoch: "},
      {replaced(good, "time = {", "colour = {"), "chat.toml:18: a row of messages has no column 'colour'"},
      {replaced(good, "out = 1, in = 0", "sideways = 1"),
       "chat.toml:19: 'sideways' is no word of 'direction': unknown, in, out"},
      {replaced(good, "body = \"body\"", "body = { col = \"body\", decode = \"rot13\" }"),
       "chat.toml:20: there is no decoder 'rot13'; they are abx, base64"},
      {replaced(good, "body = \"body\"", "body = [\"body\", { col = \"x\", decode = \"plist\" }]"),
       "chat.toml:20: the decoder 'plist' needs a 'path'"},
      {replaced(good, "body = \"body\"", "geo = { lat = \"a\" }"), "chat.toml:20: 'geo' needs a 'lon'"},
      {replaced(good, "body = \"body\"", "history = { col = \"a\" }"), "chat.toml:20: 'history' needs a 'decode'"},
      {replaced(good, "body = \"body\"", "compare = { a = \"a\", b = \"b\", issue = \"X\" }"),
       "chat.toml:20: 'issue' is a code of small letters and -"},
      {replaced(good, "body = \"body\"", "body = { col = \"b\", decode = \"hex\", path = \"a\" }"),
       "chat.toml:20: the decoder 'hex' takes no 'path'"},
      {replaced(good, "body = \"body\"", "body = { col = \"b\", decode = \"json\", path = \"a..b\" }"),
       "chat.toml:20: 'a..b' is no path"},
      {replaced(good, "body = \"body\"", "body = { col = \"b\", path = \"a\" }"),
       "chat.toml:20: 'path' belongs to a 'decode'"},
      {replaced(good, "body = \"body\"", "file = { col = \"b\" }"),
       "chat.toml:20: 'file' is a table of a row that becomes an attachment"},
      {replaced(good, "body = \"body\"", "body = { text = \"a\", col = \"b\" }"),
       "chat.toml:20: a cell has either 'col' or 'text'"},
      {replaced(good, "body = \"body\"", "thread = { col = \"a\", id = \"horoscope\" }"),
       "chat.toml:20: there is no kind of identifier 'horoscope'"},
      {replaced(good, "body = \"body\"", "body = { col = \"body\", self_when = \"later\" }"),
       "chat.toml:20: 'later' is no direction of a row of messages"},
      {replaced(good, "body = \"body\"", "time2 = { body = \"body\" }"), "chat.toml:20: 'body' is no time"},
      {replaced(good, "body = \"body\"", "t = { col = \"t\", epoch = \"unix-s\" }"), "'t' is mapped twice"},
      {replaced(good, "body = \"body\"", "attach = { col = \"a\", strip = \"x\" }"), "chat.toml:20: 'root' is missing"},
      {good + "[[gap]]\ntable = \"c.m\"\n", "chat.toml:21: "},
      {good + "[[test]]\nname = \"x\"\nfiles = { d = \"x\" }\n", "chat.toml:21: a test names a file"},
  };
  for (const Wrong& one : all) {
    const std::string problem = problem_of({"chat.toml", one.text});
    EXPECT_NE(problem.find(one.problem), std::string::npos) << "wanted " << one.problem << "\n   got " << problem;
  }
}

TEST(Pack, MacrosChooseBySchema) {
  PackRow row;
  row.where = "m.x <> -1";
  row.sql = "SELECT {{a: one || 'x' | two}}, {{b: {{a: three | four}}}} {{ b : five }} WHERE {{where}}";
  std::string problem;
  EXPECT_EQ(expand_sql(row, {{"a", true}, {"b", true}}, problem), "SELECT one || 'x', three five WHERE (m.x <> -1)");
  EXPECT_EQ(expand_sql(row, {{"a", false}, {"b", true}}, problem), "SELECT two, four five WHERE (m.x <> -1)");
  EXPECT_EQ(expand_sql(row, {{"a", true}, {"b", false}}, problem), "SELECT one || 'x',   WHERE (m.x <> -1)");
  row.where.clear();
  EXPECT_EQ(expand_sql(row, {{"a", true}, {"b", false}}, problem), "SELECT one || 'x',   WHERE 1");
}

TEST(Pack, TheNameOfATableInAStatement) {
  EXPECT_EQ(alias_of("SELECT 1 FROM c.m x WHERE 1", "c.m"), "x");
  EXPECT_EQ(alias_of("SELECT 1 FROM c.messages q, c.m AS x", "c.m"), "x");
  EXPECT_EQ(alias_of("SELECT 1 FROM c.m\nwhere 1", "c.m"), "m");
  EXPECT_EQ(alias_of("SELECT 1 FROM c.m", "c.m"), "m");
  EXPECT_EQ(alias_of("SELECT 1 FROM c.m, c.n", "c.m"), "m");
  EXPECT_EQ(alias_of("SELECT 1 FROM abc.m x, c.mm y", "c.m"), std::nullopt);
}

TEST(Epochs, CountFromTheirZero) {
  const auto shown = [](std::string_view epoch, auto value) {
    const auto time = time_of(*find_epoch(epoch), value);
    return time ? format_time(*time) : std::string("none");
  };
  const std::int64_t s = 1'700'000'000;
  const std::string same = "2023-11-14T22:13:20.000000000Z";
  EXPECT_EQ(shown("unix-s", s), same);
  EXPECT_EQ(shown("unix-ms", s * 1000), same);
  EXPECT_EQ(shown("unix-us", s * 1'000'000), same);
  EXPECT_EQ(shown("unix-ns", s * 1'000'000'000), same);
  EXPECT_EQ(shown("cocoa-s", s - 978'307'200), same);
  EXPECT_EQ(shown("cocoa-ns", (s - 978'307'200) * 1'000'000'000), same);
  EXPECT_EQ(shown("cocoa-auto", s - 978'307'200), same);
  EXPECT_EQ(shown("cocoa-auto", (s - 978'307'200) * 1'000'000'000), same);
  EXPECT_EQ(shown("webkit-us", (s + 11'644'473'600) * 1'000'000), same);
  EXPECT_EQ(shown("filetime", (s + 11'644'473'600) * 10'000'000), same);
  EXPECT_EQ(shown("hfs-s", s + 2'082'844'800), same);
  EXPECT_EQ(shown("net-ticks", (s + 62'135'596'800) * 10'000'000), same);
  EXPECT_EQ(shown("ole", 45244.5), "2023-11-14T12:00:00.000000000Z");
  EXPECT_EQ(shown("ole", std::int64_t{2}), "1900-01-01T00:00:00.000000000Z");
  EXPECT_EQ(shown("dos-local", std::int64_t{0x576eb1aa}), "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(shown("dos-local", std::int64_t{0x57000000}), "none");  // month 8, day 0
  for (const std::string_view text : {"2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-14T23:13:20+01:00",
                                      "2023-11-14T17:43:20.000-0430", "2023-11-15T00:13:20+02"})
    EXPECT_EQ(shown("iso", text), same) << text;
  for (const std::string_view text : {"soon", "2023-11-14T22:13:20+99:00", "2023-13-14T22:13:20Z", ""})
    EXPECT_EQ(shown("iso", text), "none") << text;
  EXPECT_EQ(shown("unix-s", std::string_view("2023")), "none");
  EXPECT_EQ(shown("cocoa-s", 0.5), "2001-01-01T00:00:00.500000000Z");
  EXPECT_EQ(shown("unix-ms", std::int64_t{-1}), "1969-12-31T23:59:59.999000000Z");
  EXPECT_EQ(shown("unix-s", INT64_MAX), "none");
  EXPECT_EQ(shown("unix-s", INT64_MIN), "none");
  EXPECT_EQ(shown("unix-s", s * 1000), "none");  // milliseconds
  EXPECT_EQ(shown("cocoa-s", 1e300), "none");
  EXPECT_EQ(shown("unix-s", std::numeric_limits<double>::quiet_NaN()), "none");
  EXPECT_EQ(find_epoch("unix"), nullptr);
}

constexpr const char* kTable = "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body);";

Parsed run_chat(const Files& files, std::string_view rows = kRow, std::string path = "/x/chat.db") {
  const std::vector<PackText> packs{pack_text(rows)};
  EXPECT_EQ(problem_of(packs[0]), "");
  return parse_files(files, "sqlite", std::move(path), packs);
}

TEST(PackRun, RowsComeWithPackAndVersion) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (3, 1700000000, 1, 'x')");
  const Parsed parsed = run_chat(maker.files());
  ASSERT_EQ(parsed.rows.rows.size(), 1u);
  EXPECT_EQ(parsed.rows.rows[0].maker, "chat");
  EXPECT_EQ(parsed.rows.rows[0].version, "1.2.3");
  EXPECT_NE(text_of(parsed.rows).find("|service=Chat|direction=out|t=2023-11-14T22:13:20.000000000Z|body=x|"),
            std::string::npos)
      << text_of(parsed.rows);
  EXPECT_TRUE(parsed.rows.issues.empty());
  EXPECT_EQ(parsed.outcome.state, catalog::ItemState::kParsed);
}

TEST(PackRun, TimesThatAreNoneAreNullAndSaid) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 0, 1, 'a'), (2, NULL, 1, 'b'), (3, 17000000000000, 1, 'c'), "
            "(4, 'soon', 1, 'd'), (5, '1700000000', 1, 'e'), (6, 1700000000.5, 1, 'f'), "
            "(7, x'01', 1, 'g'), (8, '', 1, 'h')");
  const Parsed parsed = run_chat(maker.files());
  const std::string text = text_of(parsed.rows);
  EXPECT_EQ(parsed.rows.rows.size(), 8u);
  EXPECT_NE(text.find("t=2023-11-14T22:13:20.000000000Z|body=e"), std::string::npos) << text;
  EXPECT_NE(text.find("t=2023-11-14T22:13:20.500000000Z|body=f"), std::string::npos) << text;
  ASSERT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-time-out-of-range"});
  EXPECT_NE(parsed.rows.issues[0].message.find("3 values of t"), std::string::npos) << parsed.rows.issues[0].message;
}

TEST(PackRun, AJoinThatLosesOrDoublesRowsIsSaid) {
  Maker maker;
  maker.run(std::string(kTable) +
            "CREATE TABLE p(id, name); INSERT INTO m VALUES (1,1,1,'a'),(2,1,1,'b'),(3,1,1,'c');"
            "INSERT INTO p VALUES (1,'x'),(1,'y'),(2,'z')");
  const Parsed parsed = run_chat(maker.files(), replaced(kRow, "FROM c.m m", "FROM c.m m JOIN c.p p ON p.id = m.id"));
  EXPECT_EQ(parsed.rows.rows.size(), 2u);
  ASSERT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-lost-rows"});
  EXPECT_TRUE(parsed.rows.issues[0].incomplete);
  EXPECT_EQ(parsed.rows.issues[0].message,
            "pack chat: of 3 rows of m, 2 came out, and 1 a second time or without a number");
}

TEST(PackRun, RowsInAnyOrderComeOnce) {
  // By an index: the numbers come in no order, and join from both sides.
  Maker maker;
  maker.run(std::string(kTable) +
            "CREATE INDEX i ON m(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
            "WHERE i<1000) INSERT INTO m SELECT i, i * 7919 % 1009, 1, 'x' FROM n;"
            "INSERT INTO m VALUES (-9223372036854775808, 1, 1, 'y'), (9223372036854775807, 2, 1, 'z')");
  const Parsed parsed = run_chat(maker.files(), replaced(kRow, "FROM c.m m", "FROM c.m m ORDER BY m.t"));
  EXPECT_EQ(parsed.rows.rows.size(), 1002u);
  EXPECT_TRUE(parsed.rows.issues.empty());
  const Parsed twice =
      run_chat(maker.files(), replaced(kRow, "FROM c.m m", "FROM c.m m, (SELECT 1 UNION SELECT 2) ORDER BY m.t"));
  EXPECT_EQ(twice.rows.rows.size(), 1002u);
  EXPECT_EQ(twice.rows.codes(), std::vector<std::string>{"pack-lost-rows"});
}

TEST(PackRun, NumbersWithManyHolesAreTakenWhileTheyRise) {
  Maker maker;
  maker.run(std::string(kTable) +
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<70000) INSERT INTO m "
            "SELECT 2 * i, 1, 1, 'x' FROM n");
  const Parsed rising = run_chat(maker.files());
  EXPECT_EQ(rising.rows.rows.size(), 70'000u);
  EXPECT_TRUE(rising.rows.issues.empty());
  const Parsed falling = run_chat(maker.files(), replaced(kRow, "FROM c.m m", "FROM c.m m ORDER BY m.id DESC"));
  EXPECT_EQ(falling.rows.rows.size(), 65'537u);
  EXPECT_EQ(falling.rows.codes(), std::vector<std::string>{"pack-too-many-rows"});
}

TEST(PackRun, WhereAndCapabilitiesFollowTheSchema) {
  Maker maker;
  maker.run(
      "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body, extra); INSERT INTO m VALUES (1,1,1,'a','AA'),"
      "(2,1,-1,'b','BB')");
  const std::string rows =
      replaced(replaced(kRow, "m.body FROM c.m m", "{{extra: m.extra | m.body}} AS body FROM c.m m WHERE {{where}}"),
               "sql =", "where = \"m.out >= 0\"\nsql =");
  const Parsed parsed = run_chat(maker.files(), rows);
  EXPECT_EQ(parsed.rows.rows.size(), 1u);
  EXPECT_NE(text_of(parsed.rows).find("body=AA"), std::string::npos);
  EXPECT_TRUE(parsed.rows.issues.empty());
}

TEST(PackRun, EveryKindOfCellIsFilled) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1, 1700000000, 'sent', 'hello'), (2, 5, 'odd', NULL)");
  const std::string rows = R"toml([[row]]
to = "message"
driver = "c.m"
sql = """SELECT m.id AS _rowid, m.t, m.out, m.body, 'caption' AS caption, 7 AS code, 'Ann' AS who, 'A' AS name, 0 AS gone,
  '' AS revoked, 'photo.jpg' AS file, 'image/jpeg' AS mime, '99' AS size FROM c.m m"""
[row.map]
service = { text = "chat" }
time = { col = "t", epoch = "unix-s" }
time2 = { edited = { col = "t", epoch = "unix-ms" } }
direction = { col = "out", out = ["sent", 1], in = 0 }
sender = { col = "who", id = "user-name", name = "name", self_when = "out" }
body = ["body", "caption"]
kind = { col = "code", enum = { 7 = "image" }, else = "as-stored" }
deleted = { any = ["gone", "revoked"] }
attach = { col = "file", mime = "mime", size = "size" }
[[row]]
to = "attachment"
driver = "c.m"
sql = "SELECT m.id AS _rowid, m.id AS of, m.body AS name FROM c.m m"
[row.map]
of = { row = "message", col = "of" }
name = "name"
)toml";
  const Parsed parsed = run_chat(maker.files(), rows);
  std::string text;
  for (Collector::Row row : parsed.rows.rows) {
    row.cells[3] = row.cells[4] = std::monostate();
    text += text_of(row) + "\n";
  }
  EXPECT_EQ(
      text,
      "message|locator=sqlite:m:rowid=1|state=live|source=main|service=chat|direction=out|sender_name=A|"
      "t=2023-11-14T22:13:20.000000000Z|edited=1970-01-20T16:13:20.000000000Z|body=hello|kind=image|attachments=1|"
      "deleted=0\n"
      "attachment|locator=sqlite:m:rowid=1|state=live|source=main|message=sqlite:m:rowid=1|mime=image/jpeg|size=99|"
      "path=photo.jpg\n"
      "message|locator=sqlite:m:rowid=2|state=live|source=main|service=chat|direction=unknown|sender=Ann|"
      "sender_name=A|t=1970-01-01T00:00:05.000000000Z|edited=1970-01-01T00:00:00.005000000Z|body=caption|kind=image|"
      "attachments=1|deleted=0\n"
      "attachment|locator=sqlite:m:rowid=2|state=live|source=main|message=sqlite:m:rowid=2|mime=image/jpeg|size=99|"
      "path=photo.jpg\n"
      "attachment|locator=sqlite:m:rowid=1|state=live|source=main|message=sqlite:m:rowid=1|name=hello\n"
      "attachment|locator=sqlite:m:rowid=2|state=live|source=main|message=sqlite:m:rowid=2\n");
}

// What a row of another kind, or beside a message, needs of the table.
std::string without_place(const Collector& rows) {
  std::string text;
  for (Collector::Row row : rows.rows) {
    row.cells[3] = row.cells[4] = std::monostate();
    text += text_of(row) + "\n";
  }
  return text;
}

constexpr std::string_view kTwoHead = R"toml(pack = "chat"
version = "1.2.3"
format = 1
app = { name = "Chat" }
evidence = "unexercised"
[db.c]
path = "*/chat.db"
tables.m = ["id", "t", "out", "body"]
[db.p]
path = "*/people*.db"
beside = "c"
tables.p = ["id", "name"]
[caps]
nick = "p.p(nick)"
name = "p.p(name)"
)toml";
constexpr std::string_view kTwoRow = R"toml([[row]]
to = "message"
driver = "c.m"
sql = """SELECT m.id AS _rowid, m.body, {{name: p.name | NULL}} AS who, {{nick: p.nick | NULL}} AS nick FROM c.m m
{{name: LEFT JOIN p.p p ON p.id = m.out}}"""
[row.map]
body = "body"
sender = { col = "who", name = "nick" }
)toml";

Parsed run_two(const Files& files, bool optional) {
  std::string head(kTwoHead);
  if (optional) head = replaced(head, "beside = \"c\"", "beside = \"c\"\noptional = true");
  const std::vector<PackText> packs{pack_text(kTwoRow, head)};
  EXPECT_EQ(problem_of(packs[0]), "");
  return parse_files(files, "sqlite", "/x/chat.db", packs);
}

TEST(PackBeside, ADatabaseInTheSameFolderIsRead) {
  Maker maker, people, nicks, others;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1, 1, 7, 'a')");
  people.run("CREATE TABLE p(id, name); INSERT INTO p VALUES (7, 'Ann')");
  nicks.run("CREATE TABLE p(id, name, nick); INSERT INTO p VALUES (7, 'Ann', 'annie')");
  others.run("CREATE TABLE q(id, name)");
  Files files = maker.files();
  files.beside.emplace_back("people2.db", people.files().main);
  EXPECT_EQ(without_place(run_two(files, false).rows),
            "message|locator=sqlite:m:rowid=1|state=live|source=main|service=Chat|direction=unknown|sender=Ann|body=a|"
            "deleted=0\n");
  files.beside.front().second = nicks.files().main;
  EXPECT_NE(text_of(run_two(files, false).rows).find("sender_name=annie"), std::string::npos);
  // Not there.
  files.beside.clear();
  const Parsed optional = run_two(files, true);
  EXPECT_EQ(optional.rows.rows.size(), 1u);
  EXPECT_TRUE(optional.rows.issues.empty());
  const Parsed needed = run_two(files, false);
  EXPECT_TRUE(needed.rows.rows.empty());
  EXPECT_EQ(needed.rows.codes(), std::vector<std::string>{"pack-beside-missing"});
  EXPECT_EQ(needed.outcome.state, catalog::ItemState::kFailed);
  // Of that name, and another one.
  files.beside.emplace_back("people.db", others.files().main);
  const Parsed unknown = run_two(files, true);
  EXPECT_EQ(unknown.rows.rows.size(), 1u);
  EXPECT_EQ(unknown.rows.codes(), std::vector<std::string>{"pack-beside-unknown"});
  // No database at all, or damaged.
  files.beside.front().second.assign(1000, 7);
  EXPECT_EQ(run_two(files, true).rows.rows.size(), 1u);
  files.beside.front().second = people.files().main;
  files.beside.front().second.resize(700);
  EXPECT_LE(run_two(files, true).rows.rows.size(), 1u);
}

TEST(PackBeside, ItsPlaceIsANameOrOneFolderUp) {
  const auto problem = [](std::string_view path) {
    return problem_of(pack_text(kTwoRow, replaced(kTwoHead, "*/people*.db", path)));
  };
  EXPECT_EQ(problem("../other/people.db"), "");
  EXPECT_NE(problem("../../people.db").find("is no place beside a database"), std::string::npos);
  EXPECT_NE(problem("*/").find("is no place beside a database"), std::string::npos);
  EXPECT_EQ(beside_places(std::vector<PackText>{pack_text(kTwoRow, kTwoHead)}), std::vector<std::string>{"people*.db"});
}

TEST(PackRun, ValuesAreDecoded) {
  Maker maker;
  maker.run(
      std::string(kTable) +
      "INSERT INTO m VALUES (1, '{\"at\":1700000000}', 1, '{\"a\":{\"text\":\"aGk=\"}}'), (2, 'x', 1, '{\"a\":1'),"
      "(3, NULL, 1, x'ff'), (4, NULL, 1, '{\"b\":2}')");
  const Parsed parsed =
      run_chat(maker.files(),
               replaced(replaced(kRow, "body = \"body\"",
                                 "body = { col = \"body\", decode = \"json\", path = \"a.text\", then = \"base64\" }"),
                        "{ col = \"t\",", "{ col = \"t\", decode = \"json\", path = \"at\","));
  const std::string text = text_of(parsed.rows);
  EXPECT_NE(text.find("t=2023-11-14T22:13:20.000000000Z|body=hi|"), std::string::npos) << text;
  EXPECT_NE(text.find("body={\"a\":1|"), std::string::npos) << text;  // as stored
  EXPECT_EQ(parsed.rows.rows.size(), 4u);
  EXPECT_EQ(std::ranges::count(text, '\n'), 4);
  ASSERT_EQ(parsed.rows.codes(),
            (std::vector<std::string>{"pack-time-out-of-range", "pack-decode-failed", "pack-decode-failed"}));
  EXPECT_EQ(parsed.rows.issues[1].message,
            "pack chat: 2 values of body in the rows of m are not what the pack takes them for; the first has 6 bytes, "
            "7b2261223a31");
  EXPECT_TRUE(parsed.rows.issues[1].incomplete);
}

TEST(PackRun, AMessageMayBringAPlaceEarlierBodiesAndAComparison) {
  Maker maker;
  maker.run(
      "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body, old, lat, lon, where_, other); INSERT INTO m VALUES "
      "(1, 1700000000, 1, 'now', '[\"first\",\"second\",\"now\",\"first\"]', 51.5, 4.25, 'the quay', 'now'),"
      "(2, 1700000000, 1, 'b', NULL, 0, 0, NULL, 'c'), (3, 1, 1, 'c', NULL, 91.0, 4.0, NULL, NULL),"
      "(4, 1, 1, 'd', NULL, '51.25', 4, NULL, 'd')");
  const std::string rows =
      replaced(replaced(kRow, "m.body FROM", "m.body, m.old, m.lat, m.lon, m.where_, m.other FROM"), "body = \"body\"",
               R"(body = "body"
geo = { lat = "lat", lon = "lon", what = "where_" }
history = { col = "old", decode = "json", path = "[]" }
compare = { a = "body", b = "other", issue = "bodies-differ" })");
  const Parsed parsed = run_chat(maker.files(), rows);
  const std::string text = without_place(parsed.rows);
  for (const std::string_view line :
       {"place|locator=sqlite:m:rowid=1|state=live|source=main|latitude=51.500000|longitude=4.250000|"
        "t=2023-11-14T22:13:20.000000000Z|what=the quay\n",
        "place|locator=sqlite:m:rowid=4|state=live|source=main|latitude=51.250000|longitude=4.000000|"
        "t=1970-01-01T00:00:01.000000000Z|what=message\n",
        "message|locator=sqlite:m:rowid=1;history=1|state=superseded|source=main|service=Chat|direction=out|"
        "t=2023-11-14T22:13:20.000000000Z|body=first|attachments=0|deleted=0\n",
        "message|locator=sqlite:m:rowid=1;history=2|state=superseded|source=main|service=Chat|direction=out|"
        "t=2023-11-14T22:13:20.000000000Z|body=second|attachments=0|deleted=0\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(parsed.rows.rows.size(), 8u) << text;
  ASSERT_EQ(parsed.rows.codes(), std::vector<std::string>{"bodies-differ"});
  EXPECT_EQ(parsed.rows.issues[0].message, "pack chat: two bodies of sqlite:m:rowid=2 differ: 'b' and 'c'");
}

TEST(PackRun, ManyBodiesThatDifferAreCounted) {
  Maker maker;
  maker.run(
      std::string(kTable) +
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<50) INSERT INTO m SELECT i, 1, 1, 'x' "
      "FROM n");
  const std::string rows = replaced(replaced(kRow, "m.body FROM", "m.body, 'y' AS other FROM"), "body = \"body\"",
                                    "body = \"body\"\ncompare = { a = \"body\", b = \"other\", issue = \"differ\" }");
  const Parsed parsed = run_chat(maker.files(), rows);
  ASSERT_EQ(parsed.rows.issues.size(), 21u);
  EXPECT_EQ(parsed.rows.issues.back().message, "pack chat: two bodies differ in 30 more rows of m");
}

TEST(PackRun, GroupsGiveRowsOfAnyKind) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (5, 1, 'me', 'a'), (6, 1, 'me', 'b'), (7, 1, 'you', 'c')");
  const std::string rows = R"toml([[row]]
to = "account"
driver = "c.m"
group = true
sql = "SELECT min(m.id) AS _rowid, m.out AS own, 'Net' AS net FROM c.m m GROUP BY m.out UNION ALL SELECT 5, 'again', 'Net'"
[row.map]
service = "net"
identifier = { col = "own", id = "user-name" }
role = { text = "owner" }
)toml";
  EXPECT_EQ(without_place(run_chat(maker.files(), rows).rows),
            "account|locator=sqlite:m:rowid=5|state=live|source=main|service=Net|identifier=me|role=owner\n"
            "account|locator=sqlite:m:rowid=7|state=live|source=main|service=Net|identifier=you|role=owner\n"
            "account|locator=sqlite:m:rowid=5;part=2|state=live|source=main|service=Net|identifier=again|role=owner\n");
  EXPECT_NE(problem_of(pack_text(replaced(rows, "role = { text = \"owner\" }", "role = { text = \"king\" }")))
                .find("'text' is one of the words of 'role'"),
            std::string::npos);
}

TEST(PackRun, TheOwnSideIsAnAccount) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 1, 'p:1', 'a'), (2, 1, 'p:1', 'b'), (3, 1, NULL, 'c'), (4, 1, 'p:2', 'd')");
  const std::string rows =
      replaced(kRow, "direction = { col = \"out\", out = 1, in = 0 }", "sender = { col = \"body\", self = \"out\" }");
  const std::string text = without_place(run_chat(maker.files(), rows).rows);
  for (const std::string_view line :
       {"account|locator=sqlite:m:rowid=1|state=live|source=main|service=Chat|identifier=p:1|role=owner\n",
        "account|locator=sqlite:m:rowid=4|state=live|source=main|service=Chat|identifier=p:2|role=owner\n"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 6);
}

TEST(PackRun, CodesThatThePackDoesNotKnowAreSaid) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 1, 5, 'a'), (2, 1, 6, 'b'), (3, 1, 6, 'c'), (4, 1, 7, 'd')");
  const Parsed parsed = run_chat(
      maker.files(), std::string(kRow) + "kind = { col = \"out\", enum = { 5 = \"five\" }, else = \"as-stored\" }\n");
  const std::string text = text_of(parsed.rows);
  EXPECT_NE(text.find("kind=five"), std::string::npos);
  EXPECT_NE(text.find("kind=6"), std::string::npos);
  ASSERT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-unknown-code"});
  EXPECT_EQ(parsed.rows.issues[0].message,
            "pack chat: kind in the rows of m has codes that the pack does not know, with how often: '6' 2, '7' 1");
  EXPECT_FALSE(parsed.rows.issues[0].incomplete);
}

TEST(PackRun, FilesOfAttachmentsLieSomewhere) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 1700000000, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '~/a/b.jpg'), "
            "(2, 1, 'YWE=', '/x/y.jpg'), (3, 1, NULL, NULL)");
  const std::string rows =
      std::string(kRow) + R"(attach = { col = "body", sha256_b64 = "out", strip = "~/", root = ["/place/", "Home::"] }
[[row]]
to = "attachment"
driver = "c.m"
sql = "SELECT m.id AS _rowid, m.body AS path, m.t AS made, m.id AS of FROM c.m m WHERE 1"
[row.map]
of = { row = "message", col = "of" }
file = { col = "path", strip = "~/", root = ["/place/"] }
time = { col = "made", epoch = "unix-s" }
)";
  const Parsed parsed = run_chat(maker.files(), rows);
  const std::string text = without_place(parsed.rows);
  for (const std::string_view line : {"path=~/a/b.jpg|places=/place/a/b.jpg; Home::a/b.jpg|"
                                      "sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
                                      "message=sqlite:m:rowid=2|path=/x/y.jpg|places=/x/y.jpg\n",
                                      "path=~/a/b.jpg|places=/place/a/b.jpg|t=2023-11-14T22:13:20.000000000Z\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-decode-failed"});
}

TEST(PackRun, AStatementThatDoesNotFitIsSaid) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1,1,1,'a')");
  for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"m.body FROM", "m.colour AS body FROM"}, {"m.body FROM", "m.t AS x FROM"}, {"AS _rowid", "AS n"}}) {
    const Parsed parsed = run_chat(maker.files(), replaced(kRow, from, to));
    EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-query-failed"}) << to;
    EXPECT_TRUE(parsed.rows.issues.at(0).incomplete);
    EXPECT_EQ(parsed.outcome.state, catalog::ItemState::kFailed);
  }
}

TEST(PackRun, GapsAreSaid) {
  Maker maker;
  maker.run(
      "CREATE TABLE m(id INTEGER PRIMARY KEY AUTOINCREMENT, t, out, body); CREATE TABLE gone(guid);"
      "INSERT INTO m(t, out, body) VALUES (1,1,'a'),(1,1,'b'),(1,1,'c'); DELETE FROM m WHERE id > 1;"
      "INSERT INTO gone VALUES ('x'),(NULL),('y')");
  const Parsed parsed = run_chat(maker.files(), std::string(kRow) +
                                                    "[[gap]]\ntable = \"c.m\"\nsequence = \"id\"\n"
                                                    "[[gap]]\ntable = \"c.gone\"\ncolumn = \"guid\"\n"
                                                    "[[gap]]\ntable = \"c.none\"\ncolumn = \"guid\"\n");
  ASSERT_EQ(parsed.rows.codes(), (std::vector<std::string>{"pack-gap", "pack-gap"}));
  EXPECT_EQ(parsed.rows.issues[0].message, "pack chat: c.m gave out 3 numbers, 2 of them have no row");
  EXPECT_EQ(parsed.rows.issues[1].message, "pack chat: c.gone keeps 2 of rows that were deleted");
  EXPECT_FALSE(parsed.rows.issues[0].incomplete);
}

TEST(PackRun, AnUnknownSchemaUnderAKnownPathKeepsItsTables) {
  Maker maker;
  maker.run("CREATE TABLE letters(id, words)");
  const Parsed there = run_chat(maker.files());
  EXPECT_EQ(there.outcome.state, catalog::ItemState::kNotApplicable);
  ASSERT_EQ(there.rows.codes(), std::vector<std::string>{"pack-schema-unknown"});
  EXPECT_TRUE(there.rows.issues[0].incomplete);
  EXPECT_NE(there.rows.issues[0].message.find("CREATE TABLE letters(id, words)"), std::string::npos);
  const Parsed elsewhere = run_chat(maker.files(), kRow, "/x/other.db");
  EXPECT_TRUE(elsewhere.rows.issues.empty());
}

TEST(PackRun, AFileIsKnownByItsTablesWhateverItsName) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1,1,1,'a')");
  EXPECT_EQ(run_chat(maker.files(), kRow, "/x/renamed.bin").rows.rows.size(), 1u);
}

TEST(PackRun, TextsOfUtf16AreReadAndBlobsKept) {
  Maker maker;
  maker.run(std::string("PRAGMA encoding='UTF-16le';") + kTable +
            "INSERT INTO m VALUES (1,1,1,'h\u00e9 \U0001F600'), (2,1,1,x'68690a'), (3,1,1,42)");
  const std::string text = text_of(run_chat(maker.files()).rows);
  for (const std::string_view body : {"body=h\u00e9 \U0001F600", "body=hi\\n", "body=42"})
    EXPECT_NE(text.find(body), std::string::npos) << text;
}

TEST(PackRun, CodesAreShortAndReadable) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 1, x'ff41', 'a'), (2, 1, hex(zeroblob(5000)), 'b'), "
            "(3, 1, 'x' || char(0) || 'y', x'ff41')");
  const Parsed parsed = run_chat(maker.files(), std::string(kRow) + "kind = \"out\"\n");
  ASSERT_EQ(parsed.rows.rows.size(), 3u);
  const std::size_t kind = parsed.rows.rows[0].cells.size() - 4;
  EXPECT_EQ(std::get<std::string>(parsed.rows.rows[0].cells[kind]), "\xEF\xBF\xBD\x41");
  EXPECT_EQ(std::get<std::string>(parsed.rows.rows[1].cells[kind]).size(), 4096u);
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-text-cut"});
  // A text of the evidence keeps its bytes.
  EXPECT_EQ(std::get<std::string>(parsed.rows.rows[2].cells[kind - 1]), "\xff\x41");
}

TEST(PackRun, AnIndexThatMissesRowsIsNoLoss) {
  Maker maker;
  maker.run(std::string(kTable) + "CREATE INDEX i ON m(t); INSERT INTO m VALUES (1,1,1,'a'),(2,2,1,'b')");
  // The index becomes that of another table, which is empty.
  maker.run(
      "CREATE TABLE e(t); CREATE INDEX j ON e(t); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = "
      "(SELECT rootpage FROM sqlite_schema WHERE name = 'j') WHERE name = 'i'; DELETE FROM sqlite_schema WHERE name "
      "= 'j'");
  const Parsed parsed = run_chat(maker.files());
  EXPECT_EQ(parsed.rows.rows.size(), 2u);
  EXPECT_TRUE(parsed.rows.issues.empty());
}

TEST(Packs, PathsMatchWhateverTheirLetters) {
  EXPECT_TRUE(path_matches("*/mmssms.db", "/data/User_DE/0/x/MMSSMS.db"));
  EXPECT_TRUE(path_matches("*/com.chat*/databases/?.db", "/data/com.chat.beta/databases/a.db"));
  EXPECT_TRUE(path_matches("*", ""));
  EXPECT_TRUE(path_matches("a*b*c", "aXbXbXc"));
  EXPECT_FALSE(path_matches("*/mmssms.db", "/mmssms.db-wal"));
  EXPECT_FALSE(path_matches("", "a"));
  EXPECT_FALSE(path_matches("a?", "a"));
  EXPECT_FALSE(path_matches(std::string(50, '*') + "b", std::string(100'000, 'a')));
}

TEST(Packs, OwnOnesAreGoodAndOthersTakeTheirPlace) {
  ASSERT_FALSE(own_packs().empty());
  for (const PackText& text : own_packs()) EXPECT_EQ(problem_of(text), "");
  const std::vector<PackText> mine{pack_text(kRow)};
  const auto all = all_packs(mine);
  EXPECT_EQ(all.size(), own_packs().size() + 1);
  const std::vector<PackText> instead{
      {"mine.toml", replaced(pack_text(kRow).toml, "pack = \"chat\"", "pack = \"android-sms\"")}};
  const auto replaced_ones = all_packs(instead);
  EXPECT_EQ(replaced_ones.size(), own_packs().size());
  EXPECT_NE(std::ranges::find(replaced_ones, "mine.toml", &PackText::name), replaced_ones.end());
  const auto leads = lead_paths(mine);
  EXPECT_EQ(leads, std::vector<std::string>{"*/chat.db"});
  const auto facts = facts_of({"x", pack_text(kRow).toml});
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->sha256.size(), 64u);
  EXPECT_EQ(facts->app, "Chat");
}

std::vector<std::string> problems_of(const PackText& pack) {
  const auto samples = read_samples(pack);
  EXPECT_TRUE(samples);
  const auto checks = check_pack(pack, *samples);
  EXPECT_TRUE(checks);
  std::vector<std::string> problems;
  for (const PackCheck& one : *checks) {
    EXPECT_EQ(one.state == PackCheck::State::kWrong, !one.problems.empty()) << one.name;
    problems.insert(problems.end(), one.problems.begin(), one.problems.end());
  }
  return problems;
}

TEST(Packs, TestsOfOwnOnesHold) {
  const auto packs = load_packs(std::vector<std::string>{LIMIER_SAMPLES "/../packs"});
  ASSERT_TRUE(packs) << packs.error().message;
  EXPECT_EQ(packs->size(), own_packs().size());
  for (const PackText& pack : *packs) EXPECT_EQ(problems_of(pack), std::vector<std::string>{}) << pack.name;
}

TEST(Packs, ChecksSayWhatIsMissing) {
  // A column that is neither among the tables nor the capabilities, and no test.
  const auto problems = problems_of(pack_text(replaced(kRow, "m.body", "m.body, m.extra")));
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_NE(problems[0].find("with no capability: pack-query-failed: pack chat: the rows of m could not be asked "
                             "for: no such column: m.extra"),
            std::string::npos)
      << problems[0];
  EXPECT_NE(problems[1].find("without the capability extra"), std::string::npos);
  EXPECT_EQ(problems[2], "it has no [[test]] with a database that it knows");
  EXPECT_EQ(problems[3], "it has no [[test]] with match = false: a database that it must not know");
}

TEST(Packs, TheFirstRowOfATestIsCompared) {
  const std::string sql = "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body); INSERT INTO m VALUES (1, 5, 1, 'a');";
  const auto problem = [&](const std::string& first) {
    const auto checks = check_pack(
        pack_text(std::string(kRow) + "[[test]]\nname = \"x\"\nfiles = { c = \"x.sql\" }\nfirst = { " + first + " }\n"),
        {{"x.sql", {sql.begin(), sql.end()}}});
    EXPECT_TRUE(checks);
    return checks->back().problems.empty() ? "" : checks->back().problems.front();
  };
  EXPECT_EQ(problem("time = \"1970-01-01T00:00:05.000000000Z\", body = \"a\", direction = \"out\""), "");
  EXPECT_EQ(problem("direction = \"in\""), "line 21: x: the first row's direction should be 'in' and is 'out'");
  EXPECT_EQ(problem("wings = \"2\""), "line 21: x: the first row's wings should be '2' and is 'no such row or column'");
}

TEST(Packs, ATestWithoutItsSampleIsWrongAndWithoutAnyIsSaid) {
  const PackText pack = pack_text(std::string(kRow) +
                                  "[[test]]\nname = \"x\"\nfiles = { c = \"no.sql\" }\n"
                                  "[[test]]\nname = \"y\"\nfiles = { c = \"y.sql\" }\n");
  const auto none = check_pack(pack, {});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->back().state, PackCheck::State::kNoSamples);
  const std::string sql = "CREATE TABLE m(id INTEGER PRIMARY KEY, t, out, body);";
  const auto some = check_pack(pack, {{"y.sql", {sql.begin(), sql.end()}}});
  ASSERT_TRUE(some);
  EXPECT_EQ((*some)[2].problems, std::vector<std::string>{"line 21: no.sql: cannot be read"});
  EXPECT_EQ((*some)[3].state, PackCheck::State::kGood);
}

TEST(Packs, FilesAndFoldersAreLoaded) {
  std::string folder = (std::filesystem::temp_directory_path() / "limier-packs-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto load = [](std::string path) { return load_packs(std::vector<std::string>{std::move(path)}); };
  EXPECT_FALSE(load(folder));  // empty
  EXPECT_FALSE(load(folder + "/none.toml"));
  std::ofstream(folder + "/b.toml") << pack_text(kRow).toml;
  std::ofstream(folder + "/readme.txt") << "no pack";
  const auto one = load(folder);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->size(), 1u);
  std::ofstream(folder + "/a.toml") << "pack = 'x'\n\nwings = 2\n";
  const auto bad = load(folder);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(bad.error().message.find(folder + "/a.toml:1: "), 0u) << bad.error().message;
  std::filesystem::remove_all(folder);
}

TEST(Packs, EveryWishHasItsParser) {
  const auto parsers = make_parsers({});
  for (const Wish& wish : wishes())
    EXPECT_TRUE(std::ranges::any_of(parsers, [&](const auto& one) { return one->name() == wish.parser; }))
        << wish.parser;
  EXPECT_TRUE(std::ranges::is_sorted(parsers, {}, [](const auto& one) { return one->name(); }));
}

}  // namespace
}  // namespace limier::content
