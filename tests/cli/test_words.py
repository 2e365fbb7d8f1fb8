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
