// Who is known to the device: numbers, addresses and handles in one spelling beside what is stored, and each of them
// once in v_party. A number without a country code is taken for one of the device's country, where the device says
// which that is; else it gets no spelling.
#include <fmt/format.h>

#include <functional>
#include <vector>

#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "limier/people.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

constexpr std::size_t kNamesOfParty = 3;

class Parties {
 public:
  Parties(Database& db, const people::Country* at_home) : db_(db), at_home_(at_home) {}

  Status run() {
    LIMIER_CHECK(db_.execute(
        "CREATE TEMP TABLE party(kind TEXT, normalized TEXT, owner INTEGER DEFAULT 0, contacts INTEGER DEFAULT "
        "0, messages INTEGER DEFAULT 0, calls INTEGER DEFAULT 0, first_ns INTEGER, last_ns INTEGER, PRIMARY KEY "
        "(kind, normalized)) WITHOUT ROWID;"
        "CREATE TEMP TABLE party_name(kind TEXT, normalized TEXT, name TEXT, PRIMARY KEY (kind, normalized, "
        "name)) WITHOUT ROWID;"
        "CREATE TEMP TABLE spelling(row_id INTEGER PRIMARY KEY, normalized TEXT)"));
    LIMIER_TRY(note_, db_.prepare("INSERT INTO temp.party VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO "
                                  "UPDATE SET owner = max(owner, "
                                  "excluded.owner), contacts = contacts + excluded.contacts, messages = messages + "
                                  "excluded.messages, calls = calls + "
                                  "excluded.calls, first_ns = coalesce(min(first_ns, excluded.first_ns), first_ns, "
                                  "excluded.first_ns), last_ns = "
                                  "coalesce(max(last_ns, excluded.last_ns), last_ns, excluded.last_ns)"));
    LIMIER_TRY(name_, db_.prepare("INSERT OR IGNORE INTO temp.party_name VALUES (?1, ?2, ?3)"));
    LIMIER_TRY(spelling_, db_.prepare("INSERT INTO temp.spelling VALUES (?1, ?2)"));
    LIMIER_CHECK(contacts());
    LIMIER_CHECK(accounts());
    LIMIER_CHECK(device());
    LIMIER_CHECK(messages());
    LIMIER_CHECK(calls());
    return ok_status();
  }

 private:
  struct Seen {
    bool owner = false;
    std::int64_t contacts = 0, messages = 0, calls = 0;
    std::optional<std::int64_t> first_ns{}, last_ns{};
  };

  Status note(const people::Party& party, const std::string& name, const Seen& seen) {
    note_.bind_text(1, party.kind);
    note_.bind_text(2, party.normalized);
    note_.bind(3, std::int64_t{seen.owner});
    note_.bind(4, seen.contacts);
    note_.bind(5, seen.messages);
    note_.bind(6, seen.calls);
    note_.bind(7, seen.first_ns);
    note_.bind(8, seen.last_ns);
    LIMIER_CHECK(note_.run());
    if (name.empty()) return ok_status();
    name_.bind_text(1, party.kind);
    name_.bind_text(2, party.normalized);
    name_.bind_text(3, name);
    return name_.run();
  }

  Status each(std::string_view sql, const std::function<Status(const Statement&)>& take) {
    LIMIER_TRY(auto rows, db_.prepare(sql));
    while (true) {
      LIMIER_TRY(const bool more, rows.step());
      if (!more) return ok_status();
      LIMIER_CHECK(take(rows));
    }
  }

  // `normalized` of the rows of a table, once all of them were read.
  Status spell(std::int64_t row_id, std::string_view normalized) {
    spelling_.bind(1, row_id);
    spelling_.bind_text(2, normalized);
    return spelling_.run();
  }
  Status put_spellings(std::string_view table) {
    return db_.execute(
        fmt::format("UPDATE {} SET normalized = s.normalized FROM temp.spelling s WHERE s.row_id = {}.row_id; "
                    "DELETE FROM temp.spelling",
                    table, table));
  }

  Status contacts() {
    const auto take = [&](const Statement& row) -> Status {
      const std::string service = row.text(1), name = row.text(2);
      std::string spelling;
      for (const int column : {3, 4, 5}) {
        if (row.is_null(column)) continue;
        const auto party = people::party_of(row.text(column), column == 5 ? service : "", at_home_);
        if (!party) continue;
        if (spelling.empty()) spelling = party->normalized;
        LIMIER_CHECK(note(*party, name, {.contacts = 1}));
      }
      return spelling.empty() ? ok_status() : spell(row.integer(0), spelling);
    };
    LIMIER_CHECK(each(
        "SELECT row_id, coalesce(service, ''), coalesce(name, ''), number, email, handle FROM row_contact ORDER BY id",
        take));
    return put_spellings("row_contact");
  }

  Status accounts() {
    const auto take = [&](const Statement& row) -> Status {
      const auto party = people::party_of(row.text(2), row.text(1), at_home_);
      if (!party) return ok_status();
      LIMIER_CHECK(spell(row.integer(0), party->normalized));
      const bool owner = row.integer(4) == static_cast<std::int64_t>(catalog::AccountRole::kOwner);
      return note(*party, row.text(3), {.owner = owner});
    };
    LIMIER_CHECK(
        each("SELECT row_id, coalesce(service, ''), identifier, coalesce(display_name, ''), role FROM row_account "
             "WHERE identifier IS NOT NULL ORDER BY id",
             take));
    return put_spellings("row_account");
  }

  Status device() {
    const auto take = [&](const Statement& row) -> Status {
      const std::string key = row.text(1), value = row.text(2);
      std::string spelling = people::normal_device_id(key, value);
      if (key == "phone_number")
        if (const auto party = people::party_of(value, "", at_home_)) {
          spelling = party->normalized;
          LIMIER_CHECK(note(*party, "", {.owner = true}));
        }
      return spelling.empty() ? ok_status() : spell(row.integer(0), spelling);
    };
    LIMIER_CHECK(each("SELECT row_id, key, value FROM row_device WHERE value IS NOT NULL ORDER BY id", take));
    return put_spellings("row_device");
  }

  Status messages() {
    const auto take = [&](const Statement& row) -> Status {
      const auto party = people::party_of(row.text(1), row.text(0), at_home_);
      if (!party) return ok_status();
      return note(
          *party, row.text(2),
          {.messages = row.integer(3), .first_ns = row.optional_integer(4), .last_ns = row.optional_integer(5)});
    };
    LIMIER_CHECK(
        each("SELECT coalesce(service, ''), sender, coalesce(sender_name, ''), count(*), min(t_ns), max(t_ns) FROM "
             "row_message "
             "WHERE sender IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
             take));
    return each(
        "SELECT coalesce(service, ''), recipients, count(*), min(t_ns), max(t_ns) FROM row_message WHERE recipients IS "
        "NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
        [&](const Statement& row) -> Status {
          const std::string service = row.text(0), recipients = row.text(1);
          for (const std::string_view recipient : catalog::split_list(recipients))
            if (const auto party = people::party_of(recipient, service, at_home_))
              LIMIER_CHECK(note(*party, "",
                                {.messages = row.integer(2),
                                 .first_ns = row.optional_integer(3),
                                 .last_ns = row.optional_integer(4)}));
          return ok_status();
        });
  }

  Status calls() {
    return each(
        "SELECT coalesce(service, ''), party, coalesce(party_name, ''), count(*), min(t_ns), max(t_ns) FROM row_call "
        "WHERE party IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        [&](const Statement& row) -> Status {
          const auto party = people::party_of(row.text(1), row.text(0), at_home_);
          if (!party) return ok_status();
          return note(
              *party, row.text(2),
              {.calls = row.integer(3), .first_ns = row.optional_integer(4), .last_ns = row.optional_integer(5)});
        });
  }

  Database& db_;
  const people::Country* at_home_;
  Statement note_, name_, spelling_;
};

}  // namespace

Result<const people::Country*> country_of_device(Database& db) {
  std::vector<std::pair<std::string, std::string>> facts;
  LIMIER_TRY(auto rows, db.prepare(fmt::format("SELECT key, value FROM row_device WHERE key IN ('{}') AND value <> '' "
                                               "ORDER BY id",
                                               fmt::join(people::kCountryFacts, "', '"))));
  while (true) {
    LIMIER_TRY(const bool more, rows.step());
    if (!more) break;
    facts.emplace_back(rows.text(0), rows.text(1));
  }
  std::vector<std::string> owners;
  LIMIER_TRY(auto accounts, db.prepare("SELECT identifier FROM row_account WHERE role = 0 ORDER BY id"));
  while (true) {
    LIMIER_TRY(const bool more, accounts.step());
    if (!more) break;
    owners.push_back(accounts.text(0));
  }
  return people::country_of_device(facts, owners);
}

Status IndexWriter::Impl::settle_people() {
  LIMIER_TRY(const people::Country* const at_home, country_of_device(db_));
  LIMIER_CHECK(Parties(db_, at_home).run());
  return db_.execute(
      fmt::format("DELETE FROM row_party;"
                  "INSERT INTO row_party(kind, normalized, name, owner, contacts, messages, calls, first_ns, last_ns) "
                  "SELECT kind, normalized, (SELECT group_concat(name, '; ') FROM (SELECT name FROM temp.party_name n "
                  "WHERE n.kind = "
                  "p.kind AND n.normalized = p.normalized ORDER BY name LIMIT {})), owner, contacts, messages, calls, "
                  "first_ns, last_ns "
                  "FROM temp.party p ORDER BY owner DESC, messages + calls DESC, contacts DESC, kind, normalized;"
                  "DROP TABLE temp.party; DROP TABLE temp.party_name; DROP TABLE temp.spelling",
                  kNamesOfParty));
}

}  // namespace limier::store
