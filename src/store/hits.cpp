// Numbers, addresses and keys in the texts of the rows that came out of contents: hits, each with the row it stands in.
// With those in bytes (byte_hits.cpp) they get their ids and ranks. Once, when all rows have their ids.
#include <fmt/format.h>

#include <map>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/device.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "limier/entities.h"
#include "limier/people.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

constexpr std::string_view kHitsInKnown = "hits-in-known-files";
constexpr std::size_t kContextBytes = 48;   // on either side
constexpr std::size_t kMaxText = 4u << 20;  // of one cell

// How the text of a column is to be read.
enum class Reading : std::uint8_t {
  kPlain,  // whatever it is: numbers only with a country code
  kTalk,   // somebody wrote it: numbers as they are dialled at home, too
  kParty,  // whoever it is: a number, an address, several of them
  kFact,   // v_device.value: by its key
  kNone    // ids, names of files, what other columns say again
};
struct Known {
  std::string_view kind, column;
  Reading reading;
};
// Columns of a text that is not plain.
constexpr auto kKnown = std::to_array<Known>({
    {"account", "identifier", Reading::kParty},
    {"app", "package", Reading::kNone},
    {"app", "name", Reading::kNone},
    {"app", "version", Reading::kNone},
    {"attachment", "name", Reading::kNone},
    {"attachment", "mime", Reading::kNone},
    {"attachment", "path", Reading::kNone},
    {"attachment", "places", Reading::kNone},
    {"call", "party", Reading::kParty},
    {"call", "party_name", Reading::kTalk},
    {"connection", "serial", Reading::kNone},
    {"contact", "email", Reading::kParty},
    {"contact", "handle", Reading::kParty},
    {"contact", "name", Reading::kTalk},
    {"contact", "number", Reading::kParty},
    {"device", "value", Reading::kFact},
    {"hit", "context", Reading::kNone},
    {"hit", "value", Reading::kNone},
    {"message", "body", Reading::kTalk},
    {"message", "recipients", Reading::kParty},
    {"message", "sender", Reading::kParty},
    {"message", "service_id", Reading::kNone},
    {"message", "thread", Reading::kNone},
    {"message", "thread_name", Reading::kTalk},
    {"text", "body", Reading::kTalk},
    {"web", "profile", Reading::kNone},
    {"web", "target_path", Reading::kNone},
});

Reading reading_of(std::string_view kind, std::string_view column) {
  for (const Known& one : kKnown)
    if (one.kind == kind && one.column == column) return one.reading;
  return Reading::kPlain;
}

// Up to so many bytes on either side, not within a letter.
std::string around(std::string_view text, std::size_t begin, std::size_t end) {
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u;
  };
  std::size_t from = begin > kContextBytes ? begin - kContextBytes : 0;
  while (from < begin && inside(from)) ++from;
  std::size_t to = std::min(text.size(), end + kContextBytes);
  while (to > end && inside(to)) --to;
  return std::string(text.substr(from, to - from));
}

struct Column {
  std::string name;
  Reading reading = Reading::kPlain;
};

class RowHits {
 public:
  RowHits(Database& db, DeclaredRows& rows, std::int64_t maker, const people::Country* at_home)
      : db_(db), rows_(rows), maker_(maker), at_home_(at_home) {}

  Status run() {
    for (const catalog::KindInfo* kind : catalog::row_kinds()) {
      if (kind->origin != catalog::Origin::kContent) continue;
      std::vector<Column> columns;
      for (const catalog::ColumnInfo& column : kind->columns) {
        const Reading reading = reading_of(kind->name, column.name);
        if (column.as == catalog::As::kText && reading != Reading::kNone)
          columns.push_back({std::string(column.name), reading});
      }
      if (!columns.empty()) LIMIER_CHECK(kind_of_rows(*kind, columns));
    }
    return put_left_out();
  }

 private:
  struct Row {
    std::int64_t item_id = 0, file_id = 0;
    catalog::RowPlace place;
    std::string kind, word;  // `word`: the service, or the key of a fact
  };
  // Of one value in one file.
  struct Places {
    std::int64_t last_row = 0, left_out = 0;
    std::size_t rows = 0;
  };

  Status kind_of_rows(const catalog::KindInfo& kind, const std::vector<Column>& columns) {
    std::string word = "NULL";
    for (const catalog::ColumnInfo& column : kind.columns)
      if (column.name == "service" || (column.name == "key" && kind.name == "device"))
        word = fmt::format("r.{}", column.name);
    std::string sql = fmt::format(
        "SELECT r.item_id, i.file_id, r.place_locator, r.place_state, r.place_source, r.place_page, "
        "r.place_file_offset, {}",
        word);
    for (const Column& column : columns) sql += fmt::format(", r.{}", column.name);
    sql += fmt::format(" FROM row_{} r JOIN content_item i ON i.item_id = r.item_id ORDER BY r.id", kind.name);
    LIMIER_TRY(auto rows, db_.prepare(sql));
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) return ok_status();
      Row row;
      row.kind = kind.name;
      row.item_id = rows.integer(0);
      row.file_id = rows.integer(1);
      row.place.locator = rows.text(2);
      if (!rows.is_null(3)) row.place.state = static_cast<catalog::RowState>(rows.integer(3));
      if (!rows.is_null(4)) row.place.source = static_cast<catalog::RowSource>(rows.integer(4));
      row.place.page = rows.optional_integer(5);
      row.place.file_offset = rows.optional_integer(6);
      row.word = rows.text(7);
      constexpr int kFirstText = 8;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const int at = kFirstText + static_cast<int>(i);
        if (rows.is_null(at)) continue;
        LIMIER_CHECK(cell(row, columns[i], rows.text(at)));
      }
    }
  }

  Status cell(const Row& row, const Column& column, std::string_view text) {
    text = text.substr(0, kMaxText);
    found_.clear();
    switch (column.reading) {
      case Reading::kParty:
        parties(text, row.word);
        break;
      case Reading::kFact:
        fact(text, row.word);
        break;
      case Reading::kTalk:
      case Reading::kPlain:
        entities::scan(
            as_bytes(text),
            {.setting = entities::Setting::kText, .at_home = column.reading == Reading::kTalk ? at_home_ : nullptr},
            found_);
        break;
      case Reading::kNone:
        break;
    }
    // A value once a cell; an address that is the whole cell is there already.
    std::vector<std::pair<entities::Kind, std::string_view>> seen;
    for (const entities::Found& one : found_) {
      if (row.kind == "web" && column.name == "url" && one.kind == entities::Kind::kUrl && one.begin == 0) continue;
      const std::pair<entities::Kind, std::string_view> value{one.kind, one.normalized};
      if (std::ranges::find(seen, value) != seen.end()) continue;
      seen.push_back(value);
      LIMIER_CHECK(put(row, column, text, one));
    }
    return ok_status();
  }

  // Somebody's number or address, several by "; ".
  void parties(std::string_view text, std::string_view service) {
    for (std::string_view one : catalog::split_list(text)) {
      const auto party = people::party_of(one, service, at_home_);
      if (!party || (party->kind != "number" && party->kind != "email")) continue;
      entities::Found& found = found_.emplace_back();
      found.kind = party->kind == "number" ? entities::Kind::kPhone : entities::Kind::kEmail;
      found.proof = entities::Proof::kGrammar;
      found.begin = static_cast<std::size_t>(one.data() - text.data());
      found.end = found.begin + one.size();
      found.normalized = party->normalized;
    }
  }

  void fact(std::string_view text, std::string_view key) {
    constexpr std::size_t kImeiWithCheck = 15;
    if (key == "phone_number") return parties(text, "");
    std::string normalized = people::normal_device_id(key, text);
    if (normalized.empty()) {
      if (key == "owner_name" || key == "user" || key == "account" || key == "udid" || key == "email")
        entities::scan(as_bytes(text), {.setting = entities::Setting::kText}, found_);
      return;
    }
    entities::Found& found = found_.emplace_back();
    const bool checks = key != "imsi" && normalized.size() >= kImeiWithCheck && entities::luhn_checks(normalized);
    found.kind = key == "imei" ? entities::Kind::kImei : key == "imsi" ? entities::Kind::kImsi : entities::Kind::kIccid;
    found.proof = checks ? entities::Proof::kChecksum : entities::Proof::kGrammar;
    found.end = text.size();
    found.normalized = std::move(normalized);
  }

  Status put(const Row& row, const Column& column, std::string_view text, const entities::Found& found) {
    const std::string kind(entities::kind_word(found.kind));
    Places& places = places_[fmt::format("{}:{}:{}", row.file_id, kind, found.normalized)];
    if (places.rows == kMaxPlacesOfValue) {
      ++places.left_out;
      return ok_status();
    }
    ++places.rows;
    catalog::Hit hit;
    hit.place = row.place;
    hit.kind = kind;
    hit.value = text.substr(found.begin, found.end - found.begin);
    hit.normalized = found.normalized;
    hit.validated = static_cast<catalog::Validated>(found.proof);
    hit.encoding = "utf-8";
    hit.decode_path = row.kind + "." + column.name;
    hit.context = around(text, found.begin, found.end);
    if (row.kind == "message") hit.message = row.place.locator;
    LIMIER_CHECK(rows_.add(db_, catalog::kKindOf<catalog::Hit>, row.item_id, ++seq_, maker_, catalog::cells_of(hit)));
    places.last_row = sqlite3_last_insert_rowid(db_.get());
    return ok_status();
  }

  Status put_left_out() {
    LIMIER_TRY(auto update, db_.prepare("UPDATE row_hit SET left_out = ?1 WHERE row_id = ?2"));
    for (const auto& [value, places] : places_) {
      if (places.left_out == 0) continue;
      update.bind(1, places.left_out);
      update.bind(2, places.last_row);
      LIMIER_CHECK(update.run());
    }
    return ok_status();
  }

  Database& db_;
  DeclaredRows& rows_;
  std::int64_t maker_;
  const people::Country* at_home_;
  std::vector<entities::Found> found_;
  std::map<std::string, Places, std::less<>> places_;
  std::int64_t seq_ = 0;
};

// What is sure first, then what stands in messages, then what there is least of.
constexpr const char* kRank =
    "UPDATE row_hit SET rank = o.n FROM (SELECT row_id, row_number() OVER (ORDER BY validated, kind IN ('url', "
    "'domain'), message_locator IS NULL, places, kind, normalized, id) AS n FROM (SELECT row_id, validated, kind, "
    "normalized, message_locator, id, count(*) OVER (PARTITION BY kind, normalized) AS places FROM row_hit)) o WHERE "
    "o.row_id = row_hit.row_id";

}  // namespace

// Of published software and the like: counted and not kept. Those of notable files stay.
Status IndexWriter::Impl::leave_out_known_hits() {
  LIMIER_CHECK(db_.execute(fmt::format("DELETE FROM issue WHERE code = '{}'", kHitsInKnown)));
  constexpr std::string_view kInKnown =
      "FROM row_hit AS h WHERE coalesce(h.of_content, (SELECT i.content_id FROM content_item i WHERE i.item_id = "
      "h.item_id)) IN (SELECT content_id FROM known_content WHERE notable = 0)";
  LIMIER_TRY(const auto places, db_.integer(fmt::format("SELECT count(*) + coalesce(sum(left_out), 0) {}", kInKnown)));
  if (places.value_or(0) == 0) return ok_status();
  catalog::IssueRecord issue;
  issue.stage = "content";
  issue.code = kHitsInKnown;
  issue.severity = catalog::Severity::kInfo;
  issue.message =
      fmt::format("{} places of numbers, addresses and keys in known files were counted and not kept", *places);
  LIMIER_CHECK(add(issue));
  return db_.execute(fmt::format("DELETE {}", kInKnown));
}

Status IndexWriter::Impl::settle_hits() {
  LIMIER_TRY(const std::int64_t maker, maker_id(entities::kScanner, entities::kScannerVersion));
  LIMIER_TRY(const people::Country* const at_home, country_of_device(db_));
  // Those that a parser gave stay, and get new numbers among the others.
  LIMIER_CHECK(
      db_.execute(fmt::format("DROP INDEX IF EXISTS row_hit_by_id; DROP INDEX IF EXISTS row_hit_by_rank;"
                              "DELETE FROM row_hit WHERE maker_id = {}; UPDATE row_hit SET id = NULL",
                              maker)));
  LIMIER_CHECK(RowHits(db_, declared_, maker, at_home).run());
  LIMIER_CHECK(place_byte_hits(maker));
  LIMIER_CHECK(leave_out_known_hits());
  LIMIER_CHECK(number_rows(db_, catalog::kKindOf<catalog::Hit>));
  LIMIER_CHECK(look_up_references(db_, catalog::kKindOf<catalog::Hit>));
  LIMIER_CHECK(db_.execute(kRank));
  LIMIER_CHECK(db_.execute(fmt::format(
      "DELETE FROM row_maker WHERE maker_id = {0} AND NOT EXISTS (SELECT 1 FROM row_hit WHERE maker_id = {0})",
      maker)));
  makers_.clear();
  return db_.execute("CREATE INDEX IF NOT EXISTS row_hit_by_rank ON row_hit(rank)");
}

}  // namespace limier::store
