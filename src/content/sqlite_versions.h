// Pages of a database that are not what its application saw, and where they lie: in the main file beneath the log, in
// the log's earlier commits, its tail and its earlier generations, and in the rollback journal. Formats:
// sqlite.org/fileformat2.html, sections 3 (rollback journal) and 4 (write-ahead log).
#pragma once

#include <vector>

#include "content/sqlite_image.h"

namespace limier::content {

inline constexpr std::size_t kMaxPageVersions = 1u << 20;  // that are looked into; 32 MiB of memory

enum class PageFile : std::uint8_t { kMain, kWal, kJournal, kMedium };  // kMedium: not read here

struct PagePlace {
  PageFile file = PageFile::kMain;
  std::uint64_t offset = 0;  // of the page, in that file
};

struct PageVersion {
  std::uint32_t page = 0;
  PagePlace place;
  catalog::RowState state = catalog::RowState::kSuperseded;
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint32_t commit = 0;  // of the log's current generation, from 1; 0: of none
  std::uint32_t group = 0;   // versions that stood beside each other: a generation of the log, the journal
  std::uint32_t until = 0;   // the last version of the same transaction
  bool is_live = false;      // what the application saw, after all
};

class SqliteVersions {
 public:
  // `image`, `source` and `rows` outlive it. Says in `rows` what is damaged or left out.
  static SqliteVersions read(const Source& source, const SqliteImage& image, Rows& rows);

  // In the order in which they were written, as far as there is one: the main file's first.
  [[nodiscard]] const std::vector<PageVersion>& all() const { return versions_; }
  [[nodiscard]] bool read_page(const PagePlace& place, MutableBytes out) const;
  // A page as it stood beside `version`.
  bool read_beside(const PageVersion& version, std::uint32_t page, MutableBytes out) const;
  // Pages that the main file holds, seen or not.
  [[nodiscard]] std::uint32_t pages_in_main() const { return pages_in_main_; }
  // Commits of the log's current generation.
  [[nodiscard]] std::uint32_t commits() const { return commits_; }

 private:
  SqliteVersions(const Source& source, const SqliteImage& image, Rows& rows)
      : source_(&source), image_(&image), rows_(&rows) {}
  void read_log();
  void read_journal();
  std::uint64_t read_journal_part(std::uint64_t at);
  void add_main_pages();
  bool add(PageVersion version);
  void close_transaction(std::size_t from, catalog::RowState state, std::uint32_t commit);

  const Source* source_;
  const SqliteImage* image_;
  Rows* rows_;
  std::vector<PageVersion> versions_;
  std::vector<std::uint64_t> by_page_;  // page << 32 | version, sorted
  std::uint32_t pages_in_main_ = 0;
  std::uint32_t commits_ = 0;
  bool full_ = false;
};

}  // namespace limier::content
