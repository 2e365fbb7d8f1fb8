// The formats, one file each; listed in all.cpp.
#pragma once

#include "limier/report.h"
#include "limier/store/marks.h"
#include "report/file_count.h"
#include "report/words.h"

namespace limier::report {

// What a format writes from: the index, and the facts, which are read once for all formats that state them.
class Source {
 public:
  // `states_facts`: some format is going to ask for them.
  Source(store::Index& index, bool states_facts, const Words& words, store::Marks marks = {})
      : index_(index), states_facts_(states_facts), words_(words), marks_(std::move(marks)) {}
  [[nodiscard]] store::Index& index() const { return index_; }
  // Of the pages for people.
  [[nodiscard]] const Words& words() const { return words_; }
  // Shows every row of v_file to the visitors; what the facts need of the files is counted in the same pass.
  Status pass_over_files(std::span<FileVisitor* const> visitors);
  Result<const Facts*> facts();
  [[nodiscard]] const store::Marks& marks() const { return marks_; }
  // Nothing while nobody has asked for the facts.
  [[nodiscard]] std::optional<FileTotals> totals() const;

 private:
  store::Index& index_;
  bool states_facts_;
  const Words& words_;
  store::Marks marks_;
  std::optional<FileCount> counted_;
  std::optional<Facts> facts_;
};

Status write_html(Source& source, const std::string& dir);
Status write_json(Source& source, const std::string& dir);
Status write_junit(Source& source, const std::string& dir);
Status write_csv(Source& source, const std::string& dir);
Status write_bodyfile(Source& source, const std::string& dir);
Status write_dfxml(Source& source, const std::string& dir);

}  // namespace limier::report
