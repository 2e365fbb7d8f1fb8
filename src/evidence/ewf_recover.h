// Chunks of a sectors section whose tables are lost. Private to the room.
//
// Source: "Expert Witness Compression Format (EWF)", J. Metz, "Sectors section": chunks lie behind each other without
// a gap, each a zlib stream (RFC 1950) or plain bytes with their Adler-32 behind them.
#pragma once

#include <cstdint>
#include <vector>

#include "evidence/ewf_format.h"
#include "evidence/ewf_tables.h"

namespace limier::evidence {

struct Recovered {
  std::vector<ChunkGroup> groups;  // first_chunk is not set
  bool whole = false;              // the last chunk found ends exactly where the data ends
};

// Follows the chunks from the first byte of `data` on, for as long as each one proves itself: it fills a whole chunk
// and its own checksum holds. Ends at the first that does not; nothing behind it is looked for, because how many chunks
// lie between would be a guess. At most `max_chunks`.
Recovered recover_chunks(int fd, std::size_t segment, Span data, const MediaInfo& media, std::uint64_t max_chunks);

}  // namespace limier::evidence
