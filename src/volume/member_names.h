// Names of members of archives: what they mean, what is odd about them, and where their files lay on the device.
// Private to the room.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "volume/walk_base.h"

namespace limier::volume {

// Oddities of a name, as issues call them.
enum class NameMark : std::uint8_t {
  kCodePage437,
  kNotUtf8,
  kStaleUnicode,
  kTraversal,
  kAbsolute,
  kBackslash,
  kControl,
  kBidi,
  kEmpty,
  kLong,
  kKeychain,
  kLast = kKeychain,
};
using NameMarks = std::uint32_t;  // one bit a NameMark
constexpr NameMarks mark_of(NameMark mark) {
  return NameMarks{1} << static_cast<unsigned>(mark);
}
struct MarkWords {
  std::string_view code, message;
};
MarkWords words_of(NameMark mark);

// "PK" names without the UTF-8 flag are of the code page of the first PCs (APPNOTE appendix D).
std::string from_code_page_437(std::string_view bytes);

// Of a decoded name; kAbsolute is left to who knows all names.
NameMarks marks_of_name(std::string_view name);

// How a tool lays out the files of a device in its archive.
enum class Layout : std::uint8_t {
  kPlain,        // as they are
  kFileSystems,  // filesystem1/ is the system, filesystem2/ the data volume of an iPhone
  kDump,         // Dump/ is the root
  kUploads,      // uploads/ACCESSOR/ and a percent-encoded path
  kBackup,       // apps/PACKAGE/TOKEN/ and shared/USER/ of an Android backup
};
std::string_view layout_name(Layout layout);

// Looks at all names once, then says where each lay.
class MemberPaths {
 public:
  void look_at(std::string_view name, bool is_folder);
  void settle();  // after the last
  // "/private/var/mobile/…". One leading and trailing slashes of the name are none of the path.
  [[nodiscard]] std::string path_of(std::string_view name) const;
  [[nodiscard]] Layout layout() const { return layout_; }
  // Not all names begin with a slash, but some do.
  [[nodiscard]] bool mixed_roots() const { return absolute_ && relative_; }
  // The folder of an iTunes or Finder backup that all files lie in; "" is the root.
  [[nodiscard]] std::optional<std::string> backup_folder() const;
  // The kind of extraction that stands in the archive and that limier does not read; "" when there is none.
  [[nodiscard]] std::string unread_kind() const;

 private:
  Layout layout_ = Layout::kPlain;
  std::set<std::string, std::less<>> top_;  // first parts of names, a few of them
  bool more_tops_ = false;
  bool absolute_ = false, relative_ = false;
  std::set<std::string, std::less<>> manifests_;  // folders with the manifest of a backup
  std::set<std::string, std::less<>> plists_;
  std::optional<std::string> common_;  // the folder above all files
  bool report_xml_ = false;
  bool app_manifest_ = false, shared_files_ = false;
};

}  // namespace limier::volume
