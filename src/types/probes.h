// What a signature alone does not say. Each takes the head of a content and answers from its structure; the ones that
// end in _facts gather what the windows behind the head can add to.
#pragma once

#include <string_view>

#include "limier/types.h"
#include "types/list.h"

namespace limier::types {

// The type, and whether more than its signature was looked at.
struct Probed {
  Id id = Id::kUnknown;
  catalog::TypeBasis basis = catalog::TypeBasis::kSignature;
  catalog::FileEncryption encryption = catalog::FileEncryption::kNone;
};

// Empty where the bytes end before it does.
inline std::string_view text_at(Bytes bytes, std::uint64_t offset, std::uint64_t length) {
  const auto part = slice(bytes, offset, length);
  return part ? as_text(*part) : std::string_view();
}

// -- ZIP: names of members, from local headers and from the central directory
std::uint32_t zip_head_facts(Bytes head);
std::uint32_t zip_tail_facts(Bytes tail);
Probed zip_kind(std::uint32_t facts);
// -- OLE compound files
struct OleStart {
  std::uint64_t directory_offset = 0;  // 0: none
  Probed probed;
  std::uint32_t facts = 0;
};
OleStart ole_start(Bytes head);
std::uint32_t ole_facts(Bytes directory);
Probed ole_kind(std::uint32_t facts);
// -- others that a window can say more of
catalog::FileEncryption pdf_encryption(Bytes bytes);
catalog::FileEncryption seven_zip_encryption(Bytes header);
Window seven_zip_header(Bytes head, std::uint64_t size_bytes);

// Families of media: kUnknown where the signature turns out to be chance.
Id bmff_kind(Bytes head, std::uint64_t size_bytes);
Id riff_kind(Bytes head);
Id form_kind(Bytes head);
Id ebml_kind(Bytes head);
Id ogg_kind(Bytes head);
Id tiff_kind(Bytes head);
bool is_bmp(Bytes head, std::uint64_t size_bytes);
bool is_swf(Bytes head);
// Programs.
Id pe_kind(Bytes head);
Id elf_kind(Bytes head);
Id class_kind(Bytes head);
// Systems.
Id sqlite_kind(Bytes head);
Id plist_kind(Bytes head);
Id registry_kind(Bytes head);
bool rar_encrypted(Bytes head, Id id);
bool android_backup_encrypted(Bytes head);

// Without any signature: frames of sound, tables and logs, by what their fields must be.
Id media_structure(Bytes head, std::uint64_t size_bytes);
Probed system_structure(Bytes head, std::uint64_t size_bytes);
// Trailers, and the descriptors of discs, of what its head did not give away.
Id footer_kind(Bytes tail);

// Texts: kUnknown where the bytes are none.
Probed text_kind(Bytes head, bool whole);

}  // namespace limier::types
