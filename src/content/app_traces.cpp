// Sources: SQLCipher's design (every page encrypted, the salt in place of the header; or its first 32 bytes left
// plain), SQLite's file format (the mark of a page of a table behind the header).
#include "content/app_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "content/apps.h"
#include "limier/catalog/device.h"

namespace limier::content {
namespace {

constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
constexpr std::size_t kLookedAt = 64u << 10;

// What locks the file, by its bytes; empty: nothing, as far as they show.
std::string lock_of(const Reader& reader, const KnownApp& app) {
  if (app.encrypted.empty()) return {};
  std::array<std::uint8_t, 128> head{};
  (void)reader.read(
      0, MutableBytes(head).first(static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), reader.size_bytes()))));
  const bool plain = as_text(head).starts_with(kSqliteMagic);
  constexpr std::size_t kFirstPage = 100;  // the mark of the first page stands behind the header
  constexpr std::uint8_t kLeaf = 0x0D, kInner = 0x05;
  if (plain && (head[kFirstPage] == kLeaf || head[kFirstPage] == kInner)) return {};
  return looks_random(reader, head.size()) ? app.encrypted : std::string();
}

}  // namespace

bool looks_random(const Reader& reader, std::uint64_t offset) {
  constexpr std::size_t kEnough = 2048;
  // Of random bytes: 7.9 bits each where 2 KiB are looked at, and more from there on.
  constexpr double kBitsPerByte = 7.8;
  if (reader.size_bytes() < offset + kEnough) return false;
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(kLookedAt, reader.size_bytes() - offset)));
  if (!reader.read(offset, bytes)) return false;
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  double bits = 0;
  for (const std::uint32_t count : counts)
    if (count > 0) bits -= count * std::log2(static_cast<double>(count) / static_cast<double>(bytes.size()));
  return bits / static_cast<double>(bytes.size()) >= kBitsPerByte;
}

Outcome AppTracesParser::parse(const Source& source, Rows& rows) const {
  const AppList::Trace trace = known_apps().by_path(source.path);
  if (trace.app == nullptr) return {catalog::ItemState::kNotApplicable, "no application is known by this path"};
  if (parsed_.contains(trace.id)) return {catalog::ItemState::kNotApplicable, "a pack reads this application"};
  catalog::App row;
  row.place.locator = trace.is_store ? "app:files" : "app:settings";
  row.package = trace.id;
  row.name = trace.app->name;
  row.category = trace.app->category;
  rows.add(row, name(), version());
  if (!trace.is_store) return {};
  const std::string lock = lock_of(*source.main, *trace.app);
  if (lock.empty()) return {};
  return {catalog::ItemState::kEncrypted, fmt::format("{}, of {}", lock, trace.app->name)};
}

}  // namespace limier::content
