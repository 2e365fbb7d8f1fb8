// Lists of any size, read from the front with a fixed buffer; and what every reader of a list says to the importer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base/file_io.h"
#include "limier/hashset.h"

namespace limier::hashset {

// The bytes of a file, one after the other.
class FileBytes {
 public:
  static constexpr std::size_t kBuffer = 1u << 20;
  static Result<FileBytes> open(const std::string& path, const Advance& advance, const std::atomic<int>& stop);
  // The next byte, or -1: at the end, on an error, when told to stop (see status()).
  int next() {
    if (at_ == filled_ && !fill()) return -1;
    return buffer_[at_++];
  }
  int peek() {
    if (at_ == filled_ && !fill()) return -1;
    return buffer_[at_];
  }
  [[nodiscard]] Bytes buffered() {
    if (at_ == filled_) fill();
    return Bytes(buffer_).subspan(at_, filled_ - at_);
  }
  void skip(std::size_t bytes) { at_ += bytes; }
  [[nodiscard]] std::uint64_t offset() const { return read_ - (filled_ - at_); }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  bool fill();
  UniqueFd fd_;
  std::string path_;
  const Advance* advance_ = nullptr;
  const std::atomic<int>* stop_ = nullptr;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t read_ = 0, size_ = 0;
  Status status_ = ok_status();
};

// Where entries go, and what could not be used is counted.
class Intake {
 public:
  Intake(const ImportOptions& options, Builder& builder, ImportReport& report)
      : options_(options), builder_(builder), report_(report) {}
  Status add(const Digests& digests, std::uint8_t category = kNoCategory);
  Status take_back(const Digests& digests, std::int32_t weight);
  // `row`: its line or number, from 1.
  void reject(std::uint64_t row, std::string_view why);
  void set_format(std::string format) { builder_.set_format(std::move(format)); }
  void offer_version(const std::string& version);

 private:
  const ImportOptions& options_;
  Builder& builder_;
  ImportReport& report_;
};

// A digest of one of the three lengths into its place; false when `text` is none.
bool put_digest(std::string_view text, Digests& to);
// Which digest a column is named for: "MD5", "sha-1", "SHA256", "sha256_hash" …
std::optional<Section> section_of_name(std::string_view name);
// Only where `text` is a digest of that length.
bool put_digest(Section section, std::string_view text, Digests& to);
std::string lower(std::string_view text);

// Columns of the tables of an NSRL database, in their order: what an INSERT without a list of columns goes by.
using TableColumns = std::map<std::string, std::vector<std::string>>;

struct Source {
  const std::string& path;
  const Advance& advance;
  const std::atomic<int>& stop;
};
Status read_lines(const Source& source, Intake& intake);
Status read_json(const Source& source, Intake& intake);
Status read_nsrl(const Source& source, Intake& intake, TableColumns& columns);
// Parsed, never run: rows that are inserted and taken back.
Status read_delta(const Source& source, Intake& intake, const TableColumns& columns);

}  // namespace limier::hashset
