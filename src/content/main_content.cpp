// limier-content: looks into one content after the other, as the supervisor hands them out. Started by the supervisor,
// never by hand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>
#include <string_view>

#include "content/placed_reader.h"
#include "limier/content/database_rows.h"
#include "limier/content/parsers.h"
#include "limier/worker.h"
#if defined(LIMIER_FAULTS)
#include "faults.h"
#endif

namespace {

using namespace limier;
using worker::FrameType;

constexpr std::chrono::seconds kJobTimeout{60};
constexpr std::chrono::seconds kItemPoll{1};
constexpr std::size_t kFlushAt = 64u << 10;
constexpr std::size_t kMaxIssues = 64;  // of one item; what a hostile content gives more is one more kind of the same

void beat(worker::Journal& journal) {
  journal.beat.fetch_add(1, std::memory_order_relaxed);
}

// Sends rows in batches of one kind and maker.
class FrameRows final : public content::Rows {
 public:
  FrameRows(worker::Channel& channel, worker::Journal& journal, std::uint64_t item_id)
      : channel_(channel), journal_(journal) {
    head_.item_id = item_id;
  }

  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                 std::string_view version) override {
    const auto number = static_cast<std::uint32_t>(catalog::number_of(kind));
    const bool same = number == head_.kind && maker == head_.maker && version == head_.version;
    if (!same || body_.size() >= kFlushAt) flush();
    if (!same) {
      head_.kind = number;
      head_.maker = maker;
      head_.version = version;
    }
    catalog::put_cells(body_, cells);
    ++head_.count;
    beat(journal_);
  }
  void issue(std::string code, std::string message, bool incomplete) override {
    if (issues_.size() < kMaxIssues) issues_.push_back({std::move(code), std::move(message), incomplete});
  }
  void alive() override { beat(journal_); }

  void flush() {
    if (head_.count == 0) return;
    const auto head = encode(head_);
    // The connection is gone only when the supervisor is; the next frame shows it.
    if (status_.ok()) status_ = channel_.send(FrameType::kRows, Bytes(head), body_.bytes());
    body_.clear();
    head_.count = 0;
  }
  [[nodiscard]] const Status& status() const { return status_; }
  std::vector<content::ItemIssue> take_issues() { return std::move(issues_); }

 private:
  worker::Channel& channel_;
  worker::Journal& journal_;
  content::RowsHead head_;
  Encoder body_;
  std::vector<content::ItemIssue> issues_;
  Status status_ = ok_status();
};

class Worker {
 public:
  Worker(const worker::WorkerContext& context, const content::ContentJob& job,
         std::vector<std::unique_ptr<content::Parser>> parsers)
      : channel_(*context.channel), journal_(*context.journal), job_(job), parsers_(std::move(parsers)) {}

  Result<worker::WorkerStats> run() {
    std::vector<int> fds;
    for (std::size_t i = 0; i < job_.evidence.segments.size(); ++i)
      fds.push_back(worker::kFirstEvidenceFd + static_cast<int>(i));
    LIMIER_TRY(image_, evidence::open_image(job_.evidence, fds));
    while (true) {
      LIMIER_TRY(const auto item, next());
      if (!item) return worker::WorkerStats{.chunks_decoded = image_->chunks_decoded()};
      LIMIER_CHECK(look_into(*item));
    }
  }

 private:
  Result<std::optional<content::ContentItem>> next() {
    LIMIER_CHECK(channel_.send(FrameType::kItemRequest, Bytes{}));
    while (true) {
      LIMIER_TRY(auto frame, channel_.receive(kItemPoll));
      beat(journal_);  // the wait is the supervisor's
      if (!frame) continue;
      if (frame->type != FrameType::kItem) return Error{ErrorKind::kInternal, "a frame came that is no item"};
      if (frame->payload.empty()) return std::optional<content::ContentItem>();
      auto item = decode<content::ContentItem>(Bytes(frame->payload));
      if (!item) return Error{ErrorKind::kInternal, "an item came that cannot be read"};
      return std::optional(std::move(*item));
    }
  }

  // The item's own bytes, and those of what belongs to it.
  static std::vector<const content::ContentBytes*> parts_of(const content::ContentItem& item) {
    std::vector<const content::ContentBytes*> parts{&item.main, &item.wal, &item.journal};
    for (const auto& beside : item.beside)
      for (const auto* part : {&beside.main, &beside.wal, &beside.journal}) parts.push_back(part);
    return parts;
  }

  Status look_into(const content::ContentItem& item) {
    std::uint64_t bytes = 0;
    for (const auto* part : parts_of(item)) bytes += std::min(part->size_bytes, UINT64_MAX - bytes);
    journal_.content_bytes.fetch_add(bytes, std::memory_order_relaxed);
    journal_.item_bytes.store(bytes, std::memory_order_relaxed);
    journal_.item.store(item.item_id, std::memory_order_relaxed);
    beat(journal_);
#if defined(LIMIER_FAULTS)
    faults::at(channel_, journal_, 0, item.item_id);
#endif
    FrameRows rows(channel_, journal_, item.item_id);
    content::ItemDone done;
    done.item_id = item.item_id;
    const content::Outcome outcome = parse(item, rows);
    rows.flush();
    LIMIER_CHECK(Status(rows.status()));
    done.state = outcome.state;
    done.reason = outcome.reason;
    done.mime = outcome.mime;
    done.type_name = outcome.type_name;
    done.issues = rows.take_issues();
    return channel_.send(FrameType::kItemDone, done);
  }

  content::Outcome parse(const content::ContentItem& item, content::Rows& rows) const {
    const auto parser = std::ranges::find_if(parsers_, [&](const auto& one) { return one->name() == item.parser; });
    if (parser == parsers_.end() && item.parser != content::kDatabaseRows)
      return {catalog::ItemState::kFailed, "there is no such parser"};
    std::vector<std::unique_ptr<content::Reader>> readers;
    for (const auto* part : parts_of(item)) {
      if (!content::is_sound(*part)) return {catalog::ItemState::kFailed, "its place cannot be true"};
      readers.push_back(content::make_reader(*image_, *part));
    }
    content::Source source;
    source.path = item.path;
    source.main = readers[0].get();
    source.wal = item.has_wal ? readers[1].get() : nullptr;
    source.journal = item.has_journal ? readers[2].get() : nullptr;
    for (std::size_t i = 0; i < item.beside.size(); ++i) {
      const auto& beside = item.beside[i];
      source.beside.push_back({beside.place, readers[3 * i + 3].get(),
                               beside.has_wal ? readers[3 * i + 4].get() : nullptr,
                               beside.has_journal ? readers[3 * i + 5].get() : nullptr});
    }
    content::LooseSource loose;
    const content::ContentBytes media{image_->size_bytes(), false, {{0, 0, image_->size_bytes()}}, {}, {}};
    const content::PlacedReader media_reader(*image_, media);
    if (!item.loose.empty()) {
      for (const auto& rival : item.rivals) {
        if (!content::is_sound(rival)) return {catalog::ItemState::kFailed, "the place of another database cannot be"};
        readers.push_back(content::make_reader(*image_, rival));
        loose.rivals.push_back(readers.back().get());
      }
      loose.media = &media_reader;
      loose.places = item.loose;
      source.loose = &loose;
    }
    try {
      return item.parser == content::kDatabaseRows ? send_database(item, source, rows) : (*parser)->parse(source, rows);
    } catch (const std::bad_alloc&) {
      return {catalog::ItemState::kFailed, "it takes more memory than a parser may use"};
    }
  }

  // For `limier rows`: rows as they are, in frames of their own.
  content::Outcome send_database(const content::ContentItem& item, const content::Source& source,
                                 content::Rows& rows) const {
    return content::read_database_rows(source, job_.question, rows, [&](const content::DatabaseRows& part) {
      content::DatabaseRows numbered = part;
      numbered.item_id = item.item_id;
      beat(journal_);
      return channel_.send(FrameType::kDatabaseRows, numbered).ok();
    });
  }

  worker::Channel& channel_;
  worker::Journal& journal_;
  const content::ContentJob& job_;
  std::vector<std::unique_ptr<content::Parser>> parsers_;
  std::unique_ptr<evidence::Image> image_;
};

Status serve(const worker::WorkerContext& context) {
#if defined(LIMIER_FAULTS)
  faults::load("content");
#endif
  LIMIER_TRY(const auto frame, context.channel->receive(kJobTimeout));
  if (!frame || frame->type != FrameType::kJob) return Error{ErrorKind::kInternal, "no job came"};
  const auto job = decode<content::ContentJob>(Bytes(frame->payload));
  if (!job) return Error{ErrorKind::kInternal, "the job cannot be read"};
  // The packs are the examiner's, not the evidence's.
  std::shared_ptr<const keywords::Matcher> keywords;
  if (!job->keywords.empty()) {
    LIMIER_TRY(keywords, keywords::Matcher::compile(job->keywords));
  }
  auto parsers = content::make_parsers(job->packs, keywords);
  if (job->libmagic) parsers.push_back(content::make_libmagic_parser());
  LIMIER_TRY(const auto jail, worker::enter_jail({.address_space_bytes = job->memory_bytes, .threads = false}));
  LIMIER_CHECK(context.channel->send(FrameType::kReady, jail));
  if (!job->compile.empty()) {
    LIMIER_CHECK(context.channel->send(FrameType::kPrepared, content::compile_yara(job->compile)));
    return context.channel->send(FrameType::kDone, worker::WorkerStats{});
  }
  if (!job->yara.empty()) {
    auto yara = content::make_yara_parser(job->yara);
    if (yara == nullptr) return Error{ErrorKind::kInternal, "libyara does not take the rules that it made"};
    parsers.push_back(std::move(yara));
  }
  LIMIER_TRY(const auto stats, Worker(context, *job, std::move(parsers)).run());
  return context.channel->send(FrameType::kDone, stats);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version-json") {
    std::printf("{\"libmagic\":\"%s\",\"libyara\":\"%s\"}\n", content::libmagic_version().c_str(),
                content::libyara_version().c_str());
    return 0;
  }
  return worker::run_worker("limier-content", serve);
}
