#include "content/device_rows.h"

namespace limier::content {

bool read_apple_plist(Bytes, const DeviceMaker&) {
  return false;
}

}  // namespace limier::content
