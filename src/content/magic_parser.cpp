#include "content/magic_parser.h"

#include <algorithm>

#include "limier/content/parsers.h"

namespace limier::content {
namespace {

// Said here: without a path libmagic would take one from the environment, or what lies in the home folder.
constexpr const char* kDatabase = "/usr/share/misc/magic";
constexpr std::uint64_t kHeadBytes = 1u << 20;
constexpr std::size_t kMaxName = 80, kMaxMime = 100;
// Text has types of its own, and what is packed is not opened here.
constexpr int kFlags = MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_CSV |
                       MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF;
// Said by one or two bytes, or by a few that may be anything: programs that begin with a jump, streams of zlib, frames
// of sound, old pictures and disks.
constexpr auto kNotTaken = std::to_array<std::string_view>(
    {"application/octet-stream", "application/x-dosexec", "application/zlib", "audio/x-mp4a-latm",
     "image/x-atari-degas", "image/x-award-bioslogo", "image/x-pcx", "image/x-tga", "application/x-dc42-floppy-image",
     "application/x-adobe-aco"});

bool is_mime(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '+' ||
           c == '-' || c == '/' || c == '_';
  };
  return text.size() <= kMaxMime && std::ranges::count(text, '/') == 1 && text.front() != '/' && text.back() != '/' &&
         std::ranges::all_of(text, good);
}

// What is text the own table has seen; a text somewhere in other data makes it none.
bool is_text(std::string_view mime) {
  return mime.starts_with("text/") || mime.ends_with("+xml");
}

// The kind alone: what follows says what stands in this file.
std::string kind_of(std::string_view said) {
  const std::size_t end = std::min({said.find_first_of(",;:\"\\("), said.find(" - "), said.find(" \x60"), kMaxName});
  said = said.substr(0, end);
  while (said.ends_with(' ')) said.remove_suffix(1);
  return std::string(said);
}

}  // namespace

MagicParser::MagicParser() : magic_(magic_open(kFlags)) {
  if (magic_ != nullptr && magic_load(magic_.get(), kDatabase) != 0) magic_ = nullptr;
}

std::string_view MagicParser::name() const {
  return kLibmagic;
}
std::string_view MagicParser::version() const {
  return kLibmagicVersion;
}

Outcome MagicParser::parse(const Source& source, Rows& rows) const {
  if (magic_ == nullptr) {
    rows.issue(
        std::string(kNoMagicDatabase),
        "The database of libmagic cannot be read on this machine: what limier's own table does not know stays of "
        "no known type",
        false);
    return {catalog::ItemState::kNotApplicable, "the database of libmagic cannot be read"};
  }
  std::vector<std::uint8_t> head(std::min(source.main->size_bytes(), kHeadBytes));
  if (head.empty() || !source.main->read(0, head)) return {catalog::ItemState::kFailed, "its bytes could not be read"};
  const Outcome nothing{catalog::ItemState::kNotApplicable, "libmagic has no name for it either"};
  magic_setflags(magic_.get(), kFlags | MAGIC_MIME_TYPE);
  const char* said = magic_buffer(magic_.get(), head.data(), head.size());
  const std::string mime = said == nullptr ? "" : said;
  if (mime.empty() || !is_mime(mime) || std::ranges::find(kNotTaken, mime) != kNotTaken.end() || is_text(mime))
    return nothing;
  magic_setflags(magic_.get(), kFlags);
  said = magic_buffer(magic_.get(), head.data(), head.size());
  std::string kind = kind_of(said == nullptr ? "" : said);
  if (kind.empty() || kind == "data") return nothing;
  return {catalog::ItemState::kParsed, "", mime, std::move(kind)};
}

std::unique_ptr<Parser> make_libmagic_parser() {
  return std::make_unique<MagicParser>();
}

std::string libmagic_version() {
  const int version = magic_version();
  return std::to_string(version / 100) + "." + (version % 100 < 10 ? "0" : "") + std::to_string(version % 100);
}

}  // namespace limier::content
