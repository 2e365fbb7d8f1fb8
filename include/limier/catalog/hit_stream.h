// Numbers, addresses and keys in bytes that come piece by piece: the same as in all of them at once.
//
// Owns:    the bytes that may still belong to what comes, and what it found.
// Threads: one at a time.
// Units:   bytes; offsets from the first one that came.
#pragma once

#include <string>
#include <vector>

#include "limier/catalog/byte_hit.h"

namespace limier::catalog {

class HitStream {
 public:
  // With the keywords of the run, where there are any. Of hits it holds at most `most_bytes`, of keywords as many
  // again; the others are counted.
  explicit HitStream(const keywords::Matcher* keywords = nullptr, std::uint64_t most_bytes = UINT64_MAX)
      : keywords_(keywords), most_bytes_(most_bytes) {}
  void take(Bytes bytes);
  // After the last piece. More than a share of what was looked at is counted in ByteHit::left_out.
  std::vector<ByteHit> end();

 private:
  // Of what was sent, and how many bytes: apart, so that keywords take nothing from the rest.
  struct Share {
    std::uint64_t sent = 0;
    std::size_t last = SIZE_MAX;
  };
  void search(std::uint64_t until);
  void keep(ByteHit hit, Share& share);

  const keywords::Matcher* keywords_;

  std::uint64_t most_bytes_;
  std::string held_;
  std::uint64_t begin_ = 0;      // of `held_`, in the content
  std::uint64_t out_until_ = 0;  // what begins before it was found
  std::uint64_t looked_at_ = 0;
  Share entities_share_, keywords_share_;
  std::vector<ByteHit> hits_;
};

}  // namespace limier::catalog
