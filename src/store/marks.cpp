#include "limier/store/marks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <tuple>

#include "limier/base/flat_object.h"

namespace limier::store {
namespace {

constexpr std::size_t kKeyDigits = 16;

std::string key_of(const std::string& identity) {
  return hex_digest(*digest_of(as_bytes(identity), {.sha256 = true}).sha256).substr(0, kKeyDigits);
}

// ---- rows ----------------------------------------------------------------------------------------------------------

Result<std::optional<RowIdentity>> finding_row(Index& index, std::string_view column, const Value& value) {
  LIMIER_TRY(auto row, index.query(fmt::format("SELECT f.finding_id, f.key, (SELECT path FROM v_file WHERE file_id = "
                                               "f.file_id) FROM v_finding f WHERE f.{} = ?1 ORDER BY 1 LIMIT 1",
                                               column)));
  row.bind(1, value);
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return std::optional<RowIdentity>();
  }
  return std::optional(RowIdentity{{"finding", row.integer(0)}, row.text(1), row.text(2), ""});
}

// Rows that are alike in all of this are told apart by their order. They come out of one record, so their numbers are
// near each other.
constexpr std::string_view kFileColumns = "volume_id, path, inode, sequence, stream, kind";
constexpr std::int64_t kNear = 1000;

Result<std::optional<RowIdentity>> file_row(Index& index, std::int64_t id) {
  LIMIER_TRY(auto row, index.query(fmt::format(
                           "SELECT {0}, (SELECT count(*) FROM v_file o WHERE o.path = f.path AND o.file_id BETWEEN "
                           "f.file_id - {1} AND f.file_id - 1 "
                           "AND o.volume_id IS f.volume_id AND o.inode IS f.inode AND o.sequence IS f.sequence AND "
                           "o.stream IS f.stream AND o.kind = f.kind) FROM v_file f WHERE f.file_id = ?1",
                           kFileColumns, kNear)));
  row.bind(1, id);
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return std::optional<RowIdentity>();
  }
  std::string identity = "file";
  for (int at = 0; at < 7; ++at) identity += "\n" + row.text(at);
  return std::optional(RowIdentity{{"file", id}, key_of(identity), row.text(1), ""});
}

Result<std::optional<RowIdentity>> content_row(Index& index, const RowName& name) {
  LIMIER_TRY(auto row, index.query(fmt::format(
                           "SELECT f.volume_id, f.path, r.locator, r.state, r.source, r.page, r.file_offset, (SELECT "
                           "count(*) FROM v_{0} o WHERE o.file_id IS r.file_id AND o.locator IS r.locator AND "
                           "o.state IS r.state AND o.source IS r.source AND o.page IS r.page AND o.file_offset IS "
                           "r.file_offset AND o.{0}_id BETWEEN r.{0}_id - {1} AND r.{0}_id - 1) FROM v_{0} r LEFT JOIN "
                           "v_file f ON f.file_id = "
                           "r.file_id WHERE r.{0}_id = ?1",
                           name.kind, kNear)));
  row.bind(1, name.id);
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return std::optional<RowIdentity>();
  }
  std::string identity = name.kind;
  for (int at = 0; at < 8; ++at) identity += "\n" + row.text(at);
  return std::optional(RowIdentity{name, key_of(identity), row.text(1), row.text(2)});
}

Result<std::optional<RowIdentity>> row_named(Index& index, const RowName& name) {
  if (name.kind == "finding") return finding_row(index, "finding_id", name.id);
  return name.kind == "file" ? file_row(index, name.id) : content_row(index, name);
}

// The row that has this key now, wherever it stands.
Result<std::optional<RowName>> row_now(Index& index, const RowIdentity& wanted) {
  LIMIER_TRY(const auto same, row_named(index, wanted.name));
  if (same && same->key == wanted.key) return std::optional(wanted.name);
  if (wanted.name.kind == "finding") {
    LIMIER_TRY(const auto found, finding_row(index, "key", wanted.key));
    return found ? std::optional(found->name) : std::nullopt;
  }
  const bool file = wanted.name.kind == "file";
  LIMIER_TRY(auto candidates, index.query(fmt::format("SELECT {0}_id FROM v_{0} WHERE {1} = ?1 ORDER BY 1",
                                                      wanted.name.kind, file ? "path" : "locator")));
  candidates.bind(1, file ? wanted.path : wanted.locator);
  while (candidates.step()) {
    LIMIER_TRY(const auto one, row_named(index, {wanted.name.kind, candidates.integer(0)}));
    if (one && one->key == wanted.key) return std::optional(one->name);
  }
  LIMIER_CHECK(candidates.status());
  return std::optional<RowName>();
}

// ---- lines ---------------------------------------------------------------------------------------------------------

std::optional<Mark> mark_of(const FlatObject& object) {
  const std::string action = member_of(object, "action");
  const auto* const found = std::ranges::find(kMarkActionWords, action);
  const auto name = parse_row_name(member_of(object, "row"));
  const auto time = parse_time(member_of(object, "time"));
  if (found == kMarkActionWords.end() || !name || !time) return std::nullopt;
  Mark mark;
  mark.action = static_cast<MarkAction>(found - kMarkActionWords.begin());
  mark.time = member_of(object, "time");
  mark.time_ns = *time;
  mark.examiner = member_of(object, "examiner");
  mark.examiner_from = member_of(object, "examiner_from");
  mark.tool_version = member_of(object, "tool_version");
  mark.row = {*name, member_of(object, "key"), member_of(object, "path"), member_of(object, "locator")};
  mark.value = member_of(object, "value");
  mark.text = member_of(object, "text");
  return mark;
}

}  // namespace

std::optional<RowName> parse_row_name(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  RowName row{std::string(text.substr(0, colon)), 0};
  const std::string_view number = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), row.id);
  if (error != std::errc() || end != number.data() + number.size() || row.id < 1) return std::nullopt;
  const auto* const kind = catalog::find_kind(row.kind);
  const bool known =
      row.kind == "file" || row.kind == "finding" || (kind != nullptr && kind->origin == catalog::Origin::kContent);
  return known ? std::optional(row) : std::nullopt;
}

Result<std::optional<RowIdentity>> find_row(Index& index, std::string_view text) {
  if (const auto name = parse_row_name(text)) return row_named(index, *name);
  return finding_row(index, "key", std::string(text));
}

const Decision* find_decision(std::string_view word) {
  const auto* const found = std::ranges::find(kDecisions, word, &Decision::word);
  return found == kDecisions.end() ? nullptr : found;
}

std::string mark_line(const Mark& mark, std::string_view log) {
  std::string line = "{";
  const auto put = [&](std::string_view name, std::string_view value) {
    line += fmt::format("{}:{},", json_string(name), json_string(value));
  };
  put("time", mark.time);
  put("examiner", mark.examiner);
  put("examiner_from", mark.examiner_from);
  put("tool_version", mark.tool_version);
  put("action", kMarkActionWords[static_cast<std::size_t>(mark.action)]);
  put("row", mark.row.name.text());
  put("key", mark.row.key);
  put("path", mark.row.path);
  put("locator", mark.row.locator);
  put("value", mark.value);
  put("text", mark.text);
  return line + fmt::format("\"previous_sha256\":\"{}\"}}\n", chain_head(log));
}

MarkLog parse_marks(std::string_view text) {
  MarkLog log;
  log.head = chain_head({});
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      log.torn = true;
      break;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++log.lines;
    const auto object = parse_flat_object(line);
    auto mark = object ? mark_of(*object) : std::nullopt;
    const bool replaced = object && member_of(*object, "action") == "cut-off-line-replaced";
    const auto problem = [&](std::string_view what) {
      if (log.problem.empty()) log.problem = fmt::format("line {} {}", log.lines, what);
    };
    if (!mark && !replaced) problem("is no mark");
    if (object && member_of(*object, "previous_sha256") != log.head)
      problem("does not follow the line before it, which was changed, added or taken out");
    log.head = chain_head(line);
    log.digests.push_back(log.head);
    if (!mark) continue;
    mark->line = log.lines;
    log.marks.push_back(std::move(*mark));
  }
  return log;
}

Result<MarkLog> read_marks_file(const std::string& dir) {
  const std::string path = dir + "/" + std::string(kMarksFile);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return parse_marks({});
  if (!fd) return Error{ErrorKind::kUsage, fmt::format("{}: {}", path, std::strerror(errno))};
  std::string text;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kUsage, fmt::format("{}: {}", path, std::strerror(errno))};
    if (got == 0) return parse_marks(text);
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::vector<const Mark*> Marks::of(const RowName& row) const {
  std::vector<const Mark*> marks;
  const auto found = standing.find(row);
  if (found == standing.end()) return marks;
  for (const std::size_t at : found->second) marks.push_back(&all[at].mark);
  return marks;
}

Result<Marks> match_marks(Index& index, MarkLog log) {
  Marks marks;
  marks.problem = std::move(log.problem);
  std::map<std::pair<std::string, std::string>, std::optional<RowName>> rows;  // of kind and key
  // What stands of a row: a tag by its name, its one decision.
  std::map<std::tuple<std::string, std::string, bool, std::string>, std::size_t> stands;
  for (Mark& mark : log.marks) {
    const std::size_t at = marks.all.size();
    const std::pair place(mark.row.name.kind, mark.row.key);
    if (!rows.contains(place)) {
      LIMIER_TRY(rows[place], row_now(index, mark.row));
    }
    StandingMark one{std::move(mark), rows[place], MarkState::kStands};
    const MarkAction action = one.mark.action;
    if (action != MarkAction::kNote) {
      const bool tag = action == MarkAction::kTag || action == MarkAction::kUntag;
      const bool takes_back = action == MarkAction::kUntag || action == MarkAction::kUndecide;
      const std::tuple what(place.first, place.second, tag, tag ? one.mark.value : std::string());
      if (const auto before = stands.find(what); before != stands.end()) {
        marks.all[before->second].state = takes_back ? MarkState::kTakenBack : MarkState::kReplaced;
        stands.erase(before);
      }
      if (takes_back)
        one.state = MarkState::kTakesBack;
      else
        stands.emplace(what, at);
    }
    marks.all.push_back(std::move(one));
  }
  for (std::size_t at = 0; at < marks.all.size(); ++at) {
    const StandingMark& one = marks.all[at];
    if (one.state != MarkState::kStands || !one.now) continue;
    marks.standing[*one.now].push_back(at);
    if (one.mark.action != MarkAction::kDecide) continue;
    const Decision* const decision = find_decision(one.mark.value);
    if (decision == nullptr) continue;
    ++marks.review.decided[static_cast<std::size_t>(decision - kDecisions.data())];
    ++(decision->reviewed ? marks.review.reviewed : marks.review.assigned);
  }
  LIMIER_TRY(auto count, index.query("SELECT count(*) FROM v_finding"));
  if (count.step()) marks.review.findings = count.integer(0);
  LIMIER_CHECK(count.status());
  return marks;
}

Result<Marks> read_marks(Index& index, const std::string& dir) {
  LIMIER_TRY(auto log, read_marks_file(dir));
  return match_marks(index, std::move(log));
}

std::string mark_sentence(const Mark& mark) {
  const auto with_text = [&](std::string head) { return mark.text.empty() ? head : head + " (" + mark.text + ")"; };
  switch (mark.action) {
    case MarkAction::kTag:
      return "tag: " + mark.value;
    case MarkAction::kUntag:
      return "tag taken back: " + mark.value;
    case MarkAction::kNote:
      return "note: " + mark.text;
    case MarkAction::kUndecide:
      return "decision taken back: " + mark.value;
    case MarkAction::kDecide:
      break;
  }
  const Decision* const decision = find_decision(mark.value);
  return with_text("decided: " + std::string(decision == nullptr ? std::string_view(mark.value) : decision->title));
}

}  // namespace limier::store
