// Rows of applications that packs give get what the list of applications says of them, as those of other readers do.
#pragma once

#include <set>
#include <string>

#include "limier/catalog/device.h"
#include "limier/content.h"

namespace limier::content {

// Name and category from the list of applications; `parsed`: ids of applications whose databases a pack reads.
void complete_app(catalog::App& app, const std::set<std::string, std::less<>>& parsed);

// Passes rows on; those of applications are completed on the way.
class AppRows final : public Rows {
 public:
  AppRows(Rows& rows, const std::set<std::string, std::less<>>& parsed) : rows_(rows), parsed_(parsed) {}
  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                 std::string_view version) override;
  void issue(std::string code, std::string message, bool incomplete) override {
    rows_.issue(std::move(code), std::move(message), incomplete);
  }
  void alive() override { rows_.alive(); }

 private:
  Rows& rows_;
  const std::set<std::string, std::less<>>& parsed_;
};

}  // namespace limier::content
