#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hashset/format.h"
#include "hashset/reader.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kFirstBytes = 4096;
// Of nothing: on lists by accident, and then every empty file would be one of them.
constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                           kEmptySha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                           kEmptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

bool is_of_nothing(const Digests& digests) {
  static const auto kSha256 = *parse_digest<32>(kEmptySha256);
  static const auto kSha1 = *parse_digest<20>(kEmptySha1);
  static const auto kMd5 = *parse_digest<16>(kEmptyMd5);
  return digests.sha256 == kSha256 || digests.sha1 == kSha1 || digests.md5 == kMd5;
}

enum class ListKind : std::uint8_t { kLines, kJson, kSqlite, kSql };

Error foreign(const std::string& path, std::string_view what) {
  return {ErrorKind::kUsage, fmt::format("{}: {}", path, what)};
}

// By its first bytes; its name says nothing.
Result<ListKind> kind_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0)
    return foreign(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  if (!S_ISREG(facts.st_mode)) return foreign(path, "is not a file");
  std::string first(kFirstBytes, '\0');
  const ssize_t got = ::pread(fd.get(), first.data(), first.size(), 0);
  first.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (first.empty()) return foreign(path, "is empty");
  if (first.starts_with("SQLite format 3")) return ListKind::kSqlite;
  if (first.starts_with(kMagic)) return foreign(path, "is a hash set already");
  for (const std::string_view packed :
       {"PK\x03\x04", "\x1F\x8B", "7z\xBC\xAF", "BZh", "\xFD\x37zXZ", "\x28\xB5\x2F\xFD"})
    if (first.starts_with(packed)) return foreign(path, "is an archive; unpack it and import what is in it");
  if (first.starts_with("\xFF\xFE") || first.starts_with("\xFE\xFF"))
    return foreign(path, "is UTF-16; convert it to UTF-8, as with iconv -f UTF-16 -t UTF-8");
  if (first.find('\0') != std::string::npos)
    return foreign(path, "is no list of digests: it is neither text nor a SQLite database");
  const std::size_t begin = first.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (begin == std::string::npos) return ListKind::kLines;
  if (first[begin] == '{' || first[begin] == '[') return ListKind::kJson;
  const std::string words = lower(std::string_view(first).substr(begin));
  for (const std::string_view word :
       {"insert into ", "insert or ", "replace into ", "delete from ", "update ", "begin", "pragma ", "--", "/*"})
    if (words.starts_with(word)) return ListKind::kSql;
  return ListKind::kLines;
}

}  // namespace

Result<FileBytes> FileBytes::open(const std::string& path, const Advance& advance, const std::atomic<int>& stop) {
  FileBytes bytes;
  bytes.fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!bytes.fd_ || ::fstat(bytes.fd_.get(), &facts) != 0) return file_error("read", path, errno);
  ::posix_fadvise(bytes.fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  bytes.path_ = path;
  bytes.size_ = static_cast<std::uint64_t>(facts.st_size);
  bytes.advance_ = &advance;
  bytes.stop_ = &stop;
  bytes.buffer_.resize(kBuffer);
  return bytes;
}

bool FileBytes::fill() {
  if (!status_.ok()) return false;
  if (stop_->load() != 0) return status_ = Error{ErrorKind::kInterrupted, "told to stop"}, false;
  ssize_t got = -1;
  do got = ::read(fd_.get(), buffer_.data(), buffer_.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) status_ = file_error("read", path_, errno);
  at_ = 0;
  filled_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  read_ += filled_;
  if (filled_ > 0 && *advance_) (*advance_)(read_, size_);
  return filled_ > 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool put_digest(std::string_view text, Digests& to) {
  for (std::size_t i = 0; i < kSections; ++i)
    if (text.size() == 2 * kDigestBytes.at(i)) return put_digest(static_cast<Section>(i), text, to);
  return false;
}

bool put_digest(Section section, std::string_view text, Digests& to) {
  const auto put = [&](auto& digest, auto parsed) {
    if (parsed) digest = parsed;
    return parsed.has_value();
  };
  switch (section) {
    case Section::kSha256:
      return put(to.sha256, parse_digest<32>(text));
    case Section::kSha1:
      return put(to.sha1, parse_digest<20>(text));
    case Section::kMd5:
      return put(to.md5, parse_digest<16>(text));
  }
  return false;
}

std::optional<Section> section_of_name(std::string_view name) {
  std::string plain;
  for (const char c : lower(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  for (std::size_t i = 0; i < kSections; ++i)
    if (plain == kSectionWords.at(i) || plain == std::string(kSectionWords.at(i)) + "hash")
      return static_cast<Section>(i);
  return std::nullopt;
}

Status Intake::add(const Digests& digests, std::uint8_t category) {
  if ((options_.categories && !options_.categories->test(category)) || is_of_nothing(digests)) {
    ++report_.left_out;
    return ok_status();
  }
  ++report_.rows;
  return builder_.add(digests, category);
}

Status Intake::take_back(const Digests& digests, std::int32_t weight) {
  ++report_.taken_back;
  return builder_.add(digests, kNoCategory, weight);
}

void Intake::reject(std::uint64_t row, std::string_view why) {
  builder_.reject();
  if (report_.rejected++ > 0) return;
  report_.first_rejected = row;
  report_.why_rejected = why;
}

void Intake::offer_version(const std::string& version) {
  if (options_.version.empty() && is_valid_utf8(version)) builder_.set_version(version.substr(0, kMaxText));
}

Result<ImportReport> import_list(const ImportOptions& options, const Advance& advance, const std::atomic<int>& stop) {
  LIMIER_TRY(const ListKind kind, kind_of(options.list));
  if (!options.deltas.empty() && kind != ListKind::kSqlite)
    return foreign(options.list, "deltas are for NSRL's SQLite databases, and it is none");
  for (const std::string& delta : options.deltas) {
    LIMIER_TRY(const ListKind of_delta, kind_of(delta));
    if (of_delta != ListKind::kSql) return foreign(delta, "is no delta: it does not begin as SQL does");
  }
  LIMIER_TRY(Builder builder,
             Builder::create(options.to, {options.name, options.version, "", options.kind, options.memory_bytes / 2}));
  ImportReport report;
  Intake intake(options, builder, report);
  const Source source{options.list, advance, stop};
  TableColumns columns;
  switch (kind) {
    case ListKind::kLines:
      LIMIER_CHECK(read_lines(source, intake));
      break;
    case ListKind::kJson:
      LIMIER_CHECK(read_json(source, intake));
      break;
    case ListKind::kSqlite:
      LIMIER_CHECK(read_nsrl(source, intake, columns));
      break;
    case ListKind::kSql:
      intake.set_format("NSRL RDSv3 delta");
      LIMIER_CHECK(read_delta(source, intake, columns));
      break;
  }
  for (const std::string& delta : options.deltas) LIMIER_CHECK(read_delta({delta, advance, stop}, intake, columns));
  if (!options.deltas.empty())
    intake.set_format(
        fmt::format("NSRL RDSv3 with {} delta{}", options.deltas.size(), options.deltas.size() == 1 ? "" : "s"));
  if (report.rows == 0)
    return foreign(
        options.list,
        report.rejected > 0
            ? fmt::format("is no list of digests that limier reads: of {} lines or rows none is usable, the first one "
                          "because {}; no set was written",
                          report.rejected, report.why_rejected)
            : std::string("holds no digest that is wanted; no set was written"));
  LIMIER_TRY(report.set, builder.finish(stop));
  return report;
}

}  // namespace limier::hashset
