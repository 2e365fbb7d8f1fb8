#include "content/sqlite_texts_parser.h"

#include <fmt/format.h>

#include "content/hit_rows.h"
#include "content/quiet_rows.h"
#include "content/sqlite_recover.h"

namespace limier::content {
namespace {

using catalog::ItemState;

constexpr std::size_t kMaxCellBytes = 1u << 20;
constexpr std::size_t kMaxNameBytes = 100;

std::string_view cut(std::string_view text, std::size_t size) {
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u) --size;
  return text.substr(0, size);
}

std::string shown_name(std::string_view name) {
  bool repaired = false;
  return std::string(cut(utf8_text(name, repaired), kMaxNameBytes));
}

class Texts final : public FoundRows {
 public:
  Texts(HitRows& hits, Rows& rows) : hits_(hits), rows_(rows) {}

  bool take(const FoundRow& row) override {
    rows_.alive();
    if (row.in_free_space) return true;
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      if (i < row.known.size() && !row.known[i]) continue;
      const SqliteValue& value = row.values[i];
      if (value.kind == SqliteValue::Kind::kText)
        cell(row, i, cut(value.bytes, kMaxCellBytes), entities::Setting::kText);
      else if (value.kind == SqliteValue::Kind::kBlob)
        cell(row, i, std::string_view(value.bytes).substr(0, kMaxCellBytes), entities::Setting::kBytes);
    }
    return !hits_.full();
  }

 private:
  void cell(const FoundRow& row, std::size_t column, std::string_view bytes, entities::Setting setting) {
    constexpr std::size_t kShortest = 6;
    if (bytes.size() < kShortest) return;
    found_.clear();
    entities::scan(as_bytes(bytes), {.setting = setting}, found_);
    if (found_.empty()) return;
    const std::string table = row.table == nullptr ? "?" : shown_name(row.table->name);
    const std::string name = row.table == nullptr || column >= row.table->shape.columns.size()
                                 ? std::to_string(column + 1)
                                 : shown_name(row.table->shape.columns[column].name);
    catalog::RowPlace place;
    place.locator =
        row.rowid && row.state == catalog::RowState::kLive
            ? fmt::format("sqlite:{}:rowid={}", table, *row.rowid)
            : fmt::format("sqlite:{}:{}={}", table, catalog::kRowSourceWords.at(static_cast<std::size_t>(row.source)),
                          row.file_offset);
    place.state = row.state;
    place.source = row.source;
    place.page = row.page;
    place.file_offset = static_cast<std::int64_t>(row.file_offset);
    for (const entities::Found& one : found_)
      hits_.add(catalog::byte_hit(bytes, one, 0), place, fmt::format("sqlite:{}.{}", table, name));
  }

  HitRows& hits_;
  Rows& rows_;
  std::vector<entities::Found> found_;
};

}  // namespace

Outcome SqliteTextsParser::parse(const Source& source, Rows& rows) const {
  // What there is to say of the database is said by the parser that reads it by packs.
  QuietRows quiet(rows);
  const auto image = SqliteImage::open(source, quiet);
  if (!image) return {ItemState::kNotApplicable, "not a SQLite database"};
  HitRows hits;
  Texts texts(hits, quiet);
  const bool walked = recover_rows(source, *image, {.live = true, .others = true}, quiet, texts);
  hits.give(name(), version(), rows);
  if (!walked) return {ItemState::kFailed, "the database's pages cannot be walked"};
  return {};
}

}  // namespace limier::content
