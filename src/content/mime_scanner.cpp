#include "content/mime_scanner.h"

#include <algorithm>

#include "content/html_text.h"
#include "limier/base.h"

#include "content/base64.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxBoundaryBytes = 1000;

bool is_blank(std::string_view text) {
  return trimmed_text(text).empty();
}

// The set that a page names for itself.
std::string charset_of_page(std::string_view html) {
  constexpr std::size_t kWithin = 2048;
  const std::string head = lower_letters(html.substr(0, kWithin));
  const std::size_t meta = head.find("<meta");
  const std::size_t at = meta == std::string::npos ? meta : head.find("charset=", meta);
  if (at == std::string::npos) return {};
  const std::string_view rest = std::string_view(head).substr(at + 8);
  const std::size_t begin = rest.starts_with('"') || rest.starts_with('\'') ? 1 : 0;
  return std::string(rest.substr(begin, rest.find_first_of("\"'> ;/", begin) - begin));
}

void drop_carriage_returns(std::string& text) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    text[to++] = text[i];
  }
  text.resize(to);
}

}  // namespace

void MimeScanner::line(std::string_view text, std::string_view eol, bool starts) {
  if (starts && !levels_.empty() && text.starts_with("--") && take_boundary(text)) return;
  switch (state_) {
    case State::kHead:
      // A line of blanks goes on with the field before it.
      if (starts && (text.empty() || text == "\r")) return end_head();
      if (head_.size() + text.size() < kMaxMailHeadBytes) {
        head_ += text;
        if (!eol.empty()) head_ += '\n';
      } else {
        mail_.over_limits = true;
      }
      return;
    case State::kOutside:
      return;
    case State::kBody:
      return body_piece(text, eol);
  }
}

bool MimeScanner::take_boundary(std::string_view text) {
  const std::string_view mark = text.substr(2, text.find_last_not_of(" \t\r") - 1);
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const std::string& boundary = levels_[level].boundary;
    if (!mark.starts_with(boundary)) continue;
    const bool last = mark.size() == boundary.size() + 2 && mark.ends_with("--");
    if (!last && mark.size() != boundary.size()) continue;
    end_part();
    // What stands deeper has no end of its own.
    if (level + 1 < levels_.size()) mail_.cut = true;
    levels_.resize(last ? level : level + 1);
    state_ = last ? State::kOutside : State::kHead;
    is_top_ = false;
    head_.clear();
    return true;
  }
  return false;
}

void MimeScanner::end_head() {
  const auto fields = parse_header(head_);
  head_.clear();
  if (is_top_) {
    mail_.has_head = true;
    mail_.fields = fields;
  }
  begin_part(fields);
}

void MimeScanner::begin_part(const std::vector<HeaderField>& fields) {
  const bool in_digest = !levels_.empty() && levels_.back().is_digest;
  std::string_view type_field = field_value(fields, "content-type");
  if (type_field.empty()) type_field = in_digest ? "message/rfc822" : "text/plain";
  const ParameterValue type = parse_parameters(type_field, charsets_);
  const ParameterValue place = parse_parameters(field_value(fields, "content-disposition"), charsets_);
  state_ = State::kBody;
  if (begin_multipart(type)) return;
  part_ = Part();
  const std::string smime = lower_letters(field_value(type.parameters, "smime-type"));
  if (type.value.ends_with("pkcs7-mime") && (smime.empty() || smime.find("enveloped") != std::string::npos))
    mail_.encrypted = true;
  std::string name(field_value(place.parameters, "filename"));
  if (name.empty()) name = std::string(field_value(type.parameters, "name"));
  const bool html = type.value == "text/html";
  // A multipart that does not say where its parts begin is read as it stands.
  const bool text = html || type.value == "text/plain" || type.value == "text" || type.value.starts_with("multipart/");
  part_.text = text && name.empty() && place.value != "attachment";
  const std::string coding = lower_letters(trimmed_text(field_value(fields, "content-transfer-encoding")));
  part_.coding = coding == "base64"                                                             ? Coding::kBase64
                 : coding == "quoted-printable"                                                 ? Coding::kQuoted
                 : coding.empty() || coding == "7bit" || coding == "8bit" || coding == "binary" ? Coding::kAsIs
                                                                                                : Coding::kOther;
  part_.content.html = html;
  part_.content.charset = std::string(field_value(type.parameters, "charset"));
  part_.content.alternative = levels_.empty() ? 0 : levels_.back().alternative;
  part_.attachment.name = std::move(name);
  part_.attachment.mime = type.value;
}

bool MimeScanner::begin_multipart(const ParameterValue& type) {
  if (!type.value.starts_with("multipart/")) return false;
  std::string boundary(field_value(type.parameters, "boundary"));
  if (boundary.empty() || boundary.size() > kMaxBoundaryBytes) return false;
  if (type.value == "multipart/encrypted") mail_.encrypted = true;
  if (levels_.size() >= kMaxMailDepth) {
    mail_.over_limits = true;
    return false;
  }
  Level level;
  level.boundary = std::move(boundary);
  level.alternative = type.value == "multipart/alternative" ? ++alternatives_
                      : levels_.empty()                     ? 0
                                                            : levels_.back().alternative;
  level.is_digest = type.value == "multipart/digest";
  levels_.push_back(std::move(level));
  state_ = State::kOutside;
  return true;
}

void MimeScanner::body_piece(std::string_view text, std::string_view eol) {
  switch (part_.coding) {
    case Coding::kBase64:
      return add_base64(text);
    case Coding::kQuoted:
      return add_quoted(text, eol);
    case Coding::kAsIs:
    case Coding::kOther:
      add_bytes(part_.held_eol, true);
      add_bytes(text, true);
      // The text is of a static string or of the caller; a line's end is one of two.
      part_.held_eol = eol.empty() ? std::string_view() : eol.size() == 2 ? "\r\n" : "\n";
  }
}

void MimeScanner::add_bytes(std::string_view bytes, bool in_text) {
  part_.size_bytes += bytes.size();
  if (!part_.text || !in_text || part_.full) return;
  std::string& kept = part_.content.bytes;
  const std::size_t room = kMaxMailTextBytes - text_bytes_;
  if (bytes.size() > room) {
    part_.full = mail_.over_limits = true;
    bytes = bytes.substr(0, room);
  }
  kept += bytes;
  text_bytes_ += bytes.size();
}

void MimeScanner::add_base64(std::string_view text) {
  // The bits left over between lines go in front.
  std::string bytes;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (c == '=') part_.bit_count = 0;
    if (digit < 0) continue;
    part_.bits = part_.bits << 6 | static_cast<std::uint32_t>(digit);
    part_.bit_count += 6;
    if (part_.bit_count < 8) continue;
    part_.bit_count -= 8;
    bytes += static_cast<char>(part_.bits >> part_.bit_count & 0xFF);
  }
  add_bytes(bytes, true);
}

void MimeScanner::add_quoted(std::string_view text, std::string_view eol) {
  add_bytes(part_.held_eol, true);
  part_.held_eol = {};
  if (!eol.empty()) {
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    if (text.ends_with('='))
      text.remove_suffix(1);  // the line goes on
    else
      part_.held_eol = "\n";
  }
  add_bytes(from_quoted_printable(text, false), true);
}

void MimeScanner::end_part() {
  if (state_ == State::kHead && !is_top_) end_head();  // a part that is a head alone
  if (state_ != State::kBody) return;
  state_ = State::kOutside;
  if (++parts_ > kMaxMailParts) {
    mail_.over_limits = true;
    return;
  }
  if (part_.text) {
    texts_.push_back(std::move(part_.content));
    return;
  }
  if (part_.coding != Coding::kOther) part_.attachment.size = static_cast<std::int64_t>(part_.size_bytes);
  mail_.attachments.push_back(std::move(part_.attachment));
}

std::string MimeScanner::text_of(const TextPart& part) {
  std::string charset = part.charset;
  if (charset.empty() && part.html) charset = charset_of_page(part.bytes);
  std::string text = part.bytes;
  if (!charset.empty()) {
    if (auto converted = charsets_.to_utf8(part.bytes, charset))
      text = std::move(*converted);
    else
      mail_.unknown_charset = charset;
  }
  drop_carriage_returns(text);
  if (part.html) return text_of_html(text);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Of an alternative the plain text, unless it says nothing; everything else one after the other.
void MimeScanner::make_body() {
  std::vector<bool> plain(alternatives_ + 1, false);
  for (const TextPart& part : texts_)
    if (part.alternative > 0 && !part.html && !is_blank(part.bytes)) plain[part.alternative] = true;
  for (const TextPart& part : texts_) {
    if (part.html && plain[part.alternative]) continue;
    const std::string text = text_of(part);
    if (text.empty()) continue;
    if (!mail_.body.empty()) mail_.body += "\n\n";
    mail_.body += text;
  }
}

void MimeScanner::reset() {
  mail_ = Mail();
  state_ = State::kHead;
  is_top_ = true;
  head_.clear();
  levels_.clear();
  alternatives_ = parts_ = text_bytes_ = 0;
  part_ = Part();
  texts_.clear();
}

Mail MimeScanner::finish() {
  if (state_ == State::kHead && is_top_) {
    mail_.fields = parse_header(head_);
    return std::move(mail_);
  }
  if (!levels_.empty()) mail_.cut = true;
  end_part();
  make_body();
  return std::move(mail_);
}

}  // namespace limier::content
