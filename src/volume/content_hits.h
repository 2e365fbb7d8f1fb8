// Numbers, addresses and keys in content as it is read, piece by piece: the same as in all of it at once.
#pragma once

#include <string>
#include <vector>

#include "limier/catalog/byte_hit.h"

namespace limier::volume {

class ContentHits {
 public:
  void take(Bytes bytes);
  // After the last piece.
  std::vector<catalog::ByteHit> end();

 private:
  void search(std::uint64_t until);

  std::string held_;
  std::uint64_t begin_ = 0;      // of `held_`, in the content
  std::uint64_t out_until_ = 0;  // what begins before it was found
  std::uint64_t sent_ = 0, looked_at_ = 0;
  std::vector<catalog::ByteHit> hits_;
};

}  // namespace limier::volume
