// report: index → files for people and machines. Reads the views only; never touches the evidence.
//
// Owns:    nothing beyond a call.
// Threads: one each for the formats that do not share facts, with a connection of its own.
// Errors:  kTemporary when the disk is full. A report is written to a temporary name, synced, then renamed.
// Promise: same index, same bytes: no clock, host, zone or locale in any report.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/store.h"

namespace limier::report {

class Source;  // src/report/formats.h

// One format. Adding one: src/report/<name>.cpp and a line in src/report/all.cpp.
struct ReportFile {
  std::string name;
  bool always = true;  // false: only where there are rows for it
};
struct Format {
  std::string_view name;               // "html", "json", "csv", "bodyfile", "dfxml": the word after --format
  std::vector<ReportFile> (*files)();  // what it writes: "report.html"; csv one for each kind of row
  std::string_view about;              // one line for the help text
  Status (*write)(Source& source, const std::string& dir);
  bool by_default;         // written by triage
  bool states_facts;       // asks the source for facts
  bool passes_over_files;  // shares the source's pass over the files
};
std::span<const Format> all_formats();  // sorted by name

// What was done with the evidence.
struct WorkDone {
  std::string profile;        // that of v_run
  std::int64_t contents = 0;  // that parsers knew
  std::int64_t strange = 0;   // that parsers looked at and did not know
  std::int64_t messages = 0;  // that came out of them
  bool rules = false;         // there was something that rules could judge
  bool searched = false;      // all bytes, for numbers, addresses and keys
};
Result<WorkDone> read_work(store::Index& index);
// In the words of every report and of the terminal: "listed and hashed; no content examined".
std::string work_done(const WorkDone& work);

// The languages of the pages for people: en, nl, fr, de. What is for machines is English always.
std::span<const std::string_view> languages();
// kUsage, with a sentence that names them, for any other.
Status check_language(std::string_view language);

// The name a file of a report has while it is being written.
std::string partial_name(std::string_view file);

// How many rows of v_file there are, and of what sort.
struct FileTotals {
  std::int64_t entries = 0, files = 0, folders = 0, streams = 0, deleted = 0, orphans = 0;
  std::int64_t recovered = 0, overwritten = 0;  // of files and streams
};

// Without names: what triage writes. Without a language: that which the run was begun with. Gives the totals where a
// format stated them, since counting reads every file.
Result<std::optional<FileTotals>> write_reports(store::Index& index, const std::string& dir,
                                                std::span<const std::string> format_names,
                                                std::string_view language = {});

}  // namespace limier::report
