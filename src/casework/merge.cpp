// The whole merge, top to bottom: take every exhibit's runs or derive them again, build the case, put it in place.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "casework/case_build.h"
#include "casework/messages.h"
#include "limier/base/file_io.h"
#include "limier/casework.h"

namespace limier::casework {
namespace {

Error stopped() {
  return {ErrorKind::kInterrupted, "the merge was stopped; case.db is as it was before"};
}

// nullopt when the file cannot be read.
std::optional<Sha256> digest_of_file(const std::string& path, const std::atomic<int>& stop) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::vector<std::uint8_t> buffer(std::size_t{1} << 20);
  Hasher hasher(DigestSet{false, false, true});
  while (stop.load(std::memory_order_relaxed) == 0) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return hasher.finish().sha256;
    hasher.update(Bytes(buffer).first(static_cast<std::size_t>(got)));
  }
  return std::nullopt;
}

// Facts and the heads of all runs. kEvidence: something has to be derived again.
Status take(Entry& entry) {
  LIMIER_TRY(entry.facts, load_facts(entry.input.keys_dir, *entry.input.index_digest));
  const auto has = [&](const std::string& path, const RunSpec& spec) -> Status {
    const auto cursor = RunCursor::open(path, spec);
    return cursor ? ok_status() : Status(cursor.error());
  };
  Status whole = has(messages_path(entry.input.keys_dir), messages_spec(entry.input.index_digest));
  for (const Kind& kind : all_kinds())
    if (whole.ok() && kind.has_run()) whole = has(run_path(kind, entry), spec_of(kind, entry));
  if (!whole.ok()) entry.facts.reset();
  return whole;
}

// Leaves entry.facts empty and entry.problem said when the exhibit cannot be merged; an Error when nothing can.
Status derive_again(Entry& entry, const MergeOptions& options, const std::atomic<int>& stop) {
  const std::string path = entry.input.index_dir + "/index.db";
  const auto digest = digest_of_file(path, stop);
  if (stop.load(std::memory_order_relaxed) != 0) return stopped();
  entry.facts.reset();
  if (!digest) {
    entry.problem = "its index.db cannot be read";
  } else if (*digest != *entry.input.index_digest) {
    entry.problem = "its index.db is not the one its completion record names";
  } else {
    const Status status =
        emit_keys({entry.input.index_dir, entry.input.keys_dir, *entry.input.index_digest, options.memory_bytes / 4});
    if (!status.ok() && status.error().kind == ErrorKind::kTemporary) return status;
    if (!status.ok())
      entry.problem = status.error().message;
    else if (const Status taken = take(entry); !taken.ok())
      entry.problem = taken.error().message;
  }
  entry.derived_again = true;
  if (!entry.facts) entry.input.state = "unusable";
  return ok_status();
}

Status take_all(std::vector<Entry>& entries, const MergeOptions& options, Progress& progress,
                const std::atomic<int>& stop) {
  progress.stage_started("keys", entries.size(), "exhibits");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Entry& entry = entries[i];
    if (stop.load(std::memory_order_relaxed) != 0) return stopped();
    progress.advanced(i);
    if (!entry.input.index_digest) {
      entry.problem = entry.input.message.empty() ? "it was not examined yet" : entry.input.message;
      continue;
    }
    const Status status = take(entry);
    if (status.ok()) continue;
    if (status.error().kind != ErrorKind::kEvidence) return status;
    LIMIER_CHECK(derive_again(entry, options, stop));
  }
  progress.stage_ended();
  return ok_status();
}

std::uint64_t records_of(const std::vector<Entry>& entries) {
  std::uint64_t records = 0;
  for (const Entry& entry : entries) {
    if (!entry.facts) continue;
    for (const Kind& kind : all_kinds()) {
      if (!kind.has_run()) continue;
      if (const auto cursor = RunCursor::open(run_path(kind, entry), spec_of(kind, entry))) records += cursor->count();
    }
  }
  return records;
}

// Where the message of a problem with one run names its exhibit.
Status put_right(std::vector<Entry>& entries, const MergeProblem& problem, const MergeOptions& options,
                 const std::atomic<int>& stop) {
  if (!problem.position || problem.error.kind != ErrorKind::kEvidence) return problem.error;
  Entry& entry = entries[*problem.position];
  if (!entry.derived_again) return derive_again(entry, options, stop);
  entry.facts.reset();
  entry.problem = problem.error.message;
  entry.input.state = "unusable";
  return ok_status();
}

}  // namespace

Result<MergeResult> merge(const MergeOptions& options, Progress& progress, const std::atomic<int>& stop) {
  std::vector<Entry> entries;
  for (const ExhibitInput& input : options.exhibits) entries.push_back({input, {}, {}, false});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return natural_less(a.input.name, b.input.name); });
  LIMIER_CHECK(take_all(entries, options, progress, stop));
  // From here on the order of the exhibits, and with it every number in the case, is fixed.

  const std::string partial = options.case_dir + "/.case.db.partial", path = options.case_dir + "/case.db";
  MergeResult result;
  while (true) {
    ::unlink(partial.c_str());
    progress.stage_started("merge", records_of(entries), "keys");
    auto problem = CaseBuild(options, entries, progress, stop).run(partial, result);
    progress.stage_ended();
    if (!problem) break;
    ::unlink(partial.c_str());
    // A run that turned out to be torn while it was read: derived again once, left out the second time.
    LIMIER_CHECK(put_right(entries, *problem, options, stop));
  }
  LIMIER_CHECK(put_in_place(partial, path));
  for (const Entry& entry : entries) {
    if (!entry.facts) result.missing.push_back(entry.input.name);
    if (entry.derived_again) result.derived_again.push_back(entry.input.name);
  }
  return result;
}

}  // namespace limier::casework
