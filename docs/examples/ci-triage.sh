#!/bin/sh
# Triage of all exhibits of a manifest in a pipeline: plan, run, reports.   ci-triage.sh MANIFEST CASE [option of `batch run`...]
#
# Works without a terminal and without colour. Run again on the same CASE, it goes on where it stood and examines nothing twice.
# Leaves CASE/summary.json and CASE/junit.xml for the pipeline, and ends with the exit code of the whole (docs/ci.md).
# LIMIER names the program, where it is not in the path.
set -u
if [ $# -lt 2 ]; then
  echo "usage: ci-triage.sh MANIFEST CASE [option of 'limier batch run'...]" >&2
  exit 2
fi
limier=${LIMIER:-limier}
manifest=$1
case=$2
shift 2

"$limier" batch plan "$manifest" --out "$case" --no-color >&2 || exit
"$limier" batch run "$case" --progress plain --no-color --json "$@" > "$case/summary.json.new"
code=$?
mv "$case/summary.json.new" "$case/summary.json"

# The checks of each exhibit as tests, also of what is not finished.
"$limier" report "$case" --format junit >&2
reported=$?
# A report that could not be written is no success, whatever the evidence says.
if [ "$code" -eq 0 ] && [ "$reported" -ne 0 ]; then code=$reported; fi
exit "$code"
