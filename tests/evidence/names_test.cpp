#include "evidence/names.h"

#include "support.h"

namespace limier::evidence {
namespace {

TEST(EwfExtension, FollowsTheNamingSchema) {
  EXPECT_EQ(ewf_extension('E', false, 1), "E01");
  EXPECT_EQ(ewf_extension('E', false, 99), "E99");
  EXPECT_EQ(ewf_extension('E', false, 100), "EAA");
  EXPECT_EQ(ewf_extension('E', false, 100 + 675), "EZZ");
  EXPECT_EQ(ewf_extension('E', false, 100 + 676), "FAA");
  EXPECT_EQ(ewf_extension('E', true, 101), "eab");
  EXPECT_EQ(ewf_extension('S', true, 1), "s01");
  EXPECT_EQ(ewf_extension('S', true, 100 + 676), "taa");
  EXPECT_EQ(ewf_extension('E', false, 99 + 22 * 676), "ZZZ");
  EXPECT_EQ(ewf_extension('E', false, 100 + 22 * 676), "");
  EXPECT_EQ(ewf_segment_name("disk.E01", 100), "disk.EAA");
  EXPECT_EQ(ewf_segment_name("disk.s01", 3), "disk.s03");
  EXPECT_EQ(ewf_segment_name("disk.bin", 3), "disk.bin (segment 3)");
}

struct Case {
  const char* name;
  std::vector<std::string> files;
  std::string first;
  Format format;
  std::vector<std::string> paths;
  std::vector<std::string> missing;
  std::string usage;  // the name the message must hold; then paths are not looked at
};

class FindSegments : public ::testing::TestWithParam<Case> {};

TEST_P(FindSegments, Finds) {
  const Case& c = GetParam();
  TempFolder folder;
  for (const std::string& file : c.files) touch(folder / file);
  const auto found = find_segments((folder / c.first).string(), c.format);
  if (!c.usage.empty()) {
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().kind, ErrorKind::kUsage);
    EXPECT_NE(found.error().message.find(c.usage), std::string::npos) << found.error().message;
    return;
  }
  ASSERT_TRUE(found.ok());
  std::vector<std::string> names;
  for (const std::string& path : found->paths) names.push_back(fs::path(path).filename().string());
  EXPECT_EQ(names, c.paths);
  EXPECT_EQ(found->missing, c.missing);
}

constexpr Format kE = Format::kEwfE01, kR = Format::kRaw;
INSTANTIATE_TEST_SUITE_P(
    Names, FindSegments,
    ::testing::Values(
        Case{"one", {"a.E01"}, "a.E01", kE, {"a.E01"}, {}, ""},
        Case{"three", {"a.E01", "a.E02", "a.E03", "b.E04"}, "a.E01", kE, {"a.E01", "a.E02", "a.E03"}, {}, ""},
        Case{"gap", {"a.E01", "a.E03", "a.E04"}, "a.E01", kE, {"a.E01", "a.E03", "a.E04"}, {"a.E02"}, ""},
        Case{"lower", {"a.e01", "a.e02"}, "a.e01", kE, {"a.e01", "a.e02"}, {}, ""},
        Case{"mixed", {"a.E01", "a.e02"}, "a.E01", kE, {"a.E01", "a.e02"}, {}, ""},
        Case{"twins", {"a.E01", "a.E02", "a.e02"}, "a.E01", kE, {"a.E01", "a.E02"}, {}, ""},
        Case{"smart", {"a.s01", "a.s02"}, "a.s01", kE, {"a.s01", "a.s02"}, {}, ""},
        Case{"later", {"a.E01", "a.E02"}, "a.E02", kE, {}, {}, "a.E01"},
        Case{"later_other_case", {"a.E01", "a.e02"}, "a.e02", kE, {}, {}, "a.E01"},
        Case{"later_alone", {"a.E02", "a.E03"}, "a.E02", kE, {"a.E02", "a.E03"}, {}, ""},
        Case{"strangers", {"a.E01", "a.iso", "a.raw", "a.txt", "a.EXE"}, "a.E01", kE, {"a.E01"}, {}, ""},
        Case{"odd_extension", {"a.bin", "a.E01"}, "a.bin", kE, {"a.bin"}, {}, ""},
        Case{"lettered_alone", {"a.img", "a.E01"}, "a.img", kE, {"a.img"}, {}, ""},
        Case{"no_extension", {"disk"}, "disk", kE, {"disk"}, {}, ""},
        Case{"spaces",
             {"Über prüfung ü.E01", "Über prüfung ü.E02"},
             "Über prüfung ü.E01",
             kE,
             {"Über prüfung ü.E01", "Über prüfung ü.E02"},
             {},
             ""},
        Case{"raw", {"a.dd", "a.de"}, "a.dd", kR, {"a.dd"}, {}, ""},
        Case{"raw_dots", {"a.b.001", "a.b.002", "a.c.003"}, "a.b.001", kR, {"a.b.001", "a.b.002"}, {}, ""},
        Case{"raw_001_alone", {"a.001"}, "a.001", kR, {"a.001"}, {}, ""},
        Case{"raw_000", {"a.000", "a.001"}, "a.000", kR, {"a.000", "a.001"}, {}, ""},
        Case{"raw_001_second", {"a.000", "a.001"}, "a.001", kR, {}, {}, "a.000"},
        Case{"raw_002_given", {"a.001", "a.002"}, "a.002", kR, {}, {}, "a.001"},
        Case{"raw_gap", {"a.001", "a.003"}, "a.001", kR, {"a.001", "a.003"}, {"a.002"}, ""},
        Case{"raw_years", {"disk.2019", "disk.2020"}, "disk.2019", kR, {"disk.2019"}, {}, ""},
        Case{"raw_aa", {"a.aa", "a.ab", "a.ac", "a.dd"}, "a.aa", kR, {"a.aa", "a.ab", "a.ac"}, {}, ""},
        Case{"raw_aaa", {"a.aaa", "a.aab"}, "a.aaa", kR, {"a.aaa", "a.aab"}, {}, ""},
        Case{"raw_ab_given", {"a.aa", "a.ab"}, "a.ab", kR, {}, {}, "a.aa"},
        Case{"raw_dd_beside_aa", {"a.aa", "a.ab", "a.dd"}, "a.dd", kR, {"a.dd"}, {}, ""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FindSegmentsMore, GoesBeyondE99) {
  TempFolder folder;
  for (std::uint32_t n = 1; n <= 103; ++n) touch(folder / ("a." + ewf_extension('E', false, n)));
  const auto found = find_segments((folder / "a.E01").string(), kE);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->paths.size(), 103u);
  EXPECT_TRUE(found->missing.empty());
  EXPECT_TRUE(found->paths.back().ends_with("a.EAD"));
  fs::remove(folder / "a.EAB");
  const auto gap = find_segments((folder / "a.E01").string(), kE);
  EXPECT_EQ(gap->missing, std::vector<std::string>{"a.EAB"});
  const auto later = find_segments((folder / "a.EAA").string(), kE);
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().kind, ErrorKind::kUsage);
}

TEST(FindSegmentsMore, WorksWithoutAFolder) {
  TempFolder folder;
  touch(folder / "a.001");
  touch(folder / "a.002");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  const auto found = find_segments("a.001", kR);
  fs::current_path(before);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->paths, (std::vector<std::string>{"a.001", "a.002"}));
}

TEST(FindSegmentsMore, LeavesFoldersOut) {
  TempFolder folder;
  touch(folder / "a.E01");
  fs::create_directory(folder / "a.E02");
  EXPECT_EQ(find_segments((folder / "a.E01").string(), kE)->paths.size(), 1u);
}

// ---- identify ------------------------------------------------------------------------------------------------------

TEST(Identify, EveryCorpusImage) {
  LIMIER_NEED_CORPUS();
  const std::vector<std::pair<std::string, std::string>> other{{"aff/ext4.aff4", "AFF4"},
                                                               {"aff/image.aff", "Advanced Forensic Format (AFF)"},
                                                               {"vm/hfsplus_zlib.dmg", "Apple DMG (UDIF)"},
                                                               {"vm/image.qcow", "QEMU qcow"},
                                                               {"vm/image.qcow2", "QEMU qcow2"},
                                                               {"vm/image.vdi", "VirtualBox VDI"},
                                                               {"vm/image.vhd", "Microsoft VHD"},
                                                               {"vm/image.vmdk", "VMware VMDK"},
                                                               {"ewf/zeros_128s.Ex01", "EnCase 7 Ex01 (EWF2)"},
                                                               {"damaged/empty.E01", ""},
                                                               {"damaged/not_an_image.E01", ""}};
  std::size_t refused = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus() / "images")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), corpus() / "images").string();
    const Identified found = identify_file(entry.path());
    const auto expected = std::find_if(other.begin(), other.end(), [&](const auto& o) { return o.first == name; });
    if (expected != other.end()) {
      ++refused;
      EXPECT_EQ(found.format, Format::kUnsupported) << name;
      EXPECT_EQ(found.unsupported_name, expected->second) << name;
      EXPECT_FALSE(found.advice.empty()) << name;
      continue;
    }
    const std::string extension = entry.path().extension().string();
    if (extension == ".ad1" || extension == ".L01") {
      EXPECT_EQ(format_name(found.format), extension == ".ad1" ? "ad1" : "ewf-l01") << name;
      continue;
    }
    if (extension == ".gz") {  // what is in it shows when it is unpacked
      EXPECT_EQ(format_name(found.format), "tar.gz") << name;
      continue;
    }
    const bool ewf = extension.size() == 4 && (extension[1] == 'E' || extension == ".s01") && extension[2] == '0';
    const Format format = !ewf ? Format::kRaw : extension == ".s01" ? Format::kEwfS01 : Format::kEwfE01;
    EXPECT_EQ(format_name(found.format), format_name(format)) << name;
  }
  EXPECT_EQ(refused, other.size());
}

Identified identify_bytes(std::vector<std::uint8_t> bytes, std::string_view name = {}) {
  const Bytes all(bytes);
  return identify_container(all.first(std::min<std::size_t>(all.size(), 65536)),
                            all.last(std::min<std::size_t>(all.size(), 4096)), all.size(), name);
}
std::vector<std::uint8_t> disk_with(std::size_t offset, std::string_view text, std::size_t size = 8192) {
  std::vector<std::uint8_t> bytes(size);
  std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  return bytes;
}

TEST(Identify, ByContentNotByName) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(identify_bytes(disk_with(0, "")).format, Format::kRaw);
  EXPECT_EQ(identify_bytes(disk_with(8192 - 512, "conectix")).unsupported_name, "Microsoft VHD (fixed size)");
  EXPECT_EQ(identify_bytes(disk_with(8192 - 512, "koly\0\0\0\4\0\0\2\0"sv)).unsupported_name, "Apple DMG (UDIF)");
  EXPECT_EQ(identify_bytes(disk_with(8192 - 512, "koly")).format, Format::kRaw) << "four letters are no trailer";
  EXPECT_EQ(identify_bytes(disk_with(0, "# Disk DescriptorFile\nversion=1\n", 400)).unsupported_name,
            "VMware VMDK descriptor");
  EXPECT_EQ(identify_bytes(disk_with(0, "EVF\x09\x0d\x0a\xff\x00"sv), "a.dd").format, Format::kEwfE01);
  EXPECT_EQ(identify_bytes(disk_with(0, "EVF\x09\x0d\x0a\xff\x00"sv, 8)).format, Format::kEwfE01) << "never raw";
  EXPECT_EQ(identify_bytes(disk_with(0, "vhdxfile"), "a.raw").unsupported_name, "Microsoft VHDX");
  EXPECT_EQ(identify_bytes(disk_with(0, "PK\x03\x04"sv)).format, Format::kZip);
  EXPECT_EQ(identify_bytes(disk_with(0, "PK\x03\x04.....aff4://"sv)).unsupported_name, "AFF4");
  EXPECT_EQ(identify_bytes(disk_with(0, "PK\x07\x08PK\x03\x04"sv), "a.z01").unsupported_name,
            "ZIP archive in several parts");
  EXPECT_EQ(identify_bytes(disk_with(0, "text"), "a.zip").format, Format::kUnsupported);
  EXPECT_EQ(identify_bytes(disk_with(0, "ANDROID BACKUP\n5\n1\nnone\n"), "a.ab").format, Format::kAndroidBackup);
  EXPECT_EQ(identify_bytes(disk_with(0, "\xfd\x37zXZ\x00"sv), "a.zip").format, Format::kTarXz);
  EXPECT_EQ(identify_bytes(disk_with(0, "\x28\xb5\x2f\xfd"sv)).format, Format::kTarZst);
  EXPECT_EQ(identify_bytes(disk_with(0, "BZh91AY&SY")).format, Format::kTarBz2);
  EXPECT_EQ(identify_bytes(disk_with(0, "BZh9........")).format, Format::kRaw) << "three letters are no stream";
  EXPECT_EQ(identify_bytes(disk_with(0, "ANDROID BACKUP\n5\n1\nAES-256\n"), "a.ab").unsupported_name,
            "Android backup (.ab), encrypted");
  EXPECT_EQ(identify_bytes(disk_with(0, "ANDROID BACKUP\n5\n", 17), "a.ab").unsupported_name, "Android backup (.ab)");
  EXPECT_EQ(identify_bytes(disk_with(510, "\x55\xaa"sv), "a.ZIP").format, Format::kRaw) << "a disk called .zip";
  EXPECT_EQ(identify_bytes(disk_with(0, "\xeb\x3c\x90mkfs.fat"sv)).format, Format::kRaw);
  EXPECT_EQ(identify_bytes(disk_with(0, "hsqs")).format, Format::kRaw);
  EXPECT_EQ(identify_bytes(disk_with(0, "text"), "a.E01").format, Format::kUnsupported);
  EXPECT_EQ(identify_bytes(disk_with(510, "\x55\xaa"sv), "a.E01").format, Format::kRaw) << "a disk called .E01";
  EXPECT_EQ(identify_bytes(disk_with(0, "text"), "a.dd").format, Format::kRaw);
  EXPECT_EQ(identify_bytes({}).format, Format::kUnsupported);
  EXPECT_EQ(identify_bytes({0x41}).format, Format::kUnsupported);
}

TEST(Identify, SaysWhatToDo) {
  EXPECT_EQ(identify_bytes(disk_with(0, "KDMV")).advice,
            "convert it to raw or E01 (for example with qemu-img convert -O raw) and run limier on the result");
  EXPECT_EQ(identify_bytes({}).advice, "the file is empty");
  EXPECT_EQ(identify_bytes({}).unsupported_name, "");
}

TEST(Identify, NeverReadsPastItsInput) {
  for (std::size_t size = 0; size < 600; ++size) {
    std::vector<std::uint8_t> bytes(size, 0x45);
    EXPECT_NO_FATAL_FAILURE(identify_bytes(bytes, "a.E01"));
  }
}

}  // namespace
}  // namespace limier::evidence
