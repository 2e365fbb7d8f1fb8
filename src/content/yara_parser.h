// Rules of the user over the bytes of every content, by libyara.
#pragma once

#include "content/yara.h"
#include "limier/content.h"

namespace limier::content {

class YaraParser final : public Parser {
 public:
  explicit YaraParser(YaraRules rules) : rules_(std::move(rules)) {}
  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] std::string_view version() const override;
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  YaraRules rules_;
};

}  // namespace limier::content
