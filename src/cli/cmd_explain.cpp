#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/message_text.h"
#include "cli/rows.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

constexpr std::size_t kHexLine = 16;
constexpr std::size_t kShownBytes = 256;  // of a record
constexpr std::size_t kJsonBytes = 4096;
constexpr std::int64_t kShownExtents = 20;  // of a file
constexpr std::int64_t kJsonExtents = 1000;
constexpr std::size_t kNameWidth = 12;

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
  if (place.bytes.empty()) return "";
  if (place.text_encoding.empty())
    return "its text does not stand in these bytes as UTF-8 or UTF-16: it is empty, or kept elsewhere or in another "
           "form";
  if (place.found_bytes == place.text_bytes)
    return fmt::format("its text stands in these bytes, as {} from byte {} on", place.text_encoding, place.text_at);
  return fmt::format(
      "the first {} of {} bytes of its text stand in these bytes, as {} from byte {} on; the rest lies "
      "on other pages",
      place.found_bytes, place.text_bytes, place.text_encoding, place.text_at);
}

class ExplainCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", options_.dir, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("ROW", options_.row, "file:12, message:881, finding:3, or the key of a finding")
        ->required()
        ->option_text(" ");
    app.add_option("--image", options_.image, "Where the evidence is now, when it has moved")->option_text("IMAGE");
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
    const auto status =
        context.common.json ? print_json(context, **index, *explanation) : print_text(context, **index, *explanation);
    if (!status) return context.fail(status.error());
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

  Status print_text(const Context& context, store::Index& index, const app::Explanation& explanation) const {
    if (explanation.finding_id) LIMIER_CHECK(print_finding(context, index, *explanation.finding_id));
    if (!explanation.thread.empty()) LIMIER_CHECK(print_thread(context, index, explanation));
    if (explanation.place) LIMIER_CHECK(print_place(context, index, explanation));
    if (explanation.file_id) LIMIER_CHECK(print_file(context, index, *explanation.file_id));
    if (explanation.kind == "file" && explanation.file_id)
      LIMIER_CHECK(print_extents(context, index, *explanation.file_id));
    print_read(context, explanation);
    return ok_status();
  }

  static Status print_finding(const Context& context, store::Index& index, std::int64_t finding_id) {
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
    return row.status();
  }

  static Status print_thread(const Context& context, store::Index& index, const app::Explanation& explanation) {
    LIMIER_TRY(const auto marks, read_marks(index));
    const std::size_t width = text_width();
    bool first = true;
    for (const std::int64_t id : explanation.thread) {
      LIMIER_TRY(auto row,
                 index.query(fmt::format("SELECT {} FROM v_message m WHERE message_id = ?1", kMessageColumns)));
      row.bind(1, id);
      if (!row.step()) return row.status();
      if (first) head(context, fmt::format("\nMessage {} in {}", *explanation.row, thread_title(row)));
      first = false;
      const auto found = marks.find(id);
      print_message(context, row, found == marks.end() ? std::span<const FindingMark>() : found->second,
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
    if (place.page) fact(context, "page", fmt::format("{} of the database", *place.page));
    if (!place.file_offset && place.image_offset)
      fact(context, "offset", "in no file: it stands in free space of the volume");
    else if (!place.file_offset)
      fact(context, "offset", "not known: the parser could not tell where the record stands");
    else if (!place.file_id)
      fact(context, "offset",
           fmt::format("{} in the {} of the database, which the index does not have", quantity(*place.file_offset),
                       place.source));
    else
      fact(context, "offset", fmt::format("{} in file {}", quantity(*place.file_offset), *place.file_id));
    if (place.image_offset)
      fact(context, "image", fmt::format("byte {} of the image", group_digits(*place.image_offset)));
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

  static Status print_extents(const Context& context, store::Index& index, std::int64_t file_id) {
    LIMIER_TRY(auto rows, index.query("SELECT file_offset, image_offset, length, kind FROM v_extent WHERE file_id = ?1 "
                                      "ORDER BY seq"));
    rows.bind(1, file_id);
    std::int64_t count = 0;
    for (; rows.step(); ++count)
      if (count < kShownExtents)
        fact(context, count == 0 ? "bytes" : "",
             fmt::format("{} from {}: {}, {} bytes", rows.text(3), quantity(rows.integer(0)),
                         rows.is_null(1) ? "nowhere in the image" : "image " + quantity(rows.integer(1)),
                         quantity(rows.integer(2))));
    if (count > kShownExtents)
      fact(context, "", fmt::format("and {} more; see v_extent", quantity(count - kShownExtents)));
    return rows.status();
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

  // ---- JSON -------------------------------------------------------------------------------------------------------

  // An array of the rows, or the one row as an object and null when there is none.
  static Status put_rows(JsonWriter& json, store::Index& index, std::string_view name, const std::string& sql,
                         std::int64_t id, bool one) {
    LIMIER_TRY(auto rows, index.query(sql));
    rows.bind(1, id);
    const auto names = unique_names(rows);
    json.key(name);
    if (!one) json.begin_array();
    std::uint64_t count = 0;
    for (; rows.step(); ++count) write_row(json, rows, names);
    if (!one) json.end();
    if (one && count == 0) json.null();
    return rows.status();
  }

  Status print_json(const Context& context, store::Index& index, const app::Explanation& explanation) const {
    JsonWriter json(context.out, 2);
    json.begin_object().text("row", options_.row).text("kind", explanation.kind).key("row_id");
    explanation.row ? json.integer(*explanation.row) : json.null();
    LIMIER_CHECK(put_rows(json, index, "finding", "SELECT * FROM v_finding WHERE finding_id = ?1",
                          explanation.finding_id.value_or(0), true));
    LIMIER_CHECK(put_messages(json, index, explanation));
    put_place(json, explanation);
    const std::int64_t file_id = explanation.file_id.value_or(0);
    LIMIER_CHECK(put_rows(json, index, "file", "SELECT * FROM v_file WHERE file_id = ?1", file_id, true));
    LIMIER_CHECK(put_rows(json, index, "volume",
                          "SELECT * FROM v_volume WHERE volume_id = (SELECT volume_id FROM v_file WHERE file_id = ?1)",
                          file_id, true));
    LIMIER_CHECK(
        put_rows(json, index, "extents",
                 fmt::format("SELECT seq, file_offset, image_offset, length, kind FROM v_extent WHERE file_id = "
                             "?1 ORDER BY seq LIMIT {}",
                             kJsonExtents),
                 file_id, false));
    json.key("read").begin_array();
    for (const app::ReadBack& back : explanation.read) {
      json.begin_object().key("file_id").integer(back.file_id).evidence("path", back.path);
      json.text_or_null("index_sha256", back.index_sha256).text_or_null("sha256", back.sha256);
      json.number("size", back.size_bytes)
          .boolean("mismatch", back.mismatch)
          .text_or_null("problem", back.problem)
          .end();
    }
    json.end().end().finish();
    return ok_status();
  }

  static Status put_messages(JsonWriter& json, store::Index& index, const app::Explanation& explanation) {
    LIMIER_TRY(const auto marks, read_marks(index));
    json.key("messages").begin_array();
    for (const std::int64_t id : explanation.thread) {
      LIMIER_TRY(auto row, index.query("SELECT * FROM v_message WHERE message_id = ?1"));
      row.bind(1, id);
      if (!row.step()) return row.status();
      const auto found = marks.find(id);
      write_message(json, row, unique_names(row),
                    found == marks.end() ? std::span<const FindingMark>() : found->second);
    }
    json.end();
    return ok_status();
  }

  static void put_place(JsonWriter& json, const app::Explanation& explanation) {
    json.key("record");
    if (!explanation.place) {
      json.null();
      return;
    }
    const app::RecordPlace& place = *explanation.place;
    const auto number = [&](std::string_view name, const auto& value) {
      json.key(name);
      value ? json.integer(static_cast<std::int64_t>(*value)) : json.null();
    };
    json.begin_object().text_or_null("locator", place.locator).text_or_null("source", place.source);
    number("page", place.page);
    number("file_offset", place.file_offset);
    number("file_id", place.file_id);
    number("image_offset", place.image_offset);
    json.text_or_null("bytes", hex(as_text(Bytes(place.bytes).first(std::min(place.bytes.size(), kJsonBytes)))));
    json.text_or_null("text_encoding", place.text_encoding);
    number("text_at", place.text_encoding.empty() ? std::optional<std::size_t>() : std::optional(place.text_at));
    json.boolean("text_whole", !place.text_encoding.empty() && place.found_bytes == place.text_bytes).end();
  }

  app::ExplainOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_explain() {
  return std::make_unique<ExplainCommand>();
}

}  // namespace limier::cli
