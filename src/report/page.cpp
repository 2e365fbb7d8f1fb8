#include "report/page.h"

#include <fmt/format.h>

#include "report/numbers.h"

namespace limier::report {
namespace {

std::string_view css_of(Align align) {
  switch (align) {
    case Align::kText:
      return {};
    case Align::kPath:
      return " class=\"path\"";
    case Align::kNumber:
      return " class=\"num\"";
    case Align::kShort:
      return " class=\"short\"";
    case Align::kSmall:
      return " class=\"small\"";
  }
  return {};
}

}  // namespace

std::string quoted(std::string_view bytes) {
  return "<bdi>" + html_text(bytes) + "</bdi>";
}
std::string code(std::string_view bytes) {
  return "<code><bdi>" + html_text(bytes) + "</bdi></code>";
}
std::string absent() {
  return "<span class=\"none\">–</span>";
}
std::string size_cell(std::int64_t bytes) {
  return human_bytes(bytes);
}
std::string exact_size(std::int64_t bytes) {
  if (bytes < 1024) return plural(bytes, "byte", "bytes");
  return fmt::format("{} ({} bytes)", human_bytes(bytes), grouped(bytes));
}

std::string time_text(const Words& w, std::string_view iso) {
  constexpr std::size_t kDate = 10, kSeconds = 19;  // lengths of "2021-03-09" and "2021-03-09T05:00:00"
  if (iso.size() < kSeconds) return quoted(iso);
  return fmt::format("<time>{} {}</time>{}", html_text(iso.substr(0, kDate)),
                     html_text(iso.substr(kDate + 1, kSeconds - kDate - 1)),
                     iso.ends_with('Z') ? "" : fmt::format(" <span class=\"tag\">{}</span>", w("local"_w)));
}

std::string page_head(const Words& w, std::string_view title, std::string_view css) {
  const Sha256 digest = *digest_of(as_bytes(css), DigestSet{false, false, true}).sha256;
  std::string out =
      fmt::format("<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n", w.language());
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; "
      "img-src data:; base-uri 'none'; form-action 'none'\">\n",
      base64(digest));
  out +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
      "content=\"no-referrer\">\n";
  out += fmt::format("<title>{}</title>\n<style>", html_text(title));
  out += css;
  return out + "</style>\n</head>\n<body>\n<div class=\"page\">\n";
}

std::string page_end(const Words& w, Key first) {
  const std::string escapes =
      w("Names and texts from the evidence are shown with control, invisible and invalid characters written out (for "
        "example {}; a backslash as {})."_w,
        R"(\x1B, \u{202E}, \xFF)", R"(\\)");
  return fmt::format("</main>\n<footer class=\"end\">{} {}</footer>\n</div>\n</body>\n</html>\n", w(first), escapes);
}
std::string contents_line(int number, std::string_view id, std::string_view title) {
  return fmt::format("<li><a href=\"#{}\"><span class=\"n\">{}</span>{}</a></li>\n", id, number, title);
}

std::string scroll_box(Page& page, std::string_view label) {
  const std::string_view name = label.empty() ? std::string_view(page.label_) : label;
  return fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">",
                     page.words_("Table {}: {}"_w, ++page.boxes_, html_text(name)));
}

void Page::section(int number, std::string_view id, std::string_view title) {
  label_ = title;
  out_ << fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-h\">\n<h2 id=\"{0}-h\"><span class=\"n\">{1}</span>{2}</h2>\n", id,
      number, title);
}

void Page::paragraph(std::string_view html) {
  out_ << "<p>" << html << "</p>\n";
}
void Page::note(std::string_view html) {
  out_ << "<p class=\"note\">" << html << "</p>\n";
}
void Page::heading(std::string_view text) {
  label_ = text;
  out_ << "<h3>" << html_text(text) << "</h3>\n";
}

void Page::table(Key caption_key, std::span<const Column> columns, std::string_view css) {
  const std::string_view caption = words_(caption_key);
  out_ << scroll_box(*this, caption) << "<table";
  if (!css.empty()) out_ << " class=\"" << css << "\"";
  out_ << ">\n";
  if (!caption.empty()) out_ << "<caption>" << html_text(caption) << "</caption>\n";
  out_ << "<thead><tr>";
  aligns_.clear();
  for (const Column& column : columns) {
    out_ << "<th scope=\"col\"" << css_of(column.align) << ">" << html_text(words_(column.title)) << "</th>";
    aligns_.push_back(column.align);
  }
  out_ << "</tr></thead>\n<tbody>\n";
}

void Page::row(std::span<const std::string> cells, std::string_view css) {
  if (css.empty())
    out_ << "<tr>";
  else
    out_ << "<tr class=\"" << css << "\">";
  for (std::size_t i = 0; i < cells.size() && i < aligns_.size(); ++i)
    out_ << "<td" << css_of(aligns_[i]) << ">" << (cells[i].empty() ? absent() : cells[i]) << "</td>";
  out_ << "</tr>\n";
}
void Page::row(std::initializer_list<std::string> cells, std::string_view css) {
  row(std::span<const std::string>(cells.begin(), cells.size()), css);
}

void Page::end_table() {
  out_ << "</tbody></table></div>\n";
}

void Page::pairs(std::span<const std::pair<Key, std::string>> pairs) {
  std::vector<std::pair<std::string, std::string>> said;
  said.reserve(pairs.size());
  for (const auto& [label, value] : pairs) said.emplace_back(words_(label), value);
  this->pairs(said);
}
void Page::pairs(std::span<const std::pair<std::string, std::string>> pairs) {
  out_ << "<dl class=\"pairs\">\n";
  for (const auto& [label, value] : pairs)
    if (!value.empty()) out_ << "<dt>" << label << "</dt><dd>" << value << "</dd>\n";
  out_ << "</dl>\n";
}

}  // namespace limier::report
