// A report on its way to the disk: buffered, under a temporary name until commit(), so that no half-written report ever
// looks whole.
#pragma once

#include <string>
#include <string_view>

#include "limier/base.h"
#include "limier/report.h"

namespace limier::report {

class OutFile {
 public:
  // `name` is a plain file name inside `dir`.
  static Result<OutFile> create(const std::string& dir, std::string_view name);
  OutFile(OutFile&& other) noexcept;
  OutFile& operator=(OutFile&&) = delete;
  ~OutFile();  // removes what was not committed

  // Errors are kept and reported by commit(): a report is a long run of small writes.
  OutFile& operator<<(std::string_view text);
  // For rows put together in place: append to this, then say so.
  [[nodiscard]] std::string& tail() { return buffer_; }
  void appended() {
    if (buffer_.size() >= kBufferBytes) flush();
  }
  [[nodiscard]] bool failed() const { return error_number_ != 0; }
  // Flush, fsync, rename over the final name, fsync of the folder.
  Status commit();

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

  OutFile(std::string dir, std::string name, UniqueFd fd);
  void flush();
  [[nodiscard]] std::string path() const { return dir_ + "/" + name_; }
  [[nodiscard]] std::string temporary() const { return dir_ + "/" + partial_name(name_); }

  std::string dir_, name_;
  UniqueFd fd_;
  std::string buffer_;
  int error_number_ = 0;
};

}  // namespace limier::report
