// Names of folders: what Outlook, Apple Mail, Thunderbird, Gmail and webmail call them in the languages here.
#include "content/mail_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::content {
namespace {

using catalog::Direction;

constexpr std::string_view kSentFolders[] = {
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "sentmail",
    "sentbox",
    "outbox",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "postausgang",
    "envoyés",
    "envoyes",
    "éléments envoyés",
    "messages envoyés",
    "courrier envoyé",
    "boîte d'envoi",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "postvak uit",
    "enviados",
    "elementos enviados",
    "mensajes enviados",
    "itens enviados",
    "posta inviata",
    "inviati",
    "elementi inviati",
    "wysłane",
    "отправленные",
};
constexpr std::string_view kInboxes[] = {"inbox",      "posteingang",        "boîte de réception", "courrier entrant",
                                         "postvak in", "bandeja de entrada", "posta in arrivo",    "входящие"};

constexpr std::size_t kMaxRecipientsBytes = 1u << 20;

}  // namespace

Direction direction_of_folder(std::string_view name) {
  std::string plain = lower_letters(trimmed_text(name));
  for (const std::string_view end : {".mbox", ".mbx", ".sbd", ".dbx", ".partial"})
    if (plain.ends_with(end)) plain.resize(plain.size() - end.size());
  std::string_view bare = plain;
  // Maildir: ".Sent", ".INBOX.Sent"; what IMAP servers of Google call "[Gmail]/Sent Mail".
  if (const std::size_t dot = bare.rfind('.'); dot != std::string_view::npos) bare.remove_prefix(dot + 1);
  if (std::ranges::find(kSentFolders, bare) != std::end(kSentFolders)) return Direction::kOut;
  return std::ranges::find(kInboxes, bare) != std::end(kInboxes) ? Direction::kIn : Direction::kUnknown;
}

Direction direction_of_path(std::string_view path, bool last_is_folder) {
  constexpr int kFolders = 5;  // looked at, from the last
  bool is_folder = last_is_folder;
  for (int i = 0; i < kFolders && !path.empty(); ++i) {
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (is_folder)
      if (const Direction said = direction_of_folder(name); said != Direction::kUnknown) return said;
    is_folder = true;
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
  return Direction::kUnknown;
}

std::string thread_of(std::string_view references, std::string_view in_reply_to, std::string_view message_id,
                      std::string_view subject) {
  if (auto ids = message_ids(references); !ids.empty()) return std::move(ids.front());
  if (auto ids = message_ids(in_reply_to); !ids.empty()) return std::move(ids.front());
  if (!message_id.empty()) return std::string(message_id);
  return base_subject(subject);
}

std::string joined_addresses(std::span<const MailAddress> addresses) {
  std::string all;
  for (const MailAddress& one : addresses) {
    const std::string& who = one.address.empty() ? one.name : one.address;
    if (all.size() + who.size() > kMaxRecipientsBytes) break;
    if (!all.empty()) all += "; ";
    all += who;
  }
  return all;
}

bool is_message(const Mail& mail, const Charsets& charsets) {
  if (!mail.has_head) return false;
  for (const std::string_view name : {"received", "message-id"})
    if (!field_value(mail.fields, name).empty()) return true;
  for (const std::string_view name : {"from", "sender", "to", "cc", "bcc"})
    for (const MailAddress& one : parse_addresses(field_value(mail.fields, name), charsets))
      if (one.address.find('@') != std::string::npos) return true;
  return false;
}

void MailDoubts::add(const Mail& mail) {
  encrypted_ += mail.encrypted ? 1 : 0;
  cut_ += mail.cut ? 1 : 0;
  over_limits_ += mail.over_limits ? 1 : 0;
  constexpr std::size_t kMaxCharsets = 100;
  if (!mail.unknown_charset.empty() && charsets_.size() < kMaxCharsets) ++charsets_[mail.unknown_charset.substr(0, 40)];
}

void MailDoubts::tell(Rows& rows) const {
  const auto tell_one = [&](std::uint64_t count, const char* code, std::string_view words, bool incomplete) {
    if (count > 0) rows.issue(code, fmt::format("{} of the messages {}", count, words), incomplete);
  };
  tell_one(encrypted_, "mail-encrypted", "are encrypted (OpenPGP or S/MIME): only their heads are shown", true);
  tell_one(cut_, "mail-cut", "have parts without an end: something is missing, or the sender left it out", true);
  tell_one(over_limits_, "mail-limits", "have more text, parts or depth than is read; the rest is left out", true);
  tell_one(bad_dates_, "mail-date", "have a date that is none, or has no zone: their time is NULL", false);
  for (const auto& [charset, count] : charsets_) {
    bool repaired = false;
    rows.issue("mail-charset",
               fmt::format("{} of the texts are in a character set that is not known ({}) and stay as stored", count,
                           utf8_text(charset, repaired)),
               false);
  }
}

std::string cell_text(std::string text) {
  if (text.size() <= catalog::kMaxCellBytes) return text;
  std::size_t end = catalog::kMaxCellBytes;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

void add_mail(const Mail& mail, const MailPlace& place, const MailMaker& maker, const Charsets& charsets,
              MailDoubts& doubts, Rows& rows) {
  doubts.add(mail);
  const auto field = [&](std::string_view name) { return field_value(mail.fields, name); };
  catalog::Message row;
  row.place.locator = place.locator;
  row.place.file_offset = static_cast<std::int64_t>(place.file_offset);
  row.service = "E-mail";
  row.direction = place.direction;
  row.deleted = place.deleted;
  row.thread_name = cell_text(decoded_words(field("subject"), charsets));
  const auto own_ids = message_ids(field("message-id"));
  row.service_id = own_ids.empty() ? std::string(field("message-id")) : own_ids.front();
  row.thread = cell_text(thread_of(field("references"), field("in-reply-to"), row.service_id, row.thread_name));
  auto senders = parse_addresses(field("from"), charsets);
  if (senders.empty()) senders = parse_addresses(field("sender"), charsets);
  if (!senders.empty()) {
    row.sender = senders.front().address;
    row.sender_name = senders.front().name;
  }
  std::vector<MailAddress> recipients;
  for (const HeaderField& one : mail.fields) {
    if (one.name != "to" && one.name != "cc" && one.name != "bcc") continue;
    auto more = parse_addresses(one.value, charsets);
    if (recipients.size() + more.size() > kMaxAddresses) break;
    std::ranges::move(more, std::back_inserter(recipients));
  }
  row.recipients = joined_addresses(recipients);
  row.t_ns = parse_mail_date(field("date"));
  if (!row.t_ns && !field("date").empty()) doubts.add_bad_date();
  // The last machine on the way writes in front of the others; its date stands at the end.
  const std::string_view received = field("received");
  if (const std::size_t date = received.rfind(';'); date != std::string_view::npos)
    row.received_ns = parse_mail_date(received.substr(date + 1));
  row.body = cell_text(mail.body);
  row.kind = "text";
  row.attachments = static_cast<std::int64_t>(mail.attachments.size());
  rows.add(row, maker.name, maker.version);
  add_attachments(mail.attachments, row.place, maker, rows);
}

void add_attachments(std::span<const MailAttachment> attachments, const catalog::RowPlace& message,
                     const MailMaker& maker, Rows& rows) {
  std::size_t number = 0;
  for (const MailAttachment& one : attachments) {
    catalog::Attachment row;
    row.place = message;
    row.place.locator = fmt::format("{}/attachment:{}", message.locator, ++number);
    row.message = message.locator;
    row.name = cell_text(one.name);
    row.mime = cell_text(one.mime);
    row.size = one.size;
    rows.add(row, maker.name, maker.version);
  }
}

}  // namespace limier::content
