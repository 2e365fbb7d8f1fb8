"""What stands where: tables inside tables, sectors of 4096 bytes, discs that are disks as well, discs
libtsk cannot list."""
import collections
import hashlib
import shutil
import struct
import time
import unittest
import uuid
import zlib

import images
import support

MIB = 1 << 20


def dos_table(image, entries):
    """[(type, first sector, sectors)] in the first sector, whose code area is left as it is."""
    for number, (kind, first, count) in enumerate(entries):
        entry = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, kind, 255, 255, 255, first, count)
        images.patch(image, 446 + 16 * number, entry)
    images.patch(image, 510, b"\x55\xaa")


def gpt(image, sector, entries):
    """A GUID partition table with its backup (UEFI specification, 5.3), for sectors of any size."""
    count = image.stat().st_size // sector
    table = bytearray(128 * 128)
    for number, (first, last, name) in enumerate(entries):
        basic = uuid.UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7").bytes_le
        table[number * 128 : number * 128 + 128] = (
            basic
            + uuid.UUID(int=number + 1).bytes_le
            + struct.pack("<QQQ", first, last, 0)
            + name.encode("utf-16-le").ljust(72, b"\0")
        )
    table_sectors = -(-len(table) // sector)

    def header(own, other, at):
        head = bytearray(
            struct.pack(
                "<8sIIIIQQQQ16sQIII",
                b"EFI PART", 0x10000, 92, 0, 0, own, other, 2 + table_sectors, count - table_sectors - 2,
                uuid.UUID(int=99).bytes_le, at, 128, 128, zlib.crc32(table),
            )
        )
        struct.pack_into("<I", head, 16, zlib.crc32(head))
        return bytes(head)

    dos_table(image, [(0xEE, 1, count - 1)])
    images.patch(image, sector, header(1, count - 1, 2))
    images.patch(image, 2 * sector, table)
    images.patch(image, (count - 1 - table_sectors) * sector, table)
    images.patch(image, (count - 1) * sector, header(count - 1, 1, count - 1 - table_sectors))


def mmls(image, sector=512):
    done = support.call("mmls", "-b", sector, image)
    rows = support.re.findall(r"^\d{3}:\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(.*?)\s*$", done.stdout.decode(), support.re.M)
    return collections.Counter(
        (slot, int(start) * sector, int(count) * sector, text) for slot, start, _, count, text in rows
    )


class Maps(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = cls.scratch.path / "evidence"
        cls.folder.mkdir()
        cls.content = images.noise(300_000, 5)
        tree = cls.scratch.path / "tree"
        (tree / "sub").mkdir(parents=True)
        (tree / "sub" / "file.bin").write_bytes(cls.content)
        cls.tree = tree

    def file_system(self, size=4 * MIB):
        path = self.scratch.path / "fs.raw"
        path.unlink(missing_ok=True)
        images.run("mke2fs", "-q", "-F", "-t", "ext4", "-d", self.tree, path, f"{size // 1024}K")
        return path.read_bytes()

    def triage(self, image, code=0):
        done = support.triage(image, self.scratch.path / ("case " + image.name), "--digests", "sha256")
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        size, end = image.stat().st_size, 0
        for row in index.rows("SELECT * FROM v_coverage ORDER BY image_offset"):
            self.assertEqual(row["image_offset"], end, "v_coverage has a hole or an overlap")
            end += row["length"]
        self.assertEqual(end, size)
        return index, index.rows("SELECT * FROM v_volume ORDER BY volume_id")

    def check_file(self, index, volume):
        row = index.one("SELECT * FROM v_file WHERE volume_id = ? AND path LIKE '/sub/file.bin%'", volume["volume_id"])
        self.assertEqual(row["sha256"], hashlib.sha256(self.content).hexdigest())

    def test_a_partition_beyond_the_image_is_not_examined(self):
        image = images.blank(self.folder / "beyond.raw", 16 * MIB)
        dos_table(image, [(0x83, 2048, 8192), (0x83, 20480, 1024), (0x83, 1 << 24, 4096)])
        images.patch(image, MIB, self.file_system())
        index, _ = self.triage(image, code=5)
        self.assertEqual(
            index.one("SELECT what, reason FROM v_not_examined WHERE what = 'volume'"),
            {"what": "volume", "reason": "volume beyond image"},
        )

    def test_gpt_with_sectors_of_4096_bytes(self):
        image = images.blank(self.folder / "gpt4k.raw", 24 * MIB)
        gpt(image, 4096, [(256, 1279, "first"), (2048, 3071, "second")])
        images.patch(image, 8 * MIB, self.file_system())
        index, volumes = self.triage(image)
        have = collections.Counter(
            (row["slot"], row["image_offset"], row["length"], row["description"]) for row in volumes
        )
        self.assertEqual(have, mmls(image, 4096))
        second = next(row for row in volumes if row["description"] == "second")
        self.assertEqual((second["fs_type"], second["status"]), ("ext4", "parsed"))
        self.check_file(index, second)
        for damaged in ("primary", "both marks"):
            with self.subTest(damaged):
                copy = self.folder / f"gpt4k {damaged}.raw"
                shutil.copy(image, copy)
                images.patch(copy, 4096, bytes(4096))
                if damaged == "primary":
                    index, volumes = self.triage(copy)
                    self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'gpt-backup-used'"))
                    self.check_file(index, next(row for row in volumes if row["description"] == "second"))
                else:
                    images.patch(copy, 24 * MIB - 4096, bytes(4096))
                    index, volumes = self.triage(copy, 5)
                    self.assertIn("unsupported", {row["status"] for row in volumes})

    def nested(self, name, kind, label):
        """A DOS partition with a table of its own: slice 0 holds a file system, slice 1 nothing."""
        image = images.blank(self.folder / name, 16 * MIB)
        dos_table(image, [(kind, 2048, 24576)])
        images.patch(image, 2048 * 512, label)
        images.patch(image, 4096 * 512, self.file_system())
        index, volumes = self.triage(image)
        parent = next(row for row in volumes if row["slot"] == "000:000")
        children = [row for row in volumes if row["parent_id"] == parent["volume_id"]]
        self.assertEqual(
            [(row["image_offset"], row["length"], row["fs_type"], row["status"]) for row in children],
            [(4096 * 512, 8192 * 512, "ext4", "parsed"), (14000 * 512, 4000 * 512, None, "empty")],
        )
        self.check_file(index, children[0])
        return parent, children

    def test_bsd_label_in_a_dos_partition(self):
        label = bytearray(1024)
        struct.pack_into("<I", label, 512, 0x82564557)
        struct.pack_into("<I", label, 512 + 40, 512)
        struct.pack_into("<I", label, 512 + 132, 0x82564557)
        struct.pack_into("<H", label, 512 + 138, 3)
        for number, (first, count) in enumerate([(4096, 8192), (14000, 4000), (2048, 24576)]):
            struct.pack_into("<IIIBBH", label, 512 + 148 + 16 * number, count, first, 1024, 7, 8, 1)
        parent, children = self.nested("bsd.raw", 0xA5, bytes(label))
        self.assertEqual((parent["fs_type"], {row["scheme"] for row in children}), ("bsd-label", {"bsd"}))

    def test_sun_label_in_a_dos_partition(self):
        """The x86 VTOC (tsk_sun.h, sun_dlabel_i386) counts from the start of its partition."""
        label = bytearray(1024)
        struct.pack_into("<II", label, 512 + 12, 0x600DDEEE, 1)
        struct.pack_into("<HH", label, 512 + 28, 512, 16)
        for number, (first, count) in enumerate([(2048, 8192), (11952, 4000)]):
            struct.pack_into("<HHII", label, 512 + 72 + 12 * number, 2, 0, first, count)
        struct.pack_into("<H", label, 512 + 508, 0xDABE)
        words = struct.unpack_from("<255H", label, 512)
        checksum = 0
        for word in words:
            checksum ^= word
        struct.pack_into("<H", label, 512 + 510, checksum)
        parent, children = self.nested("sun.raw", 0xBF, bytes(label))
        self.assertEqual((parent["fs_type"], {row["scheme"] for row in children}), ("sun-label", {"sun"}))

    def disc(self, name, *options):
        path = self.folder / name
        images.run("genisoimage", "-quiet", *options, "-o", path, self.tree)
        return path

    def test_a_disc_with_a_partition_table(self):
        """isohybrid: the first sector of a disc holds a DOS table; its file system starts at byte 0 all the same."""
        efi = self.tree / "efi.img"
        images.run("mkfs.vfat", "-F", "12", images.blank(efi, MIB))
        self.addCleanup(efi.unlink)
        plain = self.disc("plain.iso", "-R")
        where = plain.read_bytes().index(b"mkfs.fat") - 3
        sectors = plain.stat().st_size // 512
        for name, entries, over_all in (
            ("whole.iso", [(0x17, 0, sectors), (0xEF, where // 512, 2048)], False),
            ("efi only.iso", [(0xEF, where // 512, 2048)], True),
        ):
            with self.subTest(name):
                image = self.folder / name
                shutil.copy(plain, image)
                dos_table(image, entries)
                index, volumes = self.triage(image)
                have = collections.Counter(
                    (row["slot"], row["image_offset"], row["length"], row["description"])
                    for row in volumes
                    if row["scheme"] == "dos" and row["slot"] != "-------"
                )
                # mmls calls space inside the first partition unallocated when a smaller one lies in it.
                expected = {key: count for key, count in mmls(image).items() if key[0] != "-------"}
                self.assertEqual(have, expected)
                disc = next(row for row in volumes if row["fs_type"] == "iso9660")
                self.assertEqual((disc["image_offset"], disc["length"]), (0, sectors * 512))
                self.assertEqual(disc["scheme"], "none" if over_all else "dos")
                self.check_file(index, disc)
                self.assertEqual([row["image_offset"] for row in volumes if row["fs_type"] == "fat12"], [where])

    def test_a_level_4_disc_is_listed(self):
        """libtsk counts no files on such a disc and waits for itself."""
        image = self.disc("level4.iso", "-iso-level", "4")
        index, volumes = self.triage(image)
        self.assertEqual([(row["fs_type"], row["status"]) for row in volumes], [("iso9660", "parsed")])
        self.check_file(index, volumes[0])
        self.assertEqual(index.rows("SELECT * FROM v_not_examined WHERE what = 'volume'"), [])

    def test_an_empty_disc_is_no_level_4_disc(self):
        empty = self.scratch.path / "nothing"
        empty.mkdir(exist_ok=True)
        image = self.folder / "empty.iso"
        images.run("genisoimage", "-quiet", "-o", image, empty)
        _, volumes = self.triage(image)
        self.assertEqual([(row["fs_type"], row["status"]) for row in volumes], [("iso9660", "parsed")])


if __name__ == "__main__":
    unittest.main()
