"""Listings that hold less than is there: each way to notice it, on an image that shows it. All of them end with exit 5,
a named issue, and a line on the first screen of the report."""
import struct
import sys
import pathlib
import time
import unittest

import images
import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mutation"))
import mutate
import regions

MIB = 1 << 20
INCOMPLETE = "listing-may-be-incomplete"


def fat_entry(name, cluster):
    """That of a folder (Microsoft's FAT specification)."""
    return struct.pack("<11sB10xIHI", name.ljust(11), 0x10, 0x50210000, cluster, 0)


class Completeness(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        (self.scratch.path / "evidence").mkdir()
        self.image = self.scratch.path / "evidence" / "image.dd"
        self.tree = self.scratch.path / "tree"
        for path, size in (("first.bin", 9000), ("second.bin", 9000), ("folder/inner.bin", 3000)):
            target = self.tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(images.noise(size, size + len(path)))

    def check(self, code, wanted=5, sound=None):
        """`sound`: the same image before the damage, which must not be flagged."""
        if sound is not None:
            done = support.triage(sound, self.scratch.path / "sound")
            self.assertEqual(done.code, 0, done.err + done.out)
        folder = self.scratch.path / "case"
        done = support.triage(self.image, folder)
        self.assertEqual(done.code, wanted, done.err + done.out)
        with done.index() as index:
            issues = index.rows("SELECT * FROM v_issue WHERE incomplete AND code = ?", code)
            self.assertTrue(issues, index.rows("SELECT code, message FROM v_issue"))
            reasons = [row["reason"] for row in index.rows("SELECT * FROM v_not_examined")]
        self.assertTrue(any(code.replace("-", " ") in reason for reason in reasons), reasons)
        self.check_reports(folder, code)
        return issues

    def check_reports(self, folder, code):
        """The first screen is what stands before the list of sections."""
        page = (folder / "report.html").read_text(encoding="utf-8")
        front = page[: page.index('id="case"') if 'id="case"' in page else page.index("Case and authority</h2>")]
        self.assertIn("part of it could not be examined", front)
        self.assertIn("listing", front)
        report = support.json.loads((folder / "report.json").read_text(encoding="utf-8"))
        self.assertTrue(report["conditions"]["incomplete"])
        self.assertEqual(report["exit_code"], 5)
        self.assertIn(code, [issue["code"] for issue in report["issues"]])
        self.assertTrue(report["not_examined"])

    def copy_of_the_image(self):
        copy = self.scratch.path / "evidence" / "sound.dd"
        copy.write_bytes(self.image.read_bytes())
        return copy

    def ext(self, *commands, kind="ext4"):
        images.run("mkfs.ext4", "-q", "-F", "-t", kind, "-b", 1024, "-d", self.tree, self.image, "4096k")
        sound = self.copy_of_the_image()
        script = self.scratch.path / "commands"
        script.write_text("".join(command + "\n" for command in commands), encoding="utf-8")
        images.run("debugfs", "-w", "-f", script, self.image)
        return sound

    def fat(self, bits=16):
        images.run("mkfs.vfat", "-F", bits, "-s", 4, images.blank(self.image, 16 * MIB))
        for entry in sorted(self.tree.iterdir()):
            images.run("mcopy", "-s", "-i", self.image, entry, "::/")
        boot = images.read(self.image, 0, 512)
        reserved, fats, roots, fat_sectors = struct.unpack_from("<HBH3xH", boot, 14)
        return (reserved + fats * fat_sectors) * 512, roots * 32

    def put_folder(self, root, length, cluster, entries):
        """On FAT16: a folder of one cluster, in use."""
        reserved, fats, fat_sectors = struct.unpack_from("<HB5xH", images.read(self.image, 0, 512), 14)
        images.patch(self.image, root + length + (cluster - 2) * 2048, entries)
        for copy in range(fats):
            images.patch(self.image, (reserved + copy * fat_sectors) * 512 + 2 * cluster, b"\xff\xff")

    def find_entry(self, name, start, length):
        at = images.read(self.image, start, length).index(name)
        return start + at

    def test_no_names_at_all(self):
        self.ext()
        (folder,) = [r for r in regions.ext(self.image.read_bytes(), 0) if r.kind == "ext inode"][1:2]
        images.patch(self.image, folder.offset + 40, bytes(60))  # the root directory has no blocks any more
        self.check(INCOMPLETE)

    def test_inode_in_use_without_a_name(self):
        self.check(INCOMPLETE, sound=self.ext("unlink /second.bin"))

    def test_inode_in_use_without_a_name_on_ufs(self):
        images.run("makefs", "-t", "ffs", "-M", "2m", "-B", "le", "-o", "version=1,bsize=8192,fsize=1024", self.image, self.tree)
        sound = self.copy_of_the_image()
        at = self.image.read_bytes().index(b"\x0asecond.bin") - 7
        images.patch(self.image, at, bytes(4))  # the entry leads to inode 0
        self.check(INCOMPLETE, sound=sound)

    def test_run_outside_the_volume(self):
        sound = self.ext("sif /second.bin block[1] 900000", kind="ext2")
        self.check("run-outside-volume", sound=sound)

    def test_two_files_claim_one_cluster(self):
        root, length = self.fat()
        sound = self.copy_of_the_image()
        first = self.find_entry(b"FIRST   BIN", root, length)
        second = self.find_entry(b"SECOND  BIN", root, length)
        images.patch(self.image, second + 26, images.read(self.image, first + 26, 2))
        self.check("clusters-claimed-twice", sound=sound)

    def test_clusters_in_use_without_a_file(self):
        root, length = self.fat()
        sound = self.copy_of_the_image()
        second = self.find_entry(b"SECOND  BIN", root, length)
        images.patch(self.image, second, bytes(32))  # nothing stands behind it
        (issue,) = self.check(INCOMPLETE, sound=sound)
        self.assertIn(f"{-(-9000 // 512) * 512} bytes", issue["message"])

    def test_folders_that_double_the_names_at_each_level(self):
        """Each folder holds the next one twice: 46 entries, and eight million names to whoever follows them all."""
        root, length = self.fat()
        sound = self.copy_of_the_image()
        first, levels = 100, 23
        for level in range(levels):
            cluster = first + level
            inside = fat_entry(b".", cluster) + fat_entry(b"..", cluster - 1 if level else 0)
            if level + 1 < levels:
                inside += fat_entry(b"A", cluster + 1) + fat_entry(b"B", cluster + 1)
            self.put_folder(root, length, cluster, inside)
        images.patch(self.image, root + 320, fat_entry(b"A", first) + fat_entry(b"B", first))
        started = time.monotonic()
        self.check("too-many-names", sound=sound)
        self.assertLess(time.monotonic() - started, 60)
        with support.Index(self.scratch.path / "case" / "index.db") as index:
            self.assertLess(index.one("SELECT count(*) AS n FROM v_file")["n"], 70_000)
            self.assertTrue(index.rows("SELECT * FROM v_file WHERE path = '/first.bin' AND sha256 IS NOT NULL"))

    def test_rest_of_a_deleted_file_is_no_lost_name(self):
        """Marked deleted by hand, its clusters never released: the file is listed, so nothing is lost."""
        root, length = self.fat()
        second = self.find_entry(b"SECOND  BIN", root, length)
        images.patch(self.image, second, b"\xe5")
        self.assertEqual(support.triage(self.image, self.scratch.path / "case").code, 0)

    def test_iso_folder_with_a_damaged_record(self):
        images.run("genisoimage", "-quiet", "-R", "-o", self.image, self.tree)
        sound = self.copy_of_the_image()
        data = self.image.read_bytes()
        record = next(r for r in regions.iso(data, 0) if data[r.offset + 33 : r.offset + 38] == b"FOLDE")
        images.patch(self.image, record.offset, b"\0")  # the list ends here, for who does not look further
        self.check(INCOMPLETE, sound=sound)

    def test_hfs_counts_more_files_than_are_listed(self):
        source = support.CORPUS / "images" / "fs" / "hfsplus.E01"
        if not source.exists():
            self.skipTest(support.NO_CORPUS)
        self.image.write_bytes(support.call("img_cat", source).stdout)
        sound = self.copy_of_the_image()
        count = struct.unpack(">I", images.read(self.image, 1024 + 32, 4))[0]
        images.patch(self.image, 1024 + 32, struct.pack(">I", count + 1))
        self.check(INCOMPLETE, sound=sound)

    def test_apfs_counts_more_files_than_are_listed(self):
        source = support.CORPUS / "images" / "fs" / "apfs.E01"
        if not source.exists():
            self.skipTest(support.NO_CORPUS)
        self.image.write_bytes(support.call("img_cat", source).stdout)
        sound = self.copy_of_the_image()
        found = [r for r in regions.apfs(self.image.read_bytes(), 0) if r.kind == "apfs volume superblock"]
        for region in found:
            patch = mutate.Patch(self.image)
            count = struct.unpack("<Q", patch.read(region.offset + 184, 8))[0]
            patch.write(region.offset + 184, struct.pack("<Q", count + 1))
            mutate.seal_apfs(patch, region, 0)
            patch.close()
        self.assertTrue(found)
        self.check(INCOMPLETE, sound=sound)

    def test_a_name_that_leads_to_a_directory_above_it(self):
        images.run("mke2fs", "-q", "-t", "ext4", "-F", "-O", "^metadata_csum", "-d", self.tree, self.image, "4M")
        sound = self.copy_of_the_image()
        images.run("debugfs", "-w", "-R", "ln <2> folder/loop", self.image)
        (issue,) = self.check("directory-loop", sound=sound)
        self.assertEqual(issue["inode"], 2)
        with support.Index(self.scratch.path / "case" / "index.db") as index:
            listed = {row["path"] for row in index.rows("SELECT path FROM v_file")}
        self.assertIn("/folder/loop", listed)
        self.assertFalse({path for path in listed if path.startswith("/folder/loop/")})

    def test_on_fat_a_loop_is_told_and_nothing_is_missing(self):
        root, length = self.fat()
        self.put_folder(root, length, 100, fat_entry(b".", 100) + fat_entry(b"..", 0) + fat_entry(b"B", 101))
        self.put_folder(root, length, 101, fat_entry(b".", 101) + fat_entry(b"..", 100) + fat_entry(b"A", 100))
        entries = images.read(self.image, root, length)
        free = next(at for at in range(0, length, 32) if entries[at] == 0)  # behind the end mark nothing is in use
        images.patch(self.image, root + free, fat_entry(b"A", 100))
        done = support.triage(self.image, self.scratch.path / "case")
        self.assertEqual(done.code, 0, done.err + done.out)
        with done.index() as index:
            (issue,) = index.rows("SELECT incomplete FROM v_issue WHERE code = 'directory-loop'")
            listed = {row["path"] for row in index.rows("SELECT path FROM v_file")}
        self.assertFalse(issue["incomplete"])
        self.assertIn("/A/B/A", listed)


if __name__ == "__main__":
    unittest.main()
