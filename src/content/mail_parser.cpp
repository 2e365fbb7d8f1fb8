// Sources: RFC 5322; RFC 4155 and the ways of quoting "From " that programs have (mboxo, mboxrd); EMLX: the length of
// the message in the first line, behind it a property list with its flags (documentation of Apple Mail's flags is not
// public: bit 1 is "deleted" by agreement of several readers); Mozilla's X-Mozilla-Status: bit 3, expunged.
#include "content/mail_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/line_reader.h"
#include "content/mail_rows.h"

namespace limier::content {
namespace {

using catalog::ItemState;

constexpr std::size_t kLinesPerBeat = 20'000;
constexpr std::uint64_t kMaxMessages = 10'000'000;  // of one mailbox
constexpr std::size_t kMaxTrailerBytes = 64u << 10;

bool has_clock(std::string_view text) {
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    if (at > 0 && digit(at - 1) && digit(at + 1) && digit(at + 2)) return true;
  }
  return false;
}

// "From someone Wed May 17 19:08:29 2000", with something before the date or without, with a zone or without.
bool is_separator(std::string_view line) {
  if (!line.starts_with("From ") || line.size() > 1000 || !has_clock(line)) return false;
  constexpr std::string_view kDays[] = {" Mon ", " Tue ", " Wed ", " Thu ", " Fri ", " Sat ", " Sun ",
                                        " Mon,", " Tue,", " Wed,", " Thu,", " Fri,", " Sat,", " Sun,"};
  return std::ranges::any_of(kDays, [&](std::string_view day) { return line.find(day) != std::string_view::npos; });
}

bool begins_head(std::string_view line) {
  const std::size_t colon = line.find(':');
  return line.starts_with(">From ") || (colon != std::string_view::npos && colon > 0 && colon < 80 &&
                                        line.substr(0, colon).find_first_of(" \t<>@/(") == std::string_view::npos);
}

// What `git format-patch` writes: a text in the form of mail that nobody sent.
bool is_patch(std::string_view line) {
  constexpr std::string_view kDate = " Mon Sep 17 00:00:00 2001";
  return line.starts_with("From ") && line.size() == 5 + 40 + kDate.size() && line.ends_with(kDate);
}

// The application marks it as deleted.
bool marked_deleted(const Mail& mail) {
  constexpr std::uint32_t kExpunged = 0x8;
  std::uint32_t flags = 0;
  for (const char c : field_value(mail.fields, "x-mozilla-status").substr(0, 8)) {
    const char small = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    if (small >= '0' && small <= '9')
      flags = flags << 4 | static_cast<std::uint32_t>(small - '0');
    else if (small >= 'a' && small <= 'f')
      flags = flags << 4 | static_cast<std::uint32_t>(small - 'a' + 10);
  }
  return (flags & kExpunged) != 0 || field_value(mail.fields, "x-status").find('D') != std::string_view::npos;
}

class MailFile {
 public:
  MailFile(const Source& source, const Charsets& charsets, const MailMaker& maker, Rows& rows)
      : source_(source), charsets_(charsets), maker_(maker), rows_(rows) {}

  Outcome read() {
    LineReader lines(*source_.main, 0, UINT64_MAX);
    TextLine first;
    if (!lines.next(first)) return {ItemState::kNotApplicable, "empty"};
    if (is_patch(first.text)) return {ItemState::kNotApplicable, "a patch in the form of mail"};
    if (first.text.empty() || first.text[0] == ' ' || first.text[0] == '\t')
      return {ItemState::kNotApplicable, "it does not begin with a field of a head"};
    if (is_separator(first.text)) return finish(read_mailbox(lines, first), lines);
    const std::string_view number = trimmed_text(first.text);
    if (!number.empty() && number.size() <= 10 && number.find_first_not_of("0123456789") == std::string_view::npos) {
      std::uint64_t length = 0;
      for (const char c : number) length = length * 10 + static_cast<std::uint64_t>(c - '0');
      const std::uint64_t begin = first.file_offset + first.text.size() + first.eol.size();
      return read_apple(begin, length);
    }
    LineReader whole(*source_.main, 0, UINT64_MAX);
    return finish(read_one(whole, "eml", 0, direction_of_path(source_.path, false), false), whole);
  }

 private:
  void beat() {
    if (++lines_ % kLinesPerBeat == 0) rows_.alive();
  }

  Outcome finish(Outcome outcome, const LineReader& lines) {
    if (outcome.state != ItemState::kParsed) return outcome;
    doubts_.tell(rows_);
    if (lines.were_bytes_missing())
      rows_.issue("mail-bytes-missing", "parts of the file are not there, or could not be read", true);
    return outcome;
  }

  Outcome read_one(LineReader& lines, std::string locator, std::uint64_t file_offset, catalog::Direction direction,
                   bool deleted) {
    MimeScanner scanner(charsets_);
    TextLine line;
    while (lines.next(line)) {
      scanner.line(line.text, line.eol, line.starts);
      beat();
    }
    const Mail mail = scanner.finish();
    if (!is_message(mail, charsets_)) return {ItemState::kNotApplicable, "no message: nobody sends or receives it"};
    add_mail(mail, {std::move(locator), file_offset, direction, deleted || marked_deleted(mail)}, maker_, charsets_,
             doubts_, rows_);
    return {};
  }

  // Behind the message stands a property list.
  Outcome read_apple(std::uint64_t begin, std::uint64_t length) {
    constexpr std::uint64_t kDeleted = 1u << 1;
    const std::uint64_t size = source_.main->size_bytes();
    if (begin > size || length > size - begin) return {ItemState::kFailed, "shorter than its first line says"};
    std::vector<std::uint8_t> trailer(
        static_cast<std::size_t>(std::min<std::uint64_t>(size - begin - length, kMaxTrailerBytes)));
    (void)source_.main->read(begin + length, trailer);
    const std::string_view text = as_text(trailer);
    std::uint64_t flags = 0;
    if (std::size_t at = text.find("<key>flags</key>"); at != std::string_view::npos) {
      constexpr std::string_view kOpen = "<integer>";
      at = text.find(kOpen, at);
      for (at = at == std::string_view::npos ? text.size() : at + kOpen.size();
           at < text.size() && text[at] >= '0' && text[at] <= '9' && flags < UINT32_MAX; ++at)
        flags = flags * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    LineReader lines(*source_.main, begin, begin + length);
    return finish(read_one(lines, "emlx", begin, direction_of_path(source_.path, false), (flags & kDeleted) != 0),
                  lines);
  }

  Outcome read_mailbox(LineReader& lines, TextLine line) {
    const catalog::Direction direction = direction_of_path(source_.path, true);
    std::uint64_t number = 0, begin = line.file_offset, held_offset = line.file_offset;
    MimeScanner scanner(charsets_);
    const auto end_message = [&] {
      if (number == 0) return;
      const Mail mail = scanner.finish();
      if (is_message(mail, charsets_))
        add_mail(mail, {fmt::format("mbox:{}@{}", number, begin), begin, direction, marked_deleted(mail)}, maker_,
                 charsets_, doubts_, rows_);
      else
        ++no_messages_;
      scanner.reset();
    };
    // A line that may be a separator is one when a field of a head follows: some do not quote their texts.
    std::string held(line.text);
    bool is_held = true, after_blank = false;
    while (lines.next(line)) {
      beat();
      if (is_held) {
        is_held = false;
        if (number == 0 || begins_head(line.text)) {
          end_message();
          if (++number > kMaxMessages) break;
          begin = held_offset;
        } else {
          scanner.line(held, "\n", true);
        }
      }
      if (line.starts && after_blank && is_separator(line.text)) {
        held = line.text;
        held_offset = line.file_offset;
        is_held = true;
        after_blank = false;
        continue;
      }
      after_blank = line.starts && line.text.empty() && !line.eol.empty();
      scanner.line(line.starts ? unquoted(line.text) : line.text, line.eol, line.starts);
    }
    end_message();
    if (no_messages_ > 0)
      rows_.issue("mail-no-message",
                  fmt::format("{} parts of the mailbox are no messages: damaged, or nobody sends or receives them",
                              no_messages_),
                  true);
    return {};
  }

  // ">From " in a text was "From " (mboxrd).
  static std::string_view unquoted(std::string_view line) {
    const std::size_t quotes = line.find_first_not_of('>');
    return quotes != std::string_view::npos && quotes > 0 && line.substr(quotes).starts_with("From ") ? line.substr(1)
                                                                                                      : line;
  }

  const Source& source_;
  const Charsets& charsets_;
  const MailMaker& maker_;
  Rows& rows_;
  MailDoubts doubts_;
  std::uint64_t lines_ = 0, no_messages_ = 0;
};

}  // namespace

Outcome MailParser::parse(const Source& source, Rows& rows) const {
  const MailMaker maker{name(), version()};
  return MailFile(source, charsets_, maker, rows).read();
}

}  // namespace limier::content
