"""What reports and terminal claim: nothing that was not done is called done."""
import json
import unittest

from batch_support import AUTHORITY as WARRANT, BatchTest
from cli_support import SAMPLES, CliTest, limier

HASHED = "listed and hashed; no content examined"
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
        self.assertEqual((report["examined"]["listed"], report["examined"]["content"]), (True, False))
        self.assertEqual(report["examined"]["hashed"], wanted == HASHED)

    def test_listed_and_hashed(self):
        self.check_words(HASHED)

    def test_listed_only(self):
        self.check_words(LISTED, "--profile", "list")

    def test_summary_as_json(self):
        done = self.triage(SAMPLES / "phone.E01", "--json")
        self.assertEqual(self.parse(done)["examined"], HASHED)


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
        for sql, named in (("SELECT * FROM v_hit", "v_hit"), ("SELECT count(*) FROM V_Finding", "v_finding"),
                           ("SELECT path FROM v_file WHERE ext_mismatch", "ext_mismatch of v_file"),
                           ("SELECT path FROM v_file WHERE known='notable'", "known of v_file")):
            done = limier("sql", self.out, sql, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"not computed in this version", done.stderr)
            self.assertIn(named.encode(), done.stderr)
            json.loads(done.stdout)
        quiet = limier("sql", self.out, "SELECT path FROM v_file")
        self.assertEqual(quiet.stderr, b"")

    def test_junit_of_no_rules_is_skipped_not_passed(self):
        self.assertEqual(limier("report", self.out, "--format", "junit").returncode, 0)
        text = (self.out / "junit.xml").read_text(encoding="utf-8")
        self.assertRegex(text, r'name="findings" time="0">\s*<skipped message="not computed')


class Thresholds(BatchTest):
    def test_a_threshold_in_a_manifest_is_said_to_be_without_effect(self):
        rows = [f"A-1,{SAMPLES / 'phone.E01'},{WARRANT},high"]
        done = self.plan(self.manifest(rows, header="exhibit,path,authority,fail_on"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"this version runs no rules", done.stderr)
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
        for claim in TOO_MUCH:
            self.assertNotIn(claim, page.lower())


if __name__ == "__main__":
    unittest.main()
