// libewf over inherited descriptors. Private to the room, and with ewf.cpp the only place that sees libewf.
#pragma once

#include <libewf.h>

#include <memory>
#include <string>
#include <vector>

#include "limier/evidence.h"

// The part of libbfio's public interface that Debian's libewf.so exports beside its own. Declared here rather than
// taken from libbfio's package, whose version differs from the copy inside libewf. Never called by these names: a
// program that links libpff too would get the copy in that one. Source: libbfio's manual and headers.
extern "C" {
// NOLINTBEGIN(readability-identifier-naming): the library's names
using libbfio_handle_t = std::intptr_t;
using libbfio_pool_t = std::intptr_t;
using libbfio_error_t = libewf_error_t;
// NOLINTEND(readability-identifier-naming)
int libbfio_handle_initialize(libbfio_handle_t** handle, intptr_t* io_handle,
                              int (*free_io_handle)(intptr_t**, libbfio_error_t**),
                              int (*clone_io_handle)(intptr_t**, intptr_t*, libbfio_error_t**),
                              int (*open)(intptr_t*, int, libbfio_error_t**),
                              int (*close)(intptr_t*, libbfio_error_t**),
                              ssize_t (*read)(intptr_t*, std::uint8_t*, std::size_t, libbfio_error_t**),
                              ssize_t (*write)(intptr_t*, const std::uint8_t*, std::size_t, libbfio_error_t**),
                              off64_t (*seek_offset)(intptr_t*, off64_t, int, libbfio_error_t**),
                              int (*exists)(intptr_t*, libbfio_error_t**), int (*is_open)(intptr_t*, libbfio_error_t**),
                              int (*get_size)(intptr_t*, size64_t*, libbfio_error_t**), std::uint8_t flags,
                              libbfio_error_t** error);
int libbfio_handle_free(libbfio_handle_t** handle, libbfio_error_t** error);
int libbfio_pool_initialize(libbfio_pool_t** pool, int number_of_handles, int maximum_number_of_open_handles,
                            libbfio_error_t** error);
int libbfio_pool_free(libbfio_pool_t** pool, libbfio_error_t** error);
int libbfio_pool_append_handle(libbfio_pool_t* pool, int* entry, libbfio_handle_t* handle, int access_flags,
                               libbfio_error_t** error);
int libbfio_pool_close_all(libbfio_pool_t* pool, libbfio_error_t** error);
int libewf_handle_open_file_io_pool(libewf_handle_t* handle, libbfio_pool_t* pool, int access_flags,
                                    libewf_error_t** error);
}

namespace limier::evidence {

// Those of libewf, whatever else the program links.
struct Bfio {
  decltype(&libbfio_handle_initialize) handle_initialize = nullptr;
  decltype(&libbfio_handle_free) handle_free = nullptr;
  decltype(&libbfio_pool_initialize) pool_initialize = nullptr;
  decltype(&libbfio_pool_free) pool_free = nullptr;
  decltype(&libbfio_pool_append_handle) pool_append_handle = nullptr;
  decltype(&libbfio_pool_close_all) pool_close_all = nullptr;
};
// nullptr: this libewf does not export them.
const Bfio* bfio();

inline constexpr int kBfioRead = 1;   // LIBBFIO_ACCESS_FLAG_READ
inline constexpr int kBfioWrite = 2;  // LIBBFIO_ACCESS_FLAG_WRITE
inline constexpr std::uint8_t kBfioNotManaged = 0;
inline constexpr int kBfioUnlimitedOpen = 0;

// One descriptor as libbfio wants it: with a position, which lives here so that the shared one is never moved.
struct FdSource {
  int fd = -1;
  std::uint64_t size_bytes = 0;
  std::uint64_t position = 0;
  bool open = false;
};

// An open libewf handle with the pool it reads from. One thread at a time.
class EwfHandle {
 public:
  // Only the segments from 1 up to the first gap: libewf refuses a set with a hole in it.
  static Result<std::unique_ptr<EwfHandle>> open(const EvidenceSpec& spec, const std::vector<int>& fds);
  ~EwfHandle();
  EwfHandle(const EwfHandle&) = delete;
  EwfHandle& operator=(const EwfHandle&) = delete;
  [[nodiscard]] libewf_handle_t* get() const { return handle_; }

 private:
  EwfHandle() = default;
  Status add_source(int fd, std::uint64_t size_bytes);

  libewf_handle_t* handle_ = nullptr;
  libbfio_pool_t* pool_ = nullptr;
  std::vector<std::unique_ptr<FdSource>> sources_;
};

// Takes the text of a libewf error and frees it.
std::string take_error(libewf_error_t*& error);

}  // namespace limier::evidence
