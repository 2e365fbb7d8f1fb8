"""`limier explain`: from a finding to the bytes of the evidence, which are read again."""
import contextlib
import json
import shutil
import sqlite3
import unittest

from cli_support import EXIT_EVIDENCE, EXIT_GOOD, EXIT_MISMATCH, EXIT_PARTLY, EXIT_USAGE, CliTest, limier, make_ext4
from content_rows import MAIN, WAL, Rows

KEY = "danger/threat:sqlite:note:rowid=4"
TEXTS = [f"message number {n} of this talk" for n in range(1, 10)]
LONG = "over the page " * 700
TEXTS[3] = "dis is de tekst \u00e9\u20ac\U0001f600 van vier"


def make_database(folder, name, encoding="UTF-8", logged=()):
    """A database with a row for each text; those in `logged` were written to its -wal alone."""
    path = folder / name
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA encoding = '{encoding}'")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT)")
        for number, text in enumerate(TEXTS, 1):
            if number not in logged:
                database.execute("INSERT INTO note VALUES (?, ?)", (number, text))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        for number in logged:
            database.execute("INSERT INTO note VALUES (?, ?)", (number, TEXTS[number - 1]))
        database.commit()
        # As it is while the application runs: closing it would fold the log in.
        return {name: path.read_bytes(), f"{name}-wal": (folder / f"{name}-wal").read_bytes()}


class ExplainTest(CliTest):
    encoding, python_encoding = "UTF-8", "utf-8"

    def setUp(self):
        super().setUp()
        self.files = make_database(self.work, "talk.db", self.encoding, logged=[4, 9])
        self.image = make_ext4(self.evidence / "disk.dd", files={**self.files, "note.txt": b"plain text\n" * 1000})
        self.assertEqual(self.triage(self.image).returncode, EXIT_GOOD)
        with Rows(self.out) as rows:
            for number, text in enumerate(TEXTS, 1):
                logged = number in (4, 9)
                held = self.files["talk.db-wal" if logged else "talk.db"]
                rows.message(number, "/talk.db", text, at=number, source=WAL if logged else MAIN, page=2,
                             file_offset=held.find(self.stored(text)) - self.head(text))
            rows.message(20, "/talk.db", "of another conversation", at=4, thread="2")
            rows.finding(1, 4, priority="live-in-danger", key=KEY)
            rows.judged(10)

    def stored(self, text):
        return text.encode(self.python_encoding)

    def head(self, text):
        """Bytes of a cell before its text: two lengths, the row's number, the types of both columns."""
        return 5 if 13 + 2 * len(self.stored(text)) < 128 else 6

    def explain(self, row, *more, code=EXIT_GOOD):
        result = limier("explain", self.out, row, *more)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def explained(self, row, *more, code=EXIT_GOOD):
        return self.parse(self.explain(row, "--json", *more, code=code))

    def file_id(self, path):
        return self.query(f"SELECT file_id FROM v_file WHERE path = '{path}'")[0][0]


class Explain(ExplainTest):
    def test_a_finding_leads_to_the_bytes_of_its_record(self):
        for row in ("finding:1", KEY):
            chain = self.explained(row)
            self.assertEqual((chain["kind"], chain["row_id"]), ("message", 4))
            self.assertEqual([one["message_id"] for one in chain["messages"]], [1, 2, 3, 4, 5, 6, 7])
            self.assertEqual((chain["finding"]["rule"], chain["finding"]["pack_version"]), ("threat", "1"))
            self.assertEqual(chain["file"]["path"], "/talk.db")
            record = chain["record"]
            self.assertEqual((record["source"], record["page"], record["file_id"]),
                             ("wal", 2, self.file_id("/talk.db-wal")))
            log = self.files["talk.db-wal"]
            held = bytes.fromhex(record["bytes"])
            self.assertEqual(held, log[record["file_offset"]:][:len(held)])
            self.assertEqual(len(held), self.head(TEXTS[3]) + len(self.stored(TEXTS[3])))
            media = self.image.read_bytes()
            self.assertEqual(media[record["image_offset"]:][:len(held)], held)
            self.assertEqual((record["text_encoding"], record["text_at"], record["text_whole"]), ("utf-8", 5, True))
            self.assertEqual([(one["path"], one["sha256"] == one["index_sha256"], one["problem"]) for one in chain["read"]],
                             [("/talk.db", True, None), ("/talk.db-wal", True, None)])

    def test_the_text_says_all_of_it(self):
        text = self.explain("finding:1").stdout.decode()
        for words in ("Finding 1", "live-in-danger", "danger 1, rule threat", "weapon: knife", "somebody may be hurt",
                      "it may be a joke", KEY, "not an accusation", "A person decides", "test-talk 3",
                      "sqlite:note:rowid=4", "live, in wal", "/talk.db", "SHA-256 as in the index", TEXTS[0], TEXTS[3],
                      TEXTS[6], "its text stands in these bytes, as utf-8 from byte 5 on"):
            self.assertIn(words, " ".join(text.split()))
        self.assertNotIn(TEXTS[7], text)
        self.assertNotIn("another conversation", text)
        self.assertTrue(any(line.lstrip().startswith("> 4 ") for line in text.splitlines()))
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_a_message_of_the_main_file(self):
        chain = self.explained("message:1")
        self.assertIsNone(chain["finding"])
        self.assertEqual([one["message_id"] for one in chain["messages"]], [1, 2, 3, 4])
        record = chain["record"]
        self.assertEqual(record["file_id"], chain["file"]["file_id"])
        # Not the record behind it too.
        self.assertEqual(len(record["bytes"]) // 2, self.head(TEXTS[0]) + len(self.stored(TEXTS[0])))
        self.assertTrue(record["text_whole"])
        self.assertEqual([one["path"] for one in chain["read"]], ["/talk.db"])

    def test_a_text_that_goes_on_on_other_pages(self):
        with contextlib.closing(sqlite3.connect(self.work / "long.db")) as database:
            database.execute("CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT)")
            database.execute("INSERT INTO note VALUES (1, ?)", (LONG,))
            database.commit()
        held = (self.work / "long.db").read_bytes()
        folder = self.work / "long"
        image = make_ext4(self.evidence / "long.dd", files={"long.db": held})
        self.assertEqual(self.triage(image, out=folder).returncode, EXIT_GOOD)
        with Rows(folder) as rows:
            rows.message(1, "/long.db", LONG, at=0, page=2, file_offset=held.find(LONG[:100].encode()) - 8)
        result = limier("explain", folder, "message:1", "--json")
        record = json.loads(result.stdout)["record"]
        self.assertEqual((record["text_encoding"], record["text_whole"]), ("utf-8", False))
        # The record lies at the end of its page.
        self.assertEqual((record["file_offset"] + len(record["bytes"]) // 2) % 4096, 0)
        self.assertIn(b"the rest lies on other pages", b" ".join(limier("explain", folder, "message:1").stdout.split()))

    def test_a_file(self):
        number = self.file_id("/note.txt")
        chain = self.explained(f"file:{number}")
        self.assertEqual(chain["messages"], [])
        self.assertIsNone(chain["record"])
        media = self.image.read_bytes()
        content = b"".join(media[one["image_offset"]:][:one["length"]] for one in chain["extents"] if one["kind"] == "data")
        self.assertEqual(content, b"plain text\n" * 1000)
        self.assertEqual(chain["read"][0]["index_sha256"], chain["file"]["sha256"])
        text = " ".join(self.explain(f"file:{number}").stdout.decode().split())
        self.assertIn(f"data from 0: image {chain['extents'][0]['image_offset']:,}, ", text)

    def test_a_folder_has_nothing_to_be_read_again(self):
        self.assertEqual(self.explained(f"file:{self.file_id('/dir')}")["read"], [])

    def test_the_audit_log_says_that_it_was_done(self):
        self.explain("finding:1")
        last = json.loads((self.out / "audit.jsonl").read_text().splitlines()[-1])
        self.assertEqual(last["action"], "explain")
        self.assertIn("finding:1", json.dumps(last))
        self.assertIn("talk.db-wal", json.dumps(last))

    def test_evidence_that_changed_is_a_mismatch(self):
        record = self.explained("message:4")["record"]
        changed = self.evidence / "moved.dd"
        shutil.copy(self.image, changed)
        with open(changed, "r+b") as image:
            image.seek(record["image_offset"] + 9)
            image.write(b"#")
        chain = self.explained("message:4", "--image", changed, code=EXIT_MISMATCH)
        self.assertEqual([one["mismatch"] for one in chain["read"]], [False, True])
        self.assertFalse(chain["record"]["text_whole"])
        self.assertIn(b"DIFFERS", self.explain("message:4", "--image", changed, code=EXIT_MISMATCH).stdout)

    def test_evidence_that_has_moved(self):
        moved = self.evidence / "moved.dd"
        self.image.rename(moved)
        self.assertEqual(limier("explain", self.out, "message:1").returncode, EXIT_EVIDENCE)
        self.explain("message:1", "--image", moved)

    def test_a_record_without_a_place_and_a_log_that_is_gone(self):
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "somewhere", at=0, source=None)
            rows.message(2, "/note.txt", "in a log", at=0, source=WAL, file_offset=77)
        self.assertIn("could not tell where the record stands", " ".join(self.explain("message:1").stdout.decode().split()))
        chain = self.explained("message:2")
        self.assertEqual((chain["record"]["file_id"], chain["record"]["bytes"]), (None, None))
        self.assertIn("which the index does not have", " ".join(self.explain("message:2").stdout.decode().split()))

    def test_a_text_that_is_not_in_its_bytes_is_said_so(self):
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "a sentence that stands nowhere", at=0, file_offset=4096)
        self.assertIsNone(self.explained("message:1")["record"]["text_encoding"])
        self.assertIn("does not stand in these bytes", " ".join(self.explain("message:1").stdout.decode().split()))

    def test_unknown_rows(self):
        for row in ("file:999999", "message:999", "finding:9", "nothing:1", "message:", "message:0", "danger/threat:x", "12"):
            self.assert_fails(limier("explain", self.out, row), EXIT_USAGE, row)
        self.assert_fails(limier("explain", self.work / "nothing", "file:1"), EXIT_USAGE, "nothing")

    def test_without_digests_nothing_can_be_compared(self):
        folder = self.work / "listed"
        self.assertEqual(self.triage(self.image, "--profile", "list", out=folder).returncode, EXIT_GOOD)
        number = self.query("SELECT file_id FROM v_file WHERE path = '/note.txt'", folder)[0][0]
        result = limier("explain", folder, f"file:{number}")
        self.assertEqual(result.returncode, EXIT_PARTLY)
        self.assertIn(b"no digest to compare with", b" ".join(result.stdout.split()))


class ExplainUtf16(ExplainTest):
    encoding, python_encoding = "UTF-16le", "utf-16-le"

    def test_the_text_is_found_as_it_is_stored(self):
        record = self.explained("message:4")["record"]
        self.assertEqual((record["text_encoding"], record["text_at"], record["text_whole"]),
                         ("utf-16le", self.head(TEXTS[3]), True))


if __name__ == "__main__":
    unittest.main()
