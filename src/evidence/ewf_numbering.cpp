// Which chunk of the media the first chunk of each table is.
#include <algorithm>
#include <map>

#include "evidence/ewf_tables.h"

namespace limier::evidence {
namespace {

struct Content {
  std::uint64_t chunks = 0;
  bool whole = true;   // no gap in it
  bool stored = true;  // nothing is compressed, so that the size of the segment fixes the number of chunks
};

std::uint16_t number_of(const Piece& piece) {
  return std::visit([](const auto& any) { return any.number; }, piece);
}

std::map<std::uint16_t, Content> contents_of(const std::vector<Piece>& pieces) {
  std::map<std::uint16_t, Content> contents;
  for (const Piece& piece : pieces) {
    if (number_of(piece) == 0) continue;
    Content& content = contents[number_of(piece)];
    if (const auto* group = std::get_if<ChunkGroup>(&piece)) {
      content.chunks += group->count;
      content.stored = content.stored && group->overflow_from == group->entries.size() &&
                       std::all_of(group->entries.begin(), group->entries.end(),
                                   [](std::uint32_t entry) { return (entry & ~kOffsetMask) == 0; });
    } else {
      content.whole = false;
    }
  }
  return contents;
}

// Where each segment of a set begins that was written without compression: all but the first and the last are full, and
// hold equally many chunks. Believed only when two of them agree, or when counting from both ends gives the same.
class EqualSegments {
 public:
  // `last_known`: the last piece belongs to the last segment of the set.
  EqualSegments(const std::map<std::uint16_t, Content>& contents, std::uint64_t total, bool last_known) {
    if (contents.empty()) return;
    const auto& [last_number, last] = *contents.rbegin();
    std::uint64_t agree = 0;
    for (const auto& [number, content] : contents) {
      if (number == 1 || (last_known && number == last_number) || !content.whole) continue;
      if (!content.stored || (agree > 0 && content.chunks != inner_)) return;
      inner_ = content.chunks;
      ++agree;
    }
    if (agree == 0 || inner_ == 0) return;
    std::optional<std::uint64_t> from_front, from_end;  // where segment 2 begins
    if (const auto first = contents.find(1); first != contents.end() && first->second.whole)
      from_front = first->second.chunks;
    const std::uint64_t between = last_number > 2 ? (last_number - 2u) * inner_ : 0;
    if (last_known && last.whole && last.chunks + between <= total) from_end = total - last.chunks - between;
    if (from_front && from_end && *from_front != *from_end) return;
    if (agree < 2 && !(from_front && from_end)) return;
    second_ = from_front ? from_front : from_end;
  }
  [[nodiscard]] std::optional<std::uint64_t> start(std::uint16_t number) const {
    if (!second_ || number == 0) return std::nullopt;
    return number == 1 ? 0 : *second_ + (number - 2u) * inner_;
  }

 private:
  std::uint64_t inner_ = 0;
  std::optional<std::uint64_t> second_;
};

OpenIssue range_issue(std::string code, std::string message, std::uint64_t from, std::uint64_t to,
                      const MediaInfo& media) {
  const std::uint64_t begin = from * media.chunk_size();
  const std::uint64_t end = std::min(to * media.chunk_size(), media.size_bytes());
  return {std::move(code), std::move(message), begin, end - begin};
}

class Numbering {
 public:
  Numbering(std::vector<Piece>& pieces, std::uint64_t total) : pieces_(pieces), placed_(pieces.size()), total_(total) {}

  void from_both_ends() {
    std::uint64_t front = 0, back = total_;
    for (; next_ < pieces_.size(); ++next_) {
      auto* group = std::get_if<ChunkGroup>(&pieces_[next_]);
      if (group == nullptr || front >= total_) break;
      group->count = static_cast<std::uint32_t>(std::min<std::uint64_t>(group->count, total_ - front));
      place(next_, front);
      front += group->count;
    }
    for (last_ = pieces_.size(); last_ > next_; --last_) {
      auto* group = std::get_if<ChunkGroup>(&pieces_[last_ - 1]);
      if (group == nullptr || group->count > back - front) break;
      back -= group->count;
      place(last_ - 1, back);
    }
    front_ = front;
    back_ = back;
  }
  [[nodiscard]] bool end_is_known() const { return last_ < pieces_.size(); }

  // The pieces of each segment between the gaps: those before its first gap from its start, those behind its last gap
  // from where the next segment starts. True when something found its place.
  bool between_gaps(const EqualSegments& layout) {
    bool found = false;
    for (std::size_t first = next_; first < last_;) {
      const std::uint16_t number = number_of(pieces_[first]);
      std::size_t end = first + 1;
      while (end < last_ && number_of(pieces_[end]) == number) ++end;
      const auto start = layout.start(number);
      const auto following = layout.start(static_cast<std::uint16_t>(number + 1u));
      // What comes before `next_` of the same segment has its place already, so its start is not here.
      const bool begins_here = first == 0 || number_of(pieces_[first - 1]) != number;
      if (start && begins_here) found = place_forward(first, end, *start) || found;
      if (following) found = place_backward(first, end, *following) || found;
      first = end;
    }
    return found;
  }

  [[nodiscard]] bool anything_homeless() const {
    for (std::size_t i = next_; i < last_; ++i)
      if (std::holds_alternative<ChunkGroup>(pieces_[i]) && !placed_[i]) return true;
    return false;
  }

  // Ranges without data, each with the gap that is to blame, in order.
  void report_missing(const MediaInfo& media, std::vector<OpenIssue>& issues) const {
    std::vector<const Gap*> gaps;
    std::uint64_t at = 0;
    const auto missing_up_to = [&](std::uint64_t chunk) {
      std::size_t blamed = 0;
      if (at < chunk) {
        issues.push_back(gaps.empty()
                             ? range_issue("ewf-chunks-missing", "The segments hold no data for part of the media.", at,
                                           chunk, media)
                             : range_issue(gaps[0]->code, gaps[0]->message, at, chunk, media));
        blamed = 1;
      }
      for (std::size_t i = blamed; i < gaps.size(); ++i) issues.push_back({gaps[i]->code, gaps[i]->message, 0, 0});
      gaps.clear();
    };
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (const auto* gap = std::get_if<Gap>(&pieces_[i])) gaps.push_back(gap);
      if (!placed_[i]) continue;
      const auto& group = std::get<ChunkGroup>(pieces_[i]);
      missing_up_to(group.first_chunk);
      at = group.first_chunk + group.count;
    }
    missing_up_to(total_);
  }

  std::vector<ChunkGroup> take() {
    std::vector<ChunkGroup> groups;
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      if (placed_[i]) groups.push_back(std::move(std::get<ChunkGroup>(pieces_[i])));
    return groups;
  }

 private:
  void place(std::size_t index, std::uint64_t chunk) {
    std::get<ChunkGroup>(pieces_[index]).first_chunk = chunk;
    placed_[index] = true;
  }
  bool place_forward(std::size_t first, std::size_t end, std::uint64_t at) {
    bool found = false;
    for (std::size_t i = first; i < end; ++i) {
      const auto* group = std::get_if<ChunkGroup>(&pieces_[i]);
      if (group == nullptr || at < front_ || group->count > back_ - std::min(back_, at)) break;
      place(i, at);
      at += group->count;
      front_ = at;
      found = true;
    }
    return found;
  }
  bool place_backward(std::size_t first, std::size_t end, std::uint64_t at) {
    bool found = false;
    const std::uint64_t own_end = at;
    for (std::size_t i = end; i-- > first && !placed_[i];) {
      const auto* group = std::get_if<ChunkGroup>(&pieces_[i]);
      if (group == nullptr || at > back_ || at < front_ || group->count > at - front_) break;
      at -= group->count;
      place(i, at);
      found = true;
    }
    if (found) front_ = own_end;
    return found;
  }

  std::vector<Piece>& pieces_;
  std::vector<bool> placed_;
  std::uint64_t total_;
  std::size_t next_ = 0, last_ = 0;     // the pieces between the first gap and the last one
  std::uint64_t front_ = 0, back_ = 0;  // the chunks no piece has yet
};

}  // namespace

std::vector<ChunkGroup> number_chunks(std::vector<Piece> pieces, const MediaInfo& media,
                                      std::vector<OpenIssue>& issues) {
  const std::uint64_t total = media.chunks_needed();
  const auto contents = contents_of(pieces);
  Numbering numbering(pieces, total);
  numbering.from_both_ends();
  if (numbering.anything_homeless() && numbering.between_gaps(EqualSegments(contents, total, numbering.end_is_known())))
    issues.push_back({"ewf-segments-placed",
                      "Data between two gaps in the segments was placed by the number of chunks that every whole "
                      "segment of this set holds.",
                      0, 0});
  if (numbering.anything_homeless())
    issues.push_back(
        {"ewf-chunks-unplaced", "Data between two gaps in the segments cannot be placed and is not read.", 0, 0});
  numbering.report_missing(media, issues);
  std::vector<ChunkGroup> placed = numbering.take();
  for (const ChunkGroup& group : placed)
    if (group.recovered && group.count > 0)
      issues.push_back(
          range_issue("ewf-chunks-recovered",
                      "A chunk table is lost; this part of the media was read by following the chunks themselves.",
                      group.first_chunk, group.first_chunk + group.count, media));
  return placed;
}

}  // namespace limier::evidence
