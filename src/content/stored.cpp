// Values of statements, and what decoders make of them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "content/row_fill.h"

namespace limier::content {
namespace {

constexpr std::size_t kExampleBytes = 24;  // of a value that does not decode

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string example_of(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes.substr(0, kExampleBytes)) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return fmt::format("{} bytes, {}{}", bytes.size(), hex, bytes.size() > kExampleBytes ? "…" : "");
}

}  // namespace

int Stored::type() const {
  if (statement_ != nullptr) return statement_->type(column_);
  return std::holds_alternative<std::int64_t>(decoded_) ? SQLITE_INTEGER
         : std::holds_alternative<double>(decoded_)     ? SQLITE_FLOAT
                                                        : SQLITE_TEXT;
}

std::int64_t Stored::integer() const {
  if (statement_ != nullptr) return statement_->integer(column_);
  const auto* number = std::get_if<std::int64_t>(&decoded_);
  return number == nullptr ? 0 : *number;
}

double Stored::real() const {
  if (statement_ != nullptr) return statement_->real(column_);
  if (const auto* real = std::get_if<double>(&decoded_)) return *real;
  return static_cast<double>(integer());
}

std::string Stored::text() const {
  if (statement_ != nullptr) return std::string(statement_->text(column_));
  if (const auto* text = std::get_if<std::string>(&decoded_)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&decoded_)) return std::to_string(*number);
  return fmt::format("{}", std::get<double>(decoded_));
}

bool Stored::is_set() const {
  switch (type()) {
    case SQLITE_NULL:
      return false;
    case SQLITE_INTEGER:
      return integer() != 0;
    case SQLITE_FLOAT:
      return real() != 0;
    default: {
      const std::string held = text();
      return !held.empty() && held != "0";
    }
  }
}

std::optional<std::int64_t> Stored::whole() const {
  switch (type()) {
    case SQLITE_INTEGER:
      return integer();
    case SQLITE_FLOAT: {
      static constexpr double kMost = 9.2e18;
      const double value = real();
      if (std::floor(value) != value || std::fabs(value) > kMost) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    case SQLITE_TEXT:
      return whole_number(text());
    default:
      return std::nullopt;
  }
}

Result<BoundSource> BoundSource::bind(const CellSource& source, const Statement& statement) {
  const auto column = statement.column(source.column);
  if (!column) return Error{ErrorKind::kUsage, fmt::format("its statement has no column '{}'", source.column)};
  BoundSource bound;
  bound.source_ = &source;
  bound.column_ = *column;
  return bound;
}

std::vector<Stored> BoundSource::all(const Statement& statement, FillDoubts& doubts) const {
  std::vector<Stored> held;
  if (statement.is_null(column_)) return held;
  if (source_->steps.empty()) {
    held.emplace_back(statement, column_);
    return held;
  }
  const bool is_text = statement.type(column_) == SQLITE_TEXT;
  const std::string_view bytes = statement.text(column_);
  if (bytes.empty()) return held;
  std::vector<decode::Value> values;
  if (decode::run_steps(source_->steps, as_bytes(bytes), values)) {
    for (decode::Value& value : values) held.emplace_back(std::move(value));
    return held;
  }
  auto& doubt = doubts.undecoded[source_->column];
  if (doubt.count++ == 0) doubt.example = example_of(bytes);
  if (is_text) held.emplace_back(statement, column_);
  return held;
}

std::optional<Stored> BoundSource::first(const Statement& statement, bool texts, FillDoubts& doubts) const {
  if (source_->steps.empty()) {
    if (statement.is_null(column_) || (texts && statement.text(column_).empty())) return std::nullopt;
    return Stored(statement, column_);
  }
  auto held = all(statement, doubts);
  const auto found = std::ranges::find_if(held, [&](const Stored& one) { return !texts || !one.text().empty(); });
  return found == held.end() ? std::nullopt : std::optional(std::move(*found));
}

}  // namespace limier::content
