"""AccessData's AD1: files made here in the forms that its imagers write, whole, in parts and damaged. The layout is that
of src/volume/ad1_reader.h; the corpus has one that an imager wrote."""
import hashlib
import pathlib
import random
import struct
import unittest
import zlib

import support

CHUNK = 65536
HEADER = 512
ACCESSED, CREATED, MODIFIED, MODE, UID, GID, MD5 = 7, 8, 9, 0x2001, 0x2002, 0x2003, 0x5001
TIMES = {MODIFIED: "20240305T100102.250000", CREATED: "20240304T090807", ACCESSED: "20240306T235959.000001"}


class Writer:
    """One image: entries behind each other, each with its chunks, its attributes, and then what is in it."""

    def __init__(self, tree, version=4, level=6):
        self.level = level
        self.version = version
        name = b"made up"
        head = 0x5C if version == 4 else 48
        self.data = bytearray(head) + name
        first = len(self.data)
        self.entries = {}
        self.group(tree, 0, "")
        footer = len(self.data)
        if version == 4:
            self.data += b"ATTRGUID" + bytes(64) + b"LOCSGUID" + bytes(32)
        struct.pack_into("<16sIIIQQI", self.data, 0, b"ADLOGICALIMAGE\0\0", version, 1, CHUNK, first, first, len(name))
        if version == 4:
            struct.pack_into("<4sQQQQQ", self.data, 48, b"AD\0\0", 0x5C, footer, 0, footer + 72, 0)

    def group(self, members, parent, above):
        before = None
        for name, what in members.items():
            at = self.entry(name, what, parent, above)
            if before is not None:
                struct.pack_into("<Q", self.data, before, at)
            before = at

    def entry(self, name, what, parent, above):
        at = len(self.data)
        folder = isinstance(what, dict)
        attributes = dict(TIMES)
        content = b"" if folder else what
        if isinstance(what, tuple):
            content, more = what
            attributes.update(more)
        if content:
            attributes[MD5] = hashlib.md5(content).hexdigest()
        raw = name.encode()
        self.entries[f"{above}/{name}"] = at
        self.data += struct.pack("<QQQQQII", 0, 0, 0, 0, len(content), 5 if folder else 0, len(raw)) + raw
        self.data += struct.pack("<Q", parent)
        if content:
            self.put(at, 24)
            chunks = [zlib.compress(content[i:i + CHUNK], self.level) for i in range(0, len(content), CHUNK)]
            place = len(self.data) + 8 + 8 * (len(chunks) + 1)
            self.data += struct.pack("<Q", len(chunks))
            for chunk in chunks:
                self.data += struct.pack("<Q", place)
                place += len(chunk)
            self.data += struct.pack("<Q", place) + b"".join(chunks)
        self.put(at, 16)
        keys = sorted(attributes)
        for key in keys:
            value = attributes[key].encode()
            end = len(self.data) + 20 + len(value)
            self.data += struct.pack("<QIII", 0 if key == keys[-1] else end, 5, key, len(value)) + value
        if folder and what:
            self.put(at, 8)
            self.group(what, at, f"{above}/{name}")
        return at

    def put(self, at, field):
        struct.pack_into("<Q", self.data, at + field, len(self.data))

    def write(self, folder, parts=1):
        """The path of the first part."""
        step = -(-len(self.data) // parts)
        for number in range(parts):
            head = struct.pack("<16sIIIIQI", b"ADSEGMENTEDFILE\0", 1, 2, number + 1, parts, step, HEADER).ljust(HEADER, b"\0")
            (folder / f"image.ad{number + 1}").write_bytes(head + self.data[number * step:(number + 1) * step])
        return folder / "image.ad1"


NOISE = random.Random(7).randbytes(300_000)
TREE = {
    "C:\\ [NTFS]": {
        "[root]": {
            "Users": {"Noor": {"notes.txt": b"bring it to vault 7\n" * 20_000, "empty.txt": b"", "noise.bin": NOISE}},
            "run": (b"", {MODE: "drwxr-x---"}),
            "tool": (b"#!/bin/sh\n", {MODE: "-rwsr-xr-x", UID: "1000", GID: "50"}),
            "to": (b"Users/Noor/notes.txt", {MODE: "lrwxrwxrwx"}),
        },
    },
}
TOP = "/C:\\ [NTFS]/[root]"


class Ad1(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        self.evidence = self.scratch.path / "evidence"
        self.evidence.mkdir()

    def triage(self, image, *options, name="case"):
        return support.triage(image, self.scratch.path / name, *options)

    def check_files(self, index):
        rows = {row["path"]: row for row in index.rows("SELECT * FROM v_file")}
        notes = b"bring it to vault 7\n" * 20_000
        for path, content in ((f"{TOP}/Users/Noor/notes.txt", notes), (f"{TOP}/Users/Noor/noise.bin", NOISE)):
            row = rows[path]
            self.assertEqual((row["size"], row["sha256"], row["content_state"]),
                             (len(content), hashlib.sha256(content).hexdigest(), "complete"))
            self.assertEqual((row["modified"], row["created"], row["accessed"], row["zone_basis"]),
                             ("2024-03-05T10:01:02.250000000Z", "2024-03-04T09:08:07.000000000Z",
                              "2024-03-06T23:59:59.000001000Z", "utc"))
        self.assertEqual(rows[f"{TOP}/Users/Noor/empty.txt"]["content_state"], "empty")
        self.assertEqual((rows[f"{TOP}/tool"]["mode"] & 0o7777, rows[f"{TOP}/tool"]["uid"], rows[f"{TOP}/tool"]["gid"]),
                         (0o4755, 1000, 50))
        self.assertEqual((rows[f"{TOP}/run"]["kind"], rows[f"{TOP}/to"]["kind"], rows[f"{TOP}/to"]["link_target"]),
                         ("dir", "link", "Users/Noor/notes.txt"))
        at = 0
        for row in index.rows("SELECT image_offset, length FROM v_coverage ORDER BY image_offset"):
            self.assertEqual(row["image_offset"], at)
            at += row["length"]
        self.assertEqual(at, index.one("SELECT size_bytes FROM v_evidence")["size_bytes"])

    def test_both_versions_however_they_are_packed(self):
        for version in (3, 4):
            for level in (0, 6):
                with self.subTest(version=version, level=level):
                    folder = self.evidence / f"{version}-{level}"
                    folder.mkdir()
                    image = Writer(TREE, version, level).write(folder)
                    run = self.triage(image, name=f"case-{version}-{level}")
                    self.assertEqual(run.code, 0, run.err)
                    with run.index() as index:
                        self.check_files(index)
                        evidence = index.one("SELECT format, sha256 FROM v_evidence")
                        self.assertEqual(evidence["format"], "ad1")
                        self.assertEqual(evidence["sha256"], hashlib.sha256(image.read_bytes()).hexdigest())
                        self.assertEqual([row["code"] for row in index.rows("SELECT code FROM v_issue WHERE incomplete")], [])
                        self.assertTrue(index.rows("SELECT * FROM v_text WHERE body LIKE '%vault 7%'"))
                        self.assertEqual(index.rows("SELECT * FROM v_coverage WHERE state = 'unallocated'"), [])

    def test_parts_whose_borders_lie_in_a_content(self):
        image = Writer(TREE, level=0).write(self.evidence, parts=3)
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.check_files(index)
            self.assertEqual(index.one("SELECT count(*) AS n FROM v_segment")["n"], 3)
        whole = self.scratch.path / "out"
        with run.index() as index:
            noise = index.one("SELECT file_id FROM v_file WHERE name = 'noise.bin'")["file_id"]
        done = support.call(support.LIMIER, "export", self.scratch.path / "case", "--to", whole, "--file", str(noise))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.read_bytes() == NOISE for path in whole.rglob("*") if path.name.endswith("noise.bin")], [True])

    def test_what_is_missing_is_named(self):
        image = Writer(TREE, level=0).write(self.evidence, parts=3)
        done = support.call(support.LIMIER, "info", self.evidence / "image.ad2")
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"part 2 of 3", done.stderr)
        (self.evidence / "image.ad3").unlink()
        run = self.triage(image, name="refused")
        self.assertEqual(run.code, 3, run.err)
        self.assertIn("has 3 parts, and 2 are here", run.err)
        run = self.triage(image, "--incomplete", name="incomplete")
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertTrue(index.rows("SELECT * FROM v_file WHERE path LIKE '%notes.txt' AND content_state = 'complete'"))
            self.assertIn("truncated", {row["code"] for row in index.rows("SELECT code FROM v_issue WHERE incomplete")})

    def test_a_gap_between_parts(self):
        image = Writer(TREE, level=0).write(self.evidence, parts=4)
        (self.evidence / "image.ad2").unlink()
        run = self.triage(image)
        self.assertEqual(run.code, 3, run.err)
        self.assertIn("image.ad2", run.err)

    def test_damage_costs_what_it_hits(self):
        made = Writer(TREE)
        place = made.data.find(NOISE[70_000:70_064])
        self.assertGreater(place, 0, "noise is stored as it is")
        made.data[place + 10] ^= 1
        run = self.triage(made.write(self.evidence))
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            states = dict(index.connection.execute("SELECT name, content_state FROM v_file WHERE kind = 'file'"))
            self.assertEqual((states["notes.txt"], states["tool"]), ("complete", "complete"))
            self.assertIn(states["noise.bin"], ("partial", "unreadable"))

    def test_a_list_that_leads_back_to_itself_and_wild_places(self):
        for number, (field, value) in enumerate(((0, None), (8, None), (16, 1 << 62), (24, 1 << 40), (32, 1 << 60))):
            with self.subTest(field=field):
                made = Writer(TREE)
                at = made.entries[f"{TOP}/Users/Noor/noise.bin"]
                struct.pack_into("<Q", made.data, at + field, made.entries[f"{TOP}/Users"] if value is None else value)
                folder = self.evidence / str(number)
                folder.mkdir()
                run = self.triage(made.write(folder), name=f"case-{number}")
                self.assertEqual(run.code, 5, run.err)
                with run.index() as index:
                    self.assertTrue(index.rows("SELECT * FROM v_file WHERE path LIKE '%notes.txt' AND content_state = 'complete'"))

    def test_versions_and_what_is_encrypted_are_refused(self):
        made = Writer(TREE)
        struct.pack_into("<I", made.data, 16, 9)
        done = support.call(support.LIMIER, "info", made.write(self.evidence))
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"its version is 9", done.stderr)
        (self.evidence / "locked.ad1").write_bytes(b"ADCRYPT\0" + bytes(4096))
        done = support.call(support.LIMIER, "info", self.evidence / "locked.ad1")
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"encrypted", done.stderr)

    @unittest.skipUnless((support.CORPUS / "images/logical").is_dir(), support.NO_CORPUS)
    def test_contents_are_those_that_the_imager_counted(self):
        image = pathlib.Path(support.CORPUS / "images/logical/ad1_test.ad1")
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            for row in index.rows("SELECT path, md5, sha1 FROM v_file WHERE kind = 'file'"):
                self.assertIn((row["md5"] or "").encode(), image.read_bytes(), row["path"])
            self.assertEqual(index.one("SELECT count(*) AS n FROM v_file WHERE md5 IS NOT NULL")["n"], 2)


if __name__ == "__main__":
    unittest.main()
