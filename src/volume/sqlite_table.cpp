#include "volume/sqlite_table.h"

#include <algorithm>
#include <array>
#include <bit>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::size_t kHeadBytes = 100;
constexpr std::uint8_t kInterior = 0x05, kLeaf = 0x0d;
constexpr std::uint32_t kUtf16Le = 2, kUtf16Be = 3;
constexpr std::uint64_t kMaxPages = 16u << 20;
constexpr std::uint64_t kMaxPayload = 4u << 20;  // of a row: entries of a manifest take some hundred bytes
constexpr std::size_t kMaxColumns = 256;
constexpr std::size_t kMaxStack = 1u << 20;

struct Varint {
  std::uint64_t value = 0, length = 0;
};

std::optional<Varint> varint_at(Bytes bytes, std::uint64_t at) {
  Varint out;
  while (out.length < 9) {
    const auto byte = le_at<std::uint8_t>(bytes, at + out.length);
    if (!byte) return std::nullopt;
    ++out.length;
    if (out.length == 9) {
      out.value = out.value << 8 | *byte;
      return out;
    }
    out.value = out.value << 7 | (*byte & 0x7f);
    if (*byte < 0x80) return out;
  }
  return std::nullopt;
}

bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

// The first word of a part of a CREATE TABLE.
std::string_view first_word(std::string_view part) {
  const std::size_t from = part.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  part.remove_prefix(from);
  const std::size_t quoted = std::string_view("\"`'[").find(part.front());
  if (quoted != std::string_view::npos) {
    const std::size_t end = part.find("\"`']"[quoted], 1);
    return end == std::string_view::npos ? std::string_view() : part.substr(1, end - 1);
  }
  return part.substr(0, part.find_first_of(" \t\r\n"));
}

// Names of columns, in order.
std::vector<std::string_view> columns_of(std::string_view sql) {
  std::vector<std::string_view> names;
  std::size_t at = sql.find('(');
  if (at == std::string_view::npos) return names;
  std::size_t depth = 0, from = ++at;
  for (; at < sql.size() && names.size() < kMaxColumns; ++at) {
    const bool last = depth == 0 && sql[at] == ')';
    if (last || (depth == 0 && sql[at] == ',')) {
      names.push_back(first_word(sql.substr(from, at - from)));
      from = at + 1;
    }
    if (last) break;
    if (sql[at] == '(') ++depth;
    if (sql[at] == ')') --depth;
  }
  return names;
}

}  // namespace

std::optional<SqliteTable> SqliteTable::open(ByteSource& source, std::string_view name,
                                             const std::vector<std::string_view>& columns, Beat beat) {
  SqliteTable table(source, std::move(beat));
  if (!table.read_head()) return std::nullopt;
  // sqlite_schema: type, name, tbl_name, rootpage, sql.
  table.columns_ = {0, 1, 3, 4};
  bool found = false;
  table.walk(1, [&](const std::vector<SqliteCell>& cells) {
    if (table.text(cells[0]) != "table" || !same_word(table.text(cells[1]), name)) return true;
    const std::string sql = table.text(cells[3]);
    const auto names = columns_of(sql);
    std::vector<std::size_t> places;
    for (const std::string_view column : columns) {
      const auto at = std::ranges::find_if(names, [&](std::string_view one) { return same_word(one, column); });
      if (at == names.end()) return true;
      places.push_back(static_cast<std::size_t>(at - names.begin()));
    }
    found = cells[2].kind == SqliteCell::Kind::kInteger && cells[2].integer > 0;
    table.root_ = static_cast<std::uint64_t>(cells[2].integer);
    table.columns_ = std::move(places);
    return false;
  });
  if (!found) return std::nullopt;
  table.damaged_ = 0;  // of the schema: the table was found
  return table;
}

void SqliteTable::each(const std::function<bool(const std::vector<SqliteCell>&)>& take) {
  walk(root_, take);
}

bool SqliteTable::read_head() {
  std::vector<std::uint8_t> head(kHeadBytes);
  if (source_.size_bytes() < kHeadBytes || !source_.read(0, MutableBytes(head))) return false;
  if (!as_text(head).starts_with(std::string_view("SQLite format 3\0", 16))) return false;
  const auto block = *Block<kHeadBytes>::at(head, 0);
  const std::uint32_t size = block.be<16, std::uint16_t>();
  page_bytes_ = size == 1 ? 65536 : size;
  if (page_bytes_ < 512 || !std::has_single_bit(page_bytes_)) return false;
  const std::uint32_t reserved = block.le<20, std::uint8_t>();
  if (page_bytes_ - reserved < 480) return false;
  usable_ = page_bytes_ - reserved;
  encoding_ = block.be<56, std::uint32_t>();
  pages_ = std::min(source_.size_bytes() / page_bytes_, kMaxPages);
  return pages_ > 0;
}

bool SqliteTable::read_page(std::uint64_t number, std::vector<std::uint8_t>& out) {
  out.resize(page_bytes_);
  return number > 0 && number <= pages_ && source_.read((number - 1) * page_bytes_, MutableBytes(out));
}

// A page counts once, whatever leads to it.
bool SqliteTable::claim(std::uint64_t page) {
  if (page == 0 || page > pages_ || claimed_[static_cast<std::size_t>(page)]) return false;
  claimed_[static_cast<std::size_t>(page)] = true;
  return true;
}

bool SqliteTable::push_children(Bytes page, std::uint64_t head, std::vector<std::uint64_t>& stack) {
  const auto cells = be_at<std::uint16_t>(page, head + 3);
  const auto right = be_at<std::uint32_t>(page, head + 8);
  if (!cells || !right || stack.size() + *cells > kMaxStack) return false;
  stack.push_back(*right);
  bool whole = true;
  for (std::uint64_t i = *cells; i-- > 0;) {
    const auto at = be_at<std::uint16_t>(page, head + 12 + 2 * i);
    const auto child = at ? be_at<std::uint32_t>(page, *at) : std::nullopt;
    if (child)
      stack.push_back(*child);
    else
      whole = false;
  }
  return whole;
}

// The bytes of a row, those on pages of their own too.
bool SqliteTable::read_payload(Bytes page, std::uint64_t cell) {
  const auto size = varint_at(page, cell);
  const auto rowid = size ? varint_at(page, cell + size->length) : std::nullopt;
  if (!rowid || size->value > kMaxPayload) return false;
  const std::uint64_t at = cell + size->length + rowid->length, all = size->value;
  const std::uint64_t most = usable_ - 35, least = (std::uint64_t{usable_} - 12) * 32 / 255 - 23;
  const std::uint64_t wanted = all <= most ? all : least + (all - least) % (usable_ - 4);
  const std::uint64_t local = wanted <= most ? wanted : least;
  const auto here = slice(page, at, local);
  if (!here || local > local_left_) return false;
  local_left_ -= local;
  payload_.assign(here->begin(), here->end());
  if (local == all) return true;
  auto next = be_at<std::uint32_t>(page, at + local);
  std::vector<std::uint8_t> more;
  while (payload_.size() < all) {
    if (!next || !claim(*next) || !read_page(*next, more)) return false;
    const auto part = slice(more, 4, std::min<std::uint64_t>(usable_ - 4, all - payload_.size()));
    if (!part) return false;
    payload_.insert(payload_.end(), part->begin(), part->end());
    next = be_at<std::uint32_t>(more, 0);
  }
  return true;
}

bool SqliteTable::read_record(std::vector<SqliteCell>& cells) const {
  const Bytes record(payload_);
  const auto head = varint_at(record, 0);
  if (!head || head->value > record.size()) return false;
  cells.assign(columns_.size(), SqliteCell{});
  std::uint64_t at = head->length, body = head->value;
  for (std::size_t column = 0; at < head->value; ++column) {
    const auto type = varint_at(record.first(static_cast<std::size_t>(head->value)), at);
    if (!type || type->value == 10 || type->value == 11) return false;
    at += type->length;
    static constexpr std::array<std::uint8_t, 12> kBytes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    const std::uint64_t length =
        type->value < kBytes.size() ? kBytes[static_cast<std::size_t>(type->value)] : (type->value - 12) / 2;
    const auto bytes = slice(record, body, length);
    if (!bytes) return false;
    body += length;
    SqliteCell cell;
    cell.bytes = *bytes;
    if (type->value >= 12) {
      cell.kind = type->value % 2 == 0 ? SqliteCell::Kind::kBlob : SqliteCell::Kind::kText;
    } else if (type->value == 7) {
      cell.kind = SqliteCell::Kind::kReal;
    } else if (type->value != 0) {
      cell.kind = SqliteCell::Kind::kInteger;
      std::uint64_t value = length > 0 && (bytes->front() & 0x80) != 0 ? UINT64_MAX : 0;
      for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
      cell.integer = type->value >= 8 ? static_cast<std::int64_t>(type->value - 8) : static_cast<std::int64_t>(value);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] == column) cells[i] = cell;
  }
  return true;
}

void SqliteTable::walk(std::uint64_t root, const std::function<bool(const std::vector<SqliteCell>&)>& take) {
  claimed_.assign(static_cast<std::size_t>(pages_) + 1, false);
  std::vector<std::uint64_t> stack{root};
  std::vector<std::uint8_t> bytes;
  std::vector<SqliteCell> cells;
  while (!stack.empty()) {
    const std::uint64_t number = stack.back();
    stack.pop_back();
    beat_(number);
    if (!claim(number) || !read_page(number, bytes)) {
      ++damaged_;
      continue;
    }
    const Bytes page = Bytes(bytes).first(usable_);
    const std::uint64_t head = number == 1 ? kHeadBytes : 0;
    const auto kind = le_at<std::uint8_t>(page, head);
    if (kind == kInterior) {
      if (!push_children(page, head, stack)) ++damaged_;
      continue;
    }
    local_left_ = usable_;  // cells that lie over each other make no sense
    const auto count = be_at<std::uint16_t>(page, head + 3);
    if (kind != kLeaf || !count) {
      ++damaged_;
      continue;
    }
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto at = be_at<std::uint16_t>(page, head + 8 + 2 * i);
      if (!at || !read_payload(page, *at) || !read_record(cells))
        ++damaged_;
      else if (!take(cells))
        return;
    }
  }
}

std::string SqliteTable::text(const SqliteCell& cell) const {
  if (cell.kind != SqliteCell::Kind::kText) return {};
  if (encoding_ != kUtf16Le && encoding_ != kUtf16Be) return std::string(as_text(cell.bytes));
  std::string out;
  Utf16Reader reader(cell.bytes, encoding_ == kUtf16Be);
  while (const auto code = reader.next()) append_utf8(out, *code);
  return out;
}

}  // namespace limier::volume
