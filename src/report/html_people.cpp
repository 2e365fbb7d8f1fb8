// Whose device it is, as far as it says so itself: in words on the first screen, with the rows in its section.
#include <fmt/format.h>

#include <algorithm>

#include "limier/report/device.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks_html.h"

namespace limier::report {
namespace {

constexpr std::size_t kFrontValues = 7;  // of a line on the first screen
constexpr std::size_t kMaxShownSays = 100;

std::string_view label_of(std::string_view key) {
  constexpr std::pair<std::string_view, std::string_view> kLabels[] = {{"account", "Account"},
                                                                       {"android_id", "Android id"},
                                                                       {"build", "Build"},
                                                                       {"carrier", "Carrier"},
                                                                       {"country", "Country"},
                                                                       {"host_name", "Name of the device"},
                                                                       {"iccid", "ICCID (SIM card)"},
                                                                       {"imei", "IMEI"},
                                                                       {"imsi", "IMSI"},
                                                                       {"maker", "Maker"},
                                                                       {"model", "Model"},
                                                                       {"os", "System"},
                                                                       {"os_version", "Version"},
                                                                       {"owner_name", "Name of the owner"},
                                                                       {"phone_number", "Telephone number"},
                                                                       {"serial", "Serial number"},
                                                                       {"time_zone", "Time zone"},
                                                                       {"udid", "UDID"},
                                                                       {"user", "User"}};
  for (const auto& [word, label] : kLabels)
    if (word == key) return label;
  return key;
}

std::string value_text(const std::string& value) {
  return quoted(excerpt(value, kMaxCellText).text);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + quoted(part);
  return text;
}

// "+32… (SIM card in slot 1; WhatsApp's registration)".
std::string owner_text(const DeviceSays& says) {
  std::string text = value_text(says.value);
  if (!says.names.empty()) text = joined(says.names, ", ") + " " + text;
  if (!says.basis.empty()) text += fmt::format(" <span class=\"none\">({})</span>", joined(says.basis, "; "));
  return text;
}
bool is_number(std::string_view key) {
  constexpr std::string_view kNumbers[] = {"imei", "imsi", "iccid", "serial", "udid", "android_id"};
  return std::ranges::find(kNumbers, key) != std::end(kNumbers);
}
std::string id_text(const DeviceSays& says) {
  return fmt::format("{} {}", html_text(label_of(says.key)), code(says.value));
}
std::string what_text(const DeviceSays& says) {
  if (is_number(says.key)) return id_text(says);
  if (says.key == "host_name") return "named “" + value_text(says.value) + "”";
  // A model and a system speak for themselves.
  if (says.key == "maker" || says.key == "model" || says.key == "os") return value_text(says.value);
  return fmt::format("{} {}", html_text(label_of(says.key)), value_text(says.value));
}

void put_line(Page& page, std::string_view label, const std::vector<DeviceSays>& list,
              std::string (*text_of)(const DeviceSays&)) {
  if (list.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kFrontValues); ++i) text += (i == 0 ? "" : ", ") + text_of(list[i]);
  if (list.size() > kFrontValues)
    text += fmt::format(", <a href=\"#people\">and {} more</a>", list.size() - kFrontValues);
  page.raw(fmt::format("<li><span class=\"label\">{}</span> <span>{}</span></li>\n", label, text));
}

void put_says(Page& page, const Device& device) {
  page.table("What it says of itself and of its owner",
             {{"What"}, {"Value", Align::kPath}, {"Name", Align::kPath}, {"Follows from", Align::kPath}, {"Rows"}});
  std::size_t shown = 0;
  for (const auto* const list : {&device.owner, &device.ids, &device.what, &device.backup})
    for (const DeviceSays& one : *list)
      if (shown++ < kMaxShownSays)
        page.row({html_text(label_of(one.key)), value_text(one.value),
                  one.names.empty() ? std::string() : joined(one.names, ", "),
                  one.basis.empty() ? absent() : joined(one.basis, "; "), joined(one.rows, ", ")});
  page.end_table();
}

}  // namespace

Status put_front_device(Context& context) {
  Page& page = context.page;
  const WorkDone& work = context.facts.work;
  LIMIER_TRY(const Device device, read_device(context.index));
  page.raw("<div class=\"whose\">\n<h2>Whose device</h2>\n");
  if (device.empty()) {
    page.raw(fmt::format("<p>{}</p>\n</div>\n", work.contents == 0 && work.strange == 0
                                                    ? "Not computed: no content was looked into."
                                                    : "Nothing that was looked into says whose device it is."));
    return ok_status();
  }
  page.raw("<ul>\n");
  put_line(page, "It says its owner is", device.owner, owner_text);
  put_line(page, "Device", device.what, what_text);
  put_line(page, "Numbers of the device", device.ids, id_text);
  put_line(page, "Backup of a phone on it", device.backup, what_text);
  page.raw(
      fmt::format("</ul>\n<p class=\"note\">As the device says; that does not show who held it. Each with its "
                  "row in {}.</p>\n</div>\n",
                  section_link("people")));
  return ok_status();
}

Status put_people_section(Context& context) {
  Page& page = context.page;
  if (!has_kinds(context.facts, kPeopleKinds)) {
    page.paragraph(nothing_came(context.facts));
    return ok_status();
  }
  page.paragraph(
      "What the device says of itself, whom it knows and with whom it had to do. An account shows what an application "
      "was set up with, not who held the device. The ids are those that <code>limier explain</code> takes.");
  LIMIER_TRY(const Device device, read_device(context.index));
  if (!device.empty()) put_says(page, device);
  return put_kinds(context, kPeopleKinds);
}

}  // namespace limier::report
