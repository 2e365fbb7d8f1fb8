#include "limier/store/case_db.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "store/case_schema.h"
#include "store/db.h"
#include "store/query_impl.h"

namespace limier::store {
namespace {

constexpr int kRowTables = 16;
constexpr int kCacheKibibytes = 16 << 10;

void bind_value(Statement& statement, int at, std::int64_t value) {
  statement.bind(at, value);
}
void bind_value(Statement& statement, int at, const std::string& text) {
  statement.bind_text(at, text);
}
void bind_value(Statement& statement, int at, const MaybeInteger& value) {
  statement.bind(at, value);
}
void bind_value(Statement& statement, int at, const MaybeString& text) {
  text ? statement.bind_text(at, *text) : statement.bind_null(at);
}
void bind_value(Statement& statement, int at, const Blob& bytes) {
  statement.bind_blob(at, bytes.data(), bytes.size());
}
void bind_value(Statement& statement, int at, const MaybeBlob& bytes) {
  bytes ? statement.bind_blob(at, bytes->data(), bytes->size()) : statement.bind_null(at);
}
void bind_value(Statement& statement, int at, double value) {
  statement.bind_real(at, value);
}

template <class Row>
constexpr int table_number() {
  if constexpr (std::is_same_v<Row, CaseRow>) return 0;
  if constexpr (std::is_same_v<Row, CaseExhibit>) return 1;
  if constexpr (std::is_same_v<Row, CaseNotExamined>) return 2;
  if constexpr (std::is_same_v<Row, CaseKind>) return 3;
  if constexpr (std::is_same_v<Row, CaseKey>) return 4;
  if constexpr (std::is_same_v<Row, CaseKeyFile>) return 5;
  if constexpr (std::is_same_v<Row, CaseLink>) return 6;
  if constexpr (std::is_same_v<Row, CaseLinkKind>) return 7;
  if constexpr (std::is_same_v<Row, CaseLinkKey>) return 8;
  if constexpr (std::is_same_v<Row, CaseFinding>) return 9;
  if constexpr (std::is_same_v<Row, CaseJudged>) return 10;
  if constexpr (std::is_same_v<Row, CaseTalk>) return 11;
  if constexpr (std::is_same_v<Row, CasePerson>) return 12;
  if constexpr (std::is_same_v<Row, CasePersonOn>) return 13;
  if constexpr (std::is_same_v<Row, CaseMessagePair>) return 14;
  if constexpr (std::is_same_v<Row, CaseTranslation>) return 15;
}

}  // namespace

struct CaseWriter::Impl {
  std::string path;
  std::array<Statement, kRowTables> inserts;
  Database db;
  ~Impl() {
    for (Statement& insert : inserts) insert = Statement();
  }
};

CaseWriter::CaseWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaseWriter::~CaseWriter() = default;

Result<std::unique_ptr<CaseWriter>> CaseWriter::create(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return Error{ErrorKind::kInternal, fmt::format("{} is there already", path)};
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  LIMIER_TRY(impl->db, Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW));
  // A temporary name until it is whole: no journal and no sync on the way, and no lock that others could wait for.
  LIMIER_CHECK(impl->db.execute(
      fmt::format("PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; "
                  "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = {}; "
                  "PRAGMA application_id = {}; PRAGMA user_version = {}; BEGIN",
                  -kCacheKibibytes, kCaseApplicationId, kCaseSchemaVersion)));
  LIMIER_CHECK(impl->db.execute(std::string(case_tables())));
  LIMIER_CHECK(impl->db.execute(case_views()));
  return std::unique_ptr<CaseWriter>(new CaseWriter(std::move(impl)));
}

template <class Row>
Status CaseWriter::add(const Row& row) {
  Statement& insert = impl_->inserts[table_number<Row>()];
  constexpr auto kFields = Row::fields();
  if (!insert) {
    std::string marks;
    for (std::size_t i = 0; i < std::tuple_size_v<decltype(kFields)>; ++i) marks += i == 0 ? "?" : ", ?";
    LIMIER_TRY(insert, impl_->db.prepare(fmt::format("INSERT INTO {} VALUES ({})", Row::kTable, marks)));
  }
  int at = 0;
  std::apply([&](auto... member) { (bind_value(insert, ++at, row.*member), ...); }, kFields);
  return insert.run();
}
template Status CaseWriter::add(const CaseRow&);
template Status CaseWriter::add(const CaseExhibit&);
template Status CaseWriter::add(const CaseNotExamined&);
template Status CaseWriter::add(const CaseKind&);
template Status CaseWriter::add(const CaseKey&);
template Status CaseWriter::add(const CaseKeyFile&);
template Status CaseWriter::add(const CaseLink&);
template Status CaseWriter::add(const CaseLinkKind&);
template Status CaseWriter::add(const CaseLinkKey&);
template Status CaseWriter::add(const CaseFinding&);
template Status CaseWriter::add(const CaseJudged&);
template Status CaseWriter::add(const CaseTalk&);
template Status CaseWriter::add(const CasePerson&);
template Status CaseWriter::add(const CasePersonOn&);
template Status CaseWriter::add(const CaseMessagePair&);
template Status CaseWriter::add(const CaseTranslation&);

Result<Query> CaseWriter::query(std::string_view sql) {
  return make_query(impl_->db.get(), sql);
}

Status CaseWriter::commit() {
  for (Statement& insert : impl_->inserts) insert = Statement();
  LIMIER_CHECK(impl_->db.execute("CREATE INDEX link_key_by_key ON link_key(key_id); COMMIT"));
  LIMIER_TRY(const std::string verdict, impl_->db.text("PRAGMA quick_check"));
  if (verdict != "ok")
    return Error{ErrorKind::kInternal, fmt::format("{} is damaged after writing: {}", impl_->path, verdict)};
  LIMIER_CHECK(impl_->db.close());
  const UniqueFd fd(::open(impl_->path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    return Error{ErrorKind::kTemporary,
                 fmt::format("cannot sync {}: {}", impl_->path, std::generic_category().message(errno))};
  return ok_status();
}

}  // namespace limier::store
