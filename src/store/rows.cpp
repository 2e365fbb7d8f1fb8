// One insert per record of the workers.
#include <fmt/format.h>

#include <algorithm>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

using catalog::ContentSource;
using catalog::ContentState;

template <class E>
std::int64_t number(E value) {
  return static_cast<std::int64_t>(value);
}

// What the state is going to be if the digests arrive; build_catalog and finish_evidence change the others.
ContentState expected_state(const catalog::StreamRecord& record, bool deleted) {
  const ContentState readable = deleted ? ContentState::kRecovered : ContentState::kComplete;
  switch (record.source) {
    case ContentSource::kExtents:
      return readable;
    case ContentSource::kDigested:
      return record.touched_damage ? ContentState::kPartial : readable;
    case ContentSource::kEmpty:
      return ContentState::kEmpty;
    case ContentSource::kUnreadable:
      return ContentState::kUnreadable;
    case ContentSource::kEncrypted:
      return ContentState::kEncrypted;
    case ContentSource::kNone:
    case ContentSource::kTooSparse:
    case ContentSource::kNotRead:
      return ContentState::kNotRead;
  }
  return ContentState::kNotRead;
}

std::int64_t characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::array<const catalog::Stamp*, 8> times_of(const catalog::InodeRecord& record) {
  const auto &own = record.times, &name = record.name_times;
  return {&own.modified,  &own.accessed,  &own.changed,  &own.created,
          &name.modified, &name.accessed, &name.changed, &name.created};
}

bool is_far(const catalog::Stamp& stamp) {
  return stamp.basis != catalog::TimeBasis::kAbsent && !catalog::ns_of(stamp);
}

std::int64_t time_marks(const catalog::InodeRecord& record) {
  std::int64_t marks = 0;
  const auto times = times_of(record);
  for (unsigned place = 0; place < times.size(); ++place) {
    const catalog::Stamp& stamp = *times[place];
    if (place < 4 && stamp.basis == catalog::TimeBasis::kLocal) marks |= std::int64_t{1} << (kLocalMarks + place);
    if (place < 4 && stamp.basis == catalog::TimeBasis::kStated) marks |= std::int64_t{1} << (kStatedMarks + place);
    if (is_far(stamp)) marks |= std::int64_t{1} << (kFarMarks + place);
  }
  return marks;
}

Error bad_record(std::string_view what) {
  return {ErrorKind::kInternal, fmt::format("a worker sent {} the index cannot hold", what)};
}

}  // namespace

Status IndexWriter::Impl::prepare_statements() {
  const auto prepare = [&](Statement& statement, std::string_view sql) -> Status {
    LIMIER_TRY(statement, db_.prepare(sql));
    return ok_status();
  };
  LIMIER_CHECK(prepare(volume_,
                       "INSERT OR IGNORE INTO volume VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                       "?14, ?15, ?16, ?17, ?18, ?19)"));
  using Names = decltype(names_);
  LIMIER_TRY(names_, Names::prepare(db_, "INSERT OR IGNORE INTO name VALUES", {{{4}, {5, Names::As::kBytes}}}));
  using Inodes = decltype(inodes_);
  LIMIER_TRY(inodes_,
             Inodes::prepare(db_, "INSERT OR IGNORE INTO inode VALUES", {{{13}, {14}, {15, Inodes::As::kBytes}}}));
  LIMIER_CHECK(prepare(far_time_, "INSERT OR REPLACE INTO far_time VALUES (?1, ?2, ?3, ?4)"));
  using Streams = decltype(streams_);
  LIMIER_TRY(streams_,
             Streams::prepare(db_, "INSERT OR IGNORE INTO stream VALUES", {{{5}, {6, Streams::As::kBytes}, {13}}}));
  LIMIER_CHECK(prepare(digest_, "INSERT OR REPLACE INTO digest VALUES (?1, ?2, ?3, ?4)"));
  LIMIER_TRY(extents_, RowBatch<7>::prepare(db_, "INSERT OR IGNORE INTO extent VALUES"));
  LIMIER_CHECK(prepare(find_inode_, "SELECT inode_key, allocated FROM inode WHERE volume_id = ?1 AND inode = ?2"));
  LIMIER_CHECK(
      prepare(find_content_, "SELECT content_id FROM stream WHERE inode_key = ?1 AND attr_type = ?2 AND attr_id = ?3"));
  LIMIER_CHECK(prepare(block_, "INSERT INTO block(volume_id, image_offset, length, use) VALUES (?1, ?2, ?3, ?4)"));
  LIMIER_CHECK(prepare(
      issue_,
      "INSERT INTO issue(stage, code, severity, volume_id, inode, image_offset, length, message, "
      "message_raw, incomplete, step, cause, attempt, memory_bytes, item_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
      "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"));
  LIMIER_CHECK(
      prepare(encryption_, "INSERT INTO encryption(volume_id, scheme, certainty, detail) VALUES (?1, ?2, ?3, ?4)"));
  LIMIER_CHECK(
      prepare(bad_range_, "INSERT INTO bad_range VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET reason = reason"));
  LIMIER_CHECK(prepare(content_digest_,
                       "INSERT OR REPLACE INTO digest SELECT content_id, ?2, ?3, ?4 FROM stream "
                       "WHERE content_id = ?1 AND source = 1 AND state IN (0, 1)"));
  LIMIER_CHECK(prepare(packed_, "INSERT OR REPLACE INTO packed VALUES (?1, ?2, ?3, 0)"));
  LIMIER_CHECK(prepare(packing_fault_, "UPDATE packed SET fault = ?2 WHERE content_id = ?1"));
  LIMIER_CHECK(prepare(stored_name_, "INSERT OR REPLACE INTO stored_name VALUES (?1, ?2, ?3)"));
  LIMIER_CHECK(prepare(content_type_, "INSERT OR REPLACE INTO content_type VALUES (?1, ?2, ?3, ?4, ?5)"));
  return prepare(touched_, "UPDATE stream SET state = 3 WHERE content_id = ?1 AND source = 1 AND state IN (0, 1)");
}

Status IndexWriter::Impl::add(const catalog::VolumeRecord& record) {
  if (record.volume_id == 0 || record.volume_id > kMaxVolumeId) return bad_record("a volume number");
  const RepairedText scheme(record.scheme), slot(record.slot), description(record.description), fs_type(record.fs_type),
      label(record.fs_label), uuid(record.fs_uuid), encryption(record.encryption);
  volume_.bind(1, std::int64_t{record.volume_id});
  record.parent_id == 0 ? volume_.bind_null(2) : volume_.bind(2, std::int64_t{record.parent_id});
  volume_.bind_text(3, scheme.text());
  volume_.bind_text(4, slot.text());
  volume_.bind(5, clamped(record.image_offset));
  volume_.bind(6, clamped(record.length));
  volume_.bind(7, clamped(record.declared_length));
  description.bind(volume_, 8, 9);
  volume_.bind_text(10, fs_type.text());
  label.bind(volume_, 11, 12);
  volume_.bind_text(13, uuid.text());
  volume_.bind(14, std::int64_t{record.block_size});
  volume_.bind(15, number(record.status));
  volume_.bind_text(16, encryption.text());
  volume_.bind(17, std::int64_t{record.walkable});
  volume_.bind(18, std::int64_t{record.tsk_fs_type});
  volume_.bind(19, identity(record.pool_block));
  LIMIER_CHECK(insert(volume_));
  return volume_.changes() == 0 ? refuse(0) : ok_status();
}

Status IndexWriter::Impl::add(const catalog::NameRecord& record) {
  if (record.volume_id > kMaxVolumeId || record.name_id > kMaxOrdinal || record.parent_name_id > kMaxOrdinal ||
      record.name_length > record.path.size())
    return bad_record("a name");
  const std::string_view raw(record.path);
  const RepairedText path(raw), name(raw.substr(raw.size() - record.name_length));
  LIMIER_CHECK(begin_rows_of(record.volume_id));
  LIMIER_CHECK(names_.add(
      {volume_key(record.volume_id, record.name_id), record.volume_id,
       volume_key(record.volume_id, record.parent_name_id), std::nullopt, std::nullopt, characters(name.text()),
       identity(record.inode), record.sequence, number(record.kind), record.allocated, record.orphan},
      {path.text(), path.raw()}));
  if (!record.stored_name.empty()) {
    const RepairedText stored(record.stored_name);
    stored_name_.bind(1, volume_key(record.volume_id, record.name_id));
    stored.bind(stored_name_, 2, 3);
    LIMIER_CHECK(insert(stored_name_));
  }
  return count_row();
}

Status IndexWriter::Impl::add(const catalog::InodeRecord& record) {
  Sent& sent = sent_[record.volume_id];
  const auto ordinal = ++sent.inodes;
  if (record.volume_id > kMaxVolumeId || ordinal > kMaxOrdinal) return bad_record("an inode");
  const auto key = volume_key(record.volume_id, ordinal);
  const RepairedText owner(record.owner_sid), link(record.link_target);
  if (identity(record.inode) <= sent.last_inode && !held_.proves_new(record.volume_id, identity(record.inode)))
    LIMIER_CHECK(index_inodes());
  LIMIER_CHECK(begin_rows_of(record.volume_id));
  LIMIER_CHECK(inodes_.add({key,
                            record.volume_id,
                            identity(record.inode),
                            record.sequence,
                            record.name_sequence,
                            number(record.kind),
                            record.allocated,
                            clamped(record.size_bytes),
                            record.mode,
                            record.uid,
                            record.gid,
                            record.link_count,
                            std::nullopt,
                            std::nullopt,
                            std::nullopt,
                            catalog::ns_of(record.times.modified),
                            catalog::ns_of(record.times.accessed),
                            catalog::ns_of(record.times.changed),
                            catalog::ns_of(record.times.created),
                            catalog::ns_of(record.name_times.modified),
                            catalog::ns_of(record.name_times.accessed),
                            catalog::ns_of(record.name_times.changed),
                            catalog::ns_of(record.name_times.created),
                            time_marks(record)},
                           {record.owner_sid.empty() ? std::nullopt : std::optional(owner.text()),
                            record.link_target.empty() ? std::nullopt : std::optional(link.text()), link.raw()}));
  if (inodes_indexed_) {
    LIMIER_CHECK(inodes_.flush());
    if (inodes_.take_ignored() > 0) return refuse(record.volume_id);
  }
  LIMIER_CHECK(count_row());
  if (time_marks(record) >> kFarMarks != 0) LIMIER_CHECK(add_far_times(key, record));
  sent.last_inode = std::max(sent.last_inode, identity(record.inode));
  recent_inodes_.push({record.volume_id, record.inode, key, record.allocated, record.kind});
  held_.add(JoinInode{key, record.volume_id, identity(record.inode), record.name_sequence, 0, record.kind,
                      record.allocated, record.link_count > 0});
  return ok_status();
}

Status IndexWriter::Impl::add_far_times(std::int64_t inode_key, const catalog::InodeRecord& record) {
  const auto times = times_of(record);
  for (std::size_t place = 0; place < times.size(); ++place) {
    const catalog::Stamp& stamp = *times[place];
    if (!is_far(stamp)) continue;
    const std::string text =
        format_instant(stamp.seconds, stamp.nanoseconds, stamp.basis != catalog::TimeBasis::kLocal);
    far_time_.bind(1, inode_key);
    far_time_.bind(2, static_cast<std::int64_t>(place));
    far_time_.bind(3, stamp.seconds);
    far_time_.bind_text(4, text);
    LIMIER_CHECK(insert(far_time_));
  }
  return ok_status();
}

Status IndexWriter::Impl::index_inodes() {
  if (inodes_indexed_) return ok_status();
  inodes_indexed_ = true;
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush(inodes_));
  return db_.execute(inode_index());
}

Status IndexWriter::Impl::index_streams() {
  if (streams_indexed_) return ok_status();
  streams_indexed_ = true;
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush(streams_));
  return db_.execute(stream_index());
}

Result<std::optional<IndexWriter::Impl::InodeKey>> IndexWriter::Impl::find_inode(std::uint32_t volume_id,
                                                                                 std::uint64_t inode) {
  const InodeKey* recent =
      recent_inodes_.find([&](const InodeKey& one) { return one.inode == inode && one.volume_id == volume_id; });
  if (recent != nullptr) return std::optional(*recent);
  LIMIER_CHECK(index_inodes());
  find_inode_.bind(1, std::int64_t{volume_id});
  find_inode_.bind(2, identity(inode));
  LIMIER_TRY(const bool row, find_inode_.step());
  if (!row) return std::optional<InodeKey>();
  const InodeKey found{volume_id, inode, find_inode_.integer(0), find_inode_.integer(1) != 0, std::nullopt};
  find_inode_.reset();
  return std::optional(found);
}

Result<std::optional<IndexWriter::Impl::Content>> IndexWriter::Impl::find_content(const catalog::StreamRef& ref) {
  const ContentKey* recent = recent_contents_.find([&](const ContentKey& one) { return one.ref == ref; });
  if (recent != nullptr) return std::optional(Content{recent->content_id, &recent->owner});
  LIMIER_TRY(const auto inode, find_inode(ref.volume_id, ref.inode));
  if (!inode) return std::optional<Content>();
  LIMIER_CHECK(index_streams());
  find_content_.bind(1, inode->key);
  find_content_.bind(2, std::int64_t{ref.attr_type});
  find_content_.bind(3, std::int64_t{ref.attr_id});
  LIMIER_TRY(const bool row, find_content_.step());
  if (!row) return std::optional<Content>();
  const std::int64_t found = find_content_.integer(0);
  find_content_.reset();
  return std::optional(Content{found, nullptr});
}

Status IndexWriter::Impl::put_digest(std::int64_t content_id, const Digests& digests) {
  digest_.bind(1, content_id);
  digest_.bind(2, digests.md5);
  digest_.bind(3, digests.sha1);
  digest_.bind(4, digests.sha256);
  return insert(digest_);
}

Status IndexWriter::Impl::put_packing(std::int64_t content_id, const catalog::Packing& packing) {
  packed_.bind(1, content_id);
  packed_.bind(2, number(packing.coding));
  packing.has_crc ? packed_.bind(3, std::int64_t{packing.crc32}) : packed_.bind_null(3);
  return insert(packed_);
}

// False when the order in which streams come does not prove any more that this one is new.
bool IndexWriter::Impl::note_attribute(Sent& sent, std::int64_t inode_key, const catalog::StreamRef& ref) {
  constexpr std::size_t kMaxRemembered = 64;
  const std::pair attribute{ref.attr_type, ref.attr_id};
  if (inode_key < sent.last_stream_of) return false;
  if (inode_key > sent.last_stream_of) sent.attributes.clear();
  sent.last_stream_of = inode_key;
  if (sent.attributes.size() >= kMaxRemembered ||
      std::ranges::find(sent.attributes, attribute) != sent.attributes.end())
    return false;
  sent.attributes.push_back(attribute);
  return true;
}

void IndexWriter::Impl::hold(const catalog::StreamRecord& record, const InodeKey& inode, std::int64_t content_id) {
  ContentKey& recent = recent_contents_.push({record.ref, content_id, {}});
  recent.owner.content_id = content_id;
  recent.owner.inode_key = inode.key;
  recent.owner.inode = PlacedExtent::short_inode(record.ref.inode);
  recent.owner.inode_kind = inode.kind.value_or(catalog::FileKind::kFile);
  recent.owner.deleted = !inode.allocated;
  recent.owner.has_content = record.source != ContentSource::kNone;
  if (!inode.kind) held_.give_up();
  held_.add(JoinStream{inode.key, {!record.is_default, record.ref.attr_type, record.ref.attr_id, content_id}});
}

Status IndexWriter::Impl::add(const catalog::StreamRecord& record) {
  LIMIER_TRY(const auto inode, find_inode(record.ref.volume_id, record.ref.inode));
  if (!inode) return refuse(record.ref.volume_id);
  Sent& sent = sent_[record.ref.volume_id];
  const auto ordinal = ++sent.streams;
  if (ordinal > kMaxOrdinal) return bad_record("a stream");
  const auto content_id = volume_key(record.ref.volume_id, ordinal);
  const RepairedText name(record.name), reason(record.reason);
  if (!note_attribute(sent, inode->key, record.ref)) LIMIER_CHECK(index_streams());
  LIMIER_CHECK(begin_rows_of(record.ref.volume_id));
  LIMIER_CHECK(
      streams_.add({content_id, inode->key, record.ref.attr_type, record.ref.attr_id, std::nullopt, std::nullopt,
                    record.is_default, clamped(record.size_bytes), number(record.source), record.data_piece_count,
                    number(expected_state(record, !inode->allocated)), !inode->allocated, std::nullopt},
                   {name.text(), name.raw(), record.reason.empty() ? std::nullopt : std::optional(reason.text())}));
  if (streams_indexed_) {
    LIMIER_CHECK(streams_.flush());
    if (streams_.take_ignored() > 0) return refuse(record.ref.volume_id);
  }
  LIMIER_CHECK(count_row());
  hold(record, *inode, content_id);
  if (record.packing.any()) LIMIER_CHECK(put_packing(content_id, record.packing));
  const auto& digests = record.digests;
  const bool digested = record.source == ContentSource::kDigested && !record.touched_damage &&
                        (digests.md5 || digests.sha1 || digests.sha256);
  if (!digested) return ok_status();
  LIMIER_CHECK(put_digest(content_id, digests));
  for (const catalog::ByteHit& hit : record.hits) LIMIER_CHECK(put_byte_hit(hit, content_id, kSeenByWalk));
  return put_type(content_id, record.type);
}

Status IndexWriter::Impl::add(const catalog::ExtentRecord& record) {
  LIMIER_TRY(const auto content, find_content(record.ref));
  if (!content) return refuse(record.ref.volume_id);
  LIMIER_CHECK(begin_rows_of(record.ref.volume_id));
  LIMIER_CHECK(extents_.add({content->content_id, std::int64_t{record.seq}, std::int64_t{record.piece},
                             clamped(record.file_offset),
                             record.image_offset ? std::optional(clamped(*record.image_offset)) : std::nullopt,
                             clamped(record.length), number(record.kind)}));
  LIMIER_CHECK(count_row());
  if (content->owner == nullptr) held_.give_up();
  if (!record.image_offset || !held_.whole()) return ok_status();
  PlacedExtent extent = *content->owner;
  extent.image_offset = clamped(*record.image_offset);
  extent.length = clamped(record.length);
  extent.seq = record.seq;
  extent.kind = record.kind;
  held_.add(extent);
  return ok_status();
}

// A row of this volume comes next.
Status IndexWriter::Impl::begin_rows_of(std::uint32_t volume_id) {
  if (volume_id != rows_of_) LIMIER_CHECK(flush_rows());
  rows_of_ = volume_id;
  return begin();
}

template <class Batch>
Status IndexWriter::Impl::flush(Batch& batch) {
  LIMIER_CHECK(batch.flush());
  const std::uint64_t ignored = batch.take_ignored();
  if (ignored == 0) return ok_status();
  // Some are held that the index does not have.
  held_.give_up();
  refused_by_volume_[rows_of_] += ignored;
  return ok_status();
}

Status IndexWriter::Impl::flush_rows() {
  LIMIER_CHECK(flush(names_));
  LIMIER_CHECK(flush(inodes_));
  LIMIER_CHECK(flush(streams_));
  return flush(extents_);
}

Status IndexWriter::Impl::add(const catalog::BlockRange& record) {
  block_.bind(1, std::int64_t{record.volume_id});
  block_.bind(2, clamped(record.image_offset));
  block_.bind(3, clamped(record.length));
  block_.bind(4, number(record.use));
  return insert(block_);
}

Status IndexWriter::Impl::add(const catalog::IssueRecord& record) {
  const RepairedText stage(record.stage), code(record.code), message(record.message);
  issue_.bind_text(1, stage.text());
  issue_.bind_text(2, code.text());
  issue_.bind(3, number(record.severity));
  record.volume_id == 0 ? issue_.bind_null(4) : issue_.bind(4, std::int64_t{record.volume_id});
  record.inode ? issue_.bind(5, identity(*record.inode)) : issue_.bind_null(5);
  record.image_offset ? issue_.bind(6, clamped(*record.image_offset)) : issue_.bind_null(6);
  issue_.bind(7, clamped(record.length));
  message.bind(issue_, 8, 9);
  issue_.bind(10, std::int64_t{record.incomplete});
  // Contents are looked into beside the sweep, and what is begun anew of it leaves them alone.
  issue_.bind(11, number(record.item_id != 0 ? Step::kContent : step_));
  record.item_id != 0 ? issue_.bind(15, record.item_id) : issue_.bind_null(15);
  // Only where a worker was ended; a cause may quote what the worker said.
  const RepairedText cause(record.cause);
  const bool ended = record.attempt != 0;
  ended ? issue_.bind_text(12, cause.text()) : issue_.bind_null(12);
  ended ? issue_.bind(13, std::int64_t{record.attempt}) : issue_.bind_null(13);
  ended ? issue_.bind(14, clamped(record.memory_bytes)) : issue_.bind_null(14);
  return insert(issue_);
}

Status IndexWriter::Impl::add(const catalog::EncryptionRecord& record) {
  const RepairedText scheme(record.scheme), detail(record.detail);
  encryption_.bind(1, std::int64_t{record.volume_id});
  encryption_.bind_text(2, scheme.text());
  encryption_.bind(3, number(record.certainty));
  encryption_.bind_text(4, detail.text());
  return insert(encryption_);
}

Status IndexWriter::Impl::add(const catalog::BadRange& record) {
  const RepairedText reason(record.reason);
  bad_range_.bind(1, clamped(record.image_offset));
  bad_range_.bind(2, clamped(record.length));
  bad_range_.bind_text(3, reason.text());
  return insert(bad_range_);
}

Status IndexWriter::Impl::add(const catalog::ContentDigest& record) {
  const auto content_id = identity(record.content_id);
  if (record.touched_damage) {
    if (record.fault != catalog::PackingFault::kNone) {
      packing_fault_.bind(1, content_id);
      packing_fault_.bind(2, number(record.fault));
      LIMIER_CHECK(insert(packing_fault_));
    }
    touched_.bind(1, content_id);
    return insert(touched_);
  }
  content_digest_.bind(1, content_id);
  content_digest_.bind(2, record.digests.md5);
  content_digest_.bind(3, record.digests.sha1);
  content_digest_.bind(4, record.digests.sha256);
  LIMIER_CHECK(begin());
  LIMIER_CHECK(content_digest_.run());
  if (content_digest_.changes() == 1) LIMIER_CHECK(put_type(content_id, record.type));
  return count_row();
}

}  // namespace limier::store
