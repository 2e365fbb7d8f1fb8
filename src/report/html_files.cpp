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

constexpr Key kLargestOf = "Listed: the {} largest of {}. files.csv and the index have all of them."_w;
constexpr Key kMostRecentOf =
    "Listed: the {} most recently modified of {}. files.csv and the index have all of them."_w;

// What the content states of v_file mean to a reader.
Key state_meaning(std::string_view state) {
  if (state == "complete") return "Read in full; digests given"_w;
  if (state == "recovered") return "Deleted; read from space that nobody else owns; digests given"_w;
  if (state == "overwritten") return "Deleted; part of its space is in use again, or claimed by another deleted file"_w;
  if (state == "partial") return "Touches damaged or missing ranges"_w;
  if (state == "unreadable") return "Its bytes could not be had"_w;
  if (state == "encrypted") return "Encrypted by the file system; not examined"_w;
  if (state == "empty") return "No content"_w;
  return "Content was not read"_w;
}

void put_state_table(Page& page, const Census& census) {
  page.table("Content of files and streams"_w, {{"State"_w, Align::kShort},
                                                {"Meaning"_w},
                                                {"Files"_w, Align::kNumber},
                                                {"of which deleted"_w, Align::kNumber},
                                                {"Size"_w, Align::kNumber}});
  const Words& w = page.words();
  Tally all;
  std::int64_t deleted = 0;
  for (std::size_t i = 0; i < kContentStates.size(); ++i) {
    const Tally& tally = census.states[i];
    all.items += tally.items;
    all.bytes = add_saturating(all.bytes, tally.bytes);
    deleted += census.deleted_states[i].items;
    if (tally.items == 0) continue;
    page.row({html_text(w.stored(kContentStates[i])), std::string(w(state_meaning(kContentStates[i]))),
              grouped(tally.items), grouped(census.deleted_states[i].items), size_cell(tally.bytes)});
  }
  page.row({std::string(w("Total"_w)), " ", grouped(all.items), grouped(deleted), size_cell(all.bytes)}, "total");
  page.end_table();
}

void put_file_table(Context& context, const std::vector<FileRow>& files, bool with_state, bool with_type = false) {
  const Words& w = context.w;
  // Paths of two volumes may be the same.
  const bool several = context.facts.counts.listed_volumes > 1;
  std::vector<Column> columns{{"File"_w, Align::kNumber}};
  if (several) columns.push_back({"Volume"_w, Align::kNumber});
  columns.insert(columns.end(),
                 {{"Path"_w, Align::kPath}, {"Size"_w, Align::kNumber}, {"Modified (UTC, or local)"_w, Align::kShort}});
  if (with_state) columns.push_back({"Content"_w, Align::kShort});
  if (with_type) columns.push_back({"Type by content"_w});
  context.page.table({}, columns);
  for (const FileRow& file : files) {
    std::vector<std::string> cells{grouped(file.file_id)};
    if (several) cells.push_back(grouped(file.volume_id));
    const std::string path = quoted(file.path), marks = marks_html(w, context.marks, {"file", file.file_id});
    cells.insert(cells.end(), {path + (marks.empty() ? "" : "<br>" + marks), size_cell(file.size),
                               file.modified ? time_text(w, *file.modified) : absent()});
    if (with_state)
      cells.push_back((file.deleted ? fmt::format("<span class=\"tag\">{}</span>, ", w("deleted"_w)) : "") +
                      html_text(w.stored(file.content_state)));
    if (with_type) cells.push_back(file.type_name ? html_text(w.whole(*file.type_name)) : absent());
    context.page.row(std::span<const std::string>(cells));
  }
  context.page.end_table();
}

void put_notable_list(Context& context, List list, std::int64_t total, Key title, Key text) {
  if (total == 0) return;
  const auto& files = context.facts.list(list);
  context.page.heading(title);
  context.page.paragraph(text);
  put_file_table(context, files, list != List::kRecovered && list != List::kOverwritten, list == List::kMismatch);
  put_cap_note(context.page, static_cast<std::int64_t>(files.size()), total, kLargestOf);
}

void put_streams(Context& context) {
  const std::int64_t total = context.facts.census.kind("stream").items;
  if (total == 0) return;
  Page& page = context.page;
  const StreamNames& names = context.facts.stream_names;
  page.heading("Alternate data streams"_w);
  page.paragraph(
      "NTFS lets a file carry further content under a second name, which most programs do not show. Zone.Identifier is "
      "written by Windows to what was downloaded; others deserve a look."_w);
  page.table({}, {{"Name of the stream"_w, Align::kPath}, {"Streams"_w, Align::kNumber}});
  for (const StreamName& name : names.top) page.row({quoted(name.name), grouped(name.items)});
  page.end_table();
  if (names.different > static_cast<std::int64_t>(names.top.size()))
    page.note(context.w("Listed: the {} most frequent of {} names."_w, names.top.size(), grouped(names.different)));
  std::int64_t zones = 0;
  for (const StreamName& name : names.top)
    if (name.name == "Zone.Identifier") zones = name.items;
  put_notable_list(context, List::kStreams, total - zones, "Streams other than Zone.Identifier"_w,
                   "Those that hold content, largest first."_w);
}

void put_tally_table(Page& page, Key caption, Key first, const std::vector<NamedTally>& tallies, const Tally& files,
                     std::int64_t cap, bool own_names = true) {
  page.table(caption,
             {{first, Align::kPath},
              {"Files"_w, Align::kNumber},
              {"Share"_w, Align::kShort},
              {"of which deleted"_w, Align::kNumber},
              {"Size"_w, Align::kNumber}},
             "even");
  for (const NamedTally& one : tallies) {
    if (cap-- <= 0) break;
    page.row({quoted(own_names || one.name.starts_with('(') ? page.words().stored(one.name) : one.name),
              grouped(one.all.items), share_bar(one.all.items, files.items), grouped(one.deleted.items),
              size_cell(one.all.bytes)});
  }
}

void put_type_tables(Page& page, const Census& census) {
  const Tally& files = census.kind("file");
  const auto different = static_cast<std::int64_t>(census.extensions.size());
  std::int64_t deleted = 0;
  for (const NamedTally& one : census.sizes) deleted += one.deleted.items;
  put_tally_table(page, "By kind of file"_w, "Kind"_w, census.categories, files,
                  static_cast<std::int64_t>(census.categories.size()));
  page.row({std::string(page.words()("Total"_w)), grouped(files.items), " ", grouped(deleted), size_cell(files.bytes)},
           "total");
  page.end_table();
  const auto types = static_cast<std::int64_t>(census.types.size());
  if (types > 0) {
    put_tally_table(page, "By type of content"_w, "Type"_w, census.types, files, kMaxTypeRows);
    page.end_table();
  }
  if (types > kMaxTypeRows) page.note(page.words()("Listed: the {} most frequent of {} types."_w, kMaxTypeRows, types));
  put_tally_table(page, "By size"_w, "Size of the file"_w, census.sizes, files,
                  static_cast<std::int64_t>(census.sizes.size()));
  page.end_table();
  put_tally_table(page, "By extension"_w, "Extension"_w, census.extensions, files, kMaxExtensionRows, false);
  page.end_table();
  if (different > kMaxExtensionRows)
    page.note(page.words()("Listed: the {} most frequent of {} extensions."_w, kMaxExtensionRows, grouped(different)));
}

void put_capped_list(Context& context, Key title, const std::vector<FileRow>& files, std::int64_t total, Key cap) {
  context.page.heading(title);
  if (files.empty())
    context.page.paragraph("None."_w);
  else
    put_file_table(context, files, true);
  put_cap_note(context.page, static_cast<std::int64_t>(files.size()), total, cap);
}

// Years down, months across: the chart in numbers.
void put_month_table(Page& page, const Activity& activity) {
  const Words& w = page.words();
  page.raw(scroll_box(page, w("Time stamps by month"_w)));
  page.raw(fmt::format("<table class=\"months\">\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">{}</th>",
                       w("Time stamps by month"_w), w("Year"_w)));
  for (const Key name : {"Jan"_w, "Feb"_w, "Mar"_w, "Apr"_w, "May"_w, "Jun"_w, "Jul"_w, "Aug"_w, "Sep"_w, "Oct"_w,
                         "Nov"_w, "Dec"_w, "Total"_w})
    page.raw(fmt::format("<th scope=\"col\" class=\"num\">{}</th>", w(name)));
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
  page.paragraph(context.w("{} in the index, {} of them deleted and {} orphaned (their folder is gone)."_w,
                           context.w.count(census.rows, "entry"_w, "entries"_w), grouped(census.deleted),
                           grouped(census.orphan)));
  put_state_table(page, census);
  put_notable_list(context, List::kRecovered, census.deleted_state("recovered").items, "Deleted files with content"_w,
                   "Deleted, and no other file owns their space now. That the bytes are still those of "
                   "the file is likely, not certain."_w);
  put_notable_list(
      context, List::kOverwritten, census.state("overwritten").items, "Deleted files that are overwritten in part"_w,
      "Name, size and times are those of the deleted file; its content is not, or not wholly. No digests are given."_w);
  put_notable_list(context, List::kEncrypted, census.state("encrypted").items, "Encrypted files"_w,
                   "Encrypted by the file system. Not examined."_w);
  put_notable_list(context, List::kMismatch, census.mismatches, "Files whose name claims another type"_w,
                   "The ending of the name belongs to another type than the content, which its signature leaves no "
                   "doubt of. Renamed to hide it, or by a program that does not care."_w);
  put_notable_list(context, List::kUnreadable, census.state("unreadable").items + census.state("partial").items,
                   "Files that could not be read, or only in part"_w,
                   "Because of damage in the image or in the file system. No digests are given."_w);
  put_streams(context);
  return ok_status();
}

Status put_types_section(Context& context) {
  const Census& census = context.facts.census;
  const Words& w = context.w;
  std::string basis(
      w("By the extension in the name. Anyone can rename a file: a name is no proof of what it holds."_w));
  if (!census.types.empty())
    basis =
        w("By the first bytes of the content; of {}, of which these say nothing or were not read, by the extension in "
          "the "
          "name, which is no proof."_w,
          w.count(census.by_name, "of|file"_w, "of|files"_w));
  context.page.paragraph(
      fmt::format("{} {}", basis, w("Folders, links, devices and alternate streams are not counted here."_w)));
  if (context.facts.census.kind("file").items == 0)
    context.page.paragraph("No files."_w);
  else
    put_type_tables(context.page, context.facts.census);
  return ok_status();
}

Status put_activity_section(Context& context) {
  const Activity& activity = context.facts.activity;
  Page& page = context.page;
  if (activity.total == 0) {
    page.paragraph("The file systems hold no time stamps."_w);
    return ok_status();
  }
  const Words& w = context.w;
  page.paragraph(w(
      "{} of files and folders. Modified, accessed, changed and created count one each; where several of them are the "
      "same instant, that instant counts once. A copy, an update or the making of the file system sets many at once; "
      "a wrong clock moves them all."_w,
      w.count(activity.total, "time stamp"_w, "time stamps"_w)));
  const MonthWindow window = chart_window(activity);
  const auto slots = chart_slots(activity, window);
  page.raw(activity_chart(w, activity, window));
  std::string outside;
  const auto add = [&](std::string_view sentence) { outside += fmt::format("{} ", sentence); };
  if (std::find(slots.begin(), slots.end(), kBreak) != slots.end())
    add(w("Stretches of more than six months without time stamps are left out and marked ⋯."_w));
  if (window.before + window.after > 0)
    add(w("The chart shows the busiest {} months; {} lie before them and {} after."_w, kMaxChartMonths,
          grouped(window.before), grouped(window.after)));
  constexpr int kFirst = Activity::kFirstYear, kLast = Activity::kLastYear;
  if (activity.before > 0)
    add(w(w.number(activity.before, "{} time stamp lies before {}: mostly defaults of file systems and programs."_w,
                   "{} time stamps lie before {}: mostly defaults of file systems and programs."_w),
          grouped(activity.before), kFirst));
  if (activity.after > 0)
    add(w(w.number(activity.after, "{} time stamp lies after {}: mostly damage or nonsense values."_w,
                   "{} time stamps lie after {}: mostly damage or nonsense values."_w),
          grouped(activity.after), kLast));
  if (!outside.empty()) page.note(outside);
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
      "file there."_w);
  put_capped_list(context, "The user’s own files, newest first"_w, context.facts.list(List::kRecentUser),
                  files(Keeper::kUser), kMostRecentOf);
  put_capped_list(context, "The user’s own files, largest first"_w, context.facts.list(List::kLargestUser),
                  both(Keeper::kUser), kLargestOf);
  if (both(Keeper::kOther) > 0) {
    put_capped_list(context, "Other files, largest first"_w, context.facts.list(List::kLargestOther),
                    both(Keeper::kOther), kLargestOf);
    put_capped_list(context, "Other files, newest first"_w, context.facts.list(List::kRecentOther),
                    files(Keeper::kOther), kMostRecentOf);
  }
  if (both(Keeper::kSystem) > 0) {
    put_capped_list(context, "Files of the system and its programs, largest first"_w,
                    context.facts.list(List::kLargestSystem), both(Keeper::kSystem), kLargestOf);
    put_capped_list(context, "Files of the system and its programs, newest first"_w,
                    context.facts.list(List::kRecentSystem), files(Keeper::kSystem), kMostRecentOf);
  }
  if (internal == 0) return ok_status();
  page.paragraph(
      "What the file systems keep for themselves (tables, journals, maps), and deleted entries without a folder and "
      "without a byte:"_w);
  put_capped_list(context, "Files of the file systems, largest first"_w, context.facts.list(List::kLargestInternal),
                  internal, kLargestOf);
  put_capped_list(context, "Files of the file systems, newest first"_w, context.facts.list(List::kRecentInternal),
                  census.internal_files, kMostRecentOf);
  return ok_status();
}

}  // namespace limier::report
