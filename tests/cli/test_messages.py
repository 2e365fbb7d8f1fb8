"""`limier messages`: conversations in order, what is marked, and what is said where there is nothing."""
import unittest

from cli_support import EXIT_GOOD, EXIT_USAGE, CliTest, limier, make_ext4
from content_rows import RECOVERED, SUPERSEDED, WAL, Rows

TALK = "/talk.db"
OTHER = "/other.db"
ANNA, BEN = "+31612345678", "+49 171-2345678"


class Messages(CliTest):
    def setUp(self):
        super().setUp()
        image = make_ext4(self.evidence / "disk.dd", files={"talk.db": b"talk" * 300, "other.db": b"other" * 300})
        self.assertEqual(self.triage(image).returncode, EXIT_GOOD)

    def fill(self):
        with Rows(self.out) as rows:
            rows.message(1, TALK, "see you at noon", at=0, sender_name="Anna")
            rows.message(2, TALK, "bring\nthe \x1b[2Jkeys", at=60, direction="out", sender=None, recipients=ANNA)
            rows.message(3, TALK, "bring it", at=60, state=SUPERSEDED, source=WAL, sender_name="Anna")
            rows.message(4, TALK, "gone", at=30, state=RECOVERED, deleted=1, thread="2", thread_name="Family",
                         sender=BEN)
            rows.message(5, TALK, "no time", thread="10", sender="bank")
            # The same number of a conversation in another database is another conversation.
            rows.message(6, OTHER, "elsewhere", at=10, sender="x@example.org", direction="unknown", kind="image",
                         attachments=2)
            rows.finding(1, 4, priority="live-in-danger")
            rows.finding(2, 1, priority="medium")
            rows.judged(6)

    def ids(self, *filters):
        return [one["message_id"] for one in self.parse(self.run_ok(*filters, "--json"))]

    def run_ok(self, *filters):
        result = limier("messages", self.out, *filters)
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        return result

    def test_a_message_of_megabytes_takes_no_time(self):
        with Rows(self.out) as rows:
            rows.message(1, TALK, "ab " * 1_000_000, at=0)
        result = limier("messages", self.out, timeout=60)
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        self.assertEqual(result.stdout.count(b"ab"), 1_000_000)

    def test_conversations_in_order(self):
        self.fill()
        self.assertEqual(sorted(self.ids()), [1, 2, 3, 4, 5, 6])
        order = self.ids()
        self.assertEqual([one for one in order if one != 6], [1, 2, 3, 4, 5])
        self.assertIn(order.index(6), (0, 5))
        self.assertEqual(self.ids("--limit", "2"), order[:2])

    def test_filters(self):
        self.fill()
        self.assertEqual(self.ids("--thread", "Family"), [4])
        self.assertEqual(self.ids("--thread", "2"), [4])
        self.assertEqual(self.ids("--priority", "high"), [4])
        self.assertEqual(sorted(self.ids("--priority", "low")), [1, 4])
        self.assertEqual(sorted(self.ids("--from", "2021-03-09T12:00:30", "--to", "2021-03-09T12:00")), [4])
        self.assertEqual(self.ids("--to", "2020"), [])

    def test_with_somebody_in_any_form_of_the_number_over_conversations_by_time(self):
        self.fill()
        for anna in ("anna", ANNA, "06-12345678", "0031 6 1234 5678"):
            self.assertEqual(self.ids("--with", anna), [1, 2, 3], anna)
        self.assertEqual(self.ids("--with", "0171 2345678"), [4])
        self.assertEqual(self.ids("--with", "x@example.org"), [6])
        # A dot that stands for nothing: not a pattern.
        self.assertEqual(self.ids("--with", "%"), [])

    def test_the_text_names_sides_marks_and_findings(self):
        self.fill()
        result = self.run_ok()
        text = result.stdout.decode()
        lines = text.splitlines()
        first = next(line for line in lines if line.lstrip().startswith("1 "))
        self.assertIn("2021-03-09 12:00:00Z  <-  Anna (+31612345678)", first)
        self.assertTrue(any("->  to +31612345678" in line for line in lines))
        self.assertTrue(any("--  x@example.org" in line and "image" in line and "2 attachments" in line for line in lines))
        self.assertTrue(any("[superseded]" in line for line in lines))
        self.assertTrue(any("[deleted, recovered]" in line for line in lines))
        self.assertIn("live-in-danger: A threat: weapon: knife", text)
        self.assertIn("key danger/threat:sqlite:note:rowid=4", text)
        self.assertIn("talk, thread 2, Family, file ", text)
        self.assertIn("the \\x1B[2Jkeys", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("\n            bring\n", text)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertIn(b"not an accusation", result.stderr)

    def test_json_has_the_row_and_its_findings(self):
        self.fill()
        by_id = {one["message_id"]: one for one in self.parse(self.run_ok("--json"))}
        self.assertEqual(by_id[4]["findings"], [{"finding_id": 1, "priority": "live-in-danger", "title": "A threat",
                                                 "key": "danger/threat:sqlite:note:rowid=4", "marks": []}])
        self.assertEqual(by_id[5]["findings"], [])
        self.assertEqual((by_id[3]["state"], by_id[3]["source"], by_id[4]["deleted"]), ("superseded", "wal", True))
        self.assertEqual(by_id[2]["body"], "bring\nthe \x1b[2Jkeys")
        self.assertIsNone(by_id[5]["t"])

    def test_long_texts_are_broken_between_words(self):
        with Rows(self.out) as rows:
            rows.message(1, TALK, "word " * 60 + "x" * 200, at=0)
        lines = self.run_ok().stdout.decode().splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertEqual("".join(line.strip() for line in lines[2:]).replace(" ", ""), "word" * 60 + "x" * 200)

    def test_nothing_there_and_nothing_that_matches_are_told_apart(self):
        with Rows(self.out) as rows:
            rows.judged(0)
        result = self.run_ok("--json")
        self.assertEqual(self.parse(result), [])
        self.assertIn(b"no messages were found", result.stderr)
        self.fill()
        self.assertIn(b"no message matches", self.run_ok("--thread", "nobody").stderr)


class Refused(CliTest):
    def test_what_was_not_looked_into_is_no_empty_list(self):
        image = make_ext4(self.evidence / "disk.dd")
        for profile in ("list", "quick"):
            folder = self.work / profile
            self.assertEqual(self.triage(image, "--profile", profile, out=folder).returncode, EXIT_GOOD)
            for json in ([], ["--json"]):
                self.assert_fails(limier("messages", folder, *json), EXIT_USAGE, "no content was looked into", profile)

    def test_words_that_cannot_be(self):
        for words in (["--priority", "urgent"], ["--from", "yesterday"], ["--limit", "0"]):
            self.assert_fails(limier("messages", self.out, *words), EXIT_USAGE, words[1])
        self.assert_fails(limier("messages", self.work / "nothing"), EXIT_USAGE, "nothing")


if __name__ == "__main__":
    unittest.main()
