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

Key label_of(std::string_view key) {
  constexpr std::pair<std::string_view, Key> kLabels[] = {{"account", "Account"_w},
                                                          {"android_id", "Android id"_w},
                                                          {"build", "Build"_w},
                                                          {"carrier", "Carrier"_w},
                                                          {"country", "Country"_w},
                                                          {"host_name", "Name of the device"_w},
                                                          {"iccid", "ICCID (SIM card)"_w},
                                                          {"imei", "IMEI"_w},
                                                          {"imsi", "IMSI"_w},
                                                          {"maker", "Maker"_w},
                                                          {"model", "Model"_w},
                                                          {"os", "System"_w},
                                                          {"os_version", "Version of the system"_w},
                                                          {"owner_name", "Name of the owner"_w},
                                                          {"phone_number", "Telephone number"_w},
                                                          {"serial", "Serial number"_w},
                                                          {"time_zone", "Time zone"_w},
                                                          {"udid", "UDID"_w},
                                                          {"user", "User"_w}};
  for (const auto& [word, label] : kLabels)
    if (word == key) return label;
  return {key};
}

std::string value_text(const std::string& value) {
  return quoted(excerpt(value, kMaxCellText).text);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + quoted(part);
  return text;
}

// What the program says it from; the name of a service stays as it is.
std::string basis_text(const Words& w, const std::vector<std::string>& basis) {
  std::string text;
  for (const std::string& one : basis) text += (text.empty() ? "" : "; ") + quoted(w.stored(one));
  return text;
}

// "+32… (SIM card in slot 1; WhatsApp's registration)".
std::string owner_text(const Words& w, const DeviceSays& says) {
  std::string text = value_text(says.value);
  if (!says.names.empty()) text = joined(says.names, ", ") + " " + text;
  if (!says.basis.empty()) text += fmt::format(" <span class=\"none\">({})</span>", basis_text(w, says.basis));
  return text;
}
bool is_number(std::string_view key) {
  constexpr std::string_view kNumbers[] = {"imei", "imsi", "iccid", "serial", "udid", "android_id"};
  return std::ranges::find(kNumbers, key) != std::end(kNumbers);
}
std::string id_text(const Words& w, const DeviceSays& says) {
  return fmt::format("{} {}", html_text(w(label_of(says.key))), code(says.value));
}
std::string what_text(const Words& w, const DeviceSays& says) {
  if (is_number(says.key)) return id_text(w, says);
  if (says.key == "host_name") return w("named “{}”"_w, value_text(says.value));
  // A model and a system speak for themselves.
  if (says.key == "maker" || says.key == "model" || says.key == "os") return value_text(says.value);
  return fmt::format("{} {}", html_text(w(label_of(says.key))), value_text(says.value));
}

void put_line(Page& page, Key label, const std::vector<DeviceSays>& list,
              std::string (*text_of)(const Words&, const DeviceSays&)) {
  if (list.empty()) return;
  const Words& w = page.words();
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kFrontValues); ++i)
    text += (i == 0 ? "" : ", ") + text_of(w, list[i]);
  if (list.size() > kFrontValues)
    text += fmt::format(", <a href=\"#people\">{}</a>", w("and {} more"_w, list.size() - kFrontValues));
  page.raw(fmt::format("<li><span class=\"label\">{}</span> <span>{}</span></li>\n", w(label), text));
}

void put_says(Page& page, const Device& device) {
  page.table(
      "What it says of itself and of its owner"_w,
      {{"What"_w}, {"Value"_w, Align::kPath}, {"Name"_w, Align::kPath}, {"Follows from"_w, Align::kPath}, {"Rows"_w}});
  std::size_t shown = 0;
  for (const auto* const list : {&device.owner, &device.ids, &device.what, &device.backup})
    for (const DeviceSays& one : *list)
      if (shown++ < kMaxShownSays)
        page.row({html_text(page.words()(label_of(one.key))), value_text(one.value),
                  one.names.empty() ? std::string() : joined(one.names, ", "),
                  one.basis.empty() ? absent() : basis_text(page.words(), one.basis), joined(one.rows, ", ")});
  page.end_table();
}

}  // namespace

Status put_front_device(Context& context) {
  Page& page = context.page;
  const WorkDone& work = context.facts.work;
  LIMIER_TRY(const Device device, read_device(context.index));
  const Words& w = context.w;
  page.raw(fmt::format("<div class=\"whose\">\n<h2>{}</h2>\n", w("Whose device"_w)));
  if (device.empty()) {
    page.raw(
        fmt::format("<p>{}</p>\n</div>\n", w(work.contents == 0 && work.strange == 0
                                                 ? (work.searched ? "Not computed: no parser looked into any content."_w
                                                                  : "Not computed: no content was looked into."_w)
                                                 : "Nothing that was looked into says whose device it is."_w)));
    return ok_status();
  }
  page.raw("<ul>\n");
  put_line(page, "It says its owner is"_w, device.owner, owner_text);
  put_line(page, "Device"_w, device.what, what_text);
  put_line(page, "Numbers of the device"_w, device.ids, id_text);
  put_line(page, "Backup of a phone on it"_w, device.backup, what_text);
  page.raw("</ul>\n");
  page.note(
      w("As the device says; that does not show who held it. Each with its row in {}."_w, section_link(w, "people")));
  page.raw("</div>\n");
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
      "was set up with, not who held the device. The ids are those that <code>limier explain</code> takes."_w);
  LIMIER_TRY(const Device device, read_device(context.index));
  if (!device.empty()) put_says(page, device);
  return put_kinds(context, kPeopleKinds);
}

}  // namespace limier::report
