#include <algorithm>
#include <array>
#include <cassert>

#include "content/apps.h"
#include "limier/content/parsers.h"

namespace limier::content {
namespace {

constexpr std::array<std::string_view, 3> kMail{"message/rfc822", "message/x-emlx", "application/mbox"};
// Of the others that are ZIP files inside, software has numbers by the thousand and nobody's.
constexpr std::array<std::string_view, 12> kPacked{
    "application/gzip",
    "application/zip",
    "application/epub+zip",
    "application/vnd.oasis.opendocument",
    "application/vnd.oasis.opendocument.graphics",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"};
constexpr std::array<std::string_view, 1> kPst{"application/vnd.ms-outlook-pst"};
constexpr std::uint64_t kMaxTextsBytes = 1ull << 30;
constexpr std::array<std::string_view, 1> kSqlite{"application/vnd.sqlite3"};
// What people and their applications write. Mail has a parser of its own; program code and manuals are somebody else's.
constexpr std::array<std::string_view, 20> kTexts{"text/plain",
                                                  "text/csv",
                                                  "text/html",
                                                  "text/xml",
                                                  "text/calendar",
                                                  "text/vcard",
                                                  "text/x-ini",
                                                  "text/x-ms-regedit",
                                                  "text/x-msdos-batch",
                                                  "text/x-powershell",
                                                  "text/x-shellscript",
                                                  "text/x-tex",
                                                  "application/gpx+xml",
                                                  "application/json",
                                                  "application/rss+xml",
                                                  "application/vnd.google-earth.kml+xml",
                                                  "application/x-fictionbook+xml",
                                                  "application/x-mswinurl",
                                                  "application/x-ndjson",
                                                  "application/x-subrip"};

// Files in which a device says what it is, by the names that the system gives them; the last ones are those of a backup
// by iTunes (SHA-1 of domain and path).
const std::array<std::string, 32>& device_files() {
  static const std::array<std::string, 32> kNames{
      "packages.xml",
      "packages.list",
      "settings_global.xml",
      "settings_secure.xml",
      "settings_system.xml",
      "wificonfigstore.xml",
      "wificonfigstoresoftap.xml",
      "build.prop",
      "default.prop",
      "prop.default",
      "local.prop",
      "persistent_properties",
      "com.whatsapp_preferences.xml",
      "com.whatsapp_preferences_light.xml",
      "com.whatsapp.w4b_preferences.xml",
      "com.whatsapp.w4b_preferences_light.xml",
      "com.apple.wifi.known-networks.plist",
      "com.apple.wifi.plist",
      "com.apple.commcenter.plist",
      "com.apple.commcenter.data.plist",
      "com.apple.commcenter.device_specific_nobackup.plist",
      "data_ark.plist",
      "device_values.plist",
      "com.apple.mobilegestalt.plist",
      "systemversion.plist",
      // Of a backup that is the evidence.
      "*/$backup/info.plist",
      // Of one on a computer: its folder has the name of the phone, 40 digits or 8-16.
      "*/" + std::string(40, '?') + "/info.plist",
      "*/" + std::string(8, '?') + "-" + std::string(16, '?') + "/info.plist",
      "bfecaa9c467e3acb085a5b312bd27bdd5cd7579a",
      "8da7136714ef972e7fe6fa9400675704748b87cd",
      "ade0340f576ee14793c607073bd7e8e409af07a8",
      "0fa75546343ba224c9fe55adc73e8fdedc1029c3",
  };
  return kNames;
}

// Answers of Discord's servers that the application keeps: files of the system's cache on iOS and its database, and of
// OkHttp's on Android.
const std::array<std::string, 3>& discord_files() {
  static const std::array<std::string, 3> kNames{
      "*/com.hammerandchisel.discord/fscacheddata/*",
      "*/com.hammerandchisel.discord/cache.db",
      "*/com.discord/cache/http-cache/*.1",
  };
  return kNames;
}

const std::array<std::string, 1>& dpkg_files() {
  static const std::array<std::string, 1> kNames{"*/var/lib/dpkg/info/*.md5sums"};
  return kNames;
}

// Seen from the folder of the cached files.
const std::array<std::string, 1>& discord_beside() {
  static const std::array<std::string, 1> kPlaces{"../Cache.db"};
  return kPlaces;
}

const std::array<std::string, 1>& twitter_files() {
  static const std::array<std::string, 1> kNames{"*/com.atebits.tweetie.direct-message.cache/*"};
  return kNames;
}

}  // namespace

std::span<const Wish> wishes() {
  static const std::vector<std::string> kTraces = known_apps().file_names();
  static const std::array kWishes{
      Wish{.parser = "apps", .version = "1", .file_names = kTraces},
      Wish{.parser = "device", .version = "1", .file_names = device_files()},
      Wish{.parser = "discord", .version = "1", .file_names = discord_files(), .beside = discord_beside()},
      Wish{.parser = "dpkg", .version = "1", .file_names = dpkg_files()},
      Wish{.parser = "mail", .version = "1", .mime_types = kMail},
      Wish{.parser = "packed", .version = "1", .mime_types = kPacked},
      Wish{.parser = "pst", .version = "1", .mime_types = kPst},
      Wish{.parser = "pst-deleted", .version = "1", .mime_types = kPst},
      Wish{.parser = "sqlite", .version = "1", .mime_types = kSqlite},
      Wish{.parser = "sqlite-texts", .version = "1", .mime_types = kSqlite, .max_size_bytes = kMaxTextsBytes},
      Wish{.parser = kTextParser, .version = "1", .mime_types = kTexts},
      Wish{.parser = "twitter", .version = "1", .file_names = twitter_files()},
  };
  return kWishes;
}

const Wish& wish_of_packs() {
  const auto wish = std::ranges::find(wishes(), "sqlite", &Wish::parser);
  assert(wish != wishes().end());
  return *wish;
}

}  // namespace limier::content
