// evidence::Image as libtsk sees it, and libtsk's handles as values.
//
// libtsk's APFS code throws C++ exceptions through its C interface and may hold its locks while it does. So every call
// that can touch evidence goes through a guard, and a handle that threw is given up: never used, never freed.
#pragma once

#include <memory>
#include <string>

#include "limier/catalog.h"
#include "limier/evidence.h"
#include "limier/volume.h"
#include "volume/inode_sieve.h"
#include "volume/tsk.h"
#include "volume/tsk_read.h"

namespace limier::volume {

// The error text of the last libtsk call of this thread; reading it clears it.
std::string take_tsk_error();

class TskImage {
 public:
  // `cache_bytes`: more than the little that is kept anyway.
  static Result<std::unique_ptr<TskImage>> open(const evidence::Image& image, std::uint32_t sector_size,
                                                std::uint64_t cache_bytes = 0);
  ~TskImage();
  TskImage(const TskImage&) = delete;
  TskImage& operator=(const TskImage&) = delete;
  TSK_IMG_INFO* get() { return info_; }
  DamageLog& damage() { return *damage_; }
  LineCache& lines() { return *lines_; }
  void abandon();  // after an exception: whatever libtsk still refers to stays alive until the process ends
  // Before a file system at this place is opened: shows libtsk what it would refuse in words that it understands.
  void help_to_open(const evidence::Image& image, std::uint64_t image_offset);
  // It is open.
  void opened();

 private:
  explicit TskImage(std::unique_ptr<DamageLog> damage) : damage_(std::move(damage)) {}
  std::unique_ptr<DamageLog> damage_;
  std::unique_ptr<LineCache> lines_;
  std::unique_ptr<Overlay> overlay_;
  TSK_IMG_INFO* info_ = nullptr;
};

using VsHandle = std::unique_ptr<TSK_VS_INFO, CloseWith<tsk_vs_close>>;
using DirHandle = std::unique_ptr<TSK_FS_DIR, CloseWith<tsk_fs_dir_close>>;
using FileHandle = std::unique_ptr<TSK_FS_FILE, CloseWith<tsk_fs_file_close>>;

// Calls into libtsk; nullopt when it threw.
template <class F>
auto guarded(F&& call) -> std::optional<decltype(call())> {
  try {
    return call();
  } catch (...) {
    tsk_error_reset();
    return std::nullopt;
  }
}

// One open file system (in a pool when the record says so), reopened by itself after libtsk threw.
class FsSession {
 public:
  static Result<std::unique_ptr<FsSession>> open(const evidence::Image& image, const catalog::VolumeRecord& volume);
  ~FsSession();
  FsSession(const FsSession&) = delete;
  FsSession& operator=(const FsSession&) = delete;

  [[nodiscard]] TSK_FS_INFO* fs() const { return fs_; }
  [[nodiscard]] const TSK_POOL_INFO* pool() const { return pool_; }
  DamageLog& damage() { return image_->damage(); }
  // What libtsk was given lately, for limier's own reading beside it.
  LineCache& lines() { return image_->lines(); }
  // Of the handle that is open; only while one is.
  [[nodiscard]] InodeSieve& sieve() { return *sieve_; }
  [[nodiscard]] bool usable() const { return fs_ != nullptr; }
  [[nodiscard]] std::uint32_t exceptions() const { return exceptions_; }

  // The answer of `call(fs)`; nullopt when libtsk threw (then a fresh handle is in place) or no handle is left.
  template <class F>
  auto call(F&& function) -> std::optional<decltype(function(static_cast<TSK_FS_INFO*>(nullptr)))> {
    if (fs_ == nullptr) return std::nullopt;
    auto answer = guarded([&] { return function(fs_); });
    if (!answer) replace();
    return answer;
  }

  // tsk_fs_file_open_meta, into `again` when that is one. On NTFS also files with a hole larger than the volume, which
  // libtsk takes for damage.
  std::optional<TSK_FS_FILE*> open_inode(TSK_FS_FILE* again, std::uint64_t inode);

 private:
  FsSession(const evidence::Image& evidence, catalog::VolumeRecord volume)
      : evidence_(evidence), volume_(std::move(volume)) {}
  Status open_handles();
  void abandon();
  void replace();

  const evidence::Image& evidence_;
  catalog::VolumeRecord volume_;
  std::unique_ptr<TskImage> image_;
  const TSK_POOL_INFO* pool_ = nullptr;
  TSK_IMG_INFO* pool_image_ = nullptr;
  TSK_FS_INFO* fs_ = nullptr;
  std::unique_ptr<InodeSieve> sieve_;
  std::uint32_t exceptions_ = 0;
};

}  // namespace limier::volume
