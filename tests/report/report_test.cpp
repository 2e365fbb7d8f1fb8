#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <set>

#include "report/charts.h"
#include "report/facts.h"
#include "report/file_count.h"
#include "report/fixture.h"
#include "report/numbers.h"
#include "report/out_file.h"
#include "report/types.h"

namespace limier::report {
namespace {

using testing::CaseFolder;
using testing::hostile_names;

const std::vector<std::string> kEveryFormat{"html", "json", "csv", "bodyfile", "dfxml"};
const std::vector<std::string> kEveryFile{"report.html",  "report.json",  "files.csv",    "findings.csv", "hits.csv",
                                          "messages.csv", "timeline.csv", "bodyfile.txt", "dfxml.xml"};

void fill_hostile(CaseFolder& folder) {
  for (const std::string& name : hostile_names()) folder.add_file("/" + name);
}

bool have(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}
bool python(const CaseFolder& folder, const std::string& script) {
  const std::string file = folder.dir() + "/check.py";
  std::ofstream(file) << script;
  return std::system(("cd '" + folder.dir() + "' && python3 -B check.py").c_str()) == 0;
}

TEST(Formats, AreSortedAndSayWhichAreWrittenByDefault) {
  std::vector<std::string> names;
  std::set<std::string> by_default;
  for (const Format& format : all_formats()) {
    names.emplace_back(format.name);
    if (format.by_default) by_default.insert(std::string(format.name));
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(by_default, (std::set<std::string>{"csv", "html", "json"}));
}

TEST(Formats, AnUnknownNameIsAUsageErrorAndWritesNothing) {
  CaseFolder folder;
  const Status status = folder.write({"csv", "pdf"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(std::filesystem::exists(folder.dir() + "/files.csv"));
}

TEST(Reports, HoldNoForbiddenByteOrCharacter) {
  CaseFolder folder;
  fill_hostile(folder);
  ASSERT_TRUE(folder.write(kEveryFormat).ok());
  for (const std::string& file : kEveryFile) {
    const std::string text = folder.read(file);
    ASSERT_FALSE(text.empty()) << file;
    EXPECT_TRUE(is_valid_utf8(text)) << file;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      EXPECT_TRUE(byte >= 0x20 || byte == '\n') << file << " holds byte " << int{byte};
      EXPECT_NE(byte, 0x7F) << file;
    }
    for (const char* bad : {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x80\x8B", "\xEF\xBB\xBF", "\xD8\x9C", "\xE2\x81\xA6",
                            "\xF3\xA0\x81\x81", "\xE2\x80\xA8"})
      EXPECT_EQ(text.find(bad), std::string::npos) << file;
  }
}

TEST(Reports, AreTheSameBytesUnderAnotherZoneAndLocale) {
  CaseFolder folder;
  fill_hostile(folder);
  ASSERT_TRUE(folder.write(kEveryFormat).ok());
  std::vector<std::string> first;
  for (const std::string& file : kEveryFile) first.push_back(folder.read(file));
  ::setenv("TZ", "Asia/Kathmandu", 1);
  ::tzset();
  const char* other = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (other == nullptr) std::setlocale(LC_ALL, "C.UTF-8");
  ASSERT_TRUE(folder.write(kEveryFormat).ok());
  std::setlocale(LC_ALL, "C");
  ::unsetenv("TZ");
  ::tzset();
  for (std::size_t i = 0; i < kEveryFile.size(); ++i) EXPECT_EQ(folder.read(kEveryFile[i]), first[i]) << kEveryFile[i];
}

TEST(Reports, DoNotChangeWithFactsAboutTheRun) {
  CaseFolder folder;
  fill_hostile(folder);
  ASSERT_TRUE(folder.write(kEveryFormat).ok());
  std::vector<std::string> first;
  for (const std::string& file : kEveryFile) first.push_back(folder.read(file));
  folder.run(
      "UPDATE v_run SET host = 'other', started = '1999', ended = '1999', command = 'x', exit_code = 0, run_id = 7");
  ASSERT_TRUE(folder.write(kEveryFormat).ok());
  for (std::size_t i = 0; i < kEveryFile.size(); ++i) {
    EXPECT_EQ(folder.read(kEveryFile[i]), first[i]) << kEveryFile[i];
    EXPECT_EQ(first[i].find("secret-host"), std::string::npos) << kEveryFile[i];
    EXPECT_EQ(first[i].find(folder.dir()), std::string::npos) << kEveryFile[i];
  }
}

TEST(Html, ParsesToAllowedElementsOnly) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.add_file("/doc.txt:<script>s</script>", "stream", 5);
  folder.add_file("/gone.jpg", "file", 7, true, "recovered");
  folder.add_file("/over.jpg", "file", 7, true, "overwritten");
  folder.add_file("/latin1 caf\xE9.txt", "file", 999);
  folder.add_file(
      "/\xE2\x80\xAE"
      "gpj.exe",
      "file", 998);
  folder.run(
      "INSERT INTO v_finding(finding_id, pack, rule, priority, title, reason, subject_kind, subject_id, file_id) "
      "VALUES "
      "(1, 'p', 'r', 'high', '<script>', '\"x', 'file', 1, 1)");
  ASSERT_TRUE(folder.write({"html"}).ok());
  EXPECT_TRUE(python(folder, R"py(
import base64, hashlib, html.parser, re, sys
ELEMENTS = set('html head meta title style body div p b i h1 h2 h3 span header main section nav ol ul li a dl dt dd table caption thead tbody tr th td code bdi time figure svg rect line text desc footer'.split())
ATTRIBUTES = set('lang charset http-equiv content name class id href scope aria-labelledby aria-label aria-hidden role tabindex viewbox x y x1 x2 y1 y2 width height text-anchor'.split())
VOID = {'meta'}
class P(html.parser.HTMLParser):
    stack, text, csp, style, ids, hrefs = [], [], None, '', set(), set()
    def handle_starttag(self, tag, attrs):
        assert tag in ELEMENTS, tag
        for k, v in attrs:
            assert k in ATTRIBUTES, (tag, k)
            if k == 'href': assert v.startswith('#'), v; self.hrefs.add(v[1:])
            if k == 'id': assert v not in self.ids, v; self.ids.add(v)
        d = dict(attrs)
        if d.get('http-equiv') == 'Content-Security-Policy': self.csp = d['content']
        if tag not in VOID and not self.get_starttag_text().endswith('/>'): self.stack.append(tag)
    def handle_startendtag(self, tag, attrs): self.handle_starttag(tag, attrs)
    def handle_endtag(self, tag): assert self.stack.pop() == tag, tag
    def handle_comment(self, data): sys.exit('comment')
    def handle_data(self, data):
        if self.stack and self.stack[-1] == 'style': self.style += data
        else: self.text.append(data)
p = P(convert_charrefs=True)
page = open('report.html', encoding='utf-8', newline='').read()
p.feed(page); p.close()
assert not p.stack, p.stack
assert p.hrefs <= p.ids, p.hrefs - p.ids
want = base64.b64encode(hashlib.sha256(p.style.encode()).digest()).decode()
assert "default-src 'none'" in p.csp and f"style-src 'sha256-{want}'" in p.csp, p.csp
assert '<script' not in page and 'http://' not in page and 'https://' not in page and 'style="' not in page
text = ''.join(p.text)
for s in ['<script>alert(1)</script>', 'Warrant 2021/1234 <b>', 'J. <i>Doe</i>', 'latin1 caf\\xE9.txt', '\\u{202E}gpj.exe', 'BitLocker', 'Exhibit 3']:
    assert s in text, s
assert '100.00 %' in text
)py"));
}

TEST(Html, SaysOnItsFirstScreenWhatWentWrong) {
  const auto banner = [](const std::string& sql) {
    CaseFolder folder;
    folder.add_file("/a");
    folder.run(sql);
    EXPECT_TRUE(folder.write({"html"}).ok());
    const std::string page = folder.read("report.html");
    return page.substr(0, page.find("<nav"));
  };
  EXPECT_NE(banner("SELECT 1").find("part of it could not be examined"), std::string::npos);
  EXPECT_NE(banner("UPDATE v_evidence SET verdict = 'mismatch'").find("Integrity mismatch"), std::string::npos);
  EXPECT_NE(banner("UPDATE v_evidence SET md5 = 'ff'").find("Integrity mismatch"), std::string::npos);
  EXPECT_NE(banner("INSERT INTO v_bad_range VALUES (512, 1024, 'checksum')").find("The evidence is damaged"),
            std::string::npos);
  EXPECT_NE(banner("UPDATE v_run SET outcome = 'interrupted'").find("Interrupted: this examination is not complete"),
            std::string::npos);
  EXPECT_NE(banner("UPDATE v_evidence SET verdict = NULL, md5 = NULL").find("was not checked"), std::string::npos);
  const std::string whole = banner("DELETE FROM v_volume WHERE volume_id = 3; DELETE FROM v_not_examined");
  EXPECT_NE(whole.find("listed and hashed; no content examined"), std::string::npos);
  EXPECT_EQ(whole.find("all of it was examined"), std::string::npos);
  EXPECT_EQ(whole.find("everything examined"), std::string::npos);
  EXPECT_NE(whole.find("Findings</span> not computed"), std::string::npos);
  EXPECT_NE(banner("UPDATE v_run SET profile = 'list'; UPDATE v_evidence SET verdict = NULL, md5 = NULL")
                .find("listed; nothing hashed, no content examined"),
            std::string::npos);
  EXPECT_NE(banner("DELETE FROM v_file; UPDATE v_volume SET status = 'unsupported'").find("Nothing could be examined"),
            std::string::npos);
  EXPECT_NE(banner("DELETE FROM v_file; UPDATE v_volume SET status = 'encrypted'").find("Nothing could be examined"),
            std::string::npos);
}

TEST(Html, NamesTheCapOfEveryCutList) {
  CaseFolder folder;
  for (int i = 0; i < 40; ++i)
    folder.add_file("/f" + std::to_string(i) + ".e" + std::to_string(i), "file", i, i % 2 == 0,
                    i % 2 == 0 ? "recovered" : "complete");
  ASSERT_TRUE(folder.write({"html"}).ok());
  const std::string page = folder.read("report.html");
  EXPECT_NE(page.find("Listed: the 25 largest of 40."), std::string::npos);
  EXPECT_NE(page.find("Listed: the 25 most recently modified of 40."), std::string::npos);
  EXPECT_NE(page.find("Listed: the 25 most frequent of 40 extensions."), std::string::npos);
}

TEST(Json, ParsesKeepsNamesAndFollowsItsSchema) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.run("INSERT INTO v_bad_range VALUES (512, 1024, 'checksum')");
  ASSERT_TRUE(folder.write({"json"}).ok());
  std::ofstream(folder.dir() + "/where.txt") << LIMIER_SAMPLES;
  EXPECT_TRUE(python(folder, R"py(
import json, os
report = json.load(open('report.json', encoding='utf-8'))
assert report['conditions']['damaged'] and report['conditions']['incomplete'] and not report['conditions']['interrupted']
assert report['exit_code'] == 4
names = {f['path'] for f in report['files']['largest']} | {f['path'] for f in report['files']['most_recent']}
assert '/<script>alert(1)</script>' in names and '/\u202egpj.exe' in names | {'/\u202egpj.exe'}
assert all('path_hex' in f for f in report['files']['most_recent'] if '\ufffd' in f['path'])
assert sum(s['bytes'] for s in report['coverage']['states']) == report['evidence']['size_bytes']
schema_file = os.path.join(os.path.dirname(open('where.txt').read()), 'docs', 'report.schema.json')
schema = json.load(open(schema_file))
try:
    import jsonschema
except ImportError:
    print('jsonschema is not installed: schema not checked')
else:
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(report)
    broken = dict(report); del broken['evidence']
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)
)py"));
}

TEST(Csv, ReadsBackToTheNames) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.run(
      "INSERT INTO v_finding(finding_id, pack, rule, priority, title, reason, subject_kind, subject_id, file_id) "
      "VALUES "
      "(1, 'p', 'r', 'high', '=1+1', 'why', 'file', 1, 1)");
  ASSERT_TRUE(folder.write({"csv"}).ok());
  std::ofstream names(folder.dir() + "/names.txt");
  for (const std::string& name : hostile_names()) names << hex("/" + name) << "\n";
  names.close();
  EXPECT_TRUE(python(folder, R"py(
import csv, re
csv.field_size_limit(1 << 20)
def visible(text):
    out, i = b'', 0
    simple = {'n': b'\n', 'r': b'\r', 't': b'\t', '\\': b'\\'}
    while i < len(text):
        if text[i] != '\\': out += text[i].encode(); i += 1
        elif text[i + 1] in simple: out += simple[text[i + 1]]; i += 2
        elif text[i + 1] == 'x': out += bytes([int(text[i + 2:i + 4], 16)]); i += 4
        else:
            end = text.index('}', i); out += chr(int(text[i + 3:end], 16)).encode(); i = end + 1
    return out
rows = list(csv.DictReader(open('files.csv', encoding='utf-8', newline=''), strict=True))
names = [bytes.fromhex(line.strip()) for line in open('names.txt')]
assert len(rows) == len(names), (len(rows), len(names))
for row, name in zip(rows, names):
    assert None not in row and None not in row.values(), row
    assert row['path'][:1] not in '=+-@\t\r', row['path']
    # paths begin with '/', so no apostrophe was put in front
    assert visible(row['path']) == name, (row['path'], name)
    assert row['path_hex'] in ('', name.hex())
    assert (row['path_hex'] != '') == (b'\0' in name or name.decode(errors='replace').encode() != name), name
    assert row['modified'] == '2021-03-09T05:00:00.000000000Z'
    assert not re.match(r"[=+\-@]", row['name'])
finding = list(csv.DictReader(open('findings.csv', encoding='utf-8', newline=''), strict=True))
assert finding[0]['title'] == "'=1+1", finding
timeline = list(csv.DictReader(open('timeline.csv', encoding='utf-8', newline=''), strict=True))
# once as the file's own time, once as that of its $FILE_NAME
assert len(timeline) == 2 * len(names)
)py"));
}

TEST(Junit, EachFindingAtOrAboveTheThresholdFails) {
  CaseFolder folder;
  folder.add_file("/a <b>");
  folder.run(
      "ALTER TABLE v_run ADD COLUMN fail_on; UPDATE v_run SET fail_on = 'high';"
      "INSERT INTO v_judged(judged_id, kind, items, judged, not_judged) VALUES (1, 'messages', 9, 9, 0);"
      "INSERT INTO v_finding(finding_id, priority, title, reason, rank, key, file_id) VALUES "
      "(1, 'medium', 'third', 'c', 3, 'k3', 1), (2, 'live-in-danger', 'first \"&<x>', '' || 'a', 1, 'k1', 1), "
      "(3, 'high', 'second', 'b', 2, 'k2', 1)");
  ASSERT_TRUE(folder.write({"junit"}).ok());
  EXPECT_TRUE(python(folder, R"py(
import xml.etree.ElementTree as E
suite = E.parse('junit.xml').getroot()[0]
failed = [case.get('name') for case in suite if case.find('failure') is not None]
assert failed == ['completeness', 'findings', 'finding k1: first "&<x>', 'finding k2: second'], failed
assert suite.get('failures') == '4' and suite.get('tests') == '6', suite.attrib
case = suite[4].find('failure')
assert (case.get('type'), case.get('message')) == ('finding', 'live-in-danger') and '/a <b>' in case.text, case.text
assert '2 findings of priority high or above' == suite[3].find('failure').get('message')
)py"));
}

TEST(Bodyfile, HasElevenFieldsAndMactimeReadsIt) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.add_file("/before-1970.txt", "file", 1, true, "recovered", -1'000'000'001);
  ASSERT_TRUE(folder.write({"bodyfile"}).ok());
  std::istringstream lines(folder.read("bodyfile.txt"));
  std::string line, last;
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 10) << line;
    ++count;
    last = line;
  }
  EXPECT_EQ(count, 2 * (hostile_names().size() + 1));  // each with its $FILE_NAME line
  EXPECT_NE(last.find("/before-1970.txt ($FILE_NAME) (deleted)|"), std::string::npos) << last;
  EXPECT_NE(
      folder.read("bodyfile.txt")
          .find(
              "0123456789abcdef0123456789abcdef|/plain.txt|141-128-1|r/rrw-r--r--|0|0|10|0|1615266000|0|1615266000\n"),
      std::string::npos);
  EXPECT_NE(folder.read("bodyfile.txt").find("|/before-1970.txt (deleted)|143-128-1|r/rrw-r--r--|0|0|1|0|-2|0|-2\n"),
            std::string::npos);
  if (!have("mactime")) FAIL() << "mactime is not installed; scripts/install-deps --tests installs it";
  ASSERT_EQ(std::system(("mactime -y -d -z UTC -b '" + folder.dir() + "/bodyfile.txt' > '" + folder.dir() +
                         "/mac.csv' 2>'" + folder.dir() + "/mac.err'")
                            .c_str()),
            0);
  const std::string table = folder.read("mac.csv");
  EXPECT_NE(table.find("plain.txt"), std::string::npos);
  EXPECT_NE(table.find("2021-03-09T05:00:00Z"), std::string::npos) << table.substr(0, 500);
  EXPECT_EQ(folder.read("mac.err"), "");
}

TEST(Bodyfile, PathsSayTheirVolumeOnlyWhereThereAreSeveral) {
  CaseFolder folder;
  folder.add_file("/a");
  folder.add_file("/b");
  folder.run("UPDATE v_file SET volume_id = 3 WHERE path = '/b'");
  ASSERT_TRUE(folder.write({"bodyfile"}).ok());
  EXPECT_NE(folder.read("bodyfile.txt").find("|/vol2/a|"), std::string::npos);
  EXPECT_NE(folder.read("bodyfile.txt").find("|/vol3/b|102|"), std::string::npos);
}

TEST(Dfxml, IsWellFormedAndHoldsRunsAndDigests) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.run(
      "INSERT INTO v_extent VALUES (1, 0, 0, 4096, 10, 'data'), (3, 0, 0, NULL, 5, 'sparse'), (3, 1, 5, 8192, 5, "
      "'data')");
  ASSERT_TRUE(folder.write({"dfxml"}).ok());
  EXPECT_TRUE(python(folder, R"py(
import xml.etree.ElementTree as E
ns = {'d': 'http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML'}
root = E.parse('dfxml.xml').getroot()
files = root.findall('.//d:fileobject', ns)
assert len(files) == 42, len(files)
assert files[0].find('d:filename', ns).text == '<script>alert(1)</script>'
assert files[0].find('.//d:byte_run', ns).attrib == {'file_offset': '0', 'img_offset': '4096', 'len': '10', 'type': 'data'}
assert 'img_offset' not in files[2].findall('.//d:byte_run', ns)[0].attrib and len(files[2].findall('.//d:byte_run', ns)) == 2
assert files[1].find('d:byte_runs', ns) is None
assert files[0].find('d:hashdigest', ns).text == '0123456789abcdef0123456789abcdef'
assert files[0].find('d:mtime', ns).text == '2021-03-09T05:00:00.000000000Z'
)py"));
  if (have("xmllint")) {
    EXPECT_EQ(std::system(("xmllint --noout '" + folder.dir() + "/dfxml.xml'").c_str()), 0);
  }
}

TEST(OutFile, LeavesNothingBehindWhenNotCommitted) {
  CaseFolder folder;
  {
    auto out = OutFile::create(folder.dir(), "x.txt");
    ASSERT_TRUE(out.ok());
    *out << "half";
  }
  EXPECT_FALSE(std::filesystem::exists(folder.dir() + "/x.txt"));
  EXPECT_FALSE(std::filesystem::exists(folder.dir() + "/.x.txt.partial"));
}

TEST(OutFile, AWriteThatDoesNotFitKeepsTheOldReport) {
  CaseFolder folder;
  std::ofstream(folder.dir() + "/x.txt") << "old";
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 64 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    auto out = OutFile::create(folder.dir(), "x.txt");
    if (out.ok()) {
      *out << std::string(1 << 20, 'x');
      const Status status = out->commit();
      EXPECT_FALSE(status.ok());
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(folder.read("x.txt"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder.dir() + "/.x.txt.partial"));
}

TEST(Numbers, AreGroupedAndShort) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(48211), "48,211");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(human_bytes(1), "1 byte");
  EXPECT_EQ(human_bytes(1023), "1,023 bytes");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
}

TEST(Numbers, SharesAddUpToTheWhole) {
  const std::int64_t thirds[] = {1, 1, 1};
  EXPECT_EQ(percentages(thirds), (std::vector<std::int64_t>{3334, 3333, 3333}));
  const std::int64_t large[] = {INT64_MAX / 2, 1, INT64_MAX / 2};
  std::int64_t sum = 0;
  for (const std::int64_t part : percentages(large)) sum += part;
  EXPECT_EQ(sum, 10'000);
  const std::int64_t nothing[] = {0, 0};
  EXPECT_EQ(percentages(nothing), (std::vector<std::int64_t>{0, 0}));
}

TEST(Numbers, Base64FollowsRfc4648) {
  const auto encode = [](std::string_view text) { return base64(as_bytes(text)); };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Types, TakeOnlyWhatLooksLikeAnExtension) {
  EXPECT_EQ(extension_of("a.JPG"), "jpg");
  EXPECT_EQ(extension_of(".bashrc"), "");
  EXPECT_EQ(extension_of("a."), "");
  EXPECT_EQ(extension_of("a.<b>"), "");
  EXPECT_EQ(extension_of("a.abcdefghijklm"), "");
  EXPECT_EQ(categories()[category_of("jpg")].name, "Pictures");
  EXPECT_EQ(categories()[category_of("jp")].name, "Other");
  EXPECT_EQ(categories()[category_of("")].name, "Other");
}

void count_files(store::Index& index, Facts& facts) {
  FileCount count;
  FileVisitor* const visitors[] = {&count};
  ASSERT_TRUE(pass_over_files(index, visitors).ok());
  ASSERT_TRUE(count.put_into(index, facts).ok());
}

TEST(Activity, PutsOutlyingYearsApart) {
  CaseFolder folder;
  folder.add_file("/old", "file", 1, false, "complete", *parse_time("1980-01-01"));
  folder.add_file("/new", "file", 1, false, "complete", *parse_time("2200-01-01"));
  folder.add_file("/a", "file", 1, false, "complete", *parse_time("2021-03-09"));
  folder.add_file("/b", "file", 1, false, "complete", *parse_time("2021-03-31T23:59:59.999999999Z"));
  auto index = store::Index::open(folder.dir());
  ASSERT_TRUE(index.ok());
  Facts facts;
  count_files(**index, facts);
  const Activity& activity = facts.activity;
  // Each time is the file's own and that of its $FILE_NAME.
  EXPECT_EQ(activity.before, 2);
  EXPECT_EQ(activity.after, 2);
  EXPECT_EQ(activity.total, 8);
  ASSERT_EQ(activity.months.size(), 1u);
  EXPECT_EQ(activity.months[0].year, 2021);
  EXPECT_EQ(activity.months[0].month, 3);
  EXPECT_EQ(activity.months[0].count, 4);
}

TEST(Activity, TheChartShowsTheBusiestStretch) {
  Activity activity;
  activity.months = {{1995, 1, 3}, {2020, 1, 100}, {2021, 6, 50}, {2099, 12, 1}};
  const MonthWindow window = busiest_window(activity);
  EXPECT_EQ(window.first, 2020 * 12);
  EXPECT_EQ(window.months, 18);
  EXPECT_EQ(window.inside, 150);
  EXPECT_EQ(window.before, 3);
  EXPECT_EQ(window.after, 1);
}

TEST(Activity, TheChartLeavesLongEmptyStretchesOut) {
  Activity activity;
  activity.months = {{1995, 1, 3}, {2020, 1, 100}, {2020, 4, 7}, {2021, 6, 50}, {2021, 7, 1}};
  const MonthWindow window = chart_window(activity);
  EXPECT_EQ(window.inside, 161) << "all of it fits once empty stretches are left out";
  const auto at = [](std::int64_t year, int month) { return year * 12 + month - 1; };
  EXPECT_EQ(chart_slots(activity, window),
            (std::vector<std::int64_t>{at(1995, 1), kBreak, at(2020, 1), at(2020, 2), at(2020, 3), at(2020, 4), kBreak,
                                       at(2021, 6), at(2021, 7)}));
  const std::string chart = activity_chart(Words(), activity, window);
  EXPECT_EQ(std::count(chart.begin(), chart.end(), '\n') > 0, true);
  EXPECT_NE(chart.find("tabindex=\"0\" role=\"region\""), std::string::npos);
  EXPECT_NE(chart.find("1995-01"), std::string::npos);
  // No two labels below the axis lie on each other: months are 56 wide.
  activity.months.clear();
  for (int year = 1995; year < 2025; ++year) activity.months.push_back({year, 6, 1});
  EXPECT_LE(chart_slots(activity, chart_window(activity)).size(), 60U);
}

TEST(Lists, WhatTheFileSystemKeepsForItselfStandsApart) {
  CaseFolder folder;
  for (int i = 0; i < 30; ++i) folder.add_file("/system" + std::to_string(i), "file", 1'000'000 + i);
  folder.run("UPDATE v_file SET inode = file_id - 1");  // NTFS: entries 0 to 23 are the file system's own
  folder.add_file("/$Extend/$UsnJrnl:$J", "stream", 9'000'000);
  folder.add_file("/$OrphanFiles/OrphanFile-77", "file", 0, true);
  folder.run("UPDATE v_file SET orphan = 1 WHERE path LIKE '/$Orphan%'");
  folder.add_file("/$MBR", "virtual", 512);
  folder.add_file("/photo.jpg", "file", 5);
  ASSERT_TRUE(folder.write({"html", "json"}).ok());
  EXPECT_TRUE(python(folder, R"py(
import json
files = json.load(open('report.json', encoding='utf-8'))['files']
users = {'/photo.jpg'} | {f'/system{i}' for i in range(24, 30)}
for name in ('largest', 'most_recent'):
    assert {one['path'] for one in files[name]} == users, (name, files[name])
assert {one['path'] for one in files['largest_internal']} == {'/$Extend/$UsnJrnl:$J'} | {f'/system{i}' for i in range(24)}
assert '/$OrphanFiles/OrphanFile-77' in {one['path'] for one in files['most_recent_internal']} or len(files['most_recent_internal']) == 25
assert files['internal'] == 26, files['internal']
page = open('report.html', encoding='utf-8').read()
lists = page[page.index('id="lists"'):page.index('id="coverage"')]
assert 'OrphanFile-77' not in lists[:lists.index('file systems')]
)py"));
}

TEST(Html, TablesHaveHeadsAndCanBeScrolledByKeyboard) {
  CaseFolder folder;
  fill_hostile(folder);
  folder.add_file("/doc.txt:hidden", "stream", 5);
  ASSERT_TRUE(folder.write({"html"}).ok());
  EXPECT_TRUE(python(folder, R"py(
import html.parser
class P(html.parser.HTMLParser):
    boxes, head, tables, stack = [], None, 0, []
    def handle_starttag(self, tag, attrs):
        d = dict(attrs)
        if tag == 'div': self.stack.append(d)
        if tag == 'table':
            self.tables += 1
            box = self.stack[-1]
            assert (box.get('class'), box.get('tabindex'), box.get('role')) == ('scroll', '0', 'region'), box
            self.boxes.append(box['aria-label'])
        if tag == 'th': self.head = ''
    def handle_endtag(self, tag):
        if tag == 'div': self.stack.pop()
        if tag == 'th': assert self.head.strip(), 'an empty head'; self.head = None
    def handle_data(self, data):
        if self.head is not None: self.head += data
p = P(); p.feed(open('report.html', encoding='utf-8').read())
assert p.tables > 8 and len(set(p.boxes)) == p.tables, p.boxes
)py"));
}

TEST(Census, SurvivesSizesThatDoNotAddUp) {
  CaseFolder folder;
  folder.add_file("/a", "file", INT64_MAX);
  folder.add_file("/b", "file", INT64_MAX);
  folder.add_file("/c", "file", -5);
  auto index = store::Index::open(folder.dir());
  ASSERT_TRUE(index.ok());
  Facts facts;
  count_files(**index, facts);
  EXPECT_EQ(facts.census.kind("file").bytes, INT64_MAX);
  EXPECT_TRUE(folder.write(kEveryFormat).ok());
}

}  // namespace
}  // namespace limier::report
