// Text that came from evidence, and the one escaper per sink. Every escaper makes control characters, bidirectional
// controls, zero-width and tag characters and invalid UTF-8 visible (\x1B, \u{202E}, \xFF) and never lets them through.
//
// The visible form can be read back: a backslash of the text itself becomes two; \n \r \t stand for themselves; \xNN is
// one byte (below 80 a control character, from 80 on a byte that is no UTF-8); \u{N} is one code point.
#pragma once

#include <string>
#include <string_view>

namespace limier {

// Bytes from evidence (a file name, a label, an acquisition note). Not printable by itself: pass it to a sink's
// escaper.
class Untrusted {
 public:
  Untrusted() = default;
  explicit Untrusted(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  friend bool operator==(const Untrusted&, const Untrusted&) = default;

 private:
  std::string bytes_;
};

bool is_valid_utf8(std::string_view bytes);

// Valid UTF-8 for the index's text columns: invalid bytes and NUL become U+FFFD. `repaired` tells whether it changed
// anything, so that the raw bytes are kept beside it.
std::string utf8_text(std::string_view bytes, bool& repaired);

// Visible, single-line form for terminals: also what the other sinks build on. Newlines and tabs are escaped too.
std::string terminal_text(std::string_view bytes);
// Body text and quoted attribute values of HTML. Callers put it inside <bdi>.
std::string html_text(std::string_view bytes);
// One XML text node or quoted attribute value (DFXML).
std::string xml_text(std::string_view bytes);
// One complete JSON string including its quotes. Lossless for valid UTF-8 (controls as \u00XX); invalid bytes become
// U+FFFD, so callers add the raw bytes in hex beside it when is_valid_utf8 is false.
std::string json_string(std::string_view bytes);
// One complete CSV field, always quoted (RFC 4180), in the visible form; a leading = + - @ TAB CR LF (or full-width
// sign), apostrophes before it or not, gets one apostrophe in front.
std::string csv_field(std::string_view bytes);
// One field of a TSK 3 body file: the visible form, with '|' as \x7C.
std::string bodyfile_field(std::string_view bytes);

std::string hex(std::string_view bytes);  // lower case

}  // namespace limier
