"""`limier explain`: from a finding to the bytes of the evidence, which are read again."""
import contextlib
import json
import shutil
import sqlite3
import unittest

from cli_support import EXIT_EVIDENCE, EXIT_GOOD, EXIT_MISMATCH, EXIT_PARTLY, EXIT_USAGE, CliTest, limier, make_ext4
from content_rows import WAL, Rows

PACK = """pack     = "test-talk"
version  = "3.0.0"
format   = 1
app      = { name = "Talk", ids = [] }
evidence = "unexercised"
sources  = ["made up for this test"]

[db.n]
path = ["*/talk.db"]
[db.n.tables]
note = ["id", "body"]

[[row]]
to     = "message"
driver = "n.note"
where  = "1"
sql = """ + "'''" + """
SELECT n.id AS _rowid, 1615291200000 + iif(n.id = 20, 4, n.id) * 1000 AS sent, iif(n.id = 20, '2', '1') AS thread,
  '+31612345678' AS sender, n.body AS body, 'text' AS kind, 1 AS way
FROM n.note n
WHERE {{where}}
""" + "'''" + """
[row.map]
time       = { col = "sent", epoch = "unix-ms" }
direction  = { col = "way", in = 1, out = 2 }
thread     = { col = "thread", id = "phone" }
sender     = { col = "sender", id = "phone" }
body       = "body"
kind       = "kind"
"""
RULES = {
    "pack.toml": """id = "danger"
version = "1"
title = "Danger"
meaning = "m"
measured = "not measured"
sources = ["made up for this test"]
[[class]]
id = "weapon"
title = "weapon"
""",
    "threat.toml": """id = "threat"
title = "A threat"
priority = "live-in-danger"
meaning = "somebody may be hurt"
limits = "it may be a joke"
subject = "message"
sql = "SELECT message_id AS subject_id, file_id, content_id, locator, t_ns, 9.0 AS score, 'weapon: knife' AS reason FROM v_message WHERE criteria(body, 'danger') IS NOT NULL"
[[hit]]
text = "de tekst"
[[miss]]
text = "two apples please"
""",
    "lexicon/weapon.any.txt": "# Origin: made up for this test.\ntekst  2\n",
}
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
        database.execute("INSERT INTO note VALUES (20, 'of another conversation')")
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
        (self.work / "talk.toml").write_text(PACK, encoding="utf-8")
        for name, text in RULES.items():
            path = self.work / "rules" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.given = ["--packs", self.work / "talk.toml", "--rules", self.work / "rules"]
        self.assertEqual(self.triage(self.image, *self.given).returncode, EXIT_GOOD)
        self.key = self.query("SELECT key FROM v_finding WHERE finding_id = 1")[0][0]

    def stored(self, text):
        return text.encode(self.python_encoding)

    def head(self, text):
        """Bytes of a cell before its text: two lengths, the row's number, the types of both columns."""
        return 5 if 13 + 2 * len(self.stored(text)) < 128 else 6

    def explain(self, row, *more, code=EXIT_GOOD):
        result = limier("explain", self.out, row, *more, *self.given)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def explained(self, row, *more, code=EXIT_GOOD):
        return self.parse(self.explain(row, "--json", *more, code=code))

    def file_id(self, path):
        return self.query(f"SELECT file_id FROM v_file WHERE path = '{path}'")[0][0]


class Explain(ExplainTest):
    def test_a_finding_leads_to_the_bytes_of_its_record(self):
        for row in ("finding:1", self.key):
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
                      "it may be a joke", self.key, "not an accusation", "A person decides", "test-talk 3",
                      "sqlite:note:rowid=4", "live, in wal", "of the database, cell", "table note, row 4",
                      "finding as the index says: priority, reason, score", "weapon: tekst: in the text as it was read now",
                      "message as the index says: service,", "/talk.db", "SHA-256 as in the index", TEXTS[0], TEXTS[3],
                      TEXTS[6], "its text stands in these bytes, as utf-8 from byte 5 on"):
            self.assertIn(words, " ".join(text.split()))
        self.assertNotIn(TEXTS[7], text)
        self.assertNotIn("another conversation", text)
        self.assertTrue(any(line.lstrip().startswith("> 4 ") for line in text.splitlines()))
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_a_message_of_the_main_file(self):
        # Without a log: its pages would be those that count.
        held = make_database(self.work, "alone.db", self.encoding)["alone.db"]
        image = make_ext4(self.evidence / "alone.dd", files={"talk.db": held})
        self.out = self.work / "alone"
        self.assertEqual(self.triage(image, *self.given).returncode, EXIT_GOOD)
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
        self.assertEqual(self.triage(image, *self.given, out=folder).returncode, EXIT_GOOD)
        result = limier("explain", folder, "message:1", "--json", *self.given)
        record = json.loads(result.stdout)["record"]
        self.assertEqual((record["text_encoding"], record["text_whole"]), ("utf-8", False))
        # The record lies at the end of its page.
        self.assertEqual((record["file_offset"] + len(record["bytes"]) // 2) % 4096, 0)
        self.assertIn(b"the rest lies on other pages", b" ".join(limier("explain", folder, "message:1", *self.given).stdout.split()))
        self.assertEqual(json.loads(result.stdout)["record"]["decoded"]["values"], [1, LONG])

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
        self.explain("message:1", code=EXIT_EVIDENCE)
        self.explain("message:1", "--image", moved)

    def test_a_record_without_a_place_and_a_log_that_is_gone(self):
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "somewhere", at=0, source=None)
            rows.message(2, "/note.txt", "in a log", at=0, source=WAL, file_offset=77)
        told = " ".join(self.explain("message:1", code=EXIT_PARTLY).stdout.decode().split())
        self.assertIn("its record could not be found on the pages of the database", told)
        self.assertIn("this program has no parser 'test-talk'", told)
        chain = self.explained("message:2", code=EXIT_PARTLY)
        self.assertEqual((chain["record"]["file_id"], chain["record"]["bytes"]), (None, None))
        self.assertIn("which the index does not have", " ".join(self.explain("message:2", code=EXIT_PARTLY).stdout.decode().split()))

    def test_a_text_that_is_not_in_its_bytes_is_said_so(self):
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "a sentence that stands nowhere", at=0, file_offset=4096)
        self.assertIsNone(self.explained("message:1", code=EXIT_PARTLY)["record"]["text_encoding"])
        self.assertIn("does not stand in these bytes",
                      " ".join(self.explain("message:1", code=EXIT_PARTLY).stdout.decode().split()))

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


    def test_a_row_that_the_index_has_otherwise_is_a_mismatch(self):
        """What somebody writes into an index does not come out of the evidence again."""
        with contextlib.closing(sqlite3.connect(self.out / "index.db")) as index:
            index.execute("UPDATE row_message SET body = 'another tekst' WHERE id = 4")
            index.execute("UPDATE row_message SET place_locator = 'sqlite:note:rowid=77' WHERE id = 2")
            index.execute("UPDATE row_finding SET reason = 'weapon: gun'")
            index.commit()
        chain = self.explained("finding:1", code=EXIT_MISMATCH)
        self.assertEqual([one["mismatch"] for one in chain["read"]], [False, False])
        self.assertEqual((chain["derived"]["state"], chain["derived"]["differences"]),
                         ("differs", [{"column": "body", "index": "another tekst", "now": TEXTS[3]}]))
        self.assertIn(TEXTS[3], chain["record"]["decoded"]["values"])
        self.assertEqual([(one["column"], one["now"]) for one in chain["found_again"]["rule"]["differences"]],
                         [("reason", "weapon: knife")])
        self.assertEqual(chain["found_again"]["lost"], [])
        self.assertIn(b"DIFFERS: body is", self.explain("message:4", code=EXIT_MISMATCH).stdout)
        self.assertEqual(self.explained("message:2", code=EXIT_MISMATCH)["derived"]["state"], "gone")

    def test_words_that_the_text_no_longer_has_are_said(self):
        with contextlib.closing(sqlite3.connect(self.out / "index.db")) as index:
            index.execute("UPDATE row_finding SET subject_id = 1")
            index.execute("UPDATE row_message SET body = 'de tekst' WHERE id = 1")
            index.commit()
        again = self.explained("finding:1", code=EXIT_MISMATCH)["found_again"]
        self.assertEqual((again["words"], again["lost"]), (["weapon: tekst"], ["weapon: tekst"]))

    def test_without_the_packs_of_the_run_nothing_is_made_again(self):
        result = limier("explain", self.out, "finding:1", "--json")
        self.assertEqual(result.returncode, EXIT_PARTLY, result.stderr)
        chain = json.loads(result.stdout)
        self.assertEqual((chain["derived"]["state"], chain["found_again"]["rule"]["state"]), ("not-made", "not-made"))
        self.assertIn("--packs", chain["derived"]["reason"])
        self.assertIn("--rules", chain["found_again"]["rule"]["reason"])
        # Of the bytes all is said nevertheless.
        self.assertIn(TEXTS[3], chain["record"]["decoded"]["values"])

    def test_rows_that_follow_from_rows(self):
        self.assertEqual(self.explained("party:1")["follows"]["rows"], [{"kind": "message", "count": 10, "ids": list(range(1, 11))}])
        with contextlib.closing(sqlite3.connect(self.out / "index.db")) as index:
            index.execute("UPDATE row_party SET messages = 11")
            index.commit()
        self.assertFalse(self.explained("party:1", code=EXIT_MISMATCH)["follows"]["agrees"])
        self.assertEqual(self.explained("item:1")["derived"]["state"], "agrees")
        self.assertIsNone(self.explained("judged:1")["follows"]["agrees"])


class ExplainUtf16(ExplainTest):
    encoding, python_encoding = "UTF-16le", "utf-16-le"

    def test_the_text_is_found_as_it_is_stored(self):
        record = self.explained("message:4")["record"]
        self.assertEqual((record["text_encoding"], record["text_at"], record["text_whole"]),
                         ("utf-16le", self.head(TEXTS[3]), True))


if __name__ == "__main__":
    unittest.main()
