#include "content/sqlite_vfs.h"

#include <algorithm>
#include <cstring>

namespace limier::content {
namespace {

// SQLite allocates it; the first member is what it knows.
struct EvidenceFile {
  sqlite3_file base;
  const SqliteImage* image;
};

const SqliteImage& image_of(sqlite3_file* file) {
  return *reinterpret_cast<EvidenceFile*>(file)->image;
}

int file_close(sqlite3_file*) {
  return SQLITE_OK;
}

// SQLITE_IOERR_READ where bytes are not there: zeros would pass for a text. Nothing unwinds through SQLite.
int read_image(const SqliteImage& image, std::uint64_t from, MutableBytes bytes) noexcept {
  try {
    return image.read(from, bytes) ? SQLITE_OK : SQLITE_IOERR_READ;
  } catch (...) {
    return SQLITE_IOERR_NOMEM;
  }
}

int file_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  if (size < 0 || offset < 0) return SQLITE_IOERR_READ;
  const MutableBytes bytes(static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size));
  const SqliteImage& image = image_of(file);
  const auto from = static_cast<std::uint64_t>(offset);
  const std::uint64_t left = from < image.size_bytes() ? image.size_bytes() - from : 0;
  if (bytes.size() <= left) return read_image(image, from, bytes);
  // Beyond its end a file has no bytes: no damage, and zeros by contract.
  std::memset(out, 0, bytes.size());
  const int result = left > 0 ? read_image(image, from, bytes.first(static_cast<std::size_t>(left))) : SQLITE_OK;
  return result == SQLITE_OK ? SQLITE_IOERR_SHORT_READ : result;
}

int file_write(sqlite3_file*, const void*, int, sqlite3_int64) {
  return SQLITE_READONLY;
}

int file_truncate(sqlite3_file*, sqlite3_int64) {
  return SQLITE_READONLY;
}

int file_sync(sqlite3_file*, int) {
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(image_of(file).size_bytes());
  return SQLITE_OK;
}

int file_lock(sqlite3_file*, int) {
  return SQLITE_OK;
}

int file_reserved(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int file_sector_size(sqlite3_file*) {
  return 4096;
}

int file_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_IMMUTABLE;
}

constexpr sqlite3_io_methods kMethods{
    1,         file_close,    file_read,    file_write,       file_truncate,        file_sync, file_size, file_lock,
    file_lock, file_reserved, file_control, file_sector_size, file_characteristics, nullptr,   nullptr,   nullptr,
    nullptr,   nullptr,       nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || name == nullptr) return SQLITE_CANTOPEN;  // no journal, no temporary file
  const auto& files = static_cast<const VfsFiles*>(vfs->pAppData)->by_name;
  const auto found = std::ranges::find(files, std::string_view(name), [](const auto& one) { return one.first; });
  if (found == files.end()) return SQLITE_CANTOPEN;
  auto* evidence = reinterpret_cast<EvidenceFile*>(file);
  evidence->image = found->second;
  evidence->base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs*, const char*, int) {
  return SQLITE_READONLY;
}

int vfs_access(sqlite3_vfs*, const char*, int, int* there) {
  *there = 0;
  return SQLITE_OK;
}

int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  const std::size_t length = std::strlen(name);
  if (size <= 0 || length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}

int vfs_randomness(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 0, static_cast<std::size_t>(size));  // nothing here may depend on chance
  return size;
}

int vfs_sleep(sqlite3_vfs*, int) {
  return 0;
}

int vfs_time(sqlite3_vfs*, double* time) {
  *time = 0;  // nor on the clock
  return SQLITE_OK;
}

int vfs_last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

sqlite3_vfs make_vfs(const VfsFiles& files, const std::string& name) {
  sqlite3_vfs vfs{};
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(EvidenceFile));
  vfs.mxPathname = 64;
  vfs.zName = name.c_str();
  vfs.pAppData = const_cast<VfsFiles*>(&files);  // handed back as const
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  vfs.xFullPathname = vfs_full_path;
  vfs.xRandomness = vfs_randomness;
  vfs.xSleep = vfs_sleep;
  vfs.xCurrentTime = vfs_time;
  vfs.xGetLastError = vfs_last_error;
  return vfs;
}

}  // namespace limier::content
