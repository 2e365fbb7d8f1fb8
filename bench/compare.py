#!/usr/bin/env python3
"""Measures limier against the tools an examiner would run instead, on one device, in interleaved runs.

  bench/compare.py FOLDER [--rounds 5] [--only NAME,...] [--markdown]

FOLDER holds bench.raw and bench.E01, the same NTFS device twice; when they are missing they are built by the script
beside the corpus (see docs/measurements.md). Every command runs once unmeasured, so that all of them find a warm page
cache, and then in turn; the table gives the median of the ratios of each round, CPU seconds first: on a shared machine
they repeat better than wall time. Needs the sleuthkit and ewf-tools packages.
"""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIER = os.environ.get("LIMIER", str(HERE.parent / "build/release/bin/limier"))
MAKE_DEVICE = HERE.parent.parent / "shared/bench/make_device.sh"


class Run:
    """One process tree: CPU seconds of all its processes, wall seconds, peak of their memory together."""

    def __init__(self, command, ok=(0,)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        process = subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.peak_bytes = 0
        done = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(process.pid, done))
        watcher.start()
        errors = process.stderr.read()
        process.wait()
        self.wall = time.monotonic() - start
        done.set()
        watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if process.returncode not in ok:
            sys.exit(f"{command}: exit {process.returncode}\n{errors.decode(errors='replace')[-2000:]}")

    def watch(self, root, done):
        while not done.wait(0.02):
            self.peak_bytes = max(self.peak_bytes, sum(private_bytes(pid) for pid in tree(root)))


def tree(root):
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                children = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
                pending.extend(int(child) for child in children.split())
        except OSError:
            pass
    return found


def private_bytes(pid):
    """Memory that would be free again without the process: anonymous and shared, not the page cache of its files."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def triage(image, out, profile):
    return f"rm -rf {out} && {LIMIER} triage {image} --out {out} --authority benchmark --profile {profile} --quiet"


# name, what is divided by what, CPU bound, wall bound (None: not asked), "le" or "ge"
def comparisons(folder, work):
    raw, e01 = folder / "bench.raw", folder / "bench.E01"
    full = triage(e01, work / "full", "quick")
    loaddb = f"rm -f {work}/tsk.db && tsk_loaddb -h -d {work}/tsk.db {e01}"
    loaddb_raw = f"rm -f {work}/tsk.db && tsk_loaddb -h -d {work}/tsk.db {raw}"
    verify = f"ewfverify -q {e01}"
    return [
        ("full / ewfverify", full, [verify], "le", 1.65, 1.0, 1.25, 0.7),
        ("tsk_loaddb / full", full, [loaddb], "ge", 3.4, 5.5, 4.5, 8.0),
        ("ewfverify + tsk_loaddb + img_cat md5sum / full", full, [verify, loaddb, f"img_cat {e01} | md5sum"], "ge", 4.5,
         None, 6.0, None),
        ("verify --digests md5 / ewfverify", f"{LIMIER} verify {e01} --digests md5 --quiet", [verify], "le", 0.8, 0.5,
         0.65, 0.38),
        ("fls -r -m / list, E01", triage(e01, work / "list", "list"), [f"fls -r -m / {e01}"], "ge", 8.0, None, 15.0,
         None),
        ("fls -r -m / list, raw", triage(raw, work / "list", "list"), [f"fls -r -m / {raw}"], "ge", 1.2, None, 2.0,
         None),
        ("tsk_loaddb / full, raw", triage(raw, work / "raw", "quick"), [loaddb_raw], "ge", 1.0, 1.0, 1.5, 1.5),
    ]


def measure(ours, others, rounds, least):
    commands = [ours, *others]
    for command in commands:
        Run(command)
    cpu, wall, peak = [], [], 0
    for _ in range(rounds):
        runs = [Run(command) for command in commands]
        peak = max(peak, runs[0].peak_bytes)
        theirs_cpu = sum(run.cpu for run in runs[1:])
        theirs_wall = sum(run.wall for run in runs[1:])
        if least:
            cpu.append(theirs_cpu / runs[0].cpu)
            wall.append(theirs_wall / runs[0].wall)
        else:
            cpu.append(runs[0].cpu / theirs_cpu)
            wall.append(runs[0].wall / theirs_wall)
    return statistics.median(cpu), statistics.median(wall), peak, runs[0]


def verdict(value, must, goal, least):
    if must is None:
        return ""
    good = (lambda bound: value >= bound) if least else (lambda bound: value <= bound)
    return "goal" if good(goal) else "must" if good(must) else "MISSED"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="parts of names, separated by commas")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    if not (args.folder / "bench.E01").exists():
        subprocess.run([str(MAKE_DEVICE), str(args.folder)], check=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="limier-bench-"))
    wanted = [part for part in args.only.split(",") if part]
    print("| measured | CPU | must, goal | | wall | must, goal | | peak MiB | our CPU s, wall s |")
    print("|---|---|---|---|---|---|---|---|---|")
    missed = 0
    try:
        for name, ours, others, way, cpu_must, wall_must, cpu_goal, wall_goal in comparisons(args.folder, work):
            if wanted and not any(part in name for part in wanted):
                continue
            least = way == "ge"
            cpu, wall, peak, last = measure(ours, others, args.rounds, least)
            said_cpu, said_wall = verdict(cpu, cpu_must, cpu_goal, least), verdict(wall, wall_must, wall_goal, least)
            missed += (said_cpu + said_wall).count("MISSED")
            bounds = lambda must, goal: "" if must is None else f"{must}, {goal}"
            print(f"| {name} | {cpu:.2f} | {bounds(cpu_must, cpu_goal)} | {said_cpu} | {wall:.2f} | "
                  f"{bounds(wall_must, wall_goal)} | {said_wall} | {peak / 2**20:.0f} | {last.cpu:.2f}, {last.wall:.2f} |",
                  flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
