// Source of the nine functions' meaning: libbfio's manual and header.
#include "content/pff.h"

#include <algorithm>
#include <cstdio>

#include "limier/base.h"

namespace limier::content {

struct PffFile::Source {
  const Reader& reader;
  std::uint64_t offset = 0;
  bool is_open = false;
  bool missing = false;
};

namespace {

// libbfio's handle is opaque to libpff: ours is a Source.
PffFile::Source& source_of(libbfio_handle_t* handle) {
  return *reinterpret_cast<PffFile::Source*>(handle);
}

}  // namespace

PffFile::PffFile(const Reader& reader) : source_(new Source{reader}) {}

std::unique_ptr<PffFile> PffFile::open(const Reader& reader) {
  std::unique_ptr<PffFile> file(new PffFile(reader));
  PffError error;
  if (libpff_file_initialize(&file->file_, error.out()) != 1) return nullptr;
  auto* handle = reinterpret_cast<libbfio_handle_t*>(file->source_.get());
  if (libpff_file_open_file_io_handle(file->file_, handle, LIBPFF_OPEN_READ, error.out()) != 1) return nullptr;
  return file;
}

PffFile::~PffFile() {
  PffError error;
  if (file_ != nullptr) libpff_file_free(&file_, error.out());
}

bool PffFile::were_bytes_missing() const {
  return source_->missing;
}

}  // namespace limier::content

// NOLINTBEGIN(readability-identifier-naming): the library's names
extern "C" {

using limier::content::source_of;

// Files by name are not for a worker.
int libbfio_file_initialize(libbfio_handle_t**, libbfio_error_t**) {
  return -1;
}
int libbfio_file_set_name(libbfio_handle_t*, const char*, size_t, libbfio_error_t**) {
  return -1;
}
int libbfio_handle_initialize(libbfio_handle_t**, intptr_t*, int (*)(intptr_t**, libbfio_error_t**),
                              int (*)(intptr_t**, intptr_t*, libbfio_error_t**),
                              int (*)(intptr_t*, int, libbfio_error_t**), int (*)(intptr_t*, libbfio_error_t**),
                              ssize_t (*)(intptr_t*, uint8_t*, size_t, libbfio_error_t**),
                              ssize_t (*)(intptr_t*, const uint8_t*, size_t, libbfio_error_t**),
                              off64_t (*)(intptr_t*, off64_t, int, libbfio_error_t**),
                              int (*)(intptr_t*, libbfio_error_t**), int (*)(intptr_t*, libbfio_error_t**),
                              int (*)(intptr_t*, size64_t*, libbfio_error_t**), uint8_t, libbfio_error_t**) {
  return -1;
}
int libbfio_handle_free(libbfio_handle_t** handle, libbfio_error_t**) {
  *handle = nullptr;
  return 1;
}
int libbfio_handle_is_open(libbfio_handle_t* handle, libbfio_error_t**) {
  return source_of(handle).is_open ? 1 : 0;
}
int libbfio_handle_open(libbfio_handle_t* handle, int, libbfio_error_t**) {
  source_of(handle).is_open = true;
  return 1;
}
int libbfio_handle_close(libbfio_handle_t* handle, libbfio_error_t**) {
  source_of(handle).is_open = false;
  return 0;
}
off64_t libbfio_handle_seek_offset(libbfio_handle_t* handle, off64_t offset, int whence, libbfio_error_t**) {
  auto& source = source_of(handle);
  const auto size = static_cast<off64_t>(std::min<std::uint64_t>(source.reader.size_bytes(), INT64_MAX));
  const off64_t from = whence == SEEK_SET ? 0 : whence == SEEK_END ? size : static_cast<off64_t>(source.offset);
  if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) return -1;
  off64_t to = 0;
  if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > size) return -1;
  source.offset = static_cast<std::uint64_t>(to);
  return to;
}
ssize_t libbfio_handle_read_buffer(libbfio_handle_t* handle, uint8_t* buffer, size_t size, libbfio_error_t**) {
  auto& source = source_of(handle);
  const std::uint64_t left = source.reader.size_bytes() - source.offset;
  const auto length = static_cast<size_t>(std::min<std::uint64_t>(size, left));
  if (length == 0) return 0;
  source.missing |= !source.reader.read(source.offset, limier::MutableBytes(buffer, length));
  source.offset += length;
  return static_cast<ssize_t>(length);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
