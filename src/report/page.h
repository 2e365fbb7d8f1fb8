// Building blocks of report.html. Everything from evidence or the operator goes through quoted(); the rest is our own
// text, by its key in the language of the page.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/out_file.h"
#include "report/words.h"

namespace limier::report {

// Escaped and isolated: <bdi>…</bdi>, so that no character of it can change the text around it.
std::string quoted(std::string_view bytes);
// Digests and the like: the same in a monospaced face.
std::string code(std::string_view bytes);
// A dash for what is absent.
std::string absent();
std::string size_cell(std::int64_t bytes);   // "1.5 GiB"
std::string exact_size(std::int64_t bytes);  // "1.5 GiB (1,610,612,736 bytes)"
// "2021-03-09 05:00:00" of the index's ISO text, with "local" behind it where that names no zone.
std::string time_text(const Words& w, std::string_view iso);

enum class Align : std::uint8_t { kText, kPath, kNumber, kShort, kSmall };
struct Column {
  Key title;
  Align align = Align::kText;
};

class Page {
 public:
  Page(OutFile& out, const Words& words) : out_(out), words_(words) {}
  [[nodiscard]] const Words& words() const { return words_; }
  void raw(std::string_view html) { out_ << html; }
  void paragraph(Key text) { paragraph(words_(text)); }
  void paragraph(std::string_view html);
  void note(std::string_view html);  // a paragraph in smaller print
  void heading(Key text) { heading(words_(text)); }
  void heading(std::string_view text);                                    // h3
  void section(int number, std::string_view id, std::string_view title);  // its opening, up to the h2
  void table(Key caption, std::span<const Column> columns, std::string_view css = {});
  void table(Key caption, std::initializer_list<Column> columns, std::string_view css = {}) {
    table(caption, std::span<const Column>(columns.begin(), columns.size()), css);
  }
  void row(std::span<const std::string> cells, std::string_view css = {});
  void row(std::initializer_list<std::string> cells, std::string_view css = {});
  void end_table();
  // Label and value pairs; pairs without a value are left out.
  void pairs(std::span<const std::pair<Key, std::string>> pairs);
  void pairs(std::span<const std::pair<std::string, std::string>> pairs);  // labels that are HTML

 private:
  friend std::string scroll_box(Page& page, std::string_view label);
  OutFile& out_;
  const Words& words_;
  std::vector<Align> aligns_;
  std::string label_;  // of the last heading, for tables without a caption
  int boxes_ = 0;
};

// The opening of a box for what may be wider than the page: it can be scrolled by keyboard, and has a name of its own.
std::string scroll_box(Page& page, std::string_view label);

// A section of a page: `put` prints its body below the heading that put_sections() gives it.
template <class Context>
struct PageSection {
  std::string_view id;
  Key title;
  Status (*put)(Context&);
};
// The table of contents, and the sections below each other; both count them from 1.
template <class Context, std::size_t N>
void put_contents(Page& page, const PageSection<Context> (&sections)[N]);
template <class Context, std::size_t N>
Status put_sections(Context& context, const PageSection<Context> (&sections)[N]);

std::string_view style_sheet();
// From the document type to the opening of the page. The style sheet's digest is the only thing the page's content
// security policy allows.
std::string page_head(const Words& w, std::string_view title, std::string_view css);
// From the closing of the main part to the end of the file. `first`: what is said before the words on escaping.
std::string page_end(const Words& w, Key first);

// ---- inline

std::string contents_line(int number, std::string_view id, std::string_view title);

template <class Context, std::size_t N>
void put_contents(Page& page, const PageSection<Context> (&sections)[N]) {
  page.raw(fmt::format("<nav aria-label=\"{}\"><ol>\n", page.words()("Contents"_w)));
  for (int number = 1; const auto& section : sections)
    page.raw(contents_line(number++, section.id, page.words()(section.title)));
  page.raw("</ol></nav>\n");
}

template <class Context, std::size_t N>
Status put_sections(Context& context, const PageSection<Context> (&sections)[N]) {
  for (int number = 1; const auto& section : sections) {
    context.page.section(number++, section.id, context.page.words()(section.title));
    LIMIER_CHECK(section.put(context));
    context.page.raw("</section>\n");
  }
  return ok_status();
}

}  // namespace limier::report
