// Numbers, addresses and keys of one content on their way to become rows: so many of a value, and so many in all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/byte_hit.h"
#include "limier/content.h"

namespace limier::content {

class HitRows {
 public:
  void add(catalog::ByteHit found, catalog::RowPlace place, std::string decode_path);
  [[nodiscard]] bool full() const { return hits_.size() >= kMostHits; }
  // With an issue where some are counted only.
  void give(std::string_view maker, std::string_view version, Rows& rows);

 private:
  static constexpr std::size_t kMostHits = 20'000;
  struct Value {
    std::size_t rows = 0, last = 0;
    std::int64_t left_out = 0;
  };
  std::uint64_t crowded_ = 0;
  std::map<std::pair<std::string, std::string>, Value> values_;
  std::vector<catalog::Hit> hits_;
};

}  // namespace limier::content
