#include "app/run_key.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "limier/version.h"

namespace limier::app {
namespace {

// Container headers, partition tables and the first boot sectors at one end, tables and digests of a container at the
// other.
constexpr std::uint64_t kEndBytes = 64u << 10;

Status hash_part(Hasher& hasher, int fd, std::uint64_t offset, std::uint64_t length, const std::string& name) {
  std::vector<std::uint8_t> bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = pread(fd, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kEvidence, fmt::format("{}: cannot be read: {}", name, std::strerror(errno))};
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  hasher.update(Bytes(bytes).first(done));
  return ok_status();
}

Result<std::string> ends_digest(const EvidenceSet& evidence) {
  Hasher hasher({false, false, true});
  for (std::size_t i = 0; i < evidence.fds.size(); ++i) {
    const std::uint64_t size = evidence.spec.segments[i].size_bytes;
    const std::uint64_t length = std::min(size, kEndBytes);
    LIMIER_CHECK(hash_part(hasher, evidence.fds[i].get(), 0, length, evidence.paths[i]));
    LIMIER_CHECK(hash_part(hasher, evidence.fds[i].get(), size - length, length, evidence.paths[i]));
  }
  return hex_digest(*hasher.finish().sha256);
}

template <std::size_t N>
std::string hex_or_none(const std::optional<std::array<std::uint8_t, N>>& digest) {
  return digest ? hex_digest(*digest) : std::string();
}

std::string digest_names(const DigestSet& set) {
  std::string names;
  for (const auto& [wanted, name] : {std::pair{set.md5, "md5"}, {set.sha1, "sha1"}, {set.sha256, "sha256"}})
    if (wanted) names += (names.empty() ? "" : ",") + std::string(name);
  return names;
}

}  // namespace

std::string_view profile_name(Profile profile) {
  switch (profile) {
    case Profile::kList:
      return "list";
    case Profile::kQuick:
      return "quick";
    case Profile::kStandard:
      return "standard";
    case Profile::kFull:
      return "full";
  }
  return "";
}

Result<store::RunKey> run_key(const TriageOptions& options, const EvidenceSet& evidence,
                              const sweep::ContainerMessage& container, const std::string& packs_digest,
                              const std::string& scope_sha256, const std::string& hash_sets,
                              const std::string& keywords, const std::string& yara) {
  store::RunKey key;
  key.emplace_back("the version of limier", fmt::format("{} ({})", LIMIER_VERSION, build_commit()));
  for (std::size_t i = 0; i < evidence.spec.segments.size(); ++i)
    key.emplace_back(fmt::format("segment {}", i + 1),
                     fmt::format("{}, {} bytes", terminal_text(evidence.spec.segments[i].name),
                                 evidence.spec.segments[i].size_bytes));
  key.emplace_back("the container",
                   fmt::format("{}, {} bytes of media", evidence::format_name(container.format), container.size_bytes));
  key.emplace_back("the stored MD5", hex_or_none(container.stored_md5));
  key.emplace_back("the stored SHA-1", hex_or_none(container.stored_sha1));
  if (container.stored_sha256) key.emplace_back("the stored SHA-256", hex_digest(*container.stored_sha256));
  LIMIER_TRY(const std::string ends, ends_digest(evidence));
  key.emplace_back("the SHA-256 of the segments' first and last bytes", ends);
  key.emplace_back("--authority", options.authority.text);
  key.emplace_back("--case", options.authority.case_number);
  key.emplace_back("--exhibit", options.authority.exhibit);
  key.emplace_back("--examiner", options.authority.examiner);
  key.emplace_back("--agency", options.authority.agency);
  key.emplace_back("--note", options.authority.note);
  key.emplace_back("--profile", profile_name(options.profile));
  const Digests expected{options.expect_md5, options.expect_sha1, options.expect_sha256};
  key.emplace_back("--digests", digest_names(media_digest_set(options.media_digests, container, expected)));
  key.emplace_back("--expect-md5", hex_or_none(options.expect_md5));
  key.emplace_back("--expect-sha1", hex_or_none(options.expect_sha1));
  key.emplace_back("--expect-sha256", hex_or_none(options.expect_sha256));
  key.emplace_back("--zone", options.zone);
  key.emplace_back("--lang", options.language);
  key.emplace_back("--sector-size", options.sector_bytes == 0 ? "" : std::to_string(options.sector_bytes));
  key.emplace_back("--codepage", options.code_page == 0 ? std::string() : std::to_string(options.code_page));
  key.emplace_back("the packs and rules", packs_digest);
  key.emplace_back("--scope", scope_sha256.empty() ? "" : "SHA-256 " + scope_sha256);
  key.emplace_back("--hashset", hash_sets);
  key.emplace_back("--keywords", keywords.empty() ? "" : "SHA-256 " + keywords);
  key.emplace_back("--yara", yara);
  key.emplace_back("--text-limit", std::to_string(options.text_limit));
  key.emplace_back("--incomplete", options.incomplete ? "given" : "");
  key.emplace_back("--no-sandbox", options.sandbox ? "" : "given");
  return key;
}

}  // namespace limier::app
