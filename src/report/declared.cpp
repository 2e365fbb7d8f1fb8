#include "report/declared.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "limier/report.h"
#include "report/cells.h"
#include "report/marks.h"
#include "report/out_file.h"

namespace limier::report {

using catalog::As;
using catalog::KindInfo;
using catalog::ViewColumn;

namespace {

// In report.json: after texts of so many bytes no further row of a kind is listed.
constexpr std::size_t kMaxBytesInJson = 8u << 20;

bool is_flag(const ViewColumn& column) {
  return column.as == As::kFlag;
}
bool is_text(const ViewColumn& column) {
  return column.as == As::kText || column.as == As::kOwnText || column.as == As::kWord || column.as == As::kTime;
}

std::string order_of(const KindInfo& kind) {
  const auto ranked = std::ranges::any_of(kind.columns, [](const auto& column) { return column.name == "rank"; });
  return fmt::format("{}{}_id", ranked ? "rank IS NULL, rank, " : "", kind.name);
}

// Where the nanoseconds of a time stand.
std::optional<std::size_t> ns_of(std::span<const ViewColumn> columns, std::size_t at) {
  if (columns[at].as != As::kTime) return std::nullopt;
  const auto found = std::ranges::find(columns, columns[at].name + "_ns", &ViewColumn::name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

// body_raw is shown as body_hex.
std::string shown_name(const ViewColumn& column) {
  if (!column.is_raw) return column.name;
  return column.name.substr(0, column.name.size() - std::string_view("raw").size()) + "hex";
}

void put_csv_cell(std::string& line, const KindRows& rows, std::size_t at) {
  const ViewColumn& column = rows.columns()[at];
  const store::Cell& cell = rows.cell(at);
  if (rows.is_null(at)) return;
  if (column.is_raw)
    line += hex(cell.bytes);
  else if (is_text(column))
    put_csv_text(line, rows.exact(at));
  else if (cell.kind == store::Cell::Kind::kReal)
    fmt::format_to(std::back_inserter(line), "{}", cell.real);
  else
    put_integer(line, cell.integer);
}

void put_json_cell(JsonOut& json, const KindRows& rows, std::size_t at) {
  const ViewColumn& column = rows.columns()[at];
  const store::Cell& cell = rows.cell(at);
  if (column.is_raw) return;  // beside its text
  if (rows.is_null(at))
    json.null(column.name);
  else if (is_flag(column))
    json.boolean(column.name, cell.integer != 0);
  else if (is_text(column))
    json.evidence_text(column.name, rows.exact(at));
  else if (cell.kind == store::Cell::Kind::kReal)
    std::isfinite(cell.real) ? json.number(column.name, cell.real) : json.null(column.name);
  else
    json.integer(column.name, cell.integer);
}

std::string_view json_type(const ViewColumn& column) {
  if (is_text(column)) return "string";
  if (is_flag(column)) return "boolean";
  return column.as == As::kReal ? "number" : "integer";
}

std::string kind_schema(const KindInfo& kind) {
  std::string properties, required;
  for (const ViewColumn& column : catalog::view_columns(kind)) {
    if (column.is_raw) continue;
    if (!required.empty()) required += ", ";
    required += json_string(column.name);
    properties += fmt::format("{}\n          {}: {{", properties.empty() ? "" : ",", json_string(column.name));
    properties += fmt::format("\"description\": {}, ", json_string(column.meaning));
    if (column.words.empty()) {
      properties += fmt::format("\"type\": [\"{}\", \"null\"]}}", json_type(column));
    } else {
      properties += "\"enum\": [";
      for (const std::string_view word : column.words) properties += json_string(word) + ", ";
      properties += "null]}";
    }
  }
  return fmt::format(
      "{{\n      \"description\": {},\n      \"type\": \"array\",\n      \"items\": {{\n        \"type\": \"object\",\n"
      "        \"required\": [{}],\n        \"properties\": {{{}\n        }}\n      }}\n    }}",
      json_string(kind.meaning), required, properties);
}

}  // namespace

Result<std::vector<KindCount>> count_rows(store::Index& index) {
  std::vector<KindCount> counts;
  for (const KindInfo* kind : catalog::row_kinds()) {
    LIMIER_TRY(auto rows, index.query(fmt::format("SELECT count(*) FROM v_{}", kind->name)));
    counts.push_back({kind, rows.step() ? rows.integer(0) : 0});
    LIMIER_CHECK(rows.status());
  }
  return counts;
}

KindRows::KindRows(std::vector<ViewColumn> columns, store::Query query)
    : columns_(std::move(columns)), query_(std::move(query)), cells_(columns_.size()) {
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    const auto twin = std::ranges::find(columns_, columns_[at].raw, &ViewColumn::name);
    raw_at_.push_back(twin == columns_.end() ? at : static_cast<std::size_t>(twin - columns_.begin()));
    if (const auto ns = ns_of(columns_, at)) times_.push_back({at, *ns, {}});
  }
}

Result<KindRows> KindRows::read(store::Index& index, const KindInfo& kind, std::optional<std::int64_t> limit) {
  auto columns = catalog::view_columns(kind);
  std::string names;
  for (std::size_t at = 0; at < columns.size(); ++at)
    names += (at == 0 ? "" : ", ") + (ns_of(columns, at) ? "NULL" : columns[at].name);
  std::string sql = fmt::format("SELECT {} FROM v_{} ORDER BY {}", names, kind.name, order_of(kind));
  if (limit) sql += fmt::format(" LIMIT {}", *limit);
  LIMIER_TRY(auto query, index.query(sql));
  return KindRows(std::move(columns), std::move(query));
}

bool KindRows::step() {
  if (!query_.step()) return false;
  query_.read(cells_);
  for (TimeText& time : times_) {
    const store::Cell& ns = cells_[time.ns_at];
    if (ns.kind != store::Cell::Kind::kInteger) continue;
    time.text.clear();
    calendar_.put_time(time.text, ns.integer);
    cells_[time.at].kind = store::Cell::Kind::kBytes;
    cells_[time.at].bytes = time.text;
  }
  return true;
}

std::string_view KindRows::exact(std::size_t column) const {
  return cell(is_null(raw_at_[column]) ? column : raw_at_[column]).bytes;
}

std::string csv_name(const KindInfo& kind) {
  return fmt::format("{}.csv", kind.plural);
}

Status write_kind_csv(store::Index& index, const KindInfo& kind, const std::string& dir) {
  LIMIER_TRY(auto rows, KindRows::read(index, kind));
  bool any = rows.step();
  LIMIER_CHECK(rows.status());
  if (!any && !kind.always_listed) {
    ::unlink((dir + "/" + csv_name(kind)).c_str());
    return ok_status();
  }
  LIMIER_TRY(auto out, OutFile::create(dir, csv_name(kind)));
  for (std::size_t at = 0; at < rows.columns().size(); ++at)
    out << (at == 0 ? "" : ",") << shown_name(rows.columns()[at]);
  out << "\n";
  for (; any && !out.failed(); any = rows.step()) {
    std::string& line = out.tail();
    for (std::size_t at = 0; at < rows.columns().size(); ++at) {
      if (at > 0) line += ',';
      put_csv_cell(line, rows, at);
    }
    line += '\n';
    out.appended();
  }
  LIMIER_CHECK(rows.status());
  return out.commit();
}

Status put_kind_json(JsonOut& json, store::Index& index, const KindInfo& kind, std::optional<std::int64_t> limit,
                     const store::Marks& marks) {
  LIMIER_TRY(auto rows, KindRows::read(index, kind, limit));
  json.array(kind.plural);
  std::size_t bytes = 0;
  while ((!limit || bytes < kMaxBytesInJson) && rows.step()) {
    for (std::size_t at = 0; at < rows.columns().size(); ++at) bytes += rows.cell(at).bytes.size();
    json.object();
    for (std::size_t at = 0; at < rows.columns().size(); ++at) put_json_cell(json, rows, at);
    put_row_marks(json, marks, {std::string(kind.name), rows.cell(0).integer});
    json.end();
  }
  json.end();
  return rows.status();
}

std::string kinds_schema() {
  std::string names, kinds;
  for (const KindInfo* kind : catalog::row_kinds()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", json_string(kind->plural));
    kinds += fmt::format(",\n    {}: {}", json_string(kind->plural), kind_schema(*kind));
  }
  return fmt::format(
      "    \"rows\": {{\n      \"description\": \"How many rows there are of each kind. Their lists below have the "
      "first {}, and no more once their texts come to {} MiB; of findings all.\",\n      \"type\": \"object\",\n      "
      "\"required\": [{}],\n      "
      "\"additionalProperties\": {{\"$ref\": \"#/$defs/count\"}}\n    }}{}\n",
      kMaxRowsInJson, kMaxBytesInJson >> 20u, names, kinds);
}

}  // namespace limier::report
