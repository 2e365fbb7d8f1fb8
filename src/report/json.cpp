// report.json: the facts of the page for machines; docs/report.schema.json describes it.
#include "limier/catalog/findings.h"
#include "report/facts.h"
#include "report/formats.h"
#include "report/json_out.h"
#include "report/lists.h"
#include "report/marks.h"

namespace limier::report {
namespace {

// Raised when a key changes its meaning or goes; new keys do not raise it.
constexpr std::int64_t kFormatVersion = 1;

void put_run(JsonOut& json, const RunFacts& run) {
  json.object("tool");
  json.text("name", "limier");
  json.text("version", run.tool_version);
  json.end();
  json.object("options");
  json.text("profile", run.profile);
  json.text("zone", run.zone);
  json.boolean("sandbox", run.jailed);
  json.maybe_evidence_text("scope", run.scope_title);
  json.maybe_text("scope_sha256", run.scope_sha256);
  json.end();
}

void put_authority(JsonOut& json, const AuthorityFacts& facts) {
  json.object("authority");
  json.evidence_text("text", facts.text);
  json.evidence_text("case_number", facts.case_number);
  json.evidence_text("exhibit", facts.exhibit);
  json.evidence_text("examiner", facts.examiner);
  json.evidence_text("agency", facts.agency);
  json.evidence_text("note", facts.note);
  json.end();
}

void put_evidence(JsonOut& json, const EvidenceFacts& facts) {
  json.object("evidence");
  json.evidence_text("path", facts.path);
  json.text("format", facts.format);
  json.maybe_text("variant", facts.variant);
  json.integer("size_bytes", facts.size_bytes);
  json.integer("container_bytes", facts.container_bytes());
  json.integer("sector_size", facts.sector_size);
  json.maybe_integer("chunk_size", facts.chunk_size);
  json.integer("segment_count", facts.segment_count);
  json.maybe_text("compression", facts.compression);
  json.maybe_text("media_type", facts.media_type);
  json.maybe_text("set_identifier", facts.set_identifier);
  if (facts.verdict.empty())
    json.null("verdict");
  else
    json.text("verdict", facts.verdict);
  json.object("digests");
  const auto digests = [&](std::string_view key, const MaybeText& md5, const MaybeText& sha1, const MaybeText& sha256) {
    json.object(key);
    json.maybe_text("md5", md5);
    json.maybe_text("sha1", sha1);
    json.maybe_text("sha256", sha256);
    json.end();
  };
  digests("stored", facts.stored_md5, facts.stored_sha1, facts.stored_sha256);
  digests("computed", facts.md5, facts.sha1, facts.sha256);
  digests("expected", facts.expected_md5, facts.expected_sha1, facts.expected_sha256);
  json.end();
  json.object("acquisition");
  for (const auto& one : facts.acquisition) json.maybe_evidence_text(one.name, one.value);
  json.end();
  json.array("header");
  for (const auto& one : facts.header) {
    json.object();
    json.evidence_text("name", one.name);
    json.maybe_evidence_text("value", one.value);
    json.end();
  }
  json.end();
  json.array("segments");
  for (const auto& one : facts.segments) {
    json.object();
    json.evidence_text("name", one.name);
    json.integer("size_bytes", one.size_bytes);
    json.end();
  }
  json.end();
  json.end();
}

void put_conditions(JsonOut& json, const Facts& facts) {
  const Conditions& conditions = facts.conditions;
  json.object("conditions");
  json.boolean("interrupted", conditions.interrupted);
  json.boolean("nothing_examined", conditions.nothing_examined);
  json.boolean("integrity_mismatch", conditions.mismatch);
  json.boolean("damaged", conditions.damaged);
  json.boolean("incomplete", conditions.incomplete);
  json.integer("encrypted_items", facts.counts.encrypted_items);
  json.object("findings");
  for (std::size_t i = 0; i < kPriorities.size(); ++i) json.integer(kPriorities[i], facts.counts.by_priority[i]);
  json.end();
  json.end();
  json.integer("exit_code", conditions.exit_code());
  json.object("examined");
  json.text("summary", work_done(facts.work));
  json.boolean("listed", !conditions.nothing_examined);
  json.boolean("hashed", !facts.evidence.verdict.empty());
  json.boolean("content", facts.work.contents + facts.work.strange > 0);
  json.integer("contents", facts.work.contents);
  json.boolean("rules", facts.work.rules);
  json.end();
}

void put_tally(JsonOut& json, std::string_view key, const Tally& tally) {
  json.object(key);
  json.integer("items", tally.items);
  json.integer("bytes", tally.bytes);
  json.end();
}

void put_named(JsonOut& json, std::string_view key, const std::vector<NamedTally>& tallies, std::size_t cap) {
  json.array(key);
  for (std::size_t i = 0; i < tallies.size() && i < cap; ++i) {
    json.object();
    json.evidence_text("name", tallies[i].name);
    json.integer("items", tallies[i].all.items);
    json.integer("bytes", tallies[i].all.bytes);
    json.integer("deleted_items", tallies[i].deleted.items);
    json.integer("deleted_bytes", tallies[i].deleted.bytes);
    json.end();
  }
  json.end();
}

void put_list(JsonOut& json, std::string_view key, const std::vector<FileRow>& files, const store::Marks& marks) {
  json.array(key);
  for (const FileRow& file : files) {
    json.object();
    json.integer("file_id", file.file_id);
    json.integer("volume_id", file.volume_id);
    json.evidence_text("path", file.path);
    json.integer("size", file.size);
    json.maybe_text("modified", file.modified);
    json.boolean("deleted", file.deleted);
    json.text("content_state", file.content_state);
    json.maybe_text("type_name", file.type_name);
    put_row_marks(json, marks, {"file", file.file_id});
    json.end();
  }
  json.end();
}

void put_files(JsonOut& json, const Facts& facts, const store::Marks& marks) {
  const Census& census = facts.census;
  json.object("files");
  json.integer("rows", census.rows);
  json.integer("deleted", census.deleted);
  json.integer("orphan", census.orphan);
  json.object("by_kind");
  for (std::size_t i = 0; i < kKinds.size(); ++i) put_tally(json, kKinds[i], census.kinds[i]);
  json.end();
  json.object("by_content_state");
  for (std::size_t i = 0; i < kContentStates.size(); ++i) put_tally(json, kContentStates[i], census.states[i]);
  json.end();
  json.object("deleted_by_content_state");
  for (std::size_t i = 0; i < kContentStates.size(); ++i) put_tally(json, kContentStates[i], census.deleted_states[i]);
  json.end();
  put_named(json, "by_category", census.categories, census.categories.size());
  put_named(json, "by_type", census.types, census.types.size());
  json.integer("by_name", census.by_name);
  put_named(json, "by_extension", census.extensions, static_cast<std::size_t>(kMaxExtensionRows));
  json.integer("extensions", static_cast<std::int64_t>(census.extensions.size()));
  put_named(json, "by_size", census.sizes, census.sizes.size());
  put_list(json, "largest", facts.list(List::kLargest), marks);
  put_list(json, "most_recent", facts.list(List::kRecent), marks);
  json.integer("internal", census.internal_files + census.internal_streams);
  put_list(json, "largest_internal", facts.list(List::kLargestInternal), marks);
  put_list(json, "most_recent_internal", facts.list(List::kRecentInternal), marks);
  json.integer("user", census.keeper_files[static_cast<std::size_t>(Keeper::kUser)]);
  put_list(json, "largest_user", facts.list(List::kLargestUser), marks);
  put_list(json, "most_recent_user", facts.list(List::kRecentUser), marks);
  json.end();
}

void put_notable(JsonOut& json, const Facts& facts, const store::Marks& marks) {
  json.object("notable");
  put_list(json, "recovered", facts.list(List::kRecovered), marks);
  put_list(json, "overwritten", facts.list(List::kOverwritten), marks);
  put_list(json, "unreadable", facts.list(List::kUnreadable), marks);
  put_list(json, "encrypted", facts.list(List::kEncrypted), marks);
  put_list(json, "name_mismatch", facts.list(List::kMismatch), marks);
  json.integer("name_mismatches", facts.census.mismatches);
  put_list(json, "alternate_streams", facts.list(List::kStreams), marks);
  json.array("stream_names");
  for (const StreamName& name : facts.stream_names.top) {
    json.object();
    json.evidence_text("name", name.name);
    json.integer("items", name.items);
    json.end();
  }
  json.end();
  json.end();
}

// The notable ones first, each; the known ones as a number.
void put_known(JsonOut& json, const Facts& facts) {
  json.object("known_files");
  json.integer("notable", facts.census.notable.items);
  json.integer("known", facts.census.known.items);
  json.array("notable_files");
  for (const NotableFile& file : facts.notable_files) {
    json.object();
    json.integer("file_id", file.file_id);
    json.evidence_text("path", file.path);
    json.integer("size", file.size);
    json.boolean("deleted", file.deleted);
    json.text("content_state", file.content_state);
    json.evidence_text("known_source", file.sets);
    json.maybe_text("known_category", file.category);
    json.end();
  }
  json.end();
  json.end();
}

void put_activity(JsonOut& json, const Activity& activity) {
  json.object("activity");
  json.integer("time_stamps", activity.total);
  json.integer("before_1990", activity.before);
  json.integer("after_2100", activity.after);
  json.array("months");
  for (const Month& month : activity.months) {
    json.object();
    json.integer("year", month.year);
    json.integer("month", month.month);
    json.integer("time_stamps", month.count);
    json.end();
  }
  json.end();
  json.end();
}

void put_coverage(JsonOut& json, const CoverageFacts& coverage) {
  json.object("coverage");
  json.integer("total_bytes", coverage.total());
  json.array("states");
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i) {
    json.object();
    json.text("state", kCoverageStates[i]);
    json.integer("bytes", coverage.bytes[i]);
    json.integer("ranges", coverage.ranges[i]);
    json.end();
  }
  json.end();
  json.end();
}

enum class As : std::uint8_t { kInteger, kText };
struct Key {
  std::string_view name;
  As as;
};

// A whole view, row by row.
Status put_view(JsonOut& json, store::Index& index, std::string_view key, std::string_view view, std::string_view order,
                std::initializer_list<Key> keys) {
  std::string sql = "SELECT ", raw;
  for (const Key& one : keys) {
    sql += std::string(&one == keys.begin() ? "" : ", ") + std::string(one.name);
    raw += ", " + column_or_null(index, view, std::string(one.name) + "_raw");
  }
  sql += raw;
  LIMIER_TRY(auto rows, index.query(sql + " FROM " + std::string(view) + " ORDER BY " + std::string(order)));
  json.array(key);
  while (rows.step()) {
    json.object();
    for (int at = 0; const Key& one : keys) {
      if (rows.is_null(at))
        json.null(one.name);
      else if (one.as == As::kInteger)
        json.integer(one.name, rows.integer(at));
      else
        json.evidence_text(one.name, exact_text(rows, at, at + static_cast<int>(keys.size())));
      ++at;
    }
    json.end();
  }
  json.end();
  return rows.status();
}

Status put_views(JsonOut& json, store::Index& index) {
  constexpr As kInt = As::kInteger, kTxt = As::kText;
  LIMIER_CHECK(put_view(json, index, "bad_ranges", "v_bad_range", "image_offset, length, reason",
                        {{"image_offset", kInt}, {"length", kInt}, {"reason", kTxt}}));
  LIMIER_CHECK(put_view(json, index, "not_examined", "v_not_examined", "what, reason, bytes, items",
                        {{"what", kTxt}, {"reason", kTxt}, {"bytes", kInt}, {"items", kInt}}));
  LIMIER_CHECK(put_view(json, index, "volumes", "v_volume", "volume_id",
                        {{"volume_id", kInt},
                         {"parent_id", kInt},
                         {"scheme", kTxt},
                         {"slot", kTxt},
                         {"image_offset", kInt},
                         {"length", kInt},
                         {"description", kTxt},
                         {"fs_type", kTxt},
                         {"fs_label", kTxt},
                         {"fs_uuid", kTxt},
                         {"block_size", kInt},
                         {"status", kTxt},
                         {"encryption", kTxt}}));
  LIMIER_CHECK(put_view(json, index, "encryption", "v_encryption",
                        "scope, volume_id, file_id, scheme, certainty, detail",
                        {{"scope", kTxt},
                         {"volume_id", kInt},
                         {"file_id", kInt},
                         {"scheme", kTxt},
                         {"certainty", kTxt},
                         {"detail", kTxt}}));
  return put_view(json, index, "issues", "v_issue", "issue_id",
                  {{"issue_id", kInt},
                   {"stage", kTxt},
                   {"code", kTxt},
                   {"severity", kTxt},
                   {"volume_id", kInt},
                   {"file_id", kInt},
                   {"image_offset", kInt},
                   {"length", kInt},
                   {"message", kTxt},
                   {"cause", kTxt},
                   {"attempt", kInt},
                   {"memory_bytes", kInt}});
}

// How many rows of each kind there are, and the first of them; findings are all there.
Status put_kinds(JsonOut& json, store::Index& index, const Facts& facts, const store::Marks& marks) {
  json.object("rows");
  for (const KindCount& count : facts.kinds) json.integer(count.kind->plural, count.rows);
  json.end();
  for (const KindCount& count : facts.kinds) {
    const bool whole = count.kind == &catalog::kKindOf<catalog::Finding>;
    LIMIER_CHECK(put_kind_json(json, index, *count.kind, whole ? std::nullopt : std::optional(kMaxRowsInJson), marks));
  }
  return ok_status();
}

}  // namespace

Status write_json(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  LIMIER_TRY(const Facts* const read, source.facts());
  const Facts& facts = *read;
  LIMIER_TRY(auto out, OutFile::create(dir, "report.json"));
  JsonOut json(out);
  json.object();
  json.text("format", "limier-report");
  json.integer("format_version", kFormatVersion);
  put_run(json, facts.run);
  put_authority(json, facts.authority);
  put_evidence(json, facts.evidence);
  put_conditions(json, facts);
  put_files(json, facts, source.marks());
  put_notable(json, facts, source.marks());
  put_known(json, facts);
  put_activity(json, facts.activity);
  put_coverage(json, facts.coverage);
  LIMIER_CHECK(put_views(json, index));
  LIMIER_CHECK(put_kinds(json, index, facts, source.marks()));
  put_marks_json(json, source.marks());
  json.end();
  return out.commit();
}

}  // namespace limier::report
