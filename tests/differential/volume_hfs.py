"""HFS+: the tree that xorriso writes beside an ISO 9660 one, cut out by its place in the Apple partition map, read back by 7z."""
import os
import struct
import tempfile

import entries
from tools import need, run
from trees import Filler, Names

TOLERANCE = {"modified_ns": 10 ** 9}


def fits(name):
    # xorriso stores what it is given; HFS+ holds names decomposed, which 7z shows as they stand.
    return not set(name) & set("/\\:") and all(32 <= ord(c) < 127 for c in name) and len(name) <= 200


def partition(disc):
    """Start and size in bytes of the HFS+ partition (Inside Macintosh: Devices, "The Partition Map")."""
    for number in range(1, 64):
        for sector in (512, 2048):
            at = number * sector
            if disc[at:at + 2] == b"PM" and disc[at + 48:at + 57] == b"Apple_HFS":
                start, count = struct.unpack(">II", disc[at + 8:at + 16])
                for unit in (512, 2048):
                    if disc[start * unit + 1024:start * unit + 1026] in (b"H+", b"HX"):
                        return start * unit, count * unit
    raise RuntimeError("no HFS+ partition was written")


def make(random, folder):
    need("xorriso", "7z")
    image = os.path.join(folder, "hfs.img")
    disc = os.path.join(folder, "disc.iso")
    with tempfile.TemporaryDirectory() as source:
        filler = Filler(random, source, Names(random, fits=fits, fold=True), hard_links=False, times=(0, 2082844799), largest=300_000,
                        targets=["target", "t" * 60, "long/" * 40])  # 7z extracts no link that leads out
        filler.run(random.randrange(20, 120))
        run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-hfsplus", "-o", disc, source)
    with open(disc, "rb") as file:
        data = file.read()
    start, size = partition(data)
    with open(image, "wb") as file:
        file.write(data[start:start + size])
    with tempfile.TemporaryDirectory() as out:
        run("7z", "x", "-y", "-snl", f"-o{out}", image)
        inner = [os.path.join(out, name) for name in os.listdir(out)]
        expected = entries.read_folder(inner[0] if len(inner) == 1 and os.path.isdir(inner[0]) else out, times=("modified_ns",), links=False)
    for entry in expected.values():
        if entry.kind != "file":
            entry.modified_ns = None  # 7z leaves the time of extraction
    return {"image": image, "entries": expected, "ever": filler.ever, "what": "xorriso -hfsplus"}
