#include "volume/iso_record.h"

#include <algorithm>
#include <chrono>

namespace limier::volume {

namespace {

constexpr std::size_t kFixed = 33;  // up to the name
constexpr std::size_t kMaxRecord = 255;
constexpr int kMostQuarters = 52, kLeastQuarters = -48;
constexpr std::int64_t kQuarterHour = 15 * 60;

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

struct Clock {
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0;
  std::uint32_t nanoseconds = 0;
  int quarters = 0;  // of an hour east of Greenwich
};

IsoTime time_of(const Clock& clock) {
  const std::chrono::year_month_day date{std::chrono::year{clock.year}, std::chrono::month{clock.month},
                                         std::chrono::day{clock.day}};
  if (!date.ok() || clock.hour >= 24 || clock.minute >= 60 || clock.second >= 60) return {{}, true, false};
  // genisoimage writes an offset of a whole day for dates from 2037 on. Systems leave such offsets out of account.
  const bool has_zone = clock.quarters >= kLeastQuarters && clock.quarters <= kMostQuarters;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second -
                               (has_zone ? clock.quarters * kQuarterHour : 0);
  const auto basis = has_zone ? catalog::TimeBasis::kUtc : catalog::TimeBasis::kLocal;
  return {{seconds, clock.nanoseconds, basis}, false, !has_zone};
}

int signed_byte(std::uint8_t byte) {
  return byte < 0x80 ? byte : static_cast<int>(byte) - 0x100;
}

IsoTime short_time(Bytes date) {
  if (all_zero(date.first(6))) return {};
  return time_of({1900 + date[0], date[1], date[2], date[3], date[4], date[5], 0, signed_byte(date[6])});
}

IsoTime long_time(Bytes date) {
  const auto blank = [](std::uint8_t byte) { return byte == '0' || byte == 0 || byte == ' '; };
  const Bytes digits = date.first(16);
  if (std::all_of(digits.begin(), digits.end(), blank)) return {};
  if (!std::all_of(digits.begin(), digits.end(), [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; }))
    return {{}, true, false};
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (std::size_t i = at; i < at + length; ++i) value = value * 10 + (digits[i] - '0');
    return value;
  };
  return time_of({number(0, 4), static_cast<unsigned>(number(4, 2)), static_cast<unsigned>(number(6, 2)), number(8, 2),
                  number(10, 2), number(12, 2), static_cast<std::uint32_t>(number(14, 2)) * 10'000'000u,
                  signed_byte(date[16])});
}

}  // namespace

IsoTime iso_time(Bytes date) {
  if (date.size() == 7) return short_time(date);
  return date.size() == 17 ? long_time(date) : IsoTime();
}

void IsoRecords::damaged_at(std::uint64_t offset) {
  if (damaged_++ == 0) first_damaged_ = offset;
}

void IsoRecords::lost_at(std::uint64_t offset) {
  damaged_at(offset);
  some_lost_ = true;
}

bool IsoRecords::load(std::uint64_t sector_start) {
  if (loaded_ == sector_start) return in_sector_ > 0;
  in_sector_ = disc_.read(sector_start, sector_);
  loaded_ = sector_start;
  return in_sector_ > 0;
}

bool IsoRecords::next(IsoRecord& record) {
  while (at_ < end_) {
    const std::uint64_t start = at_ / kIsoSector * kIsoSector;
    if (!load(start)) {
      lost_at(at_);
      at_ = end_;
      return false;
    }
    const auto within = static_cast<std::size_t>(at_ - start);
    const auto usable = static_cast<std::size_t>(std::min<std::uint64_t>(in_sector_, end_ - start));
    if (within >= usable) {
      if (in_sector_ < kIsoSector)
        lost_at(at_), at_ = end_;
      else
        at_ = start + kIsoSector;
      continue;
    }
    const Bytes rest = Bytes(sector_).first(usable).subspan(within);
    const std::size_t length = rest[0];
    if (length == 0) {
      // Records are packed: behind the last one of a sector stand zeros.
      // Another sector follows only where the next record did not fit: one of zeros has lost what it held.
      const bool wiped = within == 0 && left_unused_ < kMaxRecord;
      if (wiped || !all_zero(rest)) lost_at(at_);
      at_ = start + kIsoSector;
      continue;
    }
    if (length <= kFixed || length > rest.size()) {
      lost_at(at_);
      at_ = start + kIsoSector;
      continue;
    }
    record = IsoRecord();
    record.offset = at_;
    at_ += length;
    left_unused_ = rest.size() - length;
    if (parse(rest.first(length), record)) return true;
    lost_at(record.offset);
  }
  return false;
}

bool IsoRecords::parse(Bytes bytes, IsoRecord& record) {
  const auto block = Block<kFixed>::at(bytes, 0);
  const std::size_t id_bytes = bytes[32];
  if (!block || id_bytes == 0 || kFixed + id_bytes > bytes.size()) return false;
  record.attribute_blocks = block->le<1, std::uint8_t>();
  const std::uint64_t little[2] = {block->le<2, std::uint32_t>(), block->le<10, std::uint32_t>()};
  const std::uint64_t big[2] = {block->be<6, std::uint32_t>(), block->be<14, std::uint32_t>()};
  record.block = little[0];
  record.length = little[1];
  record.contradicts = little[0] != big[0] || little[1] != big[1];
  if (record.contradicts) {
    damaged_at(record.offset);
    // Systems go by the first of the two; the second is taken where only that lies on the disc.
    const auto inside = [&](std::uint64_t at, std::uint64_t length) { return disc_.inside(at * block_bytes_, length); };
    if (!inside(record.block, record.length)) {
      if (inside(big[0], little[1]))
        record.block = big[0];
      else if (inside(little[0], big[1]))
        record.length = big[1];
      else if (inside(big[0], big[1]))
        record.block = big[0], record.length = big[1];
    }
  }
  std::copy_n(bytes.begin() + 18, record.date.size(), record.date.begin());
  record.flags = block->le<25, std::uint8_t>();
  record.unit_blocks = block->le<26, std::uint8_t>();
  record.gap_blocks = block->le<27, std::uint8_t>();
  record.id = bytes.subspan(kFixed, id_bytes);
  // A name of an even number of bytes is followed by one more.
  const std::size_t behind = std::min(bytes.size(), kFixed + id_bytes + (id_bytes % 2 == 0 ? 1 : 0));
  record.system_use = bytes.subspan(behind);
  return true;
}

}  // namespace limier::volume
