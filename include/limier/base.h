// base: what every room stands on. Result/Error, bounds-checked bytes, records and their encoding, times, untrusted
// text, digests, progress.
//
// Owns:    nothing global.
// Threads: every function is re-entrant; no type here is shared between threads unless it says so.
// Errors:  Result<T> for a step that cannot go on. Nothing in limier throws across a room.
// Units:   bytes and nanoseconds; the name says which.
#pragma once

#include "limier/base/bytes.h"
#include "limier/base/digest.h"
#include "limier/base/handle.h"
#include "limier/base/order.h"
#include "limier/base/progress.h"
#include "limier/base/record.h"
#include "limier/base/result.h"
#include "limier/base/times.h"
#include "limier/base/untrusted.h"
