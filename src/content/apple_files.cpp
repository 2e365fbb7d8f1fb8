// Sources: what these property lists hold, as libimobiledevice (lockdown values), iLEAPP's artifacts and the files of
// public research phones show it; Apple documents none of them.
#include <fmt/format.h>

#include <algorithm>

#include "content/decode/plist.h"
#include "content/device_rows.h"
#include "content/epochs.h"
#include "limier/base.h"

namespace limier::content {
namespace {

using decode::Plist;

constexpr std::size_t kMaxEntries = 10'000;  // of one list

struct KeyFact {
  std::string_view stored, key;
};
// A backup's Info.plist, lockdown's values and what tools write of them, the keeper of the SIM (CommCenter).
constexpr KeyFact kKeys[] = {
    {"Device Name", "host_name"},
    {"DeviceName", "host_name"},
    {"-DeviceName", "host_name"},
    {"Product Type", "model"},
    {"ProductType", "model"},
    {"Product Version", "os_version"},
    {"ProductVersion", "os_version"},
    {"-DarkProductVersion", "os_version"},
    {"ProductName", "os"},
    {"Build Version", "build"},
    {"BuildVersion", "build"},
    {"ProductBuildVersion", "build"},
    {"Serial Number", "serial"},
    {"SerialNumber", "serial"},
    {"Unique Identifier", "udid"},
    {"UniqueDeviceID", "udid"},
    {"Phone Number", "phone_number"},
    {"PhoneNumber", "phone_number"},
    {"ReportedPhoneNumber", "phone_number"},
    {"IMEI", "imei"},
    {"IMEI 2", "imei"},
    {"InternationalMobileEquipmentIdentity", "imei"},
    {"InternationalMobileEquipmentIdentity2", "imei"},
    {"MEID", "meid"},
    {"MobileEquipmentIdentifier", "meid"},
    {"ICCID", "iccid"},
    {"ICCID 2", "iccid"},
    {"IntegratedCircuitCardIdentity", "iccid"},
    {"IntegratedCircuitCardIdentity2", "iccid"},
    {"LastKnownICCID", "iccid"},
    {"LastKnownICCI", "iccid"},
    {"InternationalMobileSubscriberIdentity", "imsi"},
    {"InternationalMobileSubscriberIdentity2", "imsi"},
    {"TimeZone", "time_zone"},
    {"-TimeZone", "time_zone"},
    {"com.apple.international-Locale", "locale"},
    {"BluetoothAddress", "bluetooth_address"},
    {"WiFiAddress", "wifi_address"},
    {"com.apple.iTunes.backup-LastBackupComputerName", "backup_computer"},
};

class AppleFile {
 public:
  AppleFile(const Plist& plist, const DeviceMaker& maker) : plist_(plist), maker_(maker) {}

  bool read() {
    const Plist::Object& top = plist_.objects[plist_.top];
    if (top.kind != Plist::Kind::kMap) return false;
    for (std::size_t i = 0; i + 1 < top.held.size(); i += 2) {
      const std::string* key = plist_.text(top.held[i]);
      if (key != nullptr) entry(*key, top.held[i + 1]);
    }
    return known_;
  }

 private:
  void fact(std::string_view key, std::string_view value, const std::string& where) {
    if (value.empty()) return;
    known_ = true;
    maker_.fact(key, value, where, "property list");
  }

  void entry(const std::string& key, std::uint32_t value) {
    constexpr std::string_view kNetwork = "wifi.network.ssid.";
    const std::string where = "plist:" + key;
    const auto known = std::ranges::find(kKeys, std::string_view(key), &KeyFact::stored);
    if (known != std::end(kKeys)) {
      if (const std::string* text = plist_.text(value)) fact(known->key, *text, where);
    } else if (key == "ReportedSubscriberIdentity") {
      if (const std::string* text = plist_.text(value)) card(*text, where);
    } else if (key == "imeis") {
      seconds_of(value, where, [&](const std::string& text, const std::string& at) { fact("imei", text, at); });
    } else if (key == "subscriber_account_ids") {
      seconds_of(value, where, [&](const std::string& text, const std::string& at) { card(text, at); });
    } else if (key == "PersonalWallet") {
      wallet(value, where);
    } else if (key == "Installed Applications") {
      applications(value, where);
    } else if (key == "List of known networks") {
      for (const std::uint32_t one : items(value)) network(one, {}, fmt::format("{}:{}", where, ++networks_));
    } else if (key.starts_with(kNetwork)) {
      network(value, key.substr(kNetwork.size()), where);
    }
  }

  // The number of a card begins with 89; that of a subscriber has 15 digits.
  void card(const std::string& number, const std::string& where) {
    if (number.find_first_not_of("0123456789") != std::string::npos) return;
    if (number.starts_with("89") && number.size() >= 18) fact("iccid", number, where);
    if (number.size() == 15) fact("imsi", number, where);
  }

  [[nodiscard]] std::span<const std::uint32_t> items(std::uint32_t object) const {
    const Plist::Object& list = plist_.objects[object];
    if (list.kind != Plist::Kind::kList) return {};
    return std::span(list.held).first(std::min(list.held.size(), kMaxEntries));
  }
  [[nodiscard]] const std::string* text_of(std::uint32_t map, std::string_view key) const {
    const auto found = plist_.member(map, key);
    return found ? plist_.text(*found) : nullptr;
  }
  // Dates are seconds since 2001.
  [[nodiscard]] TimeNs time_of_key(std::uint32_t map, std::string_view key) const {
    const auto seconds = number(map, key);
    static const Epoch* const kCocoa = find_epoch("cocoa-s");
    return seconds && kCocoa != nullptr ? time_of(*kCocoa, *seconds) : std::nullopt;
  }
  [[nodiscard]] std::optional<double> number(std::uint32_t map, std::string_view key) const {
    const auto found = plist_.member(map, key);
    if (!found || plist_.objects[*found].kind != Plist::Kind::kValue) return std::nullopt;
    const decode::Value& value = plist_.objects[*found].value;
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::nullopt;
  }

  // Pairs of a slot and what is in it.
  template <class Use>
  void seconds_of(std::uint32_t list, const std::string& where, Use use) {
    std::size_t at = 0;
    for (const std::uint32_t one : items(list))
      if (const std::string* text = text_of(one, "second")) use(*text, fmt::format("{}:{}", where, ++at));
  }

  // Cards that were in the phone, with their telephone numbers.
  void wallet(std::uint32_t object, const std::string& where) {
    const Plist::Object& map = plist_.objects[object];
    if (map.kind != Plist::Kind::kMap) return;
    for (std::size_t i = 0; i + 1 < std::min(map.held.size(), 2 * kMaxEntries); i += 2) {
      const std::string* number = plist_.text(map.held[i]);
      if (number == nullptr) continue;
      const std::string at = fmt::format("{}:{}", where, i / 2 + 1);
      card(*number, at);
      const auto info = plist_.member(map.held[i + 1], "info");
      if (const std::string* line = info ? text_of(*info, "mdn") : nullptr) fact("phone_number", *line, at + ":mdn");
    }
  }

  void applications(std::uint32_t list, const std::string& where) {
    std::size_t at = 0;
    for (const std::uint32_t one : items(list)) {
      const std::string* id = plist_.text(one);
      if (id == nullptr || id->empty()) continue;
      known_ = true;
      catalog::App row;
      row.place.locator = fmt::format("{}:{}", where, ++at);
      row.package = *id;
      maker_.app(std::move(row));
    }
  }

  void network(std::uint32_t map, const std::string& name, const std::string& where) {
    if (plist_.objects[map].kind != Plist::Kind::kMap) return;
    catalog::Connection row;
    row.place.locator = where;
    row.kind = "wifi";
    row.name = name;
    for (const std::string_view key : {"SSID", "SSID_STR"})
      if (const std::string* text = text_of(map, key); text != nullptr && !text->empty()) row.name = *text;
    const auto own = plist_.member(map, "__OSSpecific__");
    if (const std::string* text = text_of(map, "BSSID")) row.address = *text;
    if (const std::string* text = own && row.address.empty() ? text_of(*own, "BSSID") : nullptr) row.address = *text;
    for (const std::string_view key : {"AddedAt", "addedAt"})
      if (const TimeNs time = time_of_key(map, key)) row.first_ns = time;
    for (const std::string_view key : {"JoinedByUserAt", "JoinedBySystemAt", "lastJoined", "lastAutoJoined"})
      if (const TimeNs time = time_of_key(map, key)) row.last_ns = std::max(row.last_ns.value_or(INT64_MIN), *time);
    if (row.name.empty()) return;
    known_ = true;
    maker_.rows.add(row, maker_.name, maker_.version);
    if (const auto stations = plist_.member(map, "BSSList")) places(*stations, row.name, where);
  }

  // Where the phone was when it last met a station of the network.
  void places(std::uint32_t list, const std::string& network, const std::string& where) {
    std::size_t at = 0;
    for (const std::uint32_t one : items(list)) {
      catalog::Place row;
      row.place.locator = fmt::format("{}/station:{}", where, ++at);
      row.latitude = number(one, "LocationLatitude");
      row.longitude = number(one, "LocationLongitude");
      if (!row.latitude || !row.longitude) continue;
      row.accuracy_m = number(one, "LocationAccuracy");
      row.t_ns = time_of_key(one, "LocationTimestamp");
      row.what = "Wi-Fi " + network;
      maker_.rows.add(row, maker_.name, maker_.version);
    }
  }

  const Plist& plist_;
  const DeviceMaker& maker_;
  bool known_ = false;
  std::size_t networks_ = 0;
};

}  // namespace

bool read_apple_plist(Bytes bytes, const DeviceMaker& maker) {
  if (as_text(bytes).starts_with(' ')) return false;  // no system writes one so
  const auto plist = decode::read_plist(bytes);
  if (!plist || plist->objects.empty()) return false;
  return AppleFile(*plist, maker).read();
}

}  // namespace limier::content
