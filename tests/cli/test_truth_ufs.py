"""UFS 1 and 2 made by makefs, in both byte orders, against the bytes put in, fls and icat."""
import hashlib
import os
import unittest

import images
import support

BLOCK, FRAGMENT = 8192, 1024
CONTENT = {
    "small": images.noise(100, 1),
    "one fragment": images.noise(FRAGMENT, 2),
    "fragments": images.noise(3 * BLOCK + 2 * FRAGMENT + 17, 3),
    "one block": images.noise(BLOCK, 4),
    "last direct block": images.noise(12 * BLOCK, 5),
    "indirect": images.noise(12 * BLOCK + 1, 6),
    "double indirect": images.noise((12 + 2048 + 3) * BLOCK + 99, 7),
    "empty": b"",
    "folder/inner/deep": images.noise(70_000, 8),
    "folder/hole": bytes(1 << 20) + b"end",
}
CONTENT.update({f"folder/f{number}": images.noise(number * 37 % 1500 + 1, 100 + number) for number in range(60)})
KINDS = {
    "ufs1 little-endian": ["-B", "le", "-o", f"version=1,bsize={BLOCK},fsize={FRAGMENT}"],
    "ufs1 big-endian": ["-B", "be", "-o", f"version=1,bsize={BLOCK},fsize={FRAGMENT}"],
    # makefs writes the superblock of UFS 2 to byte 8192, where FreeBSD looks and libtsk does not; at this size of block
    # its first copy stands at byte 65536.
    "ufs2": ["-B", "le", "-o", "version=2,bsize=65536,fsize=8192"],
}


class Ufs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        images.tool("makefs")
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.tree = cls.scratch.path / "tree"
        for path, data in CONTENT.items():
            target = cls.tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        with open(cls.tree / "folder" / "hole", "wb") as stream:
            stream.seek(1 << 20)
            stream.write(b"end")
        os.symlink("short target", cls.tree / "folder" / "short link")
        os.symlink("x" * 200, cls.tree / "folder" / "long link")
        (cls.scratch.path / "evidence").mkdir()

    def build(self, kind):
        image = self.scratch.path / "evidence" / f"{kind.replace(' ', '-')}.raw"
        images.run("makefs", "-t", "ffs", *KINDS[kind], image, self.tree)
        return image

    def test_everything_equals_what_was_put_in_and_what_fls_lists(self):
        for kind in KINDS:
            with self.subTest(kind):
                image = self.build(kind)
                done = support.triage(image, self.scratch.path / ("case " + kind), "--digests", "sha256")
                self.assertEqual(done.code, 0, done.err)
                with done.index() as index:
                    volume = index.one("SELECT * FROM v_volume")
                    self.assertEqual((volume["fs_type"], volume["status"]), (kind[:4], "parsed"))
                    rows = {row["path"].lstrip("/"): row for row in index.rows("SELECT * FROM v_file")}
                    self.check_contents(image, rows)
                    self.check_listing(image, rows)
                    self.check_ownership(index)

    def check_contents(self, image, rows):
        for path, data in CONTENT.items():
            digest = hashlib.sha256(data).hexdigest()
            self.assertEqual((rows[path]["size"], rows[path]["sha256"]), (len(data), digest), path)
            if path in ("fragments", "double indirect"):
                self.assertEqual(hashlib.sha256(support.icat(image, 0, rows[path])).hexdigest(), digest)
        self.assertEqual(rows["folder/short link"]["link_target"], "short target")
        self.assertEqual(rows["folder/long link"]["link_target"], "x" * 200)

    def check_listing(self, image, rows):
        listed = [entry for entry in support.fls(image, 0) if not entry.path.startswith("$Orphan")]
        self.assertGreater(len(listed), len(CONTENT))
        for entry in listed:
            row = rows[entry.path.partition(" -> ")[0]]
            times = tuple(
                None if row[name] is None else row[name] // 10**9
                for name in ("modified_ns", "accessed_ns", "changed_ns", "created_ns")
            )
            ours = (row["inode"], row["size"], row["uid"], row["gid"], times)
            self.assertEqual(ours, (entry.inode, entry.size, entry.uid, entry.gid, entry.times), entry.path)

    def check_ownership(self, index):
        """No byte belongs to two files: the fragments behind the end of a file are those of others."""
        self.assertEqual(index.rows("SELECT * FROM v_issue"), [])
        end, owner = 0, None
        for row in index.rows(
            "SELECT e.*, f.path FROM v_extent e JOIN v_file f USING (file_id) WHERE image_offset IS NOT NULL "
            "ORDER BY image_offset"
        ):
            self.assertGreaterEqual(row["image_offset"], end, (owner, row["path"]))
            end, owner = row["image_offset"] + row["length"], row["path"]
        self.assertEqual(
            index.rows(
                "SELECT path FROM v_extent JOIN v_file USING (file_id) WHERE v_file.kind = 'link' AND length < 20"
            ),
            [],
            "the target of a short link is no hole",
        )

    def test_ufs2_where_libtsk_does_not_look_is_named(self):
        image = self.scratch.path / "evidence" / "early.raw"
        images.run("makefs", "-t", "ffs", "-o", "version=2,bsize=16384,fsize=2048", image, self.tree)
        done = support.triage(image, self.scratch.path / "early")
        self.assertEqual(done.code, 5, done.err)
        with done.index() as index:
            volume = index.one("SELECT * FROM v_volume")
            self.assertEqual((volume["fs_type"], volume["status"]), ("ufs2", "failed"))


if __name__ == "__main__":
    unittest.main()
