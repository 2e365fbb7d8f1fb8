#include "content/pack_beside.h"

#include <fmt/format.h>

#include <algorithm>

#include "limier/content/packs.h"

namespace limier::content {

BesideDatabases::BesideDatabases(const Pack& pack, const Source& source, Database& database, Rows& rows)
    : pack_(pack), database_(database), rows_(rows), quiet_(rows) {
  for (const PackDatabase& wanted : pack.beside) {
    bool there = false;
    for (const BesideSource& file : source.beside) {
      const bool placed =
          std::ranges::any_of(wanted.paths, [&](const auto& path) { return path_matches(path, file.place); });
      if (!placed) continue;
      there = attach(wanted, file);
      if (there) break;
    }
    if (there || wanted.optional) continue;
    lacks_ = true;
    rows.issue("pack-beside-missing",
               fmt::format("pack {}: the database {} is not beside this one ({}): no row of it could be made",
                           pack.name, wanted.name, fmt::join(wanted.paths, ", ")),
               true);
  }
}

BesideDatabases::~BesideDatabases() {
  database_.detach_all();
}

bool BesideDatabases::attach(const PackDatabase& wanted, const BesideSource& file) {
  Source source;
  source.path = file.place;
  source.main = file.main;
  source.wal = file.wal;
  source.journal = file.journal;
  auto image = SqliteImage::open(source, quiet_);
  if (!image) return false;
  images_.push_back(std::move(*image));
  const Status attached = database_.attach(wanted.name, images_.back());
  const bool known = attached.ok() && std::ranges::all_of(wanted.tables, [&](const PackTable& table) {
                       return std::ranges::all_of(table.columns, [&](const std::string& column) {
                         return database_.attached_has(wanted.name, table.name, column);
                       });
                     });
  if (known) return true;
  rows_.issue("pack-beside-unknown",
              fmt::format("pack {}: the file {} beside this one is not the database {} as the pack knows it: what it "
                          "would add is left out",
                          pack_.name, terminal_text(file.place), wanted.name),
              true);
  database_.detach(wanted.name);
  return false;
}

}  // namespace limier::content
