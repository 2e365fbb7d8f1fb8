#include <array>

#include "limier/catalog.h"

namespace limier::catalog {

namespace {

// The contract's word for each enum value, in the order of the enum; anything else a worker may claim is "?".
template <class E, std::size_t N>
std::string_view word_of(E value, const std::array<std::string_view, N>& words) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? words[index] : std::string_view("?");
}

constexpr std::array<std::string_view, 8> kVolumeStatus = {"parsed",      "partial", "encrypted", "unsupported",
                                                           "unallocated", "empty",   "failed",    "unallocated"};
constexpr std::array<std::string_view, 6> kFileKind = {"file", "dir", "link", "device", "stream", "virtual"};
constexpr std::array<std::string_view, 8> kContentState = {"complete",   "recovered", "overwritten", "partial",
                                                           "unreadable", "encrypted", "empty",       "not-read"};
constexpr std::array<std::string_view, 7> kExtentKind = {"data",     "slack",      "uninitialized", "sparse",
                                                         "resident", "compressed", "encrypted"};
constexpr std::array<std::string_view, 5> kTypeBasis = {"", "signature", "structure", "text", "libmagic"};
constexpr std::array<std::string_view, 3> kSeverity = {"info", "warning", "error"};

}  // namespace

std::string_view volume_status_name(VolumeStatus status) {
  return word_of(status, kVolumeStatus);
}
std::string_view file_kind_name(FileKind kind) {
  return word_of(kind, kFileKind);
}
std::string_view content_state_name(ContentState state) {
  return word_of(state, kContentState);
}
std::string_view extent_kind_name(ExtentKind kind) {
  return word_of(kind, kExtentKind);
}
std::string_view type_basis_name(TypeBasis basis) {
  return word_of(basis, kTypeBasis);
}
std::string_view severity_name(Severity severity) {
  return word_of(severity, kSeverity);
}

}  // namespace limier::catalog
