#include "limier/content/packs.h"

namespace limier::content {
namespace {

char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool path_matches(std::string_view glob, std::string_view path) {
  std::size_t at = 0;  // in the glob
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;  // of the path, by that star
  for (std::size_t i = 0; i < path.size();) {
    if (at < glob.size() && glob[at] == '*') {
      star = at++;
      taken = i;
    } else if (at < glob.size() && (glob[at] == '?' || small_letter(glob[at]) == small_letter(path[i]))) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++taken;
    } else {
      return false;
    }
  }
  while (at < glob.size() && glob[at] == '*') ++at;
  return at == glob.size();
}

}  // namespace limier::content
