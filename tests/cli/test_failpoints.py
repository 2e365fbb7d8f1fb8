"""Something goes wrong at every write, sync, rename and removal in turn; then the run is resumed. The result is that of the
run that was left alone. Here a sample of the points, the same ones each time; scripts/failpoints tries them all."""
import os
import random
import time
import unittest

from resuming import ACTIONS, Case
from cli_support import CliTest, make_ext4

BUDGET_SECONDS = float(os.environ.get("LIMIER_FAILPOINT_SECONDS", "75"))
SEED = int(os.environ.get("LIMIER_TEST_SEED", "4"))


class Failpoints(CliTest):
    def test_a_sample_of_all_points(self):
        image = make_ext4(self.evidence / "disk.dd", 6, {f"file-{n}": os.urandom(n * 700) for n in range(1, 12)})
        case = Case(image, self.work)
        names = case.points()
        # Of each call on each file the first and the last are always tried, then others as long as there is time.
        first, last = {}, {}
        for number, name in enumerate(names, 1):
            first.setdefault(name, number)
            last[name] = number
        wanted = sorted(set(first.values()) | set(last.values()))
        rng = random.Random(SEED)
        must = [(point, ACTIONS[place % len(ACTIONS)]) for place, point in enumerate(wanted)]
        others = [(point, action) for point in range(1, len(names) + 1) for action in ACTIONS]
        rng.shuffle(others)
        deadline = time.monotonic() + BUDGET_SECONDS
        tried = 0
        for point, action in must + others:
            if tried >= len(must) and time.monotonic() > deadline:
                break
            tried += 1
            with self.subTest(point=f"{point} {names[point - 1]}", action=action):
                self.assertEqual(case.problem_after(point, action), "")
        self.assertGreater(tried, 40)

    def test_a_run_whose_disk_stays_full_says_so_each_time(self):
        image = make_ext4(self.evidence / "disk.dd", 6)
        case = Case(image, self.work)
        points = len(case.points())
        case.clear()
        for point in (points // 3, 1):
            run = case.triage("--resume", env=case.failing(point, "full"))
            self.assertEqual(run.returncode, 75, run.stderr)
            self.assertEqual(run.stderr.count(b"\n"), 1)
            self.assertIn(b"--resume", run.stderr)
        self.assertEqual(case.problem_of_resuming(), "")


if __name__ == "__main__":
    unittest.main()
