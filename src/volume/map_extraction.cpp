// Evidence that is no disk: archives that tools for extracting phones write, and folders.
#include <fmt/format.h>

#include "volume/ad1_reader.h"
#include "volume/backup_reader.h"
#include "volume/folder_reader.h"
#include "volume/l01_reader.h"
#include "volume/member_map.h"
#include "volume/tar_reader.h"
#include "volume/zip_reader.h"

namespace limier::volume {

namespace {

catalog::VolumeRecord whole(const evidence::Image& image, std::string_view fs_type) {
  catalog::VolumeRecord record;
  record.volume_id = 1;
  record.scheme = "none";
  record.length = image.size_bytes();
  record.fs_type = std::string(fs_type);
  record.description = "files that were copied: nothing of the device's unallocated space is among them";
  return record;
}

}  // namespace

Status send_member_volume(const evidence::Image& image, const FsJob& job, std::string_view fs_type,
                          catalog::VolumeStatus status, const MemberPaths& paths, Sink& sink) {
  catalog::VolumeRecord record = whole(image, fs_type);
  if (!layout_name(paths.layout()).empty())
    record.description += fmt::format("; laid out as {}", layout_name(paths.layout()));
  record.status = status;
  if (const auto folder = paths.backup_folder()) return map_backup(image, job, *folder, record, sink);
  record.walkable = status != catalog::VolumeStatus::kEmpty;
  const std::string unread = paths.unread_kind();
  if (unread.empty()) return sink.volume(record);
  record.status = catalog::VolumeStatus::kUnsupported;
  record.fs_type = unread;
  record.walkable = false;
  LIMIER_CHECK(sink.volume(record));
  catalog::IssueRecord issue;
  issue.stage = "volume";
  issue.code = "extraction-unsupported";
  issue.volume_id = 1;
  issue.image_offset = 0;
  issue.length = record.length;
  issue.message =
      fmt::format("it holds an extraction of a kind that is not supported ({}): its files are not listed", unread);
  issue.incomplete = true;
  return sink.issue(issue);
}

Status send_encrypted_volume(const evidence::Image& image, std::string_view fs_type, std::string_view scheme,
                             std::string_view detail, Sink& sink) {
  catalog::VolumeRecord record = whole(image, fs_type);
  record.status = catalog::VolumeStatus::kEncrypted;
  record.encryption = std::string(scheme);
  LIMIER_CHECK(sink.volume(record));
  return sink.encryption({1, std::string(scheme), catalog::Certainty::kStructure, std::string(detail)});
}

Status map_extraction(const evidence::Image& image, const FsJob& job, Sink& sink) {
  sink.working_on(Stage::kMap, 0);
  switch (job.evidence.format) {
    case evidence::Format::kZip:
      return map_zip(image, job, sink);
    case evidence::Format::kFolder:
      return map_folder(image, job, sink);
    case evidence::Format::kTar:
    case evidence::Format::kTarGz:
    case evidence::Format::kTarXz:
    case evidence::Format::kTarZst:
    case evidence::Format::kTarBz2:
    case evidence::Format::kAndroidBackup:
      return map_tar(image, job, sink);
    case evidence::Format::kEwfL01:
      return map_l01(image, job, sink);
    case evidence::Format::kAd1:
      return map_ad1(image, job, sink);
    default:
      return Error{ErrorKind::kInternal, "no extraction that is known"};
  }
}

}  // namespace limier::volume
