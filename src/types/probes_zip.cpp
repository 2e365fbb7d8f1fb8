// Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.7 (local file header), 4.3.12 (central directory header), 4.4.4 (bit 0:
// encrypted); ECMA-376 part 2 (OPC), OASIS OpenDocument 1.3 part 2 (mimetype), EPUB OCF 3.3, Android and JAR
// documentation for the names of their members.
#include <algorithm>

#include "types/probes.h"

namespace limier::types {

namespace {

constexpr std::size_t kMaxMembers = 256;  // looked at in one head or window
constexpr std::size_t kLocalHeader = 30;
constexpr std::size_t kCentralHeader = 46;
constexpr std::size_t kMaxMimetype = 96;

enum Fact : std::uint32_t {
  kContentTypes = 1u << 0,
  kWord = 1u << 1,
  kExcel = 1u << 2,
  kPowerPoint = 1u << 3,
  kVisio = 1u << 4,
  kFixedDocument = 1u << 5,
  kAndroidManifest = 1u << 6,
  kDexOrResources = 1u << 7,
  kJavaManifest = 1u << 8,
  kPayload = 1u << 9,
  kEncryptedMember = 1u << 10,
  kIwa = 1u << 11,
  kKmlDocument = 1u << 12,
  kAff4 = 1u << 13,
  kOdtType = 1u << 15,
  kOdsType = 1u << 16,
  kOdpType = 1u << 17,
  kOdgType = 1u << 18,
  kOdfType = 1u << 19,
  kEpubType = 1u << 20,
  kOdfEncrypted = 1u << 21,
  kXpiManifest = 1u << 22,
  kRels = 1u << 23,
};

struct NamedFact {
  std::string_view name;
  std::uint32_t fact;
};
// Whole names.
constexpr NamedFact kNames[] = {
    {"[Content_Types].xml", kContentTypes},
    {"_rels/.rels", kRels},
    {"AndroidManifest.xml", kAndroidManifest},
    {"classes.dex", kDexOrResources},
    {"resources.arsc", kDexOrResources},
    {"META-INF/MANIFEST.MF", kJavaManifest},
    {"FixedDocSeq.fdseq", kFixedDocument},
    {"FixedDocumentSequence.fdseq", kFixedDocument},
    {"doc.kml", kKmlDocument},
    {"container.description", kAff4},
    {"encrypted-package", kOdfEncrypted},
    {"META-INF/mozilla.rsa", kXpiManifest},
    {"install.rdf", kXpiManifest},
};
// Beginnings of names.
constexpr NamedFact kFolders[] = {
    {"word/", kWord},   {"xl/", kExcel},  {"ppt/", kPowerPoint},
    {"visio/", kVisio}, {"Index/", kIwa}, {"Payload/", kPayload},
};
constexpr NamedFact kMimetypes[] = {
    {"application/vnd.oasis.opendocument.text", kOdtType},
    {"application/vnd.oasis.opendocument.spreadsheet", kOdsType},
    {"application/vnd.oasis.opendocument.presentation", kOdpType},
    {"application/vnd.oasis.opendocument.graphics", kOdgType},
    {"application/vnd.oasis.opendocument", kOdfType},
    {"application/epub+zip", kEpubType},
};

std::uint32_t fact_of(std::string_view name) {
  for (const NamedFact& named : kNames)
    if (name == named.name) return named.fact;
  for (const NamedFact& folder : kFolders) {
    if (!name.starts_with(folder.name)) continue;
    if (folder.fact == kIwa && !name.ends_with(".iwa")) continue;
    if (folder.fact == kPayload && name.find(".app/") == std::string_view::npos) continue;
    return folder.fact;
  }
  return 0;
}

// A stored member "mimetype", which has to be the first, says what the package is.
std::uint32_t mimetype_fact(std::string_view content) {
  content = content.substr(0, kMaxMimetype);
  for (const NamedFact& mimetype : kMimetypes)
    if (content.starts_with(mimetype.name)) return mimetype.fact;
  return 0;
}

std::uint32_t local_facts(Bytes bytes, std::uint64_t at) {
  const auto header = slice(bytes, at, kLocalHeader);
  if (!header) return 0;
  const auto block = Block<kLocalHeader>::at(*header, 0);
  std::uint32_t facts = (block->le<6, std::uint16_t>() & 1) != 0 ? std::uint32_t{kEncryptedMember} : 0;
  const auto name = slice(bytes, at + kLocalHeader, block->le<26, std::uint16_t>());
  if (!name) return facts;
  facts |= fact_of(as_text(*name));
  const std::uint64_t content = at + kLocalHeader + name->size() + block->le<28, std::uint16_t>();
  if (as_text(*name) == "mimetype" && block->le<8, std::uint16_t>() == 0 && content < bytes.size())
    facts |= mimetype_fact(as_text(bytes.subspan(static_cast<std::size_t>(content))));
  return facts;
}

std::uint32_t central_facts(Bytes bytes, std::uint64_t at) {
  const auto header = slice(bytes, at, kCentralHeader);
  if (!header) return 0;
  const auto block = Block<kCentralHeader>::at(*header, 0);
  const std::uint32_t facts = (block->le<8, std::uint16_t>() & 1) != 0 ? std::uint32_t{kEncryptedMember} : 0;
  const auto name = slice(bytes, at + kCentralHeader, block->le<28, std::uint16_t>());
  return name ? facts | fact_of(as_text(*name)) : facts;
}

// Behind the member at `at`; nothing where its size stands behind its data only.
std::optional<std::size_t> past_member(Bytes bytes, std::size_t at) {
  const auto header = slice(bytes, at, kLocalHeader);
  if (!header) return bytes.size();
  const auto block = Block<kLocalHeader>::at(*header, 0);
  if ((block->le<6, std::uint16_t>() & 8) != 0 && block->le<18, std::uint32_t>() == 0) return std::nullopt;
  const std::uint64_t name_and_extra = std::uint64_t{block->le<26, std::uint16_t>()} + block->le<28, std::uint16_t>();
  const std::uint64_t data = block->le<18, std::uint32_t>();
  return static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), at + kLocalHeader + name_and_extra + data));
}

}  // namespace

// Where the size of a member is not known in front of it, the next header is looked for. What is found so may be part
// of an archive inside this one, and speaks for this one only where its first member does too; it never says that the
// archive is encrypted.
std::uint32_t zip_head_facts(Bytes head) {
  const std::string_view text = as_text(head);
  std::size_t at = text.starts_with("PK00") ? 4 : 0;
  std::uint32_t facts = 0;
  bool chained = true;
  for (std::size_t members = 0; members < kMaxMembers; ++members) {
    const std::size_t found = text.find("PK\x03\x04", at);
    if (found == std::string_view::npos) break;
    chained = chained && found == at;
    const std::uint32_t own = local_facts(head, found);
    if (chained)
      facts |= own;
    else if ((facts & ~std::uint32_t{kEncryptedMember}) != 0)
      facts |= own & ~std::uint32_t{kEncryptedMember};
    const auto next = past_member(head, found);
    chained = chained && next.has_value();
    at = std::max(found + 4, next.value_or(0));
  }
  return facts;
}

std::uint32_t zip_tail_facts(Bytes tail) {
  const std::string_view text = as_text(tail);
  const std::size_t end = text.rfind("PK\x05\x06");
  if (end == std::string_view::npos) return 0;
  const std::uint64_t size = le_at<std::uint32_t>(tail, end + 12).value_or(0);
  std::size_t at = size < end ? end - static_cast<std::size_t>(size) : 0;
  std::uint32_t facts = 0;
  for (std::size_t members = 0; members < kMaxMembers; ++members) {
    at = text.find("PK\x01\x02", at);
    if (at == std::string_view::npos || at >= end) break;
    facts |= central_facts(tail, at);
    at += 4;
  }
  return facts;
}

Probed zip_kind(std::uint32_t facts) {
  struct Kind {
    std::uint32_t all;
    Id id;
  };
  // The first whose facts are all there.
  constexpr Kind kKinds[] = {
      {kOdtType, Id::kOdt},
      {kOdsType, Id::kOds},
      {kOdpType, Id::kOdp},
      {kOdgType, Id::kOdg},
      {kEpubType, Id::kEpub},
      {kOdfType, Id::kOdf},
      {kAndroidManifest, Id::kApk},
      {kDexOrResources | kJavaManifest, Id::kApk},
      {kContentTypes | kWord, Id::kDocx},
      {kContentTypes | kExcel, Id::kXlsx},
      {kContentTypes | kPowerPoint, Id::kPptx},
      {kContentTypes | kVisio, Id::kVsdx},
      {kFixedDocument, Id::kXps},
      {kContentTypes | kRels, Id::kOoxml},
      {kPayload, Id::kIpa},
      {kXpiManifest, Id::kXpi},
      {kJavaManifest, Id::kJar},
      {kIwa, Id::kIwork},
      {kKmlDocument, Id::kKmz},
      {kAff4, Id::kAff4},
  };
  Probed probed{.id = Id::kZip};
  for (const Kind& kind : kKinds) {
    if ((facts & kind.all) != kind.all) continue;
    probed.id = kind.id;
    probed.basis = catalog::TypeBasis::kStructure;
    break;
  }
  if ((facts & kEncryptedMember) != 0) probed.encryption = catalog::FileEncryption::kZip;
  if ((facts & kOdfEncrypted) != 0 && (facts & (kOdtType | kOdsType | kOdpType | kOdgType | kOdfType)) != 0)
    probed.encryption = catalog::FileEncryption::kOpenDocument;
  return probed;
}

}  // namespace limier::types
