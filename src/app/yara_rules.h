// --yara: files of rules, compiled in a jailed worker and handed to those that scan.
#pragma once

#include "app/case_folder.h"
#include "app/evidence_facts.h"
#include "app/session.h"
#include "limier/content.h"
#include "limier/store.h"

namespace limier::app {

class YaraFiles {
 public:
  // Reads the files, and of folders all *.yar and *.yara below them. kUsage where there is none, one cannot be read, or
  // they are too large. Files with the same bytes count once. `digest`: what digest() has to be; "": anything.
  static Result<YaraFiles> load(const std::vector<std::string>& paths, const std::string& digest = "");
  // kUsage where none can be used, or together they are too large.
  Status compile(const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop);

  [[nodiscard]] bool empty() const { return files_.empty(); }
  [[nodiscard]] const std::vector<std::uint8_t>& rules() const { return compiled_.rules; }
  [[nodiscard]] std::string digest() const;  // SHA-256 over the names and digests of all; "" without any
  [[nodiscard]] std::string key() const;     // for store::RunKey
  [[nodiscard]] AuditLog::Fields fields() const;
  // One sentence for each file that is refused; of many, the first of them.
  [[nodiscard]] std::vector<std::string> refusals() const;
  // Rows of v_yara_file, and an issue for each file that is refused, in place of what was there. `run`: they are used.
  Status store(store::IndexWriter& index, bool run) const;
  // Whether the index was made with these very files.
  [[nodiscard]] Result<bool> are_those_of(store::Index& index) const;

 private:
  std::vector<content::RuleFile> files_;  // by name
  std::vector<std::string> digests_;      // SHA-256 of each
  content::CompiledRules compiled_;
};

}  // namespace limier::app
