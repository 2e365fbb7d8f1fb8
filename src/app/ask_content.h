// One content handed to a jailed limier-content after the run is over: its bytes, as the index places them, and what
// comes back.
#pragma once

#include "app/reread.h"
#include "limier/content.h"

namespace limier::app {

// Where the bytes of a file lie, or the bytes themselves where limier-fs alone can read them; else why not.
struct FoundBytes {
  std::optional<content::ContentBytes> bytes;
  std::string problem;
};
Result<FoundBytes> content_bytes(store::Index& index, const KnownContent& content, std::int64_t file_id,
                                 const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop);

// The item that triage made of a file for a parser: with its log, its journal, and what lies beside it under `places`
// (content::beside_places). `problem`: why its own bytes cannot be had.
struct FoundItem {
  std::optional<content::ContentItem> item;
  std::string problem;
};
Result<FoundItem> make_item(store::Index& index, std::int64_t file_id, std::string_view parser,
                            const std::vector<std::string>& places, const EvidenceSet& evidence, const Guard& guard,
                            const std::atomic<int>& stop);

struct Answer {
  std::optional<content::ItemDone> done;
  std::string problem;  // why there is none: "" when there is
};
// Frames of rows go to `on_rows`, which may refuse them as kLied.
Result<Answer> ask_content(content::ContentJob job, const content::ContentItem& item, const EvidenceSet& evidence,
                           const Guard& guard, const std::function<Status(const worker::Frame&)>& on_rows,
                           const std::atomic<int>& stop);

}  // namespace limier::app
