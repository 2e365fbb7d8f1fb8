// Applications that no pack reads, known by where their files lie: that they are or were there, and whether the bytes
// of their databases are locked.
#pragma once

#include <set>
#include <string>

#include "limier/content.h"

namespace limier::content {

class AppTracesParser final : public Parser {
 public:
  // Ids of applications whose databases a pack reads.
  explicit AppTracesParser(std::set<std::string, std::less<>> read_by_packs) : parsed_(std::move(read_by_packs)) {}

  [[nodiscard]] std::string_view name() const override { return "apps"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  std::set<std::string, std::less<>> parsed_;
};

// Whether bytes from `offset` on look like chance: encrypted, or compressed.
bool looks_random(const Reader& reader, std::uint64_t offset);

}  // namespace limier::content
