// store: case.db, what the merge of many exhibits found. Written once, then read-only; the views are the contract
// (docs/case.md), the tables are not. Each row type lists its members in the order of its table's columns.
//
// Owns:    the database connection.
// Threads: a CaseWriter belongs to one thread.
// Errors:  kTemporary when the disk is full, else kInternal.
#pragma once

#include <optional>

#include "limier/store.h"

namespace limier::store {

inline constexpr std::int32_t kCaseApplicationId = 0x4C494D43;  // "LIMC"
inline constexpr std::int32_t kCaseSchemaVersion = 5;

using Blob = std::vector<std::uint8_t>;
using MaybeInteger = std::optional<std::int64_t>;
using MaybeString = std::optional<std::string>;
using MaybeBlob = std::optional<Blob>;

// The case as a whole: one row.
struct CaseRow {
  static constexpr std::string_view kTable = "case_facts";
  std::string tool_version;
  std::int64_t exhibits = 0, merged = 0, exit_code = 0;
  std::int64_t keys = 0, shared_keys = 0, shared_contents = 0;
  std::int64_t links = 0, links_left_out = 0;  // beyond the number that is kept
  static constexpr auto fields() {
    using T = CaseRow;
    return std::tuple{&T::tool_version, &T::exhibits,        &T::merged, &T::exit_code,     &T::keys,
                      &T::shared_keys,  &T::shared_contents, &T::links,  &T::links_left_out};
  }
};

struct CaseExhibit {
  static constexpr std::string_view kTable = "exhibit";
  std::int64_t exhibit_id = 0;
  std::string exhibit, image, folder, state;
  std::int64_t attention = 0;  // 1: look at it first
  std::string attention_level, attention_reason;
  MaybeInteger exit_code;
  MaybeString message, verdict;
  std::string authority, case_number, examiner, agency, note, scope;
  MaybeString format;
  MaybeInteger size_bytes, segment_count;
  MaybeString stored_md5, stored_sha1, md5, sha1, sha256;
  MaybeString acq_case_number, acq_evidence_number, acq_examiner, acq_description, acq_notes, acq_date, acq_software;
  MaybeString device_model, device_serial, identifiers, whose;
  MaybeString profile, tool_version;
  MaybeInteger files, dirs, deleted, recovered, file_bytes, volumes, encrypted_volumes, bad_ranges, bad_bytes, issues;
  MaybeInteger live_in_danger, high, medium, low, info;
  MaybeInteger not_examined, not_examined_bytes;
  std::int64_t links = 0;
  static constexpr auto fields() {
    using T = CaseExhibit;
    return std::tuple{&T::exhibit_id,
                      &T::exhibit,
                      &T::image,
                      &T::folder,
                      &T::state,
                      &T::attention,
                      &T::attention_level,
                      &T::attention_reason,
                      &T::exit_code,
                      &T::message,
                      &T::verdict,
                      &T::authority,
                      &T::case_number,
                      &T::examiner,
                      &T::agency,
                      &T::note,
                      &T::scope,
                      &T::format,
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
                      &T::identifiers,
                      &T::whose,
                      &T::profile,
                      &T::tool_version,
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
                      &T::live_in_danger,
                      &T::high,
                      &T::medium,
                      &T::low,
                      &T::info,
                      &T::not_examined,
                      &T::not_examined_bytes,
                      &T::links};
  }
};

struct CaseNotExamined {
  static constexpr std::string_view kTable = "not_examined";
  std::int64_t exhibit_id = 0;
  std::string what, reason;
  MaybeInteger bytes, items;
  static constexpr auto fields() {
    using T = CaseNotExamined;
    return std::tuple{&T::exhibit_id, &T::what, &T::reason, &T::bytes, &T::items};
  }
};

struct CaseKind {
  static constexpr std::string_view kTable = "kind";
  std::int64_t kind_id = 0;
  std::string kind, title, titles, meaning;
  std::int64_t link_weight = 0;
  std::int64_t keys = 0, shared = 0, known_left_out = 0, filler_left_out = 0;
  static constexpr auto fields() {
    using T = CaseKind;
    return std::tuple{&T::kind_id,     &T::kind, &T::title,  &T::titles,         &T::meaning,
                      &T::link_weight, &T::keys, &T::shared, &T::known_left_out, &T::filler_left_out};
  }
};

struct CaseKey {
  static constexpr std::string_view kTable = "shared";
  std::int64_t key_id = 0, kind_id = 0, rank = 0;
  Blob key;
  MaybeString value;  // NULL: the key itself, in hex
  std::int64_t size = 0, exhibits = 0, files = 0;
  std::int64_t notable = 0;
  std::int64_t weight_millionths = 0;
  Blob members;  // bit exhibit_id - 1, lowest bit of a byte first
  static constexpr auto fields() {
    using T = CaseKey;
    return std::tuple{&T::key_id, &T::kind_id,  &T::rank,  &T::key,     &T::value,
                      &T::size,   &T::exhibits, &T::files, &T::notable, &T::weight_millionths,
                      &T::members};
  }
};

struct CaseKeyFile {
  static constexpr std::string_view kTable = "shared_file";
  std::int64_t key_id = 0, exhibit_id = 0;
  MaybeInteger file_id;
  std::int64_t files = 0;
  MaybeString path;  // of a volume: what it is
  MaybeInteger deleted;
  static constexpr auto fields() {
    using T = CaseKeyFile;
    return std::tuple{&T::key_id, &T::exhibit_id, &T::file_id, &T::files, &T::path, &T::deleted};
  }
};

struct CaseLink {
  static constexpr std::string_view kTable = "link";
  std::int64_t link_id = 0, exhibit_a = 0, exhibit_b = 0;
  std::int64_t score_thousandths = 0;
  std::string strongest;  // kind
  std::int64_t same_image = 0, same_device = 0;
  std::string evidence;
  static constexpr auto fields() {
    using T = CaseLink;
    return std::tuple{&T::link_id,   &T::exhibit_a,  &T::exhibit_b,   &T::score_thousandths,
                      &T::strongest, &T::same_image, &T::same_device, &T::evidence};
  }
};

struct CaseLinkKind {
  static constexpr std::string_view kTable = "link_kind";
  std::int64_t link_id = 0, kind_id = 0, keys = 0, bytes = 0, points_millionths = 0, score_thousandths = 0;
  static constexpr auto fields() {
    using T = CaseLinkKind;
    return std::tuple{&T::link_id, &T::kind_id, &T::keys, &T::bytes, &T::points_millionths, &T::score_thousandths};
  }
};

struct CaseLinkKey {
  static constexpr std::string_view kTable = "link_key";
  std::int64_t link_id = 0, key_id = 0;
  static constexpr auto fields() {
    using T = CaseLinkKey;
    return std::tuple{&T::link_id, &T::key_id};
  }
};

struct CaseFinding {
  static constexpr std::string_view kTable = "finding";
  std::int64_t rank = 0;  // over all exhibits
  std::int64_t exhibit_id = 0;
  MaybeInteger finding_id;  // nullopt: of the case alone, which compared exhibits
  std::string pack, pack_version, rule, priority, title;
  MaybeString reason;
  MaybeBlob reason_raw;
  std::string meaning, limits;
  double score = 0;
  MaybeInteger exhibit_rank;  // on its exhibit
  std::string key;
  MaybeInteger t_ns;
  MaybeString subject_kind;
  MaybeInteger subject_id, file_id;
  static constexpr auto fields() {
    using T = CaseFinding;
    return std::tuple{&T::rank,    &T::exhibit_id,   &T::finding_id, &T::pack,         &T::pack_version,
                      &T::rule,    &T::priority,     &T::title,      &T::reason,       &T::reason_raw,
                      &T::meaning, &T::limits,       &T::score,      &T::exhibit_rank, &T::key,
                      &T::t_ns,    &T::subject_kind, &T::subject_id, &T::file_id};
  }
};

// A message that one of the first findings is about, or one before or behind it in its conversation.
// Somebody whom two exhibits know, or an owner.
struct CasePerson {
  static constexpr std::string_view kTable = "person";
  std::int64_t person_id = 0;
  std::string kind, normalized;
  static constexpr auto fields() {
    using T = CasePerson;
    return std::tuple{&T::person_id, &T::kind, &T::normalized};
  }
};
struct CasePersonOn {
  static constexpr std::string_view kTable = "person_on";
  std::int64_t person_id = 0, exhibit_id = 0, owner = 0;
  MaybeString name;
  std::int64_t contacts = 0, messages = 0, calls = 0;
  static constexpr auto fields() {
    using T = CasePersonOn;
    return std::tuple{&T::person_id, &T::exhibit_id, &T::owner, &T::name, &T::contacts, &T::messages, &T::calls};
  }
};
// One message that is on two exhibits.
struct CaseMessagePair {
  static constexpr std::string_view kTable = "message_pair";
  std::int64_t exhibit_a = 0, message_a = 0, exhibit_b = 0, message_b = 0;
  MaybeString service;
  MaybeInteger t_ns;
  MaybeString state_a, state_b;
  std::int64_t deleted_a = 0, deleted_b = 0;
  std::string match;
  std::int64_t texts_differ = 0;
  static constexpr auto fields() {
    using T = CaseMessagePair;
    return std::tuple{&T::exhibit_a, &T::message_a, &T::exhibit_b, &T::message_b, &T::service, &T::t_ns,
                      &T::state_a,   &T::state_b,   &T::deleted_a, &T::deleted_b, &T::match,   &T::texts_differ};
  }
};
struct CaseTalk {
  static constexpr std::string_view kTable = "talk";
  std::int64_t rank = 0, seq = 0,
               message_id = 0;  // rank: of the finding; seq: from 1, in the order of the conversation
  std::int64_t is_subject = 0;
  MaybeInteger t_ns;
  std::string direction;
  MaybeString who, text;
  std::int64_t left_out = 0;  // bytes of the text that are not here
  std::int64_t deleted = 0;
  MaybeString state;
  static constexpr auto fields() {
    using T = CaseTalk;
    return std::tuple{&T::rank, &T::seq,  &T::message_id, &T::is_subject, &T::t_ns, &T::direction,
                      &T::who,  &T::text, &T::left_out,   &T::deleted,    &T::state};
  }
};

struct CaseJudged {
  static constexpr std::string_view kTable = "judged";
  std::int64_t exhibit_id = 0;
  std::string kind;
  std::int64_t items = 0, judged = 0, not_judged = 0;
  MaybeString reason;
  static constexpr auto fields() {
    using T = CaseJudged;
    return std::tuple{&T::exhibit_id, &T::kind, &T::items, &T::judged, &T::not_judged, &T::reason};
  }
};

// What the packs of rules that led to findings say in other languages.
struct CaseTranslation {
  static constexpr std::string_view kTable = "translation";
  std::string language, english, text;
  static constexpr auto fields() {
    using T = CaseTranslation;
    return std::tuple{&T::language, &T::english, &T::text};
  }
};

// Builds PATH, which must not exist. Without commit() nothing of it is worth keeping; the caller renames or removes it.
class CaseWriter {
 public:
  static Result<std::unique_ptr<CaseWriter>> create(const std::string& path);
  ~CaseWriter();
  template <class Row>
  Status add(const Row& row);
  // Reads what was added so far.
  Result<Query> query(std::string_view sql);
  // Indexes, a check of the whole, and the bytes on the disk. The writer is closed after it.
  Status commit();

 private:
  struct Impl;
  explicit CaseWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limier::store
