// The kinds of keys by which exhibits are compared. A kind is one entry of the table in kinds.cpp: where its values
// stand in the index, and how they are written so that equal things look equal. Nothing else of the fan-in knows a
// kind by name: a new entry is emitted, merged, linked and reported.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace limier::casework {

// What a key on two exhibits means for the pair.
enum class Meaning : std::uint8_t {
  kSameImage,   // the same acquisition or media, filed twice
  kSameDevice,  // the same disk, volume or installation was seen by both
  kContent,     // a file with the same bytes
  kContact,     // an account, address, number or name that both hold
};
std::string_view meaning_name(Meaning meaning);  // "same-image", "same-device", "content", "contact"

struct Kind {
  std::string_view name;       // file name of the run, and v_kind.kind
  std::string_view one, many;  // for sentences: "file content", "file contents"
  Meaning meaning;
  // SELECT value, size, file_id, known, count and, of files, whether it is in use and whether it lies where cameras put
  // their pictures, over the views of the index. NULL values give no key.
  std::string_view sql;
  // The form in which equal values are equal; "" : not a value that says anything (zeros, "unknown").
  std::string (*normalise)(std::string_view value);
  bool is_sha256;             // the value is a SHA-256 in hex and is the key itself; else its SHA-256 is
  std::uint16_t value_width;  // bytes of the value kept for people to read; 0 with is_sha256
  std::uint16_t link_weight;  // of the first point in the score of a link; docs/case.md
  bool at_most_one_point;     // several keys of this kind say the same thing once
  bool weigh_size;            // small contents count less
  bool of_volume = false;     // the value stands in the head of a volume, which the case can name
  // Which pairs of exhibits a key of people links; the kinds but kAll have no run of their own, their SQL is "".
  enum class Pairs : std::uint8_t { kAll, kKnownToBoth, kSameOwner, kOwnerKnown, kMessages };
  Pairs pairs = Pairs::kAll;
  [[nodiscard]] constexpr bool has_run() const { return !sql.empty(); }
};

std::span<const Kind> all_kinds();

// Normalisers, for the table and its tests.
std::string as_is(std::string_view value);
std::string normal_identifier(std::string_view value);   // upper case, letters and digits only
std::string normal_serial(std::string_view value);       // the same, without the serial numbers makers leave blank
std::string normal_name(std::string_view value);         // lower case (ASCII), trimmed
std::string windows_installation(std::string_view sid);  // S-1-5-21-a-b-c of an account's SID
std::string windows_account(std::string_view sid);       // accounts people use: relative id 1000 and up
std::string user_folder(std::string_view name);          // names of people, not of the system

}  // namespace limier::casework
