// How fast bytes are searched for numbers, addresses and keys, and what is found in trees that hold none:
// entities-bench FILE-OR-FOLDER... Reads each file, scans it as the sweep would, prints MB/s of CPU time and counts.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "limier/base/cost.h"
#include "limier/entities.h"

namespace {

constexpr std::size_t kBatchBytes = 1u << 20;  // as the sweep's

struct Totals {
  std::uint64_t bytes = 0, cpu_ns = 0, files = 0;
  std::map<std::string, std::uint64_t> kinds;
  std::map<std::string, std::string> examples;
};

void scan_file(const std::filesystem::path& path, Totals& totals) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::uint8_t> bytes(kBatchBytes);
  std::vector<limier::entities::Found> found;
  ++totals.files;
  while (in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())) ||
         in.gcount() > 0) {
    const auto here = limier::Bytes(bytes).first(static_cast<std::size_t>(in.gcount()));
    found.clear();
    const std::uint64_t before = limier::thread_cpu_ns();
    limier::entities::scan(here, {.setting = limier::entities::Setting::kBytes}, found);
    totals.cpu_ns += limier::thread_cpu_ns() - before;
    totals.bytes += here.size();
    for (const auto& one : found) {
      const std::string kind = fmt::format("{} {}", limier::entities::kind_word(one.kind),
                                           one.proof == limier::entities::Proof::kChecksum ? "checksum" : "grammar");
      if (totals.kinds[kind]++ == 0) totals.examples[kind] = one.normalized + " in " + path.string();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  Totals totals;
  for (int i = 1; i < argc; ++i) {
    std::error_code failed;
    if (!fs::is_directory(argv[i])) {
      scan_file(argv[i], totals);
      continue;
    }
    for (const auto& entry :
         fs::recursive_directory_iterator(argv[i], fs::directory_options::skip_permission_denied, failed))
      if (entry.is_regular_file(failed) && !entry.is_symlink(failed)) scan_file(entry.path(), totals);
  }
  if (totals.cpu_ns == 0) return 2;
  fmt::print("{} files, {} MB, {:.0f} MB/s of CPU time\n", totals.files, totals.bytes / 1'000'000,
             static_cast<double>(totals.bytes) * 1000 / static_cast<double>(totals.cpu_ns));
  for (const auto& [kind, count] : totals.kinds) fmt::print("{:>8}  {}  ({})\n", count, kind, totals.examples[kind]);
  return 0;
}
