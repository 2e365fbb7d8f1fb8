// Sources: [MS-OXPROPS], [MS-OXOMSG], [MS-OXOCNTC] (properties of messages and contacts), [MS-OXCMSG]; libpff's header.
#include "content/pst_item.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/html_text.h"
#include "content/rtf_text.h"
#include "limier/base.h"

namespace limier::content {
namespace {

using catalog::Direction;

constexpr std::size_t kMaxTextBytes = 8u << 20;
constexpr int kMaxRecipients = 10'000, kMaxAttachments = 10'000;  // of one message
constexpr std::size_t kMaxClasses = 100;
constexpr std::size_t kMaxIndexBytes = 4096;  // of a conversation

namespace property {
constexpr std::uint32_t kClass = 0x001A, kSubject = 0x0037, kSubmitTime = 0x0039, kRepresentingName = 0x0042,
                        kRepresentingAddress = 0x0065, kConversationIndex = 0x0071, kTransportHead = 0x007D,
                        kSenderName = 0x0C1A, kSenderAddress = 0x0C1F, kDisplayTo = 0x0E04, kDeliveryTime = 0x0E06,
                        kFlags = 0x0E07, kMessageId = 0x1035, kReferences = 0x1039, kInReplyTo = 0x1042,
                        kDisplayName = 0x3001, kAddress = 0x3003, kModified = 0x3008, kShortName = 0x3704,
                        kLongName = 0x3707, kMime = 0x370E, kSmtpAddress = 0x39FE, kCodePage = 0x3FDE,
                        kSenderSmtp = 0x5D01, kRepresentingSmtp = 0x5D02;
constexpr std::uint32_t kPhones[] = {0x3A1C, 0x3A08, 0x3A09, 0x3A1A, 0x3A1B, 0x3A1F, 0x3A1D, 0x3A1E, 0x3A2F, 0x3A21};
constexpr std::uint32_t kEmails[] = {0x8083, 0x8093, 0x80A3};
}  // namespace property

constexpr std::uint32_t kUnsent = 0x8, kFromMe = 0x20;  // of kFlags

PffEntry entry_of(libpff_record_set_t* records, std::uint32_t property) {
  PffError error;
  libpff_record_entry_t* entry = nullptr;
  if (libpff_record_set_get_entry_by_type(records, property, 0, &entry, LIBPFF_ENTRY_VALUE_FLAG_MATCH_ANY_VALUE_TYPE,
                                          error.out()) != 1)
    return nullptr;
  return PffEntry(entry);
}

void drop_zeros(std::string& text) {
  while (text.ends_with('\0')) text.pop_back();
}

// Two functions of libpff, one for the size and one for the bytes.
template <auto SizeOf, auto Read>
std::string whole_of(libpff_item_t* item, bool& too_large) {
  PffError error;
  size_t size = 0;
  if (SizeOf(item, &size, error.out()) != 1 || size == 0) return {};
  if (size > kMaxTextBytes) {
    too_large = true;
    return {};
  }
  std::vector<std::uint8_t> bytes(size);
  if (Read(item, bytes.data(), bytes.size(), error.out()) != 1) return {};
  std::string text(as_text(bytes));
  drop_zeros(text);
  return text;
}

void unify_lines(std::string& text) {
  std::erase(text, '\r');
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
}

// Outlook puts a mark and a number in front: how long "Re: " and the like is.
std::string subject_of(libpff_record_set_t* records) {
  std::string subject = pst_text(records, property::kSubject);
  if (subject.size() >= 2 && subject[0] == 1) subject.erase(0, 2);
  return subject;
}

bool is_internet_address(std::string_view text) {
  return text.find('@') != std::string_view::npos && !text.starts_with('/');
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts)
    if (is_internet_address(text)) return text;
  for (const std::string& text : texts)
    if (!text.empty()) return text;
  return {};
}

// The first 22 bytes of an index are those of the conversation; every answer adds to them.
constexpr std::size_t kConversationBytes = 22;

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  return hex;
}

}  // namespace

void PstThreads::add(libpff_record_set_t* records) {
  constexpr std::size_t kMaxThreads = 200'000;
  if (conversation_of_id_.size() >= kMaxThreads || begun_.size() >= kMaxThreads) return;
  const std::string index = pst_bytes(records, property::kConversationIndex, kMaxIndexBytes);
  if (index.size() < kConversationBytes) return;
  std::string conversation = hex_of(index.substr(0, kConversationBytes));
  if (index.size() == kConversationBytes) begun_.insert(conversation);
  if (auto ids = message_ids(pst_text(records, property::kMessageId)); !ids.empty())
    conversation_of_id_.emplace(std::move(ids.front()), std::move(conversation));
}

std::string PstThreads::of(libpff_record_set_t* records, const std::vector<HeaderField>& head,
                           std::string_view message_id, std::string_view subject) const {
  const auto either = [&](std::uint32_t property, std::string_view field) {
    std::string text = pst_text(records, property);
    return text.empty() ? std::string(field_value(head, field)) : text;
  };
  const std::string index = pst_bytes(records, property::kConversationIndex, kMaxIndexBytes);
  const std::string conversation =
      index.size() >= kConversationBytes ? hex_of(index.substr(0, kConversationBytes)) : std::string();
  const std::string first =
      thread_of(either(property::kReferences, "references"), either(property::kInReplyTo, "in-reply-to"), {}, {});
  if (const auto found = conversation_of_id_.find(first); found != conversation_of_id_.end()) return found->second;
  if (!conversation.empty() && (first.empty() || begun_.contains(conversation))) return conversation;
  return first.empty() ? thread_of({}, {}, message_id, subject) : first;
}

PffRecords pst_records(libpff_item_t* item) {
  PffError error;
  libpff_record_set_t* records = nullptr;
  if (libpff_item_get_record_set_by_index(item, 0, &records, error.out()) != 1) return nullptr;
  return PffRecords(records);
}

std::string pst_text(libpff_record_set_t* records, std::uint32_t property) {
  const PffEntry entry = entry_of(records, property);
  PffError error;
  size_t size = 0;
  if (!entry || libpff_record_entry_get_data_as_utf8_string_size(entry.get(), &size, error.out()) != 1 || size == 0 ||
      size > kMaxTextBytes)
    return {};
  std::vector<std::uint8_t> bytes(size);
  if (libpff_record_entry_get_data_as_utf8_string(entry.get(), bytes.data(), size, error.out()) != 1) return {};
  std::string text(as_text(bytes));
  drop_zeros(text);
  return text;
}

std::optional<std::uint32_t> pst_number(libpff_record_set_t* records, std::uint32_t property) {
  const PffEntry entry = entry_of(records, property);
  PffError error;
  std::uint32_t number = 0;
  if (!entry || libpff_record_entry_get_data_as_32bit_integer(entry.get(), &number, error.out()) != 1)
    return std::nullopt;
  return number;
}

TimeNs pst_time(libpff_record_set_t* records, std::uint32_t property) {
  constexpr std::int64_t kTicksPerSecond = 10'000'000, kTo1970 = 11'644'473'600;
  const PffEntry entry = entry_of(records, property);
  PffError error;
  std::uint64_t ticks = 0;
  if (!entry || libpff_record_entry_get_data_as_filetime(entry.get(), &ticks, error.out()) != 1 || ticks == 0 ||
      ticks > INT64_MAX)
    return std::nullopt;
  const auto signed_ticks = static_cast<std::int64_t>(ticks);
  return time_from_parts(signed_ticks / kTicksPerSecond - kTo1970,
                         static_cast<std::uint32_t>(signed_ticks % kTicksPerSecond * 100));
}

std::string pst_bytes(libpff_record_set_t* records, std::uint32_t property, std::size_t most_bytes) {
  const PffEntry entry = entry_of(records, property);
  PffError error;
  size_t size = 0;
  if (!entry || libpff_record_entry_get_data_size(entry.get(), &size, error.out()) != 1 || size == 0 ||
      size > most_bytes)
    return {};
  std::vector<std::uint8_t> bytes(size);
  if (libpff_record_entry_get_data(entry.get(), bytes.data(), size, error.out()) != 1) return {};
  return std::string(as_text(bytes));
}

std::string PstItems::key_of(libpff_record_set_t* records) {
  if (auto id = pst_text(records, property::kMessageId); !id.empty()) return "id " + id;
  const TimeNs sent = pst_time(records, property::kSubmitTime), came = pst_time(records, property::kDeliveryTime);
  const std::string subject = subject_of(records);
  if (!sent && !came && subject.empty()) return {};
  return fmt::format("{} {} {} {}", sent.value_or(0), came.value_or(0), pst_text(records, property::kSenderName),
                     subject);
}

void PstItems::add(libpff_item_t* item, const PstPlace& place) {
  rows_.alive();
  const PffRecords records = pst_records(item);
  if (!records) {
    ++unreadable_;
    return;
  }
  const std::string what = lower_letters(pst_text(records.get(), property::kClass));
  if (what == "ipm.contact" || what.starts_with("ipm.contact.")) {
    add_contact(records.get(), place);
    return;
  }
  const bool report = what.starts_with("report.");
  const bool message = what.starts_with("ipm.note") || what == "ipm" || what.starts_with("ipm.post") ||
                       what.starts_with("ipm.schedule.meeting") || what.starts_with("ipm.sharing");
  if (report || message) {
    add_message(item, records.get(), place, report);
  } else if (other_classes_.size() < kMaxClasses && !what.starts_with("ipm.microsoft.") &&
             !what.starts_with("ipm.configuration.")) {  // what Outlook keeps for itself
    ++other_classes_[what.substr(0, 60)];
  }
}

void PstItems::fill_people(libpff_item_t* item, libpff_record_set_t* records, const std::vector<HeaderField>& head,
                           catalog::Message& row) const {
  const auto text = [&](std::uint32_t property) { return pst_text(records, property); };
  const auto from = parse_addresses(field_value(head, "from"), charsets_);
  row.sender = first_of({text(property::kSenderSmtp), text(property::kSenderAddress),
                         from.empty() ? std::string() : from.front().address, text(property::kRepresentingSmtp),
                         text(property::kRepresentingAddress)});
  row.sender_name = text(property::kSenderName);
  if (row.sender_name.empty()) row.sender_name = text(property::kRepresentingName);
  if (row.sender_name == row.sender) row.sender_name.clear();
  std::vector<MailAddress> recipients;
  PffError error;
  libpff_item_t* list = nullptr;
  int count = 0;
  if (libpff_message_get_recipients(item, &list, error.out()) == 1) {
    const PffItem owned(list);
    if (libpff_item_get_number_of_record_sets(list, &count, error.out()) != 1) count = 0;
    for (int i = 0; i < std::min(count, kMaxRecipients); ++i) {
      libpff_record_set_t* raw = nullptr;
      if (libpff_item_get_record_set_by_index(list, i, &raw, error.out()) != 1) continue;
      const PffRecords one(raw);
      MailAddress who;
      who.name = pst_text(raw, property::kDisplayName);
      who.address = first_of({pst_text(raw, property::kSmtpAddress), pst_text(raw, property::kAddress),
                              is_internet_address(who.name) ? who.name : std::string()});
      if (!who.address.empty() || !who.name.empty()) recipients.push_back(std::move(who));
    }
  }
  if (recipients.empty()) recipients = parse_addresses(field_value(head, "to"), charsets_);
  row.recipients = joined_addresses(recipients);
  if (row.recipients.empty()) row.recipients = text(property::kDisplayTo);
}

// The plain text, else that of the page, else that of the document.
std::string PstItems::body_of(libpff_item_t* item, libpff_record_set_t* records) {
  bool too_large = false;
  std::string body =
      whole_of<libpff_message_get_plain_text_body_size, libpff_message_get_plain_text_body>(item, too_large);
  unify_lines(body);
  if (body.empty()) {
    std::string page = whole_of<libpff_message_get_html_body_size, libpff_message_get_html_body>(item, too_large);
    const std::uint32_t code_page = pst_number(records, property::kCodePage).value_or(0);
    const std::string charset = charset_of_code_page(code_page);
    if (auto converted = charset.empty() ? std::nullopt : charsets_.to_utf8(page, charset))
      page = std::move(*converted);
    body = text_of_html(page);
  }
  if (body.empty()) {
    body = text_of_rtf(whole_of<libpff_message_get_rtf_body_size, libpff_message_get_rtf_body>(item, too_large),
                       charsets_);
    unify_lines(body);
  }
  cut_ += too_large ? 1 : 0;
  return body;
}

std::vector<MailAttachment> PstItems::attachments_of(libpff_item_t* item) {
  std::vector<MailAttachment> all;
  PffError error;
  int count = 0;
  if (libpff_message_get_number_of_attachments(item, &count, error.out()) != 1) return all;
  cut_ += count > kMaxAttachments ? 1 : 0;
  for (int i = 0; i < std::min(count, kMaxAttachments); ++i) {
    libpff_item_t* raw = nullptr;
    if (libpff_message_get_attachment(item, i, &raw, error.out()) != 1) {
      ++unreadable_;
      continue;
    }
    const PffItem attachment(raw);
    MailAttachment one;
    int type = LIBPFF_ATTACHMENT_TYPE_UNDEFINED;
    (void)libpff_attachment_get_type(raw, &type, error.out());
    if (const PffRecords records = pst_records(raw)) {
      one.name = pst_text(records.get(), property::kLongName);
      if (one.name.empty()) one.name = pst_text(records.get(), property::kShortName);
      if (one.name.empty()) one.name = pst_text(records.get(), property::kDisplayName);
      one.mime = lower_letters(pst_text(records.get(), property::kMime));
    }
    size64_t size = 0;
    if (type == LIBPFF_ATTACHMENT_TYPE_DATA && libpff_attachment_get_data_size(raw, &size, error.out()) == 1 &&
        size <= INT64_MAX)
      one.size = static_cast<std::int64_t>(size);
    if (type == LIBPFF_ATTACHMENT_TYPE_ITEM && one.mime.empty()) one.mime = "message/rfc822";
    all.push_back(std::move(one));
  }
  return all;
}

void PstItems::add_message(libpff_item_t* item, libpff_record_set_t* records, const PstPlace& place, bool is_system) {
  const auto text = [&](std::uint32_t property) { return pst_text(records, property); };
  const auto head = parse_header(text(property::kTransportHead));
  catalog::Message row;
  row.place.locator = place.locator;
  row.place.state = place.recovered ? catalog::RowState::kRecovered : catalog::RowState::kLive;
  row.service = "E-mail";
  row.deleted = place.recovered;
  const std::uint32_t flags = pst_number(records, property::kFlags).value_or(0);
  row.direction = place.direction;
  if (row.direction == Direction::kUnknown && (flags & kFromMe) != 0 && (flags & kUnsent) == 0)
    row.direction = Direction::kOut;
  row.thread_name = subject_of(records);
  const auto ids = message_ids(text(property::kMessageId));
  row.service_id = ids.empty() ? text(property::kMessageId) : ids.front();
  if (row.service_id.empty()) row.service_id = std::string(field_value(head, "message-id"));
  row.thread = threads_.of(records, head, row.service_id, row.thread_name);
  row.t_ns = pst_time(records, property::kSubmitTime);
  if (!row.t_ns) row.t_ns = parse_mail_date(field_value(head, "date"));
  if (row.direction != Direction::kOut) row.received_ns = pst_time(records, property::kDeliveryTime);
  fill_people(item, records, head, row);
  row.body = cell_text(body_of(item, records));
  row.kind = is_system ? "system" : "text";
  const auto attachments = attachments_of(item);
  row.attachments = static_cast<std::int64_t>(attachments.size());
  encrypted_ += row.body.empty() && attachments.size() == 1 && attachments[0].name == "smime.p7m" ? 1 : 0;
  rows_.add(row, maker_.name, maker_.version);
  add_attachments(attachments, row.place, maker_, rows_);
}

void PstItems::add_contact(libpff_record_set_t* records, const PstPlace& place) {
  std::vector<std::string> numbers, addresses;
  const auto add_to = [&](std::vector<std::string>& list, std::uint32_t property) {
    std::string text = pst_text(records, property);
    if (!text.empty() && std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
  };
  for (const std::uint32_t phone : property::kPhones) add_to(numbers, phone);
  for (const std::uint32_t email : property::kEmails) add_to(addresses, email);
  const std::string name = pst_text(records, property::kDisplayName);
  const std::size_t count = std::max({numbers.size(), addresses.size(), std::size_t{name.empty() ? 0u : 1u}});
  for (std::size_t i = 0; i < count; ++i) {
    catalog::Contact row;
    row.place.locator = i == 0 ? place.locator : fmt::format("{}/{}", place.locator, i + 1);
    row.place.state = place.recovered ? catalog::RowState::kRecovered : catalog::RowState::kLive;
    row.service = "Outlook";
    row.name = name;
    if (i < numbers.size()) row.number = numbers[i];
    if (i < addresses.size()) row.email = addresses[i];
    row.t_ns = pst_time(records, property::kModified);
    rows_.add(row, maker_.name, maker_.version);
  }
}

void PstItems::tell() const {
  std::string classes;
  bool repaired = false;
  for (const auto& [name, count] : other_classes_)
    classes += fmt::format("{}{} ({})", classes.empty() ? "" : ", ", name.empty() ? "without a class" : name, count);
  if (!classes.empty())
    rows_.issue("pst-other-items", "items that are neither messages nor contacts: " + utf8_text(classes, repaired),
                true);
  if (unreadable_ > 0)
    rows_.issue("pst-item-unreadable", fmt::format("{} items or attachments could not be read", unreadable_), true);
  if (cut_ > 0)
    rows_.issue("mail-limits", fmt::format("{} of the messages have more text or parts than is read", cut_), true);
  if (encrypted_ > 0)
    rows_.issue("mail-encrypted", fmt::format("{} of the messages are encrypted (S/MIME)", encrypted_), true);
}

}  // namespace limier::content
