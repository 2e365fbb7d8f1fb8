// Source of the structures: Apple TN1150: volume header, catalog, extents overflow and attributes file, hard links;
// attribute records as in Apple's open-source hfs_format.h.
#include "volume/hfs_files.h"

#include <algorithm>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kExtentsFile = 3, kCatalogFile = 4, kAttributesFile = 8;
constexpr std::uint8_t kDataFork = 0, kResourceFork = 0xFF;
constexpr std::uint16_t kFolderRecord = 1, kFileRecord = 2;
constexpr std::size_t kForkBytes = 80, kExtentsBytes = 64, kExtentsInRecord = 8;
constexpr std::uint32_t kInlineValue = 0x10, kForkValue = 0x20;
constexpr std::size_t kMaxChildren = 1u << 22;

std::uint32_t number_in(Bytes key) {
  return be_at<std::uint32_t>(key, 0).value_or(0);
}

// A file or folder record, without its forks.
std::optional<HfsFile> parse_record(const HfsItem& item) {
  const auto type = be_at<std::uint16_t>(item.value, 0);
  const auto head = Block<88>::at(item.value, 0);
  if (!head || (*type != kFolderRecord && *type != kFileRecord)) return std::nullopt;
  HfsFile file;
  file.parent = number_in(item.key);
  const auto units = be_at<std::uint16_t>(item.key, 4);
  const auto name = units ? slice(item.key, 6, std::uint64_t{*units} * 2) : std::nullopt;
  if (name) file.name = as_text(*name);
  file.folder = *type == kFolderRecord;
  file.number = head->be<8, std::uint32_t>();
  file.created = head->be<12, std::uint32_t>();
  file.modified = head->be<16, std::uint32_t>();
  file.changed = head->be<20, std::uint32_t>();
  file.accessed = head->be<24, std::uint32_t>();
  file.flags = head->be<41, std::uint8_t>() | std::uint32_t{head->be<40, std::uint8_t>()} << 16;
  file.mode = head->be<42, std::uint16_t>();
  file.link_number = head->be<44, std::uint32_t>();
  const auto kind = as_text(head->bytes<48, 8>());  // type and creator, of files alone
  file.link = !file.folder && (kind == "hlnkhfs+" || kind == "fdrpMACS");
  return file;
}

}  // namespace

std::string hfs_name_text(std::string_view utf16) {
  std::string out;
  Utf16Reader text(as_bytes(utf16), true);
  while (const auto code = text.next()) append_utf8(out, *code == '/' ? ':' : *code == 0 ? 0x2400 : *code);
  return out;
}

std::unique_ptr<HfsFiles> HfsFiles::open(WalkBase& walk) {
  std::unique_ptr<HfsFiles> files(new HfsFiles(walk));
  return files->open_trees() ? std::move(files) : nullptr;
}

bool HfsFiles::open_trees() {
  std::array<std::uint8_t, 512> bytes{};
  if (walk_.end - walk_.base < 1536 || walk_.read(walk_.base + 1024, bytes) != bytes.size()) return false;
  const auto head = Block<512>::at(bytes, 0);
  const std::uint16_t mark = head->be<0, std::uint16_t>();
  block_bytes_ = head->be<40, std::uint32_t>();
  const bool power = block_bytes_ >= 512 && (block_bytes_ & (block_bytes_ - 1)) == 0;
  if ((mark != 0x482B && mark != 0x4858) || !power) return false;  // "H+", "HX"
  overflow_ = HfsTree::open(walk_, fork_of(head->bytes<192, kForkBytes>(), kExtentsFile, kDataFork));
  catalog_ = HfsTree::open(walk_, fork_of(head->bytes<272, kForkBytes>(), kCatalogFile, kDataFork));
  declares_attributes_ = head->be<352, std::uint64_t>() != 0;
  attributes_ = HfsTree::open(walk_, fork_of(head->bytes<352, kForkBytes>(), kAttributesFile, kDataFork));
  return catalog_.has_value();
}

// Up to eight runs; false when one lies outside the volume.
bool HfsFiles::add_extents(Bytes extents, std::uint32_t blocks, Fork& fork, std::uint32_t& done) const {
  for (std::size_t i = 0; i < kExtentsInRecord && done < blocks; ++i) {
    const std::uint64_t start = be_at<std::uint32_t>(extents, 8 * i).value_or(0);
    const std::uint32_t count = std::min(be_at<std::uint32_t>(extents, 8 * i + 4).value_or(0), blocks - done);
    if (count == 0) break;
    const std::uint64_t first = start * block_bytes_, length = std::uint64_t{count} * block_bytes_;
    const std::uint64_t room = walk_.end - walk_.base;
    if (first > room || length > room - first) return false;
    fork.runs.push_back({std::uint64_t{done} * block_bytes_, walk_.base + first, length});
    done += count;
  }
  return true;
}

Fork HfsFiles::fork_of(Bytes data, std::uint32_t number, std::uint8_t kind) {
  Fork fork;
  const auto head = Block<kForkBytes>::at(data, 0);
  if (!head) return fork;
  fork.size_bytes = head->be<0, std::uint64_t>();
  const std::uint32_t blocks = head->be<12, std::uint32_t>();
  // Runs alone say where bytes are: HFS+ has no holes.
  fork.whole = fork.size_bytes <= std::uint64_t{blocks} * block_bytes_;
  fork.size_bytes = std::min(fork.size_bytes, kMaxStreamBytes);
  std::uint32_t done = 0;
  fork.outside = !add_extents(head->bytes<16, kExtentsBytes>(), blocks, fork, done);
  while (!fork.outside && done < blocks && overflow_ && fork.runs.size() < kMaxRuns) {
    // By number, then fork, then block.
    overflow_->seek([&](Bytes key) {
      const auto fields = Block<10>::at(key, 0);
      if (!fields) return false;
      return std::tuple(fields->be<2, std::uint32_t>(), fields->be<0, std::uint8_t>(), fields->be<6, std::uint32_t>()) <
             std::tuple(number, kind, done);
    });
    const auto item = overflow_->next();
    const auto key = item ? Block<10>::at(item->key, 0) : std::nullopt;
    const auto more = item ? slice(item->value, 0, kExtentsBytes) : std::nullopt;
    if (!key || !more || key->be<2, std::uint32_t>() != number || key->be<0, std::uint8_t>() != kind ||
        key->be<6, std::uint32_t>() != done)
      break;
    const std::uint32_t before = done;
    fork.outside = !add_extents(*more, blocks, fork, done);
    if (done == before) break;
  }
  const std::uint64_t covered = std::uint64_t{done} * block_bytes_;
  fork.whole = fork.whole && !fork.outside && covered >= fork.size_bytes;
  return fork;
}

void HfsFiles::find_all() {
  constexpr std::uint32_t kBeatEvery = 4096;
  found_all_ = true;
  catalog_->seek_first();
  for (std::uint64_t i = 0; auto item = catalog_->next(); ++i) {
    if (i % kBeatEvery == 0) walk_.sink.working_on(Stage::kInodes, i);
    const auto type = be_at<std::uint16_t>(item->value, 0).value_or(0);
    const auto number = be_at<std::uint32_t>(item->value, 8);
    if ((type == kFolderRecord || type == kFileRecord) && number) places_.push_back({*number, item->node, item->index});
  }
  std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.number < b.number; });
}

std::optional<HfsItem> HfsFiles::look_up(std::uint32_t number) {
  if (!found_all_) find_all();
  const auto place = std::lower_bound(places_.begin(), places_.end(), number,
                                      [](const Place& a, std::uint32_t wanted) { return a.number < wanted; });
  if (place == places_.end() || place->number != number) return std::nullopt;
  return catalog_->at(place->node, place->index);
}

std::optional<HfsFile> HfsFiles::file(std::uint32_t number) {
  const auto item = look_up(number);
  auto file = item ? parse_record(*item) : std::nullopt;
  if (!file || file->folder) return file;
  const auto forks = slice(item->value, 88, 2 * kForkBytes);
  if (!forks) return std::nullopt;
  file->data = fork_of(forks->first(kForkBytes), number, kDataFork);
  file->resource = fork_of(forks->last(kForkBytes), number, kResourceFork);
  return file;
}

void HfsFiles::read_attribute(const HfsItem& item, HfsAttribute& attribute) const {
  const auto type = be_at<std::uint32_t>(item.value, 0).value_or(0);
  Fork& value = attribute.value;
  if (type == kInlineValue) {
    attribute.resident = true;
    value.size_bytes = be_at<std::uint32_t>(item.value, 12).value_or(0);
    value.whole = slice(item.value, 16, value.size_bytes).has_value();
    if (!value.whole) return;
    // The node may lie in two runs of the file.
    value = part_of(attributes_->file(), item.fork_offset + 16, value.size_bytes);
  } else if (type == kForkValue) {
    const auto head = slice(item.value, 8, kForkBytes);
    value.whole = head.has_value();
    if (!head) return;
    value.size_bytes = std::min(be_at<std::uint64_t>(*head, 0).value_or(0), kMaxStreamBytes);
    std::uint32_t done = 0;
    value.outside = !add_extents(head->subspan(16), be_at<std::uint32_t>(*head, 12).value_or(0), value, done);
  }
}

std::vector<HfsAttribute> HfsFiles::attributes(std::uint32_t number) {
  std::vector<HfsAttribute> found;
  if (!attributes_) return found;
  attributes_->seek([&](Bytes key) { return be_at<std::uint32_t>(key, 2).value_or(0) < number; });
  std::uint32_t done = 0;  // blocks of the last one
  std::string last_name;
  while (const auto item = attributes_->next()) {
    const auto head = Block<12>::at(item->key, 0);
    if (!head || head->be<2, std::uint32_t>() != number || found.size() >= kMaxAttributes) break;
    const auto name = slice(item->key, 12, std::uint64_t{head->be<10, std::uint16_t>()} * 2);
    if (!name) continue;
    const std::uint32_t start = head->be<6, std::uint32_t>();
    if (start == 0) {
      found.emplace_back();
      last_name = as_text(*name);
      found.back().name = hfs_name_text(last_name);
      read_attribute(*item, found.back());
      done = 0;
      for (const ForkRun& run : found.back().value.runs) done += static_cast<std::uint32_t>(run.length / block_bytes_);
    } else if (!found.empty() && start == done && last_name == as_text(*name) && !found.back().resident) {
      const auto more = slice(item->value, 8, kExtentsBytes);
      Fork& value = found.back().value;
      value.outside = !more || !add_extents(*more, UINT32_MAX, value, done);
    }
  }
  for (HfsAttribute& attribute : found) {
    const auto& runs = attribute.value.runs;
    const std::uint64_t covered = runs.empty() ? 0 : runs.back().fork_offset + runs.back().length;
    attribute.value.whole = attribute.value.whole && !attribute.value.outside && covered >= attribute.value.size_bytes;
  }
  return found;
}

std::vector<HfsFile> HfsFiles::children(std::uint32_t folder) {
  std::vector<HfsFile> found;
  catalog_->seek([&](Bytes key) { return number_in(key) < folder; });
  while (found.size() < kMaxChildren) {
    const auto item = catalog_->next();
    if (!item || number_in(item->key) != folder) break;
    auto file = parse_record(*item);
    if (file) found.push_back(std::move(*file));
  }
  return found;
}

// They bear its number in their names, which mostly is that of their record too.
std::uint32_t HfsFiles::target_of(const HfsFile& link) {
  const auto item = look_up(link.link_number);
  const auto target = item ? parse_record(*item) : std::nullopt;
  if (!target) return link.number;
  const std::string name = hfs_name_text(target->name), number = std::to_string(link.link_number);
  return name == "iNode" + number || name == "dir_" + number ? target->number : link.number;
}

bool HfsFiles::each_file(const std::function<void(const HfsFile&)>& visit) {
  constexpr std::uint32_t kBeatEvery = 4096;
  catalog_->seek_first();
  for (std::uint64_t i = 0; auto item = catalog_->next(); ++i) {
    if (i % kBeatEvery == 0) walk_.sink.working_on(Stage::kReconcile, i);
    const auto file = parse_record(*item);
    if (file) visit(*file);
  }
  return !catalog_->damaged();
}

}  // namespace limier::volume
