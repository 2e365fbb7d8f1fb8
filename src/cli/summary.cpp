#include "cli/summary.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "cli/json_writer.h"
#include "limier/catalog/findings.h"
#include "limier/store.h"

namespace limier::cli {
namespace {

struct Counts : report::FileTotals {
  std::int64_t issues = 0, volumes = 0, bad_ranges = 0;
};

struct Summary {
  std::string path, format, verdict, outcome;
  report::WorkDone work;
  std::uint64_t size_bytes = 0, container_bytes = 0;
  Counts counts;
  struct Gap {
    std::string what, reason;
    std::uint64_t bytes = 0, items = 0;
  };
  std::vector<Gap> not_examined;
  std::vector<std::pair<std::string, std::uint64_t>> findings;  // how many of each priority, the gravest first
  std::string first_title, first_reason, first_key;             // the one of rank 1
};

void read_first_row(store::Index& index, std::string_view sql, const auto& use) {
  auto query = index.query(sql);
  if (query && query->step()) use(*query);
}

report::FileTotals count_files(store::Index& index) {
  report::FileTotals totals;
  read_first_row(index,
                 "SELECT count(*), total(kind = 'file'), total(kind = 'dir'), total(kind = 'stream'), total(deleted), "
                 "total(orphan), total(content_state = 'recovered' AND kind IN ('file', 'stream')), "
                 "total(content_state = 'overwritten' AND kind IN ('file', 'stream')) FROM v_file",
                 [&](const store::Query& row) {
                   const std::array fields{&totals.entries, &totals.files,   &totals.folders,   &totals.streams,
                                           &totals.deleted, &totals.orphans, &totals.recovered, &totals.overwritten};
                   for (std::size_t i = 0; i < fields.size(); ++i)
                     *fields[i] = static_cast<std::int64_t>(row.real(static_cast<int>(i)));
                 });
  return totals;
}

void read_findings(store::Index& index, Summary& summary) {
  for (const std::string_view priority : catalog::kPriorityWords)
    read_first_row(index, fmt::format("SELECT count(*) FROM v_finding WHERE priority = '{}'", priority),
                   [&](const store::Query& row) {
                     if (row.integer(0) > 0)
                       summary.findings.emplace_back(priority, static_cast<std::uint64_t>(row.integer(0)));
                   });
  read_first_row(index, "SELECT title, reason, key FROM v_finding WHERE rank = 1", [&](const store::Query& row) {
    summary.first_title = row.text(0);
    summary.first_reason = row.text(1);
    summary.first_key = row.text(2);
  });
}

Summary read_summary(store::Index& index, const std::optional<report::FileTotals>& totals) {
  Summary summary;
  read_first_row(index, "SELECT path, format, verdict, size_bytes FROM v_evidence", [&](const store::Query& row) {
    summary.path = row.text(0);
    summary.format = row.text(1);
    summary.verdict = row.text(2);
    summary.size_bytes = static_cast<std::uint64_t>(row.integer(3));
  });
  read_first_row(index, "SELECT outcome FROM v_run ORDER BY run_id DESC LIMIT 1",
                 [&](const store::Query& row) { summary.outcome = row.text(0); });
  if (auto work = report::read_work(index)) summary.work = *work;
  if (summary.work.rules) read_findings(index, summary);
  read_first_row(index, "SELECT total(size_bytes) FROM v_segment",
                 [&](const store::Query& row) { summary.container_bytes = static_cast<std::uint64_t>(row.real(0)); });
  Counts& counts = summary.counts;
  static_cast<report::FileTotals&>(counts) = totals ? *totals : count_files(index);
  read_first_row(index,
                 "SELECT (SELECT count(*) FROM v_issue), (SELECT count(*) FROM v_bad_range),"
                 " (SELECT count(*) FROM v_volume WHERE status NOT IN ('unallocated'))",
                 [&](const store::Query& row) {
                   counts.issues = row.integer(0);
                   counts.bad_ranges = row.integer(1);
                   counts.volumes = row.integer(2);
                 });
  if (auto query = index.query("SELECT what, reason, bytes, items FROM v_not_examined")) {
    while (query->step())
      summary.not_examined.push_back({query->text(0), query->text(1), static_cast<std::uint64_t>(query->integer(2)),
                                      static_cast<std::uint64_t>(query->integer(3))});
  }
  return summary;
}

std::string_view exit_code_meaning(const app::Outcome& outcome, const std::string& verdict) {
  if (outcome.interrupted) return "interrupted; what was found until then is kept";
  switch (outcome.exit_code) {
    case 0:
      return verdict.empty() ? "all of it listed; integrity not checked" : "all of it listed, integrity as expected";
    case 1:
      return "there is a finding of the priority given with --fail-on or above";
    case 3:
      return "nothing could be examined";
    case 4:
      return "the integrity of the evidence is not as expected";
    case 5:
      return "part of the evidence could not be examined";
    default:
      return "see the report";
  }
}

std::string verdict_text(const Style& style, const std::string& verdict) {
  if (verdict == "verified") return style.good("verified") + ": the digest equals the one stored or expected";
  if (verdict == "mismatch") return style.bad("MISMATCH") + ": a digest differs from the one stored or expected";
  if (verdict == "no-stored-digest") return "computed; there is no stored digest to compare with";
  if (verdict == "damaged") return style.bad("DAMAGED") + ": see the damaged ranges in the report";
  if (verdict == "incomplete") return style.bad("INCOMPLETE") + ": segments of the image are missing or cut short";
  return "not checked";
}

std::string examined_text(const Summary& summary, const app::Outcome& outcome) {
  if (outcome.conditions.nothing_examined) return "nothing";
  return report::work_done(summary.work);
}

std::uint64_t count_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

// What is to be read first, above everything else.
void add_findings(Facts& facts, const Style& style, const std::string& dir, const Summary& summary) {
  if (!summary.work.rules) {
    facts.add("findings", "not computed: there was nothing that rules could judge");
    return;
  }
  std::string text;
  for (const auto& [priority, count] : summary.findings) {
    const std::string one = fmt::format("{} {}", group_digits(count), priority);
    text += (text.empty() ? "" : ", ") + (priority == catalog::kPriorityWords[0] ? style.bad(one) : one);
  }
  if (text.empty()) {
    facts.add("findings", "none, which is no all-clear: what could not be judged is in the report");
    return;
  }
  facts.add("findings", text + "; to be read first, not accusations: a person decides");
  facts.add("", fmt::format("1. {}: {}", terminal_text(summary.first_title), terminal_text(summary.first_reason)));
  facts.add("", fmt::format("limier explain {} {}", terminal_text(dir), summary.first_key));
}

void print_text(const Context& context, const std::string& dir, const Summary& summary, const app::Outcome& outcome) {
  const Counts& counts = summary.counts;
  Facts facts;
  add_findings(facts, context.style, dir, summary);
  facts.add("evidence", fmt::format("{} ({}, image files {})", terminal_text(summary.path),
                                    terminal_text(summary.format), human_size(summary.container_bytes)));
  facts.add("media", exact_size(summary.size_bytes));
  facts.add("integrity", verdict_text(context.style, summary.verdict));
  facts.add("examined", examined_text(summary, outcome));
  facts.add("volumes", group_digits(count_of(counts.volumes)));
  facts.add("entries", fmt::format("{}: {}, {}, {}", group_digits(count_of(counts.entries)),
                                   plural(count_of(counts.files), "file", "files"),
                                   plural(count_of(counts.folders), "folder", "folders"),
                                   plural(count_of(counts.streams), "alternate stream", "alternate streams")));
  facts.add("deleted",
            fmt::format("{} ({} with content recovered, {} overwritten), {}", group_digits(count_of(counts.deleted)),
                        group_digits(count_of(counts.recovered)), group_digits(count_of(counts.overwritten)),
                        plural(count_of(counts.orphans), "orphan", "orphans")));
  if (counts.bad_ranges > 0)
    facts.add("damage", context.style.bad(plural(count_of(counts.bad_ranges), "damaged range", "damaged ranges")));
  if (counts.issues > 0)
    facts.add("issues", fmt::format("{}, listed in the report", group_digits(count_of(counts.issues))));
  if (summary.not_examined.empty())
    facts.add("not examined", summary.work.contents + summary.work.strange > 0
                                  ? "content that no parser knows; else nothing was left out"
                                  : "content; of list and digests nothing was left out");
  for (std::size_t i = 0; i < summary.not_examined.size(); ++i) {
    const auto& gap = summary.not_examined[i];
    std::string text = fmt::format("{}: {}", terminal_text(gap.what), terminal_text(gap.reason));
    if (gap.items > 1) text += fmt::format(", {} items", group_digits(gap.items));
    if (gap.bytes > 0) text += fmt::format(", {}", human_size(gap.bytes));
    facts.add(i == 0 ? "not examined" : "", context.style.warn(text));
  }
  const std::string report = dir + "/report.html";
  if (::access(report.c_str(), F_OK) == 0) facts.add("report", terminal_text(report));
  facts.add("index", terminal_text(dir + "/index.db"));
  facts.add("exit code", fmt::format("{}: {}", outcome.exit_code, exit_code_meaning(outcome, summary.verdict)));
  facts.print(context.out, context.style, "");
}

void print_json(const Context& context, const std::string& dir, const Summary& summary, const app::Outcome& outcome) {
  const Counts& counts = summary.counts;
  JsonWriter json(context.out, 2);
  json.begin_object().text("outcome", summary.outcome).key("exit_code").integer(outcome.exit_code);
  json.text("meaning", exit_code_meaning(outcome, summary.verdict)).text("examined", examined_text(summary, outcome));
  json.boolean("interrupted", outcome.interrupted);
  json.key("conditions")
      .begin_object()
      .boolean("mismatch", outcome.conditions.mismatch)
      .boolean("damaged", outcome.conditions.damaged);
  json.boolean("incomplete", outcome.conditions.incomplete)
      .boolean("nothing_examined", outcome.conditions.nothing_examined)
      .text_or_null(
          "first_finding",
          outcome.conditions.first_finding
              ? std::string(catalog::kPriorityWords.at(static_cast<std::size_t>(*outcome.conditions.first_finding)))
              : std::string())
      .end();
  json.key("findings").begin_object();
  for (const auto& [priority, count] : summary.findings) json.number(priority, count);
  json.end();
  json.key("evidence").begin_object().text("path", summary.path).text("format", summary.format);
  json.number("size_bytes", summary.size_bytes).number("container_bytes", summary.container_bytes);
  json.text_or_null("verdict", summary.verdict).end();
  const std::array<std::pair<std::string_view, std::int64_t>, 11> numbers{{{"volumes", counts.volumes},
                                                                           {"entries", counts.entries},
                                                                           {"files", counts.files},
                                                                           {"folders", counts.folders},
                                                                           {"streams", counts.streams},
                                                                           {"deleted", counts.deleted},
                                                                           {"orphans", counts.orphans},
                                                                           {"recovered", counts.recovered},
                                                                           {"overwritten", counts.overwritten},
                                                                           {"issues", counts.issues},
                                                                           {"bad_ranges", counts.bad_ranges}}};
  json.key("counts").begin_object();
  for (const auto& [name, number] : numbers) json.key(name).integer(number);
  json.end().key("not_examined").begin_array();
  for (const auto& gap : summary.not_examined)
    json.begin_object()
        .text("what", gap.what)
        .text("reason", gap.reason)
        .number("bytes", gap.bytes)
        .number("items", gap.items)
        .end();
  json.end().key("paths").begin_object().evidence("out", dir).evidence("index", dir + "/index.db");
  const std::string report = dir + "/report.html";
  json.text_or_null("report", ::access(report.c_str(), F_OK) == 0 ? report : std::string());
  json.end().finish();
}

}  // namespace

void print_summary(const Context& context, const std::string& dir, const app::Outcome& outcome) {
  if (context.common.quiet && !context.common.json) return;
  Summary summary;
  if (auto index = store::Index::open(dir)) summary = read_summary(**index, outcome.totals);
  if (summary.outcome.empty()) summary.outcome = outcome.interrupted ? "interrupted" : "complete";
  if (context.common.json)
    print_json(context, dir, summary, outcome);
  else
    print_text(context, dir, summary, outcome);
}

}  // namespace limier::cli
