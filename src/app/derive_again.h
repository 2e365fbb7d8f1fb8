// A row made again: its parser reads the same content once more, in a jailed limier-content, and what it gives is
// compared with what the index holds, column by column.
#pragma once

#include "app/ask_content.h"

namespace limier::app {

// What the rows of a run were made with.
struct MadeWith {
  std::vector<content::PackText> packs;  // the program's own and those given
  std::vector<std::uint8_t> yara;        // compiled rules; empty: none
  std::string no_yara;                   // then: why
};

// Of a row out of content.
Result<Derived> derive_again(store::Index& index, std::string_view kind, std::int64_t id, const MadeWith& with,
                             const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop);
// Of a content that a parser looked into (v_item): what became of it, and how many rows.
Result<Derived> look_again(store::Index& index, std::int64_t item_id, const MadeWith& with, const EvidenceSet& evidence,
                           const Guard& guard, const std::atomic<int>& stop);

// The record that stands at a place of a database, decoded again.
struct RecordAgain {
  std::optional<DecodedRecord> record;
  std::string problem;
};
Result<RecordAgain> decode_again(store::Index& index, std::int64_t file_id, std::string_view state,
                                 std::string_view source, std::uint64_t file_offset, const EvidenceSet& evidence,
                                 const Guard& guard, const std::atomic<int>& stop);

}  // namespace limier::app
