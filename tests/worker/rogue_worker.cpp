// Does what its job's single word says. Never parses evidence.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "limier/worker.h"

using namespace limier;
using namespace std::chrono_literals;

int main() {
  auto context = worker::attach();
  if (!context.ok()) return 2;
  auto& channel = *context->channel;
  auto& journal = *context->journal;
  const auto job = channel.receive(5000ms);
  if (!job.ok() || !job->has_value()) return 3;
  const std::string word((*job)->payload.begin(), (*job)->payload.end());
  journal.stage.store(2);
  journal.item.store(77);
  const auto beat_for_ever = [&](auto each) {
    for (std::uint64_t i = 0;; ++i) {
      journal.beat.fetch_add(1);
      each(i);
      usleep(1000);
    }
  };
  if (word == "rows before the jail") {
    if (!channel.send(worker::FrameType::kNames, as_bytes("row")).ok()) return 4;
    sleep(3600);
  }
  if (!channel.send(worker::FrameType::kReady, worker::SandboxReport{word != "no jail", 7}).ok()) return 4;
  if (word == "no jail") sleep(3600);
  if (word == "ready twice") {
    if (!channel.send(worker::FrameType::kReady, worker::SandboxReport{true, 7}).ok()) return 4;
    sleep(3600);
  }
  if (word == "abort") std::abort();
  if (word == "exit") return 9;
  if (word == "hang") sleep(3600);
  if (word == "loop") beat_for_ever([](std::uint64_t) {});
  if (word == "content") {
    journal.item_bytes.store(1);
    beat_for_ever([](std::uint64_t) {});
  }
  if (word == "new items for ever") beat_for_ever([&](std::uint64_t i) { journal.item.store(i); });
  if (word == "frames for ever")
    beat_for_ever([&](std::uint64_t i) {
      journal.item.store(i);
      if (!channel.send(worker::FrameType::kProgress, worker::ProgressMessage{i}).ok()) _exit(4);
    });
  if (word == "rows for ever") {
    const std::vector<std::uint8_t> rows(4 + 60'000);  // a batch of no rows, and more
    for (;;)
      if (!channel.send(worker::FrameType::kBlocks, Bytes(rows)).ok()) return 4;
  }
  if (word == "grow") {
    constexpr std::size_t kStep = 16u << 20;
    beat_for_ever([](std::uint64_t) {
      void* more = mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (more != MAP_FAILED) std::memset(more, 1, kStep);
      usleep(20'000);
    });
  }
  if (word == "garbage") {
    const char junk[] = "this is no frame at all";
    if (::write(channel.fd(), junk, sizeof(junk)) < 0) return 4;
    sleep(3600);
  }
  if (word == "lie") {
    if (!channel.send(worker::FrameType::kNames, as_bytes("not a batch")).ok()) return 4;
    sleep(3600);
  }
  if (word == "fail") {
    if (!channel.send(worker::FrameType::kFailed, worker::WorkerError{ErrorKind::kEvidence, "no such volume"}).ok())
      return 4;
    return 0;
  }
  if (!channel.send(worker::FrameType::kDone, worker::WorkerStats{5, 6}).ok()) return 4;
  return 0;
}
