// One item of an Outlook store as rows.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "content/mail_rows.h"
#include "content/pff.h"
#include "limier/catalog/people.h"

namespace limier::content {

// What there is of properties; numbers of [MS-OXPROPS].
std::string pst_text(libpff_record_set_t* records, std::uint32_t property);
std::optional<std::uint32_t> pst_number(libpff_record_set_t* records, std::uint32_t property);
TimeNs pst_time(libpff_record_set_t* records, std::uint32_t property);
std::string pst_bytes(libpff_record_set_t* records, std::uint32_t property, std::size_t most_bytes);
PffRecords pst_records(libpff_item_t* item);

struct PstPlace {
  std::string locator;
  catalog::Direction direction = catalog::Direction::kUnknown;
  bool recovered = false;
};

// Which messages belong together. Copies of what was sent often have no id, and answers of other programs no index of a
// conversation, so both are looked at over the whole store.
class PstThreads {
 public:
  void add(libpff_record_set_t* records);
  // `head`: as it came, where the store keeps it.
  [[nodiscard]] std::string of(libpff_record_set_t* records, const std::vector<HeaderField>& head,
                               std::string_view message_id, std::string_view subject) const;

 private:
  std::unordered_map<std::string, std::string> conversation_of_id_;
  std::unordered_set<std::string> begun_;  // conversations whose first message is here
};

class PstItems {
 public:
  PstItems(const MailMaker& maker, const Charsets& charsets, Rows& rows)
      : maker_(maker), charsets_(charsets), rows_(rows) {}

  PstThreads& threads() { return threads_; }

  // Its rows, or none where it is neither message nor contact.
  void add(libpff_item_t* item, const PstPlace& place);
  // By what a message is known again; empty where it has nothing of its own.
  static std::string key_of(libpff_record_set_t* records);
  void tell() const;

 private:
  void add_message(libpff_item_t* item, libpff_record_set_t* records, const PstPlace& place, bool is_system);
  void add_contact(libpff_record_set_t* records, const PstPlace& place);
  void fill_people(libpff_item_t* item, libpff_record_set_t* records, const std::vector<HeaderField>& head,
                   catalog::Message& row) const;
  std::string body_of(libpff_item_t* item, libpff_record_set_t* records);
  std::vector<MailAttachment> attachments_of(libpff_item_t* item);

  const MailMaker& maker_;
  const Charsets& charsets_;
  Rows& rows_;
  PstThreads threads_;
  std::map<std::string, std::uint64_t> other_classes_;
  std::uint64_t cut_ = 0, encrypted_ = 0, unreadable_ = 0;
};

}  // namespace limier::content
