// One exhibit's keys, kind by kind: the values of the index, normalised, sorted, equal ones joined.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "casework/exhibit_facts.h"
#include "casework/kinds.h"
#include "casework/messages.h"
#include "casework/run_format.h"
#include "limier/base/sorter.h"
#include "limier/casework.h"

namespace limier::casework {
namespace {

constexpr int kLiveColumn = 5, kCameraColumn = 6;  // of a kind's statement, where it has so many

std::uint32_t flags_of(const std::string& known) {
  if (known == "known") return kFlagKnown;
  return known == "notable" ? kFlagNotable : 0;
}

std::uint32_t clamped_count(std::int64_t count) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<std::uint32_t>::max()));
}

// False: the value gives no key.
bool key_of(const Kind& kind, const std::string& value, KeyRecord& record) {
  if (kind.is_sha256) {
    const auto digest = parse_digest<kKeyBytes>(value);
    if (digest) record.key = *digest;
    return digest.has_value();
  }
  const std::string normal = kind.normalise(value);
  if (normal.empty()) return false;
  record.key = *digest_of(as_bytes(normal), DigestSet{false, false, true}).sha256;
  record.value = normal;
  return true;
}

// Joins `other`, which has the same key, to `record`.
void join(KeyRecord& record, const KeyRecord& other) {
  const bool live = (record.flags & kFlagLive) != 0, other_live = (other.flags & kFlagLive) != 0;
  const bool better = live == other_live ? other.file_id < record.file_id : other_live;
  if (other.file_id != 0 && (record.file_id == 0 || better)) record.file_id = other.file_id;
  record.count = clamped_count(std::int64_t{record.count} + other.count);
  record.flags |= other.flags;
}

Status emit_kind(store::Index& index, const Kind& kind, const EmitOptions& options) {
  RunSpec spec{std::string(kind.name), kind.value_width, options.index_digest};
  Sorter sorter(options.keys_dir, spec.record_width(), options.memory_bytes);
  std::vector<std::uint8_t> bytes(spec.record_width());
  LIMIER_TRY(auto rows, index.query(kind.sql));
  while (rows.step()) {
    KeyRecord record;
    if (rows.is_null(0) || !key_of(kind, rows.text(0), record)) continue;
    record.size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(rows.integer(1), 0));
    record.file_id = std::max<std::int64_t>(rows.integer(2), 0);
    record.flags = flags_of(rows.text(3));
    if (rows.column_count() > kLiveColumn && rows.integer(kLiveColumn) != 0) record.flags |= kFlagLive;
    if (rows.column_count() > kCameraColumn && rows.integer(kCameraColumn) != 0) record.flags |= kFlagCamera;
    record.count = clamped_count(rows.integer(4));
    put_record(record, kind.value_width, bytes.data());
    sorter.put(bytes.data());
  }
  LIMIER_CHECK(rows.status());
  LIMIER_CHECK(sorter.sort());
  LIMIER_TRY(auto run, RunWriter::create(options.keys_dir, spec.kind + ".run", spec));
  std::optional<KeyRecord> joined;
  const auto put_joined = [&] {
    if (!joined) return;
    put_record(*joined, kind.value_width, bytes.data());
    run.put(bytes.data());
  };
  while (const std::uint8_t* sorted = sorter.next()) {
    KeyRecord record = get_record(sorted, kind.value_width);
    if (joined && joined->key == record.key) {
      join(*joined, record);
      continue;
    }
    put_joined();
    joined = std::move(record);
  }
  LIMIER_CHECK(sorter.status());
  put_joined();
  return run.commit();
}

Status make_folder(const std::string& path) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) return file_error("create", part, errno);
    if (at == std::string::npos) return ok_status();
  }
}

}  // namespace

Status emit_keys(const EmitOptions& options) {
  LIMIER_CHECK(make_folder(options.keys_dir));
  LIMIER_TRY(const auto index, store::Index::open(options.index_dir));
  // The facts come last: with them there, the runs were written too.
  ::unlink((options.keys_dir + "/exhibit.facts").c_str());
  for (const Kind& kind : all_kinds())
    if (kind.has_run()) LIMIER_CHECK(emit_kind(*index, kind, options));
  LIMIER_CHECK(emit_messages(*index, options));
  LIMIER_TRY(const ExhibitFacts facts, read_exhibit_facts(*index));
  LIMIER_CHECK(save_facts(options.keys_dir, facts, options.index_digest));
  const UniqueFd folder(::open(options.keys_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder && ::fsync(folder.get()) != 0 && errno != EINVAL) return file_error("sync", options.keys_dir, errno);
  return ok_status();
}

}  // namespace limier::casework
