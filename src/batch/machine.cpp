#include "batch/machine.h"

#include <unistd.h>

namespace limier::batch {

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof(name) - 1);
  return name;
}

}  // namespace limier::batch
