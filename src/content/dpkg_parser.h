// Lists of the files that a Debian package brought, /var/lib/dpkg/info/PACKAGE.md5sums: a row for each. The index keeps
// those of which another file is there now; the others say that a file is known.
#pragma once

#include "limier/content.h"

namespace limier::content {

class DpkgParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "dpkg"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

inline constexpr std::uint64_t kMaxDpkgBytes = 32u << 20;

}  // namespace limier::content
