"""Makes the sample images and their truth. Started by make_samples.sh, which sets the environment.

The truth of a file (size, digests, times) is taken from its content before the content enters an image.
"""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid

from building import (
    CLOCK,
    KIB,
    MIB,
    SECTOR,
    File,
    archive,
    at,
    make_e01,
    make_ext4,
    make_fat,
    make_gpt,
    make_ntfs,
    messages,
    noise,
    partition,
    picture,
    place,
    prose,
    shrink_fat32,
    write_truth,
)

# ---- the three devices ---------------------------------------------------------------------------------------------


def laptop(out, work):
    spring, winter = at("2024-03-02T09:15:00"), at("2023-12-11T21:40:00")
    efi = [
        File("EFI/BOOT/BOOTX64.EFI", b"MZ" + prose(3000, 11), winter),
        File("EFI/readme.txt", b"boot files of a made-up laptop\n", winter),
    ]
    plan = prose(6200, 21)
    hostile = [
        "<script>alert(1)<script>.html",
        "=cmd|' ' calc!A0.csv",
        "esc\x1b[31mred.txt",
        "line\nbreak.txt",
        "gnp.\u202egpj.exe",
        "pipe|and\"quote'.txt",
        "Übersicht – größer.txt",
        "写真 📷.txt",
        "a" * 200 + ".long",
    ]
    files = [
        File("Users/anna/Documents/plan.txt", plan, spring, crtime=winter),
        File(
            "Users/anna/Documents/plan.txt:Zone.Identifier",
            b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.org/plan.txt\r\n",
            spring,
            crtime=winter,
            kind="stream",
        ),
        File(
            "Users/anna/Desktop/the same plan.txt",
            plan,
            spring,
            crtime=winter,
            kind="hardlink",
            target="Users/anna/Documents/plan.txt",
        ),
        File("Users/anna/Documents/big stream.bin", b"visible\n", spring),
        File("Users/anna/Documents/big stream.bin:hidden", noise(9000, 22), spring, kind="stream"),
        File(
            "Users/anna/Pictures/harbour.png",
            picture(160, 120, 23),
            at("2024-02-29T12:00:00"),
            crtime=at("2024-02-28T07:00:01"),
        ),
        File("Users/anna/Pictures/van.png", picture(96, 64, 24), at("2024-04-01T16:20:30")),
        File(
            "Users/anna/Documents/papers.zip",
            archive([("one.txt", prose(900, 25)), ("two.txt", prose(700, 26))]),
            at("2024-04-02T09:05:00"),
        ),
        File("Users/anna/AppData/notes.db", messages(), at("2024-05-16T23:10:00")),
        File("Users/anna/empty.txt", b"", at("2024-01-01T00:00:00")),
        File("Users/anna/resident.txt", b"short enough to live inside the file record\n", at("2024-01-02T03:04:05")),
        File(
            "Logs/compressed/service.log",
            prose(150_000, 27) + noise(5000, 28),
            at("2024-04-30T08:00:00"),
            features=("compressed",),
        ),
        File("Virtual/disk.img", bytes(3 * MIB) + b"\1" * 4096, at("2024-04-28T10:00:00"), features=("sparse",)),
        File(
            "Users/anna/Documents/deleted plan.txt", prose(20_000, 29), at("2024-05-10T11:12:13"), deleted="recovered"
        ),
        File(
            "Users/anna/deleted short.txt",
            b"deleted, and inside its file record\n",
            at("2024-05-11T01:02:03"),
            deleted="recovered",
        ),
        File("Users/anna/Pictures/deleted.png", picture(120, 90, 30), at("2024-05-12T20:21:22"), deleted="recovered"),
        File(
            "Users/anna/Downloads/overwritten.bin", noise(40_000, 31), at("2024-05-01T05:06:07"), deleted="overwritten"
        ),
        File("/".join(["deep"] * 24) + "/bottom.txt", b"bottom\n", at("2022-02-22T22:22:22")),
    ] + [
        File(f"Hostile/{name}", f"hostile name {number}\n".encode(), at("2024-03-03T03:03:03"))
        for number, name in enumerate(hostile)
    ]
    filler = File("pagefile.sys", b"", at("2024-05-17T06:00:00"))
    starts = {"EFI": (2048, 4 * MIB // SECTOR), "Windows": (2048 + 4 * MIB // SECTOR, 8 * MIB // SECTOR)}
    locked_start = sum(starts["Windows"])
    locked = (locked_start, 1 * MIB // SECTOR)
    disk = work / "laptop.raw"
    disk.write_bytes(b"")
    os.truncate(disk, (sum(locked) + 2048) * SECTOR)
    make_gpt(
        disk,
        [
            ("EFI system partition", "EF00", *starts["EFI"]),
            ("Windows", "0700", *starts["Windows"]),
            ("Data", "0700", *locked),
        ],
    )
    make_fat(work / "efi", 4 * MIB, 16, "EFI", "5A4D0001", efi, work, options=("-s", "1"))
    make_ntfs(work / "ntfs.img", 8 * MIB, starts["Windows"][0], "Windows", b"LIMIER\x00\x01", files, filler, work)
    # A boot sector with BitLocker's OEM name and made-up bytes behind it: no volume, no key, nothing to decrypt.
    boot = bytearray(SECTOR)
    boot[0:11] = b"\xeb\x58\x90-FVE-FS-"
    struct.pack_into("<HB", boot, 11, SECTOR, 8)
    boot[160:176] = uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le
    boot[510:512] = b"\x55\xaa"
    (work / "locked").write_bytes(bytes(boot) + noise(96 * KIB, 41))
    for name, (start, _) in (("efi", starts["EFI"]), ("ntfs.img", starts["Windows"]), ("locked", locked)):
        place(disk, work / name, start)
    record = {
        "case_number": "2024-117",
        "evidence_number": "A-1",
        "examiner": "J. Sample",
        "description": "Made-up laptop, one disk",
        "notes": "Sample image of the limier project; every name in it is invented",
    }
    containers = make_e01(disk, out, "laptop", record, 0x5A4D504C00004000800000000000E001)
    write_truth(
        out,
        "laptop",
        disk,
        containers,
        [
            partition("EFI system partition", "fat16", *starts["EFI"], efi, zone="local", label="EFI"),
            partition("Windows", "ntfs", *starts["Windows"], files + [filler], label="Windows"),
            partition("Data", "", *locked, encryption="BitLocker"),
        ],
        record,
    )


def stick(out, work):
    """FAT32 by its boot sector (16-bit FAT size 0), which is what Linux goes by when it mounts it.

    It has fewer than the 65525 clusters that FAT32 should have: a stick that has them is at least 32 MiB, too much for
    plain split-raw files here. It is made at full size and then cut down to the part in use.
    """
    march = at("2024-03-20T14:00:00")
    files = [
        File("holiday/beach.png", picture(150, 100, 51), march),
        File("holiday/list of things to take.txt", prose(2400, 52), march + 3600),
        File("invoice-march.csv", b"date,amount\n2024-03-01,120.00\n2024-03-08,99.50\n", march + 7200),
        File("SHORT.TXT", b"a short name\n", march + 60),
        File("Überweisung an den Verein.txt", prose(800, 53), march + 120),
        File("overwritten report.txt", prose(30_000, 54), march + 180, deleted="overwritten"),
        File("work/archive.zip", archive([("inside.txt", prose(3000, 55))]), march + 240),
        File("deleted letter.txt", prose(12_000, 56), march + 300, deleted="recovered"),
        File("holiday/deleted picture.png", picture(80, 60, 57), march + 360, deleted="recovered"),
        File("work/newer.bin", noise(60_000, 58), march + 86400, features=("overwriter",)),
    ]
    start, sectors = 8, 1000
    make_fat(
        work / "stick.fat",
        34 * MIB,
        32,
        "STICK",
        "5A4D0002",
        files,
        work,
        options=("-s", "1", "-R", "8", "-f", "1", "-h", str(start)),
    )
    shrink_fat32(work / "stick.fat", sectors)
    table = bytearray(SECTOR)
    struct.pack_into("<I", table, 440, 0x5A4D504C)
    struct.pack_into("<B3sB3sII", table, 446, 0, b"\xfe\xff\xff", 0x0C, b"\xfe\xff\xff", start, sectors)
    table[510:512] = b"\x55\xaa"
    disk = work / "stick.raw"
    disk.write_bytes(bytes(table).ljust(start * SECTOR, b"\0") + (work / "stick.fat").read_bytes())
    media = disk.read_bytes()
    containers = []
    for number in range(0, len(media), 128 * KIB):
        containers.append(f"stick.{number // (128 * KIB) + 1:03d}")
        (out / containers[-1]).write_bytes(media[number : number + 128 * KIB])
    write_truth(
        out,
        "stick",
        disk,
        containers,
        [partition("stick", "fat32", start, sectors, files, zone="local", label="STICK")],
    )


def phone(out, work):
    may = at("2024-05-05T05:05:05")
    app = dict(uid=10123, gid=10123)
    selinux = {"security.selinux": "u:object_r:app_data_file:s0"}
    files = [
        File(
            "data/com.example.chat/databases/messages.db", messages(), at("2024-05-17T17:00:00"), xattrs=selinux, **app
        ),
        File("data/com.example.chat/files/key.txt", b"not a key\n", may, mode=0o600, **app),
        File(
            "data/com.example.chat/shared_prefs/settings.xml",
            b"<?xml version='1.0'?><map><string name=\"user\">anna</string></map>\n",
            may,
            **app,
        ),
        File(
            "media/0/DCIM/Camera/IMG_20240505_050505.png",
            picture(128, 96, 61),
            may,
            atime=may + 60,
            crtime=may,
            mode=0o664,
            uid=1023,
            gid=1023,
        ),
        File(
            "media/0/DCIM/Camera/IMG_20240506_101112.png",
            picture(100, 75, 62),
            at("2024-05-06T10:11:12"),
            mode=0o664,
            uid=1023,
            gid=1023,
        ),
        File(
            "media/0/Download/map.zip",
            archive([("map.txt", prose(5000, 63))]),
            at("2024-05-07T08:00:00"),
            uid=1023,
            gid=1023,
        ),
        File("media/0/Download/empty", b"", at("2024-05-07T08:00:01"), uid=1023, gid=1023),
        File(
            "system/build.prop",
            b"ro.product.model=Sample One\nro.build.version.release=14\n",
            at("2023-11-01T00:00:00"),
            mode=0o644,
        ),
        File(
            "media/0/a small deleted file.txt", prose(3000, 64), at("2024-05-08T08:08:08"), deleted="overwritten", **app
        ),
        File(
            "media/0/Download/overwritten.bin",
            noise(36_000, 65),
            at("2024-05-09T09:09:09"),
            deleted="overwritten",
            **app,
        ),
        File(
            "media/0/Download/recovered.png",
            picture(140, 105, 66),
            at("2024-05-10T10:10:10"),
            deleted="recovered",
            uid=1023,
            gid=1023,
        ),
        File(
            "media/0/Download/recovered.txt",
            prose(9000, 67),
            at("2024-05-11T11:11:11"),
            deleted="recovered",
            uid=1023,
            gid=1023,
        ),
        File("media/0/Movies/clip.bin", noise(4000, 69), at("2024-05-12T12:00:00"), uid=1023, gid=1023),
        File(
            "media/0/Movies/after.bin",
            noise(56_000, 68),
            at("2024-05-12T12:12:12"),
            features=("overwriter",),
            uid=1023,
            gid=1023,
        ),
        File("sdcard", b"", CLOCK, kind="symlink", target="/media/0"),
        File("data/long-link", b"", CLOCK, kind="symlink", target="/media/0/" + "a-long-folder-name/" * 5 + "end"),
    ]
    for entry in files:
        if entry.kind == "symlink":
            entry.data = entry.target.encode()
    disk = work / "phone.raw"
    make_ext4(disk, 12 * MIB, "userdata", files, work)
    record = {
        "case_number": "2024-117",
        "evidence_number": "A-2",
        "examiner": "J. Sample",
        "description": "Made-up phone, user data",
        "notes": "Sample image of the limier project; every name in it is invented",
    }
    containers = make_e01(disk, out, "phone", record, 0x5A4D504C00004000800000000000E002)
    write_truth(
        out,
        "phone",
        disk,
        containers,
        [
            partition(
                "userdata",
                "ext4",
                0,
                12 * MIB // SECTOR,
                files,
                label="userdata",
                ctime=lambda entry: 0 if entry.deleted else (CLOCK if entry.kind == "symlink" else entry.mtime),
            )
        ],
        record,
    )


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    work = pathlib.Path(tempfile.mkdtemp(prefix="limier-samples-"))
    try:
        for make in (laptop, stick, phone):
            make(out, work)
    finally:
        subprocess.run(["umount", "-q", str(work / "ntfs")], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(work)
    names = sorted(out.glob("*.[E0]*"))
    print("\n".join(f"{path.stat().st_size:9,} {path.name}" for path in names))


main()
