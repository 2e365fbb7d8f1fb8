#include "limier/content/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "content/pack.h"
#include "limier/base/embedded.h"

namespace limier::content {

std::span<const EmbeddedFile> embedded_packs();  // those of packs/

namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::size_t kMaxFiles = 1000;

Error unreadable(const std::string& path) {
  return {ErrorKind::kUsage, fmt::format("{}: this is no pack, or cannot be read", path)};
}

Status load_file(const std::string& path, std::vector<PackText>& packs) {
  std::ifstream in(path, std::ios::binary);
  PackText pack{path, {}};
  pack.toml.resize(kMaxFileBytes + 1);
  in.read(pack.toml.data(), static_cast<std::streamsize>(pack.toml.size()));
  const std::streamsize size = in.gcount();
  if (in.bad() || size == 0 || static_cast<std::size_t>(size) > kMaxFileBytes) return unreadable(path);
  pack.toml.resize(static_cast<std::size_t>(size));
  LIMIER_CHECK([&]() -> Status {
    LIMIER_TRY([[maybe_unused]] const Pack parsed, parse_pack(pack));
    return ok_status();
  }());
  packs.push_back(std::move(pack));
  return ok_status();
}

// "" where the pack is wrong.
std::string name_of(const PackText& text) {
  auto pack = parse_pack(text);
  return pack ? pack->name : std::string();
}

}  // namespace

std::span<const PackText> own_packs() {
  static const std::vector<PackText> kPacks = [] {
    std::vector<PackText> packs;
    for (const EmbeddedFile& file : embedded_packs())
      packs.push_back({std::string(file.path), std::string(file.bytes)});
    return packs;
  }();
  return kPacks;
}

Result<std::vector<PackText>> load_packs(std::span<const std::string> paths) {
  std::vector<PackText> packs;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      LIMIER_CHECK(load_file(path, packs));
      continue;
    }
    std::vector<std::string> files;
    for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
      if (entry->path().extension() == ".toml") files.push_back(entry->path().string());
    if (error || files.empty() || files.size() > kMaxFiles)
      return Error{ErrorKind::kUsage, fmt::format("{}: a folder of packs has 1 to {} files *.toml", path, kMaxFiles)};
    std::ranges::sort(files);
    for (const std::string& file : files) LIMIER_CHECK(load_file(file, packs));
  }
  return packs;
}

Result<PackFacts> facts_of(const PackText& text) {
  LIMIER_TRY(const Pack pack, parse_pack(text));
  Hasher hasher(DigestSet{.sha256 = true});
  hasher.update(as_bytes(text.toml));
  return PackFacts{pack.name,           pack.version, pack.app,    pack.evidence, hex_digest(*hasher.finish().sha256),
                   pack.database.paths, pack.sources, pack.app_ids};
}

std::vector<PackText> all_packs(std::span<const PackText> packs) {
  std::vector<std::pair<std::string, PackText>> all;
  const auto add = [&](const PackText& text) {
    std::string name = name_of(text);
    const auto same = std::ranges::find(all, name, [](const auto& one) { return one.first; });
    if (same == all.end())
      all.emplace_back(std::move(name), text);
    else
      same->second = text;
  };
  std::ranges::for_each(own_packs(), add);
  std::ranges::for_each(packs, add);
  std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
  std::vector<PackText> texts;
  texts.reserve(all.size());
  for (auto& [name, text] : all) texts.push_back(std::move(text));
  return texts;
}

namespace {

// What `take` gets out of every pack, sorted, each once.
template <class Take>
std::vector<std::string> paths_of(std::span<const PackText> packs, const Take& take) {
  std::vector<std::string> paths;
  for (const PackText& text : packs)
    if (const auto pack = parse_pack(text)) take(*pack, paths);
  std::ranges::sort(paths);
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

}  // namespace

std::vector<std::string> lead_paths(std::span<const PackText> packs) {
  return paths_of(packs, [](const Pack& pack, std::vector<std::string>& paths) {
    paths.insert(paths.end(), pack.database.paths.begin(), pack.database.paths.end());
  });
}

std::vector<std::string> beside_places(std::span<const PackText> packs) {
  return paths_of(packs, [](const Pack& pack, std::vector<std::string>& paths) {
    for (const PackDatabase& one : pack.beside) paths.insert(paths.end(), one.paths.begin(), one.paths.end());
  });
}

}  // namespace limier::content
