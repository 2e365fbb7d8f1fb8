"""--resume: after any kill the result is that of the run that was left alone; nothing else is resumed."""
import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

from resuming import Case, differences, result_of, sound
from cli_support import (AUTHORITY, EXIT_GOOD, EXIT_INTERRUPTED, EXIT_MISMATCH, EXIT_REFUSED, EXIT_TERMINATED, LIMIER, CliTest,
                     environment, folder_state, limier, make_e01, make_ext4)

SEED = int(os.environ.get("LIMIER_TEST_SEED", "4"))


def children_of(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(number) for number in text.split()]


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class ResumeTest(CliTest):
    def make_case(self, *options, size_mib=12, name="disk.dd", files=None, **keywords):
        image = make_ext4(self.evidence / name, size_mib, files)
        return Case(image, self.work, *options, **keywords)

    def attempts(self, folder=None):
        return self.query("SELECT run_id, outcome, exit_code FROM v_run ORDER BY run_id", folder)


class Starting(ResumeTest):
    def test_an_absent_and_an_empty_folder_start_a_run(self):
        image = make_ext4(self.evidence / "disk.dd")
        self.assertEqual(self.triage(image, "--resume").returncode, EXIT_GOOD)
        empty = self.work / "empty"
        empty.mkdir()
        self.assertEqual(self.triage(image, "--resume", out=empty).returncode, EXIT_GOOD)
        self.assertEqual(limier("check", empty).returncode, EXIT_GOOD)
        self.assertEqual(result_of(self.out), result_of(empty))

    def test_a_folder_with_other_things_is_no_case(self):
        image = make_ext4(self.evidence / "disk.dd")
        self.out.mkdir()
        (self.out / "notes.txt").write_text("mine")
        self.assert_fails(self.triage(image, "--resume"), 2, "not empty")
        (self.out / "index.db").write_text("mine too, and not an index of limier")
        before = folder_state(self.out)
        self.assert_fails(self.triage(image, "--resume"), EXIT_REFUSED, "not limier's")
        self.assertEqual(folder_state(self.out), before)

    def test_a_finished_run_is_confirmed_and_left_alone(self):
        image = make_ext4(self.evidence / "disk.dd")
        wrong = ("--expect-sha256", "0" * 64)
        self.assertEqual(self.triage(image, *wrong).returncode, EXIT_MISMATCH)
        before = folder_state(self.out)
        again = self.triage(image, *wrong, "--resume", "--json")
        self.assertEqual(again.returncode, EXIT_MISMATCH)
        self.assertTrue(self.parse(again)["conditions"]["mismatch"])
        self.assertEqual(folder_state(self.out), before)

    def test_reports_that_are_gone_or_altered_are_written_again(self):
        case = self.make_case()
        self.assertEqual(case.triage().returncode, EXIT_GOOD)
        for spoil in (lambda: (self.out / "manifest.json").unlink(), lambda: (self.out / "report.html").unlink(),
                      lambda: (self.out / "files.csv").write_text("altered")):
            spoil()
            self.assertEqual(case.problem_of_resuming(), "")

    def test_a_changed_index_is_not_confirmed(self):
        image = make_ext4(self.evidence / "disk.dd")
        self.assertEqual(self.triage(image).returncode, EXIT_GOOD)
        with open(self.out / "index.db", "r+b") as index:
            index.seek(-100, os.SEEK_END)
            index.write(b"\1" * 100)
        self.assert_fails(self.triage(image, "--resume"), EXIT_REFUSED, "manifest.json", "limier check")


class Refusing(ResumeTest):
    """What was begun with other evidence or options is not touched."""

    def unfinished(self, *options):
        image = make_ext4(self.evidence / "disk.dd", 8)
        case = Case(image, self.work, *options)
        case.clear()
        # Killed when the container is described and rows are being written.
        logged = [number for number, name in enumerate(case.points(), 1) if name.endswith(" index.db-wal")]
        case.clear()
        self.assertEqual(case.triage(env=case.failing(logged[len(logged) * 3 // 4], "kill")).returncode, -9)
        return case

    def test_without_resume_an_unfinished_index_is_refused(self):
        case = self.unfinished()
        before = folder_state(self.out)
        result = case.triage()
        self.assert_fails(result, EXIT_REFUSED, "--resume", "not finished")
        self.assertEqual(folder_state(self.out), before)
        self.assert_fails(limier("files", self.out), EXIT_REFUSED, "--resume")

    def test_a_finished_one_is_refused_too(self):
        image = make_ext4(self.evidence / "disk.dd")
        self.assertEqual(self.triage(image).returncode, EXIT_GOOD)
        self.assert_fails(self.triage(image), EXIT_REFUSED, "already holds an index")

    def test_other_options_are_named(self):
        case = self.unfinished("--profile", "quick")
        profile = ("--profile", "quick")
        for options, word in ((("--profile", "list"), "--profile was 'quick' and is 'list'"),
                              (profile + ("--zone", "Asia/Kathmandu"), "--zone"),
                              (profile + ("--digests", "sha1"), "--digests"),
                              (profile + ("--incomplete",), "--incomplete"),
                              (profile + ("--case", "17"), "--case"),
                              (profile + ("--expect-md5", "0" * 32), "--expect-md5"),
                              (profile + ("--expect-sha256", "0" * 64), "--expect-sha256"),
                              (profile + ("--no-sandbox",), "--no-sandbox")):
            with self.subTest(options=options):
                result = limier("triage", case.image, "--out", self.out, "--resume", *AUTHORITY, *options)
                self.assert_fails(result, EXIT_REFUSED, word)
        other = limier("triage", case.image, "--out", self.out, "--resume", "--authority", "another warrant", *profile)
        self.assert_fails(other, EXIT_REFUSED, "--authority", "another warrant")
        self.assertEqual(case.problem_of_resuming(), "")

    def test_other_evidence_is_named(self):
        case = self.unfinished()
        data = case.image.read_bytes()
        for name, content, word in (("larger.dd", data + bytes(4096), "segment 1"),
                                    ("disk.dd", b"\xEB" + data[1:], "first and last bytes")):
            folder = self.work / ("other-" + name)
            folder.mkdir()
            (folder / name).write_bytes(content)
            result = limier("triage", folder / name, "--out", self.out, "--resume", *AUTHORITY)
            self.assert_fails(result, EXIT_REFUSED, word)
        parts = make_e01(case.image, self.evidence)
        self.assert_fails(limier("triage", parts[0], "--out", self.out, "--resume", *AUTHORITY), EXIT_REFUSED, "segment 1")
        # The same bytes at another place are the same evidence.
        moved = self.work / "moved"
        moved.mkdir()
        shutil.copy(case.image, moved)
        self.assertEqual(limier("triage", moved / "disk.dd", "--out", self.out, "--resume", *AUTHORITY).returncode, EXIT_GOOD)
        self.assertEqual(differences(case.expected, self.out), [])


class LargeImage(ResumeTest):
    """Runs that take long enough to be disturbed: a sparse image, most of it zeros."""
    SIZE = 1 << 30

    def large_case(self, **keywords):
        image = make_ext4(self.evidence / "disk.dd", 32, {f"file-{n}": os.urandom(n * 1000) for n in range(1, 200)})
        os.truncate(image, self.SIZE)
        return Case(image, self.work, checkpoint_bytes=32 << 20, **keywords)

    def start(self, case, *more):
        command = [word for word in case.command(*more) if word not in ("--quiet", "none", "--progress")]
        return subprocess.Popen([*command, "--progress", "json"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env=environment(**case.env), start_new_session=True)

    def wait_for_sweep(self, process, reached=1):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            self.assertTrue(select.select([process.stderr], [], [], 60)[0], "no progress within a minute")
            line = process.stderr.readline()
            self.assertTrue(line, "the run ended before it could be disturbed")
            state = json.loads(line)
            if state.get("stage") == "sweep" and state.get("done", 0) >= reached:
                return
        self.fail("the sweep was not reached")

    def finish(self, process):
        process.communicate(timeout=120)
        return process.returncode


class Interrupting(LargeImage):
    def test_ctrl_c_and_termination_then_resume(self):
        case = self.large_case()
        for number, (sent, code) in enumerate(((signal.SIGINT, EXIT_INTERRUPTED), (signal.SIGTERM, EXIT_TERMINATED)), 1):
            process = self.start(case, *(["--resume"] if number > 1 else []))
            self.wait_for_sweep(process, reached=number * self.SIZE // 4)
            process.send_signal(sent)
            self.assertEqual(self.finish(process), code)
            self.assertEqual(self.attempts()[-1], (number, "interrupted", code))
            # What was found can be looked at, and does not disturb what comes.
            self.assertEqual(limier("files", self.out, "--json").returncode, EXIT_GOOD)
            self.assertEqual(limier("report", self.out).returncode, EXIT_GOOD)
        self.assertEqual(case.problem_of_resuming(), "")
        self.assertEqual([row[1] for row in self.attempts()], ["interrupted", "interrupted", "finished"])


class Killing(LargeImage):
    def test_workers_die_with_the_supervisor(self):
        case = self.large_case()
        process = self.start(case)
        self.wait_for_sweep(process)
        workers = children_of(process.pid)
        self.assertTrue(workers)
        os.kill(process.pid, signal.SIGKILL)
        self.finish(process)
        deadline = time.monotonic() + 5
        while any(map(is_running, workers)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(any(map(is_running, workers)))
        self.assertEqual(case.problem_of_resuming(), "")
        self.assertEqual([row[1] for row in self.attempts()], ["broken-off", "finished"])

    def test_an_unfinished_index_that_somebody_looked_at_can_be_resumed(self):
        """Any reader of SQLite files leaves a -shm beside a log, which is not its to remove."""
        case = self.large_case()
        process = self.start(case)
        self.wait_for_sweep(process)
        kill(process.pid)
        self.finish(process)
        self.assertTrue(self.query("SELECT name FROM sqlite_master"))
        self.assertTrue((self.out / "index.db-shm").exists())
        self.assertEqual(case.problem_of_resuming(), "")

    def test_a_second_run_is_refused_and_the_first_goes_on(self):
        case = self.large_case()
        process = self.start(case)
        self.wait_for_sweep(process)
        for more in ([], ["--resume"]):
            second = case.triage(*more)
            self.assert_fails(second, EXIT_REFUSED, "in use")
        self.assertEqual(self.finish(process), EXIT_GOOD)
        self.assertEqual(differences(case.expected, self.out), [])

    def test_killed_at_random_moments_until_it_ends(self):
        case = self.large_case()
        rng = random.Random(SEED)
        started = time.monotonic()
        case.triage()
        whole = time.monotonic() - started
        for round_number in range(6):
            case.clear()
            for attempt in range(8):
                process = self.start(case, "--resume")
                time.sleep(rng.uniform(0, whole))
                victims = rng.choice(("supervisor", "worker", "all"))
                workers = children_of(process.pid)
                pids = {"supervisor": [process.pid], "worker": workers[:1], "all": workers + [process.pid]}[victims]
                for pid in pids:
                    kill(pid)
                code = self.finish(process)
                self.assertIn(code, (EXIT_GOOD, -9), (round_number, attempt, victims))
                self.assertTrue(sound(self.out), (round_number, attempt, victims))
                if code == EXIT_GOOD:
                    break
            with self.subTest(round=round_number):
                self.assertEqual(case.problem_of_resuming(), "")


if __name__ == "__main__":
    sys.exit(unittest.main())
