"""Images built at test time by independent tools, and the bytes that were put into them."""
import contextlib
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
SECTOR = 512


def tool(name):
    path = shutil.which(name, path=SBIN)
    if path is None:
        raise AssertionError(f"{name} is not installed (scripts/install-deps --tests installs it)")
    return path


def run(name, *arguments, **options):
    done = subprocess.run(
        [tool(name), *map(str, arguments)],
        stdin=options.pop("stdin", subprocess.DEVNULL),
        capture_output=True,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        timeout=120,
        check=False,
        **options,
    )
    if done.returncode != 0:
        raise AssertionError(f"{name} {arguments}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def blank(path, size):
    with open(path, "wb") as stream:
        stream.truncate(size)
    return pathlib.Path(path)


def patch(path, offset, data):
    with open(path, "r+b") as stream:
        stream.seek(offset)
        stream.write(data)


def read(path, offset, length):
    with open(path, "rb") as stream:
        stream.seek(offset)
        return stream.read(length)


def noise(length, seed=1):
    return random.Random(seed).randbytes(length)


def prose(length, seed=1):
    """Text that compresses well and never repeats exactly."""
    source = random.Random(seed)
    words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz", k=source.randint(3, 9))) for _ in range(400)]
    return b" ".join(source.choices(words, k=length // 4 + 1))[:length]


@contextlib.contextmanager
def ntfs_mounted(image):
    """The image mounted through FUSE, with compression; skipped where this system lets nobody mount."""
    driver = tool("ntfs-3g")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise unittest.SkipTest("no access to /dev/fuse")
    with tempfile.TemporaryDirectory(prefix="limier-mount-") as point:
        done = subprocess.run(
            [driver, "-o", "compression,streams_interface=windows", str(image), point],
            capture_output=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise unittest.SkipTest("this system does not let ntfs-3g mount: " + done.stderr.decode(errors="replace"))
        try:
            yield pathlib.Path(point)
        finally:
            run("umount", point)


def mkntfs(path, size, cluster=4096):
    run("mkntfs", "-q", "-F", "-c", cluster, "-s", SECTOR, "-p", 0, "-H", 16, "-S", 63, blank(path, size))
    return pathlib.Path(path)


def ntfs_attribute_headers(image, inode, wanted):
    """(image offset of the header, header) of an MFT record's attributes of one type; libtsk is not asked."""
    boot = read(image, 0, 512)
    cluster = struct.unpack_from("<H", boot, 11)[0] * boot[13]
    record_size = struct.unpack_from("<b", boot, 64)[0]
    record_size = 1 << -record_size if record_size < 0 else record_size * cluster
    base = struct.unpack_from("<Q", boot, 48)[0] * cluster + inode * record_size
    record = read(image, base, record_size)
    assert record[:4] == b"FILE", f"no MFT record {inode}"
    at, found = struct.unpack_from("<H", record, 20)[0], []
    while True:
        kind, length = struct.unpack_from("<II", record, at)
        if kind == 0xFFFFFFFF:
            return found
        if kind == wanted:
            found.append((base + at, record[at : at + length]))
        at += length
