// One hot loop, so many times over the same bytes: hot_loops NAME TIMES. Without arguments it names the loops.
// bench/check.py runs it under valgrind with two numbers of times and takes the difference, which is free of what the
// program costs to start; with --time it prints CPU nanoseconds for one time.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/digest_kernels.h"
#include "limier/base/cost.h"
#include "limier/base/crc32c.h"
#include "limier/sweep.h"
#include "limier/types.h"
#include "limier/worker.h"
#include "sweep/planner.h"

namespace {

using namespace limier;

constexpr std::size_t kMiB = 1u << 20;
constexpr std::size_t kHashed = 128u << 10;  // valgrind takes a second for 50 million instructions

std::vector<std::uint8_t> noise(std::size_t size) {
  std::mt19937 random(1);
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Every result goes through here, so that no loop is optimised away.
void keep(std::uint64_t value) {
  volatile std::uint64_t kept = value;
  (void)kept;
}

void digest_some(DigestSet which) {
  static const auto data = noise(kHashed);
  const Digests digests = digest_of(data, which);
  keep((digests.md5 ? (*digests.md5)[0] : 0u) + (digests.sha256 ? (*digests.sha256)[0] : 0u));
}

void media_and_file_together() {
  static const auto data = noise(kHashed);
  Hasher file(kAllDigests), media(kAllDigests);
  update_both(file, media, data);
  keep((*file.finish().md5)[0] + std::uint64_t{(*media.finish().sha256)[0]});
}

void small_files() {
  static const auto data = noise(kHashed);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + 2600 <= data.size(); at += 4096)
    sum += (*digest_of(Bytes(data).subspan(at, 2600), kAllDigests).md5)[0];
  keep(sum);
}

// A mebibyte of an E01, from a file that the test made.
void decode_container(const char* path) {
  static const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) std::abort();
  static const auto image = [&] {
    evidence::EvidenceSpec spec;
    spec.format = evidence::Format::kEwfE01;
    spec.segments = {{"bench.E01", static_cast<std::uint64_t>(info.st_size)}};
    auto opened = evidence::open_image(spec, {fd});
    if (!opened.ok()) std::abort();
    return std::move(*opened);
  }();
  const std::size_t count = kMiB / image->chunk_size();
  static std::vector<std::uint8_t> out(kMiB);
  std::vector<evidence::ChunkState> states(count, evidence::ChunkState::kMissing);
  image->decode_chunks(0, out, states);
  keep(static_cast<std::uint64_t>(states.back()));
}

catalog::NameRecord a_name() {
  return {.volume_id = 1,
          .name_id = 4711,
          .parent_name_id = 42,
          .path = "/data/dir07/dir11/a0012345.docx",
          .name_length = 13,
          .inode = 123456,
          .sequence = 3,
          .stored_name = {}};
}

void records() {
  worker::Batch<catalog::NameRecord> batch;
  batch.items.assign(1000, a_name());
  const auto bytes = encode(batch);
  const auto back = decode<worker::Batch<catalog::NameRecord>>(Bytes(bytes));
  keep(back->items.size() + crc32c(0, bytes));
}

// Pieces of a thousand files, every tenth in two parts that come the wrong way round.
void plan() {
  sweep::PlanLimits limits{.media_size = 64 * kMiB,
                           .chunk_size = 32768,
                           .stash_bytes = 16 * kMiB,
                           .file_bytes = std::uint64_t{1} << 40,
                           .use_media_lane = true};
  std::vector<catalog::PlanPiece> pieces;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const bool split = i % 10 == 0;
    pieces.push_back({i + 1,
                      split ? 1u : 0u,
                      split ? 2u : 1u,
                      8192,
                      split ? 4096u : 0u,
                      i * 16384,
                      split ? 4096u : 8192u,
                      false,
                      {}});
    if (split) pieces.push_back({i + 1, 0, 2, 8192, 0, i * 16384 + 8192, 4096, 0, {}});
  }
  bool given = false;
  const sweep::PlanSource source = [&]() -> Result<std::vector<catalog::PlanPiece>> {
    if (std::exchange(given, true)) return std::vector<catalog::PlanPiece>{};
    return pieces;
  };
  sweep::Planner planner(source, limits);
  std::uint64_t steps = 0;
  for (std::uint64_t end = kMiB; end <= limits.media_size; end += kMiB) {
    sweep::LaneSteps lanes;
    if (!planner.steps_until(end, end == limits.media_size, lanes).ok()) std::abort();
    for (const auto& lane : lanes) steps += lane.size();
  }
  keep(steps);
}

// Plain text, text with accents, a compressed file and bytes of no type: the heads that are looked at the longest.
void types_of_files() {
  static const auto heads = [] {
    std::string plain, accents;
    while (plain.size() < types::kHeadBytes)
      plain += "2026-11-30 08:15:38 one line of a log, number " + std::to_string(plain.size()) + "\n";
    while (accents.size() < types::kHeadBytes)
      accents += "Un caf\xC3\xA9 et deux th\xC3\xA9s pour la derni\xC3\xA8re table.\n";
    const auto random = noise(types::kHeadBytes);
    const std::string bytes(random.begin(), random.end());
    return std::vector<std::string>{plain, accents, "\x1F\x8B\x08" + bytes, bytes};
  }();
  std::uint64_t sum = 0;
  for (int i = 0; i < 32; ++i)
    for (const std::string& head : heads) sum += types::identify(as_bytes(head), 100000).entropy_millibits;
  keep(sum);
}

void escape(std::string (*escaper)(std::string_view)) {
  static const std::string paths[] = {"/data/dir07/dir11/a0012345.docx",
                                      "/Users/Zo\xc3\xab/\xd0\xbe\xd1\x82\xd1\x87\xd1\x91\xd1\x82.pdf",
                                      "/odd/\x01name\xff,with \"quotes\"", "=cmd()"};
  std::uint64_t length = 0;
  for (int i = 0; i < 250; ++i)
    for (const std::string& path : paths) length += escaper(path).size();
  keep(length);
}

std::map<std::string, std::function<void()>> loops(const char* e01, const char* zeros) {
  return {{"md5", [] { digest_some({.md5 = true}); }},
          {"sha1", [] { digest_some({.sha1 = true}); }},
          {"sha256", [] { digest_some({.sha256 = true}); }},
          {"all-digests", [] { digest_some(kAllDigests); }},
          {"media-and-file", media_and_file_together},
          {"small-files", small_files},
          {"inflate", [e01] { decode_container(e01); }},
          {"zero-chunks", [zeros] { decode_container(zeros); }},
          {"records", records},
          {"plan", plan},
          {"types", types_of_files},
          {"csv", [] { escape(csv_field); }},
          {"json", [] { escape(json_string); }},
          {"html", [] { escape(html_text); }}};
}

}  // namespace

int main(int argc, char** argv) {
  const char* e01 = std::getenv("LIMIER_HOT_E01");
  const char* zeros = std::getenv("LIMIER_HOT_ZEROS");
  const auto all = loops(e01 != nullptr ? e01 : "", zeros != nullptr ? zeros : "");
  if (argc != 3 || !all.contains(argv[1])) {
    for (const auto& [name, loop] : all) std::puts(name.c_str());
    return argc == 1 ? 0 : 2;
  }
  const auto& loop = all.at(argv[1]);
  if (std::strcmp(argv[2], "--time") == 0) {
    std::uint64_t best = UINT64_MAX;
    for (int round = 0; round < 25; ++round) {
      const std::uint64_t began = thread_cpu_ns();
      loop();
      best = std::min(best, thread_cpu_ns() - began);
    }
    std::printf("%llu\n", static_cast<unsigned long long>(best));
    return 0;
  }
  for (long times = std::strtol(argv[2], nullptr, 10); times > 0; --times) loop();
  return 0;
}
