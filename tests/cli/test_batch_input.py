"""limier batch plan and what may be wrong around a case: each has its sentence, its line and its exit code."""
import fcntl
import os
import shutil
import unittest

from batch_support import AUTHORITY, BatchTest, lines_of
from cli_support import EXIT_EVIDENCE, EXIT_GOOD, EXIT_REFUSED, EXIT_USAGE, SAMPLES, limier, make_ext4


class Plans(BatchTest):
    def copy(self, name="phone.E01", to="phone.E01"):
        target = self.evidence / to
        shutil.copyfile(SAMPLES / name, target)
        return target

    def assert_problems(self, result, code, *sentences):
        """The exit code, one line for each problem, in order, and nothing written."""
        lines = lines_of(result.stderr)
        self.assertEqual(result.returncode, code, lines)
        self.assertEqual(len(lines), len(sentences), lines)
        for line, words in zip(lines, sentences):
            for word in words:
                self.assertIn(word, line)
        self.assertEqual(result.stdout, b"")

    def test_all_that_is_wrong_is_said_at_once_with_its_line(self):
        empty = self.evidence / "empty"
        empty.mkdir()
        manifest = self.manifest([
            "# seized on 3 March",
            f"A,{SAMPLES / 'phone.E01'},{AUTHORITY}",
            f"a,{SAMPLES / 'laptop.E01'},{AUTHORITY}",
            f"B,{self.evidence / 'nowhere.E01'},{AUTHORITY}",
            f"C,{SAMPLES / 'stick.002'},{AUTHORITY}",
            f"D,{empty},{AUTHORITY}",
        ])
        self.assert_problems(self.plan(manifest), EXIT_USAGE,
                             ("line 4", "exhibit 'a' is there already, in line 3"),
                             ("line 5", "nowhere.E01: no such file"),
                             ("line 6", "stick.001"),
                             ("line 7", "holds no file"))
        self.assertFalse(self.out.exists())

    def test_no_authority_nothing_is_planned(self):
        manifest = self.manifest([f"A,{SAMPLES / 'phone.E01'},{AUTHORITY}", f"B,{SAMPLES / 'laptop.E01'},  "])
        self.assert_problems(self.plan(manifest), EXIT_REFUSED, ("line 3", "exhibit 'B' has no authority"))
        self.assertFalse(self.out.exists())
        self.assertEqual(self.plan(manifest, "--authority", "training").returncode, EXIT_GOOD)

    def test_a_dry_run_writes_nothing(self):
        result = self.plan(self.manifest(self.samples()), "--dry-run")
        self.assertEqual(result.returncode, EXIT_GOOD)
        self.assertIn(b"laptop.E01", result.stdout)
        self.assertFalse(self.out.exists())

    def test_largest_first_small_ones_together(self):
        big = self.evidence / "big.dd"
        with open(big, "wb") as file:
            file.truncate(80 << 20)
        rows = self.samples() + [f"Z,{big},{AUTHORITY}"]
        plan = self.parse(self.plan(self.manifest(rows), "--dry-run", "--json"))
        self.assertEqual([task["exhibits"] for task in plan["tasks"]], [["Z"], ["A-3", "A-1", "A-2"]])
        plan = self.parse(self.plan(self.manifest(rows), "--dry-run", "--json", "--pack", "0"))
        self.assertEqual([task["exhibits"] for task in plan["tasks"]], [["Z"], ["A-3"], ["A-1"], ["A-2"]])

    def test_toml_with_paths_beside_it(self):
        self.copy()
        path = self.evidence / "manifest.toml"
        path.write_text(f'[defaults]\nauthority = "{AUTHORITY}"\n[[exhibit]]\nseal = 17\npath = "phone.E01"\n')
        result = self.plan(path, "--json")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        self.assertEqual(self.parse(result)["exhibits"][0]["image"], str(self.evidence / "phone.E01"))
        self.assertEqual(self.parse(result)["exhibits"][0]["exhibit"], "17")

    def test_one_image_under_two_exhibits_is_allowed_and_said(self):
        copy = self.copy()
        rows = [f"A,{SAMPLES / 'phone.E01'},{AUTHORITY}", f"B,{SAMPLES / 'phone.E01'},{AUTHORITY}",
                f"C,{copy},{AUTHORITY}"]
        result = self.plan(self.manifest(rows))
        self.assertEqual(result.returncode, EXIT_GOOD)
        said = lines_of(result.stderr)
        self.assertEqual(len(said), 2, said)
        self.assertIn("exhibits 'A' and 'B' are the same image", said[0])
        self.assertIn("look like copies of one image", said[1])

    def test_missing_images_can_be_planned_and_end_as_unreadable(self):
        rows = [f"A,{SAMPLES / 'phone.E01'},{AUTHORITY}", f"B,{self.evidence / 'later.E01'},{AUTHORITY}"]
        result = self.plan(self.manifest(rows), "--allow-missing")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        self.assertIn("planned all the same", result.stderr.decode())
        self.assertEqual(self.batch("run").returncode, EXIT_EVIDENCE)
        self.assertEqual(self.states(), {"A": "done", "B": "failed"})
        shutil.copyfile(SAMPLES / "phone.E01", self.evidence / "later.E01")
        self.assertIn(self.batch("resume", "--retry-failed").returncode, (0, 4, 5))
        self.assertEqual(self.states(), {"A": "done", "B": "done"})

    def test_the_case_must_not_lie_beside_the_evidence(self):
        image = self.copy()
        self.out = self.evidence / "case"
        manifest = self.manifest([f"A,{image},{AUTHORITY}"])
        self.assert_problems(self.plan(manifest), EXIT_REFUSED, ("line 2", "lies inside the folder of"))
        self.assertFalse(self.out.exists())

    def test_folders_that_are_no_case(self):
        manifest = self.manifest(self.samples())
        (self.out).mkdir()
        (self.out / "letter.txt").write_text("x")
        self.assert_fails(self.plan(manifest), EXIT_USAGE, "holds no case")
        for command in ("run", "status", "resume", "cancel"):
            self.assert_fails(self.batch(command), EXIT_USAGE, "holds no plan")
        self.assert_fails(self.batch("exec", "--task", "1"), EXIT_USAGE, "holds no plan")
        self.out = self.work / "another"
        self.assert_fails(self.plan(self.work / "none.csv"), EXIT_USAGE, "none.csv")

    def test_a_plan_changed_by_hand_is_refused(self):
        self.planned(self.samples())
        path = self.out / "plan.json"
        path.write_text(path.read_text().replace(AUTHORITY, "none"))
        self.assert_fails(self.batch("run"), EXIT_USAGE, "was changed by hand")

    def test_wrong_words(self):
        self.planned(self.samples())
        self.assert_fails(self.batch("run", "--executor", "cloud"), EXIT_USAGE, "executor")
        self.assert_fails(self.batch("exec", "--task", "9"), EXIT_USAGE, "no task 9")
        self.assert_fails(limier("batch", "paln"), EXIT_USAGE, "no command 'batch paln'")
        self.assert_fails(limier("batch"), EXIT_USAGE, "must follow")
        self.assertEqual(limier("batch", "--help").returncode, EXIT_GOOD)
        self.assertEqual(limier("help", "batch", "plan").returncode, EXIT_GOOD)

    def test_two_runs_on_one_case(self):
        self.planned(self.samples())
        with open(self.out / "batch.lock", "r", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assert_fails(self.batch("run"), EXIT_REFUSED, "the case is in use")
            self.assert_fails(self.plan(self.manifest(self.samples())), EXIT_REFUSED, "the case is in use")
            self.assertEqual(self.batch("status").returncode, EXIT_GOOD)


class Changes(BatchTest):
    def setUp(self):
        super().setUp()
        self.image = self.evidence / "card.dd"
        make_ext4(self.image)
        self.rows = [f"A,{SAMPLES / 'phone.E01'},{AUTHORITY}", f"B,{self.image},{AUTHORITY}"]
        self.planned(self.rows)
        self.before = self.batch("run").returncode
        self.assertIn(self.before, (0, 4, 5))

    def test_an_exhibit_added_to_a_finished_plan(self):
        files = self.finished_files()
        extra = self.evidence / "extra.dd"
        extra.write_bytes(bytes(100_000))
        done = self.planned(self.rows + [f"C,{extra},{AUTHORITY}"])
        self.assertIn(b"1 new, 0 changed, 2 as before", done.stdout)
        self.assertEqual(self.states(), {"A": "done", "B": "done", "C": "planned"})
        self.assertIn(self.batch("run").returncode, (0, 4, 5))
        self.assertEqual(self.states(), {"A": "done", "B": "done", "C": "done"})
        self.assertEqual({key: value for key, value in self.finished_files().items() if key in files}, files)

    def test_a_changed_image_under_a_finished_record(self):
        with open(self.image, "r+b") as file:
            file.write(b"changed!")
        run = self.batch("run")
        self.assertEqual(run.returncode, EXIT_REFUSED)
        self.assertIn("exhibit 'B' was examined, and since then its image changed", run.stderr.decode())
        again = self.plan(self.manifest(self.rows))
        self.assertEqual(again.returncode, EXIT_REFUSED)
        self.assertIn("line 3: exhibit 'B' was examined already, and since then the image itself changed",
                      again.stderr.decode())
        old = self.record("B")
        self.planned(self.rows, "--accept-changed")
        self.assertEqual(self.states(), {"A": "done", "B": "stale"})
        self.assertIn(self.batch("run").returncode, (0, 4, 5))
        self.assertEqual(self.states(), {"A": "done", "B": "done"})
        self.assertNotEqual(self.record("B")["result"]["sha256"], old["result"]["sha256"])
        kept = self.out / "superseded" / "B-1"
        self.assertTrue((kept / "record.json").exists() and (kept / "exhibit" / "index.db").exists())

    def test_an_image_that_changes_before_its_turn(self):
        late = self.evidence / "late.dd"
        late.write_bytes(bytes(100_000))
        rows = self.rows + [f"C,{late},{AUTHORITY}"]
        self.planned(rows)
        late.write_bytes(bytes(100_001))
        self.assertEqual(self.batch("run").returncode, EXIT_REFUSED)
        self.assertEqual(self.states()["C"], "failed")
        self.assertIn("has 100001 bytes, 100000 when the plan was made", self.record("C")["result"]["message"])
        self.planned(rows, "--accept-changed")
        self.assertIn(self.batch("run").returncode, (0, 4, 5))

    def test_other_options_and_exhibits_taken_out(self):
        again = self.plan(self.manifest([self.rows[0], self.rows[1].replace(AUTHORITY, "consent")]))
        self.assertEqual(again.returncode, EXIT_REFUSED)
        self.assertIn("since then the authority changed", again.stderr.decode())
        again = self.plan(self.manifest(self.rows[:1]))
        self.assertEqual(again.returncode, EXIT_REFUSED)
        self.assertIn("exhibit 'B' was examined already and is not in the manifest any more", again.stderr.decode())
        self.planned(self.rows[:1], "--accept-changed")
        self.assertEqual(self.states(), {"A": "done"})
        self.assertTrue((self.out / "superseded" / "B-1" / "record.json").exists())


if __name__ == "__main__":
    unittest.main()
