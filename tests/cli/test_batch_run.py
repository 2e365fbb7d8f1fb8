"""limier batch on the samples: what is done is done once, whoever calls, however often it was cut short."""
import fcntl
import hashlib
import json
import os
import signal
import struct
import subprocess
import time
import unittest
import xml.etree.ElementTree

from batch_support import AUTHORITY, BatchTest, lines_of
from cli_support import (EXIT_EVIDENCE, EXIT_GOOD, EXIT_INTERRUPTED, EXIT_REFUSED, EXIT_TEMPORARY, EXIT_USAGE,
                         LIMIER, SAMPLES, environment, folder_state, limier, make_ext4, sha256)

VIEWS = ("v_evidence", "v_volume", "v_file", "v_timeline", "v_coverage", "v_not_examined", "v_issue")


class Runs(BatchTest):
    def test_a_garbage_image_among_good_ones_and_a_second_run(self):
        before = folder_state(SAMPLES)
        self.planned(self.samples() + [self.garbage()], "--pack", "0")
        done = self.batch("run", "--json")
        self.assertEqual(done.returncode, EXIT_EVIDENCE, done.stderr)
        summary = self.parse(done)
        self.assertEqual(summary["exit_code"], EXIT_EVIDENCE)
        self.assertTrue(summary["finished"])
        self.assertEqual(summary["counts"]["done"], 3)
        self.assertEqual(summary["counts"]["failed"], 1)
        by_name = {one["exhibit"]: one for one in summary["exhibits"]}
        self.assertIn("garbage", by_name["G-1"]["message"])
        for name, image in (("A-1", "laptop"), ("A-2", "phone"), ("A-3", "stick")):
            truth = json.loads((SAMPLES / f"{image}.truth.json").read_text(encoding="utf-8"))
            self.assertEqual(by_name[name]["sha256"], truth["media"]["sha256"])
            self.assertEqual(by_name[name]["index_sha256"], sha256(self.out / "exhibits" / name / "index.db"))
            self.assertEqual(limier("check", self.out / "exhibits" / name).returncode, EXIT_GOOD)
        self.assertEqual(folder_state(SAMPLES), before, "the evidence's folder was touched")

        files = self.finished_files()
        again = self.batch("run", "--json")
        self.assertEqual(again.returncode, EXIT_EVIDENCE)
        self.assertEqual(self.parse(again)["exhibits"], summary["exhibits"])
        for task in range(1, 5):
            self.batch("exec", "--task", task)
        self.assertEqual(self.finished_files(), files, "something was done twice")

        retried = self.batch("run", "--retry-failed")
        self.assertEqual(retried.returncode, EXIT_EVIDENCE)
        after = self.finished_files()
        self.assertNotEqual(after.pop(str(self.out / "records" / "G-1.json")),
                            files.pop(str(self.out / "records" / "G-1.json")))
        self.assertEqual({key: value for key, value in after.items() if "/A-" in key},
                         {key: value for key, value in files.items() if "/A-" in key})

    def test_interrupted_and_resumed(self):
        rows = [f"X-{i},{SAMPLES / name},{AUTHORITY}"
                for i, name in enumerate(["laptop.E01", "phone.E01", "stick.001"] * 3)]
        self.planned(rows, "--pack", "0")
        with subprocess.Popen([LIMIER, "batch", "run", str(self.out), "--max-active", "1", "--progress", "json"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()) as run:
            while not list((self.out / "records").glob("*.json")):
                self.assertIsNone(run.poll(), "it ended before a record was there")
                time.sleep(0.01)
            second = self.batch("run")
            self.assert_fails(second, EXIT_REFUSED, "in use by limier batch run")
            run.send_signal(signal.SIGINT)
            _, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, EXIT_INTERRUPTED, err)
        for line in lines_of(err):
            self.assertIsInstance(json.loads(line), dict)
        states = self.states()
        self.assertIn("done", states.values())
        self.assertTrue(set(states.values()) <= {"done", "planned", "interrupted"}, states)
        self.assertNotEqual(set(states.values()), {"done"})
        self.assertEqual(self.batch("status", "--exit-code").returncode, EXIT_TEMPORARY)
        kept = {key: value for key, value in self.finished_files().items() if "/records/" in key}

        resumed = self.batch("resume")
        self.assertIn(resumed.returncode, (0, 4, 5), resumed.stderr)
        self.assertEqual(set(self.states().values()), {"done"})
        self.assertEqual({key: value for key, value in self.finished_files().items() if key in kept}, kept)
        # The same image, interrupted or not: the same bytes.
        for i in (3, 6):
            for name in ("report.csv", "files.csv", "timeline.csv", "findings.csv"):
                one, other = (self.out / "exhibits" / f"X-{n}" / name for n in (0, i))
                if one.exists():
                    self.assertEqual(one.read_bytes(), other.read_bytes())

    def test_killed_without_a_word(self):
        self.planned(self.samples() * 1, "--pack", "0")
        with subprocess.Popen([LIMIER, "batch", "run", str(self.out), "--max-active", "1", "--progress", "none"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as run:
            while not list((self.out / "attempts").glob("*.json")):
                time.sleep(0.005)
            run.kill()
        # Its tasks end with it; the lock of one tells when.
        deadline = time.monotonic() + 60
        while "running" in self.states().values() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertNotIn("running", self.states().values())
        resumed = self.batch("resume")
        self.assertIn(resumed.returncode, (0, 4, 5), resumed.stderr)
        self.assertEqual(set(self.states().values()), {"done"})

    def test_scratch_or_in_place_one_job_or_two_the_same_bytes(self):
        self.planned(self.samples())
        self.assertIn(self.batch("run", "--jobs", "1").returncode, (0, 4, 5))
        first, self.out = self.out, self.work / "other"
        self.planned(self.samples(), "--pack", "0")
        scratch = self.work / "scratch"
        scratch.mkdir()
        done = self.batch("run", "--jobs", "2", "--scratch", scratch)
        self.assertIn(done.returncode, (0, 4, 5), done.stderr)
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual([path.name for path in (self.out / "exhibits").iterdir() if path.name.startswith(".")], [])
        for name in ("A-1", "A-2", "A-3"):
            for file in ("report.html", "report.json", "files.csv", "timeline.csv", "findings.csv"):
                self.assertEqual((first / "exhibits" / name / file).read_bytes(),
                                 (self.out / "exhibits" / name / file).read_bytes(), f"{name}/{file}")
            for view in VIEWS:
                self.assertEqual(self.query(f"SELECT * FROM {view}", first / "exhibits" / name),
                                 self.query(f"SELECT * FROM {view}", self.out / "exhibits" / name))
            ours = json.loads((first / "records" / f"{name}.json").read_text())["result"]
            self.assertEqual(ours, self.record(name)["result"])

    def test_a_task_is_worked_on_by_one(self):
        self.planned(self.samples())
        lock = self.out / "tasks" / "1.lock"
        lock.parent.mkdir(exist_ok=True)
        with open(lock, "w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assert_fails(self.batch("exec", "--task", "1"), EXIT_REFUSED, "being worked on already")
        self.assertIn(self.batch("exec", "--task", "1").returncode, (0, 4, 5))

    def test_a_full_disk_on_one_node_is_no_end(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to mount a small disk")
        self.planned(self.samples()[:1])
        small = self.work / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(small)], check=True)
        try:
            done = self.batch("exec", "--task", "1", "--scratch", small)
            self.assertEqual(done.returncode, EXIT_TEMPORARY, done.stderr)
            self.assertEqual(self.states(), {"A-1": "interrupted"})
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            self.assertIn(self.batch("resume", "--scratch", small).returncode, (0, 4, 5))
            self.assertEqual(list(small.iterdir()), [])
        finally:
            subprocess.run(["umount", "-l", str(small)], check=True)
        self.assertEqual(self.states(), {"A-1": "done"})
        self.assertEqual(self.status()["exhibits"][0]["attempts"], 2)

    # ---- killed in the middle of an exhibit

    def large(self):
        """A device that takes a while; sparse."""
        image = self.evidence / "large.dd"
        if not image.exists():
            make_ext4(image, 1024, {"found.txt": b"on the large one\n"})
        return f"L-1,{image},{AUTHORITY}"

    def kill_at_work(self, *options):
        """`batch exec` of task 1, the large device, killed when its index has begun; gives the folder of the index."""
        folder = options[1] / self.scratch_name() / "L-1" if options else self.out / "exhibits" / "L-1"
        with subprocess.Popen([LIMIER, "batch", "exec", str(self.out), "--task", "1", "--progress", "none",
                               *map(str, options)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=environment()) as run:
            while not (folder / "index.db").exists():
                self.assertIsNone(run.poll(), "it ended before it could be killed")
                time.sleep(0.005)
            time.sleep(0.2)
            self.assertIsNone(run.poll(), "it ended before it could be killed")
            run.kill()
        deadline = time.monotonic() + 60
        while "running" in self.states().values() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.states()["L-1"], "interrupted")
        return folder

    def scratch_name(self):
        return "limier-" + hashlib.md5(os.fsencode(self.out)).hexdigest()[:12]

    def actions(self):
        log = self.out / "exhibits" / "L-1" / "audit.jsonl"
        return [json.loads(line)["action"] for line in log.read_text(encoding="utf-8").splitlines()]

    def assert_resumed_and_the_same(self):
        """The exhibit went on from what the killed attempt left, and its results are those of a run left alone."""
        self.assertEqual(self.record("L-1")["run"]["attempts"], 2)
        self.assertIn("triage-resumed", self.actions())
        alone = self.work / "alone"
        done = limier("triage", self.evidence / "large.dd", "--out", alone, "--authority", AUTHORITY, "--exhibit", "L-1",
                      "--progress", "none")
        self.assertEqual(done.returncode, self.codes()["L-1"])
        for name in ("report.html", "report.json", "files.csv", "timeline.csv"):
            self.assertEqual((self.out / "exhibits" / "L-1" / name).read_bytes(), (alone / name).read_bytes(), name)

    def test_a_killed_exhibit_goes_on_where_it_stood(self):
        self.planned([self.large(), *self.samples()[:1]], "--pack", "0")
        self.kill_at_work()
        done = self.batch("resume")
        self.assertIn(done.returncode, (0, 4, 5), done.stderr)
        self.assert_resumed_and_the_same()

    def test_a_killed_exhibit_goes_on_from_the_scratch_folder(self):
        self.planned([self.large(), *self.samples()[:1]], "--pack", "0")
        scratch = self.work / "scratch"
        scratch.mkdir()
        left = self.kill_at_work("--scratch", scratch)
        self.assertTrue((left / "index.db").exists())
        half = self.out / "exhibits" / ".L-1.node1.4711.partial"
        half.mkdir(parents=True)
        (half / "index.db").write_bytes(b"a copy that was not ended")
        done = self.batch("resume", "--scratch", scratch)
        self.assertIn(done.returncode, (0, 4, 5), done.stderr)
        self.assert_resumed_and_the_same()
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual(sorted(path.name for path in (self.out / "exhibits").iterdir()), ["A-1", "L-1"])

    def test_what_a_killed_exhibit_left_on_a_node_goes_when_it_is_done_elsewhere(self):
        self.planned([self.large(), *self.samples()[:1]], "--pack", "0")
        scratch = self.work / "scratch"
        scratch.mkdir()
        left = self.kill_at_work("--scratch", scratch)
        self.batch("exec", "--task", "2", "--scratch", scratch)
        self.assertTrue((left / "index.db").exists(), "it is not done yet, and may go on from there")
        self.assertIn(self.batch("exec", "--task", "1").returncode, (0, 4, 5))  # another node
        self.batch("exec", "--task", "2", "--scratch", scratch)
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual(self.states(), {"L-1": "done", "A-1": "done"})

    def test_cancel(self):
        rows = [f"X-{i},{SAMPLES / 'laptop.E01'},{AUTHORITY}" for i in range(12)]
        self.planned(rows, "--pack", "0")
        self.assert_fails(self.batch("cancel"), 2, "nothing is running")
        with subprocess.Popen([LIMIER, "batch", "run", str(self.out), "--max-active", "1", "--progress", "none"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()) as run:
            while not list((self.out / "records").glob("*.json")):
                time.sleep(0.01)
            cancelled = self.batch("cancel")
            self.assertEqual(cancelled.returncode, EXIT_GOOD, cancelled.stderr)
            run.wait(timeout=120)
        self.assertEqual(run.returncode, 143)
        self.assertTrue(self.status()["submissions"][0]["cancelled"])

    def test_code_pages(self):
        """The code page of the row, or else that of the plan."""
        # FAT12 of 64 sectors: a boot sector, two tables of a sector, sixteen entries, clusters of a sector.
        image = bytearray(64 * 512)
        image[0:3] = b"\xEB\x3C\x90"
        struct.pack_into("<8sHBHBHHBHHH", image, 3, b"MSDOS5.0", 512, 1, 1, 2, 16, 64, 0xF8, 1, 1, 1)
        image[510:512] = b"\x55\xAA"
        for table in (512, 1024):
            image[table:table + 3] = b"\xF8\xFF\xFF"
        image[1536:1547] = b"CAF\x90    TXT"
        image[1547] = 0x20
        path = self.evidence / "dos.img"
        path.write_bytes(image)
        manifest = self.manifest([f"A,{path},{AUTHORITY},850", f"B,{path},{AUTHORITY},1251", f"C,{path},{AUTHORITY},"],
                                 header="exhibit,path,authority,codepage")
        self.assertEqual(self.plan(manifest, "--codepage", "851").returncode, EXIT_USAGE)
        self.assertEqual(self.plan(manifest, "--codepage", "437").returncode, EXIT_GOOD)
        self.batch("run")
        names = {name: self.query("SELECT name FROM v_file WHERE name LIKE 'CAF%'", self.out / "exhibits" / name)
                 for name in "ABC"}
        self.assertEqual(names, {"A": [("CAF\u00c9.TXT",)], "B": [("CAF\u0452.TXT",)], "C": [("CAF\u00c9.TXT",)]})

    def test_junit_of_one_exhibit(self):
        self.planned(self.samples()[:1])
        self.batch("run")
        folder = self.out / "exhibits" / "A-1"
        self.assertEqual(limier("report", folder, "--format", "junit").returncode, EXIT_GOOD)
        root = xml.etree.ElementTree.parse(folder / "junit.xml").getroot()
        self.assertEqual(root.tag, "testsuites")
        suite = root.find("testsuite")
        self.assertEqual(suite.get("name"), "A-1")
        self.assertEqual([case.get("name") for case in suite], ["integrity", "coverage", "completeness", "findings"])
        self.assertEqual(int(suite.get("tests")), 4)

        junit = self.out / "junit.xml"
        self.assertEqual(xml.etree.ElementTree.parse(junit).getroot().find("testsuite").get("name"), "A-1")
        junit.unlink()
        self.assertIn(self.batch("merge").returncode, (0, 4, 5))
        self.assertEqual(xml.etree.ElementTree.parse(junit).getroot().find("testsuite").get("tests"), "4")


if __name__ == "__main__":
    unittest.main()
