// Settings that Android's applications keep (shared_prefs/*.xml), where they say whose device it is. Sources: Android
// Open Source Project, XmlUtils.java; what stands under which name in WhatsApp's: sepinf-inc/IPED and abrignoni/ALEAPP
// (facts). cc is the country's code, ph the number behind it, push_name what others see.
#include <algorithm>
#include <array>
#include <map>

#include "content/device_rows.h"
#include "content/xml_events.h"
#include "limier/catalog/people.h"

namespace limier::content {
namespace {

constexpr std::array<std::string_view, 4> kWanted{"cc", "ph", "push_name", "registration_jid"};
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMinDigits = 5, kMaxDigits = 20;  // of a number with its country's code

class Settings final : public XmlEvents {
 public:
  void start(std::string_view name, std::span<const XmlAttribute> attributes) override {
    ++depth_;
    if (depth_ == 1) is_map_ = name == "map";
    key_.clear();
    text_.clear();
    // Nothing else of it is looked at: tokens and keys stand beside them.
    const std::string_view key = attribute(attributes, "name");
    if (depth_ == 2 && is_map_ && name == "string" && std::ranges::find(kWanted, key) != kWanted.end()) key_ = key;
  }
  void text(std::string_view text) override {
    if (!key_.empty() && text_.size() + text.size() <= kMaxText) text_ += text;
  }
  void end(std::string_view) override {
    --depth_;
    if (!key_.empty() && !text_.empty()) values.emplace(key_, text_);
    key_.clear();
  }

  std::map<std::string, std::string, std::less<>> values;

 private:
  std::size_t depth_ = 0;
  bool is_map_ = false;
  std::string key_, text_;
};

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool read_shared_prefs(Bytes bytes, const DeviceMaker& maker) {
  Settings settings;
  const XmlEnd end = read_any_xml(bytes, settings);
  if (end == XmlEnd::kNotXml) return false;
  const auto value = [&](std::string_view key) {
    const auto found = settings.values.find(key);
    return found == settings.values.end() ? std::string() : found->second;
  };
  const std::string code = value("cc"), rest = value("ph"), jid = value("registration_jid");
  catalog::Account account;
  if (is_digits(code) && is_digits(rest)) {
    account.identifier = "+" + code + rest;
    account.place.locator = "setting:ph";
    // Of a file that is cut it cannot be known what stood behind it.
  } else if (is_digits(jid) && end == XmlEnd::kWhole) {
    account.identifier = "+" + jid;
    account.place.locator = "setting:registration_jid";
  }
  if (account.identifier.size() <= kMinDigits || account.identifier.size() > kMaxDigits + 1) return false;
  if (end == XmlEnd::kCut) maker.rows.issue("device-file-damaged", "the file ends before its end, or is damaged", true);
  maker.fact("phone_number", account.identifier, account.place.locator, "WhatsApp's registration");
  account.service = "WhatsApp";
  account.display_name = value("push_name");
  account.role = catalog::AccountRole::kOwner;
  maker.rows.add(account, maker.name, maker.version);
  return true;
}

}  // namespace limier::content
