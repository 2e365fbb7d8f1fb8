#include "casework/exhibit_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "casework/run_format.h"
#include "limier/report/device.h"

namespace limier::casework {
namespace {

constexpr std::string_view kMagic = "LIMIRFAC";
constexpr std::size_t kHeaderBytes = 80;  // magic, version, length, index digest, digest of the payload
constexpr std::size_t kVersionAt = 8, kLengthAt = 12, kIndexAt = 16, kDigestAt = 48;
constexpr std::size_t kMaxPayload = std::size_t{16} << 20;
constexpr std::string_view kName = "exhibit.facts";

std::optional<std::string> maybe(const store::Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}
std::optional<std::int64_t> maybe_integer(const store::Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

Status read_heads(store::Index& index, ExhibitFacts& facts) {
  LIMIER_TRY(auto authority,
             index.query("SELECT text, case_number, exhibit, examiner, agency, note FROM v_authority LIMIT 1"));
  if (authority.step())
    for (int i = 0; auto* field :
                    {&facts.authority, &facts.case_number, &facts.exhibit, &facts.examiner, &facts.agency, &facts.note})
      *field = authority.text(i++);
  LIMIER_CHECK(authority.status());
  LIMIER_TRY(auto run,
             index.query("SELECT tool_version, profile, outcome = 'interrupted', exit_code FROM v_run ORDER BY "
                         "run_id DESC LIMIT 1"));
  if (run.step()) {
    facts.tool_version = run.text(0);
    facts.profile = run.text(1);
    facts.interrupted = run.integer(2) != 0;
    facts.exit_code = run.integer(3);
  }
  return run.status();
}

Status read_evidence(store::Index& index, ExhibitFacts& facts) {
  LIMIER_TRY(auto row, index.query("SELECT path, format, coalesce(verdict, ''), acq_case_number, acq_evidence_number, "
                                   "acq_examiner, acq_description, acq_notes, acq_date, acq_software, set_identifier, "
                                   "size_bytes, segment_count, stored_md5, stored_sha1, md5, sha1, sha256 FROM "
                                   "v_evidence ORDER BY evidence_id LIMIT 1"));
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return Error{ErrorKind::kEvidence, "the index names no evidence; it was not made by a finished run"};
  }
  for (int i = 0; auto* field : {&facts.path, &facts.format, &facts.verdict, &facts.acq_case_number,
                                 &facts.acq_evidence_number, &facts.acq_examiner, &facts.acq_description,
                                 &facts.acq_notes, &facts.acq_date, &facts.acq_software, &facts.set_identifier})
    *field = row.text(i++);
  facts.size_bytes = row.integer(11);
  facts.segment_count = row.integer(12);
  for (int i = 13; auto* field : {&facts.stored_md5, &facts.stored_sha1, &facts.md5, &facts.sha1, &facts.sha256})
    *field = maybe(row, i++);
  LIMIER_TRY(auto header, index.query("SELECT name, value FROM v_evidence_header WHERE name IN ('model', "
                                      "'serial_number') ORDER BY position"));
  while (header.step()) {
    std::string& field = header.text(0) == "model" ? facts.device_model : facts.device_serial;
    if (field.empty()) field = header.text(1);
  }
  return header.status();
}

Status read_counts(store::Index& index, ExhibitFacts& facts) {
  LIMIER_TRY(
      auto files,
      index.query("SELECT count(*) FILTER (WHERE kind = 'file'), count(*) FILTER (WHERE kind = 'dir'), "
                  "count(*) FILTER (WHERE deleted), count(*) FILTER (WHERE content_state = 'recovered' AND size > 0), "
                  "coalesce(sum(size) FILTER (WHERE kind = 'file' AND allocated AND size BETWEEN 0 AND 1 << 50), 0) "
                  "FROM v_file"));
  if (files.step())
    for (int i = 0; auto* field : {&facts.files, &facts.dirs, &facts.deleted, &facts.recovered, &facts.file_bytes})
      *field = files.integer(i++);
  LIMIER_CHECK(files.status());
  LIMIER_TRY(auto others,
             index.query("SELECT (SELECT count(*) FROM v_volume), (SELECT count(*) FROM v_volume WHERE status = "
                         "'encrypted'), (SELECT count(*) FROM v_bad_range), (SELECT coalesce(sum(length), 0) FROM "
                         "v_bad_range), (SELECT count(*) FROM v_issue)"));
  if (others.step())
    for (int i = 0;
         auto* field : {&facts.volumes, &facts.encrypted_volumes, &facts.bad_ranges, &facts.bad_bytes, &facts.issues})
      *field = others.integer(i++);
  LIMIER_CHECK(others.status());
  static constexpr std::string_view kPriorities[] = {"live-in-danger", "high", "medium", "low", "info"};
  LIMIER_TRY(auto findings, index.query("SELECT priority, count(*) FROM v_finding GROUP BY priority"));
  while (findings.step()) {
    const auto* at = std::find(std::begin(kPriorities), std::end(kPriorities), findings.text(0));
    if (at != std::end(kPriorities)) facts.findings[static_cast<std::size_t>(at - kPriorities)] = findings.integer(1);
  }
  return findings.status();
}

Status read_lists(store::Index& index, ExhibitFacts& facts) {
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT what, reason, bytes, items FROM v_not_examined ORDER BY bytes "
                                                "DESC, what, reason, items LIMIT {}",
                                                kMaxFactsNotExamined + 1)));
  while (rows.step())
    facts.not_examined.push_back({rows.text(0), rows.text(1), maybe_integer(rows, 2), maybe_integer(rows, 3)});
  LIMIER_CHECK(rows.status());
  if (facts.not_examined.size() > static_cast<std::size_t>(kMaxFactsNotExamined))
    facts.not_examined.back() = {
        "further entries", "more than the case lists; the exhibit's own report has all", {}, {}};
  LIMIER_TRY(const report::Device device, report::read_device(index));
  facts.whose = report::device_words(device);
  LIMIER_TRY(auto owners,
             index.query(fmt::format("SELECT kind, normalized, coalesce(name, '') FROM v_party WHERE owner ORDER "
                                     "BY party_id LIMIT {}",
                                     kMaxFactsOwners)));
  while (owners.step()) facts.owners.push_back({owners.text(0), owners.text(1), owners.text(2)});
  LIMIER_CHECK(owners.status());
  LIMIER_TRY(auto volumes, index.query(fmt::format(
                               "SELECT coalesce(fs_type, ''), coalesce(fs_label, ''), coalesce(fs_uuid, ''), status, "
                               "coalesce(encryption, ''), length FROM v_volume WHERE fs_type IS NOT NULL OR "
                               "encryption IS NOT NULL ORDER BY volume_id LIMIT {}",
                               kMaxFactsVolumes)));
  while (volumes.step())
    facts.volume_list.push_back(
        {volumes.text(0), volumes.text(1), volumes.text(2), volumes.text(3), volumes.text(4), volumes.integer(5)});
  return volumes.status();
}

std::size_t text_bytes(const FactsFinding& one) {
  std::size_t bytes = one.reason_raw ? one.reason_raw->size() : 0;
  for (const auto* text : {&one.pack, &one.pack_version, &one.rule, &one.priority, &one.title, &one.reason,
                           &one.meaning, &one.limits, &one.key, &one.subject_kind})
    bytes += text->size();
  return bytes;
}

Status read_findings(store::Index& index, ExhibitFacts& facts) {
  LIMIER_TRY(auto row,
             index.query(fmt::format(
                 "SELECT finding_id, pack, pack_version, rule, priority, title, reason, meaning, limits, key, "
                 "subject_kind, reason_raw, score, rank, t_ns, subject_id, file_id FROM v_finding ORDER BY "
                 "rank, finding_id LIMIT {}",
                 kMaxFactsFindings)));
  std::size_t bytes = 0;
  while (row.step()) {
    FactsFinding one;
    one.finding_id = row.integer(0);
    for (int i = 1; auto* field : {&one.pack, &one.pack_version, &one.rule, &one.priority, &one.title, &one.reason,
                                   &one.meaning, &one.limits, &one.key, &one.subject_kind})
      *field = row.text(i++);
    if (!row.is_null(11)) one.reason_raw = row.blob(11);
    one.score = row.real(12);
    one.rank = row.integer(13);
    one.t_ns = maybe_integer(row, 14);
    one.subject_id = maybe_integer(row, 15);
    one.file_id = maybe_integer(row, 16);
    bytes += text_bytes(one);
    if (bytes > kMaxFactsFindingBytes) break;
    facts.finding_list.push_back(std::move(one));
  }
  LIMIER_CHECK(row.status());
  LIMIER_TRY(auto judged, index.query(fmt::format("SELECT kind, items, judged, not_judged, coalesce(reason, '') FROM "
                                                  "v_judged ORDER BY judged_id LIMIT {}",
                                                  kMaxFactsJudged)));
  while (judged.step())
    facts.judged.push_back({judged.text(0), judged.integer(1), judged.integer(2), judged.integer(3), judged.text(4)});
  return judged.status();
}

}  // namespace

Result<ExhibitFacts> read_exhibit_facts(store::Index& index) {
  ExhibitFacts facts;
  LIMIER_CHECK(read_heads(index, facts));
  LIMIER_CHECK(read_evidence(index, facts));
  LIMIER_CHECK(read_counts(index, facts));
  LIMIER_CHECK(read_lists(index, facts));
  LIMIER_CHECK(read_findings(index, facts));
  return facts;
}

Status save_facts(const std::string& dir, const ExhibitFacts& facts, const Sha256& index_digest) {
  const auto payload = encode(facts);
  std::vector<std::uint8_t> bytes(kMagic.begin(), kMagic.end());
  const auto put32 = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  put32(kRunVersion);
  put32(static_cast<std::uint32_t>(payload.size()));
  bytes.insert(bytes.end(), index_digest.begin(), index_digest.end());
  const Sha256 digest = *digest_of(payload, DigestSet{false, false, true}).sha256;
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  const std::string path = fmt::format("{}/{}", dir, kName), partial = fmt::format("{}/.{}.partial", dir, kName);
  return write_whole(path, partial, as_text(bytes), 0644);
}

Result<ExhibitFacts> load_facts(const std::string& dir, const Sha256& index_digest) {
  const std::string path = fmt::format("{}/{}", dir, kName);
  const auto bad = [&](std::string_view what) {
    return Error{ErrorKind::kEvidence, fmt::format("{} cannot be used: {}", path, what)};
  };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno == ENOENT || errno == ENOTDIR ? bad("it is not there") : file_error("open", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return file_error("look at", path, errno);
  if (!S_ISREG(info.st_mode) || info.st_size < static_cast<off_t>(kHeaderBytes) ||
      info.st_size > static_cast<off_t>(kHeaderBytes + kMaxPayload))
    return bad("its size is wrong");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.st_size));
  if (!read_fully(fd.get(), 0, bytes)) return errno == 0 ? bad("it is cut short") : file_error("read", path, errno);
  const Bytes payload = Bytes(bytes).subspan(kHeaderBytes);
  if (!as_text(bytes).starts_with(kMagic) || *le_at<std::uint32_t>(bytes, kVersionAt) != kRunVersion ||
      *le_at<std::uint32_t>(bytes, kLengthAt) != payload.size())
    return bad("its header is wrong");
  if (!std::equal(index_digest.begin(), index_digest.end(), bytes.begin() + kIndexAt))
    return bad("it was derived from another index");
  const Sha256 digest = *digest_of(payload, DigestSet{false, false, true}).sha256;
  if (!std::equal(digest.begin(), digest.end(), bytes.begin() + kDigestAt)) return bad("its digest does not fit");
  auto facts = decode<ExhibitFacts>(payload);
  if (!facts) return bad("it does not decode");
  return std::move(*facts);
}

}  // namespace limier::casework
