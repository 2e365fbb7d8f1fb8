// The keyword files of a run (--keywords).
#pragma once

#include "app/case_folder.h"
#include "limier/keywords.h"
#include "limier/store.h"

namespace limier::app {

class KeywordFiles {
 public:
  // Reads and compiles them: what is wrong is said before anything is examined.
  // `digests`: SHA-256 that they have to have, in their order; empty: any.
  static Result<KeywordFiles> load(const std::vector<std::string>& paths, const std::vector<std::string>& digests = {});
  [[nodiscard]] bool empty() const { return files_.empty(); }
  // What workers are told.
  [[nodiscard]] const keywords::Set& set() const { return set_; }
  [[nodiscard]] store::KeywordsOfRun of_run() const;
  [[nodiscard]] std::vector<std::string> digests() const;  // SHA-256 of each file
  // SHA-256 of the files, "; " between them; "" without any. The run's result depends on it.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] std::string engine() const;  // "hyperscan 5.4.0", "re2"; "" without files
  [[nodiscard]] AuditLog::Fields fields() const;

 private:
  keywords::Set set_;
  std::vector<keywords::File> files_;
  std::shared_ptr<const keywords::Matcher> matcher_;
};

// Those that a finished run looked for, as its index has them; none where it has none.
Result<keywords::Set> keywords_of(store::Index& index);

}  // namespace limier::app
