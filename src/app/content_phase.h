// The phase of triage that looks into files: leads beside the sweep, the rest after it.
#pragma once

#include <deque>
#include <set>

#include "app/crew.h"
#include "app/evidence_facts.h"
#include "app/item_deaths.h"
#include "limier/app.h"
#include "limier/content.h"
#include "limier/store.h"

namespace limier::app {

struct ContentPlan {
  std::vector<content::PackText> packs;
  const keywords::Set* keywords = nullptr;  // outlives the phase
  std::uint32_t jobs = 2;
  Guard guard;
  std::uint64_t media_size = 0;
  bool texts = true;                           // files that are text are given to content::kTextParser
  std::uint64_t most_text_bytes = kTextLimit;  // of all of them
  std::vector<std::uint8_t> yara;              // content::CompiledRules::rules; empty: contents are not scanned
  // Called when rows of an item have come and are there to stay.
  std::function<Status()> on_rows;
};

class ContentPhase {
 public:
  ContentPhase(store::IndexWriter& index, const EvidenceSet& evidence, Crew& crew, ContentPlan plan,
               Progress& progress);

  // Chooses the leads and starts workers on them; they go on in `crew` beside whatever it runs.
  Status begin_leads();
  // Everything else, to its end. False when the run was interrupted.
  Status finish(const std::atomic<int>& stop);
  [[nodiscard]] std::uint64_t chunks_decoded() const { return chunks_decoded_; }

 private:
  // One worker, and what it is at.
  struct Hand {
    std::optional<store::ItemRow> item;
    std::uint32_t given = 0;  // items so far
  };

  Status work_off();
  [[nodiscard]] bool waits_long() const;
  Status choose_rest();
  Status name_not_asked(const store::ItemRow& item, std::string_view reason);
  Status choose_loose();
  Status choose_texts();
  Status add_loose(const store::ItemRow& row, content::ContentItem& item);
  Status start_hands();
  Status start_one();
  Result<std::vector<std::uint8_t>> next_item(Hand& hand);
  Result<std::optional<content::ContentItem>> make_item(const store::ItemRow& row);
  Status add_part(std::optional<std::int64_t> file_id, bool& there, content::ContentBytes& to);
  Result<std::optional<content::ContentBytes>> bytes_of(std::int64_t file_id, std::string& path);
  Result<std::optional<std::vector<std::uint8_t>>> fetch(const store::ContentPlace& place);
  Status take(Hand& hand, const worker::Frame& frame);
  Status take_rows(const Hand& hand, const worker::Frame& frame);
  Status take_done(Hand& hand, const worker::Frame& frame);
  Status take_type(const store::ItemRow& item, const content::ItemDone& done);
  Status ended(Hand& hand, const Ending& ending);
  Status bury(const store::ItemRow& item, const Ending& ending);
  Status leave_out(const store::ItemRow& item, catalog::ItemState state, const std::string& reason);
  Status add_issue(const store::ItemRow& item, catalog::IssueRecord issue);

  store::IndexWriter& index_;
  const EvidenceSet& evidence_;
  Crew& crew_;
  ContentPlan plan_;
  Progress& progress_;
  std::deque<store::ItemRow> waiting_;
  std::size_t hands_ = 0;
  ItemDeaths deaths_;
  bool given_up_ = false, interrupted_ = false;
  bool no_magic_database_ = false;
  std::set<const Hand*> at_work_;  // those that have an item
  // Once nothing is left to wait for, rows are not looked at early: the whole look comes next.
  bool finishing_ = false, look_owed_ = false;
  std::uint64_t done_ = 0, chunks_decoded_ = 0;
};

}  // namespace limier::app
