#include "app/content_phase.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/incident.h"
#include "limier/content/packs.h"
#include "limier/content/parsers.h"
#include "limier/volume.h"

namespace limier::app {
namespace {

constexpr std::uint32_t kMaxDeaths = 64;
// A fresh process now and then: what a library leaks over many items stays bounded.
constexpr std::uint32_t kItemsPerWorker = 500;
constexpr std::uint64_t kCacheBytes = 16u << 20;
constexpr std::uint64_t kParserBytes = 512ull << 20;  // of address space: code, libraries, what a parser may hold
constexpr std::uint64_t kResidentBytes = 256ull << 20;
// More for rules: themselves, one content in one piece, and what matched in it.
constexpr std::uint64_t kYaraBytes = 256ull << 20;
// What limier-fs has to read travels in one piece.
constexpr std::uint64_t kMaxFetched = 32u << 20;
constexpr std::size_t kPathInMessage = 200;

catalog::IssueRecord content_issue(std::string code, std::string message, bool incomplete) {
  catalog::IssueRecord issue;
  issue.stage = "content";
  issue.code = std::move(code);
  issue.message = std::move(message);
  issue.incomplete = incomplete;
  return issue;
}

bool known_state(catalog::ItemState state) {
  return state >= catalog::ItemState::kParsed && state <= catalog::ItemState::kEncrypted;
}

}  // namespace

ContentPhase::ContentPhase(store::IndexWriter& index, const EvidenceSet& evidence, Crew& crew, ContentPlan plan,
                           Progress& progress)
    : index_(index),
      evidence_(evidence),
      crew_(crew),
      plan_(std::move(plan)),
      progress_(progress),
      deaths_(kMaxDeaths) {}

Status ContentPhase::begin_leads() {
  store::ItemChoice leads;
  const content::Wish& reader = content::wish_of_packs();
  leads.parser = std::string(reader.parser);
  leads.version = std::string(reader.version);
  leads.path_globs = content::lead_paths(plan_.packs);
  leads.lead = true;
  std::vector<std::string> near = content::beside_places(plan_.packs);
  for (const content::Wish& wish : content::wishes()) near.insert(near.end(), wish.beside.begin(), wish.beside.end());
  index_.look_beside(std::move(near));
  LIMIER_CHECK(index_.choose_items(leads));
  LIMIER_TRY(const auto items, index_.waiting_items());
  waiting_.assign(items.begin(), items.end());
  return start_hands();
}

// What waits takes longer than the rules do over what is there.
bool ContentPhase::waits_long() const {
  constexpr std::size_t kManyItems = 200;
  constexpr std::uint64_t kManyBytes = 64u << 20;
  std::uint64_t bytes = 0;
  for (const store::ItemRow& item : waiting_) bytes += std::min(item.size_bytes, kManyBytes);
  return waiting_.size() >= kManyItems || bytes >= kManyBytes;
}

Status ContentPhase::finish(const std::atomic<int>& stop) {
  finishing_ = true;
  if (hands_ > 0) {
    progress_.stage_started("leads", 0, "files");
    LIMIER_CHECK(work_off());
    progress_.stage_ended();
  }
  if (stop.load() == 0) LIMIER_CHECK(choose_rest());
  if (look_owed_ && waits_long()) LIMIER_CHECK(plan_.on_rows());
  progress_.stage_started("content", waiting_.size() + done_, "files");
  if (stop.load() == 0) {
    if (!given_up_) LIMIER_CHECK(start_hands());
    LIMIER_CHECK(work_off());
  }
  if (stop.load() == 0) {
    if (!given_up_) LIMIER_CHECK(choose_loose());
    if (plan_.texts) LIMIER_CHECK(choose_texts());
    LIMIER_TRY(const auto items, index_.waiting_items());
    waiting_.assign(items.begin(), items.end());
    if (look_owed_ && waits_long()) LIMIER_CHECK(plan_.on_rows());
    if (!waiting_.empty()) progress_.stage_started("content", waiting_.size() + done_, "files");
    if (!given_up_) LIMIER_CHECK(start_hands());
    LIMIER_CHECK(work_off());
  }
  if (stop.load() == 0 && given_up_)
    for (const auto& item : std::exchange(waiting_, {}))
      LIMIER_CHECK(leave_out(item, catalog::ItemState::kNotRead, "too many workers died over other contents"));
  progress_.advanced(done_);
  progress_.stage_ended();
  return ok_status();
}

// To the end of what is waiting, or of the run.
Status ContentPhase::work_off() {
  while (hands_ > 0) {
    LIMIER_CHECK(crew_.turn());
    progress_.advanced(done_);
  }
  return ok_status();
}

// What the sweep has told by its type.
Status ContentPhase::choose_rest() {
  for (const content::Wish& wish : content::wishes()) {
    if (wish.parser == content::kTextParser) continue;
    store::ItemChoice choice;
    choice.parser = std::string(wish.parser);
    choice.version = std::string(wish.version);
    choice.mime_types.assign(wish.mime_types.begin(), wish.mime_types.end());
    choice.file_names.assign(wish.file_names.begin(), wish.file_names.end());
    LIMIER_CHECK(index_.choose_items(choice));
  }
  const auto choose = [&](std::string_view parser, std::string_view version, bool untyped,
                          std::uint64_t most) -> Status {
    LIMIER_TRY([[maybe_unused]] const auto larger,
               index_.choose_contents({std::string(parser), std::string(version), untyped, most}));
    return ok_status();
  };
  LIMIER_CHECK(choose(content::kLibmagic, content::kLibmagicVersion, true, UINT64_MAX));
  // What is larger is no gap of the run but of this search: v_judged counts it.
  if (!plan_.yara.empty()) LIMIER_CHECK(choose(content::kYara, content::kYaraVersion, false, content::kMaxYaraBytes));
  LIMIER_TRY(const auto items, index_.waiting_items());
  waiting_.assign(items.begin(), items.end());
  return ok_status();
}

// Databases that were read, once more: for pages of theirs in free space, which the sweep noticed.
Status ContentPhase::choose_loose() {
  return index_.choose_loose_items(content::kLoosePages, content::kLoosePagesVersion, content::wish_of_packs().parser);
}

// Last: what has a parser of its own is that one's to show, which leaves out the secrets in it; and the device's lists
// of packages have said by now what is known.
Status ContentPhase::choose_texts() {
  const auto wish = std::ranges::find(content::wishes(), content::kTextParser, &content::Wish::parser);
  if (wish == content::wishes().end()) return ok_status();
  store::TextChoice choice;
  choice.parser = std::string(wish->parser);
  choice.version = std::string(wish->version);
  choice.mime_types.assign(wish->mime_types.begin(), wish->mime_types.end());
  choice.most_of_one = content::kMostTextBytes;
  choice.most_of_all = plan_.most_text_bytes;
  return index_.choose_texts(choice);
}

Status ContentPhase::start_hands() {
  const std::size_t wanted = std::min<std::size_t>(plan_.jobs, waiting_.size());
  while (hands_ < wanted) LIMIER_CHECK(start_one());
  return ok_status();
}

Status ContentPhase::start_one() {
  content::ContentJob job;
  job.evidence = evidence_.spec;
  job.evidence.cache_bytes = kCacheBytes;
  job.packs = plan_.packs;
  if (plan_.keywords != nullptr) job.keywords = *plan_.keywords;
  job.libmagic = finishing_;
  if (finishing_) job.yara = plan_.yara;
  job.memory_bytes = kParserBytes + kCacheBytes + (job.yara.empty() ? 0 : kYaraBytes);
  auto hand = std::make_shared<Hand>();
  Session session;
  session.worker = "limier-content";
  session.job = encode(job);
  session.sandbox = plan_.guard.sandbox;
  session.limits = plan_.guard.for_fs(plan_.media_size);
  session.limits.worker_bytes = kResidentBytes + (job.yara.empty() ? 0 : kYaraBytes);
  session.max_row_bytes = max_row_bytes(plan_.media_size);
  session.on_frame = [this, hand](const worker::Frame& frame) { return take(*hand, frame); };
  session.next_item = [this, hand] { return next_item(*hand); };
  LIMIER_CHECK(crew_.start(std::move(session), [this, hand](const Ending& ending) { return ended(*hand, ending); }));
  ++hands_;
  return ok_status();
}

Result<std::vector<std::uint8_t>> ContentPhase::next_item(Hand& hand) {
  hand.item.reset();
  at_work_.erase(&hand);
  while (!waiting_.empty() && !given_up_ && hand.given < kItemsPerWorker) {
    const store::ItemRow row = waiting_.front();
    // Who dies over an item tries it with a worker that has done nothing else.
    if (deaths_.attempts(static_cast<std::uint64_t>(row.item_id)) > 0 && hand.given > 0) break;
    waiting_.pop_front();
    const auto wish = std::ranges::find(content::wishes(), row.parser, &content::Wish::parser);
    if (wish != content::wishes().end() && row.size_bytes > wish->max_size_bytes) {
      LIMIER_CHECK(leave_out(row, catalog::ItemState::kTooLarge,
                             fmt::format("larger than the {} bytes its parser takes", wish->max_size_bytes)));
      continue;
    }
    if (no_magic_database_ && row.parser == content::kLibmagic) {
      LIMIER_CHECK(name_not_asked(row, "the database of libmagic cannot be read"));
      continue;
    }
    LIMIER_TRY(auto item, make_item(row));
    if (!item) continue;
    hand.item = row;
    at_work_.insert(&hand);
    ++hand.given;
    return encode(*item);
  }
  return std::vector<std::uint8_t>();
}

Result<std::optional<content::ContentItem>> ContentPhase::make_item(const store::ItemRow& row) {
  content::ContentItem item;
  item.item_id = static_cast<std::uint64_t>(row.item_id);
  item.parser = row.parser;
  LIMIER_TRY(auto main, bytes_of(row.file_id, item.path));
  if (!main && row.parser == content::kLibmagic) {
    // What could not be read the sweep has said; what cannot be handed over whole is examined, it has no name only.
    LIMIER_CHECK(name_not_asked(row, "its bytes could not be handed over"));
    return std::optional<content::ContentItem>();
  }
  if (!main) {
    LIMIER_CHECK(leave_out(row, catalog::ItemState::kNotRead, "its bytes could not be read"));
    return std::optional<content::ContentItem>();
  }
  item.main = std::move(*main);
  if (row.parser == content::kTextParser) return std::optional(std::move(item));  // it stands alone
  LIMIER_TRY(const auto companions, index_.companions_of(row.item_id));
  LIMIER_CHECK(add_part(companions.wal, item.has_wal, item.wal));
  LIMIER_CHECK(add_part(companions.journal, item.has_journal, item.journal));
  for (const auto& one : companions.beside) {
    content::ContentBeside beside;
    beside.place = one.place;
    bool there = false;
    LIMIER_CHECK(add_part(one.file_id, there, beside.main));
    if (!there) continue;
    LIMIER_CHECK(add_part(one.wal, beside.has_wal, beside.wal));
    LIMIER_CHECK(add_part(one.journal, beside.has_journal, beside.journal));
    item.beside.push_back(std::move(beside));
  }
  if (row.parser == content::kLoosePages) LIMIER_CHECK(add_loose(row, item));
  return std::optional(std::move(item));
}

Status ContentPhase::add_loose(const store::ItemRow& row, content::ContentItem& item) {
  LIMIER_TRY(const auto found, index_.loose_pages_of(row.item_id, content::wish_of_packs().parser));
  if (found.full)
    LIMIER_CHECK(add_issue(
        row, content_issue("sqlite-too-many-loose-pages",
                           fmt::format("free space holds more than {} pages of databases: the rest is not looked at",
                                       store::kMaxLoosePages),
                           true)));
  if (found.rivals.size() > store::kMaxRivals)
    return add_issue(row,
                     content_issue("sqlite-too-many-rivals",
                                   fmt::format("the volume has more than {} databases: whose the pages in its free "
                                               "space are cannot be told",
                                               store::kMaxRivals),
                                   true));
  for (const auto& page : found.pages) item.loose.push_back({page.image_offset, page.room});
  for (const std::int64_t file_id : found.rivals) {
    LIMIER_TRY(const auto place, index_.content_place(file_id));
    if (!place || !place->in_extents) continue;
    std::string path;
    LIMIER_TRY(auto bytes, bytes_of(file_id, path));
    if (bytes) item.rivals.push_back(std::move(*bytes));
  }
  return ok_status();
}

Status ContentPhase::add_part(std::optional<std::int64_t> file_id, bool& there, content::ContentBytes& to) {
  if (!file_id) return ok_status();
  std::string path;
  LIMIER_TRY(auto bytes, bytes_of(*file_id, path));
  there = bytes.has_value();
  if (bytes) to = std::move(*bytes);
  return ok_status();
}

Result<std::optional<content::ContentBytes>> ContentPhase::bytes_of(std::int64_t file_id, std::string& path) {
  LIMIER_TRY(const auto place, index_.content_place(file_id));
  if (!place) return std::optional<content::ContentBytes>();
  path = place->path;
  content::ContentBytes bytes;
  bytes.size_bytes = place->size_bytes;
  if (!place->in_extents) {
    LIMIER_TRY(auto fetched, fetch(*place));
    if (!fetched) return std::optional<content::ContentBytes>();
    bytes.is_here = true;
    bytes.bytes = std::move(*fetched);
    return std::optional(std::move(bytes));
  }
  bytes.coding = place->packing.coding;
  if (!content::can_be_read(bytes.coding, place->size_bytes, place->pieces.size()))
    return std::optional<content::ContentBytes>();
  std::uint64_t end = 0;
  for (const auto& piece : place->pieces) {
    // Overlapping runs are damage; what the file system would show of them is not known.
    if (piece.file_offset < end || piece.length > UINT64_MAX - piece.file_offset)
      return std::optional<content::ContentBytes>();
    end = piece.file_offset + piece.length;
    bytes.pieces.push_back({piece.file_offset, piece.image_offset, piece.length});
  }
  return std::optional(std::move(bytes));
}

// Compressed and resident contents: limier-fs knows how.
Result<std::optional<std::vector<std::uint8_t>>> ContentPhase::fetch(const store::ContentPlace& place) {
  using Bytes = std::vector<std::uint8_t>;
  if (place.size_bytes > kMaxFetched) return std::optional<Bytes>();
  volume::FsJob job;
  job.kind = volume::FsJobKind::kExtract;
  job.evidence = evidence_.spec;
  job.evidence.cache_bytes = kCacheBytes;
  job.volume = place.volume;
  job.stream = place.stream;
  Bytes bytes;
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.sandbox = plan_.guard.sandbox;
  session.limits = plan_.guard.for_fs(place.size_bytes);
  session.max_row_bytes = max_row_bytes(place.size_bytes);
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type == worker::FrameType::kIssues) return ok_status();
    if (frame.type != worker::FrameType::kContentBytes) return Error{kLied, "it sent an unexpected frame"};
    if (bytes.size() + frame.payload.size() > place.size_bytes) return Error{kLied, "it sent more than the file holds"};
    bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
    return ok_status();
  };
  session.begin_again = [&] { return bytes.clear(), ok_status(); };
  static const std::atomic<int> kNeverStopped{0};
  LIMIER_TRY(const Ending ending, run_session(session, evidence_, kNeverStopped));
  if (ending.kind != EndingKind::kFinished || bytes.size() != place.size_bytes) return std::optional<Bytes>();
  return std::optional(std::move(bytes));
}

Status ContentPhase::take(Hand& hand, const worker::Frame& frame) {
  if (!hand.item) return Error{kLied, "it sent rows without an item"};
  switch (frame.type) {
    case worker::FrameType::kRows:
      return take_rows(hand, frame);
    case worker::FrameType::kItemDone:
      return take_done(hand, frame);
    default:
      return Error{kLied, "it sent an unexpected frame"};
  }
}

Status ContentPhase::take_rows(const Hand& hand, const worker::Frame& frame) {
  Decoder in{Bytes(frame.payload)};
  content::RowsHead head;
  const auto kinds = catalog::row_kinds();
  if (!in.get(head) || head.item_id != static_cast<std::uint64_t>(hand.item->item_id) || head.kind >= kinds.size() ||
      kinds[head.kind]->origin != catalog::Origin::kContent)
    return Error{kLied, "it sent rows that cannot be its own"};
  const catalog::KindInfo& kind = *kinds[head.kind];
  std::vector<catalog::RowCell> cells;
  for (std::uint32_t i = 0; i < head.count; ++i) {
    if (!catalog::get_cells(in, kind, cells)) return Error{kLied, "it sent a row that cannot be true"};
    LIMIER_CHECK(index_.add_row(hand.item->item_id, kind, head.maker, head.version, cells));
  }
  return in.at_end() ? ok_status() : Status(Error{kLied, "it sent rows that cannot be decoded"});
}

Status ContentPhase::take_done(Hand& hand, const worker::Frame& frame) {
  const auto done = decode<content::ItemDone>(Bytes(frame.payload));
  if (!done || done->item_id != static_cast<std::uint64_t>(hand.item->item_id) || !known_state(done->state))
    return Error{kLied, "what it says of an item cannot be true"};
  const store::ItemRow item = *std::exchange(hand.item, std::nullopt);
  at_work_.erase(&hand);
  // Of what is encrypted it may still be said whose it is.
  const bool kept = done->state == catalog::ItemState::kParsed || done->state == catalog::ItemState::kEncrypted;
  if (!kept) LIMIER_CHECK(index_.drop_item(item.item_id));
  if (item.parser == content::kLibmagic) return take_type(item, *done);
  for (const auto& issue : done->issues)
    LIMIER_CHECK(add_issue(item, content_issue(issue.code, issue.message, issue.incomplete)));
  if (done->state == catalog::ItemState::kFailed || done->state == catalog::ItemState::kTooLarge ||
      done->state == catalog::ItemState::kNotRead)
    LIMIER_CHECK(add_issue(item, content_issue("content-not-parsed", done->reason, true)));
  const std::uint32_t attempts = deaths_.attempts(static_cast<std::uint64_t>(item.item_id)) + 1;
  LIMIER_CHECK(index_.finish_item(item.item_id, done->state, attempts, done->reason));
  ++done_;
  // Of hits alone no finding follows, and what files say waits for the whole look.
  if (!kept || !plan_.on_rows || item.parser == content::kYara || item.parser == content::kTextParser)
    return ok_status();
  if (finishing_ && waiting_.empty() && at_work_.empty()) {
    look_owed_ = true;
    return ok_status();
  }
  return plan_.on_rows();
}

// A content without a name is no gap.
Status ContentPhase::take_type(const store::ItemRow& item, const content::ItemDone& done) {
  for (const auto& issue : done.issues) {
    if (issue.code != content::kNoMagicDatabase) continue;
    if (std::exchange(no_magic_database_, true)) continue;
    LIMIER_CHECK(index_.add(content_issue(issue.code, issue.message, issue.incomplete)));
    progress_.note("content: " + issue.message);
  }
  ++done_;
  if (done.state == catalog::ItemState::kParsed && !done.mime.empty())
    LIMIER_CHECK(index_.put_said_type(item.item_id, done.mime, done.type_name));
  const std::uint32_t attempts = deaths_.attempts(static_cast<std::uint64_t>(item.item_id)) + 1;
  return index_.finish_item(item.item_id, done.state, attempts, done.reason);
}

Status ContentPhase::name_not_asked(const store::ItemRow& item, std::string_view reason) {
  ++done_;
  return index_.finish_item(item.item_id, catalog::ItemState::kNotApplicable, 1, reason);
}

Status ContentPhase::ended(Hand& hand, const Ending& ending) {
  --hands_;
  chunks_decoded_ += ending.stats.chunks_decoded;
  if (ending.kind == EndingKind::kInterrupted) {
    interrupted_ = true;
    return ok_status();
  }
  if (interrupted_) return ok_status();
  at_work_.erase(&hand);
  if (hand.item) {
    LIMIER_CHECK(bury(*hand.item, ending));
  } else if (ending.kind != EndingKind::kFinished) {
    // It died between two items, or never came to one.
    if (deaths_.judge(UINT64_MAX, ending) != ItemDeaths::Next::kAgain) given_up_ = true;
    progress_.note("content: " + ending.sentence("between two contents"));
  }
  return given_up_ ? ok_status() : start_hands();
}

Status ContentPhase::bury(const store::ItemRow& item, const Ending& ending) {
  LIMIER_CHECK(index_.drop_item(item.item_id));
  const auto id = static_cast<std::uint64_t>(item.item_id);
  const auto next = deaths_.judge(id, ending);
  std::string path;
  LIMIER_TRY(const auto place, index_.content_place(item.file_id));
  if (place) path = terminal_text(std::string_view(place->path).substr(0, kPathInMessage));
  progress_.note("content: " + ending.sentence("at " + path));
  if (next == ItemDeaths::Next::kAgain) {
    waiting_.push_front(item);
    return ok_status();
  }
  given_up_ = given_up_ || next == ItemDeaths::Next::kGiveUp;
  Incident incident;
  incident.ending = ending;
  incident.stage = "content";
  incident.where = "at " + path;
  incident.attempt = deaths_.attempts(id);
  incident.consequence = "the content is quarantined: nothing of it was examined";
  LIMIER_CHECK(add_issue(item, incident_issue(incident)));
  ++done_;
  return index_.finish_item(item.item_id, catalog::ItemState::kQuarantined, deaths_.attempts(id), ending.cause());
}

Status ContentPhase::leave_out(const store::ItemRow& item, catalog::ItemState state, const std::string& reason) {
  LIMIER_CHECK(add_issue(item, content_issue("content-not-parsed", reason, true)));
  ++done_;
  return index_.finish_item(item.item_id, state, deaths_.attempts(static_cast<std::uint64_t>(item.item_id)), reason);
}

Status ContentPhase::add_issue(const store::ItemRow& item, catalog::IssueRecord issue) {
  issue.item_id = item.item_id;
  LIMIER_TRY(const auto place, index_.content_place(item.file_id));
  if (place) {
    issue.volume_id = place->stream.volume_id;
    issue.inode = place->stream.inode;
  }
  return index_.add(issue);
}

}  // namespace limier::app
