#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/batch_text.h"
#include "cli/explain_json.h"
#include "cli/message_text.h"
#include "cli/row_marks.h"
#include "cli/rows.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

constexpr std::size_t kHexLine = 16;
constexpr std::size_t kShownBytes = 256;   // of a record
constexpr std::size_t kShownExtents = 20;  // of a file
constexpr std::size_t kShownValue = 400;   // bytes of a column of a record
constexpr std::size_t kNameWidth = 12;
constexpr std::size_t kMaxNameWidth = 32;  // of a column of the evidence

std::string quantity(std::int64_t number) {
  return group_digits(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
}

// "0000  53 51 4c …  SQL…", the offset from the start of the record.
std::string hex_line(Bytes bytes, std::size_t at) {
  std::string hex, text;
  for (std::size_t i = at; i < std::min(at + kHexLine, bytes.size()); ++i) {
    hex += fmt::format("{:02x} ", bytes[i]);
    text += bytes[i] >= 0x20 && bytes[i] < 0x7f ? static_cast<char>(bytes[i]) : '.';
  }
  return fmt::format("{:04x}  {} {}", at, pad_right(hex, kHexLine * 3), text);
}

// What was found of the text of a message in the bytes of its record.
std::string text_sentence(const app::RecordPlace& place) {
  const bool is_page = place.locator.starts_with("sqlite:");
  if (place.bytes.empty()) return "";
  if (place.text_encoding.empty())
    return "its text does not stand in these bytes as UTF-8 or UTF-16: it is empty, or kept elsewhere or in another "
           "form";
  if (place.found_bytes == place.text_bytes)
    return fmt::format("its text stands in these bytes, as {} from byte {} on", place.text_encoding, place.text_at);
  return fmt::format("the first {} of {} bytes of its text stand in these bytes, as {} from byte {} on; the rest {}",
                     place.found_bytes, place.text_bytes, place.text_encoding, place.text_at,
                     is_page ? "lies on other pages" : "is written in another form there");
}

class ExplainCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", options_.dir, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("ROW", options_.row, "file:12, message:881, finding:3, or the key of a finding")
        ->required()
        ->option_text(" ");
    app.add_option("--image", options_.image, "Where the evidence is now, when it has moved")->option_text("IMAGE");
    app.add_option("--packs", options_.packs, "Packs of applications that triage was given")->option_text("PATH...");
    app.add_option("--yara", options_.yara, "YARA rules that triage was given, for a hit of theirs")
        ->option_text("PATH...");
    app.add_option("--rules", options_.rules, "Packs of rules that triage was given")->option_text("PATH...");
  }

  int run(const Context& context) override {
    options_.sandbox = !context.common.no_sandbox;
    options_.stall_seconds = context.common.stall_seconds;
    options_.command_line = context.command_line;
    if (const auto status = refuse_batch_case(options_.dir, "explain"); !status) return context.fail(status.error());
    const auto explanation = app::explain(options_, context.stop);
    if (!explanation) return context.fail(explanation.error());
    auto index = store::Index::open(options_.dir);
    if (!index) return context.fail(index.error());
    const auto marks = store::read_marks(**index, options_.dir);
    if (!marks) return context.fail(marks.error());
    const auto status = context.common.json
                            ? write_explanation(context.out, options_.row, **index, *explanation, *marks)
                            : print_text(context, **index, *explanation, *marks);
    if (!status) return context.fail(status.error());
    say_problem(context, *marks, options_.dir);
    if (explanation->scoped)
      context.say("the case was examined under a scope: nothing is read again, it could be what is masked");
    if (explanation->mismatch()) return kExitMismatch;
    return explanation->incomplete() ? kExitPartly : kExitGood;
  }

 private:
  // ---- text -------------------------------------------------------------------------------------------------------

  static void fact(const Context& context, std::string_view name, const std::string& value) {
    if (value.empty()) return;
    const auto lines = text_lines(value, text_width() - kNameWidth - 2);
    for (std::size_t i = 0; i < lines.size(); ++i)
      context.out.write(
          fmt::format("  {}{}\n", context.style.dim(pad_right(i == 0 ? name : "", kNameWidth)), lines[i]));
  }

  static void head(const Context& context, const std::string& text) {
    context.out.write(fmt::format("{}\n", context.style.bold(text)));
  }

  Status print_text(const Context& context, store::Index& index, const app::Explanation& explanation,
                    const store::Marks& marks) const {
    if (explanation.finding_id) LIMIER_CHECK(print_finding(context, index, *explanation.finding_id, marks));
    if (!explanation.thread.empty()) LIMIER_CHECK(print_thread(context, index, explanation, marks));
    if (explanation.place) LIMIER_CHECK(print_place(context, index, explanation));
    if (explanation.follows) print_follows(context, explanation);
    // Those of messages and files stand at the row itself.
    if (explanation.row && explanation.kind != "message" && explanation.kind != "file")
      print_marks(context, marks, {explanation.kind, *explanation.row});
    if (explanation.file_id) {
      LIMIER_CHECK(print_file(context, index, *explanation.file_id));
      print_marks(context, marks, {"file", *explanation.file_id});
    }
    print_runs(context, "bytes", explanation.runs);
    if (explanation.runs.size() == app::kMaxExplainedRuns) fact(context, "", "and perhaps more; see v_extent");
    print_read(context, explanation);
    if (explanation.place && explanation.place->decoded) print_decoded(context, *explanation.place->decoded);
    print_made_again(context, explanation);
    return ok_status();
  }

  static void print_marks(const Context& context, const store::Marks& marks, const store::RowName& row) {
    print_row_marks(context, marks, row, 2, text_width());
  }

  static Status print_finding(const Context& context, store::Index& index, std::int64_t finding_id,
                              const store::Marks& marks) {
    LIMIER_TRY(auto row, index.query("SELECT priority, rank, title, pack, pack_version, rule, reason, meaning, limits, "
                                     "key, t, subject_kind, subject_id FROM v_finding WHERE finding_id = ?1"));
    row.bind(1, finding_id);
    if (!row.step()) return row.status();
    head(context, fmt::format("Finding {}", finding_id));
    fact(context, "priority", fmt::format("{}, to be read as number {} of this exhibit", row.text(0), row.text(1)));
    fact(context, "what", row.text(2));
    fact(context, "pack", fmt::format("{} {}, rule {}", row.text(3), row.text(4), row.text(5)));
    fact(context, "reason", row.text(6));
    fact(context, "means", row.text(7));
    fact(context, "limits", row.text(8));
    fact(context, "time", row.is_null(10) ? "" : short_time(row.text(10)));
    fact(context, "subject", row.is_null(12) ? row.text(11) : fmt::format("{}:{}", row.text(11), row.text(12)));
    fact(context, "key", row.text(9));
    fact(context, "",
         "A finding is a priority to read, not an accusation; read what stands around it. A person decides.");
    print_marks(context, marks, {"finding", finding_id});
    return row.status();
  }

  static Status print_thread(const Context& context, store::Index& index, const app::Explanation& explanation,
                             const store::Marks& marks) {
    LIMIER_TRY(const auto findings, read_finding_marks(index));
    const std::size_t width = text_width();
    bool first = true;
    for (const std::int64_t id : explanation.thread) {
      LIMIER_TRY(auto row,
                 index.query(fmt::format("SELECT {} FROM v_message m WHERE message_id = ?1", kMessageColumns)));
      row.bind(1, id);
      if (!row.step()) return row.status();
      if (first) head(context, fmt::format("\nMessage {} in {}", *explanation.row, thread_title(row)));
      first = false;
      print_message(context, row, beside_message(findings, marks, id),
                    {.names_thread = false, .is_subject = id == explanation.row, .width = width});
    }
    return ok_status();
  }

  static Status print_place(const Context& context, store::Index& index, const app::Explanation& explanation) {
    const app::RecordPlace& place = *explanation.place;
    LIMIER_TRY(auto row, index.query(fmt::format("SELECT parser, parser_version, state FROM v_{0} WHERE {0}_id = ?1",
                                                 explanation.kind)));
    row.bind(1, *explanation.row);
    if (!row.step()) return row.status();
    head(context, fmt::format("\nWhere {} {} comes from", explanation.kind, *explanation.row));
    fact(context, "parser", fmt::format("{} {}", row.text(0), row.text(1)));
    fact(context, "locator", place.locator);
    fact(context, "state", row.text(2) + (place.source.empty() ? "" : ", in " + place.source));
    if (place.page)
      fact(context, "page",
           fmt::format("{} of the database{}", *place.page,
                       place.decoded && place.decoded->cell ? fmt::format(", cell {}", *place.decoded->cell) : ""));
    if (!place.file_offset)
      fact(context, "offset", place.no_offset);
    else if (!place.file_id)
      fact(context, "offset",
           fmt::format("{} in the {} of the database, which the index does not have", quantity(*place.file_offset),
                       place.source));
    else
      fact(context, "offset", fmt::format("{} in file {}", quantity(*place.file_offset), *place.file_id));
    if (place.image_offset)
      print_runs(context, "image", place.runs);
    else if (place.file_offset && place.file_id)
      fact(context, "image", "not as it is: the content is resident, compressed or sparse there");
    return row.status();
  }

  static Status print_file(const Context& context, store::Index& index, std::int64_t file_id) {
    LIMIER_TRY(auto row,
               index.query("SELECT f.path, f.inode, f.sequence, f.deleted, f.content_state, f.size, f.sha256, "
                           "v.volume_id, v.fs_type, v.description, v.image_offset, v.length FROM v_file f JOIN "
                           "v_volume v ON v.volume_id = f.volume_id WHERE f.file_id = ?1"));
    row.bind(1, file_id);
    if (!row.step()) return row.status();
    head(context, fmt::format("\nFile {}", file_id));
    fact(context, "path", row.text(0));
    fact(context, "inode", row.text(1) + (row.integer(2) == 0 ? "" : fmt::format(", sequence {}", row.text(2))));
    fact(context, "state", fmt::format("{}, content {}", row.integer(3) != 0 ? "deleted" : "in use", row.text(4)));
    fact(context, "size", fmt::format("{} bytes", quantity(row.integer(5))));
    fact(context, "SHA-256", row.is_null(6) ? "none" : row.text(6));
    fact(context, "volume",
         fmt::format("{}: {}, {}, from byte {} of the image, {} bytes", row.text(7),
                     row.is_null(8) ? "no file system" : row.text(8), row.text(9), quantity(row.integer(10)),
                     quantity(row.integer(11))));
    return row.status();
  }

  // "segment 2 (x.E02), chunk 118, compressed, which begins at byte 4,711 of it; byte 12 of the chunk".
  static std::string container_words(const app::FileRun& run) {
    if (!run.container) return "";
    const evidence::ContainerPlace& place = *run.container;
    const std::string segment = fmt::format("; segment {} ({})", place.segment + 1, terminal_text(run.segment));
    if (!place.chunk) return segment + fmt::format(", byte {}", group_digits(place.segment_offset));
    return segment + fmt::format(", chunk {}, {} from byte {} on, byte {} in it", group_digits(*place.chunk),
                                 place.compressed ? "compressed" : "as it is", group_digits(place.segment_offset),
                                 group_digits(place.within_chunk));
  }

  static void print_runs(const Context& context, std::string_view name, const std::vector<app::FileRun>& runs) {
    for (std::size_t i = 0; i < std::min(runs.size(), kShownExtents); ++i)
      fact(context, i == 0 ? name : "",
           fmt::format("{} from {}: {}, {} bytes{}", runs[i].kind, group_digits(runs[i].file_offset),
                       runs[i].image_offset ? "image " + group_digits(*runs[i].image_offset) : "nowhere in the image",
                       group_digits(runs[i].length), container_words(runs[i])));
    if (runs.size() > kShownExtents)
      fact(context, "", fmt::format("and {} more; see v_extent", runs.size() - kShownExtents));
  }

  static void print_follows(const Context& context, const app::Explanation& explanation) {
    const app::Follows& follows = *explanation.follows;
    head(context, fmt::format("\nWhat {} {} follows from", explanation.kind, explanation.row.value_or(0)));
    fact(context, "how", follows.how);
    for (const auto& rows : follows.rows) {
      std::string names;
      for (const std::int64_t id : rows.ids) names += fmt::format(" {}:{}", rows.kind, id);
      const auto more = rows.count - static_cast<std::int64_t>(rows.ids.size());
      fact(context, rows.kind, fmt::format("{}:{}{}", quantity(rows.count), names, more > 0 ? " …" : ""));
    }
    if (follows.agrees)
      fact(context, "now",
           *follows.agrees ? "these rows give what the index says" : "DIFFERS: these rows give another");
  }

  static void print_decoded(const Context& context, const app::DecodedRecord& record) {
    head(context, fmt::format("\nThe record that these bytes are{}{}",
                              record.table.empty() ? "" : ": table " + terminal_text(record.table),
                              record.rowid ? fmt::format(", row {}", *record.rowid) : ""));
    std::size_t width = kNameWidth;
    for (const std::string& column : record.columns)
      width = std::min(std::max(width, column.size() + 2), kMaxNameWidth);
    for (std::size_t i = 0; i < record.values.size(); ++i) {
      const std::string name =
          i < record.columns.size() ? terminal_text(record.columns[i]) : fmt::format("column {}", i + 1);
      const auto lines = text_lines(value_words(record.values[i]), text_width() - width - 2);
      for (std::size_t line = 0; line < lines.size(); ++line)
        context.out.write(
            fmt::format("  {}{}\n",
                        context.style.dim(line == 0 ? pad_right(name + (name.size() < width ? "" : " "), width)
                                                    : std::string(width, ' ')),
                        lines[line]));
    }
  }
  static std::string value_words(const content::DatabaseValue& value) {
    using Kind = content::DatabaseValue::Kind;
    switch (value.kind) {
      case Kind::kNull:
        return "NULL";
      case Kind::kInteger:
        return std::to_string(value.integer);
      case Kind::kReal:
        return fmt::format("{}", value.real);
      case Kind::kText:
        return fmt::format("'{}'", terminal_text(std::string_view(value.bytes).substr(0, kShownValue)));
      case Kind::kBlob:
        return fmt::format("{} bytes", value.bytes.size());
    }
    return "";
  }

  // What is made of the bytes now, beside what the index says.
  static void print_made_again(const Context& context, const app::Explanation& explanation) {
    if (!explanation.derived && !explanation.found_again &&
        !(explanation.place && !explanation.place->decode_problem.empty()))
      return;
    head(context, "\nMade again");
    if (explanation.place && !explanation.place->decode_problem.empty())
      fact(context, "record", "not decoded: " + explanation.place->decode_problem);
    if (explanation.derived) {
      print_derived(context, explanation.kind, *explanation.derived);
      if (!explanation.derived->of_limier.empty())
        fact(context, "",
             fmt::format("from other rows, and not compared: {}", fmt::join(explanation.derived->of_limier, ", ")));
    }
    if (!explanation.found_again) return;
    const app::FoundAgain& again = *explanation.found_again;
    print_derived(context, "finding", again.rule);
    if (again.text_read)
      for (const std::string& word : again.words) {
        const bool lost = std::ranges::find(again.lost, word) != again.lost.end();
        fact(context, "word",
             fmt::format("{}{}", terminal_text(word),
                         lost ? ": GONE from the text as it was read now" : ": in the text as it was read now"));
      }
  }
  static void print_derived(const Context& context, std::string_view name, const app::Derived& derived) {
    switch (derived.state) {
      case app::Derived::State::kAgrees:
        fact(context, name, fmt::format("as the index says: {}", fmt::join(derived.columns, ", ")));
        return;
      case app::Derived::State::kDiffers:
        for (const auto& one : derived.differences)
          fact(context, name,
               fmt::format("DIFFERS: {} is '{}' now, the index says '{}'", one.column,
                           terminal_text(std::string_view(one.now).substr(0, kShownValue)),
                           terminal_text(std::string_view(one.index).substr(0, kShownValue))));
        return;
      case app::Derived::State::kGone:
        fact(context, name, "GONE: " + derived.reason);
        return;
      case app::Derived::State::kNotDone:
        fact(context, name, "not made again: " + derived.reason);
        return;
    }
  }

  static void print_read(const Context& context, const app::Explanation& explanation) {
    if (!explanation.read.empty()) head(context, "\nRead again from the evidence");
    for (const app::ReadBack& back : explanation.read) {
      const std::string what = fmt::format("file {}", back.file_id);
      if (back.problem.empty())
        fact(context, what,
             fmt::format("{} bytes, SHA-256 as in the index: {}", group_digits(back.size_bytes), back.sha256));
      else
        fact(context, what, (back.mismatch ? "DIFFERS: " : "not read: ") + back.problem);
    }
    if (!explanation.place || explanation.place->bytes.empty()) return;
    const app::RecordPlace& place = *explanation.place;
    const Bytes bytes = Bytes(place.bytes).first(std::min(place.bytes.size(), kShownBytes));
    head(context,
         fmt::format("\nThe bytes at offset {} of file {}, now", quantity(*place.file_offset), *place.file_id));
    for (std::size_t at = 0; at < bytes.size(); at += kHexLine) context.out.write("  " + hex_line(bytes, at) + "\n");
    if (explanation.kind == "message") fact(context, "text", text_sentence(place));
  }

  app::ExplainOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_explain() {
  return std::make_unique<ExplainCommand>();
}

}  // namespace limier::cli
