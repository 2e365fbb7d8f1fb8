// The only door to libtsk. Anything libtsk returns is evidence: lengths are checked, strings copied, errors taken at
// once.
#pragma once
#pragma GCC system_header

#include <tsk/libtsk.h>
#include <tsk/fs/tsk_ffs.h>
