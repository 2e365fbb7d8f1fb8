// Sources: Microsoft PE format (COFF header, optional header); System V ABI, chapter 4 (ELF header) and 5 (program
// header); Java virtual machine specification 4.1; Apple's mach-o/fat.h.
#include "types/probes.h"

namespace limier::types {

namespace {

bool is_dos_header(Bytes head) {
  const auto header = Block<32>::at(head, 0);
  if (!header) return false;
  const auto last = header->le<2, std::uint16_t>(), pages = header->le<4, std::uint16_t>();
  const auto paragraphs = header->le<8, std::uint16_t>(), relocations = header->le<24, std::uint16_t>();
  return last < 512 && pages > 0 && paragraphs >= 2 && paragraphs <= 0x1000 && relocations >= 0x1C;
}

}  // namespace

Id pe_kind(Bytes head) {
  constexpr std::uint16_t kDll = 0x2000, kPe32 = 0x10B, kPe32Plus = 0x20B;
  const std::uint64_t header = le_at<std::uint32_t>(head, 0x3C).value_or(0);
  const auto coff = Block<96>::at(head, header);
  if (header < 4 || !coff || coff->le<0, std::uint32_t>() != 0x00004550)
    return is_dos_header(head) ? Id::kDosExe : Id::kUnknown;
  const auto optional = coff->le<24, std::uint16_t>();
  if (optional != kPe32 && optional != kPe32Plus) return Id::kDosExe;
  const auto subsystem = coff->le<92, std::uint16_t>();
  if (subsystem >= 10 && subsystem <= 13) return Id::kPeEfi;
  if (subsystem == 1) return Id::kPeDriver;
  return (coff->le<22, std::uint16_t>() & kDll) != 0 ? Id::kPeDll : Id::kPeExe;
}

Id elf_kind(Bytes head) {
  constexpr std::size_t kMaxSegments = 64;
  constexpr std::uint32_t kInterpreter = 3;
  const auto header = Block<52>::at(head, 0);
  if (!header || header->le<4, std::uint8_t>() < 1 || header->le<4, std::uint8_t>() > 2) return Id::kUnknown;
  const bool wide = header->le<4, std::uint8_t>() == 2, big = header->le<5, std::uint8_t>() == 2;
  const auto half = [&](std::uint64_t at) {
    return (big ? be_at<std::uint16_t>(head, at) : le_at<std::uint16_t>(head, at)).value_or(0);
  };
  const auto word = [&](std::uint64_t at) {
    return (big ? be_at<std::uint32_t>(head, at) : le_at<std::uint32_t>(head, at)).value_or(0);
  };
  const auto giant = [&](std::uint64_t at) {
    return (big ? be_at<std::uint64_t>(head, at) : le_at<std::uint64_t>(head, at)).value_or(0);
  };
  switch (half(16)) {
    case 1:
      return Id::kElfObject;
    case 2:
      return Id::kElfExe;
    case 4:
      return Id::kElfCore;
    case 3:
      break;
    default:
      return Id::kUnknown;
  }
  const std::uint64_t segments = wide ? giant(32) : word(28);
  const std::size_t size = half(wide ? 54 : 42), count = half(wide ? 56 : 44);
  for (std::size_t i = 0; i < std::min(count, kMaxSegments) && segments < head.size(); ++i)
    if (word(segments + i * size) == kInterpreter) return Id::kElfPie;
  return Id::kElfSo;
}

Id class_kind(Bytes head) {
  constexpr std::uint32_t kOldestClass = 45, kMostArchitectures = 32;
  const auto second = be_at<std::uint32_t>(head, 4);
  if (!second) return Id::kUnknown;
  if (*second >= 1 && *second <= kMostArchitectures) return Id::kMachOFat;
  return (*second & 0xFFFF) >= kOldestClass && (*second & 0xFFFF) < 200 ? Id::kClass : Id::kUnknown;
}

}  // namespace limier::types
