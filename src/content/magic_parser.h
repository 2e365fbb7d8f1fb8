// What the table of types has no name for, asked of libmagic. It says something of noise too, so most of what it says
// by two bytes alone is not taken (docs/types.md).
#pragma once

#include "content/magic.h"
#include "limier/content.h"

namespace limier::content {

class MagicParser final : public Parser {
 public:
  MagicParser();
  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] std::string_view version() const override;
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  Magic magic_;  // nullptr: its database cannot be read
};

}  // namespace limier::content
