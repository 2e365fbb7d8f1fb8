// Sources: the IANA list of character sets; the WHATWG encoding standard (which names mean the same).
#include "content/charset.h"

#include <iconv.h>

#include <algorithm>

#include "limier/base.h"

namespace limier::content {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

constexpr std::string_view kOneByte[] = {
    "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255",
    "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "ISO-8859-2",   "ISO-8859-3",   "ISO-8859-4",
    "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",   "ISO-8859-10",  "ISO-8859-13",
    "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "KOI8-R",       "KOI8-U",       "MACINTOSH",
    "IBM437",       "IBM850",       "IBM852",       "IBM866",       "WINDOWS-874",
};
constexpr std::string_view kMoreBytes[] = {"GB18030", "BIG5-HKSCS", "CP932", "EUC-JP", "ISO-2022-JP", "UHC", "UTF-7"};

struct Alias {
  std::string_view name, means;
};
// Senders who say ISO 8859-1 mean what Windows makes of it.
constexpr Alias kAliases[] = {
    {"UTF8", "UTF-8"},
    {"UNICODE-1-1-UTF-8", "UTF-8"},
    {"UTF-8-MAC", "UTF-8"},
    {"UTF8MB4", "UTF-8"},
    {"UNICODE-1-1-UTF-7", "UTF-7"},
    {"UTF16", "UTF-16"},
    {"UTF-16LE", "UTF-16LE"},
    {"ISO-8859-1", "WINDOWS-1252"},
    {"ISO8859-1", "WINDOWS-1252"},
    {"ISO_8859-1", "WINDOWS-1252"},
    {"LATIN1", "WINDOWS-1252"},
    {"L1", "WINDOWS-1252"},
    {"LATIN-1", "WINDOWS-1252"},
    {"ANSI", "WINDOWS-1252"},
    {"X-ANSI", "WINDOWS-1252"},
    {"ISO-8859-9", "WINDOWS-1254"},
    {"LATIN5", "WINDOWS-1254"},
    {"ISO-8859-11", "WINDOWS-874"},
    {"TIS-620", "WINDOWS-874"},
    {"ISO-8859-8-I", "ISO-8859-8"},
    {"ISO-8859-8-E", "ISO-8859-8"},
    {"LATIN2", "ISO-8859-2"},
    {"LATIN9", "ISO-8859-15"},
    {"LATIN-9", "ISO-8859-15"},
    {"X-MAC-ROMAN", "MACINTOSH"},
    {"MAC", "MACINTOSH"},
    {"KOI8", "KOI8-R"},
    {"KOI8-RU", "KOI8-U"},
    {"GB2312", "GB18030"},
    {"GBK", "GB18030"},
    {"GB_2312-80", "GB18030"},
    {"EUC-CN", "GB18030"},
    {"X-GBK", "GB18030"},
    {"CP936", "GB18030"},
    {"BIG5", "BIG5-HKSCS"},
    {"BIG-5", "BIG5-HKSCS"},
    {"CN-BIG5", "BIG5-HKSCS"},
    {"X-X-BIG5", "BIG5-HKSCS"},
    {"CP950", "BIG5-HKSCS"},
    {"SHIFT_JIS", "CP932"},
    {"SHIFT-JIS", "CP932"},
    {"SJIS", "CP932"},
    {"X-SJIS", "CP932"},
    {"MS_KANJI", "CP932"},
    {"WINDOWS-31J", "CP932"},
    {"X-EUC-JP", "EUC-JP"},
    {"ISO-2022-JP-1", "ISO-2022-JP"},
    {"ISO-2022-JP-2", "ISO-2022-JP"},
    {"CSISO2022JP", "ISO-2022-JP"},
    {"EUC-KR", "UHC"},
    {"KS_C_5601-1987", "UHC"},
    {"KS_C_5601", "UHC"},
    {"KSC5601", "UHC"},
    {"CP949", "UHC"},
    {"WINDOWS-949", "UHC"},
};

std::string plain_name(std::string_view charset) {
  while (!charset.empty() && (charset.front() == ' ' || charset.front() == '"' || charset.front() == '\''))
    charset.remove_prefix(1);
  charset = charset.substr(0, charset.find_first_of(" \"';*"));
  std::string name;
  for (const char c : charset.substr(0, 40)) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (name.starts_with("CP125") && name.size() == 6) name = "WINDOWS-" + name.substr(2);
  if (name.starts_with("X-CP125") && name.size() == 8) name = "WINDOWS-" + name.substr(4);
  if ((name.starts_with("CP4") || name.starts_with("CP8")) && name.size() == 5) name = "IBM" + name.substr(2);
  for (const Alias& alias : kAliases)
    if (name == alias.name) return std::string(alias.means);
  return name;
}

std::string utf16_text(std::string_view bytes, bool big_endian) {
  std::string text;
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<std::uint8_t>(bytes[at]), second = static_cast<std::uint8_t>(bytes[at + 1]);
    return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    char32_t character = unit(at);
    if (character >= 0xD800 && character < 0xDC00 && at + 3 < bytes.size()) {
      const char32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    append_utf8(text, character >= 0xD800 && character < 0xE000 ? kReplacement : character);
  }
  return text;
}

std::string utf16_by_mark(std::string_view bytes) {
  if (bytes.starts_with("\xFE\xFF")) return utf16_text(bytes.substr(2), true);
  if (bytes.starts_with("\xFF\xFE")) return utf16_text(bytes.substr(2), false);
  return utf16_text(bytes, true);  // RFC 2781
}

}  // namespace

std::string charset_of_code_page(std::uint32_t code_page) {
  struct Page {
    std::uint32_t number;
    std::string_view charset;
  };
  constexpr Page kPages[] = {
      {936, "GB18030"},       {949, "UHC"},           {950, "BIG5-HKSCS"},    {932, "CP932"},
      {1200, "UTF-16LE"},     {1201, "UTF-16BE"},     {10000, "MACINTOSH"},   {20127, "US-ASCII"},
      {20866, "KOI8-R"},      {20932, "EUC-JP"},      {21866, "KOI8-U"},      {28591, "ISO-8859-1"},
      {28592, "ISO-8859-2"},  {28595, "ISO-8859-5"},  {28597, "ISO-8859-7"},  {28599, "ISO-8859-9"},
      {28605, "ISO-8859-15"}, {50220, "ISO-2022-JP"}, {50221, "ISO-2022-JP"}, {50222, "ISO-2022-JP"},
      {51932, "EUC-JP"},      {51949, "UHC"},         {52936, "GB18030"},     {54936, "GB18030"},
      {65000, "UTF-7"},       {65001, "UTF-8"}};
  for (const Page& page : kPages)
    if (page.number == code_page) return std::string(page.charset);
  if (code_page == 874 || (code_page >= 1250 && code_page <= 1258)) return "WINDOWS-" + std::to_string(code_page);
  return {};
}

void append_utf8(std::string& text, char32_t character) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) return add(character);
  if (character > 0x10FFFF || (character >= 0xD800 && character < 0xE000)) character = kReplacement;
  if (character < 0x800) {
    add(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    add(0x80 | (character >> 6 & 0x3F));
  } else {
    add(0xF0 | character >> 18);
    add(0x80 | (character >> 12 & 0x3F));
    add(0x80 | (character >> 6 & 0x3F));
  }
  add(0x80 | (character & 0x3F));
}

struct Charsets::Converter {
  explicit Converter(iconv_t opened) : handle(opened) {}
  ~Converter() { iconv_close(handle); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  [[nodiscard]] std::string convert(std::string_view bytes) const {
    std::string text;
    std::string copy(bytes);
    char* from = copy.data();
    std::size_t left = copy.size();
    std::array<char, 4096> room;
    iconv(handle, nullptr, nullptr, nullptr, nullptr);
    while (left > 0) {
      char* to = room.data();
      std::size_t free = room.size();
      const std::size_t before = left;
      const std::size_t outcome = iconv(handle, &from, &left, &to, &free);
      text.append(room.data(), room.size() - free);
      if (outcome != static_cast<std::size_t>(-1) || left == 0) continue;
      if (free < 16 && left < before) continue;  // only the room was too small
      append_utf8(text, kReplacement);
      ++from;
      --left;
    }
    return text;
  }

  iconv_t handle;
};

Charsets::Charsets() {
  const auto open = [](std::string_view name) { return iconv_open("UTF-32LE", std::string(name).c_str()); };
  for (const std::string_view name : kOneByte) {
    const iconv_t handle = open(name);
    if (handle == reinterpret_cast<iconv_t>(-1)) continue;
    Table& table = tables_[std::string(name)];
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
      auto in = static_cast<char>(byte);
      std::array<std::uint8_t, 16> out{};
      char* from = &in;
      char* to = reinterpret_cast<char*>(out.data());
      std::size_t left = 1, free = out.size();
      iconv(handle, nullptr, nullptr, nullptr, nullptr);
      const std::size_t outcome = iconv(handle, &from, &left, &to, &free);
      // Some sets hold a character back for an accent that may follow.
      if (outcome != static_cast<std::size_t>(-1)) iconv(handle, nullptr, nullptr, &to, &free);
      table[byte] = outcome == static_cast<std::size_t>(-1) || free == out.size()
                        ? kReplacement
                        : static_cast<char32_t>(le_at<std::uint32_t>(out, 0).value_or(kReplacement));
    }
    iconv_close(handle);
  }
  for (const std::string_view name : kMoreBytes) {
    const iconv_t handle = iconv_open("UTF-8", std::string(name).c_str());
    if (handle != reinterpret_cast<iconv_t>(-1)) converters_[std::string(name)] = std::make_unique<Converter>(handle);
  }
}

Charsets::~Charsets() = default;

std::optional<std::string> Charsets::to_utf8(std::string_view bytes, std::string_view charset) const {
  const std::string name = plain_name(charset);
  if (name == "UTF-16") return utf16_by_mark(bytes);
  if (name == "UTF-16LE" || name == "UTF-16BE") return utf16_text(bytes, name == "UTF-16BE");
  if (name == "UTF-8" || name == "US-ASCII" || name == "ASCII") {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    return std::string(bytes);  // what is wrong in it is repaired where it is stored, and kept as it is
  }
  if (const auto table = tables_.find(name); table != tables_.end()) {
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) append_utf8(text, table->second[static_cast<std::uint8_t>(c)]);
    return text;
  }
  if (const auto converter = converters_.find(name); converter != converters_.end())
    return converter->second->convert(bytes);
  return std::nullopt;
}

}  // namespace limier::content
