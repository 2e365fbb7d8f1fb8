// `limier explain`: the chain from a finding or a row to the bytes of the evidence, and those bytes read again. The
// formats of the pages that are cut out: https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/case_folder.h"
#include "app/reread.h"
#include "app/volume_map.h"
#include "limier/app.h"
#include "limier/store/marks.h"

namespace limier::app {
namespace {

constexpr std::int64_t kNeighbours = 3;       // on either side
constexpr std::size_t kPageHeadBytes = 32;    // of a database or its log: enough for the size of its pages
constexpr std::size_t kLeastFoundBytes = 8;   // a shorter beginning of a text is found by chance
constexpr std::uint64_t kUnknownPage = 4096;  // of a rollback journal
constexpr std::size_t kMaxSearchedText = kMaxExcerptBytes + 1;  // of a text; more is on no page

using store::RowName;

Error unknown(const ExplainOptions& options) {
  return {ErrorKind::kUsage,
          fmt::format("{} has no row '{}'; give one as file:12, message:881 or finding:3, or the key of a finding",
                      options.dir, terminal_text(options.row))};
}

Result<std::optional<RowName>> subject_of(store::Index& index, std::string_view where, const store::Value& value,
                                          Explanation& explanation) {
  LIMIER_TRY(auto query, index.query(fmt::format("SELECT finding_id, subject_kind, subject_id, file_id FROM v_finding "
                                                 "WHERE {} = ?1 ORDER BY finding_id LIMIT 1",
                                                 where)));
  query.bind(1, value);
  if (!query.step()) {
    LIMIER_CHECK(query.status());
    return std::optional<RowName>();
  }
  explanation.finding_id = query.integer(0);
  if (!query.is_null(3)) explanation.file_id = query.integer(3);
  RowName subject{query.text(1), query.is_null(2) ? 0 : query.integer(2)};
  return std::optional(std::move(subject));
}

// Which row it is about: that of the finding, or the one that was named.
Result<RowName> resolve(store::Index& index, const ExplainOptions& options, Explanation& explanation) {
  const auto named = store::parse_row_name(options.row);
  if (named && named->kind != "finding") return *named;
  LIMIER_TRY(auto subject, named ? subject_of(index, "finding_id", named->id, explanation)
                                 : subject_of(index, "key", options.row, explanation));
  if (!subject) return unknown(options);
  return std::move(*subject);
}

// What a row out of content says of itself. False: there is no such row.
Result<bool> read_place(store::Index& index, const RowName& row, Explanation& explanation) {
  LIMIER_TRY(auto query,
             index.query(fmt::format("SELECT file_id, locator, source, page, file_offset FROM v_{0} WHERE {0}_id = ?1",
                                     row.kind)));
  query.bind(1, row.id);
  if (!query.step()) {
    LIMIER_CHECK(query.status());
    return false;
  }
  if (!query.is_null(0)) explanation.file_id = query.integer(0);
  RecordPlace place;
  place.locator = query.text(1);
  place.source = query.text(2);
  if (!query.is_null(3)) place.page = query.integer(3);
  if (!query.is_null(4)) place.file_offset = query.integer(4);
  explanation.place = std::move(place);
  return true;
}

Result<std::optional<std::int64_t>> holder_of(store::Index& index, const RecordPlace& place, std::int64_t file_id) {
  if (place.source == "wal" || place.source == "wal-slack") return companion(index, file_id, "-wal");
  if (place.source == "journal") return companion(index, file_id, "-journal");
  return std::optional(file_id);
}

// The place in the image of a row that stands in free space, and so in no file.
std::optional<std::uint64_t> image_offset_in(std::string_view locator) {
  constexpr std::string_view kImage = ":image=";
  const std::size_t at = locator.rfind(kImage);
  if (!locator.starts_with("sqlite:") || at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = locator.substr(at + kImage.size());
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return offset;
}

Status find_in_image(store::Index& index, RecordPlace& place) {
  if (const auto offset = image_offset_in(place.locator)) place.image_offset = offset;
  if (!place.file_id || !place.file_offset) return ok_status();
  LIMIER_TRY(auto query, index.query("SELECT image_offset + (?2 - file_offset) FROM v_extent WHERE file_id = ?1 AND "
                                     "kind = 'data' AND image_offset IS NOT NULL AND file_offset <= ?2 AND "
                                     "file_offset + length > ?2 LIMIT 1"));
  query.bind(1, *place.file_id).bind(2, *place.file_offset);
  if (query.step()) place.image_offset = static_cast<std::uint64_t>(query.integer(0));
  return query.status();
}

// ---- reading again ------------------------------------------------------------------------------------------------

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
// the number of its row in front. What is longer than the rest of the page goes on elsewhere.
std::uint64_t record_bytes(Bytes bytes) {
  constexpr std::size_t kMaxVarintBytes = 9;
  std::uint64_t payload = 0;
  std::size_t at = 0;
  for (int number = 0; number < 2; ++number) {
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

// Looks for the text of a message in the bytes of its record.
void look_for(std::string_view body, RecordPlace& place) {
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

Result<std::string> body_of(store::Index& index, std::int64_t message_id) {
  LIMIER_TRY(auto query, index.query("SELECT body, body_raw FROM v_message WHERE message_id = ?1"));
  query.bind(1, message_id);
  std::string body;
  if (query.step()) {
    const auto raw = query.blob(1);
    body = raw.empty() ? query.text(0) : std::string(as_text(Bytes(raw)));
  }
  LIMIER_CHECK(query.status());
  return body;
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
  const std::uint64_t most = rest_of_page(window.head(), place->source, *from);
  if (place->bytes.size() > most) place->bytes.resize(static_cast<std::size_t>(most));
  const bool is_cell = place->locator.starts_with("sqlite:") && place->source != "freeblock" && place->source != "gap";
  if (is_cell) place->bytes.resize(static_cast<std::size_t>(record_bytes(place->bytes)));
  return back;
}

// Folders and devices have no content to be read.
Result<bool> has_content(store::Index& index, std::int64_t file_id) {
  LIMIER_TRY(auto query, index.query("SELECT kind IN ('file', 'stream') FROM v_file WHERE file_id = ?1"));
  query.bind(1, file_id);
  const bool has = query.step() && query.integer(0) != 0;
  LIMIER_CHECK(query.status());
  return has;
}

AuditLog::Fields audit_fields(const ExplainOptions& options, const Explanation& explanation) {
  AuditLog::Fields fields{{"row", options.row}};
  for (const ReadBack& back : explanation.read) {
    fields.emplace_back("file_id", std::to_string(back.file_id));
    fields.emplace_back("path", back.path);
    fields.emplace_back("sha256", back.sha256);
    fields.emplace_back("problem", back.problem);
  }
  fields.emplace_back("command", options.command_line);
  return fields;
}

// What the index says; nothing of the evidence is touched.
Status follow(store::Index& index, const ExplainOptions& options, Explanation& explanation) {
  LIMIER_TRY(const RowName row, resolve(index, options, explanation));
  explanation.kind = row.kind;
  if (row.id > 0) explanation.row = row.id;
  if (row.kind == "file") {
    explanation.file_id = row.id;
    LIMIER_TRY(const auto content, find_content(index, row.id));
    return content ? ok_status() : Status(unknown(options));
  }
  const auto* const kind = catalog::find_kind(row.kind);
  if (kind == nullptr || kind->origin != catalog::Origin::kContent || row.id < 1) return ok_status();
  LIMIER_TRY(const bool found, read_place(index, row, explanation));
  if (!found) return explanation.finding_id ? ok_status() : Status(unknown(options));
  if (row.kind == "message") {
    LIMIER_TRY(explanation.thread, store::talk_around(index, row.id, kNeighbours));
  }
  if (explanation.file_id) {
    LIMIER_TRY(explanation.place->file_id, holder_of(index, *explanation.place, *explanation.file_id));
    LIMIER_CHECK(find_in_image(index, *explanation.place));
  }
  return ok_status();
}

}  // namespace

bool Explanation::mismatch() const {
  return std::any_of(read.begin(), read.end(), [](const ReadBack& back) { return back.mismatch; });
}
bool Explanation::incomplete() const {
  return std::any_of(read.begin(), read.end(), [](const ReadBack& back) { return !back.problem.empty(); });
}

Result<Explanation> explain(const ExplainOptions& options, const std::atomic<int>& stop) {
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(options.dir));
  Explanation explanation;
  LIMIER_CHECK(follow(*index, options, explanation));

  // The file of the row, and the log when the record stands there.
  std::vector<std::int64_t> files;
  LIMIER_TRY(explanation.scoped, has_scope(*index));
  if (explanation.file_id && !explanation.scoped) {
    LIMIER_TRY(const bool readable, has_content(*index, *explanation.file_id));
    if (readable) files.push_back(*explanation.file_id);
  }
  RecordPlace* const place = explanation.place ? &*explanation.place : nullptr;
  if (place != nullptr && place->file_id && place->file_id != explanation.file_id && !explanation.scoped)
    files.push_back(*place->file_id);
  if (!files.empty()) {
    LIMIER_TRY(const std::string recorded, recorded_path(*index));
    const Guard guard = make_guard(options.sandbox, options.stall_seconds, plan_memory(0));
    LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image.empty() ? recorded : options.image, true));
    LIMIER_TRY(const ContainerFacts facts, describe_evidence(evidence, guard, stop));
    LIMIER_CHECK(same_evidence(*index, facts.container));
    for (const std::int64_t file_id : files) {
      const bool holds = place != nullptr && place->file_id == file_id;
      LIMIER_TRY(ReadBack back, read_back(*index, file_id, holds ? place : nullptr, evidence, guard, stop));
      explanation.read.push_back(std::move(back));
    }
  }
  if (place != nullptr && explanation.kind == "message" && explanation.row) {
    LIMIER_TRY(const std::string body, body_of(*index, *explanation.row));
    look_for(body, *place);
  }
  AuditLog audit(options.dir);
  LIMIER_CHECK(audit.append("explain", audit_fields(options, explanation)));
  LIMIER_CHECK(write_manifest(options.dir, {}));
  return explanation;
}

}  // namespace limier::app
