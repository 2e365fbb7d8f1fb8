#include "limier/sweep.h"

#include <algorithm>

namespace limier::sweep {

Result<ContainerMessage> describe_container(const evidence::EvidenceSpec& spec, const std::vector<int>& fds,
                                            const std::vector<std::uint64_t>& image_offsets,
                                            std::uint32_t bytes_there) {
  LIMIER_TRY(evidence::ContainerRecord record, evidence::read_container_record(spec, fds));
  LIMIER_TRY(const auto image, evidence::open_image(spec, fds));
  ContainerMessage message;
  message.format = record.format;
  message.variant = std::move(record.variant);
  // What limier reads is what it reports: the reader's geometry stands above libewf's.
  message.size_bytes = image->size_bytes();
  message.sector_size = image->sector_size();
  message.chunk_size = record.chunk_size;
  message.segment_count = record.segment_count;
  message.compression = std::move(record.compression);
  message.media_type = std::move(record.media_type);
  message.physical = record.physical;
  message.set_identifier = std::move(record.set_identifier);
  message.stored_md5 = record.stored_md5;
  message.stored_sha1 = record.stored_sha1;
  for (auto& [name, value] : record.header_values) {
    message.header_names.push_back(std::move(name));
    message.header_values.push_back(std::move(value));
  }
  for (const auto& [image_offset, length] : record.acquisition_errors)
    message.acquisition_errors.push_back({image_offset, length, "acquisition-error"});
  message.issues = image->open_issues();
  for (const std::uint64_t offset : image_offsets) message.places.push_back(image->container_place(offset));
  for (const std::uint64_t offset : image_offsets) {
    const std::uint64_t length =
        std::min<std::uint64_t>(bytes_there, image->size_bytes() - std::min(offset, image->size_bytes()));
    auto& bytes = message.bytes.emplace_back(static_cast<std::size_t>(length));
    if (length == 0) continue;
    const evidence::ReadOutcome read = image->read(offset, bytes);
    const bool sound = read.worst == evidence::ChunkState::kGood || read.worst == evidence::ChunkState::kZero;
    bytes.resize(sound ? read.length : 0);
  }
  if (!record.libewf_refusal.empty())
    message.issues.push_back({"ewf-libewf-refused",
                              "libewf refuses this set; limier read its structures itself. " + record.libewf_refusal, 0,
                              0});
  return message;
}

}  // namespace limier::sweep
