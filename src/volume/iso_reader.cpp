#include "volume/iso_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/iso_model.h"
#include "volume/walk_issues.h"
#include "volume/zisofs.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;

constexpr std::uint32_t kDefaultStream = 1;     // libtsk's number for the one stream of a file
constexpr std::uint32_t kAssociatedStream = 2;  // limier's
constexpr std::uint32_t kTypeMask = 0170000, kFileType = 0100000, kFolderType = 0040000, kLinkType = 0120000;
constexpr std::uint64_t kBeatEvery = 1u << 12;

FileKind kind_of(const IsoNode& node, const RockRidge& fields) {
  if (node.made_up) return FileKind::kVirtual;
  if (node.folder) return FileKind::kDir;
  if (!node.special) return FileKind::kFile;
  const bool link = fields.has_link || (fields.mode & kTypeMask) == kLinkType;
  return link ? FileKind::kLink : FileKind::kDevice;
}

class IsoReader final : public OwnReader {
 public:
  explicit IsoReader(WalkBase& walk) : walk_(walk), disc_(walk) {}

  Result<std::vector<std::uint64_t>> names() override;
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override;
  Status report() override;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override;

 private:
  struct Frame {
    std::uint32_t node = 0;
    std::uint64_t name_id = 0;
    std::size_t next = 0;
    std::size_t path_length = 0;
  };

  const IsoModel& model();
  [[nodiscard]] Stage loading_stage() const;
  Status send_root();
  Status send(std::uint32_t node, std::uint64_t parent_name);
  Status enter(std::uint32_t node, std::uint64_t name_id);
  Status send_orphan_folder();
  RockRidge fields_of(const IsoNode& node, IsoRecord& record);
  void set_times(const IsoRecord& record, const RockRidge& fields, catalog::InodeRecord& out);
  catalog::Stamp stamp(Bytes date, std::uint64_t inode);
  StreamPlan plan_of(const IsoNode& node, const catalog::InodeRecord& inode, const RockRidge& fields);
  StreamPlan associated_plan(const IsoNode& node, const IsoAssociated& associated, const catalog::InodeRecord& inode);
  void place(const IsoNode& node, std::uint64_t record, std::uint32_t sections, StreamPlan& plan);
  void place(std::uint64_t offset, std::uint64_t length, std::uint64_t file_offset, ExtentKind kind, StreamPlan& plan);
  void set_zisofs(const Zisofs& packed, StreamPlan& plan);
  StreamPlan blank(std::uint64_t inode, std::uint32_t type, std::uint64_t size, std::string name) const;

  WalkBase& walk_;
  IsoDisc disc_;
  std::unique_ptr<IsoModel> model_;
  std::function<void(std::uint64_t)> beat_;
  std::string path_;
  std::vector<Frame> stack_;
  std::uint64_t names_ = 0;
  Oddities impossible_{walk_, catalog::Severity::kWarning, "impossible-time",
                       "no calendar or clock shows such a time; as the record holds it"};
  Oddities zoneless_{walk_, catalog::Severity::kWarning, "impossible-offset",
                     "no zone has such an offset from UTC: systems leave it out of account, and here the time is "
                     "local; as the record holds it"};
};

Stage IsoReader::loading_stage() const {
  if (walk_.job.kind == FsJobKind::kExtract) return Stage::kExtract;
  if (walk_.job.part == WalkPart::kInodes) return Stage::kInodes;
  return walk_.job.part == WalkPart::kBlocks ? Stage::kBlocks : Stage::kNames;
}

const IsoModel& IsoReader::model() {
  if (!model_) {
    beat_ = [this, stage = loading_stage()](std::uint64_t item) { walk_.sink.working_on(stage, item); };
    model_ = std::make_unique<IsoModel>(disc_, beat_);
    model_->load();
  }
  return *model_;
}

// ---- names ----------------------------------------------------------------------------------------------------------

Result<std::vector<std::uint64_t>> IsoReader::names() {
  const auto& nodes = model().nodes();
  LIMIER_CHECK(send_root());
  const IsoChildren children(nodes);
  std::vector<std::uint64_t> inodes{0};
  stack_.assign(1, {0, 0, 0, 0});
  path_.clear();
  if (walk_.skip.contains(0)) stack_.clear();
  while (!stack_.empty()) {
    Frame& frame = stack_.back();
    const auto list = children.of(frame.node);
    if (frame.next >= list.size()) {
      stack_.pop_back();
      continue;
    }
    const std::uint32_t node = list[frame.next++];
    path_.resize(frame.path_length);
    if (path_.size() + 1 + nodes[node].name_length > kMaxPathBytes) {
      LIMIER_CHECK(directory_too_deep(walk_, node));
      continue;
    }
    LIMIER_CHECK(send(node, frame.name_id));
    inodes.push_back(node);
    if (nodes[node].folder) LIMIER_CHECK(enter(node, names_));
  }
  LIMIER_CHECK(send_orphan_folder());
  inodes.push_back(nodes.size());
  if (inodes.size() == 2) {
    const bool empty = model_->readable() && nodes.size() == 1;
    if (!empty) {
      LIMIER_CHECK(walk_.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                               "the file system lists no names at all", true));
    }
  }
  std::sort(inodes.begin(), inodes.end());
  return inodes;
}

Status IsoReader::send_root() {
  catalog::NameRecord root;
  root.volume_id = walk_.volume_id();
  root.path = "/";
  root.kind = FileKind::kDir;
  LIMIER_CHECK(walk_.sink.name(root));
  const bool skipped = walk_.skip.contains(0);
  if (model_->readable() && !skipped) return ok_status();
  return walk_.issue(
      "root-directory-unreadable", catalog::Severity::kError, 0,
      skipped ? kRootStoppedWorker : "the root directory cannot be read: no volume descriptor leads to one", true);
}

Status IsoReader::send(std::uint32_t number, std::uint64_t parent_name) {
  const IsoNode& node = model_->nodes()[number];
  const std::string_view name = model_->name(node);
  if (names_ % kBeatEvery == 0) walk_.sink.working_on(Stage::kNames, number);
  path_ += '/';
  path_ += name;
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = parent_name;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name.size());
  record.inode = number;
  // What a special file is, its fields say: the inode's kind wins.
  record.kind = node.special ? FileKind::kLink : kind_of(node, {});
  record.allocated = !node.deleted;
  return walk_.sink.name(record);
}

Status IsoReader::enter(std::uint32_t number, std::uint64_t name_id) {
  const IsoNode& node = model_->nodes()[number];
  if (walk_.skip.contains(number)) return directory_quarantined(walk_, number);
  if (stack_.size() >= kMaxDepth) return directory_too_deep(walk_, number);
  if (node.unreadable) {
    LIMIER_CHECK(walk_.issue("directory-unreadable",
                             node.deleted ? catalog::Severity::kInfo : catalog::Severity::kWarning, number,
                             "the directory cannot be read: its records are not where it should lie", !node.deleted));
  }
  stack_.push_back({number, name_id, 0, path_.size()});
  return ok_status();
}

// Without any, but listings have always had it.
Status IsoReader::send_orphan_folder() {
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.path = fmt::format("/{}", kOrphanFolder);
  record.name_length = kOrphanFolder.size();
  record.inode = model_->nodes().size();
  record.kind = FileKind::kVirtual;
  return walk_.sink.name(record);
}

// ---- inodes ---------------------------------------------------------------------------------------------------------

StreamPlan IsoReader::blank(std::uint64_t inode, std::uint32_t type, std::uint64_t size, std::string name) const {
  StreamPlan plan;
  plan.record.ref = {walk_.volume_id(), inode, 0, type, 0};
  plan.record.is_default = name.empty();
  plan.record.name = std::move(name);
  plan.record.size_bytes = size;
  return plan;
}

std::optional<Described> IsoReader::describe(std::uint64_t inode) {
  const auto& nodes = model().nodes();
  if (inode > nodes.size()) return std::nullopt;
  Described out;
  catalog::InodeRecord& record = out.inode;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.link_count = 1;
  if (inode == nodes.size() || nodes[inode].made_up) {
    record.kind = FileKind::kVirtual;
    out.streams.push_back(blank(inode, 0, 0, {}));
    return out;
  }
  const IsoNode& node = nodes[inode];
  IsoRecord entry;
  RockRidge fields;
  if (!node.boot) {
    fields = fields_of(node, entry);
    if (entry.id.empty()) return std::nullopt;
  }
  record.kind = kind_of(node, fields);
  record.allocated = !node.deleted;
  record.size_bytes = fields.zisofs && !node.folder ? fields.zisofs->size_bytes : node.size;
  const std::uint32_t type = node.folder ? kFolderType : node.special && fields.has_link ? kLinkType : kFileType;
  record.mode = fields.has_mode ? fields.mode : type;
  record.uid = fields.uid;
  record.gid = fields.gid;
  if (fields.has_mode) record.link_count = fields.links;
  if (record.kind == FileKind::kLink) record.link_target = fields.link_target.substr(0, kMaxLinkBytes);
  set_times(entry, fields, record);
  out.streams.push_back(plan_of(node, record, fields));
  const auto& associated = model_->associated();
  const auto extra = std::lower_bound(associated.begin(), associated.end(), inode,
                                      [](const IsoAssociated& one, std::uint64_t number) { return one.node < number; });
  if (extra != associated.end() && extra->node == inode) out.streams.push_back(associated_plan(node, *extra, record));
  for (StreamPlan& plan : out.streams) number_extents(plan);
  return out;
}

// The directory record of the node, again; `record.id` is empty when it is not there.
RockRidge IsoReader::fields_of(const IsoNode& node, IsoRecord& record) {
  const IsoSource& source = model_->source(node);
  IsoRecords records(disc_, source.block_bytes, node.record, kIsoSector - node.record % kIsoSector);
  RockRidge fields;
  if (!records.next(record)) {
    record.id = {};
    return fields;
  }
  if (source.rock_ridge) {
    const bool root = node.folder && record.is_self() && node.parent == 0 && node.name_length == 0;
    fields = read_rock_ridge(disc_, source.block_bytes, record.system_use, root ? source.root_skip : source.skip);
  }
  static constexpr std::uint8_t kPresent = 0;
  record.id = Bytes(&kPresent, 1);  // the scan's memory ends here
  record.system_use = {};
  return fields;
}

catalog::Stamp IsoReader::stamp(Bytes date, std::uint64_t inode) {
  const IsoTime time = iso_time(date);
  if (!time.impossible && !time.zoneless) return time.stamp;
  std::string raw;
  for (const std::uint8_t byte : date) raw += fmt::format("{:02x}", byte);
  (time.impossible ? impossible_ : zoneless_).add(inode, raw);
  return time.stamp;
}

// Rock Ridge has four times. The record has one, of the recording of the extent, which listings give as creation.
void IsoReader::set_times(const IsoRecord& record, const RockRidge& fields, catalog::InodeRecord& out) {
  const std::array<catalog::Stamp*, 4> times = {&out.times.created, &out.times.modified, &out.times.accessed,
                                                &out.times.changed};
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (fields.long_times[i])
      *times[i] = stamp(*fields.long_times[i], out.inode);
    else if (fields.times[i])
      *times[i] = stamp(*fields.times[i], out.inode);
    else if (i == 0)
      *times[i] = stamp(record.date, out.inode);
  }
}

StreamPlan IsoReader::plan_of(const IsoNode& node, const catalog::InodeRecord& inode, const RockRidge& fields) {
  StreamPlan plan = blank(inode.inode, kDefaultStream, node.size, {});
  if (node.boot) {
    place(node.block * kIsoSector, node.size, 0, ExtentKind::kData, plan);
  } else if (node.folder) {
    if (!node.unreadable) place(node.block * model_->source(node).block_bytes, node.size, 0, ExtentKind::kData, plan);
    plan.record.source = ContentSource::kNone;
    plan.outside_volume = false;  // said of the folder itself
    return plan;
  } else if (node.special) {
    return plan;
  } else {
    place(node, node.record, node.sections, plan);
  }
  if (fields.zisofs && node.size > 0) set_zisofs(*fields.zisofs, plan);
  if (fields.sparse && plan.record.source == ContentSource::kExtents) {
    plan.record.source = ContentSource::kNotRead;
    plan.record.reason = "a sparse file of Rock Ridge";
  }
  if (node.former && plan.record.source != ContentSource::kEmpty) {
    plan.extents.clear();
    plan.record.source = ContentSource::kNotRead;
    plan.record.reason = "the name of an earlier session for content that is in use under another one";
  }
  return plan;
}

StreamPlan IsoReader::associated_plan(const IsoNode& node, const IsoAssociated& associated,
                                      const catalog::InodeRecord& inode) {
  StreamPlan plan = blank(inode.inode, kAssociatedStream, 0, "associated");
  iso_content(disc_, model_->source(node).block_bytes, associated.record, associated.sections,
              [&](std::uint64_t, std::uint64_t length) { plan.record.size_bytes += length; });
  place(node, associated.record, associated.sections, plan);
  return plan;
}

void IsoReader::place(const IsoNode& node, std::uint64_t record, std::uint32_t sections, StreamPlan& plan) {
  const std::uint32_t block_bytes = model_->source(node).block_bytes;
  std::uint64_t file_offset = 0, last_end = 0;
  const bool whole = iso_content(disc_, block_bytes, record, sections, [&](std::uint64_t offset, std::uint64_t length) {
    if (plan.extents.size() < kMaxRuns) place(offset, length, file_offset, ExtentKind::kData, plan);
    file_offset += length;
    last_end = offset + length;
  });
  if (plan.record.size_bytes == 0) {
    plan.record.source = ContentSource::kEmpty;
    plan.extents.clear();
    plan.outside_volume = false;
    return;
  }
  const bool cut = plan.outside_volume || plan.extents.size() >= kMaxRuns || file_offset != plan.record.size_bytes;
  plan.record.source = whole && !cut ? ContentSource::kExtents : ContentSource::kUnreadable;
  const std::uint64_t rest = (block_bytes - last_end % block_bytes) % block_bytes;
  if (plan.record.source == ContentSource::kExtents && disc_.inside(last_end, rest))
    place(last_end, rest, file_offset, ExtentKind::kSlack, plan);
}

void IsoReader::place(std::uint64_t offset, std::uint64_t length, std::uint64_t file_offset, ExtentKind kind,
                      StreamPlan& plan) {
  if (plan.record.source == ContentSource::kNone && kind == ExtentKind::kData && length > 0)
    plan.record.source = ContentSource::kExtents;
  if (!disc_.inside(offset, length)) {
    plan.outside_volume = true;
    plan.record.source = ContentSource::kUnreadable;
    return;
  }
  disc_.pieces(offset, length, [&](std::uint64_t at, std::uint64_t image_offset, std::uint64_t bytes) {
    if (plan.extents.size() < kMaxRuns) add_extent(plan, kind, file_offset + (at - offset), image_offset, bytes);
  });
}

void IsoReader::set_zisofs(const Zisofs& packed, StreamPlan& plan) {
  plan.record.size_bytes = packed.size_bytes;
  for (auto& extent : plan.extents) extent.kind = ExtentKind::kCompressed;
  if (plan.record.source != ContentSource::kExtents) return;
  plan.record.reason = zisofs_refusal(packed);
  plan.record.source = plan.record.reason.empty() ? ContentSource::kDigested : ContentSource::kNotRead;
  if (packed.size_bytes == 0) plan.record.source = ContentSource::kEmpty;
}

bool IsoReader::read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  const std::uint64_t inode = plan.record.ref.inode;
  if (inode >= model().nodes().size()) return false;
  const IsoNode& node = model_->nodes()[inode];
  IsoRecord record;
  const RockRidge fields = fields_of(node, record);
  if (!fields.zisofs) return false;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> packed;
  iso_content(disc_, model_->source(node).block_bytes, node.record, node.sections,
              [&](std::uint64_t offset, std::uint64_t length) {
                if (packed.size() < kMaxRuns) packed.emplace_back(offset, length);
              });
  std::uint64_t done = 0;
  const bool extracts = walk_.job.kind == FsJobKind::kExtract;
  return read_zisofs(
      disc_, packed, *fields.zisofs,
      [&](Bytes bytes) {
        done += bytes.size();
        return consume(bytes);
      },
      [&] { walk_.sink.working_on(extracts ? Stage::kExtract : Stage::kContent, extracts ? done : inode); }, consumed);
}

// ---- the whole volume -----------------------------------------------------------------------------------------------

Status IsoReader::report() {
  walk_.sink.working_on(Stage::kReconcile, 0);
  for (const IsoNote& note : model().notes()) {
    LIMIER_CHECK(walk_.issue(note.code, note.severity,
                             note.node ? std::optional<std::uint64_t>(*note.node) : std::nullopt, note.message,
                             note.incomplete));
  }
  LIMIER_CHECK(impossible_.report());
  return zoneless_.report();
}

Status IsoReader::blocks() {
  walk_.sink.working_on(Stage::kBlocks, 0);
  model();
  std::vector<IsoRange> used = model_->in_use();
  const std::vector<IsoRange> metadata = model_->metadata();
  struct Edge {
    std::uint64_t sector;
    int used, metadata;
  };
  std::vector<Edge> edges;
  for (const IsoRange& range : used) edges.insert(edges.end(), {{range.begin, 1, 0}, {range.end, -1, 0}});
  for (const IsoRange& range : metadata) edges.insert(edges.end(), {{range.begin, 0, 1}, {range.end, 0, -1}});
  sort_by_number(edges, [](const Edge& edge) { return edge.sector; });
  const std::uint64_t last = (disc_.size_bytes() + kIsoSector - 1) / kIsoSector;
  edges.push_back({last, 0, 0});
  std::uint64_t at = 0, sent = 0;
  int in_use = 0, in_metadata = 0;
  catalog::BlockRange open;
  const auto flush = [&]() -> Status { return open.length > 0 ? walk_.sink.blocks(open) : ok_status(); };
  for (const Edge& edge : edges) {
    const std::uint64_t until = std::min(edge.sector, last);
    if (until > at) {
      const BlockUse use = in_use > 0        ? BlockUse::kAllocated
                           : in_metadata > 0 ? BlockUse::kMetadata
                                             : BlockUse::kUnallocated;
      const std::uint64_t begin = std::min(disc_.image_start(at), walk_.end);
      const std::uint64_t end = std::min(disc_.image_start(until), walk_.end);
      if (open.length > 0 && open.use == use) {
        open.length += end - begin;
      } else {
        LIMIER_CHECK(flush());
        open = {walk_.volume_id(), begin, end - begin, use};
      }
      at = until;
    }
    in_use += edge.used;
    in_metadata += edge.metadata;
    if (++sent % kBeatEvery == 0) walk_.sink.working_on(Stage::kBlocks, at);
  }
  return flush();
}

}  // namespace

std::unique_ptr<OwnReader> make_iso_reader(WalkBase& walk) {
  return std::make_unique<IsoReader>(walk);
}

}  // namespace limier::volume
