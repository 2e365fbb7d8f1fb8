#!/usr/bin/env python3
"""What the page of a large device costs: writing report.html, and opening it.

  page.py FOLDER [--limier PATH] [--files 1000000] [--messages 500000] [--rounds 3]

Makes FOLDER/device.img, once: an ext4 volume with so many files, most of them where a telephone's user keeps things, and one store
with so many messages, of which one in 2,000 is a sample of the rules (rules/danger), so that conversations and findings are there to
be shown. It is triaged once; then `limier report --format html` is measured, and Chromium's time from the start of the
navigation until the page is complete (domComplete), and the CPU its thread took. Needs e2fsprogs, and Chromium for the second.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/page"), str(ROOT / "tests/cli")]

import phone  # noqa: E402
from runs import Run  # noqa: E402

THREADS, PER_FOLDER, HIT_EVERY = 400, 500, 2000
FIRST_S = 1_600_000_000
# Where the files lie, and of a hundred how many.
PLACES = (("data/media/0/DCIM/Camera", "jpg", 40), ("data/media/0/Android/media/com.whatsapp/WhatsApp/Media", "opus", 30),
          ("data/media/0/Documents", "pdf", 10), ("system/app", "apk", 10), ("data/data/org.example/cache", "0", 10))


def fill(root, count):
    draw = random.Random(42)
    made = 0
    for place, ending, share in PLACES:
        for number in range(count * share // 100):
            if number % PER_FOLDER == 0:
                folder = root / place / f"{number // PER_FOLDER:05d}"
                folder.mkdir(parents=True, exist_ok=True)
            path = f"{folder}/{draw.randrange(10**9):09d}-{number:07d}.{ending}"
            file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            if made % 8 == 0:
                os.write(file, b"%d\n" % made)
            os.close(file)
            when = FIRST_S + draw.randrange(150_000_000)
            os.utime(path, (when, when))
            made += 1


def bodies(count):
    draw = random.Random(7)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(3000)]
    samples = [hit["text"] for hit in tomllib.loads((ROOT / "rules/danger/violence.toml").read_text())["hit"]]
    for number in range(count):
        yield samples[number // HIT_EVERY % len(samples)] if number % HIT_EVERY == 0 else " ".join(
            draw.choices(words, k=draw.randint(1, 20)))


def fill_store(path, count):
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    phone.schema(database)
    for thread in range(1, THREADS + 1):
        database.execute("INSERT INTO canonical_addresses VALUES (?, ?)", (thread, f"+32470{thread:06d}"))
        database.execute("INSERT INTO threads (_id, recipient_ids) VALUES (?, ?)", (thread, str(thread)))
    draw = random.Random(3)
    phone.insert(database, ({"id": number, "thread": thread, "address": f"+32470{thread:06d}", "date": FIRST_S * 1000 + number * 60_000,
                             "type": 1 + number % 2, "body": body}
                            for number, body in enumerate(bodies(count), 1) for thread in [draw.randint(1, THREADS)]))
    database.commit()
    database.close()


def make(folder, files, messages):
    image, tree = folder / "device.img", folder / "tree"
    if image.exists():
        return image
    shutil.rmtree(tree, ignore_errors=True)
    fill(tree, files)
    fill_store(tree / phone.STORE, messages)
    size_kib = files * 6 + messages + (256 << 10)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-N", str(files + files // 10 + 5000), "-E", "lazy_itable_init=0,nodiscard",
                    "-d", tree, f"{image}.part", f"{size_kib}k"], check=True, stdin=subprocess.DEVNULL)
    shutil.rmtree(tree)
    os.rename(f"{image}.part", image)
    return image


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--limier", default=ROOT / "build/release/bin/limier")
    options.add_argument("--files", type=int, default=1_000_000)
    options.add_argument("--messages", type=int, default=500_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    (given.folder / "evidence").mkdir(parents=True, exist_ok=True)
    image, case = make(given.folder / "evidence", given.files, given.messages), given.folder / "case"
    if not (case / "manifest.json").exists():
        shutil.rmtree(case, ignore_errors=True)
        Run(f"{given.limier} triage {image} --out {case} --authority training --progress none --quiet", ok=(0, 5), watch_memory=False)
    runs = [Run(f"{given.limier} report {case} --format html") for _ in range(given.rounds)]
    page = case / "report.html"
    result = {"files": given.files, "messages": given.messages, "report_cpu_s": round(statistics.median(run.cpu for run in runs), 2),
              "report_wall_s": round(statistics.median(run.wall for run in runs), 2),
              "report_peak_mib": max(run.peak_bytes for run in runs) >> 20, "page_bytes": page.stat().st_size}
    import browser
    if browser.find() is None:
        print("page.py: no Chromium here, the page was not opened", file=sys.stderr)
    else:
        opened = [browser.opening(page) for _ in range(given.rounds)]
        result["dom_complete_ms"] = round(statistics.median(complete for complete, _ in opened))
        result["open_cpu_s"] = round(statistics.median(cpu for _, cpu in opened), 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
