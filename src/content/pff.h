// libpff over the bytes of a content. Private to the room, and with what includes it the only place that sees libpff.
//
// libpff reads through libbfio. libewf and libpff each bring libbfio's relatives in versions of their own under the
// same names, so in one program calls of one would end in the other: libpff is linked statically, its names stay inside
// (cmake/Dependencies.cmake), and the nine functions of libbfio that it needs are ours (pff.cpp).
#pragma once

#pragma GCC visibility push(hidden)
#include <libpff.h>
#pragma GCC visibility pop

#include <memory>

#include "limier/base/handle.h"
#include "limier/content.h"

namespace limier::content {

// Takes an error away; what it says names places in libpff.
class PffError {
 public:
  PffError() = default;
  ~PffError() { clear(); }
  PffError(const PffError&) = delete;
  PffError& operator=(const PffError&) = delete;
  libpff_error_t** out() {
    clear();
    return &error_;
  }

 private:
  void clear() {
    if (error_ != nullptr) libpff_error_free(&error_);
  }
  libpff_error_t* error_ = nullptr;
};

template <auto Free>
struct FreePff {
  template <class T>
  void operator()(T* handle) const noexcept {
    PffError error;
    Free(&handle, error.out());
  }
};
using PffItem = std::unique_ptr<libpff_item_t, FreePff<libpff_item_free>>;
using PffRecords = std::unique_ptr<libpff_record_set_t, FreePff<libpff_record_set_free>>;
using PffEntry = std::unique_ptr<libpff_record_entry_t, FreePff<libpff_record_entry_free>>;

// A file that is open as long as this lives.
class PffFile {
 public:
  // nullptr where libpff cannot make sense of it.
  static std::unique_ptr<PffFile> open(const Reader& reader);
  ~PffFile();
  PffFile(const PffFile&) = delete;
  PffFile& operator=(const PffFile&) = delete;

  [[nodiscard]] libpff_file_t* get() const { return file_; }
  [[nodiscard]] bool were_bytes_missing() const;

  struct Source;

 private:
  explicit PffFile(const Reader& reader);
  std::unique_ptr<Source> source_;
  libpff_file_t* file_ = nullptr;
};

}  // namespace limier::content
