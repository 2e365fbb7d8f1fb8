// The code pages in which DOS and Windows write short names of FAT. A volume does not say which one it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limier::volume {

// One of kOemCodePages. None: the page has no such character, or there is no such page.
std::optional<std::uint16_t> oem_character(std::uint32_t code_page, std::uint8_t byte);

}  // namespace limier::volume
