// A content line by line, in a window: the content may be of any size.
#pragma once

#include <string_view>
#include <vector>

#include "limier/content.h"

namespace limier::content {

struct TextLine {
  std::uint64_t file_offset = 0;
  std::string_view text;  // until the next call
  std::string_view eol;   // "\n", "\r\n", or empty: the line goes on, or the content ends
  bool starts = true;     // false: a further piece of a long line
};

class LineReader {
 public:
  // From `begin` to before `end`, or to where the content ends.
  LineReader(const Reader& reader, std::uint64_t begin, std::uint64_t end);
  bool next(TextLine& line);
  // Some bytes could not be read; zeros stand for them.
  [[nodiscard]] bool were_bytes_missing() const { return missing_; }

 private:
  bool fill();

  const Reader& reader_;
  std::uint64_t at_, end_;  // `at_`: of the window's first unread byte
  std::vector<std::uint8_t> window_;
  std::size_t first_ = 0, size_ = 0;
  bool starts_ = true, missing_ = false;
};

}  // namespace limier::content
