// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
#pragma once

#include "limier/base/bytes.h"

namespace limier {

std::uint32_t crc32c(std::uint32_t seed, Bytes data);

}  // namespace limier
