// What a device says of itself and of its owner: the rows of v_device and the owner's accounts, gathered by value. It
// is what stands there, not who held the device.
//
// Owns:    values.
// Errors:  those of the index.
// Promise: same index, same words.
#pragma once

#include <string>
#include <vector>

#include "limier/store.h"

namespace limier::report {

struct DeviceSays {
  std::string key;                 // word of v_device, or "account"
  std::string value;               // in one spelling where there is one; bytes from evidence
  std::vector<std::string> names;  // that stand beside an account: bytes from evidence
  std::vector<std::string> basis;  // who says so: "SIM card in slot 1", the service of an account
  std::vector<std::string> rows;   // "device:2", "account:1": what `limier explain` takes
};

struct Device {
  std::vector<DeviceSays> what;    // model, system, names it was given
  std::vector<DeviceSays> owner;   // numbers, addresses, handles, names
  std::vector<DeviceSays> ids;     // of the device and its cards
  std::vector<DeviceSays> backup;  // of phones whose backups lie on it: both of these
  [[nodiscard]] bool empty() const { return what.empty() && owner.empty() && ids.empty() && backup.empty(); }
};

Result<Device> read_device(store::Index& index);

// One line of plain text: "iPhone13,2, 17.0, iPhone of Ann; owner +32…, ann@…"; "" where the device says nothing.
std::string device_words(const Device& device);

}  // namespace limier::report
