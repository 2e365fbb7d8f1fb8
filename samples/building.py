"""What the samples are made with: contents, file systems, partition tables, containers and their truth.

Every file system is written by tools that share nothing with limier: ntfs-3g, mtools, mke2fs and debugfs, ewfacquire.
"""
import hashlib
import io
import json
import os
import pathlib
import random
import sqlite3
import struct
import subprocess
import tempfile
import time
import uuid
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone

KIB, MIB, SECTOR = 1024, 1024 * 1024, 512
# When the made-up devices were last used; every clock stands here while an image is written.
CLOCK = int(datetime(2024, 5, 17, 18, 30, tzinfo=timezone.utc).timestamp())


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


def iso(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def held_clock():
    library = next(pathlib.Path("/usr/lib").rglob("libfaketime.so.1"))
    return {
        **os.environ,
        "LD_PRELOAD": str(library),
        "NO_FAKE_STAT": "1",
        "FAKETIME": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(CLOCK)),
    }


def run(*command, stdin=None, frozen=False):
    done = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        env=held_clock() if frozen else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed ({done.returncode}):\n{done.stdout.decode(errors='replace')}")
    return done.stdout


@dataclass
class File:
    path: str
    data: bytes
    mtime: int
    atime: int = 0
    crtime: int = 0
    kind: str = "file"  # file, stream, hardlink, symlink
    deleted: str = ""  # "", "recovered" or "overwritten"
    target: str = ""  # of a hard or symbolic link
    features: tuple = ()  # "compressed", "sparse"
    mode: int = 0o660
    uid: int = 0
    gid: int = 0
    xattrs: dict = field(default_factory=dict)

    def truth(self, zone, ctime):
        row = {"path": self.path, "kind": self.kind, "deleted": bool(self.deleted), "size": len(self.data)}
        if self.kind != "symlink":
            row.update(
                md5=hashlib.md5(self.data).hexdigest(),
                sha1=hashlib.sha1(self.data).hexdigest(),
                sha256=hashlib.sha256(self.data).hexdigest(),
            )
        if self.deleted:
            row["content"] = self.deleted
        if self.target:
            row["target"] = self.target
        if self.features:
            row["features"] = list(self.features)
        if self.xattrs:
            row["xattrs"] = self.xattrs
        row["times"] = {"zone": zone, "modified": iso(self.mtime)}
        if zone == "utc":
            row["times"].update(accessed=iso(self.atime or self.mtime), created=iso(self.crtime or self.mtime))
            if ctime:
                row["times"]["changed"] = iso(ctime)
        return row


# ---- contents ------------------------------------------------------------------------------------------------------


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def prose(size, seed):
    words = "the a ledger courier harbour key meeting north grey van parcel signed later before photograph account"
    words = (words + " list").split()
    chooser = random.Random(seed)
    text = io.StringIO()
    while text.tell() < size:
        text.write(" ".join(chooser.choice(words) for _ in range(11)).capitalize() + ".\n")
    return text.getvalue().encode()[:size]


def picture(width, height, seed):
    """A PNG of a seeded gradient: a real picture, small and valid."""
    shift = random.Random(seed).randrange(256)
    rows = b"".join(
        b"\0" + bytes(channel for x in range(width) for channel in ((x + shift) % 256, (y * 3) % 256, (x * y) % 256))
        for y in range(height)
    )

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def archive(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in members:
            container.writestr(zipfile.ZipInfo(name, (2024, 4, 2, 9, 0, 0)), data)
    return buffer.getvalue()


def messages():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.db")
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE message(_id INTEGER PRIMARY KEY, thread TEXT, sent INTEGER, body TEXT)")
            database.executemany(
                "INSERT INTO message VALUES(?,?,?,?)",
                [
                    (
                        number,
                        f"thread-{number % 3}",
                        (CLOCK - 9000 * number) * 1000,
                        f"message {number}: at the harbour",
                    )
                    for number in range(1, 40)
                ],
            )
        database.close()
        return pathlib.Path(path).read_bytes()


# ---- file systems --------------------------------------------------------------------------------------------------


def make_fat(image, size, bits, label, serial, files, work, options=()):
    """FAT through mtools, without a mount. Deleted last, in list order; what is overwritten goes before that."""
    image.write_bytes(b"")
    os.truncate(image, size)
    run("mkfs.fat", "-F", bits, "-i", serial, "-n", label, *options, image, frozen=True)
    os.environ["MTOOLS_SKIP_CHECK"] = "1"
    folders = set()

    def put(entry):
        for parent in reversed(pathlib.PurePosixPath(entry.path).parents):
            if str(parent) != "." and parent not in folders:
                folders.add(parent)
                run("mmd", "-i", image, f"::/{parent}", frozen=True)
        source = work / "fat.source"
        source.write_bytes(entry.data)
        os.utime(source, (entry.mtime, entry.mtime))
        run("mcopy", "-m", "-o", "-i", image, source, f"::/{entry.path}", frozen=True)

    overwriters = [entry for entry in files if "overwriter" in entry.features]
    for entry in files:
        if entry not in overwriters:
            put(entry)
    for entry in files:
        if entry.deleted == "overwritten":
            run("mdel", "-i", image, f"::/{entry.path}", frozen=True)
    if bits == 32:
        patch(image, FSINFO + 492, struct.pack("<I", 2))  # mtools goes on where it stopped unless told to start over
    for entry in overwriters:
        put(entry)
    for entry in files:
        if entry.deleted == "recovered":
            run("mdel", "-i", image, f"::/{entry.path}", frozen=True)


FSINFO = SECTOR  # of a FAT32 volume: sector 1


def shrink_fat32(image, sectors):
    """Cuts the unused end off a FAT32 volume: total sectors in both boot sectors, free clusters in both FSInfos."""
    boot = image.read_bytes()[:SECTOR]
    first_data = struct.unpack_from("<H", boot, 14)[0] + boot[16] * struct.unpack_from("<I", boot, 36)[0]
    table = image.read_bytes()[struct.unpack_from("<H", boot, 14)[0] * SECTOR :]
    clusters = sectors - first_data
    entries = struct.unpack_from(f"<{clusters + 2}I", table)[2:]
    if boot[13] != 1 or any(struct.unpack_from("<1000I", table, (clusters + 2) * 4)):
        raise SystemExit("the stick's content does not fit the shrunken volume")
    for copy in (0, struct.unpack_from("<H", boot, 50)[0] * SECTOR):
        patch(image, copy + 32, struct.pack("<I", sectors))
        patch(image, copy + FSINFO + 488, struct.pack("<II", entries.count(0), 2))
    os.truncate(image, sectors * SECTOR)


class Ntfs:
    """An ntfs-3g mount with the clock held; leaving the block unmounts and waits for the last block to be written."""

    def __init__(self, image, mount):
        self.image, self.mount, self.server = image, mount, None

    def __enter__(self):
        self.mount.mkdir(exist_ok=True)
        self.server = subprocess.Popen(
            [
                "ntfs-3g",
                "-o",
                "no_detach,streams_interface=windows,compression,noatime",
                str(self.image),
                str(self.mount),
            ],
            env=held_clock(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            if os.path.ismount(self.mount):
                return self.mount
            time.sleep(0.02)
        raise SystemExit("ntfs-3g could not mount: run as root, with FUSE")

    def __exit__(self, *_):
        run("umount", self.mount)
        self.server.wait()


def ntfs_times(path, created, modified, accessed, changed):
    ticks = [(second + 11644473600) * 10_000_000 for second in (created, modified, accessed, changed)]
    os.setxattr(path, "system.ntfs_times", struct.pack("<4Q", *ticks))


def make_ntfs(image, size, start_sector, label, serial, files, filler, work):
    image.write_bytes(b"")
    os.truncate(image, size)
    run(
        "mkntfs",
        "-F",
        "-Q",
        "-s",
        SECTOR,
        "-c",
        4096,
        "-p",
        start_sector,
        "-H",
        255,
        "-S",
        63,
        "-L",
        label,
        image,
        frozen=True,
    )
    with Ntfs(image, work / "ntfs") as top:
        for entry in files:
            path = top / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if entry.kind == "hardlink":
                os.link(top / entry.target, path)
            elif entry.kind == "stream":
                with open(path, "wb") as stream:
                    stream.write(entry.data)
            elif "compressed" in entry.features:
                # The directory's attribute makes ntfs-3g compress what is created in it.
                os.setxattr(path.parent, "system.ntfs_attrib_be", struct.pack(">I", 0x810))
                path.write_bytes(entry.data)
            elif "sparse" in entry.features:
                with open(path, "wb") as hole:
                    hole.seek(len(entry.data.rstrip(b"\1")))
                    hole.write(b"\1" * (len(entry.data) - hole.tell()))
            else:
                path.write_bytes(entry.data)
        (top / filler.path).write_bytes(b"")
    with Ntfs(image, work / "ntfs") as top:
        for entry in files:
            if entry.deleted == "overwritten":
                ntfs_times(
                    top / entry.path, entry.crtime or entry.mtime, entry.mtime, entry.atime or entry.mtime, CLOCK
                )
                os.unlink(top / entry.path)
        # Takes nearly every free cluster, so what was deleted before is overwritten; with zeros, which pack well.
        room = os.statvfs(top)
        filler.data = b"\0" * (room.f_bavail * room.f_frsize - 128 * KIB)
        (top / filler.path).write_bytes(filler.data)
        for entry in files + [filler]:
            if entry.deleted != "overwritten" and entry.kind in ("file", "hardlink"):
                ntfs_times(
                    top / entry.path, entry.crtime or entry.mtime, entry.mtime, entry.atime or entry.mtime, CLOCK
                )
        for folder, names, _ in os.walk(top, topdown=False):
            for name in names:
                ntfs_times(os.path.join(folder, name), CLOCK, CLOCK, CLOCK, CLOCK)
    with Ntfs(image, work / "ntfs") as top:
        for entry in files:
            if entry.deleted == "recovered":
                os.unlink(top / entry.path)
    for offset in (72, size - SECTOR + 72):  # the serial number is random: fixed in the boot sector and its copy
        patch(image, offset, serial)


def make_ext4(image, size, label, files, work):
    os.environ["E2FSPROGS_FAKE_TIME"] = str(CLOCK)
    fs_uuid = "5a4d504c-0000-4000-8000-000000000003"
    image.write_bytes(b"")
    os.truncate(image, size)
    run(
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-b",
        "4096",
        "-U",
        fs_uuid,
        "-L",
        label,
        "-O",
        "^metadata_csum_seed",
        "-E",
        f"hash_seed={fs_uuid},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0",
        "-J",
        "size=4",
        image,
    )
    script, folders, sources = [], set(), work / "ext4"
    sources.mkdir()

    def put(number, entry):
        for parent in reversed(pathlib.PurePosixPath(entry.path).parents):
            if str(parent) != "." and parent not in folders:
                folders.add(parent)
                script.extend(['cd "/"', f'mkdir "{parent}"'])
        folder, name = os.path.split(entry.path)
        script.append(f'cd "/{folder}"')
        if entry.kind == "symlink":
            script.append(f'symlink "{name}" "{entry.target}"')
        else:
            source = sources / str(number)
            source.write_bytes(entry.data)
            script.append(f'write "{source}" "{name}"')
        for key, value in entry.xattrs.items():
            script.append(f'ea_set "/{entry.path}" {key} "{value}"')
        if entry.kind == "symlink":
            return
        for key, value in (
            ("atime", f"@{entry.atime or entry.mtime}"),
            ("mtime", f"@{entry.mtime}"),
            ("ctime", f"@{entry.mtime}"),
            ("crtime", f"@{entry.crtime or entry.mtime}"),
            ("uid", entry.uid),
            ("gid", entry.gid),
            ("mode", f"0{0o100000 | entry.mode:o}"),
        ):
            script.append(f'sif "/{entry.path}" {key} {value}')

    numbered = list(enumerate(files))
    for number, entry in numbered:
        if "overwriter" not in entry.features:
            put(number, entry)
    script.extend(f'rm "/{entry.path}"' for entry in files if entry.deleted == "overwritten")
    for number, entry in numbered:
        if "overwriter" in entry.features:
            put(number, entry)
    script.extend(f'rm "/{entry.path}"' for entry in files if entry.deleted == "recovered")
    (work / "ext4.commands").write_text("\n".join(script) + "\n")
    log = run("debugfs", "-w", "-f", work / "ext4.commands", image).decode()
    complaints = [
        line for line in log.splitlines() if line.strip() and not line.startswith(("debugfs", "Allocated inode"))
    ]
    if complaints:
        raise SystemExit("debugfs: " + "\n".join(complaints))
    run("e2fsck", "-fn", image)


# ---- media and containers ------------------------------------------------------------------------------------------


def make_gpt(disk, partitions):
    """partitions: (name, type code, start sector, sectors). Identifiers are fixed, so the table is too."""
    options = ["--clear", "--disk-guid=5A4D504C-0000-4000-8000-00000000D15C"]
    for number, (name, code, start, sectors) in enumerate(partitions, 1):
        options += [
            f"--new={number}:{start}:{start + sectors - 1}",
            f"--typecode={number}:{code}",
            f"--change-name={number}:{name}",
            f"--partition-guid={number}:5A4D504C-0000-4000-8000-{number:012X}",
        ]
    run("sgdisk", "--set-alignment=1", *options, disk)


def patch(image, offset, data):
    with open(image, "r+b") as target:
        target.seek(offset)
        target.write(data)


def place(disk, image, start_sector):
    patch(disk, start_sector * SECTOR, image.read_bytes())


def fix_set_identifier(path, identifier):
    """ewfacquire invents the set identifier; a fixed one, and the checksums over it, make the file reproducible.

    Layout (Expert Witness Compression Format): section header = type 16, next offset 8, size 8, padding 40, Adler-32;
    the volume section is 1052 bytes, the identifier at 64, Adler-32 over the rest at its end."""
    data = bytearray(path.read_bytes())
    offset = 13
    while True:
        kind = bytes(data[offset : offset + 16]).rstrip(b"\0")
        following = struct.unpack_from("<Q", data, offset + 16)[0]
        if kind in (b"volume", b"disk", b"data"):
            body = offset + 76
            data[body + 64 : body + 80] = identifier
            struct.pack_into("<I", data, body + 1048, zlib.adler32(data[body : body + 1048]))
        if kind in (b"done", b"next") or following <= offset:
            break
        offset = following
    path.write_bytes(data)


def make_e01(disk, out, name, record, identifier):
    target = out / f"{name}.E01"
    target.unlink(missing_ok=True)
    run(
        "ewfacquire",
        "-u",
        "-q",
        "-f",
        "encase6",
        "-c",
        "best",
        "-d",
        "sha1",
        "-S",
        "64MiB",
        "-b",
        "64",
        "-m",
        "fixed",
        "-M",
        "physical",
        "-C",
        record["case_number"],
        "-D",
        record["description"],
        "-e",
        record["examiner"],
        "-E",
        record["evidence_number"],
        "-N",
        record["notes"],
        "-t",
        out / name,
        disk,
        frozen=True,
    )
    fix_set_identifier(target, uuid.UUID(int=identifier).bytes_le)
    run("ewfverify", "-q", "-d", "sha1", target)
    return [target.name]


def write_truth(out, name, disk, containers, partitions, record=None):
    media = disk.read_bytes()
    truth = {
        "format": 1,
        "generator": "samples/make_samples.sh",
        "name": name,
        "evidence": containers,
        "media": {
            "size": len(media),
            "sector_size": SECTOR,
            **{kind: hashlib.new(kind, media).hexdigest() for kind in ("md5", "sha1", "sha256")},
        },
    }
    if record:
        truth["acquisition"] = record
    truth["partitions"] = partitions
    (out / f"{name}.truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")


def partition(
    name, fs, start, sectors, files=(), zone="utc", ctime=lambda entry: 0 if entry.deleted else CLOCK, **more
):
    return {
        "name": name,
        "fs": fs,
        "start_sector": start,
        "sectors": sectors,
        **more,
        "files": [entry.truth(zone, ctime(entry)) for entry in files],
    }
