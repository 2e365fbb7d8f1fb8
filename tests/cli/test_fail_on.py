"""The threshold for findings: what exit code 1 needs, and what it is never given for."""
import unittest

from cli_support import EXIT_GOOD, EXIT_MISMATCH, EXIT_USAGE, CliTest, make_ext4
from content_rows import Rows

EXIT_FINDING = 1


class FailOn(CliTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.evidence / "disk.dd", files={"talk.db": b"talk" * 300})

    def again(self, *options):
        """The finished run hands over again, with the exit code that its findings give now."""
        (self.out / "manifest.json").unlink()  # it names the index as it was
        return self.triage(self.image, "--resume", *options).returncode

    def test_a_finding_at_or_above_the_threshold_is_exit_code_1(self):
        self.assertEqual(self.triage(self.image, "--fail-on", "medium").returncode, EXIT_GOOD)
        self.assertEqual(self.query("SELECT fail_on FROM v_run"), [("medium",)])
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "something", at=0)
            rows.finding(1, 1, priority="high")
        codes = {priority: self.again("--fail-on", priority) for priority in ("live-in-danger", "high", "medium", "low")}
        self.assertEqual(codes, {"live-in-danger": EXIT_GOOD, "high": EXIT_FINDING, "medium": EXIT_FINDING,
                                 "low": EXIT_FINDING})
        self.assertEqual(self.again(), EXIT_GOOD)

    def test_a_digest_that_differs_comes_before_a_finding(self):
        wrong = ("--expect-sha256", "0" * 64)
        self.assertEqual(self.triage(self.image, *wrong).returncode, EXIT_MISMATCH)
        with Rows(self.out) as rows:
            rows.message(1, "/talk.db", "something", at=0)
            rows.finding(1, 1, priority="live-in-danger")
        self.assertEqual(self.again("--fail-on", "low", *wrong), EXIT_MISMATCH)

    def test_without_looking_into_content_there_is_no_threshold(self):
        for profile in ("list", "quick"):
            self.assert_fails(self.triage(self.image, "--fail-on", "high", "--profile", profile), EXIT_USAGE,
                              "no content is looked into", profile)
            self.assert_no_case()

    def test_without_looking_into_content_packs_and_rules_are_refused(self):
        for option in ("--packs", "--rules"):
            for profile in ("list", "quick"):
                done = self.triage(self.image, "--profile", profile, option, "x")
                self.assert_fails(done, EXIT_USAGE, option, "--profile standard or full")
        self.assert_no_case()

    def test_it_is_a_priority(self):
        self.assert_fails(self.triage(self.image, "--fail-on", "info"), EXIT_USAGE, "info")


if __name__ == "__main__":
    unittest.main()
