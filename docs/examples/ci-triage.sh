#!/bin/sh
# Triage of all exhibits of a manifest in a pipeline: plan, run, merge.   ci-triage.sh MANIFEST CASE [option of `batch run`...]
#
# Works without a terminal and without colour. Run again on the same CASE, it goes on where it stood and examines nothing twice.
# Leaves CASE/summary.json, CASE/junit.xml and the report of the case, CASE/case.html, for the pipeline, and ends with the exit code of the
# whole (docs/ci.md).
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

# The case, its report, and the checks of each exhibit as tests, also of what is not finished.
"$limier" batch merge "$case" --progress plain --no-color >&2
merged=$?
# A case that could not be merged is no success, whatever the evidence says; otherwise both codes are the same.
case $code in 0 | 1 | 5) [ "$merged" -eq 0 ] || code=$merged ;; esac
exit "$code"
