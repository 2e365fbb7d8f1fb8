"""NTFS: made by mkntfs, filled and read back through ntfs-3g."""
import contextlib
import os
import struct

import entries
from tools import blank, mounted, need, run
from trees import Filler, Names

TOLERANCE = {}
COLUMNS = ("created_ns", "modified_ns", "accessed_ns", "changed_ns")


def read_times(root, expected):
    """The four times in units of 100 ns since 1601; stat loses the fractions of those before 1970."""
    for path, entry in expected.items():
        units = struct.unpack(">4Q", os.getxattr(os.fsencode(root) + path, "system.ntfs_times_be", follow_symlinks=False))
        for column, count in zip(COLUMNS, units):
            nanoseconds = (count - 11644473600 * 10**7) * 100
            setattr(entry, column, nanoseconds if -2**63 <= nanoseconds < 2**63 else None)


def fits(name):
    return not set(name) & set('<>:"/\\|?*') and all(ord(c) >= 32 for c in name) and not name.endswith((" ", ".")) and len(name.encode("utf-16-le")) <= 510


def make(random, folder):
    need("mkntfs", "ntfs-3g")
    image = os.path.join(folder, "ntfs.img")
    sector = random.choice([512, 512, 512, 1024, 4096])
    cluster = random.choice([c for c in (512, 1024, 2048, 4096, 4096, 8192, 65536, 131072, 2097152) if c >= sector])
    size = 64 if cluster > 65536 else random.choice([12, 24])
    blank(image, size << 20)
    command = ["mkntfs", "-q", "-F", "-f", "-s", sector, "-c", cluster, "-p", 0, "-H", 16, "-S", 63, image]
    compress = cluster <= 4096 and random.random() < 0.4
    if compress:
        command.insert(1, "-C")
    run(*command)
    with mounted(image, "-o", "compression,streams_interface=xattr", program=("ntfs-3g",)) as root:
        filler = Filler(random, root, Names(random, fits=fits, fold=True), times=(-11644473600 + 86400, 9223372036), xattrs=False)
        filler.run(random.randrange(40, 200))
        if cluster > 4096 and filler.files:
            # Several blocks of the root folder's index in one cluster, with names that are not the first of their record.
            for number in range(80):
                with contextlib.suppress(OSError):  # the volume may be full
                    os.link(filler.path(filler.files[0]), filler.path(f"link {number:02} of many to one file"))
        streams = {}
        for inner in filler.files[:10]:
            data = random.randbytes(random.choice([1, 300, 5000]))
            try:
                os.setxattr(filler.path(inner), "user.ads", data)
                streams[os.fsencode("/" + inner)] = data
            except OSError:
                pass
    with mounted(image, "-o", "ro", program=("ntfs-3g",)) as root:
        expected = entries.read_folder(root, times=(), links=False)
        read_times(root, expected)
    return {"image": image, "entries": expected, "ever": filler.ever, "what": " ".join(map(str, command[1:-1]))}
