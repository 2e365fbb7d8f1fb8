#include "app/ask_content.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::app {
namespace {

constexpr std::uint64_t kMaxFetched = 32u << 20;  // of a content that only limier-fs can read
constexpr std::uint64_t kCacheBytes = 16u << 20;
constexpr std::uint64_t kWorkerBytes = 768ull << 20;  // of address space
constexpr std::uint64_t kResidentBytes = 512ull << 20;
constexpr std::uint64_t kSentPerByte = 64;  // of what it reads: rows in all their versions
constexpr std::uint64_t kSentAtLeast = 64u << 20;
constexpr std::size_t kMaxBeside = 8;

// As triage chooses what it reads: in use, and whole.
constexpr const char* kReadable =
    "SELECT n.path, f.file_id FROM file f JOIN name n ON n.name_key = f.name_key JOIN stream s ON s.content_id = "
    "f.content_id WHERE f.is_stream = 0 AND f.reused = 0 AND f.kind = 0 AND s.source IN (1, 2) AND s.size_bytes > 0 "
    "AND n.allocated AND s.state = 0 AND f.volume_id = ?1 AND ";

Result<FoundBytes> fetch(const KnownContent& content, const EvidenceSet& evidence, const Guard& guard,
                         const std::atomic<int>& stop) {
  if (content.size_bytes > kMaxFetched)
    return FoundBytes{std::nullopt, "it is compressed and too large to be read in one piece"};
  content::ContentBytes bytes;
  bytes.size_bytes = content.size_bytes;
  bytes.is_here = true;
  const auto keep = [&](Bytes part) {
    bytes.bytes.insert(bytes.bytes.end(), part.begin(), part.end());
    return ok_status();
  };
  LIMIER_TRY(const ReadAgain read, read_again(content, evidence, guard, keep, stop));
  if (!read.problem.empty()) return FoundBytes{std::nullopt, read.problem};
  return FoundBytes{std::move(bytes), {}};
}

std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

// A path as a glob that it alone fits.
std::string as_glob(std::string_view path) {
  std::string glob;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    if (special) glob += '[';
    glob += c;
    if (special) glob += ']';
  }
  return glob;
}

class ItemMaker {
 public:
  ItemMaker(store::Index& index, const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop)
      : index_(index), evidence_(evidence), guard_(guard), stop_(stop) {}

  Result<FoundItem> make(std::int64_t file_id, std::string_view parser, const std::vector<std::string>& places) {
    LIMIER_TRY(const auto known, find_content(index_, file_id));
    if (!known) return FoundItem{std::nullopt, "the index has no such file"};
    LIMIER_TRY(auto main, content_bytes(index_, *known, file_id, evidence_, guard_, stop_));
    if (!main.bytes) return FoundItem{std::nullopt, main.problem};
    content::ContentItem item;
    item.item_id = static_cast<std::uint64_t>(file_id);
    item.parser = std::string(parser);
    LIMIER_TRY(item.path, raw_path(file_id));
    item.main = std::move(*main.bytes);
    LIMIER_CHECK(add_companion(known->path, known->volume.volume_id, "-wal", item.has_wal, item.wal));
    LIMIER_CHECK(add_companion(known->path, known->volume.volume_id, "-journal", item.has_journal, item.journal));
    LIMIER_CHECK(add_beside(file_id, *known, places, item));
    return FoundItem{std::move(item), {}};
  }

 private:
  Result<std::string> raw_path(std::int64_t file_id) {
    LIMIER_TRY(auto query, index_.query("SELECT coalesce(path_raw, path) FROM v_file WHERE file_id = ?1"));
    query.bind(1, file_id);
    if (!query.step()) return query.status().ok() ? Result<std::string>(std::string()) : query.status().error();
    return query.text(0);
  }

  Status add_part(std::int64_t file_id, bool& there, content::ContentBytes& to) {
    LIMIER_TRY(const auto known, find_content(index_, file_id));
    if (!known) return ok_status();
    LIMIER_TRY(auto found, content_bytes(index_, *known, file_id, evidence_, guard_, stop_));
    there = found.bytes.has_value();
    if (there) to = std::move(*found.bytes);
    return ok_status();
  }

  Status add_companion(const std::string& path, std::uint32_t volume_id, std::string_view ending, bool& there,
                       content::ContentBytes& to) {
    LIMIER_TRY(auto query, index_.query(std::string(kReadable) + "n.path = ?2 ORDER BY f.file_id LIMIT 1"));
    query.bind(1, std::int64_t{volume_id}).bind(2, path + std::string(ending));
    if (query.step()) return add_part(query.integer(1), there, to);
    return query.status();
  }

  // Of each place the first file; at most so many, in the order of places.
  Status add_beside(std::int64_t file_id, const KnownContent& known, const std::vector<std::string>& places,
                    content::ContentItem& item) {
    std::vector<std::pair<std::string, std::int64_t>> found;
    const std::string_view folder = folder_of(known.path);
    const std::string_view above = folder_of(folder.substr(0, folder.size() - std::min<std::size_t>(folder.size(), 1)));
    for (const std::string& place : places) {
      const bool up = place.starts_with("../");
      const std::string_view base = up ? above : folder;
      const std::string_view rest = up ? std::string_view(place).substr(3) : std::string_view(place);
      LIMIER_TRY(auto query, index_.query(std::string(kReadable) +
                                          "lower(n.path) GLOB lower(?2) AND f.file_id <> ?3 ORDER BY f.file_id"));
      query.bind(1, std::int64_t{known.volume.volume_id}).bind(2, as_glob(base) + std::string(rest)).bind(3, file_id);
      while (query.step()) {
        const std::string path = query.text(0);
        const std::string_view below = std::string_view(path).substr(std::min(base.size(), path.size()));
        if (std::ranges::count(below, '/') != std::ranges::count(rest, '/')) continue;
        found.emplace_back((up ? "../" : "") + std::string(below), query.integer(1));
      }
      LIMIER_CHECK(query.status());
    }
    std::ranges::sort(found);
    for (const auto& [place, id] : found) {
      if (item.beside.size() == kMaxBeside) break;
      if (!item.beside.empty() && item.beside.back().place == place) continue;
      content::ContentBeside beside;
      beside.place = place;
      bool there = false;
      LIMIER_CHECK(add_part(id, there, beside.main));
      if (!there) continue;
      LIMIER_TRY(const auto its, find_content(index_, id));
      if (!its) continue;
      LIMIER_CHECK(add_companion(its->path, its->volume.volume_id, "-wal", beside.has_wal, beside.wal));
      LIMIER_CHECK(add_companion(its->path, its->volume.volume_id, "-journal", beside.has_journal, beside.journal));
      item.beside.push_back(std::move(beside));
    }
    return ok_status();
  }

  store::Index& index_;
  const EvidenceSet& evidence_;
  const Guard& guard_;
  const std::atomic<int>& stop_;
};

}  // namespace

Result<FoundBytes> content_bytes(store::Index& index, const KnownContent& content, std::int64_t file_id,
                                 const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop) {
  content::ContentBytes bytes;
  bytes.size_bytes = content.size_bytes;
  LIMIER_TRY(auto query,
             index.query("SELECT s.source, coalesce(p.coding, 0) FROM file f JOIN stream s ON s.content_id = "
                         "f.content_id LEFT JOIN packed p ON p.content_id = f.content_id WHERE "
                         "f.file_id = ?1"));
  query.bind(1, file_id);
  const bool known = query.step();
  const auto source = known ? static_cast<catalog::ContentSource>(query.integer(0)) : catalog::ContentSource::kNone;
  if (known) bytes.coding = static_cast<catalog::Coding>(query.integer(1));
  LIMIER_CHECK(query.status());
  if (source == catalog::ContentSource::kDigested) return fetch(content, evidence, guard, stop);
  if (source != catalog::ContentSource::kExtents)
    return FoundBytes{std::nullopt, fmt::format("its content is {}", content.state)};
  LIMIER_TRY(auto extents, index.query("SELECT file_offset, image_offset, length FROM v_extent WHERE file_id = ?1 AND "
                                       "kind = ?2 AND image_offset IS NOT NULL ORDER BY file_offset, seq"));
  extents.bind(1, file_id).bind(2, std::string(bytes.coding == catalog::Coding::kPlain ? "data" : "compressed"));
  while (extents.step())
    bytes.pieces.push_back({static_cast<std::uint64_t>(extents.integer(0)),
                            static_cast<std::uint64_t>(extents.integer(1)),
                            static_cast<std::uint64_t>(extents.integer(2))});
  LIMIER_CHECK(extents.status());
  if (!content::can_be_read(bytes.coding, bytes.size_bytes, bytes.pieces.size()))
    return FoundBytes{std::nullopt, "it is packed, and too large to be unpacked as a whole"};
  return FoundBytes{std::move(bytes), {}};
}

Result<FoundItem> make_item(store::Index& index, std::int64_t file_id, std::string_view parser,
                            const std::vector<std::string>& places, const EvidenceSet& evidence, const Guard& guard,
                            const std::atomic<int>& stop) {
  return ItemMaker(index, evidence, guard, stop).make(file_id, parser, places);
}

Result<Answer> ask_content(content::ContentJob job, const content::ContentItem& item, const EvidenceSet& evidence,
                           const Guard& guard, const std::function<Status(const worker::Frame&)>& on_rows,
                           const std::atomic<int>& stop) {
  job.evidence = evidence.spec;
  job.evidence.cache_bytes = kCacheBytes;
  job.memory_bytes = kWorkerBytes + kCacheBytes;
  Session session;
  session.worker = "limier-content";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_fs(item.main.size_bytes);
  session.limits.worker_bytes = kResidentBytes;
  session.max_row_bytes = kSentAtLeast + kSentPerByte * item.main.size_bytes;
  Answer answer;
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type != worker::FrameType::kItemDone) return on_rows(frame);
    answer.done = decode<content::ItemDone>(Bytes(frame.payload));
    if (!answer.done || answer.done->item_id != item.item_id)
      return Error{kLied, "what it says of an item cannot be true"};
    return ok_status();
  };
  bool given = false;
  session.next_item = [&]() -> Result<std::vector<std::uint8_t>> {
    return std::exchange(given, true) ? std::vector<std::uint8_t>() : encode(item);
  };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
  if (ending.kind != EndingKind::kFinished)
    answer = {std::nullopt, ending.sentence("at this content")};
  else if (!answer.done)
    answer.problem = "it gave no answer";
  return answer;
}

}  // namespace limier::app
