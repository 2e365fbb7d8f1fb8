// The parser of SQLite databases: which packs know one, and their rows.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "content/pack.h"

namespace limier::content {

class SqliteParser final : public Parser {
 public:
  // `read_by_packs`: ids of applications whose databases a pack reads.
  SqliteParser(std::vector<Pack> packs, std::set<std::string, std::less<>> read_by_packs)
      : packs_(std::move(packs)), parsed_(std::move(read_by_packs)) {}
  [[nodiscard]] std::string_view name() const override { return "sqlite"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  std::vector<Pack> packs_;
  std::set<std::string, std::less<>> parsed_;
};

}  // namespace limier::content
