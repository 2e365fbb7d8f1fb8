#include "content/mail_header.h"

#include <algorithm>
#include <array>

#include "limier/base.h"

#include "content/base64.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxFields = 2000;  // of one head
constexpr std::size_t kMaxFieldBytes = 1u << 20;
constexpr std::size_t kMaxParameters = 200;
constexpr std::string_view kBlank = " \t\r\n";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_field_byte(char c) {
  return c > 32 && c < 127 && c != ':';
}

// An encoded word at the beginning of `text`: =?charset?B?…?=
struct Word {
  std::string charset, bytes;
  std::size_t length = 0;
};
std::optional<Word> encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t kind = text.find('?', 2);
  if (kind == std::string_view::npos || kind == 2 || kind > 60 || kind + 2 >= text.size() || text[kind + 2] != '?')
    return std::nullopt;
  const std::size_t end = text.find("?=", kind + 3);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view content = text.substr(kind + 3, end - kind - 3);
  // A word holds no blank; what has one is text that only looks like it, but for senders who forget to encode spaces.
  if (content.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
  Word word;
  word.charset = std::string(text.substr(2, kind - 2));
  word.length = end + 2;
  const char how = text[kind + 1];
  if (how == 'B' || how == 'b') {
    word.bytes = from_base64(content);
  } else if (how == 'Q' || how == 'q') {
    word.bytes = from_quoted_printable(content, true);
  } else {
    return std::nullopt;
  }
  return word;
}

std::string in_charset(const std::string& bytes, std::string_view charset, const Charsets& charsets) {
  auto text = charsets.to_utf8(bytes, charset);
  return text ? std::move(*text) : bytes;
}

std::string percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      bytes += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

// One value of a parameter at `at`, which moves behind it and the ';' that ends it.
std::string parameter_text(std::string_view text, std::size_t& at) {
  std::string value;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      // A backslash of Windows paths is no escape.
      if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
      value += text[at];
    }
    at = std::min(text.size(), text.find(';', std::min(at, text.size())));
  } else {
    const std::size_t end = std::min(text.size(), text.find(';', at));
    value = std::string(trimmed_text(text.substr(at, end - at)));
    at = end;
  }
  if (at < text.size()) ++at;
  return value;
}

struct Piece {
  std::string name;
  unsigned number = 0;
  bool encoded = false;
  std::string text;
};

// name, name*, name*0, name*0*: the parts of one name belong together, in the order of their numbers (RFC 2231).
Piece piece_of(std::string_view name, std::string text) {
  Piece piece;
  piece.text = std::move(text);
  if (name.ends_with('*')) {
    piece.encoded = true;
    name.remove_suffix(1);
  }
  const std::size_t star = name.rfind('*');
  if (star != std::string_view::npos && star + 1 < name.size() && name.size() - star <= 5 &&
      name.find_first_not_of("0123456789", star + 1) == std::string_view::npos) {
    for (const char c : name.substr(star + 1)) piece.number = piece.number * 10 + static_cast<unsigned>(c - '0');
    name = name.substr(0, star);
  }
  piece.name = lower_letters(name);
  return piece;
}

std::vector<HeaderField> joined(std::vector<Piece> pieces, const Charsets& charsets) {
  std::ranges::stable_sort(
      pieces, [](const Piece& a, const Piece& b) { return a.name != b.name ? a.name < b.name : a.number < b.number; });
  std::vector<HeaderField> parameters;
  for (std::size_t i = 0; i < pieces.size();) {
    const std::string& name = pieces[i].name;
    std::string charset, bytes;
    bool encoded = false;
    const std::size_t first = i;
    for (; i < pieces.size() && pieces[i].name == name; ++i) {
      Piece& piece = pieces[i];
      if (i > first && piece.number == pieces[i - 1].number) continue;  // said twice: the first counts
      if (piece.encoded) {
        if (i == first) {
          const std::size_t quote = piece.text.find('\'');
          const std::size_t second = quote == std::string::npos ? quote : piece.text.find('\'', quote + 1);
          if (second != std::string::npos) {
            charset = piece.text.substr(0, quote);
            piece.text.erase(0, second + 1);
          }
        }
        encoded = true;
        bytes += percent_decoded(piece.text);
      } else {
        bytes += piece.text;
      }
    }
    // Many put encoded words into parameters, where none belong.
    parameters.push_back({name, encoded && !charset.empty() ? in_charset(bytes, charset, charsets)
                                : encoded                   ? bytes
                                                            : decoded_words(bytes, charsets)});
  }
  return parameters;
}

}  // namespace

bool equal_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_letters(a) == lower_letters(b);
}

std::string lower_letters(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

std::string_view trimmed_text(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<HeaderField> parse_header(std::string_view head) {
  std::vector<HeaderField> fields;
  bool open = false;  // the line before was of a field
  while (!head.empty()) {
    const std::size_t end = std::min(head.size(), head.find('\n'));
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && (line[0] == ' ' || line[0] == '\t')) {
      if (open && fields.back().value.size() < kMaxFieldBytes) fields.back().value += line;
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = trimmed_text(line.substr(0, std::min(colon, line.size())));
    open = colon != std::string_view::npos && !name.empty() && std::ranges::all_of(name, is_field_byte) &&
           fields.size() < kMaxFields;
    if (open) fields.push_back({lower_letters(name), std::string(line.substr(colon + 1))});
  }
  for (HeaderField& field : fields) field.value = std::string(trimmed_text(field.value));
  return fields;
}

std::string_view field_value(const std::vector<HeaderField>& fields, std::string_view name) {
  const auto field = std::ranges::find(fields, name, &HeaderField::name);
  return field == fields.end() ? std::string_view() : std::string_view(field->value);
}

std::string decoded_words(std::string_view value, const Charsets& charsets) {
  if (value.find("=?") == std::string_view::npos) return std::string(value);
  std::string text, pending, charset, blank;
  bool after_word = false;
  const auto flush = [&] {
    text += in_charset(pending, charset, charsets);
    pending.clear();
  };
  for (std::size_t at = 0; at < value.size();) {
    if (const auto word = encoded_word(value.substr(at))) {
      // Blanks between two words are none. Some cut a character in two, so those of one set are read together.
      if (after_word && !equal_letters(charset, word->charset)) flush();
      if (!after_word) text += blank;
      blank.clear();
      charset = word->charset;
      pending += word->bytes;
      at += word->length;
      after_word = true;
      continue;
    }
    const char c = value[at++];
    if (kBlank.find(c) != std::string_view::npos) {
      blank += c;
      continue;
    }
    if (after_word) flush();
    after_word = false;
    text += blank;
    blank.clear();
    text += c;
  }
  flush();
  return text + blank;
}

ParameterValue parse_parameters(std::string_view field, const Charsets& charsets) {
  ParameterValue parsed;
  std::size_t at = std::min(field.size(), field.find(';'));
  parsed.value = lower_letters(trimmed_text(field.substr(0, at)));
  if (at < field.size()) ++at;
  std::vector<Piece> pieces;
  while (at < field.size() && pieces.size() < kMaxParameters) {
    const std::size_t equal = field.find('=', at), end = field.find(';', at);
    if (equal == std::string_view::npos) break;
    if (end < equal) {
      at = end + 1;
      continue;
    }
    const std::string_view name = trimmed_text(field.substr(at, equal - at));
    at = std::min(field.size(), field.find_first_not_of(kBlank, equal + 1));
    std::string text = parameter_text(field, at);
    if (!name.empty()) pieces.push_back(piece_of(name, std::move(text)));
  }
  parsed.parameters = joined(std::move(pieces), charsets);
  return parsed;
}

std::vector<std::string> message_ids(std::string_view value) {
  constexpr std::size_t kMaxIds = 1000, kMaxIdBytes = 2000;
  std::vector<std::string> ids;
  while (ids.size() < kMaxIds) {
    const std::size_t begin = value.find('<');
    if (begin == std::string_view::npos) break;
    const std::size_t end = value.find('>', begin);
    if (end == std::string_view::npos) break;
    if (end - begin > 1 && end - begin < kMaxIdBytes) ids.emplace_back(value.substr(begin, end - begin + 1));
    value.remove_prefix(end + 1);
  }
  return ids;
}

std::string base_subject(std::string_view subject) {
  constexpr std::string_view kMarks[] = {"re",     "fw", "fwd", "aw",  "wg",  "antw", "antwort",
                                         "doorst", "tr", "rép", "rif", "r",   "i",    "sv",
                                         "vs",     "vb", "odp", "pd",  "res", "enc",  "rv"};
  subject = trimmed_text(subject);
  for (bool more = true; more;) {
    more = false;
    const std::size_t colon = subject.find(':');
    if (colon == std::string_view::npos || colon > 16) break;
    std::string mark = lower_letters(trimmed_text(subject.substr(0, colon)));
    if (const std::size_t count = mark.find('['); count != std::string::npos && mark.ends_with(']')) mark.resize(count);
    if (std::ranges::find(kMarks, mark) == std::end(kMarks)) break;
    subject = trimmed_text(subject.substr(colon + 1));
    more = true;
  }
  return std::string(subject);
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') {
      held = 0;  // what follows a filler begins anew
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

std::string from_quoted_printable(std::string_view text, bool underscore_is_space) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      bytes += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      bytes += text[i] == '_' && underscore_is_space ? ' ' : text[i];
    }
  }
  return bytes;
}

}  // namespace limier::content
