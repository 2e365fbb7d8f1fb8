// Files in which a device says what it is: applications, settings, networks. Which kind a file is follows from what
// stands in it; its name only chose it (wishes.cpp).
#pragma once

#include <set>
#include <string>

#include "limier/content.h"

namespace limier::content {

class DeviceFilesParser final : public Parser {
 public:
  // Ids of applications whose databases a pack reads.
  explicit DeviceFilesParser(std::set<std::string, std::less<>> read_by_packs) : parsed_(std::move(read_by_packs)) {}

  [[nodiscard]] std::string_view name() const override { return "device"; }
  [[nodiscard]] std::string_view version() const override { return "1"; }
  Outcome parse(const Source& source, Rows& rows) const override;

 private:
  std::set<std::string, std::less<>> parsed_;
};

inline constexpr std::uint64_t kMaxDeviceFileBytes = 32u << 20;

}  // namespace limier::content
