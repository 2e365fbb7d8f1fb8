// Messages as people read them, one below the other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limier/store/marks.h"
#include "report/page.h"
#include "report/talks.h"

namespace limier::report {

std::string_view priority_css(std::string_view priority);
std::string priority_text(const Words& w, std::string_view priority);
std::string excerpt_text(const Words& w, const Excerpt& shown);
// What stands behind the time of a message: that it is deleted, and its state where it is no live row.
std::string message_marks(const Words& w, bool deleted, std::string_view state);
// "Ann (+31 …)": a name with the number or address it stands for.
std::string named(const Text& name, const Text& id);

// What the item of a message gets: a class, and words behind who wrote it.
struct Marked {
  std::string_view css;
  std::string tag;
};
// The examiner's marks stand below their messages.
void put_talk(Page& page, const store::Marks& marks, const std::map<std::int64_t, ShownMessage>& messages,
              const std::vector<std::int64_t>& ids, const std::function<Marked(std::int64_t)>& mark);

}  // namespace limier::report
