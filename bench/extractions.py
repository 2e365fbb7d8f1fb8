#!/usr/bin/env python3
"""What triage of a zip costs against the tools that check the same: `unzip -t`, and `sha256sum` of the members and of the zip.

    bench/extractions.py [--tree /usr/share] [--bytes 400000000] [--folder /tmp/extractions-bench]

Packs files of TREE until so many bytes are in it, then runs each in turn, three times, and prints CPU seconds (the least of three).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

LIMIER = pathlib.Path(os.environ.get("LIMIER", pathlib.Path(__file__).resolve().parents[1] / "build/release/bin/limier"))
ROUNDS = 3


def cpu_of(command, folder=None):
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 5):
        sys.exit(f"{command[0]}: exit code {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def pack(tree, most, path):
    """The files that were packed."""
    packed, total = [], 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for folder, folders, names in os.walk(tree):
            folders.sort()
            for name in sorted(names):
                file = os.path.join(folder, name)
                if os.path.islink(file) or not os.path.isfile(file):
                    continue
                archive.write(file)
                packed.append(file)
                total += os.path.getsize(file)
                if total >= most:
                    return packed, total
    return packed, total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", default="/usr/share")
    parser.add_argument("--bytes", type=int, default=400_000_000)
    parser.add_argument("--folder", default="/tmp/extractions-bench")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evidence").mkdir(exist_ok=True)
    path = folder / "evidence" / "packed.zip"
    packed, total = pack(options.tree, options.bytes, path)
    lists = folder / "members.txt"
    lists.write_bytes(b"\0".join(os.fsencode(one) for one in packed) + b"\0")
    print(f"{len(packed):,} files, {total:,} bytes, packed in {path.stat().st_size:,}")

    def triage(profile):
        shutil.rmtree(folder / "case", ignore_errors=True)
        return cpu_of([LIMIER, "triage", path, "--out", folder / "case", "--authority", "bench", "--profile", profile, "--quiet"])

    jobs = {
        "unzip -t": lambda: cpu_of(["unzip", "-tqq", path]),
        "sha256sum of the members": lambda: cpu_of(["xargs", "-0", "-a", lists, "sha256sum"]),
        "sha256sum of the zip": lambda: cpu_of(["sha256sum", path]),
        "triage --profile quick": lambda: triage("quick"),
        "triage --profile standard": lambda: triage("standard"),
    }
    least = dict.fromkeys(jobs, float("inf"))
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            least[name] = min(least[name], job())
    plain = sum(least[name] for name in list(jobs)[:3])
    for name, seconds in least.items():
        print(f"{name}: {seconds:.2f} s" + (f", {seconds / plain:.2f} of the three before" if name.startswith("triage") else ""))


if __name__ == "__main__":
    main()
