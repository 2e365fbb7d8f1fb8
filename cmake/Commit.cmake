# Writes OUT, a source file with the commit of the checkout SOURCE; leaves it alone where it is right already.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[
#include "limier/version.h"

const char* limier::build_commit() {
  return "@commit@";
}
]] @ONLY)
