#include "volume/tsk_image.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "volume/ntfs_boot.h"
#include "volume/ufs_super.h"

namespace limier::volume {

namespace {

// A handle is reopened at most this often after exceptions; a volume that throws more is damaged beyond use.
constexpr TSK_DADDR_T kMostBlocks = TSK_DADDR_T{1} << 53;  // a hole may have, so that its bytes can be counted
constexpr std::uint32_t kMaxReopens = 256;

void close_callback(TSK_IMG_INFO* info) noexcept {
  std::free(info);
}
void stat_callback(TSK_IMG_INFO*, FILE*) noexcept {}

}  // namespace

std::string take_tsk_error() {
  const char* text = tsk_error_get();
  std::string message = text != nullptr ? std::string(text, ::strnlen(text, 1024)) : std::string();
  tsk_error_reset();
  message.resize(std::min(message.find('\n'), message.size()));
  return message;
}

Result<std::unique_ptr<TskImage>> TskImage::open(const evidence::Image& image, std::uint32_t sector_size,
                                                 std::uint64_t cache_bytes) {
  auto self = std::unique_ptr<TskImage>(new TskImage(std::make_unique<DamageLog>()));
  self->lines_ = std::make_unique<LineCache>(image, *self->damage_, cache_bytes);
  // As tsk_img_open_external does it. Calling that would link every container format libtsk knows, and with them
  // libraries for networks and ciphers.
  auto* external = static_cast<ExternalImage*>(std::calloc(1, sizeof(ExternalImage)));
  if (external == nullptr) return Error{ErrorKind::kTemporary, "not enough memory to open the image"};
  external->lines = self->lines_.get();
  external->info.tag = TSK_IMG_INFO_TAG;
  external->info.itype = TSK_IMG_TYPE_EXTERNAL;
  external->info.size = static_cast<TSK_OFF_T>(image.size_bytes());
  external->info.sector_size = sector_size;
  external->info.read = read_callback;
  external->info.close = close_callback;
  external->info.imgstat = stat_callback;
  self->info_ = &external->info;
  return self;
}

TskImage::~TskImage() {
  if (info_ != nullptr) close_callback(info_);
}

void TskImage::abandon() {
  info_ = nullptr;
  static_cast<void>(lines_.release());
  static_cast<void>(overlay_.release());
  static_cast<void>(damage_.release());
  damage_ = std::make_unique<DamageLog>();
}

void TskImage::help_to_open(const evidence::Image& image, std::uint64_t image_offset) {
  auto overlay = ntfs_boot_for_libtsk(image, image_offset);
  if (!overlay) overlay = ufs_super_for_libtsk(image, image_offset);
  overlay_ = overlay ? std::make_unique<Overlay>(std::move(*overlay)) : nullptr;
  const std::uint64_t shown = overlay_ ? overlay_->image_offset + overlay_->bytes.size() : 0;
  info_->size = static_cast<TSK_OFF_T>(std::max(image.size_bytes(), shown));
  reinterpret_cast<ExternalImage*>(info_)->overlay = overlay_.get();
}

void TskImage::opened() {
  if (!overlay_ || !overlay_->while_opening) return;
  reinterpret_cast<ExternalImage*>(info_)->overlay = nullptr;
  info_->size = static_cast<TSK_OFF_T>(lines_->image_bytes());
}

Result<std::unique_ptr<FsSession>> FsSession::open(const evidence::Image& image, const catalog::VolumeRecord& volume) {
  auto session = std::unique_ptr<FsSession>(new FsSession(image, volume));
  LIMIER_CHECK(session->open_handles());
  return session;
}

Status FsSession::open_handles() {
  // A sector size that libtsk refuses would lose the volume; every file system it reads works with 512.
  const std::uint32_t sector_size = evidence_.sector_size() % 512 == 0 ? evidence_.sector_size() : 512;
  // What is given up after an exception stays in memory, so only the first handle gets the whole budget.
  const std::uint64_t cache_bytes = exceptions_ == 0 ? evidence_.callers_cache_bytes() : 0;
  LIMIER_TRY(image_, TskImage::open(evidence_, sector_size, cache_bytes));
  const auto offset = static_cast<TSK_OFF_T>(volume_.image_offset);
  bool threw = false;
  if (volume_.pool_block != 0) {
    const auto pool = guarded([&] { return tsk_pool_open_img_sing(image_->get(), offset, TSK_POOL_TYPE_APFS); });
    threw = !pool;
    pool_ = pool.value_or(nullptr);
    if (pool_ != nullptr) {
      // The pool gives an image of its own that stands for one volume; there is no exported call for both steps
      // in 4.11.
      const auto fs = guarded([&]() -> TSK_FS_INFO* {
        pool_image_ = pool_->get_img_info(pool_, volume_.pool_block);
        return pool_image_ != nullptr ? tsk_fs_open_img(pool_image_, offset, TSK_FS_TYPE_APFS) : nullptr;
      });
      threw = !fs;
      fs_ = fs.value_or(nullptr);
    }
  } else {
    const auto type = static_cast<TSK_FS_TYPE_ENUM>(volume_.tsk_fs_type);
    image_->help_to_open(evidence_, volume_.image_offset);
    const auto fs = guarded([&] { return tsk_fs_open_img(image_->get(), offset, type); });
    threw = !fs;
    fs_ = fs.value_or(nullptr);
  }
  if (fs_ != nullptr) {
    image_->opened();
    sieve_ = std::make_unique<InodeSieve>(fs_);
    return ok_status();
  }
  const std::string reason = take_tsk_error();
  if (threw) abandon();
  return Error{ErrorKind::kEvidence,
               fmt::format("the file system at byte {} cannot be opened: {}", volume_.image_offset, reason)};
}

void FsSession::abandon() {
  if (image_) image_->abandon();
  pool_image_ = nullptr;
  pool_ = nullptr;
  sieve_.reset();
  fs_ = nullptr;
}

std::optional<TSK_FS_FILE*> FsSession::open_inode(TSK_FS_FILE* again, std::uint64_t inode) {
  return call([&](TSK_FS_INFO* fs) {
    TSK_FS_FILE* file = tsk_fs_file_open_meta(fs, again, inode);
    if (file != nullptr || TSK_FS_TYPE_ISNTFS(fs->ftype) == 0 || tsk_error_get_errno() != TSK_ERR_FS_INODE_COR)
      return file;
    // Runs with clusters are held against the last block instead, which stays what it is.
    const TSK_DADDR_T blocks = fs->block_count;
    fs->block_count = kMostBlocks;
    file = tsk_fs_file_open_meta(fs, again, inode);
    fs->block_count = blocks;
    return file;
  });
}

void FsSession::replace() {
  abandon();
  if (++exceptions_ > kMaxReopens) return;
  static_cast<void>(open_handles().ok());
}

FsSession::~FsSession() {
  if (fs_ != nullptr) static_cast<void>(guarded([&] { return tsk_fs_close(fs_), true; }));
  if (pool_ != nullptr) static_cast<void>(guarded([&] { return tsk_pool_close(pool_), true; }));
  if (pool_image_ != nullptr) static_cast<void>(guarded([&] { return pool_image_->close(pool_image_), true; }));
}

}  // namespace limier::volume
