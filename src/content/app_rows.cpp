#include "content/app_rows.h"

#include <algorithm>
#include <cassert>

#include "content/apps.h"

namespace limier::content {
namespace {

std::size_t cell_of(std::string_view column) {
  const auto& columns = catalog::kKindOf<catalog::App>.columns;
  const auto found = std::ranges::find(columns, column, &catalog::ColumnInfo::name);
  assert(found != columns.end());
  return catalog::kPlaceCells + static_cast<std::size_t>(found - columns.begin());
}

}  // namespace

void complete_app(catalog::App& app, const std::set<std::string, std::less<>>& parsed) {
  app.parsed = parsed.contains(app.package);
  if (const KnownApp* known = known_apps().by_id(app.package)) {
    if (app.name.empty()) app.name = known->name;
    app.category = known->category;
  }
}

void AppRows::add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                        std::string_view version) {
  static const std::size_t kPackage = cell_of("package"), kName = cell_of("name"), kCategory = cell_of("category"),
                           kParsed = cell_of("parsed");
  const auto* package = &kind == &catalog::kKindOf<catalog::App> ? std::get_if<std::string>(&cells[kPackage]) : nullptr;
  if (package != nullptr) {
    catalog::App app;
    app.package = *package;
    if (const auto* name = std::get_if<std::string>(&cells[kName])) app.name = *name;
    complete_app(app, parsed_);
    if (!app.name.empty()) cells[kName] = app.name;
    if (!app.category.empty()) cells[kCategory] = app.category;
    cells[kParsed] = std::int64_t{app.parsed ? 1 : 0};
  }
  rows_.add_cells(kind, std::move(cells), maker, version);
}

}  // namespace limier::content
