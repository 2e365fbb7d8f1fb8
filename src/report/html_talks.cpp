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
std::string who_text(const ShownMessage& message) {
  const bool no_sender =
      (message.sender.empty() || message.sender == catalog::kOwnerWord) && message.sender_name.empty();
  std::string who = no_sender ? "sender unknown" : named(message.sender_name, message.sender);
  if (message.direction == "out") who = no_sender ? "the device’s owner" : who + ", the device’s owner";
  if (!message.recipients.empty() && message.direction != "in") who += " to " + quoted(message.recipients);
  return who;
}

std::string marks_text(const ShownMessage& message) {
  std::string marks;
  if (message.deleted) marks += " <span class=\"tag\">deleted</span>";
  if (!message.state.empty() && message.state != "live")
    marks += fmt::format(" <span class=\"tag\">{}</span>", html_text(message.state));
  return marks;
}

std::string cell_text(const store::Query& row, int column) {
  if (row.is_null(column) || row.text(column).empty()) return absent();
  return quoted(excerpt(row.text(column), kMaxCellText).text);
}
std::string when_or_absent(const store::Query& row, int column) {
  return row.is_null(column) ? absent() : time_text(row.text(column));
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
  page.table("All conversations", {{"Service", Align::kText},
                                   {"Conversation", Align::kPath},
                                   {"Messages", Align::kNumber},
                                   {"sent", Align::kNumber},
                                   {"deleted", Align::kNumber},
                                   {"findings", Align::kNumber},
                                   {"First", Align::kShort},
                                   {"Last", Align::kShort}});
  const auto number = [&](int column) { return grouped(static_cast<std::int64_t>(rows.real(column))); };
  while (rows.step()) {
    threads = rows.integer(8);
    std::string talk = cell_text(rows, 1);
    if (!rows.is_null(2) && rows.text(2) != rows.text(1)) talk = cell_text(rows, 2) + " (" + talk + ")";
    page.row({cell_text(rows, 0), talk, grouped(rows.integer(3)), number(4), number(5),
              rows.is_null(9) ? "" : grouped(rows.integer(9)), when_or_absent(rows, 6), when_or_absent(rows, 7)});
  }
  page.end_table();
  return rows.status();
}

std::string finding_link(const Mark& mark, bool on_page) {
  const std::string name = "finding " + grouped(mark.rank);
  return on_page ? fmt::format("<a href=\"#finding-{}\">{}</a>", mark.finding_id, name) : name;
}

// Those with findings above low, as they were written.
Status put_marked_talks(Context& context) {
  LIMIER_TRY(const ShownTalks shown, read_talks(context.index));
  // Beyond these a finding has no place on the page that a link could lead to.
  LIMIER_TRY(const std::set<std::int64_t> on_page, read_finding_ids(context.index, kMaxFindings));
  Page& page = context.page;
  for (const ShownTalk& talk : shown.talks) {
    page.raw(fmt::format("<h3>{}{}</h3>\n", talk.service.empty() ? "" : quoted(talk.service) + ": ",
                         talk.thread.empty() && talk.thread_name.empty() ? std::string("no conversation is named")
                                                                         : named(talk.thread_name, talk.thread)));
    const auto count = static_cast<std::int64_t>(talk.shown.size());
    std::string note = plural(talk.total, "message", "messages");
    if (count < talk.total)
      note += fmt::format("; shown: {}, from the {}. on. <code>limier messages</code> has all of them", grouped(count),
                          grouped(talk.before + 1));
    page.raw(fmt::format("<p class=\"note\">{}.</p>\n", note));
    put_talk(page, context.marks, shown.messages, talk.shown, [&](std::int64_t id) {
      const auto found = talk.marks.find(id);
      if (found == talk.marks.end()) return Marked();
      const Mark& mark = found->second;
      return Marked{
          priority_css(mark.priority) == "is-bad" ? "subject" : "subject lesser",
          fmt::format(" · {} {}", finding_link(mark, on_page.contains(mark.finding_id)), priority_text(mark.priority))};
    });
  }
  if (shown.left_out > 0)
    page.raw(fmt::format("<p class=\"note\">{} with findings of medium or above not shown here: see {}.</p>\n",
                         plural(shown.left_out, "more conversation is", "more conversations are"),
                         section_link("findings")));
  return ok_status();
}

}  // namespace

std::string_view priority_css(std::string_view priority) {
  if (priority == "live-in-danger" || priority == "high") return "is-bad";
  return priority == "medium" ? "is-warn" : "none";
}

std::string priority_text(std::string_view priority) {
  return fmt::format("<span class=\"{}\">{}</span>", priority_css(priority), html_text(priority));
}

std::string excerpt_text(const Excerpt& shown) {
  std::string text = quoted(shown.text);
  if (shown.left_out > 0)
    text += fmt::format(" <span class=\"note\">… {} more</span>",
                        plural(static_cast<std::int64_t>(shown.left_out), "byte", "bytes"));
  return text;
}

std::string named(const Text& name, const Text& id) {
  if (name.empty()) return quoted(id);
  return id.empty() || name == id ? quoted(name) : fmt::format("{} ({})", quoted(name), quoted(id));
}

void put_talk(Page& page, const store::Marks& marks, const std::map<std::int64_t, ShownMessage>& messages,
              const std::vector<std::int64_t>& ids, const std::function<Marked(std::int64_t)>& mark) {
  page.raw("<ol class=\"talk\">\n");
  for (const std::int64_t id : ids) {
    const auto found = messages.find(id);
    if (found == messages.end()) continue;
    const ShownMessage& message = found->second;
    std::string body = excerpt_text(message.body);
    if (message.body.text.empty())
      body = fmt::format("<span class=\"none\">no text{}</span>",
                         message.kind.empty() || message.kind == "text" ? "" : ", " + quoted(message.kind));
    if (const std::string noted = marks_html(marks, {"message", id}); !noted.empty()) body += "<br>" + noted;
    const Marked given = mark(id);
    const std::string css = given.css.empty() ? std::string() : fmt::format(" class=\"{}\"", given.css);
    page.raw(fmt::format("<li{}><span class=\"who\">{} · {}{}{}</span>{}</li>\n", css,
                         message.t ? time_text(*message.t) : "no time", who_text(message), marks_text(message),
                         given.tag, body));
  }
  page.raw("</ol>\n");
}

Status put_messages_section(Context& context) {
  Page& page = context.page;
  if (context.facts.work.messages == 0) {
    page.paragraph(nothing_came(context.facts));
    return ok_status();
  }
  page.paragraph(
      fmt::format("{} came out of the contents that parsers looked into. Applications that no parser knows "
                  "may hold more. The times are those the applications keep. Conversations with findings stand first.",
                  plural(context.facts.work.messages, "message", "messages")));
  LIMIER_CHECK(put_marked_talks(context));
  std::int64_t threads = 0;
  LIMIER_CHECK(put_threads(context, threads));
  if (threads > kMaxThreads)
    page.raw(
        fmt::format("<p class=\"note\">Listed: the first {} of {} conversations. messages.csv has all "
                    "messages.</p>\n",
                    kMaxThreads, grouped(threads)));
  return put_kinds(context, kMessageKinds);
}

}  // namespace limier::report
