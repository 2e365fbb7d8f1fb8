// Mail as rows: the same for all stores of it.
#pragma once

#include <map>

#include "content/mime_scanner.h"
#include "limier/catalog/messages.h"
#include "limier/content.h"

namespace limier::content {

// "in" or "out" where the name of a folder on the way says it: "Inbox", "Sent", in the languages of mail programs.
catalog::Direction direction_of_folder(std::string_view name);
// Of the folders of a path, from the last; its last part is a folder too where `last_is_folder`.
catalog::Direction direction_of_path(std::string_view path, bool last_is_folder);

// The conversation by what its messages say of each other: the first of those before, else its own id, else the
// subject.
std::string thread_of(std::string_view references, std::string_view in_reply_to, std::string_view message_id,
                      std::string_view subject);

// "a@example.org; b@example.org"
std::string joined_addresses(std::span<const MailAddress> addresses);

// Whether the head is that of a message between people, not of a page that a browser saved.
bool is_message(const Mail& mail, const Charsets& charsets);

// What is told once for a whole store, with how many messages it is true of.
class MailDoubts {
 public:
  void add(const Mail& mail);
  void add_bad_date() { ++bad_dates_; }
  void tell(Rows& rows) const;

 private:
  std::uint64_t encrypted_ = 0, cut_ = 0, over_limits_ = 0, bad_dates_ = 0;
  std::map<std::string, std::uint64_t> charsets_;
};

struct MailMaker {
  std::string_view name, version;
};
// What belongs to a message beside its bytes.
struct MailPlace {
  std::string locator;
  std::uint64_t file_offset = 0;
  catalog::Direction direction = catalog::Direction::kUnknown;
  bool deleted = false;
};
void add_mail(const Mail& mail, const MailPlace& place, const MailMaker& maker, const Charsets& charsets,
              MailDoubts& doubts, Rows& rows);

void add_attachments(std::span<const MailAttachment> attachments, const catalog::RowPlace& message,
                     const MailMaker& maker, Rows& rows);

// Cut to what a cell holds, between two characters.
std::string cell_text(std::string text);

}  // namespace limier::content
