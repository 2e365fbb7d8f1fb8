// What may not be read never comes into the index: names, labels and messages of issues are masked, rows out of content
// are left out. How often is counted, for each volume and each content, so that what is done again is not counted
// twice.
#include <fmt/format.h>

#include "limier/catalog/masked.h"
#include "limier/catalog/scope.h"
#include "store/writer_impl.h"

namespace limier::store {

void IndexWriter::Impl::set_scope(std::shared_ptr<const catalog::Scope> scope) {
  scope_ = std::move(scope);
  // What is taken out later on leaves nothing behind. Where the pragma fails, so does the next statement.
  if (scope_ != nullptr) [[maybe_unused]]
    const auto status = db_.execute("PRAGMA secure_delete = ON");
}

Status IndexWriter::Impl::count_masked(std::uint32_t volume_id, std::int64_t item_id, std::string_view kind,
                                       const std::string& reason, std::int64_t items) {
  if (items == 0) return ok_status();
  LIMIER_CHECK(begin());
  LIMIER_TRY(auto row, db_.prepare("INSERT INTO scope_count VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
                                   "items = items + ?5"));
  row.bind(1, std::int64_t{volume_id});
  row.bind(2, item_id);
  row.bind_text(3, kind);
  row.bind_text(4, reason);
  row.bind(5, items);
  return row.run();
}

Status IndexWriter::Impl::mask(catalog::NameRecord& record) {
  if (scope_ == nullptr || record.name_length > record.path.size()) return ok_status();
  const std::string_view path(record.path);
  const bool stored_hidden = !record.stored_name.empty() && scope_->hides(record.stored_name) != nullptr;
  if (stored_hidden || scope_->hides(path) != nullptr) record.stored_name.clear();
  if (scope_->hides(path) == nullptr) return ok_status();
  const std::string* why = nullptr;
  std::string folder = scope_->mask_path(path.substr(0, path.size() - record.name_length), &why);
  std::string name(path.substr(path.size() - record.name_length));
  const std::string* name_why = scope_->hides(name);
  if (name_why == nullptr) name_why = scope_->hides(folder + name);
  if (name_why != nullptr) {
    name = catalog::kMasked;
    LIMIER_CHECK(count_masked(record.volume_id, 0, "name", *name_why));
  }
  record.name_length = static_cast<std::uint32_t>(name.size());
  record.path = folder + name;
  return ok_status();
}

Status IndexWriter::Impl::mask(catalog::VolumeRecord& record) {
  if (scope_ == nullptr) return ok_status();
  for (std::string* const text : {&record.description, &record.fs_label})
    if (const std::string* const why = scope_->hides(*text)) {
      *text = catalog::kMasked;
      LIMIER_CHECK(count_masked(0, 0, "label", *why));
    }
  return ok_status();
}

Status IndexWriter::Impl::mask(catalog::StreamRecord& record) {
  if (scope_ == nullptr || record.name.empty()) return ok_status();
  const std::string* const why = scope_->hides(record.name);
  if (why == nullptr) return ok_status();
  record.name = catalog::kMasked;
  return count_masked(record.ref.volume_id, 0, "name", *why);
}

void IndexWriter::Impl::mask(catalog::InodeRecord& record) const {
  const std::string* why = nullptr;
  if (scope_ != nullptr && !record.link_target.empty())
    record.link_target = scope_->mask_path(record.link_target, &why);
}

void IndexWriter::Impl::mask(std::string& text) const {
  if (scope_ != nullptr && scope_->hides(text) != nullptr) text = catalog::kMasked;
}

// A row belongs to one that is left out: it goes with it.
Result<bool> IndexWriter::Impl::leave_out(std::int64_t item_id, const catalog::KindInfo& kind,
                                          std::span<const catalog::RowCell> cells) {
  if (scope_ == nullptr) return false;
  const std::string* why = scope_->hides_row(kind, cells);
  if (why == nullptr) why = hidden_parent(item_id, kind, cells);
  if (why == nullptr) return false;
  if (const auto* const locator = std::get_if<std::string>(&cells[0]))
    left_out_[item_id].emplace(std::pair(std::string(kind.name), *locator), why);
  LIMIER_CHECK(count_masked(0, item_id, kind.name, *why));
  return true;
}

const std::string* IndexWriter::Impl::hidden_parent(std::int64_t item_id, const catalog::KindInfo& kind,
                                                    std::span<const catalog::RowCell> cells) const {
  const auto hidden = left_out_.find(item_id);
  if (hidden == left_out_.end()) return nullptr;
  for (std::size_t i = 0; i < kind.columns.size(); ++i) {
    if (kind.columns[i].as != catalog::As::kReference) continue;
    const auto* const locator = std::get_if<std::string>(&cells[catalog::kPlaceCells + i]);
    if (locator == nullptr) continue;
    const auto found = hidden->second.find({std::string(kind.columns[i].refers_to), *locator});
    if (found != hidden->second.end()) return found->second;
  }
  return nullptr;
}

// Rows that came before the one they belong to.
Status IndexWriter::Impl::leave_out_parts(std::int64_t item_id) {
  const auto hidden = left_out_.find(item_id);
  if (hidden == left_out_.end()) return ok_status();
  LIMIER_CHECK(begin());
  for (const catalog::KindInfo* const kind : catalog::row_kinds()) {
    if (kind->origin != catalog::Origin::kContent) continue;
    for (const catalog::ColumnInfo& column : kind->columns) {
      if (column.as != catalog::As::kReference) continue;
      LIMIER_TRY(auto remove, db_.prepare(fmt::format("DELETE FROM row_{} WHERE item_id = ?1 AND {}_locator = ?2",
                                                      kind->name, column.name)));
      for (const auto& [row, why] : hidden->second) {
        if (row.first != column.refers_to) continue;
        remove.bind(1, item_id);
        remove.bind_text(2, row.second);
        LIMIER_CHECK(remove.run());
        LIMIER_CHECK(count_masked(0, item_id, kind->name, *why, remove.changes()));
      }
    }
  }
  left_out_.erase(hidden);
  return ok_status();
}

// Contents whose names may not be read are not looked into.
Status IndexWriter::Impl::leave_masked_files() {
  if (scope_ == nullptr) return ok_status();
  return db_.execute(fmt::format(
      "UPDATE content_item SET state = {}, attempts = 0, rows = 0, reason = 'its name is masked by the scope' WHERE "
      "state IS NULL AND file_id IN (SELECT f.file_id FROM file f JOIN name n ON n.name_key = f.name_key WHERE "
      "instr(n.path, '{}') > 0)",
      static_cast<int>(catalog::ItemState::kNotRead), catalog::kMasked));
}

Status IndexWriter::Impl::settle_masked() {
  return db_.execute(
      "DELETE FROM row_masked;"
      "INSERT INTO row_masked(kind, reason, items) SELECT kind, reason, sum(items) FROM scope_count GROUP BY kind, "
      "reason ORDER BY kind, reason;"
      "INSERT INTO not_examined(what, reason, bytes, items) SELECT kind, 'masked by the scope: ' || reason, NULL, "
      "items "
      "FROM row_masked ORDER BY kind, reason");
}

void IndexWriter::set_scope(std::shared_ptr<const catalog::Scope> scope) {
  impl_->set_scope(std::move(scope));
}

}  // namespace limier::store
