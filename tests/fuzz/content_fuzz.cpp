// Every parser of content, each over the same bytes: a length of four bytes, the file, then its write-ahead log. Packs
// too, as TOML.
#include <cstdlib>

#include "fuzz/bytes_reader.h"
#include "limier/base.h"
#include "limier/content/packs.h"
#include "limier/content/parsers.h"

namespace {

using namespace limier;
using fuzz::BytesReader;

// Rows have to be such that the supervisor takes them.
struct CheckingRows final : content::Rows {
  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view,
                 std::string_view) override {
    Encoder out;
    catalog::put_cells(out, cells);
    const auto bytes = out.take();
    Decoder in(bytes);
    std::vector<catalog::RowCell> back;
    if (!catalog::get_cells(in, kind, back) || !in.at_end()) std::abort();
  }
  void issue(std::string, std::string, bool) override {}
  void alive() override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto parsers = content::make_parsers(content::all_packs({}));
  const Bytes all(data, size);
  const auto length = le_at<std::uint32_t>(all, 0);
  if (!length) return 0;
  const Bytes rest = all.subspan(4);
  const std::size_t main_size = std::min<std::size_t>(*length, rest.size());
  const BytesReader main(rest.first(main_size));
  const BytesReader wal(rest.subspan(main_size));
  const content::Source source{"/data/mmssms.db", &main, wal.size_bytes() > 0 ? &wal : nullptr, nullptr};
  for (const auto& parser : parsers) {
    CheckingRows rows;
    (void)parser->parse(source, rows);
  }
  (void)content::facts_of({"fuzz.toml", std::string(as_text(rest))});
  return 0;
}
