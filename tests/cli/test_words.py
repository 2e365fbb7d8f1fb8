"""What reports and terminal claim: nothing that was not done is called done."""
import hashlib
import json
import re
import sqlite3
import subprocess
import unittest

from batch_support import AUTHORITY as WARRANT, BatchTest
from cli_support import SAMPLES, CliTest, limier, tool

HASHED = "listed and hashed; no content examined"
STRANGE = "listed and hashed; 4 contents looked into by parsers, 0 messages; 1 content that no parser knows"
LISTED = "listed; nothing hashed, no content examined"
TOO_MUCH = ("all of it was examined", "everything examined", "everything was examined", "exhibits were examined")


class WhatWasDone(CliTest):
    def check_words(self, wanted, *options):
        done = self.triage(SAMPLES / "phone.E01", *options)
        page = (self.out / "report.html").read_text(encoding="utf-8")
        report = json.loads((self.out / "report.json").read_text(encoding="utf-8"))
        junit = limier("report", self.out, "--format", "junit")
        self.assertEqual(junit.returncode, 0, junit.stderr)
        checks = (self.out / "junit.xml").read_text(encoding="utf-8")
        for text in (done.stdout.decode(), page[:page.index("<nav")], report["examined"]["summary"], checks):
            self.assertIn(wanted, text)
            for claim in TOO_MUCH:
                self.assertNotIn(claim, text.lower())
        self.assertEqual((report["examined"]["listed"], report["examined"]["content"]), (True, wanted == STRANGE))
        self.assertEqual(report["examined"]["hashed"], wanted != LISTED)

    def test_listed_and_hashed(self):
        self.check_words(HASHED, "--profile", "quick")

    def test_a_database_that_no_parser_knows(self):
        self.check_words(STRANGE)

    def test_listed_only(self):
        self.check_words(LISTED, "--profile", "list")

    def test_summary_as_json(self):
        done = self.triage(SAMPLES / "phone.E01", "--json")
        self.assertEqual(self.parse(done)["examined"], STRANGE)


class WhatIsNotComputed(CliTest):
    """No empty answer where nothing was computed."""

    def setUp(self):
        super().setUp()
        self.assertEqual(self.triage(SAMPLES / "phone.E01").returncode, 0)

    def test_files_by_hash_status_are_refused(self):
        for status in ("known", "notable", "unknown"):
            self.assert_fails(limier("files", self.out, "--known", status), 2, "--known", "not computed")

    def test_states_of_content_that_was_not_read(self):
        listed = self.work / "listed"
        self.triage(SAMPLES / "phone.E01", "--profile", "list", out=listed)
        self.assertIn(b"not computed", limier("files", listed, "--state", "recovered").stderr)
        self.assertEqual(limier("files", self.out, "--state", "recovered").stderr, b"")

    def test_sql_says_which_views_and_columns_are_empty(self):
        for sql, named, why in (("SELECT path FROM v_file WHERE known='notable'", "known of v_file", b"no hash set"),
                                ("SELECT known_source FROM v_content", "known_source of v_content", b"no hash set")):
            done = limier("sql", self.out, sql, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(why, done.stderr)
            self.assertIn(named.encode(), done.stderr)
            json.loads(done.stdout)
        hashed = self.work / "hashed"
        self.triage(SAMPLES / "phone.E01", "--profile", "quick", out=hashed)
        done = limier("sql", hashed, "SELECT count(*) FROM V_Finding", "--json")
        self.assertRegex(done.stderr.decode(),
                         r"no content was looked into \(profile \w+\), so an empty answer says nothing: v_finding")
        for sql in ("SELECT path FROM v_file", "SELECT mime, ext_mismatch FROM v_file", "SELECT * FROM v_content"):
            self.assertEqual(limier("sql", self.out, sql).stderr, b"")

    def test_types_are_computed_where_content_was_read(self):
        pictures = json.loads(limier("files", self.out, "--mime", "image/*", "--json").stdout)
        self.assertTrue(pictures)
        self.assertTrue(all(one["mime"].startswith("image/") and one["entropy"] is not None for one in pictures))
        listed = self.work / "listed"
        self.triage(SAMPLES / "phone.E01", "--profile", "list", out=listed)
        for option in (["--mime", "image/*"], ["--ext-mismatch"]):
            done = limier("files", listed, *option, "--json")
            self.assertEqual(json.loads(done.stdout), [])
            self.assertIn(b"not computed", done.stderr)
        done = limier("sql", listed, "SELECT path FROM v_file WHERE ext_mismatch", "--json")
        self.assertIn(b"not computed: ext_mismatch of v_file", done.stderr)
        named = json.loads(limier("sql", listed, "SELECT count(*) AS n FROM v_file WHERE mime IS NOT NULL OR type_name IS "
                                  "NOT NULL OR ext_mismatch IS NOT NULL OR entropy IS NOT NULL", "--json").stdout)
        self.assertEqual(named, [{"n": 0}])

    def test_the_first_screen_says_whether_bytes_were_searched(self):
        searched = "all bytes that could be read, those of unallocated space too, were searched"
        self.assertIn(searched, (self.out / "report.html").read_text())
        hashed = self.work / "hashed"
        self.triage(SAMPLES / "phone.E01", "--profile", "quick", out=hashed)
        page = (hashed / "report.html").read_text()
        self.assertNotIn("were searched for numbers", page)
        self.assertIn("unallocated space were not looked into", page)

    def test_junit_of_no_rules_is_skipped_not_passed(self):
        hashed = self.work / "hashed"
        self.triage(SAMPLES / "phone.E01", "--profile", "quick", out=hashed)
        self.assertEqual(limier("report", hashed, "--format", "junit").returncode, 0)
        text = (hashed / "junit.xml").read_text(encoding="utf-8")
        self.assertRegex(text, r'name="findings" time="0">\s*<skipped message="not computed')


class Thresholds(BatchTest):
    def test_a_threshold_without_content_is_said_to_be_without_effect(self):
        rows = [f"A-1,{SAMPLES / 'phone.E01'},{WARRANT},high,quick"]
        done = self.plan(self.manifest(rows, header="exhibit,path,authority,fail_on,profile"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"fail_on has no effect on exhibits with profile list or quick", done.stderr)
        self.batch("run")
        text = (self.out / "junit.xml").read_text(encoding="utf-8")
        self.assertRegex(text, r'name="findings" time="0">\s*<skipped message="not computed')


class WhatTheCaseClaims(BatchTest):
    def wholly_encrypted(self):
        """A disk that holds nothing but a LUKS1 header (on-disk format 1.2.3, section 2.1)."""
        header = bytearray(1 << 20)
        header[:8] = b"LUKS\xba\xbe\x00\x01"
        for at, word in ((8, b"aes"), (40, b"xts-plain64"), (72, b"sha256")):
            header[at:at + len(word)] = word
        header[104:108] = (4096).to_bytes(4, "big")
        header[108:112] = (64).to_bytes(4, "big")
        header[168:204] = b"2f144136-b0de-4b51-b2eb-bd869cc39a6e"
        path = self.evidence / "locked.dd"
        path.write_bytes(header)
        return path

    def test_what_could_not_be_examined_is_not_counted(self):
        self.planned([f"A-1,{SAMPLES / 'phone.E01'},{WARRANT}", f"A-2,{self.wholly_encrypted()},{WARRANT}"])
        self.assertEqual(self.batch("run").returncode, 3)
        self.batch("merge")
        page = (self.out / "case.html").read_text(encoding="utf-8")
        front = page[:page.index("<nav")]
        self.assertIn(f"1 of 2 exhibits: {HASHED}; of 1 nothing could be examined", front)
        facts = json.loads((self.out / "case.json").read_text(encoding="utf-8"))
        self.assertEqual((facts["exhibits_planned"], facts["exhibits_examined"], facts["exhibits_nothing_examined"]),
                         (2, 1, 1))
        self.assertEqual(facts["examined"], HASHED)
        self.assertEqual(self.states(), {"A-1": "done", "A-2": "nothing-examined"})
        self.assertEqual([one["state"] for one in sorted(facts["exhibits"], key=lambda one: one["exhibit"])],
                         ["done", "nothing-examined"])
        self.assertEqual(self.batch("run").returncode, 3)
        for claim in TOO_MUCH:
            self.assertNotIn(claim, page.lower())


class LinksByChance(BatchTest):
    """Two sticks with one serial number, as makers of sticks and clocks give them."""

    def stick(self, name, label, files=()):
        path = self.evidence / f"{name}.dd"
        path.write_bytes(b"\0" * (4 << 20))
        subprocess.run([tool("mkfs.fat"), "-i", "DEADBEEF", "-n", label, path], check=True, capture_output=True)
        for number, content in enumerate(files):
            source = self.work / "file.bin"
            source.write_bytes(content)
            subprocess.run([tool("mcopy"), "-i", path, source, f"::F{number}.BIN"], check=True, capture_output=True)
        return path

    def select(self, sql):
        with sqlite3.connect(f"file:{self.out / 'case.db'}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()

    def test_volumes_are_named_and_a_short_serial_weighs_little(self):
        both = bytes(range(256)) * 300
        self.planned([f"A-1,{self.stick('one', 'HOLIDAY')},{WARRANT}", f"A-2,{self.stick('two', 'WORK')},{WARRANT}",
                      f"B-1,{self.stick('three', 'SAME', [both])},{WARRANT}",
                      f"B-2,{self.stick('four', 'SAME', [both, b'more' * 99])},{WARRANT}"])
        self.assertEqual(self.batch("run").returncode, 0)
        self.batch("merge")
        links = {(a, b): rest for a, b, *rest in self.select(
            "SELECT exhibit_a, exhibit_b, same_device, score, evidence FROM v_link")}
        chance, same = links["A-1", "A-2"], links["B-1", "B-2"]
        self.assertEqual((chance[0], same[0]), (0, 1))
        self.assertLess(chance[1], 10)
        for word in ("HOLIDAY", "WORK", "fat", "32 bits only"):
            self.assertIn(word, chance[2])
        page = (self.out / "case.html").read_text(encoding="utf-8")
        self.assertIn("HOLIDAY", page)

    def test_every_shared_file_says_where_it_is_deleted(self):
        both = bytes(range(256)) * 300
        gone, kept, twice = (self.stick(*words) for words in (("gone", "G", [both]), ("kept", "K", [both]),
                                                              ("twice", "T", [both, both])))
        subprocess.run([tool("mdel"), "-i", gone, "::F0.BIN"], check=True, capture_output=True)
        subprocess.run([tool("mdel"), "-i", twice, "::F0.BIN"], check=True, capture_output=True)  # the first; one stays
        self.planned([f"{name},{path},{WARRANT}" for name, path in (("A", gone), ("B", kept), ("C", twice))])
        self.assertEqual(self.batch("run").returncode, 0)
        self.batch("merge")
        wanted = {"A": 1, "B": 0, "C": 0}
        digest = hashlib.sha256(both).hexdigest()
        rows = self.select(f"SELECT exhibit, deleted, file_id FROM v_shared_file WHERE value = '{digest}'")
        self.assertEqual({name: deleted for name, deleted, _ in rows}, wanted)
        for name, deleted, file_id in rows:
            self.assertEqual(self.query(f"SELECT deleted, sha256 FROM v_file WHERE file_id = {file_id}",
                                        self.out / "exhibits" / name), [(deleted, digest)])
        facts = json.loads((self.out / "case.json").read_text(encoding="utf-8"))
        on = next(one for one in facts["shared_contents"] if one["sha256"] == digest)["on"]
        self.assertEqual({place["exhibit"]: int(place["deleted"]) for place in on}, wanted)
        page = (self.out / "case.html").read_text(encoding="utf-8")
        part = page[page.index('id="contents"'):page.index('id="keys"')]
        self.assertRegex(part, r'<bdi>A</bdi> <span class="note">file \d+, <span class="tag">deleted</span>')
        self.assertRegex(part, r'<bdi>B</bdi> <span class="note">file \d+, in use')

    def test_progress_counts_every_exhibit_once(self):
        rows = [f"E-{i},{self.stick(f'e{i}', f'E{i}')},{WARRANT}" for i in range(5)]
        self.planned(rows)
        done = limier("batch", "run", self.out, "--progress", "plain")
        self.assertEqual(done.returncode, 0, done.stderr)
        counted = re.findall(r"; (\d+) of (\d+) done", done.stderr.decode())
        self.assertEqual(counted, [(str(i), "5") for i in range(1, 6)])

    def test_quiet_merge_and_descriptions(self):
        done = self.plan(self.manifest([f"A-1,{SAMPLES / 'laptop.E01'},{WARRANT},from the desk"],
                                       header="exhibit,path,authority,note"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.batch("run")
        merged = self.batch("merge", "--quiet")
        self.assertEqual((merged.stdout, merged.stderr), (b"", b""))
        page = (self.out / "case.html").read_text(encoding="utf-8")
        exhibits = page[page.index('id="exhibits"'):page.index('id="links"')]
        self.assertIn("from the desk", exhibits)
        self.assertIn("laptop.E01", exhibits)


if __name__ == "__main__":
    unittest.main()
