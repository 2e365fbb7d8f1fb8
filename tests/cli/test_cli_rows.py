"""`limier rows`: every row that the databases of an image still hold, whatever application they are of."""
import contextlib
import json
import shutil
import sqlite3
import sys
import tempfile
import pathlib
import unittest

import support
from cli_support import EXIT_GOOD, EXIT_PARTLY, EXIT_USAGE, CliTest, limier, make_ext4

KEYS = ["file_id", "path", "table", "rowid", "columns", "values", "state", "source", "page", "offset"]


def text_of(number):
    return f"made for this test, number {number}"


def make_database(folder, name):
    """Rows 1 to 8; 3 and 4 deleted in the main file, 5 changed and 6 deleted in the log alone."""
    path = folder / name
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("CREATE TABLE talk(id INTEGER PRIMARY KEY, who TEXT, t INTEGER, body TEXT, raw BLOB, size REAL)")
        for number in range(1, 9):
            database.execute("INSERT INTO talk VALUES (?, ?, ?, ?, ?, ?)",
                             (number, f"person {number % 2}", 1_600_000_000 + number, text_of(number), b"\x00\xff", 2.0))
        database.execute("DELETE FROM talk WHERE id IN (3, 4)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        database.execute("UPDATE talk SET body = 'changed' WHERE id = 5")
        database.execute("DELETE FROM talk WHERE id = 6")
        return {name: path.read_bytes(), f"{name}-wal": (folder / f"{name}-wal").read_bytes()}


class RowsTest(CliTest):
    def setUp(self):
        super().setUp()
        self.files = make_database(self.work, "renamed.bin")
        self.image = make_ext4(self.evidence / "disk.dd",
                               files={**self.files, "notes.txt": b"no database, just a text of some length\n" * 9})
        self.assertEqual(self.triage(self.image).returncode, EXIT_GOOD)

    def good(self, *arguments):
        result = limier(*arguments)
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        return result

    def rows(self, *arguments):
        result = limier("rows", self.out, *arguments, "--json")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_all_states_of_all_databases(self):
        rows = self.rows("--all")
        for row in rows:
            self.assertEqual(list(row), KEYS)
            self.assertEqual(row["path"], "/renamed.bin")
            self.assertEqual((row["table"], row["columns"]), ("talk", ["id", "who", "t", "body", "raw", "size"]))
            self.assertEqual((row["values"][4], row["values"][5]), ({"hex": "00ff"}, 2.0))
        live = {row["values"][0]: row["values"][3] for row in rows if row["state"] == "live"}
        self.assertEqual(live, {1: text_of(1), 2: text_of(2), 5: "changed", 7: text_of(7), 8: text_of(8)})
        self.assertEqual({row["source"] for row in rows if row["state"] == "live"}, {"wal"})
        gone = {(row["values"][3], row["rowid"], row["state"], row["source"]) for row in rows if row["state"] != "live"}
        self.assertEqual(gone, {(text_of(5), 5, "superseded", "main"), (text_of(6), 6, "superseded", "main"),
                                (text_of(3), None, "recovered", "freeblock"),
                                (text_of(4), None, "recovered", "freeblock")})

    def test_offsets_lead_to_the_record(self):
        for row in self.rows("--all"):
            source = self.files["renamed.bin-wal" if row["source"] == "wal" else "renamed.bin"]
            place = source[row["offset"]:row["offset"] + 200]
            self.assertIn(row["values"][3].encode(), place)

    def test_filters(self):
        number = next(row["file_id"] for row in self.rows("--all"))
        self.assertEqual({row["state"] for row in self.rows("--file", number, "--state", "superseded,live")},
                         {"superseded", "live"})
        self.assertEqual(len(self.rows("--file", number, "--table", "TALK", "--state", "recovered")), 2)
        self.assertEqual(self.rows("--file", number, "--table", "other"), [])
        # As text, for people.
        shown = self.good("rows", self.out, "--file", number, "--state", "superseded").stdout.decode()
        self.assertIn("talk (id, who, t, body, raw, size)", shown)
        self.assertEqual(shown.count("superseded"), 2)

    def test_what_cannot_be(self):
        self.assertEqual(limier("rows", self.out).returncode, EXIT_USAGE)
        self.assertEqual(limier("rows", self.out, "--file", 999999).returncode, EXIT_USAGE)
        self.assertEqual(limier("rows", self.out, "--all", "--state", "gone").returncode, EXIT_USAGE)
        files = json.loads(self.good("files", self.out, "--name", "notes.txt", "--json").stdout)
        result = limier("rows", self.out, "--file", files[0]["file_id"], "--json")
        self.assertEqual((result.returncode, result.stdout), (EXIT_PARTLY, b""))
        self.assertIn(b"not a SQLite database", result.stderr)

    def test_the_audit_log_has_it(self):
        self.rows("--all")
        last = json.loads((self.out / "audit.jsonl").read_text().splitlines()[-1])
        self.assertEqual(last["action"], "rows")
        self.good("check", self.out)


@unittest.skipUnless(support.CORPUS.is_dir(), support.NO_CORPUS)
class Scores(unittest.TestCase):
    """The corpus of SQLite in pitfalls: recall and precision, measured by its own scorer."""

    def test_deleted_rows_are_found_and_nothing_else(self):
        sys.path.insert(0, str(support.SOURCE / "bench"))
        import sqlite_rows  # pylint: disable=import-outside-toplevel
        score = sqlite_rows.load_scorer(support.CORPUS)
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            shutil.copytree(support.CORPUS / "artefacts" / "sqlite-nem", work / "files")
            rows, _ = sqlite_rows.for_scorer(sqlite_rows.rows_of(support.LIMIER, work / "files", work))
        keys = score.read_keys([support.CORPUS / "expected" / "artefacts" / "sqlite-nem.json"])
        out = {name: score.figures(counts) for name, counts in score.score(keys, rows)[0].items()}
        self.assertGreaterEqual(out["0C"]["recall"], 0.98)
        for name, figures in out.items():
            self.assertEqual((figures["live"], figures["false"], figures["again"]), (0, 0, 0), name)
            if figures["surviving"]:
                self.assertGreaterEqual(figures["recall_of_surviving"], 0.98, name)


if __name__ == "__main__":
    unittest.main()
