// A kind of row that is declared here, and nowhere else, is found in CSV, JSON and its schema, on the page and in
// timeline.csv; messages and findings go the same way.
#include "report/declared.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "limier/catalog/device.h"
#include "limier/catalog/findings.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "limier/report.h"
#include "limier/report/device.h"
#include "report/files_sheet.h"
#include "store/fixture.h"

namespace limier::report {
namespace {

enum class Weather : std::int8_t { kNone = -1, kFair, kFoul };
constexpr std::array<std::string_view, 2> kWeatherWords{"fair", "foul"};
constexpr std::int64_t kNoon = 1'500'000'000'000'000'000;

struct Sighting {
  static constexpr catalog::KindInfo kKind{.name = "sighting",
                                           .plural = "sightings",
                                           .title = "Sightings",
                                           .meaning = "Bloodhounds that were seen.",
                                           .summary = "name || ' in ' || weather"};
  static constexpr auto columns() {
    using catalog::As, catalog::Column;
    return std::tuple{
        Column{"name", &Sighting::name, As::kText, "of the dog"},
        Column{"weight", &Sighting::weight_kg, As::kReal, "in kg"},
        Column{"wet", &Sighting::wet, As::kFlag, "it had rained"},
        Column{"t", &Sighting::t_ns, As::kTime, "when"},
        Column{"weather", &Sighting::weather, kWeatherWords, "of that day"},
    };
  }

  catalog::RowPlace place;
  std::string name;
  double weight_kg = 40.5;
  bool wet = true;
  std::optional<std::int64_t> t_ns;
  Weather weather = Weather::kNone;
};

class DeclaredSinks : public store::testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    for (std::uint64_t number = 1; number <= 2; ++number) {
      add(name(number, paths_[number - 1], 30 + number));
      auto record = inode(30 + number);
      record.times.modified = catalog::utc_stamp(kNoon);
      add(record);
      add(stream(30 + number, catalog::ContentSource::kExtents, 100));
      add(extent(30 + number, 0, 4096 * number, 100));
    }
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "kennel", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    items_ = *waiting;
    ASSERT_EQ(items_.size(), 2U);
  }
  template <catalog::Row T>
  void row_of(std::size_t item, const T& row) {
    check(writer_->add_row(items_[item].item_id, catalog::kKindOf<T>, "kennel", "1", catalog::cells_of(row)));
  }
  void sighting(std::string name, std::optional<std::int64_t> t_ns, std::size_t item = 0) {
    Sighting row;
    row.place.locator = "s:" + name;
    row.name = std::move(name);
    row.t_ns = t_ns;
    row.weather = Weather::kFoul;
    row_of(item, row);
  }
  // The n-th of a conversation, an hour behind the one before.
  void message(int number, std::string body, std::string thread = "17") {
    catalog::Message row;
    row.place.locator = fmt::format("m:{}:{}", thread, number);
    row.place.state = catalog::RowState::kLive;
    row.place.page = 7;
    row.service = "sms";
    row.thread = std::move(thread);
    row.direction = number % 2 == 0 ? catalog::Direction::kOut : catalog::Direction::kIn;
    row.sender = number % 2 == 0 ? "" : "+32470000001";
    row.sender_name = number % 2 == 0 ? "" : "<b>Ann</b>";
    row.t_ns = kNoon + number * 3'600'000'000'000;
    row.body = std::move(body);
    row.deleted = number == 3;
    row_of(0, row);
  }
  catalog::Finding finding(std::int64_t rank, catalog::Priority priority, std::int64_t message_id) {
    catalog::Finding row;
    row.pack = "danger";
    row.pack_version = "1";
    row.rule = "threat";
    row.priority = priority;
    row.title = fmt::format("Threat <{}>", rank);
    row.reason = "threat verb: \"<i>hurt</i>\"\xFF";
    row.meaning = "somebody may be in danger";
    row.limits = "of 100 findings 7 are false; of 100 dangers 12 are missed";
    row.rank = rank;
    row.key = fmt::format("key{}", rank);
    row.subject_kind = "message";
    row.subject_id = message_id;
    row.file_id = 1;
    return row;
  }
  void finish() {
    for (const auto& item : items_) check(writer_->finish_item(item.item_id, catalog::ItemState::kParsed, 1, ""));
    sweep();
    check(writer_->finish_evidence(digest_of({}, kAllDigests), store::Verdict::kVerified, true));
    check(writer_->settle_content());
    for (const catalog::Finding& one : findings_) check(writer_->add(one));
    for (const catalog::Judged& one : judged_) check(writer_->add(one));
    check(writer_->build_coverage());
    close();
  }
  void write(const std::vector<std::string>& formats) {
    const auto written = write_reports(*index_, dir_, formats);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  std::string report(const std::string& name) {
    std::ifstream in(dir_ + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool exists(const std::string& name) { return std::filesystem::exists(dir_ + "/" + name); }
  bool python(const std::string& script) {
    std::ofstream(dir_ + "/check.py") << script;
    return std::system(("cd '" + dir_ + "' && python3 -B check.py").c_str()) == 0;
  }

  void says(std::size_t item, std::string key, std::string value, std::string basis) {
    catalog::DeviceFact row;
    row.place.locator = key + ":" + value;
    row.key = std::move(key);
    row.value = std::move(value);
    row.basis = std::move(basis);
    row_of(item, row);
  }

  std::array<std::string, 2> paths_{"/dogs1.db", "/dogs2.db"};
  catalog::ExtraKind extra_{catalog::kKindOf<Sighting>};
  std::vector<store::ItemRow> items_;
  std::vector<catalog::Finding> findings_;
  std::vector<catalog::Judged> judged_;
};

TEST_F(DeclaredSinks, AViewHasTheColumnsThatFollowFromTheDeclaration) {
  finish();
  for (const catalog::KindInfo* kind : catalog::row_kinds()) {
    auto query = index_->query(fmt::format("SELECT * FROM v_{}", kind->name));
    ASSERT_TRUE(query.ok());
    std::vector<std::string> found, declared;
    for (int at = 0; at < query->column_count(); ++at) found.push_back(query->column_name(at));
    for (const auto& column : catalog::view_columns(*kind)) declared.push_back(column.name);
    EXPECT_EQ(found, declared) << kind->name;
  }
}

TEST_F(DeclaredSinks, ANewKindIsInEverySink) {
  sighting("Anubis\xFF", kNoon - 1);
  sighting("=<script>alert(1)</script>", kNoon);
  sighting("Zorro", std::nullopt, 1);
  finish();
  write({"csv", "html", "json"});
  const std::string ids = rows("SELECT content_id FROM v_item ORDER BY item_id");
  const std::string one = ids.substr(0, ids.find('\n')), two = ids.substr(ids.find('\n') + 1);
  EXPECT_EQ(report("sightings.csv"),
            "sighting_id,name,weight,wet,t,t_ns,weather,file_id,content_id,locator,parser,parser_version,state,source,"
            "page,file_offset,name_hex\n"
            "1,\"Anubis\\xFF\",40.5,1,\"2017-07-14T02:39:59.999999999Z\",1499999999999999999,\"foul\",1," +
                one +
                ",\"s:Anubis\xEF\xBF\xBD\",\"kennel\",\"1\",,,,,416e75626973ff\n"
                "2,\"'=<script>alert(1)</script>\",40.5,1,\"2017-07-14T02:40:00.000000000Z\",1500000000000000000,"
                "\"foul\",1," +
                one +
                ",\"s:=<script>alert(1)</script>\",\"kennel\",\"1\",,,,,\n"
                "3,\"Zorro\",40.5,1,,,\"foul\",2," +
                two + ",\"s:Zorro\",\"kennel\",\"1\",,,,,\n");
  const std::string timeline = report("timeline.csv");
  EXPECT_NE(
      timeline.find("Z\",1499999999999999999,,\"sighting\",1,\"/dogs1.db\",\"Anubis\xEF\xBF\xBD in foul\",\"utc\"\n"),
      std::string::npos)
      << timeline;
  EXPECT_TRUE(python(R"py(
import json
report = json.load(open('report.json', encoding='utf-8'))
assert report['rows']['sightings'] == 3, report['rows']
first = report['sightings'][0]
assert first['name'] == 'Anubis\ufffd' and first['name_hex'] == '416e75626973ff', first
assert first['wet'] is True and first['weight'] == 40.5 and first['weather'] == 'foul' and first['t_ns'] == 1499999999999999999
assert report['sightings'][2]['t'] is None and report['examined']['contents'] == 2 and report['examined']['content'] is True
assert report['examined']['rules'] is False
page = open('report.html', encoding='utf-8').read()
part = page[page.index('Sightings (3)'):]
assert 'Bloodhounds that were seen.' in part and '<bdi>Anubis\\xFF</bdi>' in part and '<td>foul</td>' in part or '<bdi>foul</bdi>' in part
assert '<script' not in page and '&lt;script&gt;' in part
front = page[:page.index('<nav')]
assert 'listed and hashed; 2 contents looked into by parsers, 0 messages' in front, front
assert 'not computed: there was nothing that rules could judge' in front
)py"));
}

TEST_F(DeclaredSinks, TablesOfKindsWithoutRowsAreThereOnlyWhereTheyAreExpected) {
  finish();
  std::ofstream(dir_ + "/sightings.csv") << "left from another run";
  write({"csv"});
  for (const char* file : {"findings.csv", "hits.csv", "messages.csv"}) {
    const std::string text = report(file);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << file;
  }
  EXPECT_TRUE(report("messages.csv").starts_with("message_id,service,thread,thread_name,direction,sender,"));
  EXPECT_FALSE(exists("sightings.csv"));
  EXPECT_FALSE(exists("attachments.csv"));
  EXPECT_TRUE(exists("items.csv"));
  const auto* const csv = std::ranges::find(all_formats(), std::string_view("csv"), &Format::name).base();
  std::vector<std::string> named, always;
  for (const ReportFile& file : csv->files()) {
    named.push_back(file.name);
    if (file.always) always.push_back(file.name);
  }
  EXPECT_NE(std::ranges::find(named, "sightings.csv"), named.end());
  EXPECT_EQ(always,
            (std::vector<std::string>{"files.csv", "timeline.csv", "findings.csv", "hits.csv", "messages.csv"}));
}

TEST_F(DeclaredSinks, TheTimelineIsThatOfTheViewWithRowsOutOfFilesToo) {
  for (int i = 0; i < 40; ++i) sighting("dog" + std::to_string(i), kNoon + (i % 5 - 2) * 1'000, i % 2 == 0 ? 0U : 1U);
  for (int i = -3; i < 4; ++i) message(i, "line\nbreak");
  finish();
  auto rows = index_->query(
      "SELECT t, t_ns, macb, source, file_id, path, description, zone_basis FROM v_timeline "
      "ORDER BY t_s, t_ns, file_id, source, row_id, macb DESC");
  ASSERT_TRUE(rows.ok());
  std::string expected = "t,t_ns,macb,source,file_id,path,description,zone_basis\n";
  while (rows->step())
    expected += csv_field(rows->text(0)) + "," + rows->text(1) + "," +
                (rows->is_null(2) ? "" : csv_field(rows->text(2))) + "," + csv_field(rows->text(3)) + "," +
                rows->text(4) + "," + csv_field(rows->text(5)) + "," + csv_field(rows->text(6)) + "," +
                csv_field(rows->text(7)) + "\n";
  for (const std::size_t run_bytes : {TimelineSheet::kRunBytes, std::size_t{1}}) {
    auto sheet = TimelineSheet::create(dir_, run_bytes);
    ASSERT_TRUE(sheet.ok());
    FileVisitor* const visitors[] = {&*sheet};
    ASSERT_TRUE(pass_over_files(*index_, visitors).ok());
    ASSERT_TRUE(sheet->commit(*index_).ok());
    EXPECT_EQ(report("timeline.csv"), expected) << run_bytes;
  }
}

TEST_F(DeclaredSinks, TheFirstScreenBeginsWithFindingsAndTheMessagesAroundThem) {
  for (int i = 1; i <= 9; ++i) message(i, fmt::format("<u>words {}</u>", i));
  message(5, "of another conversation", "18");
  findings_ = {finding(2, catalog::Priority::kHigh, 9), finding(1, catalog::Priority::kLiveInDanger, 5),
               finding(3, catalog::Priority::kMedium, 1), finding(4, catalog::Priority::kLow, 10)};
  judged_ = {{"messages with text", 8, 8, 0, ""}, {"messages: image", 2, 0, 2, "pictures are not read"}};
  finish();
  write({"html", "json", "csv"});
  EXPECT_TRUE(python(R"py(
import csv, json, re
page = open('report.html', encoding='utf-8').read()
front = page[:page.index('<nav')]
assert front.index('Threat &lt;1&gt;') < front.index('Threat &lt;2&gt;') < front.index('Threat &lt;3&gt;') < front.index('class="verdict')
assert 'Threat &lt;4&gt;' not in front and '1 more finding in ' in front
for words in ('not an accusation', 'No finding is no all-clear', 'A person decides', 'speak against it',
              'of 100 findings 7 are false', '2 <bdi>messages: image</bdi> (<bdi>pictures are not read</bdi>)'):
    assert words in front, words
def card(rank):
    start = page.index('id="finding-%d"' % rank)
    return page[start:page.index('</div>', start)]
def talk(rank): return re.findall(r'words (\d)', card(rank))
# finding ids are those of the order in which they came: the second is that of rank 1
assert talk(2) == list('2345678'), talk(2)
assert talk(1) == list('6789') and talk(3) == list('1234'), (talk(1), talk(3))
assert 'of another conversation' in card(4) and talk(4) == []
one = card(2)
assert '<b>Ann' not in page and '&lt;b&gt;Ann&lt;/b&gt;' in one and '<u>' not in page
assert one.count('class="subject"') == 1 and re.search(r'class="subject">.*words 5', one)
assert re.search(r'deleted</span></span><bdi>&lt;u&gt;words 3', one), one
assert 'live-in-danger' in one and '&quot;&lt;i&gt;hurt&lt;/i&gt;&quot;\\xFF' in one
assert '/dogs1.db' in one and 'm:17:5' in one and 'page 7' in one and 'limier explain DIR key1' in one
assert 'the device’s owner' in one
section = page[page.index('id="findings"'):page.index('id="messages"')]
assert card(2).count('as of finding') == 0 and card(1).count('as of finding <a href="#finding-2">1</a>') == 2
assert section.count('<td class="num"><a href="#finding-') == 4 and 'What the rules could judge' in section
messages = page[page.index('id="messages"'):page.index('id="rows"')]
assert re.search(r'<bdi>sms</bdi></td><td class="path"><bdi>17</bdi></td><td class="num">9</td><td class="num">4</td><td class="num">1</td>', messages), messages
report = json.load(open('report.json', encoding='utf-8'))
assert [one['rank'] for one in report['findings']] == [1, 2, 3, 4]
assert report['findings'][0]['reason_hex'].endswith('ff') and report['examined']['rules'] is True
assert report['conditions']['findings'] == {'live-in-danger': 1, 'high': 1, 'medium': 1, 'low': 1, 'info': 0}
rows = list(csv.DictReader(open('findings.csv', encoding='utf-8', newline=''), strict=True))
assert [row['priority'] for row in rows] == ['live-in-danger', 'high', 'medium', 'low']
assert len(list(csv.DictReader(open('messages.csv', encoding='utf-8', newline=''), strict=True))) == 10
)py"));
}

TEST_F(DeclaredSinks, NoFindingOfRulesThatWereRunIsNoAllClear) {
  message(1, "hello");
  judged_ = {{"messages with text", 1, 1, 0, ""}};
  finish();
  write({"html", "junit"});
  const std::string page = report("report.html"), front = page.substr(0, page.find("<nav"));
  EXPECT_NE(front.find("none by the rules that were run; that is no all-clear"), std::string::npos);
  EXPECT_NE(page.find("None: the rules that were run found nothing"), std::string::npos);
  EXPECT_NE(report("junit.xml").find("none by the rules that were run"), std::string::npos);
}

// A computer that keeps a phone's backup beside its own facts.
class BackupSinks : public DeclaredSinks {
 protected:
  void SetUp() override {
    paths_[1] = "/MobileSync/Backup/00f1/phone.db";
    DeclaredSinks::SetUp();
  }
};

TEST_F(BackupSinks, TheFirstScreenSaysWhoseDeviceAndKeepsABackedUpPhoneApart) {
  says(0, "host_name", "ann's <laptop>", "registry");
  says(1, "model", "Phone 7", "property list");
  says(1, "imei", "359999056721095", "property list");
  says(1, "phone_number", "+32470000001", "property list");
  catalog::Account account;
  account.place.locator = "a:1";
  account.service = "Messenger";
  account.identifier = account.normalized = "+32470000001";
  account.display_name = "Ann";
  account.role = catalog::AccountRole::kOwner;
  row_of(0, account);
  finish();
  write({"html"});
  const std::string page = report("report.html"), front = page.substr(0, page.find("<nav"));
  const auto line = [&](std::string_view label) {
    const std::size_t at = front.find(label);
    return at == std::string::npos ? std::string() : front.substr(at, front.find("</li>", at) - at);
  };
  const std::string owner = line("It says its owner is"), device = line(">Device<"), backup = line("Backup of a phone");
  // The number once, with all that say so.
  EXPECT_NE(owner.find("<bdi>Ann</bdi> <bdi>+32470000001</bdi>"), std::string::npos) << owner;
  EXPECT_EQ(owner.find("+32470000001"), owner.rfind("+32470000001"));
  EXPECT_NE(owner.find("property list"), std::string::npos);
  EXPECT_NE(owner.find("Messenger"), std::string::npos);
  EXPECT_NE(device.find("ann&#39;s &lt;laptop&gt;"), std::string::npos) << device;
  EXPECT_EQ(device.find("Phone 7"), std::string::npos);
  EXPECT_NE(backup.find("Phone 7"), std::string::npos) << backup;
  EXPECT_NE(backup.find("359999056721095"), std::string::npos);
  EXPECT_EQ(front.find("Numbers of the device"), std::string::npos);
  EXPECT_NE(page.find("device:1"), std::string::npos);
  const auto read = read_device(*index_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(device_words(*read), "ann's <laptop>; owner +32470000001");
}

TEST_F(DeclaredSinks, WithoutAFactTheFirstScreenSaysSo) {
  sighting("Anubis", kNoon);
  finish();
  write({"html"});
  EXPECT_NE(report("report.html").find("Nothing that was looked into says whose device it is."), std::string::npos);
}

TEST_F(DeclaredSinks, AConversationWithAFindingComesFirstAndIsReadable) {
  for (int i = 1; i <= 9; ++i) message(i, fmt::format("quiet {}", i), "long");
  for (int i = 1; i <= 4; ++i) message(i, fmt::format("loud {}", i), "short");
  findings_.push_back(finding(1, catalog::Priority::kHigh, 12));
  finish();
  write({"html"});
  const std::string page = report("report.html");
  const std::size_t section = page.find("id=\"messages\"");
  const std::string talks = page.substr(section, page.find("id=\"connections\"") - section);
  const std::size_t first = talks.find("<bdi>loud 1</bdi>"), marked = talks.find("class=\"subject\"");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(marked, std::string::npos);
  EXPECT_LT(first, marked);
  EXPECT_NE(talks.find("<a href=\"#finding-1\">finding 1</a>", marked), std::string::npos);
  EXPECT_NE(talks.find("<span class=\"tag\">deleted</span>"), std::string::npos);
  // In the list it stands before the one with more messages.
  const std::size_t list = talks.find("All conversations");
  EXPECT_LT(talks.find("<bdi>short</bdi>", list), talks.find("<bdi>long</bdi>", list));
  EXPECT_EQ(talks.substr(0, list).find("quiet"), std::string::npos);
}

TEST_F(DeclaredSinks, LongListsAreCutOnThePageAndSaySo) {
  for (int i = 0; i < 130; ++i) message(1, std::string(5'000, 'x') + "end", fmt::format("{:03}", i));
  for (int i = 0; i < 250; ++i) findings_.push_back(finding(i + 1, catalog::Priority::kLow, i % 130 + 1));
  finish();
  write({"html"});
  const std::string page = report("report.html");
  EXPECT_NE(page.find("Listed: the first 100 of 130 conversations."), std::string::npos);
  EXPECT_NE(page.find("80 more in messages.csv."), std::string::npos);
  EXPECT_NE(page.find("50 more in findings.csv."), std::string::npos);
  EXPECT_NE(page.find("bytes more</span>"), std::string::npos);
  EXPECT_EQ(page.find("xend"), std::string::npos);
  EXPECT_LT(page.size(), 1'500'000U);
}

// The part of docs/report.schema.json that follows from the declarations; LIMIER_WRITE_DOCS=1 writes it anew.
TEST(DeclaredSchema, IsTheDeclarations) {
  const std::string path = LIMIER_SAMPLES "/../docs/report.schema.json";
  std::ifstream in(path);
  std::string schema((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::size_t from = schema.find("\n    \"rows\": {") + 1, to = schema.find("  },\n  \"$defs\"");
  ASSERT_TRUE(from != 0 && to != std::string::npos);
  if (std::getenv("LIMIER_WRITE_DOCS") != nullptr)
    std::ofstream(path) << schema.substr(0, from) << kinds_schema() << schema.substr(to);
  else
    EXPECT_EQ(schema.substr(from, to - from), kinds_schema())
        << "LIMIER_WRITE_DOCS=1 in the environment writes it anew";
}

}  // namespace
}  // namespace limier::report
