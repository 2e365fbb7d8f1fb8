// worker: processes. How the supervisor starts a jailed worker and talks to it, and how a worker is confined.
// Beside the row of rooms: it knows base only; app, volume's and sweep's mains use it.
//
// Owns:    Process owns the child (killed and reaped on destruction) and its channel.
// Threads: a Channel belongs to one thread per direction (one reader, one writer).
// Errors:  Result; a protocol violation by a worker is an Error of kind kInternal, after which it must be killed.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/base/cost.h"

namespace limier::worker {

// ---- frames
// ---------------------------------------------------------------------------------------------------------- On the
// wire: length (32 bit LE, of the payload), type (16 bit), 1 where the next frame goes on with this payload, else 0 (16
// bit), CRC-32C of type, that flag where it is set, and payload, payload.
inline constexpr std::size_t kMaxPayload = 1u << 20;
// Of all frames of one payload together: more than a row, an item or a plan ever takes.
inline constexpr std::size_t kMaxMessage = 64u << 20;

enum class FrameType : std::uint16_t {
  // supervisor → worker
  kJob = 1,   // FsJob or SweepJob: first frame, exactly once
  kPlan = 2,  // Batch<PlanPiece>, the answer to kPlanRequest; an empty one ends the plan
  // worker → supervisor
  kReady = 16,      // jail is closed (SandboxReport)
  kContainer = 17,  // ContainerMessage
  kVolumes = 18,    // Batch<VolumeRecord>
  kNames = 19,
  kInodes = 20,
  kStreams = 21,
  kExtents = 22,
  kBlocks = 23,
  kIssues = 24,
  kEncryption = 25,
  kBadRanges = 26,
  kContentDigests = 27,
  kMediaDigests = 28,
  kContentBytes = 29,     // raw payload: bytes of an extracted stream
  kProgress = 30,         // ProgressMessage
  kFailed = 31,           // WorkerError: the step cannot go on
  kDone = 32,             // last frame (WorkerStats)
  kPlanRequest = 33,      // empty; the worker then reads until kPlan has come, so neither side can block the other
  kCheckpoint = 34,       // ProgressMessage: so many items of the job are done, and all their rows have been sent
  kOpenContents = 35,     // Batch<OpenContent>: before a kSweepCheckpoint; the answer to kOpenRequest, empty: the last
  kSweepCheckpoint = 36,  // Checkpoint: what came before it can be kept
  kOpenRequest = 37,      // empty, as kPlanRequest
  kItemRequest = 38,      // empty; the worker then reads until kItem has come
  kItem = 39,             // ContentItem, the answer; empty: there are no more
  kRows = 40,             // RowsHead and rows (catalog/rows.h)
  kItemDone = 41,         // ItemDone: all its rows have been sent
  kDatabaseRows = 42,     // DatabaseRows, for `limier rows`
  kLoosePages = 43,       // Batch<LoosePage>, in offset order
  kEntities = 44,         // Batch<EntityHit>
};

struct Frame {
  FrameType type{};
  std::vector<std::uint8_t> payload;
};

template <class T>
struct Batch {
  std::vector<T> items;
  static constexpr auto fields() { return std::tuple{&Batch::items}; }
};

struct ProgressMessage {
  std::uint64_t done = 0;
  std::uint64_t container_done = 0;  // limier-sweep: bytes of the segments, in their order, that have been read
  static constexpr auto fields() { return std::tuple{&ProgressMessage::done, &ProgressMessage::container_done}; }
};
struct WorkerError {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  static constexpr auto fields() { return std::tuple{&WorkerError::kind, &WorkerError::message}; }
};
struct WorkerStats {
  std::uint64_t chunks_decoded = 0;
  std::uint64_t pieces_deferred = 0;
  std::uint64_t seeks_back = 0;
  std::vector<StageCost> stages{};
  static constexpr auto fields() {
    return std::tuple{&WorkerStats::chunks_decoded, &WorkerStats::pieces_deferred, &WorkerStats::seeks_back,
                      &WorkerStats::stages};
  }
};
struct SandboxReport {
  bool seccomp = false;
  std::int32_t landlock_abi = 0;  // 0: the kernel has none
  static constexpr auto fields() { return std::tuple{&SandboxReport::seccomp, &SandboxReport::landlock_abi}; }
};

// One end of the pair of sockets. Blocking; receive() waits at most `timeout`.
class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}
  Status send(FrameType type, Bytes payload) { return send(type, payload, {}); }
  // Its payload is both, one behind the other; in several frames where one does not hold it. At most kMaxMessage.
  Status send(FrameType type, Bytes first, Bytes second);
  template <Record T>
  Status send(FrameType type, const T& record) {
    return send(type, Bytes(encode(record)));
  }
  // nullopt: nothing whole came within `timeout`. Error: kTemporary when the peer is gone, kInternal when it sent no
  // frame.
  Result<std::optional<Frame>> receive(std::chrono::milliseconds timeout);
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Status send_one(FrameType type, bool more, Bytes first, Bytes second);
  Result<std::optional<Frame>> receive_one(std::chrono::milliseconds timeout);

  UniqueFd fd_;
  std::optional<Frame> begun_;     // frames of a payload whose last one has not come yet
  bool more_ = false;              // the frame just received goes on
  std::vector<std::uint8_t> out_;  // one frame; kept for its memory
  std::vector<std::uint8_t> in_;
  std::size_t in_begin_ = 0;
};

// Collects records and sends them as Batch<T> frames of about 64 KiB. flush() before anything that must come after.
template <Record T>
class BatchSender {
 public:
  BatchSender(Channel& channel, FrameType type) : channel_(channel), type_(type) {}
  Status add(const T& record) {
    const std::size_t before = body_.size();
    body_.put(record);
    if (count_ > 0 && body_.size() > kFlushAt) LIMIER_CHECK(send(before));
    ++count_;
    return ok_status();
  }
  Status flush() { return count_ == 0 ? ok_status() : send(body_.size()); }

 private:
  static constexpr std::size_t kFlushAt = 64u << 10;

  // The first `size` bytes, which are whole records; what is behind them waits.
  Status send(std::size_t size) {
    Encoder count;
    count.put(std::exchange(count_, 0));
    Status sent = channel_.send(type_, count.bytes(), body_.bytes().first(size));
    body_.drop(size);
    return sent;
  }

  Channel& channel_;
  FrameType type_;
  std::uint32_t count_ = 0;
  Encoder body_;
};

// ---- the journal: what a worker is doing, in a page both sides map
// ---------------------------------------------------- Stored before each item, so it survives the worker; `beat` is
// bumped on any progress and is what the watchdog reads.
struct Journal {
  std::atomic<std::uint64_t> beat{0};
  std::atomic<std::uint32_t> stage{0};
  std::atomic<std::uint64_t> item{0};  // inode, chunk or plan position
  // Bytes of content that are being read for the item, 0 while none are: what its deadline is computed from.
  std::atomic<std::uint64_t> item_bytes{0};
  // What has been done that cannot be done without end: bytes and pieces of the evidence read for the first time, and
  // content announced. Time beyond what they account for is limited.
  std::atomic<std::uint64_t> new_bytes{0}, new_pieces{0};
  std::atomic<std::uint64_t> content_bytes{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// ---- inside a worker
// --------------------------------------------------------------------------------------------------

struct JailLimits {
  std::uint64_t address_space_bytes = 2ull << 30;
  bool threads = false;  // limier-sweep: clone with CLONE_THREAD is allowed
};
// Descriptors a worker starts with: 3 the channel, 4 the journal, 5… the evidence segments.
inline constexpr int kChannelFd = 3;
inline constexpr int kJournalFd = 4;
inline constexpr int kFirstEvidenceFd = 5;

// Confines this process for good: no_new_privs, not dumpable, rlimits, Landlock without any path, seccomp allow-list
// that kills. Call before the first thread and before the first byte of evidence is read. kRefused when seccomp is not
// to be had.
Result<SandboxReport> enter_jail(const JailLimits& limits);
// What the jail lacks on this kernel, as a sentence without a full stop; "" when it is whole.
std::string jail_notice(const SandboxReport& report);

// What every worker main starts with: takes fds 3 and 4, TZ is set already by the supervisor; calls tzset().
struct WorkerContext {
  std::unique_ptr<Channel> channel;
  Journal* journal = nullptr;  // mapped for the life of the process
};
Result<WorkerContext> attach();
// The main of every worker: attaches, does its work, and says how it failed. What comes back is the exit status.
int run_worker(const char* program, Status (*work)(const WorkerContext&));
// LIMIER_NO_SANDBOX=1 in the environment (set by --no-sandbox) leaves the jail open; the SandboxReport says so.
bool sandbox_wanted();

// ---- inside the supervisor
// --------------------------------------------------------------------------------------------

struct SpawnSpec {
  std::string worker;  // "limier-fs" or "limier-sweep"
  std::vector<int> evidence_fds;
  std::string zone = "UTC";  // $TZ of the child
  bool sandbox = true;
};
struct ExitInfo {
  bool signalled = false;
  int code = 0;                  // exit status or signal number
  std::uint64_t peak_bytes = 0;  // most memory that was resident at once
};

// Memory of a process that is in use, as the kernel tells it to anybody (/proc/PID/statm).
class ResidentMemory {
 public:
  explicit ResidentMemory(const std::string& process);  // a number, or "self"
  // 0 when the process is gone.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  UniqueFd fd_;
};

class Process {
 public:
  Process(pid_t pid, Channel channel, Journal* journal);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  Channel& channel() { return channel_; }
  [[nodiscard]] const Journal& journal() const { return *journal_; }
  void kill();
  ExitInfo wait();  // reaps, after two seconds of grace by force; call once
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint64_t resident_bytes() const { return memory_.bytes(); }

 private:
  pid_t pid_;
  ResidentMemory memory_;
  Channel channel_;
  Journal* journal_;
};

Result<std::unique_ptr<Process>> spawn(const SpawnSpec& spec);
// Folder of the worker binaries: ../libexec/limier beside the running program's folder, or $LIMIER_LIBEXEC.
std::string libexec_dir();

}  // namespace limier::worker
