// Files for the sweep: of every awkward kind, and random ones; with the digests they must have.
#pragma once

#include "sweep/memory_image.h"

namespace limier::sweep {

inline constexpr std::uint32_t kChunk = 32u << 10;
inline constexpr std::uint64_t kMiB = 1u << 20;

inline SweepJob job_with(std::uint32_t jobs, std::uint64_t stash_bytes = 256u << 20) {
  SweepJob job;
  job.media_digests = kAllDigests;
  job.file_digests = kAllDigests;
  job.jobs = jobs;
  job.stash_bytes = stash_bytes;
  return job;
}

// Files of every awkward kind over an image of at least 4 MiB.
inline std::vector<File> awkward_files() {
  std::vector<File> files;
  const auto add = [&](std::uint64_t size, std::vector<Piece> pieces) {
    files.push_back({files.size() + 1, size, std::move(pieces)});
  };
  add(700, {{0, 512, 700}});
  add(3 * kMiB, {{0, 4096, 3 * kMiB}});  // spans batches
  // Out of order, then backwards.
  add(900000, {{0, 2 * kMiB, 300000}, {300000, 65536, 300000}, {600000, kMiB, 300000}});
  add(900000, {{0, 3 * kMiB, 300000}, {300000, 2 * kMiB, 300000}, {600000, 8192, 300000}});
  add(300000, {{100000, 12345, 50000}, {200000, 2000001, 50001}});       // gaps and a tail of zeros
  add(3 * kMiB, {{0, 4096, 3 * kMiB}});                                  // the same bytes as file 2
  add(3000, {{0, 1000, 1000}, {1000, 1500, 1000}, {2000, 1200, 1000}});  // pieces that overlap on the disk
  add(1500000, {{0, 1500000, 500000}, {500000, 300000, 1000000}});       // the second piece runs into the first
  add(2 * kMiB + 5, {{0, 3 * kMiB, 5}, {5, kMiB / 2, 2 * kMiB}});        // a long piece waits, whole
  add(2 * kMiB + 5, {{0, kMiB + 77, 5}, {5, kMiB / 2, 2 * kMiB}});       // becomes due in the middle of its stash
  add(5 * kMiB, {});                                                     // no byte on the disk
  add(100, {{0, 100, 0}, {0, 200, 100}});                                // an empty piece
  return files;
}

// Random pieces of random sizes, each file's shuffled over the image.
inline std::vector<File> random_files(std::uint64_t media_size, std::uint32_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<File> files;
  for (std::size_t i = 0; i < count; ++i) {
    File file{1000 + i, 0, {}};
    const std::size_t pieces = 1 + random() % 12;
    for (std::size_t k = 0; k < pieces; ++k) {
      const std::uint64_t length = 1 + random() % (random() % 8 == 0 ? 90000 : 3000);
      if (random() % 4 == 0) file.size_bytes += random() % 9000;
      file.pieces.push_back({file.size_bytes, random() % (media_size - length), length});
      file.size_bytes += length;
    }
    if (random() % 3 == 0) file.size_bytes += random() % 20000;
    files.push_back(std::move(file));
  }
  return files;
}

// An empty file is in the plan as one piece that says there are none.
inline std::vector<catalog::PlanPiece> whole_plan(const std::vector<File>& files) {
  auto plan = plan_of(files);
  for (const File& file : files)
    if (file.pieces.empty()) plan.insert(plan.begin(), {file.id, 0, 0, file.size_bytes, 0, 0, 0, 0, {}});
  return plan;
}

inline std::map<std::uint64_t, Digests> references(const MemoryImage& image, const std::vector<File>& files) {
  std::map<std::uint64_t, Digests> expected;
  for (const File& file : files) expected[file.id] = reference_digests(image, file, kAllDigests);
  return expected;
}

}  // namespace limier::sweep
