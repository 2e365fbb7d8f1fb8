// The parts that info and verify show alike.
#pragma once

#include <string>
#include <vector>

#include "cli/json_writer.h"
#include "cli/output.h"
#include "limier/app.h"

namespace limier::cli {

void add_container_facts(Facts& facts, const std::string& path, const sweep::ContainerMessage& container);
// "ewf-e01", "split-raw", ... with the variant where the container tells it.
std::string container_name(const sweep::ContainerMessage& container);
std::string header_label(std::string_view name);  // "case_number" → "case number"
// Sectors and bytes of every range.
void print_ranges(Output& out, const Style& style, const std::vector<catalog::BadRange>& ranges,
                  std::uint32_t sector_size);

void write_container(JsonWriter& json, const sweep::ContainerMessage& container);  // members of the open object
void write_ranges(JsonWriter& json, const std::vector<catalog::BadRange>& ranges, std::uint32_t sector_size);
void write_issues(JsonWriter& json, const sweep::ContainerMessage& container,
                  const std::vector<catalog::IssueRecord>& issues);

template <std::size_t N>
std::string digest_or_empty(const std::optional<std::array<std::uint8_t, N>>& digest) {
  return digest ? hex_digest(*digest) : std::string();
}

}  // namespace limier::cli
