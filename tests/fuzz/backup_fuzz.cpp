// Backups by iTunes and Finder: a tar or zip that holds one, with every record as the supervisor would accept it; and
// manifests and property lists by themselves. The first byte says which.
#include "fuzz/checking_sink.h"
#include "fuzz/memory_image.h"
#include "volume/backup_manifest.h"
#include "volume/backup_reader.h"

using namespace limier;

namespace {

void walk(Bytes bytes, evidence::Format format) {
  const fuzz::MemoryImage image{bytes};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.evidence.format = format;
  job.volume.volume_id = 1;
  job.volume.length = bytes.size();
  job.volume.fs_type = std::string(volume::kBackupType);
  fuzz::CheckingSink sink(bytes.size());
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  for (const std::uint64_t inode : {std::uint64_t{1}, std::uint64_t{2}, volume::kUnnamedInodes + 1}) {
    job.stream = {1, inode, 0, 1, 0};
    static_cast<void>(volume::extract_stream(image, job, sink).ok());
  }
}

void manifest(Bytes bytes) {
  volume::MemorySource source(bytes);
  const auto beat = [](std::uint64_t) {};
  const bool is_one = volume::is_backup_manifest(source, beat);
  const auto read = volume::read_backup_manifest(source, beat);
  if (is_one != read.has_value()) std::abort();
  if (!read) return;
  for (const volume::BackupEntry& entry : read->entries) {
    if (entry.domain.empty() || entry.file_id.empty()) std::abort();
    const auto folder = volume::folder_of_domain(entry.domain);
    if (folder && !folder->starts_with("/private/var/")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      walk(bytes, evidence::Format::kTar);
      break;
    case 1:
      walk(bytes, evidence::Format::kZip);
      break;
    case 2:
      manifest(bytes);
      break;
    default:
      static_cast<void>(volume::says_encrypted(bytes));
  }
  return 0;
}
