// Which file of the device an attachment is: the one with the digest that the application keeps, else the one whose
// path ends as the attachment's does. Where several do, or where nothing but the last name is equal, it leads to none.
#include <fmt/format.h>

#include <map>
#include <vector>

#include "store/writer_impl.h"

namespace limier::store {
namespace {

constexpr std::string_view kBetween = "; ";  // of the places
// Of a path: the name and the folder it lies in.
constexpr std::size_t kFewestParts = 2;

struct Wanted {
  std::int64_t row_id = 0;
  std::vector<std::string> paths;
  std::size_t parts = 0;  // that the best file has in common with it
  std::int64_t file_id = 0;
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

// Files are read once: there is no index by digest before the end of a run.
Status attach_by_digest(Database& db) {
  std::multimap<std::string, std::int64_t> wanted;
  {
    LIMIER_TRY(auto rows, db.prepare("SELECT sha256, row_id FROM row_attachment WHERE sha256 IS NOT NULL"));
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) break;
      wanted.emplace(rows.text(0), rows.integer(1));
    }
  }
  if (wanted.empty()) return ok_status();
  LIMIER_TRY(auto update, db.prepare("UPDATE row_attachment SET attached_file_id = ?1 WHERE row_id = ?2"));
  LIMIER_TRY(auto files,
             db.prepare("SELECT d.sha256_hex, f.file_id FROM file f JOIN digest d ON d.content_id = f.content_id "
                        "WHERE f.reused = 0 AND d.sha256 IS NOT NULL ORDER BY f.file_id DESC"));
  while (true) {
    LIMIER_TRY(const bool more, files.step());
    if (!more) return ok_status();
    const auto [first, last] = wanted.equal_range(files.text(0));
    for (auto at = first; at != last; ++at) {
      update.bind(1, files.integer(1));
      update.bind(2, at->second);
      LIMIER_CHECK(update.run());
    }
  }
}

}  // namespace

Status IndexWriter::Impl::settle_attachments() {
  LIMIER_CHECK(attach_by_digest(db_));
  std::vector<Wanted> all;
  std::multimap<std::string, std::size_t> by_name;
  {
    LIMIER_TRY(auto rows,
               db_.prepare("SELECT row_id, coalesce(path, ''), coalesce(places, '') FROM row_attachment WHERE "
                           "attached_file_id IS NULL AND (path IS NOT NULL OR places IS NOT NULL) ORDER BY id"));
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) break;
      Wanted wanted;
      wanted.row_id = rows.integer(0);
      const std::string path = rows.text(1), places = rows.text(2);
      if (path.find('/') != std::string::npos) wanted.paths.push_back(path);
      for (std::string_view rest = places; !rest.empty();) {
        const auto end = rest.find(kBetween);
        wanted.paths.emplace_back(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kBetween.size());
      }
      if (wanted.paths.empty()) continue;
      const std::string name(name_of(wanted.paths.front()));
      if (name.empty()) continue;
      by_name.emplace(name, all.size());
      all.push_back(std::move(wanted));
    }
  }
  if (all.empty()) return ok_status();
  LIMIER_TRY(auto files,
             db_.prepare("SELECT f.file_id, n.path FROM file f JOIN name n ON n.name_key = f.name_key WHERE f.kind "
                         "= 0 AND f.is_stream = 0 AND f.reused = 0 ORDER BY f.file_id"));
  while (true) {
    LIMIER_TRY(const bool more, files.step());
    if (!more) break;
    const std::string path = files.text(1);
    const auto [first, last] = by_name.equal_range(std::string(name_of(path)));
    for (auto at = first; at != last; ++at) {
      Wanted& wanted = all[at->second];
      std::size_t parts = 0;
      for (const std::string& one : wanted.paths) parts = std::max(parts, equal_parts(one, path));
      if (parts < kFewestParts || parts < wanted.parts) continue;
      wanted.several = parts == wanted.parts;
      if (parts > wanted.parts) wanted.file_id = files.integer(0);
      wanted.parts = parts;
    }
  }
  LIMIER_TRY(auto update, db_.prepare("UPDATE row_attachment SET attached_file_id = ?1 WHERE row_id = ?2"));
  for (const Wanted& wanted : all) {
    if (wanted.parts == 0 || wanted.several) continue;
    update.bind(1, wanted.file_id);
    update.bind(2, wanted.row_id);
    LIMIER_CHECK(update.run());
  }
  return ok_status();
}

}  // namespace limier::store
