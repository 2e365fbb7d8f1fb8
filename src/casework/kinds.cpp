#include "casework/kinds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "limier/catalog/scope.h"

namespace limier::casework {
namespace {

// A wiped or empty medium has the digest of every other wiped medium of its size: it gives no key.
#define LIMIER_MEDIA_KEY(column)                                      \
  "SELECT '" column ":' || coalesce(" column ", stored_" column       \
  "), size_bytes, NULL, NULL, 1 FROM v_evidence WHERE "               \
  "coalesce(" column ", stored_" column                               \
  ") IS NOT NULL AND EXISTS (SELECT 1 FROM v_volume WHERE status IN " \
  "('parsed', 'partial', 'encrypted', 'unsupported', 'failed'))"

constexpr std::array kKinds{
    Kind{"media-digest", "digest of the media", "digests of the media", Meaning::kSameImage,
         LIMIER_MEDIA_KEY("md5") " UNION ALL " LIMIER_MEDIA_KEY(
             "sha1") " UNION ALL SELECT 'sha256:' || sha256, size_bytes, NULL, NULL, 1 FROM v_evidence WHERE sha256 IS "
                     "NOT NULL AND "
                     "EXISTS (SELECT 1 FROM v_volume WHERE status IN ('parsed', 'partial', 'encrypted', 'unsupported', "
                     "'failed'))",
         as_is, false, 80, 100, true, false},
    Kind{"acquisition-set", "acquisition set identifier", "acquisition set identifiers", Meaning::kSameImage,
         "SELECT set_identifier, 0, NULL, NULL, 1 FROM v_evidence", normal_identifier, false, 40, 100, true, false},
    Kind{"device-serial", "device serial number", "device serial numbers", Meaning::kSameDevice,
         "SELECT value, 0, NULL, NULL, 1 FROM v_evidence_header WHERE name = 'serial_number'", normal_serial, false, 64,
         60, true, false},
    Kind{"fs-uuid", "file-system UUID", "file-system UUIDs", Meaning::kSameDevice,
         "SELECT fs_uuid, 0, NULL, NULL, 1 FROM v_volume WHERE fs_uuid IS NOT NULL AND coalesce(fs_type, '') NOT IN "
         "('fat', 'fat12', 'fat16', 'fat32', 'exfat', 'ntfs')",
         normal_identifier, false, 48, 40, false, false, true},
    Kind{"volume-serial", "volume serial number", "volume serial numbers", Meaning::kSameDevice,
         "SELECT fs_uuid, 0, NULL, NULL, 1 FROM v_volume WHERE fs_uuid IS NOT NULL AND fs_type IN "
         "('fat', 'fat12', 'fat16', 'fat32', 'exfat', 'ntfs')",
         normal_identifier, false, 48, 30, false, false, true},
    Kind{"windows-installation", "Windows installation or domain (SID)", "Windows installations or domains (SID)",
         Meaning::kSameDevice,
         "SELECT owner_sid, 0, min(file_id), NULL, count(*) FROM v_file WHERE owner_sid IS NOT NULL GROUP BY owner_sid",
         windows_installation, false, 64, 40, false, false},
    Kind{"windows-account", "Windows account (SID)", "Windows accounts (SID)", Meaning::kContact,
         "SELECT owner_sid, 0, min(file_id), NULL, count(*) FROM v_file WHERE owner_sid IS NOT NULL GROUP BY owner_sid",
         windows_account, false, 72, 30, false, false},
    Kind{"device-id", "IMEI, IMSI or card number", "IMEI, IMSI or card numbers", Meaning::kSameDevice,
         "SELECT key || ': ' || normalized, 0, file_id, NULL, 1 FROM v_device WHERE key IN ('imei', 'imsi', 'iccid') "
         "AND "
         "normalized IS NOT NULL",
         as_is, false, 40, 60, true, false},
    // Everybody a device knows, its owner among them. Those after it say what of a pair follows from that.
    Kind{"person", "person", "people", Meaning::kContact,
         "SELECT kind || ': ' || normalized, 0, NULL, NULL, max(contacts + messages + calls, 1) FROM v_party", as_is,
         false, 128, 10, false, false, false, Kind::Pairs::kKnownToBoth},
    Kind{"same-owner", "owner, by an account or number", "", Meaning::kContact, "", as_is, false, 0, 60, true, false,
         false, Kind::Pairs::kSameOwner},
    Kind{"owner-known", "number or address of the owner of one that the other knows",
         "numbers or addresses of the owner of one that the other knows", Meaning::kContact, "", as_is, false, 0, 30,
         false, false, false, Kind::Pairs::kOwnerKnown},
    Kind{"message", "message that is on both", "messages that are on both", Meaning::kContact, "", as_is, false, 0, 20,
         false, false, false, Kind::Pairs::kMessages},
    Kind{"entity", "account, address or number", "accounts, addresses and numbers", Meaning::kContact,
         // What carries a check in itself, and keys. Numbers and addresses of people are keys of another kind; hosts
         // and the numbers of networks say little of people.
         "SELECT kind || ': ' || normalized, 0, NULL, NULL, hits FROM v_entity WHERE validated = 'checksum' OR kind IN "
         "('pgp-key', 'ssh-key') AND instr(normalized, ' ') > 0 AND length(normalized) > 40",
         as_is, false, 128, 15, false, false},
    Kind{"content", "file content", "file contents", Meaning::kContent,
         // DCIM/Camera: Android; DCIM/100CANON and the like: JEITA CP-3461 (DCF). Not Apple's 100APPLE, into which
         // pictures from everywhere are saved.
         "SELECT sha256, size, file_id, known, 1, allocated, path GLOB '*DCIM/Camera/*' OR path GLOB "
         "'*DCIM/[0-9][0-9][0-9][A-Z]*/*' AND path NOT GLOB '*DCIM/[0-9][0-9][0-9]APPLE/*' FROM v_file WHERE sha256 IS "
         "NOT NULL AND size > 0 AND "
         "content_state IN ('complete', 'recovered') AND kind IN ('file', 'stream')",
         as_is, true, 0, 10, false, true},
    Kind{"user-folder", "name of a user's folder", "names of users' folders", Meaning::kContact,
         "SELECT name, 0, file_id, NULL, 1 FROM v_file WHERE kind = 'dir' AND (path GLOB '/Users/*' OR path GLOB "
         "'/home/*' OR path GLOB '/Documents and Settings/*') AND path NOT GLOB '/*/*/*'",
         user_folder, false, 64, 5, false, false},
};

#undef LIMIER_MEDIA_KEY

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool one_character_only(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == text.front(); });
}

// The numbers of "S-1-5-21-a-b-c-rid"; empty for every other SID.
std::vector<std::uint32_t> account_numbers(std::string_view sid) {
  constexpr std::string_view kPrefix = "S-1-5-21-";
  constexpr std::size_t kNumbers = 4;
  if (!sid.starts_with(kPrefix)) return {};
  std::vector<std::uint32_t> numbers;
  const char *at = sid.data() + kPrefix.size(), *const end = sid.data() + sid.size();
  while (numbers.size() < kNumbers) {
    std::uint32_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    if (next == end) break;
    if (*next != '-') return {};
    at = next + 1;
    if (numbers.size() == kNumbers) return {};
  }
  if (numbers.size() != kNumbers) return {};
  return numbers;
}

}  // namespace

std::string_view meaning_name(Meaning meaning) {
  switch (meaning) {
    case Meaning::kSameImage:
      return "same-image";
    case Meaning::kSameDevice:
      return "same-device";
    case Meaning::kContent:
      return "content";
    case Meaning::kContact:
      return "contact";
  }
  return {};
}

std::span<const Kind> all_kinds() {
  return kKinds;
}

std::string as_is(std::string_view value) {
  return std::string(value);
}

std::string normal_identifier(std::string_view value) {
  std::string normal;
  for (const char c : value) {
    const char big = upper(c);
    if ((big >= 'A' && big <= 'Z') || (big >= '0' && big <= '9')) normal += big;
  }
  if (normal.empty() || one_character_only(normal)) return {};
  return normal;
}

std::string normal_serial(std::string_view value) {
  static constexpr std::string_view kBlanks[] = {
      "UNKNOWN",  "NONE",      "SERIAL",           "SERIALNUMBER", "NOSERIAL",        "DEFAULT",     "INVALID",
      "12345678", "123456789", "0123456789ABCDEF", "NOTAVAILABLE", "TOBEFILLEDBYOEM", "123456789012"};
  constexpr std::size_t kShortest = 4;  // "1", "N/A": typed, not read from a device
  std::string normal = normal_identifier(value);
  if (normal.size() < kShortest || std::find(std::begin(kBlanks), std::end(kBlanks), normal) != std::end(kBlanks))
    return {};
  return normal;
}

std::string normal_name(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string normal(value);
  std::transform(normal.begin(), normal.end(), normal.begin(), lower);
  return normal;
}

std::string windows_installation(std::string_view sid) {
  if (account_numbers(sid).empty()) return {};
  return std::string(sid.substr(0, sid.rfind('-')));
}

std::string windows_account(std::string_view sid) {
  constexpr std::uint32_t kFirstAccount = 1000;  // below: built-in accounts and groups
  const auto numbers = account_numbers(sid);
  if (numbers.empty() || numbers.back() < kFirstAccount) return {};
  return std::string(sid);
}

std::string user_folder(std::string_view name) {
  static constexpr std::string_view kOfTheSystem[] = {"all users",  "default",      "default user",   "defaultuser0",
                                                      "public",     "shared",       "guest",          "administrator",
                                                      "lost+found", "localservice", "networkservice", "user",
                                                      "users",      "admin",        ".localized",     "deleted users"};
  if (name == catalog::kMasked) return {};
  std::string normal = normal_name(name);
  constexpr std::size_t kShortest = 2;
  if (normal.size() < kShortest ||
      std::find(std::begin(kOfTheSystem), std::end(kOfTheSystem), normal) != std::end(kOfTheSystem))
    return {};
  return normal;
}

}  // namespace limier::casework
