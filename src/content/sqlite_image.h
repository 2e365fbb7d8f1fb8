// A SQLite database as its application saw it: the main file, with the committed pages of its write-ahead log laid over
// it one by one. Never a copy of the database. Format: sqlite.org/fileformat2.html, section 1.
#pragma once

#include <optional>
#include <string>

#include "content/sqlite_wal.h"
#include "limier/content.h"

namespace limier::content {

class SqliteImage {
 public:
  // Nothing when the bytes are no SQLite database. `rows` and the readers in `source` have to outlive the image. Says
  // in `rows` what is damaged, left out or in doubt.
  static std::optional<SqliteImage> open(const Source& source, Rows& rows);

  [[nodiscard]] std::uint32_t page_size() const { return page_size_; }
  [[nodiscard]] std::uint32_t page_count() const { return page_count_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return std::uint64_t{page_count_} * page_size_; }
  // Bytes there really are, in the main file and in the log: no more can come out of the database.
  [[nodiscard]] std::uint64_t bytes_there() const { return bytes_there_; }

  // Bytes of the database. False where some are not there or cannot be read: zeros would pass for a text.
  [[nodiscard]] bool read(std::uint64_t offset, MutableBytes out) const;
  // Whether that happened.
  [[nodiscard]] bool were_bytes_missing() const { return missing_; }

  struct Place {
    catalog::RowSource source = catalog::RowSource::kMain;
    std::uint64_t offset = 0;  // of the page, in the file that source names
  };
  // `page` counts from 1.
  [[nodiscard]] Place place_of(std::uint32_t page) const;
  // Whether committed pages of a log lie over the main file.
  [[nodiscard]] bool has_log() const { return wal_.has_value(); }

 private:
  SqliteImage(const Source& source, Rows& rows) : source_(source), rows_(&rows) {}
  [[nodiscard]] bool parse_head();

  Source source_;
  Rows* rows_;
  std::optional<Wal> wal_;
  std::uint32_t page_size_ = 0;
  std::uint32_t page_count_ = 0;
  std::uint64_t bytes_there_ = 0;
  mutable bool missing_ = false;
  mutable std::uint64_t reads_ = 0;
};

}  // namespace limier::content
