// Files that are text: what stands in them, part by part, in UTF-8, so that it can be searched and read.
#pragma once

#include "limier/content.h"

namespace limier::content {

class TextParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "text"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

// Of one part of a file.
inline constexpr std::size_t kTextPartBytes = 32u << 10;

}  // namespace limier::content
