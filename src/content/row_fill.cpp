#include "content/row_fill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace limier::content {
namespace {

using catalog::As;
using catalog::RowCell;

constexpr std::size_t kMaxOwnTextBytes = 4096;  // of a text that should be a short word
constexpr std::size_t kMaxCodes = 50;           // unknown ones that are told apart
constexpr std::size_t kMaxCodeBytes = 40;
constexpr std::size_t kSha256Digits = 64;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

RowCell time_cell(const Stored& stored, const CellRule& rule, FillDoubts& doubts) {
  if (!stored.is_set()) return {};
  std::optional<std::int64_t> time;
  const bool is_text = stored.type() == SQLITE_TEXT;
  if (rule.epoch->form == Epoch::Form::kText)
    time = is_text ? time_of(*rule.epoch, std::string_view(stored.text())) : std::nullopt;
  else if (const auto whole = stored.whole())
    time = *whole == 0 ? std::nullopt : time_of(*rule.epoch, *whole);
  else if (stored.type() == SQLITE_FLOAT)
    time = time_of(*rule.epoch, stored.real());
  else if (const auto real = is_text ? number(stored.text()) : std::nullopt)
    time = time_of(*rule.epoch, *real);
  if (time) return *time;
  ++doubts.times_out_of_range[rule.column->name];
  return {};
}

// The longest front of a text that is not too long and cuts no character of UTF-8.
std::string_view cut_text(std::string_view text, const CellRule& rule, FillDoubts& doubts) {
  std::size_t size = rule.column->as == As::kOwnText ? kMaxOwnTextBytes : catalog::kMaxCellBytes;
  if (text.size() <= size) return text;
  ++doubts.texts_cut[rule.column->name];
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u; ++i) --size;
  return text.substr(0, size);
}

void count_code(std::string_view code, const CellRule& rule, FillDoubts& doubts) {
  auto& codes = doubts.unknown_codes[rule.column->name];
  if (codes.size() < kMaxCodes || codes.contains(std::string(code)))
    ++codes[std::string(code.substr(0, kMaxCodeBytes))];
}

// The bytes of a digest that is stored in base64, in hex.
std::optional<std::string> hex_of_base64(std::string_view stored) {
  std::vector<decode::Value> bytes;
  if (!decode::decode_base64(as_bytes(stored), {}, bytes)) return std::nullopt;
  std::string hex;
  for (const char c : std::get<std::string>(bytes.front())) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex.size() == kSha256Digits ? std::optional(hex) : std::nullopt;
}

RowCell text_cell(const Stored& value, const CellRule& rule, FillDoubts& doubts) {
  const std::string stored = value.text();
  std::string_view text = stored;
  std::optional<std::string> hex;
  if (rule.from_base64) {
    hex = hex_of_base64(stored);
    if (!hex) {
      auto& doubt = doubts.undecoded[rule.sources.front().column];
      if (doubt.count++ == 0) doubt.example = fmt::format("{} bytes that are no SHA-256 in base64", stored.size());
      return {};
    }
    text = *hex;
  }
  if (!rule.codes.empty()) {
    const auto code = std::ranges::find(rule.codes, stored, [](const auto& one) { return one.first; });
    if (code != rule.codes.end()) {
      text = code->second;
    } else {
      count_code(stored, rule, doubts);
      if (!rule.otherwise.empty()) text = rule.otherwise;
    }
  }
  text = cut_text(text, rule, doubts);
  if (rule.column->as == As::kOwnText && !text.empty()) {
    // Such a column has no twin with the exact bytes.
    bool repaired = false;
    return utf8_text(text, repaired);
  }
  return text.empty() ? RowCell() : RowCell(std::string(text));
}

// The word for what is neither known nor absent.
RowCell unknown_word(const catalog::ColumnInfo& column) {
  const auto word = std::ranges::find(column.words, "unknown");
  if (word == column.words.end()) return {};
  return static_cast<std::int64_t>(word - column.words.begin());
}

// `same`: what the column holds that the value may equal.
RowCell word_cell(const std::optional<Stored>& stored, const std::optional<Stored>& same, const CellRule& rule) {
  const std::string text = stored ? stored->text() : rule.constant;
  const auto word = std::ranges::find(rule.words, text, [](const auto& one) { return one.first; });
  if (word != rule.words.end() && (stored || !rule.constant.empty())) return word->second;
  if (stored && same && same->text() == text) return rule.same;
  // Without what it is to be compared with, any other value says nothing.
  if (stored && rule.other && (same || !rule.same_as)) return *rule.other;
  return unknown_word(*rule.column);
}

RowCell real_cell(const Stored& stored) {
  if (stored.type() == SQLITE_INTEGER || stored.type() == SQLITE_FLOAT) return stored.real();
  const auto value = stored.type() == SQLITE_TEXT ? number(stored.text()) : std::nullopt;
  return value ? RowCell(*value) : RowCell();
}

}  // namespace

Result<RowFiller> RowFiller::bind(const RowMap& map, const Statement& statement, std::string_view app) {
  RowFiller filler;
  filler.map_ = &map;
  filler.empty_.resize(catalog::cell_count(*map.kind));
  for (std::size_t i = 0; i < map.kind->columns.size(); ++i) {
    const catalog::ColumnInfo& column = map.kind->columns[i];
    RowCell& cell = filler.empty_[catalog::kPlaceCells + i];
    if (column.as == As::kFlag) cell = std::int64_t{0};
    if (column.as == As::kWord) cell = unknown_word(column);
    if (column.name == "service") cell = std::string(app);
  }
  for (const CellRule& rule : map.rules) {
    Bound bound{&rule, {}, {}};
    for (const CellSource& source : rule.sources) {
      LIMIER_TRY(auto one, BoundSource::bind(source, statement));
      bound.sources.push_back(std::move(one));
    }
    if (rule.same_as) {
      LIMIER_TRY(bound.same, BoundSource::bind(*rule.same_as, statement));
    }
    filler.bound_.push_back(std::move(bound));
  }
  // What stands for the owner depends on the direction, which is a word.
  std::stable_partition(filler.bound_.begin(), filler.bound_.end(),
                        [](const Bound& one) { return one.rule->column->as == As::kWord; });
  return filler;
}

RowCell RowFiller::cell(const Statement& statement, const Bound& bound, FillDoubts& doubts) const {
  const CellRule& rule = *bound.rule;
  if (rule.column->as == As::kFlag)
    return std::int64_t{std::ranges::any_of(bound.sources,
                                            [&](const BoundSource& one) {
                                              const auto held = one.first(statement, false, doubts);
                                              return held && held->is_set();
                                            })
                            ? 1
                            : 0};
  const bool texts = rule.column->as == As::kText || rule.column->as == As::kOwnText;
  std::optional<Stored> stored;
  for (std::size_t i = 0; !stored && i < bound.sources.size(); ++i)
    stored = bound.sources[i].first(statement, texts, doubts);
  if (rule.column->as == As::kWord)
    return word_cell(stored, bound.same ? bound.same->first(statement, true, doubts) : std::nullopt, rule);
  if (!stored) return texts && !rule.constant.empty() ? RowCell(rule.constant) : RowCell();
  switch (rule.column->as) {
    case As::kText:
    case As::kOwnText:
      return text_cell(*stored, rule, doubts);
    case As::kTime:
      return time_cell(*stored, rule, doubts);
    case As::kReal:
      return real_cell(*stored);
    case As::kInteger: {
      const auto value = stored->whole();
      return value ? RowCell(*value) : RowCell();
    }
    case As::kReference: {
      const auto value = stored->whole();
      return value ? RowCell(fmt::format("sqlite:{}:rowid={}", rule.row_table, *value)) : RowCell();
    }
    case As::kFlag:
    case As::kWord:
      break;
  }
  return {};
}

std::vector<RowCell> RowFiller::fill(const Statement& statement, const catalog::RowPlace& place,
                                     FillDoubts& doubts) const {
  std::vector<RowCell> cells = empty_;
  std::ranges::move(catalog::cells_of(place), cells.begin());
  for (const Bound& bound : bound_) {
    const CellRule& rule = *bound.rule;
    if (!rule.self_when.empty()) {
      const auto* direction = std::get_if<std::int64_t>(&cells[cell_of("direction")]);
      const auto& words = map_->kind->columns[cell_of("direction") - catalog::kPlaceCells].words;
      if (direction != nullptr && words[static_cast<std::size_t>(*direction)] == rule.self_when) continue;
    }
    cells[rule.cell] = cell(statement, bound, doubts);
  }
  if (map_->places) fill_places(cells);
  return cells;
}

// Where the file of a stored path may lie on the device.
void RowFiller::fill_places(std::vector<RowCell>& cells) const {
  const auto* path = std::get_if<std::string>(&cells[cell_of("path")]);
  if (path == nullptr) return;
  std::string_view rest = *path;
  if (!map_->places->strip.empty() && rest.starts_with(map_->places->strip))
    rest.remove_prefix(map_->places->strip.size());
  std::string places;
  if (path->starts_with('/'))
    places = *path;
  else
    for (const std::string& root : map_->places->roots)
      places += fmt::format("{}{}{}", places.empty() ? "" : "; ", root, rest);
  if (!places.empty()) cells[cell_of("places")] = std::move(places);
}

bool RowFiller::has(std::string_view column) const {
  return std::ranges::find(map_->kind->columns, column, &catalog::ColumnInfo::name) != map_->kind->columns.end();
}

std::size_t RowFiller::cell_of(std::string_view column) const {
  const auto& columns = map_->kind->columns;
  const auto found = std::ranges::find(columns, column, &catalog::ColumnInfo::name);
  assert(found != columns.end());
  return catalog::kPlaceCells + static_cast<std::size_t>(found - columns.begin());
}

}  // namespace limier::content
