// Keyword files as somebody else wrote them: each ends in keywords or in one sentence. What was read must read the same
// again as `limier explain` writes it from an index, and every expression must have its form in bytes.
#include <fmt/format.h>

#include <cstdlib>

#include "keywords/syntax.h"

namespace {

using namespace limier;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string written(const keywords::Keyword& keyword) {
  const char quote = keyword.expression ? '/' : '"';
  std::string line(1, quote);
  for (const char c : keyword.pattern) {
    if (c == quote || (!keyword.expression && c == '\\')) line += '\\';
    line += c;
  }
  return line + fmt::format("{} kind={} {}\n", quote, keyword.kind, keywords::options_of(keyword));
}

void read_again(const keywords::Set& set) {
  std::string file;
  for (const keywords::Keyword& one : set.keywords) file += written(one);
  keywords::Set again;
  require(keywords::parse(file, "again", {}, again).ok() && again.keywords.size() == set.keywords.size());
  for (std::size_t i = 0; i < set.keywords.size(); ++i) {
    const keywords::Keyword &one = set.keywords[i], &other = again.keywords[i];
    require(one.pattern == other.pattern && one.kind == other.kind && one.expression == other.expression &&
            keywords::options_of(one) == keywords::options_of(other));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::array<std::string_view, 2> kReserved{"email", "phone"};
  keywords::Set set;
  const auto file = keywords::parse(text, "words.txt", kReserved, set);
  if (!file.ok()) {
    require(file.error().message.starts_with("words.txt"));
    return 0;
  }
  require(static_cast<std::size_t>(file->entries) == set.keywords.size() && file->sha256.size() == 64);
  for (const keywords::Keyword& one : set.keywords) require(one.kind != kReserved[0] && one.kind != kReserved[1]);
  read_again(set);
  for (const keywords::Keyword& one : set.keywords) {
    const auto tree = keywords::tree_of(one);
    if (!tree.ok()) continue;
    for (const auto encoding : {keywords::Encoding::kUtf8, keywords::Encoding::kUtf16le, keywords::Encoding::kCp1252}) {
      const auto pattern = keywords::bytes_of(*tree, encoding);
      require(!pattern || pattern->least <= pattern->most);
    }
  }
  return 0;
}
