"""A whole made-up case: everything between a phone's bytes and the links of a case, scored by the scorer that comes with it."""
import json
import subprocess
import sys
import unittest

from batch_support import BatchTest
from cli_support import SOURCE

SCENARIO = SOURCE.parent / "shared/scenario"
CASE = SCENARIO / "out/dev-1"


@unittest.skipUnless((CASE / "truth.json").exists(), "the made-up case is not there")
class Scenario(BatchTest):
    def at_least(self, share, counts, what):
        good, all_of_them = counts
        self.assertGreater(all_of_them, 0, what)
        self.assertGreaterEqual(good, share * all_of_them, f"{what}: {good} of {all_of_them}")

    def test_what_the_case_is_made_of_is_found_and_nothing_else(self):
        done = self.plan(CASE / "manifest.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(self.batch("run").returncode, (3, 5))
        self.assertIn(self.batch("merge").returncode, (3, 5))
        scored = subprocess.run([sys.executable, "-B", SCENARIO / "score.py", self.out, CASE / "truth.json", "--json"],
                                capture_output=True, check=True)
        score = json.loads(scored.stdout)
        messages, artefacts = score["messages"], score["artefacts"]
        self.at_least(1, messages["recall_required"], "messages")
        self.at_least(1, messages["recall_wal"], "messages in the log")
        self.at_least(0.8, messages["recall_deleted"], "deleted messages")
        self.at_least(0.995, messages["precision"], "messages that are there")
        self.at_least(0.99, messages["sender_right"], "senders")
        self.at_least(0.99, messages["deleted_flag_right"], "deleted or not")
        for kind in ("contacts", "calls", "web_visits", "searches"):
            self.at_least(0.99, artefacts[kind]["recall"], kind)
            self.at_least(0.99, artefacts[kind]["precision"], f"{kind} that are there")
        self.at_least(0.95, score["owners"]["right"], "owners")
        self.assertEqual(score["owners"]["false_list"], [])
        self.at_least(0.95, score["pairs"]["recall"], "messages on two devices")
        self.at_least(0.95, score["pairs"]["precision"], "messages on two devices that are one")
        self.at_least(0.9, score["links"]["strong"], "links")
        self.assertEqual(score["links"]["false"], [])
        entities = score["entities"]
        # Archives and files that no parser reads hold the rest.
        self.at_least(0.85, entities["recall"], "numbers, addresses and keys")
        self.at_least(0.95, entities["precision"], "numbers, addresses and keys that are there")
        findings = score["findings"]
        danger = findings["live_in_danger"]
        self.assertEqual(findings["first_true_danger_at"], 1)
        self.at_least(0.8, danger["incidents"], "incidents of danger")
        self.at_least(0.5, danger["recall"], "messages of danger")
        self.at_least(0.6, danger["precision"], "live-in-danger")
        self.at_least(0.4, findings["high"]["recall_expected"], "messages of crime that are wanted at high")
        self.at_least(0.8, findings["high"]["precision"], "high and above")
        self.assertLessEqual(findings["false_alarms"]["per_1000_benign"], 10)
        self.assertLessEqual(danger["flagged_where_nothing_is"], 1)
        self.assertEqual(findings["traps_sprung"], [])


if __name__ == "__main__":
    unittest.main()
