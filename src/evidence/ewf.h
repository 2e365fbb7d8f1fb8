// libewf over inherited descriptors. Private to the room, and with ewf.cpp the only place that sees libewf.
#pragma once

// Without this libewf.h hides the calls that take a libbfio pool; libewf.so itself always exports both.
#define HAVE_LIBBFIO 1
#include <libewf.h>

#include <memory>
#include <string>
#include <vector>

#include "limier/evidence.h"

namespace limier::evidence {

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
