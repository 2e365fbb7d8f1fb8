#include "app/byte_hit_again.h"

#include <algorithm>

namespace limier::app {

Result<std::optional<HitInBytes>> hit_in_bytes(store::Index& index, std::int64_t hit_id) {
  // What the sweep unpacks is named by how it is packed; what a parser found, by its row or number.
  LIMIER_TRY(auto row, index.query("SELECT value, value_raw, encoding, image_offset FROM v_hit WHERE hit_id = ?1 AND "
                                   "coalesce(decode_path, 'deflate') IN ('deflate', 'zstd', 'bzip2', 'lzma')"));
  row.bind(1, hit_id);
  if (!row.step()) return row.status().ok() ? Result<std::optional<HitInBytes>>(std::nullopt) : row.status().error();
  HitInBytes hit;
  const auto raw = row.blob(1);
  hit.value = raw.empty() ? row.text(0) : std::string(as_text(Bytes(raw)));
  const std::string encoding = row.text(2);
  const auto known = std::ranges::find(keywords::kEncodingWords, encoding);
  if (known != keywords::kEncodingWords.end())
    hit.encoding = static_cast<keywords::Encoding>(known - keywords::kEncodingWords.begin());
  if (!row.is_null(3)) hit.image_offset = static_cast<std::uint64_t>(row.integer(3));
  return std::optional(std::move(hit));
}

Derived see_again(const HitInBytes& hit, Bytes bytes) {
  Derived derived;
  if (bytes.size() < hit.length()) {
    derived.reason = "its bytes could not be read again";
    return derived;
  }
  const std::string now(as_text(bytes.first(hit.length())));
  derived.columns = {"value"};
  derived.state = now == hit.bytes() ? Derived::State::kAgrees : Derived::State::kDiffers;
  if (derived.state == Derived::State::kDiffers)
    derived.differences.push_back({"value", hit.value, keywords::to_utf8(now, hit.encoding)});
  return derived;
}

}  // namespace limier::app
