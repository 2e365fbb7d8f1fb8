// Which file of the device an attachment is: the one with the digest that the application keeps, else the one whose
// path ends as the attachment's does. Where several do, or where nothing but the last name is equal, it leads to none.
#include <fmt/format.h>

#include <map>
#include <vector>

#include "limier/catalog/messages.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

// Of a path: the name and the folder it lies in.
constexpr std::size_t kFewestParts = 2;

struct Wanted {
  std::int64_t row_id = 0;
  std::vector<std::string> paths;
  std::size_t parts = 0;  // that the best file has in common with it
  std::int64_t file_id = 0, same_digest = 0;
  bool several = false;
};

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// How many parts of the two are equal, from the end.
std::size_t equal_parts(std::string_view a, std::string_view b) {
  std::size_t parts = 0;
  while (!a.empty() && !b.empty() && name_of(a) == name_of(b) && !name_of(a).empty()) {
    ++parts;
    const auto cut = [](std::string_view path) { return path.substr(0, path.size() - name_of(path).size()); };
    a = cut(a);
    b = cut(b);
    if (a.ends_with('/')) a.remove_suffix(1);
    if (b.ends_with('/')) b.remove_suffix(1);
  }
  return parts;
}

// Some attachments, and which file each is. The files are read once for all of them: there is no index by path or
// digest before the end of a run.
class Batch {
 public:
  explicit Batch(Database& db) : db_(db) {}

  // Those behind the row `after`; false: there are none.
  Result<bool> read(std::int64_t& after) {
    LIMIER_TRY(auto rows, db_.prepare(fmt::format("SELECT id, row_id, coalesce(path, ''), coalesce(places, ''), "
                                                  "coalesce(sha256, '') FROM row_attachment WHERE id > ?1 ORDER BY id "
                                                  "LIMIT {}",
                                                  kBatch)));
    rows.bind(1, after);
    bool any = false;
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) return any;
      any = true;
      after = rows.integer(0);
      add(rows.integer(1), rows.text(2), rows.text(3), rows.text(4));
    }
  }

  Status look() {
    LIMIER_TRY(auto files,
               db_.prepare("SELECT f.file_id, n.path, f.kind = 0 AND f.is_stream = 0, coalesce(d.sha256_hex, '') "
                           "FROM file f JOIN name n ON n.name_key = f.name_key LEFT JOIN digest d ON "
                           "d.content_id = f.content_id WHERE f.reused = 0 ORDER BY f.file_id"));
    while (!all_.empty()) {
      LIMIER_TRY(const bool more, files.step());
      if (!more) break;
      if (const auto [first, last] = by_digest_.equal_range(files.text(3)); first != last)
        for (auto at = first; at != last; ++at)
          if (all_[at->second].same_digest == 0) all_[at->second].same_digest = files.integer(0);
      if (files.integer(2) != 0) compare(files.integer(0), files.text(1));
    }
    LIMIER_TRY(auto update, db_.prepare("UPDATE row_attachment SET attached_file_id = ?1 WHERE row_id = ?2"));
    for (const Wanted& wanted : all_) {
      const std::int64_t found = wanted.same_digest != 0 ? wanted.same_digest : wanted.several ? 0 : wanted.file_id;
      if (found == 0) continue;
      update.bind(1, found);
      update.bind(2, wanted.row_id);
      LIMIER_CHECK(update.run());
    }
    return ok_status();
  }

 private:
  void add(std::int64_t row_id, const std::string& path, std::string_view places, const std::string& sha256) {
    Wanted wanted;
    wanted.row_id = row_id;
    if (path.find('/') != std::string::npos) wanted.paths.push_back(path);
    for (const std::string_view one : catalog::split_list(places)) wanted.paths.emplace_back(one);
    const std::string name(wanted.paths.empty() ? "" : name_of(wanted.paths.front()));
    if (name.empty() && sha256.empty()) return;
    if (!name.empty()) by_name_.emplace(name, all_.size());
    if (!sha256.empty()) by_digest_.emplace(sha256, all_.size());
    all_.push_back(std::move(wanted));
  }
  void compare(std::int64_t file_id, std::string_view path) {
    const auto [first, last] = by_name_.equal_range(std::string(name_of(path)));
    for (auto at = first; at != last; ++at) {
      Wanted& wanted = all_[at->second];
      std::size_t parts = 0;
      for (const std::string& one : wanted.paths)
        parts = std::max(parts, one == path ? std::max(equal_parts(one, path), kFewestParts) : equal_parts(one, path));
      if (parts < kFewestParts || parts < wanted.parts) continue;
      wanted.several = parts == wanted.parts;
      if (parts > wanted.parts) wanted.file_id = file_id;
      wanted.parts = parts;
    }
  }

  static constexpr int kBatch = 20'000;
  Database& db_;
  std::vector<Wanted> all_;
  std::multimap<std::string, std::size_t> by_name_, by_digest_;  // places in all_
};

}  // namespace

Status IndexWriter::Impl::settle_attachments() {
  for (std::int64_t last = 0;;) {
    Batch batch(db_);
    LIMIER_TRY(const bool any, batch.read(last));
    if (!any) return ok_status();
    LIMIER_CHECK(batch.look());
  }
}

}  // namespace limier::store
