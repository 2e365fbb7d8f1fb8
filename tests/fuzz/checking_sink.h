// Takes the rows of a walk as the supervisor would: one that it refuses is a finding.
#pragma once

#include <cstdlib>

#include "limier/volume.h"

namespace limier::fuzz {

class CheckingSink final : public volume::Sink {
 public:
  explicit CheckingSink(std::uint64_t media_size) : media_size_(media_size) {}
  Status volume(const catalog::VolumeRecord&) override { std::abort(); }
  Status name(const catalog::NameRecord& record) override {
    if (record.name_id != names++) std::abort();
    return check(catalog::validate(record));
  }
  Status inode(const catalog::InodeRecord& record) override { return check(catalog::validate(record)); }
  Status stream(const catalog::StreamRecord& record) override { return check(catalog::validate(record)); }
  Status extent(const catalog::ExtentRecord& record) override { return check(catalog::validate(record, media_size_)); }
  Status blocks(const catalog::BlockRange& record) override { return check(catalog::validate(record, media_size_)); }
  Status issue(const catalog::IssueRecord& record) override { return check(catalog::validate(record)); }
  Status encryption(const catalog::EncryptionRecord&) override { std::abort(); }
  Status content(Bytes) override { return ok_status(); }
  void working_on(volume::Stage, std::uint64_t) override {}
  void expecting(std::uint64_t) override {}
  Status checkpoint(std::uint64_t) override { return ok_status(); }
  void advanced(std::uint64_t) override {}
  std::uint64_t names = 0;

 private:
  static Status check(bool valid) {
    if (!valid) std::abort();
    return ok_status();
  }
  std::uint64_t media_size_;
};

}  // namespace limier::fuzz
