#include "content/pack_support.h"

namespace limier::content {
namespace {

using namespace testing;

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
  EXPECT_EQ(shown("cocoa-s", 682'385'402.156), "2022-08-16T23:30:02.156000000Z");
  EXPECT_EQ(shown("unix-s", 1'700'000'000.25), "2023-11-14T22:13:20.250000000Z");
  EXPECT_EQ(shown("unix-s", std::numeric_limits<double>::quiet_NaN()), "none");
  EXPECT_EQ(find_epoch("unix"), nullptr);
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

TEST(Pack, PartsStandInStatementsAndPathsAreKnown) {
  const std::string rows = replaced(kRow, "SELECT m.id AS _rowid, m.t, m.out, m.body FROM c.m m",
                                    "SELECT m.id AS _rowid, m.t, m.out, {{where_it_is}} AS body FROM c.m m");
  const std::string head =
      std::string(kHead) +
      "[parts]\nwhere_it_is = \"path_part(2) || '|' || path_part(1) || '|' || ifnull(path_part(9), "
      "'none') || '|' || path_part(0)\"\n";
  Maker maker;
  maker.run("CREATE TABLE m (id INTEGER PRIMARY KEY, t, out, body); INSERT INTO m VALUES (1, 1, 1, 'x')");
  const std::vector<PackText> packs{pack_text(rows, head)};
  const auto parsed = parse_files(maker.files(), "sqlite", "/data/Profile 1/chat.db", packs);
  EXPECT_NE(text_of(parsed.rows).find("body=Profile 1|chat.db|none|/data/Profile 1/chat.db"), std::string::npos)
      << text_of(parsed.rows);
  EXPECT_NE(problem_of(pack_text(kRow, std::string(kHead) + "[parts]\nwhere = \"x\"\n")).find("no name of a part"),
            std::string::npos);
}

}  // namespace
}  // namespace limier::content
