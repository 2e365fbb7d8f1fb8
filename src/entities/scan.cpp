// From bytes to places that may be the beginning of something: 64 bytes at once. Which places those are, and that
// nothing is missed, is what scan_slowly says.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "entities/blocks.h"
#include "entities/checks.h"
#include "entities/phrase.h"
#include "entities/words.h"

namespace limier::entities {
namespace {

constexpr std::size_t kWindowBlocks = 64;
constexpr std::size_t kFewestWide = 6;  // letters of UTF-16 in a row, to be looked at
// Every so many bytes a piece is looked at: one of them lies inside of each phrase as a whole.
constexpr unsigned kPhraseStep = 32, kPhrasePiece = 16;
static_assert(kPhraseStep + kPhrasePiece - 1 <= kShortestPhrase);
constexpr std::size_t kLongestWide = 64u << 10;

constexpr std::array<std::string_view, 26> kKindWords{
    "bip39",   "btc",   "card",       "container", "domain",  "email",      "eth", "gps", "iban",
    "iccid",   "imei",  "imsi",       "ipv4",      "ipv6",    "ltc",        "mac", "xmr", "onion",
    "pgp-key", "phone", "session-id", "sky-id",    "ssh-key", "threema-id", "trx", "url"};

bool is_print(std::uint8_t c) {
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

// Bits of a block from its k-th byte on, with those of the next behind. k: 1 to 63.
std::uint64_t ahead(std::uint64_t block, std::uint64_t next, unsigned k) {
  return block >> k | next << (64 - k);
}

// Masks of a window of blocks and of the one behind it; what lies behind the end of the bytes is zero.
class Window {
 public:
  explicit Window(std::string_view text) : text_(text) {}
  void move(std::size_t first_block) {
    first_ = first_block;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
    const std::size_t whole = text_.size() / kBlockBytes;
    const std::size_t want = kWindowBlocks + 1;
    const std::size_t direct = first_block < whole ? std::min(want, whole - first_block) : 0;
    if (direct > 0) best_masks()(bytes + first_block * kBlockBytes, direct, masks_.data());
    for (std::size_t i = direct; i < want; ++i) {
      std::array<std::uint8_t, kBlockBytes> padded;
      padded.fill(1);  // of no class
      const std::size_t from = (first_block + i) * kBlockBytes;
      if (from < text_.size()) std::memcpy(padded.data(), bytes + from, text_.size() - from);
      best_masks()(padded.data(), 1, &masks_.at(i));
    }
  }
  [[nodiscard]] const Masks& operator[](std::size_t i) const { return masks_[i]; }

 private:
  std::string_view text_;
  std::size_t first_ = 0;
  std::array<Masks, kWindowBlocks + 1> masks_;
};

class Blocks {
 public:
  Blocks(std::string_view text, const Options& options, std::vector<Found>& found, bool wide)
      : text_(text), options_(options), found_(found), confirmer_(text, options, found), wide_(wide), window_(text) {}

  void run() {
    const std::size_t blocks = (text_.size() + kBlockBytes - 1) / kBlockBytes;
    for (std::size_t first = 0; first < blocks; first += kWindowBlocks) {
      window_.move(first);
      const std::size_t here = std::min(kWindowBlocks, blocks - first);
      for (std::size_t i = 0; i < here; ++i) block((first + i) * kBlockBytes, window_[i], window_[i + 1]);
    }
  }

 private:
  template <class Take>
  static void each(std::uint64_t bits, std::size_t base, const Take& take) {
    for (; bits != 0; bits &= bits - 1) take(base + static_cast<std::size_t>(std::countr_zero(bits)));
  }

  void block(std::size_t base, const Masks& now, const Masks& next) {
    if (now.print == 0) {
      last_alnum_ = false;
      return;
    }
    const std::uint64_t a = now.alnum, b = next.alnum;
    const std::uint64_t digit_next = ahead(now.digit, next.digit, 1);
    std::uint64_t signs = (now.at & ahead(a, b, 1)) | now.colon | (now.sign & digit_next);
    // "-----B": the first of five.
    std::uint64_t dashes = now.sign & ahead(now.sign, next.sign, 1);
    if (dashes != 0) {
      dashes &= ahead(now.sign, next.sign, 2) & ahead(now.sign, next.sign, 3) & ahead(now.sign, next.sign, 4) &
                ahead(a, b, 5);
      signs |= dashes;
    }
    each(signs, base, [&](std::size_t at) { confirmer_.at_sign(at); });

    // Runs of eleven and more, at their first.
    std::uint64_t r = a & ahead(a, b, 1), s = b & (b >> 1u);
    if (r != 0) {
      r &= ahead(r, s, 2);
      s &= s >> 2u;
      r &= ahead(r, s, 4);
      s &= s >> 4u;
      r &= ahead(r, s, 3);
      r &= ~(a << 1u | (last_alnum_ ? 1u : 0u));
      each(r, base, [&](std::size_t at) { run_from(at); });
    }
    last_alnum_ = (a >> 63u) != 0;
    for (unsigned look = 0; look < kBlockBytes; look += kPhraseStep) phrase(base, now, next, look);
    if (wide_) wide(base, now, next);
  }

  // Words of three to eight letters, with a number in front or not: of a text most pieces hold something else.
  void phrase(std::size_t base, const Masks& now, const Masks& next, unsigned look) {
    const std::uint64_t word = look == 0 ? now.alnum : ahead(now.alnum, next.alnum, look);
    const std::uint64_t digit = look == 0 ? now.digit : ahead(now.digit, next.digit, look);
    const std::uint64_t starts = word & ~(word << 1u) & ~digit & (piece(kPhrasePiece) & ~std::uint64_t{1});
    if (starts == 0) return;
    for (std::uint64_t left = starts; left != 0; left &= left - 1) {
      const auto first = static_cast<unsigned>(std::countr_zero(left));
      const auto length = static_cast<unsigned>(std::countr_one(word >> first));
      const std::size_t at = base + look + first;
      if (length > kBlockBytes / 2 || at + length > text_.size() || !may_be_of_phrase(text_.substr(at, length))) return;
    }
    confirmer_.at_phrase(base + look + static_cast<unsigned>(std::countr_zero(starts)));
  }
  static constexpr std::uint64_t piece(unsigned bits) { return (std::uint64_t{1} << bits) - 1; }

  void run_from(std::size_t begin) {
    std::size_t end = begin + kShortestRun;
    bool digit = false;
    for (std::size_t i = begin; i < end; ++i) digit = digit || is_digit(text_[i]);
    while (end < text_.size() && is_alnum(text_[end]) && end - begin <= kLongestRun) {
      digit = digit || is_digit(text_[end]);
      ++end;
    }
    // Words of a language: of what is looked for, only long ones may be without a digit.
    if (!digit && end - begin < 26) return;
    confirmer_.at_run(begin, end);
  }

  // Letters with a zero behind each: made narrow, and looked at in the same way.
  void wide(std::size_t base, const Masks& now, const Masks& next) {
    const std::uint64_t u = now.print & ahead(now.zero, next.zero, 1), v = next.print & (next.zero >> 1u);
    std::uint64_t run = u & ahead(u, v, 2);
    if (run == 0) return;
    run &= ahead(u, v, 4) & ahead(u, v, 6) & ahead(u, v, 8) & ahead(u, v, 10);
    each(run, base, [&](std::size_t at) { wide_from(at); });
  }
  void wide_from(std::size_t at) {
    if (at < wide_end_[at % 2]) return;
    const auto unit = [&](std::size_t place) {
      return is_print(static_cast<std::uint8_t>(text_[place])) && text_[place + 1] == '\0';
    };
    std::size_t begin = at, end = at;
    // A tab or a line's end in front is no letter of the mask, and may stand in an earlier block.
    while (begin >= wide_end_[at % 2] + 2 && at - begin < 2 * kReach && unit(begin - 2)) begin -= 2;
    std::string narrow;
    narrow.reserve(kReach);
    for (std::size_t i = begin; i < at; i += 2) narrow += text_[i];
    while (end + 1 < text_.size() && end - begin < kLongestWide && unit(end)) {
      narrow += text_[end];
      end += 2;
    }
    wide_end_[at % 2] = end;
    if (narrow.size() < kFewestWide) return;
    const std::size_t first = found_.size();
    scan_narrow(narrow, begin, first);
  }
  void scan_narrow(const std::string& narrow, std::size_t begin, std::size_t first) {
    Blocks(narrow, options_, found_, false).run();
    for (std::size_t i = first; i < found_.size(); ++i) {
      found_[i].begin = begin + 2 * found_[i].begin;
      found_[i].end = begin + 2 * found_[i].end;
      found_[i].wide = true;
    }
  }

  std::string_view text_;
  const Options& options_;
  std::vector<Found>& found_;
  Confirmer confirmer_;
  bool wide_;
  Window window_;
  bool last_alnum_ = false;
  std::array<std::size_t, 2> wide_end_{};
};

}  // namespace

std::string_view kind_word(Kind kind) {
  return kKindWords.at(static_cast<std::size_t>(kind));
}

void scan_slowly(std::string_view text, const Options& options, std::vector<Found>& found) {
  const std::size_t first = found.size();
  Confirmer confirmer(text, options, found);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::string_view("@:+.-").find(text[at]) != std::string_view::npos) confirmer.at_sign(at);
    if (!is_alnum(text[at]) || (at > 0 && is_alnum(text[at - 1]))) continue;
    confirmer.at_phrase(at);
    std::size_t end = at;
    while (end < text.size() && is_alnum(text[end])) ++end;
    confirmer.at_run(at, end);
    if (options.setting == Setting::kText) confirmer.at_group(at);
  }
  settle(found, first);
}

void scan_blocks(std::string_view text, const Options& options, std::vector<Found>& found) {
  const std::size_t first = found.size();
  Blocks(text, options, found, true).run();
  settle(found, first);
}

void scan(Bytes bytes, const Options& options, std::vector<Found>& found) {
  // Of a text every character is looked at anyway.
  if (options.setting == Setting::kText)
    scan_slowly(as_text(bytes), options, found);
  else
    scan_blocks(as_text(bytes), options, found);
}

}  // namespace limier::entities
