"""Findings on devices whose content is known: nothing above medium but where something was put, and that is found."""
import unittest

import support
from support import CORPUS, NO_CORPUS

DEVICES = CORPUS / "devices" if CORPUS else None


@unittest.skipUnless(CORPUS and DEVICES.exists(), NO_CORPUS)
class Findings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)

    def findings(self, name):
        run = support.triage(DEVICES / f"{name}.E01", self.scratch.path / name)
        self.assertIn(run.code, (0, 5), run.err)
        with run.index() as index:
            return index.rows("SELECT pack, rule, priority, reason, limits FROM v_finding")

    def test_a_laptop_with_things_hidden(self):
        found = self.findings("windows-laptop")
        self.assertEqual([f["reason"] for f in found if f["priority"] in ("live-in-danger", "high")], [])
        medium = {f["rule"] for f in found if f["priority"] == "medium"}
        self.assertLessEqual({"encrypted", "wrong-ending", "random-file"}, medium)
        reasons = " ".join(f["reason"] for f in found)
        for path in ("vault.hc", "quittung.txt", "archiv.7z", "geheim.rar"):
            self.assertIn(path, reasons)
        self.assertTrue(all("easured: " in f["limits"] for f in found))

    def test_sticks_and_a_server(self):
        for name in ("usb-stick", "usb-stick-exfat", "linux-server"):
            found = self.findings(name)
            self.assertEqual([f["reason"] for f in found if f["priority"] in ("live-in-danger", "high")], [], name)
            self.assertLessEqual(len(found), 10, name)

    def test_a_phone(self):
        found = self.findings("android-phone")
        # What its chats hold: threats, made up for it. Nothing else is above medium.
        self.assertEqual({f["pack"] for f in found if f["priority"] in ("live-in-danger", "high")}, {"danger"})
        rules = {f["rule"] for f in found}
        self.assertLessEqual({"not-read", "encrypted", "gaps", "wallet"}, rules)
        self.assertLessEqual(sum(f["pack"] != "danger" for f in found), 20)


if __name__ == "__main__":
    unittest.main()
