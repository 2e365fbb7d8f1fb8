// What the readers of device files share.
#pragma once

#include <set>

#include "limier/catalog/device.h"
#include "limier/content.h"

namespace limier::content {

struct DeviceMaker {
  Rows& rows;
  std::string_view name, version;
  const std::set<std::string, std::less<>>& parsed;  // ids of applications that packs read

  // A fact where there is a value; `where` in the file it stands at, `basis` what kind of file that is.
  void fact(std::string_view key, std::string_view value, std::string_view where, std::string_view basis) const;
  // The row of an application, with what the list of applications says of it.
  void app(catalog::App row) const;
};

// Each reads one kind of file. False: it is not of this kind.
bool read_android_xml(Bytes bytes, const DeviceMaker& maker);
bool read_package_list(std::string_view text, const DeviceMaker& maker);
bool read_properties(Bytes bytes, const DeviceMaker& maker);
bool read_shared_prefs(Bytes bytes, const DeviceMaker& maker);
bool read_apple_plist(Bytes bytes, const DeviceMaker& maker);

// A name of a wireless network in quotes, or in hex without them.
std::string network_name(std::string_view stored);

}  // namespace limier::content
