// Which of limier's own readers a volume gets.
#include "volume/own_reader.h"
#include "volume/second_reader.h"
#include "volume/walk.h"

namespace limier::volume {

Result<std::unique_ptr<OwnReader>> make_own_reader(WalkBase& walk) {
  static_cast<void>(walk);
  return std::unique_ptr<OwnReader>();
}

std::unique_ptr<SecondReader> make_second_reader(WalkContext& context) {
  static_cast<void>(context);
  return std::make_unique<SecondReader>();
}

}  // namespace limier::volume
