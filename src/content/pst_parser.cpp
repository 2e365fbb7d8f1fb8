// Sources: libpff's header and documentation; [MS-PST] (the message store names the folders that have a purpose).
#include "content/pst_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "content/pst_item.h"

namespace limier::content {
namespace {

using catalog::Direction;
using catalog::ItemState;

constexpr std::size_t kMaxFolderDepth = 64;
constexpr std::size_t kMaxItems = 20'000'000;
// Of the message store: the entry of a folder ends in its number.
constexpr std::uint32_t kOutboxEntry = 0x35E2, kSentEntry = 0x35E4;

class Store {
 public:
  Store(libpff_file_t* file, PstItems& items, Rows& rows) : file_(file), items_(items), rows_(rows) {
    PffError error;
    libpff_item_t* store = nullptr;
    if (libpff_file_get_message_store(file_, &store, error.out()) != 1) return;
    const PffItem owned(store);
    const PffRecords records = pst_records(store);
    if (!records) return;
    for (const std::uint32_t property : {kOutboxEntry, kSentEntry}) {
      constexpr std::size_t kEntryBytes = 24;
      const std::string entry = pst_bytes(records.get(), property, kEntryBytes);
      if (const auto number = le_at<std::uint32_t>(as_bytes(entry), kEntryBytes - 4)) sent_.insert(*number);
    }
  }

  using Use = std::function<void(libpff_item_t* message, std::uint32_t id, Direction direction)>;

  // Every message of every folder, once.
  bool walk(const Use& use) {
    seen_.clear();
    unreadable_ = 0;
    PffError error;
    libpff_item_t* root = nullptr;
    if (libpff_file_get_root_folder(file_, &root, error.out()) != 1) return false;
    std::vector<Level> levels;
    enter(levels, PffItem(root), Direction::kUnknown, use);
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.next >= level.count) {
        levels.pop_back();
        continue;
      }
      libpff_item_t* raw = nullptr;
      if (libpff_folder_get_sub_folder(level.folder.get(), level.next++, &raw, error.out()) != 1) {
        ++unreadable_;
        continue;
      }
      PffItem folder(raw);
      if (levels.size() >= kMaxFolderDepth || !is_new(raw)) {
        ++unreadable_;
        continue;
      }
      enter(levels, std::move(folder), level.direction, use);
    }
    return true;
  }

  void deleted(const std::unordered_set<std::string>& live) {
    PffError error;
    int count = 0;
    if (libpff_file_get_number_of_orphan_items(file_, &count, error.out()) != 1) count = 0;
    for (int i = 0; i < count; ++i) {
      libpff_item_t* raw = nullptr;
      if (libpff_file_get_orphan_item_by_index(file_, i, &raw, error.out()) == 1)
        add_deleted(PffItem(raw), live, "orphan", i);
    }
    rows_.alive();
    if (libpff_file_recover_items(file_, 0, error.out()) != 1) {
      rows_.issue("pst-recovery-failed", "the store could not be searched for deleted items", true);
      return;
    }
    if (libpff_file_get_number_of_recovered_items(file_, &count, error.out()) != 1) count = 0;
    for (int i = 0; i < count; ++i) {
      libpff_item_t* raw = nullptr;
      if (libpff_file_get_recovered_item_by_index(file_, i, &raw, error.out()) == 1)
        add_deleted(PffItem(raw), live, "recovered", i);
    }
  }

  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  struct Level {
    PffItem folder;
    int count = 0, next = 0;
    Direction direction = Direction::kUnknown;
  };

  static std::uint32_t id_of(libpff_item_t* item) {
    PffError error;
    std::uint32_t id = 0;
    return libpff_item_get_identifier(item, &id, error.out()) == 1 ? id : 0;
  }
  // Folders that gather what lies in others show the same items again.
  bool is_new(libpff_item_t* item) { return seen_.size() < kMaxItems && seen_.insert(id_of(item)).second; }

  Direction direction_of(libpff_item_t* folder, Direction above) const {
    if (sent_.contains(id_of(folder))) return Direction::kOut;
    PffError error;
    size_t size = 0;
    constexpr size_t kMaxName = 4096;
    if (libpff_folder_get_utf8_name_size(folder, &size, error.out()) != 1 || size < 2 || size > kMaxName) return above;
    std::vector<std::uint8_t> name(size);
    if (libpff_folder_get_utf8_name(folder, name.data(), size, error.out()) != 1) return above;
    const Direction said = direction_of_folder(as_text(name).substr(0, size - 1));
    return said == Direction::kUnknown ? above : said;
  }

  void enter(std::vector<Level>& levels, PffItem folder, Direction above, const Use& use) {
    rows_.alive();
    PffError error;
    Level level;
    level.direction = direction_of(folder.get(), above);
    int messages = 0;
    if (libpff_folder_get_number_of_sub_messages(folder.get(), &messages, error.out()) != 1) messages = 0;
    for (int i = 0; i < messages; ++i) {
      libpff_item_t* raw = nullptr;
      if (libpff_folder_get_sub_message(folder.get(), i, &raw, error.out()) != 1) {
        ++unreadable_;
        continue;
      }
      const PffItem message(raw);
      rows_.alive();
      if (is_new(raw)) use(raw, id_of(raw), level.direction);
    }
    if (libpff_folder_get_number_of_sub_folders(folder.get(), &level.count, error.out()) != 1) level.count = 0;
    level.folder = std::move(folder);
    levels.push_back(std::move(level));
  }

  // What still stands in a folder is not deleted, whatever else is left of it.
  void add_deleted(PffItem item, const std::unordered_set<std::string>& live, const char* how, int number) {
    // Lists of what a folder holds begin like a message, and are none.
    constexpr std::uint32_t kType = 0x1F, kNormalMessage = 0x04;
    if ((id_of(item.get()) & kType) != kNormalMessage) return;
    const PffRecords records = pst_records(item.get());
    if (!records) return;
    const std::string key = PstItems::key_of(records.get());
    if (key.empty() || live.contains(key) || !told_.insert(key).second) return;
    items_.add(item.get(),
               {fmt::format("pst:{}={}:item={}", how, number + 1, id_of(item.get())), Direction::kUnknown, true});
  }

  libpff_file_t* file_;
  PstItems& items_;
  Rows& rows_;
  std::unordered_set<std::uint32_t> sent_, seen_;
  std::unordered_set<std::string> told_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace

Outcome PstParser::parse(const Source& source, Rows& rows) const {
  const auto file = PffFile::open(*source.main);
  if (!file)
    return {ItemState::kFailed, "not a store of Outlook that can be opened: damaged, or of a version not known"};
  const MailMaker maker{name(), version()};
  PstItems items(maker, charsets_, rows);
  Store store(file->get(), items, rows);
  std::unordered_set<std::string> live;
  const bool walked = store.walk([&](libpff_item_t* message, std::uint32_t, Direction) {
    const PffRecords records = pst_records(message);
    if (!records) return;
    items.threads().add(records.get());
    if (part_ == Part::kDeleted) live.insert(PstItems::key_of(records.get()));
  });
  if (!walked) return {ItemState::kFailed, "its folders could not be read"};
  if (part_ == Part::kDeleted)
    store.deleted(live);
  else
    store.walk([&](libpff_item_t* message, std::uint32_t id, Direction direction) {
      items.add(message, {fmt::format("pst:item={}", id), direction, false});
    });
  items.tell();
  PffError error;
  if (part_ == Part::kFolders && libpff_file_is_corrupted(file->get(), error.out()) == 1)
    rows.issue("pst-damaged", "the store is damaged: what could be read of it is shown", true);
  if (part_ == Part::kFolders && store.unreadable() > 0)
    rows.issue("pst-folder-unreadable", fmt::format("{} folders or messages could not be read", store.unreadable()),
               true);
  if (file->were_bytes_missing())
    rows.issue("mail-bytes-missing", "parts of the file are not there, or could not be read", true);
  return {};
}

}  // namespace limier::content
