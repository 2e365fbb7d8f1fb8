// Rows that nobody wants, and issues that are told elsewhere.
#pragma once

#include "limier/content.h"

namespace limier::content {

// What is wrong with a file is told where it is looked into itself.
class QuietRows final : public Rows {
 public:
  explicit QuietRows(Rows& rows) : rows_(rows) {}
  void add_cells(const catalog::KindInfo&, std::vector<catalog::RowCell>, std::string_view, std::string_view) override {
  }
  void issue(std::string, std::string, bool) override {}
  void alive() override { rows_.alive(); }

 private:
  Rows& rows_;
};

}  // namespace limier::content
