#include "volume/iso_model.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/iso_merge.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kFirstSession = 16;
constexpr std::size_t kMaxSessions = 512;
// Unused sectors that are looked at for further sessions: 512 MiB. The gap between two sessions is at most a fraction
// of that, and an image of a stick may go on for terabytes behind its disc.
constexpr std::uint64_t kMaxScanned = 256u << 10;
constexpr std::uint64_t kScanSectors = 32;
constexpr std::uint64_t kBeatEvery = 1024;
constexpr std::size_t kMaxSectionBytes = 256;

IsoRange sectors_of(std::uint64_t offset, std::uint64_t length) {
  return {offset / kIsoSector, (offset + length + kIsoSector - 1) / kIsoSector};
}

// How telling the names of a tree are: systems prefer them in this order.
int rank_of(const IsoTree& tree) {
  if (!tree.readable) return 9;
  if (tree.rock_ridge) return 0;
  switch (tree.root.names) {
    case IsoNames::kJoliet:
      return 1;
    case IsoNames::kEnhanced:
      return 2;
    case IsoNames::kPrimary:
      return 3;
    case IsoNames::kSupplementary:
      return 4;
  }
  return 9;
}

}  // namespace

void sort_and_join(std::vector<IsoRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::size_t kept = 0;
  for (const IsoRange& range : ranges) {
    if (range.end <= range.begin) continue;
    if (kept > 0 && range.begin <= ranges[kept - 1].end)
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
}

bool iso_content(IsoDisc& disc, std::uint32_t block_bytes, std::uint64_t record, std::uint32_t sections,
                 const std::function<void(std::uint64_t, std::uint64_t)>& take) {
  const std::uint64_t most = (std::uint64_t{sections} / (kIsoSector / kMaxSectionBytes) + 2) * kIsoSector;
  IsoRecords records(disc, block_bytes, record,
                     std::min(most, disc.size_bytes() - std::min(disc.size_bytes(), record)));
  IsoRecord section;
  for (std::uint32_t i = 0; i < sections; ++i) {
    if (!records.next(section)) return false;
    const std::uint64_t step = std::uint64_t{section.unit_blocks} + section.gap_blocks;
    if (section.unit_blocks == 0) {
      take((section.block + section.attribute_blocks) * block_bytes, section.length);
      continue;
    }
    // Interleaved: units with gaps between them; an extended attribute record fills the first unit (6.4.3, 6.5.1).
    std::uint64_t block = section.block + (section.attribute_blocks > 0 ? step : 0);
    const std::uint64_t unit_bytes = std::uint64_t{section.unit_blocks} * block_bytes;
    for (std::uint64_t left = section.length; left > 0; block += step) {
      const std::uint64_t length = std::min(left, unit_bytes);
      take(block * block_bytes, length);
      left -= length;
    }
  }
  return true;
}

void IsoModel::note(std::string code, std::optional<std::uint32_t> node, std::string message, bool incomplete) {
  notes_.push_back({std::move(code), incomplete ? catalog::Severity::kWarning : catalog::Severity::kInfo, node,
                    std::move(message), incomplete});
}

void IsoModel::load() {
  find_sessions();
  if (sessions_.empty()) {
    listing_.nodes.emplace_back();
    listing_.nodes.back().folder = listing_.nodes.back().unreadable = true;
    sources_.emplace_back().block_bytes = kIsoSector;
    return;
  }
  order_sessions();
  drop_unreadable_end();
  take_main();
  for (std::size_t back = sessions_.size(); back-- > 0;) {
    Loaded& loaded = sessions_[back];
    const bool last = back + 1 == sessions_.size();
    for (std::size_t i = 0; i < loaded.trees.size(); ++i)
      if (!last || i > 0) merge(loaded.trees[i], last, i == 0);
    settle_partial(last);
    if (!last) loaded.trees.clear();
  }
  if (sessions_.size() > 1) {
    const auto deleted = static_cast<std::size_t>(
        std::count_if(listing_.nodes.begin(), listing_.nodes.end(), [](const IsoNode& node) { return node.deleted; }));
    note("earlier-sessions", std::nullopt,
         fmt::format("the disc has {} sessions: the last is listed as in use; {} names that only earlier ones have are "
                     "listed as deleted",
                     sessions_.size(), deleted));
  }
  if (scan_cut_) {
    note("sessions-not-searched", std::nullopt,
         fmt::format("earlier and later sessions were looked for in {} bytes that the disc leaves unused, not in the "
                     "rest of them",
                     kMaxScanned * kIsoSector));
  }
  add_boot_images();
  if (listing_.cut) {
    note("too-many-names", std::nullopt,
         fmt::format("more than {} directory records: the listing was cut", kMaxIsoNodes), true);
  }
}

bool IsoModel::add_session(std::uint64_t sector) {
  IsoSession session = read_iso_session(disc_, sector);
  if (session.roots.empty()) return false;
  metadata_.push_back({sector, sector + session.descriptors});
  const auto start = [](const IsoRoot& root) { return root.block * root.block_bytes; };
  // The last session's descriptors are repeated in the first sectors where these can be written again.
  const bool known = std::any_of(sessions_.begin(), sessions_.end(), [&](const Loaded& other) {
    return start(other.session.roots.front()) == start(session.roots.front());
  });
  if (known || sessions_.size() >= kMaxSessions) return false;
  Loaded loaded;
  for (const IsoRoot& root : session.roots) {
    const std::size_t room = kMaxIsoNodes - std::min(kMaxIsoNodes, nodes_);
    const auto number = static_cast<std::uint16_t>(sources_.size());
    IsoTree tree = load_iso_tree(disc_, root, number, room, beat_);
    nodes_ += tree.nodes.size();
    sources_.push_back({root.names, tree.rock_ridge, tree.skip, tree.root_skip, root.block_bytes, 0});
    loaded.trees.push_back(std::move(tree));
  }
  loaded.session = std::move(session);
  sessions_.push_back(std::move(loaded));
  return true;
}

void IsoModel::find_sessions() {
  add_session(kFirstSession);
  if (!sessions_.empty()) scan_unused();
}

// Descriptors of further sessions stand where no tree that is known has anything.
void IsoModel::scan_unused() {
  for (bool found = true; found && sessions_.size() < kMaxSessions;) {
    found = false;
    std::vector<IsoRange> used = claimed();
    std::uint64_t next = kFirstSession;
    used.push_back({disc_.sectors(), disc_.sectors() + 1});
    for (const IsoRange& range : used) {
      if (range.begin > next && !found) found = scan({next, range.begin});
      next = std::max(next, range.end);
    }
  }
}

bool IsoModel::scan(const IsoRange& range) {
  std::vector<std::uint8_t> buffer(kScanSectors * kIsoSector);
  for (std::uint64_t at = range.begin; at < range.end; at += kScanSectors) {
    if (scanned_ >= kMaxScanned) {
      scan_cut_ = true;
      return false;
    }
    if ((at - range.begin) % kBeatEvery == 0) beat_(0);
    const std::uint64_t count = std::min(kScanSectors, range.end - at);
    scanned_ += count;
    const std::size_t got = disc_.read(at * kIsoSector, MutableBytes(buffer).first(count * kIsoSector));
    for (std::size_t i = 0; (i + 1) * kIsoSector <= got; ++i) {
      const Bytes sector = Bytes(buffer).subspan(i * kIsoSector, kIsoSector);
      if (sector[0] == 1 && is_iso_session(disc_, sector) && add_session(at + i)) return true;
    }
  }
  return false;
}

std::vector<IsoRange> IsoModel::claimed() const {
  std::vector<IsoRange> ranges = metadata_;
  for (const Loaded& loaded : sessions_) {
    for (const IsoTree& tree : loaded.trees) {
      for (const auto& [offset, length] : tree.metadata) ranges.push_back(sectors_of(offset, length));
      for (const IsoNode& node : tree.nodes)
        if (node.size > 0) ranges.push_back(sectors_of(node.block * tree.root.block_bytes, node.size));
    }
  }
  sort_and_join(ranges);
  return ranges;
}

// Sessions are added behind those that are there.
void IsoModel::order_sessions() {
  std::stable_sort(sessions_.begin(), sessions_.end(), [](const Loaded& a, const Loaded& b) {
    const IsoRoot &one = a.session.roots.front(), &other = b.session.roots.front();
    return one.block * one.block_bytes < other.block * other.block_bytes;
  });
  std::uint32_t number = 0;
  for (Loaded& loaded : sessions_) {
    ++number;
    for (const IsoTree& tree : loaded.trees) {
      sources_[tree.nodes.front().tree].session = number;
      for (const auto& [offset, length] : tree.metadata) metadata_.push_back(sectors_of(offset, length));
    }
    std::stable_sort(loaded.trees.begin(), loaded.trees.end(),
                     [](const IsoTree& a, const IsoTree& b) { return rank_of(a) < rank_of(b); });
  }
}

// Of an image that ends early, the last sessions may have nothing but descriptors.
void IsoModel::drop_unreadable_end() {
  const auto last = std::find_if(sessions_.rbegin(), sessions_.rend(),
                                 [](const Loaded& loaded) { return loaded.trees.front().readable; });
  if (last == sessions_.rbegin() || last == sessions_.rend()) return;
  note("last-session-unreadable", std::nullopt,
       fmt::format("the last {} of the sessions cannot be read: what the one before has is listed as in use",
                   last - sessions_.rbegin()),
       true);
  sessions_.erase(last.base(), sessions_.end());
}

void IsoModel::take_main() {
  IsoTree& main = sessions_.back().trees.front();
  report(main, true);
  if (main.loops > 0) {
    note("directory-loop", main.first_loop,
         fmt::format("{} records lead to a directory that is listed elsewhere, which is not listed again; the first "
                     "leads to entry {}",
                     main.loops, main.first_loop),
         true);
  }
  if (main.table_only > 0) {
    note("folders-without-record", main.first_table_only,
         fmt::format("{} folders stand in the table of paths, but no folder names them; the first is entry {}",
                     main.table_only, main.first_table_only));
  }
  listing_ = std::move(main);
}

void IsoModel::report(const IsoTree& tree, bool in_use) {
  if (tree.cut) listing_.cut = true;
  if (!tree.readable && !tree.nodes.empty() && !(in_use && rank_of(sessions_.back().trees.front()) == 9)) {
    note(in_use ? "listing-may-be-incomplete" : "earlier-session-damaged", std::nullopt,
         fmt::format("the root folder of the {} tree cannot be read", tree.label()), in_use);
  }
  if (tree.damaged == 0) return;
  note(in_use ? "listing-may-be-incomplete" : "earlier-session-damaged", std::nullopt,
       fmt::format("{} directory records of the {} tree are damaged, the first at image offset {}", tree.damaged,
                   tree.label(), disc_.image_offset(tree.first_damaged)),
       in_use);
}

void IsoModel::merge(IsoTree& tree, bool last, bool first_of_session) {
  beat_(0);
  report(tree, last);
  const IsoMerge how = last               ? IsoMerge::kSameSession
                       : first_of_session ? IsoMerge::kEarlierSession
                                          : IsoMerge::kEarlierContent;
  if (!tree.readable || !listing_.readable) return;
  const IsoMerged merged = merge_iso_tree(listing_, tree, sources_, how);
  told_.resize(std::max(told_.size(), merged.told.size()), false);
  for (std::size_t i = 0; i < merged.told.size(); ++i) told_[i] = told_[i] || merged.told[i];
  if (merged.unsure > 0) {
    note("names-of-earlier-session", merged.first_unsure,
         fmt::format("{} names come from session {} of the disc and are listed as in use, since their folders cannot "
                     "be read whole in a later session: whether they were deleted or changed there is not known; the "
                     "first is entry {}",
                     merged.unsure, sources_[tree.nodes.front().tree].session, merged.first_unsure),
         true);
  }
  if (last && merged.added > 0) {
    note("one-tree-only", merged.first_added,
         fmt::format("{} files and folders stand in the {} tree of the disc, not in its {} tree: they are listed at "
                     "their path there; the first is entry {}",
                     merged.added, tree.label(), listing_.label(), merged.first_added));
  }
  if (last && merged.missing > 0) {
    note("one-tree-only", merged.first_missing,
         fmt::format("{} files of the {} tree of the disc do not stand in its {} tree; the first is entry {}",
                     merged.missing, listing_.label(), tree.label(), merged.first_missing));
  }
}

// Folders that could not be read are known, once a session has told what it had in them.
void IsoModel::settle_partial(bool last) {
  for (std::size_t i = 0; i < told_.size(); ++i) {
    IsoNode& node = listing_.nodes[i];
    if (!told_[i] || !node.partial) continue;
    node.partial = false;
    node.foreign = last;
  }
  told_.clear();
}

std::vector<IsoRange> IsoModel::metadata() const {
  std::vector<IsoRange> ranges = metadata_;
  sort_and_join(ranges);
  return ranges;
}

std::vector<IsoRange> IsoModel::in_use() {
  std::vector<IsoRange> ranges;
  for (std::size_t i = 0; i < listing_.nodes.size(); ++i) {
    const IsoNode& node = listing_.nodes[i];
    if (i % kBeatEvery == 0) beat_(i);
    if (node.deleted || node.size == 0 || node.unreadable || node.made_up) continue;
    const auto add = [&](std::uint64_t offset, std::uint64_t length) { ranges.push_back(sectors_of(offset, length)); };
    if (node.in_pieces)
      iso_content(disc_, source(node).block_bytes, node.record, node.sections, add);
    else
      add(node.block * source(node).block_bytes, node.size);
  }
  for (const IsoAssociated& associated : listing_.associated) {
    const IsoNode& node = listing_.nodes[associated.node];
    if (node.deleted) continue;
    iso_content(disc_, source(node).block_bytes, associated.record, associated.sections,
                [&](std::uint64_t offset, std::uint64_t length) { ranges.push_back(sectors_of(offset, length)); });
  }
  sort_and_join(ranges);
  return ranges;
}

}  // namespace limier::volume
