#!/usr/bin/env python3
"""CPU of a full triage of a device that holds a store of many messages, and where it goes.

  messages.py [--count 100000] [--rounds 3] [--keep FOLDER]

The store is that of Android, in an ext4 image with nothing else in it; LIMIER names the program. Needs mke2fs.
"""
import argparse
import pathlib
import sqlite3
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "cli"))
import phone
from runs import Run
from tools import audit, rows, triage


def make(folder, count):
    store = folder / "tree" / phone.STORE
    store.parent.mkdir(parents=True)
    with sqlite3.connect(store) as db:
        phone.schema(db)
        db.execute("INSERT INTO threads (_id, recipient_ids) VALUES (1, '1'), (2, '2'), (3, '3')")
        db.execute("INSERT INTO canonical_addresses VALUES (1, '+32470000000'), (2, '+32470000001'), (3, '+32470000002')")
        phone.insert(db, [phone.row_of(number) for number in range(1, count + 1)])
    phone.make_image(folder / "disk.dd", folder / "tree", "128M")
    return folder / "disk.dd"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", help="folder for the image, which is made when it is not there, and the case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="limier-messages-") as scratch:
        folder = pathlib.Path(options.keep or scratch)
        (folder / "evidence").mkdir(parents=True, exist_ok=True)
        image = folder / "evidence" / "disk.dd"
        if not image.exists():
            image = make(folder / "evidence", options.count)
        done = [Run(triage(image, folder / "case", "standard"), watch_memory=False) for _ in range(options.rounds)]
        found = rows(folder / "case", "SELECT count(*) FROM v_message")[0][0]
        if found != options.count:
            sys.exit(f"{found} of {options.count} messages came out")
        print(f"{options.count} messages: {statistics.median(run.cpu for run in done):.2f} s of CPU, "
              f"{min(run.wall for run in done):.2f} s at best")
        print(audit(folder / "case", "stages-measured"))


if __name__ == "__main__":
    main()
