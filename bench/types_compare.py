#!/usr/bin/env python3
"""Holds limier's types by content against `file --mime-type`.

    bench/types_compare.py LIMIER FOLDER...

The files of the folders are put into an ext4 image (mke2fs -d), which is triaged with --profile quick; every file of
which the two say different things is listed, grouped by the two answers. Names for the same thing are no difference.
"""
import collections
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

# What file calls it: what limier calls the same thing.
SAME = {
    "application/x-wine-extension-ini": "text/x-ini",
    "application/x-setupscript": "text/x-ini",
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "application/x-compress": "application/x-compress",
    "application/CDFV2": "application/x-ole-storage",
    "audio/x-m4a": "audio/mp4",
    "application/x-bytecode.python": "application/x-bytecode.python",
    "image/vnd.microsoft.icon": "image/vnd.microsoft.icon",
    "application/vnd.tcpdump.pcap": "application/vnd.tcpdump.pcap",
}


def listing(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


def main():
    limier, folders = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix="types-") as work:
        work = pathlib.Path(work)
        tree = work / "tree"
        tree.mkdir()
        origin, size = {}, 0
        for number, path in enumerate(listing(folders)):
            name = f"{number:06d}"
            shutil.copyfile(path, tree / name)
            origin["/" + name] = path
            size += (path.stat().st_size + 8191) // 4096 * 4096
        (work / "evidence").mkdir()
        image = work / "evidence/image.raw"
        blocks = max(16 << 20, size + size // 8 + len(origin) * 512) // 4096
        subprocess.run(
            ["mke2fs", "-q", "-q", "-t", "ext4", "-m", "0", "-N", str(len(origin) + 1000), "-b", "4096", "-d", str(tree), str(image), str(blocks + 8192)],
            check=True,
        )
        subprocess.run(
            [limier, "triage", str(image), "--out", str(work / "out"), "--profile", "quick", "--authority", "comparison"],
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        seen = {}
        for path, mime, name in sqlite3.connect(work / "out/index.db").execute("SELECT path, mime, type_name FROM v_file"):
            seen[path] = (mime, name)
        names = sorted(origin)
        answer = subprocess.run(
            ["file", "--brief", "--mime-type", *[str(tree) + name for name in names]], check=True, stdout=subprocess.PIPE
        ).stdout.decode().splitlines()
    groups = collections.defaultdict(list)
    same = 0
    for name, theirs in zip(names, answer):
        ours, words = seen.get(name, (None, None))
        if ours == theirs or ours == SAME.get(theirs, theirs):
            same += 1
        else:
            groups[(theirs, ours, words)].append(str(origin[name]))
    print(f"{len(names)} files, {same} the same, {len(names) - same} different")
    for (theirs, ours, words), paths in sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0]))):
        print(f"{len(paths):6d}  file: {theirs}  limier: {ours} ({words})")
        for path in paths[:3]:
            print(f"        {path}")


if __name__ == "__main__":
    main()
