// The fan-in at full size: writes the key runs of simulated exhibits, merges them, and says what it took.
//   fanin-bench FOLDER [EXHIBITS [FILES]]      (default: 300 exhibits of 200,000 files; 3.4 GB in FOLDER)
// Of each exhibit's files, half are its own, a third belong to one of ten operating systems that thirty exhibits each
// share, a seventh to programs half of the exhibits have, and a few hundred to a handful of neighbours. FOLDER is kept:
// called again, the runs are there already. The last exhibit is then replaced and the case merged again.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "casework/exhibit_facts.h"
#include "casework/kinds.h"
#include "casework/run_format.h"
#include "limier/casework.h"
#include "limier/report/case.h"

namespace {

using namespace limier;
using namespace limier::casework;
using Key = std::array<std::uint8_t, kKeyBytes>;

struct File {
  Key key;
  std::uint64_t size_bytes;
  bool operator<(const File& other) const { return key < other.key; }
};

std::uint64_t mixed(std::uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

File file_of(std::uint64_t pool, std::uint64_t number) {
  File file{};
  std::uint64_t state = mixed(pool * 1'000'003 + number);
  file.size_bytes = 1 + mixed(state) % (std::uint64_t{1} << (6 + state % 20));
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    if (i % 8 == 0) state = mixed(state + i);
    file.key[i] = static_cast<std::uint8_t>(state >> (i % 8 * 8));
  }
  return file;
}

std::vector<File> files_of(std::uint64_t exhibit, std::uint64_t count, std::uint64_t round) {
  std::vector<File> files;
  const std::uint64_t system = count / 3, programs = count / 7, near = std::min<std::uint64_t>(300, count / 10);
  for (std::uint64_t i = 0; i < system; ++i) files.push_back(file_of(1 + exhibit % 10, i));
  for (std::uint64_t i = 0; files.size() < system + programs; ++i)
    if (mixed(i * 7919 + exhibit) % 2 == 0) files.push_back(file_of(11, i));
  for (std::uint64_t i = 0; i < near; ++i) files.push_back(file_of(1000 + exhibit / 4, i));
  for (std::uint64_t i = 0; files.size() < count; ++i)
    files.push_back(file_of(100'000 + exhibit + round * 1'000'000, i));
  std::sort(files.begin(), files.end());
  return files;
}

void fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  std::exit(7);
}
void check(const Status& status) {
  if (!status.ok()) fail(status.error());
}

void write_exhibit(const ExhibitInput& input, std::uint64_t exhibit, std::uint64_t count, std::uint64_t round) {
  std::filesystem::create_directories(input.keys_dir);
  for (const Kind& kind : all_kinds()) {
    const RunSpec spec{std::string(kind.name), kind.value_width, input.index_digest};
    auto run = RunWriter::create(input.keys_dir, spec.kind + ".run", spec);
    if (!run) fail(run.error());
    std::vector<std::uint8_t> bytes(spec.record_width());
    const auto put = [&](const File& file, std::int64_t file_id) {
      put_record(
          {file.key, file.size_bytes, file_id, 1, 0, kind.is_sha256 ? "" : fmt::format("value {}", file.size_bytes)},
          kind.value_width, bytes.data());
      run->put(bytes.data());
    };
    if (kind.is_sha256)
      for (std::int64_t id = 1; const File& file : files_of(exhibit, count, round)) put(file, id++);
    else
      put(file_of(5'000 + exhibit / 2, kind.value_width), 1);
    check(run->commit());
  }
  ExhibitFacts facts;
  facts.exhibit = input.name;
  facts.authority = "simulated";
  facts.verdict = "verified";
  facts.files = static_cast<std::int64_t>(count);
  check(save_facts(input.keys_dir, facts, *input.index_digest));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

Sha256 merge_once(const MergeOptions& options, std::string_view what) {
  NoProgress progress;
  const std::atomic<int> stop{0};
  const auto started = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  const auto result = merge(options, progress, stop);
  if (!result) fail(result.error());
  const double merged = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const double merged_cpu = cpu_seconds() - cpu;
  const auto merged_peak = peak_mib();
  auto index = store::Index::open_case(options.case_dir);
  if (!index) fail(index.error());
  check(report::write_case_reports(**index, options.case_dir));
  const double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print(
      "{}: {} keys, {} shared, {} links; CPU {:.1f} s (with reports {:.1f} s), wall {:.1f} s ({:.1f} s), peak memory "
      "{} MiB ({} MiB), case.db {} MiB\n",
      what, result->keys, result->shared_keys, result->links, merged_cpu, cpu_seconds() - cpu, merged, all, merged_peak,
      peak_mib(), std::filesystem::file_size(options.case_dir + "/case.db") >> 20);
  Hasher hasher(DigestSet{false, false, true});
  for (const std::string_view name :
       {std::string_view("case.db"), std::string_view("case.html"), std::string_view("case.json")}) {
    std::FILE* in = std::fopen((options.case_dir + "/" + std::string(name)).c_str(), "rb");
    std::vector<std::uint8_t> buffer(1 << 20);
    for (std::size_t got = 0; in != nullptr && (got = std::fread(buffer.data(), 1, buffer.size(), in)) > 0;)
      hasher.update(Bytes(buffer).first(got));
    if (in != nullptr) std::fclose(in);
  }
  return *hasher.finish().sha256;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    fmt::print(stderr, "usage: fanin-bench FOLDER [EXHIBITS [FILES]]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::uint64_t exhibits = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 300;
  const std::uint64_t files = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200'000;
  std::filesystem::create_directories(folder);
  MergeOptions options;
  options.case_dir = folder;
  options.tool_version = "bench";
  for (std::uint64_t i = 0; i < exhibits; ++i) {
    ExhibitInput input;
    input.name = fmt::format("E{}", i + 1);
    input.keys_dir = fmt::format("{}/keys/{}", folder, i + 1);
    input.index_dir = folder + "/none";
    input.state = "done";
    input.index_digest = Sha256{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 1};
    if (!std::filesystem::exists(input.keys_dir + "/exhibit.facts")) write_exhibit(input, i, files, 0);
    options.exhibits.push_back(std::move(input));
  }
  const Sha256 first = merge_once(options, "merge");
  std::reverse(options.exhibits.begin(), options.exhibits.end());
  const Sha256 second = merge_once(options, "merge in reverse order");
  fmt::print("case.db, case.html and case.json are {}\n", first == second ? "byte-identical" : "DIFFERENT");
  write_exhibit(options.exhibits.front(), exhibits - 1, files, 1);
  merge_once(options, "merge after one exhibit was replaced");
  write_exhibit(options.exhibits.front(), exhibits - 1, files, 0);
  return first == second ? 0 : 1;
}
