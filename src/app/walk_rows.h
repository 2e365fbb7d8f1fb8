// What a walk sends, checked and stored.
#pragma once

#include <map>
#include <set>
#include <string>

#include "app/session.h"
#include "limier/store.h"

namespace limier::app {

class WalkRows {
 public:
  WalkRows(store::IndexWriter& index, std::uint32_t volume_id, std::uint64_t media_size)
      : index_(index), volume_id_(volume_id), media_size_(media_size) {}

  Status take(const worker::Frame& frame) { return take(frame, To::kIndex); }
  [[nodiscard]] std::uint64_t names() const { return names_; }

  // Rows that stand only once a checkpoint confirms them.
  Status hold(const worker::Frame& frame);
  Status confirm();
  void discard();
  // The rows were dropped from the index; what comes now is all there is.
  void start_over() { names_ = 0; }

  // Streams nobody could look into; the worker itself reports them when it sees all of them.
  struct Closed {
    std::uint64_t streams = 0, bytes = 0, first_inode = 0;
  };
  [[nodiscard]] const Closed& encrypted() const { return encrypted_; }
  [[nodiscard]] const Closed& unreadable() const { return unreadable_; }
  // By their reason.
  [[nodiscard]] const std::map<std::string, Closed>& not_read() const { return not_read_; }

 private:
  enum class To : std::uint8_t { kCheck, kIndex };
  Status take(const worker::Frame& frame, To to);
  template <class Row>
  Status store(const Row& row, std::uint32_t volume_id, bool acceptable, To to);
  void count(const catalog::StreamRecord& stream);

  store::IndexWriter& index_;
  std::uint32_t volume_id_;
  std::uint64_t media_size_;
  std::uint64_t names_ = 0;
  std::vector<worker::Frame> held_;
  std::uint64_t held_bytes_ = 0;
  std::set<std::uint64_t> unallocated_;  // inodes of the frames that are being confirmed
  Closed encrypted_, unreadable_;
  std::map<std::string, Closed> not_read_;
};

}  // namespace limier::app
