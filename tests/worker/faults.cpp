#include "faults.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "limier/catalog.h"

namespace limier::faults {
namespace {

struct Order {
  char* times = nullptr;  // in the file itself, so that it counts over processes
  std::string action;
  std::uint32_t stage = 0;
  bool any_item = false;
  std::uint64_t item = 0;
};
Order order;

[[noreturn]] void hang() {
  for (;;) sleep(1);
}

[[noreturn]] void flood(worker::Channel& channel, worker::Journal& journal) {
  catalog::NameRecord row;
  row.volume_id = 1;
  row.path = "/x";
  row.name_length = 1;
  for (row.name_id = 1u << 20;; ++row.name_id) {
    journal.beat.fetch_add(1);
    const worker::Batch<catalog::NameRecord> batch{std::vector<catalog::NameRecord>(1000, row)};
    if (!channel.send(worker::FrameType::kNames, batch).ok()) _exit(4);
  }
}

[[noreturn]] void grow(worker::Journal& journal) {
  constexpr std::size_t kStep = 32u << 20;
  for (;;) {
    void* more = mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED) hang();
    std::memset(more, 1, kStep);
    journal.beat.fetch_add(1);
    usleep(5'000);
  }
}

// As a library that goes round in circles does: always alive and never done.
[[noreturn]] void spin(worker::Journal& journal) {
  for (;;) {
    journal.beat.fetch_add(1);
    usleep(1'000);
  }
}

[[noreturn]] void lie(worker::Channel& channel) {
  catalog::NameRecord row;
  row.volume_id = 4711;
  row.name_id = 1;
  row.path = "/lie";
  row.name_length = 3;
  const worker::Batch<catalog::NameRecord> batch{{row}};
  (void)channel.send(worker::FrameType::kNames, batch);
  hang();
}

void carry_out(worker::Channel& channel, worker::Journal& journal) {
  if (*order.times == '0') return;
  if (*order.times != '*') --*order.times;
  if (order.action == "crash") std::raise(SIGSEGV);
  if (order.action == "abort") std::abort();
  if (order.action == "stall") hang();
  if (order.action == "grow") grow(journal);
  if (order.action == "spin") spin(journal);
  if (order.action == "flood") flood(channel, journal);
  if (order.action == "lie") lie(channel);
  if (order.action == "exit") _exit(3);
  if (order.action == "kill") std::raise(SIGKILL);
  if (order.action == "open") (void)!::open("/etc/passwd", O_RDONLY);
  if (order.action == "garbage") {
    static const char kJunk[] = "\xff\xff\xff\xff this is no frame at all";
    (void)!::write(channel.fd(), kJunk, sizeof(kJunk));
    hang();
  }
  _exit(5);
}

class FaultyImage final : public evidence::Image {
 public:
  FaultyImage(std::unique_ptr<evidence::Image> image, worker::Channel& channel, worker::Journal& journal)
      : image_(std::move(image)), channel_(channel), journal_(journal) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return image_->size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return image_->sector_size(); }
  [[nodiscard]] std::uint32_t chunk_size() const override { return image_->chunk_size(); }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return image_->open_issues(); }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    if (order.times != nullptr && (order.any_item || order.item == chunk)) carry_out(channel_, journal_);
    return image_->decode_chunk(chunk, out);
  }
  evidence::ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    return image_->read(image_offset, out);
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return image_->chunks_decoded(); }

 private:
  std::unique_ptr<evidence::Image> image_;
  worker::Channel& channel_;
  worker::Journal& journal_;
};

}  // namespace

void load(const char* worker) {
  char self[PATH_MAX] = {};
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0) return;
  const std::string path = std::string(self).substr(0, std::string(self).rfind('/')) + "/fault";
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  constexpr std::size_t kSize = 4096;
  void* text = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (text == MAP_FAILED) return;
  char whose[32], action[32], item[32];
  unsigned stage = 0;
  if (std::sscanf(static_cast<char*>(text) + 1, " %31s %31s %u %31s", whose, action, &stage, item) != 4) return;
  if (std::string_view(whose) != worker) return;
  order.action = action;
  order.stage = stage;
  order.any_item = item[0] == '*';
  order.item = order.any_item ? 0 : std::strtoull(item, nullptr, 10);
  order.times = static_cast<char*>(text);
}

void at(worker::Channel& channel, worker::Journal& journal, std::uint32_t stage, std::uint64_t item) {
  if (order.times == nullptr || stage != order.stage || (!order.any_item && item != order.item)) return;
  carry_out(channel, journal);
}

std::unique_ptr<evidence::Image> faulty(std::unique_ptr<evidence::Image> image, worker::Channel& channel,
                                        worker::Journal& journal) {
  return std::make_unique<FaultyImage>(std::move(image), channel, journal);
}

}  // namespace limier::faults
