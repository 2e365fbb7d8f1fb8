"""ISO 9660 with Rock Ridge and Joliet: made by genisoimage and xorriso, read back by bsdtar."""
import os
import tempfile

import entries
from tools import need, run
from trees import Filler, Names

TOLERANCE = {"modified_ns": 10 ** 9}


def fits(name):
    return "/" not in name and "\\" not in name and all(ord(c) >= 32 for c in name) and len(name.encode()) <= 200


def make(random, folder):
    need("genisoimage", "xorriso", "bsdtar")
    image = os.path.join(folder, "disc.iso")
    with tempfile.TemporaryDirectory() as source:
        maker = random.choice([["genisoimage", "-quiet"], ["xorriso", "-as", "mkisofs", "-quiet"]])
        options = random.choice([[], ["-J"], ["-J", "-joliet-long"], ["-iso-level", "3"], ["-iso-level", "4"], ["-D"]])
        # genisoimage gives up on a name that UCS-2 cannot hold.
        narrow = maker[0] == "genisoimage" and "-J" in options
        names = Names(random, fits=lambda name: fits(name) and not (narrow and max(map(ord, name), default=0) > 0xFFFF))
        filler = Filler(random, source, names, hard_links=False, times=(0, 4102444799), largest=300_000)
        filler.run(random.randrange(20, 120))
        command = [*maker, "-R", *options, "-o", image, source]
        if maker[0] == "genisoimage" and "4" not in options:  # level 4 takes names as they are
            command[1:1] = ["-input-charset", "utf-8"]
        run(*command)
        put_in = entries.read_folder(source, links=False)
    with tempfile.TemporaryDirectory() as out:
        run("bsdtar", "-xpf", image, "-C", out)
        expected = entries.read_folder(out, times=("modified_ns",), links=False, skip=(b"/rr_moved",))
        run("chmod", "-R", "u+rwx", out)
    for path, entry in expected.items():
        # bsdtar loses a slash where a target continues in another record; there, what was put in is the truth.
        target = put_in[path].target if path in put_in else None
        if entry.target and target and entry.target.replace(b"/", b"") == target.replace(b"/", b""):
            entry.target = target.rstrip(b"/")
    return {"image": image, "entries": expected, "ever": filler.ever, "what": " ".join(command[:-3])}
