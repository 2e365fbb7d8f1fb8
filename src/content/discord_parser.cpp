// Sources: Discord's developer documentation (Message: its members and types; Create Message and Get Current User: what
// they answer), iLEAPP and ALEAPP (which files hold answers), the cache of a public research phone. The system's cache
// (NSURLCache) keeps an answer in its database, or above some KiB in a file of its own that says nothing of its
// address.
#include "content/discord_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "content/cell_finder.h"
#include "content/decode/tree.h"
#include "content/epochs.h"
#include "content/quiet_rows.h"
#include "content/sqlite_db.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "limier/content/packs.h"

namespace limier::content {
namespace {

using catalog::ItemState;
using decode::Tree;

constexpr std::uint64_t kMaxAnswerBytes = 16u << 20;
constexpr std::size_t kMaxMessages = 10'000;  // of one answer
constexpr std::size_t kMaxOwners = 64;

std::string text_of(const Tree& tree, std::uint32_t map, std::string_view key) {
  const decode::Value* value = tree.value_of(tree.member(map, key));
  if (value == nullptr) return {};
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  const auto* number = std::get_if<std::int64_t>(value);
  return number == nullptr ? std::string() : std::to_string(*number);
}

std::optional<std::int64_t> number_of(const Tree& tree, std::uint32_t map, std::string_view key) {
  const decode::Value* value = tree.value_of(tree.member(map, key));
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<std::int64_t> time_of_key(const Tree& tree, std::uint32_t map, std::string_view key) {
  static const Epoch* const kIso = find_epoch("iso");
  const std::string text = text_of(tree, map, key);
  return text.empty() ? std::nullopt : time_of(*kIso, std::string_view(text));
}

bool is_message(const Tree& tree, std::uint32_t node) {
  return !text_of(tree, node, "id").empty() && !text_of(tree, node, "channel_id").empty() &&
         tree.member(node, "content") != Tree::kNone && time_of_key(tree, node, "timestamp").has_value() &&
         !text_of(tree, tree.member(node, "author"), "id").empty();
}

std::string name_of(const Tree& tree, std::uint32_t user) {
  for (const std::string_view key : {"global_name", "display_name", "username"})
    if (std::string name = text_of(tree, user, key); !name.empty()) return name;
  return {};
}

// Message types of the documentation: what people write, calls, and what the service says itself.
std::string kind_of(std::int64_t type) {
  switch (type) {
    case 0:   // default
    case 19:  // reply
    case 20:  // command
    case 23:  // command of a menu
      return "text";
    case 3:
      return "call";
    case 1:  // somebody joined, left, renamed, pinned, …
    case 2:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 18:
    case 21:
    case 22:
      return "system";
    default:
      return fmt::format("type {}", type);
  }
}

std::string kind_of_file(std::string_view mime) {
  for (const std::string_view kind : {"image", "audio", "video"})
    if (mime.starts_with(kind)) return std::string(kind);
  return "file";
}

// Whose the account is; several where somebody else signed in.
using Owners = std::set<std::string>;

class AnswerReader {
 public:
  AnswerReader(const DiscordParser& parser, const Owners& owners, Rows& rows)
      : parser_(parser), owners_(owners), rows_(rows) {}

  // The messages of an answer: one, a list, or what a search gives: lists in a list. `place` is that of the answer.
  std::size_t read(const Tree& tree, const catalog::RowPlace& place) {
    if (is_message(tree, 0)) return add(tree, 0, place, "message");
    std::uint32_t list = 0;
    if (tree.kind_of(0) == Tree::Kind::kMap) list = tree.member(0, "messages");
    return list == Tree::kNone ? 0 : read_list(tree, list, place);
  }

 private:
  std::size_t read_list(const Tree& tree, std::uint32_t list, const catalog::RowPlace& place) {
    std::size_t found = 0, number = 0;
    if (tree.kind_of(list) != Tree::Kind::kList) return 0;
    for (std::uint32_t one = tree.first_of(list); one != Tree::kNone; one = tree.next_of(one), ++number) {
      if (tree.kind_of(one) != Tree::Kind::kList) {
        found += add(tree, one, place, std::to_string(number));
        continue;
      }
      std::size_t inner = 0;
      for (std::uint32_t hit = tree.first_of(one); hit != Tree::kNone; hit = tree.next_of(hit), ++inner)
        found += add(tree, hit, place, fmt::format("{}.{}", number, inner));
    }
    return found;
  }

  std::size_t add(const Tree& tree, std::uint32_t node, const catalog::RowPlace& place, const std::string& where) {
    if (count_ == kMaxMessages || !is_message(tree, node)) return 0;
    ++count_;
    rows_.alive();
    const std::uint32_t author = tree.member(node, "author");
    catalog::Message message;
    message.place = place;
    message.place.locator += where;
    message.service = "Discord";
    message.thread = text_of(tree, node, "channel_id");
    message.sender = text_of(tree, author, "id");
    message.sender_name = name_of(tree, author);
    message.t_ns = time_of_key(tree, node, "timestamp");
    message.edited_ns = time_of_key(tree, node, "edited_timestamp");
    message.body = text_of(tree, node, "content");
    message.service_id = text_of(tree, node, "id");
    message.kind = kind_of(number_of(tree, node, "type").value_or(0));
    if (owners_.contains(message.sender)) {
      message.direction = catalog::Direction::kOut;
      message.sender.clear();
      message.sender_name.clear();
    } else if (owners_.size() == 1) {
      message.direction = catalog::Direction::kIn;
    }
    std::vector<catalog::Attachment> files = attachments(tree, node, message.place);
    message.attachments = static_cast<std::int64_t>(files.size());
    if (message.kind == "text" && message.body.empty() && !files.empty()) message.kind = kind_of_file(files[0].mime);
    rows_.add(message, parser_.name(), parser_.version());
    for (const catalog::Attachment& file : files) rows_.add(file, parser_.name(), parser_.version());
    return 1;
  }

  static std::vector<catalog::Attachment> attachments(const Tree& tree, std::uint32_t node,
                                                      const catalog::RowPlace& place) {
    std::vector<catalog::Attachment> files;
    const std::uint32_t list = tree.member(node, "attachments");
    if (list == Tree::kNone || tree.kind_of(list) != Tree::Kind::kList) return files;
    for (std::uint32_t one = tree.first_of(list); one != Tree::kNone; one = tree.next_of(one)) {
      catalog::Attachment file;
      file.name = text_of(tree, one, "filename");
      file.path = text_of(tree, one, "url");
      if (file.name.empty() && file.path.empty()) continue;
      file.place = place;
      file.place.locator += fmt::format(";attachment={}", files.size() + 1);
      file.message = place.locator;
      file.mime = text_of(tree, one, "content_type");
      file.size = number_of(tree, one, "size");
      files.push_back(std::move(file));
    }
    return files;
  }

  const DiscordParser& parser_;
  const Owners& owners_;
  Rows& rows_;
  std::size_t count_ = 0;
};

// JSON, as it is or in gzip (OkHttp keeps answers as they came).
bool read_answer(Bytes bytes, Tree& tree) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with('{') || text.starts_with('[')) return decode::read_json(bytes, tree);
  if (!text.starts_with("\x1f\x8b")) return false;
  std::vector<decode::Value> plain;
  if (!decode::decode_gzip(bytes, {}, plain) || plain.empty()) return false;
  const auto* unpacked = std::get_if<std::string>(&plain.front());
  return unpacked != nullptr && decode::read_json(as_bytes(*unpacked), tree);
}

bool is_of_service(std::string_view address) {
  for (const std::string_view host : {"discord.com/", "ptb.discord.com/", "canary.discord.com/", "discordapp.com/"})
    for (const std::string_view scheme : {"https://"})
      if (address.starts_with(scheme) && address.substr(scheme.size()).starts_with(host))
        return address.substr(scheme.size() + host.size()).starts_with("api/");
  return false;
}

// The database of the system's cache.
class CacheReader {
 public:
  CacheReader(const DiscordParser& parser, Database& database, Rows& rows)
      : parser_(parser), database_(database), rows_(rows) {}

  // Whose the account is, as far as it was read.
  const Owners& owners() {
    whole_ = each([this](std::int64_t, std::string_view address, const Tree& tree) { find_owner(address, tree); });
    return owners_;
  }

  Outcome read() {
    // It may stand behind messages of it.
    (void)owners();
    AnswerReader reader(parser_, owners_, rows_);
    std::size_t found = 0;
    const SchemaTable* table = database_.table("cfurl_cache_receiver_data");
    CellFinder finder(database_.image(), table->root_page);
    std::set<std::string> told;
    const bool whole = each([&](std::int64_t entry, std::string_view address, const Tree& tree) {
      catalog::RowPlace place;
      place.locator = fmt::format("sqlite:cfurl_cache_receiver_data:rowid={};", entry);
      place.state = catalog::RowState::kLive;
      if (const auto cell = finder.find(entry)) {
        place.source = cell->source;
        place.page = cell->page;
        place.file_offset = static_cast<std::int64_t>(cell->file_offset);
      }
      tell_owner(address, tree, place, told);
      place.locator += "json:";
      if (address.find("/messages") != std::string_view::npos) found += reader.read(tree, place);
    });
    if (!whole || !whole_)
      rows_.issue("sqlite-damaged", "reading the answers in the cache ended before the last", true);
    if (found == 0 && told.empty()) return {ItemState::kNotApplicable, "no message is kept in it"};
    return {};
  }

 private:
  template <class Use>
  bool each(Use use) {
    auto statement = database_.prepare(
        "SELECT d.entry_ID, r.request_key, d.receiver_data FROM cfurl_cache_receiver_data d LEFT JOIN "
        "cfurl_cache_response r ON r.entry_ID = d.entry_ID WHERE ifnull(d.isDataOnFS, 0) = 0 ORDER BY d.entry_ID");
    if (!statement) return false;
    for (;;) {
      const Statement::Step step = statement->step();
      if (step != Statement::Step::kRow) return step == Statement::Step::kDone;
      rows_.alive();
      const std::string address(statement->text(1));
      Tree tree;
      if (is_of_service(address) && read_answer(as_bytes(statement->text(2)), tree))
        use(statement->integer(0), address, tree);
    }
  }

  // Who is signed in: the account's own description, and the author of what was sent from here: only sending answers
  // with a single message under the address of the list.
  static std::uint32_t owner_in(std::string_view address, const Tree& tree) {
    if (address.ends_with("/users/@me")) return text_of(tree, 0, "username").empty() ? Tree::kNone : 0;
    if (address.ends_with("/messages") && is_message(tree, 0)) return tree.member(0, "author");
    return Tree::kNone;
  }
  void find_owner(std::string_view address, const Tree& tree) {
    const std::uint32_t user = owner_in(address, tree);
    if (user == Tree::kNone || owners_.size() == kMaxOwners) return;
    if (std::string id = text_of(tree, user, "id"); !id.empty()) owners_.insert(std::move(id));
  }
  void tell_owner(std::string_view address, const Tree& tree, const catalog::RowPlace& place,
                  std::set<std::string>& told) const {
    const std::uint32_t user = owner_in(address, tree);
    if (user == Tree::kNone) return;
    catalog::Account account;
    account.identifier = text_of(tree, user, "id");
    if (!owners_.contains(account.identifier) || !told.insert(account.identifier).second) return;
    account.place = place;
    account.place.locator += "json:owner";
    account.service = "Discord";
    account.display_name = name_of(tree, user);
    account.role = catalog::AccountRole::kOwner;
    rows_.add(account, parser_.name(), parser_.version());
  }

  const DiscordParser& parser_;
  Database& database_;
  Rows& rows_;
  Owners owners_;
  bool whole_ = false;  // what owners() read
};

bool is_cache(const Database& database) {
  return database.table("cfurl_cache_receiver_data") != nullptr && database.table("cfurl_cache_response") != nullptr;
}

// Whose the account is says the database that the file belongs to, one folder up.
Owners owners_beside(const DiscordParser& parser, const Source& source, Rows& quiet) {
  for (const BesideSource& file : source.beside) {
    if (!path_matches("../cache.db", file.place)) continue;
    Source beside;
    beside.path = file.place;
    beside.main = file.main;
    beside.wal = file.wal;
    beside.journal = file.journal;
    const auto image = SqliteImage::open(beside, quiet);
    if (!image) continue;
    const auto database = Database::open(*image, quiet);
    if (database && is_cache(**database)) return CacheReader(parser, **database, quiet).owners();
  }
  return {};
}

}  // namespace

Outcome DiscordParser::parse(const Source& source, Rows& rows) const {
  QuietRows quiet(rows);
  if (const auto image = SqliteImage::open(source, quiet)) {
    auto database = Database::open(*image, quiet);
    if (!database) return {ItemState::kFailed, fmt::format("SQLite: {}", database.error().message)};
    if (!is_cache(**database)) return {ItemState::kNotApplicable, "not the database of a cache"};
    return CacheReader(*this, **database, rows).read();
  }
  if (source.main->size_bytes() > kMaxAnswerBytes) return {ItemState::kTooLarge, "larger than an answer is"};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.main->size_bytes()));
  if (!source.main->read(0, bytes))
    rows.issue("discord-bytes-missing", "parts of the file are not there, or could not be read", true);
  Tree tree;
  if (!read_answer(bytes, tree)) return {ItemState::kNotApplicable, "no answer in JSON"};
  const Owners owners = owners_beside(*this, source, quiet);
  catalog::RowPlace place;
  place.locator = "json:";
  if (AnswerReader(*this, owners, rows).read(tree, place) == 0)
    return {ItemState::kNotApplicable, "no message stands in it"};
  return {};
}

}  // namespace limier::content
