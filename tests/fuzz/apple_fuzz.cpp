// Apple's compressions, and the trees of HFS+ and APFS read by limier itself. The first byte says which.
#include <cstdlib>

#include "fuzz/memory_image.h"
#include "volume/apfs_files.h"
#include "volume/decmpfs.h"
#include "volume/hfs_files.h"
#include "volume/lzfse.h"
#include "volume/lzvn.h"

namespace {

using namespace limier;
using Buffer = std::vector<std::uint8_t>;

constexpr std::size_t kMostOut = 1u << 18;

struct NoSink final : volume::Sink {
  Status volume(const catalog::VolumeRecord&) override { return ok_status(); }
  Status name(const catalog::NameRecord&) override { return ok_status(); }
  Status inode(const catalog::InodeRecord&) override { return ok_status(); }
  Status stream(const catalog::StreamRecord&) override { return ok_status(); }
  Status extent(const catalog::ExtentRecord&) override { return ok_status(); }
  Status blocks(const catalog::BlockRange&) override { return ok_status(); }
  Status issue(const catalog::IssueRecord&) override { return ok_status(); }
  Status encryption(const catalog::EncryptionRecord&) override { return ok_status(); }
  Status content(Bytes) override { return ok_status(); }
  void working_on(volume::Stage, std::uint64_t) override {}
  void expecting(std::uint64_t) override {}
  Status checkpoint(std::uint64_t) override { return ok_status(); }
  void advanced(std::uint64_t) override {}
};

// An attribute behind its length, then a fork.
void read_decmpfs(Bytes bytes) {
  const auto length = le_at<std::uint16_t>(bytes, 0);
  const auto attribute = length ? slice(bytes, 2, *length) : std::nullopt;
  if (!attribute) return;
  const Bytes resource = bytes.subspan(2 + attribute->size());
  const auto header = volume::parse_decmpfs(*attribute);
  if (!header || header->size_bytes > kMostOut) return;
  std::uint64_t out = 0;
  Status consumed = ok_status();
  const volume::ForkBytes fork{resource.size(), [&](std::uint64_t at, MutableBytes part) {
                                 const auto from = slice(resource, at, part.size());
                                 if (!from) std::abort();  // it asked for what is not there
                                 std::copy(from->begin(), from->end(), part.begin());
                                 return true;
                               }};
  const bool whole = volume::decode_decmpfs(
      *attribute, fork, [&](Bytes part) { return out += part.size(), ok_status(); }, consumed);
  if (whole && out != header->size_bytes) std::abort();
}

void check(const volume::Fork& fork, std::uint64_t media) {
  std::uint64_t end = 0;
  for (const auto& run : fork.runs) {
    if (run.fork_offset != end) std::abort();
    end += run.length;
    if (run.image_offset && (*run.image_offset > media || run.length > media - *run.image_offset)) std::abort();
  }
}

void read_volume(Bytes bytes, bool apfs) {
  const fuzz::MemoryImage image{bytes};
  volume::FsJob job;
  job.volume.length = bytes.size();
  NoSink sink;
  volume::OwnWalk walk(image, job, sink);
  if (apfs) {
    const auto files = volume::ApfsFiles::open(walk, 0, 4096);
    if (!files) return;
    (void)files->each_inode([](const volume::ApfsInode&) {});
    for (std::uint64_t number = 1; number < 24; ++number) {
      const auto file = files->file(number);
      if (!file) continue;
      check(files->content(file->inode.data_number, file->inode.size_bytes, 0, file->inode.sparse), bytes.size());
      for (const auto& one : file->attributes)
        check(files->content(one.data_number, one.size_bytes, 0, true), bytes.size());
    }
    return;
  }
  const auto files = volume::HfsFiles::open(walk);
  if (!files) return;
  (void)files->each_file([](const volume::HfsFile&) {});
  for (std::uint32_t number = 1; number < 24; ++number) {
    (void)files->children(number);
    for (const auto& one : files->attributes(number)) check(one.value, bytes.size());
    const auto file = files->file(number);
    if (!file) continue;
    check(file->data, bytes.size());
    check(file->resource, bytes.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes bytes(data + 1, size - 1);
  Buffer out(kMostOut);
  switch (data[0] % 5) {
    case 0:
      read_decmpfs(bytes);
      break;
    case 1:
      (void)volume::decode_lzfse(bytes, MutableBytes(out).first(std::min(out.size(), 4 * size)));
      break;
    case 2:
      (void)volume::decode_lzvn(bytes, MutableBytes(out).first(std::min(out.size(), 4 * size)));
      break;
    case 3:
      read_volume(bytes, false);
      break;
    default:
      read_volume(bytes, true);
      break;
  }
  return 0;
}
