// An image in memory with scripted chunk states, and a sink that writes down what it is told.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "limier/sweep.h"

namespace limier::sweep {

class MemoryImage final : public evidence::Image {
 public:
  MemoryImage(std::size_t size, std::uint32_t chunk_size, std::uint32_t seed) : bytes_(size), chunk_size_(chunk_size) {
    std::mt19937 random(seed);
    for (auto& byte : bytes_) byte = static_cast<std::uint8_t>(random());
  }
  std::map<std::uint64_t, evidence::ChunkState> states;
  void plant(std::uint64_t image_offset, std::string_view text) {
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(image_offset));
  }

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return chunk_size_; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    ++decoded_;
    const auto offset = static_cast<std::size_t>(chunk * chunk_size_);
    const std::size_t length = std::min<std::size_t>(chunk_size_, bytes_.size() - offset);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
    const auto state = states.find(chunk);
    return state == states.end() ? evidence::ChunkState::kGood : state->second;
  }
  evidence::ReadOutcome read(std::uint64_t, MutableBytes) const override { return {}; }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return decoded_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint32_t chunk_size_;
  std::vector<evidence::OpenIssue> issues_;
  mutable std::atomic<std::uint64_t> decoded_{0};
};

class RecordingSink final : public Sink {
 public:
  std::map<std::uint64_t, catalog::ContentDigest> contents;
  std::vector<catalog::BadRange> bad;
  std::vector<Digests> media_digests;
  std::vector<std::string> calls;  // in order; a repeated working_on is told once
  std::size_t fail_after = SIZE_MAX;

  Status content(const catalog::ContentDigest& digest) override {
    const bool first = contents.emplace(digest.content_id, digest).second;
    return say(fmt::format("content {}{}{} {}", digest.content_id, digest.touched_damage ? " damaged" : "",
                           first ? "" : " twice", digest.digests.sha256 ? hex_digest(*digest.digests.sha256) : ""));
  }
  Status bad_range(const catalog::BadRange& range) override {
    bad.push_back(range);
    return say(fmt::format("bad {} {} {}", range.image_offset, range.length, range.reason));
  }
  Status media(const Digests& digests) override {
    media_digests.push_back(digests);
    return say("media");
  }
  void working_on(std::uint64_t chunk) override {
    const std::string text = fmt::format("working on {}", chunk);
    if (calls.empty() || calls.back() != text) calls.push_back(text);
  }
  void advanced(std::uint64_t bytes_done) override { calls.push_back(fmt::format("advanced {}", bytes_done)); }

 private:
  Status say(const std::string& text) {
    calls.push_back(text);
    if (calls.size() > fail_after) return Error{ErrorKind::kInterrupted, "told to stop"};
    return ok_status();
  }
};

// A content as the test wants it: pieces in file order, the rest zeros.
struct Piece {
  std::uint64_t file_offset, image_offset, length;
};
struct File {
  std::uint64_t id = 0;
  std::uint64_t size_bytes = 0;
  std::vector<Piece> pieces;
};

inline std::vector<catalog::PlanPiece> plan_of(const std::vector<File>& files) {
  std::vector<catalog::PlanPiece> plan;
  for (const File& file : files)
    for (std::size_t i = 0; i < file.pieces.size(); ++i)
      plan.push_back({file.id,
                      static_cast<std::uint32_t>(i),
                      static_cast<std::uint32_t>(file.pieces.size()),
                      file.size_bytes,
                      file.pieces[i].file_offset,
                      file.pieces[i].image_offset,
                      file.pieces[i].length,
                      0,
                      {}});
  std::stable_sort(plan.begin(), plan.end(), [](const auto& left, const auto& right) {
    return std::pair(left.image_offset, left.content_id) < std::pair(right.image_offset, right.content_id);
  });
  return plan;
}

// In batches of uneven size, as they come over a socket.
inline PlanSource source_of(std::vector<catalog::PlanPiece> plan) {
  return [plan = std::move(plan), at = std::size_t{0},
          size = std::size_t{1}]() mutable -> Result<std::vector<catalog::PlanPiece>> {
    const std::size_t end = std::min(plan.size(), at + size);
    std::vector<catalog::PlanPiece> batch(plan.begin() + static_cast<std::ptrdiff_t>(at),
                                          plan.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
    size = size * 3 % 1009 + 1;
    return batch;
  };
}

inline std::vector<std::uint8_t> content_of(const MemoryImage& image, const File& file) {
  std::vector<std::uint8_t> content(file.size_bytes);
  for (const Piece& piece : file.pieces)
    std::copy_n(image.bytes().begin() + static_cast<std::ptrdiff_t>(piece.image_offset), piece.length,
                content.begin() + static_cast<std::ptrdiff_t>(piece.file_offset));
  return content;
}

// The file's digests by the shortest way there is.
inline Digests reference_digests(const MemoryImage& image, const File& file, DigestSet which) {
  return digest_of(content_of(image, file), which);
}
inline catalog::ContentType reference_type(const MemoryImage& image, const File& file) {
  const auto content = content_of(image, file);
  types::HeldBuffers held;
  types::Sniffer sniffer;
  sniffer.take(content, content.size(), held);
  return sniffer.finish(content.size(), held);
}

}  // namespace limier::sweep
