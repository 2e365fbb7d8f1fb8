// Every row of a database, its log and its journal: lengths of four bytes each for the first two, then the three files.
#include <cstdlib>

#include "limier/base.h"
#include "limier/content/database_rows.h"

namespace {

using namespace limier;

class BytesReader final : public content::Reader {
 public:
  explicit BytesReader(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    const std::size_t there = std::min(out.size(), bytes_.size() - from);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), there, out.begin());
    return there == out.size();
  }

 private:
  Bytes bytes_;
};

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
  (void)content::read_database_rows(source, {"", UINT32_MAX}, rows, [&](const content::DatabaseRows& part) {
    const auto sent = encode(part);
    const auto back = decode<content::DatabaseRows>(Bytes(sent));
    if (!back || !content::is_sound(*back, tables)) std::abort();
    tables += part.tables.size();
    return true;
  });
  return 0;
}
