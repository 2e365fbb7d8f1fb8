#include "content/hit_rows.h"

#include <fmt/format.h>

namespace limier::content {
namespace {

constexpr std::size_t kMostPlaces = 100;  // of a value

}  // namespace

void HitRows::add(catalog::ByteHit found, catalog::RowPlace place, std::string decode_path) {
  crowded_ += found.left_out;
  std::string kind(entities::kind_word(found.kind));
  const auto [value, is_new] = values_.try_emplace({kind, found.normalized});
  Value& known = value->second;
  if (known.rows == kMostPlaces) {
    ++known.left_out;
    return;
  }
  if (full()) {
    if (is_new) values_.erase(value);
    ++crowded_;
    return;
  }
  ++known.rows;
  known.last = hits_.size();
  catalog::Hit& hit = hits_.emplace_back();
  hit.place = std::move(place);
  hit.kind = std::move(kind);
  hit.value = std::move(found.value);
  hit.normalized = std::move(found.normalized);
  hit.validated = static_cast<catalog::Validated>(found.proof);
  hit.encoding = found.wide ? "utf-16le" : "utf-8";
  hit.decode_path = std::move(decode_path);
  hit.context = std::move(found.context);
}

void HitRows::give(std::string_view maker, std::string_view version, Rows& rows) {
  for (const auto& [name, value] : values_)
    if (value.left_out > 0) hits_[value.last].left_out = value.left_out;
  for (const catalog::Hit& hit : hits_) rows.add(hit, maker, version);
  if (crowded_ > 0)
    rows.issue(
        "hits-too-many",
        fmt::format("{} numbers, addresses and keys in it are counted and not listed: there are too many", crowded_),
        true);
}

}  // namespace limier::content
