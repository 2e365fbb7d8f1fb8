"""limier under GNU parallel, here and on machines behind an `ssh` of our own: killed, stopped, resumed, and in the end the
same case as by any other executor."""
import os
import signal
import unittest

from batch_case import BatchTest, set_up_evidence

SMALL = [f"small{number}.dd" for number in range(10)]
BIG = ["big0.dd", "big1.dd"]
# Runs the command here, as a machine of the name that was asked for would, with the environment of a login and nothing
# else; "gone" is a machine that cannot be reached, "mute" one that runs nothing and calls it a success.
SSH = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do
  case $1 in -[opiFl]) shift 2 ;; --) shift; break ;; *) shift ;; esac
done
host=$1
shift
[ "$1" != -- ] || shift
[ "$host" != gone ] || { echo "ssh: connect to host gone port 22: No route to host" >&2; exit 255; }
echo "$host $*" >> "$FAKE_SSH_LOG"
[ "$host" != mute ] || exit 0
cd / && exec env -i HOME=/ SHELL=/bin/sh USER=examiner LOGNAME=examiner PATH=/usr/bin:/bin sh -c "$*"
"""


def setUpModule():
    set_up_evidence(ParallelTest, "limier-parallel-")


class ParallelTest(BatchTest):
    def run_batch(self, *options, code=0):
        return self.limier("run", self.case, "--executor", "parallel", *options, code=code)

    def merge(self, names):
        self.limier("merge", self.case, code=3 if "garbage.E01" in names else 0)
        self.assert_case(names)

    def jobs(self):
        """Host and exit value of every line of every job log."""
        lines = [line.split("\t") for log in sorted((self.case / "logs").glob("parallel-*.joblog"))
                 for line in log.read_text().splitlines()[1:]]
        return [(line[1], int(line[6])) for line in lines]

    def wait_until_nothing_works(self):
        self.wait_until(lambda: not self.working() and "running" not in self.states().values(), 60, "the tasks' end")

    def fake_ssh(self):
        folder = self.work / "bin"
        folder.mkdir()
        (folder / "ssh").write_text(SSH)
        (folder / "ssh").chmod(0o755)
        self.env["PATH"] = f"{folder}:{self.env['PATH']}"
        self.env["FAKE_SSH_LOG"] = str(self.work / "ssh.log")

    # ---- here

    def test_everything_is_done_once_and_a_second_run_does_nothing(self):
        names = [*SMALL, "garbage.E01"]
        self.plan(*names)
        self.run_batch(code=3)
        self.assert_all_done(names)
        self.merge(names)
        self.assert_same_case_by_hand_and_here(names)
        self.assertEqual([code for _, code in self.jobs()].count(0), len(SMALL))
        before = self.record_stamps()
        self.run_batch(code=3)
        self.assertEqual(self.record_stamps(), before)
        self.assertEqual(len(self.submissions("parallel")), 1)

    def test_options_for_parallel_arrive_as_they_are(self):
        self.plan(*SMALL[:2])
        odd = f"--tagstring=$(touch {self.work}/touched) `touch {self.work}/touched` ; '"
        shown = self.run_batch("--dry-run", "--max-active", "3", f"--engine-opt={odd}").stdout
        self.assertIn("--jobs 3", shown)
        self.assertEqual(shown.count(" --task "), 2)
        self.assertEqual(self.submissions("parallel"), [])
        self.run_batch("--engine-opt=--tag", f"--engine-opt={odd}")
        self.assertFalse((self.work / "touched").exists())
        self.assert_all_done(SMALL[:2])

    def test_a_killed_task_is_taken_up_again_and_the_others_are_not(self):
        names = [*BIG, *SMALL[:3]]
        self.plan(*names)
        running = self.start("run", self.case, "--executor", "parallel", "--max-active", "2")
        self.wait_until(lambda: set(self.working()) == {"1", "2"}, 60, "two tasks at work")
        # Each as soon as it has begun: on a busy machine the other may be through while one waits for both.
        for name, task, at in (("big0", "1", 0), ("big1", "2", 1)):  # the task itself; a task's triage
            self.wait_until((self.case / "exhibits" / name / "index.db").exists, 60, "an index")
            os.kill(self.working()[task][at], signal.SIGKILL)
        self.finish(running, code=75)
        self.assertEqual(self.states(), {"big0": "interrupted", "big1": "interrupted",
                                         **{f"small{n}": "done" for n in range(3)}})
        before = self.record_stamps()
        self.limier("resume", self.case, code=0)
        self.assert_all_done(names)
        records = self.records()
        self.assertEqual([records[name]["run"]["attempts"] for name in ("big0", "big1")], [2, 2])
        after = self.record_stamps()
        self.assertEqual({name: after[name] for name in before}, before, "done twice")
        self.merge(names)

    def test_ctrl_c_keeps_what_is_there_and_resume_goes_on(self):
        self.plan(*BIG, *SMALL[:4])
        running = self.start("run", self.case, "--executor", "parallel", "--max-active", "2")
        self.wait_until(lambda: len(list((self.case / "attempts").glob("*.json"))) == 2, 60, "two tasks at work")
        running.send_signal(signal.SIGINT)
        self.finish(running, code=130)
        self.assertEqual(self.working(), {}, "a task outlived the run")
        self.assertIn("interrupted", self.states().values())
        self.limier("resume", self.case, code=0)
        self.assert_all_done([*BIG, *SMALL[:4]])
        self.assertEqual({one["executor"] for one in self.submissions("parallel")}, {"parallel"})
        self.merge([*BIG, *SMALL[:4]])

    def test_a_run_that_is_killed_starts_nothing_new_and_resume_goes_on(self):
        names = [*BIG, *SMALL[:4]]
        self.plan(*names)
        running = self.start("run", self.case, "--executor", "parallel", "--max-active", "1")
        self.wait_until(self.working, 60, "a task at work")
        running.kill()
        self.finish(running, code=-signal.SIGKILL)
        self.wait_until_nothing_works()
        self.assertLess(len(self.records()), len(names))
        self.limier("resume", self.case, code=0)
        self.assert_all_done(names)

    # ---- other machines

    def test_tasks_are_shared_out_over_ssh(self):
        self.fake_ssh()
        self.plan(*SMALL, *BIG)
        self.run_batch("--sshlogin", "examiner@pc1", "--sshlogin", "1/examiner@pc2", "--max-active", "4")
        self.assert_all_done([*SMALL, *BIG])
        tasks = [host for host, _ in self.jobs()]
        self.assertEqual(set(tasks), {"examiner@pc1", "examiner@pc2"})
        calls = [line.split()[0] for line in (self.work / "ssh.log").read_text().splitlines()]
        for host in ("pc1", "pc2"):
            self.assertGreaterEqual(calls.count(host), tasks.count(f"examiner@{host}"))
        self.merge([*SMALL, *BIG])

    def test_a_machine_that_is_gone_is_named_and_its_tasks_are_done_by_the_next_run(self):
        self.fake_ssh()
        self.plan(*SMALL)
        done = self.run_batch("--sshlogin", "pc1", "--sshlogin", "gone", "--max-active", "2", code=75)
        self.assertIn("gone: limier could not be started there", done.stderr)
        self.assertNotIn("pc1: limier", done.stderr)
        done = self.run_batch("--sshlogin", "mute", code=75)
        self.assertIn("mute: limier could not be started there", done.stderr)
        self.assertIn("planned", self.states().values())
        self.run_batch("--sshlogin", "pc1")
        self.assert_all_done(SMALL)

    def test_a_task_on_another_machine_ends_with_ctrl_c_here(self):
        self.fake_ssh()
        self.plan(*BIG)
        running = self.start("run", self.case, "--executor", "parallel", "--sshlogin", "1/pc1")
        self.wait_until(self.working, 60, "a task at work")
        running.send_signal(signal.SIGINT)
        self.finish(running, code=130)
        self.wait_until_nothing_works()
        self.run_batch("--sshlogin", "pc1")
        self.assert_all_done(BIG)


if __name__ == "__main__":
    unittest.main()
