#include "cli/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "limier/base.h"

namespace limier::cli {
namespace {

constexpr std::array<std::string_view, 4> kFlags{"allocated", "deleted", "orphan", "ext_mismatch"};

std::string bytes_hex(const std::vector<std::uint8_t>& bytes) {
  return hex(as_text(Bytes(bytes)));
}

}  // namespace

bool content_was_read(store::Index& index) {
  auto run = index.query("SELECT profile FROM v_run ORDER BY run_id DESC LIMIT 1");
  return !run || !run->step() || run->text(0) != "list";
}

std::vector<std::string> unique_names(const store::Query& query) {
  std::vector<std::string> names;
  for (int column = 0; column < query.column_count(); ++column) {
    const std::string name = query.column_name(column);
    std::string unique = name;
    for (int n = 2; std::find(names.begin(), names.end(), unique) != names.end(); ++n)
      unique = fmt::format("{}_{}", name, n);
    names.push_back(unique);
  }
  return names;
}

void write_row(JsonWriter& json, const store::Query& query, const std::vector<std::string>& names) {
  json.begin_object();
  write_cells(json, query, names);
  json.end();
}

void write_cells(JsonWriter& json, const store::Query& query, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    json.key(names[i]);
    const store::Value value = query.value(static_cast<int>(i));
    const bool flag = std::find(kFlags.begin(), kFlags.end(), names[i]) != kFlags.end();
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      if (flag && (*number == 0 || *number == 1))
        json.boolean(*number == 1);
      else
        json.integer(*number);
    } else if (const auto* real = std::get_if<double>(&value)) {
      json.real(*real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      json.text(*text);
    } else if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value)) {
      json.text(bytes_hex(*bytes));
    } else {
      json.null();
    }
  }
}

std::string cell_text(const store::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return terminal_text(*text);
  if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value))
    return fmt::format("x'{}'", bytes_hex(*bytes));
  return "NULL";
}

std::string csv_cell(const store::Value& value) {
  if (is_number(value)) return cell_text(value);
  if (const auto* text = std::get_if<std::string>(&value)) return csv_field(*text);
  if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value)) return csv_field(bytes_hex(*bytes));
  return "";
}

bool is_number(const store::Value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

std::string short_time(const std::string& text) {
  std::string shorter = text;
  const bool utc = shorter.ends_with('Z');
  if (utc) shorter.pop_back();
  if (shorter.ends_with(".000000000")) shorter.resize(shorter.size() - 10);
  if (const auto t = shorter.find('T'); t != std::string::npos) shorter[t] = ' ';
  if (utc) shorter += 'Z';
  return shorter;
}

std::string time_to_seconds(const std::string& text) {
  std::string shorter = short_time(text);
  const std::size_t point = shorter.find('.');
  if (point != std::string::npos) shorter.erase(point, shorter.size() - point - (shorter.ends_with('Z') ? 1 : 0));
  return shorter;
}

}  // namespace limier::cli
