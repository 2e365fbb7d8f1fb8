// A file of the source tree that is part of the program. cmake/Embed.cmake makes the functions that give them.
//
// Owns:    nothing; the bytes live as long as the program.
#pragma once

#include <string_view>

namespace limier {

struct EmbeddedFile {
  std::string_view path;  // from the folder that was named
  std::string_view bytes;
};

}  // namespace limier
