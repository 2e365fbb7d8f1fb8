#include "sweep/pipeline.h"

#include <algorithm>
#include <exception>
#include <system_error>

#include "sweep/loose_pages.h"

namespace limier::sweep {

namespace {

// Enough that every thread finds a decoded batch while others are decoded, small enough to stay in the last-level
// cache.
constexpr std::size_t kBatchesBase = 6;
constexpr std::size_t kBatchesPerJob = 2;
// Where a container has chunks far beyond the usual 32 KiB, fewer batches are in flight.
constexpr std::size_t kMinBatches = 2;

std::size_t batch_count(std::size_t jobs, std::size_t batch_bytes) {
  return std::max(kMinBatches,
                  std::min(kBatchesBase + kBatchesPerJob * jobs, std::size_t{kMaxBytesInFlight} / batch_bytes));
}

std::vector<DigestSet> media_chains(DigestSet which) {
  if (!which.any()) return {};
  if (digests_run_side_by_side()) return {which};
  std::vector<DigestSet> chains;
  if (which.md5) chains.push_back({.md5 = true});
  if (which.sha1) chains.push_back({.sha1 = true});
  if (which.sha256) chains.push_back({.sha256 = true});
  return chains;
}

}  // namespace

Pipeline::Pipeline(const evidence::Image& image, const SweepJob& job, std::uint64_t chunks_per_batch)
    : image_(image),
      jobs_(std::clamp<std::uint32_t>(job.jobs, 1, kMaxJobs)),
      loose_pages_(job.loose_pages),
      entities_(job.entities),
      beside_media_(image, job.file_digests, pulse_, job.entities) {
  for (const DigestSet which : media_chains(job.media_digests)) {
    media_.emplace_back(which);
    media_.back().cost.stage = media_.size() == 1 ? "media" : "media-" + std::to_string(media_.size());
  }
  files_.reserve(kShards);
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    files_.emplace_back(FileHashes(image, job.file_digests, pulse_, job.entities));
    files_.back().cost.stage = "files-" + std::to_string(shard + 1);
  }
  const auto batch_bytes = static_cast<std::size_t>(chunks_per_batch * image.chunk_size());
  // A small image needs no room for batches it does not have.
  const std::uint64_t chunks = (image.size_bytes() + image.chunk_size() - 1) / image.chunk_size();
  const std::uint64_t batches = std::max<std::uint64_t>(1, (chunks + chunks_per_batch - 1) / chunks_per_batch);
  const std::uint64_t chunks_in_first = std::clamp<std::uint64_t>(chunks, 1, chunks_per_batch);
  slots_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(batch_count(jobs_, batch_bytes), batches)));
  const auto buffer_bytes = static_cast<std::size_t>(chunks_in_first * image.chunk_size());
  memory_ = BatchMemory(slots_.size() * buffer_bytes);
  for (std::size_t i = 0; i < slots_.size(); ++i)
    slots_[i].buffer = memory_.bytes().subspan(i * buffer_bytes, buffer_bytes);
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    pulse_.stop.store(true, std::memory_order_relaxed);
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Status Pipeline::start() {
  threads_.reserve(jobs_);
  for (std::uint32_t i = 0; i < jobs_; ++i) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      if (threads_.empty())
        return Error{ErrorKind::kInternal, std::string("no thread can be started: ") + error.what()};
      break;
    }
  }
  return ok_status();
}

void Pipeline::submit() {
  {
    const std::lock_guard lock(mutex_);
    Batch& batch = slot(submitted_);
    batch.decoded = false;
    batch.chains_left = media_.size() + files_.size();
    ++submitted_;
  }
  work_.notify_one();
}

Result<bool> Pipeline::wait_for_oldest(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const Batch& batch = oldest();
  const auto finished = [&] { return error_.has_value() || (batch.decoded && batch.chains_left == 0); };
  const bool in_time = done_.wait_for(lock, timeout, finished);
  if (error_) return *error_;
  return in_time;
}

// Where the digests are computed apart from each other, each chain adds its own.
HasherState Pipeline::media_state() const {
  HasherState all;
  for (const MediaChain& chain : media_) {
    const HasherState one = state_of(chain.hasher);
    all.size_bytes = one.size_bytes;
    all.tail = one.tail;
    if (one.which.md5) all.which.md5 = true, all.md5 = one.md5;
    if (one.which.sha1) all.which.sha1 = true, all.sha1 = one.sha1;
    if (one.which.sha256) all.which.sha256 = true, all.sha256 = one.sha256;
  }
  return all;
}

void Pipeline::restore_media(const HasherState& state) {
  for (MediaChain& chain : media_) {
    HasherState part = state;
    part.which = state_of(chain.hasher).which;
    chain.hasher = hasher_from(part);
  }
}

Digests Pipeline::media_digests() const {
  Digests all;
  for (const MediaChain& chain : media_) {
    const Digests digests = chain.hasher.finish();
    if (digests.md5) all.md5 = digests.md5;
    if (digests.sha1) all.sha1 = digests.sha1;
    if (digests.sha256) all.sha256 = digests.sha256;
  }
  return all;
}

std::uint64_t Pipeline::chunks_decoded() const {
  std::uint64_t count = chunks_decoded_ + beside_media_.chunks_decoded();
  for (const FileChain& chain : files_) count += chain.hashes.chunks_decoded();
  return count;
}

std::uint64_t Pipeline::seeks_back() const {
  std::uint64_t count = beside_media_.seeks_back();
  for (const FileChain& chain : files_) count += chain.hashes.seeks_back();
  return count;
}

std::vector<StageCost> Pipeline::costs() const {
  std::vector<StageCost> all{decode_cost_};
  for (const MediaChain& chain : media_) all.push_back(chain.cost);
  for (const FileChain& chain : files_) all.push_back(chain.cost);
  return all;
}

void Pipeline::work() {
  std::unique_lock lock(mutex_);
  while (!pulse_.stop.load(std::memory_order_relaxed)) {
    const Task task = take_task();
    if (task.kind == Task::Kind::kNone) {
      work_.wait(lock);
      continue;
    }
    lock.unlock();
    const std::uint64_t began_ns = thread_cpu_ns();
    std::optional<Error> failed;
    try {
      run(task);
    } catch (const std::exception& error) {
      failed = Error{ErrorKind::kInternal, std::string("the sweep ran into its limits: ") + error.what()};
    }
    const std::uint64_t cpu_ns = thread_cpu_ns() - began_ns;
    lock.lock();
    if (failed) {
      error_ = failed;
      pulse_.stop.store(true, std::memory_order_relaxed);
      done_.notify_all();
    } else {
      complete(task, cpu_ns);
    }
    work_.notify_all();
  }
}

// The media digests first: they are the longest chain and decide when a sweep ends. Then files, then new batches.
Pipeline::Task Pipeline::take_task() {
  for (const Task::Kind kind : {Task::Kind::kMedia, Task::Kind::kFiles})
    if (const Task task = take_chain(kind); task.kind != Task::Kind::kNone) return task;
  if (next_decode_ == submitted_) return {};
  return {.kind = Task::Kind::kDecode, .batch = next_decode_++, .chain = 0};
}

// The chain that is furthest behind, of those that can go on.
Pipeline::Task Pipeline::take_chain(Task::Kind kind) {
  Chain* best = nullptr;
  Task task;
  const auto consider = [&](Chain& chain, std::size_t index, const auto& has_work) {
    if (!ready(chain, has_work) || (best != nullptr && best->next <= chain.next)) return;
    best = &chain;
    task = {.kind = kind, .batch = chain.next, .chain = index};
  };
  if (kind == Task::Kind::kMedia) {
    for (std::size_t i = 0; i < media_.size(); ++i)
      consider(media_[i], i,
               [i](const Batch& batch) { return batch.for_media || (i == 0 && !batch.steps[kMediaLane].empty()); });
  } else {
    for (std::size_t i = 0; i < files_.size(); ++i)
      consider(files_[i], i, [i](const Batch& batch) { return !batch.steps[1 + i].empty(); });
  }
  if (best != nullptr) best->busy = true;
  return task;
}

bool Pipeline::ready(Chain& chain, const auto& has_work) {
  if (chain.busy) return false;
  for (; chain.next < submitted_ && slot(chain.next).decoded; ++chain.next) {
    if (has_work(slot(chain.next))) return true;
    chain_passed(slot(chain.next));
  }
  return false;
}

void Pipeline::run(const Task& task) {
  Batch& batch = slot(task.batch);
  switch (task.kind) {
    case Task::Kind::kDecode:
      decode(batch);
      break;
    case Task::Kind::kMedia:
      hash_media(task.chain, batch);
      break;
    case Task::Kind::kFiles:
      files_[task.chain].hashes.run(batch.steps[1 + task.chain], bytes_of(batch), batch.results[1 + task.chain]);
      break;
    case Task::Kind::kNone:
      break;
  }
  pulse_.beats.fetch_add(1, std::memory_order_relaxed);
}

void Pipeline::complete(const Task& task, std::uint64_t cpu_ns) {
  Batch& batch = slot(task.batch);
  if (task.kind == Task::Kind::kDecode) {
    decode_cost_.cpu_ns += cpu_ns;
    ++decode_cost_.tasks;
    batch.decoded = true;
    chunks_decoded_ += batch.chunk_count;
    if (batch.chains_left == 0) done_.notify_all();
    return;
  }
  Chain& chain = task.kind == Task::Kind::kMedia ? static_cast<Chain&>(media_[task.chain]) : files_[task.chain];
  chain.busy = false;
  chain.cost.cpu_ns += cpu_ns;
  ++chain.cost.tasks;
  ++chain.next;
  chain_passed(batch);
}

void Pipeline::chain_passed(Batch& batch) {
  if (--batch.chains_left == 0) done_.notify_all();
}

// Here and nowhere else are the states of a batch written, so a kZero left from the batch before still says what is in
// the buffer.
void Pipeline::decode(Batch& batch) {
  batch.states.resize(static_cast<std::size_t>(batch.chunk_count), evidence::ChunkState::kMissing);
  image_.decode_chunks(batch.first_chunk, batch.buffer, batch.states);
  batch.loose_pages.clear();
  batch.entities.clear();
  if (!batch.for_media) return;
  const BatchBytes bytes = bytes_of(batch);
  if (entities_) find_entities(bytes, batch.entities);
  if (!loose_pages_) return;
  for (std::size_t i = 0; i < batch.states.size(); ++i) {
    if (!trustworthy(batch.states[i]) || batch.states[i] == evidence::ChunkState::kZero) continue;
    const std::size_t from = i * std::size_t{image_.chunk_size()};
    const std::size_t length = std::min(std::size_t{image_.chunk_size()}, bytes.data.size() - from);
    find_loose_pages(batch.image_offset + from, bytes.data.subspan(from, length), batch.loose_pages);
  }
}

void Pipeline::hash_media(std::size_t chain, Batch& batch) {
  Hasher& media = media_[chain].hasher;
  const BatchBytes bytes = bytes_of(batch);
  const auto& steps = batch.steps[kMediaLane];
  if (chain > 0 || steps.empty())
    media.update(bytes.data);
  else if (batch.for_media)
    beside_media_.run_beside(media, steps, bytes, batch.results[kMediaLane]);
  else
    beside_media_.run(steps, bytes, batch.results[kMediaLane]);
}

BatchBytes Pipeline::bytes_of(const Batch& batch) const {
  return {.image_offset = batch.image_offset,
          .chunk_size = image_.chunk_size(),
          .data = Bytes(batch.buffer).first(static_cast<std::size_t>(batch.length)),
          .states = batch.states};
}

}  // namespace limier::sweep
