// Whose mailbox it is: the one address that (nearly) every message of a store is from or to, and that both sent and
// received some of them. A mailing list, a newsletter or somebody whose letters were put together does not do both.
// Where two addresses are on all messages it is the talk of two, and no answer. A store is a file of many messages, or
// the folder of files of one.
#include <fmt/format.h>

#include <map>
#include <set>

#include "limier/catalog/people.h"
#include "limier/people.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

constexpr std::string_view kMaker = "mailbox-owner", kVersion = "1";
// Of a store: that it says anything; and of an address, each way.
constexpr std::int64_t kFewestMessages = 10, kFewestEachWay = 3;
// In tenths of a store's messages: who has more is its owner, unless another has more than a little.
constexpr std::int64_t kOwns = 9, kLittle = 6;
constexpr std::size_t kMostStores = 500, kMostAddresses = 500;  // of one store; what comes later is not counted

class Mailbox {
 public:
  explicit Mailbox(std::int64_t item_id) : item_id_(item_id) {}

  void add(std::string_view sender, std::string_view recipients) {
    ++messages_;
    std::set<std::string> seen;
    const auto note = [&](std::string_view stored, std::int64_t Address::*way) {
      const auto party = people::party_of(stored, "E-mail", nullptr);
      if (!party || party->kind != "email") return;
      if (addresses_.size() == kMostAddresses && !addresses_.contains(party->normalized)) return;
      Address& address = addresses_[party->normalized];
      if (seen.insert(party->normalized).second) ++address.messages;
      ++(address.*way);
    };
    note(sender, &Address::sent);
    for (const std::string_view recipient : catalog::split_list(recipients)) note(recipient, &Address::received);
  }

  // nullopt: nothing says whose it is.
  [[nodiscard]] std::optional<catalog::Account> owner() const {
    if (messages_ < kFewestMessages) return std::nullopt;
    std::optional<catalog::Account> owner;
    for (const auto& [address, seen] : addresses_) {
      if (seen.messages * 10 <= messages_ * kLittle) continue;
      if (owner || seen.messages * 10 < messages_ * kOwns || seen.sent < kFewestEachWay ||
          seen.received < kFewestEachWay)
        return std::nullopt;
      owner.emplace();
      owner->service = "E-mail";
      owner->identifier = address;
      owner->role = catalog::AccountRole::kOwner;
      owner->place.locator = fmt::format("mailbox:{} of {} messages", seen.messages, messages_);
    }
    return owner;
  }
  [[nodiscard]] std::int64_t item_id() const { return item_id_; }

 private:
  struct Address {
    std::int64_t messages = 0, sent = 0, received = 0;
  };
  std::int64_t item_id_;  // of its first message
  std::int64_t messages_ = 0;
  std::map<std::string, Address> addresses_;
};

}  // namespace

Status IndexWriter::Impl::derive_mailbox_owners() {
  std::map<std::pair<std::int64_t, std::string>, Mailbox> mailboxes;
  {
    LIMIER_TRY(
        auto rows,
        db_.prepare("SELECT f.volume_id, iif(r.place_locator GLOB 'eml*', rtrim(n.path, replace(n.path, '/', '')), "
                    "n.path), r.item_id, coalesce(r.sender, ''), coalesce(r.recipients, '') FROM row_message r JOIN "
                    "content_item i ON i.item_id = r.item_id JOIN file f ON f.file_id = i.file_id JOIN name n ON "
                    "n.name_key = f.name_key WHERE r.service = 'E-mail' ORDER BY i.content_id, r.seq"));
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) break;
      const std::pair place(rows.integer(0), rows.text(1));
      if (mailboxes.size() == kMostStores && !mailboxes.contains(place)) continue;
      mailboxes.try_emplace(place, rows.integer(2)).first->second.add(rows.text(3), rows.text(4));
    }
  }
  for (const auto& [place, mailbox] : mailboxes)
    if (const auto owner = mailbox.owner())
      LIMIER_CHECK(
          add_row(mailbox.item_id(), catalog::kKindOf<catalog::Account>, kMaker, kVersion, catalog::cells_of(*owner)));
  return ok_status();
}

}  // namespace limier::store
