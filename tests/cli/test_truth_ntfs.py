"""What NTFS can do to a stream: LZNT1, holes, resident content, attribute lists, EFS. The truth is the bytes written
through ntfs-3g, and icat beside them."""
import hashlib
import os
import re
import struct
import unittest

import images
import support

COMPRESSED_FOLDER = struct.pack(">I", 0x0810)  # FILE_ATTRIBUTE_COMPRESSED, FILE_ATTRIBUTE_DIRECTORY
DATA, STANDARD_INFORMATION = 0x80, 0x10
ENCRYPTED = 0x4000
CLUSTER = 4096
UNIT = 16 * CLUSTER  # one compression unit


def compressible(length, seed=1):
    return images.prose(length, seed)


# Names of files in the compressed folder and what they hold: each is a path through the decompressor of its own.
COMPRESSED = {
    "prose.txt": compressible(1 << 20),
    "one unit.txt": compressible(UNIT, 2),
    "unit and a byte.txt": compressible(UNIT + 1, 3),
    "noise.bin": images.noise(300_001),  # does not shrink: stored as it is
    "zeros.bin": bytes(4 * UNIT),  # every unit a hole
    "mixed.bin": compressible(3 * UNIT) + images.noise(2 * UNIT) + bytes(5 * UNIT) + compressible(12_345, 4),
    "runs.bin": b"".join(bytes([value]) * 9000 for value in range(100)),
    "small.txt": b"resident although compressed",
}


def every_other_cluster(clusters, seed):
    """Content whose odd clusters are holes: as many runs as there are clusters."""
    return b"".join(images.noise(CLUSTER, seed * 100_000 + at) + bytes(CLUSTER) for at in range(clusters // 2))


def write_with_holes(path, content):
    with open(path, "wb") as stream:
        for at in range(0, len(content), CLUSTER):
            piece = content[at : at + CLUSTER]
            if piece.strip(b"\0"):
                stream.seek(at)
                stream.write(piece)
        stream.truncate(len(content))


class Ntfs(unittest.TestCase):
    """One volume with everything; it is triaged once."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        folder = cls.scratch.path / "evidence"
        folder.mkdir()
        cls.image = images.mkntfs(folder / "ntfs.raw", 96 << 20, CLUSTER)
        cls.content = {}
        with images.ntfs_mounted(cls.image) as point:
            cls.fill(point)
            cls.inodes = {path: (point / path.partition(":")[0]).stat().st_ino for path in cls.content}
            (point / "packed" / "deleted.txt").unlink()
        cls.craft()
        cls.triage = support.triage(cls.image, cls.scratch.path / "case", "--digests", "md5,sha256")
        cls.index = cls.triage.index()
        cls.addClassCleanup(cls.index.connection.close)
        cls.rows = {row["path"].lstrip("/"): row for row in cls.index.rows("SELECT * FROM v_file WHERE orphan = 0")}

    @classmethod
    def fill(cls, point):
        packed = point / "packed"
        packed.mkdir()
        os.setxattr(packed, "system.ntfs_attrib_be", COMPRESSED_FOLDER)
        for name, data in COMPRESSED.items():
            (packed / name).write_bytes(data)
            cls.content[f"packed/{name}"] = data
        for name in ("deleted.txt", "stale tail.txt", "broken.txt"):
            cls.content[f"packed/{name}"] = compressible(5 * UNIT, 7)
            (packed / name).write_bytes(cls.content[f"packed/{name}"])
        for name, data in {"resident.txt": b"r" * 90, "empty": b"", "plain.bin": images.noise(20_000, 5)}.items():
            (point / name).write_bytes(data)
            cls.content[name] = data
        cls.content["sparse.bin"] = bytes(1 << 20) + images.noise(10_000, 6) + bytes(3 << 20)
        write_with_holes(point / "sparse.bin", cls.content["sparse.bin"])
        cls.content["only a hole.bin"] = bytes(2 << 20)
        write_with_holes(point / "only a hole.bin", cls.content["only a hole.bin"])
        # Two streams of one file whose run lists need more MFT records than one each, so an attribute list.
        cls.content["many.bin"] = every_other_cluster(2400, 1)
        write_with_holes(point / "many.bin", cls.content["many.bin"])
        cls.content["many.bin:more"] = every_other_cluster(1200, 2)
        write_with_holes(f"{point}/many.bin:more", cls.content["many.bin:more"])
        (point / "streams.txt").write_bytes(b"main")
        cls.content["streams.txt"] = b"main"
        for number in range(120):
            cls.content[f"streams.txt:s{number:03}"] = images.noise(40 + number * 17, 100 + number)
            with open(f"{point}/streams.txt:s{number:03}", "wb") as stream:
                stream.write(cls.content[f"streams.txt:s{number:03}"])
        (point / "secret.bin").write_bytes(images.noise(50_000, 8))
        with open(f"{point}/secret.bin:side", "wb") as stream:
            stream.write(images.noise(30_000, 9))
        (point / "secret but empty").write_bytes(b"")
        for path in ("secret.bin", "secret.bin:side", "secret but empty"):
            cls.content[path] = None

    @classmethod
    def headers(cls, path, kind):
        return images.ntfs_attribute_headers(cls.image, cls.inodes[path], kind)

    @classmethod
    def craft(cls):
        """What ntfs-3g cannot write: EFS marks, an initialised length, a broken compression unit."""
        for path in ("secret.bin", "secret but empty"):
            for at, header in cls.headers(path, DATA):
                images.patch(cls.image, at + 12, struct.pack("<H", struct.unpack_from("<H", header, 12)[0] | ENCRYPTED))
            ((at, header),) = cls.headers(path, STANDARD_INFORMATION)
            value = at + struct.unpack_from("<H", header, 20)[0]
            flags = struct.unpack("<I", images.read(cls.image, value + 32, 4))[0]
            images.patch(cls.image, value + 32, struct.pack("<I", flags | ENCRYPTED))
        ((at, header),) = cls.headers("packed/stale tail.txt", DATA)
        cls.initialised = 2 * UNIT + 1000
        images.patch(cls.image, at + 56, struct.pack("<Q", cls.initialised))
        tail = len(cls.content["packed/stale tail.txt"]) - cls.initialised
        cls.content["packed/stale tail.txt"] = cls.content["packed/stale tail.txt"][: cls.initialised] + bytes(tail)
        # Back references that point before the start of the unit: no decompressor can make sense of them.
        ((at, header),) = cls.headers("packed/broken.txt", DATA)
        runs = header[struct.unpack_from("<H", header, 32)[0] :]
        length_bytes, offset_bytes = runs[0] & 15, runs[0] >> 4
        first = int.from_bytes(runs[1 + length_bytes : 1 + length_bytes + offset_bytes], "little")
        images.patch(cls.image, first * CLUSTER, struct.pack("<H", 0xB000 | 1000) + b"\xff" * 1100)

    def test_the_whole_is_sound(self):
        self.assertIn(self.triage.code, (0, 5), self.triage.err)
        issues = {(row["code"], row["inode"]) for row in self.index.rows("SELECT * FROM v_issue WHERE incomplete = 1")}
        self.assertEqual(
            issues,
            {
                ("content-encrypted", self.inodes["secret.bin"]),
                ("content-unreadable", self.inodes["packed/broken.txt"]),
            },
        )

    def test_digests_are_those_of_the_plain_bytes(self):
        for path, data in self.content.items():
            if data is None or path in ("packed/deleted.txt", "packed/broken.txt"):
                continue
            with self.subTest(path):
                row = self.rows[path]
                self.assertEqual(row["size"], len(data))
                self.assertEqual(row["content_state"], "complete" if data else "empty")
                self.assertEqual(row["sha256"], hashlib.sha256(data).hexdigest())

    def test_the_image_holds_what_is_to_be_proven(self):
        flags = {path: struct.unpack_from("<H", self.headers(path, DATA)[0][1], 12)[0] for path in ("packed/prose.txt",)}
        self.assertEqual(flags["packed/prose.txt"] & 0xFF, 1, "not compressed")
        kinds = {
            row["kind"]
            for row in self.index.rows(
                "SELECT DISTINCT kind FROM v_extent WHERE file_id = ?", self.rows["packed/prose.txt"]["file_id"]
            )
        }
        self.assertIn("compressed", kinds)
        for path in ("many.bin", "streams.txt"):
            self.assertTrue(self.headers(path, 0x20), f"{path} has no attribute list")
        extents = self.index.rows("SELECT * FROM v_extent WHERE file_id = ?", self.rows["many.bin"]["file_id"])
        self.assertGreaterEqual(len([row for row in extents if row["image_offset"] is not None]), 1200)
        resident = self.index.rows("SELECT * FROM v_extent WHERE file_id = ?", self.rows["resident.txt"]["file_id"])
        self.assertEqual([row["kind"] for row in resident], ["resident"])
        self.assertEqual(images.read(self.image, resident[0]["image_offset"], 90), b"r" * 90)

    def test_every_stream_equals_icat(self):
        compared = 0
        for path, row in self.rows.items():
            if row["content_state"] not in ("complete", "recovered") or path.startswith("$"):
                continue
            if ":s0" in path or path == "packed/stale tail.txt":
                continue
            theirs = support.icat(self.image, 0, {**row, "fs_type": "ntfs"})
            with self.subTest(path):
                self.assertEqual(hashlib.sha256(theirs).hexdigest(), row["sha256"])
                compared += 1
        self.assertGreater(compared, 10)

    def test_deleted_compressed_content_is_recovered(self):
        row = self.rows["packed/deleted.txt"]
        self.assertEqual((row["deleted"], row["content_state"]), (1, "recovered"))
        self.assertEqual(row["sha256"], hashlib.sha256(self.content["packed/deleted.txt"]).hexdigest())

    def test_a_broken_unit_leaves_no_digest(self):
        row = self.rows["packed/broken.txt"]
        self.assertNotEqual(row["content_state"], "complete")
        self.assertIsNone(row["sha256"])

    def test_efs_is_named_and_never_digested(self):
        for path in ("secret.bin", "secret.bin:side"):
            row = self.rows[path]
            self.assertEqual(row["content_state"], "encrypted", path)
            self.assertEqual((row["md5"], row["sha256"]), (None, None), path)
            marks = self.index.rows("SELECT * FROM v_encryption WHERE file_id = ?", row["file_id"])
            self.assertEqual([(mark["scope"], mark["scheme"]) for mark in marks], [("file", "NTFS EFS")], path)
            kinds = {
                extent["kind"]
                for extent in self.index.rows("SELECT kind FROM v_extent WHERE file_id = ?", row["file_id"])
            }
            self.assertLessEqual(kinds, {"encrypted", "slack"}, path)
        self.assertEqual(self.rows["secret but empty"]["content_state"], "empty")
        listed = self.index.one("SELECT * FROM v_not_examined WHERE reason LIKE 'encrypted by the file%'")
        self.assertEqual((listed["items"], listed["bytes"]), (2, 80_000))
        self.assertEqual(self.triage.code, 5, "nothing found and could not look must not share a code")

    def test_encrypted_content_is_not_exported(self):
        done = support.call(
            support.LIMIER, "export", self.triage.folder, "--file", self.rows["secret.bin"]["file_id"], "--to",
            self.scratch.path / "exported",
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual([path for path in (self.scratch.path / "exported").rglob("*secret*")], [])

    def test_export_gives_the_plain_bytes(self):
        for path in ("packed/mixed.bin", "packed/stale tail.txt", "many.bin:more", "only a hole.bin"):
            target = self.scratch.path / ("out-" + str(abs(hash(path))))
            done = support.call(
                support.LIMIER, "export", self.triage.folder, "--file", self.rows[path]["file_id"], "--to", target
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            digests = {support.sha256_of(entry) for entry in target.rglob("*") if entry.is_file()}
            self.assertIn(hashlib.sha256(self.content[path]).hexdigest(), digests, path)


class Owners(unittest.TestCase):
    @unittest.skipUnless(support.CORPUS.exists(), support.NO_CORPUS)
    def test_owners_are_those_of_istat(self):
        image = support.CORPUS / "images" / "fs" / "ntfs_index.E01"  # its volume begins at sector 128
        with support.Scratch() as scratch:
            run = support.triage(image, f"{scratch}/case", "--profile", "list")
            with run.index() as index:
                owners = {row["inode"]: row["owner_sid"] for row in index.rows(
                    "SELECT DISTINCT inode, owner_sid FROM v_file WHERE has_metadata AND realloc = 0")}
        self.assertGreater(len(set(owners.values()) - {None}), 2)
        for inode, owner in owners.items():
            told = support.call("istat", "-o", "128", image, inode).stdout.decode()
            found = re.search(r"Security ID: \d+  \((S-[\d-]+)\)", told)
            self.assertEqual(owner, found.group(1) if found else None, inode)


if __name__ == "__main__":
    unittest.main()
