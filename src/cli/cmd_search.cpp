#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/rows.h"
#include "limier/store/search.h"

namespace limier::cli {
namespace {

constexpr std::size_t kContext = 60;            // bytes on either side of a place
constexpr std::uint64_t kMostContext = 10'000;  // what --context may say
constexpr std::size_t kShownPlaces = 3;         // of a row, for people
constexpr std::size_t kListedPlaces = 100;      // of a row, in JSON
constexpr std::size_t kMostTerms = 10'000;
constexpr std::streamoff kMostTermBytes = 1 << 20;

struct Count {
  std::uint64_t rows = 0, places = 0;
};
using Counts = std::map<std::string, Count>;

bool is_inside(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u;
}

// A place with what stands around it, cut between characters.
struct Excerpt {
  std::string_view before, found, behind;
  bool cut_before = false, cut_behind = false;
};
Excerpt excerpt_of(std::string_view text, const store::SearchPlace& place, std::size_t around) {
  std::size_t from = place.begin > around ? place.begin - around : 0;
  while (from < place.begin && is_inside(text, from)) ++from;
  std::size_t to = std::min(text.size(), place.end + around);
  while (to > place.end && is_inside(text, to)) --to;
  return {text.substr(from, place.begin - from), text.substr(place.begin, place.end - place.begin),
          text.substr(place.end, to - place.end), from > 0, to < text.size()};
}

// On one line: what separates lines and columns is a blank here.
std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return terminal_text(line);
}

Result<std::vector<std::string>> terms_of_file(const std::string& path) {
  const auto wrong = [&](std::string_view why) {
    return Error{ErrorKind::kUsage, fmt::format("--file {}: {}", path, why)};
  };
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return wrong("it cannot be read");
  if (info.st_size > kMostTermBytes) return wrong("it is larger than 1 MiB");
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong("it cannot be read");
  std::vector<std::string> terms;
  for (std::string line; std::getline(file, line);) {
    if (terms.empty() && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    line.erase(0, std::min(line.size(), line.find_first_not_of(" \t")));
    if (line.empty() || line.front() == '#') continue;
    if (!is_valid_utf8(line)) return wrong("it is not UTF-8");
    terms.push_back(line);
    if (terms.size() > kMostTerms) return wrong("it has more than 10,000 terms");
  }
  if (terms.empty()) return wrong("it has no term");
  return terms;
}

class SearchCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    const std::string group = "What is searched, and how";
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("TERM", terms_, "What to look for; of several all must stand in a row")->option_text(" ");
    app.add_option("-e,--regex", patterns_, "And this regular expression, within a line (POSIX extended)")
        ->option_text("REGEX")
        ->allow_extra_args(false)
        ->group(group);
    app.add_flag("-i,--ignore-case", ignore_case_,
                 "Regular expressions do not tell upper from lower case;\nterms never do")
        ->group(group);
    app.add_flag("-w,--word", whole_words_, "Terms are whole words, not parts of longer ones")->group(group);
    app.add_option("-f,--file", file_, "And one of the terms in FILE, one a line; # begins a remark")
        ->option_text("FILE")
        ->group(group);
    app.add_option("--in", in_, "Only in names (of files), text (of files, and all rows but\nmessages), messages, hits")
        ->option_text("PARTS")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"names", "text", "messages", "hits"}))
        ->group(group);
    app.add_option("--context", context_bytes_, fmt::format("Bytes shown on either side (default {})", kContext))
        ->option_text("N")
        ->check(whole_number(0, kMostContext))
        ->group(group);
    app.add_flag("--count", count_, "Only how many rows there are, by kind")->group(group);
    app.add_option("--limit", limit_, "At most this many rows")
        ->option_text("N")
        ->check(whole_number(1, kMostNumber))
        ->group(group);
  }

  int run(const Context& context) override {
    if (const auto status = refuse_batch_case(dir_, "search"); !status) return context.fail(status.error());
    store::SearchQuestion question;
    question.terms = terms_;
    question.patterns = patterns_;
    question.whole_words = whole_words_;
    question.ignore_case = ignore_case_;
    if (!file_.empty()) {
      auto any_of = terms_of_file(file_);
      if (!any_of) return context.fail(any_of.error());
      question.any_of = std::move(*any_of);
    }
    if (terms_.empty() && patterns_.empty() && file_.empty())
      return context.fail(
          {ErrorKind::kUsage, "search: give a TERM, a regular expression (-e) or a file of terms (-f)"});
    for (std::size_t i = 0; i < store::kSearchInWords.size(); ++i)
      if (std::ranges::find(in_, store::kSearchInWords[i]) != in_.end())
        question.in.push_back(static_cast<store::SearchIn>(i));
    auto index = store::Index::open(dir_);
    if (!index) return context.fail(index.error());
    auto search = store::Search::make(question);
    if (!search) return context.fail(search.error());
    auto seen = look_around(**index);
    if (!seen) return context.fail(seen.error());
    const Status status = context.common.json ? print_json(context, **index, *search, question, *seen)
                                              : print_text(context, **index, *search, *seen);
    return status ? kExitGood : context.fail(status.error());
  }

 private:
  // What there is to be searched, and what of the evidence is not among it.
  struct Seen {
    store::Searched searched;
    std::string profile;
    bool scope = false, looked_into = false;
    std::int64_t cut = 0;  // files of whose text only the beginning is there
    std::vector<store::WithoutText> without;
    struct NotExamined {
      std::string what, reason;
      std::int64_t items = 0;
      std::optional<std::int64_t> bytes;
    };
    std::vector<NotExamined> not_examined;
  };

  static Result<Seen> look_around(store::Index& index) {
    Seen seen;
    LIMIER_TRY(auto run, index.query("SELECT profile, scope_sha256 <> '' FROM run ORDER BY run_id DESC LIMIT 1"));
    if (run.step()) {
      seen.profile = run.text(0);
      seen.scope = run.integer(1) != 0;
    }
    LIMIER_CHECK(run.status());
    seen.looked_into = seen.profile != "list" && seen.profile != "quick";
    LIMIER_TRY(seen.searched, store::searched_in(index));
    LIMIER_TRY(auto cut, index.query("SELECT count(*) FROM v_issue WHERE code = 'text-too-long'"));
    if (cut.step()) seen.cut = cut.integer(0);
    LIMIER_CHECK(cut.status());
    if (seen.looked_into) {
      LIMIER_TRY(seen.without, store::without_text(index));
    }
    LIMIER_TRY(auto not_examined, index.query("SELECT what, reason, items, bytes FROM v_not_examined"));
    while (not_examined.step())
      seen.not_examined.push_back({not_examined.text(0), not_examined.text(1), not_examined.integer(2),
                                   not_examined.is_null(3) ? std::nullopt : std::optional(not_examined.integer(3))});
    LIMIER_CHECK(not_examined.status());
    return seen;
  }

  // Runs the search; `complete` is false where --limit ended it.
  Status go(const Context& context, store::Index& index, store::Search& search,
            const std::function<void(const store::FoundRow&)>& show) {
    std::uint64_t shown = 0;
    return search.run(index, [&](const store::FoundRow& row) {
      if (limit_ > 0 && shown == limit_) {
        complete_ = false;
        return false;
      }
      ++shown;
      Count& count = counts_[row.kind];
      ++count.rows;
      count.places += row.places.size();
      if (!count_) show(row);
      return !context.out.broken();
    });
  }

  // ---- JSON ----

  Status print_json(const Context& context, store::Index& index, store::Search& search,
                    const store::SearchQuestion& question, const Seen& seen) {
    JsonWriter json(context.out, 2);
    json.begin_object();
    for (const auto& [name, list] :
         {std::pair("terms", &question.terms), {"any_of", &question.any_of}, {"patterns", &question.patterns}}) {
      json.key(name).begin_array();
      for (const std::string& one : *list) json.text(one);
      json.end();
    }
    json.key("in").begin_array();
    for (std::size_t i = 0; i < store::kSearchInWords.size(); ++i)
      if (question.in.empty() || std::ranges::find(question.in, static_cast<store::SearchIn>(i)) != question.in.end())
        json.text(store::kSearchInWords[i]);
    json.end();
    json.key("results").begin_array();
    LIMIER_CHECK(go(context, index, search, [&](const store::FoundRow& row) { write_found(json, row); }));
    json.end();
    json.boolean("complete", complete_);
    json.key("counts").begin_object();
    for (const auto& [kind, count] : counts_)
      json.key(kind).begin_object().number("rows", count.rows).number("places", count.places).end();
    json.end();
    write_seen(json, seen);
    json.finish();
    return ok_status();
  }

  void write_found(JsonWriter& json, const store::FoundRow& row) const {
    const auto number = [&](std::string_view name, const std::optional<std::int64_t>& value) {
      json.key(name);
      value ? json.integer(*value) : json.null();
    };
    json.begin_object();
    json.text("row", fmt::format("{}:{}", row.kind, row.id)).text("kind", row.kind).key("id").integer(row.id);
    json.text_or_null("t", row.t_ns ? format_time(*row.t_ns) : "");
    number("file_id", row.file_id);
    json.text_or_null("path", row.path);
    number("content_id", row.content_id);
    json.text_or_null("locator", row.locator).text_or_null("state", row.state).text_or_null("source", row.source);
    number("file_offset", row.file_offset);
    number("image_offset", row.image_offset);
    json.number("places", row.places.size()).key("found").begin_array();
    for (std::size_t i = 0; i < std::min(row.places.size(), kListedPlaces); ++i) {
      const store::SearchPlace& place = row.places[i];
      const auto& [column, text] = row.texts[place.text];
      const Excerpt shown = excerpt_of(text, place, context_bytes_);
      json.begin_object().text("column", column).text("term", place.term);
      json.number("at", place.begin).number("length", place.end - place.begin);
      json.text("before", shown.before).text("match", shown.found).text("behind", shown.behind).end();
    }
    json.end();
    json.end();
  }

  static void write_seen(JsonWriter& json, const Seen& seen) {
    json.key("searched").begin_object();
    json.text("profile", seen.profile).boolean("content_looked_into", seen.looked_into).boolean("scope", seen.scope);
    json.key("names").integer(seen.searched.names).key("messages").integer(seen.searched.messages);
    json.key("texts").integer(seen.searched.texts).key("text_files").integer(seen.searched.text_files);
    json.key("text_files_cut").integer(seen.cut).key("rows").integer(seen.searched.rows);
    json.key("hits").integer(seen.searched.hits).end();
    json.key("without_text").begin_array();
    for (const store::WithoutText& one : seen.without)
      json.begin_object()
          .text("reason", one.reason)
          .key("files")
          .integer(one.files)
          .key("bytes")
          .integer(one.bytes)
          .end();
    json.end();
    json.key("not_examined").begin_array();
    for (const auto& one : seen.not_examined) {
      json.begin_object()
          .text("what", one.what)
          .text("reason", one.reason)
          .key("items")
          .integer(one.items)
          .key("bytes");
      one.bytes ? json.integer(*one.bytes) : json.null();
      json.end();
    }
    json.end();
  }

  // ---- for people ----

  Status print_text(const Context& context, store::Index& index, store::Search& search, const Seen& seen) {
    LIMIER_CHECK(go(context, index, search, [&](const store::FoundRow& row) { print_found(context, row); }));
    if (count_) print_counts(context);
    say_what_was_found(context);
    say_what_was_searched(context, seen);
    return ok_status();
  }

  void print_found(const Context& context, const store::FoundRow& row) const {
    const Style& style = context.style;
    std::string head = style.bold(fmt::format("{}:{}", row.kind, row.id));
    if (row.t_ns) head += "  " + style.dim(time_to_seconds(format_time(*row.t_ns)));
    if (!row.path.empty()) head += "  " + terminal_text(row.path);
    if (row.kind != "file" && !row.locator.empty()) head += style.dim("  " + terminal_text(row.locator));
    if (row.path.empty() && row.image_offset) head += style.dim(fmt::format("  image byte {}", *row.image_offset));
    if (!row.state.empty() && row.state != "live") head += style.warn("  [" + terminal_text(row.state) + "]");
    context.out.write(head + "\n");
    if (row.kind == "file") return;  // its name is all there is
    for (std::size_t i = 0; i < std::min(row.places.size(), kShownPlaces); ++i) {
      const store::SearchPlace& place = row.places[i];
      const auto& [column, text] = row.texts[place.text];
      const Excerpt shown = excerpt_of(text, place, context_bytes_);
      context.out.write(fmt::format("    {}: {}{}{}{}{}\n", column, shown.cut_before ? "…" : "",
                                    on_one_line(shown.before), style.bold(on_one_line(shown.found)),
                                    on_one_line(shown.behind), shown.cut_behind ? "…" : ""));
    }
    if (row.places.size() > kShownPlaces)
      context.out.write(style.dim(
          fmt::format("    and {}\n", plural(row.places.size() - kShownPlaces, "more place", "more places"))));
  }

  void print_counts(const Context& context) const {
    Table table({{"Kind"}, {"Rows", Align::kRight}, {"Places", Align::kRight}});
    for (const auto& [kind, count] : counts_) table.add({kind, group_digits(count.rows), group_digits(count.places)});
    if (!table.empty()) table.print(context.out, context.style, "");
  }

  void say_what_was_found(const Context& context) const {
    std::uint64_t rows = 0;
    std::string kinds;
    for (const auto& [kind, count] : counts_) {
      rows += count.rows;
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind, group_digits(count.rows));
    }
    std::string line = rows == 0 ? "nothing found" : fmt::format("{}: {}", plural(rows, "row", "rows"), kinds);
    if (!complete_) line += "; there are more (--limit)";
    context.say(line);
    if (rows > 0 && !count_) context.say(fmt::format("what a row rests on: limier explain {} ROW", shell_quote(dir_)));
  }

  static void say_what_was_searched(const Context& context, const Seen& seen) {
    const auto number = [](std::int64_t count, std::string_view one, std::string_view many) {
      return plural(static_cast<std::uint64_t>(count), one, many);
    };
    context.say(fmt::format(
        "looked through: {}, {}, {} of {}, {}, {}", number(seen.searched.names, "name", "names"),
        number(seen.searched.messages, "message or attachment", "messages and attachments"),
        number(seen.searched.texts, "part of text", "parts of text"), number(seen.searched.text_files, "file", "files"),
        number(seen.searched.rows, "other row", "other rows"), number(seen.searched.hits, "hit", "hits")));
    if (!seen.looked_into) {
      context.say(fmt::format("no content was looked into (profile {}): only names could be searched",
                              terminal_text(seen.profile)));
      return;
    }
    std::string without;
    for (const store::WithoutText& one : seen.without)
      without += fmt::format("{}{} ({})", without.empty() ? "" : ", ", number(one.files, "file", "files"), one.reason);
    if (!without.empty()) context.say("without any text in the index: " + without);
    if (seen.cut > 0)
      context.say(fmt::format("of {} only the beginning: v_issue, text-too-long", number(seen.cut, "file", "files")));
    if (seen.scope) context.say("a scope was given: what it masks, and the texts of files, are not in the index");
    std::size_t others = 0;
    for (const auto& one : seen.not_examined)
      if (one.what != "file" && one.what != "content") ++others;
    if (others > 0) context.say("not everything was examined: v_not_examined has what and why");
  }

  std::string dir_, file_;
  std::vector<std::string> terms_, patterns_, in_;
  bool ignore_case_ = false, whole_words_ = false, count_ = false, complete_ = true;
  std::uint64_t limit_ = 0, context_bytes_ = kContext;
  Counts counts_;
};

}  // namespace

std::unique_ptr<Command> make_search() {
  return std::make_unique<SearchCommand>();
}

}  // namespace limier::cli
