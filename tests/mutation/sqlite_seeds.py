"""Undamaged databases: those of the packs' own tests, with part of what was written left in the write-ahead log."""
import pathlib
import sqlite3
import sys
import tomllib
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import phone
import support

PACKS = support.SOURCE / "packs"
PAGE_SIZES = (512, 1024, 4096)


@dataclass
class Seed:
    name: str
    files: list  # (path below the phone's folder, statements, statements that stay in the log); the first is the pack's own


def statements_of(script):
    """Whole statements, so that some of them can be left in the log."""
    found, held = [], ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            found.append(held)
            held = ""
    return found


def path_of(glob):
    return glob.removeprefix("*/").replace("*", "x").replace("?", "1")


def seed_of(pack, test, number):
    files, folder = [], None
    for name, script in test["files"].items():
        path = pathlib.PurePath(path_of(pack["db"][name]["path"][0]))
        folder = folder or path.parent
        source = (PACKS / script).resolve()
        log = source.with_suffix(".wal.sql")
        files.append((str(folder / path.name), statements_of(source.read_text(encoding="utf-8")),
                      statements_of(log.read_text(encoding="utf-8")) if log.exists() else []))
    return Seed(f"{pack['pack']}/{number}", files)


def grown():
    """A store whose tables have more than a page each."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    phone.schema(db)
    phone.insert(db, [phone.row_of(number) for number in range(1, 200)])
    script = [line + "\n" for line in db.iterdump() if not line.startswith(("BEGIN", "COMMIT", "DELETE FROM"))]
    db.close()
    return Seed("grown", [(phone.STORE, script[:-40] + ["DELETE FROM sms WHERE _id % 7 = 3;"], script[-40:])])


def build():
    seeds = [grown()]
    for path in sorted(PACKS.glob("*.toml")):
        pack = tomllib.loads(path.read_text(encoding="utf-8"))
        tests = [test for test in pack.get("test", []) if test.get("match", True)]
        seeds += [seed_of(pack, test, number) for number, test in enumerate(tests, 1)]
    return seeds


def make_database(scratch, statements, log, page_size):
    """Bytes of the database and of its log."""
    live = pathlib.Path(scratch) / "live.db"
    db = sqlite3.connect(live, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = OFF")
        db.execute(f"PRAGMA page_size = {page_size}")
        db.execute("PRAGMA journal_mode = WAL" if log else "PRAGMA journal_mode = DELETE")
        db.executescript("".join(statements))
        if log:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA wal_autocheckpoint = 0")
        for statement in log:
            db.executescript(statement)
        beside = live.with_name("live.db-wal")
        return bytearray(live.read_bytes()), bytearray(beside.read_bytes() if log else b"")
    finally:
        db.close()
        for left in live.parent.glob("live.db*"):
            left.unlink()


def with_log(rng, statements, log):
    """Without a log of its own a seed leaves its last statements in one, more often than not."""
    if log or rng.random() < 0.35 or len(statements) < 3:
        return statements, log
    at = len(statements) - rng.randint(1, max(1, len(statements) // 3))
    return statements[:at], statements[at:]
