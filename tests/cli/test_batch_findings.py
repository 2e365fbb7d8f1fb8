"""Findings of many exhibits: before the merge, in the case, and in what says which exhibit is to be looked at first."""
import csv
import hashlib
import json
import sqlite3
import unittest

from batch_support import AUTHORITY, BatchTest
from cli_support import EXIT_GOOD, SAMPLES, limier
from content_rows import Rows


class Findings(BatchTest):
    def setUp(self):
        super().setUp()
        self.planned([f"A-1,{SAMPLES / 'laptop.E01'},{AUTHORITY}", f"A-2,{SAMPLES / 'phone.E01'},{AUTHORITY}",
                      f"A-10,{SAMPLES / 'stick.001'},{AUTHORITY},quick"], header="exhibit,path,authority,profile")
        self.assertIn(self.batch("run").returncode, (0, 4, 5))

    def planned(self, rows, header):
        rows = [row + "," * (header.count(",") - row.count(",")) for row in rows]
        done = self.plan(self.manifest(rows, header=header))
        self.assertEqual(done.returncode, 0, done.stderr)

    def put(self, exhibit, findings, items, not_judged=0, reason=None):
        """As if rules had been run on the exhibit: its record names the index as it is now."""
        with Rows(self.out / "exhibits" / exhibit) as rows:
            for number, (priority, title, score) in enumerate(findings, 1):
                rows.finding(number, number, priority=priority, title=title, score=score, rank=number,
                             key=f"danger/threat:{exhibit}:{number}", t_ns=1_615_291_200 * 10**9)
            rows.judged(items, not_judged, reason)
            path = rows.index.execute("SELECT path FROM v_file WHERE sha256 IS NOT NULL ORDER BY file_id LIMIT 1").fetchone()[0]
            for number in range(1, 8):
                rows.message(number, path, f"text {number} of {exhibit}", at=number)
        path = self.out / "records" / f"{exhibit}.json"
        record = json.loads(path.read_text())
        index = (self.out / "exhibits" / exhibit / "index.db").read_bytes()
        counts = [sum(one[0] == name for one in findings) for name in ("live-in-danger", "high", "medium", "low", "info")]
        path.write_text(json.dumps(self.with_index(record, hashlib.sha256(index).hexdigest(), len(index), counts)))

    def with_index(self, record, digest, size, counts):
        self.assertIn("index_sha256", record)
        record["index_sha256"], record["index_bytes"] = digest, size
        return record

    def fill(self):
        self.put("A-1", [("high", "Money", 3.0), ("medium", "Cash", 9.0)], items=100)
        self.put("A-2", [("live-in-danger", "A <b>threat</b>", 2.0), ("high", "Weapons", 5.0)], items=50, not_judged=7,
                 reason="voice notes")

    def test_status_lists_those_of_finished_exhibits(self):
        self.fill()
        result = self.batch("status", "--findings")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        text = result.stdout.decode()
        lines = text.splitlines()
        self.assertEqual([line.split()[:2] for line in lines[1:5]],
                         [["A-2", "live-in-danger"], ["A-2", "high"], ["A-1", "high"], ["A-1", "medium"]])
        self.assertIn("4 findings on 2 exhibits that rules were run on; 3 of 3 exhibits finished", text)
        self.assertIn("not an accusation", text)
        state = self.parse(self.batch("status", "--findings", "--json"))
        self.assertEqual([(one["exhibit"], one["key"]) for one in state["findings"]],
                         [("A-2", "danger/threat:A-2:1"), ("A-2", "danger/threat:A-2:2"), ("A-1", "danger/threat:A-1:1"),
                          ("A-1", "danger/threat:A-1:2")])
        self.assertEqual(state["exhibits_judged"], 2)
        self.assertNotIn("findings", self.parse(self.batch("status", "--json")))

    def test_no_finding_is_no_all_clear(self):
        for exhibit in ("A-1", "A-2", "A-10"):
            with Rows(self.out / "exhibits" / exhibit):
                pass
        text = self.batch("status", "--findings").stdout.decode()
        self.assertIn("0 findings on 0 exhibits that rules were run on", text)
        self.assertIn("no all-clear", text)

    def test_the_case_ranks_the_findings_of_all_exhibits(self):
        self.fill()
        merged = self.batch("merge")
        self.assertNotIn(merged.returncode, (2, 6, 7), merged.stderr)
        with sqlite3.connect(f"file:{self.out / 'case.db'}?mode=ro", uri=True) as case:
            found = case.execute("SELECT rank, exhibit, priority, title, exhibit_rank, t FROM v_case_finding ORDER BY rank")
            self.assertEqual(found.fetchall(), [
                (1, "A-2", "live-in-danger", "A <b>threat</b>", 1, "2021-03-09T12:00:00.000000000Z"),
                (2, "A-2", "high", "Weapons", 2, "2021-03-09T12:00:00.000000000Z"),
                (3, "A-1", "high", "Money", 1, "2021-03-09T12:00:00.000000000Z"),
                (4, "A-1", "medium", "Cash", 2, "2021-03-09T12:00:00.000000000Z")])
            self.assertEqual(case.execute("SELECT exhibit, items, judged, not_judged, reason FROM v_case_judged ORDER BY 1")
                             .fetchall(), [("A-1", 100, 100, 0, None), ("A-2", 50, 43, 7, "voice notes")])
            order = [row[0] for row in case.execute("SELECT exhibit FROM v_exhibit ORDER BY attention")]
            self.assertEqual(order[:2], ["A-2", "A-1"])
            self.assertIn("1 live-in-danger finding (A <b>threat</b>)",
                          case.execute("SELECT attention_reason FROM v_exhibit WHERE exhibit = 'A-2'").fetchone()[0])
            talk = case.execute("SELECT message_id, is_subject, who, text FROM v_case_talk WHERE rank = 2 ORDER BY seq").fetchall()
            self.assertEqual([row[0] for row in talk], [1, 2, 3, 4, 5])
            self.assertEqual([row for row in talk if row[1]], [(2, 1, "+31612345678", "text 2 of A-2")])
            columns = {row[1] for row in case.execute("PRAGMA table_info(v_case_finding)")}
        with sqlite3.connect(f"file:{self.out / 'exhibits/A-1/index.db'}?mode=ro", uri=True) as index:
            # A column that findings get must come here too.
            self.assertLessEqual({row[1] for row in index.execute("PRAGMA table_info(v_finding)")} | {"exhibit"}, columns)

    def test_the_reports_show_them_first_with_the_words_that_belong_to_them(self):
        self.fill()
        self.batch("merge")
        page = (self.out / "case.html").read_text(encoding="utf-8")
        self.assertLess(page.index('id="findings"'), page.index('id="exhibits"'))
        section = page[page.index('<section id="findings"'):page.index('<section id="exhibits"')] \
            if '<section id="findings"' in page else page[page.index('id="findings"'):page.index('id="exhibits"')]
        for words in ("not an accusation", "those that speak against it too", "No finding is no all-clear", "A person decides",
                      "A &lt;b&gt;threat&lt;/b&gt;", "somebody may be hurt", "it may be a joke", "voice notes",
                      "exhibits/A-2/report.html#finding-1", "On 1 of 3 exhibits there was nothing that rules could judge", "text 4 of A-2"):
            self.assertIn(words, section)
        facts = json.loads((self.out / "case.json").read_text())
        self.assertEqual([one["key"] for one in facts["findings"]][:2], ["danger/threat:A-2:1", "danger/threat:A-2:2"])
        self.assertEqual((facts["exhibits_judged"], len(facts["judged"])), (2, 2))
        with open(self.out / "case-findings.csv", encoding="utf-8", newline="") as table:
            self.assertEqual([row["exhibit"] for row in csv.DictReader(table)], ["A-2", "A-2", "A-1", "A-1"])

    def test_where_no_rules_were_run_nothing_is_said_to_be_clear(self):
        for exhibit in ("A-1", "A-2", "A-10"):
            folder = self.out / "exhibits" / exhibit
            with Rows(folder):
                pass
            path = self.out / "records" / f"{exhibit}.json"
            index = (folder / "index.db").read_bytes()
            record = self.with_index(json.loads(path.read_text()), hashlib.sha256(index).hexdigest(), len(index), [0] * 5)
            path.write_text(json.dumps(record))
        self.batch("merge")
        page = (self.out / "case.html").read_text(encoding="utf-8")
        self.assertIn("Not computed: on no exhibit was there anything that rules could judge", page)


class Thresholds(BatchTest):
    def test_a_default_for_all_exhibits(self):
        done = self.plan(self.manifest([f"A-1,{SAMPLES / 'phone.E01'},{AUTHORITY}"]), "--fail-on", "medium")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        plan = json.loads((self.out / "plan.json").read_text())
        self.assertIn('"fail_on": "medium"', json.dumps(plan))
        self.assert_fails(limier("batch", "plan", "x.csv", "--out", self.out, "--fail-on", "info"), 2, "info")


if __name__ == "__main__":
    unittest.main()
