#include "casework/run_format.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace limier::casework {
namespace {

constexpr std::string_view kMagic = "LIMIRKEY";
constexpr std::size_t kHeaderBytes = 160;
constexpr std::size_t kKindBytes = 32;
constexpr std::size_t kWriteBuffer = std::size_t{256} << 10;
// Where the header's fields stand.
constexpr std::size_t kVersionAt = 8, kHeaderSizeAt = 12, kKindAt = 16, kRecordWidthAt = 48, kKeyWidthAt = 52;
constexpr std::size_t kCountAt = 56, kDigestAt = 64, kIndexAt = 96, kHeaderDigestAt = 128;

template <class T>
void store_le(std::uint8_t* at, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

using Header = std::array<std::uint8_t, kHeaderBytes>;

Sha256 sha256_of(Bytes bytes) {
  return *digest_of(bytes, DigestSet{false, false, true}).sha256;
}

Header header_of(const RunSpec& spec, std::uint64_t count, const Sha256& digest) {
  Header header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  store_le<std::uint32_t>(&header[kVersionAt], kRunVersion);
  store_le<std::uint32_t>(&header[kHeaderSizeAt], kHeaderBytes);
  std::memcpy(&header[kKindAt], spec.kind.data(), std::min(spec.kind.size(), kKindBytes));
  store_le<std::uint32_t>(&header[kRecordWidthAt], static_cast<std::uint32_t>(spec.record_width()));
  store_le<std::uint32_t>(&header[kKeyWidthAt], kKeyBytes);
  store_le<std::uint64_t>(&header[kCountAt], count);
  std::copy(digest.begin(), digest.end(), header.begin() + kDigestAt);
  const Sha256 index = spec.index_digest.value_or(Sha256{});
  std::copy(index.begin(), index.end(), header.begin() + kIndexAt);
  const Sha256 own = sha256_of(Bytes(header).first(kHeaderDigestAt));
  std::copy(own.begin(), own.end(), header.begin() + kHeaderDigestAt);
  return header;
}

// "" when the header is one this version reads and that fits `spec`.
std::string_view header_problem(const Header& header, const RunSpec& spec) {
  const Bytes bytes(header);
  if (!as_text(bytes).starts_with(kMagic)) return "it is no key run";
  const Sha256 own = sha256_of(bytes.first(kHeaderDigestAt));
  if (!std::equal(own.begin(), own.end(), header.begin() + kHeaderDigestAt)) return "its header is damaged";
  if (*le_at<std::uint32_t>(bytes, kVersionAt) != kRunVersion ||
      *le_at<std::uint32_t>(bytes, kHeaderSizeAt) != kHeaderBytes)
    return "it was written by another version of limier";
  std::array<char, kKindBytes> kind{};
  std::memcpy(kind.data(), spec.kind.data(), std::min(spec.kind.size(), kKindBytes));
  if (std::memcmp(kind.data(), &header[kKindAt], kKindBytes) != 0) return "it holds another kind of key";
  if (*le_at<std::uint32_t>(bytes, kRecordWidthAt) != spec.record_width() ||
      *le_at<std::uint32_t>(bytes, kKeyWidthAt) != kKeyBytes)
    return "its records have another width";
  if (spec.index_digest && !std::equal(spec.index_digest->begin(), spec.index_digest->end(), header.begin() + kIndexAt))
    return "it was derived from another index";
  return {};
}

Error run_error(const std::string& path, std::string_view what) {
  return {ErrorKind::kEvidence, fmt::format("the key run {} cannot be used: {}", path, what)};
}

// The longest beginning of `text` that fits and does not cut a UTF-8 character.
std::string_view fitting(std::string_view text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t end = width;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void put_record(const KeyRecord& record, std::size_t value_width, std::uint8_t* out) {
  std::copy(record.key.begin(), record.key.end(), out);
  store_le<std::uint64_t>(out + kKeyBytes, record.size_bytes);
  store_le<std::int64_t>(out + kKeyBytes + 8, record.file_id);
  store_le<std::uint32_t>(out + kKeyBytes + 16, record.count);
  store_le<std::uint32_t>(out + kKeyBytes + 20, record.flags);
  std::fill_n(out + kRecordHead, value_width, std::uint8_t{0});
  const std::string_view value = fitting(record.value, value_width);
  std::copy(value.begin(), value.end(), out + kRecordHead);
}

KeyRecord get_record(const std::uint8_t* bytes, std::size_t value_width) {
  KeyRecord record;
  std::copy_n(bytes, kKeyBytes, record.key.begin());
  record.size_bytes = detail::load_le<std::uint64_t>(bytes + kKeyBytes);
  record.file_id = static_cast<std::int64_t>(detail::load_le<std::uint64_t>(bytes + kKeyBytes + 8));
  record.count = detail::load_le<std::uint32_t>(bytes + kKeyBytes + 16);
  record.flags = detail::load_le<std::uint32_t>(bytes + kKeyBytes + 20);
  const std::string_view value(reinterpret_cast<const char*>(bytes) + kRecordHead, value_width);
  record.value = value.substr(0, value.find('\0'));
  return record;
}

// ---- RunWriter ----------------------------------------------------------------------------------------------------

RunWriter::RunWriter(std::string dir, std::string name, RunSpec spec, UniqueFd fd)
    : dir_(std::move(dir)),
      name_(std::move(name)),
      spec_(std::move(spec)),
      fd_(std::move(fd)),
      hasher_(DigestSet{false, false, true}) {}
RunWriter::RunWriter(RunWriter&& other) noexcept = default;
RunWriter::~RunWriter() {
  if (fd_) ::unlink(temporary().c_str());
}

Result<RunWriter> RunWriter::create(const std::string& dir, const std::string& name, const RunSpec& spec) {
  assert(spec.kind.size() <= kKindBytes && spec.value_width <= kMaxValueBytes);
  RunWriter writer(dir, name, spec, UniqueFd());
  ::unlink(writer.temporary().c_str());
  writer.fd_ = UniqueFd(::open(writer.temporary().c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!writer.fd_) return file_error("create", writer.temporary(), errno);
  writer.buffer_.reserve(kWriteBuffer + spec.record_width() + kHeaderBytes);
  writer.buffer_.assign(kHeaderBytes, 0);  // the header comes last
  return writer;
}

void RunWriter::put(const std::uint8_t* record) {
  buffer_.insert(buffer_.end(), record, record + spec_.record_width());
  hasher_.update(Bytes(record, spec_.record_width()));
  ++count_;
  if (buffer_.size() >= kWriteBuffer) flush();
}

void RunWriter::flush() {
  if (error_number_ == 0 && !write_fully(fd_.get(), buffer_)) error_number_ = errno;
  buffer_.clear();
}

Status RunWriter::commit() {
  flush();
  const Header header = header_of(spec_, count_, *hasher_.finish().sha256);
  if (error_number_ == 0 &&
      (::pwrite(fd_.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
       ::fsync(fd_.get()) != 0))
    error_number_ = errno;
  if (error_number_ != 0) return file_error("write", path(), error_number_);
  if (::rename(temporary().c_str(), path().c_str()) != 0) return file_error("rename the finished", path(), errno);
  fd_.reset();
  return ok_status();
}

// ---- RunCursor ----------------------------------------------------------------------------------------------------

Result<RunCursor> RunCursor::open(const std::string& path, const RunSpec& spec) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return run_error(path, "it is not there");
  if (!fd) return file_error("open", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return file_error("look at", path, errno);
  Header header{};
  if (!S_ISREG(info.st_mode) || info.st_size < static_cast<off_t>(header.size()))
    return run_error(path, "it is cut short");
  if (!read_fully(fd.get(), 0, header))
    return errno == 0 ? run_error(path, "it is cut short") : file_error("read", path, errno);
  if (const auto problem = header_problem(header, spec); !problem.empty()) return run_error(path, problem);
  RunCursor cursor;
  cursor.path_ = path;
  cursor.spec_ = spec;
  cursor.device_ = info.st_dev;
  cursor.inode_ = info.st_ino;
  cursor.size_bytes_ = static_cast<std::uint64_t>(info.st_size);
  cursor.count_ = *le_at<std::uint64_t>(Bytes(header), kCountAt);
  const std::uint64_t body = cursor.size_bytes_ - kHeaderBytes;
  if (body % spec.record_width() != 0 || body / spec.record_width() != cursor.count_)
    return run_error(path, "its size does not fit the number of its records");
  std::copy_n(header.begin() + kDigestAt, cursor.digest_.size(), cursor.digest_.begin());
  return cursor;
}

void RunCursor::use_buffer(std::size_t bytes) {
  const std::size_t width = spec_.record_width();
  buffer_bytes_ = std::max<std::size_t>(bytes / width, 1) * width;
  const std::uint64_t all = count_ * width;
  if (all < buffer_bytes_) buffer_bytes_ = std::max(static_cast<std::size_t>(all), width);
}

Result<UniqueFd> RunCursor::reopen() const {
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd)
    return errno == ENOENT ? run_error(path_, "it vanished while it was read") : file_error("open", path_, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return file_error("look at", path_, errno);
  if (info.st_dev != device_ || info.st_ino != inode_ || static_cast<std::uint64_t>(info.st_size) != size_bytes_)
    return run_error(path_, "it was exchanged while it was read");
  return fd;
}

void RunCursor::fail(std::string_view what) {
  status_ = run_error(path_, what);
  record_ = nullptr;
}

void RunCursor::refill() {
  const std::size_t width = spec_.record_width();
  at_ = filled_ = 0;
  record_ = nullptr;
  if (read_ == count_) {
    if (*hasher_.finish().sha256 != digest_) fail("its digest does not fit its records");
    return;
  }
  buffer_.resize(buffer_bytes_);
  const std::uint64_t records = std::min<std::uint64_t>(count_ - read_, buffer_bytes_ / width);
  const auto bytes = static_cast<std::size_t>(records) * width;
  const auto fd = reopen();
  if (!fd) {
    status_ = fd.error();
    return;
  }
  if (!read_fully(fd->get(), kHeaderBytes + read_ * width, MutableBytes(buffer_).first(bytes))) {
    if (errno == 0)
      fail("it is cut short");
    else
      status_ = file_error("read", path_, errno);
    return;
  }
  hasher_.update(Bytes(buffer_).first(bytes));
  read_ += records;
  filled_ = bytes;
  record_ = buffer_.data();
}

void RunCursor::advance() {
  if (!status_.ok()) return;
  if (record_ != nullptr) {
    std::copy_n(record_, kKeyBytes, last_.begin());
    started_ = true;
    at_ += spec_.record_width();
  }
  if (at_ < filled_)
    record_ = buffer_.data() + at_;
  else
    refill();
  if (record_ != nullptr && started_ && std::memcmp(last_.data(), record_, kKeyBytes) >= 0)
    fail("its records are out of order");
}

Result<std::optional<KeyRecord>> RunCursor::find_one(int fd, const Key& key) const {
  const std::size_t width = spec_.record_width();
  std::vector<std::uint8_t> record(width);
  std::uint64_t low = 0, high = count_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (!read_fully(fd, kHeaderBytes + middle * width, record))
      return errno == 0 ? run_error(path_, "it is cut short") : file_error("read", path_, errno);
    const int order = std::memcmp(record.data(), key.data(), kKeyBytes);
    if (order == 0) return std::optional(get_record(record.data(), spec_.value_width));
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return std::optional<KeyRecord>();
}

Result<std::vector<std::optional<KeyRecord>>> RunCursor::find(std::span<const Key> keys) const {
  LIMIER_TRY(const auto fd, reopen());
  std::vector<std::optional<KeyRecord>> found;
  found.reserve(keys.size());
  for (const Key& key : keys) {
    LIMIER_TRY(auto one, find_one(fd.get(), key));
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace limier::casework
