"""The undamaged images: made here by the tools of each file system, unpacked from samples/, and taken from the corpus
beside the checkout where it is found."""
import mmap
import os
import pathlib
import random
import struct
import subprocess
import sys
from dataclasses import dataclass, field

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import images
from support import CORPUS, NO_CORPUS, SAMPLES

import regions

MIB = 1 << 20
SET_IDENTIFIER = "11111111-2222-3333-4444-555555555555"
LABEL = "proof"


@dataclass
class Seed:
    name: str
    family: str  # what is damaged: a finder's name, "disk" or "ewf"
    files: list
    parts: list = field(default_factory=list)  # (finder, byte offset)
    media: pathlib.Path = None  # of an E01: the bytes it was made from
    found: dict = field(default_factory=dict)

    def regions_of(self, part):
        if part not in self.found:
            finder, base = part
            with open(self.files[0], "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                inside = [r for r in regions.FINDERS[finder](data, base) if 0 <= r.offset < len(data) and r.length > 0]
            if not inside:
                raise AssertionError(f"{self.name}: no {finder} metadata found")
            self.found[part] = inside
        return self.found[part]


def tree(folder, count, seed):
    """Files and folders with what file systems differ in: sizes, depth, long names, letters outside ASCII."""
    rng = random.Random(seed)
    folder = pathlib.Path(folder)
    paths = []
    for number in range(count):
        depth = rng.choice([0, 0, 1, 1, 2, 3])
        parts = [f"folder {rng.randrange(4)}" for _ in range(depth)]
        stem = rng.choice(["note", "Überblick", "a long name of a file that needs several entries", "photo", "写真"])
        path = folder.joinpath(*parts, f"{stem} {number}.bin")
        path.parent.mkdir(parents=True, exist_ok=True)
        size = rng.choice([0, 10, 700, 700, 3000, 20000, 70000])
        path.write_bytes(rng.randbytes(size // 2) + images.prose(size - size // 2, number))
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
        paths.append(path)
    return paths


def ext(path, source, size, *options):
    images.run("mkfs.ext4", "-q", "-F", "-U", SET_IDENTIFIER, "-E", f"hash_seed={SET_IDENTIFIER}", "-L", LABEL, *options,
               "-d", source, path, f"{size // 1024}k")
    victims = [entry for entry in sorted(source.iterdir()) if entry.is_file()][:2]
    commands = "".join(f'rm "/{entry.name}"\n' for entry in victims)
    script = path.with_suffix(".debugfs")
    script.write_text(commands, encoding="utf-8")
    images.run("debugfs", "-w", "-f", script, path)
    script.unlink()


def fat(path, source, size, bits, per_cluster):
    images.run("mkfs.vfat", "-F", bits, "-s", per_cluster, "-i", "12345678", "-n", "PROOF", images.blank(path, size))
    fill_fat(path, source, 0)


def fill_fat(path, source, offset):
    where = f"{path}@@{offset}"
    for entry in sorted(source.iterdir()):
        images.run("mcopy", "-s", "-m", "-i", where, entry, "::/")
    victims = [entry for entry in sorted(source.iterdir()) if entry.is_file()][:2]
    for entry in victims:
        images.run("mdel", "-i", where, "::/" + entry.name)


def ntfs(path, source, size, cluster):
    images.mkntfs(path, size, cluster)
    for entry in sorted(source.iterdir()):
        if entry.is_file():
            images.run("ntfscp", "-f", "-q", path, entry, entry.name)


def exfat(path, source, size):
    """mkfs.exfat makes it; the files are put in by hand, each into one run of clusters, all into the root folder."""
    images.run("mkfs.exfat", "-c", 4096, images.blank(path, size))
    data = bytearray(path.read_bytes())
    sector = 1 << data[108]
    cluster = sector << data[109]
    heap, root = regions.le32(data, 88) * sector, regions.le32(data, 96)
    at = heap + (root - 2) * cluster
    entries = at
    while data[entries]:
        if data[entries] == 0x81:
            bitmap = heap + (regions.le32(data, entries + 20) - 2) * cluster
        entries += 32
    following = root + 1
    for source_path in sorted(p for p in source.rglob("*") if p.is_file()):
        content, name = source_path.read_bytes(), source_path.name.encode("utf-16-le")
        needed = -(-len(content) // cluster)
        names = -(-len(name) // 30)
        group = bytearray(32 * (2 + names))
        struct.pack_into("<BBHHHIII", group, 0, 0x85, 1 + names, 0, 0x20, 0, 0x58000000, 0x58000000, 0x58000000)
        struct.pack_into("<BBBBHHQIIQ", group, 32, 0xC0, 3 if needed else 1, 0, len(name) // 2, 0, 0, len(content), 0,
                         following if needed else 0, len(content))
        for number in range(names):
            group[64 + 32 * number] = 0xC1
            piece = name[30 * number : 30 * number + 30]
            group[66 + 32 * number : 66 + 32 * number + len(piece)] = piece
        if entries + len(group) > at + cluster:
            break
        data[entries : entries + len(group)] = group
        entries += len(group)
        place = heap + (following - 2) * cluster
        data[place : place + len(content)] = content
        for number in range(following - 2, following - 2 + needed):
            data[bitmap + number // 8] |= 1 << number % 8
        following += needed
    path.write_bytes(data)
    seal_sets(path, at, cluster)


def seal_sets(path, at, length):
    import mutate

    patch = mutate.Patch(path)
    mutate.seal_exfat_sets(patch, regions.Region("", at, length, 32), 0)
    patch.close()


def iso(path, source, *options):
    images.run("genisoimage", "-quiet", "-V", "PROOF", "-input-charset", "utf-8", *options, "-o", path, source)


def ufs(path, source, *options):
    images.run("makefs", "-t", "ffs", "-b", "20%", "-f", "20%", *options, path, source)


def partition_at(image, volume, sector):
    with open(image, "r+b") as stream:
        stream.seek(sector * 512)
        stream.write(volume.read_bytes())


def disk_gpt(path, volumes):
    """volumes: [(finder, image, first sector)]"""
    images.blank(path, (volumes[-1][2] * 512 + volumes[-1][1].stat().st_size + MIB))
    arguments = ["-o", "-U", SET_IDENTIFIER]
    for number, (_, image, first) in enumerate(volumes, 1):
        last = first + image.stat().st_size // 512 - 1
        arguments += ["-n", f"{number}:{first}:{last}", "-t", f"{number}:0700", "-u", f"{number}:{SET_IDENTIFIER[:-1]}{number}"]
    images.run("sgdisk", "-a", "1", *arguments, path)
    for _, image, first in volumes:
        partition_at(path, image, first)


def disk_mbr(path, volumes):
    images.blank(path, (volumes[-1][2] * 512 + volumes[-1][1].stat().st_size + MIB))
    table = bytearray(512)
    for number, (kind, image, first) in enumerate(volumes):
        mark = {"fat": 0x06, "ntfs": 0x07}.get(kind, 0x83)
        struct.pack_into("<B3sB3sII", table, 446 + 16 * number, 0, b"\0\2\0", mark, b"\xff\xff\xff", first,
                         image.stat().st_size // 512)
    table[510:] = b"\x55\xaa"
    images.patch(path, 0, bytes(table))
    for _, image, first in volumes:
        partition_at(path, image, first)


def acquire(media, folder, name, *options):
    target = folder / name
    target.mkdir()
    images.run("ewfacquire", "-u", "-q", "-t", target / name, "-e", "nobody", "-C", "1", "-E", "1", "-D", "proof",
               "-N", "", *options, media)
    return sorted(target.iterdir(), key=lambda p: p.suffix)


def unpacked(source, target):
    with open(target, "wb") as stream:
        subprocess.run(["img_cat", str(source)], stdout=stream, check=True)
    subprocess.run(["fallocate", "-d", str(target)], check=False, capture_output=True)
    return target


CORPUS_SEEDS = [  # name, image, finder, byte offset
    ("hfs+ 4M", "images/fs/hfsplus.E01", "hfs", 0),
    ("apfs 4M", "images/fs/apfs.E01", "apfs", 0),
    ("ntfs 10M", "images/ewf/test.ntfs.dd.E01", "ntfs", 0),
    ("ntfs 64M", "images/fs/ntfs3.E01", "ntfs", 0),
    ("exfat 6M", "images/fs/exfat_win.E01", "exfat", 0),
    ("exfat 16M", "images/fs/exfat_orphan.E01", "exfat", 0),
    ("fat12 4M", "images/fs/fat12.E01", "fat", 0),
    ("fat32 64M", "images/fs/fat_lfn_test.E01", "fat", 0),
    ("ufs2 5M", "images/fs/ufs2_ffs.E01", "ufs", 0),
    ("ext4 16M", "images/generated/ext4_kernel_deleted.E01", "ext", 0),
    ("ext3 16M", "images/generated/ext3_kernel_deleted.E01", "ext", 0),
]


def made_volumes(folder):
    """[(name, finder, image)] of single volumes."""
    small, middle, large = (folder / f"tree{n}" for n in (1, 2, 3))
    for number, (target, count) in enumerate(((small, 12), (middle, 60), (large, 250))):
        tree(target, count, number)
    volumes = []

    def add(name, finder, build, *arguments):
        path = folder / (name.replace(" ", "-") + ".dd")
        build(path, *arguments)
        volumes.append((name, finder, path))

    add("ext2 2M", "ext", ext, small, 2 * MIB, "-t", "ext2", "-b", 1024)
    add("ext2 8M", "ext", ext, middle, 8 * MIB, "-t", "ext2", "-b", 1024)
    add("ext3 6M", "ext", ext, small, 6 * MIB, "-t", "ext3", "-b", 1024)
    add("ext4 4M", "ext", ext, small, 4 * MIB, "-b", 1024)
    add("ext4 24M", "ext", ext, large, 24 * MIB, "-b", 4096)
    add("fat12 1440K", "fat", fat, small, 1440 * 1024, 12, 1)
    add("fat16 9M", "fat", fat, middle, 9 * MIB, 16, 2)
    add("fat32 34M", "fat", fat, middle, 34 * MIB, 32, 1)
    add("exfat 4M", "exfat", exfat, small, 4 * MIB)
    add("ntfs 3M", "ntfs", ntfs, small, 3 * MIB, 512)
    add("ntfs 12M", "ntfs", ntfs, middle, 12 * MIB, 4096)
    add("iso level 1", "iso", iso, small)
    add("iso rock ridge", "iso", iso, middle, "-R", "-iso-level", "3")
    add("iso joliet", "iso", iso, middle, "-J", "-R")
    add("ufs1 2M", "ufs", ufs, small, "-B", "le", "-o", "version=1,bsize=8192,fsize=1024")
    add("ufs1 big-endian", "ufs", ufs, middle, "-B", "be", "-o", "version=1,bsize=8192,fsize=1024")
    add("ufs2 64K", "ufs", ufs, middle, "-B", "le", "-o", "version=2,bsize=65536,fsize=8192")
    return volumes


def made_disks(folder, by_name):
    disks = []
    for name, build, table, members in (
        ("gpt ext4+fat16+ntfs", disk_gpt, "gpt", ("ext4 4M", "fat16 9M", "ntfs 3M")),
        ("gpt exfat", disk_gpt, "gpt", ("exfat 4M", "ext2 2M")),
        ("mbr fat12+ext2", disk_mbr, "mbr", ("fat12 1440K", "ext2 2M")),
        ("mbr ntfs+ext3+fat32", disk_mbr, "mbr", ("ntfs 3M", "ext3 6M", "fat32 34M")),
    ):
        first, volumes = 2048, []
        for member in members:
            finder, image = by_name[member]
            volumes.append((finder, image, first))
            first += -(-image.stat().st_size // 512) + 64
        path = folder / (name.replace(" ", "-") + ".dd")
        build(path, volumes)
        # The table is damaged as often as all volumes together.
        parts = [(table, 0)] * len(volumes) + [(finder, start * 512) for finder, _, start in volumes]
        disks.append(Seed(name, "disk", [path], parts))
    return disks


def made_sets(folder, by_name):
    sets = []
    for name, member, options in (
        ("e01 plain", "ext2 2M", ("-c", "none", "-f", "encase6")),
        ("e01 deflate", "ntfs 3M", ("-c", "fast", "-f", "encase6")),
        ("e01 zero blocks", "fat16 9M", ("-c", "empty-block", "-f", "encase5")),
        ("e01 ftk", "ext4 4M", ("-c", "best", "-f", "ftk")),
        ("e01 encase 2", "ext2 2M", ("-c", "none", "-f", "encase2")),
        ("e01 small chunks", "ext4 4M", ("-c", "fast", "-f", "encase6", "-b", "16")),
        ("e01 split plain", "ext2 8M", ("-c", "none", "-f", "encase6", "-S", str(MIB + 300_000))),
        ("e01 split deflate", "ext4 24M", ("-c", "fast", "-f", "encase6", "-S", str(MIB))),
        ("e01 split linen", "fat32 34M", ("-c", "fast", "-f", "linen6", "-S", str(MIB))),
        ("smart", "fat12 1440K", ("-c", "fast", "-f", "smart")),
    ):
        media = by_name[member][1]
        sets.append(Seed(name, "ewf", acquire(media, folder, name.replace(" ", "-"), *options), media=media))
    return sets


def build(folder):
    """All seeds, in an order that does not change; those of the corpus only where it is."""
    folder = pathlib.Path(folder)
    volumes = made_volumes(folder)
    if not CORPUS.exists():
        print(NO_CORPUS, file=sys.stderr)
    for name, image, finder, offset in CORPUS_SEEDS:
        if (CORPUS / image).exists() and offset == 0:
            volumes.append((name, finder, unpacked(CORPUS / image, folder / (name.replace(" ", "-") + ".dd"))))
    laptop = unpacked(SAMPLES / "laptop.E01", folder / "laptop.dd")
    by_name = {name: (finder, image) for name, finder, image in volumes}
    seeds = [Seed(name, finder, [image], [(finder, 0)]) for name, finder, image in volumes]
    for member in ("hfs+ 4M", "apfs 4M"):  # the second size of what only the corpus has: inside a larger disk
        if member in by_name:
            finder, image = by_name[member]
            path = folder / f"disk-{finder}.dd"
            disk_gpt(path, [("ext", by_name["ext4 4M"][1], 2048), (finder, image, 2048 + 8192 + 64)])
            seeds.append(Seed(f"gpt {member}", "disk", [path], [(finder, (2048 + 8192 + 64) * 512)]))
    seeds.append(Seed("laptop sample", "disk", [laptop], [("gpt", 0), ("fat", 2048 * 512), ("ntfs", ntfs_start(laptop))]))
    seeds += made_disks(folder, by_name)
    return seeds + made_sets(folder, by_name)


def ntfs_start(image):
    with open(image, "rb") as stream:
        data = stream.read()
    at = next(at for at in range(0, len(data), 512) if data[at + 3 : at + 11] == b"NTFS    ")
    return at
