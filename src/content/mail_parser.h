// Messages of mail in files: alone (EML), as Apple Mail keeps them (EMLX), many in one file (MBOX).
#pragma once

#include "content/charset.h"
#include "limier/content.h"

namespace limier::content {

class MailParser final : public Parser {
 public:
  [[nodiscard]] std::string_view name() const override { return "mail"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  Charsets charsets_;
};

}  // namespace limier::content
