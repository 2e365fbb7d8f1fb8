// Numbers, addresses and keys inside of what is packed: gzip, ZIP and the office documents that are ZIP files. Nothing
// is unpacked to a disk, and no member is held as a whole.
#pragma once

#include "limier/content.h"

namespace limier::content {

class PackedParser final : public Parser {
 public:
  // With the keywords of the run; nullptr: none.
  explicit PackedParser(std::shared_ptr<const keywords::Matcher> keywords) : keywords_(std::move(keywords)) {}
  [[nodiscard]] const keywords::Matcher* keywords() const { return keywords_.get(); }
  [[nodiscard]] std::string_view name() const override { return "packed"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  std::shared_ptr<const keywords::Matcher> keywords_;
};

}  // namespace limier::content
