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

int exit_code_for(const store::IndexWriter::Conditions& conditions, std::optional<catalog::Priority> fail_on) {
  if (conditions.nothing_examined) return 3;
  if (conditions.mismatch || conditions.damaged) return 4;
  if (fail_on && conditions.finding_at_or_above(*fail_on)) return 1;
  return conditions.incomplete ? 5 : 0;
}

}  // namespace limier::app
