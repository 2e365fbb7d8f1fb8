// Names of segments. Private to the room; base only, because the supervisor compiles segments.cpp too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limier::evidence {

// The extension of EWF segment `number`, counted from 1: E01-E99, then EAA-EZZ, FAA-ZZZ. `start` is the upper-case
// letter of the first one ('E' or 'S'). Empty past ZZZ.
std::string ewf_extension(char start, bool lower, std::uint32_t number);

// "disk.E01", 3 -> "disk.E03". `known_name` is any segment's name; a name of another style gets " (segment 3)".
std::string ewf_segment_name(std::string_view known_name, std::uint32_t number);

// The number that the name of an EWF segment stands for ("disk.E03" -> 3), or nothing for other names.
std::optional<std::uint32_t> ewf_segment_ordinal(std::string_view name);

// The place of a numbered raw part (".003" -> 3), or nothing for other names.
std::optional<std::uint64_t> split_raw_ordinal(std::string_view name);

}  // namespace limier::evidence
