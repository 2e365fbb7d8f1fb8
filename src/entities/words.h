// What a scan asks at each place that may be the beginning of something.
#pragma once

#include <string_view>
#include <vector>

#include "limier/entities.h"

namespace limier::entities {

// Shorter runs of letters and digits are nothing by themselves, longer ones are data in base64 or hexadecimal digits.
inline constexpr std::size_t kShortestRun = 11, kLongestRun = 108;

class Confirmer {
 public:
  Confirmer(std::string_view text, const Options& options, std::vector<Found>& found)
      : text_(text), options_(options), found_(found) {}

  // At one of "@:+.-".
  void at_sign(std::size_t place);
  // A run of letters and digits that is no part of a longer one.
  void at_run(std::size_t begin, std::size_t end);
  // Where words may stand that are a phrase together.
  void at_phrase(std::size_t place);
  // kText: at the first of a run, however short: numbers and words that are written in groups.
  void at_group(std::size_t begin);

 private:
  [[nodiscard]] char at(std::size_t place) const { return place < text_.size() ? text_[place] : '\0'; }
  [[nodiscard]] bool in_text() const { return options_.setting == Setting::kText; }
  void put(Kind kind, Proof proof, std::size_t begin, std::size_t end, std::string normalized);
  void put(std::optional<Found> found);
  void armour(std::size_t begin);
  void ssh_key(std::size_t begin);
  void position(std::size_t dot);
  void international(std::size_t plus);
  void number(std::size_t begin);
  bool digits_of_things(std::string_view digits, std::string_view groups, std::size_t begin, std::size_t end);
  bool session_id(std::string_view word, std::size_t begin, std::size_t end);
  bool messenger_id(std::size_t begin);
  bool wallet(std::string_view word, std::size_t begin, std::size_t end);

  std::string_view text_;
  const Options& options_;
  std::vector<Found>& found_;
  std::size_t number_end_ = 0;  // behind the last number in groups
  std::size_t phrase_end_ = 0;
};

// UTF-8 alone, one character after the other: what the blocks do faster must come to the same.
void scan_slowly(std::string_view text, const Options& options, std::vector<Found>& found);
void scan_blocks(std::string_view text, const Options& options, std::vector<Found>& found);

// Drops what is part of something larger, and puts the rest in order.
void settle(std::vector<Found>& found, std::size_t first);

}  // namespace limier::entities
