// content: what stands inside files. One file a parser: bytes in, declared rows out (catalog/rows.h). A parser knows no
// image, no index and no other process; it runs inside limier-content alone, where it may crash without harm to more
// than the content it reads.
//
// Owns:    nothing beyond a call. A Source and the Readers in it live as long as the call of parse().
// Threads: one.
// Errors:  parse() says what became of the content; damage is an issue, or a row that is not there. A parser that meets
//          what it cannot make sense of says kNotApplicable or kFailed with a reason, it never guesses.
#pragma once

#include <memory>

#include "limier/catalog.h"
#include "limier/catalog/findings.h"
#include "limier/catalog/rows.h"
#include "limier/evidence.h"
#include "limier/keywords.h"

namespace limier::content {

// The bytes of one content, as its file system shows them. Bytes that could not be read are zeros.
class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  // Fills `out` from `offset` on. False when some byte of it lies beyond the end, or could not be read (zeros then).
  virtual bool read(std::uint64_t offset, MutableBytes out) const = 0;
};

// A file in or beside the folder of a content that statements over it may read too.
struct BesideSource {
  std::string place;  // seen from that folder: "wa.db", "../databases/x.db"
  const Reader* main = nullptr;
  const Reader* wal = nullptr;      // nullptr: there is none
  const Reader* journal = nullptr;  // the same
};

// Pages of databases in free space of the volume on which a content lies.
struct LoosePlace {
  std::uint64_t image_offset = 0, room = 0;  // bytes to the end of what is free
  static constexpr auto fields() { return std::tuple{&LoosePlace::image_offset, &LoosePlace::room}; }
};
struct LooseSource {
  const Reader* media = nullptr;  // by image_offset
  std::vector<LoosePlace> places;
  std::vector<const Reader*> rivals;  // the volume's other databases, without their logs
};

// A content and what belongs to it by name: "<name>-wal", "<name>-journal" in the same folder.
struct Source {
  std::string path;  // raw bytes, of the first file that has the content
  const Reader* main = nullptr;
  const Reader* wal = nullptr;      // nullptr: there is none
  const Reader* journal = nullptr;  // the same
  std::vector<BesideSource> beside{};
  const LooseSource* loose = nullptr;  // nullptr: they are not looked for
};

// Where rows go. They are kept when the parser has come to its end, or dropped all together.
class Rows {
 public:
  virtual ~Rows() = default;
  // `maker` and `version` stand in the row's parser and parser_version: of a pack, its own.
  template <catalog::Row T>
  void add(const T& row, std::string_view maker, std::string_view version) {
    add_cells(catalog::kKindOf<T>, catalog::cells_of(row), maker, version);
  }
  virtual void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                         std::string_view version) = 0;
  // Damage or doubt; `incomplete`: something that is there could not be shown.
  virtual void issue(std::string code, std::string message, bool incomplete) = 0;
  // To be called once in a while by what takes long, so that it is not taken for a hang.
  virtual void alive() = 0;
};

struct Outcome {
  catalog::ItemState state = catalog::ItemState::kParsed;
  std::string reason;
  std::string mime{}, type_name{};  // of a parser that says what the content is; "": it does not
};

// A pack of the program, or of --packs: which database it knows, and how its rows become ours (docs/packs.md).
struct PackText {
  std::string name;  // of the file, for messages
  std::string toml;
  static constexpr auto fields() { return std::tuple{&PackText::name, &PackText::toml}; }
};

// A file of YARA rules: the user's, never the evidence's.
struct RuleFile {
  std::string name;  // by which reports and the rules' places name it
  std::string text;
  static constexpr auto fields() { return std::tuple{&RuleFile::name, &RuleFile::text}; }
};
// What became of it.
struct RuleFileState {
  std::uint64_t rules = 0;  // in it that are reported when they match
  std::string refused;      // why it cannot be used; "": it is
  static constexpr auto fields() { return std::tuple{&RuleFileState::rules, &RuleFileState::refused}; }
};
struct CompiledRules {
  std::vector<std::uint8_t> rules;   // all that can be used, as libyara stores them; empty: none can
  std::vector<RuleFileState> files;  // in the order in which they were given
  static constexpr auto fields() { return std::tuple{&CompiledRules::rules, &CompiledRules::files}; }
};

class Parser {
 public:
  virtual ~Parser() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;     // "sqlite"; v_item.parser
  [[nodiscard]] virtual std::string_view version() const = 0;  // rises when the same bytes give other rows
  virtual Outcome parse(const Source& source, Rows& rows) const = 0;
};

// What parsers want is asked by the supervisor, which never sees content: by path alone before the media are read, and
// by type or by the name of the file after it.
struct Wish {
  std::string_view parser;                         // its name
  std::string_view version;                        // and its version
  std::span<const std::string_view> mime_types{};  // contents of these types are given to it
  std::span<const std::string> file_names{};       // and files of these names: store::ItemChoice
  std::uint64_t max_size_bytes = UINT64_MAX;       // larger ones become kTooLarge
  std::span<const std::string> beside{};           // what lies near them and is given too: Source::beside
};

// ---- what limier-content is told, and what it says -----------------------------------------------------------------

// Where a record begins.
struct RecordAt {
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint64_t file_offset = 0;  // in the file that `source` names
  static constexpr auto fields() { return std::tuple{&RecordAt::source, &RecordAt::file_offset}; }
};

// Which rows of a database are wanted (content/database_rows.h).
struct DatabaseQuestion {
  std::string table;           // in any case of its letters; "": all
  std::uint32_t states = 0;    // one bit a catalog::RowState
  std::optional<RecordAt> at;  // the one row that stands there
  static constexpr auto fields() {
    return std::tuple{&DatabaseQuestion::table, &DatabaseQuestion::states, &DatabaseQuestion::at};
  }
};

struct ContentJob {
  evidence::EvidenceSpec evidence;
  std::vector<PackText> packs;
  std::uint64_t memory_bytes = 0;  // of its address space
  DatabaseQuestion question;       // for items of `limier rows`
  keywords::Set keywords;          // of the run
  bool libmagic = false;           // there are items for it
  std::vector<std::uint8_t> yara;  // CompiledRules::rules; empty: no items for them
  std::vector<RuleFile> compile;   // not empty: that is the whole job, and the answer is CompiledRules
  static constexpr auto fields() {
    return std::tuple{&ContentJob::evidence, &ContentJob::packs,    &ContentJob::memory_bytes, &ContentJob::question,
                      &ContentJob::keywords, &ContentJob::libmagic, &ContentJob::yara,         &ContentJob::compile};
  }
};

// Where the bytes of a content lie: in pieces of the image with zeros between them, packed in one piece of it, or here,
// where limier-fs read them.
struct ContentBytes {
  struct Piece {
    std::uint64_t file_offset = 0, image_offset = 0, length = 0;
    static constexpr auto fields() { return std::tuple{&Piece::file_offset, &Piece::image_offset, &Piece::length}; }
  };
  std::uint64_t size_bytes = 0;
  bool is_here = false;
  std::vector<Piece> pieces;  // by file_offset, without overlap
  std::vector<std::uint8_t> bytes;
  // Other than kPlain: the one piece there is holds packed bytes, and size_bytes is what comes of them.
  catalog::Coding coding = catalog::Coding::kPlain;
  static constexpr auto fields() {
    return std::tuple{&ContentBytes::size_bytes, &ContentBytes::is_here, &ContentBytes::pieces, &ContentBytes::bytes,
                      &ContentBytes::coding};
  }
};

// A packed content that cannot be gone into from the middle (all codings but kDeflate) may be no larger.
inline constexpr std::uint64_t kMaxPackedWhole = 32u << 20;
inline bool can_be_read(catalog::Coding coding, std::uint64_t size_bytes, std::size_t pieces) {
  return coding == catalog::Coding::kPlain ||
         (pieces == 1 && (catalog::has_points(coding) || size_bytes <= kMaxPackedWhole));
}

// A BesideSource on its way.
struct ContentBeside {
  std::string place;  // raw bytes
  ContentBytes main;
  bool has_wal = false, has_journal = false;
  ContentBytes wal, journal;
  static constexpr auto fields() {
    return std::tuple{&ContentBeside::place,       &ContentBeside::main, &ContentBeside::has_wal,
                      &ContentBeside::has_journal, &ContentBeside::wal,  &ContentBeside::journal};
  }
};

struct ContentItem {
  std::uint64_t item_id = 0;
  std::string parser;
  std::string path;  // raw bytes
  ContentBytes main;
  bool has_wal = false, has_journal = false;
  ContentBytes wal, journal;
  std::vector<ContentBeside> beside;
  std::vector<LoosePlace> loose;     // of an item that looks for them
  std::vector<ContentBytes> rivals;  // the volume's other databases
  static constexpr auto fields() {
    return std::tuple{&ContentItem::item_id, &ContentItem::parser,      &ContentItem::path,  &ContentItem::main,
                      &ContentItem::has_wal, &ContentItem::has_journal, &ContentItem::wal,   &ContentItem::journal,
                      &ContentItem::beside,  &ContentItem::loose,       &ContentItem::rivals};
  }
};

// In front of rows of one kind and maker: so many sets of cells follow (catalog::put_cells).
struct RowsHead {
  std::uint64_t item_id = 0;
  std::uint32_t kind = 0;
  std::string maker, version;
  std::uint32_t count = 0;
  static constexpr auto fields() {
    return std::tuple{&RowsHead::item_id, &RowsHead::kind, &RowsHead::maker, &RowsHead::version, &RowsHead::count};
  }
};

struct ItemIssue {
  std::string code, message;
  bool incomplete = false;
  static constexpr auto fields() { return std::tuple{&ItemIssue::code, &ItemIssue::message, &ItemIssue::incomplete}; }
};

struct ItemDone {
  std::uint64_t item_id = 0;
  catalog::ItemState state = catalog::ItemState::kParsed;
  std::string reason;
  std::vector<ItemIssue> issues;
  std::string mime, type_name;  // Outcome
  static constexpr auto fields() {
    return std::tuple{&ItemDone::item_id, &ItemDone::state, &ItemDone::reason,
                      &ItemDone::issues,  &ItemDone::mime,  &ItemDone::type_name};
  }
};

}  // namespace limier::content
