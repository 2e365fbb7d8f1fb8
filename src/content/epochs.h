// How applications count time. A pack names one for every time it maps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace limier::content {

struct Epoch {
  // kCount: units since a zero. kDays: days since a zero, mostly with a fraction. kDos: date and time of day in two
  // halves of 32 bits. kText: ISO 8601.
  enum class Form : std::uint8_t { kCount, kDays, kDos, kText };

  std::string_view name;
  std::int64_t zero_s = 0;   // seconds since 1970 of its zero
  std::int64_t unit_ns = 1;  // what one is
  // Values from here on, on either side of zero, count `larger_unit_ns`: some applications changed the unit in the life
  // of a database. 0: they do not.
  std::int64_t larger_from = 0;
  std::int64_t larger_unit_ns = 1;
  Form form = Form::kCount;
};

std::span<const Epoch> epochs();
const Epoch* find_epoch(std::string_view name);

// Nanoseconds since 1970; none where 64 bits do not hold them.
std::optional<std::int64_t> time_of(const Epoch& epoch, std::int64_t value);
std::optional<std::int64_t> time_of(const Epoch& epoch, double value);
// Of a time that is a text: with a zone (Z, +02:00) or without one, then as if it were UTC.
std::optional<std::int64_t> time_of(const Epoch& epoch, std::string_view text);

}  // namespace limier::content
