// Texts in the character sets of mail, to UTF-8. The jail lets no library load its tables later, so all that is known
// is opened when an object of this is made, before.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limier::content {

class Charsets {
 public:
  Charsets();
  ~Charsets();
  Charsets(const Charsets&) = delete;
  Charsets& operator=(const Charsets&) = delete;

  // Bytes that the set does not have become U+FFFD. None where the set is not known. The result takes at most three
  // times the room of `bytes`.
  [[nodiscard]] std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) const;

 private:
  struct Converter;
  using Table = std::array<char32_t, 256>;

  std::map<std::string, Table, std::less<>> tables_;  // of one byte a character
  std::map<std::string, std::unique_ptr<Converter>, std::less<>> converters_;
};

// What Windows means by the number of a code page; empty: not known.
std::string charset_of_code_page(std::uint32_t code_page);

void append_utf8(std::string& text, char32_t character);

}  // namespace limier::content
