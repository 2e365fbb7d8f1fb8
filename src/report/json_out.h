// A JSON document written as it goes: two-space indent, commas and nesting kept right, no tree in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/out_file.h"

namespace limier::report {

class JsonOut {
 public:
  explicit JsonOut(OutFile& out) : out_(out) {}
  // `key` is empty for elements of an array and for the document itself.
  void object(std::string_view key = {}) { open(key, '{'); }
  void array(std::string_view key) { open(key, '['); }
  void end();
  void integer(std::string_view key, std::int64_t value);
  void real(std::string_view key, double value);    // three decimals
  void number(std::string_view key, double value);  // all of it; `value` is finite
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);
  void text(std::string_view key, std::string_view value);
  void maybe_integer(std::string_view key, const std::optional<std::int64_t>& value);
  void maybe_text(std::string_view key, const std::optional<std::string>& value);
  // As text, and the exact bytes as <key>_hex where they are no UTF-8.
  void evidence_text(std::string_view key, std::string_view bytes);
  void maybe_evidence_text(std::string_view key, const std::optional<std::string>& bytes);

 private:
  struct Level {
    char close;
    bool empty;
  };
  void open(std::string_view key, char bracket);
  void begin(std::string_view key);

  OutFile& out_;
  std::vector<Level> levels_;
};

}  // namespace limier::report
