"""ext2, ext3 and ext4 made by mke2fs and debugfs: every way to store content, against the bytes put in and fls.

icat is asked too, except for extent trees of more than one index block, which libtsk 4.11 cannot read."""
import hashlib
import os
import re
import subprocess
import unittest

import images
import support

KIB = 1024
TARGETS = {f"link{length}": "t" * length for length in (1, 59, 60, 61, 150, 900)}


def pieces(*places):
    """{offset: bytes} for a file with holes."""
    return {at: images.noise(length, at % 9973 + length) for at, length in places}


PLAIN = {
    "empty": {},
    "tiny": {0: b"twenty bytes of text"},
    "one block": pieces((0, KIB)),
    "direct": pieces((0, 12 * KIB)),
    "indirect": pieces((0, 12 * KIB + 1)),
    "double": pieces((0, 300 * KIB)),
    # With blocks of 1 KiB the triple indirect block begins at 12 + 256 + 256² blocks.
    "starts with a hole": pieces((500 * KIB, 3000)),
    "ends with a hole": pieces((0, 3000), (2000 * KIB, 0)),
    "only a hole": pieces((700 * KIB, 0)),
}
# With blocks of 1 KiB the triple indirect block begins at 12 + 256 + 256² blocks.
TRIPLE = {"triple": pieces((0, 1000), (100 * KIB, 2048), (10_000 * KIB, 5000), (65_700 * KIB, 400 * KIB))}
# A run every other block: more runs than one index block holds, and with blocks of 1 KiB a tree of depth 2.
TREES = {
    "leaves": pieces(*((at * 2 * KIB, KIB) for at in range(120))),
    "deep": pieces(*((at * 2 * KIB, KIB) for at in range(600))),
}


def content_of(parts):
    size = max((at + len(data) for at, data in parts.items()), default=0)
    out = bytearray(size)
    for at, data in parts.items():
        out[at : at + len(data)] = data
    return bytes(out)


class Ext(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        (cls.scratch.path / "evidence").mkdir()
        cls.trees = {}

    def tree(self, name, files):
        folder = self.scratch.path / f"tree {name}"
        for path, parts in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "wb") as stream:
                for at, data in parts.items():
                    stream.seek(at)
                    stream.write(data)
                stream.truncate(len(content_of(parts)))
        for path, text in TARGETS.items():
            os.symlink(text, folder / path)
        return folder

    def build(self, name, files, *options, size="16M", commands=(), check=True):
        image = self.scratch.path / "evidence" / f"{name}.raw"
        images.run("mke2fs", "-q", "-F", "-d", self.tree(name, files), *options, image, size)
        # mke2fs leaves out the hole at the end of a file.
        sizes = [f'sif "/{path}" size {len(content_of(parts))}' for path, parts in files.items() if b"" in parts.values()]
        for command in [*sizes, *commands]:
            self.debugfs(image, command, write=True)
        if check:
            done = subprocess.run([images.tool("e2fsck"), "-fn", image], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout.decode())
        return image

    @staticmethod
    def debugfs(image, command, write=False):
        return images.run("debugfs", *(["-w"] if write else []), "-R", command, image).decode()

    def triage(self, image, code=0):
        done = support.triage(image, self.scratch.path / f"case {image.stem}", "--digests", "sha256")
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        return index, {row["path"].lstrip("/"): row for row in index.rows("SELECT * FROM v_file")}

    def check(self, image, rows, files, icat=True):
        for path, parts in files.items():
            data = content_of(parts)
            digest = hashlib.sha256(data).hexdigest()
            self.assertEqual((rows[path]["size"], rows[path]["sha256"]), (len(data), digest), path)
            self.assertEqual(rows[path]["content_state"], "complete" if data else "empty", path)
            if icat and len(data) < 1 << 20:
                self.assertEqual(hashlib.sha256(support.icat(image, 0, rows[path])).hexdigest(), digest, path)
        for path, text in TARGETS.items():
            self.assertEqual(rows[path]["link_target"], text)
        for entry in support.fls(image, 0):
            path = entry.path.partition(" -> ")[0]
            self.assertEqual((rows[path]["inode"], rows[path]["size"]), (entry.inode, entry.size), path)

    def test_block_pointers_up_to_the_third_level(self):
        for kind in ("ext2", "ext3"):
            with self.subTest(kind):
                files = {**PLAIN, **(TRIPLE if kind == "ext3" else {})}
                image = self.build(kind, files, "-t", kind, "-b", KIB)
                index, rows = self.triage(image)
                self.assertEqual(index.one("SELECT fs_type FROM v_volume")["fs_type"], kind)
                self.check(image, rows, files)
                if kind == "ext3":
                    self.assertIn("(TIND)", self.debugfs(image, "stat /triple"))

    def test_extents_and_inline_data(self):
        for block, inode in ((KIB, 256), (4 * KIB, 512)):
            with self.subTest(block=block):
                options = ["-t", "ext4", "-O", "inline_data,64bit", "-b", block, "-I", inode]
                image = self.build(f"ext4-{block}", PLAIN, *options)
                self.assertIn("Flags: 0x10000000", self.debugfs(image, "stat /tiny"))
                index, rows = self.triage(image)
                self.check(image, rows, PLAIN)
                kinds = index.rows("SELECT kind FROM v_extent WHERE file_id = ?", rows["tiny"]["file_id"])
                self.assertEqual([row["kind"] for row in kinds], ["resident"])

    def test_extent_trees_libtsk_cannot_read(self):
        image = self.build("deep", {**PLAIN, **TREES}, "-t", "ext4", "-b", KIB)
        self.assertIn(" 2/ 2 ", self.debugfs(image, "ex /deep"))
        index, rows = self.triage(image)
        self.check(image, rows, {**PLAIN, **TREES}, icat=False)
        listed = index.rows(
            "SELECT file_offset, image_offset, length FROM v_extent WHERE file_id = ? AND kind = 'data' ORDER BY seq",
            rows["deep"]["file_id"],
        )
        told = re.findall(r"^ 2/ 2 +\d+/ *\d+ +(\d+) - +(\d+) +(\d+) - ", self.debugfs(image, "ex /deep"), re.M)
        self.assertEqual(len(told), 600)
        self.assertEqual(
            [(row["file_offset"], row["image_offset"]) for row in listed],
            [(int(first) * KIB, int(block) * KIB) for first, _, block in told],
        )

    def test_a_broken_tree_gives_no_digest(self):
        image = self.build("broken", TREES, "-t", "ext4", "-O", "^metadata_csum", "-b", KIB)
        text = self.debugfs(image, "ex /leaves")
        leaves = [int(number) for number in re.findall(r"^ 0/ 1 +\d+/ *\d+ +\d+ - +\d+ +(\d+)", text, re.M)]
        self.assertEqual(len(leaves), 2)
        images.patch(image, leaves[1] * KIB, b"\0\0")
        index, rows = self.triage(image, 5)
        self.assertEqual((rows["leaves"]["content_state"], rows["leaves"]["sha256"]), ("unreadable", None))
        self.assertEqual(rows["deep"]["content_state"], "complete")
        self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'content-unreadable' AND incomplete = 1"))

    def test_unwritten_extents_read_as_zeros(self):
        files = {"begins": pieces((0, 3 * KIB)), "inside": pieces((0, 2 * KIB), (40 * KIB, 2 * KIB)), "beyond": {0: b"x"}}
        image = self.build(
            "unwritten",
            files,
            "-t",
            "ext4",
            "-b",
            KIB,
            commands=(
                "fallocate /begins 0 99",
                f"sif /begins size {80 * KIB}",
                "fallocate /inside 2 39",
                "fallocate /beyond 0 200",  # as with FALLOC_FL_KEEP_SIZE
            ),
        )
        self.assertIn("Uninit", self.debugfs(image, "ex /inside"))
        # What stands in such blocks is not the file's: fill them.
        for path in files:
            for number in re.findall(r"(\d+) - +\d+ +(?:\d+) Uninit", self.debugfs(image, f"ex /{path}")):
                images.patch(image, int(number) * KIB, b"remnant of another file" * 40)
        index, rows = self.triage(image)
        files["begins"][80 * KIB] = b""
        self.check(image, rows, files, icat=False)
        for path in files:
            kinds = index.rows("SELECT * FROM v_extent WHERE file_id = ?", rows[path]["file_id"])
            wanted = "slack" if path == "beyond" else "uninitialized"
            self.assertIn(wanted, {row["kind"] for row in kinds}, path)

    def test_inodes_in_every_group(self):
        files = {f"many/f{number:03}": pieces((0, 700 + number)) for number in range(300)}
        for name, features in (("groups", "64bit"), ("old", "^64bit,^flex_bg")):
            with self.subTest(name):
                image = self.build(
                    name, files, "-t", "ext4", "-O", features, "-b", KIB, "-g", 1024, "-N", 1024, size="24M"
                )
                _, rows = self.triage(image)
                self.assertGreater(max(rows[path]["inode"] for path in files), 200)
                self.check(image, rows, files, icat=False)

    def test_meta_block_groups(self):
        """libtsk does not find their inodes."""
        files = {f"f{number:03}": pieces((0, 700 + number)) for number in range(10)}
        features = "meta_bg,^resize_inode,64bit"
        image = self.build(
            "meta groups", files, "-t", "ext4", "-O", features, "-b", KIB, "-g", 1024, "-N", 1024, size="24M"
        )
        _, rows = self.triage(image)
        self.check(image, rows, files, icat=False)

    def test_encrypted_content_is_named_and_never_digested(self):
        files = {"secret": pieces((0, 5000)), "plain": pieces((0, 5000)), "locked/inner": pieces((0, 100))}
        image = self.build(
            "fscrypt",
            files,
            "-t",
            "ext4",
            "-O",
            "encrypt",
            "-b",
            KIB,
            check=False,  # the key's identifier is missing
            commands=(
                "sif /secret flags 0x80800",
                "sif /locked flags 0x80800",
                "sif /locked/inner flags 0x80800",
            ),
        )
        index, rows = self.triage(image, 5)
        for path in ("secret", "locked/inner"):
            self.assertEqual((rows[path]["content_state"], rows[path]["sha256"]), ("encrypted", None))
            marks = index.rows("SELECT * FROM v_encryption WHERE file_id = ?", rows[path]["file_id"])
            self.assertEqual([mark["scope"] for mark in marks], ["file"])
        self.assertEqual(rows["plain"]["content_state"], "complete")
        self.assertEqual(index.one("SELECT * FROM v_not_examined WHERE what = 'file'")["items"], 2)


if __name__ == "__main__":
    unittest.main()
