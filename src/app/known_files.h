// The hash sets of a run: what they say of its contents.
#pragma once

#include "app/case_folder.h"
#include "limier/hashset.h"
#include "limier/store.h"

namespace limier::app {

class KnownFiles {
 public:
  // Reads every set from end to end: one that is damaged is refused before anything is examined. `digests`: SHA-256
  // that they have to have, in their order; empty: any.
  static Result<KnownFiles> load(const std::vector<std::string>& paths, const std::vector<std::string>& digests,
                                 const std::atomic<int>& stop);
  [[nodiscard]] bool empty() const { return sets_.empty(); }
  // What the run's result depends on; "" without sets. The order in which they were given does not matter.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] AuditLog::Fields fields() const;
  // Holds every content that is a file's own against the sets, in place of what was said before.
  Status hold(store::IndexWriter& index, const std::atomic<int>& stop) const;

 private:
  struct Answer;
  void look_up(std::size_t set, std::span<const store::DigestsOf> contents, std::vector<Answer>& answers) const;
  std::vector<std::unique_ptr<hashset::Set>> sets_;  // notable ones first
};

}  // namespace limier::app
