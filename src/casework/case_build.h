// One exhibit on its way into the case, and the building of case.db from all of them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "casework/attention.h"
#include "casework/exhibit_facts.h"
#include "casework/links.h"
#include "casework/one_sided.h"
#include "casework/shared_keys.h"
#include "casework/volume_match.h"
#include "limier/casework.h"
#include "limier/store/case_db.h"

namespace limier::casework {

struct Entry {
  ExhibitInput input;
  std::optional<ExhibitFacts> facts;  // nullopt: nothing to merge, `problem` says why
  std::string problem;
  bool derived_again = false;
};

// Builds the case in `path`. The entries are in their final order.
class CaseBuild {
 public:
  CaseBuild(const MergeOptions& options, const std::vector<Entry>& entries, Progress& progress,
            const std::atomic<int>& stop);
  std::optional<MergeProblem> run(const std::string& path, MergeResult& result);

 private:
  struct KindRange {
    std::int64_t first_key = 0, end_key = 0;
  };
  std::optional<MergeProblem> add_keys(std::size_t kind_at);
  Status add_link_sums(std::size_t kind_at);
  Status add_sums_of_people(std::size_t kind_at);
  std::optional<MergeProblem> add_message_pairs();
  Status add_people();
  [[nodiscard]] bool owns(std::size_t position, const std::string& key) const;
  [[nodiscard]] std::vector<SharedVolume> volumes_of(const Link& link) const;
  Status add_links();
  Status add_link_keys();
  Status add_files();
  Status add_files_of(std::size_t position);
  Status add_exhibits();
  Status add_findings();
  Status add_translations();
  Status add_talk(const Entry& entry, const FactsFinding& finding, std::int64_t rank);
  Status add_case(MergeResult& result);
  Status finish(MergeResult& result);
  Status wish_key(std::int64_t key_id, std::size_t kind_at, const store::Query& row);

  const MergeOptions& options_;
  const std::vector<Entry>& entries_;
  Progress& progress_;
  const std::atomic<int>& stop_;
  std::unique_ptr<store::CaseWriter> writer_;
  LinkSums sums_;
  std::vector<KindRange> ranges_;
  std::vector<std::set<std::string>> owners_;         // by position: "number: +32…", as the keys of people
  std::vector<std::set<std::string>> owner_digests_;  // the same as in the runs of messages
  OneSided one_sided_;
  std::vector<KindTotals> totals_;
  std::uint64_t done_records_ = 0;
  std::int64_t next_key_ = 1;
  std::uint64_t links_ = 0, links_left_out_ = 0;
  std::vector<Link> top_links_;
  std::vector<LinkView> link_views_;
  struct Wish {
    std::int64_t key_id;
    std::size_t kind_at;
    RunCursor::Key key;
  };
  std::vector<std::vector<Wish>> wishes_;  // by position: keys whose files are to be named
};

// How a run of this kind of this entry must look.
RunSpec spec_of(const Kind& kind, const Entry& entry);
std::string run_path(const Kind& kind, const Entry& entry);

}  // namespace limier::casework
