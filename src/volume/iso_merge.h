// What one tree of a disc has that the listing has not. Private to the room.
#pragma once

#include "volume/iso_model.h"

namespace limier::volume {

enum class IsoMerge : std::uint8_t {
  kSameSession,     // another view of what is mounted: what it alone has is in use
  kEarlierSession,  // what it alone has was deleted, where the folders of the listing could be read
  kEarlierContent,  // the same, of a tree that is not the first of its session: content only, no names
};

struct IsoMerged {
  std::uint64_t added = 0, missing = 0;  // `missing`: files of the listing that the tree has not
  std::uint32_t first_added = kNoNode, first_missing = kNoNode;
  // Names of an earlier session that are taken to be in use: the listing's folder above them is `partial`.
  std::uint64_t unsure = 0;
  std::uint32_t first_unsure = kNoNode;
  // Folders of the listing of which the tree tells all that its session had; empty where none is `partial`.
  std::vector<bool> told;
};

// Appends to `listing`; nodes keep the number of the tree they come from.
IsoMerged merge_iso_tree(IsoTree& listing, const IsoTree& from, const std::vector<IsoSource>& sources, IsoMerge how);

}  // namespace limier::volume
