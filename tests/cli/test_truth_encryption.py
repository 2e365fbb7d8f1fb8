"""Encrypted or not: headers by their published layout, marks of vendors, and random bytes against everything that only
looks random."""
import io
import os
import shutil
import struct
import subprocess
import unittest
import uuid
import zipfile

import images
import support

MIB = 1 << 20
BITLOCKER = uuid.UUID("4967D63B-2E29-4AD8-8399-F6A339E3D001")


def with_fields(size, *fields, fill=None):
    out = bytearray(fill or bytes(size))
    for at, data in fields:
        out[at : at + len(data)] = data
    return bytes(out)


def to_go():
    """A BitLocker To Go volume begins like a FAT file system; its identifier stands at 424 (libyal: BDE format)."""
    return with_fields(
        2 * MIB, (0, b"\xeb\x58\x90MSWIN4.1"), (82, b"FAT32   "), (424, BITLOCKER.bytes_le), (510, b"\x55\xaa")
    )


def luks1():
    return with_fields(
        2 * MIB,
        (0, b"LUKS\xba\xbe" + struct.pack(">H", 1) + b"aes".ljust(32, b"\0") + b"xts-plain64".ljust(32, b"\0")),
        (168, b"0b7ce4bd-3d6c-4dcf-8d2f-5a2e2d6e3a11"),
    )


def luks2():
    return with_fields(
        2 * MIB,
        (0, b"LUKS\xba\xbe" + struct.pack(">H", 2)),
        (24, b"my label"),
        (168, b"0b7ce4bd-3d6c-4dcf-8d2f-5a2e2d6e3a22"),
        (
            4096,
            b'{"keyslots":{"0":{"area":{"encryption":"aes-cbc-plain"}}},'
            b'"segments":{"0":{"encryption":"serpent-xts-plain64"}}}',
        ),
    )


def core_storage():
    return with_fields(
        2 * MIB,
        (8, struct.pack("<HH", 1, 0x10)),
        (88, b"CS"),
        (304, uuid.UUID("12345678-1234-5678-1234-567812345678").bytes),
    )


STRUCTURES = {
    "BitLocker To Go": (to_go(), "byte 424", None),
    "LUKS1": (luks1(), "aes-xts-plain64", "0b7ce4bd-3d6c-4dcf-8d2f-5a2e2d6e3a11"),
    "LUKS2": (luks2(), "serpent-xts-plain64", "0b7ce4bd-3d6c-4dcf-8d2f-5a2e2d6e3a22"),
    "FileVault 2 (CoreStorage)": (core_storage(), "byte 88", "12345678-1234-5678-1234-567812345678"),
}
# The Sleuth Kit, tsk/util/detect_encryption.c: the mark, and the bytes of the first sector between which it begins.
VENDORS = {
    "McAfee SafeBoot": ("SafeBoot", 3),
    "Check Point Full Disk Encryption": ("Protect", 90),
    "Sophos SafeGuard": ("SGE400", 119),
    "WinMagic SecureDoc": ("WMSD", 246),
    "PGP Whole Disk Encryption": ("\xeb\x48\x90PGPGUARD", 0),
    "GuardianEdge (Symantec Endpoint Encryption)": ("PCGM", 6),
}


class Encryption(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        (cls.scratch.path / "evidence").mkdir()
        cls.count = 0

    def partition(self, content, first_sector=b""):
        """A disk with one DOS partition that holds `content`."""
        type(self).count += 1
        length = -(-len(content) // 512) * 512
        image = images.blank(self.scratch.path / "evidence" / f"disk{self.count}.raw", MIB + length)
        images.patch(image, 0, first_sector)
        images.patch(image, 446, struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0x83, 255, 255, 255, 2048, length // 512))
        images.patch(image, 510, b"\x55\xaa")
        images.patch(image, MIB, content)
        return image

    def examine(self, image):
        done = support.triage(image, self.scratch.path / f"case {image.stem}", "--digests", "sha256")
        index = done.index()
        self.addCleanup(index.connection.close)
        volume = index.rows("SELECT * FROM v_volume WHERE slot NOT IN ('Meta', '-------')")[0]
        return done, index, volume, index.rows("SELECT * FROM v_encryption")

    def test_headers(self):
        for scheme, (content, detail, identifier) in STRUCTURES.items():
            with self.subTest(scheme):
                done, index, volume, marks = self.examine(self.partition(content))
                self.assertEqual([(mark["scheme"], mark["certainty"]) for mark in marks], [(scheme, "structure")])
                self.assertIn(detail, marks[0]["detail"])
                self.assertEqual((volume["status"], volume["encryption"]), ("encrypted", scheme))
                self.assertEqual(volume["fs_uuid"], identifier)
                self.assertIn(done.code, (3, 5))
                named = index.one("SELECT * FROM v_not_examined WHERE what = 'volume'")
                self.assertIn(scheme, named["reason"])
                states = {row["state"] for row in index.rows("SELECT state FROM v_coverage WHERE image_offset >= ?", MIB)}
                self.assertEqual(states, {"encrypted"})

    def test_nearly_the_same_is_nothing(self):
        """One wrong byte in the header, and no word of encryption."""
        for scheme, (content, _, _) in STRUCTURES.items():
            at = {"BitLocker To Go": 424, "FileVault 2 (CoreStorage)": 10}.get(scheme, 4)
            with self.subTest(scheme):
                changed = with_fields(0, (at, bytes([content[at] ^ 1])), fill=content)
                self.assertEqual(self.examine(self.partition(changed))[3], [])

    def test_marks_of_vendors(self):
        cipher = images.noise(2 * MIB, 3)
        for scheme, (mark, at) in VENDORS.items():
            mark = mark.encode("latin-1")
            with self.subTest(scheme):
                *_, marks = self.examine(self.partition(cipher, bytes(at) + mark))
                self.assertEqual([(row["scheme"], row["certainty"]) for row in marks], [(scheme, "structure")])
                self.assertIn("chi-square", marks[0]["detail"])
                # In the boot code of a volume that can be read, the same word is a word.
                readable = self.scratch.path / "readable.raw"
                images.run("mke2fs", "-q", "-F", "-t", "ext4", images.blank(readable, 2 * MIB))
                images.patch(readable, at, mark)
                done, _, volume, marks = self.examine(self.partition(readable.read_bytes()))
                self.assertEqual((done.code, volume["status"], marks), (0, "parsed", []))

    def test_random_bytes_are_named_with_their_measure(self):
        for size in (256 * 1024, MIB + 512, 9 * MIB):
            with self.subTest(size=size):
                done, _, volume, marks = self.examine(self.partition(os.urandom(size)))
                self.assertEqual([mark["certainty"] for mark in marks], ["statistics"])
                self.assertRegex(marks[0]["detail"], r"chi-square \d+\.\d.*serial correlation")
                self.assertEqual(volume["status"], "encrypted")

    def squashfs(self, *options):
        tree = self.scratch.path / "squash"
        tree.mkdir(exist_ok=True)
        (tree / "text").write_bytes(images.prose(2 * MIB))
        (tree / "noise").write_bytes(images.noise(2 * MIB))
        path = self.scratch.path / "squash.raw"
        path.unlink(missing_ok=True)
        images.run("mksquashfs", tree, path, "-quiet", "-no-progress", *options)
        return path.read_bytes()

    def archive(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for number in range(3):
                archive.writestr(f"{number}.txt", images.prose(2 * MIB, number))
        return packed.getvalue()

    def test_what_only_looks_random_is_no_alarm(self):
        noise = images.noise(4 * MIB, 9)
        packed = self.archive()
        film = struct.pack(">I4s4sI4s", 24, b"ftyp", b"isom", 512, b"isom") + b"\0\0\0\0"
        film += struct.pack(">I4s", len(noise) + 8, b"mdat") + noise
        text = images.prose(4 * MIB)
        xz = subprocess.run([images.tool("xz"), "-1c"], input=text, capture_output=True, check=True).stdout
        cases = {
            "zeros": bytes(4 * MIB),
            "ones": b"\xff" * (4 * MIB),
            "a pattern of 256 bytes": bytes(range(256)) * (4 * MIB // 256),
            "a random block again and again": images.noise(4096) * 1024,
            "every other byte": b"".join(bytes((value, 0)) for value in noise[:MIB]),
            "hexadecimal digits": noise[:MIB].hex().encode(),
            "zip": packed,
            "zip without its head": packed[5000:],
            "film": film,
            "photographs": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise.replace(b"\xff", b"\xff\0"),
            "xz without its head": xz[4096:],
            "squashfs": self.squashfs("-comp", "gzip"),
            "squashfs by xz": self.squashfs("-comp", "xz"),
            "half random": noise[: 2 * MIB] + bytes(2 * MIB),
            "text": text,
        }
        for what, content in cases.items():
            with self.subTest(what):
                self.assertGreater(len(content), 256 * 1024)
                _, _, volume, marks = self.examine(self.partition(content))
                self.assertEqual(marks, [])
                self.assertEqual(volume["status"], "empty" if what == "zeros" else "unsupported")
                if what.startswith("squashfs"):
                    self.assertEqual(volume["fs_type"], "squashfs")


def fletcher64(block):
    """The checksum over a block without its first 8 bytes ("Apple File System Reference", obj_phys_t)."""
    low = high = 0
    for (word,) in struct.iter_unpack("<I", block[8:]):
        low = (low + word) % 0xFFFFFFFF
        high = (high + low) % 0xFFFFFFFF
    first = 0xFFFFFFFF - (low + high) % 0xFFFFFFFF
    second = 0xFFFFFFFF - (low + first) % 0xFFFFFFFF
    return struct.pack("<Q", second << 32 | first)


class Apfs(unittest.TestCase):
    """The volume superblock of an image made by macOS, changed and summed again."""

    BLOCK, VOLUME = 4096, 107
    FLAGS, SNAPSHOTS, SNAPSHOT_TREE = 264, 216, 152

    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        source = support.CORPUS / "images" / "fs" / "apfs.E01"
        if not source.exists():
            self.skipTest(support.NO_CORPUS)
        self.image = self.scratch.path / "evidence" / "apfs.raw"
        self.image.parent.mkdir()
        self.image.write_bytes(support.call("img_cat", source).stdout)

    def change(self, number, edit):
        block = bytearray(images.read(self.image, number * self.BLOCK, self.BLOCK))
        edit(block)
        block[:8] = fletcher64(bytes(block))
        images.patch(self.image, number * self.BLOCK, bytes(block))

    def triage(self, code):
        done = support.triage(self.image, self.scratch.path / "case", "--digests", "sha256")
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        return index

    def test_our_checksum_is_apples(self):
        block = images.read(self.image, self.VOLUME * self.BLOCK, self.BLOCK)
        self.assertEqual(block[32:36], b"APSB")
        self.assertEqual(block[:8], fletcher64(block))

    def test_an_encrypted_volume_is_named_and_not_read(self):
        self.change(self.VOLUME, lambda block: block.__setitem__(self.FLAGS, block[self.FLAGS] & ~1))
        index = self.triage(3)  # the only volume of the pool
        volume = index.one("SELECT * FROM v_volume WHERE scheme = 'apfs'")
        self.assertEqual((volume["status"], volume["encryption"]), ("encrypted", "APFS encrypted"))
        self.assertEqual(volume["fs_label"], "apfs_test")
        self.assertEqual(index.one("SELECT * FROM v_encryption")["certainty"], "structure")
        self.assertEqual(index.rows("SELECT * FROM v_file"), [])
        self.assertIn("APFS encrypted", index.one("SELECT * FROM v_not_examined WHERE what = 'volume'")["reason"])

    def test_snapshots_are_named(self):
        tree = struct.unpack("<Q", images.read(self.image, self.VOLUME * self.BLOCK + self.SNAPSHOT_TREE, 8))[0]
        name = b"com.apple.TimeMachine.2022-01-14-072000.local\0"
        created = 1_642_144_800 * 10**9
        value = struct.pack("<QQQQQIIH", 0, 0, created, created, 0, 0, 0, len(name)) + name

        def add(block):
            self.assertEqual(struct.unpack_from("<HHI", block, 32), (3, 0, 0), "not an empty root that is a leaf")
            struct.pack_into("<I", block, 36, 1)
            table, length = 56 + struct.unpack_from("<H", block, 40)[0], struct.unpack_from("<H", block, 42)[0]
            struct.pack_into("<HHHH", block, table, 0, 8, len(value), len(value))
            struct.pack_into("<Q", block, table + length, 1 << 60 | 4)
            end = self.BLOCK - 40 - len(value)
            block[end : end + len(value)] = value

        self.change(tree, add)
        self.change(self.VOLUME, lambda block: struct.pack_into("<Q", block, self.SNAPSHOTS, 1))
        index = self.triage(0)
        issue = index.one("SELECT * FROM v_issue WHERE code = 'apfs-snapshot'")
        self.assertIn("com.apple.TimeMachine.2022-01-14-072000.local", issue["message"])
        self.assertIn("2022-01-14T07:20:00", issue["message"])
        self.assertGreater(len(index.rows("SELECT * FROM v_file")), 3)


if __name__ == "__main__":
    unittest.main()
