"""What a run ends with: volumes that nobody here reads, two file systems in one, media that end too early."""
import json
import struct
import unittest

import images
import support

MIB = 1 << 20


def xfs(size=4 * MIB):
    """An XFS superblock of version 4 (kernel fs/xfs/libxfs/xfs_format.h) and nothing behind it."""
    out = bytearray(size)
    out[:4] = b"XFSB"
    struct.pack_into(">IQ", out, 4, 4096, size // 4096)
    out[32:48] = bytes(range(16))
    struct.pack_into(">HH", out, 100, 4, 512)
    out[108:111] = b"xfs"
    return bytes(out)


def hfs_plus_without_files(size=2 * MIB, block=4096):
    """TN1150: volume header and the header node of a catalog that holds the root folder and its thread."""
    out = bytearray(size)
    header = bytearray(512)
    struct.pack_into(">2sH", header, 0, b"H+", 4)
    struct.pack_into(">IIII", header, 32, 0, 0, block, size // block)
    struct.pack_into(">I", header, 64, 16)
    struct.pack_into(">QIIII", header, 272, block, block, 1, 4, 1)
    out[1024 : 1024 + 512] = header
    struct.pack_into(">IIBBHH", out, 4 * block, 0, 0, 1, 0, 3, 0)
    struct.pack_into(">HIIIIHH", out, 4 * block + 14, 1, 1, 2, 1, 1, 4096, 516)
    return bytes(out)


class Volumes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = cls.scratch.path / "evidence"
        cls.folder.mkdir()
        cls.tree = cls.scratch.path / "tree"
        cls.tree.mkdir()
        (cls.tree / "file.txt").write_bytes(b"a file\n")

    def image(self, name, *partitions):
        """A disk of DOS partitions with these contents, or one content alone."""
        path = images.blank(self.folder / name, MIB + sum(len(content) for content in partitions))
        at = MIB
        for number, content in enumerate(partitions):
            entry = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0x83, 255, 255, 255, at // 512, len(content) // 512)
            images.patch(path, 446 + 16 * number, entry)
            images.patch(path, at, content)
            at += len(content)
        images.patch(path, 510, b"\x55\xaa")
        return path

    def bare(self, name, content):
        path = images.blank(self.folder / name, len(content))
        images.patch(path, 0, content)
        return path

    def ext4(self, size=4 * MIB):
        path = self.scratch.path / "fs.raw"
        path.unlink(missing_ok=True)
        images.run("mke2fs", "-q", "-F", "-t", "ext4", "-d", self.tree, path, f"{size // 1024}K")
        return path.read_bytes()

    def triage(self, image, code, *options):
        done = support.triage(image, self.scratch.path / ("case " + image.name), "--digests", "sha256", *options)
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        end = 0
        for row in index.rows("SELECT * FROM v_coverage ORDER BY image_offset"):
            self.assertEqual(row["image_offset"], end, "v_coverage has a hole or an overlap")
            end += row["length"]
        self.assertEqual(end, image.stat().st_size)
        return index

    def test_nothing_but_what_is_not_read_is_nothing_examined(self):
        luks = b"LUKS\xba\xbe" + struct.pack(">H", 1) + bytes(2 * MIB - 8)
        for name, content in (("bare.raw", [xfs()]), ("one.raw", [xfs()]), ("two.raw", [xfs(), luks])):
            with self.subTest(name):
                image = self.bare(name, content[0]) if name == "bare.raw" else self.image(name, *content)
                index = self.triage(image, 3)
                self.assertIn("xfs", index.one("SELECT * FROM v_not_examined WHERE reason LIKE '%xfs%'")["reason"])
                self.assertIsNotNone(index.one("SELECT sha256 FROM v_evidence")["sha256"])

    def test_beside_a_file_system_that_is_read_it_is_a_part(self):
        self.triage(self.image("beside.raw", xfs(), self.ext4()), 5)

    def test_empty_hfs_plus_is_complete(self):
        index = self.triage(self.bare("empty hfs.raw", hfs_plus_without_files()), 0)
        volume = index.one("SELECT * FROM v_volume")
        self.assertEqual((volume["fs_type"], volume["status"]), ("hfs+", "empty"))
        self.assertEqual(index.rows("SELECT * FROM v_issue WHERE incomplete"), [])

    def test_cut_short(self):
        image = self.bare("cut.raw", self.ext4(8 * MIB)[: 4 * MIB])
        index = self.triage(image, 5)
        issue = index.one("SELECT * FROM v_issue WHERE code = 'file-system-beyond-image'")
        self.assertIn(str(8 * MIB), issue["message"])
        self.assertIn("partial", {row["status"] for row in index.rows("SELECT * FROM v_volume")})

    def test_udf_beside_iso_9660_is_named(self):
        image = self.folder / "udf.iso"
        images.run("genisoimage", "-quiet", "-udf", "-R", "-o", image, self.tree)
        index = self.triage(image, 5)
        self.assertEqual(
            [(row["fs_type"], row["status"]) for row in index.rows("SELECT * FROM v_volume ORDER BY volume_id")],
            [("iso9660", "parsed"), ("udf", "unsupported")],
        )
        self.assertTrue(index.rows("SELECT * FROM v_issue WHERE incomplete AND message LIKE '%UDF%'"))
        self.assertTrue(index.rows("SELECT * FROM v_not_examined WHERE what = 'volume' AND reason LIKE '%udf%'"))

    def test_sector_size_decides(self):
        image = images.blank(self.folder / "4k.raw", 16 * MIB)
        entry = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0x83, 255, 255, 255, 256, 1024)
        images.patch(image, 446, entry)
        images.patch(image, 510, b"\x55\xaa")
        images.patch(image, MIB, self.ext4())
        index = self.triage(image, 0)
        self.assertTrue(index.rows("SELECT * FROM v_file WHERE path = '/file.txt'"))
        for size, found in ((4096, True), (512, False)):
            done = support.call(support.LIMIER, "info", image, "--json", "--sector-size", size)
            volumes = json.loads(done.stdout)["volumes"]
            self.assertEqual(any(row.get("fs_type") == "ext4" for row in volumes), found, size)
        case = self.scratch.path / "resumed"
        done = support.triage(image, case, "--sector-size", "4096")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.index().one("SELECT sector_size FROM v_evidence")["sector_size"], 4096)
        self.assertEqual(support.triage(image, case, "--resume", "--sector-size", "512").code, 6)
        self.assertEqual(support.triage(image, self.scratch.path / "wrong", "--sector-size", "1000").code, 2)


if __name__ == "__main__":
    unittest.main()
