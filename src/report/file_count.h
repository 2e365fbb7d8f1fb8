// What the page and the JSON say about all files together, counted while the rows of v_file go by.
#pragma once

#include <map>

#include "limier/types.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/file_pass.h"
#include "report/internals.h"
#include "report/lists.h"

namespace limier::report {

class FileCount final : public FileVisitor {
 public:
  FileCount();
  // The file systems of the volumes, before the pass: without them nothing is told apart as internal but by its kind.
  Status learn_volumes(store::Index& index) { return internals_.learn_volumes(index); }
  Status visit(const FileCells& row) override;
  // Fills in the census, the activity, the lists and the names of streams; once, after the pass.
  Status put_into(store::Index& index, Facts& facts);

 private:
  struct Extension {
    NamedTally tally;
    std::size_t category = 0;
  };

  void count_file(const FileCells& row, std::int64_t size, bool deleted);
  // The category of a content; none where it says nothing.
  std::optional<std::size_t> count_type(std::string_view name, std::int64_t size, bool deleted);
  void count_stream_name(std::string_view name);
  void count_moments(const FileCells& row);
  Extension& extension(std::string_view name);

  Census census_;
  ListPicker lists_;
  Internals internals_;
  std::map<std::string, Extension, std::less<>> extensions_;
  std::map<std::string_view, const types::Type*> known_types_;  // by name
  std::map<std::uint16_t, NamedTally> types_;                   // by number
  std::map<std::string, std::int64_t, std::less<>> stream_names_;
  bool too_many_stream_names_ = false;
  Calendar calendar_;
  std::vector<std::int64_t> months_;  // time stamps of each month, from the first that 64 bits of nanoseconds reach
};

}  // namespace limier::report
