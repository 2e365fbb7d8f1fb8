#include "report/types.h"

#include "limier/types.h"

namespace limier::report {
namespace {

// Longest extension told apart; longer endings are parts of names ("photo.of-the-whole-family").
constexpr std::size_t kMaxExtension = 10;

constexpr Category kCategories[] = {
    {"Pictures",
     " jpg jpeg jpe jfif png gif bmp tif tiff webp heic heif avif svg ico psd raw cr2 cr3 nef arw dng orf rw2 "},
    {"Video", " mp4 m4v mov avi mkv webm wmv flv mpg mpeg 3gp 3g2 mts m2ts vob ogv ts "},
    {"Sound", " mp3 m4a wav flac aac ogg oga opus wma aif aiff amr caf mid midi "},
    {"Documents",
     " pdf doc docx docm dot dotx odt rtf txt md pages tex xls xlsx xlsm xlsb ods csv tsv numbers ppt pptx "
     "pptm odp key epub mobi one "},
    {"Mail and messages", " eml emlx msg pst ost mbox mbx dbx vcf ics "},
    {"Web", " htm html mhtml mht xhtml css js mjs url webloc php asp aspx jsp "},
    {"Archives and disk images",
     " zip 7z rar tar gz tgz bz2 xz zst lz4 cab iso dmg img vhd vhdx vmdk vdi qcow2 e01 jar "
     "apk ipa deb rpm wim "},
    {"Databases", " db sqlite sqlite3 sqlitedb db3 mdb accdb edb dbf ldb leveldb realm kdbx "},
    {"Programs and libraries",
     " exe dll sys com scr msi bat cmd ps1 vbs sh py pl rb so dylib o a elf bin ko lib class "
     "drv ocx cpl efi "},
    {"System and settings",
     " ini inf cfg conf xml json yaml yml plist reg lnk dat log evt evtx etl pf tmp bak manifest "
     "mui cat nls ttf otf woff woff2 "},
    {"Other", " "},
};

static_assert(std::size(kCategories) == static_cast<std::size_t>(types::Group::kOther) + 1);

}  // namespace

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view ending = name.substr(dot + 1);
  if (ending.empty() || ending.size() > kMaxExtension) return {};
  std::string out;
  for (const char c : ending) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += c;
    else
      return {};
  }
  return out;
}

std::span<const Category> categories() {
  return kCategories;
}

std::size_t category_of(std::string_view extension) {
  const std::size_t other = std::size(kCategories) - 1;
  if (extension.empty()) return other;
  const std::string word = " " + std::string(extension) + " ";
  for (std::size_t i = 0; i < other; ++i)
    if (kCategories[i].extensions.find(word) != std::string_view::npos) return i;
  return other;
}

}  // namespace limier::report
