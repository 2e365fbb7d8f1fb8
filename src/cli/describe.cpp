#include "cli/describe.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::cli {
namespace {

// A sector size of 0 cannot come from a checked container; dividing by it would end the program.
std::uint64_t sector_of(std::uint64_t bytes, std::uint32_t sector_size) {
  return bytes / std::max(sector_size, 1u);
}
std::uint64_t sectors_touched(const catalog::BadRange& range, std::uint32_t sector_size) {
  if (range.length == 0) return 0;
  return sector_of(range.image_offset + range.length - 1, sector_size) - sector_of(range.image_offset, sector_size) + 1;
}

}  // namespace

std::string container_name(const sweep::ContainerMessage& container) {
  std::string name(evidence::format_name(container.format));
  if (!container.variant.empty()) name += fmt::format(" ({})", terminal_text(container.variant));
  return name;
}

std::string header_label(std::string_view name) {
  std::string label = terminal_text(name);
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

void add_container_facts(Facts& facts, const std::string& path, const sweep::ContainerMessage& container) {
  facts.add("image", terminal_text(path));
  std::string format = container_name(container);
  if (!container.compression.empty()) format += fmt::format(", compression {}", terminal_text(container.compression));
  if (container.chunk_size > 0) format += fmt::format(", chunks of {}", human_size(container.chunk_size));
  format += fmt::format(", {}", plural(container.segment_count, "segment", "segments"));
  facts.add("container", format);
  facts.add("media size", exact_size(container.size_bytes));
  facts.add("sectors",
            fmt::format("{} of {} bytes", group_digits(sector_of(container.size_bytes, container.sector_size)),
                        container.sector_size));
  if (!container.media_type.empty())
    facts.add("media",
              fmt::format("{}, {}", terminal_text(container.media_type), container.physical ? "physical" : "logical"));
  if (!container.set_identifier.empty()) facts.add("set", terminal_text(container.set_identifier));
}

void print_ranges(Output& out, const Style& style, const std::vector<catalog::BadRange>& ranges,
                  std::uint32_t sector_size) {
  Table table({{"first sector", Align::kRight},
               {"sectors", Align::kRight},
               {"offset", Align::kRight},
               {"bytes", Align::kRight},
               {"reason"}});
  for (const auto& range : ranges)
    table.add({std::to_string(sector_of(range.image_offset, sector_size)),
               std::to_string(sectors_touched(range, sector_size)), std::to_string(range.image_offset),
               std::to_string(range.length), terminal_text(range.reason)});
  table.print(out, style, "  ");
}

void write_container(JsonWriter& json, const sweep::ContainerMessage& container) {
  json.text("format", evidence::format_name(container.format)).evidence("variant", container.variant);
  json.number("size_bytes", container.size_bytes).number("sector_size", container.sector_size);
  json.number("chunk_size", container.chunk_size).number("segment_count", container.segment_count);
  json.text_or_null("compression", container.compression).text_or_null("media_type", container.media_type);
  json.boolean("physical", container.physical).text_or_null("set_identifier", container.set_identifier);
  json.text_or_null("stored_md5", digest_or_empty(container.stored_md5));
  json.text_or_null("stored_sha1", digest_or_empty(container.stored_sha1));
  if (container.stored_sha256) json.text_or_null("stored_sha256", digest_or_empty(container.stored_sha256));
  json.key("acquisition").begin_object();
  const std::size_t values = std::min(container.header_names.size(), container.header_values.size());
  for (std::size_t i = 0; i < values; ++i) json.evidence(container.header_names[i], container.header_values[i]);
  json.end();
}

void write_ranges(JsonWriter& json, const std::vector<catalog::BadRange>& ranges, std::uint32_t sector_size) {
  json.begin_array();
  for (const auto& range : ranges) {
    json.begin_object().number("image_offset", range.image_offset).number("length", range.length);
    json.number("first_sector", sector_of(range.image_offset, sector_size));
    json.number("sectors", sectors_touched(range, sector_size)).text("reason", range.reason).end();
  }
  json.end();
}

void write_issues(JsonWriter& json, const sweep::ContainerMessage& container,
                  const std::vector<catalog::IssueRecord>& issues) {
  json.begin_array();
  for (const auto& issue : container.issues) {
    json.begin_object().text("stage", "container").text("code", issue.code).evidence("message", issue.message);
    json.number("image_offset", issue.image_offset).number("length", issue.length).end();
  }
  for (const auto& issue : issues) {
    json.begin_object().text("stage", issue.stage).text("code", issue.code).evidence("message", issue.message);
    json.key("image_offset");
    if (issue.image_offset)
      json.number(*issue.image_offset);
    else
      json.null();
    json.number("length", issue.length).end();
  }
  json.end();
}

}  // namespace limier::cli
