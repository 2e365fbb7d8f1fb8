#!/usr/bin/env python3
"""Measures limier against the tools an examiner would run instead, side by side on one machine.

  bench/compare.py FOLDER [--rounds 5] [--only PART,...] [--skip PART,...] [--markdown] [--check]

FOLDER keeps the devices; what is missing is built (about 20 GiB with everything, most of it sparse; needs the packages of
`scripts/install-deps --bench`, root and FUSE). Every command runs once unmeasured, so that all of them find a warm page cache,
and then in turn, round by round; a line gives the median of the rounds' ratios. CPU seconds come first: on a shared machine
they repeat to a few per cent, wall time does not. --check runs bench/check.py instead: only what does not depend on the
machine. The exit code is 1 when a line misses what it must reach.
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import devices
import parity
import tools
from rows import HEADER, Line, Paired, least, most
from runs import Run
from tools import LIMIER, loaddb, triage

MIB = 1 << 20
FEW, MANY = 60_000, 1_000_000
OTHERS = ("ext4", "fat", "exfat", "hfsplus", "iso")
# Images of the corpus so small that starting up is all there is to measure.
TINY = ("images/fs/fat12.E01", "images/ewf/ext2.E01", "images/fs/ntfs_index.E01", "images/fs/hfsplus.E01", "images/raw/image.iso",
        "images/fs/exfat_win.E01")


def aged_rows(folder, work):
    raw, e01 = devices.aged(folder)
    full = triage(e01, work / "full")
    verify = f"ewfverify -q {e01}"
    database = work / "tsk.db"
    return [
        Paired("full triage ÷ `ewfverify`", full, [verify], False, most(1.65, 1.25), most(1.0, 0.7)),
        Paired("`tsk_loaddb -h` ÷ full triage", full, [loaddb(e01, database)], True, least(3.4, 4.5), least(5.5, 8.0)),
        Paired("`ewfverify` + `tsk_loaddb -h` + `img_cat \\| md5sum` ÷ full triage", full,
               [verify, loaddb(e01, database), f"img_cat {e01} | md5sum"], True, least(4.5, 6.0)),
        Paired("`limier verify --digests md5` ÷ `ewfverify`", f"{LIMIER} verify {e01} --digests md5 --quiet", [verify], False,
               most(0.8, 0.65), most(0.5, 0.38)),
        Paired("`fls -r -m` ÷ listing only, E01", triage(e01, work / "list", "list"), [f"fls -r -m / {e01}"], True,
               least(8.0, 15.0)),
        Paired("`fls -r -m` ÷ listing only, raw", triage(raw, work / "list", "list"), [f"fls -r -m / {raw}"], True,
               least(1.2, 2.0)),
        Paired("`tsk_loaddb -h` ÷ full triage, raw NTFS", triage(raw, work / "raw"), [loaddb(raw, database)], True,
               least(1.0, 1.5), least(1.0, 1.5)),
    ]


def other_rows(folder, work):
    made = []
    for kind in OTHERS:
        image = getattr(devices, kind)(folder / "devices")
        made.append(Paired(f"`tsk_loaddb -h` ÷ full triage, raw {image.stem}", triage(image, work / kind),
                           [loaddb(image, work / "tsk.db")], True, least(1.0, 1.5), least(1.0, 1.5)))
    return made


def tiny_rows(_folder, work):
    corpus = devices.HERE.parent.parent / "shared" / "corpus"
    images = [corpus / name for name in TINY if (corpus / name).exists()]
    return [
        Paired(f"`tsk_loaddb -h` ÷ full triage, {image.name} ({image.stat().st_size / MIB:.1f} MiB)",
               triage(image, work / "tiny") + " || true", [loaddb(image, work / "tsk.db") + " || true"], True, least(1.0, 1.5),
               least(1.0, 1.5))
        for image in images
    ]


def zero_rows(folder, _work):
    image = devices.zeros(folder)
    return [Paired("16 GiB of zeros: `limier verify --digests md5` ÷ `ewfverify`",
                   f"{LIMIER} verify {image} --digests md5 --quiet", [f"ewfverify -q {image}"], False, most(0.6, 0.4),
                   rounds=3)]


def chunks_line(folder, work):
    _, e01 = devices.aged(folder)
    Run(triage(e01, work / "counted"))
    decoded = int(tools.audit(work / "counted", "triage-finished")["chunks_decoded"])
    ((size, chunk),) = tools.rows(work / "counted", "SELECT size_bytes, chunk_size FROM v_evidence")
    ratio = decoded / -(-size // chunk)
    seeks = tools.audit(work / "counted", "sweep-measured")["seeks_back"]
    bound = most(1.25, 1.10)
    return Line("chunks decoded ÷ chunks in the image", f"{ratio:.3f}", str(bound), bound.verdict(ratio),
                note=f"{decoded} decoded; {seeks} seeks back in the sweep")


def memory_lines(folder, work, rounds):
    _, e01 = devices.aged(folder)
    free = devices.with_free_space(folder)
    few, many = devices.many(folder / "many", FEW)[0], devices.many(folder / "many", MANY)[0]

    def peak(image):
        return statistics.median(Run(triage(image, work / "peak")).peak_bytes for _ in range(min(rounds, 3))) / MIB

    own, larger = peak(e01), peak(free)
    bound, growth = most(384, 192), most(16, 4)
    yield Line("peak memory, all processes together", f"{own:.0f} MiB", str(bound), bound.verdict(own))
    yield Line("its growth for 16 GiB more of free space", f"{larger - own:.1f} MiB", str(growth), growth.verdict(larger - own))
    small, large = peak(few), Run(triage(many, work / "peak")).peak_bytes / MIB
    limit = most(1024, 1024)  # what --memory allows by default
    yield Line(f"its growth from {FEW:,} to {MANY:,} files", f"{large - small:.0f} MiB", "bounded", limit.verdict(large),
               note=f"{small:.0f} → {large:.0f} MiB")


def many_lines(folder, work, rounds):
    for position, kind in enumerate(("NTFS", "ext4")):
        few, many = devices.many(folder / "many", FEW)[position], devices.many(folder / "many", MANY)[position]
        rates = []
        for image in (few, many):
            taken = [Run(triage(image, work / "rate", "list")).cpu for _ in range(min(rounds, 5 if image == few else 2))]
            ((files,),) = tools.rows(work / "rate", "SELECT count(*) FROM v_file")
            rates.append(files / statistics.median(taken))
        bound = least(0.8, 1.0)
        ratio = rates[1] / rates[0]
        yield Line(f"files listed per CPU second, 1,000,000 against 60,000 files, {kind}", f"{ratio:.2f}", str(bound),
                   bound.verdict(ratio), note=f"{rates[1]:,.0f} against {rates[0]:,.0f} per CPU s")


def start_line(_folder, _work, rounds):
    image = devices.HERE.parent / "samples" / "laptop.E01"
    runs = [Run(f"exec {LIMIER} info {image}", watch_memory=False) for _ in range(4 * rounds + 1)]
    taken = sorted(run.wall * 1000 for run in runs)
    bound = most(50, 20)
    median = statistics.median(taken)
    cpu = statistics.median(run.cpu for run in runs) * 1000
    return Line("start-up: `limier info` on a small E01", f"{cpu:.0f} ms", wall=f"{median:.0f} ms", wall_bound=str(bound),
                wall_verdict=bound.verdict(median), note=f"fastest {taken[0]:.0f} ms")


def first_finding_line(folder, work, rounds):
    """When `--progress json` first tells of a finding, against the whole of a listing, on the device with messages."""
    image = devices.with_messages(folder)
    late, listed, told = [], [], []
    for _ in range(rounds):
        listed.append(Run(triage(image, work / "list", "list"), watch_memory=False).wall)
        Run(f"rm -rf {work / 'found'}")
        start = time.monotonic()
        process = subprocess.Popen([LIMIER, "triage", image, "--out", work / "found", "--authority", "bench", "--progress",
                                    "json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        first = next((time.monotonic() - start for line in process.stderr if line.startswith('{"finding"')), None)
        process.communicate()
        if first is None:
            sys.exit("no finding was told on the device with messages")
        told.append(first)
        late.append(first - listed[-1])
    bound = most(2.0, 0.0)
    median = statistics.median(late)
    return Line("first finding, later than a listing ends", "", wall=f"{median:.1f} s", wall_bound=str(bound),
                wall_verdict=bound.verdict(median),
                note=f"told after {statistics.median(told):.1f} s; the listing takes {statistics.median(listed):.1f} s")


def parity_lines(folder, work):
    raw, e01 = devices.aged(folder)
    Run(triage(e01, work / "full"))
    Run(loaddb(raw, work / "tsk.db"))  # the same device, and much faster to read for The Sleuth Kit
    found = parity.media(work / "full", e01)
    yield Line("media digests equal to `ewfverify`", str(found), "all", "goal" if found.ok else "MISSED")
    found = parity.streams(work / "full", work / "tsk.db")
    yield Line("streams equal to `tsk_loaddb -h`, aged NTFS", str(found), "all", "goal" if found.ok else "MISSED",
               note="; ".join(found.differences[:3]))
    for kind in OTHERS:
        image = getattr(devices, kind)(folder / "devices")
        Run(triage(image, work / "other"), ok=None)
        Run(loaddb(image, work / "tsk.db"))
        found = parity.streams(work / "other", work / "tsk.db")
        yield Line(f"streams equal to `tsk_loaddb -h`, {image.stem}", str(found), "all", "goal" if found.ok else "MISSED",
                   note="; ".join(found.differences[:3]))


def stage_lines(work):
    """Where the time of a full triage goes, from its own audit log."""
    stages = tools.audit(work, "stages-measured")
    print("\n| stage | wall s | limier, CPU s | workers, CPU s |\n|---|---|---|---|")
    for name, text in stages.items():
        if "wall_ms=" in text:
            spent = tools.measures(text)
            print(f"| {name} | {spent['wall_ms'] / 1000:.2f} | {spent['cpu_ms'] / 1000:.2f} | "
                  f"{spent['workers_cpu_ms'] / 1000:.2f} |")
    sweep = tools.audit(work, "sweep-measured")
    parts = {name: tools.measures(text)["cpu_us"] / 1e6 for name, text in sweep.items() if "cpu_us=" in text}
    print("\nInside the sweep, CPU s: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in parts.items()))


def lines(args, work):
    """(group, function giving the group's lines) in the order of the table."""

    def paired(make):
        return lambda: (row.measure(args.rounds) for row in make(args.folder, work))

    return [
        ("aged", paired(aged_rows)),
        ("others", paired(other_rows)),
        ("tiny", paired(tiny_rows)),
        ("chunks", lambda: [chunks_line(args.folder, work)]),
        ("memory", lambda: memory_lines(args.folder, work, args.rounds)),
        ("zeros", paired(zero_rows)),
        ("many", lambda: many_lines(args.folder, work, args.rounds)),
        ("start", lambda: [start_line(args.folder, work, args.rounds)]),
        ("finding", lambda: [first_finding_line(args.folder, work, args.rounds)]),
        ("parity", lambda: parity_lines(args.folder, work)),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="groups: aged, others, tiny, chunks, memory, zeros, many, start, finding, parity")
    parser.add_argument("--skip", default="", help="groups to leave out")
    parser.add_argument("--markdown", action="store_true", help="versions and stages too, ready for docs/measurements.md")
    parser.add_argument("--check", action="store_true", help="only what does not depend on the machine (bench/check.py)")
    args = parser.parse_args()
    if args.check:
        return subprocess.run([sys.executable, "-B", str(devices.HERE / "check.py")], check=False).returncode
    args.folder.mkdir(parents=True, exist_ok=True)
    args.folder = args.folder.resolve()
    only, skip = ({part for part in text.split(",") if part} for text in (args.only, args.skip))
    work = pathlib.Path(tempfile.mkdtemp(prefix="limier-bench-"))
    missed = 0
    try:
        for name, text in tools.versions():
            print(f"- {name}: {text}")
        print("\n" + HEADER, flush=True)
        for group, make in lines(args, work):
            if (only and group not in only) or group in skip:
                continue
            for line in make():
                missed += line.missed
                print(line.markdown(), flush=True)
        if args.markdown and (work / "full" / "audit.jsonl").exists():
            stage_lines(work / "full")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{missed} line(s) missed what they must reach." if missed else "\nEvery line reached what it must.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
