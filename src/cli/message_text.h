// Messages as people read them: who, when, the text, what became of the row, and the findings about it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/store.h"
#include "limier/store/marks.h"

namespace limier::cli {

// A finding about a message.
struct FindingMark {
  std::int64_t finding_id = 0;
  std::string priority, title, reason, key;
};
// By message.
using FindingMarks = std::map<std::int64_t, std::vector<FindingMark>>;
Result<FindingMarks> read_finding_marks(store::Index& index);

// What is shown at a message: the findings about it, and what examiners noted of it and of them.
struct BesideMessage {
  std::span<const FindingMark> findings;
  const store::Marks& marks;
};
BesideMessage beside_message(const FindingMarks& findings, const store::Marks& marks, std::int64_t message_id);

// The columns that print_message() reads, from a v_message called m.
inline constexpr std::string_view kMessageColumns =
    "m.message_id, m.service, m.thread, m.thread_name, m.direction, m.sender, m.sender_name, m.recipients, "
    "coalesce(m.t, m.received), m.body, m.kind, m.attachments, m.deleted, m.state, m.file_id, m.content_id";
// Order of a conversation. Without any time a message comes last.
inline constexpr std::string_view kMessageMoment = "coalesce(m.t_ns, m.received_ns, 9223372036854775807)";

// "sms, thread 12, Alice": what stands over a conversation.
std::string thread_title(const store::Query& row);
struct MessageForm {
  bool names_thread = false;  // the conversation too, where they are not told one by one
  bool is_subject = false;    // the one it is about, among its neighbours
  std::size_t width = 80;
};
// A few lines.
void print_message(const Context& context, const store::Query& row, const BesideMessage& beside,
                   const MessageForm& form);
// As JSON: all columns of the row (SELECT m.* …), its findings and the marks of both.
void write_message(JsonWriter& json, const store::Query& row, const std::vector<std::string>& names,
                   const BesideMessage& beside);

// Lines of at most `width` columns, broken between words; control characters made visible, line ends of the text kept.
std::vector<std::string> text_lines(std::string_view text, std::size_t width);

// Of the terminal that standard output is, else 80.
std::size_t text_width();

}  // namespace limier::cli
