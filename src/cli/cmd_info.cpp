#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/describe.h"

namespace limier::cli {
namespace {

using catalog::VolumeRecord;
using catalog::VolumeStatus;

bool is_bare_space(const VolumeRecord& volume) {
  return volume.status == VolumeStatus::kTable || volume.status == VolumeStatus::kUnallocated;
}

std::uint64_t container_bytes(const app::ImageInfo& info) {
  std::uint64_t total = 0;
  for (const auto& segment : info.segments) total += segment.size_bytes;
  return total;
}

class InfoCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("IMAGE", options_.image, "First segment of the image")->required()->option_text(" ");
    app.add_flag("--incomplete", options_.incomplete, "Go on with the segments that are there");
    add_sector_size(app, options_.sector_bytes);
  }

  int run(const Context& context) override {
    options_.sandbox = !context.common.no_sandbox;
    options_.stall_seconds = context.common.stall_seconds;
    options_.jobs = context.common.jobs;
    options_.memory_bytes = context.memory_bytes();
    const auto info = app::info(options_, context.stop);
    if (!info) return context.fail(info.error());
    if (context.common.json)
      print_json(context, *info);
    else
      print_text(context, *info);
    return info->missing_segments.empty() ? kExitGood : kExitPartly;
  }

 private:
  static void print_text(const Context& context, const app::ImageInfo& info) {
    Facts facts;
    add_container_facts(facts, info.path, info.container);
    facts.add("image files", exact_size(container_bytes(info)));
    if (!info.jail.empty()) facts.add("jail", context.style.warn(info.jail));
    facts.print(context.out, context.style, "");
    print_acquisition(context, info.container);
    print_segments(context, info);
    print_volumes(context, info);
    print_encryption(context, info);
    print_issues(context, info);
  }

  static void heading(const Context& context, std::string_view text) {
    context.out.write(fmt::format("\n{}\n", context.style.bold(text)));
  }

  static void print_acquisition(const Context& context, const sweep::ContainerMessage& container) {
    const bool raw = evidence::is_plain(container.format);
    const bool archive = evidence::is_extraction(container.format);
    heading(context, "Acquisition record");
    Facts facts;
    for (std::size_t i = 0; i < container.header_names.size() && i < container.header_values.size(); ++i)
      facts.add(header_label(container.header_names[i]), terminal_text(container.header_values[i]));
    facts.print(context.out, context.style, "  ");
    if (container.header_names.empty())
      context.out.write(archive ? "  none: an archive holds no record\n"
                        : raw   ? "  none: a raw image holds no record\n"
                                : "  empty\n");

    heading(context, "Stored digests");
    Facts digests;
    if (container.stored_md5) digests.add("MD5", hex_digest(*container.stored_md5));
    if (container.stored_sha1) digests.add("SHA-1", hex_digest(*container.stored_sha1));
    if (container.stored_sha256) digests.add("SHA-256", hex_digest(*container.stored_sha256));
    digests.print(context.out, context.style, "  ");
    if (!container.stored_md5 && !container.stored_sha1 && !container.stored_sha256) context.out.write("  none\n");
    if (!container.acquisition_errors.empty()) {
      heading(context, "Sectors the acquisition could not read");
      print_ranges(context.out, context.style, container.acquisition_errors, container.sector_size);
    }
  }

  static void print_segments(const Context& context, const app::ImageInfo& info) {
    heading(context, "Segments");
    Table table({{"no.", Align::kRight}, {"bytes", Align::kRight}, {"name"}});
    std::size_t number = 0;
    for (const auto& segment : info.segments)
      table.add({std::to_string(++number), group_digits(segment.size_bytes), terminal_text(segment.name)});
    table.print(context.out, context.style, "  ");
    for (const auto& name : info.missing_segments)
      context.out.write(fmt::format("  {}  {}\n", context.style.bad("missing"), terminal_text(name)));
  }

  static void print_volumes(const Context& context, const app::ImageInfo& info) {
    heading(context, "Partitions and volumes (start and length in sectors)");
    if (info.volumes.empty()) {
      context.out.write("  none found\n");
      return;
    }
    Table table({{"no.", Align::kRight},
                 {"scheme"},
                 {"slot"},
                 {"start", Align::kRight},
                 {"length", Align::kRight},
                 {"size", Align::kRight},
                 {"status"},
                 {"file system"},
                 {"label"},
                 {"description"}});
    const std::uint64_t sector = std::max(info.container.sector_size, 1u);
    for (const VolumeRecord& volume : info.volumes) {
      std::string file_system = volume.fs_type;
      if (!volume.encryption.empty()) file_system += (file_system.empty() ? "" : ", ") + volume.encryption;
      const std::string_view status = is_bare_space(volume) ? "-" : catalog::volume_status_name(volume.status);
      table.add({std::to_string(volume.volume_id), terminal_text(volume.scheme), terminal_text(volume.slot),
                 std::to_string(volume.image_offset / sector), std::to_string(volume.length / sector),
                 human_size(volume.length), std::string(status), terminal_text(file_system),
                 terminal_text(volume.fs_label), terminal_text(volume.description)});
    }
    table.print(context.out, context.style, "  ");
  }

  static void print_encryption(const Context& context, const app::ImageInfo& info) {
    heading(context, "Encryption");
    for (const auto& record : info.encryption) {
      const std::string certainty =
          record.certainty == catalog::Certainty::kStructure ? "by its structure" : "by statistics";
      context.out.write(fmt::format("  volume {}: {}, known {}: {}\n", record.volume_id,
                                    context.style.warn(terminal_text(record.scheme)), certainty,
                                    terminal_text(record.detail)));
    }
    if (info.encryption.empty()) context.out.write("  none seen\n");
  }

  static void print_issues(const Context& context, const app::ImageInfo& info) {
    if (info.issues.empty() && info.container.issues.empty()) return;
    heading(context, "Issues");
    for (const auto& issue : info.container.issues)
      context.out.write(fmt::format("  {}\n", terminal_text(issue.message)));
    for (const auto& issue : info.issues) {
      const bool repeated = std::any_of(info.container.issues.begin(), info.container.issues.end(),
                                        [&](const auto& known) { return known.message == issue.message; });
      if (!repeated) context.out.write(fmt::format("  {}\n", terminal_text(issue.message)));
    }
  }

  static void print_json(const Context& context, const app::ImageInfo& info) {
    JsonWriter json(context.out, 2);
    json.begin_object().evidence("path", info.path).text_or_null("jail", info.jail);
    write_container(json, info.container);
    json.key("acquisition_errors");
    write_ranges(json, info.container.acquisition_errors, info.container.sector_size);
    json.number("container_bytes", container_bytes(info));
    json.key("segments").begin_array();
    for (const auto& segment : info.segments)
      json.begin_object().evidence("name", segment.name).number("size_bytes", segment.size_bytes).end();
    json.end().key("missing_segments").begin_array();
    for (const auto& name : info.missing_segments) json.text(name);
    json.end().key("volumes").begin_array();
    for (const VolumeRecord& volume : info.volumes) write_volume(json, volume);
    json.end().key("encryption").begin_array();
    for (const auto& record : info.encryption) {
      json.begin_object().number("volume_id", record.volume_id).text("scheme", record.scheme);
      json.text("certainty", record.certainty == catalog::Certainty::kStructure ? "structure" : "statistics");
      json.evidence("detail", record.detail).end();
    }
    json.end().key("issues");
    write_issues(json, info.container, info.issues);
    json.finish();
  }

  static void write_volume(JsonWriter& json, const VolumeRecord& volume) {
    json.begin_object().number("volume_id", volume.volume_id).key("parent_id");
    if (volume.parent_id > 0)
      json.number(volume.parent_id);
    else
      json.null();
    json.text("scheme", volume.scheme).text("slot", volume.slot);
    json.number("image_offset", volume.image_offset).number("length", volume.length);
    json.evidence("description", volume.description).text_or_null("fs_type", volume.fs_type);
    json.evidence("fs_label", volume.fs_label).text_or_null("fs_uuid", volume.fs_uuid);
    json.number("block_size", volume.block_size);
    const auto status = volume.status == VolumeStatus::kTable ? VolumeStatus::kUnallocated : volume.status;
    json.text("status", catalog::volume_status_name(status)).text_or_null("encryption", volume.encryption).end();
  }

  app::ImageOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_info() {
  return std::make_unique<InfoCommand>();
}

}  // namespace limier::cli
