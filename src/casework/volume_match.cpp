#include "casework/volume_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "casework/kinds.h"
#include "casework/links.h"

namespace limier::casework {
namespace {

constexpr std::size_t kShortSerialDigits = 8;
constexpr std::size_t kMaxNamed = 3;

using ByValue = std::map<std::string, std::vector<const FactsVolume*>>;

ByValue by_value(const ExhibitFacts& facts) {
  ByValue volumes;
  for (const FactsVolume& volume : facts.volume_list)
    if (std::string value = normal_identifier(volume.fs_uuid); !value.empty())
      volumes[std::move(value)].push_back(&volume);
  return volumes;
}

SharedVolume best_pair(const std::string& value, const std::vector<const FactsVolume*>& a,
                       const std::vector<const FactsVolume*>& b) {
  for (const FactsVolume* one : a)
    for (const FactsVolume* other : b)
      if (const SharedVolume pair{value, one, other}; pair.alike()) return pair;
  return {value, a.front(), b.front()};
}

}  // namespace

bool is_short_serial(std::string_view normal_value) {
  return normal_value.size() <= kShortSerialDigits;
}

bool SharedVolume::alike() const {
  return a->fs_type == b->fs_type && a->length == b->length && a->fs_label == b->fs_label;
}

std::vector<SharedVolume> shared_volumes(const ExhibitFacts& a, const ExhibitFacts& b) {
  std::vector<SharedVolume> shared;
  const ByValue other = by_value(b);
  for (const auto& [value, volumes] : by_value(a))
    if (const auto found = other.find(value); found != other.end())
      shared.push_back(best_pair(value, volumes, found->second));
  return shared;
}

std::string volume_text(const FactsVolume& volume) {
  std::string text = volume.fs_type.empty() ? volume.encryption : volume.fs_type;
  if (!volume.fs_label.empty()) text += fmt::format("{}\"{}\"", text.empty() ? "" : " ", volume.fs_label);
  if (volume.length > 0)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", bytes_text(static_cast<std::uint64_t>(volume.length)));
  return text;
}

std::string volumes_sentence(std::span<const SharedVolume> volumes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(volumes.size(), kMaxNamed); ++i) {
    const SharedVolume& one = volumes[i];
    text += fmt::format("{}{}: {}", i == 0 ? "" : "; ", one.value, volume_text(*one.a));
    text += one.alike() ? std::string(" on both") : fmt::format(" and {}", volume_text(*one.b));
    if (one.is_short() && one.alike()) text += "; 32 bits only, other volumes can carry it by chance";
    if (one.is_short() && !one.alike()) text += "; 32 bits only, and the volumes differ: chance, or formatted again";
  }
  if (volumes.size() > kMaxNamed) text += fmt::format("; and {} more", volumes.size() - kMaxNamed);
  return text;
}

bool shows_same_device(std::span<const SharedVolume> volumes, bool shares_files) {
  return std::any_of(volumes.begin(), volumes.end(),
                     [&](const SharedVolume& one) { return !one.is_short() || (one.alike() && shares_files); });
}

const FactsVolume* volume_with(const ExhibitFacts& facts, std::string_view value) {
  const auto found = std::find_if(facts.volume_list.begin(), facts.volume_list.end(), [&](const FactsVolume& volume) {
    return normal_identifier(volume.fs_uuid) == value;
  });
  return found == facts.volume_list.end() ? nullptr : &*found;
}

}  // namespace limier::casework
