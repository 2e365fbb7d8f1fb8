// What may not be read: a period, persons and terms. Who writes the index asks it before every row and every name, so
// that nothing of what is masked comes into the index; only how often is counted.
//
// Owns:    the words to be masked. They are never printed, stored or logged; reasons and title are.
// Threads: plain data, not changed once it is made.
// Errors:  kUsage, with a sentence that repeats no masked word.
// Units:   times in ns since 1970, UTC.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base/result.h"
#include "limier/catalog/rows.h"

namespace limier::catalog {

// Stands for a name or a text that may not be read.
inline constexpr std::string_view kMasked = "[masked]";

inline constexpr std::size_t kMaxMaskWords = 500;  // persons and terms together
inline constexpr std::size_t kLeastTermLetters = 3;
inline constexpr std::size_t kLeastPersonDigits = 5;
// Numbers are written in many ways (+31 6 12…, 06-12…): their last digits are the same.
inline constexpr std::size_t kTellingDigits = 9;

// As a scope file says it.
struct ScopeText {
  struct Mask {
    std::string reason;                // as reports show it
    std::vector<std::string> persons;  // numbers, addresses, ids, names
    std::vector<std::string> terms;
  };
  std::string title;  // as reports show it
  std::optional<std::int64_t> from_ns, until_ns;
  std::string period_reason = "outside of the period";
  std::vector<Mask> masks;
  std::string sha256;  // of the file
};

class Scope {
 public:
  static Result<std::shared_ptr<const Scope>> make(ScopeText text);

  [[nodiscard]] const std::string& title() const { return title_; }
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  // Why nobody may read this text; nullptr: it may be read. Letters count in either case and without accents, blanks
  // and signs between words do not; a number in any of its spellings.
  [[nodiscard]] const std::string* hides(std::string_view text) const;
  // The same of a row out of content: of all its texts and places; of its time where it is of a kind that tells what
  // somebody did; and of whom it is, where nothing tells that and persons are masked.
  [[nodiscard]] const std::string* hides_row(const KindInfo& kind, std::span<const RowCell> cells) const;
  // The path with kMasked for each part that may not be read; *why is set to the reason of the last one, or left.
  [[nodiscard]] std::string mask_path(std::string_view path, const std::string** why) const;

 private:
  struct Needle {
    std::string text;    // folded; "" for a number
    std::string digits;  // of a number, its last ones
    bool whole = false;  // a short number: it must stand alone
    std::size_t reason = 0;
  };
  Scope() = default;
  [[nodiscard]] const std::string* hides_plain(std::string_view text) const;
  [[nodiscard]] const std::string* hides_number(std::string_view text) const;
  [[nodiscard]] const std::string* hides_time(const KindInfo& kind, std::span<const RowCell> cells) const;
  [[nodiscard]] const std::string* hides_nobodys(const KindInfo& kind, std::span<const RowCell> cells) const;

  std::string title_, sha256_;
  std::optional<std::int64_t> from_ns_, until_ns_;
  std::vector<std::string> reasons_;
  std::vector<Needle> needles_;
  std::size_t period_reason_ = 0, no_time_reason_ = 0, nobody_reason_ = 0;
  bool has_numbers_ = false, has_persons_ = false;
};

}  // namespace limier::catalog
