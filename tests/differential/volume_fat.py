"""FAT12, FAT16 and FAT32: made by mkfs.vfat, filled by mtools, read back by mtools and 7z."""
import os
import re
import tempfile

import entries
from tools import blank, need, run
from trees import Filler, Names

TOLERANCE = {"modified_ns": 2 * 10 ** 9}


def fits(name):
    return (not set(name) & set('<>:"/\\|?*;+=,[]$~`\'%') and all(32 <= ord(c) < 127 for c in name) and not name.endswith((" ", ".")) and not name.startswith((" ", ".", "-"))
            and not re.match(r"(?i)(con|nul|aux|prn|com\d|lpt\d)(\.|$)", name) and len(name) <= 200)


def make(random, folder):
    need("mkfs.vfat", "mcopy", "mdel", "7z")
    image = os.path.join(folder, "fat.img")
    bits = random.choice([12, 16, 32])
    sector = 512  # what mtools writes without fail
    clusters = {12: 3000, 16: 12000, 32: 70000}[bits]
    per = random.choice({12: [1, 2, 8], 16: [1, 2], 32: [1]}[bits])
    blank(image, (clusters * per + {12: 80, 16: 400, 32: 1400}[bits]) * sector)
    command = ["mkfs.vfat", "-F", bits, "-S", sector, "-s", per, "-f", random.choice([1, 2]), "-n", "LABEL", image]
    run(*command)
    environment = {"MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"}
    ever = set()
    with tempfile.TemporaryDirectory() as source:
        filler = Filler(random, source, Names(random, fits=fits, fold=True), links=False, hard_links=False, sparse=False, times=(315532800 + 86400, 4102444799), largest=300_000)
        filler.run(random.randrange(30, 90))
        tops = sorted(os.listdir(source))
        for name in tops:
            run("mcopy", "-i", image, "-s", "-m", "-o", os.path.join(source, name), "::/", env=environment)
        for name in tops:
            path = os.path.join(source, name)
            if os.path.isfile(path) and random.random() < 0.3:
                ever.add(entries.sha256_of(path))
                run("mdel", "-i", image, "::/" + name.replace("[", "\\["), env=environment)
    with tempfile.TemporaryDirectory() as out:
        run("7z", "x", "-y", f"-o{out}", image)
        expected = entries.read_folder(out, times=("modified_ns",), links=False)
    for entry in expected.values():
        if entry.kind == "dir":
            entry.modified_ns = None  # 7z leaves the time of extraction
    return {"image": image, "entries": expected, "ever": ever | filler.ever, "what": " ".join(map(str, command[1:-1]))}
