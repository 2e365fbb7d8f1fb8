#include "app/yara_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "limier/app.h"
#include "limier/base/digest.h"
#include "limier/base/untrusted.h"
#include "limier/catalog/yara_files.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = 16u << 20, kMaxAllBytes = 48u << 20, kMaxFiles = 20'000;
constexpr std::size_t kMaxCompiledBytes = 48u << 20;  // they travel in one piece
constexpr std::uint64_t kCompilerBytes = 2ull << 30;  // of address space
constexpr std::uint64_t kCompilerResidentBytes = 1ull << 30;
constexpr std::size_t kMaxSaid = 10;

Error wrong(const std::string& path, std::string_view what) {
  return {ErrorKind::kUsage, fmt::format("--yara {}: {}", path, what)};
}

// A name without a place of this machine, in text that any report takes.
std::string shown_name(const std::string& name) {
  bool repaired = false;
  return utf8_text(terminal_text(name), repaired);
}

Result<content::RuleFile> read_rules(const fs::path& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || !in) return wrong(path.string(), "it cannot be read");
  if (size > kMaxFileBytes) return wrong(path.string(), "larger than files of rules may be (16 MiB)");
  text.resize(size);
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::uintmax_t>(in.gcount()) != size) return wrong(path.string(), "it cannot be read");
  return content::RuleFile{shown_name(name), std::move(text)};
}

Result<std::vector<fs::path>> files_below(const std::string& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string ending = entry->path().extension().string();
    if ((ending == ".yar" || ending == ".yara") && entry->is_regular_file(error)) found.push_back(entry->path());
  }
  if (error) return wrong(folder, "it cannot be read");
  if (found.empty()) return wrong(folder, "there is no file *.yar or *.yara in it");
  return found;
}

}  // namespace

Result<YaraFiles> YaraFiles::load(const std::vector<std::string>& paths, const std::string& digest) {
  std::vector<content::RuleFile> files;
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    std::vector<fs::path> found{path};
    const bool folder = fs::is_directory(path, error);
    if (folder) {
      LIMIER_TRY(found, files_below(path));
    }
    if (found.size() > kMaxFiles) return wrong(path, fmt::format("more than {} files", kMaxFiles));
    for (const fs::path& one : found) {
      LIMIER_TRY(files.emplace_back(),
                 read_rules(one, folder ? one.lexically_relative(path).string() : one.filename().string()));
      bytes += files.back().text.size();
      if (bytes > kMaxAllBytes) return wrong(path, "all files of rules together are larger than 48 MiB");
    }
  }
  // However they were given, the result is the same.
  std::ranges::sort(files, {}, [](const content::RuleFile& file) { return std::tie(file.name, file.text); });
  YaraFiles loaded;
  std::set<std::string> digests, names;
  for (content::RuleFile& file : files) {
    std::string of_file = hex_digest(*digest_of(as_bytes(file.text), {.sha256 = true}).sha256);
    if (!digests.insert(of_file).second) continue;
    // Rules of two files keep apart by the names of these.
    const std::string name = file.name;
    for (int number = 2; !names.insert(file.name).second; ++number) file.name = fmt::format("{}#{}", name, number);
    loaded.digests_.push_back(std::move(of_file));
    loaded.files_.push_back(std::move(file));
  }
  if (!digest.empty() && loaded.digest() != digest)
    return wrong(paths.empty() ? "" : paths.front(), "these are not the YARA rules that were planned with; plan again");
  return loaded;
}

Status YaraFiles::compile(const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop) {
  if (files_.empty()) return ok_status();
  content::ContentJob job;
  job.evidence = evidence.spec;
  job.memory_bytes = kCompilerBytes;
  job.compile = files_;
  Session session;
  session.worker = "limier-content";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_fs(0);
  session.limits.worker_bytes = kCompilerResidentBytes;
  // A long list of rules is one step.
  session.limits.stall = std::chrono::minutes(5);
  bool answered = false;
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type != worker::FrameType::kPrepared) return Error{kLied, "it sent an unexpected frame"};
    auto compiled = decode<content::CompiledRules>(Bytes(frame.payload));
    if (!compiled || compiled->files.size() != files_.size()) return Error{kLied, "its answer cannot be true"};
    compiled_ = std::move(*compiled);
    answered = true;
    return ok_status();
  };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
  if (ending.kind != EndingKind::kFinished || !answered)
    return Error{ErrorKind::kUsage, "--yara: " + ending.sentence("at compiling the rules")};
  if (compiled_.rules.size() > kMaxCompiledBytes)
    return Error{ErrorKind::kUsage, "--yara: compiled, the rules are larger than 48 MiB"};
  if (compiled_.rules.empty())
    return Error{ErrorKind::kUsage, fmt::format("--yara: none of the files can be used; {}: {}", files_.front().name,
                                                terminal_text(compiled_.files.front().refused))};
  return ok_status();
}

std::string YaraFiles::digest() const {
  if (files_.empty()) return {};
  Hasher hasher({.sha256 = true});
  for (std::size_t i = 0; i < files_.size(); ++i) hasher.update(as_bytes(files_[i].name + '\0' + digests_[i]));
  return hex_digest(*hasher.finish().sha256);
}

std::string YaraFiles::key() const {
  return files_.empty() ? "" : fmt::format("{} files, SHA-256 {}", files_.size(), digest());
}

AuditLog::Fields YaraFiles::fields() const {
  AuditLog::Fields fields;
  for (std::size_t i = 0; i < files_.size(); ++i)
    fields.emplace_back(
        fmt::format("yara_{}", i + 1),
        fmt::format("{}: SHA-256 {}, {}", files_[i].name, digests_[i],
                    compiled_.files[i].refused.empty() ? fmt::format("{} rules", compiled_.files[i].rules)
                                                       : "refused: " + compiled_.files[i].refused));
  return fields;
}

std::vector<std::string> YaraFiles::refusals() const {
  std::vector<std::string> said;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (compiled_.files[i].refused.empty()) continue;
    if (++refused <= kMaxSaid)
      said.push_back(
          fmt::format("YARA rules of {} are not used: {}", files_[i].name, terminal_text(compiled_.files[i].refused)));
  }
  if (refused > kMaxSaid) said.push_back(fmt::format("{} more files of YARA rules are not used", refused - kMaxSaid));
  return said;
}

Status YaraFiles::store(store::IndexWriter& index, bool run) const {
  LIMIER_CHECK(index.clear_engine_rows(catalog::kKindOf<catalog::YaraFile>));
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const content::RuleFileState& state = compiled_.files[i];
    const auto became = !state.refused.empty() ? catalog::YaraFileState::kRefused
                        : run                  ? catalog::YaraFileState::kUsed
                                               : catalog::YaraFileState::kNotRun;
    LIMIER_CHECK(index.add(
        catalog::YaraFile{files_[i].name, digests_[i], became, static_cast<std::int64_t>(state.rules), state.refused}));
    if (state.refused.empty()) continue;
    catalog::IssueRecord issue;
    issue.stage = "rules";
    issue.code = "yara-refused";
    issue.message = fmt::format("YARA rules of {} are not used: {}", files_[i].name, state.refused);
    LIMIER_CHECK(index.add(issue));
  }
  return ok_status();
}

Result<bool> YaraFiles::are_those_of(store::Index& index) const {
  LIMIER_TRY(auto rows, index.query("SELECT sha256 FROM v_yara_file ORDER BY yara_file_id"));
  std::vector<std::string> digests;
  while (rows.step()) digests.push_back(rows.text(0));
  LIMIER_CHECK(rows.status());
  return digests == digests_;
}

Result<std::string> yara_files_digest(const std::vector<std::string>& paths) {
  LIMIER_TRY(const YaraFiles files, YaraFiles::load(paths));
  return files.digest();
}

}  // namespace limier::app
