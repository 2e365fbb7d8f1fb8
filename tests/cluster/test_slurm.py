"""limier under a real Slurm of two nodes: whatever happens to daemons, nodes and jobs, every exhibit is examined once."""
import json
import os
import signal
import subprocess
import time
import unittest

from batch_case import BIG_MIB, BatchTest, make_ext4, set_up_evidence
from slurm_cluster import NODES, SlurmCluster, tool

SMALL = [f"small{number}.dd" for number in range(10)]
BIG = ["big0.dd", "big1.dd"]
WITH_ARRAYS_SPLIT = [*SMALL, "garbage.E01"]  # eleven tasks, and MaxArraySize is eight


def setUpModule():
    folder = set_up_evidence(SlurmTest, "limier-cluster-")
    SlurmTest.cluster = SlurmCluster(folder / "slurm")
    unittest.addModuleCleanup(SlurmTest.cluster.stop)
    SlurmTest.cluster.start()


class SlurmTest(BatchTest):
    cluster = None

    def setUp(self):
        super().setUp()
        self.env.update({name: value for name, value in self.cluster.environment().items()
                         if name in ("PATH", "SLURM_CONF")})
        self.addCleanup(self.clear_queue)

    def clear_queue(self):
        """No job of one test reaches into the next; nodes that were killed are back."""
        self.cluster.revive()
        if self.cluster.jobs():
            self.cluster.run("scancel", "--user", "root", check=False)
            self.cluster.wait_until(lambda: not self.cluster.jobs(), 60, "an empty queue")
        self.cluster.wait_until_idle()

    def submit(self, *options, code=0):
        return self.limier("run", self.case, "--executor", "slurm", *options, code=code)

    def queue(self, *states):
        return [job for job in self.cluster.jobs() if not states or job[1] in states]

    def arrays(self):
        return [job for job in self.queue() if "_" in job[0]]

    def wait_until_working(self, count=1):
        self.wait_until(lambda: len(self.working()) >= count, 60, f"{count} tasks at work")

    def wait_until_queue_is_empty(self):
        self.cluster.wait_until(lambda: not self.cluster.jobs(), 120, f"an empty queue\n{self.logs()}")

    # ---- the good case

    def test_arrays_are_split_at_the_limit_and_a_second_run_does_nothing(self):
        self.plan(*WITH_ARRAYS_SPLIT)
        self.submit("--wait", "--max-active", "4", code=3)
        self.assert_all_done(WITH_ARRAYS_SPLIT)
        submission, = self.submissions("slurm")
        self.assertEqual(len(submission["engine_ids"]), 3, "two arrays and the merge")
        self.assert_merged(WITH_ARRAYS_SPLIT)
        self.assert_same_case_by_hand_and_here(WITH_ARRAYS_SPLIT)
        hosts = {text.split()[5] for text in self.logs().splitlines() if text.startswith("task ") and " on " in text}
        self.assertEqual({host.rstrip(",") for host in hosts}, set(NODES))

        before = self.record_stamps()
        self.submit("--wait", code=3)
        self.assertEqual(self.record_stamps(), before)
        self.assertEqual(len(self.submissions("slurm")), 1)

    def test_never_more_tasks_at_a_time_than_asked_for(self):
        self.plan(*BIG, *SMALL[:8])
        self.submit("--max-active", "1")
        most = 0
        while self.arrays():
            most = max(most, len([job for job in self.arrays() if job[1] == "RUNNING"]))
            time.sleep(0.3)
        self.assertEqual(most, 1)
        self.wait_until_queue_is_empty()
        self.assert_all_done([*BIG, *SMALL[:8]])
        self.assert_merged([*BIG, *SMALL[:8]])

    def test_dry_run_shows_what_would_be_submitted_and_site_options_arrive(self):
        self.plan(*SMALL[:2])
        shown = self.submit("--dry-run", "--max-active", "2", "--engine-opt=--comment=two words", "--engine-opt=--time=30").stdout
        self.assertIn("--array=0-1%2", shown)
        self.assertIn("--signal=B:TERM@120", shown)
        self.assertIn("--requeue", shown)
        self.assertIn("--dependency=afterany:", shown)
        self.assertIn("'--comment=two words'", shown)
        self.assertEqual(self.queue(), [])
        self.assertEqual(self.submissions("slurm"), [])

        hostile = f"$(touch {self.work}/touched) `touch {self.work}/touched` ; '"
        self.submit(f"--engine-opt=--comment={hostile}", "--engine-opt=--hold")
        said = self.cluster.run("squeue", "--noheader", "--format=%k|%r").stdout
        self.assertIn(hostile, said)
        self.assertFalse((self.work / "touched").exists())
        self.limier("cancel", self.case, code=0)

    def test_what_slurm_refuses_is_said_in_one_sentence_and_leaves_nothing_queued(self):
        self.plan(*SMALL[:2])
        refused = self.limier("run", self.case, "--executor", "slurm", "--engine-opt=--partition=nosuch", code=2)
        self.assertIn("partition", refused.stderr)
        self.assertEqual(self.queue(), [])
        refused = self.limier("run", self.case, "--executor", "slurm", "--engine-opt=--array=0-5", code=2)
        self.assertIn("--array", refused.stderr)
        self.submit("--wait")
        self.assert_all_done(SMALL[:2])
        self.assert_merged(SMALL[:2])

    # ---- daemons and nodes that die

    def test_a_node_that_dies_gives_its_task_to_the_other_one(self):
        self.plan(*BIG)
        waiting = self.start("run", self.case, "--executor", "slurm", "--wait", "--engine-opt=--exclusive")
        self.wait_until_working(2)
        self.cluster.kill_node(NODES[0])
        self.finish(waiting, code=0, timeout=150)
        self.assert_all_done(BIG)
        self.assert_merged(BIG)

    def test_a_killed_slurmd_leaves_its_task_alone_and_it_is_done_once(self):
        self.plan(BIG[0])
        self.submit()
        self.wait_until_working()
        self.cluster.kill(NODES[0])
        self.cluster.start_node(NODES[0])
        self.wait_until_queue_is_empty()
        self.assert_all_done([BIG[0]])
        self.assert_merged([BIG[0]])
        self.assertEqual(self.records()["big0"]["run"]["attempts"], 1)

    def test_a_killed_controller_stops_nothing(self):
        self.plan(*BIG)
        waiting = self.start("run", self.case, "--executor", "slurm", "--wait")
        self.wait_until_working()
        self.cluster.wait_until_saved()
        self.cluster.kill("slurmctld")
        refused = self.limier("resume", self.case, code=None)
        self.assertIn(refused.returncode, (6, 75), "a run is waiting, and the controller is away")
        time.sleep(3)
        self.cluster.start_controller()
        self.finish(waiting, code=0)
        self.assert_all_done(BIG)
        self.assert_merged(BIG)
        self.assertEqual(len(self.submissions("slurm")), 1)

    def test_without_a_controller_nothing_is_submitted_and_nothing_assumed(self):
        self.plan(*SMALL[:2])
        self.cluster.kill("slurmctld")
        refused = self.limier("run", self.case, "--executor", "slurm", code=75)
        self.assertIn("Slurm", refused.stderr)
        self.assertEqual(self.exit_codes(), {})
        self.cluster.start_controller()
        self.submit("--wait")
        self.assert_all_done(SMALL[:2])
        self.assert_merged(SMALL[:2])

    # ---- requeued, cancelled, submitted again

    def test_a_task_out_of_time_goes_on_and_a_requeued_one_too(self):
        self.plan(*BIG)
        self.submit()
        self.wait_until_working(2)
        first, second = (job[0] for job in self.arrays()[:2])
        # The very signal that --signal=B:TERM@120 sends, to the batch shell only.
        self.cluster.run("scancel", "--batch", "--signal=TERM", first)
        self.cluster.run("scontrol", "requeue", second)
        self.wait_until_queue_is_empty()
        self.assert_all_done(BIG)
        self.assertIn("back into the queue", self.logs())
        self.assertEqual(len(self.submissions("slurm")), 1)
        self.assert_merged(BIG)  # so the merge waited for the second round

    def test_tasks_that_a_more_urgent_job_pushes_out_go_on_after_it(self):
        # More than run at a time: the first may be done before the urgent jobs are there, the others are not.
        names = [*BIG, "big2.dd", "big3.dd"]
        for name in names[2:]:
            make_ext4(self.evidence / name, BIG_MIB, {f"{name[:-3]}.txt": b"big\n"})
        self.plan(*names)
        self.submit()
        self.wait_until_working(2)
        job = self.work / "urgent.sh"
        job.write_text(f"#!/bin/sh\necho here >> {self.work}/urgent\nsleep 2\n")
        for node in NODES:
            self.cluster.run("sbatch", "--partition=urgent", "--exclusive", f"--nodelist={node}", "--output=/dev/null", job)
        self.wait_until(lambda: (self.work / "urgent").exists() and (self.work / "urgent").read_text().count("here") == 2,
                        60, "the urgent jobs")
        self.assertLess(len(self.records()), len(names), "they were done before they could be pushed out")
        self.wait_until_queue_is_empty()
        self.assert_all_done(names)
        self.assertGreater(max(record["run"]["attempts"] for record in self.records().values()), 1)
        self.assertEqual(len(self.submissions("slurm")), 1)
        self.assert_merged(names)

    def test_a_waiting_run_whose_machine_dies_stops_nothing(self):
        self.plan(*BIG)
        waiting = self.start("run", self.case, "--executor", "slurm", "--wait")
        self.wait_until_working()
        waiting.kill()
        self.finish(waiting, code=-signal.SIGKILL)
        self.assertTrue(self.arrays())
        self.limier("resume", self.case, "--wait", code=0)
        self.assert_all_done(BIG)
        self.assertEqual({record["run"]["attempts"] for record in self.records().values()}, {1})
        self.assertEqual(len(self.submissions("slurm")), 1)
        self.assert_merged(BIG)

    def test_a_cancelled_array_stays_cancelled_and_a_resubmission_ends_it(self):
        names = [*SMALL[:6], *BIG]
        self.plan(*names)
        self.submit("--max-active", "2")
        self.wait_until_working()
        self.limier("cancel", self.case, code=0)
        self.assertEqual(self.queue(), [])
        time.sleep(7)  # longer than slurmctld holds back what was requeued
        self.assertEqual(self.queue(), [], "a cancelled task came back")
        self.assertEqual(self.working(), {})
        before = self.record_stamps()
        self.assertLess(len(before), len(names))
        self.limier("resume", self.case, "--wait", code=0)
        self.assert_all_done(names)
        self.assert_merged(names)
        after = self.record_stamps()
        self.assertEqual({name: after[name] for name in before}, before, "done twice")

    def test_a_submission_that_was_cut_off_is_found_again(self):
        self.plan(*BIG)
        # sbatch takes the job, and limier is killed before it learns its number.
        fake = self.work / "bin"
        fake.mkdir()
        (fake / "sbatch").write_text(f'#!/bin/bash\n{tool("sbatch")} "$@" > {self.work}/answer\nkill -9 $PPID\nsleep 1\n')
        (fake / "sbatch").chmod(0o755)
        self.env["PATH"] = f"{fake}:{self.env['PATH']}"
        self.limier("run", self.case, "--executor", "slurm", code=-signal.SIGKILL)
        self.env["PATH"] = self.env["PATH"].removeprefix(f"{fake}:")
        self.assertEqual(len(self.arrays()), len(BIG))
        cut_off, = self.submissions("slurm")
        self.assertEqual(cut_off["engine_ids"], [])
        self.submit("--wait")
        self.assert_all_done(BIG)
        self.assert_merged(BIG)
        self.assertEqual({record["run"]["attempts"] for record in self.records().values()}, {1})
        names = self.logs()
        self.assertEqual(names.count("task 1, element"), 1, names)

    def test_two_runs_on_one_case(self):
        self.plan(BIG[0])
        waiting = self.start("run", self.case, "--executor", "slurm", "--wait")
        self.wait_until_working()
        second = self.limier("run", self.case, "--executor", "slurm", code=6)
        self.assertIn("in use", second.stderr)
        self.finish(waiting, code=0)
        self.assert_all_done([BIG[0]])
        self.assert_merged([BIG[0]])

    # ---- bad nodes

    def test_a_full_disk_on_a_node_stops_only_what_runs_there(self):
        scratch = self.work / "scratch"
        scratch.mkdir()
        subprocess.run([tool("mount"), "-t", "tmpfs", "-o", "size=128k", "limier-test", scratch], check=True)
        try:
            self.plan(*SMALL[:2])
            self.submit("--wait", "--scratch", scratch, code=75)
            self.assertEqual(self.exit_codes(), {})
            status = self.limier("status", self.case).stdout
            self.assertIn("space", status.lower())
            self.assertEqual(self.select("SELECT exhibit, state, files FROM v_exhibit ORDER BY exhibit"),
                             [("small0", "interrupted", None), ("small1", "interrupted", None)])
        finally:
            subprocess.run([tool("umount"), scratch], check=True)
        self.limier("resume", self.case, "--wait", "--scratch", scratch, code=0)
        self.assert_all_done(SMALL[:2])
        self.assert_merged(SMALL[:2])
        self.assertEqual(list(scratch.iterdir()), [])

    def test_status_says_what_is_queued(self):
        self.plan(*SMALL[:2])
        self.submit("--engine-opt=--hold")
        status = json.loads(self.limier("status", self.case, "--json").stdout)
        self.assertIn("slurm", json.dumps(status))
        self.assertEqual(set(self.states().values()), {"planned"})
        self.limier("cancel", self.case, code=0)


if __name__ == "__main__":
    unittest.main()
