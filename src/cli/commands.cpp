#include <array>

#include "cli/command.h"

namespace limier::cli {
namespace {

constexpr std::array kCommands{
    CommandEntry{"batch", "COMMAND [arguments] [options]", "Many evidence items: plan, run anywhere, one case",
                 R"(A manifest names the exhibits; the plan puts them into tasks; every task is one call of
`limier batch exec`, on this machine, by Slurm or by GNU parallel. What is done is known by
completion records alone: every command may be given again, nothing is done twice.

Exit code for all exhibits: the worst of theirs, in the order 75 (not finished yet, run
again), 7, 2, 6, 3, 4, 5, 1, 0, and where findings have a threshold (fail_on) 75, 7, 2, 6, 4,
1, 3, 5, 0; 130 or 143 when the run itself was interrupted.

Examples:
  limier batch plan manifest.csv --out case-17
  limier batch run case-17
  limier batch status case-17)",
                 false, nullptr, batch_commands},
    CommandEntry{"check", "DIR [options]", "Verify manifest and audit log of a case folder",
                 R"(Re-hashes what manifest.json names and follows the hash chain of audit.jsonl.
Works offline and changes nothing. Exit code 0: all as recorded; 4: something differs.
Of a case of many exhibits (limier batch), every exhibit is checked.

Examples:
  limier check case-17
  limier check case-17 --evidence        also re-hash the evidence itself)",
                 false, make_check},
    CommandEntry{"decide", "DIR [FINDING...] --as WORD [--text TEXT] [options]",
                 "Write down what was decided of findings",
                 R"(Of each finding the last decision counts; --remove takes it back. Without findings the decisions
are listed, and how many findings are reviewed. To-be-read-by does not count as reviewed.

Marks are kept in DIR/marks.jsonl, never in the index: index, manifest and audit log stay as they
are, and limier check follows the chain of its lines. `limier report DIR` shows them.
In a case of many exhibits a finding is EXHIBIT/finding:3.

Examples:
  limier decide case-17 finding:3 --as false-alarm --text "title of a film"
  limier decide case-17 1f0c9a7be2d4c655 --as to-be-read-by --text "interpreter, Turkish"
  limier decide case-17)",
                 false, make_decide},
    CommandEntry{"explain", "DIR ROW [options]", "From a finding or a row back to the bytes, read again",
                 R"(ROW is file:12, message:881, finding:3, or the number of another row in its view (call:4,
party:7, item:2), or the key of a finding. Shows the finding with its pack, rule, words and
limits; the message among its neighbours; who parsed it, its page, cell and offset in the
database; the file and its volume; where its bytes lie in the image, in which segment and chunk.
Then reads the file again from the evidence, compares its digest with the index, decodes the
record again, has its parser make the row again, and its rule the finding, and says whether each
agrees. A row that follows from other rows leads to these. The audit log says that it was done.
Packs that triage was given with --packs and --rules are given again here.
Exit code 2: there is no such row; 4: what was read or made again differs from the index; 5: it
could not be read or made again.

Examples:
  limier explain case-17 finding:1
  limier explain case-17 message:881 --json
  limier explain case-17 file:214 --image /mnt/moved/stick.E01)",
                 false, make_explain},
    CommandEntry{"export", "DIR --file ID... --to FOLDER [options]",
                 "Copy files out of the evidence, re-hashed and logged",
                 R"(Reads the content again from the evidence, compares its digest with the index and
writes it only when they agree. Every copy is recorded in the audit log of the case.
IDs are those that `limier files` shows. A file that is there already is never overwritten.
Exit code 2: no such id, or the file is there already (then nothing is written); 4: a file was
refused because its bytes differ from the index; 5: a file could not be read.

Examples:
  limier export case-17 --file 214 --to out
  limier export case-17 --file 214,215,300 --to out --image /mnt/moved/stick.E01)",
                 false, make_export},
    CommandEntry{"files", "DIR [filters] [options]", "List files of a case, with filters",
                 R"(All filters given must hold. Globs know * (anything, also /), ? and [a-z], and tell upper
from lower case. Times are UTC, without a Z as the device's clock showed them (FAT); a short form
means the whole period: --to 2021-03-09 includes that day.

Marks in the list: d deleted, o orphan, ! content overwritten, damaged, unreadable or encrypted.

Examples:
  limier files case-17 --deleted --path '*.jpg'
  limier files case-17 --kind file --min-size 10M --from 2021-03 --to 2021-03-09
  limier files case-17 --state recovered --json)",
                 true, make_files},
    CommandEntry{
        "hashset", "COMMAND [options]", "Sets of digests of known and notable files",
        R"(A set is one file of sorted digests, made of a published list or of an examined device; triage takes any
number of them with --hashset. docs/hashsets.md describes them.

Examples:
  limier hashset import nsrl.db --name "NSRL modern" --kind known --to nsrl.set
  limier triage laptop.E01 --out case-17 --authority "warrant 12/2026" --hashset nsrl.set vic.set)",
        false, nullptr, hashset_commands},
    CommandEntry{"info", "IMAGE [options]", "Show container, acquisition record, partitions, encryption",
                 R"(Takes seconds, whatever the size of the image, and writes nothing. IMAGE is the first
segment (.E01, .001, .dd, ...); the others are found beside it.

Examples:
  limier info laptop.E01
  limier info stick.001 --json)",
                 false, make_info},
    CommandEntry{"messages", "DIR [filters] [options]", "Read conversations in order",
                 R"(Conversation by conversation, each in the order of time; with --with all conversations that
somebody takes part in, together in the order of time. All filters given must hold.

-> sent from the device, <- received, -- direction not known. Rows that the application no
longer shows are marked: deleted, superseded (an earlier version), recovered, fragment,
uncommitted. Messages with a finding are marked with its priority and key
(limier explain DIR KEY). A finding is a priority to read, not an accusation.

Examples:
  limier messages case-17
  limier messages case-17 --with +31612345678 --from 2021-03
  limier messages case-17 --priority high --json)",
                 true, make_messages},
    CommandEntry{"note", "DIR [ROW TEXT] [options]", "Write a note at a row",
                 R"(A row may have any number of notes; one is corrected by another. Without a row they are listed.

Marks are kept in DIR/marks.jsonl, never in the index: index, manifest and audit log stay as they
are, and limier check follows the chain of its lines. `limier report DIR` shows them.
In a case of many exhibits a row is EXHIBIT/message:881.

Examples:
  limier note case-17 message:881 "the place is the harbour; see exhibit B2"
  limier note case-17 --json)",
                 false, make_note},
    CommandEntry{"packs", "COMMAND [options]", "Which applications' databases are known",
                 R"(A pack is a file that says by which tables an application's database is known and how its rows
become messages, calls, contacts; docs/packs.md describes it.

Examples:
  limier packs list
  limier packs show android-sms)",
                 true, nullptr, packs_commands},
    CommandEntry{"report", "DIR [--format LIST] [options]", "Write the reports of a case again",
                 R"(Works from the index alone; the evidence is not needed. The same index gives the same bytes.

Examples:
  limier report case-17
  limier report case-17 --format html,csv,dfxml)",
                 false, make_report},
    CommandEntry{"rows", "DIR --file ID...|--all [options]", "Rows of any SQLite database, deleted ones too",
                 R"(Reads databases again from the evidence, with their write-ahead logs and rollback journals,
and shows every row they still hold: known application or not. Nothing of the index changes; the
audit log of the case says that it was done.

States: live, what the application saw; superseded, an earlier version or a row of an earlier
commit; uncommitted; recovered, deleted and whole; fragment, deleted and only part of it left.
A table is not named where more than one may have had the row; the number of a row is NULL where
it was overwritten. With --json one object a line, a BLOB as {"hex": "..."}.
Exit code 2: there is no such file; 5: part of a database could not be read.

Examples:
  limier rows case-17 --file 214
  limier rows case-17 --file 214,215 --table message --state recovered,superseded
  limier rows case-17 --all --json > rows.jsonl)",
                 false, make_rows},
    CommandEntry{"rules", "COMMAND [arguments] [options]", "Rule packs: list, check, run over a finished index",
                 R"(A rule is one SELECT over the views and says what should be read first; a pack is a folder with
rules, their samples and their word lists. docs/rules.md describes the format.

Examples:
  limier rules list
  limier rules check my-rules
  limier rules run case-17 --rules my-rules)",
                 false, nullptr, rules_commands},
    CommandEntry{"sql", "DIR \"SELECT ...\" [options]", "Ask the index in SQL, read-only",
                 R"(One SELECT, WITH, VALUES or EXPLAIN over the views (v_file, v_volume, v_timeline, ...;
see docs/). Anything that would write is refused.

Examples:
  limier sql case-17 "SELECT kind, count(*) FROM v_file GROUP BY kind"
  limier sql case-17 "SELECT path, sha256 FROM v_file WHERE deleted" --csv)",
                 true, make_sql},
    CommandEntry{"tag", "DIR [ROW...] --tag T [options]", "Tag rows, or list the tags",
                 R"(A tag is a word or a few. Given again it changes nothing; --remove takes it back. Without rows the
tags are listed.

Marks are kept in DIR/marks.jsonl, never in the index: index, manifest and audit log stay as they
are, and limier check follows the chain of its lines. `limier report DIR` shows them.
In a case of many exhibits a row is EXHIBIT/message:881.

Examples:
  limier tag case-17 message:881 message:882 file:214 --tag "to translate"
  limier tag case-17 message:882 --tag "to translate" --remove
  limier tag case-17 --all)",
                 false, make_tag},
    CommandEntry{"timeline", "DIR [--from T] [--to T] [options]", "All time stamps of a case, in order",
                 R"(The letters are m modified, a accessed, c metadata changed, b created. Times are UTC,
without a Z as the device's clock showed them (FAT); a short form means the whole period: --to
2021-03-09 includes that day.

Examples:
  limier timeline case-17 --from 2021-03-09 --to 2021-03-10
  limier timeline case-17 --json)",
                 true, make_timeline},
    CommandEntry{"triage", "IMAGE --out DIR --authority TEXT [options]",
                 "Index one evidence item and write the reports",
                 R"(The main job. Lists every file, allocated and deleted, computes the digests in one pass over
the image, compares the stored digests, and writes index.db, report.html, report.json, CSV
tables, manifest.json and audit.jsonl to DIR. The evidence is only ever read.

limier examines only what it is told may be examined: without an authority it stops with exit
code 6 and writes nothing. Encrypted volumes are named as not examined; there is no way to
give limier a key.

A case file holds lines such as:  authority = warrant 12/2026
Keys: authority, case, exhibit, examiner, agency, note. Options win over the file.

With --scope FILE, what may not be read (privilege, limits of the warrant) is masked before it
comes into the index; every report says how much it was, and nothing else of it.

Profiles: list      names and metadata only; the image is not read as a whole
          quick     and digests of the media and of every file
          standard  and what stands in the message stores of known applications (limier packs
                    list), and which messages should be read first (limier rules list)
          full      as standard in this version

Exit codes: 0 complete   3 nothing examined   4 integrity mismatch   5 part not examined
            6 refused    75 disk full or the like    130 interrupted, what was found is kept
            1 with --fail-on: a finding of that priority or above; it comes before 5
A run that was killed, interrupted or out of disk goes on with the same command and --resume.

Examples:
  limier triage laptop.E01 --out case-17 --authority "warrant 12/2026"
  limier triage stick.001 --out case-18 --case-file case.conf --exhibit B2
  limier triage card.dd --out case-19 --authority training --profile list)",
                 false, make_triage},
    CommandEntry{"verify", "IMAGE [options]", "Recompute the digests and list damage",
                 R"(Reads the image once, compares the digests with those stored in it and those expected, and
lists every damaged range. A bad chunk checksum, a digest that differs and an image that is
short are told apart. Exit code 0: intact; 4: not; 5: only sectors the acquisition itself
could not read.

Examples:
  limier verify laptop.E01
  limier verify stick.dd --expect-sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  limier verify laptop.E01 --digests md5,sha1,sha256 --json)",
                 false, make_verify},
    CommandEntry{"version", "[options]", "Show version, compiler and libraries",
                 R"(Examples:
  limier version
  limier version --json)",
                 true, make_version},
};

}  // namespace

std::span<const CommandEntry> all_commands() {
  return kCommands;
}

}  // namespace limier::cli
