// The code pages in which DOS and Windows write short names of FAT. A volume does not say which one it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limier::volume {

// Pages of one byte a character: 437, 737, 775, 850, 852, 855, 857, 858, 860 to 863, 865, 866, 869, 1250 to 1252.
bool known_oem_code_page(std::uint32_t number);
// None: the page has no such character, or there is no such page.
std::optional<std::uint16_t> oem_character(std::uint32_t code_page, std::uint8_t byte);

}  // namespace limier::volume
