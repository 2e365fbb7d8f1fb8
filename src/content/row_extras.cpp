#include "content/row_extras.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "limier/catalog/people.h"

namespace limier::content {
namespace {

using catalog::RowCell;

constexpr std::string_view kAllItems = "[]";
constexpr std::size_t kMaxAttachments = 32;     // of one message, that stand in a list
constexpr std::size_t kMaxVersions = 100;       // earlier bodies of one message
constexpr std::size_t kMaxAccounts = 64;        // of the device, in one table
constexpr std::uint64_t kMaxDifferences = 20;   // that are told a row at a time
constexpr std::size_t kMaxBodyInMessage = 500;  // bytes

std::string shown(std::string_view text) {
  bool repaired = false;
  return utf8_text(text.substr(0, kMaxBodyInMessage), repaired) + (text.size() > kMaxBodyInMessage ? "…" : "");
}

bool is_degrees(const RowCell& cell, double most) {
  const auto* value = std::get_if<double>(&cell);
  return value != nullptr && std::isfinite(*value) && std::fabs(*value) <= most;
}

}  // namespace

Result<RowExtras> RowExtras::bind(const Pack& pack, const PackRow& row, const Statement& statement) {
  RowExtras extras;
  extras.pack_ = &pack;
  extras.row_ = &row;
  LIMIER_CHECK(extras.bind_attachments(row, statement));
  if (row.place) {
    LIMIER_TRY(extras.place_, RowFiller::bind(*row.place, statement, pack.app));
  }
  if (row.map.history) {
    LIMIER_TRY(extras.history_, BoundSource::bind(*row.map.history, statement));
  }
  if (row.map.own_id) {
    LIMIER_TRY(extras.own_id_, BoundSource::bind(*row.map.own_id, statement));
  }
  if (row.map.comparison) {
    LIMIER_TRY(extras.one_, BoundSource::bind(row.map.comparison->one, statement));
    LIMIER_TRY(extras.other_, BoundSource::bind(row.map.comparison->other, statement));
  }
  return extras;
}

void RowExtras::add(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                    std::vector<RowCell>& cells, FillDoubts& doubts) {
  if (!attachments_.empty()) add_attachments(statement, filler, place, cells, doubts);
  if (place_) add_place(statement, filler, place, cells, doubts);
  if (history_) add_history(statement, filler, place, cells, doubts);
  if (own_id_) add_account(statement, filler, place, cells, doubts);
  if (one_) compare(statement, place, doubts);
}

// The device's own id, at the first row that has it.
void RowExtras::add_account(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                            const std::vector<RowCell>& cells, FillDoubts& doubts) {
  const auto stored = own_id_->first(statement, true, doubts);
  if (!stored || accounts_.size() == kMaxAccounts || !accounts_.insert(stored->text()).second) return;
  catalog::Account account;
  account.place = place;
  account.identifier = stored->text();
  account.role = catalog::AccountRole::kOwner;
  if (filler.has("service"))
    if (const auto* service = std::get_if<std::string>(&cells[filler.cell_of("service")])) account.service = *service;
  waiting_.push_back({&catalog::kKindOf<catalog::Account>, catalog::cells_of(account)});
}

// Where a path goes through all items of a list, each item is an attachment of its own: item by item, so that the name
// of one never stands beside the path of another.
Status RowExtras::bind_attachments(const PackRow& row, const Statement& statement) {
  if (!row.attachment) return ok_status();
  const auto add = [&](const RowMap& map) -> Status {
    LIMIER_TRY(auto filler, RowFiller::bind(map, statement, pack_->app));
    attachments_.push_back(std::move(filler));
    return ok_status();
  };
  const auto is_list = [](const CellRule& rule) {
    return std::ranges::any_of(rule.sources, [](const CellSource& source) {
      return !source.steps.empty() && source.steps.front().path.find(kAllItems) != std::string::npos;
    });
  };
  if (!std::ranges::any_of(row.attachment->rules, is_list)) return add(*row.attachment);
  for (std::size_t item = 0; item < kMaxAttachments; ++item) {
    auto map = std::make_unique<RowMap>(*row.attachment);
    for (CellRule& rule : map->rules)
      for (CellSource& source : rule.sources) {
        if (source.steps.empty()) continue;
        std::string& path = source.steps.front().path;
        if (const std::size_t at = path.find(kAllItems); at != std::string::npos)
          path.replace(at, kAllItems.size(), fmt::format("[{}]", item));
      }
    items_.push_back(std::move(map));
    LIMIER_CHECK(add(*items_.back()));
  }
  return ok_status();
}

void RowExtras::add_attachments(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                                std::vector<RowCell>& cells, FillDoubts& doubts) {
  std::int64_t found = 0;
  for (const RowFiller& attachment : attachments_) {
    auto beside = attachment.fill(statement, place, doubts);
    // One that was never fetched has a name or a type and no path.
    const bool there = std::ranges::any_of(std::array{"path", "name", "mime"}, [&](std::string_view column) {
      return !std::holds_alternative<std::monostate>(beside[attachment.cell_of(column)]);
    });
    if (!there) break;
    beside[attachment.cell_of("message")] = place.locator;
    if (++found > 1) {
      catalog::RowPlace own = place;
      own.locator += fmt::format(";part={}", found);
      std::ranges::move(catalog::cells_of(own), beside.begin());
    }
    waiting_.push_back({&attachment.kind(), std::move(beside)});
  }
  RowCell& count = cells[filler.cell_of("attachments")];
  if (std::holds_alternative<std::monostate>(count)) count = found;
}

void RowExtras::add_place(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                          const std::vector<RowCell>& cells, FillDoubts& doubts) {
  auto beside = place_->fill(statement, place, doubts);
  const RowCell& latitude = beside[place_->cell_of("latitude")];
  const RowCell& longitude = beside[place_->cell_of("longitude")];
  if (!is_degrees(latitude, 90) || !is_degrees(longitude, 180)) return;
  // Both zero: the application has columns for a place and no place.
  if (std::get<double>(latitude) == 0 && std::get<double>(longitude) == 0) return;
  if (filler.has("t")) beside[place_->cell_of("t")] = cells[filler.cell_of("t")];
  waiting_.push_back({&place_->kind(), std::move(beside)});
}

void RowExtras::add_history(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                            const std::vector<RowCell>& cells, FillDoubts& doubts) {
  const RowCell& now = cells[filler.cell_of("body")];
  const auto* body = std::get_if<std::string>(&now);
  std::vector<std::string> versions;
  for (const Stored& one : history_->all(statement, doubts)) {
    std::string text = one.text();
    if (text.empty() || (body != nullptr && text == *body) || std::ranges::find(versions, text) != versions.end())
      continue;
    if (versions.size() == kMaxVersions) break;
    versions.push_back(std::move(text));
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    catalog::RowPlace own = place;
    own.locator += fmt::format(";history={}", i + 1);
    own.state = catalog::RowState::kSuperseded;
    std::vector<RowCell> earlier = cells;
    std::ranges::move(catalog::cells_of(own), earlier.begin());
    earlier[filler.cell_of("body")] = std::move(versions[i]);
    // Attachments stand at the row as it is now.
    earlier[filler.cell_of("attachments")] = std::int64_t{0};
    waiting_.push_back({&filler.kind(), std::move(earlier)});
  }
}

void RowExtras::compare(const Statement& statement, const catalog::RowPlace& place, FillDoubts& doubts) {
  const auto one = one_->first(statement, true, doubts), other = other_->first(statement, true, doubts);
  if (!one || !other || one->text() == other->text() || ++differences_ > kMaxDifferences) return;
  differing_.push_back(fmt::format("pack {}: two bodies of {} differ: '{}' and '{}'", pack_->name, place.locator,
                                   shown(one->text()), shown(other->text())));
}

void RowExtras::emit(Rows& rows) {
  for (Waiting& one : waiting_) rows.add_cells(*one.kind, std::move(one.cells), pack_->name, pack_->version);
  waiting_.clear();
  for (std::string& sentence : differing_) rows.issue(row_->map.comparison->issue, std::move(sentence), false);
  differing_.clear();
}

void RowExtras::tell(Rows& rows) const {
  if (differences_ > kMaxDifferences)
    rows.issue(row_->map.comparison->issue,
               fmt::format("pack {}: two bodies differ in {} more rows of {}", pack_->name,
                           differences_ - kMaxDifferences, row_->driver),
               false);
}

}  // namespace limier::content
