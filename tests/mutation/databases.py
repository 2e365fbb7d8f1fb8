#!/usr/bin/env python3
"""The whole program on damaged databases, many of them.

    databases.py --variants 40                   what continuous integration runs
    databases.py --variants 2000 --table FILE    the soak; also writes the table of docs/measurements.md
    databases.py --number 17 --keep FOLDER       one variant again, kept to be looked at

A variant depends on its number and the seeds, on nothing else. Several lie in one image, each the phone of its own folder.
A row that limier calls live is one of the undamaged database, or one that plain SQLite reads from the damaged one too
(what it reads is copied into a clean database, and limier asked for the rows of that), or its file is marked as damaged.
Exit code 0: every promise was kept.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import judge
import phone
import sqlite_damage
import sqlite_seeds

PER_IMAGE = 40
STEPS = 20_000_000  # of a statement of the reference: damaged trees can lead round in circles
KINDS = "message contact call web account place attachment".split()
# Not what the application stored: numbers and times of limier's own, and what follows from other files of the image.
NOT_COMPARED = {"file_id", "content_id", "parser", "parser_version", "source", "state", "page", "file_offset", "normalized", "t",
                "received", "edited", "message_id", "attached_file_id", "places"}

OF_DAMAGE = {"sqlite-tree-damaged!", "sqlite-index-disagrees!", "sqlite-damaged!"}  # issues that no undamaged database has


@dataclass
class Variant:
    number: int
    seed: str
    kind: str = ""
    notes: list = field(default_factory=list)
    errors: list = field(default_factory=list)  # what plain SQLite says of the damaged database
    issues: list = field(default_factory=list)  # codes; those that are incomplete end in !
    marked: bool = False
    live: int = 0
    lost: int = 0  # live rows of the undamaged database that are not live now
    other: int = 0  # rows that are recovered, superseded and the like
    also_sqlite: int = 0  # live rows that are not the undamaged database's, and that SQLite reads too
    behind_mark: int = 0  # live rows that neither has, of a database that is marked
    broken: list = field(default_factory=list)


# ---- the reference --------------------------------------------------------------------------------------------------


def copy_table(db, name, errors):
    """The rows of one table as SQLite reads them, up to the one where it gives up."""
    quoted = '"' + name.replace('"', '""') + '"'
    columns = db.execute(f"SELECT name, type, pk FROM pragma_table_info(?, 'src')", (name,)).fetchall()
    whole = sum(pk > 0 for _, _, pk in columns) == 1
    named = ['"' + column.replace('"', '""') + '"' for column, _, _ in columns]
    keyed = [bool(whole and pk) and kind.upper() == "INTEGER" for _, kind, pk in columns]
    # Typed only afterwards: a column's type would change values as they come in, which it does not when they are read.
    db.execute(f"CREATE TABLE main.{quoted}({', '.join(n + ' INTEGER PRIMARY KEY' * k for n, k in zip(named, keyed))})")
    listed = ", ".join(named)
    number = "" if any(keyed) or "rowid" in (c[0].lower() for c in columns) else "rowid, "
    try:
        db.execute(f"SELECT {number}1 FROM src.{quoted} LIMIT 0")
    except sqlite3.OperationalError:  # a table without row numbers
        number = ""
    rows = f"SELECT {number}{listed} FROM src.{quoted} NOT INDEXED"
    insert = f"INSERT OR IGNORE INTO main.{quoted}({number}{listed}) "
    try:
        db.execute(insert + rows)
        return set_types(db, name, quoted, named, columns, keyed)
    except (sqlite3.Error, MemoryError) as error:
        errors.append(f"{name}: {error}")
    count = 0
    try:
        for _ in db.execute(rows):
            count += 1
    except (sqlite3.Error, MemoryError):
        if count:
            db.execute(insert + rows + f" LIMIT {count}")
    set_types(db, name, quoted, named, columns, keyed)


def set_types(db, name, quoted, named, columns, keyed):
    sql = f"CREATE TABLE {quoted}({', '.join(f'{n} {c[1]}' + ' PRIMARY KEY' * k for n, c, k in zip(named, columns, keyed))})"
    db.execute("PRAGMA main.writable_schema = ON")
    db.execute("UPDATE main.sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (sql, name))
    db.execute("PRAGMA main.writable_schema = OFF")


def readable(source, target, errors):
    """What SQLite reads of the database `source`, its log folded in, as the clean database `target`; None when nothing."""
    budget = [STEPS // 1000]

    def step():
        budget[0] -= 1
        return budget[0] < 0

    try:
        first = sqlite3.connect(source)
        encoding = first.execute("PRAGMA encoding").fetchone()[0]
        first.execute("SELECT count(*) FROM sqlite_master").fetchone()
        first.close()
        db = sqlite3.connect(target, isolation_level=None)
        db.text_factory = bytes
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute(f"PRAGMA encoding = '{encoding}'")
        db.execute("ATTACH ? AS src", (str(source),))
        db.execute("PRAGMA src.synchronous = OFF")
        db.set_progress_handler(step, 1000)
        names = [row[0].decode("utf-8") for row in db.execute(
            "SELECT name FROM src.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
            "AND sql NOT LIKE 'create virtual%'")]
        db.text_factory = str
    except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
        errors.append(f"schema: {error}")
        return None
    for name in names:
        db.text_factory = str
        try:
            budget[0] = STEPS // 1000
            copy_counting(db, name, errors)
        except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
            errors.append(f"{name}: {error}")
    db.close()
    return pathlib.Path(target).read_bytes()


def copy_counting(db, name, errors):
    """copy_table with texts as bytes where they are only counted."""
    db.text_factory = lambda text: text.decode("utf-8", "replace")
    copy_table(db, name, errors)


# ---- one image ------------------------------------------------------------------------------------------------------


def comparable(view, names, row):
    return (view, *(value for name, value in zip(names, row)
                    if name not in NOT_COMPARED and not name.endswith("_raw") and name != f"{view}_id"))


def rows_of(folder):
    """By phone: live rows, how many others; by phone: codes of issues; and what else went wrong."""
    live, others = collections.defaultdict(set), collections.Counter()
    issues, wrong = collections.defaultdict(list), collections.defaultdict(list)
    with sqlite3.connect(f"file:{folder}/index.db?mode=ro&immutable=1", uri=True) as base:
        whole = base.execute("PRAGMA integrity_check").fetchall()
        if whole != [("ok",)]:
            wrong[None].append(f"the index fails its check: {whole[:3]}")
        phones = {number: path.split("/")[1] for number, path in base.execute("SELECT file_id, path FROM v_file")}
        for view in KINDS:
            asked = base.execute(f"SELECT * FROM v_{view}")
            names = [column[0] for column in asked.description]
            at_state, at_file = names.index("state"), names.index("file_id")
            for row in asked:
                if row[at_state] == "live":
                    live[phones[row[at_file]]].add(comparable(view, names, row))
                else:
                    others[phones[row[at_file]]] += 1
        for code, number, incomplete, cause in base.execute("SELECT code, file_id, incomplete, cause FROM v_issue"):
            issues[phones.get(number)].append(code + ("!" if incomplete else ""))
            if cause:
                wrong[phones.get(number)].append(f"a worker was ended: {code}, {cause}")
        for number, reason in base.execute("SELECT file_id, reason FROM v_item WHERE state = 'quarantined'"):
            wrong[phones.get(number)].append(f"a database is quarantined: {reason}")
        for number, reason in base.execute("SELECT file_id, reason FROM v_item WHERE state = 'failed'"):
            if not any(code.endswith("!") for code in issues[phones.get(number)]):
                wrong[phones.get(number)].append(f"a database could not be read, and no issue says so: {reason}")
    return live, others, issues, wrong


def triage(tree, scratch, name):
    """limier on an image with the folder `tree`: exit code, what it said, what rows_of gives."""
    image = pathlib.Path(scratch) / f"{name}.evidence"
    image.mkdir()
    phone.make_image(image / "disk.dd", tree, "48M")
    case = pathlib.Path(scratch) / f"{name}.case"
    code, err, _, untouched = judge.examine([image / "disk.dd"], case)
    if code not in (0, 5):
        return code, err, None
    found = rows_of(case)
    if not untouched:
        found[3][None].append("the evidence was changed")
    shutil.rmtree(image)
    shutil.rmtree(case)
    return code, err, found


def write(tree, folder, path, main, log):
    place = pathlib.Path(tree) / folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(main)
    if log:
        place.with_name(place.name + "-wal").write_bytes(log)
    return place


def make_variant(seeds, number, scratch):
    """One phone in the damaged tree and in the reference's."""
    seed = seeds[number % len(seeds)]
    rng = random.Random(f"{seed.name}:{number // len(seeds)}")
    variant = Variant(number, seed.name)
    page_size = rng.choice(sqlite_seeds.PAGE_SIZES)
    hit = 0 if rng.random() < 0.8 else rng.randrange(len(seed.files))
    for index, (path, statements, log) in enumerate(seed.files):
        if index == hit:
            statements, log = sqlite_seeds.with_log(rng, statements, log)
        main, wal = sqlite_seeds.make_database(scratch, statements, log, page_size)
        if index == hit:
            variant.kind, variant.notes = sqlite_damage.damage(rng, main, wal, page_size)
            variant.notes.insert(0, f"{path}, pages of {page_size}, log of {len(wal)}")
        write(scratch / "damaged", str(number), path, main, wal)
        copy = write(scratch / "reading", str(number), path, main, wal)
        target = scratch / "clean.db"
        clean = readable(copy, target, variant.errors)
        target.unlink(missing_ok=True)
        if clean is not None:
            write(scratch / "clean", str(number), path, clean, b"")
    return variant


def judge_variant(variant, pristine, damaged, clean):
    folder = str(variant.number)
    live, others, issues, wrong = damaged
    mine, before, also = live[folder], pristine[variant.seed], clean[0][folder]
    variant.issues = sorted(issues[folder])
    variant.marked = any(code.endswith("!") for code in variant.issues)
    variant.live, variant.other, variant.lost = len(mine), others[folder], len(before - mine)
    variant.also_sqlite = len((mine - before) & also)
    variant.broken += wrong[folder]
    for row in sorted(mine - before - also, key=repr):
        if variant.marked:
            variant.behind_mark += 1
        else:
            variant.broken.append(f"invented: {row}")
    if not variant.marked:
        variant.broken += [f"left out without a word: {row}" for row in sorted(also - mine, key=repr)]


def run_image(seeds, numbers, pristine, keep):
    with tempfile.TemporaryDirectory(prefix="limier-databases-") as name:
        scratch = pathlib.Path(name)
        (scratch / "clean").mkdir()
        variants = [make_variant(seeds, number, scratch) for number in numbers]
        code, err, damaged = triage(scratch / "damaged", scratch, "damaged")
        if damaged is None:
            variants[0].broken.append(f"variants {numbers[0]} to {numbers[-1]}: exit {code}: {err[-400:]}")
        else:
            _, err, clean = triage(scratch / "clean", scratch, "reference")
            if clean is None:
                variants[0].broken.append(f"the reference does not run: {err[-400:]}")
            else:
                variants[0].broken += damaged[3][None]
                for variant in variants:
                    judge_variant(variant, pristine, damaged, clean)
        if keep:
            shutil.copytree(scratch, keep, dirs_exist_ok=True)
        return variants


def pristine_of(seeds):
    """Live rows of every undamaged seed; without damage nothing may be marked."""
    with tempfile.TemporaryDirectory(prefix="limier-databases-") as name:
        scratch = pathlib.Path(name)
        for index, seed in enumerate(seeds):
            for path, statements, log in seed.files:
                main, wal = sqlite_seeds.make_database(scratch, statements, log, 4096)
                write(scratch / "tree", str(index), path, main, wal)
        code, err, found = triage(scratch / "tree", scratch, "pristine")
        if code not in (0, 5):
            raise AssertionError(f"the undamaged databases give exit {code}: {err[-400:]}")
        said = {code for codes in found[2].values() for code in codes} & OF_DAMAGE
        if said:
            raise AssertionError(f"undamaged databases are called damaged: {sorted(said)}")
        return {seed.name: found[0][str(index)] for index, seed in enumerate(seeds)}


# ---- all of them ----------------------------------------------------------------------------------------------------


def table_of(variants):
    lines = ["| Damage | databases | marked incomplete | live rows | of these not of the undamaged one, as SQLite reads them | behind a mark, "
             "not as SQLite reads them | rows marked otherwise | promises broken |", "|---|---|---|---|---|---|---|---|"]
    titles = {"structure": "structure of the database", "anywhere": "bytes anywhere", "log": "write-ahead log"}
    for kind in [*titles, None]:
        group = [v for v in variants if kind in (None, v.kind)]
        sums = [sum(getattr(v, name) for v in group) for name in ("marked", "live", "also_sqlite", "behind_mark", "other")]
        lines.append(f"| {titles.get(kind, '**all**')} | {len(group)} | {' | '.join(map(str, sums))} | {sum(bool(v.broken) for v in group)} |")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--variants", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="number of the first variant")
    parser.add_argument("--number", type=int, help="this variant alone")
    parser.add_argument("--keep", help="folder for what --number made")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--table", help="file for the table, in Markdown")
    parser.add_argument("--log", help="file for one JSON object per variant")
    return parser.parse_args()


def main():
    options = arguments()
    seeds = sqlite_seeds.build()
    pristine = pristine_of(seeds)
    span = list(range(options.first, options.first + options.variants)) if options.number is None else [options.number]
    images = [span[at:at + PER_IMAGE] for at in range(0, len(span), PER_IMAGE)]
    variants = []
    log = open(options.log, "w", encoding="utf-8") if options.log else None
    with ThreadPoolExecutor(options.jobs) as pool:
        for done in pool.map(lambda numbers: run_image(seeds, numbers, pristine, options.keep), images):
            variants += done
            for variant in done:
                if log:
                    print(json.dumps(vars(variant)), file=log, flush=True)
                if variant.broken:
                    print(f"#{variant.number} {variant.seed}: {'; '.join(variant.notes)[:400]}\n    issues: {' '.join(variant.issues)}; "
                          f"SQLite: {'; '.join(variant.errors)[:200]}", flush=True)
                for sentence in variant.broken[:6]:
                    print(f"    {sentence[:500]}", flush=True)
    table = table_of(variants)
    print(table)
    if options.table:
        pathlib.Path(options.table).write_text(table + "\n", encoding="utf-8")
    return 1 if any(variant.broken for variant in variants) or not variants else 0


if __name__ == "__main__":
    sys.exit(main())
