"""triage --yara: rules over every content; and what libmagic says of contents that the table of types leaves."""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import unittest

from cli_support import AUTHORITY, EXIT_GOOD, EXIT_PARTLY, EXIT_REFUSED, EXIT_USAGE, LIMIER, CliTest, limier, make_ext4

MARKED = b"a letter with the words blue heron in it\n" * 3
GRIB = b"GRIB\x00\x00\x50\x01" + bytes(500)
ODD = os.fsdecode(b"docs/odd \xff\xfe name.txt")
FILES = {"docs/letter.txt": MARKED, "docs/copy of letter.txt": MARKED, ODD: b"\x00\x01 blue heron \x02" * 50, "docs/other.txt": b"nothing here\n" * 9,
         "docs/weather.dat": GRIB, "docs/empty": b""}
RULES = 'rule heron : bird { meta: a = 1 strings: $a = "blue heron" $b = "words" condition: $a and #b >= 0 }\nrule never { condition: false }\n'
BROKEN = "rule broken { condition: nothing_of_the_kind }\n"
# For each byte all bytes: hours for a content of a megabyte.
SLOW = 'rule slow { condition: filesize > 100000 and for all i in (1..filesize) : (for all j in (1..filesize) : (uint8(i) != uint8(j) or uint8(j) == 97)) }\n'


class Yara(CliTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.work / "evidence" / "stick.dd", files=FILES)
        self.rules = self.work / "rules"
        (self.rules / "deep").mkdir(parents=True)
        (self.rules / "deep" / "heron.yar").write_text(RULES, encoding="utf-8")
        (self.rules / "broken.yara").write_text(BROKEN, encoding="utf-8")
        (self.rules / "notes.txt").write_text("no rules", encoding="utf-8")

    def ask(self, sql, out=None):
        with sqlite3.connect((out or self.out) / "index.db") as index:
            return index.execute(sql).fetchall()

    def scanned(self, *options, out=None, code=EXIT_GOOD):
        done = self.triage(self.image, "--yara", self.rules, *options, out=out)
        self.assertEqual(done.returncode, code, done.stderr)
        return done


class WhatRulesFind(Yara):
    def test_each_content_once_with_rule_and_place(self):
        self.scanned()
        hits = self.ask("SELECT h.value, h.normalized, h.validated, h.decode_path, h.locator, h.file_offset, f.path, h.context FROM v_hit h JOIN v_file f USING (file_id) "
                        "WHERE h.kind = 'yara' ORDER BY h.hit_id")
        self.assertEqual(len(hits), 2, hits)
        self.assertEqual({hit[:5] for hit in hits}, {("heron", "heron", "none", "yara:deep/heron.yar", "yara:deep/heron.yar:heron")})
        letter = next(hit for hit in hits if "letter" in hit[6])
        self.assertEqual(letter[5], MARKED.index(b"words"))
        self.assertEqual(letter[7], f"$a at {MARKED.index(b'blue')}: blue heron; $b at {MARKED.index(b'words')}: words")
        odd = next(hit for hit in hits if "odd" in hit[6])
        self.assertEqual(odd[5], 3)
        self.assertEqual(self.ask("SELECT files FROM v_content c JOIN v_hit h USING (content_id) WHERE h.kind = 'yara' ORDER BY 1"), [(1,), (2,)])

    def test_files_of_rules_and_those_refused_are_named_everywhere(self):
        done = limier("triage", self.image, "--out", self.out, *AUTHORITY, "--progress", "plain", "--yara", self.rules)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertIn(b"YARA rules of broken.yara are not used: line 1", done.stderr)
        files = self.ask("SELECT name, state, rules, reason FROM v_yara_file ORDER BY name")
        self.assertEqual([one[:3] for one in files], [("broken.yara", "refused", 0), ("deep/heron.yar", "used", 2)])
        self.assertIn("nothing_of_the_kind", files[0][3])
        issues = self.ask("SELECT message, incomplete FROM v_issue WHERE code = 'yara-refused'")
        self.assertEqual(len(issues), 1)
        self.assertIn("broken.yara", issues[0][0])
        manifest = json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))
        self.assertEqual([(one["name"], one["state"]) for one in manifest["yara_files"]], [("broken.yara", "refused"), ("deep/heron.yar", "used")])
        page = (self.out / "report.html").read_text(encoding="utf-8")
        self.assertIn("Matches of YARA rules (2)", page)
        self.assertNotIn(str(self.rules), page)
        self.assertIn("heron", (self.out / "hits.csv").read_text(encoding="utf-8"))
        self.assertIn("broken.yara", (self.out / "yara_files.csv").read_text(encoding="utf-8"))
        self.assertIn('"yara-rules"', (self.out / "audit.jsonl").read_text(encoding="utf-8"))
        judged = self.ask("SELECT items, judged, reason FROM v_judged WHERE kind = 'contents for YARA rules'")
        self.assertEqual(len(judged), 1)
        self.assertEqual(judged[0][0], judged[0][1])
        self.assertIn("unallocated", judged[0][2])

    def test_explain_scans_again(self):
        self.scanned()
        (hit,) = self.ask("SELECT min(hit_id) FROM v_hit WHERE kind = 'yara'")[0]
        without = json.loads(limier("explain", self.out, f"hit:{hit}", "--json").stdout)
        self.assertIn("--yara", json.dumps(without))
        done = limier("explain", self.out, f"hit:{hit}", "--yara", self.rules, "--json")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        again = json.loads(done.stdout)
        self.assertIn("agrees", json.dumps(again))
        (self.rules / "deep" / "heron.yar").write_text(RULES.replace("heron", "hero"), encoding="utf-8")
        other = limier("explain", self.out, f"hit:{hit}", "--yara", self.rules, "--json")
        self.assertIn(b"others than those of the run", other.stdout)

    def test_the_same_bytes_whatever_the_jobs_and_the_order_of_the_rules(self):
        self.scanned("--jobs", "1")
        other = self.work / "other"
        done = self.triage(self.image, "--yara", self.rules / "deep" / "heron.yar", self.rules, "--jobs", "2", out=other)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        third = self.work / "third"
        self.scanned("--jobs", "2", out=third)
        for name in ("report.json", "report.html", "hits.csv", "yara_files.csv", "files.csv"):
            for folder in (other, third):
                self.assertEqual((self.out / name).read_bytes(), (folder / name).read_bytes(), name)

    def test_a_run_that_was_killed_gives_the_same(self):
        self.scanned()
        killed = self.work / "killed"
        command = [LIMIER, "triage", self.image, "--out", killed, *AUTHORITY, "--yara", self.rules, "--progress", "none"]
        for wait in (0.05, 0.15, 0.3):
            running = subprocess.Popen([*map(str, command), *(["--resume"] if killed.exists() else [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait)
            running.send_signal(signal.SIGKILL)
            running.wait()
        done = self.triage(self.image, "--yara", self.rules, "--resume", out=killed)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        for name in ("report.json", "report.html", "hits.csv", "yara_files.csv"):
            self.assertEqual((self.out / name).read_bytes(), (killed / name).read_bytes(), name)

    def test_a_scope_holds(self):
        scope = self.work / "scope.toml"
        scope.write_text('title = "limits"\n[[mask]]\nreason = "privilege"\nterms = ["blue heron"]\n', encoding="utf-8")
        self.scanned("--scope", scope)
        self.assertEqual(self.ask("SELECT count(*) FROM v_hit WHERE kind = 'yara'"), [(0,)])
        self.assertEqual({one[0] for one in self.ask("SELECT state FROM v_yara_file")}, {"not-run", "refused"})
        self.assertEqual(self.ask("SELECT judged FROM v_judged WHERE kind = 'contents for YARA rules'"), [(0,)])


class WhatRulesMayNotDo(Yara):
    def test_no_file_that_can_be_used_is_an_error_before_anything_is_written(self):
        for path in (self.rules / "broken.yara", self.work / "evidence", self.work / "not there"):
            done = self.triage(self.image, "--yara", path)
            self.assertEqual(done.returncode, EXIT_USAGE, done.stderr)
            self.assertFalse((self.out / "index.db").exists())

    def test_the_profile_has_to_look_into_content(self):
        done = self.triage(self.image, "--yara", self.rules, "--profile", "quick")
        self.assertEqual(done.returncode, EXIT_USAGE, done.stderr)

    def test_another_set_of_rules_does_not_resume(self):
        self.scanned()
        (self.rules / "deep" / "heron.yar").write_text(RULES + "rule more { condition: true }\n", encoding="utf-8")
        done = self.triage(self.image, "--yara", self.rules, "--resume")
        self.assertEqual(done.returncode, EXIT_REFUSED, done.stderr)
        self.assertIn(b"--yara", done.stderr)

    def test_a_rule_that_takes_too_long_costs_that_content(self):
        image = make_ext4(self.work / "evidence" / "slow.dd", files={"big.txt": b"a" * 300_000, "small.txt": b"blue heron"})
        slow = self.work / "slow.yar"
        slow.write_text(SLOW, encoding="utf-8")
        done = self.triage(image, "--yara", slow, self.rules)
        self.assertEqual(done.returncode, EXIT_PARTLY, done.stderr)
        self.assertEqual(self.ask("SELECT f.path, i.state FROM v_item i JOIN v_file f USING (file_id) WHERE i.parser = 'yara' AND i.state <> 'parsed'"),
                         [("/big.txt", "failed")])
        self.assertEqual(self.ask("SELECT count(*) FROM v_issue WHERE message LIKE '%YARA rules took more than%'"), [(1,)])
        self.assertEqual(self.ask("SELECT f.path FROM v_hit h JOIN v_file f USING (file_id) WHERE h.kind = 'yara' AND h.value = 'heron'"), [("/small.txt",)])


class WhatLibmagicSays(Yara):
    def test_of_a_content_that_the_table_does_not_know(self):
        done = self.triage(self.image)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertEqual(self.ask("SELECT mime, type_name, ext_mismatch FROM v_file WHERE name = 'weather.dat'"), [("application/x-grib", "Gridded binary", None)])
        self.assertEqual(self.ask("SELECT type_basis FROM v_content WHERE mime = 'application/x-grib'"), [("libmagic",)])
        # Never in place of what the table knows.
        self.assertEqual(self.ask("SELECT DISTINCT type_basis FROM v_content WHERE type_basis = 'libmagic' AND mime <> 'application/x-grib'"), [])

    def test_versions_are_said(self):
        libraries = json.loads(limier("version", "--json").stdout)["libraries"]
        self.assertRegex(libraries["libyara"], r"^4\.")
        self.assertRegex(libraries["libmagic"], r"^5\.")

    def test_no_library_with_ciphers_comes_along(self):
        binary = pathlib.Path(LIMIER).resolve().parents[1] / "libexec" / "limier" / "limier-content"
        self.assertNotIn(b"libcrypto", binary.read_bytes())


if __name__ == "__main__":
    unittest.main()
