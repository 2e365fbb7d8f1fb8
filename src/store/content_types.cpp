// What the contents are, and the words for it. The facts stand in content_type; whether they may be shown depends on
// the state of the stream, and follows in the views.
#include <fmt/format.h>

#include "limier/types.h"
#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// Lists of the program, so that the views need no table of words.
std::string values(std::string_view into, const std::string& rows) {
  return rows.empty() ? std::string() : fmt::format("INSERT INTO {} VALUES {};", into, rows.substr(1));
}

std::string quotable(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out;
}

}  // namespace

std::string content_type_schema() {
  std::string sql = R"sql(
CREATE TABLE content_type (
  content_id INTEGER PRIMARY KEY REFERENCES stream(content_id), type INTEGER NOT NULL, basis INTEGER NOT NULL,
  encryption INTEGER NOT NULL, entropy INTEGER NOT NULL
) STRICT;
CREATE TABLE file_type (
  type INTEGER PRIMARY KEY, mime TEXT NOT NULL, name TEXT NOT NULL, extensions TEXT NOT NULL, strong INTEGER NOT NULL
) STRICT;
CREATE TABLE said_type (item_id INTEGER PRIMARY KEY, mime TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE telling_extension (extension TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE file_encryption (
  encryption INTEGER PRIMARY KEY, scheme TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
)sql";
  std::string rows;
  for (const types::Type& type : types::all()) {
    rows += fmt::format(",({},'{}','{}',' {} ',{})", type.number, type.mime, quotable(type.name), type.extensions,
                        int{type.strong});
  }
  sql += values("file_type", rows);
  rows.clear();
  for (const std::string_view extension : types::telling_extensions()) rows += fmt::format(",('{}')", extension);
  sql += values("telling_extension", rows);
  rows.clear();
  for (int kind = 1; kind <= static_cast<int>(catalog::FileEncryption::kLast); ++kind) {
    const auto encryption = static_cast<catalog::FileEncryption>(kind);
    rows += fmt::format(",({},'{}','{}')", kind, types::encryption_scheme(encryption),
                        quotable(types::encryption_detail(encryption)));
  }
  return sql + values("file_encryption", rows);
}

Status IndexWriter::Impl::put_type(std::int64_t content_id, const catalog::ContentType& type) {
  if (type.type == 0) return ok_status();
  content_type_.bind(1, content_id);
  content_type_.bind(2, std::int64_t{type.type});
  content_type_.bind(3, static_cast<std::int64_t>(type.basis));
  content_type_.bind(4, static_cast<std::int64_t>(type.encryption));
  content_type_.bind(5, std::int64_t{type.entropy_millibits});
  return insert(content_type_);
}

// What nobody read: nothing, and zeros.
Status IndexWriter::Impl::type_unread_contents() {
  return db_.execute(
      fmt::format("INSERT OR REPLACE INTO content_type SELECT content_id, {}, 0, 0, 0 FROM stream WHERE state = 6;"
                  "INSERT OR REPLACE INTO content_type SELECT s.content_id, {}, 0, 0, 0 FROM stream s JOIN digest d ON "
                  "d.content_id = s.content_id WHERE s.source = 1 AND s.piece_count = 0 AND s.state IN (0, 1)",
                  types::kEmptyType, types::kUnknownType));
}

}  // namespace limier::store
