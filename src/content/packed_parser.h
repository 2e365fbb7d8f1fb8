// Numbers, addresses and keys inside of what is packed: gzip, ZIP and the office documents that are ZIP files. Nothing
// is unpacked to a disk, and no member is held as a whole.
#pragma once

#include "limier/content.h"

namespace limier::content {

class PackedParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "packed"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

}  // namespace limier::content
