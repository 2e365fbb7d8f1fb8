#include "content/yara_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>

#include "limier/catalog/artifacts.h"
#include "limier/content/parsers.h"

namespace limier::content {
namespace {

using catalog::ItemState;

// Below what the supervisor allows for a content of this size.
int scan_seconds(std::uint64_t bytes) {
  constexpr int kAtLeast = 8;
  constexpr std::uint64_t kBytesOfSecond = 16u << 20;
  return kAtLeast + static_cast<int>(bytes / kBytesOfSecond);
}
constexpr std::size_t kMaxRows = 10'000;
constexpr std::size_t kShownBytes = 64, kShownStrings = 8;

struct Match {
  std::string file, rule;
  std::optional<std::uint64_t> offset;  // of the first of its strings in the content; nullopt: it has none there
  std::string context;
};

struct Scan {
  std::vector<Match> matches;
  std::uint64_t over = 0;                // matches that are not kept
  std::vector<std::string> too_often{};  // strings that libyara gave up on
};

void show_bytes(std::string& text, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i < std::min(size, kShownBytes); ++i) {
    const char c = static_cast<char>(data[i]);
    if (c >= ' ' && c <= '~' && c != '\\')
      text += c;
    else
      text += fmt::format("\\x{:02x}", data[i]);
  }
  if (size > kShownBytes) text += "...";
}

// Each string of the rule by the first place where it stands.
void look_at_strings(YR_SCAN_CONTEXT* context, YR_RULE* rule, Match& match) {
  std::size_t shown = 0, left = 0;
  YR_STRING* string = nullptr;
  yr_rule_strings_foreach(rule, string) {
    std::optional<YR_MATCH> first;
    for (const YR_MATCH* at = context->matches[string->idx].head; at != nullptr;) {
      // libyara puts them behind each other without regard to alignment.
      YR_MATCH one;
      std::memcpy(&one, static_cast<const void*>(at), sizeof one);
      if (!one.is_private && (!first || one.base + one.offset < first->base + first->offset)) first = one;
      at = one.next;
    }
    if (!first) continue;
    const auto offset = static_cast<std::uint64_t>(first->base + first->offset);
    match.offset = std::min(match.offset.value_or(offset), offset);
    if (shown == kShownStrings) {
      ++left;
      continue;
    }
    ++shown;
    match.context += fmt::format("{}{} at {}: ", match.context.empty() ? "" : "; ", string->identifier, offset);
    show_bytes(match.context, first->data, static_cast<std::size_t>(std::max(first->data_length, 0)));
  }
  if (left > 0) match.context += fmt::format("; {} more strings", left);
}

int take(YR_SCAN_CONTEXT* context, int message, void* data, void* to) {
  Scan& scan = *static_cast<Scan*>(to);
  if (message == CALLBACK_MSG_TOO_MANY_MATCHES) {
    scan.too_often.emplace_back(static_cast<YR_STRING*>(data)->identifier);
  } else if (message == CALLBACK_MSG_RULE_MATCHING) {
    auto* rule = static_cast<YR_RULE*>(data);
    if (scan.matches.size() == kMaxRows) {
      ++scan.over;
      return CALLBACK_CONTINUE;
    }
    Match& match = scan.matches.emplace_back();
    match.file = rule->ns->name;
    match.rule = rule->identifier;
    look_at_strings(context, rule, match);
  }
  return CALLBACK_CONTINUE;
}

void give(Scan& scan, const Parser& parser, Rows& rows) {
  std::ranges::sort(scan.matches, {}, [](const Match& match) { return std::tie(match.file, match.rule); });
  for (const Match& match : scan.matches) {
    catalog::Hit hit;
    hit.place.locator = fmt::format("yara:{}:{}", match.file, match.rule);
    if (match.offset) hit.place.file_offset = static_cast<std::int64_t>(*match.offset);
    hit.kind = kYara;
    hit.value = match.rule;
    hit.normalized = match.rule;
    hit.validated = catalog::Validated::kNone;
    hit.decode_path = fmt::format("yara:{}", match.file);
    hit.context = match.context;
    rows.add(hit, parser.name(), parser.version());
  }
  if (scan.over > 0)
    rows.issue("yara-too-many", fmt::format("{} further rules match it and are not listed", scan.over), true);
  std::ranges::sort(scan.too_often);
  if (!scan.too_often.empty())
    rows.issue("yara-string-too-often",
               fmt::format("{} strings of rules ({} and others) stand in it so often that libyara left them out: rules "
                           "with them may not have matched",
                           scan.too_often.size(), scan.too_often.front()),
               true);
}

}  // namespace

std::string_view YaraParser::name() const {
  return kYara;
}
std::string_view YaraParser::version() const {
  return kYaraVersion;
}

Outcome YaraParser::parse(const Source& source, Rows& rows) const {
  if (source.main->size_bytes() > kMaxYaraBytes)
    return {ItemState::kTooLarge, fmt::format("larger than the {} bytes that are scanned in one piece", kMaxYaraBytes)};
  std::vector<std::uint8_t> bytes(source.main->size_bytes());
  if (!source.main->read(0, bytes)) return {ItemState::kFailed, "its bytes could not be read"};
  YR_SCANNER* made = nullptr;
  if (yr_scanner_create(rules_.get(), &made) != ERROR_SUCCESS)
    return {ItemState::kFailed, "libyara has no memory for it"};
  const YaraScanner scanner(made);
  Scan scan;
  yr_scanner_set_callback(made, take, &scan);
  const int seconds = scan_seconds(bytes.size());
  yr_scanner_set_timeout(made, seconds);
  // Its own handlers of signals would hide where it crashed, and the jail allows none.
  yr_scanner_set_flags(made, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  const int error = yr_scanner_scan_mem(made, bytes.data(), bytes.size());
  rows.alive();
  if (error == ERROR_SCAN_TIMEOUT)
    return {ItemState::kFailed, fmt::format("YARA rules took more than {} s over it", seconds)};
  if (error != ERROR_SUCCESS) return {ItemState::kFailed, fmt::format("libyara gave up on it (error {})", error)};
  give(scan, *this, rows);
  return {};
}

std::unique_ptr<Parser> make_yara_parser(Bytes rules) {
  if (!yara_is_ready()) return nullptr;
  struct Left {
    Bytes bytes;
  } left{rules};
  YR_STREAM stream{&left,
                   [](void* to, size_t size, size_t count, void* from) -> size_t {
                     Bytes& bytes = static_cast<Left*>(from)->bytes;
                     if (size * count > bytes.size()) return 0;
                     std::memcpy(to, bytes.data(), size * count);
                     bytes = bytes.subspan(size * count);
                     return count;
                   },
                   nullptr};
  YR_RULES* loaded = nullptr;
  if (yr_rules_load_stream(&stream, &loaded) != ERROR_SUCCESS) return nullptr;
  return std::make_unique<YaraParser>(YaraRules(loaded));
}

}  // namespace limier::content
