#include "limier/unpack.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace limier::unpack {
namespace {

using catalog::Coding;
using catalog::PackingFault;

std::vector<std::uint8_t> deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::vector<std::uint8_t> out(text.size() + 1024);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string some_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 16);
  return text;
}

std::uint32_t crc_of(const std::string& text) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

std::string unpacked(Member& member, Bytes packed, std::size_t step) {
  std::string out;
  for (std::size_t at = 0; at < packed.size(); at += step)
    member.feed(packed.subspan(at, std::min(step, packed.size() - at)), [&](Bytes bytes) {
      EXPECT_LE(bytes.size(), kPieceBytes);
      out += as_text(bytes);
      return true;
    });
  return out;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Streamed {
  std::string out;
  Unpacker::State state = Unpacker::State::kMore;
  std::uint64_t consumed = 0;
};
Streamed streamed(Stream stream, const std::string& packed, std::size_t step) {
  const auto unpacker = make_stream(stream);
  Streamed result;
  for (std::size_t at = 0; at < packed.size(); at += step)
    result.state = unpacker->feed(as_bytes(packed).subspan(at, std::min(step, packed.size() - at)), [&](Bytes bytes) {
      result.out += as_text(bytes);
      return true;
    });
  result.consumed = unpacker->consumed();
  return result;
}

TEST(Stream, OneBehindTheOtherAreOne) {
  const std::string first = some_text(200'000), second = some_text(70'001);
  const std::string packed = gzipped(first) + gzipped(second);
  for (const std::size_t step : {1u, 5u, 4096u, 1u << 20}) {
    const Streamed all = streamed(Stream::kGzip, packed, step);
    EXPECT_EQ(all.out, first + second) << step;
    EXPECT_EQ(all.state, Unpacker::State::kEnd) << step;
    EXPECT_EQ(all.consumed, packed.size()) << step;
  }
}

TEST(Stream, WhatFollowsIsNoPartOfIt) {
  const std::string packed = gzipped("text");
  const Streamed all = streamed(Stream::kGzip, packed + std::string(100, '\0'), 3);
  EXPECT_EQ(all.out, "text");
  EXPECT_EQ(all.state, Unpacker::State::kEnd);
  EXPECT_EQ(all.consumed, packed.size());
}

TEST(Stream, BreaksOffOrIsBrokenAndGivesWhatCameBefore) {
  const std::string text = some_text(300'000);
  std::string packed = gzipped(text);
  const Streamed half = streamed(Stream::kGzip, packed.substr(0, packed.size() / 2), 4096);
  EXPECT_EQ(half.state, Unpacker::State::kMore);
  EXPECT_GT(half.out.size(), text.size() / 3);
  EXPECT_TRUE(text.starts_with(half.out));
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // of the CRC
  const Streamed wrong = streamed(Stream::kGzip, packed, 4096);
  EXPECT_EQ(wrong.state, Unpacker::State::kBroken);
  EXPECT_EQ(wrong.out, text);
}

TEST(Member, GivesTheSameInPiecesOfAnySize) {
  const std::string text = some_text(300'000);
  const auto packed = deflated(text);
  for (const std::size_t step : {1u, 7u, 4096u, 1u << 20}) {
    Member member({Coding::kDeflate, true, crc_of(text)}, text.size());
    EXPECT_EQ(unpacked(member, packed, step), text) << step;
    EXPECT_EQ(member.finish(), PackingFault::kNone) << step;
  }
}

TEST(Member, WhatComesBehindTheEndOfTheStreamIsNoneOfIt) {
  const std::string text = some_text(5000);
  auto packed = deflated(text);
  packed.insert(packed.end(), 10'000, 0x55);
  Member member({Coding::kDeflate, true, crc_of(text)}, text.size());
  EXPECT_EQ(unpacked(member, packed, 1000), text);
  EXPECT_EQ(member.finish(), PackingFault::kNone);
}

TEST(Member, StreamsBehindEachOtherAreOneContentAndCanBeLeftInTheMiddle) {
  const std::string text = some_text(200'000);
  std::vector<std::uint8_t> packed;
  for (std::size_t at = 0; at < text.size(); at += 65536) {
    const std::string part = text.substr(at, 65536);
    uLongf length = compressBound(static_cast<uLong>(part.size()));
    const std::size_t before = packed.size();
    packed.resize(before + length);
    ASSERT_EQ(compress(packed.data() + before, &length, reinterpret_cast<const Bytef*>(part.data()),
                       static_cast<uLong>(part.size())),
              Z_OK);
    packed.resize(before + length);
  }
  for (const std::size_t step : {1u, 4096u, 1u << 20}) {
    Member member({Coding::kZlib, false, 0}, text.size());
    EXPECT_EQ(unpacked(member, packed, step), text) << step;
    EXPECT_EQ(member.finish(), PackingFault::kNone) << step;
  }
  const std::size_t half = packed.size() / 2;
  std::string out;
  const Take take = [&](Bytes bytes) {
    out += as_text(bytes);
    return true;
  };
  const auto whole = make_unpacker(Coding::kZlib, text.size());
  EXPECT_EQ(whole->feed(Bytes(packed).first(half), take), Unpacker::State::kMore);
  const auto copy = whole->clone();
  const std::string before = out;
  EXPECT_EQ(whole->feed(Bytes(packed).subspan(half), take), Unpacker::State::kEnd);
  EXPECT_EQ(out, text);
  out = before;
  EXPECT_EQ(copy->feed(Bytes(packed).subspan(half), take), Unpacker::State::kEnd);
  EXPECT_EQ(out, text);
  packed[half] ^= 1;
  Member broken({Coding::kZlib, false, 0}, text.size());
  unpacked(broken, packed, 4096);
  EXPECT_EQ(broken.finish(), PackingFault::kBadStream);
}

TEST(Member, SaysWhatIsWrong) {
  const std::string text = some_text(100'000);
  const auto packed = deflated(text);
  const auto fault = [&](Bytes bytes, const catalog::Packing& packing, std::uint64_t size) {
    Member member(packing, size);
    EXPECT_LE(unpacked(member, bytes, 4096).size(), size) << "never more than its entry says";
    return member.finish();
  };
  const std::uint32_t crc = crc_of(text);
  EXPECT_EQ(fault(packed, {Coding::kDeflate, true, crc + 1}, text.size()), PackingFault::kWrongCrc);
  EXPECT_EQ(fault(packed, {Coding::kDeflate, true, crc}, text.size() - 1), PackingFault::kWrongSize);
  EXPECT_EQ(fault(packed, {Coding::kDeflate, true, crc}, text.size() + 1), PackingFault::kWrongSize);
  EXPECT_EQ(fault(packed, {Coding::kDeflate, true, crc}, 0), PackingFault::kWrongSize);
  EXPECT_EQ(fault(Bytes(packed).first(packed.size() - 1), {Coding::kDeflate, true, crc}, text.size()),
            PackingFault::kBadStream);
  EXPECT_EQ(fault(as_bytes("no such stream at all"), {Coding::kDeflate, true, crc}, text.size()),
            PackingFault::kBadStream);
  EXPECT_EQ(fault(as_bytes("no such stream at all"), {Coding::kZstd, false, 0}, 5), PackingFault::kBadStream);
  EXPECT_EQ(fault(as_bytes("no such stream at all"), {Coding::kBzip2, false, 0}, 5), PackingFault::kBadStream);
  EXPECT_EQ(fault(as_bytes("no such stream at all"), {Coding::kLzma, false, 0}, 5), PackingFault::kBadStream);
  EXPECT_EQ(fault(as_bytes(text), {Coding::kPlain, true, crc}, text.size()), PackingFault::kNone);
  EXPECT_EQ(fault(as_bytes(text), {Coding::kPlain, true, crc ^ 1}, text.size()), PackingFault::kWrongCrc);
}

TEST(Member, OneThatIsNotPackedGoesOnFromWhereItStood) {
  const std::string text = some_text(5000);
  Member first({Coding::kPlain, true, crc_of(text)}, text.size());
  first.note(as_bytes(text).first(1234));
  Member second(first.packing(), text.size(), 1234, first.crc());
  second.note(as_bytes(text).subspan(1234));
  EXPECT_EQ(second.finish(), PackingFault::kNone);
}

TEST(Unpacker, ACloneGoesOnByItself) {
  const std::string text = some_text(200'000);
  const auto packed = deflated(text);
  const auto unpacker = make_unpacker(Coding::kDeflate, text.size());
  std::string head, first, second;
  const auto into = [](std::string& to) {
    return [&to](Bytes bytes) {
      to += as_text(bytes);
      return true;
    };
  };
  const Bytes all(packed);
  unpacker->feed(all.first(all.size() / 3), into(head));
  const auto copy = unpacker->clone();
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(unpacker->feed(all.subspan(all.size() / 3), into(first)), Unpacker::State::kEnd);
  EXPECT_EQ(copy->feed(all.subspan(all.size() / 3), into(second)), Unpacker::State::kEnd);
  EXPECT_EQ(head + first, text);
  EXPECT_EQ(first, second);
  EXPECT_EQ(copy->consumed(), packed.size());
}

}  // namespace
}  // namespace limier::unpack
