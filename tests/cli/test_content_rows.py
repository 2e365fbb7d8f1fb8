"""Rows out of content on the terminal and in the case folder: put into a finished index, as parsers and rules would."""
import sqlite3
import unittest

from cli_support import EXIT_GOOD, EXIT_USAGE, SAMPLES, CliTest, limier

NOON = 1_500_000_000 * 10**9
HOSTILE = "\x1b[2J\u202e=cmd"


class ContentRows(CliTest):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.triage(SAMPLES / "phone.E01", "--profile", "quick").returncode, EXIT_GOOD)

    def fill(self):
        index = sqlite3.connect(self.out / "index.db")
        content, file_id = index.execute("SELECT content_id, file_id FROM v_file WHERE kind = 'file' AND size > 0 AND "
                                         "content_id IS NOT NULL ORDER BY file_id LIMIT 1").fetchone()
        index.execute("INSERT INTO content_item(item_id, content_id, file_id, parser, parser_version, lead, state) "
                      "VALUES (1, ?, ?, 'sqlite', '1', 1, 0)", (content, file_id))
        index.execute("INSERT INTO row_maker VALUES (1, 'some-app', '1')")
        index.execute("INSERT INTO row_item(content_id, file_id, parser, parser_version, state, attempts, rows) "
                      "VALUES (?, ?, 'sqlite', '1', 0, 1, 1)", (content, file_id))
        index.execute("INSERT INTO row_message(item_id, seq, id, maker_id, place_locator, service, thread, direction, t_ns, "
                      "body) VALUES (1, 1, 1, 1, 'sqlite:sms:rowid=1', 'sms', '17', 1, ?, ?)", (NOON, HOSTILE))
        index.commit()
        index.close()

    def test_the_time_line_shows_rows_without_letters(self):
        self.fill()
        shown = limier("timeline", self.out, "--from", "2017-07-14", "--to", "2017-07-14")
        self.assertEqual(shown.returncode, EXIT_GOOD, shown.stderr)
        line = next(line for line in shown.stdout.decode().splitlines() if " message " in line)
        self.assertRegex(line, r"^2017-07-14 02:40:00Z +-     message +\d+  /.*sms, in: \\x1B\[2J\\u\{202E\}=cmd$")
        rows = self.parse(limier("timeline", self.out, "--from", "2017-07-14", "--to", "2017-07-14", "--json"))
        row = next(row for row in rows if row["source"] == "message")
        self.assertEqual((row["macb"], row["t_ns"], row["zone_basis"]), (None, NOON, "utc"))

    def test_the_time_line_is_filtered_by_source_path_text_and_deleted(self):
        self.fill()
        lines = lambda *options: self.parse(limier("timeline", self.out, "--json", *options))  # noqa: E731
        everything = lines()
        self.assertEqual({row["source"] for row in lines("--kind", "message,call")}, {"message"})
        self.assertEqual(lines("--kind", "fs"), [row for row in everything if row["source"] == "fs"])
        self.assertEqual([row["source"] for row in lines("--text", "2J")], ["message"])
        path = next(row["path"] for row in everything if row["source"] == "message")
        self.assertEqual(lines("--path", path), [row for row in everything if row["path"] == path])
        deleted = {row["path"] for row in self.parse(limier("files", self.out, "--deleted", "--json"))}
        self.assertLessEqual({row["path"] for row in lines("--deleted")}, deleted)
        self.assertTrue(lines("--deleted"))
        index = sqlite3.connect(self.out / "index.db")
        index.execute("UPDATE row_message SET deleted = 1")
        index.commit()
        index.close()
        self.assertIn("message", {row["source"] for row in lines("--deleted")})
        self.assert_fails(limier("timeline", self.out, "--kind", "phones"), EXIT_USAGE, "there is no source 'phones'")
        found = self.parse(limier("files", self.out, "--json", "--text", path[1:5].upper()))
        self.assertIn(path, [row["path"] for row in found])

    def test_reports_have_them_and_say_so(self):
        before = limier("sql", self.out, "SELECT * FROM v_message")
        self.assertIn(b"no content was looked into", before.stderr)
        self.assertFalse((self.out / "items.csv").exists())
        self.fill()
        after = limier("sql", self.out, "SELECT * FROM v_message")
        self.assertEqual(after.stderr, b"")
        done = limier("report", self.out, "--format", "csv", "--json")
        written = self.parse(done)["written"]
        self.assertIn(str(self.out / "items.csv"), written)
        self.assertIn(str(self.out / "messages.csv"), written)
        self.assertNotIn(str(self.out / "attachments.csv"), written)
        for path in written:
            open(path, encoding="utf-8").close()
        self.assertIn('"\\x1B[2J\\u{202E}=cmd"', (self.out / "messages.csv").read_text(encoding="utf-8"))
        self.assertIn(',,"message",', (self.out / "timeline.csv").read_text(encoding="utf-8"))
        self.assertEqual(limier("check", self.out).returncode, EXIT_GOOD)

    def test_a_table_that_is_not_as_recorded_is_written_again(self):
        self.fill()
        self.assertEqual(limier("report", self.out).returncode, EXIT_GOOD)
        (self.out / "items.csv").write_text("changed", encoding="utf-8")
        resumed = self.triage(SAMPLES / "phone.E01", "--profile", "quick", "--resume")
        self.assertEqual(resumed.returncode, EXIT_GOOD, resumed.stderr)
        self.assertTrue((self.out / "items.csv").read_text(encoding="utf-8").startswith("item_id,"))


if __name__ == "__main__":
    unittest.main()
