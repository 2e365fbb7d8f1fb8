// The formats, one file each; listed in all.cpp.
#pragma once

#include "limier/report.h"
#include "report/facts.h"

namespace limier::report {

// What a format writes from: the index, and the facts, which are read once for all formats that state them.
class Source {
 public:
  explicit Source(store::Index& index) : index_(index) {}
  [[nodiscard]] store::Index& index() const { return index_; }
  Result<const Facts*> facts();

 private:
  store::Index& index_;
  std::optional<Facts> facts_;
};

Status write_html(Source& source, const std::string& dir);
Status write_json(Source& source, const std::string& dir);
Status write_csv(Source& source, const std::string& dir);
Status write_bodyfile(Source& source, const std::string& dir);
Status write_dfxml(Source& source, const std::string& dir);

}  // namespace limier::report
