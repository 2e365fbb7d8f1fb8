// The parser of SQLite databases: which packs know one, and their rows.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "content/pack.h"
#include "limier/content/parsers.h"

namespace limier::content {

class SqliteParser final : public Parser {
 public:
  // kLoose: rows on pages of the database that lie in free space of its volume, and they alone.
  enum class Part : std::uint8_t { kDatabase, kLoose };
  // `read_by_packs`: ids of applications whose databases a pack reads.
  SqliteParser(Part part, std::vector<Pack> packs, std::set<std::string, std::less<>> read_by_packs)
      : part_(part), packs_(std::move(packs)), parsed_(std::move(read_by_packs)) {}
  [[nodiscard]] std::string_view name() const override {
    return part_ == Part::kLoose ? kLoosePages : std::string_view("sqlite");
  }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  Outcome parse_loose(const Source& source, Rows& rows) const;

  Part part_;
  std::vector<Pack> packs_;
  std::set<std::string, std::less<>> parsed_;
};

}  // namespace limier::content
