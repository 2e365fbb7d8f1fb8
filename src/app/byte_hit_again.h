// A number or address that stands in bytes which no parser read: whether it stands there still.
#pragma once

#include "limier/app.h"
#include "limier/base.h"
#include "limier/store.h"

namespace limier::app {

struct HitInBytes {
  std::string value;
  bool wide = false;  // UTF-16LE
  std::optional<std::uint64_t> image_offset;
  [[nodiscard]] std::size_t length() const { return value.size() * (wide ? 2 : 1); }
};
// nullopt: it stands in the text of a row, or there is no such hit.
Result<std::optional<HitInBytes>> hit_in_bytes(store::Index& index, std::int64_t hit_id);

// `bytes`: those that begin at its place, read again; fewer than it has when they could not be read.
Derived see_again(const HitInBytes& hit, Bytes bytes);

}  // namespace limier::app
