"""EnCase's L01: images made here after Metz's description of EWF, and the one of the corpus that EnCase wrote."""
import hashlib
import struct
import unittest
import zlib

import support

SECTOR, SECTORS = 512, 64
CHUNK = SECTOR * SECTORS
KEYS = "mid ls be id cr ac wr mo dl sig ha p n".split()


def section(kind, body, at, last=False):
    head = struct.pack("<16sQQ40x", kind, at if last else at + 76 + len(body), 76 + len(body))
    return head + struct.pack("<I", zlib.adler32(head)) + body


def checked(body):
    return body + struct.pack("<I", zlib.adler32(body))


class Writer:
    """`tree` is name: bytes or another tree; a tuple gives the runs of a content instead of where it lies."""

    def __init__(self, tree, top=""):
        self.media, self.files = b"", {}
        self.text = self.entry(top, tree)

    def entry(self, name, what):
        values = dict.fromkeys(KEYS, "")
        values.update(n=name, ha="0" * 32)
        if isinstance(what, dict):
            values["p"] = "1"
            return f"26\t{len(what)}\n" + self.line(values) + "".join(self.entry(*one) for one in what.items())
        runs = None
        if isinstance(what, tuple):
            what, runs = what
        if what and runs is None:
            runs = f"1 {len(self.media):x} {len(what):x}"
        self.media += what
        values.update(ls=str(len(what)), be=runs or "0", cr="1688029932", ac="1697763638", wr="1689578880", mo="1689578881")
        return "26\t0\n" + self.line(values)

    @staticmethod
    def line(values):
        return "\t".join(values[key] for key in KEYS) + "\n"

    def write(self, path, wrong_digest=False, cut=False):
        text = f"5\nrec\ntb\n{len(self.media)}\n\nentry\n1\t1\n" + "\t".join(KEYS) + "\n" + self.text + "\n"
        raw = text.encode("utf-16le")
        if cut:
            raw = raw[:len(raw) * 2 // 3]
        digest = hashlib.md5(raw + (b"x" if wrong_digest else b"")).digest()
        head = digest + struct.pack("<Q", len(raw)) + bytes(24)
        tree = head[:24] + struct.pack("<I", zlib.adler32(head[:24] + bytes(4) + head[28:])) + head[28:] + raw
        data = b"LVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00"
        header = "3\r\nmain\r\na\tc\tn\te\tt\r\nmade\tmade\tmade\tmade\tmade\r\n\r\n"
        data += section(b"header2", zlib.compress(b"\xff\xfe" + header.encode("utf-16le")), len(data))
        count = -(-len(self.media) // CHUNK)
        volume = struct.pack("<IIIIQ", 0x0E, count, SECTORS, SECTOR, count * SECTORS).ljust(36, b"\0") + b"\1"
        volume = volume.ljust(52, b"\0") + b"\1"
        volume = (volume.ljust(56, b"\0") + struct.pack("<I", SECTORS)).ljust(64, b"\0") + bytes(range(16))
        volume = checked(volume.ljust(1048, b"\0"))
        data += section(b"volume", volume, len(data))
        base = len(data) + 76
        chunks, entries = b"", []
        for at in range(0, len(self.media), CHUNK):
            part = self.media[at:at + CHUNK]
            entries.append(len(chunks))
            chunks += checked(part.ljust(-(-len(part) // SECTOR) * SECTOR, b"\0"))
        data += section(b"sectors", chunks, len(data))
        table = checked(struct.pack("<IIQI", len(entries), 0, base, 0)) + checked(struct.pack(f"<{len(entries)}I", *entries))
        data += section(b"table", table, len(data))
        data += section(b"table2", table, len(data))
        data += section(b"ltree", tree, len(data))
        data += section(b"data", volume, len(data))
        data += section(b"done", b"", len(data), last=True)
        path.write_bytes(data)
        return path


NOTES = b"two crates at dock 9\n" * 5000
NOISE = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(3000))
TREE = {"C": {"Users": {"Mila": {"notes.txt": NOTES, "empty.txt": b"", "na\u00efve \u6587.bin": NOISE}}, "new": {}}}


class L01(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        self.evidence = self.scratch.path / "evidence"
        self.evidence.mkdir()

    def triage(self, image, name="case"):
        return support.triage(image, self.scratch.path / name)

    def test_files_and_their_contents(self):
        image = Writer(TREE).write(self.evidence / "made.L01")
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            rows = {row["path"]: row for row in index.rows("SELECT * FROM v_file")}
            for path, content in (("/C/Users/Mila/notes.txt", NOTES), ("/C/Users/Mila/na\u00efve \u6587.bin", NOISE)):
                row = rows[path]
                self.assertEqual((row["size"], row["sha256"], row["content_state"]),
                                 (len(content), hashlib.sha256(content).hexdigest(), "complete"))
                self.assertEqual((row["modified"], row["accessed"], row["created"], row["changed"]),
                                 ("2023-07-17T07:28:00.000000000Z", "2023-10-20T01:00:38.000000000Z",
                                  "2023-06-29T09:12:12.000000000Z", "2023-07-17T07:28:01.000000000Z"))
            self.assertEqual(rows["/C/Users/Mila/empty.txt"]["content_state"], "empty")
            self.assertEqual([rows[path]["kind"] for path in ("/C", "/C/Users/Mila", "/C/new")], ["dir"] * 3)
            evidence = index.one("SELECT format, size_bytes, sha256 FROM v_evidence")
            self.assertEqual(tuple(dict(evidence).values()), ("ewf-l01", len(NOTES + NOISE), hashlib.sha256(NOTES + NOISE).hexdigest()))
            # A parser has read it: workers for contents open the image through libewf too.
            self.assertTrue(index.rows("SELECT * FROM v_text WHERE body LIKE '%dock 9%'"))
            self.assertEqual(index.rows("SELECT * FROM v_issue WHERE incomplete"), [])

    def test_a_list_that_was_changed_or_breaks_off(self):
        run = self.triage(Writer(TREE).write(self.evidence / "changed.L01", wrong_digest=True), "changed")
        self.assertIn(run.code, (3, 5), run.err)  # libewf may refuse it altogether
        if run.has_index:
            with run.index() as index:
                self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'list-digest-mismatch'"))
        run = self.triage(Writer(TREE).write(self.evidence / "cut.L01", cut=True), "cut")
        self.assertIn(run.code, (3, 5), run.err)

    def test_places_that_are_not_there(self):
        for number, runs in enumerate(("1 0 ffffffff", "1 ffffffffffffffff 10", "x", "0", "1 0 5")):
            with self.subTest(runs=runs):
                tree = {"good.txt": b"sound\n" * 3000, "bad.txt": (b"sixteen bytes!!!", runs)}
                run = self.triage(Writer(tree).write(self.evidence / f"{number}.L01"), f"case-{number}")
                self.assertEqual(run.code, 5, run.err)
                with run.index() as index:
                    states = dict(index.connection.execute("SELECT name, content_state FROM v_file WHERE kind = 'file'"))
                    self.assertEqual(states, {"good.txt": "complete", "bad.txt": "unreadable"})

    @unittest.skipUnless((support.CORPUS / "images/logical").is_dir(), support.NO_CORPUS)
    def test_what_encase_wrote(self):
        run = self.triage(support.CORPUS / "images/logical/origin.L01")
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            row = index.one("SELECT * FROM v_file WHERE kind = 'file'")
            self.assertEqual((row["path"], row["md5"]), ("/LogicalEntries/ltree.xlsx", "7a2188299adf0ae1290121cefb054709"))


if __name__ == "__main__":
    unittest.main()
