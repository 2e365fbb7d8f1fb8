"""Builds the devices of the bench, each once: what is there is taken.

The aged NTFS device comes from the script beside the corpus (LIMIER_MAKE_DEVICE names another place); everything else is
made here with Debian's own tools. NTFS and exFAT need FUSE and root, exFAT a loop device as well.
"""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "cli"))
import phone  # noqa: E402

MAKE_DEVICE = pathlib.Path(
    os.environ.get("LIMIER_MAKE_DEVICE", HERE.parent.parent / "shared" / "bench" / "make_device.sh")
)
TREE_FILES = 10000
TREE_SIZE = "700M"
MIB = 1 << 20
GIB = 1 << 30


def run(*command, **options):
    print("building:", " ".join(str(part) for part in command)[:150], file=sys.stderr, flush=True)
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, **options)


def built(target, build):
    """`build(path)` under another name first, so that an interrupted build leaves nothing that looks whole."""
    target = pathlib.Path(target)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.stem + ".part" + target.suffix)
        part.unlink(missing_ok=True)
        build(part)
        part.rename(target)
    return target


def acquire(raw, target, compression):
    """An E01 in one segment as an examiner's imager would make it; `target` ends in .E01."""
    run("ewfacquire", "-u", "-q", "-t", str(target)[: -len(".E01")], "-c", compression, "-d", "sha1", "-S", "64GiB", "-C",
        "BENCH", "-D", "benchmark", "-e", "bench", "-E", "1", "-N", "-", "-m", "fixed", "-M", "physical", "-f", "encase6",
        raw)


def aged(folder):
    """bench.raw and bench.E01: 2 GiB of aged NTFS."""
    if not (folder / "bench.E01").exists() or not (folder / "bench.raw").exists():
        if not MAKE_DEVICE.exists():
            sys.exit(f"{MAKE_DEVICE} is not there: it builds the benchmark device (LIMIER_MAKE_DEVICE names another place)")
        run(MAKE_DEVICE, folder)
    return folder / "bench.raw", folder / "bench.E01"


def tree(folder):
    """The files that go onto the other file systems, as a folder of this machine."""
    target = folder / "tree"
    if not target.exists():
        part = folder / "tree.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        run(sys.executable, MAKE_DEVICE.parent / "bench_tree.py", part / "data", "grow", TREE_FILES)
        part.rename(target)
    return target / "data"


class Mounted:
    """A file system in FUSE for the time of a with statement."""

    def __init__(self, command, image, point):
        self.command, self.image, self.point = command, image, pathlib.Path(point)

    def __enter__(self):
        self.point.mkdir(parents=True, exist_ok=True)
        run(*self.command, self.image, self.point)
        return self.point

    def __exit__(self, *unused):
        subprocess.run(["sync", "-f", str(self.point)], check=False)
        subprocess.run(["fusermount", "-u", str(self.point)], check=True)
        while self.image_in_use():
            time.sleep(0.1)
        self.point.rmdir()

    def image_in_use(self):
        return subprocess.run(["pgrep", "-f", f"{self.command[0]}.*{self.image}"], stdout=subprocess.DEVNULL,
                              check=False).returncode == 0


def ext4(folder):
    return built(folder / "ext4.raw", lambda path: run("mke2fs", "-q", "-t", "ext4", "-F", "-L", "BENCH", "-E", "nodiscard",
                                                      "-d", tree(folder), path, TREE_SIZE))


def fat(folder):
    def build(path):
        run("truncate", "-s", TREE_SIZE, path)
        run("mkfs.vfat", "-F", "32", "-n", "BENCH", path)
        run("mcopy", "-s", "-Q", "-i", path, *sorted(tree(folder).iterdir()), "::/")

    return built(folder / "fat32.raw", build)


def exfat(folder):
    def build(path):
        run("truncate", "-s", TREE_SIZE, path)
        run("mkfs.exfat", "-c", "4K", "-L", "BENCH", path)
        # The exFAT of FUSE mounts nothing but block devices.
        loop = subprocess.run(["losetup", "-f", "--show", str(path)], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        try:
            with Mounted(["mount.exfat-fuse"], loop, folder / "mnt-exfat") as mount:
                run("cp", "-r", tree(folder), mount)
        finally:
            subprocess.run(["losetup", "-d", loop], check=True)

    return built(folder / "exfat.raw", build)


def iso(folder):
    return built(folder / "iso9660.raw", lambda path: run("genisoimage", "-quiet", "-R", "-J", "-D", "-o", path,
                                                         tree(folder), stderr=subprocess.DEVNULL))


def hfsplus(folder):
    """Debian has nothing that makes HFS+ but xorriso, which puts one beside ISO 9660: the volume is cut out of that."""

    def build(path):
        hybrid = path.with_suffix(".hybrid")
        run("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", hybrid, tree(folder), stderr=subprocess.DEVNULL)
        with open(hybrid, "rb") as disk:
            start, length = hfs_partition(disk)
            disk.seek(start)
            with open(path, "wb") as volume:
                left = length
                while left > 0:
                    piece = disk.read(min(left, 4 * MIB))
                    if not piece:
                        break
                    volume.write(piece)
                    left -= len(piece)
        hybrid.unlink()

    return built(folder / "hfsplus.raw", build)


def hfs_partition(disk):
    """Start and length, in bytes, of the Apple_HFS entry of an Apple partition map (Inside Macintosh: Devices, chapter 3)."""
    for block_size in (512, 2048):
        for number in range(1, 16):
            disk.seek(number * block_size)
            entry = disk.read(80)
            if entry[:2] == b"PM" and entry[48:80].rstrip(b"\0").startswith(b"Apple_HFS"):
                start, count = struct.unpack(">II", entry[8:16])
                return start * block_size, count * block_size
    raise ValueError("xorriso wrote no HFS+ partition")


def zeros(folder):
    """16 GiB of nothing, acquired as most imagers do it: every chunk of zeros is a few bytes."""

    def build(path):
        raw = path.with_suffix(".raw")
        run("truncate", "-s", str(16 * GIB), raw)
        acquire(raw, path, "fast")
        raw.unlink()

    return built(folder / "zeros.E01", build)


def with_free_space(folder):
    """The aged device with 16 GiB more of free space inside its file system."""

    def build(path):
        raw = path.with_suffix(".raw")
        run("cp", "--sparse=always", folder / "bench.raw", raw)
        run("truncate", "-s", str((folder / "bench.raw").stat().st_size + 16 * GIB), raw)
        run("ntfsresize", "-f", "-f", raw, stdin=subprocess.DEVNULL)
        acquire(raw, path, "fast")
        raw.unlink()

    return built(folder / "free.E01", build)


def with_messages(folder):
    """The aged device with an Android message store on it: 2,000 messages, one of them a threat of these days."""

    def build(path):
        phone.FIRST_MS = int(time.time() * 1000) - 2000 * 60_000
        rows = [phone.row_of(number) for number in range(1, 2000)]
        rows.append(phone.row_of(2000, "morgen schieten we hem neer bij zijn huis, neem het pistool mee"))
        run("cp", "--sparse=always", aged(folder)[0], path)
        with Mounted(["ntfs-3g"], path, folder / "mnt") as point, tempfile.TemporaryDirectory() as store:
            phone.make_store(pathlib.Path(store) / "mmssms.db", rows[:1990], rows[1990:])
            target = point / "data" / "com.android.providers.telephony" / "databases"
            target.mkdir(parents=True)
            for name in ("mmssms.db", "mmssms.db-wal"):
                shutil.copyfile(pathlib.Path(store) / name, target / name)

    return built(folder / "messages.raw", build)


def many(folder, count):
    """The same many small files as NTFS and as ext4."""
    made = folder / f"ntfs-{count}.raw", folder / f"ext4-{count}.raw"
    if not all(path.exists() for path in made):
        run(HERE / "make_many.sh", folder, count)
    return made
