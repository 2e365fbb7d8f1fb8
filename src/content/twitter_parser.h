// Direct messages of X (Twitter) on iOS: the archive of the inbox that the application keeps for each account.
#pragma once

#include "limier/content.h"

namespace limier::content {

class TwitterParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "twitter"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

}  // namespace limier::content
