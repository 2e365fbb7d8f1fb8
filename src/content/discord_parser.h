// Messages in answers of Discord's servers that the application keeps: lists of messages in JSON, alone in a file or in
// the database of the system's cache.
#pragma once

#include "limier/content.h"

namespace limier::content {

class DiscordParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "discord"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;
};

}  // namespace limier::content
