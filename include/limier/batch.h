// batch: many exhibits, one case. A manifest becomes a plan, tasks of the plan run on whatever engine there is, and
// completion records say what is done; the records are merged to one case.
//
// Owns:    the case folder (CaseFolder says what lies where). Exhibits are read by app::triage only.
// Threads: one caller; `stop` may be set from a signal handler. Several processes may work on one case: whoever changes
//          the plan holds batch.lock, whoever runs a task holds that task's lock.
// Errors:  kUsage for a manifest or plan that is wrong, kRefused without authority, for a case or task in use and for
//          evidence that changed under a finished record, kTemporary when the disk is full.
// Units:   bytes; times in ns since 1970; digests as lower-case hex.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/app.h"
#include "limier/casework.h"

namespace limier::batch {

// ---- the plan ------------------------------------------------------------------------------------------------------

// What tells that a segment is still the one that was planned, without reading all of it.
struct SegmentStamp {
  std::string name;  // without folder
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
  std::string edge_sha256;  // over its first and last 64 KiB
  friend bool operator==(const SegmentStamp&, const SegmentStamp&) = default;
};

// One line of the manifest, with the defaults filled in.
struct Exhibit {
  std::string name;    // exhibit or seal number, as written
  std::string folder;  // its name below CASE/exhibits: safe on every file system, unique without regard to case
  std::string image;   // absolute path of the first segment
  store::Authority authority;
  std::string scope;                                     // what may be examined; also in the note of every report
  std::string scope_file, scope_sha256;                  // what may not be read (triage --scope); "" : nothing
  std::vector<std::string> hash_sets, hash_set_digests;  // triage --hashset: absolute paths, and their SHA-256
  std::vector<std::string> keywords, keyword_digests;    // triage --keywords: the same
  std::vector<std::string> yara;                         // triage --yara: absolute paths of files and folders
  std::string yara_digest;                               // app::yara_files_digest() of them; "": none
  std::string profile;                                   // "list", "quick", "standard", "full"
  std::string zone;                                      // "" : none
  std::string sector_size;                               // "512", "4096"; "" : not stated
  std::string codepage;                                  // one of volume::kOemCodePages; "" : not stated
  std::string fail_on;                                   // "" or a priority: findings from there on are exit code 1
  std::string language;                                  // of its report.html; "" : not stated
  std::string digests;                                   // "md5,sha256"; "" : the default of triage
  std::string expect_md5, expect_sha1, expect_sha256;
  bool incomplete = false;
  bool allow_beside_evidence = false;
  std::vector<SegmentStamp> segments;  // empty: was missing when planned (--allow-missing)
  std::string digest;                  // SHA-256 of all the above in canonical form: the identity of the work
  [[nodiscard]] std::uint64_t size_bytes() const;
};

// A pack of exhibits that one call of `batch exec` works off.
struct Task {
  std::uint32_t number = 0;           // from 1; never given to other exhibits when the plan grows
  std::vector<std::string> exhibits;  // names, largest first
  std::uint64_t size_bytes = 0;
};

struct Plan {
  std::vector<Exhibit> exhibits;  // sorted by folder
  std::vector<Task> tasks;        // by number; the first plan numbers them largest first
  std::string digest;             // SHA-256 of plan.json's content without it
  [[nodiscard]] const Exhibit* find(std::string_view exhibit_name) const;
  [[nodiscard]] const Task* task(std::uint32_t number) const;
};

// ---- the case folder -----------------------------------------------------------------------------------------------

// Where everything of a case lies. Paths only: nothing is touched.
class CaseFolder {
 public:
  explicit CaseFolder(std::string dir) : dir_(std::move(dir)) {}
  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] std::string plan() const { return dir_ + "/plan.json"; }
  [[nodiscard]] std::string lock() const { return dir_ + "/batch.lock"; }
  // The contract's output folder of one exhibit; complete when its record says so.
  [[nodiscard]] std::string exhibit(std::string_view folder) const { return below("exhibits", folder); }
  // Completion record of one exhibit: FOLDER.json. Published last.
  [[nodiscard]] std::string record(std::string_view folder) const { return below("records", folder) + ".json"; }
  // What became of the last attempt that did not end in a record: FOLDER.json.
  [[nodiscard]] std::string attempt(std::string_view folder) const { return below("attempts", folder) + ".json"; }
  // Sorted key runs of one exhibit for the merge: KIND.run. Written after triage, before the record.
  [[nodiscard]] std::string keys(std::string_view folder) const { return below("keys", folder); }
  // Completion record of one task, published after those of all its exhibits.
  [[nodiscard]] std::string task(std::uint32_t number) const {
    return below("tasks", std::to_string(number)) + ".json";
  }
  [[nodiscard]] std::string task_lock(std::uint32_t number) const {
    return below("tasks", std::to_string(number)) + ".lock";
  }
  // What executors submitted: NAME.json.
  [[nodiscard]] std::string submissions() const { return dir_ + "/submissions"; }
  [[nodiscard]] std::string logs() const { return dir_ + "/logs"; }
  // Results that a re-plan replaced are moved here, never deleted.
  [[nodiscard]] std::string superseded() const { return dir_ + "/superseded"; }
  [[nodiscard]] std::string case_db() const { return dir_ + "/case.db"; }
  [[nodiscard]] std::string junit() const { return dir_ + "/junit.xml"; }

 private:
  [[nodiscard]] std::string below(std::string_view sub, std::string_view name) const {
    return dir_ + "/" + std::string(sub) + "/" + std::string(name);
  }
  std::string dir_;
};

Result<Plan> load_plan(const CaseFolder& folder);  // kUsage when there is none or its digest does not fit its content
// Fills in the digests and publishes plan.json. The caller holds batch.lock.
Status save_plan(const CaseFolder& folder, Plan& plan);

// Writes a whole file under a temporary name, syncs it, renames it and syncs its folder, which is made if need be.
Status publish_file(const std::string& path, std::string_view content);
Result<std::string> read_whole_file(const std::string& path);

// An exclusive lock on a file, held until this object ends or the process dies; works across the machines of a network
// file system that has locks (NFSv4, Lustre with flock). The file says who holds it.
class FileLock {
 public:
  // nullopt: somebody else holds it; *holder then says who, as "limier batch run, process 4711 on node3".
  static Result<std::optional<FileLock>> try_lock(const std::string& path, std::string_view what, std::string* holder);
  // Whether somebody holds it now. Takes nothing, creates nothing.
  static bool is_held(const std::string& path);
  // The process that holds it, on whatever machine; 0 when nobody does.
  static std::int64_t holder_pid(const std::string& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// batch.lock for whoever changes the plan or gives out tasks. kRefused when another process has it, who is named.
Result<FileLock> lock_case(const CaseFolder& folder, std::string_view what);

// ---- planning ------------------------------------------------------------------------------------------------------

// What is wrong with a manifest: all of it, each with its line.
struct PlanProblem {
  std::size_t line = 0;  // from 1; 0: the manifest as a whole
  std::string message;
  ErrorKind kind = ErrorKind::kUsage;  // kRefused: no authority, evidence that changed, a case beside the evidence
};

// Checks of texts that the caller has.
struct TextRules {
  bool (*zone_exists)(std::string_view zone);
  bool (*is_blank)(std::string_view text);
};

struct PlanOptions {
  std::string manifest;
  TextRules rules;
  // Defaults below those of the manifest.
  store::Authority authority;
  std::string scope, scope_file, profile, zone, sector_size, codepage, fail_on, language;
  std::vector<std::string> hash_sets, keywords, yara;
  std::optional<std::uint64_t> pack_bytes;  // tasks are filled up to this size; 0: one exhibit a task
  bool allow_missing = false;               // plan exhibits whose image is not there yet
  bool accept_changed = false;              // other evidence or options under finished work are intended
  bool dry_run = false;                     // write nothing
};

struct PlanReport {
  Plan plan;
  std::vector<PlanProblem> problems;  // when there are any, nothing was written
  std::vector<std::string> notes;     // worth a sentence, no hindrance: one image under two exhibits, ...
  std::uint32_t added = 0, changed = 0, kept = 0, removed = 0;  // against the plan that was there
};
// Reads the manifest, looks at every image's size, time and edges, and writes CASE/plan.json. On a case that has a
// plan: tasks whose exhibits are as they were keep their number and their results.
Result<PlanReport> make_plan(const CaseFolder& folder, const PlanOptions& options);

// Compares the evidence with the plan: "" or one sentence that says what changed.
std::string evidence_change(const Exhibit& exhibit);

// ---- completion records --------------------------------------------------------------------------------------------

struct NotExamined {
  std::string what, reason;
  std::uint64_t bytes = 0, items = 0;
};

// What one exhibit's triage came to: facts of the evidence alone, the same on every machine.
struct ExhibitResult {
  int exit_code = 0;    // one of 0 1 2 3 4 5 6 7: see final_exit_code()
  std::string message;  // the error's sentence when exit_code is 2, 3, 6 or 7; else ""
  // All conditions that hold; exit_code is the first of them.
  bool mismatch = false, damaged = false, incomplete = false, nothing_examined = false;
  std::string verdict;  // v_evidence.verdict, "" when the media were not read
  std::string format;
  std::string md5, sha1, sha256;  // of the media, "" when not computed
  std::uint64_t media_bytes = 0;
  std::uint64_t files = 0, deleted = 0, volumes = 0, issues = 0, hits = 0;
  std::uint64_t bad_ranges = 0, bad_bytes = 0;
  std::array<std::uint64_t, 5> findings{};        // live-in-danger, high, medium, low, info
  std::array<std::uint64_t, 7> coverage_bytes{};  // in the order of v_coverage.state in the contract
  std::vector<NotExamined> not_examined;          // v_not_examined, in its order
};

struct ExhibitRecord {
  std::string exhibit, folder;
  std::string exhibit_digest;  // Exhibit::digest of the plan that was run: another one makes the record stale
  std::string plan_digest;
  std::string tool_version, tool_commit;
  std::string index_sha256;  // of exhibits/FOLDER/index.db; "" when there is none (exit code 2, 3, 6 or 7)
  std::uint64_t index_bytes = 0;
  ExhibitResult result;
  // Facts of the run, in no report: where, when, what it took.
  std::string host;
  std::int64_t started_ns = 0, ended_ns = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint32_t attempts = 1;
};

struct TaskRecord {
  std::uint32_t number = 0;
  std::string plan_digest, tool_version;
  int exit_code = 0;                                          // worst of its exhibits
  std::vector<std::pair<std::string, std::string>> exhibits;  // name, index digest
};

// nullopt: there is none. A record that cannot be read is none either: it is published whole or not at all.
std::optional<ExhibitRecord> load_record(const CaseFolder& folder, std::string_view exhibit_folder);
Status publish_record(const CaseFolder& folder, const ExhibitRecord& record);
std::optional<TaskRecord> load_task_record(const CaseFolder& folder, std::uint32_t number);
Status publish_task_record(const CaseFolder& folder, const TaskRecord& record);

// ---- state ---------------------------------------------------------------------------------------------------------

enum class ExhibitState : std::uint8_t {
  kPlanned,          // nothing was done yet
  kRunning,          // a process holds its task's lock and works on it
  kInterrupted,      // an attempt ended without a record (75, 130, 143, killed): goes on where it stood
  kDone,             // record with exit code 0, 1, 4 or 5
  kNothingExamined,  // record with exit code 3 and an index: wholly encrypted, say
  kFailed,           // record with exit code 2, 6 or 7, or 3 without an index
  kStale,            // a record, but of other evidence or options than the plan's
};
std::string_view state_name(ExhibitState state);
// There is a record that counts: kDone, kNothingExamined, kFailed.
bool is_finished(ExhibitState state);

struct ExhibitStatus {
  const Exhibit* exhibit = nullptr;  // in the plan that was asked about
  std::uint32_t task = 0;
  ExhibitState state = ExhibitState::kPlanned;
  std::optional<ExhibitRecord> record;  // where is_finished(), and of kStale
  int attempt_exit_code = 0;            // kInterrupted; 0 when the process was killed before it could say
  std::string attempt_message;
};
// In the order of plan.exhibits. Reads records and locks only: seconds for thousands of exhibits.
Result<std::vector<ExhibitStatus>> read_status(const CaseFolder& folder, const Plan& plan);

// A finding of an exhibit that is finished.
struct ExhibitFinding {
  std::string exhibit, folder;
  std::int64_t finding_id = 0;
  std::string priority, title, reason, key, t;  // t: "" when it has none
  double score = 0;
  std::int64_t rank = 0;  // on its exhibit
};
struct FindingsSoFar {
  std::vector<ExhibitFinding> findings;  // what is to be read first comes first
  std::uint64_t judged = 0;              // exhibits that rules were run on
  std::uint64_t left_out = 0;            // findings beyond those listed
  std::vector<std::string> unreadable;   // exhibits whose index cannot be read
};
// Of the exhibits that are finished now.
FindingsSoFar findings_so_far(const CaseFolder& folder, std::span<const ExhibitStatus> statuses);

// A task is done when its record is there and every exhibit of it is finished, whatever a scheduler says.
Result<std::vector<std::uint32_t>> unfinished_tasks(const CaseFolder& folder, const Plan& plan, bool retry_failed);

// The exit code for all: the first of 75, 7, 2, 6, 3, 4, 5, 1, 0 that one of them has, and where an exhibit has a
// threshold (fail_on) the first of 75, 7, 2, 6, 4, 1, 3, 5, 0; an exhibit that is not finished counts as 75. (A run
// that is interrupted itself ends with 130 or 143.)
int batch_exit_code(std::span<const ExhibitStatus> statuses);
int worse_exit_code(int one, int other, bool threshold);
bool has_threshold(const Plan& plan);

// `limier check` of a whole case: the plan, and app::check() of every exhibit that has a result, whose index must be
// the one its completion record names. Exhibits without a result are no fault; they are named.
Result<app::CheckReport> check_case(const CaseFolder& folder, bool evidence);

// Writes CASE/junit.xml: a suite for each exhibit. Reads no index.
Status write_junit(const CaseFolder& folder, std::span<const ExhibitStatus> statuses);

// ---- executors -----------------------------------------------------------------------------------------------------

struct RunOptions {
  std::string program;             // the limier to call on every machine, absolute
  std::uint32_t jobs = 0;          // local: cores to share out; others: of each task. 0: the executor's default
  std::uint64_t memory_bytes = 0;  // likewise
  std::uint32_t max_active = 0;    // tasks at the same time (%K); 0: the executor's default
  std::string scratch;             // node-local folder for building indexes; "" : see exec_task
  bool sandbox = true;
  bool retry_failed = false;
  bool dry_run = false;                         // print what would be submitted, submit nothing
  std::function<void(std::string_view)> print;  // text for standard output, as it is
  bool wait = false;                            // stay until all tasks have ended
  std::vector<std::string> engine_options;      // passed through to the engine as they are (sbatch, parallel)
  std::vector<std::string> hosts;               // GNU parallel's --sshlogin
  std::string command_line;
};

// What was handed to an engine: CASE/submissions/NAME.json, for status and cancel.
struct Submission {
  std::string name;      // file name without .json: EXECUTOR-NUMBER
  std::string executor;  // "local", "slurm", "parallel"
  std::string host;      // where it was submitted
  std::int64_t pid = 0;  // of the submitting process where the engine lives in it, else 0
  std::int64_t started_ns = 0;
  std::string plan_digest;
  std::vector<std::uint32_t> tasks;
  std::vector<std::string> engine_ids;  // job ids, in the engine's own words
  bool cancelled = false;
};
Result<std::vector<Submission>> load_submissions(const CaseFolder& folder);  // oldest first
Result<std::string> next_submission_name(const CaseFolder& folder, std::string_view executor);
Status save_submission(const CaseFolder& folder, const Submission& submission);

enum class EngineState : std::uint8_t { kActive, kEnded, kUnknown };

// One way to get tasks done. Adding one: src/batch/executor_<name>.cpp and a line in executors.cpp.
class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Hands the tasks to the engine and saves the submission. Engines that live in this process (local, parallel) return
  // when all tasks have ended or `stop` was set; a scheduler's returns at once unless options.wait. The caller holds
  // batch.lock. What became of the tasks is in their records alone.
  virtual Result<Submission> start(const CaseFolder& folder, const Plan& plan, std::span<const std::uint32_t> tasks,
                                   const RunOptions& options, Progress& progress, const std::atomic<int>& stop) = 0;
  // Whether the engine still has work of this submission. Must not fail when the engine is away: kUnknown.
  virtual EngineState query(const CaseFolder& folder, const Submission& submission) = 0;
  virtual Status cancel(const CaseFolder& folder, const Submission& submission) = 0;
};
std::unique_ptr<Executor> make_executor(std::string_view name);  // null: there is none of this name
std::vector<std::string_view> executor_names();

// ---- the worker entry ----------------------------------------------------------------------------------------------

// Exits of one triage beyond those that are final: 75, 130 and 143 lead to an attempt that goes on later.
inline constexpr int kExitTemporary = 75;

struct ExecOptions {
  std::uint32_t task = 0;
  std::uint32_t jobs = 0;
  std::uint64_t memory_bytes = 0;
  // Node-local folder for building the index; the finished folder is copied into the case, synced, compared and
  // renamed. "" : $SLURM_TMPDIR or, where the case lies on a network file system, $TMPDIR or /tmp; otherwise in place.
  std::string scratch;
  bool sandbox = true;
  bool retry_failed = false;
  std::string command_line;
};
struct ExecOutcome {
  int exit_code = 0;         // worst of the task's exhibits
  std::uint32_t worked = 0;  // exhibits that were examined now; 0: all were done already
};
// Works off one task. Calling it again does nothing twice; a second process on the same task is refused.
Result<ExecOutcome> exec_task(const CaseFolder& folder, const ExecOptions& options, Progress& progress,
                              const std::atomic<int>& stop);

// ---- fan-in --------------------------------------------------------------------------------------------------------

struct MergeOutcome {
  casework::MergeResult result;
  int exit_code = 0;  // batch_exit_code() of what was merged
};
// Merges what is finished now to CASE/case.db and writes the case reports; exhibits without a result are named in both.
// Records that do not fit the plan are left out. May be called while tasks run. `memory_bytes` 0: the default.
Result<MergeOutcome> merge_case(const CaseFolder& folder, const std::string& language, std::uint64_t memory_bytes,
                                Progress& progress, const std::atomic<int>& stop);

}  // namespace limier::batch
