// What the tests of content share: bytes in memory as a content, rows as text, databases made by SQL.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "content/sqlite.h"
#include "limier/base.h"
#include "limier/catalog/messages.h"
#include "limier/content.h"
#include "limier/content/packs.h"
#include "limier/content/parsers.h"

namespace limier::content::testing {

using Buffer = std::vector<std::uint8_t>;

class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(Buffer bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    if (offset >= bytes_.size()) return out.empty();
    const std::size_t there = std::min<std::size_t>(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), there, out.begin());
    return there == out.size();
  }

 private:
  Buffer bytes_;
};

// Rows as they came, and what was said.
struct Collector final : Rows {
  struct Row {
    const catalog::KindInfo* kind;
    std::vector<catalog::RowCell> cells;
    std::string maker, version;
  };
  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                 std::string_view version) override {
    // What a worker could not send is a bug.
    Encoder out;
    catalog::put_cells(out, cells);
    const auto bytes = out.take();
    Decoder in(bytes);
    std::vector<catalog::RowCell> back;
    if (!catalog::get_cells(in, kind, back) || !in.at_end() || back != cells) std::abort();
    rows.push_back({&kind, std::move(cells), std::string(maker), std::string(version)});
  }
  void issue(std::string code, std::string message, bool incomplete) override {
    issues.push_back({std::move(code), std::move(message), incomplete});
  }
  void alive() override { ++beats; }

  struct Issue {
    std::string code, message;
    bool incomplete;
  };
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const Issue& one : issues) all.push_back(one.code);
    return all;
  }
  std::vector<Row> rows;
  std::vector<Issue> issues;
  std::uint64_t beats = 0;
};

// "name=value" for each cell that holds something, one row a line.
inline std::string text_of(const Collector::Row& row) {
  std::string text(row.kind->name);
  std::size_t at = 0;
  const auto add = [&](const catalog::ColumnInfo& column) {
    const catalog::RowCell& cell = row.cells[at++];
    std::string value;
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
      value = column.as == catalog::As::kWord   ? std::string(column.words[static_cast<std::size_t>(*number)])
              : column.as == catalog::As::kTime ? format_time(*number)
                                                : std::to_string(*number);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      value = std::to_string(*real);
    } else if (const auto* bytes = std::get_if<std::string>(&cell)) {
      value = terminal_text(*bytes);
    } else {
      return;
    }
    text += "|" + std::string(column.name) + "=" + value;
  };
  for (const auto& column : catalog::place_columns()) add(column);
  for (const auto& column : row.kind->columns) add(column);
  return text;
}

inline std::string text_of(const Collector& rows) {
  std::string text;
  for (const auto& row : rows.rows) text += text_of(row) + "\n";
  return text;
}

inline Buffer bytes_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return {text.begin(), text.end()};
}

// Files of a database while it is open: its log is not put back.
struct Files {
  Buffer main, wal, journal;
  std::vector<std::pair<std::string, Buffer>> beside{};  // by name, in the same folder
};

// A database in a folder of its own, by SQL.
class Maker {
 public:
  Maker() {
    std::string pattern = (std::filesystem::temp_directory_path() / "limier-content-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    if (sqlite3_open_v2(path().c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) != SQLITE_OK)
      std::abort();
  }
  ~Maker() {
    sqlite3_close(handle_);
    std::filesystem::remove_all(folder_);
  }
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;

  Maker& run(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
      ADD_FAILURE() << (error != nullptr ? error : "?") << "\n" << sql;
      sqlite3_free(error);
    }
    return *this;
  }
  // A log that is never put back, from here on.
  Maker& start_wal() { return run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"); }
  [[nodiscard]] Files files() const {
    return {bytes_of_file(path()), bytes_of_file(path() + "-wal"), bytes_of_file(path() + "-journal")};
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_ / "a.db").string(); }
  std::filesystem::path folder_;
  sqlite3* handle_ = nullptr;
};

struct Parsed {
  Collector rows;
  Outcome outcome;
};

// Through the parser of that name, with the program's own packs and `packs`.
inline Parsed parse_files(const Files& files, std::string_view parser = "sqlite", std::string path = "/a.db",
                          std::span<const PackText> packs = {}) {
  const MemoryReader main(files.main);
  const MemoryReader wal(files.wal);
  const MemoryReader journal(files.journal);
  Source source{std::move(path), &main, files.wal.empty() ? nullptr : &wal, files.journal.empty() ? nullptr : &journal};
  std::vector<std::unique_ptr<MemoryReader>> readers;
  for (const auto& [name, bytes] : files.beside) {
    readers.push_back(std::make_unique<MemoryReader>(bytes));
    source.beside.push_back({name, readers.back().get(), nullptr, nullptr});
  }
  Parsed parsed;
  for (const auto& one : make_parsers(all_packs(packs)))
    if (one->name() == parser) parsed.outcome = one->parse(source, parsed.rows);
  return parsed;
}

}  // namespace limier::content::testing
