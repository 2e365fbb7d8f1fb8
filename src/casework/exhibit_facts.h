// What the case says of one exhibit, read from its index once and kept beside its key runs, so that a merge of hundreds
// of exhibits opens none of their indexes to count.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "limier/store.h"

namespace limier::casework {

struct FactsNotExamined {
  std::string what, reason;
  std::optional<std::int64_t> bytes, items;
  static constexpr auto fields() {
    using T = FactsNotExamined;
    return std::tuple{&T::what, &T::reason, &T::bytes, &T::items};
  }
};
struct FactsVolume {
  std::string fs_type, fs_label, fs_uuid, status, encryption;
  std::int64_t length = 0;
  static constexpr auto fields() {
    using T = FactsVolume;
    return std::tuple{&T::fs_type, &T::fs_label, &T::fs_uuid, &T::status, &T::encryption, &T::length};
  }
};

// The columns of v_finding.
struct FactsFinding {
  std::int64_t finding_id = 0;
  std::string pack, pack_version, rule, priority, title, reason;
  std::optional<std::vector<std::uint8_t>> reason_raw;
  std::string meaning, limits;
  double score = 0;
  std::int64_t rank = 0;
  std::string key;
  std::optional<std::int64_t> t_ns;
  std::string subject_kind;
  std::optional<std::int64_t> subject_id, file_id;
  static constexpr auto fields() {
    using T = FactsFinding;
    return std::tuple{&T::finding_id, &T::pack,       &T::pack_version, &T::rule,       &T::priority, &T::title,
                      &T::reason,     &T::reason_raw, &T::meaning,      &T::limits,     &T::score,    &T::rank,
                      &T::key,        &T::t_ns,       &T::subject_kind, &T::subject_id, &T::file_id};
  }
};
struct FactsJudged {
  std::string kind;
  std::int64_t items = 0, judged = 0, not_judged = 0;
  std::string reason;
  static constexpr auto fields() {
    using T = FactsJudged;
    return std::tuple{&T::kind, &T::items, &T::judged, &T::not_judged, &T::reason};
  }
};

// A number, address or handle of the device's owner, as v_party has it.
struct FactsOwner {
  std::string kind, normalized, name;
  static constexpr auto fields() {
    using T = FactsOwner;
    return std::tuple{&T::kind, &T::normalized, &T::name};
  }
};

struct ExhibitFacts {
  std::string authority, case_number, exhibit, examiner, agency, note;
  std::string path, format, verdict;
  std::int64_t size_bytes = 0, segment_count = 0;
  std::optional<std::string> stored_md5, stored_sha1, md5, sha1, sha256;
  std::string acq_case_number, acq_evidence_number, acq_examiner, acq_description, acq_notes, acq_date, acq_software;
  std::string device_model, device_serial, set_identifier;
  std::string whose;  // what the device says of itself and its owner: report::device_words()
  std::string tool_version, profile;
  bool interrupted = false;
  std::int64_t exit_code = 0;
  std::int64_t files = 0, dirs = 0, deleted = 0, recovered = 0, file_bytes = 0;
  std::int64_t volumes = 0, encrypted_volumes = 0, bad_ranges = 0, bad_bytes = 0, issues = 0;
  std::array<std::int64_t, 5> findings{};  // live-in-danger, high, medium, low, info
  std::vector<FactsNotExamined> not_examined;
  std::vector<FactsFinding> finding_list;  // the first by rank, at most kMaxFactsFindings
  std::vector<FactsJudged> judged;         // no items: there was nothing to judge
  std::vector<FactsOwner> owners;          // at most kMaxFactsOwners
  std::vector<FactsVolume> volume_list;    // those with a file system or encryption, at most kMaxFactsVolumes
  static constexpr auto fields() {
    using T = ExhibitFacts;
    return std::tuple{&T::authority,
                      &T::case_number,
                      &T::exhibit,
                      &T::examiner,
                      &T::agency,
                      &T::note,
                      &T::path,
                      &T::format,
                      &T::verdict,
                      &T::size_bytes,
                      &T::segment_count,
                      &T::stored_md5,
                      &T::stored_sha1,
                      &T::md5,
                      &T::sha1,
                      &T::sha256,
                      &T::acq_case_number,
                      &T::acq_evidence_number,
                      &T::acq_examiner,
                      &T::acq_description,
                      &T::acq_notes,
                      &T::acq_date,
                      &T::acq_software,
                      &T::device_model,
                      &T::device_serial,
                      &T::set_identifier,
                      &T::whose,
                      &T::tool_version,
                      &T::profile,
                      &T::interrupted,
                      &T::exit_code,
                      &T::files,
                      &T::dirs,
                      &T::deleted,
                      &T::recovered,
                      &T::file_bytes,
                      &T::volumes,
                      &T::encrypted_volumes,
                      &T::bad_ranges,
                      &T::bad_bytes,
                      &T::issues,
                      &T::findings,
                      &T::not_examined,
                      &T::finding_list,
                      &T::judged,
                      &T::owners,
                      &T::volume_list};
  }
};

inline constexpr std::int64_t kMaxFactsOwners = 200;
inline constexpr std::int64_t kMaxFactsVolumes = 200;
inline constexpr std::int64_t kMaxFactsNotExamined = 2'000;
inline constexpr std::int64_t kMaxFactsFindings = 2'000;
inline constexpr std::size_t kMaxFactsFindingBytes = 8u << 20;  // of their texts together
inline constexpr std::int64_t kMaxFactsJudged = 200;

Result<ExhibitFacts> read_exhibit_facts(store::Index& index);

// DIR/exhibit.facts, tied to the index like a run; kEvidence when it is missing, torn or of another index.
Status save_facts(const std::string& dir, const ExhibitFacts& facts, const Sha256& index_digest);
Result<ExhibitFacts> load_facts(const std::string& dir, const Sha256& index_digest);

}  // namespace limier::casework
