// Looking for words in a finished index: names of files, messages, texts that were taken out of files, and numbers,
// addresses and keys. The full-text index says which rows may have a word; the stored text decides.
//
// Owns:    what it was asked. An Index must live as long as a run over it.
// Threads: one.
// Errors:  kUsage for a term or a regular expression that cannot be looked for.
// Units:   bytes; times in ns since 1970, UTC.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limier/store.h"

namespace limier::store {

// The parts of an index that are looked through, in the order of the results.
enum class SearchIn : std::uint8_t { kNames, kText, kMessages, kHits };
inline constexpr std::array<std::string_view, 4> kSearchInWords{"names", "text", "messages", "hits"};

struct SearchQuestion {
  std::vector<std::string> terms;     // all of them stand in a row
  std::vector<std::string> any_of;    // and one of these, where there are any
  std::vector<std::string> patterns;  // and all of these: POSIX extended regular expressions, line by line
  bool whole_words = false;           // terms: not within a longer word
  bool ignore_case = false;           // patterns; terms never tell upper from lower case, nor accents
  std::vector<SearchIn> in;           // empty: all
};

// A place in one of the texts of a row.
struct SearchPlace {
  std::size_t text = 0;            // which of FoundRow::texts
  std::string_view term;           // as it was asked
  std::size_t begin = 0, end = 0;  // in that text
};

struct FoundRow {
  std::string kind;  // "file", "message", "text", …: with the id what `limier explain` takes
  std::int64_t id = 0;
  std::optional<std::int64_t> file_id, content_id, file_offset, image_offset, t_ns;
  std::string path, locator, state, source;
  std::vector<std::pair<std::string, std::string>> texts;  // column and text, of those in which something stands
  std::vector<SearchPlace> places;                         // in the order of the texts
};

// How much there is to be looked through.
struct Searched {
  std::int64_t names = 0, messages = 0;
  std::int64_t texts = 0, text_files = 0;  // parts of text, and the contents they are from
  std::int64_t rows = 0;                   // other rows out of contents
  std::int64_t hits = 0;
};
// Files of whose content nothing stands in the index, and why.
struct WithoutText {
  std::string reason;
  std::int64_t files = 0, bytes = 0;
};

class Search {
 public:
  static Result<Search> make(SearchQuestion question);
  Search(Search&&) noexcept;
  Search& operator=(Search&&) noexcept;
  ~Search();
  // Gives every row in which all stands that must, until `give` says false.
  Status run(Index& index, const std::function<bool(const FoundRow&)>& give);

 private:
  struct Impl;
  explicit Search(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

Result<Searched> searched_in(Index& index);
Result<std::vector<WithoutText>> without_text(Index& index);

}  // namespace limier::store
