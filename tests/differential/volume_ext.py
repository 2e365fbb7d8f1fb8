"""ext2, ext3 and ext4: made by mke2fs, filled and read back by the kernel; creation times by debugfs."""
import os
import re
import shutil

import entries
from tools import Missing, blank, mounted, need, run
from trees import Filler, Names

TOLERANCE = {}


def options(random):
    """A format that mke2fs and the kernel take, with the whole list of what the format can do."""
    version = random.choice(["ext2", "ext3", "ext4", "ext4", "ext4", "ext4"])
    block = random.choice([1024, 2048, 4096])
    inode = random.choice([128, 256, 256, 512, 1024])
    command = ["mke2fs", "-q", "-F", "-t", version, "-b", block, "-I", min(inode, block), "-m", "0", "-E", "lazy_itable_init=0"]
    features = []
    if version == "ext4":
        for feature, chance in (("inline_data", 0.5), ("64bit", 0.3), ("^64bit", 0.2), ("metadata_csum", 0.3), ("^metadata_csum", 0.3), ("bigalloc", 0.2), ("quota", 0.2),
                                ("meta_bg,^resize_inode", 0.1), ("sparse_super2,^resize_inode", 0.1), ("^flex_bg", 0.2), ("large_dir", 0.2), ("^has_journal", 0.2), ("project,quota", 0.1),
                                ("^extents", 0.1), ("ea_inode", 0.2), ("^huge_file", 0.1), ("^dir_index", 0.2), ("^filetype", 0.1), ("metadata_csum_seed,metadata_csum", 0.1),
                                ("uninit_bg,^metadata_csum", 0.1), ("encrypt", 0.1), ("verity", 0.1)):
            if random.random() < chance:
                features.append(feature)
    elif version == "ext2" and random.random() < 0.3:
        command += ["-r", "0"]
        command[command.index("-I") + 1] = 128
    if features:
        command += ["-O", ",".join(features)]
    if "bigalloc" in features:
        command += ["-C", block * random.choice([4, 16])]
    return command


def created(image, paths):
    """Creation times by debugfs: {path: ns}."""
    found = {}
    for path in paths:
        text = run("debugfs", "-R", f'stat "{path.decode("utf-8", "surrogateescape")}"', image).decode("utf-8", "replace")
        match = re.search(r"crtime: 0x([0-9a-f]+)(?::([0-9a-f]+))?", text)
        if match:
            extra = int(match[2] or "0", 16)
            seconds = int(match[1], 16)
            seconds = (seconds - (1 << 32) if seconds >= 1 << 31 else seconds) + ((extra & 3) << 32)
            found[path] = seconds * 10 ** 9 + (extra >> 2)
    return found


def make(random, folder):
    need("mke2fs", "debugfs")
    image = os.path.join(folder, "ext.img")
    while True:
        blank(image, random.choice([8, 16, 40]) << 20)
        try:
            command = options(random)
            run(*command, image)
            break
        except RuntimeError:
            continue  # features that exclude each other
    unlinked = None
    revision_0 = "-r" in command
    late = 15032385535 if int(command[command.index("-I") + 1]) > 128 else 2147483647
    with mounted(image, "-o", "loop,user_xattr" if not revision_0 else "loop") as root:
        filler = Filler(random, root, Names(random, fits=lambda n: "\0" not in n and "/" not in n), xattrs=not revision_0, times=(-2147483648, late))
        filler.run(random.randrange(40, 200))
    with mounted(image, "-o", "ro,loop") as root:
        expected = entries.read_folder(root, xattrs=not revision_0)
    births = created(image, [p for p in expected if b'"' not in p and b"\\" not in p][:40])
    for path, born in births.items():
        expected[path].created_ns = born
    if shutil.which("e2fsck"):
        try:
            run("e2fsck", "-fn", image)
        except RuntimeError as error:  # some kernels write what e2fsck calls damage
            raise Missing(f"not sound by e2fsck: {error}") from error
    return {"image": image, "entries": expected, "ever": filler.ever, "what": " ".join(map(str, command[3:])), "unlinked": unlinked}
