// The words of the pages in other languages: that every sentence goes through the catalogue, and none is left behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "report/facts.h"
#include "report/fixture.h"
#include "report/formats.h"
#include "report/words.h"

namespace limier::report {
namespace {

using testing::CaseFolder;

constexpr std::string_view kOpen = "⟦", kClose = "⟧";

// The catalogue with every English text between brackets as its translation.
class Bracketed {
 public:
  Bracketed() {
    for (const EmbeddedFile& part : embedded_words()) {
      std::string text;
      std::istringstream lines{std::string(part.bytes)};
      for (std::string line; std::getline(lines, line);)
        if (line.starts_with("en ")) {
          const std::string key = line.substr(3);
          std::string said = key.substr(key.find('|') + 1);
          for (std::size_t at; (at = said.find("{w}")) != std::string::npos;) said.replace(at, 3, "{}");
          text += fmt::format("en {}\nxx {}{}{}\n", key, kOpen, said, kClose);
        }
      texts_.push_back(std::move(text));
    }
    for (std::size_t i = 0; i < texts_.size(); ++i) parts_.push_back({embedded_words()[i].path, texts_[i]});
  }
  [[nodiscard]] Words words() const { return Words::of("xx", parts_); }

 private:
  std::vector<std::string> texts_;
  std::vector<EmbeddedFile> parts_;
};

// What a page says in words of its own: its text and labels, without what stands between brackets, and without what is
// of the evidence, a value or a command.
std::vector<std::string> unbracketed(std::string page) {
  for (const auto& [from, to] : {std::pair<std::string, std::string>("<style>", "</style>"),
                                 {"<bdi", "</bdi>"},
                                 {"<code>", "</code>"},
                                 {"<time>", "</time>"},
                                 {"<meta", ">"}})
    for (std::size_t at = 0; (at = page.find(from, at)) != std::string::npos;) {
      const std::size_t end = page.find(to, at);
      page.erase(at, end == std::string::npos ? end : end + to.size() - at);
    }
  std::string said;
  for (std::size_t at = 0; at < page.size();) {
    if (page[at] != '<') {
      said += page[at++];
      continue;
    }
    const std::size_t end = page.find('>', at);
    const std::string tag = page.substr(at, end - at);
    if (const std::size_t label = tag.find("aria-label=\""); label != std::string::npos)
      said += tag.substr(label + 12, tag.find('"', label + 12) - label - 12);
    said += '\n';
    at = end + 1;
  }
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  for (std::size_t at = 0; at < said.size(); ++at) {
    const std::string_view rest = std::string_view(said).substr(at);
    if (rest.starts_with(kOpen)) ++depth;
    if (rest.starts_with(kClose)) --depth;
    const bool letter = (said[at] >= 'a' && said[at] <= 'z') || (said[at] >= 'A' && said[at] <= 'Z');
    if (depth == 0 && letter) {
      word += said[at];
      continue;
    }
    const bool is_id = said[at] == ':' && at + 1 < said.size() && said[at + 1] >= '0' && said[at + 1] <= '9';  // file:1
    if (word.size() > 2 && !is_id) words.push_back(word);
    word.clear();
  }
  return words;
}

void fill(CaseFolder& folder) {
  for (const std::string& name : testing::hostile_names()) folder.add_file("/" + name);
  folder.add_file("/gone.jpg", "file", 7, true, "recovered");
  folder.add_file("/over.jpg", "file", 7, true, "overwritten");
  folder.add_file("/doc.txt:second", "stream", 5);
  folder.run("INSERT INTO v_bad_range VALUES (100, 512, 'media'), (1000, 2, 'quarantined')");
  folder.run(
      "INSERT INTO v_message(message_id, service, thread, direction, sender, body, t, deleted, state, kind, parser, "
      "parser_version, locator) VALUES (1, 'chat', 't', 'in', 'ann', 'hello', '2021-03-09T05:00:00', 1, 'recovered', "
      "'text', 'p', '1', 'l'), (2, 'chat', 't', 'out', 'owner', NULL, NULL, 0, 'live', 'image', 'p', '1', 'l')");
  folder.run(
      "INSERT INTO v_finding(finding_id, rank, pack, pack_version, rule, priority, title, reason, meaning, limits, "
      "subject_kind, subject_id, file_id, key) VALUES (1, 1, 'p', '1', 'r', 'high', 'Title', 'why', 'm', 'l', "
      "'message', 1, 1, 'k'), (2, 2, 'p', '1', 'r', 'low', 'Title', 'why', 'm', 'l', 'file', 1, 1, 'k2')");
  folder.run(
      "INSERT INTO v_judged(judged_id, kind, items, judged, not_judged, reason) VALUES (1, 'messages with text', 3, 1, "
      "2, 'no message with text was read')");
  folder.run("INSERT INTO v_device(device_id, key, value) VALUES (1, 'model', 'x'), (2, 'imei', '35')");
}

Status write_page(CaseFolder& folder, const Words& words) {
  auto index = store::Index::open(folder.dir());
  if (!index) return index.error();
  Source source(**index, true, words);
  return write_html(source, folder.dir());
}

TEST(Languages, EverySentenceOfThePageIsInTheCatalogue) {
  CaseFolder folder;
  fill(folder);
  const Bracketed catalogue;
  const Words words = catalogue.words();
  ASSERT_TRUE(write_page(folder, words).ok());
  // What is the same in every language: names of formats and of this program, units, words of a link to a row.
  const std::set<std::string> same{"limier", "SHA", "MiB", "KiB", "GiB", "bytes", "byte", "UTC", "MD5"};
  for (const std::string& word : unbracketed(folder.read("report.html")))
    EXPECT_TRUE(same.contains(word)) << "not from the catalogue: " << word;
}

TEST(Languages, EveryKindOfRowIsInTheCatalogue) {
  const Bracketed catalogue;
  const Words words = catalogue.words();
  const auto is_said = [](std::string_view text) { return text.starts_with(kOpen); };
  for (const catalog::KindInfo* kind : catalog::row_kinds()) {
    EXPECT_TRUE(is_said(words.stored(kind->title))) << kind->title;
    EXPECT_TRUE(is_said(words.stored(kind->meaning))) << kind->meaning;
    for (const catalog::ViewColumn& column : catalog::view_columns(*kind)) {
      std::string head = column.name;
      std::ranges::replace(head, '_', ' ');
      EXPECT_TRUE(column.is_raw || head.ends_with(" ns") || is_said(words(Key{head}))) << kind->name << ": " << head;
      // Where in a database a row stood has the names that its documentation uses.
      if (column.name == "source") continue;
      for (const std::string_view word : column.words)
        EXPECT_TRUE(is_said(words.stored(word))) << column.name << ": " << word;
    }
  }
}

TEST(Languages, ThatTestFindsASentenceThatIsNotInTheCatalogue) {
  EXPECT_EQ(unbracketed("<p>⟦a word ⟦in⟧ it⟧ and <bdi>evidence</bdi> more</p>"),
            (std::vector<std::string>{"and", "more"}));
  EXPECT_EQ(unbracketed("<div aria-label=\"Table\">"), std::vector<std::string>{"Table"});
}

TEST(Languages, EnglishNeedsNoCatalogue) {
  const auto words = Words::in("en");
  ASSERT_TRUE(words.ok());
  EXPECT_EQ((*words)("Whose device"_w), "Whose device");
  EXPECT_EQ((*words)("of|contents"_w), "contents");
  EXPECT_EQ(words->count(0, "message"_w, "messages"_w), "0 messages");
  EXPECT_EQ(words->stored("live in danger"), "live in danger");
}

TEST(Languages, AnUnknownLanguageIsRefusedWithASentence) {
  const auto words = Words::in("es");
  ASSERT_FALSE(words.ok());
  EXPECT_EQ(words.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(words.error().message, "there are no reports in the language 'es'; there are en, nl, fr, de");
}

TEST(Languages, PluralsFollowTheLanguage) {
  const auto french = *Words::in("fr"), german = *Words::in("de");
  EXPECT_EQ(french.count(0, "message"_w, "messages"_w), "0 message");
  EXPECT_EQ(french.count(2, "exhibit"_w, "exhibits"_w), "2 pièces");
  EXPECT_EQ(german.count(0, "message"_w, "messages"_w), "0 Nachrichten");
  EXPECT_EQ(german.count(1, "message"_w, "messages"_w), "1 Nachricht");
  EXPECT_EQ(german.count(1234, "exhibit"_w, "exhibits"_w), "1,234 Asservate");
}

constexpr EmbeddedFile kMade[] = {
    {"index.txt",
     "en {} high findings ({w})\nxx {} hohe ({})\n\nen Threat\nxx Drohung\n\nen linked to {}: {w}\nxx {1} mit {0}\n\n"
     "en open\nxx offen\n"},
    {"page.txt", "en {} of {}\nxx {1} davon {0}\n\nen bad {}\nxx {} {}\n"}};

TEST(Languages, StoredSentencesKeepTheirValues) {
  const Words words = Words::of("xx", kMade);
  EXPECT_EQ(words.stored("3 high findings (Threat)"), "3 hohe (Drohung)");
  EXPECT_EQ(words.stored("3 high findings (another)"), "3 hohe (another)");
  EXPECT_EQ(words.stored("linked to EX-1: open"), "offen mit EX-1");
  EXPECT_EQ(words.stored("open; linked to A: 2 high findings (open); else"), "offen; 2 hohe (offen) mit A; else");
  EXPECT_EQ(words.stored("something else"), "something else");
  EXPECT_EQ(words.stored(""), "");
}

TEST(Languages, WordsOfAMessageInAReasonStayAsTheyAre) {
  Words words = Words::of("xx", kMade);
  words.add("killing", "Töten");
  words.add("weapon", "Waffe");
  EXPECT_EQ(words.stored("killing (\"open\", \"weapon\"); weapon (\"kn; ife\"); odd (\"killing\")"),
            "Töten (\"open\", \"weapon\"); Waffe (\"kn; ife\"); odd (\"killing\")");
}

TEST(Languages, WordsOfAPackMayHaveRoomForValues) {
  Words words = Words::of("nl", {});
  words.add("{w}: {} files, the first {}", "{}: {} bestanden, het eerste {}");
  words.add("sum {}", "bedrag {}");
  words.add("encrypted archive", "versleuteld archief");
  EXPECT_EQ(words.stored("encrypted archive: 3 files, the first /a/b.7z; sum 900"),
            "versleuteld archief: 3 bestanden, het eerste /a/b.7z; bedrag 900");
  EXPECT_EQ(words.stored("encrypted archive: 3 pictures"), "encrypted archive: 3 pictures");
  const Words copy = words;  // patterns are its own
  words = Words();
  EXPECT_EQ(copy.stored("sum 1"), "bedrag 1");
}

TEST(Languages, WhatMayHoldEvidenceIsSaidAsAWholeOrNotAtAll) {
  const Words words = *Words::in("fr");
  EXPECT_EQ(words.whole("JPEG picture"), "image JPEG");
  EXPECT_EQ(words.whole("JPEG picture; message"), "JPEG picture; message");
}

TEST(Languages, PlacesMayStandInAnotherOrder) {
  const Words words = Words::of("xx", kMade);
  EXPECT_EQ(words("{} of {}"_w, 1, 2), "2 davon 1");
  EXPECT_EQ(words("bad {}"_w, 1), "bad 1") << "a translation that does not fit is not shown";
}

}  // namespace
}  // namespace limier::report
