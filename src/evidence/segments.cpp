// Which files belong to an evidence item, from their names. Compiled into the supervisor too.
//
// EWF naming: "Expert Witness Compression Format (EWF)", J. Metz, "Segment file extensions". Split raw: the numbering
// of FTK Imager (.001), ewfexport (.000) and split(1) with a dot (.aa).
#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>
#include <vector>

#include "evidence/names.h"
#include "limier/evidence.h"

namespace limier::evidence {
namespace {

constexpr std::uint32_t kLastNumbered = 99;  // .E99, followed by .EAA
constexpr std::uint32_t kMaxEwfSegments = 99 + 22 * 26 * 26;
// Names with letters also occur by chance (.iso, .raw, .dd beside .aa): a longer run of missing names is not a gap.
constexpr std::size_t kMaxLetterGap = 8;
constexpr std::size_t kMaxDigitGap = 64;
constexpr std::uint64_t kMaxParts = 100'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}
char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}
bool all_of(std::string_view text, bool (*test)(char)) {
  return std::all_of(text.begin(), text.end(), test);
}

struct SplitName {
  std::string folder;  // with its trailing slash, or empty
  std::string stem;    // without the dot
  std::string extension;
};

SplitName split_name(std::string_view path) {
  SplitName out;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (slash != std::string_view::npos) out.folder = path.substr(0, slash + 1);
  const std::size_t dot = name.rfind('.');
  out.stem = name.substr(0, dot);
  if (dot != std::string_view::npos) out.extension = name.substr(dot + 1);
  return out;
}

// The extensions that exist beside a file with exactly its stem.
class Siblings {
 public:
  explicit Siblings(const SplitName& name) {
    namespace fs = std::filesystem;
    std::error_code error;
    const std::string prefix = name.stem + ".";
    fs::directory_iterator at(name.folder.empty() ? "." : name.folder, fs::directory_options::skip_permission_denied,
                              error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      const std::string file = at->path().filename().string();
      if (!file.starts_with(prefix)) continue;
      std::error_code ignored;
      if (at->is_directory(ignored)) continue;
      extensions_.insert(file.substr(prefix.size()));
    }
  }
  // The name as it is on disk: exactly `extension`, or the one that differs in case only.
  [[nodiscard]] std::optional<std::string> find(const std::string& extension) const {
    if (extensions_.contains(extension)) return extension;
    const std::string wanted = lower(extension);
    for (const std::string& candidate : extensions_)
      if (candidate.size() == wanted.size() && lower(candidate) == wanted) return candidate;
    return std::nullopt;
  }

 private:
  std::set<std::string> extensions_;
};

std::string padded(std::uint64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

// split(1)'s suffixes: aa, ab, … of one width; empty when the number needs more letters.
std::string letters(std::uint64_t number, std::size_t width, bool upper) {
  std::string out(width, upper ? 'A' : 'a');
  for (std::size_t i = width; i-- > 0; number /= 26)
    out[i] = static_cast<char>(out[i] + static_cast<char>(number % 26));
  return number == 0 ? out : std::string();
}

struct Series {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t no_chance_until = 0;  // up to here a name cannot be there by chance: any gap counts
  std::size_t max_gap = 0;
  std::function<std::string(std::uint64_t)> extension;
};

SegmentNames collect(const SplitName& name, const Siblings& siblings, const Series& series) {
  SegmentNames out;
  std::vector<std::string> gap;
  for (std::uint64_t number = series.first; number <= series.last; ++number) {
    const std::string extension = series.extension(number);
    if (extension.empty()) break;
    if (const auto found = siblings.find(extension)) {
      out.missing.insert(out.missing.end(), gap.begin(), gap.end());
      gap.clear();
      out.paths.push_back(name.folder + name.stem + "." + *found);
      continue;
    }
    gap.push_back(name.stem + "." + extension);
    if (number > series.no_chance_until && gap.size() > series.max_gap) break;
  }
  return out;
}

Error later_segment(const SplitName& name, std::uint64_t number, const std::string& first_extension) {
  return {ErrorKind::kUsage, name.stem + "." + name.extension + " is part " + std::to_string(number) +
                                 " of a set: give the first one, " + name.folder + name.stem + "." + first_extension +
                                 "."};
}

SegmentNames only(const std::string& path) {
  return {{path}, {}};
}

// Number of an EWF extension in the series that starts with `start`.
std::optional<std::uint32_t> ewf_number(std::string_view extension, char start) {
  if (extension.size() != 3) return std::nullopt;
  const char a = to_upper(extension[0]), b = to_upper(extension[1]), c = to_upper(extension[2]);
  if (a == start && is_digit(b) && is_digit(c)) {
    const auto number = static_cast<std::uint32_t>((b - '0') * 10 + (c - '0'));
    return number == 0 ? std::nullopt : std::optional(number);
  }
  if (!is_upper(a) || a < start || !is_upper(b) || !is_upper(c)) return std::nullopt;
  return kLastNumbered + 1 + static_cast<std::uint32_t>((a - start) * 676 + (b - 'A') * 26 + (c - 'A'));
}

Result<SegmentNames> find_ewf(const std::string& first, const SplitName& name) {
  const Siblings siblings(name);
  for (const char start : {'E', 'S', 'L'}) {
    const auto number = ewf_number(name.extension, start);
    if (!number) continue;
    const bool low = is_lower(name.extension[0]);
    const bool lettered = *number > kLastNumbered;
    // A lettered extension belongs to this series only when the one before it is there as well.
    if (lettered && !siblings.find(ewf_extension(start, low, *number - 1))) continue;
    if (*number > 1)
      if (const auto found = siblings.find(ewf_extension(start, low, 1))) return later_segment(name, *number, *found);
    Series series{*number, kMaxEwfSegments, kLastNumbered, kMaxLetterGap, nullptr};
    series.extension = [start, low](std::uint64_t n) {
      return ewf_extension(start, low, static_cast<std::uint32_t>(n));
    };
    SegmentNames found = collect(name, siblings, series);
    return found.paths.empty() ? only(first) : found;
  }
  return only(first);
}

Result<SegmentNames> find_numbered(const std::string& first, const SplitName& name) {
  const std::size_t width = name.extension.size();
  const auto own = split_raw_ordinal("." + name.extension);
  if (!own) return only(first);
  const Siblings siblings(name);
  std::uint64_t start = 0;
  while (start <= 1 && !(start == *own) && !siblings.find(padded(start, width))) ++start;
  if (start > 1) return only(first);
  if (*own > start) {
    const auto found = siblings.find(padded(start, width));
    return found ? Result<SegmentNames>(later_segment(name, *own - start + 1, *found)) : only(first);
  }
  Series series{start, kMaxParts, start, kMaxDigitGap, nullptr};
  series.extension = [width](std::uint64_t n) { return padded(n, width); };
  SegmentNames found = collect(name, siblings, series);
  return found.paths.empty() ? only(first) : found;
}

Result<SegmentNames> find_lettered(const std::string& first, const SplitName& name) {
  const std::size_t width = name.extension.size();
  const bool upper = is_upper(name.extension[0]);
  std::uint64_t own = 0;
  for (const char c : name.extension) own = own * 26 + static_cast<std::uint64_t>(to_lower(c) - 'a');
  const Siblings siblings(name);
  if (own > 0) {
    const auto first_one = siblings.find(letters(0, width, upper));
    // .dd, .raw, .img are indeed letters: only a neighbour makes them a part.
    if (first_one && siblings.find(letters(own - 1, width, upper))) return later_segment(name, own + 1, *first_one);
    return only(first);
  }
  Series series{0, kMaxParts, 0, kMaxLetterGap, nullptr};
  series.extension = [width, upper](std::uint64_t n) { return letters(n, width, upper); };
  SegmentNames found = collect(name, siblings, series);
  return found.paths.empty() ? only(first) : found;
}

// .ad1, .ad2, …, .ad10: as many as there are.
Result<SegmentNames> find_ad1(const std::string& first, const SplitName& name) {
  if (lower(name.extension) != "ad1") return only(first);
  const std::string prefix = name.extension.substr(0, 2);
  Series series{1, kMaxParts, 1, kMaxDigitGap, nullptr};
  series.extension = [prefix](std::uint64_t n) { return prefix + std::to_string(n); };
  return collect(name, Siblings(name), series);
}

}  // namespace

std::string ewf_extension(char start, bool low, std::uint32_t number) {
  std::string out(3, start);
  if (number == 0) return "";
  if (number <= kLastNumbered) {
    out[1] = static_cast<char>('0' + number / 10);
    out[2] = static_cast<char>('0' + number % 10);
  } else {
    const std::uint32_t index = number - kLastNumbered - 1;
    if (index / 676 > static_cast<std::uint32_t>('Z' - start)) return "";
    out[0] = static_cast<char>(start + static_cast<char>(index / 676));
    out[1] = static_cast<char>('A' + static_cast<char>(index / 26 % 26));
    out[2] = static_cast<char>('A' + static_cast<char>(index % 26));
  }
  return low ? lower(out) : out;
}

std::string ewf_segment_name(std::string_view known_name, std::uint32_t number) {
  const SplitName name = split_name(known_name);
  for (const char start : {'E', 'S', 'L'}) {
    const auto known = ewf_number(name.extension, start);
    if (!known || (start == 'E' && (to_upper(name.extension[0]) >= 'S' || to_upper(name.extension[0]) == 'L')))
      continue;
    const std::string extension = ewf_extension(start, is_lower(name.extension[0]), number);
    if (!extension.empty()) return name.stem + "." + extension;
  }
  return std::string(known_name) + " (segment " + std::to_string(number) + ")";
}

std::optional<std::uint32_t> ewf_segment_ordinal(std::string_view name) {
  const std::string extension = split_name(name).extension;
  for (const char start : {'E', 'S', 'L'}) {
    if (start == 'E' && !extension.empty() && (to_upper(extension[0]) >= 'S' || to_upper(extension[0]) == 'L'))
      continue;
    if (const auto number = ewf_number(extension, start)) return number;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> split_raw_ordinal(std::string_view name) {
  constexpr std::size_t kMinDigits = 3, kMaxDigits = 9;
  const std::string extension = split_name(name).extension;
  if (extension.size() < kMinDigits || extension.size() > kMaxDigits || !all_of(extension, is_digit))
    return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : extension) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

Result<SegmentNames> find_segments(const std::string& first, Format format) {
  const SplitName name = split_name(first);
  if (format == Format::kEwfE01 || format == Format::kEwfS01 || format == Format::kEwfL01) return find_ewf(first, name);
  if (format == Format::kAd1) return find_ad1(first, name);
  if (format != Format::kRaw && format != Format::kSplitRaw) return only(first);
  if (name.extension.size() >= 3 && all_of(name.extension, is_digit)) return find_numbered(first, name);
  const bool cased = all_of(name.extension, is_lower) || all_of(name.extension, is_upper);
  if ((name.extension.size() == 2 || name.extension.size() == 3) && cased) return find_lettered(first, name);
  return only(first);
}

}  // namespace limier::evidence
