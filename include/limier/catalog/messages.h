// Messages and what is attached to them, whatever application they are from.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class Direction : std::int8_t { kUnknown, kIn, kOut };
inline constexpr std::array<std::string_view, 3> kDirectionWords{"unknown", "in", "out"};

// Who sent a message of which nothing is stored but that this device sent it.
inline constexpr std::string_view kOwnerWord = "owner";

// Cells that hold several texts (recipients, places) have this between them.
inline constexpr std::string_view kListSeparator = "; ";
inline std::vector<std::string_view> split_list(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const auto end = list.find(kListSeparator);
    parts.push_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + kListSeparator.size());
  }
  return parts;
}

struct Message {
  static constexpr KindInfo kKind{
      .name = "message",
      .plural = "messages",
      .title = "Messages",
      .meaning = "Messages that applications keep: chats, SMS, MMS.",
      .summary =
          "coalesce(service || ', ', '') || direction || coalesce(', ' || coalesce(sender_name, sender), '') "
          "|| coalesce(': ' || body, '')",
      .always_listed = true};
  static constexpr auto columns() {
    return std::tuple{
        Column{"service", &Message::service, As::kOwnText, "application or network"},
        Column{"thread", &Message::thread, As::kText, "conversation, as the application identifies it"},
        Column{"thread_name", &Message::thread_name, As::kText, "name of the conversation"},
        Column{"direction", &Message::direction, kDirectionWords, "seen from the device"},
        Column{"sender", &Message::sender, As::kText,
               "number, address or id of who sent it; owner: sent from this device, and no more is stored"},
        Column{"sender_name", &Message::sender_name, As::kText, "as the application names the sender"},
        Column{"recipients", &Message::recipients, As::kText, "numbers, addresses or ids, separated by '; '"},
        Column{"t", &Message::t_ns, As::kTime, "when it was sent"},
        Column{"received", &Message::received_ns, As::kTime, "when it came in"},
        Column{"edited", &Message::edited_ns, As::kTime, "when it was last changed"},
        Column{"body", &Message::body, As::kText, "the text"},
        Column{
            "kind", &Message::kind, As::kOwnText,
            "text, image, audio, video, file, location, call, system, …; another word is the application's own code"},
        Column{"service_id", &Message::service_id, As::kText, "the service's own id, the same on both sides"},
        Column{"attachments", &Message::attachments, As::kInteger, "how many"},
        Column{"deleted", &Message::deleted, As::kFlag,
               "1: no live row of this message exists, or the application itself marks it as deleted"},
    };
  }

  RowPlace place;
  std::string service, thread, thread_name;
  Direction direction = Direction::kUnknown;
  std::string sender, sender_name, recipients;
  std::optional<std::int64_t> t_ns, received_ns, edited_ns;
  std::string body, kind, service_id;
  std::int64_t attachments = 0;
  bool deleted = false;
};

struct Attachment {
  static constexpr KindInfo kKind{.name = "attachment",
                                  .plural = "attachments",
                                  .title = "Attachments",
                                  .meaning = "Files that belong to messages, as the application names them.",
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{&Attachment::message, "message", "the message it belongs to"},
        Column{"name", &Attachment::name, As::kText, "name of the file, as sent"},
        Column{"mime", &Attachment::mime, As::kText, "type, as stored"},
        Column{"size", &Attachment::size, As::kInteger, "bytes, as stored"},
        Column{"path", &Attachment::path, As::kText, "where the application keeps it, as stored"},
        Column{"places", &Attachment::places, As::kText,
               "paths under which it may lie on the device, separated by '; '"},
        Column{"sha256", &Attachment::sha256, As::kOwnText, "digest of the file, as the application states it"},
        Column{"t", &Attachment::t_ns, As::kTime, "when the application got it or made it, as far as it is stored"},
        Column{"attached_file_id", &Attachment::attached_file_id, As::kInteger,
               "the file on the device: of that digest, else the only one whose path ends like it; NULL: not found"},
    };
  }

  RowPlace place;
  std::string message;  // locator
  std::string name, mime;
  std::optional<std::int64_t> size;
  std::string path, places, sha256;
  std::optional<std::int64_t> t_ns, attached_file_id;
};

}  // namespace limier::catalog
