// limier's own reader of FAT over the input as a volume: all parts of a walk, with every record as the supervisor would
// accept it.
#include <cstdlib>

#include "fuzz/memory_image.h"
#include "limier/volume.h"

namespace {

using namespace limier;

class CheckingSink final : public volume::Sink {
 public:
  explicit CheckingSink(std::uint64_t media_size) : media_size_(media_size) {}
  Status volume(const catalog::VolumeRecord&) override { std::abort(); }
  Status name(const catalog::NameRecord& record) override {
    if (record.name_id != names++) std::abort();
    return check(catalog::validate(record));
  }
  Status inode(const catalog::InodeRecord& record) override { return check(catalog::validate(record)); }
  Status stream(const catalog::StreamRecord& record) override { return check(catalog::validate(record)); }
  Status extent(const catalog::ExtentRecord& record) override { return check(catalog::validate(record, media_size_)); }
  Status blocks(const catalog::BlockRange& record) override { return check(catalog::validate(record, media_size_)); }
  Status issue(const catalog::IssueRecord& record) override { return check(catalog::validate(record)); }
  Status encryption(const catalog::EncryptionRecord&) override { std::abort(); }
  Status content(Bytes) override { return ok_status(); }
  void working_on(volume::Stage, std::uint64_t) override {}
  void expecting(std::uint64_t) override {}
  Status checkpoint(std::uint64_t) override { return ok_status(); }
  void advanced(std::uint64_t) override {}
  std::uint64_t names = 0;

 private:
  static Status check(bool valid) {
    if (!valid) std::abort();
    return ok_status();
  }
  std::uint64_t media_size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryImage image{Bytes(data, size)};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.volume.volume_id = 1;
  job.volume.length = size;
  job.volume.fs_type = "fat";
  CheckingSink sink(size);
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  job.stream = {1, 5, 0, 1, 0};
  static_cast<void>(volume::extract_stream(image, job, sink).ok());
  return 0;
}
