#include "limier/base/untrusted.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace limier {
namespace {

using namespace std::string_literals;

std::vector<std::string> corpus() {
  return {
      "",
      "plain.txt",
      "<script>alert(1)</script>",
      "\"><img src=x onerror=alert(1)>",
      "' onmouseover='x",
      "&amp;",
      "=cmd|'/c calc'!A0",
      "+1",
      "-1",
      "@SUM(1)",
      "\t=1",
      "\r=1",
      "\n=1",
      "'=1",
      "''@",
      "'plain",
      "\xEF\xBC\x9D"
      "1",
      "a,b\"c\"",
      "line\nbreak",
      "tab\there",
      "pipe|d",
      "\\",
      "\\\\",
      "\\x1B",
      "\\n",
      "\\u{202E}",
      "\x1B]0;title\x07",
      "\x1B[2J",
      "\x7F",
      "\xC2\x9B"
      "31m",
      "\xC2\x85",
      "\xE2\x80\xAE"
      "gpj.exe",
      "\xE2\x80\x8B",
      "\xEF\xBB\xBF",
      "\xD8\x9C",
      "\xE2\x81\xA6",
      "\xE2\x81\xA9",
      "\xF3\xA0\x80\x81",
      "\xE2\x80\xA8",
      "\xEF\xBF\xBE",
      "\xF0\x9F\xBF\xBF",
      "caf\xE9",
      "\xC0\xAF",
      "\xC1\xBF",
      "\xE0\x80\x80",
      "\xED\xA0\x80",
      "\xED\xBF\xBF",
      "\xE2\x82",
      "\xF0\x9F",
      "\xF4\x90\x80\x80",
      "\xF8\x88\x80\x80\x80",
      "\xFF\xFE",
      "\x80",
      "nul\0byte"s,
      "\0"s,
      "\xF0\x9F\x98\x80",
      "\xE6\x97\xA5\xE6\x9C\xAC",
      "e\xCC\x81",
      "\xC2\xAD",
      "\xE3\x85\xA4",
  };
}

std::string code_point(char32_t value) {
  std::string out;
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | (value >> 6));
    put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3F));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  }
  return out;
}

// The inverse the header promises.
std::string read_visible(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
      continue;
    }
    const char kind = text.at(i + 1);
    if (kind == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 4;
    } else if (kind == 'u') {
      const std::size_t end = text.find('}', i);
      out += code_point(static_cast<char32_t>(std::stoul(std::string(text.substr(i + 3, end - i - 3)), nullptr, 16)));
      i = end + 1;
    } else {
      out += kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind == 't' ? '\t' : kind;
      i += 2;
    }
  }
  return out;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}
std::string read_markup(std::string text) {
  text =
      replace_all(replace_all(replace_all(replace_all(text, "&lt;", "<"), "&gt;", ">"), "&quot;", "\""), "&#39;", "'");
  return read_visible(replace_all(text, "&amp;", "&"));
}

bool forbidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}
void expect_clean(const std::string& text, const std::string& of) {
  ASSERT_TRUE(is_valid_utf8(text)) << hex(of);
  for (char32_t c = 0; c < 0xE0080; ++c) {
    if (c == 0x3000) c = 0xFE00;
    if (c == 0x10000) c = 0xE0000;
    if (!forbidden(c)) continue;
    ASSERT_EQ(text.find(code_point(c)), std::string::npos) << hex(of) << " lets through " << static_cast<unsigned>(c);
  }
}

TEST(Utf8, AcceptsExactlyWellFormedSequences) {
  for (const char* good :
       {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_valid_utf8(good));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_FALSE(is_valid_utf8(bad)) << hex(bad);
}

TEST(Utf8Text, RepairsBytesAndNulAndSaysSo) {
  bool repaired = true;
  EXPECT_EQ(utf8_text("caf\xC3\xA9\n", repaired), "caf\xC3\xA9\n");
  EXPECT_FALSE(repaired);
  EXPECT_EQ(utf8_text("caf\xE9x", repaired), "caf\xEF\xBF\xBDx");
  EXPECT_TRUE(repaired);
  EXPECT_EQ(utf8_text("a\0b"s, repaired),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_TRUE(repaired);
  // One mark per maximal subpart, as other decoders do it.
  EXPECT_EQ(utf8_text("\xF0\x9F\x98!", repaired), "\xEF\xBF\xBD!");
  EXPECT_EQ(utf8_text("\xED\xA0\x80", repaired), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(utf8_text("\xEF\xBF\xBD", repaired), "\xEF\xBF\xBD");
  EXPECT_FALSE(repaired);
}

TEST(TerminalText, KnownForms) {
  EXPECT_EQ(terminal_text("\x1B[31m"), "\\x1B[31m");
  EXPECT_EQ(terminal_text("\xE2\x80\xAE"), "\\u{202E}");
  EXPECT_EQ(terminal_text("\xF3\xA0\x81\x81"), "\\u{E0041}");
  EXPECT_EQ(terminal_text("\xC2\x9B"), "\\u{9B}");
  EXPECT_EQ(terminal_text("\xFF"), "\\xFF");
  EXPECT_EQ(terminal_text("a\\b"), "a\\\\b");
  EXPECT_EQ(terminal_text("a\r\n\tb"), "a\\r\\n\\tb");
  EXPECT_EQ(terminal_text("\0"s), "\\x00");
  EXPECT_EQ(terminal_text("\xF0\x9F\x98\x80 \xE6\x97\xA5"), "\xF0\x9F\x98\x80 \xE6\x97\xA5");
}

TEST(EverySink, LetsNothingHiddenThroughAndCanBeReadBack) {
  for (const std::string& text : corpus()) {
    expect_clean(terminal_text(text), text);
    expect_clean(html_text(text), text);
    expect_clean(xml_text(text), text);
    expect_clean(json_string(text), text);
    expect_clean(csv_field(text), text);
    expect_clean(bodyfile_field(text), text);
    EXPECT_EQ(read_visible(terminal_text(text)), text);
    EXPECT_EQ(read_markup(html_text(text)), text);
    EXPECT_EQ(read_markup(xml_text(text)), text);
    EXPECT_EQ(read_visible(bodyfile_field(text)), text);
  }
}

TEST(EverySink, RandomBytesCanBeReadBack) {
  std::mt19937 random(1);
  const std::string alphabet = "\\xun{}rt01AF<>&\"'|=\n\x1B\xC2\x80\xE2\xAE\xF0\x9F\xED\xA0"s + '\0';
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    ASSERT_EQ(read_visible(terminal_text(text)), text) << hex(text);
    ASSERT_EQ(read_markup(html_text(text)), text) << hex(text);
    ASSERT_EQ(read_visible(bodyfile_field(text)), text) << hex(text);
    ASSERT_TRUE(is_valid_utf8(csv_field(text) + json_string(text)));
  }
}

TEST(HtmlText, LeavesNoMarkup) {
  for (const std::string& text : corpus()) {
    EXPECT_EQ(html_text(text).find_first_of("<>\"'"), std::string::npos) << hex(text);
    EXPECT_EQ(xml_text(text).find_first_of("<>\"'"), std::string::npos) << hex(text);
  }
  EXPECT_EQ(html_text("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST(JsonString, IsLosslessForValidText) {
  EXPECT_EQ(json_string("a\"\\\n\t\x01\x7F"), "\"a\\\"\\\\\\n\\t\\u0001\\u007F\"");
  EXPECT_EQ(json_string("\xE2\x80\xAE"), "\"\\u202E\"");
  EXPECT_EQ(json_string("\xF3\xA0\x81\x81"), "\"\\uDB40\\uDC41\"");
  EXPECT_EQ(json_string("\xF0\x9F\x98\x80"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string("caf\xE9"), "\"caf\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\0"s), "\"\\u0000\"");
}

TEST(CsvField, DefusesFormulasAndStaysReversible) {
  EXPECT_EQ(csv_field("=1"), "\"'=1\"");
  EXPECT_EQ(csv_field("+1"), "\"'+1\"");
  EXPECT_EQ(csv_field("-1"), "\"'-1\"");
  EXPECT_EQ(csv_field("@x"), "\"'@x\"");
  EXPECT_EQ(csv_field("\tx"), "\"'\\tx\"");
  EXPECT_EQ(csv_field("\rx"), "\"'\\rx\"");
  EXPECT_EQ(csv_field("'=1"), "\"''=1\"");
  EXPECT_EQ(csv_field("'tis"), "\"'tis\"");
  EXPECT_EQ(csv_field("\xEF\xBC\x9D"
                      "1"),
            "\"'\xEF\xBC\x9D"
            "1\"");
  EXPECT_EQ(csv_field("a\"b,c"), "\"a\"\"b,c\"");
  EXPECT_EQ(csv_field(""), "\"\"");
  for (const std::string& text : corpus()) {
    const std::string field = csv_field(text);
    EXPECT_EQ(field.find_first_of("\r\n\t"), std::string::npos);
    EXPECT_NE(field[1], '=');
    EXPECT_NE(field[1], '+');
    EXPECT_NE(field[1], '-');
    EXPECT_NE(field[1], '@');
  }
}

TEST(BodyfileField, HoldsNoSeparator) {
  EXPECT_EQ(bodyfile_field("a|b"), "a\\x7Cb");
  for (const std::string& text : corpus()) EXPECT_EQ(bodyfile_field(text).find_first_of("|\n\r"), std::string::npos);
}

TEST(Hex, IsLowerCase) {
  EXPECT_EQ(hex("\x01\xFFz"), "01ff7a");
}

}  // namespace
}  // namespace limier
