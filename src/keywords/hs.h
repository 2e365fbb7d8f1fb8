// The one place where Hyperscan's header comes in.
#pragma once

#if defined(LIMIER_HYPERSCAN)
#include <hs/hs.h>
#endif
