#include "evidence/ewf_set.h"

#include <algorithm>

#include "evidence/names.h"

namespace limier::evidence {
namespace {

bool by_number(const Segment& a, const Segment& b) {
  return a.number < b.number;
}

bool name_fits(const EvidenceSpec& spec, const Segment& segment) {
  return ewf_segment_ordinal(spec.segments[segment.index].name) == segment.number;
}

std::string both_are(const EvidenceSpec& spec, const Segment& a, const Segment& b) {
  return spec.segments[a.index].name + " and " + spec.segments[b.index].name + " are both segment " +
         std::to_string(a.number) + " of their set";
}

Status settle_duplicates(const EvidenceSpec& spec, std::vector<Segment>& segments, std::vector<OpenIssue>& issues) {
  for (std::size_t i = 1; i < segments.size();) {
    const Segment &before = segments[i - 1], &here = segments[i];
    if (here.number != before.number) {
      ++i;
      continue;
    }
    if (!spec.allow_incomplete)
      return Error{ErrorKind::kEvidence, both_are(spec, before, here) +
                                             "; find the right files, or go on with one of the two with --incomplete."};
    const bool keep_second = !name_fits(spec, before) && name_fits(spec, here);
    const Segment& kept = keep_second ? here : before;
    issues.push_back({"ewf-segment-duplicate",
                      both_are(spec, before, here) + "; " + spec.segments[kept.index].name + " was read.", 0, 0});
    segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(keep_second ? i - 1 : i));
  }
  return ok_status();
}

// Nothing when the number has to be taken from the name and the name has none.
std::optional<std::uint16_t> number_by_name(const SegmentInfo& info) {
  const auto ordinal = ewf_segment_ordinal(info.name);
  if (!ordinal || *ordinal > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(*ordinal);
}

bool have_a_hole(const std::vector<LoadedSegment>& loaded) {
  for (std::size_t i = 0; i < loaded.size(); ++i)
    if (loaded[i].segment.number != i + 1) return true;
  return false;
}

bool nothing_is_missing(const std::vector<LoadedSegment>& loaded, const MediaInfo& media) {
  std::uint64_t chunks = 0;
  for (const LoadedSegment& part : loaded) {
    if (part.segment.cut) return false;
    for (const Piece& piece : part.pieces) {
      const auto* group = std::get_if<ChunkGroup>(&piece);
      if (group == nullptr) return false;
      chunks += group->count;
    }
  }
  return chunks == media.chunks_needed();
}

// True when the names count 1, 2, 3, … in some order; the segments are then in that order and have those numbers.
bool order_by_name(const EvidenceSpec& spec, std::vector<LoadedSegment>& loaded) {
  std::vector<LoadedSegment> ordered(loaded.size());
  std::vector<bool> taken(loaded.size(), false);
  for (const LoadedSegment& part : loaded) {
    const auto ordinal = ewf_segment_ordinal(spec.segments[part.segment.index].name);
    if (!ordinal || *ordinal == 0 || *ordinal > loaded.size() || taken[*ordinal - 1]) return false;
    taken[*ordinal - 1] = true;
  }
  for (LoadedSegment& part : loaded) {
    const auto number = *number_by_name(spec.segments[part.segment.index]);
    part.segment.number = number;
    ordered[number - 1u] = std::move(part);
  }
  loaded = std::move(ordered);
  return true;
}

}  // namespace

Result<std::vector<Segment>> scan_set(const EvidenceSpec& spec, const std::vector<int>& fds,
                                      std::vector<OpenIssue>& issues) {
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < spec.segments.size(); ++i) {
    auto number = read_segment_number(fds[i]);
    if (!number || *number == 0) {
      std::string message = spec.segments[i].name + " is not an EWF segment: its file header is missing or damaged";
      if (!spec.allow_incomplete)
        return Error{ErrorKind::kEvidence, message + "; find a sound copy, or go on by its name with --incomplete."};
      number = number_by_name(spec.segments[i]);
      const bool readable = number && starts_with_a_section(fds[i]);
      issues.push_back(
          {"ewf-segment-damaged", message + (readable ? "; its name was followed." : "; it was not read."), 0, 0});
      if (!readable) continue;
    }
    segments.push_back(scan_segment(fds[i], spec.segments[i], i, *number, issues));
  }
  if (segments.empty())
    return Error{ErrorKind::kEvidence, spec.segments[0].name + " and what belongs to it hold no EWF segment."};
  if (!std::is_sorted(segments.begin(), segments.end(), by_number)) {
    issues.push_back(
        {"ewf-segments-out-of-order",
         "The names of the segments are not in the order of the numbers inside them; the numbers were followed.", 0,
         0});
    std::stable_sort(segments.begin(), segments.end(), by_number);
  }
  LIMIER_CHECK(settle_duplicates(spec, segments, issues));
  return segments;
}

std::vector<LoadedSegment> load_set(const EvidenceSpec& spec, const std::vector<int>& fds,
                                    std::vector<Segment> segments, const MediaInfo& media,
                                    std::vector<OpenIssue>& issues) {
  std::vector<LoadedSegment> loaded;
  for (Segment& segment : segments) {
    std::vector<Piece> pieces;
    load_tables(fds[segment.index], spec.segments[segment.index], segment, media, pieces, issues);
    loaded.push_back({std::move(segment), std::move(pieces)});
  }
  if (have_a_hole(loaded) && nothing_is_missing(loaded, media) && order_by_name(spec, loaded))
    issues.push_back({"ewf-segment-number-damaged",
                      "The number inside a segment is wrong, for no data is missing; the names were followed.", 0, 0});
  return loaded;
}

}  // namespace limier::evidence
