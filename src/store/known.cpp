// What hash sets say of the contents. The contents are told apart by their digests, so it is known once the sweep is
// through.
#include <algorithm>
#include <map>

#include "store/writer_impl.h"

namespace limier::store {
namespace {

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> digest_at(const Statement& row, int column) {
  const std::string bytes = row.text(column);
  if (bytes.size() != N) return std::nullopt;
  std::array<std::uint8_t, N> digest{};
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace

Result<std::vector<DigestsOf>> IndexWriter::Impl::digests_behind(std::int64_t after, std::size_t limit) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  // Files by their content have no index until the end.
  LIMIER_CHECK(db_.execute(
      "CREATE TEMP TABLE IF NOT EXISTS content_files(content_id INTEGER PRIMARY KEY, files INTEGER NOT NULL)"));
  if (after < 0)
    LIMIER_CHECK(
        db_.execute("DELETE FROM temp.content_files; INSERT INTO temp.content_files SELECT content_id, count(*) FROM "
                    "file WHERE content_id IS NOT NULL AND NOT reused GROUP BY content_id"));
  LIMIER_TRY(auto rows, db_.prepare("SELECT d.content_id, c.files, d.md5, d.sha1, d.sha256 FROM digest d JOIN stream s "
                                    "ON s.content_id = d.content_id JOIN temp.content_files c ON c.content_id = "
                                    "d.content_id WHERE d.content_id > ?1 AND s.state IN (0, 1) AND s.size_bytes > 0 "
                                    "ORDER BY d.content_id LIMIT ?2"));
  rows.bind(1, after);
  rows.bind(2, static_cast<std::int64_t>(limit));
  std::vector<DigestsOf> found;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return found;
    found.push_back(
        {rows.integer(0), rows.integer(1), {digest_at<16>(rows, 2), digest_at<20>(rows, 3), digest_at<32>(rows, 4)}});
  }
}

Status IndexWriter::Impl::clear_known() {
  LIMIER_CHECK(begin());
  return db_.execute("DELETE FROM known_content; DELETE FROM known_source; DELETE FROM row_hash_set");
}

Status IndexWriter::Impl::add_known(std::span<const KnownContent> known) {
  LIMIER_CHECK(begin());
  LIMIER_TRY(auto source, db_.prepare("INSERT INTO known_source(sources, categories) VALUES (?1, ?2) ON CONFLICT DO "
                                      "UPDATE SET sources = sources RETURNING source_id"));
  LIMIER_TRY(auto row_of_known, db_.prepare("INSERT INTO known_content VALUES (?1, ?2, ?3)"));
  std::map<std::pair<std::string, std::string>, std::int64_t> ids;
  for (const KnownContent& one : known) {
    const auto [found, is_new] = ids.try_emplace({one.sources, one.categories});
    if (is_new) {
      source.reset();
      source.bind_text(1, found->first.first);
      source.bind_text(2, found->first.second);
      LIMIER_TRY(const bool row, source.step());
      if (!row) return Error{ErrorKind::kInternal, "the index gave no number to the names of hash sets"};
      found->second = source.integer(0);
      source.reset();
    }
    row_of_known.bind(1, one.content_id);
    row_of_known.bind(2, one.notable ? std::int64_t{1} : std::int64_t{0});
    row_of_known.bind(3, found->second);
    LIMIER_CHECK(insert(row_of_known));
  }
  return ok_status();
}

Result<std::vector<DigestsOf>> IndexWriter::digests_behind(std::int64_t after, std::size_t limit) {
  return impl_->digests_behind(after, limit);
}
Status IndexWriter::clear_known() {
  return impl_->clear_known();
}
Status IndexWriter::add_known(std::span<const KnownContent> known) {
  return impl_->add_known(known);
}

}  // namespace limier::store
