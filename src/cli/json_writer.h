// JSON to an Output, piece by piece, so that a listing of a million rows is never in memory.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cli/output.h"

namespace limier::cli {

class JsonWriter {
 public:
  // Containers nested less deep than `expand` are written one element a line, the others on one line.
  JsonWriter(Output& out, std::size_t expand) : out_(out), expand_(expand) {}

  JsonWriter& begin_object() { return begin('{', '}'); }
  JsonWriter& begin_array() { return begin('[', ']'); }
  JsonWriter& end();
  // Ends the document with a newline.
  void finish();

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view bytes);  // valid UTF-8 as it is, invalid bytes as U+FFFD
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& real(double value);  // null when not finite: JSON has no word for it
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  JsonWriter& text(std::string_view name, std::string_view bytes) { return key(name).text(bytes); }
  JsonWriter& number(std::string_view name, std::uint64_t value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  // Null when empty.
  JsonWriter& text_or_null(std::string_view name, std::string_view bytes);
  // Bytes from evidence: as text(), and the exact bytes in hex under NAME_raw where the text had to be repaired.
  JsonWriter& evidence(std::string_view name, std::string_view bytes);

 private:
  struct Level {
    char close;
    bool expanded;
    bool empty = true;
  };
  JsonWriter& begin(char open, char close);
  JsonWriter& scalar(std::string_view text);
  void separate();
  void new_line(std::size_t depth);

  Output& out_;
  std::size_t expand_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace limier::cli
