#include <algorithm>
#include <iterator>

#include "limier/types.h"
#include "types/list.h"

namespace limier::types {

namespace {

constexpr Type kTypes[] = {
#define LIMIER_TYPE_ROW(number, id, mime, name, extensions, strong, group) \
  Type{number, mime, name, extensions, strong, Group::group},
    LIMIER_FILE_TYPES(LIMIER_TYPE_ROW)
#undef LIMIER_TYPE_ROW
};

constexpr bool rising() {
  for (std::size_t i = 1; i < std::size(kTypes); ++i)
    if (kTypes[i - 1].number >= kTypes[i].number) return false;
  return true;
}
static_assert(rising());
static_assert(kEmptyType == static_cast<std::uint16_t>(Id::kEmpty) &&
              kUnknownType == static_cast<std::uint16_t>(Id::kUnknown));

struct Encryption {
  std::string_view scheme, detail;
};
// In the order of catalog::FileEncryption.
constexpr Encryption kEncryptions[] = {
    {"", ""},
    {"OOXML encryption", "the compound file holds the streams EncryptionInfo and EncryptedPackage"},
    {"Office 97-2003 encryption", "the document's own header marks its streams as encrypted"},
    {"ZIP (AES or ZipCrypto)", "members of the archive are marked as encrypted"},
    {"7-Zip encryption", "the header of the archive is encrypted with AES"},
    {"RAR encryption", "the headers of the archive are marked as encrypted"},
    {"PDF encryption", "the trailer of the document names an encryption dictionary"},
    {"OpenPGP message", "the message begins with the session key for its readers"},
    {"KeePass database", "signature of a KeePass database"},
    {"Password Safe database", "signature of a Password Safe database"},
    {"LUKS container", "signature of a LUKS header at the start of the file"},
    {"encrypted Apple disk image", "signature of an encrypted disk image"},
    {"encrypted Android backup", "the header of the backup names its cipher"},
    {"OpenSSL encryption", "signature of data encrypted with a password by OpenSSL"},
    {"age encryption", "signature of an age file"},
    {"Ansible Vault", "signature of an Ansible vault"},
    {"encrypted private key", "the header of the key says that it is encrypted"},
    {"1Password vault data", "signature of vault data"},
    {"OpenDocument encryption", "the package holds an encrypted package"},
};
static_assert(std::size(kEncryptions) == static_cast<std::size_t>(catalog::FileEncryption::kLast) + 1);

constexpr std::string_view kUsedForAnything[] = {"bak", "bin",  "cache", "com", "command", "cookies", "core",
                                                 "dat", "data", "db",    "img", "key",     "old",     "out",
                                                 "pub", "raw",  "run",   "sav", "store",   "state",   "inc"};

bool claims_a_type(std::string_view extension) {
  if (extension.size() < 2 || extension.find_first_not_of("0123456789") == std::string_view::npos) return false;
  return std::find(std::begin(kUsedForAnything), std::end(kUsedForAnything), extension) == std::end(kUsedForAnything);
}

}  // namespace

std::vector<std::string_view> telling_extensions() {
  std::vector<std::string_view> extensions;
  for (const Type& type : kTypes) {
    for (std::string_view rest = type.extensions; !rest.empty();) {
      const std::string_view extension = rest.substr(0, rest.find(' '));
      if (claims_a_type(extension)) extensions.push_back(extension);
      rest.remove_prefix(std::min(rest.size(), extension.size() + 1));
    }
  }
  std::sort(extensions.begin(), extensions.end());
  extensions.erase(std::unique(extensions.begin(), extensions.end()), extensions.end());
  return extensions;
}

std::span<const Type> all() {
  return kTypes;
}

const Type* find(std::uint16_t number) {
  const auto at = std::lower_bound(std::begin(kTypes), std::end(kTypes), number,
                                   [](const Type& type, std::uint16_t wanted) { return type.number < wanted; });
  return at != std::end(kTypes) && at->number == number ? at : nullptr;
}

std::string_view encryption_scheme(catalog::FileEncryption encryption) {
  const auto at = static_cast<std::size_t>(encryption);
  return at < std::size(kEncryptions) ? kEncryptions[at].scheme : std::string_view();
}

std::string_view encryption_detail(catalog::FileEncryption encryption) {
  const auto at = static_cast<std::size_t>(encryption);
  return at < std::size(kEncryptions) ? kEncryptions[at].detail : std::string_view();
}

}  // namespace limier::types
