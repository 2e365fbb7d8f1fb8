// The decoders of NTFS content and the parsers of its attributes, against the examples of the specifications and what
// other programs wrote; and every prefix and flipped byte of them.
#include "volume/ntfs_attributes.h"

#include "limier/base/digest.h"
#include "volume/lzx.h"
#include "volume/ntfs_boot.h"
#include "volume/support.h"
#include "volume/wof.h"
#include "volume/xpress.h"

namespace limier::volume::testing {
namespace {

using Data = std::vector<std::uint8_t>;

Data from_hex(std::string_view hex) {
  Data out;
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
  return out;
}

void put(Data& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::string text_of(const Data& data) {
  return {data.begin(), data.end()};
}

// [MS-XCA] 3.2, "abcdefghijklmnopqrstuvwxyz".
Data alphabet() {
  Data packed(256);
  const Data lengths = from_hex("5055555555555555555555454404");
  std::copy(lengths.begin(), lengths.end(), packed.begin() + 48);
  packed[128] = 0x04;
  for (const std::uint8_t byte : from_hex("d8523ed794115be9195ff9d67cdf8d0400000000")) packed.push_back(byte);
  return packed;
}

// [MS-XCA] 3.2, "abc" a hundred times.
Data hundred_abc() {
  Data packed(256);
  packed[48] = 0x30, packed[49] = 0x23, packed[128] = 0x02, packed[143] = 0x20;
  for (const std::uint8_t byte : from_hex("a8dc0000ff2601")) packed.push_back(byte);
  return packed;
}

// Words and calls (E8), compressed by wimlib 1.13 with pieces of 32 KiB.
constexpr std::string_view kLzxGolden =
    "bb2000820000340200443400470cd3c0b0d16ad45ab65e4d6e32038e4337c0182b7e0165b66932df83708c45181c40bc00006400ac66"
    "080039c14e60393d04a74e18b26600a1404032a1253820a226c001768a4d2e3ec50402f7b8ef7d295dc102f7005fb881b8afffef30e1"
    "0000000033040024e020a1fed235ef57bfdf595534b6ac3b46b0d80bca3735bbaf5cc59cf75ebf83cda00876bcde4ce3366e1edfd1cf"
    "5e7366cffade4b9752a9d9a5ba7a93ec803f62365ce3773dac62dbdf17b0f1c7a031ca0635e31a9dccd955b72b9b3fb7ec79ce7efe65"
    "9523bcb963707100da0504c470133b9ef6f6f0b990878d1be778098247dfba1a1bc2f9f1932cff7d258cb8530f5fc6c06691afcee6d4"
    "71defe32344eb793302fcd1cf36b6430a884843dd39a61d81bfaf32518ea84c70944f19c506a1d0680d90c4ae04e904dd042759098cb"
    "7ccc2fa1c8a55a2f2ff16fba2481a29f6af5c25413ad98147cf59b0238112f98de930f1f8087267fcb3327fa4a10e82261bca41dfe3f"
    "bacfba6b84c8bfea0491dc83dda5daac7f5a70c05b44a0aa2822dd72cbd2c28a0e3878346927003b02127aa28e23ef115858643776ba"
    "ba30ae2f16c52a98e4088bbed31821d19c819d4180080aa0c31801358145208954e159284cff7ce0d6c02948271e1cc82d18d56f9aee"
    "a9305df1291f0148265bbd892733b1481d548ca640f2af76d2552fcaf46795437e4d697048af84168250d16d54409d40490ac962caf2"
    "9898a4ca3a2acbe221ed4164ba3d1882a1b7b8fd329e7d7adf29e0c833810e2168d5d09c40f06dbe1b33f5a14a116c4521ace8925a18"
    "2f0bd977634da920aa2cc24497d829bbdb91f03aa14e46a8de0c1e3e4c0488256d26521d47492f74da730a63c11aab231df05f5b82bd"
    "ac0a53669956940756e3c20327906430be9210f9bfd3bdd500e988e46f2f4b4952aae7cbf123d70b00dda37f233e447993336f59a72f"
    "26d92a33971e50725f14eb2ee57ffc88117c46c40010";
constexpr std::size_t kLzxGoldenBytes = 3000;
constexpr std::string_view kLzxGoldenSha256 = "0ebfd91b25ddbb5c9479afdc54fccc101660c3065acd5138bbc2ee9da1947d50";

// Every prefix, and every byte with each bit flipped: an answer, and never a byte outside (the sanitizers see that).
template <class Decode>
void try_damaged(const Data& packed, std::size_t size, Decode&& decode) {
  Data out(size);
  for (std::size_t length = 0; length < packed.size(); ++length) {
    const Data part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length));
    (void)decode(part, out);
  }
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Data flipped = packed;
      flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ (1u << bit));
      (void)decode(flipped, out);
    }
  }
}

TEST(Xpress, DecodesTheExamplesOfItsSpecification) {
  Data out(26);
  ASSERT_TRUE(decode_xpress(alphabet(), out));
  EXPECT_EQ(text_of(out), "abcdefghijklmnopqrstuvwxyz");
  out.resize(300);
  ASSERT_TRUE(decode_xpress(hundred_abc(), out));
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "abc";
  EXPECT_EQ(text_of(out), expected);
}

TEST(Xpress, NeverGivesMoreThanThereIs) {
  Data out(26);
  const Data packed = alphabet();
  // 128 bits of codes stand behind the lengths; the last words may be empty.
  for (std::size_t length = 0; length < 256 + 14; ++length)
    EXPECT_FALSE(decode_xpress(Data(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length)), out))
        << length;
  Data longer(301);
  EXPECT_FALSE(decode_xpress(hundred_abc(), longer));
  Data shorter(299);
  EXPECT_FALSE(decode_xpress(hundred_abc(), shorter));
  try_damaged(packed, 26, decode_xpress);
  try_damaged(hundred_abc(), 300, decode_xpress);
}

TEST(Lzx, DecodesWhatWimlibWrote) {
  Data out(kLzxGoldenBytes);
  ASSERT_TRUE(decode_lzx(from_hex(kLzxGolden), out));
  EXPECT_EQ(hex_digest(*digest_of(out, DigestSet{false, false, true}).sha256), kLzxGoldenSha256);
}

// Blocks that are not compressed, which wimlib does not write: three offsets, the bytes, and one more to an even place.
TEST(Lzx, DecodesPlainBlocks) {
  Data packed;
  for (const std::string_view word : {"hello", "world", "again!"}) {
    // Type 3 in three bits, no block of 32 KiB in one, the size in 16, then to the next word.
    const std::uint32_t bits = 3u << 29 | static_cast<std::uint32_t>(word.size()) << 12;
    put(packed, bits >> 16, 2);
    put(packed, bits & 0xFFFF, 2);
    for (int offset = 0; offset < 3; ++offset) put(packed, 1, 4);
    packed.insert(packed.end(), word.begin(), word.end());
    if (word.size() % 2 != 0) packed.push_back(0);
  }
  Data out(16);
  ASSERT_TRUE(decode_lzx(packed, out));
  EXPECT_EQ(text_of(out), "helloworldagain!");
  for (std::size_t length = 0; length < packed.size(); ++length)
    EXPECT_FALSE(decode_lzx(Data(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length)), out)) << length;
  try_damaged(packed, 16, decode_lzx);
}

TEST(Lzx, NeverGivesMoreThanThereIs) {
  const Data packed = from_hex(kLzxGolden);
  Data out(kLzxGoldenBytes);
  for (std::size_t length = 0; length + 4 < packed.size(); ++length)
    EXPECT_FALSE(decode_lzx(Data(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length)), out)) << length;
  try_damaged(packed, kLzxGoldenBytes, decode_lzx);
  Data too_large(kLzxPiece + 1);
  EXPECT_FALSE(decode_lzx(packed, too_large));
}

struct Unpacked {
  bool whole = false;
  std::string content;
};
Unpacked unpack(const WofStream& stream, const Data& packed) {
  Unpacked result;
  Status consumed = ok_status();
  result.whole = read_wof(
      stream,
      [&](std::uint64_t offset, MutableBytes out) {
        const auto part = slice(packed, offset, out.size());
        if (part) std::copy(part->begin(), part->end(), out.begin());
        return part.has_value();
      },
      [] {},
      [&](Bytes bytes) {
        result.content += as_text(bytes);
        return ok_status();
      },
      consumed);
  return result;
}

// Two pieces: one that did not shrink and the alphabet.
TEST(Wof, ReadsItsTableAndPlainPieces) {
  Data packed;
  put(packed, 4096, 4);
  packed.insert(packed.end(), 4096, 'x');
  for (const std::uint8_t byte : alphabet()) packed.push_back(byte);
  const WofStream stream{WofMethod::kXpress4K, 4096 + 300, packed.size()};
  EXPECT_FALSE(unpack(stream, packed).whole) << "26 bytes are not 300";
  Data abc;
  put(abc, 4096, 4);
  abc.insert(abc.end(), 4096, 'x');
  for (const std::uint8_t byte : hundred_abc()) abc.push_back(byte);
  const auto got = unpack({WofMethod::kXpress4K, 4096 + 300, abc.size()}, abc);
  ASSERT_TRUE(got.whole);
  EXPECT_EQ(got.content.substr(0, 4100), std::string(4096, 'x') + "abca");
  EXPECT_EQ(got.content.size(), 4396u);
}

TEST(Wof, RefusesTablesThatLie) {
  Data packed;
  put(packed, 4096, 4);
  packed.insert(packed.end(), 4096, 'x');
  for (const std::uint8_t byte : hundred_abc()) packed.push_back(byte);
  for (const std::uint32_t end : {0u, 4097u, 5000u, 0x80000000u, 0xFFFFFFFFu}) {
    Data bent = packed;
    for (std::size_t i = 0; i < 4; ++i) bent[i] = static_cast<std::uint8_t>(end >> (8 * i));
    EXPECT_FALSE(unpack({WofMethod::kXpress4K, 4396, bent.size()}, bent).whole) << end;
  }
  EXPECT_FALSE(unpack({WofMethod::kXpress4K, 1ull << 40, packed.size()}, packed).whole);
  EXPECT_FALSE(unpack({WofMethod::kLzx, 1ull << 36, packed.size()}, packed).whole);
  EXPECT_FALSE(unpack({WofMethod::kNone, 4396, packed.size()}, packed).whole);
  EXPECT_FALSE(unpack({WofMethod::kXpress8K, 4396, 0}, Data()).whole);
}

TEST(NtfsTime, HoldsTheWholeRange) {
  EXPECT_EQ(ntfs_time(0).basis, catalog::TimeBasis::kAbsent);
  const auto stamp = [](std::int64_t seconds, std::uint32_t nanoseconds) {
    return catalog::Stamp{seconds, nanoseconds, catalog::TimeBasis::kUtc};
  };
  EXPECT_EQ(ntfs_time(1), stamp(-11644473600, 100));
  EXPECT_EQ(ntfs_time(116444736000000000), stamp(0, 0));
  EXPECT_EQ(ntfs_time(116444735999999999), stamp(-1, 999999900));
  EXPECT_EQ(ntfs_time(UINT64_MAX), stamp(1833029933770, 955161500));  // 60056-05-28T05:36:10.9551615
}

TEST(NtfsText, KeepsHalvesOfPairsApart) {
  EXPECT_EQ(ntfs_text(from_hex("41003dd800de")), "A\xF0\x9F\x98\x80");
  EXPECT_EQ(ntfs_text(from_hex("00d84100")),
            "\xED\xA0\x80"
            "A");
  EXPECT_EQ(ntfs_text(from_hex("00dc4100")),
            "\xED\xB0\x80"
            "A");
  EXPECT_EQ(ntfs_text(from_hex("410000")), "A");
  EXPECT_EQ(ntfs_text(from_hex("00d8")), "\xED\xA0\x80");
}

Data attribute(std::string_view name, std::string_view value, std::uint32_t next) {
  Data out;
  put(out, next, 4);
  put(out, 0, 1);
  put(out, name.size(), 1);
  put(out, value.size(), 2);
  out.insert(out.end(), name.begin(), name.end());
  out.push_back(0);
  out.insert(out.end(), value.begin(), value.end());
  return out;
}

TEST(ExtendedAttributes, EndWhereTheyAreDamaged) {
  Data content = attribute("ONE", "first", 20);
  content.resize(20);
  const Data second = attribute("TWO", "", 0);
  content.insert(content.end(), second.begin(), second.end());
  const auto all = parse_extended_attributes(content);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "ONE");
  EXPECT_EQ(all[0].offset, 12u);
  EXPECT_EQ(all[0].length, 5u);
  EXPECT_EQ(all[1].name, "TWO");
  EXPECT_EQ(all[1].length, 0u);
  content[0] = 4;  // the next one would begin inside this one
  EXPECT_EQ(parse_extended_attributes(content).size(), 1u);
  content[6] = 0xFF;  // longer than what is there
  EXPECT_TRUE(parse_extended_attributes(content).empty());
  try_damaged(content, 0, [](const Data& part, const Data&) {
    for (const auto& one : parse_extended_attributes(part)) EXPECT_TRUE(slice(part, one.offset, one.length));
    return true;
  });
}

Data reparse(std::uint32_t tag, const Data& data) {
  Data out;
  put(out, tag, 4);
  put(out, data.size(), 2);
  put(out, 0, 2);
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

TEST(ReparsePoints, AreReadWithinTheirBounds) {
  Data link;
  for (const unsigned field : {0u, 2u, 2u, 2u}) put(link, field, 2);
  put(link, 1, 4);
  put(link, 'a', 2);
  put(link, 'b', 2);
  const Data content = reparse(0xA000000C, link);
  const auto found = parse_reparse(content);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->meaning, Redirected::kLink);
  EXPECT_EQ(found->target, "a") << "what it shows is not where it leads";
  for (const std::uint32_t tag :
       {0xA000000Cu, 0xA0000003u, 0xA000001Du, 0x80000017u, 0x80000014u, 0x9000701Au, 0x1234u})
    try_damaged(reparse(tag, link), 0, [](const Data& part, const Data&) { return parse_reparse(part).has_value(); });
  EXPECT_FALSE(parse_reparse(Data(7)));
}

TEST(ReparsePoints, OfFilesCompressedByWindowsNameTheMethod) {
  const auto method = [](std::uint32_t provider, std::uint32_t version, std::uint32_t algorithm) {
    Data data;
    for (const std::uint32_t field : {1u, provider, version, algorithm}) put(data, field, 4);
    return parse_reparse(reparse(0x80000017, data))->method;
  };
  EXPECT_EQ(method(2, 1, 0), WofMethod::kXpress4K);
  EXPECT_EQ(method(2, 1, 1), WofMethod::kLzx);
  EXPECT_EQ(method(2, 1, 2), WofMethod::kXpress8K);
  EXPECT_EQ(method(2, 1, 3), WofMethod::kXpress16K);
  EXPECT_EQ(method(2, 1, 4), WofMethod::kNone);
  EXPECT_EQ(method(2, 2, 0), WofMethod::kNone);
  EXPECT_EQ(method(1, 1, 0), WofMethod::kNone);
}

// Clusters of any size in words that libtsk understands; what it understands already is left alone.
TEST(NtfsBoot, IsTranslatedForLargeClusters) {
  const TempDir dir;
  const auto boot_of = [&](std::uint16_t sector, std::uint8_t code, std::uint64_t sectors) {
    Data boot(4096);
    const std::string_view name = "NTFS    ";
    std::copy(name.begin(), name.end(), boot.begin() + 3);
    Data fields;
    put(fields, sector, 2);
    put(fields, code, 1);
    std::copy(fields.begin(), fields.end(), boot.begin() + 11);
    fields.clear();
    put(fields, sectors, 8);
    std::copy(fields.begin(), fields.end(), boot.begin() + 40);
    const std::string path = dir.file("boot");
    std::ofstream(path, std::ios::binary) << text_of(boot);
    return ntfs_boot_for_libtsk(RawImage(path), 0);
  };
  EXPECT_FALSE(boot_of(512, 8, 1000));
  EXPECT_FALSE(boot_of(512, 128, 1000));
  EXPECT_FALSE(boot_of(4096, 128, 1000));
  EXPECT_FALSE(boot_of(512, 0x81, 1000)) << "2 to the power of 127 sectors";
  EXPECT_FALSE(boot_of(500, 0xF4, 1000));
  struct Sizes {
    std::uint16_t sector;
    std::uint8_t code;
    std::uint64_t cluster;
  };
  for (const auto& [sector, code, cluster] : {Sizes{512, 0xF8, 131072},
                                              {512, 0xF4, 2097152},
                                              {4096, 0xF7, 2097152},
                                              {4096, 0xFC, 65536},
                                              {512, 0xFF, 1024}}) {
    const auto overlay = boot_of(sector, code, 10 * cluster / sector + 1);
    ASSERT_TRUE(overlay) << cluster;
    const auto boot = Block<512>::at(overlay->bytes, 0);
    const std::uint64_t shown = boot->le<11, std::uint16_t>(), per = boot->le<13, std::uint8_t>();
    EXPECT_EQ(shown * per, cluster);
    EXPECT_EQ((boot->le<40, std::uint64_t>()) / per, 10u) << "clusters";
  }
}

}  // namespace
}  // namespace limier::volume::testing
