#include "app/reread.h"

#include <fmt/format.h>

#include "limier/volume.h"

namespace limier::app {

Result<std::optional<KnownContent>> find_content(store::Index& index, std::int64_t file_id) {
  LIMIER_TRY(auto query, index.query("SELECT f.volume_id, f.inode, f.sequence, f.attr_type, f.attr_id, f.path, f.name, "
                                     "f.content_state, f.sha256, f.size, v.image_offset, v.length, v.fs_type, "
                                     "v.tsk_fs_type, v.pool_block, v.block_size FROM v_file f JOIN v_volume v "
                                     "ON v.volume_id = f.volume_id WHERE f.file_id = ?1"));
  query.bind(1, file_id);
  if (!query.step()) {
    LIMIER_CHECK(query.status());
    return std::optional<KnownContent>();
  }
  KnownContent content;
  content.volume.volume_id = static_cast<std::uint32_t>(query.integer(0));
  content.stream.volume_id = content.volume.volume_id;
  content.stream.inode = static_cast<std::uint64_t>(query.integer(1));
  content.stream.sequence = static_cast<std::uint32_t>(query.integer(2));
  content.stream.attr_type = static_cast<std::uint32_t>(query.integer(3));
  content.stream.attr_id = static_cast<std::uint16_t>(query.integer(4));
  content.path = query.text(5);
  content.name = query.text(6);
  content.state = query.text(7);
  content.sha256 = query.text(8);
  content.size_bytes = static_cast<std::uint64_t>(query.integer(9));
  content.volume.image_offset = static_cast<std::uint64_t>(query.integer(10));
  content.volume.length = static_cast<std::uint64_t>(query.integer(11));
  content.volume.fs_type = query.text(12);
  content.volume.tsk_fs_type = static_cast<std::uint32_t>(query.integer(13));
  content.volume.pool_block = static_cast<std::uint64_t>(query.integer(14));
  content.volume.block_size = static_cast<std::uint32_t>(query.integer(15));
  return std::optional<KnownContent>(std::move(content));
}

Result<std::optional<std::int64_t>> companion(store::Index& index, std::int64_t file_id, std::string_view ending) {
  LIMIER_TRY(auto query, index.query("SELECT l.file_id FROM v_file f JOIN v_file l ON l.volume_id = f.volume_id AND "
                                     "l.path = f.path || ?2 WHERE f.file_id = ?1 ORDER BY l.deleted <> f.deleted, "
                                     "l.file_id LIMIT 1"));
  query.bind(1, file_id).bind(2, std::string(ending));
  std::optional<std::int64_t> found;
  if (query.step()) found = query.integer(0);
  LIMIER_CHECK(query.status());
  return found;
}

Result<ReadAgain> read_again(const KnownContent& content, const EvidenceSet& evidence, const Guard& guard,
                             const std::function<Status(Bytes)>& take, const std::atomic<int>& stop) {
  ReadAgain read;
  if (content.sha256.empty()) {
    read.problem = fmt::format("its content is {}: there is no digest to compare with", content.state);
    return read;
  }
  volume::FsJob job;
  job.kind = volume::FsJobKind::kExtract;
  job.evidence = evidence.spec;
  job.folder = evidence.folder_entries;
  job.volume = content.volume;
  job.stream = content.stream;

  Hasher hasher({false, false, true});
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_fs(content.size_bytes);
  session.max_row_bytes = max_row_bytes(content.size_bytes);
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type == worker::FrameType::kIssues) return ok_status();
    if (frame.type != worker::FrameType::kContentBytes) return Error{kLied, "it sent an unexpected frame"};
    if (frame.payload.size() > content.size_bytes - std::min(hasher.size_bytes(), content.size_bytes))
      return Error{kLied, "it sent more than the file holds"};
    hasher.update(Bytes(frame.payload));
    return take(Bytes(frame.payload));
  };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
  read.size_bytes = hasher.size_bytes();
  read.sha256 = hex_digest(*hasher.finish().sha256);
  if (ending.kind != EndingKind::kFinished) {
    read.problem = ending.sentence();
  } else if (read.sha256 != content.sha256) {
    read.problem = fmt::format("its SHA-256 is {} now, the index says {}", read.sha256, content.sha256);
    read.mismatch = true;
  }
  return read;
}

Result<std::string> recorded_path(store::Index& index) {
  LIMIER_TRY(auto query, index.query("SELECT path FROM v_evidence"));
  if (!query.step()) return Error{ErrorKind::kRefused, "the index names no evidence"};
  return query.text(0);
}

Status same_evidence(store::Index& index, const sweep::ContainerMessage& container) {
  LIMIER_TRY(auto query, index.query("SELECT size_bytes, stored_md5 FROM v_evidence"));
  if (!query.step()) return Error{ErrorKind::kRefused, "the index names no evidence"};
  // What was written down beside an extraction may lie elsewhere now; contents are compared one by one.
  if (evidence::is_extraction(container.format) && static_cast<std::uint64_t>(query.integer(0)) == container.size_bytes)
    return ok_status();
  const std::string stored = container.stored_md5 ? hex_digest(*container.stored_md5) : "";
  if (static_cast<std::uint64_t>(query.integer(0)) != container.size_bytes || query.text(1) != stored)
    return Error{ErrorKind::kRefused, "this image is not the evidence the index was made from"};
  return ok_status();
}

Result<bool> has_scope(store::Index& index) {
  LIMIER_TRY(auto run, index.query("SELECT scope_sha256 IS NOT NULL FROM v_run ORDER BY run_id DESC LIMIT 1"));
  const bool scoped = run.step() && run.integer(0) != 0;
  LIMIER_CHECK(run.status());
  return scoped;
}

Status refuse_under_scope(store::Index& index, const std::string& dir, std::string_view what) {
  LIMIER_TRY(const bool scoped, has_scope(index));
  if (!scoped) return ok_status();
  return Error{ErrorKind::kRefused,
               fmt::format("{}: was examined under a scope, which masks what may not be read; {}", dir, what)};
}

}  // namespace limier::app
