// A number or address that stands in bytes which no parser read: whether it stands there still.
#pragma once

#include "limier/app.h"
#include "limier/base.h"
#include "limier/store.h"

namespace limier::app {

struct HitInBytes {
  std::string value;
  keywords::Encoding encoding{};
  std::optional<std::uint64_t> image_offset;
  [[nodiscard]] std::string bytes() const { return keywords::from_utf8(value, encoding); }
  [[nodiscard]] std::size_t length() const { return bytes().size(); }
};
// nullopt: it stands in the text of a row, or there is no such hit.
Result<std::optional<HitInBytes>> hit_in_bytes(store::Index& index, std::int64_t hit_id);

// `bytes`: those that begin at its place, read again; fewer than it has when they could not be read.
Derived see_again(const HitInBytes& hit, Bytes bytes);

}  // namespace limier::app
