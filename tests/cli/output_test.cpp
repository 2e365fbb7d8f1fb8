// Tables, JSON, numbers for people, and what progress looks like.
#include "cli/output.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "cli/json_writer.h"
#include "cli/progress.h"
#include "limier/base.h"

namespace limier::cli {
namespace {

// What `use` writes; small enough for the pipe's buffer.
std::string written(const std::function<void(Output&)>& use) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  {
    Output out(writing.get());
    use(out);
  }
  writing.reset();
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(reading.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return text;
}

TEST(Output, AReaderThatWentAwayIsNoError) {
  ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  UniqueFd writing(ends[1]);
  ::close(ends[0]);
  Output out(writing.get());
  out.write("x");
  out.flush();
  EXPECT_TRUE(out.broken());
  EXPECT_EQ(out.error(), 0);
}

TEST(Output, AFullDeviceIsAnError) {
  Output out(-1);
  out.write("x");
  out.flush();
  EXPECT_FALSE(out.broken());
  EXPECT_EQ(out.error(), EBADF);
}

TEST(Table, AlignsByCodePoints) {
  const std::string text = written([](Output& out) {
    Table table({{"name"}, {"size", Align::kRight}, {"last"}});
    table.add(
        {"\xC3\x9C"
         "ber",
         "1", "x"});
    table.add({"longer", "12345", ""});
    table.print(out, Style(false), "");
  });
  EXPECT_EQ(text,
            "name     size  last\n\xC3\x9C"
            "ber        1  x\nlonger  12345\n");
}

TEST(Style, ColoursOnlyWhenWanted) {
  EXPECT_EQ(Style(false).bad("x"), "x");
  EXPECT_EQ(Style(true).bad("x"), "\x1B[31mx\x1B[0m");
}

TEST(Numbers, ForPeople) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(1234567), "1,234,567");
  EXPECT_EQ(human_size(0), "0 bytes");
  EXPECT_EQ(human_size(1), "1 byte");
  EXPECT_EQ(human_size(1536), "1.5 KiB");
  EXPECT_EQ(human_size(1048575), "1.0 MiB");
  EXPECT_EQ(human_size(~0ull), "16.0 EiB");
  EXPECT_EQ(exact_size(1536), "1.5 KiB (1,536 bytes)");
}

TEST(JsonWriter, NestsAndEscapes) {
  const std::string text = written([](Output& out) {
    JsonWriter json(out, 1);
    json.begin_object().text("a", "x\"\n").key("b").begin_array().integer(-1).number(2).null().boolean(true).end();
    json.key("c").begin_object().end().key("d").real(1.5).key("e").real(1.0 / 0.0).finish();
  });
  EXPECT_EQ(
      text,
      "{\n  \"a\": \"x\\\"\\n\",\n  \"b\": [-1, 2, null, true],\n  \"c\": {},\n  \"d\": 1.5,\n  \"e\": null\n}\n");
}

TEST(JsonWriter, EmptyArrayAndRows) {
  EXPECT_EQ(written([](Output& out) { JsonWriter(out, 1).begin_array().finish(); }), "[]\n");
  const std::string rows = written([](Output& out) {
    JsonWriter json(out, 1);
    json.begin_array();
    for (std::uint64_t i = 0; i < 2; ++i) json.begin_object().number("i", i).end();
    json.finish();
  });
  EXPECT_EQ(rows, "[\n  {\"i\": 0},\n  {\"i\": 1}\n]\n");
}

TEST(JsonWriter, KeepsTheRawBytesOfWhatIsNotText) {
  const std::string text =
      written([](Output& out) { JsonWriter(out, 0).begin_object().evidence("n", "a\xFF").finish(); });
  EXPECT_NE(text.find("\"n_raw\": \"61ff\""), std::string::npos) << text;
}

TEST(Progress, BarNeverWiderThanTheTerminal) {
  const StageState state{"sweep", "bytes", 1000ull << 20, 420ull << 20, 3.0};
  const std::string wide = render_bar(state, 100);
  EXPECT_NE(wide.find(" 42 %"), std::string::npos) << wide;
  EXPECT_NE(wide.find("140.0 MiB/s"), std::string::npos) << wide;
  EXPECT_NE(wide.find("0:04 left"), std::string::npos) << wide;
  EXPECT_NE(wide.find('['), std::string::npos);
  for (std::size_t width = 0; width < 120; ++width) EXPECT_LE(display_width(render_bar(state, width)), width);
}

TEST(Progress, UnknownTotalHasNoBarAndNoEnd) {
  const StageState state{"walk", "files", 0, 12345, 2.0};
  const std::string line = render_bar(state, 80);
  EXPECT_EQ(line.find('['), std::string::npos) << line;
  EXPECT_NE(line.find("12,345 files"), std::string::npos) << line;
  EXPECT_EQ(line.find("left"), std::string::npos) << line;
}

TEST(Progress, HostileStageNamesAreMadeVisible) {
  const StageState state{"\x1B[2Jx", "bytes", 10, 5, 1.0};
  EXPECT_EQ(render_bar(state, 80).find('\x1B'), std::string::npos);
  EXPECT_EQ(render_plain(state).find('\x1B'), std::string::npos);
}

TEST(Progress, JsonHasTheKeysOfTheContract) {
  EXPECT_EQ(render_json({"sweep", "bytes", 456, 123, 1.0}),
            R"({"stage":"sweep","done":123,"total":456,"unit":"bytes","rate":123.0,"eta_s":2.7})");
  EXPECT_EQ(render_json({"walk", "files", 0, 3, 0.0}),
            R"({"stage":"walk","done":3,"total":null,"unit":"files","rate":0.0,"eta_s":null})");
}

FindingNews some_news() {
  return {"danger/threat:sqlite:sms:rowid=3",
          "live-in-danger",
          "A threat",
          "weapon: \"k\x1B[2Jnife\"",
          parse_time("2021-03-09T05:00:00"),
          true,
          false};
}

// What make_progress(mode) writes of some news, and of taking it back between stages.
std::string shown_news(std::string_view mode, bool quiet) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  auto progress = make_progress(mode, quiet, writing.get());
  progress->finding(some_news());
  FindingNews withdrawn;
  withdrawn.key = "k";
  withdrawn.withdrawn = true;
  progress->finding(withdrawn);
  progress.reset();
  writing.reset();
  std::array<char, 4096> part{};
  const ssize_t got = ::read(reading.get(), part.data(), part.size());
  return got > 0 ? std::string(part.data(), static_cast<std::size_t>(got)) : "";
}

TEST(Progress, NewsOfFindingsInEveryForm) {
  EXPECT_EQ(shown_news("json", false),
            R"({"finding":{"key":"danger/threat:sqlite:sms:rowid=3","priority":"live-in-danger","title":"A threat",)"
            R"("reason":"weapon: \"k\u001B[2Jnife\"","t":"2021-03-09T05:00:00.000000000Z","provisional":true}})"
            "\n{\"withdrawn\":\"k\"}\n");
  const std::string plain =
      "limier: finding, live-in-danger, provisional: A threat (2021-03-09 05:00:00Z): weapon: "
      "\"k\\x1B[2Jnife\" [danger/threat:sqlite:sms:rowid=3]\nlimier: finding withdrawn: k\n";
  EXPECT_EQ(shown_news("plain", false), plain);
  EXPECT_EQ(shown_news("bar", false), plain);
  EXPECT_EQ(shown_news("none", false), "");
  EXPECT_EQ(shown_news("plain", true), "");
  // A program asked for it.
  EXPECT_EQ(shown_news("json", true), shown_news("json", false));
  FindingNews of_batch = some_news();
  of_batch.exhibit = "A-1";
  EXPECT_NE(news_json(of_batch).find(R"("provisional":true,"exhibit":"A-1"}})"), std::string::npos);
  EXPECT_TRUE(news_plain(of_batch).starts_with("exhibit 'A-1': finding, live-in-danger"));
  of_batch.withdrawn = true;
  of_batch.key = "k";
  EXPECT_EQ(news_json(of_batch), R"({"withdrawn":"k","exhibit":"A-1"})");
  FindingNews timeless = some_news();
  timeless.t.reset();
  timeless.provisional = false;
  EXPECT_NE(news_json(timeless).find(R"("t":null,"provisional":false)"), std::string::npos);
}

TEST(Progress, PlainLinesHaveABeginningAndAnEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  {
    auto progress = make_progress("plain", false, writing.get());
    progress->stage_started("sweep", 1 << 20, "bytes");
    progress->advanced(1 << 19);
    progress->note("segment 2 is damaged\x1B[2J");
    progress->stage_ended();
    progress = make_progress("plain", true, writing.get());
    progress->stage_started("quiet", 1, "bytes");
  }
  writing.reset();
  std::array<char, 4096> part{};
  const ssize_t got = ::read(reading.get(), part.data(), part.size());
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(part.data(), static_cast<std::size_t>(got)),
            "limier: sweep, 1.0 MiB\nlimier: segment 2 is damaged\\x1B[2J\nlimier: sweep: done in 0:00\n");
}

TEST(Progress, ClockText) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

}  // namespace
}  // namespace limier::cli
