#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "limier/base.h"

namespace limier {
namespace {

struct Row {
  std::int64_t number = 0;
  std::uint32_t arrived = 0;
  bool operator==(const Row&) const = default;
};

// Numbers of all sizes, a quarter of them not for the first time.
std::vector<Row> some_rows(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bits = static_cast<std::int64_t>(random() >> (random() % 64));
    const std::int64_t number = random() % 2 == 0 ? bits : -bits;
    rows.push_back({!rows.empty() && random() % 4 == 0 ? rows[random() % rows.size()].number : number, i});
  }
  return rows;
}

std::vector<Row> stably_sorted(std::vector<Row> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.number < b.number; });
  return rows;
}

const auto kNumber = [](const Row& row) { return row.number; };

TEST(SortByNumber, IsAStableSort) {
  for (const std::size_t count : {0u, 1u, 2u, 127u, 128u, 129u, 5000u}) {
    auto rows = some_rows(count, count);
    const auto expected = stably_sorted(rows);
    sort_by_number(rows, kNumber);
    EXPECT_EQ(rows, expected) << count;
    sort_by_number(rows, kNumber);
    EXPECT_EQ(rows, expected) << count << ", sorted before";
  }
}

TEST(SortByNumber, PutsTheLeastAndTheGreatestAtTheEnds) {
  auto rows = some_rows(300, 1);
  rows.push_back({std::numeric_limits<std::int64_t>::min(), 300});
  rows.insert(rows.begin(), {std::numeric_limits<std::int64_t>::max(), 301});
  sort_by_number(rows, kNumber);
  EXPECT_EQ(rows.front().arrived, 300u);
  EXPECT_EQ(rows.back().arrived, 301u);
}

TEST(SortByNumber, TakesUnsignedNumbersAsTheyAre) {
  std::vector<std::uint64_t> numbers(200, 7);
  numbers.front() = std::numeric_limits<std::uint64_t>::max();
  sort_by_number(numbers, [](std::uint64_t number) { return number; });
  EXPECT_EQ(numbers.back(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(OrderByNumber, LeavesTheRowsWhereTheyAre) {
  const auto rows = some_rows(3000, 2);
  std::vector<Row> in_order;
  for (const std::uint32_t at : order_by_number(std::span(rows), kNumber)) in_order.push_back(rows[at]);
  EXPECT_EQ(in_order, stably_sorted(rows));
}

TEST(PutInOrder, DoesInPlaceWhatTheOrderSays) {
  for (const std::size_t count : {0u, 1u, 2u, 3000u}) {
    auto rows = some_rows(count, 3);
    const auto expected = stably_sorted(rows);
    put_in_order(rows, order_by_number(std::span<const Row>(rows), kNumber));
    EXPECT_EQ(rows, expected) << count;
  }
}

}  // namespace
}  // namespace limier
