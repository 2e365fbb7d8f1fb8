#include "limier/app.h"

namespace limier::app {

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kEvidence:
      return 3;
    case ErrorKind::kRefused:
      return 6;
    case ErrorKind::kInternal:
      return 7;
    case ErrorKind::kTemporary:
      return 75;
    case ErrorKind::kInterrupted:
      return 130;
  }
  return 7;
}

}  // namespace limier::app
