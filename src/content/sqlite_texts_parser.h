// Numbers, addresses and keys in the texts of all tables of a SQLite database, whoever made them and in whichever state
// the rows are: cell by cell, since in the file one text begins where the other ends.
#pragma once

#include "limier/content.h"

namespace limier::content {

class SqliteTextsParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "sqlite-texts"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

}  // namespace limier::content
