"""Hash sets at size: import of synthetic rows, cold and warm look-ups.

    python3 bench/hashset.py [--rows 1000000,10000000] [--folder /tmp/hashset-bench]

Writes an NSRL-like database (four files a row group, as published: sorted by SHA-256) and a plain list of so many random digests, imports both, and prints CPU seconds, peak
memory and bytes; then has build/release/bin/hashset-bench look a million digests up: cold (pages dropped before), warm, and one by one in no order.
"""
import argparse
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BIN = SOURCE / "build/release/bin"


def run(*command):
    """Wall and CPU seconds and peak memory (MiB) of a program."""
    begun = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} {command[1]}: exit code {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.decode()


def digests(rows, seed):
    """Random digests: what sorting and searching cost does not depend on what they are digests of."""
    source = random.Random(seed)
    for _ in range(rows):
        yield source.randbytes(32)


def write_list(path, rows):
    with open(path, "w", encoding="ascii") as out:
        for one in digests(rows, rows):
            out.write(one.hex() + "\n")


def write_database(path, rows):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE FILE(sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, file_name VARCHAR, "
                         "file_size INTEGER, package_id INTEGER)")
        database.executemany("INSERT INTO FILE VALUES(?, ?, ?, 'setup.exe', 4096, 17)",
                             ((one.hex().upper(), one.hex().upper()[:40], one.hex().upper()[:32]) for one in digests(rows, rows)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1000000,10000000")
    parser.add_argument("--folder", default="/tmp/hashset-bench")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    print("rows        from    wall s   CPU s   peak MiB   set MiB")
    for rows in map(int, options.rows.split(",")):
        for kind, write in (("list", write_list), ("nsrl", write_database)):
            source, made = folder / f"{rows}.{kind}", folder / f"{rows}.{kind}.set"
            if not source.exists():
                write(source, rows)
            made.unlink(missing_ok=True)
            wall, cpu, memory, _ = run(BIN / "limier", "hashset", "import", source, "--name", "bench", "--kind", "known", "--to", made, "--quiet")
            print(f"{rows:<11} {kind:<6} {wall:7.1f} {cpu:7.1f} {memory:10.0f} {made.stat().st_size / 2**20:9.0f}", flush=True)
        print(run(BIN / "hashset-bench", made)[3], end="", flush=True)


if __name__ == "__main__":
    main()
