// The only door to libtsk. Anything libtsk returns is evidence: lengths are checked, strings copied, errors taken at
// once.
#pragma once
#pragma GCC system_header

// clang-format off
#include <tsk/libtsk.h>
// These need the types of the one before.
#include <tsk/fs/tsk_ffs.h>
// clang-format on
