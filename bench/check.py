#!/usr/bin/env python3
"""The part of the bench that does not depend on the machine, for continuous integration (about a minute).

Chunks decoded ÷ chunks, growth of memory with free space and with files, digests against ewfverify, tsk_loaddb and icat, and
the instructions of the hot loops, counted by valgrind and compared with those stored in bench/instructions.json per compiler.

  bench/check.py [--record]      --record stores the instructions counted instead of comparing them

Needs ewf-tools, sleuthkit, e2fsprogs, valgrind and binutils; neither root nor FUSE. The exit code is 1 when a check fails.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import devices
import parity
import tools
from runs import Run
from tools import loaddb, triage

MIB = 1 << 20
STORED = devices.HERE / "instructions.json"
HOT_LOOPS = os.environ.get("LIMIER_HOT_LOOPS", str(devices.HERE.parent / "build/release/bin/hot_loops"))
COMPILER = os.environ.get("LIMIER_COMPILER", "")
# libdeflate and the C library choose their code by the processor, so these loops vary a little from machine to machine.
TOLERANCE = {"inflate": 0.15, "zero-chunks": 0.15, "records": 0.08, "csv": 0.08, "json": 0.08, "html": 0.08}
USUAL_TOLERANCE = 0.03
# Times a loop runs: the difference of the two counts is divided by that of the times.
FEW_TIMES, MANY_TIMES = 1, 3
FEW_FILES, MANY_FILES = 2000, 20000


class Checks:
    def __init__(self):
        self.failed = 0

    def say(self, name, good, text):
        self.failed += not good
        print(f"{'ok    ' if good else 'FAILED'}  {name}: {text}", flush=True)


def make_tree(root, count, seed=1):
    """`count` files of 0 to 60 KB, a third of them text, and one of 24 MiB."""
    draw = random.Random(seed)
    pool = draw.randbytes(MIB) + (b"the same few words again and again\n" * 30000)[:MIB]
    for number in range(count):
        if number % 40 == 0:
            folder = root / f"d{number // 400:03d}" / f"e{number // 40 % 10}"
            folder.mkdir(parents=True)
        size = int(min(60000, draw.lognormvariate(8, 1.5)))
        at = draw.randrange(len(pool) - size)
        (folder / f"file-{number:05d}.dat").write_bytes(number.to_bytes(4, "little") + pool[at:at + size])
    (root / "large.bin").write_bytes(pool * 12)


def make_ext4(tree, image, size):
    devices.run("mke2fs", "-q", "-t", "ext4", "-F", "-L", "CHECK", "-E", "nodiscard", "-d", tree, image, size)


def make_images(scratch):
    """In a folder of their own: limier writes nothing beside evidence."""
    images = scratch / "images"
    images.mkdir()
    for name, count in (("few", FEW_FILES), ("many", MANY_FILES)):
        tree = scratch / name
        tree.mkdir()
        make_tree(tree, count)
    make_ext4(scratch / "few", images / "few.raw", "192M")
    make_ext4(scratch / "few", images / "free.raw", "704M")
    make_ext4(scratch / "many", images / "many.raw", "512M")
    devices.acquire(images / "few.raw", images / "few.E01", "fast")
    devices.acquire(images / "free.raw", images / "free.E01", "fast")
    return images


def check_chunks(checks, scratch, images):
    Run(triage(images / "few.E01", scratch / "case"), ok=(0,))
    decoded = int(tools.audit(scratch / "case", "triage-finished")["chunks_decoded"])
    ((size, chunk),) = tools.rows(scratch / "case", "SELECT size_bytes, chunk_size FROM v_evidence")
    ratio = decoded / -(-size // chunk)
    seeks = int(tools.audit(scratch / "case", "sweep-measured")["seeks_back"])
    checks.say("chunks decoded ÷ chunks in the image", ratio <= 1.25, f"{ratio:.3f}, at most 1.25")
    checks.say("seeks back in the sweep", seeks == 0, str(seeks))


def check_memory(checks, scratch, images):
    def peak(image):
        return min(Run(triage(images / image, scratch / "peak")).peak_bytes for _ in range(2)) / MIB

    own, larger, few, many = peak("few.E01"), peak("free.E01"), peak("few.raw"), peak("many.raw")
    checks.say("peak memory of all processes", own <= 384, f"{own:.0f} MiB, at most 384")
    checks.say("growth for 512 MiB more of free space", larger - own <= 16, f"{larger - own:.1f} MiB, at most 16")
    checks.say(f"growth from {FEW_FILES} to {MANY_FILES} files", many - few <= 64, f"{many - few:.1f} MiB, at most 64")


def check_parity(checks, scratch, images):
    found = parity.media(scratch / "case", images / "few.E01")
    checks.say("media digests and ewfverify", found.ok, str(found))
    Run(loaddb(images / "few.E01", scratch / "tsk.db"))
    found = parity.streams(scratch / "case", scratch / "tsk.db")
    checks.say("streams and tsk_loaddb -h", found.ok and found.compared > FEW_FILES, f"{found} {found.differences[:3]}")
    found = parity.icat(scratch / "case", images / "few.raw", limit=60)
    checks.say("streams and icat", found.ok, f"{found} {found.differences[:3]}")


def instructions(loop, times, environment):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", HOT_LOOPS, loop,
         str(times)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False)
    counted = re.search(rb"Collected : (\d+)", done.stdout)
    if done.returncode != 0 or not counted:
        sys.exit(f"hot_loops {loop} under valgrind: exit {done.returncode}\n{done.stdout.decode(errors='replace')[-2000:]}")
    return int(counted.group(1))


def kernel_sizes():
    """Instructions in one block of the kernels with SHA instructions, which valgrind does not know: the loop is straight."""
    said = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", HOT_LOOPS], stdout=subprocess.PIPE, check=True).stdout.decode()
    sizes, name = {}, None
    for line in said.splitlines():
        if line.endswith(">:"):
            found = re.search(r"kernel<(\d)u, (\d)u>", line)
            name = f"kernel {found.group(1)}+{found.group(2)}" if found else None
        elif name and line.startswith(" "):
            sizes[name] = sizes.get(name, 0) + 1
    return {name: count for name, count in sizes.items() if name in ("kernel 1+0", "kernel 7+0", "kernel 7+7")}


def count_all(scratch):
    zeros = scratch / "zeros.raw"
    devices.run("truncate", "-s", "4M", zeros)
    devices.acquire(zeros, scratch / "zeros.E01", "fast")
    noise = scratch / "text.raw"
    noise.write_bytes(b"".join(b"%07d the same few words\n" % (number * 7919 % 1000003) for number in range(170000))[:4 * MIB])
    devices.acquire(noise, scratch / "text.E01", "fast")
    environment = {**os.environ, "LIMIER_HOT_E01": str(scratch / "text.E01"), "LIMIER_HOT_ZEROS": str(scratch / "zeros.E01")}
    loops = subprocess.run([HOT_LOOPS], stdout=subprocess.PIPE, check=True).stdout.decode().split()
    counts = {}
    for loop in loops:
        fewer, more = (instructions(loop, times, environment) for times in (FEW_TIMES, MANY_TIMES))
        counts[loop] = (more - fewer) // (MANY_TIMES - FEW_TIMES)
    return {**counts, **kernel_sizes()}


def check_instructions(checks, scratch, record):
    counted = count_all(scratch)
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    if record:
        stored[COMPILER] = counted
        STORED.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n")
        print(f"recorded for {COMPILER}: {counted}")
        return
    known = stored.get(COMPILER)
    if known is None:
        print(f"note    no instructions are stored for {COMPILER or 'this compiler'}; bench/check.py --record stores them")
        return
    for loop, count in counted.items():
        before = known.get(loop)
        allowed = TOLERANCE.get(loop, USUAL_TOLERANCE)
        good = before is not None and count <= before * (1 + allowed)
        change = f"{count / before - 1:+.1%}, at most +{allowed:.0%}" if before else "not stored: --record"
        if good and count < before * (1 - allowed):
            change += "; fewer than stored: --record, or the next regression hides behind it"
        checks.say(f"instructions of {loop}", good, f"{count:,} ({change})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="limier-check-") as folder:
        scratch = pathlib.Path(folder)
        if not args.record:
            images = make_images(scratch)
            check_chunks(checks, scratch, images)
            check_memory(checks, scratch, images)
            check_parity(checks, scratch, images)
        check_instructions(checks, scratch, args.record)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
