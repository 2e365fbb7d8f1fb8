// `limier explain`: the chain from a finding or a row to the bytes of the evidence, those bytes read again, and the row
// made of them again.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/byte_hit_again.h"
#include "app/case_folder.h"
#include "app/derive_again.h"
#include "app/explain_follows.h"
#include "app/record_place.h"
#include "app/volume_map.h"
#include "limier/content/packs.h"
#include "limier/store/marks.h"

namespace limier::app {
namespace {

constexpr std::int64_t kNeighbours = 3;  // on either side

using store::RowName;

// Rows that limier made of others have names too.
std::optional<RowName> parse_row(std::string_view text) {
  if (auto row = store::parse_row_name(text)) return row;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  RowName row{std::string(text.substr(0, colon)), 0};
  const std::string_view number = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), row.id);
  if (error != std::errc() || end != number.data() + number.size() || row.id < 1) return std::nullopt;
  return catalog::find_kind(row.kind) != nullptr ? std::optional(row) : std::nullopt;
}

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
  const auto named = parse_row(options.row);
  if (named && named->kind != "finding") return *named;
  LIMIER_TRY(auto subject, named ? subject_of(index, "finding_id", named->id, explanation)
                                 : subject_of(index, "key", options.row, explanation));
  if (!subject) return unknown(options);
  return std::move(*subject);
}

// The place in the image of a row that stands in no file.
std::optional<std::uint64_t> image_offset_in(std::string_view locator) {
  constexpr std::string_view kImage = ":image=", kHit = "image:";
  const std::size_t at = locator.rfind(kImage);
  const bool is_hit = locator.starts_with(kHit);
  if (!is_hit && (!locator.starts_with("sqlite:") || at == std::string_view::npos)) return std::nullopt;
  const std::string_view digits = locator.substr(is_hit ? kHit.size() : at + kImage.size());
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return offset;
}

std::string why_no_offset(std::string_view locator) {
  if (locator.starts_with("image:")) return "in no file: it stands in bytes of the image that belong to none";
  if (image_offset_in(locator)) return "in no file: it stands in free space of the volume";
  if (locator.starts_with("sqlite:"))
    return "not known: the row is of no single record, or its record could not be found on the pages of the database";
  if (locator.starts_with("mailbox:")) return "none: it follows from other rows";
  return "none: its parser reads the content as a whole; the locator says where in it the row stands";
}

// What a row out of content says of itself. False: there is no such row.
Result<bool> read_place(store::Index& index, const RowName& row, Explanation& explanation) {
  LIMIER_TRY(auto query, index.query(fmt::format(
                             "SELECT file_id, locator, source, page, file_offset, state FROM v_{0} WHERE {0}_id = "
                             "?1",
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
  place.state = query.text(5);
  if (!place.file_offset) place.no_offset = why_no_offset(place.locator);
  explanation.place = std::move(place);
  return true;
}

Result<std::optional<std::int64_t>> holder_of(store::Index& index, const RecordPlace& place, std::int64_t file_id) {
  if (place.source == "wal" || place.source == "wal-slack") return companion(index, file_id, "-wal");
  if (place.source == "journal") return companion(index, file_id, "-journal");
  return std::optional(file_id);
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

// A row that limier made: v_item has a file, others follow from rows.
Status follow_engine_row(store::Index& index, const RowName& row, const ExplainOptions& options,
                         Explanation& explanation) {
  if (row.kind == "item") {
    LIMIER_TRY(auto item, index.query("SELECT file_id FROM v_item WHERE item_id = ?1"));
    item.bind(1, row.id);
    const bool found = item.step();
    LIMIER_CHECK(item.status());
    if (found) explanation.file_id = item.integer(0);
    return found ? ok_status() : Status(unknown(options));
  }
  return explanation.follows || explanation.finding_id ? ok_status() : Status(unknown(options));
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
  if (kind == nullptr || row.id < 1) return ok_status();
  LIMIER_TRY(explanation.follows, follow_rows(index, row.kind, row.id));
  if (kind->origin != catalog::Origin::kContent) return follow_engine_row(index, row, options, explanation);
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

// The work on one explanation, once it is known what it is about.
class Explainer {
 public:
  Explainer(store::Index& index, const ExplainOptions& options, Explanation& explanation, const std::atomic<int>& stop)
      : index_(index), options_(options), to_(explanation), stop_(stop) {}

  Status run() {
    if (to_.kind == "hit" && to_.row) {
      LIMIER_TRY(hit_, hit_in_bytes(index_, *to_.row));
      if (hit_ && hit_->image_offset) to_.place->image_offset = hit_->image_offset;
    }
    LIMIER_CHECK(find_runs());
    // What is read again could be what the scope masks.
    if (!to_.scoped) LIMIER_CHECK(read_files());
    if (to_.finding_id) {
      const std::string* const body =
          to_.derived && to_.derived->state <= Derived::State::kDiffers ? &to_.derived->body : nullptr;
      LIMIER_TRY(to_.found_again, find_again(index_, *to_.finding_id, options_.rules, body));
    }
    return ok_status();
  }

 private:
  Status read_files() {
    std::vector<std::int64_t> files;
    if (to_.file_id) {
      LIMIER_TRY(const bool readable, has_content(index_, *to_.file_id));
      if (readable) files.push_back(*to_.file_id);
    }
    // The file of the row, and the log when the record stands there.
    if (to_.place && to_.place->file_id && to_.place->file_id != to_.file_id) files.push_back(*to_.place->file_id);
    if (!files.empty() || hit_) LIMIER_CHECK(read_again_all(files));
    return ok_status();
  }

  Status find_runs() {
    if (to_.file_id) {
      LIMIER_TRY(to_.runs, runs_of(index_, *to_.file_id, 0, INT64_MAX));
    }
    if (to_.place && !to_.place->file_offset && to_.place->image_offset) {
      // How long a record in free space is, is not known before it is decoded: its first byte.
      FileRun run;
      run.length = hit_ ? hit_->length() : 1;
      run.image_offset = to_.place->image_offset;
      run.kind = "free-space";
      to_.place->runs.push_back(std::move(run));
    }
    if (!to_.place || !to_.place->file_id || !to_.place->file_offset) return ok_status();
    LIMIER_TRY(to_.place->runs, runs_of(index_, *to_.place->file_id, start(), kMaxExcerptBytes));
    to_.place->runs = cut_runs(std::move(to_.place->runs), start(), kMaxExcerptBytes);
    return ok_status();
  }
  [[nodiscard]] std::uint64_t start() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(*to_.place->file_offset, 0));
  }

  // Which segment and chunk the runs begin in is asked along with what the container is.
  template <class Each>
  void each_run(const Each& each) {
    for (auto* runs : {&to_.runs, to_.place ? &to_.place->runs : nullptr})
      if (runs != nullptr)
        for (FileRun& run : *runs)
          if (run.image_offset) each(run);
  }

  Status read_again_all(const std::vector<std::int64_t>& files) {
    LIMIER_TRY(const std::string recorded, recorded_path(index_));
    const Guard guard = make_guard(options_.sandbox, options_.stall_seconds, plan_memory(0));
    LIMIER_TRY(EvidenceSet evidence, open_evidence(options_.image.empty() ? recorded : options_.image, true));
    std::vector<std::uint64_t> offsets;
    each_run([&](const FileRun& run) { offsets.push_back(*run.image_offset); });
    const bool in_image = hit_ && hit_->image_offset;
    if (in_image) offsets.push_back(*hit_->image_offset);
    LIMIER_TRY(ContainerFacts facts, describe_evidence(evidence, guard, stop_, offsets,
                                                       in_image ? static_cast<std::uint32_t>(hit_->length()) : 0));
    if (in_image) hit_bytes_ = std::move(facts.container.bytes.back());
    LIMIER_CHECK(same_evidence(index_, facts.container));
    std::size_t at = 0;
    each_run([&](FileRun& run) {
      run.container = facts.container.places[at++];
      if (run.container) run.segment = evidence.spec.segments[run.container->segment].name;
    });
    RecordPlace* const place = to_.place ? &*to_.place : nullptr;
    for (const std::int64_t file_id : files) {
      const bool holds = place != nullptr && place->file_id == file_id;
      LIMIER_TRY(ReadBack back, read_back(index_, file_id, holds ? place : nullptr, evidence, guard, stop_));
      to_.read.push_back(std::move(back));
    }
    return make_again(evidence, guard);
  }

  // The bytes of the image; of what is decoded on its way, those of the file.
  void see_hit_again() {
    RecordPlace& place = *to_.place;
    if (!hit_->image_offset) hit_bytes_ = place.bytes;
    to_.derived = see_again(*hit_, hit_bytes_);
    place.bytes.assign(hit_bytes_.begin(),
                       hit_bytes_.begin() + static_cast<std::ptrdiff_t>(std::min(hit_bytes_.size(), hit_->length())));
    if (place.file_offset) place.runs = cut_runs(std::move(place.runs), start(), place.bytes.size());
  }

  Status make_again(const EvidenceSet& evidence, const Guard& guard) {
    if (!to_.row || (!to_.place && to_.kind != "item")) return ok_status();
    if (hit_) return see_hit_again(), ok_status();
    LIMIER_TRY(const auto given, content::load_packs(options_.packs));
    const auto packs = content::all_packs(given);
    if (to_.kind == "item") {
      LIMIER_TRY(to_.derived, look_again(index_, *to_.row, packs, evidence, guard, stop_));
      return ok_status();
    }
    RecordPlace& place = *to_.place;
    if (place.locator.starts_with("sqlite:") && place.file_offset && place.file_id) {
      LIMIER_TRY(auto again,
                 decode_again(index_, *to_.file_id, place.state, place.source, start(), evidence, guard, stop_));
      place.decoded = std::move(again.record);
      place.decode_problem = std::move(again.problem);
    }
    if (place.file_offset) {
      cut_record(place);
      place.runs = cut_runs(std::move(place.runs), start(), place.bytes.size());
    }
    if (to_.kind == "message") {
      LIMIER_TRY(const std::string body, body_of(index_, *to_.row));
      look_for_text(body, place);
    }
    if (to_.follows) return ok_status();
    LIMIER_TRY(to_.derived, derive_again(index_, to_.kind, *to_.row, packs, evidence, guard, stop_));
    return ok_status();
  }

  store::Index& index_;
  const ExplainOptions& options_;
  Explanation& to_;
  const std::atomic<int>& stop_;
  std::optional<HitInBytes> hit_;
  std::vector<std::uint8_t> hit_bytes_;
};

}  // namespace

bool Explanation::mismatch() const {
  const auto is_other = [](const Derived& made) {
    return made.state == Derived::State::kDiffers || made.state == Derived::State::kGone;
  };
  return std::any_of(read.begin(), read.end(), [](const ReadBack& back) { return back.mismatch; }) ||
         (derived && is_other(*derived)) || (follows && follows->agrees == false) ||
         (found_again && (is_other(found_again->rule) || !found_again->lost.empty()));
}
bool Explanation::incomplete() const {
  return std::any_of(read.begin(), read.end(), [](const ReadBack& back) { return !back.problem.empty(); }) ||
         (derived && derived->state == Derived::State::kNotDone) ||
         (found_again && found_again->rule.state == Derived::State::kNotDone);
}

Result<Explanation> explain(const ExplainOptions& options, const std::atomic<int>& stop) {
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(options.dir));
  Explanation explanation;
  LIMIER_CHECK(follow(*index, options, explanation));
  LIMIER_TRY(explanation.scoped, has_scope(*index));
  LIMIER_CHECK(Explainer(*index, options, explanation, stop).run());
  AuditLog audit(options.dir);
  LIMIER_CHECK(audit.append("explain", audit_fields(options, explanation)));
  LIMIER_CHECK(write_manifest(options.dir, {}));
  return explanation;
}

}  // namespace limier::app
