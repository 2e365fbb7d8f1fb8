// Decoders of mapped columns: what an application keeps inside one value of a database. One file a decoder, and a line
// in decoders.cpp. The bytes are hostile: what comes out of one value is bounded in bytes, values and depth, nothing
// calls itself, and what does not decode gives nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "limier/base/bytes.h"
#include "limier/catalog/rows.h"

namespace limier::content::decode {

inline constexpr std::size_t kMaxOutputBytes = catalog::kMaxCellBytes;  // of all that one value becomes
inline constexpr std::size_t kMaxValues = 1024;                         // that a path finds
inline constexpr std::size_t kMaxSteps = 4;
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 1u << 17;

using Value = std::variant<std::int64_t, double, std::string>;

struct Decoder {
  std::string_view name;
  bool takes_path = false;  // into a structure; else bytes become bytes
  // Adds to `values` what stands at the path, in order. False: these bytes are not of this form, or beyond the limits.
  bool (*decode)(Bytes bytes, std::string_view path, std::vector<Value>& values) = nullptr;
};

struct Step {
  const Decoder* decoder = nullptr;
  std::string path;
};

std::span<const Decoder> decoders();  // by name
const Decoder* find_decoder(std::string_view name);

// One step after the other; the later ones on every value of those before. False where one does not decode.
bool run_steps(std::span<const Step> steps, Bytes bytes, std::vector<Value>& values);

// A path: members apart by dots, `*` for any, `[]` for all items of a list and `[2]` for one; `\` takes a character as
// it is. nullopt: it is none.
struct PathPart {
  enum class Kind { kMember, kAnyMember, kAnyItem, kItem };
  Kind kind = Kind::kMember;
  std::string member;
  std::size_t item = 0;
};
std::optional<std::vector<PathPart>> parse_path(std::string_view path);

// ---- the decoders: see their files ---------------------------------------------------------------------------------
bool decode_abx(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_base64(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_gzip(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_hex(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_html_text(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_json(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_nskeyed(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_plist(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_protobuf(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_tl_message(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_typedstream_string(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_utf16(Bytes bytes, std::string_view path, std::vector<Value>& values);
bool decode_zlib(Bytes bytes, std::string_view path, std::vector<Value>& values);

}  // namespace limier::content::decode
