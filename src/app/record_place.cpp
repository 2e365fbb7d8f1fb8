// Formats of the pages that are cut out: https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.
#include "app/record_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace limier::app {
namespace {

constexpr std::size_t kPageHeadBytes = 32;    // of a database or its log: enough for the size of its pages
constexpr std::size_t kLeastFoundBytes = 8;   // a shorter beginning of a text is found by chance
constexpr std::uint64_t kUnknownPage = 4096;  // of a rollback journal
constexpr std::size_t kMaxSearchedText = kMaxExcerptBytes + 1;  // of a text; more is on no page

// Keeps the head of what goes by, and what stands from the record on.
class Window {
 public:
  explicit Window(std::optional<std::uint64_t> file_offset) : from_(file_offset) {}
  Status take(Bytes bytes) {
    keep(bytes, 0, kPageHeadBytes, head_);
    if (from_) keep(bytes, *from_, kMaxExcerptBytes, record_);
    at_ += bytes.size();
    return ok_status();
  }
  [[nodiscard]] Bytes head() const { return head_; }
  [[nodiscard]] std::vector<std::uint8_t>& record() { return record_; }

 private:
  void keep(Bytes bytes, std::uint64_t from, std::size_t most, std::vector<std::uint8_t>& into) const {
    const std::uint64_t wanted = from + into.size();
    if (into.size() >= most || wanted < at_ || wanted - at_ >= bytes.size()) return;
    const Bytes rest = bytes.subspan(static_cast<std::size_t>(wanted - at_));
    const Bytes part = rest.first(std::min(rest.size(), most - into.size()));
    into.insert(into.end(), part.begin(), part.end());
  }
  std::optional<std::uint64_t> from_;
  std::uint64_t at_ = 0;
  std::vector<std::uint8_t> head_, record_;
};

// How many bytes from the record to the end of its page.
std::uint64_t rest_of_page(Bytes head, const std::string& source, std::uint64_t file_offset) {
  constexpr std::uint64_t kWalHead = 32, kFrameHead = 24;
  const bool log = source == "wal" || source == "wal-slack";
  std::uint64_t page = kUnknownPage, start = 0;
  if (log) {
    page = be_at<std::uint32_t>(head, 8).value_or(0);
    start = kWalHead;
  } else if (source != "journal") {
    page = be_at<std::uint16_t>(head, 16).value_or(0);
    if (page == 1) page = 65536;
  }
  if (page < 512 || page > 65536 || file_offset < start) return kUnknownPage;
  const std::uint64_t step = log ? page + kFrameHead : page;
  return step - (file_offset - start) % step;
}

// How long the record is that begins here, as far as it says so: a cell of a table has the length of its payload and
// the number of its row in front, one of a table without row numbers the length alone. What is longer than the rest of
// the page goes on elsewhere.
std::uint64_t record_bytes(Bytes bytes, bool has_number) {
  constexpr std::size_t kMaxVarintBytes = 9;
  std::uint64_t payload = 0;
  std::size_t at = 0;
  for (int number = 0; number < (has_number ? 2 : 1); ++number) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; at < bytes.size() && i < kMaxVarintBytes; ++i) {
      const std::uint8_t byte = bytes[at++];
      value = value << 7 | (byte & 0x7fu);
      if ((byte & 0x80u) == 0) break;
    }
    if (number == 0) payload = value;
  }
  return payload > bytes.size() - at ? bytes.size() : at + payload;
}

std::string utf16(std::string_view text, bool big) {
  std::string out;
  const auto unit = [&](std::uint32_t value) {
    const char low = static_cast<char>(value & 0xff), high = static_cast<char>(value >> 8 & 0xff);
    out += big ? high : low;
    out += big ? low : high;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length > text.size() - at) break;
    std::uint32_t c = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
    at += length;
    if (c < 0x10000) {
      unit(c);
    } else {
      unit(0xd800 + ((c - 0x10000) >> 10));
      unit(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out;
}

// The longest beginning of `needle` that stands anywhere in `bytes`.
std::pair<std::size_t, std::size_t> longest_beginning(std::string_view bytes, std::string_view needle) {
  std::size_t best_at = 0, best = 0;
  if (needle.empty()) return {0, 0};
  for (std::size_t at = bytes.find(needle[0]); at != std::string_view::npos; at = bytes.find(needle[0], at + 1)) {
    const std::string_view here = bytes.substr(at, needle.size());
    const auto differs = std::mismatch(here.begin(), here.end(), needle.begin()).first;
    const auto same = static_cast<std::size_t>(differs - here.begin());
    if (same > best) best_at = at, best = same;
    if (best == needle.size() || bytes.size() - at <= best) break;
  }
  return {best_at, best};
}

}  // namespace

Result<std::vector<FileRun>> runs_of(store::Index& index, std::int64_t file_id, std::uint64_t from,
                                     std::uint64_t length) {
  const std::uint64_t end = length > INT64_MAX - from ? INT64_MAX : from + length;
  LIMIER_TRY(auto query, index.query(fmt::format("SELECT file_offset, length, image_offset, kind FROM v_extent WHERE "
                                                 "file_id = ?1 AND file_offset < ?3 AND file_offset + length > ?2 "
                                                 "ORDER BY seq LIMIT {}",
                                                 kMaxExplainedRuns)));
  query.bind(1, file_id).bind(2, static_cast<std::int64_t>(from)).bind(3, static_cast<std::int64_t>(end));
  std::vector<FileRun> runs;
  while (query.step()) {
    FileRun run;
    run.file_offset = static_cast<std::uint64_t>(query.integer(0));
    run.length = static_cast<std::uint64_t>(query.integer(1));
    if (!query.is_null(2)) run.image_offset = static_cast<std::uint64_t>(query.integer(2));
    run.kind = query.text(3);
    runs.push_back(std::move(run));
  }
  LIMIER_CHECK(query.status());
  return runs;
}

std::vector<FileRun> cut_runs(std::vector<FileRun> runs, std::uint64_t from, std::uint64_t length) {
  std::erase_if(runs, [](const FileRun& run) { return run.kind == "slack"; });
  for (FileRun& run : runs) {
    const std::uint64_t skip = from - std::min(from, run.file_offset);
    run.length -= std::min(run.length, skip);
    run.file_offset += skip;
    if (run.image_offset && run.kind == "data") *run.image_offset += skip;
    if (run.kind != "data") run.image_offset.reset();
    const std::uint64_t end = from + length;
    run.length = std::min(run.length, end - std::min(end, run.file_offset));
  }
  std::erase_if(runs, [](const FileRun& run) { return run.length == 0; });
  return runs;
}

// Looks for the text of a message in the bytes of its record.
void look_for_text(std::string_view body, RecordPlace& place) {
  body = body.substr(0, kMaxSearchedText);
  const std::string_view bytes = as_text(Bytes(place.bytes));
  const std::array<std::pair<std::string_view, std::string>, 3> forms{
      {{"utf-8", std::string(body)}, {"utf-16le", utf16(body, false)}, {"utf-16be", utf16(body, true)}}};
  for (const auto& [encoding, needle] : forms) {
    const auto [at, found] = longest_beginning(bytes, needle);
    if (found <= place.found_bytes || (found < needle.size() && found < kLeastFoundBytes)) continue;
    place.text_encoding = encoding;
    place.text_at = at;
    place.found_bytes = found;
    place.text_bytes = needle.size();
  }
}

// One file of the chain; `place` when the record stands in it.
Result<ReadBack> read_back(store::Index& index, std::int64_t file_id, RecordPlace* place, const EvidenceSet& evidence,
                           const Guard& guard, const std::atomic<int>& stop) {
  ReadBack back;
  back.file_id = file_id;
  LIMIER_TRY(const auto content, find_content(index, file_id));
  if (!content) {
    back.problem = "the index names no volume that it lies in";
    return back;
  }
  back.path = content->path;
  back.index_sha256 = content->sha256;
  std::optional<std::uint64_t> from;
  if (place != nullptr && place->file_offset && *place->file_offset >= 0)
    from = static_cast<std::uint64_t>(*place->file_offset);
  Window window(from);
  LIMIER_TRY(const ReadAgain read,
             read_again(
                 *content, evidence, guard, [&](Bytes bytes) { return window.take(bytes); }, stop));
  back.sha256 = read.sha256;
  back.size_bytes = read.size_bytes;
  back.problem = read.problem;
  back.mismatch = read.mismatch;
  if (!from) return back;
  place->bytes = std::move(window.record());
  if (!place->locator.starts_with("sqlite:")) return back;
  const std::uint64_t most = rest_of_page(window.head(), place->source, *from);
  if (place->bytes.size() > most) place->bytes.resize(static_cast<std::size_t>(most));
  return back;
}

void cut_record(RecordPlace& place) {
  if (!place.locator.starts_with("sqlite:") || place.source == "freeblock" || place.source == "gap") return;
  const bool has_number = !place.decoded || place.decoded->rowid.has_value();
  place.bytes.resize(static_cast<std::size_t>(record_bytes(place.bytes, has_number)));
}

}  // namespace limier::app
