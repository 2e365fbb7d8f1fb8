// unpack: the compressed streams that archives are made of, unpacked piece by piece.
//
// Owns:    an Unpacker owns the state of one stream, at most some 64 MiB (what the stream's own window asks for).
// Threads: an object belongs to one thread.
// Errors:  what is no such stream, is broken, or asks for a larger window is State::kBroken; nothing is guessed behind
// it. Units:   bytes. Formats: RFC 1951 (zlib), RFC 8878 (libzstd), bzip2 (libbz2), LZMA as APPNOTE 5.8 has it
// (liblzma).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "limier/catalog.h"

namespace limier::unpack {

// Gets unpacked bytes in order; false: it wants no more.
using Take = std::function<bool(Bytes)>;

inline constexpr std::size_t kPieceBytes = 64u << 10;  // at most so many come at once

class Unpacker {
 public:
  enum class State : std::uint8_t { kMore, kEnd, kBroken };
  virtual ~Unpacker() = default;
  // Takes packed bytes in order. Ends early, and for good, where `take` says so. Behind the end of the stream nothing
  // is looked at.
  virtual State feed(Bytes packed, const Take& take) = 0;
  // Of the bytes fed so far, those of the stream.
  [[nodiscard]] virtual std::uint64_t consumed() const = 0;
  // Another one that goes on from here; none where the library cannot.
  [[nodiscard]] virtual std::unique_ptr<Unpacker> clone() const { return nullptr; }
};
// `size_bytes`: of what is packed, for streams that do not say where they end. Null for kPlain.
std::unique_ptr<Unpacker> make_unpacker(catalog::Coding coding, std::uint64_t size_bytes);

// Streams that stand alone in a file, with headers and check sums of their own; those one behind the other are one.
enum class Stream : std::uint8_t { kGzip, kZlib, kXz, kZstd, kBzip2 };
std::unique_ptr<Unpacker> make_stream(Stream stream);

// CRC-32 of zip and gzip over `bytes`, going on from `before`.
std::uint32_t crc32(std::uint32_t before, Bytes bytes);

// A member of an archive on its way: unpacked, counted, and held against what its entry says of it.
class Member {
 public:
  Member(const catalog::Packing& packing, std::uint64_t size_bytes);
  // One that has come so far without being packed.
  Member(const catalog::Packing& packing, std::uint64_t size_bytes, std::uint64_t done, std::uint32_t crc);
  // Takes packed bytes; gives at most size_bytes to `take`.
  void feed(Bytes packed, const Take& take);
  // Of one that is not packed: bytes that somebody else passes on.
  void note(Bytes bytes);
  // After the last byte.
  [[nodiscard]] catalog::PackingFault finish() const;
  [[nodiscard]] std::uint32_t crc() const { return crc_; }
  [[nodiscard]] bool packed() const { return packing_.coding != catalog::Coding::kPlain; }
  [[nodiscard]] const catalog::Packing& packing() const { return packing_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  catalog::Packing packing_;
  std::uint64_t size_bytes_;
  std::uint64_t done_ = 0;
  std::uint32_t crc_ = 0;
  bool too_long_ = false;
  Unpacker::State state_ = Unpacker::State::kMore;
  std::unique_ptr<Unpacker> unpacker_;
};

// Versions of the libraries in use, for `limier version`.
std::string version_of_zlib();
std::string version_of_zstd();
std::string version_of_bzip2();
std::string version_of_lzma();

}  // namespace limier::unpack
