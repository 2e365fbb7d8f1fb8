// Damage to EWF sets that knows where sections, tables and chunks are; depends on the number of the variant alone.
#pragma once

#include <libdeflate.h>

#include <cstdlib>
#include <random>

#include "evidence/support.h"

namespace limier::evidence {

struct EwfSet {
  std::string name;
  std::vector<std::vector<std::uint8_t>> segments;
  std::vector<std::string> names;
  std::vector<std::uint8_t> media;
};

// Half of it compresses, half does not, and some chunks are zeros.
inline std::vector<std::uint8_t> made_media(std::size_t size) {
  std::vector<std::uint8_t> media(size);
  std::mt19937_64 random(size);
  constexpr std::size_t kStripe = 96u << 10;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t stripe = i / kStripe % 4;
    if (stripe < 2) media[i] = static_cast<std::uint8_t>(random());
    if (stripe == 2)
      media[i] = static_cast<std::uint8_t>(static_cast<unsigned char>("plain words "[i % 12]) + i / 4096 % 7);
  }
  return media;
}

struct Recipe {
  std::string name, options;
  std::size_t size;
};

inline EwfSet acquire(const TempFolder& folder, const Recipe& recipe) {
  EwfSet set;
  set.name = recipe.name;
  set.media = made_media(recipe.size);
  const fs::path raw = folder / (recipe.name + ".dd"), target = folder / recipe.name;
  write_file(raw, set.media);
  const std::string command = "ewfacquire -u -q " + recipe.options + " -t '" + target.string() + "' '" + raw.string() +
                              "' >/dev/null 2>&1 </dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    if (entry.path().stem() == recipe.name && entry.path().extension() != ".dd") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    set.segments.push_back(read_file(file));
    set.names.push_back(file.filename().string());
  }
  return set;
}

inline Opened open_memory(const EwfSet& set, bool allow_incomplete = true) {
  Opened opened;
  opened.spec.format = Format::kEwfE01;
  opened.spec.allow_incomplete = allow_incomplete;
  for (std::size_t i = 0; i < set.segments.size(); ++i) {
    opened.owned.emplace_back(memfd_create("segment", MFD_CLOEXEC));
    const auto& bytes = set.segments[i];
    EXPECT_EQ(::write(opened.owned.back().get(), bytes.data(), bytes.size()), std::ssize(bytes));
    opened.fds.push_back(opened.owned.back().get());
    opened.spec.segments.push_back({set.names[i], bytes.size()});
  }
  return opened;
}

struct Section {
  std::string type;
  std::size_t offset = 0;  // of the descriptor
  std::size_t begin = 0, end = 0;
};

inline std::vector<Section> sections_of(const std::vector<std::uint8_t>& segment) {
  constexpr std::size_t kHeader = 13, kDescriptor = 76;
  std::vector<Section> found;
  for (std::size_t at = kHeader; at + kDescriptor <= segment.size();) {
    const auto* text = reinterpret_cast<const char*>(segment.data() + at);
    const auto next = static_cast<std::size_t>(detail::load_le<std::uint64_t>(segment.data() + at + 16));
    const std::size_t begin = at + kDescriptor;
    found.push_back({std::string(text, strnlen(text, 16)), at, begin, std::clamp(next, begin, segment.size())});
    if (next <= at) break;
    at = next;
  }
  return found;
}

class Damage {
 public:
  Damage(EwfSet& set, std::uint64_t number) : set_(set), random_(number) {}

  // What was done, for messages. `forged` when checksums were made right again, so that they prove nothing.
  std::string apply() {
    const std::size_t kinds = set_.segments.size() > 1 ? 14 : 9;
    switch (below(kinds)) {
      case 0:
        return cut(below(set_.segments.size()));
      case 1:
        return tail();
      case 2:
        return blank();
      case 3:
        return shift();
      case 4:
        return loop();
      case 5:
      case 6:
      case 7:
      case 8:
        return fields(1 + below(4));
      case 9:
      case 10:
        return drop();
      case 11:
        return swap();
      case 12:
        return duplicate();
      default:
        return cut(below(set_.segments.size())) + drop();
    }
  }
  [[nodiscard]] bool forged() const { return forged_; }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random_() % limit); }
  std::vector<std::uint8_t>& any() { return set_.segments[below(set_.segments.size())]; }

  std::string cut(std::size_t index) {
    auto& segment = set_.segments[index];
    segment.resize(1 + below(segment.size() - 1));
    return " cut " + set_.names[index] + " to " + std::to_string(segment.size());
  }
  std::string tail() {
    auto& segment = set_.segments.back();
    segment.resize(segment.size() - std::min<std::size_t>(segment.size() - 1, 1 + below(700)));
    return " tail lost";
  }
  std::string blank() {
    auto& segment = any();
    const std::size_t at = below(segment.size()), length = std::min(segment.size() - at, 1 + below(70000));
    const bool noise = below(2) == 0;
    for (std::size_t i = 0; i < length; ++i)
      segment[at + i] = noise ? static_cast<std::uint8_t>(random_()) : std::uint8_t{0};
    return " blank " + std::to_string(length) + " at " + std::to_string(at);
  }
  std::string shift() {
    auto& segment = any();
    const std::size_t at = below(segment.size()), length = std::min(segment.size() - at, 1 + below(100));
    const auto place = segment.begin() + static_cast<std::ptrdiff_t>(at);
    const bool insert = below(2) == 0;
    if (insert)
      segment.insert(place, length, std::uint8_t{0x5a});
    else
      segment.erase(place, place + static_cast<std::ptrdiff_t>(length));
    return (insert ? " insert " : " erase ") + std::to_string(length) + " at " + std::to_string(at);
  }
  std::string loop() {
    auto& segment = any();
    const auto found = sections_of(segment);
    if (found.empty()) return "";
    const Section &from = found[below(found.size())], &to = found[below(found.size())];
    detail_store<std::uint64_t>(segment, from.offset + 16, to.offset);
    seal(segment, from.offset, 72);
    forged_ = true;
    return " section " + from.type + " leads to " + to.type;
  }
  std::string drop() {
    if (set_.segments.size() < 2) return "";
    const std::size_t index = below(set_.segments.size() - 1) + 1;
    std::string note = " without " + set_.names[index];
    set_.segments.erase(set_.segments.begin() + static_cast<std::ptrdiff_t>(index));
    set_.names.erase(set_.names.begin() + static_cast<std::ptrdiff_t>(index));
    return note;
  }
  std::string swap() {
    const std::size_t a = below(set_.segments.size()), b = below(set_.segments.size());
    std::swap(set_.segments[a], set_.segments[b]);
    return " swap " + std::to_string(a) + " and " + std::to_string(b);
  }
  std::string duplicate() {
    const std::size_t a = below(set_.segments.size()), b = below(set_.segments.size());
    set_.segments[a] = set_.segments[b];
    return " " + set_.names[a] + " is a copy of " + set_.names[b];
  }

  std::string fields(std::size_t count) {
    std::string note;
    for (std::size_t i = 0; i < count; ++i) note += field(any());
    return note;
  }
  // One field of a descriptor, of the geometry, of a table, or a byte of chunk data.
  std::string field(std::vector<std::uint8_t>& segment) {
    const auto found = sections_of(segment);
    if (found.empty()) return "";
    const Section& section = found[below(found.size())];
    const std::size_t length = section.end - section.begin;
    if (below(3) == 0 || length == 0) {
      change(segment, section.offset, 72);
      return maybe_seal(segment, section.offset, 72) + " descriptor of " + section.type;
    }
    const bool table = section.type == "table" || section.type == "table2";
    if (table && below(2) == 0) {
      change(segment, section.begin, std::min<std::size_t>(20, length));
      return maybe_seal(segment, section.begin, 20) + " header of " + section.type;
    }
    const std::size_t entries = detail::load_le<std::uint32_t>(segment.data() + section.begin);
    if (table && entries > 0 && entries < (1u << 20) && 28 + 4 * entries <= length) {
      change(segment, section.begin + 24, 4 * entries);
      return maybe_seal(segment, section.begin + 24, 4 * entries) + " entries of " + section.type;
    }
    change(segment, section.begin, length);
    const bool sealable = section.type != "sectors" && !table && length > 4;
    return (sealable ? maybe_seal(segment, section.begin, length - 4) : "") + " " + section.type;
  }
  void change(std::vector<std::uint8_t>& segment, std::size_t at, std::size_t length) {
    if (length == 0 || at + length > segment.size()) return;
    const std::size_t place = at + below(length);
    const std::size_t width = std::min<std::size_t>({std::size_t{1} << below(4), at + length - place});
    switch (below(4)) {
      case 0:
        segment[place] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        for (std::size_t i = 0; i < width; ++i) segment[place + i] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        for (std::size_t i = 0; i < width; ++i) segment[place + i] = 0xff;
        break;
      default:
        for (std::size_t i = 0; i < width; ++i) segment[place + i] = 0;
        break;
    }
  }
  std::string maybe_seal(std::vector<std::uint8_t>& segment, std::size_t at, std::size_t length) {
    if (below(2) == 0) return "";
    seal(segment, at, length);
    forged_ = true;
    return " resealed";
  }
  static void seal(std::vector<std::uint8_t>& segment, std::size_t at, std::size_t length) {
    if (at + length + 4 > segment.size()) return;
    detail_store<std::uint32_t>(segment, at + length, libdeflate_adler32(1, segment.data() + at, length));
  }
  template <class T>
  static void detail_store(std::vector<std::uint8_t>& bytes, std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  EwfSet& set_;
  std::mt19937_64 random_;
  bool forged_ = false;
};

}  // namespace limier::evidence
