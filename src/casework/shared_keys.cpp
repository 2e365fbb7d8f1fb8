#include "casework/shared_keys.h"

#include <algorithm>
#include <limits>

#include "limier/base/kway.h"
#include "casework/scores.h"
#include "limier/base/sorter.h"
#include "casework/volume_match.h"

namespace limier::casework {
namespace {

constexpr std::int64_t kCameraPoints = 7;  // one such picture alone makes a link of 30
constexpr std::uint64_t kBeat = 1u << 20;  // records between two looks at `stop`

// A shared key on its way through the sorter: two leading numbers to sort by, key, numbers, value, members.
class Layout {
 public:
  Layout(std::size_t value_width, std::size_t exhibits)
      : value_width_(value_width), member_bytes_((exhibits + 7) / 8) {}
  [[nodiscard]] std::size_t width() const { return kValue + value_width_ + member_bytes_; }
  [[nodiscard]] std::size_t member_bytes() const { return member_bytes_; }

  void put(const SharedKey& key, std::uint64_t first, std::uint64_t second, std::uint8_t* out) const {
    put_be(out, first);
    put_be(out + 8, second);
    std::copy(key.key.begin(), key.key.end(), out + kKey);
    put_be(out + kNumbers, key.size_bytes);
    put_be(out + kNumbers + 8, key.files);
    put_be(out + kNumbers + 16, (std::uint64_t{key.exhibits} << 2) | (key.notable ? 1u : 0u) | (key.camera ? 2u : 0u));
    std::fill_n(out + kValue, value_width_, std::uint8_t{0});
    std::copy_n(key.value.begin(), std::min(key.value.size(), value_width_), out + kValue);
    std::copy(key.members.begin(), key.members.end(), out + kValue + value_width_);
  }
  [[nodiscard]] SharedKey get(const std::uint8_t* in) const {
    SharedKey key;
    std::copy_n(in + kKey, kKeyBytes, key.key.begin());
    key.size_bytes = detail::load_be<std::uint64_t>(in + kNumbers);
    key.files = detail::load_be<std::uint64_t>(in + kNumbers + 8);
    const auto packed = detail::load_be<std::uint64_t>(in + kNumbers + 16);
    key.exhibits = static_cast<std::uint32_t>(packed >> 2);
    key.notable = (packed & 1) != 0;
    key.camera = (packed & 2) != 0;
    const std::string_view value(reinterpret_cast<const char*>(in) + kValue, value_width_);
    key.value = value.substr(0, value.find('\0'));
    key.members.assign(in + kValue + value_width_, in + width());
    return key;
  }

 private:
  static constexpr std::size_t kKey = 16, kNumbers = kKey + kKeyBytes, kValue = kNumbers + 24;
  static void put_be(std::uint8_t* out, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  }
  std::size_t value_width_, member_bytes_;
};

// Equal keys of different exhibits, gathered.
struct Group {
  std::array<std::uint8_t, kKeyBytes> key{};
  std::uint64_t size_bytes = 0, files = 0;
  std::uint32_t flags = 0;
  std::vector<std::uint32_t> positions;
  std::vector<std::uint8_t> value;  // of the first

  void start(const std::uint8_t* record, std::size_t value_width) {
    std::copy_n(record, kKeyBytes, key.begin());
    value.assign(record + kRecordHead, record + kRecordHead + value_width);
    size_bytes = std::numeric_limits<std::uint64_t>::max();
    files = flags = 0;
    positions.clear();
  }
  void add(const std::uint8_t* record, std::size_t position) {
    // Equal for all, but for runs that lie: the smallest does not depend on the order.
    size_bytes = std::min(size_bytes, detail::load_le<std::uint64_t>(record + kKeyBytes));
    files += detail::load_le<std::uint32_t>(record + kKeyBytes + 16);
    flags |= detail::load_le<std::uint32_t>(record + kKeyBytes + 20);
    positions.push_back(static_cast<std::uint32_t>(position));
  }
  [[nodiscard]] SharedKey shared(const Layout& layout) const {
    SharedKey out;
    out.key = key;
    const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    out.value = text.substr(0, text.find('\0'));
    out.size_bytes = size_bytes;
    out.files = files;
    out.exhibits = static_cast<std::uint32_t>(positions.size());
    out.notable = (flags & kFlagNotable) != 0;
    out.camera = (flags & kFlagCamera) != 0;
    out.members.assign(layout.member_bytes(), 0);
    for (const std::uint32_t position : positions)
      out.members[position / 8] = static_cast<std::uint8_t>(out.members[position / 8] | (1u << (position % 8)));
    return out;
  }
};

class KindMerge {
 public:
  KindMerge(const MergeKindOptions& options, KindTotals& totals)
      : options_(options),
        totals_(totals),
        layout_(options.kind->value_width, options.runs.size()),
        by_size_(options.work_dir, layout_.width(), options.memory_bytes / 4),
        by_rank_(options.work_dir, layout_.width(), options.memory_bytes / 4),
        bytes_(layout_.width()) {}

  std::optional<MergeProblem> run(const std::function<Status(const SharedKey&)>& take) {
    if (auto problem = gather()) return problem;
    if (Status status = rank(); !status) return MergeProblem{status.error(), {}};
    if (Status status = by_rank_.sort(); !status) return MergeProblem{status.error(), {}};
    while (const std::uint8_t* record = by_rank_.next()) {
      if (options_.stop->load(std::memory_order_relaxed) != 0) return stopped();
      SharedKey key = layout_.get(record);
      key.weight = weight(key);
      ++totals_.shared;
      if (Status status = take(key); !status) return MergeProblem{status.error(), {}};
    }
    if (!by_rank_.status().ok()) return MergeProblem{by_rank_.status().error(), {}};
    return std::nullopt;
  }

 private:
  static MergeProblem stopped() { return {Error{ErrorKind::kInterrupted, "the merge was stopped"}, {}}; }
  [[nodiscard]] std::int64_t weight(const SharedKey& key) const {
    // A picture that was taken with one of them: no program brings it, so its size says nothing.
    if (key.camera) return kCameraPoints * key_weight(key.exhibits, false, key.size_bytes);
    const std::int64_t whole = key_weight(key.exhibits, options_.kind->weigh_size, key.size_bytes);
    return options_.kind->of_volume && is_short_serial(key.value) ? whole / kShortSerialPart : whole;
  }

  // The merge itself: groups of equal keys with two or more exhibits go to by_size_.
  std::optional<MergeProblem> gather() {
    std::vector<RunCursor*> cursors;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < options_.runs.size(); ++i) {
      if (options_.runs[i] == nullptr) continue;
      cursors.push_back(options_.runs[i]);
      positions.push_back(i);
    }
    for (RunCursor* cursor : cursors) cursor->use_buffer(options_.memory_bytes / 2 / cursors.size());
    LoserTree<RunCursor> tree(cursors, kKeyBytes);
    Group group;
    while (const std::uint8_t* record = tree.record()) {
      group.start(record, options_.kind->value_width);
      do {
        group.add(record, positions[tree.source()]);
        if (++totals_.keys % kBeat == 0) {
          options_.progress(totals_.keys);
          if (options_.stop->load(std::memory_order_relaxed) != 0) return stopped();
        }
        tree.advance();
        record = tree.record();
      } while (record != nullptr && std::memcmp(record, group.key.data(), kKeyBytes) == 0);
      if (group.positions.size() >= 2) keep(group);
    }
    for (std::size_t i = 0; i < cursors.size(); ++i)
      if (!cursors[i]->status().ok()) return MergeProblem{cursors[i]->status().error(), positions[i]};
    return std::nullopt;
  }

  void keep(const Group& group) {
    if ((group.flags & kFlagKnown) != 0) {
      ++totals_.known_left_out;
      return;
    }
    const SharedKey key = group.shared(layout_);
    if (options_.kind->weigh_size) {
      layout_.put(key, key.size_bytes, 0, bytes_.data());
      by_size_.put(bytes_.data());
    } else {
      put_ranked(key);
    }
  }
  void put_ranked(const SharedKey& key) {
    layout_.put(key, ~static_cast<std::uint64_t>(weight(key)), ~key.size_bytes, bytes_.data());
    by_rank_.put(bytes_.data());
  }

  // Contents pass by in order of size once, so that those without content can be told from their digest.
  Status rank() {
    if (!options_.kind->weigh_size) return ok_status();
    LIMIER_CHECK(by_size_.sort());
    FillerDigests filler;
    while (const std::uint8_t* record = by_size_.next()) {
      const SharedKey key = layout_.get(record);
      if (filler.is_filler(key.size_bytes, key.key))
        ++totals_.filler_left_out;
      else
        put_ranked(key);
    }
    return by_size_.status();
  }

  const MergeKindOptions& options_;
  KindTotals& totals_;
  Layout layout_;
  Sorter by_size_, by_rank_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::optional<MergeProblem> merge_kind(const MergeKindOptions& options, KindTotals& totals,
                                       const std::function<Status(const SharedKey&)>& take) {
  return KindMerge(options, totals).run(take);
}

bool FillerDigests::is_filler(std::uint64_t size_bytes, const Sha256& digest) {
  if (size_bytes == 0 || size_bytes > kLargest) return false;
  assert(size_bytes >= at_);
  static constexpr auto kOnes = [] {
    std::array<std::uint8_t, 4096> block{};
    block.fill(0xFF);
    return block;
  }();
  if (size_bytes != at_) {
    zeros_.update_zeros(size_bytes - at_);
    while (at_ < size_bytes) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(kOnes.size(), size_bytes - at_));
      ones_.update(Bytes(kOnes).first(part));
      at_ += part;
    }
    zeros_digest_ = *zeros_.finish().sha256;
    ones_digest_ = *ones_.finish().sha256;
  }
  return digest == zeros_digest_ || digest == ones_digest_;
}

}  // namespace limier::casework
