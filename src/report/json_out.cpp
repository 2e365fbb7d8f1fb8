#include "report/json_out.h"

#include <fmt/format.h>

namespace limier::report {

void JsonOut::begin(std::string_view key) {
  if (levels_.empty()) return;
  out_ << (levels_.back().empty ? "\n" : ",\n") << std::string(levels_.size() * 2, ' ');
  levels_.back().empty = false;
  if (!key.empty()) out_ << json_string(key) << ": ";
}

void JsonOut::open(std::string_view key, char bracket) {
  begin(key);
  out_ << std::string_view(&bracket, 1);
  levels_.push_back({bracket == '{' ? '}' : ']', true});
}

void JsonOut::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) out_ << "\n" << std::string(levels_.size() * 2, ' ');
  out_ << std::string_view(&level.close, 1);
  if (levels_.empty()) out_ << "\n";
}

void JsonOut::integer(std::string_view key, std::int64_t value) {
  begin(key);
  out_ << fmt::format("{}", value);
}
void JsonOut::real(std::string_view key, double value) {
  begin(key);
  out_ << fmt::format("{:.3f}", value);
}
void JsonOut::number(std::string_view key, double value) {
  begin(key);
  out_ << fmt::format("{}", value);
}
void JsonOut::boolean(std::string_view key, bool value) {
  begin(key);
  out_ << (value ? "true" : "false");
}
void JsonOut::null(std::string_view key) {
  begin(key);
  out_ << "null";
}
void JsonOut::text(std::string_view key, std::string_view value) {
  begin(key);
  out_ << json_string(value);
}
void JsonOut::maybe_integer(std::string_view key, const std::optional<std::int64_t>& value) {
  if (value)
    integer(key, *value);
  else
    null(key);
}
void JsonOut::maybe_text(std::string_view key, const std::optional<std::string>& value) {
  if (value)
    text(key, *value);
  else
    null(key);
}
void JsonOut::evidence_text(std::string_view key, std::string_view bytes) {
  text(key, bytes);
  if (!is_valid_utf8(bytes)) text(std::string(key) + "_hex", hex(bytes));
}
void JsonOut::maybe_evidence_text(std::string_view key, const std::optional<std::string>& bytes) {
  if (bytes)
    evidence_text(key, *bytes);
  else
    null(key);
}

}  // namespace limier::report
