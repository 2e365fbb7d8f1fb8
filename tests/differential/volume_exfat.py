"""exFAT: made by mkfs.exfat, filled and read back through exfat-fuse."""
import os

import entries
from tools import blank, loop_device, mounted, need, run
from trees import Filler, Names

# exfat-fuse shows whole seconds, and takes 2100 for a leap year: from 1 March of it on its dates are a day off.
LAST_TIME = 4107456000  # 2100-02-28
TOLERANCE = {"modified_ns": 10 ** 9}


def fits(name):
    return not set(name) & set('<>:"/\\|?*') and all(ord(c) >= 32 for c in name) and not name.endswith((" ", ".")) and len(name.encode("utf-16-le")) <= 510


def make(random, folder):
    need("mkfs.exfat", "mount.exfat-fuse")
    image = os.path.join(folder, "exfat.img")
    blank(image, random.choice([4, 8, 40, 70]) << 20)
    command = ["mkfs.exfat", "-c", random.choice(["512", "4K", "32K", "128K"]), "-L", random.choice(["", "L", "elevenchars"]), image]
    run(*command)
    with loop_device(image) as device, mounted(device, program=("mount.exfat-fuse",)) as root:
        filler = Filler(random, root, Names(random, fits=fits, fold=True), links=False, hard_links=False, sparse=True, times=(315532800 + 86400, LAST_TIME))
        filler.run(random.randrange(40, 160))
    with loop_device(image) as device, mounted(device, "-o", "ro", program=("mount.exfat-fuse",)) as root:
        expected = entries.read_folder(root, times=("modified_ns",), links=False)
    return {"image": image, "entries": expected, "ever": filler.ever, "what": " ".join(command[1:-1])}
