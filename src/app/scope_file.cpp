#include "app/scope_file.h"

#include "app/case_folder.h"
#include "limier/app.h"
#include "limier/rules/scope_file.h"

namespace limier::app {

Result<std::shared_ptr<const catalog::Scope>> load_scope(const std::string& path) {
  LIMIER_TRY(const std::string bytes, read_file(path));
  return rules::parse_scope(bytes, path);
}

Result<std::string> scope_file_sha256(const std::string& path) {
  LIMIER_TRY(const auto scope, load_scope(path));
  return scope->sha256();
}

}  // namespace limier::app
