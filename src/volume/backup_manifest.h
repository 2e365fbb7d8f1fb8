// What the manifest of an iTunes or Finder backup says of the files of the phone. Private to the room.
//
// Sources: libimobiledevice's tools/idevicebackup2.c and the iPhone Wiki, "iTunes Backup" and "MBDB" (facts); the
// archives of MBFile are NSKeyedArchiver's. Apple documents none of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "limier/catalog.h"
#include "volume/byte_source.h"

namespace limier::volume {

struct BackupEntry {
  std::string domain, path;  // as stored
  std::string file_id;       // 40 digits: the name of its content in the backup
  std::string link_target;
  catalog::FileKind kind = catalog::FileKind::kFile;
  std::uint64_t size_bytes = 0;
  std::uint32_t mode = 0, uid = 0, gid = 0;
  catalog::FileTimes times;
  bool described = true;  // false: the manifest names it, and what it should say of it cannot be read
  bool has_key = false;   // its content is encrypted
  bool other_id = false;  // file_id is not the one that follows from its name

  // "HomeDomain-Library/SMS/sms.db", of which the digest is the file_id.
  [[nodiscard]] std::string stored_name() const { return domain + "-" + path; }
};

struct BackupManifest {
  std::vector<BackupEntry> entries;
  std::uint64_t damaged = 0;  // places where there was no sense in it
  bool too_many = false;
};

using ManifestBeat = std::function<void(std::uint64_t)>;

// Whether it is one: Manifest.db with a table of files, or a Manifest.mbdb. Cheap.
bool is_backup_manifest(ByteSource& source, const ManifestBeat& beat);
// In its order. None: it is no manifest.
std::optional<BackupManifest> read_backup_manifest(ByteSource& source, const ManifestBeat& beat);

// IsEncrypted of a Manifest.plist; none: it does not say.
std::optional<bool> says_encrypted(Bytes plist);

// Where files of a domain lay on the phone, "/private/var/mobile"; the identifier of an application or a group stands
// for the random name of its container. None: a domain that is not known.
std::optional<std::string> folder_of_domain(std::string_view domain);

}  // namespace limier::volume
