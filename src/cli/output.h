// Standard output, text for people, and tables. Nothing from evidence reaches a terminal but through terminal_text().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limier::cli {

// Buffered writing to a descriptor. A reader that went away (`| head`) is no error: the rest is dropped and broken()
// tells a loop that it may stop.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void write(std::string_view text);
  void flush();
  [[nodiscard]] bool broken() const { return broken_; }
  // errno of a failed write other than "nobody reads any more"; 0 when all went well.
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  std::string buffer_;
  bool broken_ = false;
  int error_ = 0;
};

// Colours only where they can be seen and are wanted.
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return wrap("32", text); }
  [[nodiscard]] std::string warn(std::string_view text) const { return wrap("33", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return wrap("31", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;
  bool colour_;
};

// True when `fd` is a terminal that understands colours and neither --no-color nor NO_COLOR forbids them.
bool colour_wanted(int fd, bool no_color);

// Code points, which is the display width but for wide and combining characters.
std::size_t display_width(std::string_view text);
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

std::string group_digits(std::uint64_t number);  // 12,345
std::string human_size(std::uint64_t bytes);     // "1.5 GiB", "512 bytes"
std::string exact_size(std::uint64_t bytes);     // "1.5 GiB (1,610,612,736 bytes)"
std::string plural(std::uint64_t count, std::string_view one, std::string_view many);  // "1 file", "2 files"

enum class Align { kLeft, kRight };

// Columns as wide as their widest cell; cells are already fit for the sink.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }
  void print_header(Output& out, const Style& style, std::string_view indent);
  // Prints and forgets the rows; the widths stay, so that a long listing can be printed in parts.
  void print_rows(Output& out, std::string_view indent);
  void print(Output& out, const Style& style, std::string_view indent);

 private:
  void measure();
  [[nodiscard]] std::string line(const std::vector<std::string>& cells) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

// "name:      value" with the values in one column.
class Facts {
 public:
  void add(std::string name, std::string value) { rows_.emplace_back(std::move(name), std::move(value)); }
  void print(Output& out, const Style& style, std::string_view indent) const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

}  // namespace limier::cli
