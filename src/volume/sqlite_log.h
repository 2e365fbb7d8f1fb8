// A database of SQLite with the committed pages of its write-ahead log laid over it, as its application saw it. Private
// to the room. Source: sqlite.org/fileformat2.html, section 4.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "volume/byte_source.h"

namespace limier::volume {

class LoggedSource final : public ByteSource {
 public:
  // Null where nothing in the log counts: `database` is then as it was.
  static std::unique_ptr<LoggedSource> open(std::unique_ptr<ByteSource>& database, std::unique_ptr<ByteSource> log,
                                            const std::function<void(std::uint64_t)>& beat);
  [[nodiscard]] std::uint64_t size_bytes() const override { return std::uint64_t{pages_} * page_bytes_; }
  bool read(std::uint64_t offset, MutableBytes out) override;

 private:
  LoggedSource() = default;
  bool read_frames(const std::function<void(std::uint64_t)>& beat);

  std::unique_ptr<ByteSource> database_, log_;
  std::unordered_map<std::uint32_t, std::uint64_t> places_;  // of pages, in the log
  std::uint32_t page_bytes_ = 0, pages_ = 0;
};

}  // namespace limier::volume
