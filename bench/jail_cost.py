#!/usr/bin/env python3
"""What the jail and the watchdog cost on clean images: the same run with and without the jail, in pairs.

    bench/jail_cost.py IMAGE... [--rounds N] [--limier PATH]

Each pair runs both ways, in alternating order, so that what else the machine does hits both alike. The figure is the
median of the pairs' ratios, of wall time and of CPU time (all processes). The watchdog cannot be turned off; its cost is
what looking ten times a second takes, which is measured by doing just that."""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOOKS_PER_SECOND = 10
FIGURES_PER_LOOK = 2  # of the worker and of the supervisor


def one_run(limier, image, options):
    folder = tempfile.mkdtemp(prefix="limier-cost-")
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        done = subprocess.run(
            [limier, "triage", image, "--out", folder + "/case", "--authority", "training: measurement", "--quiet",
             "--progress", "none", *options],
            stdout=subprocess.DEVNULL, check=False)
        wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        shutil.rmtree(folder)
    if done.returncode not in (0, 5):
        raise SystemExit(f"{image}: limier ended with {done.returncode}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def watchdog_share():
    descriptors = [os.open("/proc/self/statm", os.O_RDONLY) for _ in range(FIGURES_PER_LOOK)]
    rounds = 20_000
    started = time.process_time()
    for _ in range(rounds):
        for descriptor in descriptors:
            os.pread(descriptor, 128, 0)
    return (time.process_time() - started) / rounds * LOOKS_PER_SECOND


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limier", default=str(ROOT / "build/release/bin/limier"))
    options = parser.parse_args()
    print(f"| Image | Wall s in the jail | without | Cost of the jail, wall | CPU | Pairs |\n|{'---|' * 6}")
    for image in options.images:
        pairs = []
        one_run(options.limier, image, [])  # the caches are warm for both
        for number in range(options.rounds):
            ways = [[], ["--no-sandbox"]]
            runs = [one_run(options.limier, image, way) for way in (ways if number % 2 == 0 else reversed(ways))]
            pairs.append(runs if number % 2 == 0 else runs[::-1])
        walls = [jailed[0] / free[0] for jailed, free in pairs]
        cpus = [jailed[1] / free[1] for jailed, free in pairs]
        print(f"| {pathlib.Path(image).name} | {statistics.median(pair[0][0] for pair in pairs):.3f} "
              f"| {statistics.median(pair[1][0] for pair in pairs):.3f} | {statistics.median(walls) - 1:+.1%} "
              f"| {statistics.median(cpus) - 1:+.1%} | {len(pairs)} |")
    print(f"\nWatchdog: {watchdog_share():.4%} of one core.")


if __name__ == "__main__":
    main()
