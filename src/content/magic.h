// libmagic, and what it needs. Private to the room.
#pragma once

#include <magic.h>

#include <memory>

#include "limier/base/handle.h"

namespace limier::content {

using Magic = std::unique_ptr<magic_set, CloseWith<magic_close>>;

}  // namespace limier::content
