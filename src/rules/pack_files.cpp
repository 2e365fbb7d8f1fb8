#include "rules/pack_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace limier::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = 4u << 20;
constexpr std::size_t kMaxFiles = 2000;

Status read_file(const fs::path& path, const std::string& name, std::vector<PackFile>& files) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return Error{ErrorKind::kUsage, fmt::format("cannot read {}: {}", path.string(), code.message())};
  if (size > kMaxFileBytes || files.size() == kMaxFiles)
    return Error{ErrorKind::kUsage, fmt::format("{}: too large, or one file too many, for a rule pack", path.string())};
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && !in.eof()) return Error{ErrorKind::kUsage, fmt::format("cannot read {}", path.string())};
  files.push_back({name, std::move(bytes)});
  return ok_status();
}

// Regular files with this ending; nothing when there is no such folder.
Status read_files(const fs::path& folder, const std::string& ending, const std::string& prefix,
                  std::vector<PackFile>& files) {
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
    if (at->path().extension() == ending && at->is_regular_file())
      LIMIER_CHECK(read_file(at->path(), prefix + at->path().filename().string(), files));
  return ok_status();
}

Status read_pack(const fs::path& folder, std::vector<PackFile>& files) {
  const std::string name = folder.filename().string();
  LIMIER_CHECK(read_files(folder, ".toml", name + "/", files));
  return read_files(folder / "lexicon", ".txt", name + "/lexicon/", files);
}

}  // namespace

Result<std::vector<PackFile>> read_folder(const std::string& folder) {
  std::vector<PackFile> files;
  std::error_code code;
  fs::path path = fs::path(folder).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  if (!fs::is_directory(path, code))
    return Error{ErrorKind::kUsage, fmt::format("{} is not a folder with rule packs", folder)};
  if (fs::exists(path / "pack.toml", code)) {
    LIMIER_CHECK(read_pack(fs::absolute(path), files));
    return files;
  }
  for (fs::directory_iterator at(path, code), end; !code && at != end; at.increment(code))
    if (at->is_directory() && fs::exists(at->path() / "pack.toml")) LIMIER_CHECK(read_pack(at->path(), files));
  if (files.empty())
    return Error{ErrorKind::kUsage, fmt::format("{} holds no pack.toml, nor does a folder in it", folder)};
  return files;
}

}  // namespace limier::rules
