#include <array>

#include "cli/command.h"

namespace limier::cli {
namespace {

constexpr std::array kBatchCommands{
    CommandEntry{"batch cancel", "CASE [options]", "Stop what is running; what was found is kept",
                 R"(Tells every executor that still works on the case to stop. Exhibits that were at work go on
where they stood when the batch is resumed. Exit code 0: all were told; 2: nothing is running.

Examples:
  limier batch cancel case-17)",
                 false, make_batch_cancel},
    CommandEntry{"batch exec", "CASE --task N [options]", "Work off one task (what executors call)",
                 R"(The only worker entry: Slurm, GNU parallel, make or a shell loop can call it, on any machine
that sees CASE and the evidence. A task is done when its completion record is there; called
again, it does nothing twice. A task another process is at is refused with exit code 6.

On a network file system the index is built in the scratch folder ($SLURM_TMPDIR, $TMPDIR or
/tmp), then copied, synced, compared and renamed into CASE.

Exit code: the worst of the task's exhibits; 75 when something must be run again.

Examples:
  limier batch exec case-17 --task 3
  limier batch exec case-17 --task "$SLURM_ARRAY_TASK_ID" --scratch /local/scratch)",
                 false, make_batch_exec},
    CommandEntry{"batch merge", "CASE [options]", "Merge what is finished to one case: case.db and case reports",
                 R"(Reads no evidence. Compares the exhibits by the keys each of them left in CASE/keys: digests of
contents and media, volume serial numbers, file-system UUIDs, Windows accounts, ... and writes

  case.db     views v_case_finding, v_exhibit, v_shared_content, v_link, v_case_not_examined (limier sql CASE "...")
  case.html   the report to read; also case.json, CSV tables, the links as SVG and GraphML

Exhibits that are not finished, failed or stale are named in all of them. The same exhibits give
the same bytes, whatever the order or the executor. Run it again after an exhibit was added.

Exit code: that of the batch as a whole, as `limier batch run` gives it.

Examples:
  limier batch merge case-17
  limier batch merge case-17 --json)",
                 false, make_batch_merge},
    CommandEntry{"batch plan", "MANIFEST --out CASE [options]", "Read a manifest and write the plan of a case",
                 R"(MANIFEST is CSV (first line: column names; # begins a comment line) or, named .toml, TOML with
[defaults] and one [[exhibit]] each. Fields: exhibit (or seal), path, authority, scope,
scope_file, hashset, keywords, yara (of these three several: a; b), examiner, agency, case, note,
expected_digest, profile, zone, sector_size, codepage, digests, fail_on, lang, incomplete,
allow_beside_evidence, options. Paths are relative to the manifest.

Everything that is wrong is said at once, with its line; then nothing is written. Largest
exhibits come first, small ones share a task. Planning again after the manifest grew adds tasks;
finished work stays. Exhibits whose image or options changed since they were examined are
refused (exit code 6) until --accept-changed says that it is meant.

Exit codes: 0 planned   2 a mistake in the manifest   6 no authority, changed evidence, case in use

Examples:
  limier batch plan manifest.csv --out case-17
  limier batch plan manifest.toml --out case-17 --dry-run
  limier batch plan manifest.csv --out case-17 --authority "warrant 12/2026" --profile quick)",
                 false, make_batch_plan},
    CommandEntry{"batch resume", "CASE [options]", "Run what is not done, by the executor used last",
                 R"(The same as `limier batch run`, with the executor of the last submission.
--retry-failed also takes up exhibits that ended with exit code 2, 3, 6 or 7.

Examples:
  limier batch resume case-17
  limier batch resume case-17 --retry-failed)",
                 false, make_batch_resume},
    CommandEntry{"batch run", "CASE [options]", "Run every task that is not done",
                 R"(Executors: local     a pool on this machine, sized to its cores and memory
           slurm     job arrays of the Slurm that is installed here
           parallel  GNU parallel, on this machine or by --sshlogin on several

One broken exhibit never stops the others. Ctrl-C keeps everything; run again to go on. A second
run on the same case is refused with exit code 6.

A finding of priority high or above is shown as soon as a task knows of it.

Exit code for all exhibits: the worst of theirs, in the order 75 (not finished yet, run again),
7, 2, 6, 3, 4, 5, 1, 0, and where findings have a threshold (fail_on) 75, 7, 2, 6, 4, 1, 3, 5, 0;
130 or 143 when the run itself was interrupted.

Examples:
  limier batch run case-17
  limier batch run case-17 --max-active 4 --progress json --json
  limier batch run case-17 --executor slurm --max-active 40)",
                 false, make_batch_run},
    CommandEntry{"batch status", "CASE [options]", "Show what is done, what runs, what failed",
                 R"(Reads completion records and locks only. Exit code 0 whatever the state; with --exit-code that of
the batch, as `limier batch run` gives it.

States: planned      nothing was done yet        running  a process is at it
        interrupted  goes on when run again      done     examined (exit code 0, 1, 4 or 5)
        failed       exit code 2, 6, 7, or 3     stale    examined, but the plan changed since
        nothing-examined  exit code 3, with an index: wholly encrypted, no file system that is read

Examples:
  limier batch status case-17
  limier batch status case-17 --findings   what the finished exhibits hold, most urgent first
  limier batch status case-17 --json)",
                 true, make_batch_status},
};

}  // namespace

std::span<const CommandEntry> batch_commands() {
  return kBatchCommands;
}

}  // namespace limier::cli
