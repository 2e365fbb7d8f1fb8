#include "content/sqlite_wal_frame.h"

namespace limier::content {
namespace {

constexpr std::uint32_t kMagicLittle = 0x377f0682;  // checksums over little-endian words
constexpr std::uint32_t kMagicBig = 0x377f0683;
constexpr std::uint32_t kVersion = 3007000;

std::uint32_t version_in(const Block<kWalHeaderBytes>& block) {
  return block.be<4, std::uint32_t>();
}

// The head of any version, where its magic and its sums are right.
std::optional<WalHeader> sound_head(const Block<kWalHeaderBytes>& block) {
  const auto magic = block.be<0, std::uint32_t>();
  WalHeader header;
  header.big_endian = magic == kMagicBig;
  header.page_size = block.be<8, std::uint32_t>();
  header.salts = block.be<16, std::uint64_t>();
  header.sums.add(block.bytes<0, 24>(), header.big_endian);
  const bool good = (magic == kMagicLittle || magic == kMagicBig) && is_page_size(header.page_size) &&
                    header.sums.first == block.be<24, std::uint32_t>() &&
                    header.sums.second == block.be<28, std::uint32_t>();
  if (!good) return std::nullopt;
  return header;
}

}  // namespace

void WalSums::add(Bytes bytes, bool big_endian) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    const std::uint8_t* word = bytes.data() + at;
    const auto one = big_endian ? detail::load_be<std::uint32_t>(word) : detail::load_le<std::uint32_t>(word);
    const auto two = big_endian ? detail::load_be<std::uint32_t>(word + 4) : detail::load_le<std::uint32_t>(word + 4);
    first += one + second;
    second += two + first;
  }
}

bool WalHeader::is_of_other_version(Bytes bytes) {
  const auto block = Block<kWalHeaderBytes>::at(bytes, 0);
  return block && sound_head(*block) && version_in(*block) != kVersion;
}

std::optional<WalHeader> WalHeader::parse(Bytes bytes) {
  const auto block = Block<kWalHeaderBytes>::at(bytes, 0);
  if (!block || version_in(*block) != kVersion) return std::nullopt;
  return sound_head(*block);
}

WalFrame WalFrame::parse(Bytes bytes) {
  WalFrame frame;
  const auto block = Block<kWalFrameHeaderBytes>::at(bytes, 0);
  if (!block) return frame;
  frame.page = block->be<0, std::uint32_t>();
  frame.commit = block->be<4, std::uint32_t>();
  frame.salts = block->be<8, std::uint64_t>();
  frame.sums = {block->be<16, std::uint32_t>(), block->be<20, std::uint32_t>()};
  return frame;
}

void add_frame(WalSums& sums, Bytes frame, bool big_endian) {
  if (frame.size() < kWalFrameHeaderBytes) return;
  sums.add(frame.first(8), big_endian);
  sums.add(frame.subspan(kWalFrameHeaderBytes), big_endian);
}

}  // namespace limier::content
