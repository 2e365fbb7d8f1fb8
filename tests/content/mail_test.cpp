// Heads of messages as senders write them, and bodies that want something of their reader.
#include "content/charset.h"
#include "content/html_text.h"
#include "content/mail_header.h"
#include "content/mail_rows.h"
#include "content/mime_scanner.h"
#include "content/support.h"

namespace limier::content {
namespace {

using namespace testing;

const Charsets& charsets() {
  static const Charsets all;
  return all;
}

std::string addresses(std::string_view value) {
  std::string all;
  for (const MailAddress& one : parse_addresses(value, charsets())) all += one.name + "<" + one.address + ">|";
  return all;
}

std::string date(std::string_view value) {
  const auto time = parse_mail_date(value);
  return time ? format_time(*time) : "-";
}

Parsed parse_mail(std::string_view text, std::string path = "/a.eml") {
  const Bytes bytes = as_bytes(text);
  return parse_files({Buffer(bytes.begin(), bytes.end()), {}, {}}, "mail", std::move(path));
}

std::string cell(const Parsed& parsed, std::size_t row, std::string_view column) {
  const auto& one = parsed.rows.rows.at(row);
  for (std::size_t i = 0; i < one.kind->columns.size(); ++i) {
    if (one.kind->columns[i].name != column) continue;
    const catalog::RowCell& value = one.cells[catalog::kPlaceCells + i];
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  }
  return "";
}

TEST(MailHead, Addresses) {
  EXPECT_EQ(addresses("a@b.example"), "<a@b.example>|");
  EXPECT_EQ(addresses("\"Doe, \\\"J\\\"\" <j@d.example>, x@y.example (X)"), "Doe, \"J\"<j@d.example>|X<x@y.example>|");
  EXPECT_EQ(addresses("undisclosed-recipients:;"), "");
  EXPECT_EQ(addresses("Team: a@b.example, C <c@d.example>; e@f.example"),
            "<a@b.example>|C<c@d.example>|<e@f.example>|");
  EXPECT_EQ(addresses("<@route.example,@two.example:a@b.example>"), "<a@b.example>|");
  EXPECT_EQ(addresses("\"odd name\"@b.example, a@[192.0.2.1:25]"), "odd name@b.example<>|<a@[192.0.2.1:25]>|");
  EXPECT_EQ(addresses("=?utf-8?Q?Zo=C3=AB?= <z@b.example>"), "Zo\u00EB<z@b.example>|");
  EXPECT_EQ(addresses("a@b.example; c@d.example"), "<a@b.example>|<c@d.example>|");
  EXPECT_EQ(addresses("root"), "<root>|");
  EXPECT_EQ(addresses("\"open <a@b.example>"), "open <a@b.example><>|");
  EXPECT_LE(parse_addresses(std::string(100'000, '('), charsets()).size(), 1u);
  EXPECT_EQ(parse_addresses(std::string(60'000, ',') + "a,b", charsets()).size(), 2u);
}

TEST(MailHead, Dates) {
  EXPECT_EQ(date("Wed, 17 May 2000 19:08:29 -0400"), "2000-05-17T23:08:29.000000000Z");
  EXPECT_EQ(date("17 May 00 19:08 EST"), "2000-05-18T00:08:00.000000000Z");
  EXPECT_EQ(date("Mon,  1 January 2024 00:30:00 +0545 (Nepal (NPT))"), "2023-12-31T18:45:00.000000000Z");
  EXPECT_EQ(date("Sat, 31 Dec 2016 23:59:60 +0000"), "2016-12-31T23:59:59.000000000Z");
  for (const auto* none : {"", "yesterday", "Wed, 17 May 2000 19:08:29", "Wed, 31 Feb 2000 19:08:29 +0000",
                           "Wed, 17 May 2000 25:08:29 +0000", "Wed, 17 May 2000 19:08:61 +0000",
                           "Wed, 17 May 2000 19:08:29 +9", "Wed, 17 May 20000 19:08:29 +0000"})
    EXPECT_EQ(date(none), "-") << none;
}

TEST(MailHead, EncodedWords) {
  const auto words = [](std::string_view text) { return decoded_words(text, charsets()); };
  EXPECT_EQ(words("plain"), "plain");
  EXPECT_EQ(words("=?iso-8859-1?q?a=E9?= =?ISO-8859-1?Q?_b?= c"), "a\u00E9 b c");
  EXPECT_EQ(words("=?utf-8?B?w?= =?utf-8?B?6k=?="), words("=?utf-8?B?w?= =?utf-8?B?6k=?="));
  // A character cut in two between words.
  EXPECT_EQ(words("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?="), "\u00E9");
  EXPECT_EQ(words("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?="), "\u65E5\u672C");
  EXPECT_EQ(words("=?gb2312?B?1tDOxA==?="), "\u4E2D\u6587");
  EXPECT_EQ(words("=?koi8-r?B?8NLJ18XU?="), "\u041F\u0440\u0438\u0432\u0435\u0442");
  EXPECT_EQ(words("=?x-none?Q?abc?= =?utf-8?Z?abc?= =?=?"), "abc =?utf-8?Z?abc?= =?=?");
}

TEST(MailHead, Parameters) {
  const auto parsed = parse_parameters(
      "Text/Plain; charset=\"utf-8\" ; name*1=b; name*0=a; FileName*=iso-8859-1''%e9.txt; x=\"C:\\dir\\f\"; broken",
      charsets());
  EXPECT_EQ(parsed.value, "text/plain");
  EXPECT_EQ(field_value(parsed.parameters, "charset"), "utf-8");
  EXPECT_EQ(field_value(parsed.parameters, "name"), "ab");
  EXPECT_EQ(field_value(parsed.parameters, "filename"), "\u00E9.txt");
  EXPECT_EQ(field_value(parsed.parameters, "x"), "C:\\dir\\f");
}

TEST(MailHead, SubjectsWithoutMarks) {
  EXPECT_EQ(base_subject("Re: AW: Fwd[2]: TR : plan"), "plan");
  EXPECT_EQ(base_subject("Remark: plan"), "Remark: plan");
  EXPECT_EQ(thread_of("", "", "", "RE: plan"), "plan");
}

TEST(Charsets, OfEveryKind) {
  EXPECT_EQ(charsets().to_utf8("\x80\x93", "Windows-1252").value(), "\u20AC\u201C");
  EXPECT_EQ(charsets().to_utf8("\xE9", "latin1").value(), "\u00E9");
  EXPECT_EQ(charsets().to_utf8("\xA4", "iso-8859-15").value(), "\u20AC");
  EXPECT_EQ(charsets().to_utf8(std::string_view("\xFF\xFE\x3D\xD8\x00\xDE", 6), "utf-16").value(), "\U0001F600");
  EXPECT_EQ(charsets().to_utf8("\x82\xA0\xFF\x82", "shift_jis").value(), "\u3042\uFFFD\uFFFD");
  EXPECT_FALSE(charsets().to_utf8("a", "ebcdic-xyz").has_value());
}

TEST(HtmlText, ShowsWhatAPageShows) {
  EXPECT_EQ(text_of_html("a<br>b<p>c &lt;d&gt; &amp;amp; &#x41;&#0;&nope;"), "a\nb\nc <d> &amp; A&#0;&nope;");
  EXPECT_EQ(text_of_html("1 < 2 and <3<!-- no --><STYLE>x</style >!"), "1 < 2 and <3!");
  EXPECT_EQ(text_of_html("<a title=\"a > b\">t</a><script>if (a</b>) </script"), "t");
  EXPECT_EQ(text_of_html("<p>a</p>\n\n<p>b</p><!-- open"), "a\nb");
}

TEST(Mail, DirectionIsWhatTheFolderSays) {
  const std::string_view mail = "From: a@b.example\r\nTo: c@d.example\r\n\r\ntext\r\n";
  EXPECT_EQ(cell(parse_mail(mail, "/x/Maildir/.Sent/cur/1:2,S"), 0, "direction"), "2");
  EXPECT_EQ(cell(parse_mail(mail, "/x/Gesendete Elemente/1.eml"), 0, "direction"), "2");
  EXPECT_EQ(cell(parse_mail(mail, "/x/INBOX.mbox/Messages/1.eml"), 0, "direction"), "1");
  EXPECT_EQ(cell(parse_mail(mail, "/x/sent"), 0, "direction"), "0");  // a message of that name
  const std::string box = "From a@b.example Mon Jan  1 10:00:00 2024\n" + std::string(mail);
  EXPECT_EQ(cell(parse_mail(box, "/x/Mail/Local Folders/Sent"), 0, "direction"), "2");
}

TEST(Mail, WhatIsNoMessageBetweenPeopleGivesNothing) {
  for (const auto* text :
       {"From: <Saved by X>\nSubject: s\n\nx", "From: a@b.example\nTo: c@d.example\n", " From: a@b.c\n\n",
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.example>\n"
        "Date: Tue, 2 Jan 2024 10:00:00 +0000\nSubject: [PATCH] x\n\nx\n"})
    EXPECT_TRUE(parse_mail(text).rows.rows.empty()) << text;
}

TEST(Mail, PartsWithinPartsEndAtALimit) {
  std::string text = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n";
  for (int i = 0; i < 500; ++i)
    text += "--b" + std::to_string(i) + "\nContent-Type: multipart/mixed; boundary=b" + std::to_string(i + 1) + "\n\n";
  text += "deep\n";
  const Parsed parsed = parse_mail(text);
  EXPECT_EQ(parsed.rows.rows.size(), 1u);
  EXPECT_EQ(parsed.rows.codes(), (std::vector<std::string>{"mail-cut", "mail-limits"}));
}

TEST(Mail, LongTextsAreCutAndLongAttachmentsOnlyCounted) {
  std::string text = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n";
  for (int i = 0; i < 200'000; ++i) text += "A line of text that is one of very many in this message.\n";
  text += "--b\nContent-Type: application/x-y; name=long\nContent-Transfer-Encoding: base64\n\n";
  text += std::string(4'000'000, 'A') + "\n--b--\n";
  const Parsed parsed = parse_mail(text);
  ASSERT_EQ(parsed.rows.rows.size(), 2u);
  EXPECT_EQ(cell(parsed, 0, "body").size(), kMaxMailTextBytes);
  EXPECT_EQ(cell(parsed, 1, "size"), "3000000");
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"mail-limits"});
  EXPECT_GT(parsed.rows.beats, 5u);
}

TEST(Mail, ManyPartsEndAtALimitInTime) {
  std::string text = "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 200'000; ++i) text += "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nx\n";
  EXPECT_EQ(parse_mail(text).rows.rows.size(), 1u);
}

}  // namespace
}  // namespace limier::content
