"""The cluster that the other tests use: it runs arrays on two nodes, loses a node, and leaves nothing behind."""
import pathlib
import tempfile
import unittest

from slurm_cluster import MAX_ARRAY_SIZE, NODES, SlurmCluster


class Harness(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="limier-cluster-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def submit(self, cluster, body, *options):
        script = self.folder / "job.sh"
        script.write_text("#!/bin/sh\n" + body)
        return cluster.run("sbatch", "--parsable", f"--output={self.folder}/%a.out", *options, script, check=False)

    def test_arrays_run_on_both_nodes_and_too_long_ones_are_refused(self):
        with SlurmCluster(self.folder / "slurm") as cluster:
            too_long = self.submit(cluster, "true\n", f"--array=0-{MAX_ARRAY_SIZE}")
            self.assertNotEqual(too_long.returncode, 0)
            self.assertIn("array", too_long.stderr.lower())
            good = self.submit(cluster, 'echo "$SLURMD_NODENAME"; sleep 1\n', "--array=0-5", "--cpus-per-task=1")
            self.assertEqual(good.returncode, 0, good.stderr)
            cluster.wait_until(lambda: not cluster.jobs(), 60, "the array")
            nodes = {(self.folder / f"{element}.out").read_text().strip() for element in range(6)}
            self.assertEqual(nodes, set(NODES))

    def test_nothing_outlives_the_cluster_even_when_a_daemon_was_killed(self):
        with SlurmCluster(self.folder / "slurm") as cluster:
            self.submit(cluster, "echo started; sleep 300\n", "--array=0")
            cluster.wait_until(lambda: (self.folder / "0.out").exists(), 30, "the job")
            for node in NODES:
                cluster.kill(node)
            self.assertTrue(cluster.leftovers(), "the step should have outlived its slurmd")
        self.assertEqual(cluster.leftovers(), [])
        self.assertEqual(cluster.daemons, {})


if __name__ == "__main__":
    unittest.main()
