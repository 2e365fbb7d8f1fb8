// The one place where RE2's headers come in.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <re2/re2.h>
#include <re2/set.h>
#pragma GCC diagnostic pop
