// NTFS beside libtsk: times in full, reparse points, files compressed by Windows, extended attributes, and records in
// use without a name.
#pragma once

#include <map>

#include "volume/ntfs_attributes.h"
#include "volume/walk.h"

namespace limier::volume {

class NtfsReader final : public SecondReader {
 public:
  explicit NtfsReader(WalkContext& context) : context_(context) {}
  Status correct(TSK_FS_FILE* file, catalog::InodeRecord& record) override;
  Status correct(TSK_FS_FILE* file, const catalog::InodeRecord& record, std::vector<StreamPlan>& plans) override;
  std::map<std::size_t, std::string> names(const TSK_FS_DIR& dir) override;
  std::vector<MoreName> more_names(const TSK_FS_DIR& dir) override;
  std::optional<std::string> own_name(const TSK_FS_FILE* file) override;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override;
  Result<std::optional<Nameless>> unnamed(const std::vector<std::uint64_t>& named) override;

 private:
  // What is kept of a file between its plan and the reading of it.
  struct Packed {
    catalog::StreamRef ref;  // of the stream that holds the content
    WofMethod method = WofMethod::kNone;
    std::uint64_t size_bytes = 0;  // of that stream
    std::vector<catalog::ExtentRecord> extents;
    std::vector<std::uint8_t> resident;
  };
  struct Held {
    std::uint64_t inode = UINT64_MAX;
    std::vector<std::uint8_t> attributes;  // the content of $EA
    std::map<std::uint16_t, ExtendedAttribute> by_id;
    std::optional<Packed> packed;
  };

  std::vector<std::uint8_t> content_of(const TSK_FS_ATTR& attribute, std::size_t most);
  std::optional<Reparse> reparse_of(TSK_FS_FILE* file);
  std::optional<Reparse> interix_of(TSK_FS_FILE* file);
  bool is_only_reserved(const TSK_FS_FILE* file, const TSK_FS_ATTR& attribute);
  void redirect(TSK_FS_FILE* file, const Reparse& reparse, std::vector<StreamPlan>& plans);
  void unpack(TSK_FS_FILE* file, const Reparse& reparse, StreamPlan& content, const std::vector<StreamPlan>& plans);
  void add_attributes(TSK_FS_FILE* file, std::vector<StreamPlan>& plans);
  bool read_packed(const Packed& packed, std::uint64_t offset, MutableBytes out);
  std::optional<std::uint32_t> links_of_nameless(std::uint64_t number, MutableBytes record);
  const MftMap& mft();

  WalkContext& context_;
  std::optional<MftMap> mft_;  // when it is first asked for
  Held held_;
};

}  // namespace limier::volume
