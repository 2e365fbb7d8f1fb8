#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hashset/format.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kHashAtOnce = 4u << 20;

Error damaged(const std::string& path, std::string_view what) {
  return {ErrorKind::kUsage,
          fmt::format("{}: is a damaged hash set: {}; make it again with limier hashset import", path, what)};
}

std::optional<std::string> text_at(Bytes header, std::size_t at) {
  const auto length = *le_at<std::uint16_t>(header, at);
  if (length > kMaxText) return std::nullopt;
  const std::string text(as_text(header.subspan(at + 2, length)));
  return is_valid_utf8(text) ? std::optional(text) : std::nullopt;
}

}  // namespace

struct Set::Impl {
  ~Impl() {
    if (data != nullptr) ::munmap(const_cast<std::uint8_t*>(data), size);
  }
  [[nodiscard]] Bytes bytes() const { return {data, size}; }
  [[nodiscard]] std::uint64_t index_at(const SectionPlan& plan, std::uint64_t bucket) const {
    return detail::load_le<std::uint64_t>(data + plan.index + 8 * bucket);
  }
  [[nodiscard]] int compare(std::size_t section, std::uint64_t entry, const std::uint8_t* digest) const {
    const SectionPlan& plan = sections[section];
    const int by_key = std::memcmp(data + plan.keys + kKeyBytes * entry, digest, kKeyBytes);
    const std::size_t rest = kDigestBytes[section] - kKeyBytes;
    if (by_key != 0 || rest == 0) return by_key;
    return std::memcmp(data + plan.rest + rest * entry, digest + kKeyBytes, rest);
  }
  [[nodiscard]] std::uint8_t category(std::size_t section, std::uint64_t entry) const {
    const SectionPlan& plan = sections[section];
    return plan.has_categories ? data[plan.categories + entry] : kNoCategory;
  }
  Status read_header();
  [[nodiscard]] Status check_indexes() const;
  [[nodiscard]] Status check_order(const std::atomic<int>& stop) const;

  std::string path;
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  std::array<SectionPlan, kSections> sections;
  SetInfo info;
};

Set::Set(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Set::~Set() = default;

const SetInfo& Set::info() const {
  return impl_->info;
}

bool is_set_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 8> magic{};
  return fd && ::pread(fd.get(), magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size()) &&
         std::string_view(magic.data(), magic.size()) == kMagic;
}

Result<std::unique_ptr<Set>> Set::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0)
    return Error{ErrorKind::kUsage, fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
  if (!S_ISREG(facts.st_mode)) return Error{ErrorKind::kUsage, fmt::format("{}: is not a file", path)};
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->size = static_cast<std::size_t>(facts.st_size);
  if (!is_set_file(path))
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: is not a hash set of limier; lists become one with limier hashset import", path)};
  if (impl->size < kHeaderBytes + kTrailerBytes) return damaged(path, "it is cut short");
  void* mapped = ::mmap(nullptr, impl->size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED)
    return Error{ErrorKind::kTemporary, fmt::format("{}: cannot be mapped: {}", path, std::strerror(errno))};
  impl->data = static_cast<const std::uint8_t*>(mapped);
  LIMIER_CHECK(impl->read_header());
  LIMIER_CHECK(impl->check_indexes());
  return std::unique_ptr<Set>(new Set(std::move(impl)));
}

Status Set::Impl::read_header() {
  const Bytes header = bytes().first(kHeaderBytes);
  const auto version = *le_at<std::uint32_t>(header, at::kVersion);
  const auto digest = digest_of(header.first(at::kHeaderDigest), {false, false, true}).sha256;
  if (std::memcmp(digest->data(), header.data() + at::kHeaderDigest, digest->size()) != 0)
    return damaged(path, "its header does not have the digest that stands in it");
  if (version != kFormatVersion)
    return Error{ErrorKind::kUsage, fmt::format("{}: is a hash set of form {}; this version of limier reads form {}",
                                                path, version, kFormatVersion)};
  const auto kind = *le_at<std::uint32_t>(header, at::kKind);
  const auto name = text_at(header, at::kName), of_list = text_at(header, at::kListVersion),
             format = text_at(header, at::kFormat);
  if (kind >= kKindWords.size() || !name || !of_list || !format) return damaged(path, "its header makes no sense");
  std::uint64_t end = kHeaderBytes;
  for (std::size_t i = 0; i < kSections; ++i) {
    const std::size_t facts = at::kSectionFacts + at::kSectionStride * i;
    SectionPlan& plan = sections[i];
    plan.entries = *le_at<std::uint64_t>(header, facts);
    plan.index_bits = *le_at<std::uint32_t>(header, facts + 8);
    plan.has_categories = *le_at<std::uint32_t>(header, facts + 12) != 0;
    if (plan.entries > size / kKeyBytes || plan.index_bits > kMaxIndexBits) return damaged(path, "it is cut short");
    place(plan, i, end);
    end = plan.end;
    info.entries[i] = plan.entries;
  }
  info.size_bytes = *le_at<std::uint64_t>(header, at::kSize);
  if (info.size_bytes != size || end + kTrailerBytes != size)
    return damaged(path, fmt::format("it should have {} bytes, and has {}", info.size_bytes, size));
  info.name = *name;
  info.version = *of_list;
  info.format = *format;
  info.kind = static_cast<Kind>(kind);
  info.rows = *le_at<std::uint64_t>(header, at::kRows);
  info.rejected = *le_at<std::uint64_t>(header, at::kRejected);
  Sha256 trailer{};
  std::memcpy(trailer.data(), data + size - kTrailerBytes, trailer.size());
  info.sha256 = hex_digest(trailer);
  return ok_status();
}

// What look-ups go by: they stay within the section whatever the rest of the file says.
Status Set::Impl::check_indexes() const {
  for (const SectionPlan& plan : sections) {
    if (plan.entries == 0) continue;
    std::uint64_t before = 0;
    const std::uint64_t buckets = std::uint64_t{1} << plan.index_bits;
    for (std::uint64_t i = 0; i <= buckets; ++i) {
      const std::uint64_t here = index_at(plan, i);
      if (here < before || here > plan.entries || (i == 0 && here != 0))
        return damaged(path, "its index is out of order");
      before = here;
    }
    if (before != plan.entries) return damaged(path, "its index does not hold all entries");
  }
  return ok_status();
}

Status Set::Impl::check_order(const std::atomic<int>& stop) const {
  for (std::size_t section = 0; section < kSections; ++section) {
    const SectionPlan& plan = sections[section];
    const std::size_t rest = kDigestBytes[section] - kKeyBytes;
    std::array<std::uint8_t, 33> before{}, here{};
    for (std::uint64_t i = 0; i < plan.entries; ++i) {
      std::memcpy(here.data(), data + plan.keys + kKeyBytes * i, kKeyBytes);
      std::memcpy(here.data() + kKeyBytes, data + plan.rest + rest * i, rest);
      here[kDigestBytes[section]] = category(section, i);
      if (i > 0 && !(before < here)) return damaged(path, "its entries are out of order");
      const std::uint64_t bucket =
          plan.index_bits == 0 ? 0 : detail::load_be<std::uint64_t>(here.data()) >> (64 - plan.index_bits);
      if (i < index_at(plan, bucket) || i >= index_at(plan, bucket + 1))
        return damaged(path, "its index does not lead to its entries");
      before = here;
      if ((i & 0xfffff) == 0 && stop.load() != 0) return Error{ErrorKind::kInterrupted, "told to stop"};
    }
  }
  return ok_status();
}

Status Set::verify(const std::atomic<int>& stop) const {
  ::madvise(const_cast<std::uint8_t*>(impl_->data), impl_->size, MADV_SEQUENTIAL);
  Hasher hasher({false, false, true});
  const Bytes all = impl_->bytes().first(impl_->size - kTrailerBytes);
  for (std::size_t done = 0; done < all.size(); done += kHashAtOnce) {
    if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "told to stop"};
    hasher.update(all.subspan(done, std::min(kHashAtOnce, all.size() - done)));
  }
  ::madvise(const_cast<std::uint8_t*>(impl_->data), impl_->size, MADV_NORMAL);
  if (const std::string now = hex_digest(*hasher.finish().sha256); now != impl_->info.sha256)
    return damaged(impl_->path, fmt::format("its SHA-256 is {}, and at its end stands {}", now, impl_->info.sha256));
  return impl_->check_order(stop);
}

Set::Range Set::find(Section section, const std::uint8_t* digest) const {
  const auto number = static_cast<std::size_t>(section);
  const SectionPlan& plan = impl_->sections[number];
  Range range{section, 0, 0};
  if (plan.entries == 0) return range;
  const std::uint64_t bucket =
      plan.index_bits == 0 ? 0 : detail::load_be<std::uint64_t>(digest) >> (64 - plan.index_bits);
  std::uint64_t low = impl_->index_at(plan, bucket), high = impl_->index_at(plan, bucket + 1);
  const std::uint64_t end = high;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (impl_->compare(number, middle, digest) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  range.first = low;
  while (low < end && impl_->compare(number, low, digest) == 0) ++low;
  range.count = low - range.first;
  return range;
}

bool Set::contains(const Digests& digests) const {
  return (digests.sha256 && find(Section::kSha256, digests.sha256->data()).count > 0) ||
         (digests.sha1 && find(Section::kSha1, digests.sha1->data()).count > 0) ||
         (digests.md5 && find(Section::kMd5, digests.md5->data()).count > 0);
}

bool Set::categories_of(const Digests& digests, Categories& to) const {
  bool found = false;
  const auto add = [&](Section section, const auto& digest) {
    if (!digest) return;
    const Range range = find(section, digest->data());
    for (std::uint64_t i = 0; i < range.count; ++i)
      to.set(impl_->category(static_cast<std::size_t>(section), range.first + i));
    found = found || range.count > 0;
  };
  add(Section::kSha256, digests.sha256);
  add(Section::kSha1, digests.sha1);
  add(Section::kMd5, digests.md5);
  return found;
}

std::array<std::uint64_t, 256> Set::categories() const {
  std::array<std::uint64_t, 256> counts{};
  for (std::size_t section = 0; section < kSections; ++section) {
    const SectionPlan& plan = impl_->sections[section];
    if (!plan.has_categories) counts[kNoCategory] += plan.entries;
    for (std::uint64_t i = 0; plan.has_categories && i < plan.entries; ++i) ++counts[impl_->category(section, i)];
  }
  return counts;
}

}  // namespace limier::hashset
