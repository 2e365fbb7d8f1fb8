// Every row of a database, its log and its journal: lengths of four bytes each for the first two, then the three files.
#include <cstdlib>

#include "fuzz/bytes_reader.h"
#include "limier/base.h"
#include "limier/content/database_rows.h"

namespace {

using namespace limier;
using fuzz::BytesReader;

struct NoRows final : content::Rows {
  void add_cells(const catalog::KindInfo&, std::vector<catalog::RowCell>, std::string_view, std::string_view) override {
    std::abort();
  }
  void issue(std::string, std::string, bool) override {}
  void alive() override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes all(data, size);
  const auto main_size = le_at<std::uint32_t>(all, 0);
  const auto wal_size = le_at<std::uint32_t>(all, 4);
  if (!main_size || !wal_size) return 0;
  Bytes rest = all.subspan(8);
  const auto take = [&](std::uint32_t wanted) {
    const Bytes part = rest.first(std::min<std::size_t>(wanted, rest.size()));
    rest = rest.subspan(part.size());
    return BytesReader(part);
  };
  const BytesReader main = take(*main_size), wal = take(*wal_size), journal(rest);
  const content::Source source{"/a.db", &main, wal.size_bytes() > 0 ? &wal : nullptr,
                               journal.size_bytes() > 0 ? &journal : nullptr};
  NoRows rows;
  std::size_t tables = 0;
  // What comes out has to be such that the supervisor takes it.
  (void)content::read_database_rows(source, {"", UINT32_MAX, {}}, rows, [&](const content::DatabaseRows& part) {
    const auto sent = encode(part);
    const auto back = decode<content::DatabaseRows>(Bytes(sent));
    if (!back || !content::is_sound(*back, tables)) std::abort();
    tables += part.tables.size();
    return true;
  });
  return 0;
}
