// Project VIC 1.x and 2.0, and CAID, which has the same form: {"odata.metadata": …, "value": [{"MD5": …, "SHA1": …,
// "Category": …}, …]}, or cases with a list "Media". Gigabytes; nothing but the entry at hand is kept.
#include <fmt/format.h>

#include <algorithm>

#include "hashset/json.h"
#include "hashset/reader.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::uint64_t kMaxValue = 64u << 20;  // of one text, which the reader has to hold

// nlohmann's idea of a range of characters.
struct Feed {
  FileBytes* bytes = nullptr;
  std::uint64_t since_event = 0;
  int current = -1;
  bool too_long = false;
  void advance() {
    current = ++since_event > kMaxValue ? -1 : bytes->next();
    too_long = too_long || since_event > kMaxValue;
  }
};
struct FeedIterator {
  using iterator_category = std::input_iterator_tag;  // NOLINT(readability-identifier-naming): the library's names
  using value_type = char;                            // NOLINT(readability-identifier-naming)
  using difference_type = std::ptrdiff_t;             // NOLINT(readability-identifier-naming)
  using pointer = const char*;                        // NOLINT(readability-identifier-naming)
  using reference = char;                             // NOLINT(readability-identifier-naming)
  Feed* feed = nullptr;
  char operator*() const { return static_cast<char>(feed->current); }
  FeedIterator& operator++() {
    feed->advance();
    return *this;
  }
  FeedIterator operator++(int) {
    const FeedIterator before = *this;
    feed->advance();
    return before;
  }
  friend bool operator==(const FeedIterator& one, const FeedIterator& other) { return one.at_end() == other.at_end(); }
  friend bool operator!=(const FeedIterator& one, const FeedIterator& other) { return !(one == other); }
  [[nodiscard]] bool at_end() const { return feed == nullptr || feed->current < 0; }
};

class Events {
 public:
  using Json = nlohmann::json;
  Events(Intake& intake, Feed& feed) : intake_(intake), feed_(feed) {}
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // NOLINTBEGIN(readability-identifier-naming): the library's names
  bool null() { return value(""); }
  bool boolean(bool) { return value(""); }
  bool number_integer(Json::number_integer_t number) { return value(std::to_string(number)); }
  bool number_unsigned(Json::number_unsigned_t number) { return value(std::to_string(number)); }
  bool number_float(Json::number_float_t, const Json::string_t&) { return value(""); }
  bool string(Json::string_t& text) { return value(text); }
  bool binary(Json::binary_t&) { return value(""); }
  bool start_object(std::size_t) {
    begun();
    if (depth_.size() >= kMaxDepth) return problem_ = "it is nested too deeply", false;
    Level level;
    level.is_entry = in_list_of_entries();
    level.number = level.is_entry ? ++entries_ : 0;
    depth_.push_back(std::move(level));
    return true;
  }
  bool key(Json::string_t& name) {
    begun();
    depth_.back().key = lower(name);
    if (depth_.size() == 1 && depth_.back().key == "@odata.context") intake_.set_format("Project VIC 2.0 JSON");
    if (depth_.size() == 1 && depth_.back().key == "odata.metadata") intake_.set_format("Project VIC 1.x JSON");
    return true;
  }
  bool end_object() {
    begun();
    const Level level = std::move(depth_.back());
    depth_.pop_back();
    // {"HashName": "SHA256", "HashValue": …} in an entry, however deep.
    if (level.hash_name && !level.hash_value.empty())
      for (auto outer = depth_.rbegin(); outer != depth_.rend(); ++outer)
        if (outer->is_entry) {
          put_digest(*level.hash_name, level.hash_value, outer->digests);
          break;
        }
    if (!level.is_entry) return true;
    for (auto outer = depth_.rbegin(); outer != depth_.rend(); ++outer) outer->has_entries = true;
    if (level.broken)
      intake_.reject(level.number, "a value that should be a digest is none");
    else if (level.digests != Digests())
      status_ = intake_.add(level.digests, level.category);
    else if (!level.has_entries)
      intake_.reject(level.number, "it holds no MD5, SHA-1 or SHA-256");
    return status_.ok();
  }
  bool start_array(std::size_t) {
    begun();
    if (depth_.size() >= kMaxDepth) return problem_ = "it is nested too deeply", false;
    Level level;
    level.is_array = true;
    level.of_entries =
        depth_.empty() || (!depth_.back().is_array && (depth_.back().key == "value" || depth_.back().key == "media"));
    depth_.push_back(std::move(level));
    return true;
  }
  bool end_array() {
    begun();
    depth_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    if (problem_.empty())
      problem_ = feed_.too_long ? fmt::format("a value at byte {} is longer than {} bytes", position, kMaxValue)
                                : fmt::format("it is no JSON any more, or cut short, at byte {}", position);
    return false;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Level {
    bool is_array = false, of_entries = false;
    bool is_entry = false, has_entries = false, broken = false;
    std::uint64_t number = 0;
    std::string key;  // the last one read
    Digests digests;
    std::uint8_t category = kNoCategory;
    std::optional<Section> hash_name;
    std::string hash_value;
  };

  void begun() { feed_.since_event = 0; }
  [[nodiscard]] bool in_list_of_entries() const {
    return !depth_.empty() && depth_.back().is_array && depth_.back().of_entries;
  }

  bool value(std::string_view text) {
    begun();
    if (depth_.empty() || depth_.back().is_array) return true;
    Level& level = depth_.back();
    if (level.key == "hashname") level.hash_name = section_of_name(text);
    if (level.key == "hashvalue") level.hash_value = text;
    if (!level.is_entry || text.empty()) return true;
    if (level.key == "category") {
      if (text.size() <= 3 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        level.category = static_cast<std::uint8_t>(std::min(std::stoi(std::string(text)), int{kNoCategory}));
    } else if (const auto section = section_of_name(level.key)) {
      if (!put_digest(*section, text, level.digests)) level.broken = true;
    }
    return true;
  }

  Intake& intake_;
  Feed& feed_;
  std::vector<Level> depth_;
  std::uint64_t entries_ = 0;
  std::string problem_;
  Status status_ = ok_status();
};

}  // namespace

Status read_json(const Source& source, Intake& intake) {
  LIMIER_TRY(FileBytes bytes, FileBytes::open(source.path, source.advance, source.stop));
  intake.set_format("JSON");
  Feed feed{&bytes, 0, -1, false};
  feed.advance();
  Events events(intake, feed);
  const bool whole = nlohmann::json::sax_parse(FeedIterator{&feed}, FeedIterator{}, &events);
  LIMIER_CHECK(bytes.status());
  LIMIER_CHECK(events.status());
  if (!whole) return Error{ErrorKind::kUsage, fmt::format("{}: {}; no set was written", source.path, events.problem())};
  return ok_status();
}

}  // namespace limier::hashset
