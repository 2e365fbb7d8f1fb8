// Sorts any number of fixed-width records within a fixed memory: sorted stretches go to one unnamed file in `dir`, and
// are merged when read. Records are compared as bytes over their whole width, so the result does not depend on the
// order they came in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "limier/base/file_io.h"
#include "limier/base/kway.h"

namespace limier {

class Sorter {
 public:
  Sorter(std::string dir, std::size_t record_width, std::size_t memory_bytes);
  Sorter(const Sorter&) = delete;
  Sorter& operator=(const Sorter&) = delete;
  ~Sorter() = default;
  // Errors are kept and reported by sort().
  void put(const std::uint8_t* record);
  // Ends putting; next() gives the records in order.
  Status sort();
  // nullptr at the end or on an error (see status()). Valid until the next call.
  const std::uint8_t* next();
  // The sorted records once more from the first.
  void rewind();
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  // Part of the file, or of memory when everything fitted there.
  class Stretch {
   public:
    Stretch(const Sorter& owner, std::uint64_t offset, std::uint64_t records)
        : owner_(&owner), offset_(offset), records_(records) {}
    void start(std::size_t buffer_bytes);
    [[nodiscard]] const std::uint8_t* record() const { return record_; }
    void advance();
    [[nodiscard]] int error_number() const { return error_number_; }

   private:
    const Sorter* owner_;
    std::uint64_t offset_, records_, read_ = 0;
    std::vector<std::uint8_t> buffer_;
    std::size_t at_ = 0, filled_ = 0;
    const std::uint8_t* record_ = nullptr;
    int error_number_ = 0;
  };
  void order_memory();
  void spill();

  std::string dir_;
  std::size_t width_, memory_bytes_;
  std::vector<std::uint8_t> records_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order_;  // leading bytes and position
  UniqueFd file_;
  std::uint64_t file_bytes_ = 0, count_ = 0;
  std::vector<Stretch> stretches_;
  std::unique_ptr<LoserTree<Stretch>> tree_;
  std::size_t at_ = 0;
  bool first_ = true;
  Status status_ = ok_status();
};

}  // namespace limier
