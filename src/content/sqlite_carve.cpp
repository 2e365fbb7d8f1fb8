#include "content/sqlite_carve.h"

#include <algorithm>
#include <cmath>

namespace limier::content {
namespace {

constexpr int kBitsOfSums = 16;         // lengths that agree
constexpr int kBitsOfSize = 16;         // a free block that its cells fill
constexpr int kBitsOfPlace = 6;         // an end where something else begins
constexpr int kBitsOfRest = 8;          // bytes too few for a free block are seldom left over
constexpr int kLeastBits = 30;          // of a whole cell: once in a GiB of noise
constexpr int kLeastHeadlessBits = 26;  // of one whose place is known
constexpr int kLeastFragmentBits = 36;
constexpr int kStrongBits = 40;            // that no other cell can lie over
constexpr int kClearlyBetter = 4;          // of two readings of the same bytes
constexpr std::uint32_t kLostBytes = 4;    // at the front of a freed cell
constexpr std::uint32_t kMaxFragment = 3;  // bytes too few for a free block
constexpr std::size_t kMaxHeadlessTables = 16;
constexpr std::size_t kWideRecord = 60;  // columns from which on the head's length may take two bytes
constexpr std::size_t kMaxTextBits = 16;
constexpr std::size_t kLeastFragmentText = 4;  // bytes; shorter ones say nothing
constexpr std::uint32_t kLongestFront = 12;    // three bytes of length, eight of number, one of length

bool is_short(std::uint64_t type, Bytes body, bool has_short_integers) {
  const std::int64_t value = integer_of_type(type, body);
  const auto within = [&](int bits) {
    const std::int64_t most = (std::int64_t{1} << (bits - 1)) - 1;
    return value >= -most - 1 && value <= most;
  };
  switch (type) {
    case 1:
      return !has_short_integers || (value != 0 && value != 1);
    case 2:
      return !within(8);
    case 3:
      return !within(16);
    case 4:
      return !within(24);
    case 5:
      return !within(32);
    case 6:
      return !within(48);
    default:
      return true;
  }
}

int bits_of_value(std::uint64_t type, Bytes body) {
  if (type == 0 || type == 8 || type == 9) return 5;
  if (type == 7) return 8;
  if (type < 7) return 4;
  return is_text_type(type) ? 2 + static_cast<int>(std::min(body.size(), kMaxTextBits)) / 2 : 2;
}

// How the four lost bytes of a cell may have been: lengths of what stood there.
struct Front {
  std::uint32_t payload = 1, rowid = 1, size = 1;
  [[nodiscard]] std::uint32_t bytes() const { return payload + rowid + size; }
};

struct Reading {
  std::uint32_t end = 0;  // 0: none
  int bits = 0;
  bool headless = false;
  bool ambiguous = false;
  Front front;
  std::uint64_t first_type = 0;  // where it was lost
  bool type_lost = false;        // and what it was
  bool value_lost = false;
  std::size_t columns = 0;
  const DbTable* table = nullptr;  // by which a headless one was read
};

class Carver {
 public:
  Carver(const CarveGround& ground, PageRange range)
      : ground_(ground), page_(ground.page), start_(range.start), end_(range.end) {}

  std::vector<CarvedRow> run() {
    const std::size_t size = end_ - start_;
    best_.assign(size + kMaxFragment + 1, 0);
    chosen_.assign(size + 1, -1);
    for (std::uint32_t at = end_; at-- > start_;) consider(at);
    std::vector<CarvedRow> rows;
    for (std::uint32_t at = start_; at < end_;) {
      const int reading = chosen_[at - start_];
      if (reading < 0) {
        const std::uint32_t rest = at;
        while (at < end_ && chosen_[at - start_] < 0) ++at;
        if (auto row = cut_row({rest, at})) rows.push_back(std::move(*row));
        continue;
      }
      const Reading& one = readings_[static_cast<std::size_t>(reading)];
      if (!one.ambiguous)
        if (auto row = row_of(at, one)) rows.push_back(std::move(*row));
      at = one.end;
    }
    return rows;
  }

 private:
  // From the right to the left: what a reading that begins here is worth, with the best of what follows it.
  void consider(std::uint32_t at) {
    const std::size_t here = at - start_;
    best_[here] = here + 1 < best_.size() ? best_[here + 1] : 0;
    if (at + kLostBytes > end_) return;
    std::optional<Reading> reading = whole_at(at);
    if (!reading) reading = headless_at(at);
    if (!reading || (strong_ != 0 && strong_ < reading->end)) return;
    const int worth = best_[reading->end - start_] + reading->bits + static_cast<int>(reading->end - at);
    if (worth < best_[here]) return;
    best_[here] = worth;
    chosen_[here] = static_cast<int>(readings_.size());
    if (reading->bits >= kStrongBits) strong_ = at;
    readings_.push_back(*reading);
  }

  [[nodiscard]] bool ends_well(std::uint32_t at) const {
    return at == end_ || (at < end_ && chosen_[at - start_] >= 0);
  }

  std::optional<Reading> whole_at(std::uint32_t at) {
    if (page_[at] == 0) return std::nullopt;
    const auto cell = leaf_cell_at(page_, at);
    if (!cell || cell->end > end_) return std::nullopt;
    if (cell->payload_at - at !=
        varint_length(cell->payload_bytes) + varint_length(static_cast<std::uint64_t>(cell->rowid)))
      return std::nullopt;
    const Bytes record =
        page_.subspan(static_cast<std::size_t>(cell->payload_at), static_cast<std::size_t>(cell->local_bytes));
    if (!parse_record_head(record, scratch_) || scratch_.payload_bytes() != cell->payload_bytes) return std::nullopt;
    const Bytes body = record.subspan(static_cast<std::size_t>(scratch_.head_bytes));
    if (std::ranges::none_of(ground_.tables, [&](const DbTable* table) { return can_be_of(*table, scratch_, body); }))
      return std::nullopt;
    Reading reading;
    reading.end = static_cast<std::uint32_t>(cell->end);
    reading.bits = kBitsOfSums + (ends_well(reading.end) || at == start_ ? kBitsOfPlace : 0);
    if (!are_likely_values(ground_, scratch_, body, reading.bits)) return std::nullopt;
    if (reading.bits < kLeastBits) return std::nullopt;
    return reading;
  }

  // Whether cells fill what is left of a free block: how many times bytes are left between them, none where they do
  // not.
  [[nodiscard]] std::optional<int> fill(std::uint32_t at, std::uint32_t stop) const {
    int rests = 0;
    while (stop > at && stop - at > kMaxFragment) {
      std::uint32_t next = at;
      while (next <= at + kMaxFragment && chosen_[next - start_] < 0) ++next;
      if (next > at + kMaxFragment) {
        if (!is_front_of_block(at, stop)) return std::nullopt;
        return rests;
      }
      if (next != at) ++rests;
      at = readings_[static_cast<std::size_t>(chosen_[next - start_])].end;
    }
    if (at > stop) return std::nullopt;
    return at < stop ? rests + 1 : rests;
  }

  // Whether a free block once began here that went on beyond `stop`, where its bytes are in use again.
  [[nodiscard]] bool is_front_of_block(std::uint32_t at, std::uint32_t stop) const {
    const std::uint32_t next = be_at<std::uint16_t>(page_, at).value_or(0);
    const std::uint32_t size = be_at<std::uint16_t>(page_, at + 2).value_or(0);
    return size > stop - at && size <= page_.size() - at && (next == 0 || next > at + size);
  }

  std::optional<Reading> headless_at(std::uint32_t at) {
    const std::uint32_t next = be_at<std::uint16_t>(page_, at).value_or(0);
    const std::uint32_t size = be_at<std::uint16_t>(page_, at + 2).value_or(0);
    if (size <= kLostBytes || size > page_.size() - at) return std::nullopt;
    const std::uint32_t stop = at + size;
    if (next != 0 && (next <= stop + kMaxFragment || next + kLostBytes > page_.size())) return std::nullopt;
    Reading best;
    // The end of a block may be in use again: what is left is to be filled all the same.
    const std::uint32_t here = std::min(stop, end_);
    is_cut_ = here < stop;
    const std::size_t tables = std::min(ground_.tables.size(), kMaxHeadlessTables);
    for (std::size_t i = 0; i < tables; ++i) {
      const DbTable& table = *ground_.tables[i];
      if (table.shape.without_rowid) continue;
      try_counts(table, at, here, best);
    }
    if (is_cut_) best.bits -= kBitsOfRest;
    if (best.end == 0 || best.bits < kLeastHeadlessBits) return std::nullopt;
    return best;
  }

  void try_counts(const DbTable& table, std::uint32_t at, std::uint32_t stop, Reading& best) {
    try_fronts(table, table.stored.size(), at, stop, best);
    for (const std::uint16_t count : table.counts) try_fronts(table, count, at, stop, best);
  }

  void try_fronts(const DbTable& table, std::size_t columns, std::uint32_t at, std::uint32_t stop, Reading& best) {
    Front front;
    for (front.size = 1; front.size <= (columns >= kWideRecord ? 2u : 1u); ++front.size)
      for (front.payload = 1; front.payload <= 3; ++front.payload)
        for (front.rowid = 1; front.rowid <= 8; ++front.rowid) try_front(table, columns, at, stop, front, best);
  }

  // The types from the fifth byte on; the first one may be lost.
  void try_front(const DbTable& table, std::size_t columns, std::uint32_t at, std::uint32_t stop, const Front& front,
                 Reading& best) {
    const bool lost = front.bytes() < kLostBytes;
    std::uint64_t next = at + std::max(front.bytes(), kLostBytes);
    scratch_.types.clear();
    if (lost) scratch_.types.push_back(0);
    scratch_.body_bytes = 0;
    while (scratch_.types.size() < columns) {
      const auto type = varint_at(page_.first(stop), next);
      const std::size_t column = scratch_.types.size();
      if (!type || !is_serial_type(type->value) || !table.fits(column, type->value, true)) return;
      scratch_.types.push_back(type->value);
      scratch_.body_bytes += bytes_of_type(type->value);
      if (scratch_.body_bytes > kMaxRowBytes) return;
      next += type->length;
    }
    scratch_.head_bytes = next - at - front.payload - front.rowid;
    if (varint_length(scratch_.head_bytes) != front.size || !front_agrees(at, front)) return;
    Reading reading;
    reading.headless = true;
    reading.front = front;
    reading.columns = columns;
    reading.table = &table;
    reading.bits = kBitsOfSize + (is_likely_rowid(front.rowid) ? kBitsOfPlace : 0);
    if (lost)
      try_first_types(table, at, stop, reading, best);
    else
      finish(at, stop, reading, best);
  }

  // What of the front stands behind the lost bytes has to be what it would be.
  [[nodiscard]] bool front_agrees(std::uint32_t at, const Front& front) const {
    const std::uint32_t rowid_end = at + front.payload + front.rowid;
    for (std::uint32_t i = at + kLostBytes; i < rowid_end; ++i)
      if ((page_[i] & 0x80u) == (i + 1 == rowid_end ? 0x80u : 0u)) return false;
    if (rowid_end < at + kLostBytes) return true;
    const auto size = varint_at(page_, rowid_end);
    return size && size->value == scratch_.head_bytes;
  }

  [[nodiscard]] bool is_likely_rowid(std::uint32_t length) const {
    if (!ground_.low || !ground_.high) return length <= 3;
    return length >= varint_length(static_cast<std::uint64_t>(*ground_.low)) &&
           length <= varint_length(static_cast<std::uint64_t>(*ground_.high));
  }

  // A type of the first column that makes the cell end where it has to. A text would take whatever room there is, and a
  // block that is partly in use again leaves any room: none is guessed.
  void try_first_types(const DbTable& table, std::uint32_t at, std::uint32_t stop, const Reading& reading,
                       Reading& best) {
    const std::uint64_t others = scratch_.body_bytes;
    const auto attempt = [&](std::uint64_t type) {
      if (!table.fits(0, type, true)) return;
      const bool seen = table.has_seen(0, type);
      if (!seen && !table.may_guess_first(type)) return;
      scratch_.types[0] = type;
      scratch_.body_bytes = others + bytes_of_type(type);
      Reading one = reading;
      one.type_lost = true;
      one.first_type = type;
      // What live rows have there is likelier.
      if (seen) one.bits += kBitsOfPlace;
      finish(at, stop, one, best);
    };
    for (std::uint64_t type = 0; type < 10; ++type) attempt(type);
    for (const std::uint64_t type : table.first_types) attempt(type);
    scratch_.body_bytes = others;
  }

  void finish(std::uint32_t at, std::uint32_t stop, Reading reading, Reading& best) {
    const std::uint64_t payload = scratch_.payload_bytes();
    if (varint_length(payload) != reading.front.payload) return;
    const auto usable = static_cast<std::uint32_t>(page_.size());
    const std::uint64_t local = local_payload_bytes(payload, usable);
    const std::uint64_t content = at + reading.front.payload + reading.front.rowid;
    std::uint64_t end = content + local + (local < payload ? 4 : 0);
    end = std::max<std::uint64_t>(end, at + kLostBytes);
    if (end > stop || local < scratch_.head_bytes) return;
    const auto rests = fill(static_cast<std::uint32_t>(end), stop);
    if (!rests) return;
    reading.end = static_cast<std::uint32_t>(end);
    reading.bits -= *rests * kBitsOfRest;
    const Bytes body = page_.subspan(static_cast<std::size_t>(content + scratch_.head_bytes),
                                     static_cast<std::size_t>(local - scratch_.head_bytes));
    if (!reading.table->has_likely_signs(scratch_, body)) return;
    if (!are_likely_values(ground_, scratch_, body, reading.bits)) return;
    if (best.end == 0 || reading.bits > best.bits + kClearlyBetter) {
      best = reading;
    } else if (reading.bits + kClearlyBetter < best.bits) {
      return;
    } else if (is_same_reading(best, reading)) {
      best.value_lost = best.value_lost || best.first_type != reading.first_type;
      best.bits = std::max(best.bits, reading.bits);
    } else {
      best.ambiguous = true;
      best.bits = std::max(best.bits, reading.bits);
    }
  }

  // The same values, but for those of a first column that leave no trace.
  static bool is_same_reading(const Reading& one, const Reading& other) {
    return one.end == other.end && one.columns == other.columns && one.front.bytes() == other.front.bytes() &&
           one.front.payload + one.front.rowid == other.front.payload + other.front.rowid &&
           one.type_lost == other.type_lost && bytes_of_type(one.first_type) == bytes_of_type(other.first_type);
  }

  // ---- fragments: cells whose end is in use again --------------------------------------------------------------

  // The first cell of a range that goes on beyond it.
  std::optional<CarvedRow> cut_row(PageRange rest) {
    for (std::uint32_t at = rest.start; at + kLostBytes < rest.end; ++at) {
      auto row = cut_whole(at, rest.end);
      if (!row) row = cut_headless(at, rest.end);
      if (row) return row;
    }
    return std::nullopt;
  }

  // Of a cell with its front: the columns that end before `stop`. None where there is no text among them.
  std::optional<CarvedRow> cut_whole(std::uint32_t at, std::uint32_t stop) {
    const Bytes here = page_.first(stop);
    const auto payload = varint_at(here, at);
    if (!payload || payload->value == 0 || payload->length != varint_length(payload->value)) return std::nullopt;
    const auto rowid = varint_at(here, at + payload->length);
    if (!rowid || rowid->length != varint_length(rowid->value)) return std::nullopt;
    const std::uint64_t record = at + payload->length + rowid->length;
    CarvedRow row;
    if (!parse_record_head(here.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(record, stop))), row.head))
      return std::nullopt;
    if (row.head.payload_bytes() != payload->value || record + payload->value <= stop) return std::nullopt;
    row.start = at;
    row.end = stop;
    row.rowid = static_cast<std::int64_t>(rowid->value);
    row.body_at = record + row.head.head_bytes;
    return keep_columns(std::move(row), kBitsOfSums);
  }

  // Of one that lost its front too: every way the front may have been that agrees with what follows.
  std::optional<CarvedRow> cut_headless(std::uint32_t at, std::uint32_t stop) {
    if (!is_front_of_block(at, stop) && be_at<std::uint16_t>(page_, at + 2) != stop - at) return std::nullopt;
    std::optional<CarvedRow> found;
    const std::size_t tables = std::min(ground_.tables.size(), kMaxHeadlessTables);
    for (std::size_t i = 0; i < tables; ++i)
      for (std::uint32_t front = kLostBytes - 1; front <= kLongestFront; ++front) {
        auto row = cut_with_front(*ground_.tables[i], at, stop, front);
        if (!row) continue;
        if (found && found->body_at != row->body_at) return std::nullopt;
        found = std::move(row);
      }
    return found;
  }

  // `front`: bytes of the payload's length, the number and the head's length. Where the last of them is gone, it is not
  // known how they shared them, and it does not matter.
  std::optional<CarvedRow> cut_with_front(const DbTable& table, std::uint32_t at, std::uint32_t stop,
                                          std::uint32_t front) {
    if (table.shape.without_rowid) return std::nullopt;
    CarvedRow row;
    if (front < kLostBytes) {
      if (!table.is_alias(0)) return std::nullopt;
      row.head.types.push_back(0);
    }
    std::uint64_t next = at + std::max(front, kLostBytes);
    while (row.head.types.size() < table.stored.size()) {
      const auto type = varint_at(page_.first(stop), next);
      if (!type || !is_serial_type(type->value) || !table.fits(row.head.types.size(), type->value, true))
        return std::nullopt;
      row.head.types.push_back(type->value);
      row.head.body_bytes += bytes_of_type(type->value);
      if (row.head.body_bytes > kMaxRowBytes) return std::nullopt;
      next += type->length;
    }
    row.head.head_bytes = next - at - front + 1;
    int bits = kBitsOfSize;
    if (front > kLostBytes) {
      if (page_[at + front - 1] != row.head.head_bytes) return std::nullopt;
      bits += kBitsOfSums / 2;
    }
    if (next + row.head.body_bytes <= stop) return std::nullopt;
    row.start = at;
    row.end = stop;
    row.body_at = next;
    row.is_headless = true;
    return keep_columns(std::move(row), bits);
  }

  std::optional<CarvedRow> keep_columns(CarvedRow row, int bits) {
    if (row.body_at >= row.end) return std::nullopt;
    row.local_body_bytes = row.end - row.body_at;
    const Bytes body = local_body_of(row);
    row.tables = tables_of(row.head, body);
    if (row.tables.empty()) return std::nullopt;
    if (!are_likely_values(ground_, row.head, body, bits) || bits < kLeastFragmentBits) return std::nullopt;
    std::uint64_t used = 0;
    bool text = false;
    for (const std::uint64_t type : row.head.types) {
      const std::uint64_t size = bytes_of_type(type);
      if (used + size > row.local_body_bytes) break;
      text = text || (is_text_type(type) && size >= kLeastFragmentText);
      used += size;
      ++row.columns;
    }
    if (!text) return std::nullopt;
    row.local_body_bytes = used;
    return row;
  }

  std::optional<CarvedRow> row_of(std::uint32_t at, const Reading& reading) {
    CarvedRow row;
    row.start = at;
    row.end = reading.end;
    row.is_headless = reading.headless;
    if (!reading.headless) {
      const auto cell = leaf_cell_at(page_, at);
      if (!cell) return std::nullopt;
      const Bytes record =
          page_.subspan(static_cast<std::size_t>(cell->payload_at), static_cast<std::size_t>(cell->local_bytes));
      if (!parse_record_head(record, row.head)) return std::nullopt;
      row.rowid = cell->rowid;
      row.body_at = cell->payload_at + row.head.head_bytes;
      row.local_body_bytes = cell->local_bytes - row.head.head_bytes;
      row.overflow_page = cell->overflow_page;
    } else {
      read_headless(at, reading, row);
    }
    row.columns = row.head.types.size();
    row.tables = tables_of(row.head, local_body_of(row));
    return row;
  }

  [[nodiscard]] Bytes local_body_of(const CarvedRow& row) const {
    return page_.subspan(static_cast<std::size_t>(row.body_at), static_cast<std::size_t>(row.local_body_bytes));
  }

  static bool can_be_of(const DbTable& table, const RecordHead& head, Bytes body) {
    return table.fits(head.types, true) && table.has_likely_signs(head, body);
  }

  [[nodiscard]] std::vector<const DbTable*> tables_of(const RecordHead& head, Bytes body) const {
    std::vector<const DbTable*> tables;
    for (const DbTable* table : ground_.tables)
      if (can_be_of(*table, head, body)) tables.push_back(table);
    return tables;
  }

  void read_headless(std::uint32_t at, const Reading& reading, CarvedRow& row) const {
    std::uint64_t next = at + std::max(reading.front.bytes(), kLostBytes);
    if (reading.type_lost) {
      row.head.types.push_back(reading.first_type);
      row.head.body_bytes += bytes_of_type(reading.first_type);
    }
    row.first_lost = reading.value_lost;
    while (row.head.types.size() < reading.columns) {
      const auto type = varint_at(page_, next);
      if (!type) return;
      row.head.types.push_back(type->value);
      row.head.body_bytes += bytes_of_type(type->value);
      next += type->length;
    }
    row.head.head_bytes = next - at - reading.front.payload - reading.front.rowid;
    row.body_at = next;
    const std::uint64_t payload = row.head.payload_bytes();
    const std::uint64_t local = local_payload_bytes(payload, static_cast<std::uint32_t>(page_.size()));
    row.local_body_bytes = local - row.head.head_bytes;
    if (local < payload)
      row.overflow_page = be_at<std::uint32_t>(page_, row.body_at + row.local_body_bytes).value_or(0);
  }

  const CarveGround& ground_;
  Bytes page_;
  std::uint32_t start_, end_;
  std::uint32_t strong_ = 0;  // the nearest start to the right of a cell that is certain; 0: none
  bool is_cut_ = false;       // the block that is read ends in what is in use again
  std::vector<int> best_, chosen_;
  std::vector<Reading> readings_;
  RecordHead scratch_;
};

}  // namespace

bool are_likely_values(const CarveGround& ground, const RecordHead& head, Bytes body, int& bits) {
  std::uint64_t at = 0;
  // Nothing but NULL, 0 and 1 is what empty bytes read as.
  if (head.body_bytes == 0) return false;
  for (const std::uint64_t type : head.types) {
    const std::uint64_t size = bytes_of_type(type);
    const auto value = slice(body, at, size);
    at += size;
    if (!value) return true;
    if (is_text_type(type) && !is_plain_text(*value, ground.encoding)) return false;
    if (type > 0 && type < 7 && !is_short(type, *value, ground.has_short_integers)) return false;
    if (type == 7) {
      const double real = real_of(*value);
      const double size_of = std::fabs(real);
      if (!std::isfinite(real) || (real != 0 && (size_of < 1e-100 || size_of > 1e100))) return false;
    }
    bits += bits_of_value(type, *value);
  }
  return true;
}

std::vector<CarvedRow> carve(const CarveGround& ground, PageRange range) {
  if (range.end > ground.page.size() || range.start >= range.end || ground.tables.empty()) return {};
  return Carver(ground, range).run();
}

}  // namespace limier::content
