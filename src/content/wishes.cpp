#include "limier/content/parsers.h"

namespace limier::content {
namespace {

constexpr std::array<std::string_view, 1> kSqlite{"application/vnd.sqlite3"};

constexpr std::array kWishes{
    Wish{"sqlite", "1", kSqlite},
};

}  // namespace

std::span<const Wish> wishes() {
  return kWishes;
}

}  // namespace limier::content
