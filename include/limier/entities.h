// entities: numbers, addresses and keys in bytes and in texts: found by their form, held to their own check digits,
// given one spelling.
//
// Owns:    nothing; knows bytes alone, no file, index or image.
// Threads: plain functions; a Scanner belongs to one thread.
// Errors:  none: what does not check is not there.
// Units:   bytes.
// Sources: ISO 13616 (IBAN), ISO 6346 (containers), ISO/IEC 7812 (cards), 3GPP TS 23.003 (IMEI, IMSI), ITU-T E.118
//          (ICCID), E.164 (telephone), RFC 5321, 3986, 4291, 5952, 4880; BIP 173 and 350, EIP-55, Tor rend-spec-v3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base/bytes.h"

namespace limier::people {
struct Country;
}

namespace limier::entities {

inline constexpr std::string_view kScanner = "entities", kScannerVersion = "1";

// By name, in the order of kKindWords.
enum class Kind : std::uint8_t {
  kBitcoin,
  kCard,
  kContainer,
  kDomain,
  kEmail,
  kEthereum,
  kGps,
  kIban,
  kIccid,
  kImei,
  kImsi,
  kIpv4,
  kIpv6,
  kLitecoin,
  kMac,
  kMonero,
  kOnion,
  kPgpKey,
  kPhone,
  kSshKey,
  kTron,
  kUrl
};
std::string_view kind_word(Kind kind);  // "btc", "card", "container", …

// How sure it is that it is one: it carries a check digit or digest and that is right; it has the form; it looks like
// it and nothing more.
enum class Proof : std::uint8_t { kChecksum, kGrammar, kNone };

struct Found {
  Kind kind = Kind::kEmail;
  Proof proof = Proof::kNone;
  std::size_t begin = 0, end = 0;  // in what was scanned
  std::string normalized;
  bool wide = false;  // UTF-16LE
};

// Where it is looked for. kBytes: anything, so what numbers by chance look like is only taken with a word beside it
// that says so, and spelled forms ("BE68 5390 …") are not looked for. kText: a text that somebody wrote or reads.
enum class Setting : std::uint8_t { kBytes, kText };

struct Options {
  Setting setting = Setting::kText;
  // kText: numbers are taken as they are dialled there; nullptr: only with a country code.
  const people::Country* at_home = nullptr;
};

// Appends what is found, in the order of its beginning; UTF-8 and UTF-16LE.
void scan(Bytes bytes, const Options& options, std::vector<Found>& found);

// Nothing that is found is longer, but URLs are cut here, and keys between lines.
inline constexpr std::size_t kReach = 512;
// In bytes, what a scan has to see of those before and behind to find the same as in all of them: a key between lines
// is followed so far, in both encodings.
inline constexpr std::size_t kFullReach = 16u << 10;

// ---- single checks, for whoever has the word already; capitals where letters count as one
// ----------------------------
bool container_checks(std::string_view number);  // eleven characters, capitals
bool iban_checks(std::string_view iban);         // capitals, no blanks
// Letters of its country's IBAN; 0: none has that code.
std::size_t iban_length(std::string_view country);
bool luhn_checks(std::string_view digits);
bool bitcoin_checks(std::string_view word);  // base58check, bech32, bech32m

// Takes `count` letters or digits from `at` on, in capitals, with at most one blank, dash, slash or dot between two of
// them; where they end. Fewer when the text says something else before.
std::size_t take_spelt(std::string_view text, std::size_t at, std::size_t count, std::string& out);

}  // namespace limier::entities
