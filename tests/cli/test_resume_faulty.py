"""Two misfortunes in one run: a worker that dies in the sweep, and then the supervisor too. What is resumed must end as if
only the worker had died, and where that happened once and left nothing out, as if nothing had."""
import os
import pathlib
import random
import shutil
import subprocess
import time
import unittest
from unittest import mock

from cli_support import EXIT_GOOD, EXIT_PARTLY, LIMIER, CliTest, environment, make_ext4
from resuming import Case

FAULTY = pathlib.Path(os.environ.get("LIMIER_FAULTY", pathlib.Path(LIMIER).resolve().parent.parent / "faulty"))
CHUNK = 17  # of 1 MiB, as raw images have them


class WorkerAndSupervisor(CliTest):
    def setUp(self):
        super().setUp()
        noise = random.Random(7)
        files = {f"folder/file-{number:02}.bin": noise.randbytes(1_300_000) for number in range(18)}
        self.image = make_ext4(self.evidence / "disk.dd", 32, files)
        self.workers = self.work / "workers"
        shutil.copytree(FAULTY, self.workers)
        self.enterContext(mock.patch.dict(os.environ, {"LIMIER_LIBEXEC": str(self.workers)}))

    def order(self, times):
        (self.workers / "fault").write_bytes(f"{times} sweep stall 0 {CHUNK}\n".encode().ljust(4096, b"\0"))

    def wait_until_left(self, times):
        """Until the fault was met so often that only `times` are left: the worker that met it last still hangs."""
        deadline = time.monotonic() + 60
        while (self.workers / "fault").read_bytes()[:1] != str(times).encode():
            self.assertLess(time.monotonic(), deadline, "the fault was not met")
            time.sleep(0.01)

    def kill_supervisor_at(self, case, left):
        case.clear()
        process = subprocess.Popen(case.command(), env=environment(**case.env), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_until_left(left)
        finally:
            process.kill()
            process.wait()

    def test_a_chunk_that_is_given_up(self):
        self.order(9)
        case = Case(self.image, self.work, "--stall", "2")
        self.assertEqual(case.exit_code, EXIT_PARTLY)
        for left in (8, 7):  # in the first pass, and in the one that goes chunk by chunk
            with self.subTest(left=left):
                self.order(9)
                self.kill_supervisor_at(case, left)
                self.order(9)
                self.assertEqual(case.problem_of_resuming(), "")
                self.assertEqual(self.query("SELECT image_offset, reason FROM v_bad_range", self.out),
                                 [(CHUNK << 20, "quarantined")])

    def test_a_worker_that_dies_once(self):
        self.order(0)
        case = Case(self.image, self.work, "--stall", "2")
        self.assertEqual(case.exit_code, EXIT_GOOD)
        self.order(1)
        self.kill_supervisor_at(case, 0)
        self.assertEqual(case.problem_of_resuming(), "")


if __name__ == "__main__":
    unittest.main()
