// Sources: iLEAPP (facts), and the archive of a public research phone with iOS 17. The archive is walked as it is
// stored, by the numbers of its objects: people and messages are shared in it, and would be there many times if it were
// spread.
#include "content/twitter_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "content/decode/plist.h"
#include "content/epochs.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"

namespace limier::content {
namespace {

using catalog::ItemState;
using decode::Plist;

constexpr std::uint64_t kMaxBytes = 64u << 20;
constexpr std::size_t kMaxEntries = 200'000;
constexpr std::uint64_t kMaxSteps = 500'000'000;  // keys and items that are looked at
constexpr std::string_view kService = "X";

// An archive of NSKeyedArchiver, object by object.
class Archive {
 public:
  using Object = std::optional<std::uint32_t>;  // none: there is nothing

  static std::optional<Archive> open(const Plist& plist) {
    const Object list = plist.member(plist.top, "$objects"), top = plist.member(plist.top, "$top");
    if (!list || !top || plist.objects[*list].kind != Plist::Kind::kList) return std::nullopt;
    return Archive(plist, *list, *top);
  }

  [[nodiscard]] Object root() const { return member(top_, "root"); }
  [[nodiscard]] Object member(Object map, std::string_view key) const {
    if (!map || !spend(plist_->objects[*map].held.size())) return std::nullopt;
    const Object found = plist_->member(*map, key);
    return found ? named(*found) : std::nullopt;
  }
  [[nodiscard]] std::string text(Object map, std::string_view key) const {
    const Object found = member(map, key);
    if (!found) return {};
    if (const std::string* text = plist_->text(*found)) return *text;
    const auto* number = value_of<std::int64_t>(*found);
    return number == nullptr ? std::string() : std::to_string(*number);
  }
  [[nodiscard]] std::optional<std::int64_t> number(Object map, std::string_view key) const {
    const Object found = member(map, key);
    const auto* number = found ? value_of<std::int64_t>(*found) : nullptr;
    return number == nullptr ? std::nullopt : std::optional(*number);
  }
  // Dates are objects with seconds since 2001.
  [[nodiscard]] std::optional<double> seconds(Object map, std::string_view key) const {
    const Object found = member(member(map, key), "NS.time");
    if (!found) return std::nullopt;
    if (const auto* real = value_of<double>(*found)) return *real;
    const auto* whole = value_of<std::int64_t>(*found);
    return whole == nullptr ? std::nullopt : std::optional(static_cast<double>(*whole));
  }
  [[nodiscard]] std::string class_of(Object map) const { return text(member(map, "$class"), "$classname"); }

  // What a collection holds; an ordered set has its items under names that count.
  [[nodiscard]] std::vector<std::uint32_t> items(Object collection) const {
    std::vector<std::uint32_t> all;
    if (!collection || !spend(plist_->objects[*collection].held.size())) return all;
    const auto add = [&](const std::vector<std::uint32_t>& held) {
      if (!spend(held.size())) return;
      for (const std::uint32_t one : held)
        if (const Object object = named(one)) all.push_back(*object);
    };
    const Plist::Object& stored = plist_->objects[*collection];
    if (stored.kind == Plist::Kind::kList) add(stored.held);
    if (stored.kind != Plist::Kind::kMap) return all;
    if (const Object list = member(collection, "NS.objects"); list && plist_->objects[*list].kind == Plist::Kind::kList)
      add(plist_->objects[*list].held);
    for (std::size_t i = 0; i + 1 < stored.held.size(); i += 2) {
      const std::string* key = plist_->text(stored.held[i]);
      if (key != nullptr && key->starts_with("NS.object.")) add({stored.held[i + 1]});
    }
    return all;
  }

  // Its number in `$objects`, by which it can be found again.
  [[nodiscard]] std::uint32_t number_of(std::uint32_t object) const { return numbers_[object]; }
  // Whether so much was looked at that the rest was left: no inbox needs that.
  [[nodiscard]] bool is_spent() const { return left_ == 0; }

 private:
  Archive(const Plist& plist, std::uint32_t list, std::uint32_t top)
      : plist_(&plist), list_(list), top_(top), numbers_(plist.objects.size()) {
    const auto& held = plist.objects[list].held;
    for (std::size_t at = held.size(); at > 0; --at) numbers_[held[at - 1]] = static_cast<std::uint32_t>(at - 1);
  }

  bool spend(std::size_t steps) const {
    left_ -= std::min<std::uint64_t>(left_, steps + 1);
    return left_ > 0;
  }

  template <class T>
  [[nodiscard]] const T* value_of(std::uint32_t object) const {
    const Plist::Object& stored = plist_->objects[object];
    return stored.kind == Plist::Kind::kValue ? std::get_if<T>(&stored.value) : nullptr;
  }
  [[nodiscard]] Object named(std::uint32_t object) const {
    if (plist_->objects[object].kind != Plist::Kind::kReference) return object;
    const auto number = static_cast<std::uint64_t>(std::get<std::int64_t>(plist_->objects[object].value));
    const auto& list = plist_->objects[list_].held;
    // Object 0 stands for nothing.
    return number > 0 && number < list.size() ? Object(list[static_cast<std::size_t>(number)]) : std::nullopt;
  }

  const Plist* plist_;
  std::uint32_t list_, top_;
  std::vector<std::uint32_t> numbers_;  // by object
  mutable std::uint64_t left_ = kMaxSteps;
};

class Inbox {
 public:
  Inbox(const Archive& archive, const TwitterParser& parser, Rows& rows)
      : archive_(archive), parser_(parser), rows_(rows) {}

  bool read() {
    const auto root = archive_.root();
    const auto inbox = archive_.member(root, "inbox");
    if (!inbox) return false;
    own_ = archive_.text(archive_.member(inbox, "context"), "userID");
    people(archive_.items(archive_.member(root, "cachedUserByUserID")));
    for (const std::string_view name :
         {"trusted_conversations_timeline", "untrusted_conversations_timeline", "low_quality_conversations_timeline"})
      for (const std::uint32_t one : archive_.items(archive_.member(archive_.member(inbox, name), "conversations")))
        conversation(one);
    if (entries_ == kMaxEntries || archive_.is_spent())
      rows_.issue("twitter-too-many-entries",
                  fmt::format("the inbox holds {} entries or more, or names the same ones again and again: the rest is "
                              "not read",
                              entries_),
                  true);
    return true;
  }

 private:
  struct Conversation {
    std::string id, name, other;  // other: of two people, the one who is not the account
  };

  template <class Row>
  void add(const Row& row) {
    rows_.add(row, parser_.name(), parser_.version());
  }

  [[nodiscard]] catalog::RowPlace place_of(std::uint32_t object) const {
    catalog::RowPlace place;
    place.locator = fmt::format("nskeyed:object={}", archive_.number_of(object));
    return place;
  }

  void people(const std::vector<std::uint32_t>& users) {
    for (const std::uint32_t user : users) {
      const std::string id = archive_.text(user, "userID"), handle = archive_.text(user, "username");
      const std::string name = archive_.text(user, "fullName");
      if (id.empty()) continue;
      if (id == own_) {
        catalog::Account account;
        account.place = place_of(user);
        account.service = kService;
        account.identifier = id;
        account.display_name = handle.empty() ? name : handle;
        account.role = catalog::AccountRole::kOwner;
        add(account);
        continue;
      }
      catalog::Contact contact;
      contact.place = place_of(user);
      contact.service = kService;
      contact.handle = id;
      contact.name = handle.empty() ? name : name.empty() ? "@" + handle : fmt::format("{} (@{})", name, handle);
      add(contact);
    }
  }

  void conversation(std::uint32_t object) {
    Conversation here;
    const auto identifier = archive_.member(object, "identifier");
    here.id = archive_.text(identifier, "canonicalID");
    if (here.id.empty()) here.id = archive_.text(identifier, "localID");
    here.name = archive_.text(object, "conversationName");
    std::size_t others = 0;
    for (const std::uint32_t one : archive_.items(archive_.member(object, "participants"))) {
      const auto user = archive_.member(one, "participatingUser");
      const std::string id = archive_.text(user, "userID");
      if (id.empty() || id == own_) continue;
      here.other = ++others == 1 ? id : std::string();
      if (others == 1 && archive_.text(object, "conversationName").empty())
        here.name = archive_.text(user, "fullName");
      else if (others == 2)
        here.name = archive_.text(object, "conversationName");
    }
    for (const std::uint32_t one : archive_.items(archive_.member(object, "entries")))
      if (entries_ < kMaxEntries && seen_.insert(one).second) entry(one, here);
  }

  static std::optional<std::int64_t> time_of_seconds(std::optional<double> seconds) {
    static const Epoch* const kCocoa = find_epoch("cocoa-s");
    return seconds ? time_of(*kCocoa, *seconds) : std::nullopt;
  }

  void entry(std::uint32_t object, const Conversation& here) {
    ++entries_;
    rows_.alive();
    catalog::Message message;
    message.place = place_of(object);
    message.service = kService;
    message.thread = here.id;
    message.thread_name = here.name;
    message.t_ns = time_of_seconds(archive_.seconds(object, "time"));
    message.service_id = archive_.text(archive_.member(object, "identifier"), "canonicalID");
    const auto sender = archive_.member(object, "sender");
    message.sender = archive_.text(sender, "userID");
    if (!message.sender.empty() && !own_.empty())
      message.direction = message.sender == own_ ? catalog::Direction::kOut : catalog::Direction::kIn;
    const auto started = archive_.seconds(object, "started_at");
    if (started)
      call(object, here, *started, message);
    else
      fill(object, message);
    if (message.direction == catalog::Direction::kOut) {
      message.sender.clear();
      message.recipients = here.other;
    } else {
      message.sender_name = archive_.text(sender, "fullName");
    }
    const auto file = attachment(object, message);
    add(message);
    if (file) add(*file);
  }

  // What stands in the shown text; a file alone has only its address there, and in the text as it was sent.
  void fill(std::uint32_t object, catalog::Message& message) const {
    message.body = archive_.text(object, "displayText");
    if (message.body.empty()) message.body = archive_.text(object, "originalText");
    const std::string kind = archive_.class_of(object);
    if (kind == "TFNDirectMessageEntry") {
      message.kind = "text";
    } else if (kind == "TFNDirectMessageReactionCreatedEntry") {
      message.kind = "reaction";
      message.body = archive_.text(object, "emoji_reaction");
    } else {
      message.kind = kind;
    }
  }

  // Of a call only the other side of a conversation of two is known.
  void call(std::uint32_t object, const Conversation& here, double started, catalog::Message& message) {
    message.kind = "call";
    const auto caller = archive_.number(object, "is_caller");
    if (caller) message.direction = *caller != 0 ? catalog::Direction::kOut : catalog::Direction::kIn;
    if (message.direction == catalog::Direction::kIn && message.sender.empty()) message.sender = here.other;
    catalog::Call call;
    call.place = message.place;
    call.service = kService;
    call.direction = message.direction;
    call.party = here.other;
    if (!here.other.empty()) call.party_name = here.name;
    call.t_ns = time_of_seconds(started);
    constexpr double kLongest = 1e7;  // seconds; more is damage
    if (const auto ended = archive_.seconds(object, "ended_at");
        ended && *ended >= started && *ended - started < kLongest)
      call.duration_s = std::llround(*ended - started);
    add(call);
  }

  std::optional<catalog::Attachment> attachment(std::uint32_t object, catalog::Message& message) const {
    const auto media = archive_.member(archive_.member(object, "attachment"), "entityMedia");
    catalog::Attachment file;
    file.path = archive_.text(media, "mediaURL");
    if (file.path.empty()) return std::nullopt;
    file.place = message.place;
    file.message = message.place.locator;
    message.attachments = 1;
    constexpr std::int64_t kPicture = 1;
    if (message.kind == "text")
      message.kind = archive_.member(media, "videoInfo")               ? "video"
                     : archive_.number(media, "mediaType") == kPicture ? "image"
                                                                       : "file";
    return file;
  }

  const Archive& archive_;
  const TwitterParser& parser_;
  Rows& rows_;
  std::string own_;  // of the account
  std::set<std::uint32_t> seen_;
  std::size_t entries_ = 0;
};

}  // namespace

Outcome TwitterParser::parse(const Source& source, Rows& rows) const {
  if (source.main->size_bytes() > kMaxBytes) return {ItemState::kTooLarge, "larger than such an archive is"};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.main->size_bytes()));
  if (!source.main->read(0, bytes))
    rows.issue("twitter-bytes-missing", "parts of the file are not there, or could not be read", true);
  const auto plist = decode::read_plist(bytes);
  if (!plist && as_text(bytes).starts_with("bplist"))
    return {ItemState::kFailed, "a property list that cannot be read, or that is too large"};
  const auto archive = plist && !plist->objects.empty() ? Archive::open(*plist) : std::nullopt;
  if (!archive || !Inbox(*archive, *this, rows).read())
    return {ItemState::kNotApplicable, "not an archive of an inbox"};
  return {};
}

}  // namespace limier::content
