// Synthetic records and an index in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "limier/catalog/messages.h"
#include "limier/store.h"

namespace limier::store::testing {

inline std::string numbered(std::string_view stem, std::uint64_t number) {
  std::string text(stem);
  text += std::to_string(number);
  return text;
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/limier-store-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    dir_ = pattern;
  }
  void TearDown() override {
    index_.reset();
    writer_.reset();
    std::filesystem::remove_all(dir_);
  }

  void create(std::uint64_t size = 1'000'000) {
    EvidenceRow evidence;
    evidence.path = "laptop.E01";
    evidence.format = "ewf-e01";
    evidence.size_bytes = size;
    RunRow run;
    run.tool_version = "0.1.0";
    run.command = "limier triage laptop.E01";
    run.host = "bench";
    run.started_ns = 1'600'000'000'000'000'000;
    Authority authority;
    authority.text = "training";
    auto created = IndexWriter::create(dir_ + "/index.db", run, authority, evidence);
    ASSERT_TRUE(created.ok()) << created.error().message;
    writer_ = std::move(*created);
  }
  template <class T>
  void add(const T& record) {
    const Status status = writer_->add(record);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void check(const Status& status) { ASSERT_TRUE(status.ok()) << status.error().message; }

  void volume(std::uint32_t id, std::uint64_t offset, std::uint64_t length, std::string fs = "ntfs",
              catalog::VolumeStatus status = catalog::VolumeStatus::kParsed, std::uint32_t parent = 0,
              std::string slot = "000:000") {
    catalog::VolumeRecord record;
    record.volume_id = id;
    record.parent_id = parent;
    record.scheme = "dos";
    record.slot = std::move(slot);
    record.image_offset = offset;
    record.length = length;
    record.fs_type = std::move(fs);
    record.status = status;
    record.walkable = status == catalog::VolumeStatus::kParsed;
    add(record);
  }
  catalog::NameRecord name(std::uint64_t id, std::string path, std::uint64_t inode, bool allocated = true,
                           std::uint32_t volume_id = 1, std::uint64_t parent = 0) {
    catalog::NameRecord record;
    record.volume_id = volume_id;
    record.name_id = id;
    record.parent_name_id = parent;
    record.name_length = static_cast<std::uint32_t>(path.size() - path.rfind('/') - 1);
    record.path = std::move(path);
    record.inode = inode;
    record.allocated = allocated;
    return record;
  }
  catalog::InodeRecord inode(std::uint64_t number, bool allocated = true, std::uint32_t volume_id = 1) {
    catalog::InodeRecord record;
    record.volume_id = volume_id;
    record.inode = number;
    record.allocated = allocated;
    record.link_count = 1;
    return record;
  }
  catalog::StreamRecord stream(std::uint64_t number, catalog::ContentSource source, std::uint64_t size,
                               std::uint32_t pieces = 1, std::uint32_t volume_id = 1) {
    catalog::StreamRecord record;
    record.ref = {volume_id, number, 0, 128, 0};
    record.size_bytes = size;
    record.source = source;
    record.data_piece_count = source == catalog::ContentSource::kExtents ? pieces : 0;
    return record;
  }
  catalog::ExtentRecord extent(std::uint64_t number, std::uint32_t seq, std::optional<std::uint64_t> image_offset,
                               std::uint64_t length, catalog::ExtentKind kind = catalog::ExtentKind::kData,
                               std::uint64_t file_offset = 0, std::uint32_t volume_id = 1) {
    catalog::ExtentRecord record;
    record.ref = {volume_id, number, 0, 128, 0};
    record.seq = seq;
    record.piece = seq;
    record.file_offset = file_offset;
    record.image_offset = image_offset;
    record.length = length;
    record.kind = kind;
    return record;
  }
  // A whole file of one data extent.
  void file(std::uint64_t id, const std::string& path, std::uint64_t number, std::uint64_t image_offset,
            std::uint64_t length, bool name_allocated = true, bool inode_allocated = true) {
    add(name(id, path, number, name_allocated));
    add(inode(number, inode_allocated));
    add(stream(number, catalog::ContentSource::kExtents, length));
    add(extent(number, 0, image_offset, length));
  }
  // Answers every piece of the plan with digests of its content id, as the sweep would.
  void sweep(std::size_t batch_size = 3) {
    writer_->rewind_plan();
    std::uint64_t last = 0;
    while (true) {
      auto batch = writer_->next_plan(batch_size);
      ASSERT_TRUE(batch.ok()) << batch.error().message;
      if (batch->empty()) return;
      for (const auto& piece : *batch) {
        EXPECT_GE(piece.image_offset, last);
        last = piece.image_offset;
        plan_.push_back(piece);
        catalog::ContentDigest digest;
        digest.content_id = piece.content_id;
        digest.digests = digest_of(as_bytes(std::to_string(piece.content_id)), kAllDigests);
        digest.type = type_;
        add(digest);
      }
    }
  }
  void finish_all() {
    check(writer_->build_catalog());
    sweep();
    check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kVerified, true));
    check(writer_->build_coverage());
    close();
  }
  void close() {
    check(writer_->finish("complete", 0, 1'600'000'001'000'000'000));
    writer_.reset();
    auto opened = Index::open(dir_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    index_ = std::move(*opened);
  }

  // All rows, columns joined by '|', rows by a newline; NULL is "-".
  std::string rows(const std::string& sql) {
    auto query = index_->query(sql);
    if (!query.ok()) return query.error().message;
    std::string out;
    while (query->step()) {
      if (!out.empty()) out += '\n';
      for (int i = 0; i < query->column_count(); ++i)
        out.append(i == 0 ? "" : "|").append(query->is_null(i) ? "-" : query->text(i));
    }
    const Status status = query->status();
    return status.ok() ? out : status.error().message;
  }

  std::string dir_;
  std::unique_ptr<IndexWriter> writer_;
  std::unique_ptr<Index> index_;
  std::vector<catalog::PlanPiece> plan_;
  catalog::ContentType type_{.type = 100, .basis = catalog::TypeBasis::kSignature, .entropy_millibits = 7500};
};

}  // namespace limier::store::testing
