// Volumes of two exhibits that carry the same serial number or identifier: which they are, and how much that says.
// A FAT or exFAT serial number has 32 bits and is made from the clock (Microsoft, FAT specification 1.03, BS_VolID);
// makers of sticks copy one volume to all of a batch. NTFS has 64 bits, other file systems a UUID of 128.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "casework/exhibit_facts.h"

namespace limier::casework {

// A serial number this short is shared by strangers.
bool is_short_serial(std::string_view normal_value);

struct SharedVolume {
  std::string value;  // normalised
  const FactsVolume* a = nullptr;
  const FactsVolume* b = nullptr;
  [[nodiscard]] bool is_short() const { return is_short_serial(value); }
  // File system, size and label agree too.
  [[nodiscard]] bool alike() const;
};

// By value; where one exhibit has the value several times, the first volume that has its like on the other.
std::vector<SharedVolume> shared_volumes(const ExhibitFacts& a, const ExhibitFacts& b);

// "fat32 \"STICK\", 14.9 GiB"
std::string volume_text(const FactsVolume& volume);

// For the sentence of a link: the volumes, and the doubt where there is reason for it.
std::string volumes_sentence(std::span<const SharedVolume> volumes);

// Whether the volumes alone, or with files in common, show that one device was seen by both.
bool shows_same_device(std::span<const SharedVolume> volumes, bool shares_files);

// The volume with this value, for lists; nullptr when there is none among those kept.
const FactsVolume* volume_with(const ExhibitFacts& facts, std::string_view value);

}  // namespace limier::casework
