#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "hashset/format.h"
#include "limier/base/sorter.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kBuffer = 1u << 20;
// Of a record that is sorted: the digest, then these.
constexpr std::size_t kCategoryBytes = 1, kWeightBytes = 4;
constexpr std::int64_t kWeightZero = std::int64_t{1} << 31;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Buffered writing that knows where it stands.
class Writer {
 public:
  Writer(int fd, std::string path) : fd_(fd), path_(std::move(path)) { buffer_.reserve(kBuffer); }
  void put(const std::uint8_t* bytes, std::size_t size) {
    if (buffer_.size() + size > kBuffer) flush();
    buffer_.insert(buffer_.end(), bytes, bytes + size);
    at_ += size;
  }
  void pad_to(std::uint64_t offset) {
    static constexpr std::array<std::uint8_t, kAlign> kZeros{};
    while (at_ < offset) put(kZeros.data(), static_cast<std::size_t>(std::min<std::uint64_t>(kAlign, offset - at_)));
  }
  Status finish() {
    flush();
    return status_;
  }

 private:
  void flush() {
    if (status_.ok() && !write_fully(fd_, buffer_)) status_ = file_error("write", path_, errno);
    buffer_.clear();
  }
  int fd_;
  std::string path_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t at_ = 0;
  Status status_ = ok_status();
};

// The file that is to be the set, under another name until it is whole.
class Draft {
 public:
  static Result<Draft> create(const std::string& to) {
    Draft draft;
    draft.to_ = to;
    draft.name_ = to + ".part-XXXXXX";
    draft.fd_ = UniqueFd(::mkostemp(draft.name_.data(), O_CLOEXEC));
    if (!draft.fd_) return file_error("create", to, errno);
    draft.named_ = true;
    ::fchmod(draft.fd_.get(), 0644);
    return draft;
  }
  Draft() = default;
  Draft(Draft&& other) noexcept
      : to_(std::move(other.to_)),
        name_(std::move(other.name_)),
        fd_(std::move(other.fd_)),
        named_(std::exchange(other.named_, false)) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    if (named_) ::unlink(name_.c_str());
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Never over what is there: a link fails where the name is taken.
  Status settle() {
    if (::fsync(fd_.get()) != 0) return file_error("write", to_, errno);
    if (::link(name_.c_str(), to_.c_str()) == 0) {
      ::unlink(name_.c_str());
    } else if (errno == EEXIST || ::access(to_.c_str(), F_OK) == 0) {
      return Error{ErrorKind::kUsage, fmt::format("{}: is there already; a hash set is never overwritten", to_)};
    } else if (::rename(name_.c_str(), to_.c_str()) != 0) {  // file systems without links
      return file_error("name", to_, errno);
    }
    named_ = false;
    const UniqueFd folder(::open(folder_of(to_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) ::fsync(folder.get());
    return ok_status();
  }

 private:
  std::string to_, name_;
  UniqueFd fd_;
  bool named_ = false;
};

}  // namespace

struct Builder::Impl {
  std::string to;
  BuildOptions options;
  std::array<std::unique_ptr<Sorter>, kSections> sorters;
  std::uint64_t rows = 0;
  // What was added last: lists in order say the same digest many times in a row.
  std::array<std::uint8_t, 32> last{};
  std::optional<std::size_t> last_section;
  std::uint8_t last_category = kNoCategory;
  std::int64_t last_weight = 0;

  Status put_last() {
    if (!last_section || last_weight == 0) return last_section.reset(), ok_status();
    auto& sorter = sorters.at(*last_section);
    const std::size_t digest = kDigestBytes.at(*last_section);
    if (!sorter)
      sorter = std::make_unique<Sorter>(folder_of(to), digest + kCategoryBytes + kWeightBytes, options.memory_bytes);
    std::array<std::uint8_t, 32 + kCategoryBytes + kWeightBytes> record{};
    std::memcpy(record.data(), last.data(), digest);
    record.at(digest) = last_category;
    const auto weight =
        static_cast<std::uint32_t>(std::clamp(last_weight + kWeightZero, std::int64_t{0}, 2 * kWeightZero - 1));
    put_le(record.data() + digest + kCategoryBytes, weight, kWeightBytes);
    sorter->put(record.data());
    last_section.reset();
    last_weight = 0;
    return sorter->status();
  }

  Result<SectionPlan> write_section(std::size_t section, Writer& out, std::uint64_t from, const std::atomic<int>& stop);
  std::array<std::uint8_t, kHeaderBytes> header(const std::array<SectionPlan, kSections>& plans, std::uint64_t rejected,
                                                std::uint64_t size) const;
};

Builder::Builder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;
Builder::~Builder() = default;

void Builder::set_format(std::string format) {
  impl_->options.format = std::move(format);
}
void Builder::set_version(std::string version) {
  impl_->options.version = std::move(version);
}

Result<Builder> Builder::create(const std::string& to, BuildOptions options) {
  if (options.name.find_first_not_of(" \t\r\n") == std::string::npos)
    return Error{ErrorKind::kUsage, "a hash set needs a name: it stands beside every file that is found in it"};
  for (const std::string* text : {&options.name, &options.version, &options.format})
    if (text->size() > kMaxText || !is_valid_utf8(*text))
      return Error{ErrorKind::kUsage,
                   fmt::format("names and versions of hash sets are UTF-8 of at most {} bytes", kMaxText)};
  if (::access(to.c_str(), F_OK) == 0)
    return Error{ErrorKind::kUsage, fmt::format("{}: is there already; a hash set is never overwritten", to)};
  auto impl = std::make_unique<Impl>();
  impl->to = to;
  impl->options = std::move(options);
  return Builder(std::move(impl));
}

Status Builder::add(const Digests& digests, std::uint8_t category, std::int32_t weight) {
  Impl& impl = *impl_;
  const std::uint8_t* digest = digests.sha256 ? digests.sha256->data()
                               : digests.sha1 ? digests.sha1->data()
                               : digests.md5  ? digests.md5->data()
                                              : nullptr;
  if (digest == nullptr) return ok_status();
  const std::size_t section = digests.sha256 ? 0 : digests.sha1 ? 1 : 2;
  if (weight > 0) ++impl.rows;
  const std::size_t size = kDigestBytes.at(section);
  if (impl.last_section != section || impl.last_category != category ||
      std::memcmp(impl.last.data(), digest, size) != 0) {
    LIMIER_CHECK(impl.put_last());
    impl.last_section = section;
    impl.last_category = category;
    std::memcpy(impl.last.data(), digest, size);
  }
  impl.last_weight += weight;
  return ok_status();
}

Result<SectionPlan> Builder::Impl::write_section(std::size_t section, Writer& out, std::uint64_t from,
                                                 const std::atomic<int>& stop) {
  SectionPlan plan;
  place(plan, section, from);
  Sorter* sorter = sorters.at(section).get();
  if (sorter == nullptr) return plan;
  LIMIER_CHECK(sorter->sort());
  const std::size_t digest = kDigestBytes.at(section), rest = digest - kKeyBytes;
  LIMIER_TRY(const UniqueFd rests_fd, unnamed_file(folder_of(to)));
  LIMIER_TRY(const UniqueFd categories_fd, unnamed_file(folder_of(to)));
  Writer rests(rests_fd.get(), to), categories(categories_fd.get(), to);
  const unsigned most_bits = index_bits_for(sorter->count());
  std::vector<std::uint32_t> counts(std::size_t{1} << most_bits);
  std::array<std::uint8_t, 33> entry{};  // digest and category of what is being added up
  std::int64_t weight = 0;
  const auto put_entry = [&] {
    if (weight <= 0) return;
    out.put(entry.data(), kKeyBytes);
    rests.put(entry.data() + kKeyBytes, rest);
    categories.put(entry.data() + digest, 1);
    if (entry.at(digest) != kNoCategory) plan.has_categories = true;
    const auto first = detail::load_be<std::uint64_t>(entry.data());
    ++counts[most_bits == 0 ? 0 : first >> (64 - most_bits)];
    ++plan.entries;
  };
  std::uint64_t seen = 0;
  while (const std::uint8_t* record = sorter->next()) {
    if ((++seen & 0xfffff) == 0 && stop.load() != 0) return Error{ErrorKind::kInterrupted, "told to stop"};
    if (seen == 1 || std::memcmp(entry.data(), record, digest + 1) != 0) {
      put_entry();
      std::memcpy(entry.data(), record, digest + 1);
      weight = 0;
    }
    weight += static_cast<std::int64_t>(detail::load_le<std::uint32_t>(record + digest + 1)) - kWeightZero;
  }
  LIMIER_CHECK(sorter->status());
  put_entry();
  sorters.at(section).reset();
  LIMIER_CHECK(rests.finish());
  LIMIER_CHECK(categories.finish());
  plan.index_bits = std::min(most_bits, index_bits_for(plan.entries));
  place(plan, section, from);
  if (plan.entries == 0) return plan;

  std::vector<std::uint8_t> block(kBuffer);
  const auto copy = [&](int fd, std::uint64_t size) -> Status {
    for (std::uint64_t done = 0; done < size; done += block.size()) {
      const auto part =
          MutableBytes(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), size - done)));
      if (!read_fully(fd, done, part))
        return file_error("read back what was written for", to, errno == 0 ? EIO : errno);
      for (std::size_t at = 0; at < part.size(); at += kBuffer / 4)
        out.put(part.data() + at, std::min(kBuffer / 4, part.size() - at));
    }
    return ok_status();
  };
  out.pad_to(plan.rest);
  LIMIER_CHECK(copy(rests_fd.get(), rest * plan.entries));
  out.pad_to(plan.categories);
  if (plan.has_categories) LIMIER_CHECK(copy(categories_fd.get(), plan.entries));
  out.pad_to(plan.index);
  std::uint64_t so_far = 0;
  const std::size_t fold = std::size_t{1} << (most_bits - plan.index_bits);
  for (std::size_t bucket = 0; bucket <= std::size_t{1} << plan.index_bits; ++bucket) {
    std::array<std::uint8_t, 8> number{};
    put_le(number.data(), so_far, number.size());
    out.put(number.data(), number.size());
    for (std::size_t i = bucket * fold; i < (bucket + 1) * fold && i < counts.size(); ++i) so_far += counts[i];
  }
  out.pad_to(plan.end);
  return plan;
}

std::array<std::uint8_t, kHeaderBytes> Builder::Impl::header(const std::array<SectionPlan, kSections>& plans,
                                                             std::uint64_t rejected, std::uint64_t size) const {
  std::array<std::uint8_t, kHeaderBytes> bytes{};
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  put_le(bytes.data() + at::kVersion, kFormatVersion, 4);
  put_le(bytes.data() + at::kKind, static_cast<std::uint64_t>(options.kind), 4);
  put_le(bytes.data() + at::kRows, rows, 8);
  put_le(bytes.data() + at::kRejected, rejected, 8);
  put_le(bytes.data() + at::kSize, size, 8);
  for (std::size_t i = 0; i < kSections; ++i) {
    std::uint8_t* facts = bytes.data() + at::kSectionFacts + at::kSectionStride * i;
    put_le(facts, plans.at(i).entries, 8);
    put_le(facts + 8, plans.at(i).index_bits, 4);
    put_le(facts + 12, plans.at(i).has_categories ? 1 : 0, 4);
  }
  for (const auto& [place, text] :
       {std::pair(at::kName, &options.name), {at::kListVersion, &options.version}, {at::kFormat, &options.format}}) {
    const std::size_t length = std::min(text->size(), kMaxText);
    put_le(bytes.data() + place, length, 2);
    std::memcpy(bytes.data() + place + 2, text->data(), length);
  }
  const auto digest = *digest_of(Bytes(bytes).first(at::kHeaderDigest), {false, false, true}).sha256;
  std::memcpy(bytes.data() + at::kHeaderDigest, digest.data(), digest.size());
  return bytes;
}

Result<SetInfo> Builder::finish(const std::atomic<int>& stop) {
  LIMIER_CHECK(impl_->put_last());
  LIMIER_TRY(Draft draft, Draft::create(impl_->to));
  Writer out(draft.fd(), impl_->to);
  out.pad_to(kHeaderBytes);
  std::array<SectionPlan, kSections> plans;
  std::uint64_t end = kHeaderBytes;
  for (std::size_t i = 0; i < kSections; ++i) {
    LIMIER_TRY(plans.at(i), impl_->write_section(i, out, end, stop));
    end = plans.at(i).end;
  }
  LIMIER_CHECK(out.finish());
  const std::uint64_t size = end + kTrailerBytes;
  const auto header = impl_->header(plans, rejected_, size);
  if (::pwrite(draft.fd(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
    return file_error("write", impl_->to, errno);

  Hasher hasher({false, false, true});
  std::vector<std::uint8_t> block(kBuffer);
  for (std::uint64_t done = 0; done < end; done += block.size()) {
    if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "told to stop"};
    const auto part =
        MutableBytes(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - done)));
    if (!read_fully(draft.fd(), done, part)) return file_error("read back", impl_->to, errno == 0 ? EIO : errno);
    hasher.update(part);
  }
  const Sha256 trailer = *hasher.finish().sha256;
  if (::pwrite(draft.fd(), trailer.data(), trailer.size(), static_cast<off_t>(end)) !=
      static_cast<ssize_t>(trailer.size()))
    return file_error("write", impl_->to, errno);

  SetInfo info;
  info.name = impl_->options.name;
  info.version = impl_->options.version;
  info.format = impl_->options.format;
  info.kind = impl_->options.kind;
  for (std::size_t i = 0; i < kSections; ++i) info.entries.at(i) = plans.at(i).entries;
  info.rows = impl_->rows;
  info.rejected = rejected_;
  info.size_bytes = size;
  info.sha256 = hex_digest(trailer);
  if (info.total() == 0) return Error{ErrorKind::kUsage, "nothing is left for the set, so none was written"};
  LIMIER_CHECK(draft.settle());
  return info;
}

}  // namespace limier::hashset
