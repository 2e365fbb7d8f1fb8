#include "content/sqlite_record.h"

#include <bit>

namespace limier::content {
namespace {

constexpr std::uint64_t kPrime = 0x100000001b3;

std::uint64_t scramble(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccd;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53;
  return value ^ value >> 33;
}

// The next code point; none where the units make none.
std::optional<char32_t> utf16_at(Bytes bytes, bool big, std::size_t& at) {
  const auto unit = [&](std::size_t where) -> std::optional<std::uint16_t> {
    return big ? be_at<std::uint16_t>(bytes, where) : le_at<std::uint16_t>(bytes, where);
  };
  const auto first = unit(at);
  at += 2;
  if (!first) return std::nullopt;
  if (*first < 0xd800 || *first > 0xdfff) return *first;
  const auto second = unit(at);
  if (*first > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff) return std::nullopt;
  at += 2;
  return 0x10000 + ((char32_t{*first} - 0xd800) << 10) + (*second - 0xdc00u);
}

void put_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

bool is_control(char32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

}  // namespace

std::optional<Varint> varint_at(Bytes bytes, std::uint64_t offset) {
  Varint varint;
  for (std::size_t i = 0; i < kMaxVarintBytes; ++i) {
    if (offset >= bytes.size() || i >= bytes.size() - offset) return std::nullopt;
    const std::uint8_t byte = bytes[static_cast<std::size_t>(offset) + i];
    ++varint.length;
    if (i + 1 == kMaxVarintBytes) {
      varint.value = varint.value << 8 | byte;
      return varint;
    }
    varint.value = varint.value << 7 | (byte & 0x7fu);
    if ((byte & 0x80u) == 0) return varint;
  }
  return varint;
}

std::uint64_t varint_length(std::uint64_t value) {
  std::uint64_t length = 1;
  while (length < kMaxVarintBytes && (value >>= 7) != 0) ++length;
  return length;
}

std::uint64_t bytes_of_type(std::uint64_t type) {
  static constexpr std::array<std::uint8_t, 12> kFixed{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return type < kFixed.size() ? kFixed[static_cast<std::size_t>(type)] : (type - 12) / 2;
}

bool parse_record_head(Bytes record, RecordHead& head) {
  head.types.clear();
  head.body_bytes = 0;
  const auto size = varint_at(record, 0);
  if (!size || size->value < size->length || size->value > record.size()) return false;
  head.head_bytes = size->value;
  const Bytes types = record.first(static_cast<std::size_t>(size->value));
  for (std::uint64_t at = size->length; at < types.size();) {
    const auto type = varint_at(types, at);
    if (!type || !is_serial_type(type->value) || head.types.size() == kMaxRecordColumns) return false;
    const std::uint64_t bytes = bytes_of_type(type->value);
    if (bytes > UINT32_MAX || head.body_bytes > UINT32_MAX) return false;
    head.types.push_back(type->value);
    head.body_bytes += bytes;
    at += type->length;
  }
  return true;
}

namespace {
std::uint64_t local_bytes(std::uint64_t payload, std::uint64_t most, std::uint32_t usable) {
  if (payload <= most) return payload;
  const std::uint64_t least = (std::uint64_t{usable} - 12) * 32 / 255 - 23;
  const std::uint64_t some = least + (payload - least) % (usable - 4);
  return some <= most ? some : least;
}
}  // namespace

std::uint64_t local_payload_bytes(std::uint64_t payload_bytes, std::uint32_t usable_bytes) {
  return local_bytes(payload_bytes, usable_bytes - 35, usable_bytes);
}

std::uint64_t local_index_payload_bytes(std::uint64_t payload_bytes, std::uint32_t usable_bytes) {
  return local_bytes(payload_bytes, (std::uint64_t{usable_bytes} - 12) * 64 / 255 - 23, usable_bytes);
}

std::optional<LeafCell> leaf_cell_at(Bytes page, std::uint64_t offset) {
  const auto payload = varint_at(page, offset);
  if (!payload || payload->value == 0) return std::nullopt;
  const auto rowid = varint_at(page, offset + payload->length);
  if (!rowid) return std::nullopt;
  LeafCell cell;
  cell.start = offset;
  cell.rowid = static_cast<std::int64_t>(rowid->value);
  cell.payload_at = offset + payload->length + rowid->length;
  cell.payload_bytes = payload->value;
  cell.local_bytes = local_payload_bytes(payload->value, static_cast<std::uint32_t>(page.size()));
  cell.end = cell.payload_at + cell.local_bytes;
  if (cell.local_bytes < cell.payload_bytes) {
    const auto next = be_at<std::uint32_t>(page, cell.end);
    if (!next || *next == 0) return std::nullopt;
    cell.overflow_page = *next;
    cell.end += 4;
  }
  cell.end = std::max(cell.end, cell.start + 4);  // no cell is smaller
  if (cell.end > page.size()) return std::nullopt;
  return cell;
}

std::optional<TreePage> TreePage::parse(Bytes bytes, bool is_first) {
  TreePage page;
  page.head = is_first ? kHeadOfPageOne : 0;
  const auto head = Block<12>::at(bytes, page.head);
  if (!head) return std::nullopt;
  const auto type = head->be<0, std::uint8_t>();
  if (type != 0x02 && type != 0x05 && type != 0x0a && type != 0x0d) return std::nullopt;
  page.type = static_cast<PageType>(type);
  page.first_freeblock = head->be<1, std::uint16_t>();
  page.cells = head->be<3, std::uint16_t>();
  page.content_start = head->be<5, std::uint16_t>();
  if (page.content_start == 0) page.content_start = 65536;
  page.list = page.head + (page.is_leaf() ? 8 : 12);
  if (!page.is_leaf()) page.right_child = head->be<8, std::uint32_t>();
  if (page.list_end() > bytes.size()) return std::nullopt;
  return page;
}

std::uint32_t TreePage::offset_of(Bytes page, std::uint32_t cell) const {
  return be_at<std::uint16_t>(page, list + std::uint64_t{2} * cell).value_or(0);
}

std::int64_t integer_of_type(std::uint64_t type, Bytes body) {
  if (type == 8 || type == 9) return type == 9 ? 1 : 0;
  std::uint64_t value = !body.empty() && (body[0] & 0x80u) != 0 ? UINT64_MAX : 0;
  for (const std::uint8_t byte : body) value = value << 8 | byte;
  return static_cast<std::int64_t>(value);
}

double real_of(Bytes body) {
  return std::bit_cast<double>(be_at<std::uint64_t>(body, 0).value_or(0));
}

SqliteValue value_of_type(std::uint64_t type, Bytes body, TextEncoding encoding) {
  SqliteValue value;
  if (type == 0) return value;
  if (type == 7) {
    value.kind = SqliteValue::Kind::kReal;
    value.real = real_of(body);
  } else if (type < 10) {
    value.kind = SqliteValue::Kind::kInteger;
    value.integer = integer_of_type(type, body);
  } else if (is_text_type(type)) {
    value.kind = SqliteValue::Kind::kText;
    value.bytes = utf8_of(body, encoding);
  } else {
    value.kind = SqliteValue::Kind::kBlob;
    value.bytes = std::string(as_text(body));
  }
  return value;
}

bool is_plain_text(Bytes bytes, TextEncoding encoding) {
  if (encoding == TextEncoding::kUtf8) {
    for (const std::uint8_t byte : bytes)
      if (is_control(byte)) return false;
    return is_valid_utf8(as_text(bytes));
  }
  if (bytes.size() % 2 != 0) return false;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto c = utf16_at(bytes, encoding == TextEncoding::kUtf16Be, at);
    if (!c || is_control(*c)) return false;
  }
  return true;
}

std::string utf8_of(Bytes bytes, TextEncoding encoding) {
  bool repaired = false;
  if (encoding == TextEncoding::kUtf8) return utf8_text(as_text(bytes), repaired);
  std::string text;
  for (std::size_t at = 0; at < bytes.size();)
    put_utf8(text, utf16_at(bytes, encoding == TextEncoding::kUtf16Be, at).value_or(0xfffd));
  return utf8_text(text, repaired);
}

RowHash::RowHash(const RecordHead& head) {
  std::size_t columns = head.types.size();
  while (columns > 0 && head.types[columns - 1] == 0) --columns;
  for (std::size_t i = 0; i < columns; ++i) state_ = (state_ ^ head.types[i]) * kPrime;
  state_ = scramble(state_);
}

void RowHash::add(Bytes body) {
  for (const std::uint8_t byte : body) state_ = (state_ ^ byte) * kPrime;
}

std::uint64_t RowHash::value() const {
  return scramble(state_);
}

std::uint64_t hash_row(const RecordHead& head, Bytes body) {
  RowHash hash(head);
  hash.add(body);
  return hash.value();
}

std::uint64_t mix_hash(std::uint64_t hash, std::uint64_t more) {
  return scramble(hash * 31 + scramble(more + 0x9e3779b97f4a7c15));
}

}  // namespace limier::content
