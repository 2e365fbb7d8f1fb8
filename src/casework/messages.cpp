#include "casework/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "limier/base/kway.h"
#include "limier/people.h"

namespace limier::casework {
namespace {

// The value of a record: digest of the sender, digest of the text, service. Digests are their first 16 digits in hex.
constexpr std::size_t kDigest = 16, kService = 32;
constexpr std::size_t kValueWidth = 2 * kDigest + kService;
constexpr std::string_view kNobody = "----------------";
// More exhibits than this have one message only when it went to everybody.
constexpr std::size_t kMaxExhibits = 20;

// Of two exhibits, the surest; what is beyond them says nothing new of the two.
constexpr std::size_t kMaxPairs = 200'000;

// Bits of KeyRecord::flags, beside those of run_format.h.
constexpr std::uint32_t kIn = 8, kOut = 16, kDeleted = 32, kById = 64, kTelling = 128, kLive = 256, kRecovered = 512;

std::string short_digest(std::string_view text) {
  return hex_digest(*digest_of(as_bytes(text), DigestSet{false, false, true}).sha256).substr(0, kDigest);
}

// Letters in one size, one blank for several, none around: what applications change on the way.
std::string folded(std::string_view text, std::size_t& telling) {
  std::string out;
  telling = 0;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (blank) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      continue;
    }
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    telling += static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c)) != 0 ? 1 : 0;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::array<std::uint8_t, kKeyBytes> key_of(std::string_view text) {
  return *digest_of(as_bytes(text), DigestSet{false, false, true}).sha256;
}

Result<const people::Country*> country_of(store::Index& index) {
  std::vector<std::pair<std::string, std::string>> facts;
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT key, value FROM v_device WHERE key IN ('{}') AND value <> '' "
                                                "ORDER BY device_id",
                                                fmt::join(people::kCountryFacts, "', '"))));
  while (rows.step()) facts.emplace_back(rows.text(0), rows.text(1));
  LIMIER_CHECK(rows.status());
  std::vector<std::string> owners;
  LIMIER_TRY(auto accounts, index.query("SELECT identifier FROM v_account WHERE role = 'owner' ORDER BY account_id"));
  while (accounts.step()) owners.push_back(accounts.text(0));
  LIMIER_CHECK(accounts.status());
  return people::country_of_device(facts, owners);
}

// Every key once, as a run wants it. An id that stands twice, in a store and in its backup, is one message; of texts
// that were sent twice within the time of a grid, the second meets the second.
Status make_unique(Sorter& sorted, Sorter& unique) {
  constexpr std::size_t kMost = 16;
  std::vector<KeyRecord> same;
  std::vector<std::uint8_t> bytes(kRecordHead + kValueWidth);
  const auto put_same = [&] {
    std::sort(same.begin(), same.end(), [](const KeyRecord& a, const KeyRecord& b) {
      return std::pair(a.size_bytes, a.file_id) < std::pair(b.size_bytes, b.file_id);
    });
    for (std::size_t i = 0; i < same.size(); ++i) {
      if (i > 0 && (same[i].flags & kById) != 0) break;
      if (i > 0) same[i].key = key_of(fmt::format("{} {}", hex_digest(same[i].key), i));
      put_record(same[i], kValueWidth, bytes.data());
      unique.put(bytes.data());
    }
    same.clear();
  };
  while (const std::uint8_t* record = sorted.next()) {
    KeyRecord one = get_record(record, kValueWidth);
    if (!same.empty() && same.front().key != one.key) put_same();
    if (same.size() < kMost) same.push_back(std::move(one));
  }
  put_same();
  return sorted.status();
}

// One exhibit's side of a key.
struct Side {
  std::size_t position = 0;
  KeyRecord record;
  [[nodiscard]] bool has(std::uint32_t flag) const { return (record.flags & flag) != 0; }
  [[nodiscard]] std::string_view sender() const { return std::string_view(record.value).substr(0, kDigest); }
  [[nodiscard]] std::string_view text() const { return std::string_view(record.value).substr(kDigest, kDigest); }
  [[nodiscard]] std::string_view service() const { return std::string_view(record.value).substr(2 * kDigest); }
  [[nodiscard]] std::int64_t t_ms() const { return static_cast<std::int64_t>(record.size_bytes); }
};

enum class Same : std::uint8_t { kNo, kPerhaps, kYes };

class Pairing {
 public:
  explicit Pairing(const PairOptions& options)
      : options_(options), found_(options.work_dir, kPairWidth, options.memory_bytes / 2) {}

  std::optional<PairProblem> run(const std::function<Status(const MessagePair&)>& take) {
    std::vector<RunCursor*> cursors;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < options_.runs.size(); ++i) {
      if (options_.runs[i] == nullptr) continue;
      cursors.push_back(options_.runs[i]);
      positions.push_back(i);
    }
    if (cursors.size() < 2) return std::nullopt;
    for (RunCursor* cursor : cursors) cursor->use_buffer(options_.memory_bytes / 2 / cursors.size());
    LoserTree<RunCursor> tree(cursors, kKeyBytes);
    std::vector<Side> sides;
    std::uint64_t read = 0;
    while (const std::uint8_t* record = tree.record()) {
      if ((++read & 0xFFFFF) == 0 && options_.stop->load(std::memory_order_relaxed) != 0)
        return PairProblem{Error{ErrorKind::kInterrupted, "the merge was stopped"}, {}};
      Side side{positions[tree.source()], get_record(record, kValueWidth)};
      if (!sides.empty() && sides.front().record.key != side.record.key) {
        pair(sides);
        sides.clear();
      }
      sides.push_back(std::move(side));
      tree.advance();
    }
    pair(sides);
    for (std::size_t i = 0; i < cursors.size(); ++i)
      if (!cursors[i]->status().ok()) return PairProblem{cursors[i]->status().error(), positions[i]};
    if (Status status = each_once(take); !status) return PairProblem{status.error(), {}};
    return std::nullopt;
  }

 private:
  // a, b, 0 by id or 1 by text, distance in time, messages, flags, times, service
  static constexpr std::size_t kPairWidth = 4 + 4 + 1 + 8 + 8 + 8 + 1 + 8 + 8 + kService;

  // Whether two messages with the same text, at about the same time, are one. One was sent and the other came in from
  // there; or both are copies of what one person's devices keep. Two that came in, or two that were sent, are two: a
  // company writes to all its customers at once.
  [[nodiscard]] Same same_message(const Side& a, const Side& b) const {
    const auto sent_by = [&](const Side& out, const Side& in) {
      if (in.sender() == kNobody) return Same::kPerhaps;
      return options_.is_owner(out.position, in.sender()) ? Same::kYes : Same::kPerhaps;
    };
    if (a.has(kOut) && b.has(kIn)) return sent_by(a, b);
    if (a.has(kIn) && b.has(kOut)) return sent_by(b, a);
    const bool one_way = a.has(kOut) == b.has(kOut) && a.has(kIn) == b.has(kIn);
    return one_way && a.sender() == b.sender() && options_.share_owner(a.position, b.position) ? Same::kYes : Same::kNo;
  }

  void pair(const std::vector<Side>& sides) {
    if (sides.size() < 2 || sides.size() > kMaxExhibits) return;
    for (std::size_t i = 0; i < sides.size(); ++i)
      for (std::size_t j = i + 1; j < sides.size(); ++j) {
        const bool first = sides[i].position < sides[j].position;
        put(first ? sides[i] : sides[j], first ? sides[j] : sides[i]);
      }
  }

  void put(const Side& a, const Side& b) {
    const bool by_id = a.has(kById);
    const std::int64_t apart = a.t_ms() < b.t_ms() ? b.t_ms() - a.t_ms() : a.t_ms() - b.t_ms();
    if (!by_id) {
      const Same same = same_message(a, b);
      if (apart > kNearMs || same == Same::kNo || (same == Same::kPerhaps && !a.has(kTelling))) return;
    }
    std::array<std::uint8_t, kPairWidth> out{};
    std::size_t at = 0;
    const auto put_be = [&](std::uint64_t value, int bytes) {
      for (int i = bytes - 1; i >= 0; --i) out[at++] = static_cast<std::uint8_t>(value >> (8 * i));
    };
    put_be(a.position, 4);
    put_be(b.position, 4);
    put_be(by_id ? 0 : 1, 1);
    put_be(static_cast<std::uint64_t>(apart), 8);
    put_be(static_cast<std::uint64_t>(a.record.file_id), 8);
    put_be(static_cast<std::uint64_t>(b.record.file_id), 8);
    const auto mark = [](bool is, unsigned bit) { return is ? bit : 0u; };
    put_be(mark(a.text() != b.text(), 1) | mark(a.has(kDeleted), 2) | mark(b.has(kDeleted), 4) | mark(a.has(kLive), 8) |
               mark(b.has(kLive), 16) | mark(a.has(kRecovered), 32) | mark(b.has(kRecovered), 64),
           1);
    put_be(static_cast<std::uint64_t>(a.t_ms()), 8);
    put_be(static_cast<std::uint64_t>(b.t_ms()), 8);
    const std::string_view service = a.service();
    std::copy_n(service.begin(), std::min(service.size(), kService), out.begin() + static_cast<std::ptrdiff_t>(at));
    found_.put(out.data());
  }

  static MessagePair get(const std::uint8_t* in) {
    MessagePair pair;
    pair.a = detail::load_be<std::uint32_t>(in);
    pair.b = detail::load_be<std::uint32_t>(in + 4);
    pair.by_id = in[8] == 0;
    pair.message_a = static_cast<std::int64_t>(detail::load_be<std::uint64_t>(in + 17));
    pair.message_b = static_cast<std::int64_t>(detail::load_be<std::uint64_t>(in + 25));
    pair.texts_differ = (in[33] & 1) != 0;
    pair.deleted_a = (in[33] & 2) != 0;
    pair.deleted_b = (in[33] & 4) != 0;
    const auto state = [&](unsigned live, unsigned recovered) {
      return (in[33] & live) != 0 ? "live" : (in[33] & recovered) != 0 ? "recovered" : "";
    };
    pair.state_a = state(8, 32);
    pair.state_b = state(16, 64);
    pair.t_ms_a = static_cast<std::int64_t>(detail::load_be<std::uint64_t>(in + 34));
    pair.t_ms_b = static_cast<std::int64_t>(detail::load_be<std::uint64_t>(in + 42));
    const std::string_view service(reinterpret_cast<const char*>(in) + 50, kService);
    pair.service = service.substr(0, service.find('\0'));
    return pair;
  }

  // The surest partner first: by id, then the nearest in time. What is kept in memory is of one pair of exhibits.
  Status each_once(const std::function<Status(const MessagePair&)>& take) {
    LIMIER_CHECK(found_.sort());
    std::pair<std::uint32_t, std::uint32_t> exhibits{0, 0};
    std::set<std::int64_t> used_a, used_b;
    std::vector<MessagePair> pairs;
    const auto hand_over = [&]() -> Status {
      std::sort(pairs.begin(), pairs.end(), [](const MessagePair& x, const MessagePair& y) {
        return std::pair(x.message_a, x.message_b) < std::pair(y.message_a, y.message_b);
      });
      for (const MessagePair& pair : pairs) LIMIER_CHECK(take(pair));
      pairs.clear();
      used_a.clear();
      used_b.clear();
      return ok_status();
    };
    while (const std::uint8_t* record = found_.next()) {
      MessagePair pair = get(record);
      if (std::pair(pair.a, pair.b) != exhibits) {
        LIMIER_CHECK(hand_over());
        exhibits = {pair.a, pair.b};
      }
      if (pairs.size() == kMaxPairs || used_a.contains(pair.message_a) || used_b.contains(pair.message_b)) continue;
      used_a.insert(pair.message_a);
      used_b.insert(pair.message_b);
      pairs.push_back(std::move(pair));
    }
    LIMIER_CHECK(found_.status());
    return hand_over();
  }

  const PairOptions& options_;
  Sorter found_;
};

}  // namespace

std::string party_digest(std::string_view normalized) {
  return short_digest(normalized);
}
std::string messages_path(const std::string& keys_dir) {
  return keys_dir + "/messages.run";
}
RunSpec messages_spec(const std::optional<Sha256>& index_digest) {
  return {"messages", kValueWidth, index_digest};
}

Status emit_messages(store::Index& index, const EmitOptions& options) {
  LIMIER_TRY(const people::Country* const at_home, country_of(index));
  const RunSpec spec = messages_spec(options.index_digest);
  Sorter sorter(options.keys_dir, spec.record_width(), options.memory_bytes);
  std::vector<std::uint8_t> bytes(spec.record_width());
  // Earlier versions of a message are no messages of their own, and what was never committed was never sent.
  LIMIER_TRY(auto rows,
             index.query("SELECT message_id, coalesce(service, ''), coalesce(service_id, ''), coalesce(body, ''), "
                         "coalesce(t_ns, received_ns), direction, iif(direction = 'out', '', coalesce(sender, '')), "
                         "deleted, coalesce(state, '') "
                         "FROM v_message WHERE "
                         "coalesce(state, 'live') IN ('live', 'recovered') ORDER BY message_id"));
  std::map<std::pair<std::string, std::string>, std::string> senders;  // what was asked lately
  constexpr std::size_t kRemembered = 4096;
  while (rows.step()) {
    std::size_t telling = 0, service_letters = 0;
    const std::string service = folded(rows.text(1), service_letters), id = rows.text(2),
                      text = folded(rows.text(3), telling);
    if (senders.size() > kRemembered) senders.clear();
    const auto [sender, fresh] = senders.try_emplace({rows.text(6), rows.text(1)});
    if (fresh) {
      const auto party = people::party_of(sender->first.first, sender->first.second, at_home);
      sender->second = party ? party_digest(party->normalized) : std::string(kNobody);
    }
    KeyRecord record;
    const std::string direction = rows.text(5);
    record.file_id = rows.integer(0);
    record.count = 1;
    record.flags = (direction == "in"    ? kIn
                    : direction == "out" ? kOut
                                         : 0) |
                   (rows.integer(7) != 0 ? kDeleted : 0) | (telling >= kTellingText ? kTelling : 0) |
                   (rows.text(8) == "live" ? kLive : 0) | (rows.text(8) == "recovered" ? kRecovered : 0);
    record.value = sender->second + short_digest(text) + rows.text(1).substr(0, kService);
    const std::int64_t t_ms = rows.integer(4) / 1'000'000;
    record.size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(t_ms, 0));
    const auto put = [&](const std::string& key, std::uint32_t by) {
      KeyRecord one = record;
      one.key = key_of(key);
      one.flags |= by;
      put_record(one, kValueWidth, bytes.data());
      sorter.put(bytes.data());
    };
    if (!id.empty()) put(fmt::format("id\n{}\n{}", service, id), kById);
    if (text.empty() || rows.is_null(4) || t_ms < 0) continue;
    constexpr std::int64_t kGrid = 2 * kNearMs;
    put(fmt::format("text\n{}\n{}\n{}", service, t_ms / kGrid, text), 0);
    put(fmt::format("text-half\n{}\n{}\n{}", service, (t_ms + kNearMs) / kGrid, text), 0);
  }
  LIMIER_CHECK(rows.status());
  LIMIER_CHECK(sorter.sort());
  Sorter unique(options.keys_dir, spec.record_width(), options.memory_bytes);
  LIMIER_CHECK(make_unique(sorter, unique));
  LIMIER_CHECK(unique.sort());
  LIMIER_TRY(auto run, RunWriter::create(options.keys_dir, "messages.run", spec));
  while (const std::uint8_t* sorted = unique.next()) run.put(sorted);
  LIMIER_CHECK(unique.status());
  return run.commit();
}

std::optional<PairProblem> pair_messages(const PairOptions& options,
                                         const std::function<Status(const MessagePair&)>& take) {
  return Pairing(options).run(take);
}

}  // namespace limier::casework
