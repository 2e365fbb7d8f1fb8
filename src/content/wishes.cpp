#include "limier/content/parsers.h"

namespace limier::content {
namespace {

constexpr std::array<std::string_view, 3> kMail{"message/rfc822", "message/x-emlx", "application/mbox"};
constexpr std::array<std::string_view, 1> kPst{"application/vnd.ms-outlook-pst"};
constexpr std::array<std::string_view, 1> kSqlite{"application/vnd.sqlite3"};

constexpr std::array kWishes{
    Wish{"mail", "1", kMail},
    Wish{"pst", "1", kPst},
    Wish{"pst-deleted", "1", kPst},
    Wish{"sqlite", "1", kSqlite},
};
constexpr std::size_t kOfPacks = 3;
static_assert(kWishes[kOfPacks].parser == "sqlite");

}  // namespace

std::span<const Wish> wishes() {
  return kWishes;
}

const Wish& wish_of_packs() {
  return kWishes[kOfPacks];
}

}  // namespace limier::content
