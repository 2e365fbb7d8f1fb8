#include "volume/backup_reader.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "volume/backup_manifest.h"
#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_tree.h"
#include "volume/sqlite_log.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kStream = 1;
constexpr std::size_t kIdDigits = 40;
constexpr std::uint64_t kMaxManifest = 768u << 20;  // of one that has to be unpacked; the jail has 2 GiB
constexpr std::uint64_t kMaxLog = 64u << 20;
constexpr std::uint64_t kMaxPlist = 16u << 20;
// So many entries may name one content: of an honest manifest each names its own.
constexpr std::uint32_t kMaxSharers = 32;
constexpr std::array<std::string_view, 8> kOwnFiles{"Info.plist",      "Manifest.db",   "Manifest.db-shm",
                                                    "Manifest.db-wal", "Manifest.mbdb", "Manifest.mbdx",
                                                    "Manifest.plist",  "Status.plist"};

// Bytes of a member that lie on the media as they are, in extents.
class PlacedSource final : public ByteSource {
 public:
  PlacedSource(WalkBase& walk, StreamPlan plan) : walk_(walk), plan_(std::move(plan)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return plan_.record.size_bytes; }
  bool read(std::uint64_t offset, MutableBytes out) override {
    std::ranges::fill(out, std::uint8_t{0});  // holes
    if (offset > size_bytes() || out.size() > size_bytes() - offset) return false;
    const std::uint64_t end = offset + out.size();
    for (const catalog::ExtentRecord& extent : plan_.extents) {
      const std::uint64_t from = std::max(offset, extent.file_offset);
      const std::uint64_t to = std::min(end, extent.file_offset + extent.length);
      if (from >= to || !extent.image_offset) continue;
      const MutableBytes part =
          out.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from));
      if (walk_.read(*extent.image_offset + (from - extent.file_offset), part) != part.size()) return false;
    }
    return true;
  }

 private:
  WalkBase& walk_;
  StreamPlan plan_;
};

// Those of one that is packed, unpacked.
class UnpackedSource final : public ByteSource {
 public:
  explicit UnpackedSource(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)), source_(Bytes(bytes_)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return source_.size_bytes(); }
  bool read(std::uint64_t offset, MutableBytes out) override { return source_.read(offset, out); }

 private:
  std::vector<std::uint8_t> bytes_;
  MemorySource source_;
};

bool is_file_id(std::string_view name) {
  return name.size() == kIdDigits && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Without slashes that say nothing.
std::string joined(std::string folder, std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) folder.append("/").append(path.substr(at, end - at));
    at = end + 1;
  }
  return folder;
}

// The members of an archive as the parts of a backup.
class BackupMembers {
 public:
  BackupMembers(WalkBase& walk, MemberReader& reader) : walk_(walk), reader_(reader), members_(reader.members()) {}

  // False: it has no folder of a backup any more.
  bool find() {
    MemberPaths paths;
    for (const Member& member : members_) paths.look_at(member.name, member.kind == FileKind::kDir);
    const auto folder = paths.backup_folder();
    if (folder) use(*folder);
    return folder.has_value();
  }
  void use(const std::string& folder) { folder_ = folder; }

  [[nodiscard]] const std::vector<Member>& all() const { return members_; }
  // Of a member, seen from the folder of the backup; all of its name where it lies elsewhere.
  [[nodiscard]] std::string_view name_of(const Member& member) const {
    std::string_view name = member.name;
    if (name.starts_with('/')) name.remove_prefix(1);
    if (folder_.empty()) return name;
    const bool inside = name.size() > folder_.size() && name.starts_with(folder_) && name[folder_.size()] == '/';
    return inside ? name.substr(folder_.size() + 1) : name;
  }
  [[nodiscard]] const Member* file(std::string_view name) const {
    const auto at = std::ranges::find_if(
        members_, [&](const Member& member) { return member.kind == FileKind::kFile && name_of(member) == name; });
    return at == members_.end() ? nullptr : &*at;
  }

  // Null: it is not there, or cannot be read.
  std::unique_ptr<ByteSource> open(const Member* member, std::uint64_t most_unpacked) {
    if (member == nullptr) return nullptr;
    auto plan = reader_.plan_as(member->inode, kUnnamedInodes, false);
    if (!plan || plan->record.source != ContentSource::kExtents) return nullptr;
    if (plan->record.packing.coding == catalog::Coding::kPlain)
      return std::make_unique<PlacedSource>(walk_, std::move(*plan));
    if (plan->record.size_bytes > most_unpacked) return nullptr;
    std::vector<std::uint8_t> bytes;
    bytes.reserve(static_cast<std::size_t>(plan->record.size_bytes));  // doubling it would not fit into the jail
    Status consumed = ok_status();
    const auto take = [&](Bytes part) {
      bytes.insert(bytes.end(), part.begin(), part.end());
      return ok_status();
    };
    if (!reader_.read(*plan, take, consumed)) return nullptr;
    return std::make_unique<UnpackedSource>(std::move(bytes));
  }
  // As its application saw it, with what its log holds.
  std::unique_ptr<ByteSource> open_manifest() {
    const Member* database = file("Manifest.db");
    if (database == nullptr) return open(file("Manifest.mbdb"), kMaxManifest);
    auto source = open(database, kMaxManifest);
    const auto beat = [this](std::uint64_t item) { walk_.sink.working_on(stage_of(walk_.job), item); };
    auto logged = LoggedSource::open(source, open(file("Manifest.db-wal"), kMaxLog), beat);
    has_log_ = logged != nullptr;
    if (has_log_) return logged;
    return source;
  }
  [[nodiscard]] bool has_log() const { return has_log_; }
  std::optional<bool> encrypted() {
    const auto source = open(file("Manifest.plist"), kMaxPlist);
    if (!source || source->size_bytes() > kMaxPlist) return std::nullopt;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source->size_bytes()));
    return source->read(0, MutableBytes(bytes)) ? says_encrypted(bytes) : std::nullopt;
  }

 private:
  WalkBase& walk_;
  MemberReader& reader_;
  std::vector<Member> members_;
  std::string folder_;
  bool has_log_ = false;
};

class BackupReader final : public OwnReader {
 public:
  explicit BackupReader(WalkBase& walk) : walk_(walk), inner_(make_member_reader(walk)), issues_(walk) {}

  Result<std::vector<std::uint64_t>> names() override {
    LIMIER_CHECK(load());
    MemberTree tree(walk_);
    const auto& entries = manifest_.entries;
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].kind == FileKind::kDir) tree.folder(path_of(entries[i]), i + 1, entries[i].stored_name());
    LIMIER_CHECK(tree.send_root());
    MemberAlikes alikes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const BackupEntry& entry = entries[i];
      walk_.sink.working_on(stage_of(walk_.job), i);
      const std::string path = path_of(entry), stored = entry.stored_name();
      LIMIER_CHECK(tree.send(path, i + 1, entry.kind, stored));
      NameMarks marks = marks_of_name(stored);
      if (!is_valid_utf8(stored)) marks |= mark_of(NameMark::kNotUtf8);
      issues_.add_names(i + 1, marks);
      // Several domains have one folder: that a folder is named by each says nothing.
      if (entry.kind == FileKind::kDir) continue;
      alikes.add(path, i + 1);
      if (entry.kind == FileKind::kLink) alikes.add_link(path, i + 1, entry.link_target);
    }
    const auto& members = members_->all();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].kind == FileKind::kDir || users_[i] > 0) continue;
      const std::string_view name = members_->name_of(members[i]);
      const std::string_view stored = is_file_id(name_in(name)) ? name_in(name) : std::string_view(members[i].name);
      LIMIER_CHECK(
          tree.send(joined(std::string(kBackupFolder), name), kUnnamedInodes + i, kind_of_unnamed(members[i]), stored));
    }
    alikes.report(issues_);
    if (tree.too_deep() > 0)
      LIMIER_CHECK(walk_.issue(
          "path-too-long", Severity::kWarning, std::nullopt,
          fmt::format("{} members are not listed: their paths are longer than limier goes", tree.too_deep()), true));
    return tree.take_inodes();
  }

  std::optional<Described> describe(std::uint64_t inode) override {
    if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
    if (!load().ok()) return std::nullopt;
    if (inode >= kUnnamedInodes) return describe_unnamed(inode);
    if (inode == 0 || inode > manifest_.entries.size()) return std::nullopt;
    return describe_entry(inode);
  }

  Status blocks() override { return inner_->blocks(); }

  Status report() override {
    LIMIER_CHECK(load());
    LIMIER_CHECK(issues_.report());
    LIMIER_CHECK(inner_->report());
    if (manifest_.damaged > 0)
      LIMIER_CHECK(walk_.issue(
          "manifest-damaged", Severity::kWarning, std::nullopt,
          fmt::format("the manifest of the backup makes no sense in {} places: files may be missing from the list",
                      manifest_.damaged),
          true));
    if (manifest_.too_many)
      LIMIER_CHECK(walk_.issue(
          "listing-may-be-incomplete", Severity::kWarning, std::nullopt,
          fmt::format("the archive has more than {} members: the others are not listed", manifest_.entries.size()),
          true));
    if (members_->has_log())
      LIMIER_CHECK(walk_.issue("manifest-log", Severity::kInfo, std::nullopt,
                               "a log of changes lies beside the manifest of the backup: its committed pages count",
                               false));
    return ok_status();
  }

  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override {
    return inner_->read(plan, consume, consumed);
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  Status load() {
    if (members_) return ok_status();
    auto members = std::make_unique<BackupMembers>(walk_, *inner_);
    const bool found = members->find();
    const auto source = found ? members->open_manifest() : nullptr;
    auto manifest = source ? read_backup_manifest(*source, [this](std::uint64_t item) { beat(item); }) : std::nullopt;
    if (!manifest) return Error{ErrorKind::kEvidence, "the manifest of the backup cannot be read"};
    manifest_ = std::move(*manifest);
    members_ = std::move(members);
    place();
    return ok_status();
  }

  void beat(std::uint64_t item) { walk_.sink.working_on(stage_of(walk_.job), item); }

  // Which member is the content of which entry.
  void place() {
    std::unordered_map<std::string, std::size_t> by_id;
    const auto& members = members_->all();
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string_view name = members_->name_of(members[i]), last = name_in(name);
      if (members[i].kind != FileKind::kFile || !is_file_id(last)) continue;
      std::string id(last);
      for (char& c : id)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
      const std::string_view folder = name.substr(0, name.size() - last.size());
      // In a folder of the first two digits, before iOS 10 beside the manifest. Of several the last counts, as if they
      // had been unpacked.
      if (folder.empty() || (folder.size() == 3 && last.starts_with(folder.substr(0, 2)))) by_id[std::move(id)] = i;
    }
    users_.assign(members.size(), 0);
    places_.assign(manifest_.entries.size(), kNone);
    turns_.assign(manifest_.entries.size(), 0);
    for (std::size_t i = 0; i < manifest_.entries.size(); ++i) {
      const BackupEntry& entry = manifest_.entries[i];
      const auto at = entry.kind == FileKind::kFile ? by_id.find(entry.file_id) : by_id.end();
      if (at == by_id.end()) continue;
      places_[i] = at->second;
      turns_[i] = ++users_[at->second];
    }
  }

  static std::string path_of(const BackupEntry& entry) {
    if (auto folder = folder_of_domain(entry.domain)) return joined(std::move(*folder), entry.path);
    return joined(joined(std::string(kBackupFolder), entry.domain), entry.path);
  }

  [[nodiscard]] bool is_own(const Member& member) const {
    return std::ranges::find(kOwnFiles, members_->name_of(member)) != kOwnFiles.end();
  }
  // The manifest is to a backup what its structures are to a file system; Info.plist tells of the phone.
  [[nodiscard]] FileKind kind_of_unnamed(const Member& member) const {
    return is_own(member) && members_->name_of(member) != "Info.plist" ? FileKind::kVirtual : member.kind;
  }

  std::optional<Described> describe_unnamed(std::uint64_t inode) {
    const std::uint64_t at = inode - kUnnamedInodes;
    if (at >= members_->all().size()) return std::nullopt;
    const Member& member = members_->all()[static_cast<std::size_t>(at)];
    Described described;
    catalog::InodeRecord& record = described.inode;
    record.volume_id = walk_.volume_id();
    record.inode = inode;
    record.kind = kind_of_unnamed(member);
    record.link_count = 1;
    if (auto plan = inner_->plan_as(member.inode, inode, true)) {
      record.size_bytes = plan->record.size_bytes;
      described.streams.push_back(std::move(*plan));
    }
    if (!is_own(member))
      issues_.add("unlisted-file", Severity::kWarning, inode, "the manifest of the backup does not name it", false);
    return described;
  }

  std::optional<Described> describe_entry(std::uint64_t inode) {
    const auto at = static_cast<std::size_t>(inode - 1);
    const BackupEntry& entry = manifest_.entries[at];
    Described described;
    catalog::InodeRecord& record = described.inode;
    record.volume_id = walk_.volume_id();
    record.inode = inode;
    record.kind = entry.kind;
    record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
    record.mode = entry.mode;
    record.uid = entry.uid;
    record.gid = entry.gid;
    record.link_count = 1;
    record.times = entry.times;
    record.link_target = entry.link_target.substr(0, kMaxLinkBytes);
    if (!entry.described)
      issues_.add("manifest-entry", Severity::kWarning, inode,
                  "what the manifest of the backup says of it cannot be read: its times, mode and size are missing",
                  false);
    if (entry.other_id)
      issues_.add("file-id-mismatch", Severity::kWarning, inode,
                  "the manifest gives it a name in the backup that does not follow from its domain and path", false);
    if (!folder_of_domain(entry.domain))
      issues_.add("unknown-domain", Severity::kInfo, inode, "where its domain lies on the phone is not known", false);
    if (entry.kind == FileKind::kDir) return described;
    StreamPlan plan = plan_of(entry, at);
    if (places_[at] != kNone) record.size_bytes = plan.record.size_bytes;
    described.streams.push_back(std::move(plan));
    return described;
  }

  StreamPlan plan_of(const BackupEntry& entry, std::size_t at) {
    const std::uint64_t inode = at + 1;
    StreamPlan plan;
    plan.record.ref = {walk_.volume_id(), inode, 0, kStream, 0};
    plan.record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
    plan.record.source = ContentSource::kNone;
    if (entry.kind != FileKind::kFile) return plan;
    if (places_[at] == kNone) {
      const bool empty = entry.size_bytes == 0 && entry.described;
      plan.record.source = empty ? ContentSource::kEmpty : ContentSource::kUnreadable;
      issues_.add("missing-file", Severity::kWarning, inode,
                  "the manifest of the backup names it, and its content is not there", false);
      return plan;
    }
    const Member& member = members_->all()[places_[at]];
    auto found = inner_->plan_as(member.inode, inode, true);
    if (!found) return plan;
    plan = std::move(*found);
    if (turns_[at] > kMaxSharers) {
      plan.extents.clear();
      plan.record.packing = {};
      plan.record.data_piece_count = 0;
      plan.record.source = ContentSource::kNotRead;
      plan.record.reason = "one of too many entries with the same content";
      issues_.add("overlap", Severity::kWarning, inode,
                  "so many entries of the manifest name the same content that this one is not read", false);
    } else if (entry.has_key) {
      plan.record.packing = {};
      plan.record.data_piece_count = 0;
      plan.record.source = ContentSource::kEncrypted;
      for (catalog::ExtentRecord& extent : plan.extents) extent.kind = ExtentKind::kEncrypted, extent.piece = 0;
      issues_.add("encrypted", Severity::kWarning, inode,
                  "the manifest of the backup has a key for it: it is encrypted", false);
    } else if (entry.described && entry.size_bytes != plan.record.size_bytes) {
      issues_.add("size-mismatch", Severity::kWarning, inode,
                  fmt::format("the manifest of the backup says that it has {} bytes; there are {}", entry.size_bytes,
                              plan.record.size_bytes),
                  entry.size_bytes > plan.record.size_bytes);
    }
    return plan;
  }

  WalkBase& walk_;
  std::unique_ptr<MemberReader> inner_;
  MemberIssues issues_;
  BackupManifest manifest_;
  std::unique_ptr<BackupMembers> members_;  // null: nothing is loaded
  std::vector<std::uint32_t> users_;        // of each member: entries that it is the content of
  std::vector<std::size_t> places_;         // of each entry: its member, or kNone
  std::vector<std::uint32_t> turns_;        // of each entry: the turn it is of its member
};

}  // namespace

std::unique_ptr<OwnReader> make_backup_reader(WalkBase& walk) {
  return std::make_unique<BackupReader>(walk);
}

Status map_backup(const evidence::Image& image, const FsJob& job, const std::string& folder,
                  catalog::VolumeRecord record, Sink& sink) {
  FsJob whole = job;
  whole.volume = record;
  OwnWalk walk(image, whole, sink);
  const auto reader = make_member_reader(walk);
  BackupMembers members(walk, *reader);
  members.use(folder);
  if (members.encrypted().value_or(false))
    return send_encrypted_volume(image, kBackupType, "iTunes backup",
                                 "Manifest.plist says that the backup is encrypted", sink);
  record.walkable = true;
  const auto source = members.open_manifest();
  if (source && is_backup_manifest(*source, [&](std::uint64_t) { sink.working_on(Stage::kMap, 0); })) {
    record.fs_type = std::string(kBackupType);
    record.description += "; a backup by iTunes or Finder";
    return sink.volume(record);
  }
  LIMIER_CHECK(sink.volume(record));
  catalog::IssueRecord issue;
  issue.stage = "volume";
  issue.code = "manifest-unreadable";
  issue.volume_id = record.volume_id;
  issue.image_offset = 0;
  issue.length = record.length;
  issue.message =
      "the manifest of the backup cannot be read: its files are listed as they lie in the backup, and where they lay "
      "on the phone is not known";
  issue.incomplete = true;
  return sink.issue(issue);
}

}  // namespace limier::volume
