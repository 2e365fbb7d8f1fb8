// The one include of toml++.
#pragma once

#include <toml++/toml.h>
