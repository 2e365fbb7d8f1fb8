// Who is known to a device, who called whom, and whose accounts are on it.
#pragma once

#include "limier/catalog/messages.h"
#include "limier/catalog/rows.h"

namespace limier::catalog {

struct Contact {
  static constexpr KindInfo kKind{
      .name = "contact",
      .plural = "contacts",
      .title = "Contacts",
      .meaning = "Entries of address books, and people that applications name.",
      .summary = "coalesce(service || ', ', '') || coalesce(name, number, email, handle, '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"service", &Contact::service, As::kOwnText, "address book or application"},
        Column{"name", &Contact::name, As::kText, "as it stands there"},
        Column{"number", &Contact::number, As::kText, "telephone number, as stored"},
        Column{"email", &Contact::email, As::kText, "address, as stored"},
        Column{"handle", &Contact::handle, As::kText, "the application's own id of the person"},
        Column{"normalized", &Contact::normalized, As::kOwnText, "number, address or handle in one spelling"},
        Column{"t", &Contact::t_ns, As::kTime, "when the entry was made or last changed, as far as it is stored"},
    };
  }

  RowPlace place;
  std::string service, name, number, email, handle, normalized;
  std::optional<std::int64_t> t_ns;
};

struct Call {
  static constexpr KindInfo kKind{.name = "call",
                                  .plural = "calls",
                                  .title = "Calls",
                                  .meaning = "Telephone and application calls.",
                                  .summary =
                                      "coalesce(service || ', ', '') || direction || coalesce(', ' || "
                                      "coalesce(party_name, party), '') || coalesce(', ' || duration_s || ' s', '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"service", &Call::service, As::kOwnText, "application or network"},
        Column{"direction", &Call::direction, kDirectionWords, "seen from the device"},
        Column{"party", &Call::party, As::kText, "number, address or id of the other side, as stored"},
        Column{"party_name", &Call::party_name, As::kText, "as the application names the other side"},
        Column{"t", &Call::t_ns, As::kTime, "when it began"},
        Column{"duration_s", &Call::duration_s, As::kInteger, "seconds; NULL: not stored"},
        Column{"outcome", &Call::outcome, As::kOwnText,
               "answered, missed, rejected, …; another word is the application's own code"},
    };
  }

  RowPlace place;
  std::string service;
  Direction direction = Direction::kUnknown;
  std::string party, party_name;
  std::optional<std::int64_t> t_ns, duration_s;
  std::string outcome;
};

enum class AccountRole : std::int8_t { kOwner, kOther };
inline constexpr std::array<std::string_view, 2> kAccountRoleWords{"owner", "other"};

struct Account {
  static constexpr KindInfo kKind{.name = "account",
                                  .plural = "accounts",
                                  .title = "Accounts",
                                  .meaning = "Accounts that are set up on the device, or that applications know.",
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"service", &Account::service, As::kOwnText, "application, network or kind of account"},
        Column{"identifier", &Account::identifier, As::kText, "number, address or id, as stored"},
        Column{"normalized", &Account::normalized, As::kOwnText, "the same in one spelling"},
        Column{"display_name", &Account::display_name, As::kText, "name beside it"},
        Column{"role", &Account::role, kAccountRoleWords, "owner: the device is signed in with it"},
    };
  }

  RowPlace place;
  std::string service, identifier, normalized, display_name;
  AccountRole role = AccountRole::kOther;
};

// Follows from the rows above and from messages when all of them are there.
struct Party {
  static constexpr KindInfo kKind{
      .name = "party",
      .plural = "parties",
      .title = "People",
      .meaning =
          "Every number, address and handle that the device's stores name as its owner's, as a "
          "contact's or as the other side's of messages and calls, each once.",
      .origin = Origin::kEngine,
      .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Party::kind, As::kOwnText, "number, email, handle (of one service)"},
        Column{"normalized", &Party::normalized, As::kOwnText, "in one spelling; a handle with its service in front"},
        Column{"name", &Party::name, As::kText, "as the stores name it: the first three, by '; '"},
        Column{"owner", &Party::owner, As::kFlag, "1: an account of role owner, or a number of the device, has it"},
        Column{"contacts", &Party::contacts, As::kInteger, "rows of v_contact"},
        Column{"messages", &Party::messages, As::kInteger, "messages from it or to it"},
        Column{"calls", &Party::calls, As::kInteger, "calls with it"},
        Column{"first", &Party::first_ns, As::kTime, "of those messages and calls"},
        Column{"last", &Party::last_ns, As::kTime, "of those messages and calls"},
    };
  }

  std::string kind, normalized, name;
  bool owner = false;
  std::int64_t contacts = 0, messages = 0, calls = 0;
  std::optional<std::int64_t> first_ns, last_ns;
};

}  // namespace limier::catalog
