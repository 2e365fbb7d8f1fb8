#include "casework/case_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "casework/messages.h"
#include "casework/scores.h"
#include "limier/catalog/findings.h"

namespace limier::casework {
namespace {

constexpr std::uint64_t kMaxLinks = 100'000;     // kept; a case of 300 exhibits has 44,850 pairs
constexpr std::size_t kMaxExplainedLinks = 200;  // whose keys are named
constexpr std::size_t kMaxKeysOfLink = 5;        // of each kind
constexpr std::int64_t kMaxNamedKeys = 300;      // of each kind, by rank, whose files are named
constexpr std::size_t kMaxNamedExhibits = 20;    // for one key
constexpr std::size_t kMaxToldFindings = 50;     // with the messages around them
constexpr std::int64_t kTalkEachSide = 3;
constexpr std::size_t kMaxTalkText = 600;  // bytes

bool shares_files(const Link& link) {
  for (std::size_t i = 0; i < link.kinds.size(); ++i)
    if (all_kinds()[i].meaning == Meaning::kContent && link.kinds[i].keys > 0) return true;
  return false;
}

}  // namespace

RunSpec spec_of(const Kind& kind, const Entry& entry) {
  return {std::string(kind.name), kind.value_width, entry.input.index_digest};
}
std::string run_path(const Kind& kind, const Entry& entry) {
  return fmt::format("{}/{}.run", entry.input.keys_dir, kind.name);
}

CaseBuild::CaseBuild(const MergeOptions& options, const std::vector<Entry>& entries, Progress& progress,
                     const std::atomic<int>& stop)
    : options_(options),
      entries_(entries),
      progress_(progress),
      stop_(stop),
      sums_(options.case_dir, entries.size(), options.memory_bytes / 4),
      owners_(entries.size()),
      owner_digests_(entries.size()),
      one_sided_(entries),
      totals_(all_kinds().size()),
      link_views_(entries.size()),
      wishes_(entries.size()) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].facts) continue;
    for (const FactsOwner& owner : entries[i].facts->owners) {
      owners_[i].insert(fmt::format("{}: {}", owner.kind, owner.normalized));
      owner_digests_[i].insert(party_digest(owner.normalized));
    }
  }
}

std::optional<MergeProblem> CaseBuild::run(const std::string& path, MergeResult& result) {
  auto writer = store::CaseWriter::create(path);
  if (!writer) return MergeProblem{writer.error(), {}};
  writer_ = std::move(*writer);
  if (auto problem = add_message_pairs()) return problem;
  for (std::size_t i = 0; i < all_kinds().size(); ++i)
    if (auto problem = add_keys(i)) return problem;
  if (Status status = finish(result); !status) return MergeProblem{status.error(), {}};
  return std::nullopt;
}

Status CaseBuild::finish(MergeResult& result) {
  LIMIER_CHECK(add_links());
  LIMIER_CHECK(add_link_keys());
  LIMIER_CHECK(add_files());
  LIMIER_CHECK(add_people());
  LIMIER_CHECK(add_exhibits());
  LIMIER_CHECK(add_findings());
  LIMIER_CHECK(add_case(result));
  return writer_->commit();
}

// ---- keys -------------------------------------------------------------------------------------------------------

std::optional<MergeProblem> CaseBuild::add_keys(std::size_t kind_at) {
  const Kind& kind = all_kinds()[kind_at];
  std::vector<RunCursor> cursors;
  cursors.reserve(entries_.size());
  MergeKindOptions merge;
  merge.kind = &kind;
  merge.memory_bytes = options_.memory_bytes / 4 * 3;
  merge.work_dir = options_.case_dir;
  merge.stop = &stop_;
  merge.progress = [&](std::uint64_t records) { progress_.advanced(done_records_ + records); };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    merge.runs.push_back(nullptr);
    if (!entries_[i].facts || !kind.has_run()) continue;
    auto cursor = RunCursor::open(run_path(kind, entries_[i]), spec_of(kind, entries_[i]));
    if (!cursor) return MergeProblem{cursor.error(), i};
    cursors.push_back(std::move(*cursor));
    merge.runs.back() = &cursors.back();
  }
  KindTotals& totals = totals_[kind_at];
  const std::int64_t first = next_key_;
  auto problem = !kind.has_run() ? std::nullopt : merge_kind(merge, totals, [&](const SharedKey& key) {
    store::CaseKey row;
    row.key_id = next_key_++;
    row.kind_id = static_cast<std::int64_t>(kind_at + 1);
    row.rank = row.key_id - first + 1;
    row.key.assign(key.key.begin(), key.key.end());
    if (kind.value_width > 0) {
      bool repaired = false;
      row.value = utf8_text(key.value, repaired);
    }
    row.size = static_cast<std::int64_t>(std::min<std::uint64_t>(key.size_bytes, INT64_MAX));
    row.exhibits = key.exhibits;
    row.files = static_cast<std::int64_t>(std::min<std::uint64_t>(key.files, INT64_MAX));
    row.notable = key.notable ? 1 : 0;
    row.weight_millionths = key.weight;
    row.members = key.members;
    return writer_->add(row);
  });
  if (problem) return problem;
  done_records_ += totals.keys;
  ranges_.push_back({first, next_key_});
  const store::CaseKind row{static_cast<std::int64_t>(kind_at + 1),
                            std::string(kind.name),
                            std::string(kind.one),
                            std::string(kind.many),
                            std::string(meaning_name(kind.meaning)),
                            kind.link_weight,
                            static_cast<std::int64_t>(totals.keys),
                            static_cast<std::int64_t>(totals.shared),
                            static_cast<std::int64_t>(totals.known_left_out),
                            static_cast<std::int64_t>(totals.filler_left_out)};
  if (Status status = writer_->add(row); !status) return MergeProblem{status.error(), {}};
  if (Status status = add_link_sums(kind_at); !status) return MergeProblem{status.error(), {}};
  return std::nullopt;
}

Status CaseBuild::add_link_sums(std::size_t kind_at) {
  if (all_kinds()[kind_at].pairs != Kind::Pairs::kAll) return add_sums_of_people(kind_at);
  const KindRange range = ranges_[kind_at];
  if (range.first_key == range.end_key) return ok_status();
  return sums_.add_kind(kind_at, [&](const auto& each) -> Status {
    LIMIER_TRY(auto rows,
               writer_->query(fmt::format("SELECT members, weight_millionths, size FROM shared WHERE key_id >= "
                                          "{} AND key_id < {} AND exhibits <= {}",
                                          range.first_key, range.end_key, kMaxLinkExhibits)));
    while (rows.step()) each(positions_of(rows.blob(0)), rows.integer(1), static_cast<std::uint64_t>(rows.integer(2)));
    return rows.status();
  });
}

// ---- links ------------------------------------------------------------------------------------------------------

// Only where the link says that identifiers of volumes are shared: what is common property links nobody.
std::vector<SharedVolume> CaseBuild::volumes_of(const Link& link) const {
  bool any = false;
  for (std::size_t i = 0; i < link.kinds.size(); ++i) any = any || (all_kinds()[i].of_volume && link.kinds[i].keys > 0);
  const auto &a = entries_[link.a].facts, &b = entries_[link.b].facts;
  return any && a && b ? shared_volumes(*a, *b) : std::vector<SharedVolume>();
}

Status CaseBuild::add_links() {
  return sums_.ranked(kMaxLinks, links_left_out_, [&](const Link& link) -> Status {
    store::CaseLink row;
    row.link_id = static_cast<std::int64_t>(++links_);
    row.exhibit_a = link.a + 1;
    row.exhibit_b = link.b + 1;
    row.score_thousandths = link.score;
    row.strongest = all_kinds()[strongest_kind(link)].name;
    const auto volumes = volumes_of(link);
    row.evidence = evidence_sentence(link, volumes_sentence(volumes));
    for (std::size_t i = 0; i < link.kinds.size(); ++i) {
      const Kind& kind = all_kinds()[i];
      const PairSums& sums = link.kinds[i];
      if (sums.keys == 0) continue;
      if (kind.meaning == Meaning::kSameImage) row.same_image = 1;
      if (kind.meaning == Meaning::kSameDevice && !kind.of_volume) row.same_device = 1;
      LIMIER_CHECK(writer_->add(
          store::CaseLinkKind{row.link_id, static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(sums.keys),
                              static_cast<std::int64_t>(std::min<std::uint64_t>(sums.bytes, INT64_MAX)),
                              static_cast<std::int64_t>(sums.points), kind_score(kind, sums)}));
    }
    if (shows_same_device(volumes, shares_files(link))) row.same_device = 1;
    LIMIER_CHECK(writer_->add(row));
    if (top_links_.size() < kMaxExplainedLinks) top_links_.push_back(link);
    for (const auto& [self, other] : {std::pair(link.a, link.b), std::pair(link.b, link.a)}) {
      LinkView& view = link_views_[self];
      // Links come in order of score: the first is the best.
      if (view.links++ == 0) {
        view.best_score = link.score;
        view.best_other = other;
        view.best_evidence = row.evidence;
      }
      view.same_image |= row.same_image != 0;
      view.same_device |= row.same_device != 0;
    }
    return ok_status();
  });
}

// The highest-ranking keys of the best links, by name.
Status CaseBuild::add_link_keys() {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> link_of;
  for (std::size_t i = 0; i < top_links_.size(); ++i) link_of[{top_links_[i].a, top_links_[i].b}] = i;
  for (std::size_t kind_at = 0; kind_at < all_kinds().size(); ++kind_at) {
    std::vector<std::size_t> wanted;
    std::size_t open = 0;
    for (const Link& link : top_links_) {
      wanted.push_back(static_cast<std::size_t>(std::min<std::uint64_t>(link.kinds[kind_at].keys, kMaxKeysOfLink)));
      open += wanted.back();
    }
    if (open == 0) continue;
    LIMIER_TRY(auto rows,
               writer_->query(fmt::format("SELECT key_id, members FROM shared WHERE key_id >= {} AND key_id < {} "
                                          "AND exhibits <= {} ORDER BY key_id",
                                          ranges_[kind_at].first_key, ranges_[kind_at].end_key, kMaxLinkExhibits)));
    while (open > 0 && rows.step()) {
      const auto members = positions_of(rows.blob(1));
      for (std::size_t i = 0; i + 1 < members.size(); ++i)
        for (std::size_t j = i + 1; j < members.size(); ++j) {
          const auto at = link_of.find({members[i], members[j]});
          if (at == link_of.end() || wanted[at->second] == 0) continue;
          --wanted[at->second];
          --open;
          LIMIER_CHECK(writer_->add(store::CaseLinkKey{static_cast<std::int64_t>(at->second + 1), rows.integer(0)}));
        }
    }
    LIMIER_CHECK(rows.status());
  }
  return ok_status();
}

// ---- files of the keys that are shown ----------------------------------------------------------------------------

Status CaseBuild::wish_key(std::int64_t key_id, std::size_t kind_at, const store::Query& row) {
  const auto key = row.blob(1);
  if (key.size() != kKeyBytes) return Error{ErrorKind::kInternal, "a key of the case has another width"};
  Wish wish{key_id, kind_at, {}};
  std::copy(key.begin(), key.end(), wish.key.begin());
  const auto members = positions_of(row.blob(2));
  for (std::size_t i = 0; i < std::min(members.size(), kMaxNamedExhibits); ++i) wishes_[members[i]].push_back(wish);
  return ok_status();
}

Status CaseBuild::add_files() {
  for (std::size_t kind_at = 0; kind_at < all_kinds().size(); ++kind_at) {
    const KindRange range = ranges_[kind_at];
    LIMIER_TRY(auto rows, writer_->query(fmt::format(
                              "SELECT key_id, key, members FROM shared WHERE key_id IN (SELECT key_id FROM shared "
                              "WHERE key_id >= {0} AND key_id < min({1}, {0} + {2}) UNION SELECT key_id FROM "
                              "link_key WHERE key_id >= {0} AND key_id < {1}) ORDER BY key_id",
                              range.first_key, range.end_key, kMaxNamedKeys)));
    while (rows.step()) LIMIER_CHECK(wish_key(rows.integer(0), kind_at, rows));
    LIMIER_CHECK(rows.status());
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (stop_.load(std::memory_order_relaxed) != 0) return Error{ErrorKind::kInterrupted, "the merge was stopped"};
    LIMIER_CHECK(add_files_of(i));
  }
  return ok_status();
}

Status CaseBuild::add_files_of(std::size_t position) {
  const std::vector<Wish>& wishes = wishes_[position];
  const Entry& entry = entries_[position];
  if (wishes.empty()) return ok_status();
  std::unique_ptr<store::Index> index;
  if (auto opened = store::Index::open(entry.input.index_dir)) index = std::move(*opened);
  for (std::size_t from = 0, to = 0; from < wishes.size(); from = to) {
    std::vector<RunCursor::Key> keys;
    for (to = from; to < wishes.size() && wishes[to].kind_at == wishes[from].kind_at; ++to)
      keys.push_back(wishes[to].key);
    const Kind& kind = all_kinds()[wishes[from].kind_at];
    LIMIER_TRY(const RunCursor run, RunCursor::open(run_path(kind, entry), spec_of(kind, entry)));
    LIMIER_TRY(const auto found, run.find(keys));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) continue;
      store::CaseKeyFile row{
          wishes[from + i].key_id, static_cast<std::int64_t>(position + 1), {}, found[i]->count, {}, {}};
      if (found[i]->file_id > 0) row.file_id = found[i]->file_id;
      if (row.file_id && index) {
        LIMIER_TRY(auto file, index->query("SELECT path, deleted FROM v_file WHERE file_id = ?1"));
        file.bind(1, *row.file_id);
        if (file.step()) {
          row.path = file.text(0);
          row.deleted = file.integer(1);
        }
        LIMIER_CHECK(file.status());
      }
      if (const FactsVolume* volume = kind.of_volume ? volume_with(*entry.facts, found[i]->value) : nullptr)
        row.path = volume_text(*volume);
      LIMIER_CHECK(writer_->add(row));
    }
  }
  return ok_status();
}

// ---- exhibits ----------------------------------------------------------------------------------------------------

namespace {

void fill_from_plan(const ExhibitInput& input, store::CaseExhibit& row) {
  row.exhibit = input.name;
  row.image = input.image;
  row.folder = input.folder;
  row.state = input.state;
  row.authority = input.authority;
  row.case_number = input.case_number;
  row.examiner = input.examiner;
  row.agency = input.agency;
  row.note = input.note;
  row.scope = input.scope;
  row.profile = input.profile;
}

std::string identifiers_of(const ExhibitFacts& facts) {
  std::string text;
  const auto add = [&](const std::string& part) { text += text.empty() ? part : "; " + part; };
  if (!facts.device_model.empty()) add("model " + facts.device_model);
  if (!facts.device_serial.empty()) add("serial " + facts.device_serial);
  for (const FactsVolume& volume : facts.volume_list)
    if (!volume.fs_uuid.empty())
      add(fmt::format("{}{} {}", volume.fs_type.empty() ? volume.encryption : volume.fs_type,
                      volume.fs_label.empty() ? "" : " \"" + volume.fs_label + "\"", volume.fs_uuid));
  return text;
}

void fill_from_facts(const ExhibitFacts& facts, store::CaseExhibit& row) {
  row.verdict = facts.verdict.empty() ? std::nullopt : std::optional(facts.verdict);
  row.authority = facts.authority;
  row.case_number = facts.case_number;
  row.examiner = facts.examiner;
  row.agency = facts.agency;
  row.note = facts.note;
  row.format = facts.format;
  row.size_bytes = facts.size_bytes;
  row.segment_count = facts.segment_count;
  row.stored_md5 = facts.stored_md5;
  row.stored_sha1 = facts.stored_sha1;
  row.md5 = facts.md5;
  row.sha1 = facts.sha1;
  row.sha256 = facts.sha256;
  const auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
  row.acq_case_number = text(facts.acq_case_number);
  row.acq_evidence_number = text(facts.acq_evidence_number);
  row.acq_examiner = text(facts.acq_examiner);
  row.acq_description = text(facts.acq_description);
  row.acq_notes = text(facts.acq_notes);
  row.acq_date = text(facts.acq_date);
  row.acq_software = text(facts.acq_software);
  row.device_model = text(facts.device_model);
  row.device_serial = text(facts.device_serial);
  row.identifiers = text(identifiers_of(facts));
  row.whose = text(facts.whose);
  row.profile = facts.profile;
  row.tool_version = facts.tool_version;
  row.files = facts.files;
  row.dirs = facts.dirs;
  row.deleted = facts.deleted;
  row.recovered = facts.recovered;
  row.file_bytes = facts.file_bytes;
  row.volumes = facts.volumes;
  row.encrypted_volumes = facts.encrypted_volumes;
  row.bad_ranges = facts.bad_ranges;
  row.bad_bytes = facts.bad_bytes;
  row.issues = facts.issues;
  row.live_in_danger = facts.findings[0];
  row.high = facts.findings[1];
  row.medium = facts.findings[2];
  row.low = facts.findings[3];
  row.info = facts.findings[4];
  row.not_examined = static_cast<std::int64_t>(facts.not_examined.size());
  std::int64_t bytes = 0;
  for (const FactsNotExamined& one : facts.not_examined)
    if (__builtin_add_overflow(bytes, one.bytes.value_or(0), &bytes)) bytes = INT64_MAX;
  row.not_examined_bytes = bytes;
}

}  // namespace

Status CaseBuild::add_exhibits() {
  std::vector<AttentionInput> inputs;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    inputs.push_back({&entry.input, entry.facts ? &*entry.facts : nullptr, entry.problem, link_views_[i],
                      entries_[link_views_[i].best_other].input.name, one_sided_.telling(i)});
  }
  const auto attention = rank_attention(inputs);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    store::CaseExhibit row;
    row.exhibit_id = static_cast<std::int64_t>(i + 1);
    fill_from_plan(entry.input, row);
    if (entry.input.index_digest || entry.input.state == "failed") row.exit_code = entry.input.exit_code;
    if (entry.facts)
      fill_from_facts(*entry.facts, row);
    else
      row.message = entry.problem;
    row.attention = attention[i].place;
    row.attention_level = attention[i].level;
    row.attention_reason = attention[i].reason;
    row.links = static_cast<std::int64_t>(link_views_[i].links);
    LIMIER_CHECK(writer_->add(row));
    if (!entry.facts) {
      LIMIER_CHECK(writer_->add(store::CaseNotExamined{row.exhibit_id, "the whole exhibit", entry.problem, {}, 1}));
      continue;
    }
    for (const FactsNotExamined& one : entry.facts->not_examined)
      LIMIER_CHECK(writer_->add(store::CaseNotExamined{row.exhibit_id, one.what, one.reason, one.bytes, one.items}));
  }
  return add_translations();
}

// Of the packs whose findings the case has; where two exhibits have another text for the same words, the first counts.
Status CaseBuild::add_translations() {
  std::set<std::pair<std::string, std::string>> there;
  for (const Entry& entry : entries_) {
    if (!entry.facts || entry.facts->finding_list.empty()) continue;
    auto index = store::Index::open(entry.input.index_dir);
    if (!index) continue;  // its report is no longer there either
    LIMIER_TRY(auto rows, (*index)->query("SELECT language, english, text FROM v_translation ORDER BY 1, 2"));
    while (rows.step())
      if (there.emplace(rows.text(0), rows.text(1)).second)
        LIMIER_CHECK(writer_->add(store::CaseTranslation{rows.text(0), rows.text(1), rows.text(2)}));
    LIMIER_CHECK(rows.status());
  }
  return ok_status();
}

// What a finding is about, with what stands around it. Nothing where the index is no longer there: the report of the
// exhibit has it.
Status CaseBuild::add_talk(const Entry& entry, const FactsFinding& finding, std::int64_t rank) {
  if (finding.subject_kind != "message" || !finding.subject_id) return ok_status();
  auto index = store::Index::open(entry.input.index_dir);
  if (!index) return ok_status();
  LIMIER_TRY(const auto around, store::talk_around(**index, *finding.subject_id, kTalkEachSide));
  std::int64_t seq = 0;
  for (const std::int64_t id : around) {
    LIMIER_TRY(auto row, (*index)->query("SELECT coalesce(t_ns, received_ns), direction, iif(direction = 'out', "
                                         "'to ' || coalesce(recipients, thread_name, thread), coalesce(sender_name || "
                                         "' (' || sender || ')', sender_name, sender)), body, deleted, state FROM "
                                         "v_message WHERE message_id = ?1"));
    row.bind(1, id);
    if (!row.step()) return row.status();
    const auto text = [&](int column) { return row.is_null(column) ? std::nullopt : std::optional(row.text(column)); };
    store::CaseTalk line{rank, ++seq,          id,      id == *finding.subject_id ? 1 : 0,
                         {},   row.text(1),    text(2), text(3),
                         0,    row.integer(4), text(5)};
    if (!row.is_null(0)) line.t_ns = row.integer(0);
    if (line.text && line.text->size() > kMaxTalkText) {
      std::size_t end = kMaxTalkText;
      while (end > 0 && (static_cast<unsigned char>((*line.text)[end]) & 0xC0u) == 0x80u) --end;
      line.left_out = static_cast<std::int64_t>(line.text->size() - end);
      line.text->resize(end);
    }
    LIMIER_CHECK(writer_->add(line));
  }
  return ok_status();
}

// Over all exhibits: what is most urgent first, then what has more of what its rule looks for; within an exhibit the
// order of its own ranks stays.
Status CaseBuild::add_findings() {
  struct Place {
    std::optional<catalog::Priority> priority;
    std::size_t exhibit = 0;
    const FactsFinding* finding = nullptr;
  };
  std::vector<Place> all;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].facts) continue;
    for (const FactsFinding& one : entries_[i].facts->finding_list)
      all.push_back({catalog::priority_of(one.priority), i, &one});
    for (const FactsJudged& one : entries_[i].facts->judged)
      LIMIER_CHECK(writer_->add(store::CaseJudged{static_cast<std::int64_t>(i + 1), one.kind, one.items, one.judged,
                                                  one.not_judged,
                                                  one.reason.empty() ? std::nullopt : std::optional(one.reason)}));
  }
  const std::vector<OneSidedFinding> of_the_case = one_sided_.findings();
  for (const OneSidedFinding& one : of_the_case)
    all.push_back({catalog::priority_of(one.finding.priority), one.exhibit, &one.finding});
  const auto urgency = [](const Place& place) {
    return std::tuple(place.priority.value_or(catalog::Priority::kInfo), -place.finding->score, place.finding->rank,
                      place.exhibit, place.finding->finding_id);
  };
  std::sort(all.begin(), all.end(), [&](const Place& a, const Place& b) { return urgency(a) < urgency(b); });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const FactsFinding& one = *all[i].finding;
    const auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
    // What only the case has found has no number on its exhibit.
    const auto own = [](std::int64_t number) { return number == 0 ? std::nullopt : std::optional(number); };
    LIMIER_CHECK(writer_->add(store::CaseFinding{
        static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(all[i].exhibit + 1), own(one.finding_id), one.pack,
        one.pack_version, one.rule, one.priority, one.title, text(one.reason), one.reason_raw, one.meaning, one.limits,
        one.score, own(one.rank), one.key, one.t_ns, text(one.subject_kind), one.subject_id, one.file_id}));
    if (i < kMaxToldFindings) LIMIER_CHECK(add_talk(entries_[all[i].exhibit], one, static_cast<std::int64_t>(i + 1)));
  }
  return ok_status();
}

Status CaseBuild::add_case(MergeResult& result) {
  store::CaseRow row;
  row.tool_version = options_.tool_version;
  row.exhibits = static_cast<std::int64_t>(entries_.size());
  row.exit_code = options_.exit_code;
  for (const Entry& entry : entries_) row.merged += entry.facts ? 1 : 0;
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    row.keys += static_cast<std::int64_t>(totals_[i].keys);
    row.shared_keys += static_cast<std::int64_t>(totals_[i].shared);
    if (all_kinds()[i].meaning == Meaning::kContent)
      row.shared_contents += static_cast<std::int64_t>(totals_[i].shared);
  }
  row.links = static_cast<std::int64_t>(links_);
  row.links_left_out = static_cast<std::int64_t>(links_left_out_);
  result.exhibits = entries_.size();
  result.merged = static_cast<std::uint64_t>(row.merged);
  result.keys = static_cast<std::uint64_t>(row.keys);
  result.shared_keys = static_cast<std::uint64_t>(row.shared_keys);
  result.shared_contents = static_cast<std::uint64_t>(row.shared_contents);
  result.links = links_;
  return writer_->add(row);
}

}  // namespace limier::casework
