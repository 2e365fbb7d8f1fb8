#!/usr/bin/env python3
"""The whole program on damaged images, many of them.

    mutation.py --variants 300                 what continuous integration runs
    mutation.py --variants 10000 --table FILE  the soak; also writes the table of docs/measurements.md
    mutation.py --only "ext2 2M" --number 17 --keep FOLDER   one variant again, kept to be looked at

A variant depends on the name of its seed and its number, on nothing else. Exit code 0: every promise was kept.
"""
import argparse
import collections
import json
import math
import os
import pathlib
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import judge
import mutate
import seeds


# Variants that broke a promise once: always run, whatever the numbers asked for.
FOUND_BEFORE = [("ufs2 5M", 36), ("smart", 4), ("mbr ntfs+ext3+fat32", 4), ("e01 split deflate", 65),
                ("ntfs 3M", 79), ("ntfs 64M", 150), ("smart", 108)]


def pristine_of(seed, scratch):
    """What limier finds in the undamaged seed; it has to be in order for the variants to mean anything."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    code, err, _, untouched = judge.examine(seed.files, folder / "case")
    broken = []
    if code not in (0, 5) or not untouched:
        raise AssertionError(f"{seed.name}: the undamaged image gives exit {code}: {err[-400:]}")
    facts = judge.check_index(folder / "case", broken)
    if broken:
        raise AssertionError(f"{seed.name}: {broken}")
    digests = {(row["path"], row["inode"], row["attr_type"], row["attr_id"]): row["sha256"] for row in facts["digests"]}
    found = {
        "names": {judge.comparable(path) for path in facts["paths"]},
        "digests": digests,
        "media": judge.support.sha256_of(seed.media) if seed.media else None,
        "code": code,
    }
    shutil.rmtree(folder)
    return found


def run_variant(seed, number, pristine, scratch, keep):
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    try:
        evidence = folder / "evidence"
        evidence.mkdir()
        image, notes = mutate.make(seed, number, evidence)
        try:
            verdict = judge.judge(seed, number, notes, image, folder / "case", pristine)
        except Exception as error:  # a check that cannot be made is a broken promise too
            verdict = judge.Verdict(seed.name, number, notes)
            verdict.broken.append(f"the check itself failed: {type(error).__name__}: {error}")
        if keep and (verdict.broken or keep[1]):
            target = pathlib.Path(keep[0]) / f"{seed.name.replace(' ', '-')}-{number}"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target)
        return verdict
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def upper_bound(found, count):
    """One-sided 95 % bound of Clopper and Pearson for `found` of `count`."""
    if count == 0:
        return 1.0
    if found == count:
        return 1.0
    low, high = found / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        total, term = 0.0, (1 - middle) ** count
        for k in range(found + 1):
            total += term
            term = term * (count - k) / (k + 1) * middle / (1 - middle) if middle < 1 else 0
        low, high = (middle, high) if total > 0.05 else (low, middle)
    return high


def family_of(seed):
    if seed.family == "ewf":
        return "E01, split" if len(seed.files) > 1 else "E01 and S01, single"
    if seed.family == "disk":
        return "disks (GPT, MBR)"
    names = {"ntfs": "NTFS", "exfat": "exFAT", "hfs": "HFS+", "apfs": "APFS", "iso": "ISO 9660", "ufs": "UFS 1 and 2"}
    return names.get(seed.family) or ("ext2, ext3, ext4" if seed.family == "ext" else "FAT12, FAT16, FAT32")


def table_of(verdicts, by_name):
    rows = collections.defaultdict(list)
    for verdict in verdicts:
        rows[family_of(by_name[verdict.seed])].append(verdict)
    lines = ["| Seeds | variants | promises broken | crashes contained | hangs contained | fewer names than before "
             "| of these said so | longest run (s) |", "|---|---|---|---|---|---|---|---|"]

    def line(title, group):
        fewer = [v for v in group if v.fewer]
        told = sum(v.flagged for v in fewer)
        share = f"{told} ({100 * told / len(fewer):.1f} %)" if fewer else "–"
        return (f"| {title} | {len(group)} | {sum(bool(v.broken) for v in group)} | {sum(v.crashes > 0 for v in group)} "
                f"| {sum(v.hangs > 0 for v in group)} | {len(fewer)} | {share} | {max(v.seconds for v in group):.0f} |")

    lines += [line(title, rows[title]) for title in sorted(rows)]
    lines.append(line("**all**", verdicts))
    broken = sum(bool(v.broken) for v in verdicts)
    bound = 100 * upper_bound(broken, len(verdicts))
    lines.append("")
    lines.append(f"{broken} of {len(verdicts)} variants broke a promise: at 95 % fewer than {bound:.2g} % of such variants do.")
    exits = collections.Counter(v.code for v in verdicts)
    lines.append("Exit codes: " + ", ".join(f"{code}: {exits[code]}" for code in sorted(exits, key=str)) + ".")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--variants", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="number of the first variant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", help="one seed, by its name")
    parser.add_argument("--number", type=int, help="one variant of that seed")
    parser.add_argument("--keep", help="folder for the variants that break a promise (with --number: for any)")
    parser.add_argument("--table", help="file for the table, in Markdown")
    parser.add_argument("--log", help="file for one JSON object per variant, as they end")
    parser.add_argument("--seconds", type=float, default=math.inf, help="start no variant after so many seconds")
    return parser.parse_args()


def plan(options, chosen):
    """Variant n belongs to seed n mod the number of seeds, so that any stretch of numbers has all of them."""
    if options.number is not None:
        return [(chosen[0], options.number)]
    span = range(options.first, options.first + options.variants)
    known = {seed.name: seed for seed in chosen}
    again = [(known[name], number) for name, number in FOUND_BEFORE if name in known]
    return again + [(chosen[n % len(chosen)], n // len(chosen)) for n in span]


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="limier-mutation-") as scratch:
        home = pathlib.Path(scratch) / "seeds"
        home.mkdir()
        everything = seeds.build(home)
        by_name = {seed.name: seed for seed in everything}
        chosen = [by_name[options.only]] if options.only else everything
        keep = (options.keep, options.number is not None) if options.keep else None
        started = time.monotonic()
        work = plan(options, chosen)
        log = open(options.log, "a", encoding="utf-8") if options.log else None
        verdicts = []
        with ThreadPoolExecutor(options.jobs) as pool:
            needed = list({seed.name: seed for seed, _ in work}.values())
            pristine = dict(zip((s.name for s in needed), pool.map(lambda s: pristine_of(s, scratch), needed)))

            def one(item):
                if time.monotonic() - started > options.seconds:
                    return None
                return run_variant(item[0], item[1], pristine[item[0].name], scratch, keep)

            for verdict in pool.map(one, work):
                if verdict is None:
                    continue
                verdicts.append(verdict)
                if log:
                    print(json.dumps(vars(verdict)), file=log, flush=True)
                for sentence in verdict.broken:
                    print(f"{verdict.seed} #{verdict.number}: {sentence}\n    {'; '.join(verdict.notes)[:600]}", flush=True)
        table = table_of(verdicts, by_name)
        print(table)
        if options.table:
            pathlib.Path(options.table).write_text(table + "\n", encoding="utf-8")
        return 1 if any(v.broken for v in verdicts) or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
