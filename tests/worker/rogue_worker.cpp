// Does what its job's single word says. Never parses evidence.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "limier/worker.h"

using namespace limier;
using namespace std::chrono_literals;

int main() {
  auto context = worker::attach();
  if (!context.ok()) return 2;
  auto& channel = *context->channel;
  const auto job = channel.receive(5000ms);
  if (!job.ok() || !job->has_value()) return 3;
  const std::string word((*job)->payload.begin(), (*job)->payload.end());
  context->journal->stage.store(2);
  context->journal->item.store(77);
  if (word == "abort") std::abort();
  if (word == "exit") return 9;
  if (word == "hang") sleep(3600);
  if (word == "loop") {
    for (;;) {
      context->journal->beat.fetch_add(1);
      usleep(1000);
    }
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
