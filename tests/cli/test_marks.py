"""`limier tag`, `note` and `decide`: marks in a side file, shown in reports, never in the index."""
import csv
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import phone
from batch_support import BatchTest
from cli_support import (EXIT_GOOD, EXIT_INTERRUPTED, EXIT_MISMATCH, EXIT_REFUSED, EXIT_USAGE, LIMIER, CliTest, environment,
                         limier, sha256)
from resuming import ACTIONS, FAILPOINTS

# Made up for this test.
THREAT = "Morgen schieten we hem dood bij zijn huis, het pistool ligt al klaar"
SEALED = ("index.db", "manifest.json", "audit.jsonl")
EXAMINER = "I. Janssens"


class MarksTest(CliTest):
    """One examined phone for all; each test has a copy of its case folder."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        cls.addClassCleanup(cls.scratch.cleanup)
        folder = pathlib.Path(cls.scratch.name)
        rows = [phone.row_of(number) for number in range(1, 21)]
        rows[7]["body"] = THREAT
        phone.make_store(folder / "tree" / phone.STORE, rows)
        (folder / "evidence").mkdir()
        cls.image = phone.make_image(folder / "evidence" / "disk.dd", folder / "tree", "4096K")
        cls.made = folder / "case"
        done = limier("triage", cls.image, "--out", cls.made, "--authority", "training", "--examiner", EXAMINER,
                      "--progress", "none")
        assert done.returncode == EXIT_GOOD, done.stderr

    def setUp(self):
        super().setUp()
        shutil.copytree(self.made, self.out)
        self.marks = self.out / "marks.jsonl"
        self.before = self.sealed()

    def sealed(self):
        return {name: sha256(self.out / name) for name in SEALED}

    def ok(self, *arguments):
        done = limier(*arguments)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        return done

    def lines(self):
        return [json.loads(line) for line in self.marks.read_text(encoding="utf-8").splitlines()]

    def listed(self, command="tag", *options):
        return self.parse(self.ok(command, self.out, "--json", *options))["marks"]

    def message(self, body=THREAT):
        return self.query(f"SELECT message_id FROM v_message WHERE body = '{body}'")[0][0]

    def finding(self):
        return self.query("SELECT finding_id, key FROM v_finding ORDER BY rank")[0]

    def report(self):
        self.ok("report", self.out)
        return (self.out / "report.html").read_text(encoding="utf-8"), json.loads((self.out / "report.json").read_text())

    def check(self, code, *words):
        done = limier("check", self.out)
        self.assertEqual(done.returncode, code, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout.decode())


class Making(MarksTest):
    def test_index_manifest_and_audit_log_stay_as_they_are(self):
        number, key = self.finding()
        self.ok("tag", self.out, f"message:{self.message()}", "file:1", "--tag", "to translate")
        self.ok("note", self.out, f"message:{self.message()}", "zie ook B2 \u202e \U0001f600 \"x\"\nsecond line")
        self.ok("decide", self.out, key, "--as", "false-alarm", "--text", "a film")
        self.ok("tag", self.out, "file:1", "--tag", "to translate", "--remove")
        self.ok("decide", self.out, f"finding:{number}", "--remove")
        for command in ("tag", "note", "decide"):
            self.ok(command, self.out)
            self.ok(command, self.out, "--all", "--json")
        self.assertEqual(self.sealed(), self.before)
        self.assertEqual(self.marks.stat().st_mode & 0o777, 0o600)
        self.check(EXIT_GOOD, "marks.jsonl: 6 linked lines")

    def test_a_line_says_who_when_what_and_the_key_of_the_row(self):
        number, key = self.finding()
        self.ok("decide", self.out, f"finding:{number}", "--as", "confirmed")
        self.ok("note", self.out, f"message:{self.message()}", "read twice", "--examiner", "B. Peeters")
        decided, noted = self.lines()
        self.assertEqual((decided["key"], decided["examiner"], decided["examiner_from"]), (key, EXAMINER, "case"))
        self.assertEqual((noted["examiner"], noted["examiner_from"]), ("B. Peeters", "option"))
        self.assertEqual(noted["row"], f"message:{self.message()}")
        self.assertTrue(noted["path"].endswith("/mmssms.db") and noted["locator"] and len(noted["key"]) == 16)
        self.assertRegex(noted["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertIn(noted["tool_version"], limier("--version").stdout.decode())

    def test_a_tag_given_again_changes_nothing(self):
        self.ok("tag", self.out, "file:1", "--tag", "a")
        self.assertIn(b"file:1  has it already", self.ok("tag", self.out, "file:1", "file:2", "--tag", "a").stdout)
        self.assertEqual([line["row"] for line in self.lines()], ["file:1", "file:2"])

    def test_what_was_taken_back_is_not_listed_but_known(self):
        self.ok("tag", self.out, "file:1", "--tag", "a")
        self.ok("tag", self.out, "file:1", "--tag", "b")
        self.ok("tag", self.out, "file:1", "--tag", "a", "--remove")
        self.assertEqual([one["value"] for one in self.listed()], ["b"])
        self.assertEqual([one["state"] for one in self.listed("tag", "--all")], ["taken back", "stands", "takes back"])
        self.assertEqual(self.listed("tag", "--tag", "a"), [])

    def test_of_a_finding_the_last_decision_counts(self):
        number, _ = self.finding()
        self.ok("decide", self.out, f"finding:{number}", "--as", "to-be-read-by", "--text", "interpreter")
        review = self.parse(self.ok("decide", self.out, "--json"))["review"]
        self.assertEqual((review["reviewed"], review["to-be-read-by"]), (0, 1))
        self.ok("decide", self.out, f"finding:{number}", "--as", "confirmed")
        review = self.parse(self.ok("decide", self.out, "--json"))["review"]
        self.assertEqual((review["reviewed"], review["confirmed"], review["to-be-read-by"]), (1, 1, 0))
        self.assertEqual(review["not_reviewed"], review["findings"] - 1)

    def test_what_is_refused_writes_nothing(self):
        number, _ = self.finding()
        message = f"message:{self.message()}"
        for arguments, words in (
                (["tag", self.out, "file:1", "message:99999", "--tag", "x"], ["no row 'message:99999'"]),
                (["tag", self.out, "file:1", "nothing", "--tag", "x"], ["no row 'nothing'"]),
                (["tag", self.out, "file:1"], ["--tag"]),
                (["tag", self.out, "file:1", "--tag", "  "], ["empty"]),
                (["tag", self.out, "file:1", "--tag", "two\nlines"], ["one line"]),
                (["tag", self.out, "file:1", "--tag", "x", "--remove"], ["no tag 'x'"]),
                (["tag", self.out, "--tag", "x", "--remove"], ["of which rows"]),
                (["note", self.out, message], ["text of the note"]),
                (["note", self.out, message, " \n"], ["empty"]),
                (["decide", self.out, message, "--as", "confirmed"], ["no finding"]),
                (["decide", self.out, f"finding:{number}"], ["--as"]),
                (["decide", self.out, f"finding:{number}", "--as", "passed-on"], ["to whom"]),
                (["decide", self.out, f"finding:{number}", "--as", "guilty"], ["guilty"]),
                (["decide", self.out, f"finding:{number}", "--remove"], ["nothing is decided"])):
            with self.subTest(arguments=arguments[2:]):
                self.assert_fails(limier(*arguments), EXIT_USAGE, *words)
        self.assertFalse(self.marks.exists())

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_a_folder_that_cannot_be_written(self):
        self.out.chmod(0o500)
        self.addCleanup(self.out.chmod, 0o700)
        self.assert_fails(limier("tag", self.out, "file:1", "--tag", "x"), EXIT_USAGE, "written")


class Writers(MarksTest):
    def test_two_at_once(self):
        started = [subprocess.Popen([LIMIER, "tag", self.out, "file:1", "--tag", f"tag {n}"], env=environment(),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                   for n in range(12)]
        for one in started:
            _, err = one.communicate(timeout=120)
            self.assertEqual(one.returncode, EXIT_GOOD, err)
        self.assertEqual(sorted(one["value"] for one in self.listed()), sorted(f"tag {n}" for n in range(12)))
        self.check(EXIT_GOOD, "12 linked lines")

    def test_waiting_for_another_can_be_interrupted(self):
        folder = os.open(self.out, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        waiting = subprocess.Popen([LIMIER, "tag", self.out, "file:1", "--tag", "x"], env=environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        self.assertIsNone(waiting.poll())
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, EXIT_INTERRUPTED, err)
        self.assertFalse(self.marks.exists())
        self.assert_fails(limier("tag", self.out, "file:1", "--tag", "x", timeout=60), EXIT_REFUSED, "in use")

    def test_a_line_whose_writer_died_is_kept_in_another(self):
        self.ok("tag", self.out, "file:1", "--tag", "a")
        with self.marks.open("ab") as file:
            file.write(b'{"time":"2026-01-01T')
        self.check(EXIT_MISMATCH, "line 2 is cut off")
        self.assertEqual([one["value"] for one in self.listed()], ["a"], "what is whole can be read meanwhile")
        self.ok("tag", self.out, "file:1", "--tag", "b")
        self.assertEqual(bytes.fromhex(self.lines()[1]["bytes_hex"]), b'{"time":"2026-01-01T')
        self.assertEqual([one["value"] for one in self.listed()], ["a", "b"])
        self.check(EXIT_GOOD, "3 linked lines")


class WritersThatDie(MarksTest):
    """Something goes wrong at each write, sync and rename of a mark in turn: what was written stays, the chain holds or
    the last line is said to be cut off, and the next mark puts that right."""

    TORN = b'{"time":"2026-01-01T'

    def begin(self, name):
        """The file as it is before: none, two lines, or two and a part of one."""
        if name != "none":
            self.ok("tag", self.out, "file:1", "--tag", "a")
            self.ok("note", self.out, "file:1", "b" * 3000)
        if name == "torn":
            with self.marks.open("ab") as file:
                file.write(self.TORN)
        return self.marks.read_bytes() if self.marks.exists() else None

    def restore(self, data):
        for path in self.out.glob("*marks*"):
            path.unlink()
        if data is not None:
            self.marks.write_bytes(data)

    def tagging(self, **failing):
        """Two lines at once, under failpoints."""
        env = environment(LD_PRELOAD=FAILPOINTS, LIMIER_FAIL_DIR=str(self.out.resolve()), **failing)
        return [LIMIER, "tag", str(self.out), "file:1", "file:2", "--tag", "c" * 150], env

    def run_it(self, **failing):
        command, env = self.tagging(**failing)
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def points(self):
        log = self.work / "points.log"
        log.unlink(missing_ok=True)
        self.assertEqual(self.run_it(LIMIER_FAIL_LOG=str(log)).returncode, EXIT_GOOD)
        return log.read_text().splitlines()

    def values(self):
        return [one["value"] for one in self.listed()] + ["note" for _ in self.listed("note")]

    def check_what_is_there(self, before, begun):
        """Whatever was killed: earlier lines are as they were, and what is not whole is said to be so."""
        data = self.marks.read_bytes() if self.marks.exists() else b""
        whole = data[:data.rfind(b"\n") + 1]
        kept = (begun or b"")
        self.assertTrue(data.startswith(kept[:kept.rfind(b"\n") + 1]), "earlier lines")
        head = "0" * 64
        for line in whole.splitlines():
            self.assertEqual(json.loads(line)["previous_sha256"], head)
            head = hashlib.sha256(line).hexdigest()
        if len(whole) < len(data):
            self.check(EXIT_MISMATCH, "is cut off")
        else:
            self.check(EXIT_GOOD, *(["linked lines"] if whole else []))
        now = self.values()
        self.assertEqual([one for one in before if one not in now], [])
        return now

    def test_at_every_point(self):
        tried = 0
        for name in ("none", "lines", "torn"):
            begun = self.begin(name)
            before = self.values()
            points = self.points()
            self.assertGreaterEqual(len(points), 2, points)
            for at in range(1, len(points) + 1):
                for action in ACTIONS:
                    with self.subTest(begun=name, point=points[at - 1], action=action):
                        tried += 1
                        self.restore(begun)
                        done = self.run_it(LIMIER_FAIL_AT=str(at), LIMIER_FAIL_ACTION=action)
                        if action.startswith("kill"):
                            self.assertEqual(done.returncode, -signal.SIGKILL)
                        else:
                            self.assertNotEqual(done.returncode, EXIT_GOOD, "not said")
                        now = self.check_what_is_there(before, begun)
                        if not action.startswith("kill"):
                            self.assertEqual(now, before, "what could not be written is taken back")
                        self.ok("tag", self.out, "file:3", "--tag", "later")
                        self.assertEqual(sorted(self.values()), sorted([*now, "later"]))
                        self.check(EXIT_GOOD, "linked lines")
                        leftovers = {path.name for path in self.out.iterdir()} - {path.name for path in self.made.iterdir()}
                        self.assertEqual(leftovers, {"marks.jsonl"})
                        self.assertEqual(self.sealed(), self.before)
            self.restore(None)
        self.assertGreater(tried, 30)

    def test_one_dies_while_others_write(self):
        points = [at for at, name in enumerate(self.points(), 1) if " write " in f" {name} "]
        self.assertTrue(points)
        self.restore(None)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        died, wrote = [], []
        for n in range(6):
            command, env = self.tagging(LIMIER_FAIL_AT=str(points[n % len(points)]), LIMIER_FAIL_ACTION=("kill", "kill-after")[n % 2])
            died.append(subprocess.Popen(command, env=env, **quiet))
            wrote.append(subprocess.Popen([LIMIER, "tag", self.out, "file:1", "--tag", f"tag {n}"], env=environment(), **quiet))
        for one in wrote:
            _, err = one.communicate(timeout=120)
            self.assertEqual(one.returncode, EXIT_GOOD, err)
        for one in died:
            one.communicate(timeout=120)
        self.ok("tag", self.out, "file:3", "--tag", "later")
        values = [one["value"] for one in self.listed()]
        self.assertEqual(sorted(value for value in values if value.startswith("tag ")), [f"tag {n}" for n in range(6)])
        self.assertIn(-signal.SIGKILL, [one.returncode for one in died])
        self.check(EXIT_GOOD, "linked lines")


class Checking(MarksTest):
    def setUp(self):
        super().setUp()
        for tag in "abc":
            self.ok("tag", self.out, "file:1", "--tag", tag)
        self.whole = self.marks.read_bytes().splitlines(keepends=True)

    def test_a_line_that_was_taken_out(self):
        for left_out in (0, 1):
            self.marks.write_bytes(b"".join(self.whole[:left_out] + self.whole[left_out + 1:]))
            self.check(EXIT_MISMATCH, f"line {left_out + 1} does not follow")

    def test_a_line_that_was_changed(self):
        self.marks.write_bytes(b"".join(self.whole).replace(b'"value":"a"', b'"value":"z"'))
        self.check(EXIT_MISMATCH, "line 2 does not follow")
        page, report = self.report()
        self.assertIn("is not as it was written", page)
        self.assertIn("line 2", report["marks_problem"])

    def test_last_lines_that_went_after_a_report(self):
        self.report()
        self.check(EXIT_GOOD, "3 linked lines")
        self.ok("tag", self.out, "file:1", "--tag", "d")
        self.check(EXIT_GOOD, "4 linked lines")
        self.marks.write_bytes(b"".join(self.whole[:2]))
        self.check(EXIT_MISMATCH, "names a report made of 3")
        self.marks.unlink()
        self.check(EXIT_MISMATCH, "names a report made of 3")

    def test_something_that_is_no_mark(self):
        with self.marks.open("ab") as file:
            file.write(b"hello\n")
        self.check(EXIT_MISMATCH, "line 4 is no mark")


class Reports(MarksTest):
    def setUp(self):
        super().setUp()
        self.number, self.key = self.finding()
        self.row = f"message:{self.message()}"
        self.hostile = "<b>bold</b> =1+1"
        self.ok("tag", self.out, self.row, "--tag", "to translate")
        self.ok("note", self.out, self.row, self.hostile)
        self.ok("tag", self.out, self.row, "--tag", "wrong tag")
        self.ok("tag", self.out, self.row, "--tag", "wrong tag", "--remove")
        self.ok("decide", self.out, self.key, "--as", "passed-on", "--text", "commissariat 7")

    def test_page(self):
        page, _ = self.report()
        self.assertNotIn(self.hostile, page)
        self.assertIn("&lt;b&gt;bold&lt;/b&gt;", page)
        card = page[page.index(f'id="finding-{self.number}"'):]
        card = card[:card.index("</dl>")]
        self.assertIn("passed on", card)
        self.assertIn("commissariat 7", card)
        self.assertIn("to translate", card, "at the message, which stands in the card of its finding")
        self.assertNotIn("wrong tag", card)
        section = page[page.index('<section id="marks"'):] if '<section id="marks"' in page else page[page.index('id="marks"'):]
        section = section[:section.index("</section>")]
        for word in ("to translate", "wrong tag", "taken back", EXAMINER, "commissariat 7", self.row):
            self.assertIn(word, section)
        findings = self.query("SELECT count(*) FROM v_finding")[0][0]
        self.assertIn(f"1 of {findings} finding{'' if findings == 1 else 's'} reviewed (1 passed on), {findings - 1} not", page)

    def test_json(self):
        _, report = self.report()
        message = next(one for one in report["messages"] if f"message:{one['message_id']}" == self.row)
        self.assertEqual([(one["action"], one["value"], one["text"]) for one in message["marks"]],
                         [("tag", "to translate", None), ("note", None, self.hostile)])
        finding = next(one for one in report["findings"] if one["key"] == self.key)
        self.assertEqual(finding["marks"][0]["value"], "passed-on")
        self.assertEqual([one["state"] for one in report["marks"]],
                         ["stands", "stands", "taken back", "takes back", "stands"])
        self.assertEqual((report["review"]["reviewed"], report["review"]["passed-on"]), (1, 1))

    def test_table(self):
        self.report()
        with open(self.out / "marks.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["value"] for row in rows], ["to translate", "", "wrong tag", "wrong tag", "passed-on"])
        self.assertEqual(rows[0]["row"], self.row)
        self.check(EXIT_GOOD)

    def test_the_same_index_and_marks_give_the_same_reports(self):
        page, _ = self.report()
        again, _ = self.report()
        self.assertEqual(page, again)

    def test_reports_that_are_made_again_by_resume_show_them(self):
        (self.out / "manifest.json").unlink()
        done = limier("triage", self.image, "--out", self.out, "--authority", "training", "--examiner", EXAMINER,
                      "--progress", "none", "--resume")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertIn("commissariat 7", (self.out / "report.html").read_text(encoding="utf-8"))
        self.check(EXIT_GOOD, "5 linked lines")

    def test_a_row_is_found_by_its_key_when_its_number_is_another(self):
        with sqlite3.connect(self.out / "index.db") as index:
            index.execute("UPDATE row_message SET id = id + 1000")
            index.execute("UPDATE row_finding SET id = id + 1000")
        index.close()
        self.assertEqual({one["row_now"] for one in self.listed()}, {f"message:{int(self.row.split(':')[1]) + 1000}"})
        self.assertEqual(self.listed("decide")[0]["row_now"], f"finding:{self.number + 1000}")

    def test_a_row_that_is_gone_is_said_to_be(self):
        with sqlite3.connect(self.out / "index.db") as index:
            index.execute("DELETE FROM row_message")
        index.close()
        self.assertEqual({one["row_now"] for one in self.listed()}, {None})
        self.assertIn(b"not in this index", self.ok("tag", self.out).stdout)

    def test_without_marks_there_is_no_table_of_them(self):
        self.marks.unlink()
        _, report = self.report()
        self.assertEqual(report["marks"], [])
        self.assertFalse((self.out / "marks.csv").exists())


class OnTheTerminal(MarksTest):
    """`messages` and `explain` show the marks of the rows they show."""

    def setUp(self):
        super().setUp()
        self.number, self.key = self.finding()
        self.id = self.message()
        self.ok("tag", self.out, f"message:{self.id}", "--tag", "to translate")
        self.ok("tag", self.out, f"message:{self.id}", "--tag", "wrong tag")
        self.ok("tag", self.out, f"message:{self.id}", "--tag", "wrong tag", "--remove")
        self.ok("note", self.out, f"message:{self.id}", "first line\nred \x1b[31m text")
        self.ok("decide", self.out, self.key, "--as", "passed-on", "--text", "commissariat 7")

    def test_messages(self):
        text = self.ok("messages", self.out).stdout.decode()
        for words in ("* tag: to translate", "* note: first line", "* decided: passed on (commissariat 7)", EXAMINER):
            self.assertEqual(text.count(words), 3 if words == EXAMINER else 1, words)
        self.assertNotIn("wrong tag", text)
        self.assertNotIn("\x1b[31m", text)
        self.assertLess(text.index("schieten"), text.index("* tag: to translate"), "below its message")
        self.assertLess(text.index(f"key {self.key}"), text.index("* decided"), "below its finding")

    def test_messages_as_json(self):
        rows = self.parse(self.ok("messages", self.out, "--json"))
        marked = next(row for row in rows if row["message_id"] == self.id)
        self.assertEqual([(one["action"], one["value"], one["text"]) for one in marked["marks"]],
                         [("tag", "to translate", None), ("note", None, "first line\nred \x1b[31m text")])
        self.assertEqual({one["examiner"] for one in marked["marks"]}, {EXAMINER})
        finding = next(one for one in marked["findings"] if one["key"] == self.key)
        self.assertEqual([(one["value"], one["text"]) for one in finding["marks"]], [("passed-on", "commissariat 7")])
        self.assertTrue(all(row["marks"] == [] for row in rows if row["message_id"] != self.id))

    def explained(self, row):
        return self.ok("explain", self.out, row, "--image", self.image)

    def test_explain(self):
        self.ok("tag", self.out, "file:1", "--tag", "the root")
        text = self.explained(self.key).stdout.decode()
        for words in ("* decided: passed on (commissariat 7)", "* tag: to translate"):
            self.assertIn(words, text)
        self.assertLess(text.index("* decided"), text.index("* tag: to translate"))
        self.assertNotIn("the root", text)
        self.assertIn("* tag: the root", self.explained("file:1").stdout.decode())

    def test_explain_as_json(self):
        self.ok("tag", self.out, "file:1", "--tag", "the root")
        told = self.parse(self.ok("explain", self.out, self.key, "--image", self.image, "--json"))
        self.assertEqual([one["value"] for one in told["finding"]["marks"]], ["passed-on"])
        self.assertEqual([one["value"] for one in told["marks"]], ["to translate", None])
        message = next(one for one in told["messages"] if one["message_id"] == self.id)
        self.assertEqual(message["marks"], told["marks"])
        self.assertEqual((told["file"]["marks"], told["marks_problem"]), ([], None))
        told = self.parse(self.ok("explain", self.out, "file:1", "--image", self.image, "--json"))
        self.assertEqual([one["value"] for one in told["file"]["marks"]], ["the root"])

    def test_a_file_of_marks_that_was_changed_is_said_to_be(self):
        self.marks.write_bytes(self.marks.read_bytes().replace(b"to translate", b"to forgetxx"))
        for command in (["messages", self.out], ["explain", self.out, self.key, "--image", self.image]):
            self.assertIn(b"does not follow the line before it", self.ok(*command).stderr)
        told = self.parse(self.ok("explain", self.out, self.key, "--image", self.image, "--json"))
        self.assertIn("line 2", told["marks_problem"])


class Cases(BatchTest):
    def test_a_case_of_many_exhibits(self):
        self.planned(self.samples())
        self.assertIn(self.batch("run").returncode, (0, 4, 5))
        row = "A-3/file:1"
        for arguments in (["tag", self.out, "file:1", "--tag", "x"], ["note", self.out, "X-1/file:1", "text"]):
            self.assert_fails(limier(*arguments), EXIT_USAGE, "case of many exhibits", "finding:3")
        self.assertEqual(limier("tag", self.out, row, "--tag", "of the stick").returncode, EXIT_GOOD)
        self.assertEqual(limier("note", self.out / "exhibits" / "A-1", "file:2", "a note <i>").returncode, EXIT_GOOD)
        listed = self.parse(limier("tag", self.out, "--json"))["marks"]
        self.assertEqual([(one["exhibit"], one["row"], one["value"]) for one in listed], [("A-3", "file:1", "of the stick")])
        self.assertIn(b"A-3", limier("tag", self.out).stdout)
        self.assertIn(self.batch("merge").returncode, (0, 4, 5))
        page = (self.out / "case.html").read_text(encoding="utf-8")
        self.assertIn("of the stick", page)
        self.assertIn("a note &lt;i&gt;", page)
        marks = json.loads((self.out / "case.json").read_text(encoding="utf-8"))["marks"]
        self.assertEqual([(one["exhibit"], one["action"]) for one in marks], [("A-1", "note"), ("A-3", "tag")])
        with sqlite3.connect(self.out / "case.db") as case:
            self.assertNotIn("of the stick", "\n".join(case.iterdump()))
        case.close()
        done = limier("check", self.out)
        self.assertIn(b"A-3: marks.jsonl: 1 linked lines", done.stdout)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stdout)


if __name__ == "__main__":
    unittest.main()
