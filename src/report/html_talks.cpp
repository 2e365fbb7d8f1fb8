// Conversations: all of them as a list, those with findings in full.
#include <fmt/format.h>

#include "limier/catalog/messages.h"
#include "report/lists.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks_html.h"

namespace limier::report {
namespace {

constexpr std::int64_t kMaxThreads = 100;

// "from Ann (+31 …)", "the device's owner to +31 …".
std::string who_text(const Words& w, const ShownMessage& message) {
  const bool no_sender =
      (message.sender.empty() || message.sender == catalog::kOwnerWord) && message.sender_name.empty();
  std::string who = no_sender ? std::string(w("sender unknown"_w)) : named(message.sender_name, message.sender);
  if (message.direction == "out")
    who = no_sender ? std::string(w("the device’s owner"_w)) : w("{}, the device’s owner"_w, who);
  if (message.recipients.empty() || message.direction == "in") return who;
  return w("{} to {}"_w, who, quoted(message.recipients));
}

std::string cell_text(const store::Query& row, int column) {
  if (row.is_null(column) || row.text(column).empty()) return absent();
  return quoted(excerpt(row.text(column), kMaxCellText).text);
}
std::string when_or_absent(const Words& w, const store::Query& row, int column) {
  return row.is_null(column) ? absent() : time_text(w, row.text(column));
}

Status put_threads(Context& context, std::int64_t& threads) {
  Page& page = context.page;
  // Sums of the index alone: nothing here is held in memory but the hundred rows that are shown.
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "WITH found AS (SELECT m.service, m.thread, min({0} * 1000000000 + f.rank) AS first, "
                            "count(*) AS n FROM v_finding f JOIN v_message m ON m.message_id = f.subject_id WHERE "
                            "f.subject_kind = 'message' GROUP BY 1, 2), talk AS (SELECT service, thread, "
                            "max(thread_name) AS name, count(*) AS n, total(direction = 'out') AS sent, "
                            "total(deleted) AS deleted, min(t) AS t1, max(t) AS t2, count(*) OVER () AS talks FROM "
                            "v_message GROUP BY service, thread) SELECT talk.service, talk.thread, name, talk.n, "
                            "sent, deleted, t1, t2, talks, found.n FROM talk LEFT JOIN found ON found.service IS "
                            "talk.service AND found.thread IS talk.thread ORDER BY found.first IS NULL, found.first, "
                            "talk.n DESC, talk.service, talk.thread LIMIT {1}",
                            priority_order("f.priority"), kMaxThreads)));
  page.table("All conversations"_w, {{"Service"_w, Align::kText},
                                     {"Conversation"_w, Align::kPath},
                                     {"Messages"_w, Align::kNumber},
                                     {"sent"_w, Align::kNumber},
                                     {"deleted"_w, Align::kNumber},
                                     {"findings"_w, Align::kNumber},
                                     {"First"_w, Align::kShort},
                                     {"Last"_w, Align::kShort}});
  const auto number = [&](int column) { return grouped(static_cast<std::int64_t>(rows.real(column))); };
  while (rows.step()) {
    threads = rows.integer(8);
    std::string talk = cell_text(rows, 1);
    if (!rows.is_null(2) && rows.text(2) != rows.text(1)) talk = cell_text(rows, 2) + " (" + talk + ")";
    page.row({cell_text(rows, 0), talk, grouped(rows.integer(3)), number(4), number(5),
              rows.is_null(9) ? "" : grouped(rows.integer(9)), when_or_absent(context.w, rows, 6),
              when_or_absent(context.w, rows, 7)});
  }
  page.end_table();
  return rows.status();
}

std::string finding_link(const Words& w, const Mark& mark, bool on_page) {
  const std::string name = w("finding {}"_w, grouped(mark.rank));
  return on_page ? fmt::format("<a href=\"#finding-{}\">{}</a>", mark.finding_id, name) : name;
}

// Those with findings above low, as they were written.
Status put_marked_talks(Context& context) {
  LIMIER_TRY(const ShownTalks shown, read_talks(context.index));
  // Beyond these a finding has no place on the page that a link could lead to.
  LIMIER_TRY(const std::set<std::int64_t> on_page, read_finding_ids(context.index, kMaxFindings));
  Page& page = context.page;
  const Words& w = context.w;
  for (const ShownTalk& talk : shown.talks) {
    page.raw(fmt::format("<h3>{}{}</h3>\n", talk.service.empty() ? "" : quoted(talk.service) + ": ",
                         talk.thread.empty() && talk.thread_name.empty() ? std::string(w("no conversation is named"_w))
                                                                         : named(talk.thread_name, talk.thread)));
    const auto count = static_cast<std::int64_t>(talk.shown.size());
    const std::string messages = w.count(talk.total, "message"_w, "messages"_w);
    page.note(count < talk.total ? w("{}; shown: {}, from the {}. on. <code>limier messages</code> has all of them."_w,
                                     messages, grouped(count), grouped(talk.before + 1))
                                 : messages + ".");
    put_talk(page, context.marks, shown.messages, talk.shown, [&](std::int64_t id) {
      const auto found = talk.marks.find(id);
      if (found == talk.marks.end()) return Marked();
      const Mark& mark = found->second;
      return Marked{priority_css(mark.priority) == "is-bad" ? "subject" : "subject lesser",
                    fmt::format(" · {} {}", finding_link(w, mark, on_page.contains(mark.finding_id)),
                                priority_text(w, mark.priority))};
    });
  }
  if (shown.left_out > 0)
    page.note(
        w(w.number(shown.left_out, "{} more conversation is with findings of medium or above not shown here: see {}."_w,
                   "{} more conversations are with findings of medium or above not shown here: see {}."_w),
          grouped(shown.left_out), section_link(w, "findings")));
  return ok_status();
}

}  // namespace

std::string_view priority_css(std::string_view priority) {
  if (priority == "live-in-danger" || priority == "high") return "is-bad";
  return priority == "medium" ? "is-warn" : "none";
}

std::string priority_text(const Words& w, std::string_view priority) {
  return fmt::format("<span class=\"{}\">{}</span>", priority_css(priority), html_text(w.stored(priority)));
}

std::string excerpt_text(const Words& w, const Excerpt& shown) {
  std::string text = quoted(shown.text);
  if (shown.left_out > 0) {
    const auto bytes = static_cast<std::int64_t>(shown.left_out);
    text += fmt::format(" <span class=\"note\">{}</span>", w("… {} more"_w, w.count(bytes, "byte"_w, "bytes"_w)));
  }
  return text;
}

std::string message_marks(const Words& w, bool deleted, std::string_view state) {
  std::string marks;
  if (deleted) marks += fmt::format(" <span class=\"tag\">{}</span>", w("deleted"_w));
  if (!state.empty() && state != "live")
    marks += fmt::format(" <span class=\"tag\">{}</span>", html_text(w.stored(state)));
  return marks;
}

std::string named(const Text& name, const Text& id) {
  if (name.empty()) return quoted(id);
  return id.empty() || name == id ? quoted(name) : fmt::format("{} ({})", quoted(name), quoted(id));
}

void put_talk(Page& page, const store::Marks& marks, const std::map<std::int64_t, ShownMessage>& messages,
              const std::vector<std::int64_t>& ids, const std::function<Marked(std::int64_t)>& mark) {
  const Words& w = page.words();
  page.raw("<ol class=\"talk\">\n");
  for (const std::int64_t id : ids) {
    const auto found = messages.find(id);
    if (found == messages.end()) continue;
    const ShownMessage& message = found->second;
    std::string body = excerpt_text(w, message.body);
    if (message.body.text.empty())
      body = fmt::format("<span class=\"none\">{}{}</span>", w("no text"_w),
                         message.kind.empty() || message.kind == "text" ? "" : ", " + quoted(w.stored(message.kind)));
    if (const std::string noted = marks_html(w, marks, {"message", id}); !noted.empty()) body += "<br>" + noted;
    const Marked given = mark(id);
    const std::string css = given.css.empty() ? std::string() : fmt::format(" class=\"{}\"", given.css);
    page.raw(fmt::format("<li{}><span class=\"who\">{} · {}{}{}</span>{}</li>\n", css,
                         message.t ? time_text(w, *message.t) : std::string(w("no time"_w)), who_text(w, message),
                         message_marks(w, message.deleted, message.state), given.tag, body));
  }
  page.raw("</ol>\n");
}

Status put_messages_section(Context& context) {
  Page& page = context.page;
  if (context.facts.work.messages == 0) {
    page.paragraph(nothing_came(context.facts));
    return ok_status();
  }
  const Words& w = context.w;
  page.paragraph(
      w("{} came out of the contents that parsers looked into. Applications that no parser knows may hold "
        "more. The times are those the applications keep. Conversations with findings stand first."_w,
        w.count(context.facts.work.messages, "message"_w, "messages"_w)));
  LIMIER_CHECK(put_marked_talks(context));
  std::int64_t threads = 0;
  LIMIER_CHECK(put_threads(context, threads));
  if (threads > kMaxThreads)
    page.note(
        w("Listed: the first {} of {} conversations. messages.csv has all messages."_w, kMaxThreads, grouped(threads)));
  return put_kinds(context, kMessageKinds);
}

}  // namespace limier::report
