// `limier tag`, `note` and `decide`: the examiner's marks, made and listed. Without rows they list.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

using store::MarkAction;
using store::MarkState;
using store::StandingMark;

constexpr std::array<std::string_view, 4> kStateWords{"stands", "taken back", "replaced", "takes back"};

// Where the marks of one exhibit lie; `exhibit` is "" for a case folder that holds no others.
struct Place {
  std::string exhibit, dir;
};

class MarkCommand : public Command {
 public:
  int run(const Context& context) override {
    if (lists()) return list(context);
    const auto place = place_of_rows();
    if (!place) return context.fail(place.error());
    options_.dir = place->dir;
    const auto outcome = app::put_marks(options_, context.stop);
    if (!outcome) return context.fail(outcome.error());
    print_made(context, *outcome);
    if (!outcome->made.empty())
      context.say(fmt::format("kept in {}/{}; `limier report {}` shows it in the reports", options_.dir,
                              store::kMarksFile, shell_quote(options_.dir)));
    return kExitGood;
  }

 protected:
  void declare_common(CLI::App& app) {
    app.add_option("--examiner", options_.examiner,
                   "Who makes the mark (default: the examiner of the case, else who is\nlogged in)")
        ->option_text("NAME");
    app.add_flag("--list", list_, "List them, as without rows");
    app.add_flag("--all", all_, "List also what was taken back or replaced");
  }
  void declare_dir(CLI::App& app) {
    app.add_option("DIR", dir_, "Case folder that triage or batch wrote")->required()->option_text(" ");
  }
  // Whether a line of the file is of this command.
  [[nodiscard]] virtual bool is_ours(const store::Mark& mark) const = 0;
  [[nodiscard]] virtual bool lists() const { return list_ || options_.rows.empty(); }
  [[nodiscard]] virtual bool shows_review() const { return false; }

  app::MarkOptions options_;
  std::string dir_;
  bool list_ = false, all_ = false;

 private:
  // In a case of many exhibits a row is EXHIBIT/ROW, with the exhibit's name or that of its folder.
  Result<Place> place_of_rows() {
    if (!is_batch_case(dir_)) return Place{"", dir_};
    LIMIER_TRY(const auto plan, batch::load_plan(case_folder(dir_)));
    Place place;
    for (std::string& row : options_.rows) {
      const std::size_t slash = row.rfind('/');
      const std::string name = slash == std::string::npos ? "" : row.substr(0, slash);
      const auto found = std::find_if(plan.exhibits.begin(), plan.exhibits.end(), [&](const batch::Exhibit& exhibit) {
        return !name.empty() && (exhibit.name == name || exhibit.folder == name);
      });
      if (found == plan.exhibits.end())
        return Error{ErrorKind::kUsage,
                     fmt::format("{} is a case of many exhibits; give a row as {}/finding:3, not '{}'", dir_,
                                 plan.exhibits.empty() ? "EXHIBIT" : plan.exhibits.front().folder, row)};
      if (!place.exhibit.empty() && place.exhibit != found->name)
        return Error{ErrorKind::kUsage, "the rows are of several exhibits; mark those of one at a time"};
      place = {found->name, case_folder(dir_).exhibit(found->folder)};
      row.erase(0, slash + 1);
    }
    return place;
  }

  Result<std::vector<Place>> places() const {
    if (!is_batch_case(dir_)) return std::vector<Place>{{"", dir_}};
    LIMIER_TRY(const auto plan, batch::load_plan(case_folder(dir_)));
    std::vector<Place> places;
    for (const batch::Exhibit& exhibit : plan.exhibits) {
      std::error_code error;
      const std::string dir = case_folder(dir_).exhibit(exhibit.folder);
      if (std::filesystem::exists(dir + "/index.db", error)) places.push_back({exhibit.name, dir});
    }
    return places;
  }

  struct Listed {
    std::string exhibit;
    StandingMark mark;
  };
  struct Listing {
    std::vector<Listed> marks;
    store::Review review;
  };
  Result<Listing> read(const Context& context) const {
    LIMIER_TRY(const auto all_places, places());
    Listing listing;
    for (const Place& place : all_places) {
      LIMIER_TRY(auto index, store::Index::open(place.dir));
      LIMIER_TRY(const auto marks, store::read_marks(*index, place.dir));
      if (!marks.problem.empty())
        context.say(fmt::format("{}/{}: {}; see limier check", place.dir, store::kMarksFile, marks.problem));
      for (const StandingMark& one : marks.all)
        if (is_ours(one.mark) && (all_ || one.state == MarkState::kStands))
          listing.marks.push_back({place.exhibit, one});
      listing.review.findings += marks.review.findings;
      listing.review.reviewed += marks.review.reviewed;
      listing.review.assigned += marks.review.assigned;
      for (std::size_t i = 0; i < listing.review.decided.size(); ++i)
        listing.review.decided[i] += marks.review.decided[i];
    }
    return listing;
  }

  int list(const Context& context) const {
    const auto listing = read(context);
    if (!listing) return context.fail(listing.error());
    if (context.common.json)
      print_json(context, *listing);
    else
      print_table(context, *listing);
    return kExitGood;
  }

  void print_table(const Context& context, const Listing& listing) const {
    const bool many = is_batch_case(dir_);
    std::vector<Table::Column> columns{{"when (UTC)"}, {"who"}, {"row"}, {"mark"}};
    if (many) columns.insert(columns.begin(), {"exhibit"});
    if (all_) columns.push_back({"state"});
    Table table(std::move(columns));
    for (const Listed& one : listing.marks) {
      const store::Mark& mark = one.mark.mark;
      std::vector<std::string> cells{mark.time.substr(0, 19), terminal_text(mark.examiner), row_cell(one.mark),
                                     terminal_text(store::mark_sentence(mark))};
      if (many) cells.insert(cells.begin(), terminal_text(one.exhibit));
      if (all_) cells.emplace_back(kStateWords[static_cast<std::size_t>(one.mark.state)]);
      table.add(std::move(cells));
    }
    if (!table.empty())
      table.print(context.out, context.style, "");
    else
      context.say("there are none");
    if (!shows_review()) return;
    const store::Review& review = listing.review;
    std::string line = fmt::format("{} of {} reviewed", review.reviewed,
                                   plural(static_cast<std::uint64_t>(review.findings), "finding", "findings"));
    for (std::size_t i = 0; i < review.decided.size(); ++i)
      if (review.decided[i] > 0) line += fmt::format(", {} {}", review.decided[i], store::kDecisions[i].title);
    context.out.write(
        fmt::format("{}{}; {} not reviewed\n", table.empty() ? "" : "\n", line, review.findings - review.reviewed));
  }

  static std::string row_cell(const StandingMark& one) {
    if (!one.now) return one.mark.row.name.text() + " (not in this index)";
    return one.now->text();
  }

  static void put_mark(JsonWriter& json, const store::Mark& mark) {
    json.text("time", mark.time).text("examiner", mark.examiner).text("examiner_from", mark.examiner_from);
    json.text("tool_version", mark.tool_version);
    json.text("action", store::kMarkActionWords[static_cast<std::size_t>(mark.action)]);
    json.text("row", mark.row.name.text()).text("key", mark.row.key).text_or_null("path", mark.row.path);
    json.text_or_null("locator", mark.row.locator).text_or_null("value", mark.value);
    json.text_or_null("text", mark.text);
  }

  void print_json(const Context& context, const Listing& listing) const {
    JsonWriter json(context.out, 2);
    json.begin_object().key("marks").begin_array();
    for (const Listed& one : listing.marks) {
      json.begin_object();
      if (!one.exhibit.empty()) json.text("exhibit", one.exhibit);
      json.number("line", one.mark.mark.line);
      put_mark(json, one.mark.mark);
      json.text_or_null("row_now", one.mark.now ? one.mark.now->text() : "");
      json.text("state", kStateWords[static_cast<std::size_t>(one.mark.state)]).end();
    }
    json.end();
    if (shows_review()) {
      const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
      const store::Review& review = listing.review;
      json.key("review").begin_object().number("findings", count(review.findings));
      json.number("reviewed", count(review.reviewed)).number("not_reviewed", count(review.findings - review.reviewed));
      for (std::size_t i = 0; i < review.decided.size(); ++i)
        json.number(store::kDecisions[i].word, count(review.decided[i]));
      json.end();
    }
    json.end().finish();
  }

  void print_made(const Context& context, const app::MarkOutcome& outcome) const {
    if (context.common.json) {
      JsonWriter json(context.out, 2);
      json.begin_object().key("made").begin_array();
      for (const store::Mark& mark : outcome.made) {
        json.begin_object();
        put_mark(json, mark);
        json.end();
      }
      json.end().key("as_before").begin_array();
      for (const std::string& row : outcome.as_before) json.text(row);
      json.end().end().finish();
      return;
    }
    if (context.common.quiet) return;
    for (const store::Mark& mark : outcome.made)
      context.out.write(fmt::format("{}  {}\n", mark.row.name.text(), terminal_text(store::mark_sentence(mark))));
    for (const std::string& row : outcome.as_before) context.out.write(fmt::format("{}  has it already\n", row));
  }
};

class TagCommand final : public MarkCommand {
 public:
  void declare(CLI::App& app) override {
    declare_dir(app);
    app.add_option("ROW", options_.rows,
                   "file:12, message:881, finding:3 or another row out of a file, or\nthe key of a "
                   "finding; several may be given")
        ->option_text(" ");
    app.add_option("--tag", options_.value, "The tag: a word or a few; without rows, list this one only")
        ->option_text("T");
    app.add_flag("--remove", remove_, "Take the tag back; that it was there stays known");
    declare_common(app);
  }
  int run(const Context& context) override {
    if (!lists() && options_.value.empty()) return context.fail({ErrorKind::kUsage, "say which tag with --tag T"});
    if (lists() && remove_) return context.fail({ErrorKind::kUsage, "say of which rows the tag is taken back"});
    options_.action = remove_ ? MarkAction::kUntag : MarkAction::kTag;
    return MarkCommand::run(context);
  }

 private:
  [[nodiscard]] bool is_ours(const store::Mark& mark) const override {
    const bool tag = mark.action == MarkAction::kTag || mark.action == MarkAction::kUntag;
    return tag && (options_.value.empty() || mark.value == options_.value);
  }
  bool remove_ = false;
};

class NoteCommand final : public MarkCommand {
 public:
  void declare(CLI::App& app) override {
    declare_dir(app);
    app.add_option("ROW", row_,
                   "file:12, message:881, finding:3 or another row out of a file, or\nthe key of a finding")
        ->option_text(" ");
    app.add_option("TEXT", options_.text, "The note")->option_text(" ");
    declare_common(app);
  }
  int run(const Context& context) override {
    options_.action = MarkAction::kNote;
    if (!row_.empty()) options_.rows = {row_};
    if (!lists() && options_.text.empty())
      return context.fail({ErrorKind::kUsage, "the text of the note is missing; give it behind the row"});
    return MarkCommand::run(context);
  }

 private:
  [[nodiscard]] bool is_ours(const store::Mark& mark) const override { return mark.action == MarkAction::kNote; }
  std::string row_;
};

class DecideCommand final : public MarkCommand {
 public:
  void declare(CLI::App& app) override {
    declare_dir(app);
    app.add_option("FINDING", options_.rows, "finding:3, or the key of a finding; several may be given")
        ->option_text(" ");
    std::string about = "What was decided:";
    for (const store::Decision& decision : store::kDecisions) {
      words_.emplace_back(decision.word);
      about += fmt::format("{}{}", about.ends_with(':') ? " " : ", ", decision.word);
    }
    app.add_option("--as", options_.value, about)->option_text("WORD")->check(CLI::IsMember(words_));
    app.add_option("--text", options_.text, "Why, by whom it is to be read, or to whom it was passed on")
        ->option_text("TEXT");
    app.add_flag("--remove", remove_, "Take the decision back; that it was made stays known");
    declare_common(app);
  }
  int run(const Context& context) override {
    if (!lists() && remove_ != options_.value.empty())
      return context.fail({ErrorKind::kUsage, remove_ ? "give --as or --remove, not both"
                                                      : "say what was decided with --as, or --remove"});
    if (lists() && (remove_ || !options_.value.empty()) && !list_)
      return context.fail({ErrorKind::kUsage, "say of which findings: finding:3, or the key of one"});
    options_.action = remove_ ? MarkAction::kUndecide : MarkAction::kDecide;
    return MarkCommand::run(context);
  }

 private:
  [[nodiscard]] bool is_ours(const store::Mark& mark) const override {
    return mark.action == MarkAction::kDecide || mark.action == MarkAction::kUndecide;
  }
  [[nodiscard]] bool shows_review() const override { return true; }
  std::vector<std::string> words_;
  bool remove_ = false;
};

}  // namespace

std::unique_ptr<Command> make_tag() {
  return std::make_unique<TagCommand>();
}
std::unique_ptr<Command> make_note() {
  return std::make_unique<NoteCommand>();
}
std::unique_ptr<Command> make_decide() {
  return std::make_unique<DecideCommand>();
}

}  // namespace limier::cli
