#include "volume/backup_manifest.h"

#include <array>
#include <limits>

#include "volume/binary_plist.h"
#include "volume/sqlite_table.h"

namespace limier::volume {

namespace {

using catalog::FileKind;

constexpr std::size_t kMaxEntries = 2u << 20;
constexpr std::size_t kMaxDomain = 1024, kMaxPath = 32u << 10;
constexpr std::uint32_t kTypeMask = 0170000, kFolderType = 0040000, kLinkType = 0120000, kFileType = 0100000;
constexpr std::int64_t kFlagFile = 1, kFlagFolder = 2, kFlagLink = 4;
constexpr std::size_t kMagicBytes = 6;  // of Manifest.mbdb

std::string file_id_of(const BackupEntry& entry) {
  Hasher hasher(DigestSet{.md5 = false, .sha1 = true, .sha256 = false});
  hasher.update(as_bytes(entry.stored_name()));
  return hex_digest(*hasher.finish().sha1);
}

FileKind kind_of_mode(std::uint32_t mode) {
  switch (mode & kTypeMask) {
    case kFolderType:
      return FileKind::kDir;
    case kLinkType:
      return FileKind::kLink;
    case 0:
    case kFileType:
      return FileKind::kFile;
    default:
      return FileKind::kDevice;
  }
}

bool is_mbdb(ByteSource& source) {
  std::array<std::uint8_t, kMagicBytes> magic{};
  return source.size_bytes() >= magic.size() && source.read(0, MutableBytes(magic)) &&
         as_text(magic) == std::string_view("mbdb\5\0", kMagicBytes);
}

std::optional<SqliteTable> table_of(ByteSource& source, const ManifestBeat& beat) {
  return SqliteTable::open(source, "Files", {"fileID", "domain", "relativePath", "flags", "file"}, beat);
}

// The object that an MBFile is archived as, by the keys of its members.
class MbFile {
 public:
  static std::optional<MbFile> open(Bytes archive) {
    const auto plist = BinaryPlist::open(archive);
    const auto top = plist ? plist->member(plist->top(), "$top") : std::nullopt;
    const auto root = top ? plist->member(*top, "root") : std::nullopt;
    const auto objects = root ? plist->member(plist->top(), "$objects") : std::nullopt;
    const auto number = objects ? plist->reference(*root) : std::nullopt;
    const auto file = number ? plist->item(*objects, *number) : std::nullopt;
    if (!file) return std::nullopt;
    return MbFile(*plist, *objects, *file);
  }

  [[nodiscard]] bool has(std::string_view key) const { return value(key).has_value(); }
  [[nodiscard]] std::uint64_t number(std::string_view key) const {
    const auto object = value(key);
    const auto found = object ? plist_.integer(*object) : std::nullopt;
    return found && *found > 0 ? static_cast<std::uint64_t>(*found) : 0;
  }
  [[nodiscard]] std::uint32_t small(std::string_view key) const {
    const std::uint64_t found = number(key);
    return found <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(found) : 0;
  }
  [[nodiscard]] catalog::Stamp time(std::string_view key) const {
    const auto object = value(key);
    return object ? plist_.time(*object) : catalog::Stamp{};
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    const auto object = value(key);
    return object ? plist_.text(*object).value_or("") : "";
  }

 private:
  MbFile(BinaryPlist plist, std::uint64_t objects, std::uint64_t file)
      : plist_(plist), objects_(objects), file_(file) {}

  // Of what refers to another object, that object. "$null" is none.
  [[nodiscard]] std::optional<std::uint64_t> value(std::string_view key) const {
    const auto own = plist_.member(file_, key);
    const auto number = own ? plist_.reference(*own) : std::nullopt;
    if (!number) return own;
    return *number == 0 ? std::nullopt : plist_.item(objects_, *number);
  }

  BinaryPlist plist_;
  std::uint64_t objects_, file_;
};

void take_mb_file(Bytes archive, std::int64_t flags, BackupEntry& entry) {
  const auto file = MbFile::open(archive);
  entry.described = file.has_value();
  if (file) {
    entry.mode = file->small("Mode");
    entry.uid = file->small("UserID");
    entry.gid = file->small("GroupID");
    entry.size_bytes = file->number("Size");
    entry.link_target = file->text("Target");
    entry.times.modified = file->time("LastModified");
    entry.times.changed = file->time("LastStatusChange");
    entry.times.created = file->time("Birth");
    entry.has_key = file->has("EncryptionKey");
  }
  entry.kind = flags == kFlagFile     ? FileKind::kFile
               : flags == kFlagFolder ? FileKind::kDir
               : flags == kFlagLink   ? FileKind::kLink
                                      : kind_of_mode(entry.mode);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

void read_rows(SqliteTable& table, BackupManifest& manifest) {
  table.each([&](const std::vector<SqliteCell>& cells) {
    if (manifest.entries.size() >= kMaxEntries) {
      manifest.too_many = true;
      return false;
    }
    BackupEntry entry;
    entry.file_id = lower(table.text(cells[0]));
    entry.domain = table.text(cells[1]);
    entry.path = table.text(cells[2]);
    if (entry.domain.empty() || entry.domain.size() > kMaxDomain || entry.path.size() > kMaxPath) {
      ++manifest.damaged;
      return true;
    }
    const std::string id = file_id_of(entry);
    entry.other_id = entry.file_id != id;
    if (entry.file_id.empty()) entry.file_id = id;
    const bool blob = cells[4].kind == SqliteCell::Kind::kBlob;
    take_mb_file(blob ? cells[4].bytes : Bytes(), cells[3].integer, entry);
    manifest.entries.push_back(std::move(entry));
    return true;
  });
  manifest.damaged += table.damaged();
}

// Records of Manifest.mbdb, one behind the other, big-endian.
class MbdbReader {
 public:
  MbdbReader(ByteSource& source, const ManifestBeat& beat) : source_(source), beat_(beat) {}

  void read(BackupManifest& manifest) {
    at_ = kMagicBytes;
    while (at_ < source_.size_bytes()) {
      beat_(at_);
      if (manifest.entries.size() >= kMaxEntries) {
        manifest.too_many = true;
        return;
      }
      BackupEntry entry;
      if (!take(entry)) {  // where the next one begins, nobody can tell
        ++manifest.damaged;
        return;
      }
      if (entry.domain.empty() || entry.domain.size() > kMaxDomain || entry.path.size() > kMaxPath) {
        ++manifest.damaged;
        continue;
      }
      entry.file_id = file_id_of(entry);
      manifest.entries.push_back(std::move(entry));
    }
  }

 private:
  static constexpr std::size_t kWindow = 64u << 10;
  static constexpr std::size_t kFixed = 40;  // between the texts and the properties

  std::optional<Bytes> bytes(std::size_t length) {
    if (length > source_.size_bytes() - at_) return std::nullopt;
    if (at_ < from_ || at_ + length > from_ + window_.size()) {
      from_ = at_;
      window_.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(std::max(kWindow, length), source_.size_bytes() - at_)));
      if (!source_.read(at_, MutableBytes(window_))) return std::nullopt;
    }
    const auto part = slice(window_, at_ - from_, length);
    at_ += length;
    return part;
  }

  // None: it is not all there. A length of all ones is that of a text that there is not.
  std::optional<std::string> text() {
    const auto length = bytes(2);
    if (!length) return std::nullopt;
    const std::uint16_t size = *be_at<std::uint16_t>(*length, 0);
    if (size == 0xffff) return std::string();
    const auto part = bytes(size);
    if (!part) return std::nullopt;
    return std::string(as_text(*part));
  }

  bool take(BackupEntry& entry) {
    auto domain = text(), path = domain ? text() : std::nullopt, target = path ? text() : std::nullopt;
    const auto digest = target ? text() : std::nullopt, key = digest ? text() : std::nullopt;
    const auto part = key ? bytes(kFixed) : std::nullopt;
    const auto block = part ? Block<kFixed>::at(*part, 0) : std::nullopt;
    if (!block) return false;
    entry.domain = std::move(*domain);
    entry.path = std::move(*path);
    entry.link_target = std::move(*target);
    entry.has_key = !key->empty();
    entry.mode = block->be<0, std::uint16_t>();
    entry.kind = kind_of_mode(entry.mode);
    entry.uid = block->be<10, std::uint32_t>();
    entry.gid = block->be<14, std::uint32_t>();
    entry.times.modified = catalog::utc_stamp(block->be<18, std::uint32_t>(), 0);
    entry.times.accessed = catalog::utc_stamp(block->be<22, std::uint32_t>(), 0);
    entry.times.changed = catalog::utc_stamp(block->be<26, std::uint32_t>(), 0);
    entry.size_bytes = block->be<30, std::uint64_t>();
    const std::uint8_t properties = block->be<39, std::uint8_t>();
    for (std::size_t i = 0; i < std::size_t{2} * properties; ++i)
      if (!text()) return false;
    return true;
  }

  ByteSource& source_;
  const ManifestBeat& beat_;
  std::uint64_t at_ = 0, from_ = 0;
  std::vector<std::uint8_t> window_;
};

}  // namespace

bool is_backup_manifest(ByteSource& source, const ManifestBeat& beat) {
  return is_mbdb(source) || table_of(source, beat).has_value();
}

std::optional<BackupManifest> read_backup_manifest(ByteSource& source, const ManifestBeat& beat) {
  BackupManifest manifest;
  if (is_mbdb(source)) {
    MbdbReader(source, beat).read(manifest);
    return manifest;
  }
  auto table = table_of(source, beat);
  if (!table) return std::nullopt;
  read_rows(*table, manifest);
  return manifest;
}

std::optional<bool> says_encrypted(Bytes plist) {
  constexpr std::string_view kKey = "<key>IsEncrypted</key>";
  if (const auto binary = BinaryPlist::open(plist)) {
    const auto value = binary->member(binary->top(), "IsEncrypted");
    return value ? binary->truth(*value) : std::nullopt;
  }
  std::string_view text = as_text(plist);
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kKey.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("<true")) return true;
  return text.starts_with("<false") ? std::optional(false) : std::nullopt;
}

std::optional<std::string> folder_of_domain(std::string_view domain) {
  // As Domains.plist of iOS has them (/System/Library/Backup).
  static constexpr std::array kWhole{
      std::pair{"HomeDomain", "mobile"},
      std::pair{"CameraRollDomain", "mobile"},
      std::pair{"MediaDomain", "mobile"},
      std::pair{"KeyboardDomain", "mobile"},
      std::pair{"HomeKitDomain", "mobile"},
      std::pair{"TonesDomain", "mobile"},
      std::pair{"HealthDomain", "mobile/Library"},
      std::pair{"BooksDomain", "mobile/Media/Books"},
      std::pair{"DatabaseDomain", "db"},
      std::pair{"InstallDomain", "installd"},
      std::pair{"KeychainDomain", "Keychains"},
      std::pair{"ManagedPreferencesDomain", "Managed Preferences"},
      std::pair{"MobileDeviceDomain", "MobileDevice"},
      std::pair{"NetworkDomain", "networkd"},
      std::pair{"ProtectedDomain", "protected"},
      std::pair{"RootDomain", "root"},
      std::pair{"SystemPreferencesDomain", "preferences"},
      std::pair{"WirelessDomain", "wireless"},
  };
  // Behind these stands whose container it is.
  static constexpr std::array kContainers{
      std::pair{"AppDomainGroup-", "mobile/Containers/Shared/AppGroup/"},
      std::pair{"AppDomainPlugin-", "mobile/Containers/Data/PluginKitPlugin/"},
      std::pair{"AppDomain-", "mobile/Containers/Data/Application/"},
      std::pair{"SysContainerDomain-", "containers/Data/System/"},
      std::pair{"SysSharedContainerDomain-", "containers/Shared/SystemGroup/"},
  };
  for (const auto& [name, folder] : kWhole)
    if (domain == name) return std::string("/private/var/") + folder;
  for (const auto& [prefix, folder] : kContainers)
    if (domain.starts_with(prefix) && domain.size() > std::string_view(prefix).size())
      return std::string("/private/var/") + folder + std::string(domain.substr(std::string_view(prefix).size()));
  return std::nullopt;
}

}  // namespace limier::volume
