// Where the keywords of a run stand. Hyperscan says where a match ends; where it begins follows from its length, or RE2
// finds it. Without Hyperscan RE2 does both, and comes to the same.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "keywords/hyperscan.h"
#include "keywords/letters.h"
#include "keywords/re2.h"
#include "keywords/syntax.h"
#include "limier/base/cost.h"
#include "limier/base/untrusted.h"

namespace limier::keywords {
namespace {

constexpr std::size_t kFewestLetters = 2;
constexpr std::size_t kBlock = 4096;  // without Hyperscan: of so many bytes it is asked what is in them
constexpr std::int64_t kSetMemory = 256ll << 20;
constexpr std::int64_t kPatternMemory = 16ll << 20;

// A keyword in one encoding.
struct Variant {
  std::uint32_t keyword = 0;
  Encoding encoding{};
  Expression expression;
  std::size_t length = 0;  // of every match; 0: they differ
  bool whole_word = false;
};

re2::RE2::Options options_for(bool caseless) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_longest_match(true);
  options.set_case_sensitive(!caseless);
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  return options;
}

bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0; });
}

std::string escaped(std::string_view text, bool wide) {
  std::string out;
  for (const char c : text) out += fmt::format("\\x{:02x}{}", static_cast<unsigned char>(c), wide ? "\\x00" : "");
  return out;
}

}  // namespace

struct Matcher::Impl {
  Set set;
  std::vector<Variant> variants;
  std::unique_ptr<Hyperscan> hyperscan;
  std::unique_ptr<re2::RE2::Set> which;                     // without Hyperscan
  mutable std::mutex mutex;                                 // of `compiled`
  mutable std::vector<std::unique_ptr<re2::RE2>> compiled;  // of a variant, once it is needed
  mutable std::atomic<std::uint64_t> searched_bytes{0}, cpu_ns{0};

  // Of one variant, in rising order.
  struct Run {
    std::string_view text;
    const Variant& variant;
    std::vector<Match>& found;
    std::size_t from = 0;  // where the next may begin
  };

  const re2::RE2& expression(std::size_t variant) const {
    const std::lock_guard lock(mutex);
    auto& one = compiled[variant];
    if (one == nullptr)
      one = std::make_unique<re2::RE2>(variants[variant].expression.text,
                                       options_for(variants[variant].expression.caseless));
    return *one;
  }

  static bool stands_alone(std::string_view text, const Match& match) {
    return !is_word_letter(before(text, match.begin, match.encoding)) &&
           !is_word_letter(behind(text, match.end, match.encoding));
  }
  static void take(std::string_view text, const Variant& variant, std::size_t begin, std::size_t end,
                   std::vector<Match>& found) {
    const Match match{variant.keyword, variant.encoding, begin, end};
    if (!variant.whole_word || stands_alone(text, match)) found.push_back(match);
  }

  // The first match of [begin, end), the longest there, cut at kMaxMatch.
  static bool first_in(const re2::RE2& expression, std::string_view text, std::size_t begin, std::size_t end,
                       std::pair<std::size_t, std::size_t>& match) {
    const re2::StringPiece all(text.data(), text.size());
    re2::StringPiece part;
    while (begin < end) {
      if (!expression.Match(all, begin, end, re2::RE2::UNANCHORED, &part, 1)) return false;
      const auto at = static_cast<std::size_t>(part.data() - text.data());
      if (part.size() <= kMaxMatch) {
        match = {at, at + part.size()};
        if (!part.empty()) return true;
      } else if (expression.Match(all, at, at + kMaxMatch, re2::RE2::ANCHOR_START, &part, 1) && !part.empty()) {
        match = {at, at + part.size()};
        return true;
      }
      begin = at + 1;
    }
    return false;
  }

  // Matches of differing length: `end` is the end of one.
  void from_end(const re2::RE2& expression, Run& run, std::size_t end) const {
    while (end > run.from) {
      const std::size_t begin = std::max(run.from, end - std::min(end, kMaxMatch));
      std::pair<std::size_t, std::size_t> match;
      if (!first_in(expression, run.text, begin, std::min(run.text.size(), end + kMaxMatch), match)) return;
      if (match.first >= end) return;  // it has an end of its own
      const std::size_t count = run.found.size();
      take(run.text, run.variant, match.first, match.second, run.found);
      run.from = run.found.size() > count ? match.second : match.first + 1;
    }
  }

  void by_ends(Bytes bytes, std::vector<Match>& found) const {
    std::vector<Ending> endings;
    if (!hyperscan->scan(bytes, endings)) throw std::runtime_error("the search for keywords failed");
    std::ranges::sort(endings, [](const Ending& a, const Ending& b) {
      return std::tie(a.expression, a.end) < std::tie(b.expression, b.end);
    });
    const std::string_view text = as_text(bytes);
    for (std::size_t i = 0; i < endings.size();) {
      const std::size_t number = endings[i].expression;
      const Variant& variant = variants[number];
      Run run{text, variant, found};
      const re2::RE2* const other = variant.length == 0 ? &expression(number) : nullptr;
      std::size_t last = 0;
      for (; i < endings.size() && endings[i].expression == number; ++i) {
        const std::size_t end = endings[i].end;
        if (end == last) continue;
        last = end;
        if (other != nullptr)
          from_end(*other, run, end);
        else
          take(text, variant, end - variant.length, end, found);
      }
    }
  }

  void all_of(std::size_t number, std::string_view text, std::vector<Match>& found) const {
    const Variant& variant = variants[number];
    const re2::RE2& one = expression(number);
    const re2::StringPiece all(text.data(), text.size());
    re2::StringPiece part;
    if (variant.length != 0) {
      for (std::size_t at = 0; one.Match(all, at, all.size(), re2::RE2::UNANCHORED, &part, 1);) {
        const auto begin = static_cast<std::size_t>(part.data() - text.data());
        take(text, variant, begin, begin + variant.length, found);
        at = begin + 1;
      }
      return;
    }
    // In steps, so that a beginning without an end within kMaxMatch is not followed through everything.
    Run run{text, variant, found};
    for (std::size_t step = 0; step < text.size(); step += kBlock) {
      const std::size_t until = std::min(text.size(), step + kBlock);
      std::pair<std::size_t, std::size_t> match;
      while (run.from < until &&
             first_in(one, text, std::max(step, run.from), std::min(text.size(), until + kMaxMatch), match) &&
             match.first < until) {
        const std::size_t count = found.size();
        take(text, variant, match.first, match.second, found);
        run.from = found.size() > count ? match.second : match.first + 1;
      }
    }
  }

  void by_blocks(Bytes bytes, std::vector<Match>& found) const {
    const std::string_view text = as_text(bytes);
    std::vector<bool> wanted(variants.size());
    std::vector<int> numbers;
    for (std::size_t at = 0; at < text.size(); at += kBlock) {
      const std::string_view block = text.substr(at, kBlock + kMaxMatch);
      re2::RE2::Set::ErrorInfo error{re2::RE2::Set::kNoError};
      numbers.clear();
      if (which->Match({block.data(), block.size()}, &numbers, &error)) {
        for (const int number : numbers) wanted[static_cast<std::size_t>(number)] = true;
      } else if (error.kind != re2::RE2::Set::kNoError) {
        wanted.assign(variants.size(), true);
        break;
      }
    }
    for (std::size_t number = 0; number < variants.size(); ++number)
      if (wanted[number]) all_of(number, text, found);
  }
};

namespace {

Error wrong(const Set& set, std::span<const std::string> file_names, std::uint32_t number, std::string_view why) {
  const Keyword& keyword = set.keywords[number];
  const std::string file = keyword.file < file_names.size() ? file_names[keyword.file] : std::string("keywords");
  return {ErrorKind::kUsage, fmt::format("{}, line {}: {}", file, keyword.line, why)};
}

Result<std::vector<Variant>> variants_of(const Set& set, std::span<const std::string> file_names) {
  std::vector<Variant> variants;
  for (std::uint32_t number = 0; number < set.keywords.size(); ++number) {
    const Keyword& keyword = set.keywords[number];
    auto tree = tree_of(keyword);
    if (!tree) return wrong(set, file_names, number, tree.error().message);
    if (least_letters(*tree) < kFewestLetters)
      return wrong(set, file_names, number, "it matches less than two characters, and so almost everywhere");
    const bool plain = !keyword.expression && !keyword.any_accents && is_plain_ascii(keyword.pattern);
    std::vector<std::string> texts;
    for (const auto& [on, encoding] : {std::pair(keyword.utf8, Encoding::kUtf8),
                                       {keyword.utf16le, Encoding::kUtf16le},
                                       {keyword.cp1252, Encoding::kCp1252}}) {
      if (!on) continue;
      auto bytes = bytes_of(*tree, encoding);
      if (!bytes) continue;
      if (bytes->least > kMaxMatch)
        return wrong(set, file_names, number,
                     fmt::format("it takes more than {} bytes in {}", kMaxMatch, encoding_word(encoding)));
      if (std::ranges::find(texts, bytes->text) != texts.end()) continue;
      texts.push_back(bytes->text);
      Variant& variant = variants.emplace_back();
      variant.keyword = number;
      variant.encoding = encoding;
      variant.length = bytes->least == bytes->most ? bytes->least : 0;
      variant.whole_word = keyword.whole_word;
      // What engines are best at.
      if (plain)
        variant.expression = {escaped(keyword.pattern, encoding == Encoding::kUtf16le), keyword.any_case,
                              from_utf8(keyword.pattern, encoding)};
      else
        variant.expression = {std::move(bytes->text), false, ""};
    }
    if (texts.empty())
      return wrong(set, file_names, number, "it cannot be written in any of its encodings, so it would find nothing");
  }
  return variants;
}

}  // namespace

Matcher::Matcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Matcher::~Matcher() = default;

Result<std::shared_ptr<const Matcher>> Matcher::compile(Set set, std::span<const std::string> file_names) {
  auto impl = std::make_unique<Impl>();
  impl->set = std::move(set);
  const Set& all = impl->set;
  if (all.engine == Engine::kRe2 && all.keywords.size() > kMaxWithoutHyperscan)
    return Error{ErrorKind::kUsage,
                 fmt::format("--keywords: {} keywords are more than {}, and without a Hyperscan that works they would "
                             "take days; see limier version",
                             all.keywords.size(), kMaxWithoutHyperscan)};
  LIMIER_TRY(impl->variants, variants_of(all, file_names));
  impl->compiled.resize(impl->variants.size());
  for (std::size_t i = 0; i < impl->variants.size(); ++i) {
    // Of those whose matches all have one length Hyperscan needs no help.
    if (all.engine == Engine::kHyperscan && impl->variants[i].length != 0) continue;
    if (all.keywords[impl->variants[i].keyword].expression && !impl->expression(i).ok())
      return wrong(all, file_names, impl->variants[i].keyword, "it is too large; shorten its repeats");
  }
  if (all.engine == Engine::kHyperscan) impl->hyperscan = Hyperscan::take(all.compiled);
  if (all.engine == Engine::kHyperscan && impl->hyperscan == nullptr) {
    std::vector<Expression> expressions;
    for (const Variant& variant : impl->variants) expressions.push_back(variant.expression);
    Hyperscan::Problem problem;
    impl->hyperscan = Hyperscan::compile(expressions, problem);
    if (impl->hyperscan == nullptr)
      return problem.expression && *problem.expression < impl->variants.size()
                 ? wrong(all, file_names, impl->variants[*problem.expression].keyword,
                         fmt::format("it is too large for the search ({}); shorten its repeats", problem.why))
                 : Error{ErrorKind::kUsage, fmt::format("--keywords: all together they are too large for the search "
                                                        "({})",
                                                        problem.why)};
  }
  if (all.engine == Engine::kRe2) {
    auto options = options_for(false);
    options.set_max_mem(kSetMemory);
    impl->which = std::make_unique<re2::RE2::Set>(options, re2::RE2::UNANCHORED);
    for (const Variant& variant : impl->variants)
      impl->which->Add(variant.expression.caseless ? "(?i)" + variant.expression.text : variant.expression.text,
                       nullptr);
    if (!impl->which->Compile())
      return Error{ErrorKind::kUsage, "--keywords: all together they are too large for the search"};
  }
  return std::make_shared<const Matcher>(std::move(impl));
}

std::vector<std::uint8_t> Matcher::kept() const {
  return impl_->hyperscan == nullptr ? std::vector<std::uint8_t>() : impl_->hyperscan->kept();
}

void Matcher::search(Bytes bytes, std::vector<Match>& found) const {
  const std::uint64_t began_ns = thread_cpu_ns();
  const std::size_t first = found.size();
  if (impl_->hyperscan != nullptr)
    impl_->by_ends(bytes, found);
  else
    impl_->by_blocks(bytes, found);
  std::sort(found.begin() + static_cast<std::ptrdiff_t>(first), found.end(), [](const Match& a, const Match& b) {
    return std::tie(a.begin, a.keyword, a.end, a.encoding) < std::tie(b.begin, b.keyword, b.end, b.encoding);
  });
  impl_->searched_bytes.fetch_add(bytes.size(), std::memory_order_relaxed);
  impl_->cpu_ns.fetch_add(thread_cpu_ns() - began_ns, std::memory_order_relaxed);
}

const Keyword& Matcher::keyword(std::uint32_t number) const {
  return impl_->set.keywords.at(number);
}

std::string Matcher::normalized(std::uint32_t number, std::string_view value) const {
  const Keyword& keyword = impl_->set.keywords.at(number);
  if (!keyword.expression) return keyword.pattern;
  if (!keyword.any_case) return std::string(value);
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto c = next_utf8(value, at);
    if (!c) ++at;
    put_utf8(out, c ? small_letter(*c) : 0xfffd);
  }
  return out;
}

std::uint64_t Matcher::searched_bytes() const {
  return impl_->searched_bytes.load(std::memory_order_relaxed);
}
std::uint64_t Matcher::cpu_ns() const {
  return impl_->cpu_ns.load(std::memory_order_relaxed);
}

std::string_view engine_word(Engine engine) {
  return engine == Engine::kHyperscan ? "hyperscan" : "re2";
}

const Engines& engines() {
  static const Engines kEngines = [] {
    Engines engines;
    engines.hyperscan = hyperscan_version();
    if (engines.hyperscan.empty()) return engines;
    engines.hyperscan_fails = !hyperscan_passes_self_test();
    if (!engines.hyperscan_fails) engines.best = Engine::kHyperscan;
    return engines;
  }();
  return kEngines;
}

}  // namespace limier::keywords
