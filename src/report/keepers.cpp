#include "report/keepers.h"

namespace limier::report {
namespace {

using enum Keeper;

// Sources: Windows known folders (learn "KNOWNFOLDERID"), the Filesystem Hierarchy Standard 3.0 and XDG user
// directories, Apple's File System Programming Guide, Android's "Storage" pages (Environment.DIRECTORY_*, Android/data,
// Android/obb, Android/media), and the folders of the volumes that an Android device and an iPhone have.
constexpr KeeperFolder kFolders[] = {
    // Thrown away by the user.
    {"/$Recycle.Bin", kUser},
    {"/Recycler", kUser},
    {"/Recycled", kUser},
    {"/.Trash-*", kUser},
    {"/.Trashes", kUser},
    {"/Users/*/.Trash", kUser},
    {"/home/*/.local/share/Trash", kUser},
    // Windows, macOS, Linux: homes, without what programs keep in them.
    {"/Users/Default", kSystem},
    {"/Users/Default User", kSystem},
    {"/Users/*/AppData", kOther},
    {"/Users/*/Library", kOther},
    {"/Users/*/ntuser*", kOther},
    {"/Users/*", kUser},
    {"/Documents and Settings/Default User", kSystem},
    {"/Documents and Settings/*/Application Data", kOther},
    {"/Documents and Settings/*/Local Settings", kOther},
    {"/Documents and Settings/*/ntuser*", kOther},
    {"/Documents and Settings/*", kUser},
    {"/home/*/snap", kOther},
    {"/home/*", kUser},
    {"/root", kUser},
    // Android: the shared storage as the volume of the user data has it, and where it is mounted. iPhone.
    {"/data/media/*/Android/data", kOther},
    {"/data/media/*/Android/obb", kOther},
    {"/data/media/*", kUser},
    {"/media/*/Android/data", kOther},
    {"/media/*/Android/obb", kOther},
    {"/media/*", kUser},
    {"/storage/*/Android/data", kOther},
    {"/storage/*/Android/obb", kOther},
    {"/storage/emulated/*/Android/data", kOther},
    {"/storage/emulated/*/Android/obb", kOther},
    {"/storage/*", kUser},
    {"/sdcard/Android/data", kOther},
    {"/sdcard/Android/obb", kOther},
    {"/sdcard", kUser},
    {"/private/var/mobile/Media/PhotoData", kOther},
    {"/private/var/mobile/Media", kUser},
    {"/private/var/mobile/Library/SMS/Attachments", kUser},
    {"/private/var/mobile", kOther},
    {"/mobile/Media/PhotoData", kOther},
    {"/mobile/Media", kUser},
    {"/mobile/Library/SMS/Attachments", kUser},
    // A card, a stick, a shared storage of its own: folders with the names that users keep things under.
    {"/Android/data", kOther},
    {"/Android/obb", kOther},
    {"/Android/media", kUser},
    {"/DCIM", kUser},
    {"/Pictures", kUser},
    {"/Documents", kUser},
    {"/Download", kUser},
    {"/Downloads", kUser},
    {"/Desktop", kUser},
    {"/Music", kUser},
    {"/Movies", kUser},
    {"/Videos", kUser},
    {"/Recordings", kUser},
    {"/WhatsApp", kUser},
    {"/Telegram", kUser},
    // What comes with the system, and programs.
    {"/Windows", kSystem},
    {"/WINNT", kSystem},
    {"/Program Files", kSystem},
    {"/Program Files (x86)", kSystem},
    {"/ProgramData", kSystem},
    {"/PerfLogs", kSystem},
    {"/Recovery", kSystem},
    {"/System Volume Information", kSystem},
    {"/pagefile.sys", kSystem},
    {"/hiberfil.sys", kSystem},
    {"/swapfile.sys", kSystem},
    {"/bootmgr*", kSystem},
    {"/$WINDOWS.~*", kSystem},
    {"/$WinREAgent", kSystem},
    {"/EFI", kSystem},
    {"/Boot", kSystem},
    {"/bin", kSystem},
    {"/sbin", kSystem},
    {"/lib*", kSystem},
    {"/usr", kSystem},
    {"/etc", kSystem},
    {"/opt", kSystem},
    {"/proc", kSystem},
    {"/run", kSystem},
    {"/snap", kSystem},
    {"/sys", kSystem},
    {"/dev", kSystem},
    {"/var", kSystem},
    {"/swapfile", kSystem},
    {"/swap.img", kSystem},
    {"/System", kSystem},
    {"/Applications", kSystem},
    {"/private", kSystem},
    {"/cores", kSystem},
    {"/system_ext", kSystem},
    {"/vendor", kSystem},
    {"/product", kSystem},
    {"/odm", kSystem},
    {"/oem", kSystem},
    {"/apex", kSystem},
    {"/data/app", kSystem},
    {"/data/dalvik-cache", kSystem},
    {"/app", kSystem},
    {"/dalvik-cache", kSystem},
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The first part of "/a/b/c", without its slash; `path` is then the rest.
std::string_view take_part(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = path.find('/');
  const std::string_view part = path.substr(0, end);
  path.remove_prefix(part.size());
  return part;
}

bool part_fits(std::string_view pattern, std::string_view part) {
  const bool open = pattern.ends_with('*');
  if (open) pattern.remove_suffix(1);
  if (open ? part.size() < pattern.size() : part.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (lower(pattern[i]) != lower(part[i])) return false;
  return true;
}

// What of `path` lies below the folder: "" for the folder itself; nullptr as data() where it is not below it.
std::string_view below(std::string_view folder, std::string_view path) {
  while (!folder.empty()) {
    if (path.empty() || !part_fits(take_part(folder), take_part(path))) return {};
  }
  return path;
}

bool is_hidden(std::string_view rest) {
  return rest.find("/.") != std::string_view::npos;
}

}  // namespace

std::span<const KeeperFolder> keeper_folders() {
  return kFolders;
}

Keeper keeper_of(std::string_view path) {
  if (path.size() < 2 || path[0] != '/') return kOther;
  const char first = lower(path[1]);
  for (const KeeperFolder& one : kFolders) {
    if (lower(one.folder[1]) != first) continue;
    const std::string_view rest = below(one.folder, path);
    if (rest.data() == nullptr) continue;
    if (one.keeper != kUser) return one.keeper;
    // A file in the place of a folder: "/Users/desktop.ini".
    return rest.empty() || is_hidden(rest) ? kOther : kUser;
  }
  return kOther;
}

}  // namespace limier::report
