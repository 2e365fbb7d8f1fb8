#include "batch/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "limier/hashset.h"
#include "limier/report.h"
#include "limier/volume.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 64u << 20;
constexpr std::size_t kLongestName = 100;  // bytes; file systems allow 255, and names grow by suffixes

struct Field {
  std::string_view name;
  std::array<std::string_view, 5> aliases;
};
constexpr std::array kFields{
    Field{"exhibit", {"exhibit_number", "exhibit_no", "item", "evidence_number"}},
    Field{"seal", {"seal_number", "seal_no"}},
    Field{"path", {"image", "file", "image_path"}},
    Field{"authority", {"legal_authority"}},
    Field{"scope", {}},
    Field{"scope_file", {}},
    Field{"hashset", {"hash_set", "hash_sets", "hashsets"}},
    Field{"keywords", {"keyword", "keyword_file", "keyword_files"}},
    Field{"yara", {"yara_rules"}},
    Field{"examiner", {}},
    Field{"agency", {}},
    Field{"case", {"case_number", "case_no"}},
    Field{"note", {"notes"}},
    Field{"expected_digest", {"expected", "digest", "expect", "hash", "expected_hash"}},
    Field{"expect_md5", {"md5", "expected_md5"}},
    Field{"expect_sha1", {"sha1", "sha_1", "expected_sha1"}},
    Field{"expect_sha256", {"sha256", "sha_256", "expected_sha256"}},
    Field{"profile", {}},
    Field{"zone", {"time_zone", "timezone"}},
    Field{"sector_size", {}},
    Field{"codepage", {"code_page"}},
    Field{"digests", {}},
    Field{"fail_on", {}},
    Field{"lang", {"language"}},
    Field{"incomplete", {}},
    Field{"allow_beside_evidence", {}},
    Field{"options", {}},
};
// What may stand in the field `options`, as on the command line of triage.
constexpr std::array<std::string_view, 12> kOptionFields{
    "profile",    "zone",        "sector_size",   "codepage",
    "digests",    "fail_on",     "incomplete",    "allow_beside_evidence",
    "expect_md5", "expect_sha1", "expect_sha256", "lang"};
constexpr std::array<std::string_view, 2> kSectorSizes{"512", "4096"};
constexpr std::array<std::string_view, 4> kProfiles{"list", "quick", "standard", "full"};
constexpr std::array<std::string_view, 4> kThresholds{"live-in-danger", "high", "medium", "low"};

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// Fills one exhibit from one row; keeps the line of the field at hand for the problems.
class RowReader {
 public:
  RowReader(const ManifestRow& row, const Cells& defaults, const TextRules& rules, std::vector<PlanProblem>& problems)
      : row_(row), cells_(row.cells), rules_(rules), problems_(problems) {
    std::erase_if(cells_, [](const auto& cell) { return trim(cell.second.value).empty(); });
    expand_options();
    for (const auto& [name, cell] : defaults) cells_.emplace(name, cell);
  }

  [[nodiscard]] std::string text(std::string_view name) const {
    const auto found = cells_.find(name);
    return found == cells_.end() ? std::string() : std::string(trim(found->second.value));
  }
  [[nodiscard]] std::size_t line(std::string_view name) const {
    const auto found = cells_.find(name);
    return found == cells_.end() ? row_.line : found->second.line;
  }
  void wrong(std::string_view name, std::string message, ErrorKind kind = ErrorKind::kUsage) {
    problems_.push_back({line(name), std::move(message), kind});
  }
  std::string word(std::string_view name, std::span<const std::string_view> words, std::string_view otherwise) {
    std::string value = text(name);
    if (value.empty()) return std::string(otherwise);
    if (std::find(words.begin(), words.end(), value) == words.end())
      wrong(name, fmt::format("{} '{}' is none of {}", name, value, fmt::join(words, ", ")));
    return value;
  }
  std::string code_page() {
    std::vector<std::string> pages;
    for (const std::uint32_t page : volume::kOemCodePages) pages.push_back(std::to_string(page));
    const std::vector<std::string_view> words(pages.begin(), pages.end());
    return word("codepage", words, "");
  }
  bool flag(std::string_view name) {
    const std::string value = lower(text(name));
    if (value.empty() || value == "no" || value == "false" || value == "0") return false;
    if (value != "yes" && value != "true" && value != "1")
      wrong(name, fmt::format("{} is yes or no, not '{}'", name, value));
    return true;
  }
  std::string zone() {
    std::string value = text("zone");
    if (!value.empty() && !rules_.zone_exists(value))
      wrong("zone", fmt::format("'{}' is not a time zone known here; give a name such as Europe/Amsterdam", value));
    return value;
  }
  std::string digest_list() {
    const std::string value = text("digests");
    std::string list;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t end = rest.find_first_of(", +");
      const std::string_view name = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (name.empty()) continue;
      if (name != "md5" && name != "sha1" && name != "sha256") {
        wrong("digests", fmt::format("digests '{}' is not a list of md5, sha1 and sha256", value));
        return "";
      }
      list += (list.empty() ? "" : ",") + std::string(name);
    }
    return list;
  }
  void expected_digests(Exhibit& exhibit) {
    take_digest(exhibit, "expect_md5", text("expect_md5"), "md5");
    take_digest(exhibit, "expect_sha1", text("expect_sha1"), "sha1");
    take_digest(exhibit, "expect_sha256", text("expect_sha256"), "sha256");
    const std::string all = text("expected_digest");
    for (std::string_view rest = all; !rest.empty();) {
      const std::size_t end = rest.find_first_of(" ,;\t\n");
      const std::string_view one = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (one.empty()) continue;
      const std::size_t mark = one.find_first_of(":=");
      const std::string kind = mark == std::string_view::npos ? "" : lower(one.substr(0, mark));
      take_digest(exhibit, "expected_digest", one.substr(mark == std::string_view::npos ? 0 : mark + 1), kind);
    }
  }
  // What stands between semicolons, seen from `base`.
  [[nodiscard]] std::vector<std::string> paths(std::string_view field, const std::string& base) const {
    std::vector<std::string> found;
    const std::string all = text(field);
    for (std::string_view rest = all; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      if (const std::string_view one = trim(rest.substr(0, end)); !one.empty())
        found.push_back((fs::path(base) / one).lexically_normal().string());
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return found;
  }

 private:
  // Of a digest without a name, the length tells which it is.
  void take_digest(Exhibit& exhibit, std::string_view field, std::string_view digits, std::string_view kind) {
    if (digits.empty() && kind.empty()) return;
    if (digits.empty() && field != "expected_digest") return;
    const std::string value = lower(digits);
    const bool named = !kind.empty();
    std::string* target = nullptr;
    if ((!named || kind == "md5") && parse_digest<16>(value)) target = &exhibit.expect_md5;
    if ((!named || kind == "sha1" || kind == "sha-1") && parse_digest<20>(value)) target = &exhibit.expect_sha1;
    if ((!named || kind == "sha256" || kind == "sha-256") && parse_digest<32>(value)) target = &exhibit.expect_sha256;
    if (target == nullptr) {
      wrong(field, fmt::format("'{}' is not {} in hexadecimal digits (MD5 has 32, SHA-1 40, SHA-256 64)", digits,
                               named ? "a digest of the kind " + std::string(kind) : "a digest"));
      return;
    }
    if (!target->empty() && *target != value) wrong(field, "two different expected digests of one kind are given");
    *target = value;
  }

  // "--profile quick --incomplete" or "profile=quick; incomplete" become cells of their own.
  void expand_options() {
    const auto found = cells_.find("options");
    if (found == cells_.end()) return;
    const Cell options = found->second;
    cells_.erase(found);
    std::vector<std::string> words;
    std::string word;
    for (const char c : options.value + " ") {
      if (c != ' ' && c != ';' && c != '\t' && c != '\n' && c != '=') {
        word += c;
        continue;
      }
      if (!word.empty()) words.push_back(std::exchange(word, ""));
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view bare =
          std::string_view(words[i]).substr(std::min(words[i].find_first_not_of('-'), words[i].size()));
      const std::string_view name = field_name(bare);
      if (std::find(kOptionFields.begin(), kOptionFields.end(), name) == kOptionFields.end()) {
        problems_.push_back(
            {options.line, fmt::format("options: '{}' is none of {}", words[i], fmt::join(kOptionFields, ", "))});
        return;
      }
      const bool is_flag = name == "incomplete" || name == "allow_beside_evidence";
      const bool has_value = i + 1 < words.size() && !words[i + 1].starts_with("--");
      std::string value = "yes";
      if (!is_flag || (has_value && field_name(words[i + 1]).empty())) {
        if (!has_value) {
          problems_.push_back({options.line, fmt::format("options: '{}' needs a value", words[i])});
          return;
        }
        value = words[++i];
      }
      if (!cells_.emplace(std::string(name), Cell{value, options.line}).second)
        problems_.push_back({options.line, fmt::format("'{}' is given twice, as a field and in options", name)});
    }
  }

  const ManifestRow& row_;
  Cells cells_;
  const TextRules& rules_;
  std::vector<PlanProblem>& problems_;
};

// What is looked for in the bytes of the exhibit.
void take_searches(RowReader& reader, const std::string& base, GivenFiles& given, Exhibit& exhibit) {
  exhibit.keywords = reader.paths("keywords", base);
  if (!exhibit.keywords.empty()) {
    if (const auto& digests = given.keywords(exhibit.keywords); digests.ok())
      exhibit.keyword_digests = *digests;
    else
      reader.wrong("keywords", digests.error().message);
    if (!exhibit.scope_file.empty())
      reader.wrong("keywords", "keywords and a scope_file do not go together: bytes do not say whose they are");
  }
  exhibit.yara = reader.paths("yara", base);
  if (!exhibit.yara.empty()) {
    if (const auto& digest = given.yara(exhibit.yara); digest.ok())
      exhibit.yara_digest = *digest;
    else
      reader.wrong("yara", digest.error().message);
  }
  if (exhibit.profile != "list" && exhibit.profile != "quick") return;
  for (const auto& [field, paths] : {std::pair("keywords", &exhibit.keywords), std::pair("yara", &exhibit.yara)})
    if (!paths->empty())
      reader.wrong(field, fmt::format("{} needs profile standard or full: with {} no content is looked into", field,
                                      exhibit.profile));
}

std::size_t line_of_bad_utf8(std::string_view text) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!is_valid_utf8(text.substr(0, end))) return line;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    ++line;
  }
  return line;
}

std::string joined_note(const RowReader& row, bool seal_is_extra) {
  std::string note = row.text("note");
  const auto add = [&](std::string_view title, const std::string& value) {
    if (!value.empty()) note += fmt::format("{}{}: {}", note.empty() ? "" : "; ", title, value);
  };
  if (seal_is_extra) add("Seal", row.text("seal"));
  add("Scope", row.text("scope"));
  return note;
}

// "C:\\Images\\a.E01", "\\\\server\\share\\a.E01", "Images\\a.E01". A file here may have a backslash in its name.
bool is_windows_path(std::string_view path) {
  const bool drive = path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 && path[1] == ':' &&
                     (path[2] == '\\' || path[2] == '/');
  return drive || path.find('\\') != std::string_view::npos;
}

bool is_reserved_on_windows(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kDevices{"con", "prn", "aux", "nul"};
  const std::string stem = lower(name.substr(0, name.find('.')));
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

std::string_view field_name(std::string_view title) {
  std::string plain = lower(trim(title));
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  if (plain.empty()) return {};
  for (const Field& field : kFields)
    if (plain == field.name || std::find(field.aliases.begin(), field.aliases.end(), plain) != field.aliases.end())
      return field.name;
  return {};
}

std::string known_fields() {
  std::string list;
  for (const Field& field : kFields) list += (list.empty() ? "" : ", ") + std::string(field.name);
  return list;
}

const Result<std::vector<std::string>>& GivenFiles::keywords(const std::vector<std::string>& paths) {
  const auto found = keywords_.find(paths);
  return found != keywords_.end() ? found->second
                                  : keywords_.emplace(paths, app::keyword_file_digests(paths)).first->second;
}

const Result<std::string>& GivenFiles::yara(const std::vector<std::string>& paths) {
  const auto found = yara_.find(paths);
  return found != yara_.end() ? found->second : yara_.emplace(paths, app::yara_files_digest(paths)).first->second;
}

std::string folder_name(std::string_view exhibit, std::string* why) {
  const auto refuse = [&](std::string reason) {
    *why = std::move(reason);
    return std::string();
  };
  if (exhibit.empty()) return refuse("an exhibit number is missing");
  if (exhibit.size() > kLongestName)
    return refuse(
        fmt::format("the exhibit number '{}...' is longer than {} bytes", exhibit.substr(0, 40), kLongestName));
  std::string plain(exhibit);
  std::erase(plain, '\\');  // which terminal_text() writes twice
  if (terminal_text(plain) != plain)
    return refuse(fmt::format("the exhibit number '{}' has characters that cannot be seen", exhibit));
  if (exhibit.find_first_not_of("./\\ ") == std::string_view::npos || exhibit.find("..") != std::string_view::npos)
    return refuse(fmt::format("the exhibit number '{}' cannot be the name of a folder", exhibit));
  std::string name(exhibit);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::string_view(" /\\:*?\"<>|").find(c) != std::string_view::npos; }, '_');
  if (name.front() == '.' || name.front() == '-') name.front() = '_';
  if (name.back() == '.') name.back() = '_';
  if (is_reserved_on_windows(name)) name += '_';
  return name;
}

Manifest parse_manifest(std::string_view text, std::string_view file_name, std::vector<PlanProblem>& problems) {
  if (text.size() > kLargestManifest) {
    problems.push_back({0, "is larger than 64 MiB, so it is no manifest"});
    return {};
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    problems.push_back({1, "is in UTF-16; save it as UTF-8 (in a spreadsheet: CSV UTF-8)"});
    return {};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_valid_utf8(text)) {
    problems.push_back({line_of_bad_utf8(text), "is not UTF-8; save the manifest as UTF-8"});
    return {};
  }
  // It would end a path early, and toml++ asserts where one stands for a key.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n') + 1;
    problems.push_back(
        {static_cast<std::size_t>(line), "holds a zero byte, so it is no text; save the manifest as text"});
    return {};
  }
  Manifest manifest =
      lower(file_name).ends_with(".toml") ? parse_toml_manifest(text, problems) : parse_csv_manifest(text, problems);
  if (manifest.rows.empty() && problems.empty()) problems.push_back({0, "names no exhibit"});
  return manifest;
}

Exhibit exhibit_of(const ManifestRow& row, const Cells& defaults, const std::string& base, const TextRules& rules,
                   GivenFiles& given, std::vector<PlanProblem>& problems) {
  RowReader reader(row, defaults, rules, problems);
  Exhibit exhibit;
  const bool has_exhibit = !reader.text("exhibit").empty();
  const std::string_view name_field = has_exhibit ? "exhibit" : "seal";
  exhibit.name = reader.text(name_field);
  std::string why;
  exhibit.folder = folder_name(exhibit.name, &why);
  if (exhibit.folder.empty()) reader.wrong(name_field, why);
  const std::string path = reader.text("path");
  std::error_code error;
  if (path.empty())
    reader.wrong("path", "the path of the image is missing");
  else if (is_windows_path(path) && !fs::exists(fs::path(base) / path, error))
    reader.wrong("path",
                 fmt::format("'{}' is a path of Windows; give it as this machine sees it, with / between folders, "
                             "for example /mnt/evidence/laptop.E01",
                             path));
  else
    exhibit.image = (fs::path(base) / path).lexically_normal().string();
  exhibit.authority = {reader.text("authority"), reader.text("case"),   exhibit.name,
                       reader.text("examiner"),  reader.text("agency"), joined_note(reader, has_exhibit)};
  if (rules.is_blank(exhibit.authority.text))
    reader.wrong("authority",
                 fmt::format("exhibit '{}' has no authority: name what permits its examination (warrant, consent, "
                             "court order, training)",
                             exhibit.name),
                 ErrorKind::kRefused);
  exhibit.scope = reader.text("scope");
  if (const std::string scope = reader.text("scope_file"); !scope.empty()) {
    exhibit.scope_file = (fs::path(base) / scope).lexically_normal().string();
    const auto digest = app::scope_file_sha256(exhibit.scope_file);
    if (digest.ok())
      exhibit.scope_sha256 = *digest;
    else
      reader.wrong("scope_file", digest.error().message);
  }
  exhibit.hash_sets = reader.paths("hashset", base);
  for (const std::string& set : exhibit.hash_sets) {
    const auto opened = hashset::Set::open(set);
    if (opened.ok())
      exhibit.hash_set_digests.push_back((*opened)->info().sha256);
    else
      reader.wrong("hashset", opened.error().message);
  }
  exhibit.profile = reader.word("profile", kProfiles, "standard");
  if (!exhibit.hash_sets.empty() && exhibit.profile == "list")
    reader.wrong("hashset", "with profile list no file has a digest to look for");
  take_searches(reader, base, given, exhibit);
  exhibit.fail_on = reader.word("fail_on", kThresholds, "");
  exhibit.language = reader.word("lang", report::languages(), "");
  exhibit.zone = reader.zone();
  exhibit.sector_size = reader.word("sector_size", kSectorSizes, "");
  exhibit.codepage = reader.code_page();
  exhibit.digests = reader.digest_list();
  reader.expected_digests(exhibit);
  exhibit.incomplete = reader.flag("incomplete");
  exhibit.allow_beside_evidence = reader.flag("allow_beside_evidence");
  return exhibit;
}

}  // namespace limier::batch
