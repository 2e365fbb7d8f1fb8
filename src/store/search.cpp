#include "limier/store/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/findings.h"
#include "store/schema.h"
#include "store/search_columns.h"
#include "store/search_term.h"
#include "store/text_states.h"

namespace limier::store {
namespace {

// A part of a word that stands in more words than this is looked for in all rows.
constexpr std::size_t kMostWords = 20'000;
constexpr std::size_t kRowsAtOnce = 500;

using Rows = std::vector<std::int64_t>;  // of the full-text index, ascending

SearchIn part_of(const catalog::KindInfo& kind) {
  if (kind.name == "message" || kind.name == "attachment") return SearchIn::kMessages;
  return kind.in_bytes ? SearchIn::kHits : SearchIn::kText;
}

std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) sql += c == '\'' ? "''" : std::string(1, c);
  return sql + "'";
}

std::optional<std::int64_t> optional_at(const Query& query, int column) {
  return query.is_null(column) ? std::nullopt : std::optional(query.integer(column));
}

void unite(Rows& rows, const Rows& more) {
  Rows all;
  all.reserve(rows.size() + more.size());
  std::ranges::set_union(rows, more, std::back_inserter(all));
  rows = std::move(all);
}

void intersect(std::optional<Rows>& rows, const std::optional<Rows>& with) {
  if (!with) return;
  if (!rows) {
    rows = with;
    return;
  }
  Rows both;
  std::ranges::set_intersection(*rows, *with, std::back_inserter(both));
  rows = std::move(both);
}

// The bytes as they are kept where they had to be repaired; the beginning of the part behind, and where that begins.
std::string next_part() {
  return fmt::format(
      ", body_raw, (SELECT substr(n.body, 1, {0}) FROM v_text n WHERE n.text_id = r.text_id + 1 AND n.content_id = "
      "r.content_id AND n.part = r.part + 1), (SELECT n.file_offset FROM v_text n WHERE n.text_id = r.text_id + 1)",
      kJointCharacters);
}

// How many bytes of the file a part of its text is, by what its locator says of the encoding. Nothing where it does
// not.
std::optional<std::int64_t> bytes_of_part(std::string_view locator, std::string_view raw, std::string_view body) {
  constexpr std::string_view kText = "text:";
  if (!locator.starts_with(kText)) return std::nullopt;
  locator.remove_prefix(kText.size());
  const auto is = [&](std::string_view coding) { return locator.starts_with(coding); };
  if (is("utf-8:")) return static_cast<std::int64_t>(raw.size());
  std::int64_t characters = 0, beyond = 0;  // beyond those that UTF-16 has in one unit
  for (const char c : body) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0u) != 0x80) ++characters;
    if (byte >= 0xF0) ++beyond;
  }
  if (is("windows-1252:")) return characters;
  if (is("utf-16")) return 2 * (characters + beyond);
  return is("utf-32") ? std::optional(4 * characters) : std::nullopt;
}

}  // namespace

struct Search::Impl {
  struct Asked {
    std::string text;  // as it was asked
    SearchTerm term;
  };

  Impl(SearchQuestion asked, TextWords splitter) : question(std::move(asked)), words(std::move(splitter)) {}

  Status compile() {
    for (const std::string& text : question.terms) {
      LIMIER_TRY(auto term, SearchTerm::make(text, question.whole_words, words));
      terms.push_back({text, std::move(term)});
    }
    for (const std::string& text : question.any_of) {
      LIMIER_TRY(auto term, SearchTerm::make(text, question.whole_words, words));
      any_of.push_back({text, std::move(term)});
    }
    for (const std::string& text : question.patterns) {
      LIMIER_TRY(auto pattern, SearchPattern::make(text, question.ignore_case));
      patterns.push_back(std::move(pattern));
    }
    if (terms.empty() && any_of.empty() && patterns.empty())
      return Error{ErrorKind::kUsage, "there is nothing to search for"};
    return ok_status();
  }

  [[nodiscard]] bool wants(SearchIn part) const {
    return question.in.empty() || std::ranges::find(question.in, part) != question.in.end();
  }

  // ---- which rows may have it ----

  Status open_words(Index& index) {
    for (const auto& [table, type] : {std::pair("search_word", "row"), {"search_place", "instance"}}) {
      LIMIER_TRY(auto make, index.query(fmt::format("CREATE VIRTUAL TABLE IF NOT EXISTS temp.{} USING "
                                                    "fts5vocab(main, search_index, {})",
                                                    table, type)));
      make.step();
      LIMIER_CHECK(make.status());
    }
    return ok_status();
  }

  // Rows with one of these words of the index.
  static Result<std::optional<Rows>> rows_of_words(Index& index, std::span<const std::string> words) {
    Rows rows;
    for (const std::string& word : words) {
      LIMIER_TRY(auto query, index.query("SELECT doc FROM temp.search_place WHERE term = ?1"));
      query.bind(1, word);
      while (query.step()) rows.push_back(query.integer(0));
      LIMIER_CHECK(query.status());
    }
    std::ranges::sort(rows);
    rows.erase(std::ranges::unique(rows).begin(), rows.end());
    return std::optional(std::move(rows));
  }

  static Result<std::optional<Rows>> rows_of_word(Index& index, const std::string& word, SearchTerm::Fit fit) {
    if (fit == SearchTerm::Fit::kWhole) return rows_of_words(index, std::array{word});
    const std::string_view condition = fit == SearchTerm::Fit::kBegins
                                           ? "term >= ?1 AND substr(term, 1, length(?1)) = ?1"
                                       : fit == SearchTerm::Fit::kEnds ? "substr(term, -length(?1)) = ?1"
                                                                       : "instr(term, ?1) > 0";
    std::vector<std::string> words;
    LIMIER_TRY(auto query, index.query(fmt::format("SELECT term FROM temp.search_word WHERE {}", condition)));
    query.bind(1, word);
    while (query.step()) {
      words.push_back(query.text(0));
      if (words.size() > kMostWords) return std::optional<Rows>();
    }
    LIMIER_CHECK(query.status());
    return rows_of_words(index, words);
  }

  static Result<std::optional<Rows>> rows_of_term(Index& index, const SearchTerm& term) {
    std::optional<Rows> rows;  // none known: all
    for (std::size_t at = 0; at < term.word_count(); ++at) {
      LIMIER_TRY(const auto of_word, rows_of_word(index, term.word(at), term.fit(at)));
      intersect(rows, of_word);
    }
    return rows;
  }

  // None: any row may.
  Result<std::optional<Rows>> rows_that_may(Index& index) const {
    std::optional<Rows> rows;
    for (const Asked& asked : terms) {
      LIMIER_TRY(const auto of_term, rows_of_term(index, asked.term));
      intersect(rows, of_term);
    }
    if (any_of.empty()) return rows;
    Rows any;
    for (const Asked& asked : any_of) {
      LIMIER_TRY(const auto of_term, rows_of_term(index, asked.term));
      if (!of_term) return rows;
      unite(any, *of_term);
    }
    intersect(rows, std::optional(std::move(any)));
    return rows;
  }

  // ---- whether it does ----

  struct Cell {
    std::string_view column, text;
    std::size_t own = std::string_view::npos;  // what begins beyond is another row's
  };

  // Fills texts and places; false where something is missing.
  Result<bool> holds(std::span<const Cell> cells, FoundRow& row) {
    row.texts.clear();
    row.places.clear();
    missing_.assign(terms.size() + patterns.size(), true);
    bool any = any_of.empty();
    for (const Cell& cell : cells) {
      if (cell.text.empty()) continue;
      const std::size_t before = row.places.size();
      const auto keep = [&](std::string_view term) {
        const std::size_t had = row.places.size();
        for (const TextSpan& span : std::exchange(spans_, {}))
          if (span.begin < cell.own) row.places.push_back({row.texts.size(), term, span.begin, span.end});
        return row.places.size() > had;
      };
      if (!terms.empty() || !any_of.empty()) {
        LIMIER_TRY(const auto* const split, words.split(cell.text));
        for (std::size_t i = 0; i < terms.size(); ++i) {
          terms[i].term.find(cell.text, *split, spans_);
          if (keep(terms[i].text)) missing_[i] = false;
        }
        for (const Asked& asked : any_of) {
          asked.term.find(cell.text, *split, spans_);
          any = keep(asked.text) || any;
        }
      }
      for (std::size_t i = 0; i < patterns.size(); ++i) {
        patterns[i].find(cell.text, spans_);
        if (keep(question.patterns[i])) missing_[terms.size() + i] = false;
      }
      if (row.places.size() == before) continue;
      std::sort(row.places.begin() + static_cast<std::ptrdiff_t>(before), row.places.end(),
                [](const SearchPlace& a, const SearchPlace& b) {
                  return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
                });
      row.texts.emplace_back(cell.column, cell.text);
    }
    return any && std::ranges::find(missing_, true) == missing_.end();
  }

  // ---- the parts of the index ----

  Status names(Index& index) {
    LIMIER_TRY(auto query, index.query("SELECT file_id, name, content_id, modified_ns, path, deleted FROM v_file ORDER "
                                       "BY file_id"));
    FoundRow row;
    row.kind = "file";
    while (going_ && query.step()) {
      const std::array<Cell, 1> cells{Cell{"name", query.text_view(1)}};
      LIMIER_TRY(const bool found, holds(cells, row));
      if (!found) continue;
      row.id = query.integer(0);
      row.file_id = row.id;
      row.content_id = optional_at(query, 2);
      row.t_ns = optional_at(query, 3);
      row.path = query.text(4);
      row.state = query.integer(5) != 0 ? "deleted" : "";
      going_ = (*give_)(row);
    }
    return query.status();
  }

  // Of `may` those of this kind; none: all.
  Status rows_of_kind(Index& index, const catalog::KindInfo& kind, const std::optional<Rows>& may) {
    const auto columns = searched_columns(kind);
    std::string sql = fmt::format("SELECT {}_id, file_id, content_id, locator, state, source, file_offset", kind.name);
    const auto time = std::ranges::find(kind.columns, catalog::As::kTime, &catalog::ColumnInfo::as);
    const auto has_image_offset = std::ranges::find(kind.columns, "image_offset", &catalog::ColumnInfo::name);
    sql += time == kind.columns.end() ? ", NULL" : fmt::format(", {}_ns", time->name);
    sql += has_image_offset == kind.columns.end() ? ", NULL" : ", image_offset";
    for (const std::string& column : columns) sql += ", " + column;
    const bool in_parts = kind.name == catalog::kKindOf<catalog::TextPart>.name;
    if (in_parts) sql += next_part();
    sql += fmt::format(" FROM v_{} r", kind.name);
    if (may) {
      if (may->empty()) return ok_status();
      LIMIER_CHECK(put_chosen(index, *may));
      sql += fmt::format(" WHERE {}_id IN (SELECT id FROM temp.search_chosen)", kind.name);
    }
    LIMIER_TRY(auto query, index.query(fmt::format("{} ORDER BY {}_id", sql, kind.name)));
    FoundRow row;
    row.kind = kind.name;
    std::vector<Cell> cells(columns.size());
    constexpr int kFirstText = 9;
    while (going_ && query.step()) {
      for (std::size_t i = 0; i < columns.size(); ++i)
        cells[i] = {columns[i], query.text_view(kFirstText + static_cast<int>(i))};
      if (in_parts && !query.is_null(kFirstText + 2)) {
        const std::string_view body = cells[0].text;
        const bool repaired = !query.is_null(kFirstText + 1);
        const auto bytes = bytes_of_part(query.text_view(3), repaired ? query.text_view(kFirstText + 1) : body, body);
        if (bytes && query.integer(6) + *bytes == query.integer(kFirstText + 3)) {
          joint_.assign(body).append(query.text_view(kFirstText + 2));
          cells[0] = {columns[0], joint_, body.size()};
        }
      }
      LIMIER_TRY(const bool found, holds(cells, row));
      if (!found) continue;
      row.id = query.integer(0);
      row.file_id = optional_at(query, 1);
      row.content_id = optional_at(query, 2);
      row.locator = query.text(3);
      row.state = query.text(4);
      row.source = query.text(5);
      row.file_offset = optional_at(query, 6);
      row.t_ns = optional_at(query, 7);
      row.image_offset = optional_at(query, 8);
      LIMIER_TRY(row.path, path_of(index, row.file_id));
      going_ = (*give_)(row);
    }
    return query.status();
  }

  static Status put_chosen(Index& index, const Rows& ids) {
    for (const std::string_view sql :
         {"CREATE TEMP TABLE IF NOT EXISTS search_chosen(id INTEGER PRIMARY KEY)", "DELETE FROM temp.search_chosen"}) {
      LIMIER_TRY(auto make, index.query(sql));
      make.step();
      LIMIER_CHECK(make.status());
    }
    for (std::size_t at = 0; at < ids.size(); at += kRowsAtOnce) {
      std::string values;
      for (std::size_t i = at; i < std::min(at + kRowsAtOnce, ids.size()); ++i)
        values += fmt::format("{}({})", values.empty() ? "" : ",", ids[i]);
      LIMIER_TRY(auto put, index.query("INSERT INTO temp.search_chosen VALUES " + values));
      put.step();
      LIMIER_CHECK(put.status());
    }
    return ok_status();
  }

  // Many rows are of few files.
  Result<std::string> path_of(Index& index, const std::optional<std::int64_t>& file_id) {
    if (!file_id) return std::string();
    if (const auto known = paths_.find(*file_id); known != paths_.end()) return known->second;
    LIMIER_TRY(auto query, index.query("SELECT path FROM v_file WHERE file_id = ?1"));
    query.bind(1, *file_id);
    std::string path = query.step() ? query.text(0) : std::string();
    LIMIER_CHECK(query.status());
    return paths_.emplace(*file_id, std::move(path)).first->second;
  }

  Status kinds(Index& index, SearchIn part) {
    for (const catalog::KindInfo* const kind : catalog::row_kinds()) {
      if (!going_ || searched_columns(*kind).empty() || part_of(*kind) != part) continue;
      if (!is_in_full_text(*kind) || !may_) {
        LIMIER_CHECK(rows_of_kind(index, *kind, std::nullopt));
        continue;
      }
      LIMIER_TRY(auto range, index.query("SELECT first, rows FROM search_range WHERE kind = " + quoted(kind->name)));
      if (!range.step()) return Error{ErrorKind::kRefused, "the index has no words of some of its rows"};
      const std::int64_t first = range.integer(0), last = first + range.integer(1);
      Rows ids;
      for (auto at = std::ranges::upper_bound(*may_, first); at != may_->end() && *at <= last; ++at)
        ids.push_back(*at - first);
      LIMIER_CHECK(rows_of_kind(index, *kind, ids));
    }
    return ok_status();
  }

  Status run(Index& index, const std::function<bool(const FoundRow&)>& give) {
    give_ = &give;
    going_ = true;
    paths_.clear();
    may_.reset();
    if (wants(SearchIn::kText) || wants(SearchIn::kMessages)) {
      LIMIER_CHECK(open_words(index));
      LIMIER_TRY(may_, rows_that_may(index));
    }
    if (wants(SearchIn::kNames)) LIMIER_CHECK(names(index));
    for (const SearchIn part : {SearchIn::kText, SearchIn::kMessages, SearchIn::kHits})
      if (wants(part)) LIMIER_CHECK(kinds(index, part));
    return ok_status();
  }

  SearchQuestion question;
  TextWords words;
  std::vector<Asked> terms, any_of;
  std::vector<SearchPattern> patterns;

 private:
  const std::function<bool(const FoundRow&)>* give_ = nullptr;
  bool going_ = true;
  std::optional<Rows> may_;
  std::vector<bool> missing_;
  std::vector<TextSpan> spans_;
  std::string joint_;  // a part of a text and the beginning of the next
  std::map<std::int64_t, std::string> paths_;
};

Search::Search(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Search::Search(Search&&) noexcept = default;
Search& Search::operator=(Search&&) noexcept = default;
Search::~Search() = default;

Result<Search> Search::make(SearchQuestion question) {
  LIMIER_TRY(auto words, TextWords::make());
  auto impl = std::make_unique<Impl>(std::move(question), std::move(words));
  LIMIER_CHECK(impl->compile());
  return Search(std::move(impl));
}

Status Search::run(Index& index, const std::function<bool(const FoundRow&)>& give) {
  return impl_->run(index, give);
}

Result<Searched> searched_in(Index& index) {
  Searched all;
  const auto count = [&](std::string_view sql) -> Result<std::int64_t> {
    LIMIER_TRY(auto query, index.query(sql));
    const std::int64_t number = query.step() ? query.integer(0) : 0;
    LIMIER_CHECK(query.status());
    return number;
  };
  LIMIER_TRY(all.names, count("SELECT count(*) FROM file"));
  LIMIER_TRY(all.text_files, count("SELECT count(DISTINCT item_id) FROM row_text"));
  for (const catalog::KindInfo* const kind : catalog::row_kinds()) {
    if (searched_columns(*kind).empty()) continue;
    LIMIER_TRY(const std::int64_t rows, count(fmt::format("SELECT count(*) FROM row_{}", kind->name)));
    const SearchIn part = part_of(*kind);
    (part == SearchIn::kMessages ? all.messages
     : part == SearchIn::kHits   ? all.hits
     : kind->name == "text"      ? all.texts
                                 : all.rows) += rows;
  }
  return all;
}

// What a parser has read into rows is there; of the others the type says what they are.
Result<std::vector<WithoutText>> without_text(Index& index) {
  constexpr std::string_view kOthers =
      "CASE WHEN t.mime LIKE 'image/%' THEN 'pictures' WHEN t.mime LIKE 'audio/%' THEN 'sound' WHEN t.mime LIKE "
      "'video/%' THEN 'films' ELSE 'types of which no text is taken out' END";
  LIMIER_TRY(
      auto query,
      index.query(fmt::format(
          "WITH over AS MATERIALIZED (SELECT d.sha256 FROM text_content x JOIN digest d ON d.content_id = x.content_id "
          "WHERE x.state = {4}), made AS MATERIALIZED (SELECT i.content_id, d.sha256 FROM content_item i LEFT JOIN "
          "digest d ON "
          "d.content_id = i.content_id WHERE i.state = {0} AND i.parser NOT IN ('packed', 'sqlite-texts')) "
          "SELECT reason, count(*), sum(size) FROM (SELECT s.size_bytes AS size, CASE WHEN k.notable = 0 THEN 'known "
          "files' WHEN state IN (0, 1) THEN CASE WHEN c.encryption <> 0 THEN 'encrypted' WHEN g.sha256 IN over THEN "
          "'beyond the limit of texts' ELSE {1} END ELSE {2} END AS reason FROM "
          "(SELECT s.*, {3} AS state FROM (SELECT content_id, size_bytes, state, source FROM stream) s LEFT JOIN "
          "digest "
          "d ON d.content_id = s.content_id) s JOIN file f ON f.content_id = s.content_id LEFT JOIN content_type c ON "
          "c.content_id = s.content_id LEFT JOIN file_type t ON t.type = c.type LEFT JOIN known_content k ON "
          "k.content_id = s.content_id LEFT JOIN digest g ON g.content_id = s.content_id WHERE f.kind = 0 AND f.reused "
          "= 0 AND s.size_bytes > 0 AND s.source NOT IN (0, 6) AND (k.notable = 0 OR s.content_id NOT IN (SELECT "
          "content_id FROM made) AND (g.sha256 IS NULL OR g.sha256 NOT IN (SELECT sha256 FROM made WHERE sha256 IS NOT "
          "NULL)))) GROUP BY reason ORDER BY reason",
          static_cast<int>(catalog::ItemState::kParsed), kOthers, content_state_case("state"), kStateOfContent,
          static_cast<int>(TextState::kOverLimit))));
  std::vector<WithoutText> all;
  while (query.step()) all.push_back({query.text(0), query.integer(1), query.integer(2)});
  LIMIER_CHECK(query.status());
  return all;
}

}  // namespace limier::store
