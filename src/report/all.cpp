#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>

#include "report/declared.h"
#include "report/formats.h"
#include "report/marks.h"

namespace limier::report {
namespace {

// The one file of a format.
template <const char* kName>
std::vector<ReportFile> one_file() {
  return {{kName}};
}
constexpr char kBodyfile[] = "bodyfile.txt", kDfxml[] = "dfxml.xml", kHtml[] = "report.html", kJson[] = "report.json",
               kJunit[] = "junit.xml";

std::vector<ReportFile> csv_files() {
  std::vector<ReportFile> files{{"files.csv"}, {"timeline.csv"}};
  for (const catalog::KindInfo* kind : catalog::row_kinds()) files.push_back({csv_name(*kind), kind->always_listed});
  files.push_back({std::string(kMarksCsv), false});
  return files;
}

constexpr std::array<Format, 6> kFormats{{
    {"bodyfile", one_file<kBodyfile>, "names and times of every file, for mactime (Sleuth Kit 3 body file)",
     write_bodyfile, false, false, false},
    {"csv", csv_files, "files, time stamps, findings, messages and every other kind of row as tables", write_csv, true,
     false, true},
    {"dfxml", one_file<kDfxml>, "every file with its byte runs and digests (Digital Forensics XML)", write_dfxml, false,
     false, false},
    {"html", one_file<kHtml>, "the report to read, print and hand over, one self-contained page", write_html, true,
     true, false},
    {"json", one_file<kJson>, "the same facts for machines", write_json, true, true, false},
    {"junit", one_file<kJunit>, "integrity, coverage, completeness, findings as checks for CI (JUnit XML)", write_junit,
     false, true, false},
}};

Status run_beside(const store::Index& index, const Format* format, const std::string& dir, const Words& words) {
  LIMIER_TRY(const auto own, index.another());
  Source source(*own, false, words);
  return format->write(source, dir);
}

}  // namespace

Status Source::pass_over_files(std::span<FileVisitor* const> visitors) {
  std::vector<FileVisitor*> all(visitors.begin(), visitors.end());
  if (states_facts_ && !counted_) {
    all.push_back(&counted_.emplace());
    LIMIER_CHECK(counted_->learn_volumes(index_));
  }
  return report::pass_over_files(index_, all);
}

Result<const Facts*> Source::facts() {
  if (facts_) return &*facts_;
  if (!counted_) LIMIER_CHECK(pass_over_files({}));
  LIMIER_TRY(facts_, read_facts(index_, *counted_));
  return &*facts_;
}

std::span<const Format> all_formats() {
  return kFormats;
}

std::optional<FileTotals> Source::totals() const {
  if (!facts_) return std::nullopt;
  const Census& census = facts_->census;
  FileTotals totals;
  totals.entries = census.rows;
  totals.files = census.kind("file").items;
  totals.folders = census.kind("dir").items;
  totals.streams = census.kind("stream").items;
  totals.deleted = census.deleted;
  totals.orphans = census.orphan;
  totals.recovered = census.state("recovered").items;
  totals.overwritten = census.state("overwritten").items;
  return totals;
}

Result<std::optional<FileTotals>> write_reports(store::Index& index, const std::string& dir,
                                                std::span<const std::string> format_names, std::string_view language) {
  std::string chosen(language);
  if (chosen.empty()) {
    LIMIER_TRY(const RunFacts run, read_run(index));
    chosen = run.language;
  }
  LIMIER_TRY(Words words, Words::in(chosen));
  LIMIER_CHECK(words.add_translations(index));
  std::vector<const Format*> wanted;
  for (const std::string& name : format_names) {
    const auto* found =
        std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& one) { return one.name == name; });
    if (found == kFormats.end()) {
      std::string known;
      for (const Format& one : kFormats) known += fmt::format("{}{}", known.empty() ? "" : ", ", one.name);
      return Error{ErrorKind::kUsage, fmt::format("there is no report format '{}'; there are {}", name, known)};
    }
    if (std::find(wanted.begin(), wanted.end(), found) == wanted.end()) wanted.push_back(found);
  }
  if (format_names.empty())
    for (const Format& one : kFormats)
      if (one.by_default) wanted.push_back(&one);
  // The pass over the files comes first, since the facts are counted in it.
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Format* a, const Format* b) { return a->passes_over_files > b->passes_over_files; });
  const auto shares = [](const Format* format) { return format->states_facts || format->passes_over_files; };
  LIMIER_TRY(auto marks, store::read_marks(index, dir));
  std::vector<std::future<Status>> beside;
  for (const Format* format : wanted)
    if (!shares(format))
      beside.push_back(std::async(std::launch::async, run_beside, std::ref(index), format, dir, std::cref(words)));
  const bool states_facts =
      std::any_of(wanted.begin(), wanted.end(), [](const Format* one) { return one->states_facts; });
  Source source(index, states_facts, words, std::move(marks));
  Status status = ok_status();
  for (const Format* format : wanted)
    if (shares(format) && status.ok()) status = format->write(source, dir);
  for (auto& one : beside)
    if (Status other = one.get(); status.ok()) status = std::move(other);
  LIMIER_CHECK(status);
  return source.totals();
}

}  // namespace limier::report
