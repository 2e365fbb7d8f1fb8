#include "cli/explain_json.h"

#include <algorithm>
#include <array>

#include "cli/json_writer.h"
#include "cli/message_text.h"
#include "cli/row_marks.h"
#include "cli/rows.h"

namespace limier::cli {
namespace {

constexpr std::size_t kJsonBytes = 4096;
constexpr std::array<std::string_view, 4> kDerivedWords{"agrees", "differs", "gone", "not-made"};

class ExplanationWriter {
 public:
  ExplanationWriter(Output& out, store::Index& index, const app::Explanation& explanation, const store::Marks& marks)
      : json_(out, 2), index_(index), from_(explanation), marks_(marks) {}

  Status write(const std::string& row) {
    json_.begin_object().text("row", row).text("kind", from_.kind);
    number("row_id", from_.row);
    if (from_.row) write_row_marks(json_, marks_, {from_.kind, *from_.row});
    json_.text_or_null("marks_problem", marks_.problem);
    LIMIER_CHECK(
        put_row("finding", "SELECT * FROM v_finding WHERE finding_id = ?1", from_.finding_id.value_or(0), true));
    LIMIER_CHECK(put_messages());
    put_place();
    const std::int64_t file_id = from_.file_id.value_or(0);
    LIMIER_CHECK(put_row("file", "SELECT * FROM v_file WHERE file_id = ?1", file_id, true));
    LIMIER_CHECK(put_row("volume",
                         "SELECT * FROM v_volume WHERE volume_id = (SELECT volume_id FROM v_file WHERE file_id = ?1)",
                         file_id, false));
    put_runs("extents", from_.runs);
    put_read();
    put_derived("derived", from_.derived ? &*from_.derived : nullptr);
    put_follows();
    put_found_again();
    json_.end().finish();
    return ok_status();
  }

 private:
  template <class Number>
  void number(std::string_view name, const std::optional<Number>& value) {
    json_.key(name);
    value ? json_.integer(static_cast<std::int64_t>(*value)) : json_.null();
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    json_.key(name).begin_array();
    for (const std::string& value : values) json_.text(value);
    json_.end();
  }

  // The one row as an object, with its marks, or null when there is none.
  Status put_row(std::string_view name, std::string_view sql, std::int64_t id, bool may_have_marks) {
    LIMIER_TRY(auto rows, index_.query(sql));
    rows.bind(1, id);
    const auto names = unique_names(rows);
    json_.key(name);
    if (rows.step()) {
      json_.begin_object();
      write_cells(json_, rows, names);
      if (may_have_marks) write_row_marks(json_, marks_, {std::string(name), id});
      json_.end();
    } else {
      json_.null();
    }
    return rows.status();
  }

  Status put_messages() {
    LIMIER_TRY(const auto findings, read_finding_marks(index_));
    json_.key("messages").begin_array();
    for (const std::int64_t id : from_.thread) {
      LIMIER_TRY(auto row, index_.query("SELECT * FROM v_message WHERE message_id = ?1"));
      row.bind(1, id);
      if (!row.step()) return row.status();
      write_message(json_, row, unique_names(row), beside_message(findings, marks_, id));
    }
    json_.end();
    return ok_status();
  }

  void put_runs(std::string_view name, const std::vector<app::FileRun>& runs) {
    json_.key(name).begin_array();
    std::int64_t seq = 0;
    for (const app::FileRun& run : runs) {
      json_.begin_object().key("seq").integer(seq++).number("file_offset", run.file_offset);
      number("image_offset", run.image_offset);
      json_.number("length", run.length).text("kind", run.kind).key("container");
      if (run.container) {
        const evidence::ContainerPlace& place = *run.container;
        json_.begin_object().number("segment", std::uint64_t{place.segment} + 1).evidence("segment_name", run.segment);
        json_.number("segment_offset", place.segment_offset);
        number("chunk", place.chunk);
        json_.boolean("compressed", place.compressed).number("offset_in_chunk", place.within_chunk).end();
      } else {
        json_.null();
      }
      json_.end();
    }
    json_.end();
  }

  void put_place() {
    json_.key("record");
    if (!from_.place) {
      json_.null();
      return;
    }
    const app::RecordPlace& place = *from_.place;
    json_.begin_object().text_or_null("locator", place.locator).text_or_null("source", place.source);
    number("page", place.page);
    number("cell", place.decoded ? place.decoded->cell : std::nullopt);
    number("file_offset", place.file_offset);
    json_.text_or_null("no_offset", place.no_offset);
    number("file_id", place.file_id);
    number("image_offset", place.image_offset);
    json_.text_or_null("bytes", hex(as_text(Bytes(place.bytes).first(std::min(place.bytes.size(), kJsonBytes)))));
    put_runs("runs", place.runs);
    json_.text_or_null("text_encoding", place.text_encoding);
    number("text_at", place.text_encoding.empty() ? std::optional<std::size_t>() : std::optional(place.text_at));
    json_.boolean("text_whole", !place.text_encoding.empty() && place.found_bytes == place.text_bytes);
    put_decoded(place);
    json_.end();
  }

  void put_decoded(const app::RecordPlace& place) {
    json_.text_or_null("decode_problem", place.decode_problem).key("decoded");
    if (!place.decoded) {
      json_.null();
      return;
    }
    const app::DecodedRecord& record = *place.decoded;
    json_.begin_object().text_or_null("table", record.table);
    number("rowid", record.rowid);
    texts("columns", record.columns);
    json_.key("values").begin_array();
    for (const content::DatabaseValue& value : record.values) put_value(value);
    json_.end().end();
  }

  void put_value(const content::DatabaseValue& value) {
    using Kind = content::DatabaseValue::Kind;
    switch (value.kind) {
      case Kind::kNull:
        json_.null();
        return;
      case Kind::kInteger:
        json_.integer(value.integer);
        return;
      case Kind::kReal:
        json_.real(value.real);
        return;
      case Kind::kText:
        json_.text(value.bytes);
        return;
      case Kind::kBlob:
        json_.begin_object().text("hex", hex(value.bytes)).end();
    }
  }

  void put_read() {
    json_.key("read").begin_array();
    for (const app::ReadBack& back : from_.read) {
      json_.begin_object().key("file_id").integer(back.file_id).evidence("path", back.path);
      json_.text_or_null("index_sha256", back.index_sha256).text_or_null("sha256", back.sha256);
      json_.number("size", back.size_bytes)
          .boolean("mismatch", back.mismatch)
          .text_or_null("problem", back.problem)
          .end();
    }
    json_.end();
  }

  void put_derived(std::string_view name, const app::Derived* derived) {
    json_.key(name);
    if (derived == nullptr) {
      json_.null();
      return;
    }
    json_.begin_object().text("state", kDerivedWords.at(static_cast<std::size_t>(derived->state)));
    json_.text_or_null("reason", derived->reason);
    texts("columns", derived->columns);
    texts("not_compared", derived->of_limier);
    json_.key("differences").begin_array();
    for (const auto& one : derived->differences)
      json_.begin_object().text("column", one.column).evidence("index", one.index).evidence("now", one.now).end();
    json_.end().end();
  }

  void put_follows() {
    json_.key("follows");
    if (!from_.follows) {
      json_.null();
      return;
    }
    json_.begin_object().text("how", from_.follows->how).key("rows").begin_array();
    for (const auto& rows : from_.follows->rows) {
      json_.begin_object().text("kind", rows.kind).key("count").integer(rows.count).key("ids").begin_array();
      for (const std::int64_t id : rows.ids) json_.integer(id);
      json_.end().end();
    }
    json_.end().key("agrees");
    from_.follows->agrees ? json_.boolean(*from_.follows->agrees) : json_.null();
    json_.end();
  }

  void put_found_again() {
    json_.key("found_again");
    if (!from_.found_again) {
      json_.null();
      return;
    }
    json_.begin_object();
    put_derived("rule", &from_.found_again->rule);
    texts("words", from_.found_again->words);
    texts("lost", from_.found_again->lost);
    json_.boolean("text_read", from_.found_again->text_read).end();
  }

  JsonWriter json_;
  store::Index& index_;
  const app::Explanation& from_;
  const store::Marks& marks_;
};

}  // namespace

Status write_explanation(Output& out, const std::string& row, store::Index& index, const app::Explanation& explanation,
                         const store::Marks& marks) {
  return ExplanationWriter(out, index, explanation, marks).write(row);
}

}  // namespace limier::cli
