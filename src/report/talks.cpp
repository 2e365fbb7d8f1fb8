#include "report/talks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <set>

namespace limier::report {
namespace {

std::optional<std::int64_t> maybe_integer(const store::Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

std::string list_of(const std::set<std::int64_t>& ids) {
  return fmt::format("({})", fmt::join(ids, ", "));
}

Result<std::vector<ShownFinding>> read_rows(store::Index& index, std::int64_t limit) {
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT finding_id, rank, priority, title, pack, pack_version, rule, key, meaning, limits, "
                            "reason, reason_raw, t, subject_kind, subject_id, file_id FROM v_finding ORDER BY {}, "
                            "rank, finding_id LIMIT {}",
                            priority_order("priority"), limit)));
  std::vector<ShownFinding> findings;
  while (rows.step()) {
    ShownFinding& one = findings.emplace_back();
    one.finding_id = rows.integer(0);
    one.rank = rows.integer(1);
    for (int at = 2; Text* const text : {&one.priority, &one.title, &one.pack, &one.pack_version, &one.rule, &one.key,
                                         &one.meaning, &one.limits})
      *text = rows.text(at++);
    one.reason = excerpt(exact_text(rows, 10, 11));
    one.t = maybe_text(rows, 12);
    one.subject_kind = rows.text(13);
    one.subject_id = maybe_integer(rows, 14);
    one.file_id = maybe_integer(rows, 15);
  }
  LIMIER_CHECK(rows.status());
  return findings;
}

// Of a row of another kind: what it says of itself.
Status read_subject(store::Index& index, ShownFinding& finding) {
  const catalog::KindInfo* const kind = catalog::find_kind(finding.subject_kind);
  if (kind == nullptr || kind->summary.empty() || !finding.subject_id) return ok_status();
  LIMIER_TRY(auto row,
             index.query(fmt::format("SELECT {} FROM v_{} WHERE {}_id = ?1", kind->summary, kind->name, kind->name)));
  row.bind(1, store::Value{*finding.subject_id});
  if (row.step()) finding.summary = row.text(0);
  return row.status();
}

Status read_path(store::Index& index, ShownFinding& finding) {
  if (!finding.file_id) return ok_status();
  LIMIER_TRY(auto row, index.query("SELECT path, path_raw FROM v_file WHERE file_id = ?1"));
  row.bind(1, store::Value{*finding.file_id});
  if (row.step()) finding.path = exact_text(row, 0, 1);
  return row.status();
}

using Around = std::map<std::int64_t, std::vector<std::int64_t>>;  // of a message

// One pass over the conversations of these messages, in order.
Result<Around> read_around(store::Index& index, const std::set<std::int64_t>& subjects) {
  Around around;
  for (const std::int64_t id : subjects) around[id] = {id};
  if (subjects.empty()) return around;
  LIMIER_TRY(auto rows,
             index.query(fmt::format(
                 "SELECT message_id, content_id, coalesce(service, ''), thread FROM v_message WHERE (content_id, "
                 "coalesce(service, ''), thread) IN (SELECT content_id, coalesce(service, ''), thread FROM v_message "
                 "WHERE message_id IN {}) ORDER BY content_id, coalesce(service, ''), thread, t_ns, message_id",
                 list_of(subjects))));
  std::deque<std::int64_t> before;
  std::map<std::int64_t, std::int64_t> behind;  // of a message: how many are still wanted
  std::tuple<std::int64_t, Text, Text> talk;
  while (rows.step()) {
    const std::int64_t id = rows.integer(0);
    if (std::tuple here{rows.integer(1), rows.text(2), rows.text(3)}; here != talk) {
      talk = std::move(here);
      before.clear();
      behind.clear();
    }
    for (auto& [subject, wanted] : behind) {
      around[subject].push_back(id);
      --wanted;
    }
    std::erase_if(behind, [](const auto& one) { return one.second == 0; });
    if (subjects.contains(id)) {
      around[id].assign(before.begin(), before.end());
      around[id].push_back(id);
      behind[id] = kNeighbours;
    }
    before.push_back(id);
    if (before.size() > static_cast<std::size_t>(kNeighbours)) before.pop_front();
  }
  LIMIER_CHECK(rows.status());
  return around;
}

Result<std::map<std::int64_t, ShownMessage>> read_messages(store::Index& index, const std::set<std::int64_t>& ids) {
  std::map<std::int64_t, ShownMessage> messages;
  if (ids.empty()) return messages;
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT message_id, file_id, service, kind, direction, state, source, parser, "
                            "parser_version, locator, t, deleted, page, body, body_raw, thread, thread_raw, "
                            "thread_name, thread_name_raw, sender, sender_raw, sender_name, sender_name_raw, "
                            "recipients, recipients_raw FROM v_message WHERE message_id IN {} ORDER BY message_id",
                            list_of(ids))));
  while (rows.step()) {
    ShownMessage& one = messages[rows.integer(0)];
    one.message_id = rows.integer(0);
    one.file_id = rows.integer(1);
    for (int at = 2; Text* const text : {&one.service, &one.kind, &one.direction, &one.state, &one.source, &one.parser,
                                         &one.parser_version, &one.locator})
      *text = rows.text(at++);
    one.t = maybe_text(rows, 10);
    one.deleted = rows.integer(11) != 0;
    one.page = maybe_integer(rows, 12);
    one.body = excerpt(exact_text(rows, 13, 14));
    for (int at = 15;
         Text* const text : {&one.thread, &one.thread_name, &one.sender, &one.sender_name, &one.recipients}) {
      *text = excerpt(exact_text(rows, at, at + 1)).text;
      at += 2;
    }
  }
  LIMIER_CHECK(rows.status());
  return messages;
}

// Which conversation: the same contact on two databases has two.
struct TalkKey {
  std::int64_t content_id = 0;
  Text service, thread;
  bool has_thread = false;
  auto operator<=>(const TalkKey&) const = default;
};
constexpr std::string_view kOfTalk = "content_id = ?1 AND coalesce(service, '') = ?2 AND thread IS ?3";

void bind_talk(store::Query& query, const TalkKey& key) {
  query.bind(1, store::Value{key.content_id});
  query.bind(2, store::Value{std::string(key.service)});
  query.bind(3, key.has_thread ? store::Value{std::string(key.thread)} : store::Value{std::monostate()});
}

struct MarkedTalk {
  TalkKey key;
  std::map<std::int64_t, Mark> marks;
};

// All conversations with a finding above low, that with the gravest one first. The first finding of a message counts.
Result<std::vector<MarkedTalk>> read_marked(store::Index& index) {
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT m.content_id, coalesce(m.service, ''), m.thread, m.message_id, f.finding_id, "
                            "f.rank, f.priority FROM v_finding f JOIN v_message m ON m.message_id = f.subject_id WHERE "
                            "f.subject_kind = 'message' AND {0} < 3 ORDER BY {0}, f.rank, f.finding_id",
                            priority_order("f.priority"))));
  std::vector<MarkedTalk> talks;
  std::map<TalkKey, std::size_t> places;
  while (rows.step()) {
    const TalkKey key{rows.integer(0), rows.text(1), rows.text(2), !rows.is_null(2)};
    const auto [place, is_new] = places.emplace(key, talks.size());
    if (is_new) talks.push_back({key, {}});
    talks[place->second].marks.emplace(rows.integer(3), Mark{rows.integer(4), rows.integer(5), rows.text(6)});
  }
  LIMIER_CHECK(rows.status());
  return talks;
}

Result<ShownTalk> read_talk(store::Index& index, const MarkedTalk& marked) {
  ShownTalk talk;
  talk.marks = marked.marks;
  LIMIER_TRY(auto all,
             index.query(fmt::format("SELECT message_id FROM v_message WHERE {} ORDER BY t_ns, message_id", kOfTalk)));
  bind_talk(all, marked.key);
  std::optional<std::int64_t> first;
  for (; all.step(); ++talk.total)
    if (!first && talk.marks.contains(all.integer(0))) first = talk.total;
  LIMIER_CHECK(all.status());
  talk.before = std::max<std::int64_t>(first.value_or(0) - kBeforeFirstMark, 0);
  if (talk.total <= kMaxTalkMessages) talk.before = 0;
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT message_id, service, thread, thread_raw, thread_name, thread_name_raw FROM "
                            "v_message WHERE {} ORDER BY t_ns, message_id LIMIT {} OFFSET {}",
                            kOfTalk, kMaxTalkMessages, talk.before)));
  bind_talk(rows, marked.key);
  while (rows.step()) {
    talk.shown.push_back(rows.integer(0));
    talk.service = rows.text(1);
    talk.thread = excerpt(exact_text(rows, 2, 3)).text;
    if (talk.thread_name.empty()) talk.thread_name = excerpt(exact_text(rows, 4, 5)).text;
  }
  LIMIER_CHECK(rows.status());
  return talk;
}

}  // namespace

std::string priority_order(std::string_view column) {
  return fmt::format(
      "CASE {} WHEN 'live-in-danger' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END",
      column);
}

Excerpt excerpt(std::string_view bytes, std::size_t limit) {
  if (bytes.size() <= limit) return {Text(bytes), 0};
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80; };
  std::size_t end = limit;
  for (int back = 0; back < 3 && end > 0 && continues(end); ++back) --end;
  return {Text(bytes.substr(0, end)), bytes.size() - end};
}

Result<ShownFindings> read_findings(store::Index& index, std::int64_t limit) {
  ShownFindings shown;
  LIMIER_TRY(shown.findings, read_rows(index, limit));
  std::set<std::int64_t> subjects, ids;
  for (ShownFinding& one : shown.findings) {
    LIMIER_CHECK(read_path(index, one));
    if (one.subject_kind == "message" && one.subject_id)
      subjects.insert(*one.subject_id);
    else
      LIMIER_CHECK(read_subject(index, one));
  }
  LIMIER_TRY(const Around around, read_around(index, subjects));
  for (ShownFinding& one : shown.findings)
    if (one.subject_kind == "message" && one.subject_id) one.around = around.at(*one.subject_id);
  for (const auto& [subject, talk] : around) ids.insert(talk.begin(), talk.end());
  LIMIER_TRY(shown.messages, read_messages(index, ids));
  return shown;
}

Result<std::set<std::int64_t>> read_finding_ids(store::Index& index, std::int64_t limit) {
  LIMIER_TRY(auto rows,
             index.query(fmt::format("SELECT finding_id FROM v_finding ORDER BY {}, rank, finding_id LIMIT {}",
                                     priority_order("priority"), limit)));
  std::set<std::int64_t> ids;
  while (rows.step()) ids.insert(rows.integer(0));
  LIMIER_CHECK(rows.status());
  return ids;
}

Result<ShownTalks> read_talks(store::Index& index) {
  ShownTalks shown;
  LIMIER_TRY(const std::vector<MarkedTalk> marked, read_marked(index));
  std::set<std::int64_t> ids;
  for (std::size_t i = 0; i < std::min(marked.size(), kMaxTalks); ++i) {
    LIMIER_TRY(shown.talks.emplace_back(), read_talk(index, marked[i]));
    ids.insert(shown.talks.back().shown.begin(), shown.talks.back().shown.end());
  }
  shown.left_out = static_cast<std::int64_t>(marked.size() - shown.talks.size());
  LIMIER_TRY(shown.messages, read_messages(index, ids));
  return shown;
}

}  // namespace limier::report
