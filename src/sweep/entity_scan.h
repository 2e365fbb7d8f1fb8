// Numbers, addresses and keys in the bytes that pass, whoever they belong to. A batch is searched by the thread that
// decoded it; what begins close to an edge of it is left to Seams, which sees both sides. So the same is found however
// the media is cut into batches, and whether or not the sweep was interrupted.
//
// Not searched: chunks that could not be read or do not check. Zeros hold nothing.
#pragma once

#include <string>
#include <vector>

#include "limier/sweep.h"
#include "sweep/batch_bytes.h"

namespace limier::sweep {

// Appends what begins at least entities::kFullReach from both edges of the batch, in order.
void find_entities(const BatchBytes& batch, std::vector<catalog::ByteHit>& found);

// Of one sweep, from one thread.
class Seams {
 public:
  // Begins with the media, or behind these bytes of it: kKept of them count, where there are so many.
  Seams() = default;
  explicit Seams(const BatchBytes& before);
  static constexpr std::size_t kKept = 2 * entities::kFullReach;

  // The next batch, and what find_entities found in it: gives all that is certain now, in order. More in one chunk than
  // a share of its size is counted and not given.
  std::vector<catalog::ByteHit> pass(const BatchBytes& batch, std::vector<catalog::ByteHit> inside);
  // What is left at the end of the media.
  std::vector<catalog::ByteHit> end();

 private:
  void take(std::string_view bytes, std::uint64_t from, std::uint64_t until, std::vector<catalog::ByteHit>& out) const;
  [[nodiscard]] bool is_unread(const BatchBytes& batch, std::uint64_t image_offset) const;
  void thin_out(std::uint32_t chunk_size, std::vector<catalog::ByteHit>& hits);

  std::string kept_;
  std::uint64_t end_ = 0;        // image_offset behind `kept_`
  bool unread_before_ = false;   // the last chunk before is not to be trusted
  std::uint64_t out_until_ = 0;  // all that begins before it was given
};

}  // namespace limier::sweep
