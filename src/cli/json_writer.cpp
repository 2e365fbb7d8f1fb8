#include "cli/json_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "limier/base.h"

namespace limier::cli {

void JsonWriter::new_line(std::size_t depth) {
  out_.write("\n");
  out_.write(std::string(2 * depth, ' '));
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.empty) out_.write(level.expanded ? "," : ", ");
  level.empty = false;
  if (level.expanded) new_line(levels_.size());
}

JsonWriter& JsonWriter::begin(char open, char close) {
  separate();
  out_.write(std::string_view(&open, 1));
  levels_.push_back({close, levels_.size() < expand_});
  return *this;
}

JsonWriter& JsonWriter::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (level.expanded && !level.empty) new_line(levels_.size());
  out_.write(std::string_view(&level.close, 1));
  return *this;
}

void JsonWriter::finish() {
  while (!levels_.empty()) end();
  out_.write("\n");
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_.write(json_string(name));
  out_.write(": ");
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::scalar(std::string_view text) {
  separate();
  out_.write(text);
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view bytes) {
  return scalar(json_string(bytes));
}
JsonWriter& JsonWriter::integer(std::int64_t value) {
  return scalar(std::to_string(value));
}
JsonWriter& JsonWriter::number(std::uint64_t value) {
  return scalar(std::to_string(value));
}
JsonWriter& JsonWriter::real(double value) {
  return std::isfinite(value) ? scalar(fmt::format("{}", value)) : null();
}
JsonWriter& JsonWriter::boolean(bool value) {
  return scalar(value ? "true" : "false");
}
JsonWriter& JsonWriter::null() {
  return scalar("null");
}

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view bytes) {
  key(name);
  return bytes.empty() ? null() : text(bytes);
}

JsonWriter& JsonWriter::evidence(std::string_view name, std::string_view bytes) {
  text(name, bytes);
  if (!is_valid_utf8(bytes)) text(std::string(name) + "_raw", hex(bytes));
  return *this;
}

}  // namespace limier::cli
