#include "limier/report/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "report/talks.h"

namespace limier::report {
namespace {

constexpr std::int64_t kMaxRows = 500;     // a device says a few dozen things of itself
constexpr std::size_t kOwnersInWords = 4;  // in a line of a list
constexpr std::size_t kMaxWordBytes = 80;  // of one value there

// In the order in which they are said. Keys of v_device that are in none stand in the table alone.
constexpr std::array<std::string_view, 9> kWhat{"maker",     "model",     "os",      "os_version", "build",
                                                "host_name", "time_zone", "country", "carrier"};
constexpr std::array<std::string_view, 4> kOwner{"phone_number", "account", "owner_name", "user"};
constexpr std::array<std::string_view, 6> kIds{"imei", "imsi", "iccid", "serial", "udid", "android_id"};

void add_once(std::vector<std::string>& list, std::string text) {
  if (!text.empty() && std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

DeviceSays& said(std::vector<DeviceSays>& list, std::string_view key, const std::string& value) {
  // A number that a card and an application name is one number.
  const bool is_owner = std::ranges::find(kOwner, key) != kOwner.end();
  for (DeviceSays& one : list)
    if (one.value == value && (is_owner || one.key == key)) return one;
  return list.emplace_back(DeviceSays{std::string(key), value, {}, {}, {}});
}

std::vector<DeviceSays>* list_of(Device& device, std::string_view key) {
  const auto has = [&](std::span<const std::string_view> keys) { return std::ranges::find(keys, key) != keys.end(); };
  if (has(kWhat)) return &device.what;
  if (has(kOwner)) return &device.owner;
  return has(kIds) ? &device.ids : nullptr;
}

// What a computer keeps of a phone: Finder and iTunes put backups there.
bool is_of_backup(std::string_view path) {
  return path.find("/MobileSync/Backup/") != std::string_view::npos;
}

Status read_facts_of(store::Index& index, Device& device) {
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT device_id, key, value, value_raw, normalized, basis, (SELECT path FROM v_file f "
                            "WHERE f.file_id = d.file_id) FROM (SELECT * FROM v_device ORDER BY device_id LIMIT {}) d "
                            "ORDER BY device_id",
                            kMaxRows)));
  while (rows.step()) {
    std::vector<DeviceSays>* list = list_of(device, rows.text(1));
    if (list == nullptr) continue;
    if (list != &device.owner && is_of_backup(rows.text(6))) list = &device.backup;
    const std::string value = rows.is_null(4) ? exact_text(rows, 2, 3) : rows.text(4);
    if (value.empty()) continue;
    DeviceSays& one = said(*list, rows.text(1), value);
    if (!rows.is_null(5)) add_once(one.basis, rows.text(5));
    one.rows.push_back(fmt::format("device:{}", rows.integer(0)));
  }
  return rows.status();
}

Status read_accounts(store::Index& index, Device& device) {
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT account_id, service, identifier, identifier_raw, normalized, display_name, "
                            "display_name_raw FROM v_account WHERE role = 'owner' ORDER BY account_id LIMIT {}",
                            kMaxRows)));
  while (rows.step()) {
    const std::string value = rows.is_null(4) ? exact_text(rows, 2, 3) : rows.text(4);
    if (value.empty()) continue;
    DeviceSays& one = said(device.owner, "account", value);
    if (!rows.is_null(1)) add_once(one.basis, rows.text(1));
    if (!rows.is_null(5)) add_once(one.names, exact_text(rows, 5, 6));
    one.rows.push_back(fmt::format("account:{}", rows.integer(0)));
  }
  return rows.status();
}

template <std::size_t N>
void put_in_order(std::vector<DeviceSays>& list, const std::array<std::string_view, N>& keys) {
  std::ranges::stable_sort(list, {}, [&](const DeviceSays& one) { return std::ranges::find(keys, one.key); });
}

std::string short_value(const std::string& value) {
  const Excerpt shown = excerpt(value, kMaxWordBytes);
  return shown.left_out == 0 ? shown.text : shown.text + "…";
}

}  // namespace

Result<Device> read_device(store::Index& index) {
  Device device;
  LIMIER_CHECK(read_facts_of(index, device));
  LIMIER_CHECK(read_accounts(index, device));
  put_in_order(device.what, kWhat);
  put_in_order(device.owner, kOwner);
  put_in_order(device.ids, kIds);
  put_in_order(device.backup, kWhat);
  return device;
}

std::string device_words(const Device& device) {
  std::string words;
  const auto add = [&](std::string_view between, std::string_view text) {
    if (!words.empty()) words += between;
    words += text;
  };
  for (const std::string_view key : {"maker", "model", "os", "os_version", "host_name"}) {
    const auto one = std::ranges::find(device.what, key, &DeviceSays::key);
    if (one != device.what.end()) add(", ", short_value(one->value));
  }
  const std::size_t shown = std::min(device.owner.size(), kOwnersInWords);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i == 0) add("; ", "owner ");
    words += (i == 0 ? "" : ", ") + short_value(device.owner[i].value);
  }
  if (shown < device.owner.size()) words += fmt::format(" and {} more", device.owner.size() - shown);
  return words;
}

}  // namespace limier::report
