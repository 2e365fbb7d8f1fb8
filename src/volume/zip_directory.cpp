#include "volume/zip_directory.h"

#include <algorithm>
#include <queue>

#include "limier/unpack.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kTailBytes = 1u << 20;  // an end record and its comment, and what was put behind it
constexpr std::size_t kMaxEnds = 4096;          // candidates that are looked at
constexpr std::size_t kWindow = 1u << 20;
constexpr std::size_t kHeaderRoom = 512;  // most headers
constexpr std::size_t kLongestHeader = kZipCentralBytes + 3u * 65535u;
constexpr std::uint64_t kMaxMembers = 2u << 20;  // some 300 bytes each
// Members that lie in each other's bytes are unpacked side by side; bombs are made of thousands of them.
constexpr std::size_t kMaxSideBySide = 32;
constexpr std::uint64_t kBeatEvery = 1024;
constexpr std::size_t kDescriptorRoom = 24;
constexpr std::uint16_t kHighestMethod = 99;

// What the end record says must fit where it stands; the directory begins where it says or, when something was put in
// front of the file, as far before the record as the directory is long.
std::optional<ZipEnd> end_at(const RangeReader& file, std::uint64_t offset, Bytes record) {
  const auto fixed = Block<kZipEndBytes>::at(record, 0);
  if (!fixed || fixed->le<0, std::uint32_t>() != kZipEnd) return std::nullopt;
  const std::uint64_t comment = fixed->le<20, std::uint16_t>();
  if (kZipEndBytes + comment > file.size_bytes() - offset) return std::nullopt;
  ZipEnd end;
  end.offset = offset;
  end.length = kZipEndBytes + comment;
  end.disk = fixed->le<4, std::uint16_t>();
  end.directory_disk = fixed->le<6, std::uint16_t>();
  end.entries = fixed->le<10, std::uint16_t>();
  end.directory_length = fixed->le<12, std::uint32_t>();
  std::uint64_t declared = fixed->le<16, std::uint32_t>();
  std::uint64_t before = offset;  // where the directory ends
  if (offset >= kZipLocator64Bytes) {
    const auto locator = file.read(offset - kZipLocator64Bytes, kZipLocator64Bytes);
    if (le_at<std::uint32_t>(locator, 0) == kZipLocator64) {
      std::uint64_t at = le_at<std::uint64_t>(locator, 8).value_or(0);
      auto wide = file.read(at, kZipEnd64Bytes);
      if (le_at<std::uint32_t>(wide, 0) != kZipEnd64 && offset >= kZipLocator64Bytes + kZipEnd64Bytes) {
        at = offset - kZipLocator64Bytes - kZipEnd64Bytes;
        wide = file.read(at, kZipEnd64Bytes);
      }
      const auto record64 = Block<kZipEnd64Bytes>::at(wide, 0);
      if (record64 && record64->le<0, std::uint32_t>() == kZipEnd64 && at < offset) {
        end.disk = record64->le<16, std::uint32_t>();
        end.directory_disk = record64->le<20, std::uint32_t>();
        end.entries = record64->le<32, std::uint64_t>();
        end.directory_length = record64->le<40, std::uint64_t>();
        declared = record64->le<48, std::uint64_t>();
        before = at;
        end.offset = at;
        end.length = offset + end.length - at;
      }
    }
  }
  if (end.entries > end.directory_length / kZipCentralBytes) return std::nullopt;
  if (end.entries == 0 && end.directory_length > 0) return std::nullopt;
  const auto is_there = [&](std::uint64_t at) {
    if (at > before || end.directory_length > before - at) return false;
    return end.entries == 0 || le_at<std::uint32_t>(file.read(at, 4), 0) == kZipCentral;
  };
  const bool split = end.disk != 0 || end.directory_disk != 0;
  if (is_there(declared)) {
    end.directory = declared;
  } else if (end.directory_length <= before && is_there(before - end.directory_length)) {
    end.directory = before - end.directory_length;
    end.shift = static_cast<std::int64_t>(end.directory) - static_cast<std::int64_t>(declared);
  } else if (!split) {
    return std::nullopt;
  }
  return end;
}

}  // namespace

// The last one that is no part of another one's comment.
std::optional<ZipEnd> find_zip_end(const RangeReader& file) {
  const std::uint64_t size = file.size_bytes();
  if (size < kZipEndBytes) return std::nullopt;
  const std::uint64_t from = size > kTailBytes ? size - kTailBytes : 0;
  const auto tail = file.read(from, kTailBytes);
  std::optional<ZipEnd> found;
  std::size_t looked_at = 0;
  std::string_view text = as_text(tail);
  for (std::size_t at = text.find("PK\5\6"); at != std::string_view::npos && looked_at < kMaxEnds;
       at = text.find("PK\5\6", at + 1)) {
    ++looked_at;
    if (found && from + at < found->offset + found->length) continue;
    if (auto end = end_at(file, from + at, Bytes(tail).subspan(at))) found = end;
  }
  return found;
}

void ZipDirectory::load() {
  end_ = find_zip_end(file_);
  truncated_ = !end_;
  if (end_) load_listed(end_->directory, end_->directory_length);
  std::vector<Span> gaps = gaps_between();
  for (const Span& gap : gaps) look_through(gap);
  std::ranges::sort(entries_, {}, &ZipEntry::local_offset);
  mark_overlaps();
  const std::uint64_t last = end_ ? end_->offset : file_.size_bytes();
  for (const Span& gap : gaps_between()) {
    const std::string_view what = gap.from == 0 && gap.to < last ? "prefix-data"
                                  : end_ && gap.from >= last     ? "trailing-data"
                                                                 : "gap";
    gaps_.push_back({gap.from, gap.to - gap.from, what});
  }
  std::ranges::sort(entries_, {}, &ZipEntry::inode);
}

void ZipDirectory::load_listed(std::uint64_t from, std::uint64_t length) {
  std::uint64_t at = from;
  const std::uint64_t to = from + length;
  std::vector<std::uint8_t> window;
  std::uint64_t window_at = 0;
  while (at < to && !too_many_) {
    const std::uint64_t within = at - window_at;
    if (window.empty() || within + kLongestHeader > window.size()) {
      window = file_.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, to - at)));
      window_at = at;
    }
    const auto header = read_zip_central(Bytes(window).subspan(static_cast<std::size_t>(at - window_at)));
    if (!header || header->length > to - at) break;
    if (!add_listed(*header, at)) break;
    at += header->length;
  }
  // What is behind the last entry that makes sense is no directory.
  if (at < to && end_) truncated_ = true;
  if (end_) end_->directory_length = at - from;
}

bool ZipDirectory::add_listed(const ZipHeader& central, std::uint64_t inode) {
  if (entries_.size() >= kMaxMembers) {
    too_many_ = true;
    return false;
  }
  if (entries_.size() % kBeatEvery == 0) beat_(inode);
  entries_.push_back(listed_entry(central, inode));
  return true;
}

ZipEntry ZipDirectory::listed_entry(const ZipHeader& central, std::uint64_t inode) {
  ZipEntry entry;
  entry.inode = inode;
  entry.local_offset = central.local_offset + static_cast<std::uint64_t>(end_ ? end_->shift : 0);
  entry.packed = central.packed;
  entry.size = central.size;
  entry.crc32 = central.crc32;
  entry.external = central.external;
  entry.version_made = central.version_made;
  entry.flags = central.flags;
  entry.method = central.method;
  entry.dos_time = central.dos_time;
  entry.dos_date = central.dos_date;
  entry.aes_method = central.extras.aes_method.value_or(0);
  entry.name = central.name;
  entry.ut_modified = central.extras.ut_modified;
  entry.ux_modified = central.extras.ux_modified;
  entry.ux_accessed = central.extras.ux_accessed;
  entry.nt_modified = central.extras.nt_modified;
  entry.nt_accessed = central.extras.nt_accessed;
  entry.nt_created = central.extras.nt_created;
  entry.uid = central.extras.uid.value_or(0);
  entry.gid = central.extras.gid.value_or(0);
  if (central.extras.unicode_name) {
    const bool fits = unpack::crc32(0, as_bytes(central.name)) == central.extras.unicode_crc;
    fits ? void(entry.unicode_name = *central.extras.unicode_name) : void(entry.stale_unicode = true);
  }
  add_local(entry, &central);
  return entry;
}

std::optional<ZipHeader> ZipDirectory::local_at(std::uint64_t offset) {
  auto bytes = file_.read(offset, kHeaderRoom);
  auto header = read_zip_local(bytes);
  if (header || le_at<std::uint32_t>(bytes, 0) != kZipLocal) return header;
  bytes = file_.read(offset, kLongestHeader);
  return read_zip_local(bytes);
}

// What the header before the data adds, and where it says something else.
void ZipDirectory::add_local(ZipEntry& entry, const ZipHeader* central) {
  const auto local = entry.local_offset < file_.size_bytes() ? local_at(entry.local_offset) : std::nullopt;
  entry.data_offset = entry.end = entry.local_offset;
  if (!local) {
    entry.mark(ZipMark::kBadOffset);
    return;
  }
  const ZipExtras& extras = local->extras;
  if (central != nullptr) {
    const bool later = (local->flags & kZipHasDescriptor) != 0;
    const bool sizes = local->packed != entry.packed || local->size != entry.size || local->crc32 != entry.crc32;
    const bool none = local->packed == 0 && local->size == 0 && local->crc32 == 0;
    const bool utf8 = ((local->flags ^ entry.flags) & (kZipUtf8 | kZipEncrypted)) != 0;
    const bool other_time = extras.ut_modified && entry.ut_modified && *extras.ut_modified != *entry.ut_modified;
    if (local->name != entry.name || local->method != entry.method || utf8 || local->dos_time != entry.dos_time ||
        local->dos_date != entry.dos_date || other_time || (sizes && !(later && none)))
      entry.mark(ZipMark::kHeaderMismatch);
    if (later && entry.method == kZipStored && none && entry.size > 0) entry.mark(ZipMark::kStoredWithDescriptor);
  }
  if (!entry.ut_modified) entry.ut_modified = extras.ut_modified;
  entry.ut_accessed = extras.ut_accessed;
  entry.ut_created = extras.ut_created;
  if (!entry.ux_modified) entry.ux_modified = extras.ux_modified, entry.ux_accessed = extras.ux_accessed;
  if (entry.nt_modified == 0) {
    entry.nt_modified = extras.nt_modified;
    entry.nt_accessed = extras.nt_accessed;
    entry.nt_created = extras.nt_created;
  }
  if (extras.uid) entry.uid = *extras.uid;
  if (extras.gid) entry.gid = *extras.gid;
  entry.data_offset = entry.local_offset + local->length;
  entry.end = entry.data_offset;
  if (central == nullptr) return;
  const std::uint64_t room = file_.size_bytes() - std::min(file_.size_bytes(), entry.data_offset);
  if (entry.packed > room) {
    entry.mark(ZipMark::kTruncated);
    entry.packed = room;
  }
  entry.has_data = true;
  entry.end += entry.packed;
  if ((local->flags & kZipHasDescriptor) != 0)
    entry.end += zip_descriptor_length(file_.read(entry.end, kDescriptorRoom), entry.crc32, entry.packed, entry.size);
}

// Bytes that no header, member or directory takes.
std::vector<ZipDirectory::Span> ZipDirectory::gaps_between() const {
  std::vector<Span> taken;
  taken.reserve(entries_.size() + fragments_.size() + 2);
  for (const ZipEntry& entry : entries_)
    if (entry.end > entry.local_offset) taken.push_back({entry.local_offset, entry.end});
  taken.insert(taken.end(), fragments_.begin(), fragments_.end());
  if (end_) {
    taken.push_back({end_->directory, end_->directory + end_->directory_length});
    taken.push_back({end_->offset, end_->offset + end_->length});
  }
  std::ranges::sort(taken, {}, &Span::from);
  std::vector<Span> gaps;
  std::uint64_t at = 0;
  for (const Span& span : taken) {
    if (span.from > at) gaps.push_back({at, span.from});
    at = std::max(at, span.to);
  }
  if (at < file_.size_bytes()) gaps.push_back({at, file_.size_bytes()});
  return gaps;
}

std::optional<std::uint64_t> ZipDirectory::next_header(std::uint64_t from, std::uint64_t to) {
  constexpr std::size_t kSignature = 4;
  for (std::uint64_t at = from; at + kZipLocalBytes <= to;) {
    beat_(at);
    const auto window = file_.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, to - at)));
    if (window.size() < kSignature) return std::nullopt;
    const std::string_view text = as_text(window);
    const std::size_t found = std::min(text.find("PK\3\4"), end_ ? std::string_view::npos : text.find("PK\1\2"));
    if (found != std::string_view::npos) return at + found;
    at += window.size() - (kSignature - 1);
    if (window.size() == to - at + (kSignature - 1)) return std::nullopt;
  }
  return std::nullopt;
}

bool ZipDirectory::is_central(std::uint64_t offset) {
  return le_at<std::uint32_t>(file_.read(offset, 4), 0) == kZipCentral;
}

void ZipDirectory::look_through(Span gap) {
  for (auto at = next_header(gap.from, gap.to); at && !too_many_; at = next_header(gap.from, gap.to)) {
    gap.from = *at + 1;
    if (is_central(*at)) {
      // What is left of a directory: it lists what was found already, and says whether that is a link or a folder.
      auto bytes = file_.read(*at, kLongestHeader);
      const auto header = read_zip_central(bytes);
      if (!header) continue;
      gap.from = *at + header->length;
      fragments_.push_back({*at, gap.from});
      // Without an end record the members were found in the order of the file.
      const auto known = std::ranges::lower_bound(entries_, header->local_offset, {}, &ZipEntry::local_offset);
      if (known != entries_.end() && known->local_offset == header->local_offset && known->name == header->name) {
        known->external = header->external;
        known->version_made = header->version_made;
      }
      continue;
    }
    auto entry = unlisted_at(*at, gap.to);
    if (!entry) continue;
    gap.from = entry->end;
    if (entries_.size() >= kMaxMembers)
      too_many_ = true;
    else
      entries_.push_back(std::move(*entry));
  }
}

// A member that begins here and ends before `to`.
std::optional<ZipEntry> ZipDirectory::unlisted_at(std::uint64_t offset, std::uint64_t to) {
  const auto local = local_at(offset);
  if (!local || local->name.empty() || local->method > kHighestMethod || local->length > to - offset)
    return std::nullopt;
  ZipEntry entry;
  entry.inode = entry.local_offset = offset;
  entry.packed = local->packed;
  entry.size = local->size;
  entry.crc32 = local->crc32;
  entry.flags = local->flags;
  entry.method = local->method;
  entry.dos_time = local->dos_time;
  entry.dos_date = local->dos_date;
  entry.aes_method = local->extras.aes_method.value_or(0);
  entry.name = local->name;
  if (local->extras.unicode_name) {
    const bool fits = unpack::crc32(0, as_bytes(local->name)) == local->extras.unicode_crc;
    fits ? void(entry.unicode_name = *local->extras.unicode_name) : void(entry.stale_unicode = true);
  }
  add_local(entry, nullptr);
  if (end_) entry.mark(ZipMark::kUnlisted);
  entry.has_data = true;
  const bool later = (entry.flags & kZipHasDescriptor) != 0 && entry.packed == 0;
  if (later && !find_data_end(entry, to)) return std::nullopt;
  if (!later && entry.packed > to - entry.data_offset) {
    if (to != file_.size_bytes() || end_) return std::nullopt;
    entry.mark(ZipMark::kTruncated);
    entry.packed = to - entry.data_offset;
  }
  entry.end = entry.data_offset + entry.packed;
  if ((entry.flags & kZipHasDescriptor) != 0)
    entry.end += zip_descriptor_length(file_.read(entry.end, kDescriptorRoom), entry.crc32, entry.packed, entry.size);
  return entry;
}

// The sizes stand behind data that says by itself where it ends.
bool ZipDirectory::find_data_end(ZipEntry& entry, std::uint64_t to) {
  const auto coding = zip_coding(entry.method);
  if (!coding || *coding == catalog::Coding::kPlain || *coding == catalog::Coding::kLzma || entry.encrypted())
    return false;
  const auto unpacker = unpack::make_unpacker(*coding, UINT64_MAX);
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  auto state = unpack::Unpacker::State::kMore;
  for (std::uint64_t at = entry.data_offset; at < to && state == unpack::Unpacker::State::kMore;) {
    beat_(at);
    const auto part = file_.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(1u << 16, to - at)));
    if (part.empty()) break;
    state = unpacker->feed(part, [&](Bytes bytes) {
      size += bytes.size();
      crc = unpack::crc32(crc, bytes);
      return true;
    });
    at += part.size();
  }
  entry.packed = unpacker->consumed();
  entry.size = size;
  entry.crc32 = crc;
  if (state == unpack::Unpacker::State::kEnd) {
    // What the descriptor says counts, so that a wrong CRC shows.
    const auto behind = file_.read(entry.data_offset + entry.packed, kDescriptorRoom);
    if (le_at<std::uint32_t>(behind, 0) == kZipDescriptor) entry.crc32 = le_at<std::uint32_t>(behind, 4).value_or(crc);
    return true;
  }
  if (state == unpack::Unpacker::State::kBroken || to != file_.size_bytes() || end_) return false;
  entry.mark(ZipMark::kTruncated);
  return true;
}

// Who begins inside another one; and who lies in bytes with more of them than are unpacked side by side.
void ZipDirectory::mark_overlaps() {
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> open;  // where they end
  std::stable_sort(entries_.begin(), entries_.end(), [](const ZipEntry& a, const ZipEntry& b) {
    return a.local_offset != b.local_offset ? a.local_offset < b.local_offset : a.inode < b.inode;
  });
  for (ZipEntry& entry : entries_) {
    if (entry.end <= entry.local_offset) continue;
    while (!open.empty() && open.top() <= entry.local_offset) open.pop();
    if (!open.empty()) entry.mark(ZipMark::kOverlap);
    if (open.size() >= kMaxSideBySide)
      entry.mark(ZipMark::kCrowded);
    else
      open.push(entry.end);
  }
}

std::optional<ZipEntry> ZipDirectory::entry_at(std::uint64_t inode) {
  if (!end_) end_ = find_zip_end(file_);
  const auto bytes = file_.read(inode, kLongestHeader);
  if (const auto central = read_zip_central(bytes)) return listed_entry(*central, inode);
  return unlisted_at(inode, file_.size_bytes());
}

}  // namespace limier::volume
