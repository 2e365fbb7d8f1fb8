// What stands in a device about itself: its facts, its applications, what it was connected to, where it was, what was
// looked up on it.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

struct DeviceFact {
  static constexpr KindInfo kKind{.name = "device",
                                  .plural = "devices",
                                  .title = "The device",
                                  .meaning = "What the device says about itself, each fact with the row it stands in.",
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"key", &DeviceFact::key, As::kOwnText,
               "os, os_version, host_name, time_zone, country, model, maker, serial, imei, imsi, iccid, phone_number, "
               "owner_name, user, installed, last_shutdown, …"},
        Column{"value", &DeviceFact::value, As::kText, "as it stands there"},
        Column{"normalized", &DeviceFact::normalized, As::kOwnText, "the same in one spelling"},
        Column{"basis", &DeviceFact::basis, As::kOwnText, "what it follows from"},
    };
  }

  RowPlace place;
  std::string key, value, normalized, basis;
};

struct App {
  static constexpr KindInfo kKind{
      .name = "app",
      .plural = "apps",
      .title = "Applications",
      .meaning = "Applications that are or were on the device.",
      .summary = "coalesce(name || ' (' || package || ')', package, name, '') || coalesce(' ' || version, '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"package", &App::package, As::kText, "its id on the system"},
        Column{"name", &App::name, As::kText, "its name"},
        Column{"version", &App::version, As::kText, "as stored"},
        Column{"category", &App::category, As::kOwnText,
               "messenger, crypto-phone, wallet, vault, vpn, wiper, remote-access, …; NULL: not in the list"},
        Column{"installed", &App::installed_ns, As::kTime, "when it was installed"},
        Column{"last_used", &App::last_used_ns, As::kTime, "when it was last used, as far as the device says"},
        Column{"parsed", &App::parsed, As::kFlag, "1: a pack reads its databases"},
    };
  }

  RowPlace place;
  std::string package, name, version, category;
  std::optional<std::int64_t> installed_ns, last_used_ns;
  bool parsed = false;
};

struct Connection {
  static constexpr KindInfo kKind{.name = "connection",
                                  .plural = "connections",
                                  .title = "Connections",
                                  .meaning = "What the device was connected to.",
                                  .summary = "kind || coalesce(': ' || coalesce(name, serial, address), '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Connection::kind, As::kOwnText, "usb, wifi, bluetooth, network, paired-phone, rdp"},
        Column{"name", &Connection::name, As::kText, "name of the other side"},
        Column{"serial", &Connection::serial, As::kText, "its serial number"},
        Column{"address", &Connection::address, As::kText, "its address"},
        Column{"first", &Connection::first_ns, As::kTime, "first seen"},
        Column{"last", &Connection::last_ns, As::kTime, "last seen"},
    };
  }

  RowPlace place;
  std::string kind, name, serial, address;
  std::optional<std::int64_t> first_ns, last_ns;
};

struct Place {
  static constexpr KindInfo kKind{.name = "place",
                                  .plural = "places",
                                  .title = "Places",
                                  .meaning = "Places on earth that rows and files name.",
                                  .summary = "coalesce(what || ': ', '') || latitude || ', ' || longitude"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"latitude", &Place::latitude, As::kReal, "degrees north, WGS 84"},
        Column{"longitude", &Place::longitude, As::kReal, "degrees east"},
        Column{"accuracy_m", &Place::accuracy_m, As::kReal, "metres; NULL: not stored"},
        Column{"t", &Place::t_ns, As::kTime, "when"},
        Column{"what", &Place::what, As::kText, "what was there: a message, a picture, a search"},
    };
  }

  RowPlace place;
  std::optional<double> latitude, longitude, accuracy_m;
  std::optional<std::int64_t> t_ns;
  std::string what;
};

struct Web {
  static constexpr KindInfo kKind{
      .name = "web",
      .plural = "web",
      .title = "Web",
      .meaning = "What browsers keep: visits, downloads, searches, forms. Never the secrets in them.",
      .summary = "kind || coalesce(', ' || browser, '') || coalesce(': ' || coalesce(value, title, url), '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"browser", &Web::browser, As::kOwnText, "its name"},
        Column{"profile", &Web::profile, As::kText, "profile of the browser"},
        Column{"kind", &Web::kind, As::kOwnText, "visit, download, search, bookmark, form, cookie-host, login-host"},
        Column{"url", &Web::url, As::kText, "address"},
        Column{"title", &Web::title, As::kText, "of the page"},
        Column{"value", &Web::value, As::kText, "what was searched for or filled in"},
        Column{"t", &Web::t_ns, As::kTime, "when"},
        Column{"target_path", &Web::target_path, As::kText, "where a download went, as stored"},
    };
  }

  RowPlace place;
  std::string browser, profile, kind, url, title, value;
  std::optional<std::int64_t> t_ns;
  std::string target_path;
};

}  // namespace limier::catalog
