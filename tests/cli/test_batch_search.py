"""limier batch: keywords and YARA rules, for the whole case and for single exhibits."""
import json
import sqlite3
import unittest

from batch_support import AUTHORITY, BatchTest
from cli_support import EXIT_GOOD, EXIT_REFUSED, EXIT_USAGE, make_ext4

LETTER = b"a letter with a Purperreiger in it\n" * 3
RULES = 'rule heron { strings: $a = "Purperreiger" condition: $a }\n'
OTHER = 'rule other { strings: $a = "never there" condition: $a }\n'


class Searches(BatchTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.evidence / "stick.dd", files={"letter.txt": LETTER})
        self.second = make_ext4(self.evidence / "second.dd", files={"letter.txt": LETTER, "more.txt": b"Lepelaar\n"})
        self.words = self.work / "words.txt"
        self.words.write_text("Purperreiger\n", encoding="utf-8")
        self.more = self.work / "more.txt"
        self.more.write_text("\"Lepelaar\" kind=bird\n", encoding="utf-8")
        self.rules = self.work / "rules"
        self.rules.mkdir()
        (self.rules / "heron.yar").write_text(RULES, encoding="utf-8")

    def both(self, first="", second="", header="exhibit,path,authority,keywords,yara"):
        return self.manifest([f"A,{self.image},{AUTHORITY},{first}", f"B,{self.second},{AUTHORITY},{second}"], header=header)

    def found(self, folder):
        with sqlite3.connect(self.out / "exhibits" / folder / "index.db") as index:
            return index.execute("SELECT DISTINCT kind, value FROM v_hit WHERE kind IN ('keyword', 'bird', 'yara') ORDER BY 1, 2").fetchall()

    def run_it(self, code=EXIT_GOOD):
        done = self.batch("run")
        self.assertEqual(done.returncode, code, done.stderr)
        return done


class WhatIsFound(Searches):
    def test_for_the_case_and_for_one_exhibit(self):
        done = self.plan(self.both(",", "more.txt; words.txt,"), "--keywords", self.words, "--yara", self.rules)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.run_it()
        self.assertEqual(self.found("A"), [("keyword", "Purperreiger"), ("yara", "heron")])
        self.assertEqual(self.found("B"), [("bird", "Lepelaar"), ("keyword", "Purperreiger"), ("yara", "heron")])

    def test_the_plan_has_their_digests_and_records_are_of_it(self):
        manifest = self.both("words.txt,rules", ",")
        self.assertEqual(self.plan(manifest).returncode, EXIT_GOOD)
        self.run_it()
        plan = {one["exhibit"]: one for one in json.loads((self.out / "plan.json").read_text(encoding="utf-8"))["exhibits"]}
        self.assertEqual(plan["A"]["keywords"], [str(self.words)])
        with sqlite3.connect(self.out / "exhibits" / "A" / "index.db") as index:
            self.assertEqual(index.execute("SELECT keywords_sha256 FROM v_run").fetchone()[0], plan["A"]["keyword_digests"][0])
        self.assertEqual(len(plan["A"]["yara_digest"]), 64)
        self.assertFalse({"keywords", "yara"} & set(plan["B"]))
        self.assertEqual(self.record("A")["exhibit_digest"], plan["A"]["digest"])
        self.assertEqual(self.found("B"), [])
        kept = self.finished_files()
        self.run_it()
        self.assertEqual(self.finished_files(), kept)

    def test_toml_says_the_same(self):
        manifest = self.work / "manifest.toml"
        manifest.write_text(f'[defaults]\nauthority = "{AUTHORITY}"\nyara = "rules/heron.yar"\n[[exhibit]]\nexhibit = "A"\npath = "{self.image}"\nkeywords = "words.txt"\n',
                            encoding="utf-8")
        self.assertEqual(self.plan(manifest).returncode, EXIT_GOOD)
        self.run_it()
        self.assertEqual(self.found("A"), [("keyword", "Purperreiger"), ("yara", "heron")])


class WhatIsRefused(Searches):
    def test_files_that_cannot_be_used_and_profiles_that_look_into_nothing(self):
        bad = self.work / "bad.txt"
        bad.write_text("good\n/(/\n", encoding="utf-8")
        header = "exhibit,path,authority,keywords,yara,profile"
        done = self.plan(self.both("bad.txt,,", "none.txt,nowhere,", header))
        self.assertEqual(done.returncode, EXIT_USAGE)
        for words in (b"line 2: ", b"bad.txt, line 2", b"line 3: ", b"none.txt", b"nowhere"):
            self.assertIn(words, done.stderr)
        done = self.plan(self.both("words.txt,,quick", ",rules,list", header))
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn(b"line 2: keywords needs profile standard or full", done.stderr)
        self.assertIn(b"line 3: yara needs profile standard or full", done.stderr)
        self.assertFalse(self.out.exists())

    def test_other_files_than_were_planned_with_examine_nothing(self):
        self.assertEqual(self.plan(self.both("words.txt,", ",rules")).returncode, EXIT_GOOD)
        self.words.write_text("Purperreiger\nReiger\n", encoding="utf-8")
        (self.rules / "other.yara").write_text(OTHER, encoding="utf-8")
        self.run_it(EXIT_USAGE)
        for folder, words in (("A", "is not the keyword file that was planned with"), ("B", "not the YARA rules that were planned with")):
            self.assertFalse((self.out / "exhibits" / folder / "index.db").exists())
            self.assertIn(words, self.record(folder)["result"]["message"])
        # What was planned anew is what counts.
        manifest = self.both("words.txt,", ",rules")
        self.assertEqual(self.plan(manifest, "--accept-changed").returncode, EXIT_GOOD)
        self.run_it()
        self.assertEqual(self.found("B"), [("yara", "heron")])

    def test_another_file_under_finished_work_is_a_change(self):
        manifest = self.both("words.txt,", ",rules")
        self.assertEqual(self.plan(manifest).returncode, EXIT_GOOD)
        self.run_it()
        self.words.write_text("Reiger\n", encoding="utf-8")
        (self.rules / "heron.yar").write_text(OTHER, encoding="utf-8")
        done = self.plan(manifest)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn(b"'A' was examined already, and since then the keywords changed", done.stderr)
        self.assertIn(b"'B' was examined already, and since then the YARA rules changed", done.stderr)


if __name__ == "__main__":
    unittest.main()
