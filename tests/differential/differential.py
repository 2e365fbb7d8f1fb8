#!/usr/bin/env python3
"""Random volumes, written and read by programs that are not libtsk, against limier's index of the same volume.

usage: differential.py [--volumes N] [--only FS]... [--first NUMBER] [--keep DIR] [--markdown]

For each file system N volumes; a volume depends on the name of its file system and its number alone. Names, kinds, sizes, digests,
times, links and targets of all files in use must be those of the second reader, no run of a sound volume may be incomplete, and a
digest of deleted content must be that of something that was written (on FAT, where the chain is lost on deletion, that is counted).
Exit code: 0 all agree, 1 not. File systems whose tools or mounts this machine lacks are named and left out.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import entries
import volume_exfat
import volume_ext
import volume_fat
import volume_hfs
import volume_iso
import volume_ntfs
import volume_ufs
from tools import Missing

FILE_SYSTEMS = {"ext": volume_ext, "ntfs": volume_ntfs, "fat": volume_fat, "exfat": volume_exfat, "hfs+": volume_hfs, "iso9660": volume_iso, "ufs": volume_ufs}
LIMIER = os.environ.get("LIMIER", "limier")
GUESSED_WHEN_DELETED = {"fat"}
# The second readers do not show what file systems keep for themselves, nor labels.
SYSTEM_FILES = {b"/" + name for name in (b"$AttrDef", b"$BadClus", b"$Bitmap", b"$Boot", b"$Extend", b"$LogFile", b"$MFT", b"$MFTMirr", b"$Secure", b"$UpCase",
                                         b"$Volume", b"$AllocationFile", b"$BadBlockFile", b"$CatalogFile", b"$ExtentsFile", b"$AttributesFile", b"$StartupFile", b"$ALLOC_BITMAP", b"$UPCASE_TABLE")}


def triage(image, out):
    return subprocess.run([LIMIER, "triage", image, "--out", out, "--authority", "test", "--quiet", "--progress", "none", "--digests", "sha256"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300).returncode


def judge(name, volume, out):
    """Differences of one volume, and how many files were compared."""
    code = triage(volume["image"], out)
    index = entries.Index(out)
    found, twice = index.entries()
    wrong = [f"two rows: {path!r}" for path in twice]
    ignored = {b"/lost+found"} if name in ("ext", "ufs") else set()
    expected = {p: e for p, e in volume["entries"].items() if p not in ignored}
    found = {p: e for p, e in found.items() if p not in ignored and p not in SYSTEM_FILES and not p.startswith((b"/$Extend/", b"/$EMPTY_VOLUME_LABEL (", b"/L (", b"/elevenchars (", b"/LABEL "))}
    wrong += entries.compare(expected, found, FILE_SYSTEMS[name].TOLERANCE)
    if code != 0:
        wrong.append(f"exit code {code}: {'; '.join(index.incomplete_issues()) or 'no incomplete issue'}")
    guessed = [path for path, digest in index.deleted_digests() if digest not in volume["ever"] and digest not in {e.sha256 for e in expected.values()}]
    if name not in GUESSED_WHEN_DELETED:
        wrong += [f"deleted {path!r}: a digest of nothing that was written" for path in guessed]
    return wrong, len(expected), len(guessed)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("--volumes", type=int, default=15)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    table, failed, compared = [], 0, 0
    for name in options.only or FILE_SYSTEMS:
        started, volumes, files, differing, guesses = time.monotonic(), 0, 0, 0, 0
        for number in range(options.first, options.first + options.volumes):
            folder = tempfile.mkdtemp(prefix=f"differential.{name}.")
            try:
                volume = FILE_SYSTEMS[name].make(random.Random(f"{name} {number}"), folder)
                wrong, count, guessed = judge(name, volume, folder + ".out")
            except (Missing, RuntimeError) as missing:  # a volume may be too small for what it was to hold
                print(f"{name} {number}: skipped: {str(missing).splitlines()[0][:160]}")
                if volumes == 0 and number - options.first >= 2:
                    break  # the tools or mounts are lacking, not one feature of a kernel
            else:
                volumes, files, guesses = volumes + 1, files + count, guesses + guessed
                if wrong:
                    differing += 1
                    print(f"{name} {number} ({volume['what']}): {len(wrong)} differences")
                    for line in wrong[:12]:
                        print(f"    {line}")
                    if options.keep:
                        os.makedirs(options.keep, exist_ok=True)
                        shutil.copy(volume["image"], os.path.join(options.keep, f"{name}-{number}.img"))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(folder + ".out", ignore_errors=True)
        failed, compared = failed + differing, compared + volumes
        table.append((name, volumes, files, differing, guesses, time.monotonic() - started))
        print(f"{name}: {volumes} volumes, {files} entries, {differing} volumes with differences, {guesses} deleted contents guessed, {time.monotonic() - started:.0f} s", flush=True)
    if options.markdown:
        print("\n| File system | Volumes | Entries compared | Volumes with differences | Deleted contents guessed |\n|---|---|---|---|---|")
        for name, volumes, files, differing, guesses, _ in table:
            print(f"| {name} | {volumes} | {files:,} | {differing} | {guesses} |")
    print(f"{compared - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
