#include "volume/member_names.h"

#include <algorithm>
#include <array>

namespace limier::volume {

namespace {

// Unicode of the bytes 0x80 to 0xff (Unicode, Inc., VENDORS/MICSFT/PC/CP437.TXT).
constexpr std::array<char16_t, 128> kCodePage437{
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0};

constexpr std::size_t kMaxTops = 64;
constexpr std::size_t kMaxBackups = 1024;
constexpr std::size_t kLongName = 255;  // of a part; what most file systems hold
constexpr std::size_t kSomeTops = 16;

std::string_view without_slashes(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  if (name.starts_with('/')) name.remove_prefix(1);
  return name;
}

std::string_view first_part(std::string_view name) {
  return name.substr(0, name.find('/'));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The folder above both.
std::string common_folder(std::string_view one, std::string_view other) {
  std::size_t end = 0;
  for (std::size_t i = 0;; ++i) {
    const bool ends_one = i == one.size() || one[i] == '/', ends_other = i == other.size() || other[i] == '/';
    if (ends_one && ends_other) end = i;
    if (i == one.size() || i == other.size() || one[i] != other[i]) return std::string(one.substr(0, end));
  }
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// "\\.\C:" is how Windows calls the device of a drive.
std::string of_upload(std::string_view rest) {
  std::string path = percent_decoded(rest);
  if (path.starts_with("\\\\.\\")) path.erase(0, 4);
  return path;
}

// What the tokens stand for (AOSP, FullBackup.java).
constexpr std::array kInData{std::pair{"r", ""},           std::pair{"f", "files"},
                             std::pair{"db", "databases"}, std::pair{"sp", "shared_prefs"},
                             std::pair{"c", "cache"},      std::pair{"nb", "no_backup"}};

// "" where it is no place that is known.
std::string of_backup(std::string_view name) {
  const std::string_view top = first_part(name);
  const auto part = [&name] {
    const std::string_view one = first_part(name);
    name.remove_prefix(std::min(name.size(), one.size() + 1));
    return one;
  };
  part();
  const std::string owner(part());
  const auto in = [&](std::string folder, std::string_view inner) {
    if (!inner.empty()) folder += "/" + std::string(inner);
    return name.empty() ? folder : folder + "/" + std::string(name);
  };
  if (owner.empty() || (top == "apps" && name.empty())) return "";
  if (top == "shared") return in("/data/media/" + owner, "");
  const std::string_view token = part();
  if (token == "a") return in("/data/app/" + owner, "");
  if (token == "obb") return in("/data/media/0/Android/obb/" + owner, "");
  if (token == "ef") return in("/data/media/0/Android/data/" + owner, "files");
  const bool before_unlocked = token.starts_with("d_");
  for (const auto& [word, folder] : kInData)
    if (token.substr(before_unlocked ? 2 : 0) == word)
      return in((before_unlocked ? "/data/user_de/0/" : "/data/data/") + owner, folder);
  return "";
}

}  // namespace

MarkWords words_of(NameMark mark) {
  switch (mark) {
    case NameMark::kCodePage437:
      return {"name-cp437", "its name is no UTF-8 and says of no encoding: it is shown as code page 437 has it"};
    case NameMark::kNotUtf8:
      return {"name-not-utf8", "its name should be UTF-8 and is not"};
    case NameMark::kStaleUnicode:
      return {"stale-unicode-path", "its Unicode name is that of another name, and was left out of account"};
    case NameMark::kTraversal:
      return {"path-traversal", "its name leads out of its folder ('..')"};
    case NameMark::kAbsolute:
      return {"absolute-path", "its name begins with a slash, those of others do not"};
    case NameMark::kBackslash:
      return {"backslash", "its name holds a backslash, which some tools take for the border of a folder"};
    case NameMark::kControl:
      return {"control-character", "its name holds control characters"};
    case NameMark::kBidi:
      return {"bidi-control",
              "its name holds characters that turn the direction of writing, and may show another ending"};
    case NameMark::kEmpty:
      return {"empty-name", "it has no name"};
    case NameMark::kLong:
      return {"long-name", "a part of its name is longer than 255 bytes, which most file systems do not hold"};
    case NameMark::kKeychain:
      return {"keychain-present", "secrets of the device were taken too; limier lists the file and does not use it"};
  }
  return {};
}

std::string from_code_page_437(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const auto code = byte < 0x80 ? static_cast<char16_t>(byte) : kCodePage437[byte - 0x80u];
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | (code >> 12));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return out;
}

NameMarks marks_of_name(std::string_view name) {
  NameMarks marks = 0;
  if (name.empty()) marks |= mark_of(NameMark::kEmpty);
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    if (name.substr(at, end - at) == "..") marks |= mark_of(NameMark::kTraversal);
    if (end - at > kLongName) marks |= mark_of(NameMark::kLong);
    at = end + 1;
  }
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c == '\\') marks |= mark_of(NameMark::kBackslash);
    if (c < 0x20 || c == 0x7f) marks |= mark_of(NameMark::kControl);
    // U+202A to U+202E, U+2066 to U+2069, U+200E and U+200F.
    if (c != 0xe2 || i + 2 >= name.size()) continue;
    const auto second = static_cast<unsigned char>(name[i + 1]), third = static_cast<unsigned char>(name[i + 2]);
    const bool turns = (second == 0x80 && ((third >= 0xaa && third <= 0xae) || third == 0x8e || third == 0x8f)) ||
                       (second == 0x81 && third >= 0xa6 && third <= 0xa9);
    if (turns) marks |= mark_of(NameMark::kBidi);
  }
  const std::string_view inner = without_slashes(name);
  if (inner.starts_with("extra/KeychainDump/") && !name.ends_with('/')) marks |= mark_of(NameMark::kKeychain);
  return marks;
}

std::string_view layout_name(Layout layout) {
  switch (layout) {
    case Layout::kPlain:
      break;
    case Layout::kFileSystems:
      return "filesystem1, filesystem2";
    case Layout::kDump:
      return "Dump";
    case Layout::kUploads:
      return "uploads";
    case Layout::kBackup:
      return "apps, shared";
  }
  return "";
}

void MemberPaths::look_at(std::string_view name, bool is_folder) {
  (name.starts_with('/') ? absolute_ : relative_) = true;
  const std::string_view inner = without_slashes(name);
  const std::string_view top = first_part(inner);
  if (!top_.contains(top)) {
    if (top_.size() < kMaxTops)
      top_.emplace(top);
    else
      more_tops_ = true;
  }
  const std::size_t slash = inner.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? std::string_view() : inner.substr(0, slash);
  const std::string_view last = slash == std::string_view::npos ? inner : inner.substr(slash + 1);
  // What a Mac puts into folders and archives is none of theirs.
  if (!is_folder && top != "__MACOSX" && last != ".DS_Store" && !last.starts_with("._"))
    common_ = common_ ? common_folder(*common_, folder) : std::string(folder);
  if ((last == "Manifest.db" || last == "Manifest.mbdb") && manifests_.size() < kMaxBackups) manifests_.emplace(folder);
  if ((last == "Manifest.plist" || last == "Info.plist") && plists_.size() < kMaxBackups) plists_.emplace(folder);
  report_xml_ = report_xml_ || inner == "report.xml";
  app_manifest_ = app_manifest_ || (top == "apps" && last == "_manifest" && std::ranges::count(inner, '/') == 2);
  shared_files_ = shared_files_ || inner.starts_with("shared/0/");
}

void MemberPaths::settle() {
  layout_ = Layout::kPlain;
  if (more_tops_ || top_.size() > kSomeTops) return;
  const bool backed_up =
      std::ranges::all_of(top_, [](const std::string& top) { return top.empty() || top == "apps" || top == "shared"; });
  if (backed_up && (app_manifest_ || (shared_files_ && !top_.contains("apps")))) layout_ = Layout::kBackup;
  bool systems = false, dump = false, others = false;
  for (const std::string& top : top_) {
    const bool system = top == "filesystem1" || top == "filesystem2";
    const bool beside = top == "extra" || top.starts_with("metadata");
    systems = systems || system;
    dump = dump || top == "Dump";
    others = others || (!system && !beside && top != "Dump");
  }
  if (top_.contains("uploads") && top_.contains("uploads.json")) layout_ = Layout::kUploads;
  if (!others && systems != dump) layout_ = systems ? Layout::kFileSystems : Layout::kDump;
}

std::string MemberPaths::path_of(std::string_view name) const {
  const std::string_view inner = without_slashes(name);
  const std::string_view top = first_part(inner);
  const std::string_view rest = inner.substr(std::min(inner.size(), top.size() + 1));
  switch (layout()) {
    case Layout::kPlain:
      break;
    case Layout::kFileSystems:
      if (top == "filesystem1") return "/" + std::string(rest);
      if (top == "filesystem2") return rest.empty() ? "/private/var" : "/private/var/" + std::string(rest);
      break;
    case Layout::kDump:
      if (top == "Dump") return "/" + std::string(rest);
      break;
    case Layout::kUploads: {
      const std::size_t accessor = rest.find('/');
      if (top == "uploads" && accessor != std::string_view::npos && accessor + 1 < rest.size())
        return "/" + of_upload(rest.substr(accessor + 1));
      break;
    }
    case Layout::kBackup:
      if (std::string path = of_backup(inner); !path.empty()) return path;
      break;
  }
  return "/" + std::string(inner);
}

std::optional<std::string> MemberPaths::backup_folder() const {
  // One that is all there is: those of a computer's disk among other files are files like others.
  const bool is_one = common_ && manifests_.contains(*common_) && plists_.contains(*common_);
  return is_one ? common_ : std::nullopt;
}

std::string MemberPaths::unread_kind() const {
  return report_xml_ && top_.contains("files") ? "UFDR report" : "";
}

}  // namespace limier::volume
