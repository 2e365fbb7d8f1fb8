// The streams of files of Apple's file systems, HFS+ and APFS: data and resource fork, extended attributes, and content
// that the system has compressed.
#pragma once

#include "volume/decmpfs.h"
#include "volume/fork.h"

namespace limier::volume {

inline constexpr unsigned kModeKind = 0170000, kModeRegular = 0100000, kModeLink = 0120000;

struct AppleAttribute {
  std::string name;
  Fork value;
  bool resident = false;  // its bytes stand inside the tree
};
struct AppleFile {
  std::uint64_t inode = 0;
  std::uint32_t flags = 0;      // of BSD: UF_ and SF_
  std::uint64_t size_hint = 0;  // of compressed content, where the attribute does not say it
  bool regular = false;
  Fork data, resource;
  std::vector<AppleAttribute> attributes;
};

// Keeps the file it was given last, of which content may be asked for.
class AppleStreams {
 public:
  explicit AppleStreams(WalkBase& walk) : walk_(walk) {}
  void set(AppleFile file);
  [[nodiscard]] bool holds(std::uint64_t inode) const { return file_.inode == inode && inode != 0; }
  // Of the content as the system shows it.
  [[nodiscard]] std::uint64_t size_bytes() const;
  // Corrects and completes the plans of the file, which are at least one.
  void plan(std::vector<StreamPlan>& plans) const;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed);

 private:
  [[nodiscard]] bool compressed() const { return compressed_attribute_ != nullptr; }
  void plan_default(StreamPlan& plan) const;
  void plan_compressed(StreamPlan& plan) const;
  void plan_resource(std::vector<StreamPlan>& plans) const;
  void plan_attributes(std::vector<StreamPlan>& plans) const;

  WalkBase& walk_;
  AppleFile file_;
  const AppleAttribute* compressed_attribute_ = nullptr;  // of file_, when its flag and its bytes say that it serves
  std::vector<std::uint8_t> compressed_bytes_;
  std::optional<Decmpfs> header_;
};

}  // namespace limier::volume
