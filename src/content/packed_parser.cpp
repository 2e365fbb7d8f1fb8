#include "content/packed_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/hit_rows.h"
#include "content/inflate.h"
#include "content/zip_members.h"
#include "limier/catalog/hit_stream.h"

namespace limier::content {
namespace {

using catalog::ItemState;

constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint64_t kMostBytes = 1ull << 30;  // unpacked, of one file
// A gigabyte of zeros packs to a thousandth; what unpacks to more than that is made to.
constexpr std::uint64_t kMostGrowth = 1100, kSmallBytes = 1u << 20;
constexpr std::size_t kMostMembers = 200'000;
constexpr std::uint64_t kBrokenBytes = 128;

class Packed {
 public:
  Packed(const PackedParser& parser, const Reader& file, Rows& rows) : parser_(parser), file_(file), rows_(rows) {
    budget_ = std::min(kMostBytes, kSmallBytes + kMostGrowth * file.size_bytes());
  }

  Outcome read() {
    std::array<std::uint8_t, 2> head{};
    if (!file_.read(0, head)) return {ItemState::kFailed, "it is too short"};
    if (head[0] == 0x1f && head[1] == 0x8b) {
      gzip();
    } else if (const auto members = zip_members(file_, kMostMembers)) {
      for (std::size_t i = 0; i < members->size() && !full(); ++i) member((*members)[i], i + 1);
      if (members->size() == kMostMembers) over_ = true;
    } else {
      return {ItemState::kFailed, "its directory of members cannot be read"};
    }
    give();
    return {};
  }

 private:
  [[nodiscard]] bool full() const { return over_; }

  // Streams one behind the other, as logs are put together.
  void gzip() {
    std::uint64_t at = 0;
    bool first = true;
    while (at < file_.size_bytes() && !full()) {
      catalog::HitStream hits;
      const Inflated done = stream(at, file_.size_bytes() - at, Wrapped::kGzip, hits);
      keep(hits.end(), done, first ? "gzip" : fmt::format("gzip@{}", at));
      if (!done.whole) damaged_ += !full() && (first || done.given_bytes > 0);
      if (!done.whole || done.read_bytes == 0) break;
      at += done.read_bytes;
      first = false;
    }
  }

  void member(const ZipMember& member, std::size_t number) {
    if (member.encrypted) {
      ++encrypted_;
      return;
    }
    if (member.packed_bytes == 0) return;
    if (member.method != kStored && member.method != kDeflated) {
      ++unknown_;
      return;
    }
    const auto at = zip_data_offset(file_, member);
    if (!at || *at > file_.size_bytes() || member.packed_bytes > file_.size_bytes() - *at) {
      ++damaged_;
      return;
    }
    // As it lies, the sweep has seen it.
    if (member.method == kStored) return;
    catalog::HitStream hits;
    const Inflated done = stream(*at, member.packed_bytes, Wrapped::kRaw, hits);
    keep(hits.end(), done, fmt::format("zip:{}", number));
    if (!done.whole && !full()) ++damaged_;
  }

  Inflated stream(std::uint64_t at, std::uint64_t length, Wrapped wrapped, catalog::HitStream& hits) {
    const Inflated done = inflate_stream(file_, at, length, wrapped, budget_ - used_, [&](Bytes bytes) {
      hits.take(bytes);
      rows_.alive();
      return true;
    });
    used_ += done.given_bytes;
    if (used_ >= budget_ && !done.whole) over_ = true;
    return done;
  }

  void keep(std::vector<catalog::ByteHit> hits, const Inflated& from, const std::string& path) {
    for (catalog::ByteHit& one : hits) {
      // What stands where a stream breaks off may have been something else.
      if (!from.whole && one.offset + one.length + kBrokenBytes > from.given_bytes) continue;
      catalog::RowPlace place;
      place.locator = fmt::format("{}:byte={}", path, one.offset);
      hits_.add(std::move(one), std::move(place), path);
    }
  }

  void give() {
    hits_.give(parser_.name(), parser_.version(), rows_);
    // The content itself was read; that nobody looks inside is no gap that was not there before.
    if (over_)
      rows_.issue(
          "packed-too-large",
          fmt::format("It unpacks to more than is looked into ({} MiB were): the rest was not searched", used_ >> 20u),
          false);
    if (encrypted_ > 0)
      rows_.issue("packed-encrypted", fmt::format("{} members are encrypted and were not searched", encrypted_), false);
    if (unknown_ > 0)
      rows_.issue(
          "packed-method",
          fmt::format("{} members are packed in a way that limier does not read and were not searched", unknown_),
          false);
    if (damaged_ > 0)
      rows_.issue("packed-damaged",
                  fmt::format("{} members are damaged: only what comes before it was searched", damaged_), false);
  }

  const PackedParser& parser_;
  const Reader& file_;
  Rows& rows_;
  std::uint64_t budget_ = 0, used_ = 0;
  bool over_ = false;
  std::uint64_t encrypted_ = 0, unknown_ = 0, damaged_ = 0;
  HitRows hits_;
};

}  // namespace

Outcome PackedParser::parse(const Source& source, Rows& rows) const {
  return Packed(*this, *source.main, rows).read();
}

}  // namespace limier::content
