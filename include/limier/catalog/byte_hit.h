// A number, address or key as it is noticed in bytes that pass: by the sweep, before it is known whose they are, and by
// the walk in content that only the file system can read.
//
// Owns:    values.
// Threads: plain data.
// Units:   bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "limier/entities.h"

namespace limier::catalog {

struct ByteHit {
  std::optional<std::uint64_t> content_id;  // it lies over the joint of two extents of this content
  std::uint64_t offset = 0;                 // in the image; with a content, in that
  std::uint64_t seen_at = 0;  // a sweep that goes on from this image_offset, or one before it, reports it again
  std::uint32_t length = 0;
  entities::Kind kind{};
  entities::Proof proof{};
  bool wide = false;                       // UTF-16LE
  std::string value, normalized, context;  // as the bytes are; wide ones made narrow
  std::uint32_t left_out = 0;              // so many follow close behind that are not reported
  static constexpr auto fields() {
    return std::tuple{&ByteHit::content_id, &ByteHit::offset,  &ByteHit::seen_at, &ByteHit::length,
                      &ByteHit::kind,       &ByteHit::proof,   &ByteHit::wide,    &ByteHit::value,
                      &ByteHit::normalized, &ByteHit::context, &ByteHit::left_out};
  }
};

// What one takes on its way; and how much all of them may for each byte that was looked at.
std::size_t sent_bytes(const ByteHit& hit);
inline constexpr std::uint32_t kHitBytesPerByte = 8;

// Of `bytes`, the first of which lies at `offset`.
ByteHit byte_hit(std::string_view bytes, const entities::Found& found, std::uint64_t offset);

// Whether it can be one of a medium of this size.
bool validate(const ByteHit& hit, std::uint64_t media_size);

}  // namespace limier::catalog
