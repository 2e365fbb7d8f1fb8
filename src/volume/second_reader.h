// What limier reads by itself beside libtsk, for one kind of file system: libtsk leads the walk, and what it says of an
// inode is put right from the bytes on the disk before it is sent.
//
// Owns:    what a reader keeps of the volume, bounded; the WalkContext outlives it.
// Threads: one.
// Errors:  damage goes to the sink as issues; a Result ends the walk.
#pragma once

#include <map>
#include <memory>

#include "volume/tsk.h"
#include "volume/walk_base.h"

namespace limier::volume {

struct WalkContext;

struct Nameless {
  std::vector<std::uint64_t> inodes;  // sorted
  std::uint64_t linked = 0;           // of them, those that count a link: a directory has lost their names
  std::uint64_t first_linked = 0;
};

class SecondReader {
 public:
  virtual ~SecondReader() = default;
  // Times, kind, size, link target, ... of the inode.
  virtual Status correct(TSK_FS_FILE* file, catalog::InodeRecord& record) {
    return (void)file, (void)record, ok_status();
  }
  // Sources, sizes and extents of its streams; may add streams (extended attributes). Called after correct() of the
  // inode, whose final form it is given. Extents are numbered afterwards. Also called for extraction.
  virtual Status correct(TSK_FS_FILE* file, const catalog::InodeRecord& record, std::vector<StreamPlan>& plans) {
    return (void)file, (void)record, (void)plans, ok_status();
  }
  // Names of a directory that are not as libtsk gives them, by their place in it; an empty one is not listed.
  virtual std::map<std::size_t, std::string> names(const TSK_FS_DIR& dir) {
    return (void)dir, std::map<std::size_t, std::string>();
  }
  // Names in use of a directory that libtsk passes over.
  struct MoreName {
    std::string name;
    std::uint64_t inode = 0;
    std::uint32_t sequence = 0;
    bool folder = false;
  };
  virtual std::vector<MoreName> more_names(const TSK_FS_DIR& dir) { return (void)dir, std::vector<MoreName>(); }
  // The name that an inode has for itself; nullopt: libtsk's.
  virtual std::optional<std::string> own_name(const TSK_FS_FILE* file) { return (void)file, std::nullopt; }
  // The content of a plan with `decoded`; false when it cannot be read to its end.
  virtual bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
    return (void)plan, (void)consume, (void)consumed, false;
  }
  // The name of an entry of `folder`, where libtsk does not give it as it stands on the disk.
  virtual void correct_name(std::uint64_t folder, const TSK_FS_NAME& entry, std::string& name) {
    (void)folder, (void)entry, (void)name;
  }
  // A folder that libtsk cannot list, as it would have listed it; null when it cannot be read here either. libtsk
  // closes it.
  virtual TSK_FS_DIR* open_folder(std::uint64_t folder) {
    (void)folder;
    return nullptr;
  }
  // Inodes in use that no name in use leads to, for file systems whose inodes libtsk cannot be asked for, or not well
  // enough; nullopt: libtsk is asked. `named`: inodes with a name in use, sorted.
  virtual Result<std::optional<Nameless>> unnamed(const std::vector<std::uint64_t>& named) {
    return (void)named, std::optional<Nameless>();
  }
  // The issues that speak of the whole volume, after all inodes. Not called for a walk in parts.
  virtual Status report() { return ok_status(); }
};

// Never null.
std::unique_ptr<SecondReader> make_second_reader(WalkContext& context);

}  // namespace limier::volume
