#include "limier/base/sorter.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace limier {
namespace {

constexpr std::size_t kMaxReserve = std::size_t{1} << 30;

}  // namespace

Sorter::Sorter(std::string dir, std::size_t record_width, std::size_t memory_bytes)
    : dir_(std::move(dir)), width_(record_width), memory_bytes_(memory_bytes) {
  assert(record_width >= sizeof(std::uint64_t));
}

void Sorter::put(const std::uint8_t* record) {
  if (!status_.ok()) return;
  // Address space, not memory: pages are touched as records come. A vector that doubles would hold twice as much.
  if (records_.capacity() == 0) records_.reserve(std::min(memory_bytes_, kMaxReserve) + width_);
  records_.insert(records_.end(), record, record + width_);
  ++count_;
  if (records_.size() + records_.size() / width_ * sizeof(order_[0]) >= memory_bytes_) spill();
}

void Sorter::order_memory() {
  const std::size_t count = records_.size() / width_;
  order_.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    order_[i] = {detail::load_be<std::uint64_t>(&records_[i * width_]), static_cast<std::uint32_t>(i)};
  std::sort(order_.begin(), order_.end(), [this](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return std::memcmp(&records_[a.second * width_], &records_[b.second * width_], width_) < 0;
  });
}

void Sorter::spill() {
  if (!file_) {
    auto file = unnamed_file(dir_);
    if (!file) {
      status_ = file.error();
      return;
    }
    file_ = std::move(*file);
  }
  order_memory();
  constexpr std::size_t kChunk = std::size_t{1} << 18;
  std::vector<std::uint8_t> out;
  out.reserve(kChunk + width_);
  const auto flush = [&] {
    if (status_.ok() && !write_fully(file_.get(), out)) status_ = file_error("sort in", dir_, errno);
    out.clear();
  };
  for (const auto& [prefix, position] : order_) {
    const std::uint8_t* record = &records_[position * width_];
    out.insert(out.end(), record, record + width_);
    if (out.size() >= kChunk) flush();
  }
  flush();
  stretches_.emplace_back(*this, file_bytes_, order_.size());
  file_bytes_ += records_.size();
  records_.clear();
  order_.clear();
}

Status Sorter::sort() {
  if (status_.ok() && file_) {
    if (!records_.empty()) spill();
    records_ = {};
    order_ = {};
  } else if (status_.ok()) {
    order_memory();
  }
  rewind();
  return status_;
}

void Sorter::rewind() {
  at_ = 0;
  first_ = true;
  tree_.reset();
  if (!status_.ok() || !file_) return;
  std::vector<Stretch*> cursors;
  for (Stretch& stretch : stretches_) {
    stretch.start(memory_bytes_ / stretches_.size());
    cursors.push_back(&stretch);
  }
  tree_ = std::make_unique<LoserTree<Stretch>>(std::move(cursors), width_);
}

const std::uint8_t* Sorter::next() {
  if (!status_.ok()) return nullptr;
  if (!file_) return at_ < order_.size() ? &records_[order_[at_++].second * width_] : nullptr;
  if (!first_) tree_->advance();
  first_ = false;
  const std::uint8_t* record = tree_->record();
  if (record == nullptr)
    for (const Stretch& stretch : stretches_)
      if (stretch.error_number() != 0)
        status_ = file_error("read back what was sorted in", dir_, stretch.error_number());
  return status_.ok() ? record : nullptr;
}

void Sorter::Stretch::start(std::size_t buffer_bytes) {
  const std::size_t width = owner_->width_;
  buffer_.resize(std::max<std::size_t>(buffer_bytes / width, 1) * width);
  read_ = 0;
  at_ = filled_ = 0;
  record_ = nullptr;
}

void Sorter::Stretch::advance() {
  const std::size_t width = owner_->width_;
  if (record_ != nullptr) at_ += width;
  record_ = nullptr;
  if (at_ >= filled_) {
    const std::uint64_t records = std::min<std::uint64_t>(records_ - read_, buffer_.size() / width);
    at_ = 0;
    filled_ = static_cast<std::size_t>(records) * width;
    if (records == 0) return;
    if (!read_fully(owner_->file_.get(), offset_ + read_ * width, MutableBytes(buffer_).first(filled_))) {
      error_number_ = errno == 0 ? EIO : errno;
      filled_ = 0;
      return;
    }
    read_ += records;
  }
  record_ = buffer_.data() + at_;
}

}  // namespace limier
