// The parsers there are. A new one is a file in src/content and a line in src/content/parsers.cpp; what it wants is a
// line in src/content/wishes.cpp, which the supervisor asks.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/content.h"

namespace limier::content {

// By name. `packs` were checked where they came from; one that is wrong is left out.
// `keywords`: looked for where a parser looks for numbers and addresses; nullptr: none.
std::vector<std::unique_ptr<Parser>> make_parsers(std::span<const PackText> packs,
                                                  std::shared_ptr<const keywords::Matcher> keywords = nullptr);

// Files of a pack's tests by the names they have there, those of write-ahead logs too; what cannot be read is not in
// it.
using PackSamples = std::map<std::string, std::vector<std::uint8_t>>;

// Reads them; the pack's name is its path, and they lie beside it. kUsage where the pack is wrong.
Result<PackSamples> read_samples(const PackText& pack);

// One of the pack's tests, or what is looked at beside them: whether its statements name anything that neither its
// tables nor its capabilities do, and whether it has samples that it knows and that it must not know.
struct PackCheck {
  enum class State : std::int8_t { kGood, kWrong, kNoSamples };
  std::string name;
  State state = State::kGood;
  std::vector<std::string> problems;
  static constexpr auto fields() { return std::tuple{&PackCheck::name, &PackCheck::state, &PackCheck::problems}; }
};
// Opens no file. kNoSamples: there is not one.
Result<std::vector<PackCheck>> check_pack(const PackText& pack, const PackSamples& samples);

// What they want, by name of the parser.
std::span<const Wish> wishes();
// The parser of pages of databases in free space. It has no wish: it looks once more at databases that were read.
inline constexpr std::string_view kLoosePages = "sqlite-free-space";
inline constexpr std::string_view kLoosePagesVersion = "1";

// The parser of files that are text. Bytes do not say whose they are, so under a scope it is given none.
inline constexpr std::string_view kTextParser = "text";
// Of the text of one file, from its beginning on.
inline constexpr std::uint64_t kMostTextBytes = 16u << 20;
// Parsers of every content, or of those of no known type: they have no wish either.
inline constexpr std::string_view kLibmagic = "libmagic", kLibmagicVersion = "1";
inline constexpr std::string_view kYara = "yara", kYaraVersion = "1";
inline constexpr std::uint64_t kMaxYaraBytes = 64ull << 20;  // of one content: it is scanned in one piece
// The issue of kLibmagic when its database cannot be read.
inline constexpr std::string_view kNoMagicDatabase = "libmagic-no-database";
// Opens the database of libmagic, so before the jail is closed.
std::unique_ptr<Parser> make_libmagic_parser();
// `rules`: CompiledRules::rules. nullptr: libyara does not take them.
std::unique_ptr<Parser> make_yara_parser(Bytes rules);
// Each file alone first, so that one that is wrong takes no other with it. Opens no file.
CompiledRules compile_yara(std::span<const RuleFile> files);
std::string libmagic_version();
std::string libyara_version();

// Of the parser that reads by packs: to it go the files in the places that packs name.
const Wish& wish_of_packs();

}  // namespace limier::content
