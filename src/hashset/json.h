// The one include of nlohmann::json in this room.
#pragma once

#include <nlohmann/json.hpp>
