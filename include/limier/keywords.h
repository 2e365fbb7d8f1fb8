// keywords: words and patterns that the examiner looks for (triage --keywords, docs/keywords.md): their file, and where
// they stand in bytes.
//
// Owns:    a Matcher its compiled patterns; it is never changed after compile().
// Threads: a Matcher may be shared, search() may be called from several threads at once; the rest are plain functions.
// Errors:  kUsage with one sentence that names the file and the line.
// Units:   bytes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "limier/base/bytes.h"
#include "limier/base/result.h"

namespace limier::keywords {

// How a text lies in bytes.
enum class Encoding : std::uint8_t { kUtf8, kUtf16le, kCp1252 };
inline constexpr std::array<std::string_view, 3> kEncodingWords{"utf-8", "utf-16le", "cp1252"};
std::string_view encoding_word(Encoding encoding);
// UTF-8 of bytes in that encoding and back; what is no text in it becomes U+FFFD, and "?" on the way back.
std::string to_utf8(std::string_view bytes, Encoding encoding);
std::string from_utf8(std::string_view text, Encoding encoding);

inline constexpr std::size_t kMaxMatch = 500;          // bytes; what a pattern would match beyond it is cut off
inline constexpr std::size_t kMaxPattern = 1000;       // bytes of a pattern as written
inline constexpr std::size_t kMaxKeywords = 20'000;    // of all files of a run
inline constexpr std::size_t kMaxExpressions = 2'000;  // of them regular expressions
inline constexpr std::size_t kMaxWithoutHyperscan = 1'000;
inline constexpr std::uint32_t kDefaultPlaces = 10'000, kMostPlaces = 1'000'000;
inline constexpr std::string_view kPlainKind = "keyword";

// One line of a file.
struct Keyword {
  std::string pattern;  // as written, without its quotes or slashes
  std::string kind{kPlainKind};
  bool expression = false;  // a regular expression
  bool any_case = true, any_accents = false, whole_word = false;
  bool utf8 = true, utf16le = true, cp1252 = true;
  std::uint32_t file = 0, line = 0;       // which of the files, from 0; from 1
  std::uint32_t places = kDefaultPlaces;  // so many are kept
  static constexpr auto fields() {
    return std::tuple{&Keyword::pattern,     &Keyword::kind,       &Keyword::expression, &Keyword::any_case,
                      &Keyword::any_accents, &Keyword::whole_word, &Keyword::utf8,       &Keyword::utf16le,
                      &Keyword::cp1252,      &Keyword::file,       &Keyword::line,       &Keyword::places};
  }
};
std::string options_of(const Keyword& keyword);  // in words, as the file takes them

struct File {
  std::string name;    // without its folder
  std::string sha256;  // of its bytes
  std::int64_t entries = 0;
};

enum class Engine : std::uint8_t { kHyperscan, kRe2 };
std::string_view engine_word(Engine engine);
struct Engines {
  Engine best = Engine::kRe2;
  std::string hyperscan;         // its version; "" when it was not built in
  bool hyperscan_fails = false;  // its self-test: patterns that a broken library misses
};
// The self-test runs once a process.
const Engines& engines();

// Of one run, in the order given. On the wire: what a worker is told.
struct Set {
  std::vector<Keyword> keywords;
  Engine engine = Engine::kHyperscan;
  std::vector<std::uint8_t> compiled{};  // Matcher::kept(): so that no worker has to compile them once more
  [[nodiscard]] bool empty() const { return keywords.empty(); }
  static constexpr auto fields() { return std::tuple{&Set::keywords, &Set::engine, &Set::compiled}; }
};

// Appends what the file says. `path` is for the sentences; `reserved`: kinds that are somebody else's.
Result<File> parse(std::string_view bytes, const std::string& path, std::span<const std::string_view> reserved,
                   Set& set);

struct Match {
  std::uint32_t keyword = 0;  // in its set, from 0
  Encoding encoding{};
  std::size_t begin = 0, end = 0;
};

class Matcher {
 public:
  struct Impl;
  // kUsage names the line at fault, with the name that `file_names` gives its file.
  static Result<std::shared_ptr<const Matcher>> compile(Set set, std::span<const std::string> file_names = {});
  explicit Matcher(std::unique_ptr<Impl> impl);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  // For Set::compiled of the same keywords.
  [[nodiscard]] std::vector<std::uint8_t> kept() const;
  // Appends all of them, by their beginning; those of one keyword may overlap. What lies within kMaxMatch + 4 bytes of
  // an edge may be another than in more of the bytes.
  void search(Bytes bytes, std::vector<Match>& found) const;
  [[nodiscard]] const Keyword& keyword(std::uint32_t number) const;
  // Of a literal the keyword itself; of an expression what it found, in small letters where case does not count.
  [[nodiscard]] std::string normalized(std::uint32_t number, std::string_view value) const;
  [[nodiscard]] std::uint64_t searched_bytes() const;
  [[nodiscard]] std::uint64_t cpu_ns() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace limier::keywords
