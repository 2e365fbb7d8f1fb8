// limier hashset: lists of digests become sets, and what a set holds.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "cli/progress.h"
#include "limier/app.h"
#include "limier/hashset.h"

namespace limier::cli {
namespace {

std::string_view kind_word(hashset::Kind kind) {
  return hashset::kKindWords.at(static_cast<std::size_t>(kind));
}

void put_set(JsonWriter& json, const std::string& path, const hashset::SetInfo& info) {
  json.text("path", path).text("name", info.name).text("version", info.version).text("kind", kind_word(info.kind));
  json.text("format", info.format).text("sha256", info.sha256).number("size_bytes", info.size_bytes);
  json.number("entries", info.total());
  json.key("entries_by_digest").begin_object();
  for (std::size_t i = 0; i < hashset::kSections; ++i) json.number(hashset::kSectionWords.at(i), info.entries.at(i));
  json.end();
  json.number("rows", info.rows).number("rejected", info.rejected);
}

void print_set(const Context& context, const std::string& path, const hashset::SetInfo& info) {
  Facts facts;
  facts.add("set", terminal_text(path));
  facts.add("name", terminal_text(info.name) + (info.version.empty() ? "" : ", " + terminal_text(info.version)));
  facts.add("kind", std::string(kind_word(info.kind)));
  facts.add("made from", terminal_text(info.format));
  std::string digests = group_digits(info.total());
  for (std::size_t i = 0; i < hashset::kSections; ++i)
    if (info.entries.at(i) > 0)
      digests += fmt::format(", {} {}", group_digits(info.entries.at(i)), hashset::kSectionWords.at(i));
  facts.add("digests", digests);
  facts.add("size", exact_size(info.size_bytes));
  facts.add("SHA-256", info.sha256);
  facts.print(context.out, context.style, "");
}

int report_import(const Context& context, const std::string& to, const hashset::ImportReport& report) {
  if (context.common.json) {
    JsonWriter json(context.out, 1);
    json.begin_object();
    put_set(json, to, report.set);
    json.number("left_out", report.left_out).number("taken_back", report.taken_back);
    json.key("first_rejected");
    report.first_rejected > 0 ? json.number(report.first_rejected) : json.null();
    json.text("why_rejected", report.why_rejected);
    json.finish();
  } else {
    print_set(context, to, report.set);
  }
  if (report.left_out > 0)
    context.say(fmt::format("{} left out: not wanted, or without content of their own",
                            plural(report.left_out, "row", "rows")));
  if (report.rejected > 0)
    context.say(fmt::format("{} could not be used, the first is number {}: {}",
                            plural(report.rejected, "line or row", "lines or rows"), report.first_rejected,
                            terminal_text(report.why_rejected)));
  return report.rejected > 0 ? kExitPartly : kExitGood;
}

std::string check_category(const std::string& text) {
  return whole_number(0, hashset::kNoCategory - 1)(text);
}

class SetCommand : public Command {
 protected:
  void add_set_options(CLI::App& app, bool kind_needed) {
    app.add_option("--name", name_, "What the set is called in reports")->option_text("N")->required();
    auto* kind = app.add_option("--kind", kind_,
                                "known: published or expected, to be set aside; notable: to be looked at" +
                                    std::string(kind_needed ? "" : "\n(default: known)"));
    kind->option_text("KIND")->check(CLI::IsMember({"known", "notable"}));
    if (kind_needed) kind->required();
    app.add_option("--release", version_, "Version of the list (NSRL says its own)")->option_text("TEXT");
    app.add_option("--to", to_, "The set; never overwritten")->option_text("SET")->required();
  }
  [[nodiscard]] hashset::Kind kind() const {
    return kind_ == "notable" ? hashset::Kind::kNotable : hashset::Kind::kKnown;
  }
  std::string name_, kind_ = "known", version_, to_;
};

class ImportCommand final : public SetCommand {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", list_, "The list; what kind it is follows from its bytes")->required()->option_text(" ");
    add_set_options(app, true);
    app.add_option("--delta", deltas_, "NSRL's .sql files on top of it, in their order")->option_text("FILE ...");
    app.add_option(
           "--category", categories_,
           "Only entries with these numbers (Project VIC, CAID); what a number\nmeans differs from country to country")
        ->option_text("N ...")
        ->delimiter(',')
        ->check(check_category);
  }

  int run(const Context& context) override {
    hashset::ImportOptions options;
    options.list = list_;
    options.deltas = deltas_;
    options.to = to_;
    options.name = name_;
    options.version = version_;
    options.kind = kind();
    if (!categories_.empty()) {
      options.categories.emplace();
      for (const unsigned number : categories_) options.categories->set(number);
    }
    if (context.memory_bytes() != 0) options.memory_bytes = std::max<std::uint64_t>(context.memory_bytes(), 16u << 20);
    auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
    bool begun = false;
    const auto report = hashset::import_list(
        options,
        [&](std::uint64_t done, std::uint64_t total) {
          if (!std::exchange(begun, true)) progress->stage_started("import", total, total > 0 ? "bytes" : "rows");
          progress->advanced(done);
        },
        context.stop);
    if (begun) progress->stage_ended();
    progress.reset();
    return report ? report_import(context, to_, *report) : context.fail(report.error());
  }

 private:
  std::string list_;
  std::vector<std::string> deltas_;
  std::vector<unsigned> categories_;
};

class MakeCommand final : public SetCommand {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder of the device, finished")->required()->option_text(" ");
    add_set_options(app, false);
  }
  int run(const Context& context) override {
    const auto report = app::make_hash_set({dir_, to_, name_, version_, kind()}, context.stop);
    return report ? report_import(context, to_, *report) : context.fail(report.error());
  }

 private:
  std::string dir_;
};

class SetInfoCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("SET", path_, "A set that import or make wrote")->required()->option_text(" ");
  }
  int run(const Context& context) override {
    const auto set = hashset::Set::open(path_);
    if (!set) return context.fail(set.error());
    const auto categories = (*set)->categories();
    const bool numbered = categories.at(hashset::kNoCategory) < (*set)->info().total();
    if (context.common.json) {
      JsonWriter json(context.out, 1);
      json.begin_object();
      put_set(json, path_, (*set)->info());
      json.key("categories").begin_object();
      for (std::size_t i = 0; numbered && i < categories.size(); ++i)
        if (categories.at(i) > 0) json.number(i == hashset::kNoCategory ? "none" : std::to_string(i), categories.at(i));
      json.end();
      json.finish();
      return kExitGood;
    }
    print_set(context, path_, (*set)->info());
    for (std::size_t i = 0; numbered && i < categories.size(); ++i)
      if (categories.at(i) > 0)
        context.out.write(fmt::format("  {}: {}\n",
                                      i == hashset::kNoCategory ? "without a category" : fmt::format("category {}", i),
                                      group_digits(categories.at(i))));
    return kExitGood;
  }

 private:
  std::string path_;
};

class SetVerifyCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("SET", path_, "A set that import or make wrote")->required()->option_text(" ");
  }
  int run(const Context& context) override {
    const auto set = hashset::Set::open(path_);
    if (!set) return complain_about(context, set.error());
    if (const auto good = (*set)->verify(context.stop); !good) return complain_about(context, good.error());
    if (context.common.json) {
      JsonWriter json(context.out, 1);
      json.begin_object();
      put_set(json, path_, (*set)->info());
      json.boolean("good", true);
      json.finish();
    } else {
      context.out.write(fmt::format("{}: whole and in order; {}, SHA-256 {}\n", terminal_text(path_),
                                    plural((*set)->info().total(), "digest", "digests"), (*set)->info().sha256));
    }
    return kExitGood;
  }

 private:
  // A set that is not as it was made is a mismatch; a file that never was one is a wrong command line.
  int complain_about(const Context& context, const Error& error) const {
    const int code = context.fail(error);
    return error.kind == ErrorKind::kUsage && hashset::is_set_file(path_) ? kExitMismatch : code;
  }
  std::string path_;
};

template <class C>
std::unique_ptr<Command> make() {
  return std::make_unique<C>();
}

constexpr std::array<CommandEntry, 4> kHashsetCommands{
    CommandEntry{
        "hashset import", "FILE --name N --kind known|notable --to SET", "Make a set of a list of digests",
        R"(FILE is NSRL's RDSv3 database (full or minimal), Project VIC or CAID JSON, ICSE or another CSV with a
head, hashdeep, md5sum and its relatives, or a plain list. The digest of an empty file is left out.
NSRL means known, not good: it holds tools for breaking in as well. Phones need NSRL's sets Android
and iOS.

Exit code 2: not a list that limier reads, or it is cut short: no set is written; 5: a set was
written, and some lines or rows could not be used.

Examples:
  limier hashset import RDS_2026.03.1_modern_minimal.db --name "NSRL modern" --kind known --to nsrl.set
  limier hashset import vic.json --name "Project VIC" --kind notable --category 1,2 --to vic.set)",
        false, make<ImportCommand>},
    CommandEntry{"hashset info", "SET", "What a set holds",
                 R"(Examples:
  limier hashset info nsrl.set
  limier hashset info nsrl.set --json)",
                 true, make<SetInfoCommand>},
    CommandEntry{"hashset make", "DIR --name N --to SET", "Make a set of an examined device",
                 R"(Takes the SHA-256 of every file in use whose content was read, of a device that is as it was set up
(a gold image). Deleted files are no part of it.

Examples:
  limier triage gold.E01 --out gold --authority "own reference image" --profile quick
  limier hashset make gold --name "office image 2026" --to office.set)",
                 false, make<MakeCommand>},
    CommandEntry{"hashset verify", "SET", "Whether a set is as it was made",
                 R"(Reads it from end to end: its SHA-256, and the order of its entries.
Exit code 2: it is no set; 4: it is damaged.

Examples:
  limier hashset verify nsrl.set)",
                 false, make<SetVerifyCommand>},
};

}  // namespace

std::span<const CommandEntry> hashset_commands() {
  return kHashsetCommands;
}

}  // namespace limier::cli
