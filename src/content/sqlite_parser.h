// The parser of SQLite databases: which packs know one, and their rows.
#pragma once

#include <vector>

#include "content/pack.h"

namespace limier::content {

class SqliteParser final : public Parser {
 public:
  explicit SqliteParser(std::vector<Pack> packs) : packs_(std::move(packs)) {}
  [[nodiscard]] std::string_view name() const override { return "sqlite"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  std::vector<Pack> packs_;
};

}  // namespace limier::content
