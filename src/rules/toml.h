// The one include of toml++ in this room.
#pragma once

#include <toml++/toml.h>
