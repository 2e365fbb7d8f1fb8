// All trees and sessions of a disc, joined to one listing. Private to the room.
//
// What stands first is the disc as it is mounted: the last session, its tree with the most telling names. Then, at the
// paths they have there, what only another tree of that session leads to (in use), and what only earlier sessions lead
// to (deleted).
//
// Sources: as for iso_tree.h; multi-session discs: ECMA-394 "Recordable Compact Disc Systems", and how mkisofs -C,
//          growisofs and libisofs place the sessions they add; "El Torito" Bootable CD-ROM Format Specification 1.0.
#pragma once

#include "volume/iso_tree.h"

namespace limier::volume {

// What the nodes of one descriptor have in common.
struct IsoSource {
  IsoNames names = IsoNames::kPrimary;
  bool rock_ridge = false;
  std::uint8_t skip = 0, root_skip = 0;
  std::uint32_t block_bytes = 0;
  std::uint32_t session = 0;  // from 1, in the order of time
};

// Issues that speak of the whole disc.
struct IsoNote {
  std::string code;
  catalog::Severity severity = catalog::Severity::kInfo;
  std::optional<std::uint32_t> node;
  std::string message;
  bool incomplete = false;
};

struct IsoRange {
  std::uint64_t begin = 0, end = 0;  // sectors
  friend auto operator<=>(const IsoRange&, const IsoRange&) = default;
};

class IsoModel {
 public:
  IsoModel(IsoDisc& disc, const std::function<void(std::uint64_t)>& beat) : disc_(disc), beat_(beat) {}
  void load();

  [[nodiscard]] const std::vector<IsoNode>& nodes() const { return listing_.nodes; }
  [[nodiscard]] std::string_view name(const IsoNode& node) const { return listing_.name(node); }
  [[nodiscard]] const std::vector<IsoAssociated>& associated() const { return listing_.associated; }
  [[nodiscard]] const IsoSource& source(const IsoNode& node) const { return sources_[node.tree]; }
  [[nodiscard]] bool readable() const { return listing_.readable; }
  [[nodiscard]] const std::vector<IsoNote>& notes() const { return notes_; }
  // Sectors of descriptors, folders that are not listed, path tables; in order, not overlapping.
  [[nodiscard]] std::vector<IsoRange> metadata() const;
  // Where content and listed folders in use lie, from the nodes' records; in order, not overlapping.
  [[nodiscard]] std::vector<IsoRange> in_use();

 private:
  struct Loaded {
    IsoSession session;
    std::vector<IsoTree> trees;  // the most telling first
  };

  void find_sessions();
  bool add_session(std::uint64_t sector);
  void scan_unused();
  bool scan(const IsoRange& range);
  [[nodiscard]] std::vector<IsoRange> claimed() const;
  void order_sessions();
  void drop_unreadable_end();
  void take_main();
  void report(const IsoTree& tree, bool in_use);
  void merge(IsoTree& tree, bool last, bool first_of_session);
  void settle_partial(bool last);
  void add_boot_images();
  void add_boot_image(Bytes entry, std::uint64_t entry_offset, std::uint8_t platform, std::uint32_t& folder);
  void note(std::string code, std::optional<std::uint32_t> node, std::string message, bool incomplete = false);

  IsoDisc& disc_;
  const std::function<void(std::uint64_t)>& beat_;
  std::vector<Loaded> sessions_;  // in the order of time
  std::vector<IsoSource> sources_;
  IsoTree listing_;
  std::vector<IsoNote> notes_;
  std::vector<bool> told_;  // folders of the listing of which the session at hand tells all
  std::vector<IsoRange> metadata_;
  std::size_t nodes_ = 0;  // of all trees that were loaded
  std::uint64_t scanned_ = 0;
  bool scan_cut_ = false;
};

// The sectors of a section or of the sections of a file: `take(offset, length)` for each row of content, logical, in
// order. False when the records are not what they were.
bool iso_content(IsoDisc& disc, std::uint32_t block_bytes, std::uint64_t record, std::uint32_t sections,
                 const std::function<void(std::uint64_t, std::uint64_t)>& take);

void sort_and_join(std::vector<IsoRange>& ranges);

}  // namespace limier::volume
