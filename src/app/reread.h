// The content of one file, read out of the evidence again by a jailed limier-fs and compared with the digest that the
// sweep computed by its own route.
#pragma once

#include <functional>

#include "app/evidence_facts.h"

namespace limier::app {

// A content as the index knows it.
struct KnownContent {
  catalog::VolumeRecord volume;
  catalog::StreamRef stream;
  std::string path, name, state, sha256;
  std::uint64_t size_bytes = 0;
};
// nullopt: there is no such file.
Result<std::optional<KnownContent>> find_content(store::Index& index, std::int64_t file_id);

// The log that belongs to a database: by name, in the same volume, as deleted as the database is.
Result<std::optional<std::int64_t>> companion(store::Index& index, std::int64_t file_id, std::string_view ending);

struct ReadAgain {
  std::string sha256;  // of what was read
  std::uint64_t size_bytes = 0;
  std::string problem;    // "" when it is what the index says
  bool mismatch = false;  // it was read whole, and is something else
};
// `take` gets the bytes in order. One without a digest in the index is not read: there is nothing to compare with.
Result<ReadAgain> read_again(const KnownContent& content, const EvidenceSet& evidence, const Guard& guard,
                             const std::function<Status(Bytes)>& take, const std::atomic<int>& stop);

// Whether something was masked when the index was made (--scope): what is read again could be just that.
Result<bool> has_scope(store::Index& index);
// kRefused where it was; `what` the command does, as a sentence's end.
Status refuse_under_scope(store::Index& index, const std::string& dir, std::string_view what);

// Where the index says that the evidence lies, and whether this is it.
Result<std::string> recorded_path(store::Index& index);
Status same_evidence(store::Index& index, const sweep::ContainerMessage& container);

}  // namespace limier::app
