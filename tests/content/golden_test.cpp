// tests/content/<parser or pack>/<case>.sql, or any other bytes as <case>.bin, gives the rows of <case>.rows; what runs
// in <case>.wal.sql stays in the write-ahead log, and <case>.beside.<name>.sql makes a database that lies beside it.
// Every case is also run on its prefixes, with single bits flipped, and shifted by 65 bytes: nothing may crash or hang,
// and a prefix gives no row that the whole does not.
#include <set>

#include "content/support.h"

namespace limier::content {
namespace {

using namespace testing;

// There are a hundred cases, and the sanitizers take eight times as long.
#if defined(LIMIER_SANITIZED)
constexpr std::size_t kMaxPrefixes = 50, kMaxFlips = 90, kHeadBytes = 60;
#else
constexpr std::size_t kMaxPrefixes = 300, kMaxFlips = 800, kHeadBytes = 200;
#endif
constexpr std::size_t kShift = 65;

struct Case {
  std::string name, parser;
  Files files;
  std::string rows;
};

std::string text_in(const std::filesystem::path& path) {
  const Buffer bytes = bytes_of_file(path);
  return {bytes.begin(), bytes.end()};
}

Files make_files(const std::filesystem::path& path) {
  if (path.extension() != ".sql") return {bytes_of_file(path), {}, {}};
  Maker maker;
  maker.run(text_in(path));
  const auto wal = std::filesystem::path(path).replace_extension(".wal.sql");
  if (std::filesystem::exists(wal)) maker.start_wal().run(text_in(wal));
  Files files = maker.files();
  const std::string front = path.stem().string() + ".beside.";
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
    const std::string name = entry.path().stem().string();
    if (!name.starts_with(front) || entry.path().extension() != ".sql") continue;
    Maker beside;
    beside.run(text_in(entry.path()));
    files.beside.emplace_back(name.substr(front.size()), beside.files().main);
  }
  return files;
}

std::vector<Case> golden_cases() {
  std::set<std::string> parsers;
  for (const auto& parser : make_parsers({})) parsers.emplace(parser->name());
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LIMIER_SAMPLES "/../tests/content")) {
    // A case whose rows nobody wrote must not pass for one that is tested.
    const std::string stem = entry.path().stem().string();
    const bool script =
        entry.path().extension() == ".sql" && !stem.ends_with(".wal") && stem.find(".beside.") == std::string::npos;
    auto expected = entry.path();
    EXPECT_TRUE(!script || std::filesystem::exists(expected.replace_extension(".rows"))) << entry.path();
    if (entry.path().extension() != ".rows") continue;
    auto input = entry.path();
    input.replace_extension(".sql");
    if (!std::filesystem::exists(input)) input.replace_extension(".bin");
    const std::string folder = input.parent_path().filename().string();
    cases.push_back({folder + "/" + input.filename().string(), parsers.contains(folder) ? folder : "sqlite",
                     make_files(input), text_in(entry.path())});
  }
  std::ranges::sort(cases, {}, &Case::name);
  return cases;
}

// Without where the rows stand: that depends on how the library that made the file lays it out.
std::string placeless(const Collector& rows) {
  std::string text;
  for (const auto& row : rows.rows) {
    Collector::Row bare = row;
    bare.cells[3] = bare.cells[4] = std::monostate();
    text += text_of(bare) + "\n";
  }
  for (const auto& issue : rows.issues)
    text += "! " + issue.code + (issue.incomplete ? ", incomplete: " : ": ") + issue.message + "\n";
  return text;
}

TEST(Golden, RowsAreAsExpected) {
  const auto cases = golden_cases();
  ASSERT_GE(cases.size(), 2u);
  for (const Case& one : cases) EXPECT_EQ(placeless(parse_files(one.files, one.parser).rows), one.rows) << one.name;
}

class Variants {
 public:
  Variants(const Case& one, const Files& whole) : case_(one), parsers_(make_parsers(all_packs({}))) {
    whole_ = run(whole).rows;
    for (const auto& row : whole_) rows_.insert(text_of(row));
  }

  Collector run(const Files& files) const {
    const MemoryReader main(files.main);
    const MemoryReader wal(files.wal);
    Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, nullptr};
    for (const auto& [name, bytes] : files.beside) {
      readers_.push_back(std::make_unique<MemoryReader>(bytes));
      source.beside.push_back({name, readers_.back().get(), nullptr, nullptr});
    }
    Collector rows;
    for (const auto& parser : parsers_)
      if (parser->name() == case_.parser) (void)parser->parse(source, rows);
    readers_.clear();
    return rows;
  }
  void expect_known_rows(const Files& files, std::size_t size) const {
    for (const auto& row : run(files).rows)
      EXPECT_TRUE(rows_.contains(text_of(row)) || is_begun(row))
          << case_.name << " cut at " << size << ": " << text_of(row);
  }

 private:
  // Texts that do not say how long they are end where the file ends: the row is one of the whole with less in it.
  bool is_begun(const Collector::Row& row) const {
    if (case_.parser != "mail" && case_.parser != "text") return false;
    return std::ranges::any_of(whole_, [&](const Collector::Row& one) {
      bool part = one.kind == row.kind;
      for (std::size_t i = 0; part && i < row.cells.size(); ++i) part = is_part(row.cells[i], one.cells[i]);
      return part;
    });
  }
  static bool is_part(const catalog::RowCell& cell, const catalog::RowCell& whole) {
    constexpr std::size_t kLine = 72;  // the line that the cut goes through may be read for what it is not
    if (cell == whole || std::holds_alternative<std::monostate>(cell)) return true;
    if (cell.index() != whole.index()) return false;
    if (const auto* number = std::get_if<std::int64_t>(&cell))
      return *number <= std::get<std::int64_t>(whole) + static_cast<std::int64_t>(kLine);
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr &&
           std::get<std::string>(whole).starts_with(text->substr(0, text->size() - std::min(text->size(), kLine)));
  }

  const Case& case_;
  std::vector<std::unique_ptr<Parser>> parsers_;
  mutable std::vector<std::unique_ptr<MemoryReader>> readers_;
  std::set<std::string> rows_;
  std::vector<Collector::Row> whole_;
};

TEST(Golden, PrefixesGiveNoOtherRows) {
  for (const Case& one : golden_cases()) {
    Files files = one.files;
    files.wal.clear();
    const Variants variants(one, files);
    for (std::size_t size = 0; size < one.files.main.size(); size += one.files.main.size() / kMaxPrefixes + 1) {
      files.main.assign(one.files.main.begin(), one.files.main.begin() + static_cast<std::ptrdiff_t>(size));
      variants.expect_known_rows(files, size);
    }
    files = one.files;
    // A log that is cut is an earlier state: the rows are others, and no more than there are.
    for (std::size_t size = 0; size < one.files.wal.size(); size += one.files.wal.size() / kMaxPrefixes + 1) {
      files.wal.assign(one.files.wal.begin(), one.files.wal.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_LE(variants.run(files).rows.size(), 100u) << one.name << " log cut at " << size;
    }
  }
}

TEST(Golden, FlippedBitsEndInRowsOrIssues) {
  for (const Case& one : golden_cases()) {
    const Variants variants(one, one.files);
    std::uint64_t chance = 14;
    const auto next = [&] { return chance = chance * 6364136223846793005u + 1442695040888963407u, chance >> 33; };
    for (std::size_t i = 0; i < kMaxFlips; ++i) {
      Files files = one.files;
      Buffer& bytes = i % 4 == 3 && !files.wal.empty() ? files.wal : files.main;
      // The head and the first page first, then anywhere.
      const std::size_t at = i < kHeadBytes && i < bytes.size() ? i : next() % bytes.size();
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << next() % 8));
      EXPECT_LE(variants.run(files).rows.size(), 1000u) << one.name << " byte " << at;
    }
  }
}

TEST(Golden, ShiftedBytesGiveNothing) {
  for (const Case& one : golden_cases()) {
    if (one.parser == kTextParser) continue;  // a text is one wherever it begins
    Files files = one.files;
    files.main.insert(files.main.begin(), kShift, std::uint8_t{0x20});
    files.wal.clear();
    EXPECT_TRUE(Variants(one, one.files).run(files).rows.empty()) << one.name;
  }
}

}  // namespace
}  // namespace limier::content
