// Apple's compressions against bytes made by tests/cli/apple_compression.py, whose LZFSE and LZVN 7-Zip reads; each
// stream cut at every byte and with every byte changed.
#include "volume/decmpfs.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include "volume/lzfse.h"
#include "volume/lzvn.h"

namespace limier::volume {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::string_view kLzfse =
    "62767832b80b000034002002003b0060256e586487500040ad0000003fcc50029f012714014000008050c42f403c38058083abf179bc0057"
    "0300007e02000000000000000000006e010000f807b8050000e0967f805b6e01006e01805b6eb90500006ee11600e0965b0000006e6ff907"
    "fe01e0a380db5b6ee11ff8070000000000006e010000006e01006e01006e01b80580db5b0000006e0100807f00805b00006e01006e6f815b"
    "6eb9056e01000068d46b0d1ced3b33d12b0e98f5b7911f3e962731884d15f4a3fa9391e0668a318c02ab0cae8419c68cd89f07bf42988aeb"
    "b58ef6b3dd5c016fef0a0e3509f9d2133f2648e2ab3061218edeb8269284b0b85d1a39efed1033925256c8553008f61f0b30bb8a4845823a"
    "226c11b965241d62767824";
constexpr std::string_view kMixed =
    "62767832e80300001800d000001000105d6a482a87170040a30000003fd080024f01470c00800100000000e378c0d1030000c023f2087008"
    "00008f01000000000000000000002f010000002f01000000008f042f012f0100000000bc04000000002f010000000000c04b002fc1f7007c"
    "0ff012bc0400dfc3f7000000000000000000000000000000000000f012000000000000000000000000002fc14b00bc040000000000738462"
    "1f38addebafb3e033d0230426ac1142c5b8b8cae2abe8837230a16c12723086276786ee803000070000000ed6c696d696572207265616473"
    "20a73700f5e6bd9d5153afb5a24e00a73700f52808a25600a23600e40e482473a24600a73700f029a72303f008a73700f00fe4a639108ca2"
    "4600a73700f0022808a72303f08ea73700f036b23e0045f7a23600a72303f096a5350006000000000000006276782d6400000073206c696d"
    "696572207265616473206c696d69657220726561647320f90e6c696d696572207265616473206c696d69657220726561647320692d6c696d"
    "696572207265616473206c696d696572207265616473206c696d696572207265616473206c696d627678328403000020001001001c00703e"
    "ea362d2e230030a80000003fb0e0067f01570400200000008310f80560cc1b0038bdb8783e4e4f0100806700000000000000000000804702"
    "0000804700000000780478140000001e0100e01100000000000000000000001e81478047e151001e0d78041e011e0178141e010000000000"
    "00000000000000000000000000000000e0110000001e05001e0100001e01000000001e01e011000000008010c23e87b0ef8dc254af976838"
    "8cc2d8d54a90616c11e9c3fb2a2ca3e2cd6d4a0fbb409bd0a57fbd42ad5b919b28670e62767824";
constexpr std::string_view kLzvn =
    "ed6c696d69657220726561647320a73700f029b23e00bcf5a53700e42237f0f1a24600a73700f029a23100a26600a53700a72303f063a737"
    "00f01ca23b00a72303f088a23600b723030e48f096b246002473a73700f029e6bd9d5153afb5a24e00a73700f52808a25600a23600a72303"
    "f074a73700f00fe4a639108ca24600a73700f0022808a72303f08ea73700f036b23e0045f7a23600a72303f096a73700f002b23e00f90ea2"
    "3600b23e00692da73700f00fe46fd7d762a24600a53700b23e00cb352808a25600a23600a72303f074b23e00e769a23600b23e001edda236"
    "001806a72303f090a53700b23e00fd641806a24e00a53700a72303f069a73700f00f380aa25e00a422030600000000000000";

Buffer from_hex(std::string_view text) {
  Buffer out;
  for (std::size_t at = 0; at + 2 <= text.size(); at += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16)));
  return out;
}

// Words, odd bytes and repetitions from a row of numbers; the same as was compressed.
Buffer content() {
  constexpr std::size_t kBytes = 3000;
  constexpr std::string_view kWords = "limier reads ";
  Buffer out;
  std::uint32_t x = 1;
  while (out.size() < kBytes) {
    x = (x * 1103515245u + 12345u) & 0x7FFFFFFFu;
    if ((x >> 16 & 3) != 0) {
      out.insert(out.end(), kWords.begin(), kWords.end());
    } else {
      out.push_back(static_cast<std::uint8_t>(x >> 8));
      out.push_back(static_cast<std::uint8_t>(x >> 20));
    }
    if ((x >> 12 & 7) == 0) {
      const Buffer again(out.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(out.size(), 200)), out.end());
      out.insert(out.end(), again.begin(), again.end());
    }
  }
  out.resize(kBytes);
  return out;
}

Buffer attribute(std::uint32_t type, std::uint64_t size, const Buffer& payload) {
  Buffer out = {'f', 'p', 'm', 'c'};
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(type >> (8 * i)));
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

std::optional<Buffer> decode(const Buffer& value, const Buffer& resource = {}) {
  Buffer out;
  Status consumed = ok_status();
  const ForkBytes fork{resource.size(), [&](std::uint64_t at, MutableBytes part) {
                         std::copy_n(resource.begin() + static_cast<std::ptrdiff_t>(at), part.size(), part.begin());
                         return true;
                       }};
  const bool whole = decode_decmpfs(
      value, fork,
      [&](Bytes bytes) {
        out.insert(out.end(), bytes.begin(), bytes.end());
        return ok_status();
      },
      consumed);
  return whole ? std::optional(out) : std::nullopt;
}

Buffer deflated(const Buffer& data) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(9);
  Buffer out(libdeflate_zlib_compress_bound(compressor, data.size()));
  out.resize(libdeflate_zlib_compress(compressor, data.data(), data.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

void put_le(Buffer& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// A fork of types 8, 10 and 12.
Buffer plain_fork(const std::vector<Buffer>& units) {
  Buffer out;
  auto at = static_cast<std::uint32_t>(4 * (units.size() + 1));
  for (const Buffer& unit : units) {
    put_le(out, at);
    at += static_cast<std::uint32_t>(unit.size());
  }
  put_le(out, at);
  for (const Buffer& unit : units) out.insert(out.end(), unit.begin(), unit.end());
  return out;
}

TEST(Lzfse, EveryKindOfBlock) {
  for (const std::string_view packed : {kLzfse, kMixed}) {
    Buffer out(content().size());
    EXPECT_TRUE(decode_lzfse(from_hex(packed), out));
    EXPECT_EQ(out, content());
    Buffer longer(content().size() + 1);
    EXPECT_FALSE(decode_lzfse(from_hex(packed), longer)) << "a byte was invented";
  }
}

TEST(Lzvn, Everything) {
  Buffer out(content().size());
  EXPECT_EQ(decode_lzvn(from_hex(kLzvn), out), out.size());
  EXPECT_EQ(out, content());
  Buffer longer(out.size() + 1);
  EXPECT_EQ(decode_lzvn(from_hex(kLzvn), longer), out.size()) << "the end of the stream was not seen";
}

// Not every change can be seen: there is no checksum. No byte outside is touched, and a stream that is cut is refused.
TEST(Lzfse, CutAndChanged) {
  for (const std::string_view hex : {kLzfse, kMixed}) {
    const Buffer packed = from_hex(hex);
    for (std::size_t length = 0; length + 4 < packed.size(); ++length) {
      Buffer out(content().size());
      EXPECT_FALSE(decode_lzfse(Bytes(packed).first(length), out)) << length;
    }
    for (std::size_t at = 0; at < packed.size(); ++at) {
      for (const unsigned change : {1u, 0x80u, 0xFFu}) {
        Buffer changed = packed, out(content().size());
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
        static_cast<void>(decode_lzfse(changed, out));
      }
    }
  }
}

TEST(Lzvn, CutAndChanged) {
  const Buffer packed = from_hex(kLzvn);
  for (std::size_t length = 0; length + 8 < packed.size(); ++length) {
    Buffer out(content().size());
    EXPECT_NE(decode_lzvn(Bytes(packed).first(length), out), out.size()) << length;
  }
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      Buffer changed = packed, out(content().size());
      changed[at] = static_cast<std::uint8_t>(value);
      static_cast<void>(decode_lzvn(changed, out));
    }
  }
}

TEST(Lzvn, MatchesBeforeTheBeginningAreDamage) {
  Buffer out(16);
  EXPECT_FALSE(decode_lzvn(Buffer{0xE1, 'a', 0x00, 0x02}, out)) << "two bytes back, where one was written";
  EXPECT_FALSE(decode_lzvn(Buffer{0xE1, 'a', 0xF4}, out)) << "no distance was given yet";
  EXPECT_FALSE(decode_lzvn(Buffer{0x76, 'a'}, out)) << "no such opcode";
  EXPECT_EQ(decode_lzvn(Buffer{0xE1, 'a', 0x0E, 0x16, 0x00, 0x01, 0x06}, out), 4u) << "two that say nothing";
}

TEST(Decmpfs, EveryTypeInAnAttribute) {
  const Buffer data = content();
  EXPECT_EQ(decode(attribute(1, data.size(), data)), data);
  EXPECT_EQ(decode(attribute(3, data.size(), deflated(data))), data);
  EXPECT_EQ(decode(attribute(7, data.size(), from_hex(kLzvn))), data);
  EXPECT_EQ(decode(attribute(9, data.size(), data)), data);
  EXPECT_EQ(decode(attribute(11, data.size(), from_hex(kMixed))), data);
  for (const auto& [type, mark] : {std::pair(3u, 0xFF), {3u, 0x0F}, {7u, 0x06}, {9u, 0xCC}, {11u, 0xFF}}) {
    Buffer stored = {static_cast<std::uint8_t>(mark)};
    stored.insert(stored.end(), data.begin(), data.end());
    EXPECT_EQ(decode(attribute(type, data.size(), stored)), data) << type;
    stored.pop_back();
    EXPECT_FALSE(decode(attribute(type, data.size(), stored))) << "a byte was invented, type " << type;
  }
}

TEST(Decmpfs, EveryTypeInAFork) {
  constexpr std::size_t kUnit = 65536;
  Buffer data, marked = {0x06};
  const Buffer tail = content();
  while (data.size() < kUnit) data.insert(data.end(), tail.begin(), tail.end());
  data.resize(kUnit);
  marked.insert(marked.end(), data.begin(), data.end());
  data.insert(data.end(), tail.begin(), tail.end());
  const auto with_mark = [&](int mark) {
    Buffer first = marked;
    first[0] = static_cast<std::uint8_t>(mark);
    return first;
  };
  EXPECT_EQ(decode(attribute(8, data.size(), {}), plain_fork({with_mark(0x06), from_hex(kLzvn)})), data);
  EXPECT_EQ(decode(attribute(12, data.size(), {}), plain_fork({with_mark(0xFF), from_hex(kLzfse)})), data);
  Buffer last = {0xCC};
  last.insert(last.end(), tail.begin(), tail.end());
  EXPECT_EQ(decode(attribute(10, data.size(), {}), plain_fork({with_mark(0xCC), last})), data);
  EXPECT_FALSE(decode(attribute(12, data.size() + kUnit, {}), plain_fork({with_mark(0xFF), from_hex(kLzfse)})));
  const Buffer whole = plain_fork({with_mark(0x06), from_hex(kLzvn)});
  for (std::size_t length = 0; length < whole.size(); length += 997)
    EXPECT_FALSE(decode(attribute(8, data.size(), {}),
                        Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))));
}

TEST(Decmpfs, WhatIsNotDecodedHasAReason) {
  for (const std::uint32_t type : {0u, 2u, 5u, 6u, 13u, 14u, 77u, 0x80000001u}) {
    EXPECT_FALSE(why_not_decoded({type, 5}).empty()) << type;
    EXPECT_FALSE(decode(attribute(type, 5, Buffer(50)))) << type;
  }
  EXPECT_FALSE(why_not_decoded({3, UINT64_MAX}).empty());
  EXPECT_FALSE(why_not_decoded({12, UINT64_MAX}).empty());
  for (const std::uint32_t type : {1u, 3u, 4u, 7u, 8u, 9u, 10u, 11u, 12u})
    EXPECT_TRUE(why_not_decoded({type, 5}).empty()) << type;
  EXPECT_FALSE(parse_decmpfs(Buffer(15)));
  EXPECT_FALSE(parse_decmpfs(Buffer(16)));
}

}  // namespace
}  // namespace limier::volume
