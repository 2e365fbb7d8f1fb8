// The sections on the files: what stands out, types and sizes, activity, largest and most recent.
#include <fmt/format.h>

#include <algorithm>

#include "report/charts.h"
#include "report/lists.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

// What the content states of v_file mean to a reader.
std::string_view state_meaning(std::string_view state) {
  if (state == "complete") return "Read in full; digests given";
  if (state == "recovered") return "Deleted; read from space that nobody else owns; digests given";
  if (state == "overwritten") return "Deleted; part of its space is in use again, or claimed by another deleted file";
  if (state == "partial") return "Touches damaged or missing ranges";
  if (state == "unreadable") return "Its bytes could not be had";
  if (state == "encrypted") return "Encrypted by the file system; not examined";
  if (state == "empty") return "No content";
  return "Content was not read";
}

void put_state_table(Page& page, const Census& census) {
  page.table("Content of files and streams", {{"State", Align::kShort},
                                              {"Meaning"},
                                              {"Files", Align::kNumber},
                                              {"of which deleted", Align::kNumber},
                                              {"Size", Align::kNumber}});
  Tally all;
  std::int64_t deleted = 0;
  for (std::size_t i = 0; i < kContentStates.size(); ++i) {
    const Tally& tally = census.states[i];
    all.items += tally.items;
    all.bytes = add_saturating(all.bytes, tally.bytes);
    deleted += census.deleted_states[i].items;
    if (tally.items == 0) continue;
    page.row({std::string(kContentStates[i]), std::string(state_meaning(kContentStates[i])), grouped(tally.items),
              grouped(census.deleted_states[i].items), size_cell(tally.bytes)});
  }
  page.row({"Total", " ", grouped(all.items), grouped(deleted), size_cell(all.bytes)}, "total");
  page.end_table();
}

void put_file_table(Context& context, const std::vector<FileRow>& files, bool with_state, bool with_type = false) {
  // Paths of two volumes may be the same.
  const bool several = context.facts.counts.listed_volumes > 1;
  std::vector<Column> columns{{"File", Align::kNumber}};
  if (several) columns.push_back({"Volume", Align::kNumber});
  columns.insert(columns.end(),
                 {{"Path", Align::kPath}, {"Size", Align::kNumber}, {"Modified (UTC, or local)", Align::kShort}});
  if (with_state) columns.push_back({"Content", Align::kShort});
  if (with_type) columns.push_back({"Type by content"});
  context.page.table("", columns);
  for (const FileRow& file : files) {
    std::vector<std::string> cells{grouped(file.file_id)};
    if (several) cells.push_back(grouped(file.volume_id));
    const std::string path = quoted(file.path), marks = marks_html(context.marks, {"file", file.file_id});
    cells.insert(cells.end(), {path + (marks.empty() ? "" : "<br>" + marks), size_cell(file.size),
                               file.modified ? time_text(*file.modified) : absent()});
    if (with_state)
      cells.push_back((file.deleted ? "<span class=\"tag\">deleted</span>, " : "") + html_text(file.content_state));
    if (with_type) cells.push_back(file.type_name ? html_text(*file.type_name) : absent());
    context.page.row(std::span<const std::string>(cells));
  }
  context.page.end_table();
}

void put_notable_list(Context& context, List list, std::int64_t total, std::string_view title, std::string_view text) {
  if (total == 0) return;
  const auto& files = context.facts.list(list);
  context.page.heading(title);
  context.page.paragraph(text);
  put_file_table(context, files, list != List::kRecovered && list != List::kOverwritten, list == List::kMismatch);
  context.page.raw(cap_note(static_cast<std::int64_t>(files.size()), total, "largest"));
}

void put_streams(Context& context) {
  const std::int64_t total = context.facts.census.kind("stream").items;
  if (total == 0) return;
  Page& page = context.page;
  const StreamNames& names = context.facts.stream_names;
  page.heading("Alternate data streams");
  page.paragraph(
      "NTFS lets a file carry further content under a second name, which most programs do not show. Zone.Identifier is "
      "written by Windows to what was downloaded; others deserve a look.");
  page.table("", {{"Name of the stream", Align::kPath}, {"Streams", Align::kNumber}});
  for (const StreamName& name : names.top) page.row({quoted(name.name), grouped(name.items)});
  page.end_table();
  if (names.different > static_cast<std::int64_t>(names.top.size()))
    page.raw(fmt::format("<p class=\"note\">Listed: the {} most frequent of {} names.</p>\n", names.top.size(),
                         grouped(names.different)));
  std::int64_t zones = 0;
  for (const StreamName& name : names.top)
    if (name.name == "Zone.Identifier") zones = name.items;
  put_notable_list(context, List::kStreams, total - zones, "Streams other than Zone.Identifier",
                   "Those that hold content, largest first.");
}

void put_tally_table(Page& page, std::string_view caption, std::string_view first,
                     const std::vector<NamedTally>& tallies, const Tally& files, std::int64_t cap) {
  page.table(caption,
             {{first, Align::kPath},
              {"Files", Align::kNumber},
              {"Share", Align::kShort},
              {"of which deleted", Align::kNumber},
              {"Size", Align::kNumber}},
             "even");
  for (const NamedTally& one : tallies) {
    if (cap-- <= 0) break;
    page.row({quoted(one.name), grouped(one.all.items), share_bar(one.all.items, files.items),
              grouped(one.deleted.items), size_cell(one.all.bytes)});
  }
}

void put_type_tables(Page& page, const Census& census) {
  const Tally& files = census.kind("file");
  const auto different = static_cast<std::int64_t>(census.extensions.size());
  std::int64_t deleted = 0;
  for (const NamedTally& one : census.sizes) deleted += one.deleted.items;
  put_tally_table(page, "By kind of file", "Kind", census.categories, files,
                  static_cast<std::int64_t>(census.categories.size()));
  page.row({"Total", grouped(files.items), " ", grouped(deleted), size_cell(files.bytes)}, "total");
  page.end_table();
  const auto types = static_cast<std::int64_t>(census.types.size());
  if (types > 0) {
    put_tally_table(page, "By type of content", "Type", census.types, files, kMaxTypeRows);
    page.end_table();
  }
  if (types > kMaxTypeRows)
    page.raw(fmt::format("<p class=\"note\">Listed: the {} most frequent of {} types.</p>\n", kMaxTypeRows, types));
  put_tally_table(page, "By size", "Size of the file", census.sizes, files,
                  static_cast<std::int64_t>(census.sizes.size()));
  page.end_table();
  put_tally_table(page, "By extension", "Extension", census.extensions, files, kMaxExtensionRows);
  page.end_table();
  if (different > kMaxExtensionRows)
    page.raw(fmt::format("<p class=\"note\">Listed: the {} most frequent of {} extensions.</p>\n", kMaxExtensionRows,
                         grouped(different)));
}

void put_capped_list(Context& context, std::string_view title, const std::vector<FileRow>& files, std::int64_t total,
                     std::string_view what) {
  context.page.heading(title);
  if (files.empty())
    context.page.paragraph("None.");
  else
    put_file_table(context, files, true);
  context.page.raw(cap_note(static_cast<std::int64_t>(files.size()), total, what));
}

// Years down, months across: the chart in numbers.
void put_month_table(Page& page, const Activity& activity) {
  page.raw(scroll_box(page, "Time stamps by month"));
  page.raw(
      "<table class=\"months\">\n<caption>Time stamps by month</caption>\n<thead><tr><th "
      "scope=\"col\">Year</th>");
  for (const char* name : {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Total"})
    page.raw(fmt::format("<th scope=\"col\" class=\"num\">{}</th>", name));
  page.raw("</tr></thead>\n<tbody>\n");
  for (std::size_t at = 0; at < activity.months.size();) {
    const std::int64_t year = activity.months[at].year;
    std::array<std::int64_t, 12> counts{};
    std::int64_t total = 0;
    for (; at < activity.months.size() && activity.months[at].year == year; ++at) {
      counts[static_cast<std::size_t>(activity.months[at].month - 1)] = activity.months[at].count;
      total += activity.months[at].count;
    }
    page.raw(fmt::format("<tr><td>{}</td>", year));
    for (const std::int64_t count : counts)
      page.raw("<td class=\"num\">" + (count > 0 ? grouped(count) : absent()) + "</td>");
    page.raw("<td class=\"num\"><b>" + grouped(total) + "</b></td></tr>\n");
  }
  page.raw("</tbody></table></div>\n");
}

}  // namespace

Status put_notable_section(Context& context) {
  const Census& census = context.facts.census;
  Page& page = context.page;
  page.paragraph(fmt::format("{} in the index, {} of them deleted and {} orphaned (their folder is gone).",
                             plural(census.rows, "entry", "entries"), grouped(census.deleted), grouped(census.orphan)));
  put_state_table(page, census);
  put_notable_list(context, List::kRecovered, census.deleted_state("recovered").items, "Deleted files with content",
                   "Deleted, and no other file owns their space now. That the bytes are still those of "
                   "the file is likely, not certain.");
  put_notable_list(
      context, List::kOverwritten, census.state("overwritten").items, "Deleted files that are overwritten in part",
      "Name, size and times are those of the deleted file; its content is not, or not wholly. No digests are given.");
  put_notable_list(context, List::kEncrypted, census.state("encrypted").items, "Encrypted files",
                   "Encrypted by the file system. Not examined.");
  put_notable_list(context, List::kMismatch, census.mismatches, "Files whose name claims another type",
                   "The ending of the name belongs to another type than the content, which its signature leaves no "
                   "doubt of. Renamed to hide it, or by a program that does not care.");
  put_notable_list(context, List::kUnreadable, census.state("unreadable").items + census.state("partial").items,
                   "Files that could not be read, or only in part",
                   "Because of damage in the image or in the file system. No digests are given.");
  put_streams(context);
  return ok_status();
}

Status put_types_section(Context& context) {
  const Census& census = context.facts.census;
  std::string basis = "By the extension in the name. Anyone can rename a file: a name is no proof of what it holds. ";
  if (!census.types.empty())
    basis = fmt::format(
        "By the first bytes of the content; of {}, of which these say nothing or were not read, by the extension in "
        "the name, which is no proof. ",
        plural(census.by_name, "file", "files"));
  context.page.paragraph(basis + "Folders, links, devices and alternate streams are not counted here.");
  if (context.facts.census.kind("file").items == 0)
    context.page.paragraph("No files.");
  else
    put_type_tables(context.page, context.facts.census);
  return ok_status();
}

Status put_activity_section(Context& context) {
  const Activity& activity = context.facts.activity;
  Page& page = context.page;
  if (activity.total == 0) {
    page.paragraph("The file systems hold no time stamps.");
    return ok_status();
  }
  page.paragraph(fmt::format(
      "{} of files and folders. Modified, accessed, changed and created count one each; where several of them are "
      "the same instant, that instant counts once. A copy, an update or the making of the file system sets "
      "many at once; a wrong clock moves them all.",
      plural(activity.total, "time stamp", "time stamps")));
  const MonthWindow window = chart_window(activity);
  const auto slots = chart_slots(activity, window);
  page.raw(activity_chart(activity, window));
  std::string outside;
  if (std::find(slots.begin(), slots.end(), kBreak) != slots.end())
    outside = "Stretches of more than six months without time stamps are left out and marked ⋯. ";
  if (window.before + window.after > 0)
    outside += fmt::format("The chart shows the busiest {} months; {} lie before them and {} after. ", kMaxChartMonths,
                           grouped(window.before), grouped(window.after));
  if (activity.before > 0)
    outside += fmt::format("{} before {}: mostly defaults of file systems and programs. ",
                           plural(activity.before, "time stamp lies", "time stamps lie"), Activity::kFirstYear);
  if (activity.after > 0)
    outside += fmt::format("{} after {}: mostly damage or nonsense values. ",
                           plural(activity.after, "time stamp lies", "time stamps lie"), Activity::kLastYear);
  if (!outside.empty()) page.raw("<p class=\"note\">" + outside + "</p>\n");
  if (!activity.months.empty()) put_month_table(page, activity);
  return ok_status();
}

Status put_lists_section(Context& context) {
  Page& page = context.page;
  const Census& census = context.facts.census;
  const auto files = [&](Keeper keeper) { return census.keeper_files[static_cast<std::size_t>(keeper)]; };
  const auto both = [&](Keeper keeper) {
    return files(keeper) + census.keeper_streams[static_cast<std::size_t>(keeper)];
  };
  const std::int64_t internal = census.internal_files + census.internal_streams;
  page.paragraph(
      "Sorted by the folder alone: where users keep things, what comes with the system and its programs, what the file "
      "systems keep for themselves, and all else, such as the data of applications. A folder says nothing of who put a "
      "file there.");
  put_capped_list(context, "The user’s own files, newest first", context.facts.list(List::kRecentUser),
                  files(Keeper::kUser), "most recently modified");
  put_capped_list(context, "The user’s own files, largest first", context.facts.list(List::kLargestUser),
                  both(Keeper::kUser), "largest");
  const auto apart = [&](Keeper keeper, std::string_view name, List largest, List recent) {
    if (both(keeper) == 0) return;
    put_capped_list(context, fmt::format("{}, largest first", name), context.facts.list(largest), both(keeper),
                    "largest");
    put_capped_list(context, fmt::format("{}, newest first", name), context.facts.list(recent), files(keeper),
                    "most recently modified");
  };
  apart(Keeper::kOther, "Other files", List::kLargestOther, List::kRecentOther);
  apart(Keeper::kSystem, "Files of the system and its programs", List::kLargestSystem, List::kRecentSystem);
  if (internal == 0) return ok_status();
  page.paragraph(
      "What the file systems keep for themselves (tables, journals, maps), and deleted entries without a folder and "
      "without a byte:");
  put_capped_list(context, "Files of the file systems, largest first", context.facts.list(List::kLargestInternal),
                  internal, "largest");
  put_capped_list(context, "Files of the file systems, newest first", context.facts.list(List::kRecentInternal),
                  census.internal_files, "most recently modified");
  return ok_status();
}

}  // namespace limier::report
