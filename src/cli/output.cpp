#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace limier::cli {
namespace {

constexpr std::size_t kFlushAt = 64u << 10;

}  // namespace

void Output::write(std::string_view text) {
  if (broken_ || error_ != 0) return;
  buffer_.append(text);
  if (buffer_.size() >= kFlushAt) flush();
}

void Output::flush() {
  std::size_t done = 0;
  while (done < buffer_.size() && !broken_ && error_ == 0) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno == EPIPE) {
      broken_ = true;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

std::string Style::wrap(std::string_view code, std::string_view text) const {
  if (!colour_) return std::string(text);
  return fmt::format("\x1B[{}m{}\x1B[0m", code, text);
}

bool colour_wanted(int fd, bool no_color) {
  if (no_color || ::isatty(fd) != 1) return false;
  const char* forbidden = std::getenv("NO_COLOR");
  if (forbidden != nullptr && *forbidden != '\0') return false;
  const char* terminal = std::getenv("TERM");
  return terminal != nullptr && std::string_view(terminal) != "dumb" && *terminal != '\0';
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

std::string pad_right(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t has = display_width(text);
  if (has < width) padded.append(width - has, ' ');
  return padded;
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t has = display_width(text);
  std::string padded(has < width ? width - has : 0, ' ');
  padded.append(text);
  return padded;
}

std::string group_digits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return plural(bytes, "byte", "bytes");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string exact_size(std::uint64_t bytes) {
  if (bytes < 1024) return human_size(bytes);
  return fmt::format("{} ({} bytes)", human_size(bytes), group_digits(bytes));
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", group_digits(count), count == 1 ? one : many);
}

void Table::measure() {
  widths_.resize(columns_.size(), 0);
  for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = std::max(widths_[i], display_width(columns_[i].title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size() && i < widths_.size(); ++i)
      widths_[i] = std::max(widths_[i], display_width(row[i]));
}

std::string Table::line(const std::vector<std::string>& cells) const {
  std::string text;
  for (std::size_t i = 0; i < columns_.size() && i < cells.size(); ++i) {
    if (i > 0) text += "  ";
    const bool last = i + 1 == columns_.size();
    if (columns_[i].align == Align::kRight) {
      text += pad_left(cells[i], widths_[i]);
    } else {
      text += last ? cells[i] : pad_right(cells[i], widths_[i]);
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

void Table::print_header(Output& out, const Style& style, std::string_view indent) {
  measure();
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  out.write(fmt::format("{}{}\n", indent, style.bold(line(titles))));
}

void Table::print_rows(Output& out, std::string_view indent) {
  if (widths_.empty()) measure();
  for (const auto& row : rows_) {
    if (out.broken()) break;
    out.write(fmt::format("{}{}\n", indent, line(row)));
  }
  rows_.clear();
}

void Table::print(Output& out, const Style& style, std::string_view indent) {
  print_header(out, style, indent);
  print_rows(out, indent);
}

void Facts::print(Output& out, const Style& style, std::string_view indent) const {
  std::size_t width = 0;
  for (const auto& row : rows_) width = std::max(width, display_width(row.first));
  for (const auto& [name, value] : rows_)
    out.write(fmt::format("{}{}  {}\n", indent, style.dim(pad_right(name, width)), value));
}

}  // namespace limier::cli
