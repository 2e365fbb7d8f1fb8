// Outlook's stores of mail (PST, OST): messages and contacts of their folders, and what was deleted from them.
#pragma once

#include "content/charset.h"
#include "limier/content.h"

namespace limier::content {

// Two parsers, since looking for what was deleted is where a damaged store may take its reader down.
class PstParser final : public Parser {
 public:
  enum class Part { kFolders, kDeleted };
  explicit PstParser(Part part) : part_(part) {}

  [[nodiscard]] std::string_view name() const override { return part_ == Part::kFolders ? "pst" : "pst-deleted"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  Part part_;
  Charsets charsets_;
};

}  // namespace limier::content
