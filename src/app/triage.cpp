// The whole run of `limier triage`, top to bottom.
#include <fmt/format.h>
#include <unistd.h>

#include "app/case_folder.h"
#include "app/content_phase.h"
#include "app/folder_evidence.h"
#include "app/keyword_files.h"
#include "app/known_files.h"
#include "app/packed_evidence.h"
#include "app/rules_phase.h"
#include "app/run_key.h"
#include "app/scope_file.h"
#include "app/scoped_progress.h"
#include "app/segment_hashes.h"
#include "app/stage_clock.h"
#include "app/sweep_phase.h"
#include "app/volume_map.h"
#include "app/walk_phase.h"
#include "app/yara_rules.h"
#include "limier/app.h"
#include "limier/catalog/packs.h"
#include "limier/content/packs.h"
#include "limier/version.h"

namespace limier::app {
namespace {

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return name;
}

using Scope = std::shared_ptr<const catalog::Scope>;

store::RunRow run_row(const TriageOptions& options, const Scope& scope, const KeywordFiles& keywords) {
  store::RunRow run;
  run.tool_version = LIMIER_VERSION;
  run.command = options.command_line;
  run.host = host_name();
  run.profile = profile_name(options.profile);
  run.zone = options.zone;
  run.language = options.language;
  if (options.fail_on) run.fail_on = catalog::kPriorityWords[static_cast<std::size_t>(*options.fail_on)];
  run.started_ns = wall_clock_ns();
  if (scope != nullptr) run.scope_title = scope->title(), run.scope_sha256 = scope->sha256();
  run.keywords_sha256 = keywords.key();
  run.keyword_engine = keywords.engine();
  return run;
}

store::EvidenceRow evidence_row(const TriageOptions& options, const EvidenceSet& evidence,
                                const sweep::ContainerMessage& container, const Scope& scope) {
  store::EvidenceRow row;
  row.path = options.image;
  row.format = evidence::format_name(container.format);
  row.variant = container.variant;
  row.size_bytes = container.size_bytes;
  row.sector_size = container.sector_size;
  row.chunk_size = container.chunk_size;
  row.segment_count = container.segment_count;
  row.compression = container.compression;
  row.media_type = container.media_type;
  row.set_identifier = container.set_identifier;
  row.incomplete = !evidence.missing.empty();
  row.stored_md5 = container.stored_md5;
  row.stored_sha1 = container.stored_sha1;
  row.stored_sha256 = container.stored_sha256;
  row.expected_md5 = options.expect_md5;
  row.expected_sha1 = options.expect_sha1;
  row.expected_sha256 = options.expect_sha256;
  for (std::size_t i = 0; i < container.header_names.size(); ++i)
    row.header_values.emplace_back(container.header_names[i],
                                   scope != nullptr && scope->hides(container.header_values[i]) != nullptr
                                       ? std::string(catalog::kMasked)
                                       : container.header_values[i]);
  for (const auto& segment : evidence.spec.segments)
    row.segments.push_back({segment.name, evidence.packed ? evidence.packed->size_bytes : segment.size_bytes});
  return row;
}

catalog::IssueRecord container_issue(std::string code, std::string message, bool incomplete) {
  catalog::IssueRecord issue;
  issue.stage = "container";
  issue.code = std::move(code);
  issue.message = std::move(message);
  issue.incomplete = incomplete;
  return issue;
}

// What was already noticed while the container was opened.
Status store_container_facts(store::IndexWriter& index, const EvidenceSet& evidence, const ContainerFacts& facts,
                             bool sandbox_wanted) {
  for (const evidence::OpenIssue& found : facts.container.issues) {
    auto issue = container_issue(found.code, found.message, false);
    if (found.length > 0) issue.image_offset = found.image_offset;
    issue.length = found.length;
    LIMIER_CHECK(index.add(issue));
  }
  if (evidence.packed)
    if (const auto issue = issue_of(*evidence.packed)) LIMIER_CHECK(index.add(*issue));
  for (const std::string& name : evidence.missing)
    LIMIER_CHECK(index.add(container_issue("segment-missing", "Segment " + name + " is missing", true)));
  for (const catalog::BadRange& range : facts.container.acquisition_errors) {
    if (!catalog::validate(range, facts.container.size_bytes)) continue;
    LIMIER_CHECK(index.add(range));
    auto issue = container_issue("acquisition-error", "The acquisition could not read these sectors", true);
    issue.image_offset = range.image_offset;
    issue.length = range.length;
    LIMIER_CHECK(index.add(issue));
  }
  for (const std::string& name : evidence.unreadable)
    LIMIER_CHECK(index.add(container_issue("not-readable", name + " could not be read: the system refused it", true)));
  if (!evidence.access_times_kept) {
    auto issue = container_issue("access-time",
                                 "The evidence was read without O_NOATIME, so the system may have changed the "
                                 "access time of its files",
                                 false);
    issue.severity = catalog::Severity::kInfo;
    LIMIER_CHECK(index.add(issue));
  }
  if (!sandbox_wanted)
    LIMIER_CHECK(index.add(container_issue("no-sandbox", "Evidence was parsed without a jail (--no-sandbox)", false)));
  return ok_status();
}

std::string digest_of_packs(std::span<const content::PackText> packs, const rules::RuleSet& rules) {
  Hasher hasher({false, false, true});
  for (const rules::Pack& pack : rules.packs()) hasher.update(as_bytes(pack.sha256));
  for (const auto& pack : packs) hasher.update(as_bytes(pack.toml));
  return hex_digest(*hasher.finish().sha256);
}

// Which packs the rows and findings rest on.
Status store_packs(store::IndexWriter& index, std::span<const content::PackText> packs, const rules::RuleSet& rules) {
  LIMIER_CHECK(index.clear_engine_rows(catalog::kKindOf<catalog::PackUsed>));
  for (const content::PackText& pack : packs) {
    LIMIER_TRY(const auto facts, content::facts_of(pack));
    LIMIER_CHECK(
        index.add(catalog::PackUsed{catalog::PackKind::kApplication, facts.name, facts.version, facts.sha256}));
    LIMIER_CHECK(index.mark_parsed_apps(facts.name, facts.app_ids));
  }
  for (const rules::Pack& pack : rules.packs())
    LIMIER_CHECK(index.add(catalog::PackUsed{catalog::PackKind::kRules, pack.id, pack.version, pack.sha256}));
  std::vector<store::IndexWriter::Translation> translations;
  for (auto& [language, english, text] : rules::translations(rules)) translations.push_back({language, english, text});
  return index.replace_translations(translations);
}

Result<std::unique_ptr<store::IndexWriter>> open_index(const TriageOptions& options, const EvidenceSet& evidence,
                                                       const sweep::ContainerMessage& container,
                                                       const std::string& packs_digest, const KnownFiles& known,
                                                       const KeywordFiles& keywords, const YaraFiles& yara,
                                                       const Scope& scope) {
  LIMIER_TRY(const auto key, run_key(options, evidence, container, packs_digest,
                                     scope == nullptr ? "" : scope->sha256(), known.key(), keywords.key(), yara.key()));
  const auto open = options.resume ? store::IndexWriter::resume : store::IndexWriter::create;
  LIMIER_TRY(auto index, open(options.out + "/index.db", run_row(options, scope, keywords), options.authority,
                              evidence_row(options, evidence, container, scope), key));
  index->set_scope(scope);
  index->set_keywords(keywords.of_run());
  return index;
}

// What the operator says is recorded and printed: it must not say what the scope masks.
Status hold_texts_to(const catalog::Scope& scope, const TriageOptions& options) {
  const store::Authority& authority = options.authority;
  for (const auto& [text, what] : {std::pair(&authority.text, "--authority"),
                                   {&authority.case_number, "--case"},
                                   {&authority.exhibit, "--exhibit"},
                                   {&authority.examiner, "--examiner"},
                                   {&authority.agency, "--agency"},
                                   {&authority.note, "--note"},
                                   {&options.image, "the path of the image"},
                                   {&options.command_line, "the command line"}})
    if (scope.hides(*text) != nullptr)
      return Error{ErrorKind::kUsage,
                   fmt::format("{} holds what the scope masks, and would be printed on every report; "
                               "say it in other words",
                               what)};
  return ok_status();
}

Result<Scope> scope_of(const TriageOptions& options) {
  if (options.scope.empty()) return Scope();
  LIMIER_TRY(auto scope, load_scope(options.scope));
  if (!options.scope_sha256.empty() && scope->sha256() != options.scope_sha256)
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: is not the scope file that was planned with; plan again", options.scope)};
  LIMIER_CHECK(hold_texts_to(*scope, options));
  return scope;
}

// Of a folder the list of them stands for the media.
Status store_segment_digests(store::IndexWriter& index, const EvidenceSet& evidence,
                             const std::vector<std::optional<Sha256>>& digests, const SweepPlan& plan) {
  LIMIER_CHECK(index.put_segment_digests(digests));
  if (evidence.spec.format != evidence::Format::kFolder) return ok_status();
  const auto whole = folder_digest(evidence, digests);
  if (!whole) return ok_status();
  LIMIER_TRY(const auto damage, index.first_bad_ranges());
  const IntegrityFacts facts =
      judge_integrity({}, Digests{.md5 = {}, .sha1 = {}, .sha256 = whole}, plan.expected, damage, false);
  return index.put_folder_digest(*whole, verdict_of(facts));
}

AuditLog::Fields start_fields(const TriageOptions& options, const Scope& scope, bool folder_locked) {
  return {{"tool_version", LIMIER_VERSION},
          {"commit", build_commit()},
          {"command", options.command_line},
          {"host", host_name()},
          {"evidence", options.image},
          {"authority", options.authority.text},
          {"case", options.authority.case_number},
          {"exhibit", options.authority.exhibit},
          {"examiner", options.authority.examiner},
          {"scope_sha256", scope == nullptr ? "" : scope->sha256()},
          {"folder_lock", folder_locked ? "held" : "not available on this file system"}};
}

// On what the workers' jail rests: a fact about this machine, so not one of the reports.
AuditLog::Fields jail_fields(const worker::SandboxReport& report) {
  return {{"seccomp", report.seccomp ? "yes" : "no"},
          {"landlock", std::to_string(report.landlock_abi)},
          {"notice", worker::jail_notice(report)}};
}

// Keeps what was found: the index is closed as interrupted, no report is written that could be taken for a whole one.
Result<Outcome> keep_interrupted(store::IndexWriter& index, AuditLog& audit, int signal) {
  Outcome outcome;
  outcome.interrupted = true;
  outcome.exit_code = 128 + signal;
  LIMIER_CHECK(index.finish("interrupted", outcome.exit_code, wall_clock_ns()));
  LIMIER_CHECK(audit.append("interrupted", {{"signal", std::to_string(signal)}}));
  return outcome;
}

// From the finished index alone. The manifest comes last: while there is none, a resumed run comes here again.
Status hand_over(const TriageOptions& options, const EvidenceSet& evidence, Outcome& outcome,
                 const std::vector<std::optional<Sha256>>& segments, std::uint64_t chunks_decoded, Progress& progress,
                 StageClock& clock) {
  progress.stage_started("reports", 0, "");
  LIMIER_TRY(auto finished, store::Index::open(options.out));
  LIMIER_TRY(outcome.totals, report::write_reports(*finished, options.out, {}));
  AuditLog audit(options.out);
  LIMIER_CHECK(audit.append("stages-measured", clock.finish()));
  AuditLog::Fields fields{{"exit_code", std::to_string(outcome.exit_code)},
                          {"chunks_decoded", std::to_string(chunks_decoded)}};
  LIMIER_TRY(const auto marks, marks_fields(options.out));  // of an earlier part of the run
  fields.insert(fields.end(), marks.begin(), marks.end());
  LIMIER_CHECK(audit.append("triage-finished", fields));
  LIMIER_CHECK(write_manifest(options.out, manifest_segments(evidence, segments)));
  progress.stage_ended();
  return ok_status();
}

// The run before this one had come to the end of its index. What it did not hand over is handed over now.
Result<Outcome> confirm_finished(const TriageOptions& options, const EvidenceSet& evidence, store::IndexWriter& index,
                                 Progress& progress, StageClock& clock) {
  Outcome outcome;
  LIMIER_TRY(outcome.conditions, index.conditions());
  // Not the one recorded then: the threshold of findings may be another now.
  outcome.exit_code = exit_code_for(outcome.conditions, options.fail_on);
  LIMIER_TRY(const auto segments, index.segment_digests());
  LIMIER_CHECK(index.close_finished());
  LIMIER_TRY(const bool whole, is_handed_over(options.out));
  if (whole) return outcome;
  remove_reports(options.out);
  LIMIER_CHECK(hand_over(options, evidence, outcome, segments, 0, progress, clock));
  return outcome;
}

Result<Outcome> run_triage(const TriageOptions& options, Progress& shown, const std::atomic<int>& stop) {
  // The gate: nothing is opened, let alone written, without a recorded authority.
  if (options.authority.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return Error{ErrorKind::kRefused,
                 "no authority: name what permits this examination (warrant, consent, court order, training) with "
                 "--authority TEXT; nothing was read or written"};

  // What may not be read. From here on nothing of it is stored, shown or logged.
  LIMIER_TRY(const Scope scope, scope_of(options));
  ScopedProgress progress(shown, scope);

  // Files are looked into; without that, packs and rules have nothing to say.
  const bool examine_content = options.profile == Profile::kStandard || options.profile == Profile::kFull;
  // Bytes do not say whose they are or of when, so that a scope could not be held to them.
  const bool search_bytes = examine_content && scope == nullptr;
  std::vector<content::PackText> packs;
  rules::RuleSet rules;
  if (examine_content) {
    LIMIER_TRY(const auto given_packs, content::load_packs(options.packs));
    packs = content::all_packs(given_packs);
    LIMIER_TRY(rules, rules::RuleSet::load(options.rules));
  }

  // Sets that are damaged are refused here, and not when the evidence has been read.
  LIMIER_TRY(const KnownFiles known, KnownFiles::load(options.hash_sets, options.hash_set_digests, stop));

  // So are keywords that are wrong.
  if (!options.keywords.empty() && !search_bytes)
    return Error{ErrorKind::kUsage,
                 scope != nullptr ? "--keywords and --scope do not go together: bytes do not say whose they are or of "
                                    "when, so that the scope could not be held to what is found in them"
                                  : "--keywords needs --profile standard or full: without it no content is searched"};
  LIMIER_TRY(const KeywordFiles keywords, KeywordFiles::load(options.keywords, options.keyword_digests));
  LIMIER_TRY(YaraFiles yara, YaraFiles::load(options.yara, options.yara_digest));

  StageClock clock;  // for the audit log
  clock.begin("container");
  // The container: decided by its magic, opened read-only, described by a jailed worker.
  LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image, options.incomplete));
  evidence.spec.sector_bytes = options.sector_bytes;
  const MemoryPlan memory = plan_memory(options.memory_bytes);
  const Guard guard = make_guard(options.sandbox, options.stall_seconds, memory, options.slack_seconds);
  LIMIER_CHECK(yara.compile(evidence, guard, stop));
  for (const std::string& refusal : yara.refusals()) progress.note(refusal);
  LIMIER_TRY(const FolderLock lock,
             prepare_case_folder(options.out, evidence, options.allow_beside_evidence, options.resume));
  LIMIER_TRY(const ContainerFacts facts, describe_evidence(evidence, guard, stop));
  const std::uint64_t media_size = facts.container.size_bytes;

  LIMIER_TRY(auto index, open_index(options, evidence, facts.container, digest_of_packs(packs, rules), known, keywords,
                                    yara, scope));
  index->set_rows_in_memory(memory.rows_in_memory);
  if (index->recorded_exit_code()) return confirm_finished(options, evidence, *index, progress, clock);
  remove_reports(options.out);
  AuditLog audit(options.out);
  const bool begun = index->done(store::Step::kContainer);
  LIMIER_CHECK(audit.append(begun ? "triage-resumed" : "triage-started", start_fields(options, scope, lock.held())));
  LIMIER_CHECK(audit.append("jail", jail_fields(facts.sandbox)));
  if (!known.empty()) LIMIER_CHECK(audit.append("hash-sets", known.fields()));
  if (!keywords.empty()) LIMIER_CHECK(audit.append("keywords", keywords.fields()));
  if (!yara.empty()) LIMIER_CHECK(audit.append("yara-rules", yara.fields()));
  if (const std::string notice = worker::jail_notice(facts.sandbox); !notice.empty()) progress.note(notice);
  if (!begun) {
    LIMIER_CHECK(store_container_facts(*index, evidence, facts, options.sandbox));
    LIMIER_CHECK(index->finish_step(store::Step::kContainer));
  }
  // From here the container's facts are fixed: nothing below looks at segments again.

  std::uint64_t chunks_decoded = 0;  // the image, read once, has media_size / chunk_size
  if (!index->done(store::Step::kVolumes)) {
    clock.begin("partitions");
    progress.stage_started("partitions", 0, "");
    auto map = map_evidence(evidence, media_size, memory.cache_bytes, guard, stop);
    if (!map.ok() && map.error().kind == ErrorKind::kInterrupted) return keep_interrupted(*index, audit, stop.load());
    if (!map.ok()) return std::move(map.error());
    LIMIER_CHECK(store_volume_map(*index, *map));
    LIMIER_CHECK(index->finish_step(store::Step::kVolumes));
    chunks_decoded += map->stats.chunks_decoded;
    progress.stage_ended();
  }
  // From here the list of volumes is fixed.

  clock.begin("walk");
  Patience patience;
  const WalkPlan walk{options.profile != Profile::kList,
                      search_bytes,
                      &keywords.set(),
                      options.zone.empty() ? "UTC" : options.zone,
                      !options.zone.empty(),
                      options.code_page,
                      memory.cache_bytes,
                      guard,
                      &patience};
  LIMIER_TRY(const auto volumes, index->walkable_volumes());
  for (const catalog::VolumeRecord& volume : volumes) {
    if (index->walked(volume.volume_id)) continue;
    LIMIER_TRY(const auto stats, walk_one_volume(*index, evidence, volume, media_size, walk, progress, stop));
    if (stop.load() != 0) return keep_interrupted(*index, audit, stop.load());
    LIMIER_CHECK(index->finish_walk(volume.volume_id));
    chunks_decoded += stats.chunks_decoded;
  }
  clock.begin("catalog");
  if (!index->done(store::Step::kCatalog)) {
    LIMIER_CHECK(index->build_catalog());
    LIMIER_CHECK(index->finish_step(store::Step::kCatalog));
  }
  // From here the list of files is fixed: nothing below adds or drops one.

  // Leads are looked into beside the sweep: what they tell may not be able to wait for it.
  Crew crew(evidence, stop);
  ContentPlan content_plan;
  content_plan.packs = packs;
  content_plan.keywords = &keywords.set();
  content_plan.jobs = plan_jobs(options.jobs);
  content_plan.guard = guard;
  content_plan.media_size = media_size;
  content_plan.texts = search_bytes;
  content_plan.most_text_bytes = options.text_limit;
  if (search_bytes) content_plan.yara = yara.rules();
  RulesPhase judging(*index, rules, progress);
  content_plan.on_rows = [&judging] { return judging.look_early(); };
  ContentPhase content(*index, evidence, crew, std::move(content_plan), progress);
  if (examine_content && !index->done(store::Step::kContent)) LIMIER_CHECK(content.begin_leads());

  clock.begin("sweep");
  if (!index->done(store::Step::kSweep) && options.profile == Profile::kList) {
    LIMIER_CHECK(index->finish_evidence({}, std::nullopt, false));
    LIMIER_CHECK(index->finish_step(store::Step::kSweep));
  } else if (!index->done(store::Step::kSweep)) {
    SegmentHashes segment_hashes;
    SweepPlan sweep;
    sweep.expected = {options.expect_md5, options.expect_sha1, options.expect_sha256};
    sweep.media_digests = media_digest_set(options.media_digests, facts.container, sweep.expected);
    sweep.jobs = plan_jobs(options.jobs);
    sweep.stash_bytes = memory.stash_bytes;
    sweep.guard = guard;
    sweep.loose_pages = examine_content;
    sweep.entities = search_bytes;
    sweep.keywords = &keywords.set();
    sweep.checkpoint_ms = options.checkpoint_ms;
    sweep.checkpoint_bytes = options.checkpoint_bytes;
    sweep.segments = &segment_hashes;
    if (evidence.packed)
      sweep.packed_digests = digests_of(*evidence.packed, options.media_digests, facts.container, sweep.expected);
    LIMIER_TRY(const auto checkpoint, index->checkpoint());
    if (evidence.packed)
      segment_hashes.known({evidence.packed->digests.sha256});
    else if (evidence::is_plain(evidence.spec.format) && evidence.spec.segments.size() == 1 &&
             sweep.media_digests.sha256)
      segment_hashes.expect_from_sweep();
    else
      segment_hashes.start(evidence, stop, checkpoint ? Bytes(checkpoint->segments) : Bytes());
    LIMIER_TRY(const auto stats, sweep_evidence(*index, evidence, facts.container, sweep, progress, crew));
    LIMIER_CHECK(audit.append("sweep-measured", sweep_measures(stats)));
    if (stop.load() == 0)
      LIMIER_CHECK(store_segment_digests(*index, evidence, segment_hashes.wait(evidence, stop), sweep));
    if (stop.load() != 0) return keep_interrupted(*index, audit, stop.load());
    LIMIER_CHECK(index->finish_step(store::Step::kSweep));
    chunks_decoded += stats.chunks_decoded;
  }
  // From here every byte has been read once, and the digests stand.

  clock.begin("content");
  if (!index->done(store::Step::kContent)) {
    LIMIER_CHECK(known.hold(*index, stop));
    if (stop.load() != 0) return keep_interrupted(*index, audit, stop.load());
    if (examine_content) LIMIER_CHECK(content.finish(stop));
    if (stop.load() != 0) return keep_interrupted(*index, audit, stop.load());
    LIMIER_CHECK(index->settle_content());
    LIMIER_CHECK(index->finish_step(store::Step::kContent));
    chunks_decoded += content.chunks_decoded();
  }
  // From here no evidence byte is examined: everything below works from the index.

  clock.begin("rules");
  if (!index->done(store::Step::kRules)) {
    if (examine_content) {
      LIMIER_CHECK(store_packs(*index, packs, rules));
      LIMIER_CHECK(yara.store(*index, search_bytes));
      LIMIER_CHECK(judging.finish());
    }
    LIMIER_CHECK(index->finish_step(store::Step::kRules));
  }
  // From here the findings stand.

  clock.begin("coverage");
  if (!index->done(store::Step::kCoverage)) {
    LIMIER_CHECK(index->build_coverage());
    LIMIER_CHECK(index->finish_step(store::Step::kCoverage));
  }
  Outcome outcome;
  LIMIER_TRY(outcome.conditions, index->conditions());
  outcome.exit_code = exit_code_for(outcome.conditions, options.fail_on);
  LIMIER_TRY(const auto segments, index->segment_digests());
  LIMIER_CHECK(index->finish("finished", outcome.exit_code, wall_clock_ns()));
  // From here the index is read-only.

  clock.begin("reports");
  LIMIER_CHECK(hand_over(options, evidence, outcome, segments, chunks_decoded, progress, clock));
  return outcome;
}

}  // namespace

Result<Outcome> triage(const TriageOptions& options, Progress& progress, const std::atomic<int>& stop) {
  auto outcome = run_triage(options, progress, stop);
  if (!outcome.ok() && outcome.error().kind == ErrorKind::kTemporary)
    outcome.error().message +=
        "; what was finished is kept: put that right and run the same command again with --resume";
  return outcome;
}

}  // namespace limier::app
