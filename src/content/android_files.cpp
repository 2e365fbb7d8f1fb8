// Sources: Android Open Source Project: Settings.java and Computer.java (packages.xml, packages.list),
// SettingsState.java (settings_*.xml), WifiConfigStore.java and XmlUtil.java, PropertyInfo and
// persistent_properties.proto (properties).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "content/charset.h"
#include "content/device_rows.h"
#include "content/xml_events.h"

namespace limier::content {
namespace {

// Milliseconds since 1970 in hex.
std::optional<std::int64_t> hex_ms(std::string_view text) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms, 16);
  if (error != std::errc() || end != text.data() + text.size() || ms <= 0 || ms > INT64_MAX / kNsPerMs)
    return std::nullopt;
  return ms * kNsPerMs;
}

struct SettingFact {
  std::string_view setting, key;
};
constexpr SettingFact kSettingFacts[] = {
    {"device_name", "host_name"},
    {"bluetooth_name", "bluetooth_name"},
    {"bluetooth_address", "bluetooth_address"},
    {"android_id", "android_id"},
    {"lock_screen_owner_info", "owner_info"},
    {"airplane_mode_on", "airplane_mode"},
    {"adb_enabled", "adb_enabled"},
    {"development_settings_enabled", "developer_options"},
    {"boot_count", "boot_count"},
};

// packages.xml, settings_*.xml and WifiConfigStore.xml, told apart by their first element.
class AndroidFile final : public XmlEvents {
 public:
  explicit AndroidFile(const DeviceMaker& maker) : maker_(maker) {}

  void start(std::string_view name, std::span<const XmlAttribute> attributes) override {
    ++depth_;
    if (depth_ == 1) kind_ = kind_of(name);
    switch (kind_) {
      case Kind::kPackages:
        if (depth_ == 2 && name == "package") package(attributes);
        return;
      case Kind::kSettings:
        if (depth_ == 2 && name == "setting") setting(attributes);
        return;
      case Kind::kNetworks:
        if (name == "WifiConfiguration") {
          in_network_ = true;
          network_ = {};
        }
        field_ = in_network_ && name == "string" ? std::string(attribute(attributes, "name")) : std::string();
        text_.clear();
        return;
      case Kind::kNone:
        return;
    }
  }
  void text(std::string_view text) override {
    constexpr std::size_t kMaxText = 4096;
    if (!field_.empty() && text_.size() + text.size() <= kMaxText) text_ += text;
  }
  void end(std::string_view name) override {
    --depth_;
    if (kind_ != Kind::kNetworks) return;
    // Of all there is only these two: keys and passwords stand beside them.
    if (field_ == "SSID") network_.name = network_name(text_);
    if (field_ == "BSSID" && text_ != "any") network_.address = text_;
    field_.clear();
    if (name != "WifiConfiguration" || !in_network_) return;
    in_network_ = false;
    if (network_.name.empty()) return;
    network_.place.locator = fmt::format("wifi:{}", ++networks_);
    network_.kind = "wifi";
    maker_.rows.add(network_, maker_.name, maker_.version);
  }

  [[nodiscard]] bool is_known() const { return kind_ != Kind::kNone; }

 private:
  enum class Kind { kNone, kPackages, kSettings, kNetworks };

  static Kind kind_of(std::string_view root) {
    if (root == "packages") return Kind::kPackages;
    if (root == "settings") return Kind::kSettings;
    return root == "WifiConfigStoreData" ? Kind::kNetworks : Kind::kNone;
  }

  void package(std::span<const XmlAttribute> attributes) {
    catalog::App row;
    row.package = std::string(attribute(attributes, "name"));
    if (row.package.empty()) return;
    row.place.locator = "package:" + row.package;
    row.version = std::string(attribute(attributes, "version"));
    row.installed_ns = hex_ms(attribute(attributes, "it"));
    maker_.app(std::move(row));
    maker_.rows.alive();
  }

  void setting(std::span<const XmlAttribute> attributes) {
    const std::string_view name = attribute(attributes, "name");
    for (const SettingFact& known : kSettingFacts)
      if (known.setting == name)
        maker_.fact(known.key, attribute(attributes, "value"), fmt::format("setting:{}", name), "Android settings");
  }

  const DeviceMaker& maker_;
  Kind kind_ = Kind::kNone;
  std::size_t depth_ = 0, networks_ = 0;
  bool in_network_ = false;
  catalog::Connection network_;
  std::string field_, text_;
};

struct PropertyFact {
  std::string_view property, key;
};
constexpr PropertyFact kPropertyFacts[] = {
    {"ro.product.model", "model"},
    {"ro.product.vendor.model", "model"},
    {"ro.product.odm.model", "model"},
    {"ro.product.product.model", "model"},
    {"ro.product.manufacturer", "maker"},
    {"ro.product.vendor.manufacturer", "maker"},
    {"ro.product.odm.manufacturer", "maker"},
    {"ro.product.product.manufacturer", "maker"},
    {"ro.build.version.release", "os_version"},
    {"ro.build.version.security_patch", "security_patch"},
    {"ro.build.fingerprint", "build"},
    {"ro.serialno", "serial"},
    {"ro.boot.serialno", "serial"},
    {"persist.sys.timezone", "time_zone"},
    {"persist.sys.locale", "locale"},
    {"ro.product.locale", "locale"},
    {"persist.radio.imei", "imei"},
    {"ro.ril.oem.imei", "imei"},
    {"ro.ril.oem.imei1", "imei"},
    {"ro.ril.oem.imei2", "imei"},
    {"ro.ril.miui.imei0", "imei"},
    {"ro.ril.miui.imei1", "imei"},
};

void property_fact(std::string_view name, std::string_view value, const DeviceMaker& maker) {
  for (const PropertyFact& known : kPropertyFacts)
    if (known.property == name) maker.fact(known.key, value, fmt::format("property:{}", name), "Android properties");
  // Only Android counts its interfaces there.
  if (name == "ro.build.version.sdk")
    maker.fact("os", "Android", "property:ro.build.version.sdk", "Android properties");
}

bool is_property_name(std::string_view name) {
  return name.size() > 2 && name.size() < 256 && name.find('.') != std::string_view::npos &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-' || c == '@' || c == ':';
         });
}

std::optional<std::uint64_t> varint(Bytes bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63 && at < bytes.size(); shift += 7) {
    const std::uint8_t byte = bytes[at++];
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

// A field of bytes (wire type 2) of this number.
std::optional<Bytes> field_of(Bytes bytes, std::size_t& at, std::uint8_t number) {
  if (at >= bytes.size() || bytes[at] != (number << 3 | 2)) return std::nullopt;
  ++at;
  const auto size = varint(bytes, at);
  const auto part = size ? slice(bytes, at, *size) : std::nullopt;
  if (part) at += part->size();
  return part;
}

// message PersistentProperties { repeated Record properties = 1; }, Record { name = 1; value = 2; }
bool read_persistent(Bytes bytes, const DeviceMaker& maker) {
  const auto walk = [&](bool emit) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto record = field_of(bytes, at, 1);
      std::size_t within = 0;
      const auto name = record ? field_of(*record, within, 1) : std::nullopt;
      const auto value = name ? field_of(*record, within, 2) : std::nullopt;
      if (!value || within != record->size() || !is_property_name(as_text(*name))) return false;
      if (emit) property_fact(as_text(*name), as_text(*value), maker);
    }
    return !bytes.empty();
  };
  return walk(false) && walk(true);
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return;  // a line without an end may be half of one
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!use(line)) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string network_name(std::string_view stored) {
  if (stored.size() >= 2 && stored.starts_with('"') && stored.ends_with('"'))
    return std::string(stored.substr(1, stored.size() - 2));
  if (stored.size() % 2 != 0) return std::string(stored);
  std::string bytes;
  for (std::size_t i = 0; i < stored.size(); i += 2) {
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(stored.data() + i, stored.data() + i + 2, byte, 16);
    if (error != std::errc() || end != stored.data() + i + 2) return std::string(stored);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

bool read_android_xml(Bytes bytes, const DeviceMaker& maker) {
  AndroidFile file(maker);
  const XmlEnd end = read_any_xml(bytes, file);
  if (end == XmlEnd::kNotXml || !file.is_known()) return false;
  if (end == XmlEnd::kCut) maker.rows.issue("device-file-damaged", "the file ends before its end, or is damaged", true);
  return true;
}

// "package uid debuggable folder seinfo gids profileable version …": one application a line.
bool read_package_list(std::string_view text, const DeviceMaker& maker) {
  constexpr std::size_t kVersion = 7;
  bool known = false, wrong = false;
  for_each_line(text, [&](std::string_view line) {
    if (line.empty()) return true;
    const auto parts = split(line, ' ');
    const auto is_number = [](std::string_view part) {
      return !part.empty() && part.size() < 20 && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    wrong = parts.size() < 4 || !is_property_name(parts[0]) || !is_number(parts[1]) || !is_number(parts[2]) ||
            !parts[3].starts_with('/');
    // The one without a dot is the system itself.
    if (wrong && parts.size() >= 4 && parts[0] == "android") wrong = false;
    if (wrong) return false;
    known = true;
    catalog::App row;
    row.place.locator = fmt::format("package:{}", parts[0]);
    row.package = std::string(parts[0]);
    if (parts.size() > kVersion && is_number(parts[kVersion])) row.version = std::string(parts[kVersion]);
    maker.app(std::move(row));
    return true;
  });
  if (known && wrong) maker.rows.issue("device-file-damaged", "lines that are none of a list of packages", true);
  return known;
}

// build.prop: NAME=VALUE; what the system keeps over restarts.
bool read_properties(Bytes bytes, const DeviceMaker& maker) {
  if (read_persistent(bytes, maker)) return true;
  if (as_text(bytes).starts_with(' ')) return false;
  std::size_t properties = 0, others = 0;
  const auto walk = [&](bool emit) {
    for_each_line(as_text(bytes), [&](std::string_view line) {
      const std::size_t equal = line.find('=');
      if (line.empty() || line.starts_with('#')) return true;
      if (equal == std::string_view::npos || !is_property_name(line.substr(0, equal))) {
        ++others;
        return true;
      }
      ++properties;
      if (emit) property_fact(line.substr(0, equal), line.substr(equal + 1), maker);
      return true;
    });
  };
  walk(false);
  if (properties == 0 || properties < 4 * others) return false;
  walk(true);
  return true;
}

}  // namespace limier::content
