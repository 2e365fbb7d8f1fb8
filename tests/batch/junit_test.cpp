// JUnit XML against a strict reader: whatever names, reasons and messages hold, the elements are the same.
#include "limier/report/junit.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "limier/batch.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

// Reads XML of the kind we write. Gives the elements with the names of their attributes, and all texts; what is no
// well-formed XML 1.0 fails the test.
class StrictReader {
 public:
  explicit StrictReader(std::string_view xml) : rest_(xml) {
    check_characters(xml);
    constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    EXPECT_TRUE(rest_.starts_with(kHead));
    rest_.remove_prefix(kHead.size());
    for (std::size_t before = 0; !rest_.empty() && rest_.size() != before;) {
      before = rest_.size();
      rest_[0] == '<' ? read_tag() : read_text();
    }
    EXPECT_TRUE(open_.empty()) << open_.size() << " elements are not closed";
  }
  std::vector<std::string> elements, texts;

 private:
  // Production 2 of XML 1.0, and valid UTF-8.
  static void check_characters(std::string_view xml) {
    ASSERT_TRUE(is_valid_utf8(xml));
    for (std::size_t i = 0; i < xml.size(); ++i) {
      const auto byte = static_cast<unsigned char>(xml[i]);
      ASSERT_TRUE(byte >= 0x20 || byte == '\n') << "control character " << int{byte};
      ASSERT_FALSE(xml.substr(i).starts_with("\xEF\xBF\xBE") || xml.substr(i).starts_with("\xEF\xBF\xBF"));
    }
  }
  std::string resolved(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      if (text[0] != '&') {
        out += text[0];
        text.remove_prefix(1);
        continue;
      }
      static constexpr std::pair<std::string_view, char> kEntities[] = {
          {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
      const auto* const entity = std::find_if(std::begin(kEntities), std::end(kEntities),
                                              [&](const auto& one) { return text.starts_with(one.first); });
      if (entity == std::end(kEntities)) {
        ADD_FAILURE() << "a bare & in " << text;
        return out;
      }
      out += entity->second;
      text.remove_prefix(entity->first.size());
    }
    return out;
  }
  void read_text() {
    const std::string_view text = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(text.size());
    EXPECT_EQ(text.find("]]>"), std::string_view::npos);
    if (text.find_first_not_of(" \n") != std::string_view::npos) texts.push_back(resolved(text));
  }
  void read_tag() {
    if (rest_.starts_with("</")) {
      const std::size_t end = rest_.find('>');
      ASSERT_NE(end, std::string_view::npos);
      ASSERT_FALSE(open_.empty());
      EXPECT_EQ(rest_.substr(2, end - 2), open_.back());
      open_.pop_back();
      rest_.remove_prefix(end + 1);
      return;
    }
    rest_.remove_prefix(1);
    const std::size_t name_end = rest_.find_first_of(" />");
    ASSERT_NE(name_end, std::string_view::npos);
    const std::string name(rest_.substr(0, name_end));
    std::string element = name;
    rest_.remove_prefix(name_end);
    while (rest_.starts_with(" ")) {
      const std::size_t equals = rest_.find("=\"");
      ASSERT_NE(equals, std::string_view::npos);
      const std::string attribute(rest_.substr(1, equals - 1));
      ASSERT_EQ(attribute.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos) << attribute;
      element += " " + attribute;
      rest_.remove_prefix(equals + 2);
      const std::size_t end = rest_.find('"');
      ASSERT_NE(end, std::string_view::npos);
      const std::string_view value = rest_.substr(0, end);
      EXPECT_EQ(value.find_first_of("<\n"), std::string_view::npos) << value;
      texts.push_back(resolved(value));
      rest_.remove_prefix(end + 1);
    }
    elements.push_back(element);
    const bool closed = rest_.starts_with("/>");
    ASSERT_TRUE(closed || rest_.starts_with(">")) << rest_.substr(0, 40);
    rest_.remove_prefix(closed ? 2 : 1);
    if (!closed) open_.push_back(name);
  }
  std::string_view rest_;
  std::vector<std::string> open_;
};

struct Hostile {
  std::string bytes, shown;
};
const std::vector<Hostile>& hostile() {
  static const std::vector<Hostile> texts{
      {"]]>", "]]>"},
      {"</testcase><failure/>", "</testcase><failure/>"},
      {"\" onload='x' &amp; &#0; <!-- -- --> <![CDATA[", "\" onload='x' &amp; &#0; <!-- -- --> <![CDATA["},
      {std::string("a\0b\x01\x08\x1F\x7F", 7), "a\\x00b\\x01\\x08\\x1F\\x7F"},
      {"line\nreturn\rtab\t", "line\\nreturn\\rtab\\t"},
      {"\xFF\xFE \xC3( \xE2\x82", "\\xFF\\xFE \\xC3( \\xE2\\x82"},
      {"\xED\xA0\x80", "\\xED\\xA0\\x80"},  // a surrogate
      {"\xEF\xBF\xBE\xEF\xBF\xBF", "\\u{FFFE}\\u{FFFF}"},
      {"\xE2\x80\xAE"
       "txt.exe",
       "\\u{202E}txt.exe"},
      {"back\\slash", "back\\\\slash"},
  };
  return texts;
}

report::JunitSuite suite_with(const std::string& text) {
  report::JunitSuite suite;
  suite.name = text;
  suite.verdict = text;
  suite.incomplete = true;
  suite.media_bytes = suite.covered_bytes = 10;
  suite.not_examined = {{text, text, 1, 2}};
  suite.fail_on = "high";
  return suite;
}

TEST(Junit, hostile_texts_change_no_element_and_are_shown) {
  for (const bool there : {true, false}) {
    report::JunitSuite plain = suite_with("plain");
    if (!there) plain.not_there = "plain";
    const StrictReader expected(report::junit_document(std::span(&plain, 1)));
    ASSERT_GE(expected.elements.size(), 6U);
    for (const Hostile& text : hostile()) {
      report::JunitSuite suite = suite_with(text.bytes);
      if (!there) suite.not_there = text.bytes;
      const StrictReader reader(report::junit_document(std::span(&suite, 1)));
      EXPECT_EQ(reader.elements, expected.elements) << text.shown;
      std::vector<std::string> texts = expected.texts;
      for (std::string& one : texts)
        for (std::size_t at = 0; (at = one.find("plain", at)) != std::string::npos; at += text.shown.size())
          one.replace(at, 5, text.shown);
      EXPECT_EQ(reader.texts, texts);
    }
  }
}

TEST(Junit, of_a_batch_holds_names_messages_and_gaps_of_any_bytes) {
  std::string dir = (fs::temp_directory_path() / "limier-junit-XXXXXX").string();
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  const CaseFolder folder(dir);
  const auto written = [&](const std::string& text) {
    Exhibit exhibit;
    exhibit.name = text;
    std::vector<ExhibitStatus> statuses(4);
    for (ExhibitStatus& status : statuses) status.exhibit = &exhibit;
    ExhibitRecord done;
    done.index_sha256 = std::string(64, 'a');
    done.result.verdict = text;
    done.result.incomplete = true;
    done.result.not_examined = {{text, text, 3, 4}};
    statuses[0].state = ExhibitState::kDone;
    statuses[0].record = done;
    ExhibitRecord failed;
    failed.result.exit_code = 3;
    failed.result.message = text;
    statuses[1].state = ExhibitState::kFailed;
    statuses[1].record = failed;
    statuses[2].state = ExhibitState::kInterrupted;
    statuses[2].attempt_message = text;
    statuses[3].state = ExhibitState::kPlanned;
    const Status status = write_junit(folder, statuses);
    EXPECT_TRUE(status.ok());
    const auto document = read_whole_file(folder.junit());
    EXPECT_TRUE(document.ok());
    return *document;
  };
  const StrictReader expected(written("plain"));
  EXPECT_EQ(std::count(expected.elements.begin(), expected.elements.end(), "error type message"), 12);
  for (const Hostile& text : hostile()) {
    const StrictReader reader(written(text.bytes));
    EXPECT_EQ(reader.elements, expected.elements) << text.shown;
    const auto shown = [&](const std::string& wanted) {
      return std::count(reader.texts.begin(), reader.texts.end(), wanted);
    };
    EXPECT_EQ(shown("not finished: interrupted, " + text.shown), 4);
    EXPECT_EQ(shown("verdict: " + text.shown + "\n"), 1);
    EXPECT_EQ(shown(text.shown + ": " + text.shown + " (3 bytes, 4 items)\n"), 1);
  }
  fs::remove_all(dir);
}

}  // namespace
}  // namespace limier::batch
