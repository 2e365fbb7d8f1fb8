#include "content/device_files.h"

#include <algorithm>

#include "content/app_rows.h"
#include "content/device_rows.h"

namespace limier::content {

void DeviceMaker::fact(std::string_view key, std::string_view value, std::string_view where,
                       std::string_view basis) const {
  constexpr std::size_t kMaxValue = 4096;
  if (value.empty() || value.size() > kMaxValue) return;
  catalog::DeviceFact row;
  row.place.locator = std::string(where);
  row.key = std::string(key);
  row.value = std::string(value);
  row.basis = std::string(basis);
  rows.add(row, name, version);
}

void DeviceMaker::app(catalog::App row) const {
  complete_app(row, parsed);
  rows.add(row, name, version);
}

Outcome DeviceFilesParser::parse(const Source& source, Rows& rows) const {
  if (source.main->size_bytes() > kMaxDeviceFileBytes)
    return {catalog::ItemState::kTooLarge, "larger than files of this kind are"};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.main->size_bytes()));
  if (!source.main->read(0, bytes))
    rows.issue("device-bytes-missing", "parts of the file are not there, or could not be read", true);
  const DeviceMaker maker{rows, name(), version(), parsed_};
  if (read_android_xml(bytes, maker) || read_apple_plist(bytes, maker) || read_package_list(as_text(bytes), maker) ||
      read_properties(bytes, maker) || read_shared_prefs(bytes, maker))
    return {};
  return {catalog::ItemState::kNotApplicable, "not a file in which a device says what it is"};
}

}  // namespace limier::content
