"""UFS 1 and 2 made by makefs, in both byte orders, against the bytes put in, fls and icat."""
import hashlib
import os
import struct
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

    def test_targets_longer_than_a_fragment(self):
        tree = self.scratch.path / "links"
        tree.mkdir()
        targets = {f"of {length}": "t" * length for length in (511, 512, 513, 1000, 1023)}
        for name, target in targets.items():
            os.symlink(target, tree / name)
        image = self.scratch.path / "evidence" / "links.raw"
        images.run("makefs", "-t", "ffs", "-s", "4m", "-o", "version=1,bsize=4096,fsize=512", image, tree)
        done = support.triage(image, self.scratch.path / "case links")
        self.assertEqual(done.code, 0, done.err)
        with done.index() as index:
            found = {row["path"][1:]: row["link_target"] for row in index.rows("SELECT * FROM v_file")}
        self.assertEqual({name: found[name] for name in targets}, targets)

    def test_ufs2_is_read_where_libtsk_does_not_look(self):
        image = self.scratch.path / "evidence" / "early.raw"
        images.run("makefs", "-t", "ffs", "-o", "version=2,bsize=16384,fsize=2048", image, self.tree)
        done = support.triage(image, self.scratch.path / "early", "--digests", "sha256")
        self.assertEqual(done.code, 0, done.err)
        with done.index() as index:
            volume = index.one("SELECT * FROM v_volume")
            self.assertEqual((volume["fs_type"], volume["status"]), ("ufs2", "parsed"))
            rows = {row["path"].lstrip("/"): row for row in index.rows("SELECT * FROM v_file")}
            for path, data in CONTENT.items():
                digest = hashlib.sha256(data).hexdigest()
                self.assertEqual((rows[path]["size"], rows[path]["sha256"]), (len(data), digest), path)
            self.check_ownership(index)

    def test_volumes_that_end_before_libtsk_looks_for_a_superblock(self):
        tree = self.scratch.path / "few"
        tree.mkdir()
        contents = {"a": b"a line\n", "b": images.noise(20_000, 77)}
        for name, data in contents.items():
            (tree / name).write_bytes(data)
        for version, size in ((1, 64), (1, 256), (2, 64), (2, 256)):
            for order in ("le", "be"):
                with self.subTest(version=version, size=size, order=order):
                    image = self.scratch.path / "evidence" / f"small-{version}-{size}-{order}.raw"
                    layout = f"version={version},bsize=4096,fsize=512"
                    images.run("makefs", "-t", "ffs", "-s", f"{size}k", "-B", order, "-o", layout, image, tree)
                    self.assertEqual(image.stat().st_size, size << 10)
                    done = support.triage(image, self.scratch.path / image.stem, "--digests", "sha256")
                    self.assertEqual(done.code, 0, done.err)
                    with done.index() as index:
                        volume = index.one("SELECT * FROM v_volume")
                        self.assertEqual((volume["fs_type"], volume["status"]), (f"ufs{version}", "parsed"))
                        for name, data in contents.items():
                            row = index.one("SELECT size, sha256 FROM v_file WHERE path = ?", "/" + name)
                            self.assertEqual(
                                (row["size"], row["sha256"]), (len(data), hashlib.sha256(data).hexdigest())
                            )
                        self.check_ownership(index)

    def test_a_volume_that_is_cut_short_before_libtsk_looks_for_a_superblock(self):
        whole = self.build("ufs1 little-endian").read_bytes()
        image = self.scratch.path / "evidence" / "cut.raw"
        image.write_bytes(whole[:200_000])
        done = support.triage(image, self.scratch.path / "cut", "--digests", "sha256")
        self.assertEqual(done.code, 5, done.err)
        with done.index() as index:
            for path, data in CONTENT.items():
                for row in index.rows("SELECT sha256 FROM v_file WHERE path = ? AND sha256 IS NOT NULL", "/" + path):
                    self.assertEqual(row["sha256"], hashlib.sha256(data).hexdigest(), path)


class Ufs2Inodes(unittest.TestCase):
    """What an inode of UFS 2 says beside the files (FreeBSD sys/ufs/ufs/dinode.h, extattr.h), written into it here."""

    ATTRIBUTES = {"user.note": b"from here", "system.posix1e.acl": images.noise(9000, 9), "user.empty": b""}
    SNAPSHOT = 0x00200000
    OLD, LATE = (-(2**40), 123_456_789), (2**40, 999_999_999)
    INODE = 256

    @classmethod
    def setUpClass(cls):
        images.tool("makefs")
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        tree.mkdir()
        for name in ("marked", "snapshot", "unlinked", "plain"):
            (tree / name).write_bytes(name.encode() * 100)
        cls.image = cls.scratch.path / "evidence" / "ufs2.raw"
        cls.image.parent.mkdir()
        images.run("makefs", "-t", "ffs", "-s", "8m", *KINDS["ufs2"], cls.image, tree)
        cls.table = cls.find_inodes()
        cls.mark("marked")
        cls.set("snapshot", 88, "<I", cls.SNAPSHOT)
        cls.unlink("unlinked")
        cls.triage = support.triage(cls.image, cls.scratch.path / "case", "--digests", "sha256")
        cls.index = cls.triage.index()
        cls.addClassCleanup(cls.index.connection.close)
        cls.rows = {row["path"]: row for row in cls.index.rows("SELECT * FROM v_file")}

    @classmethod
    def find_inodes(cls):
        """Image offset of inode 0, by the superblock."""
        block = images.read(cls.image, 65536, 1376)
        return struct.unpack_from("<i", block, 16)[0] * struct.unpack_from("<i", block, 52)[0]

    @classmethod
    def number(cls, name):
        """By the entry in the root directory."""
        data = cls.image.read_bytes()
        entry = data.index(bytes([8, len(name)]) + name.encode() + b"\0") - 6
        return struct.unpack_from("<I", data, entry)[0], entry

    @classmethod
    def set(cls, name, at, form, *values):
        images.patch(cls.image, cls.table + cls.number(name)[0] * cls.INODE + at, struct.pack(form, *values))

    @classmethod
    def mark(cls, name):
        area = b""
        for full, value in cls.ATTRIBUTES.items():
            space, _, rest = full.partition(".")
            head = struct.pack("<BBB", 1 if space == "user" else 2, -len(value) % 8, len(rest)) + rest.encode()
            head += bytes(-(4 + len(head)) % 8)
            body = head + value + bytes(-len(value) % 8)
            area += struct.pack("<I", 4 + len(body)) + body
        fragment = 900  # free
        images.patch(cls.image, fragment * 8192, area)
        cls.set(name, 92, "<Iqq", len(area), fragment, 0)
        cls.set(name, 56, "<q", cls.OLD[0])
        cls.set(name, 76, "<i", cls.OLD[1])
        cls.set(name, 40, "<q", cls.LATE[0])
        cls.set(name, 64, "<i", cls.LATE[1])

    @classmethod
    def unlink(cls, name):
        """As after a crash while a program had it open: no entry, no link, in use."""
        cls.unlinked, entry = cls.number(name)
        cls.set(name, 2, "<h", 0)
        images.patch(cls.image, entry, bytes(4))

    def test_extended_attributes_are_streams(self):
        for name, value in self.ATTRIBUTES.items():
            row = self.rows[f"/marked:xattr:{name}"]
            self.assertEqual((row["size"], row["sha256"]), (len(value), hashlib.sha256(value).hexdigest()), name)
            self.assertEqual(row["content_state"], "complete" if value else "empty")

    def test_times_over_the_whole_range(self):
        row = self.rows["/marked"]
        self.assertTrue(row["created"].endswith(f".{self.OLD[1]:09}Z"), row["created"])
        self.assertTrue(row["modified"].endswith(f".{self.LATE[1]:09}Z"), row["modified"])
        self.assertEqual((row["created_ns"], row["modified_ns"]), (None, None), "beyond 64 bits of nanoseconds")

    def test_a_snapshot_is_not_read(self):
        row = self.rows["/snapshot"]
        self.assertEqual((row["content_state"], row["sha256"]), ("not-read", None))
        issue = self.index.one("SELECT * FROM v_issue WHERE code = 'content-not-read'")
        self.assertIn("a snapshot", issue["message"])
        self.assertEqual(self.triage.code, 5)

    def test_a_file_that_was_removed_while_open_is_listed(self):
        row = self.index.one("SELECT * FROM v_file WHERE inode = ? AND kind = 'file'", self.unlinked)
        content = hashlib.sha256(b"unlinked" * 100).hexdigest()
        self.assertEqual((row["deleted"], row["content_state"], row["sha256"]), (0, "complete", content))


if __name__ == "__main__":
    unittest.main()
