#include "content/pack_support.h"
#include "content/sqlite_wal_frame.h"

namespace limier::content {
namespace {

using namespace testing;

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

TEST(PackRun, AFurtherDecoderMayHaveAPath) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1, 1700000000, 1, '{\"a\":\"{\\\"b\\\":\\\"aGk=\\\"}\"}')");
  const Parsed parsed = run_chat(maker.files(), replaced(kRow, "body = \"body\"",
                                                         "body = { col = \"body\", decode = \"json\", path = \"a\", "
                                                         "then = [\"json:b\", \"base64\"] }"));
  EXPECT_NE(text_of(parsed.rows).find("|body=hi|"), std::string::npos) << text_of(parsed.rows);
  EXPECT_TRUE(parsed.rows.issues.empty());
}

TEST(PackRun, AWordMayFollowFromWhatAnotherColumnHolds) {
  Maker maker;
  maker.run(std::string(kTable) +
            "INSERT INTO m VALUES (1, 1, 7, '7'), (2, 1, 8, '7'), (3, 1, NULL, '7'), (4, 1, 8, NULL)");
  const auto parsed =
      run_chat(maker.files(), replaced(kRow, "out = 1, in = 0 }", "out = { col = \"body\" }, else = \"in\" }"));
  const std::string text = text_of(parsed.rows);
  std::string words;
  for (std::size_t at = text.find("direction="); at != std::string::npos; at = text.find("direction=", at + 1))
    words += text.substr(at + 10, text.find('|', at) - at - 10) + " ";
  EXPECT_EQ(words, "out in unknown unknown ");
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

TEST(PackRun, AFileUnderAKnownPathThatIsNoDatabaseIsSaid) {
  Maker maker;
  maker.run(std::string(kTable) + "INSERT INTO m VALUES (1,1,1,'a')");
  Files files = maker.files();
  files.main[4] ^= 1;  // of "SQLite format 3"
  const Parsed there = run_chat(files);
  EXPECT_EQ(there.outcome.state, catalog::ItemState::kNotApplicable);
  ASSERT_EQ(there.rows.codes(), std::vector<std::string>{"pack-no-database"});
  EXPECT_TRUE(there.rows.issues[0].incomplete);
  EXPECT_TRUE(run_chat(files, kRow, "/x/other.db").rows.issues.empty());
  EXPECT_TRUE(run_chat(Files{}).rows.issues.empty()) << "SQLite makes an empty file before it writes";
  // Locked, by the measure of its bytes: named, and no damage.
  std::uint64_t chance = 3;
  files.main.resize(20'000);
  for (auto& byte : files.main) {
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(chance >> 56);
  }
  const Parsed locked = run_chat(files);
  EXPECT_EQ(locked.outcome.state, catalog::ItemState::kEncrypted);
  EXPECT_TRUE(locked.outcome.reason.starts_with("encrypted database, of ")) << locked.outcome.reason;
  EXPECT_TRUE(locked.rows.issues.empty());
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

TEST(PackRun, ADatabaseThatIsNotWalkedIsSaid) {
  Maker maker;
  maker.start_wal().run(std::string(kTable) + "INSERT INTO m VALUES (1,1,1,'a')");
  Files files = maker.files();
  // The log's last commit counts more pages than are walked; its sums are right.
  constexpr std::size_t kFrame = 24 + 4096;
  WalSums sums = WalHeader::parse(files.wal)->sums;
  for (std::size_t at = 32; at + kFrame <= files.wal.size(); at += kFrame) {
    const auto frame = std::span(files.wal).subspan(at, kFrame);
    if (at + kFrame == files.wal.size()) frame[4] = 0x10;
    add_frame(sums, frame, WalHeader::parse(files.wal)->big_endian);
    for (std::size_t i = 0; i < 4; ++i) {
      frame[16 + i] = static_cast<std::uint8_t>(sums.first >> (24 - 8 * i));
      frame[20 + i] = static_cast<std::uint8_t>(sums.second >> (24 - 8 * i));
    }
  }
  const Parsed parsed = run_chat(files);
  EXPECT_EQ(parsed.rows.rows.size(), 1u);
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"sqlite-not-walked"});
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
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"sqlite-index-disagrees"});
}

}  // namespace
}  // namespace limier::content
