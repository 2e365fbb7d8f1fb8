"""Cases for the executor tests: evidence made here, plans, and what must be true of a case afterwards."""
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from cli_support import LIMIER, environment, make_ext4  # noqa: E402

GARBAGE_EXIT = 3  # nothing examined
BIG_MIB = 3072    # sparse: examined in some seconds, stored in a few MiB


def make_evidence(folder):
    """Ten small devices, one that is no device at all, and two that take a while."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for number in range(10):
        make_ext4(folder / f"small{number}.dd", files={f"only{number}.txt": f"device {number}\n".encode()})
    (folder / "garbage.E01").write_bytes(b"EVF\x09\x0d\x0a\xff\x00" + bytes(range(256)) * 100)
    for number in range(2):
        make_ext4(folder / f"big{number}.dd", BIG_MIB, {f"big{number}.txt": f"big {number}\n".encode()})
    return folder


def set_up_evidence(tests, prefix):
    """For setUpModule: evidence once for all `tests`, in a folder that is gone after them; returns the folder."""
    tests.scratch = tempfile.TemporaryDirectory(prefix=prefix)
    unittest.addModuleCleanup(tests.scratch.cleanup)
    folder = pathlib.Path(tests.scratch.name)
    folder.chmod(0o755)
    tests.evidence = make_evidence(folder / "evidence")
    return folder


class BatchTest(unittest.TestCase):
    """self.case is a case folder of its own, self.env the environment limier is called in."""

    evidence = None  # set by the modules, once for all tests

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="limier-batch-")
        self.addCleanup(scratch.cleanup)
        self.work = pathlib.Path(scratch.name)
        self.work.chmod(0o755)
        self.case = self.work / "case"
        self.env = environment()

    def command(self, *arguments):
        return [LIMIER, "batch", *map(str, arguments)]

    def limier(self, *arguments, code=None, timeout=120):
        done = subprocess.run(self.command(*arguments), env=self.env, capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}\n{self.logs()}")
        return done

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process, code=None, timeout=120):
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        if code is not None:
            self.assertEqual(process.returncode, code, f"{out}\n{err}\n{self.logs()}")
        return out, err

    def plan(self, *names, options=()):
        """A plan in which every exhibit is a task of its own, unless `options` say otherwise."""
        manifest = self.work / "manifest.csv"
        lines = ["exhibit,path,authority,profile"]
        lines += [f"{pathlib.Path(name).stem},{self.evidence / name},training,quick" for name in names]
        manifest.write_text("\n".join(lines) + "\n")
        return self.limier("plan", manifest, "--out", self.case, *(options or ["--pack", "0"]), code=0)

    # ---- what the case says

    def records(self):
        return {path.stem: json.loads(path.read_text()) for path in sorted((self.case / "records").glob("*.json"))}

    def record_stamps(self):
        """Changes whenever a record was published again."""
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (self.case / "records").glob("*")}

    def exit_codes(self):
        return {name: record["result"]["exit_code"] for name, record in self.records().items()}

    def states(self):
        status = json.loads(self.limier("status", self.case, "--json").stdout)
        return {exhibit["exhibit"]: exhibit["state"] for exhibit in status["exhibits"]}

    def submissions(self, executor):
        return [json.loads(path.read_text()) for path in sorted((self.case / "submissions").glob(f"{executor}-*.json"))]

    def logs(self):
        folder = self.case / "logs"
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(folder.glob("*")))

    def working(self):
        """Process ids of `limier batch exec` on this case by task: the one that holds the lock, the triage below it, and
        at times a child of that, which is about to become a worker."""
        mark = b"\0batch\0exec\0" + os.fsencode(self.case) + b"\0"
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_bytes()
                    if mark in words:
                        task = words.split(b"\0--task\0")[1].split(b"\0")[0].decode()
                        parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                        found.setdefault(task, []).append((parent, int(entry.name)))
        for task, pairs in found.items():
            parents = {pid: parent for parent, pid in pairs}

            def depth(pid, parents=parents):
                return 0 if parents[pid] not in parents else 1 + depth(parents[pid])
            found[task] = sorted(parents, key=depth)
        return found

    def wait_until(self, condition, limit_s, what):
        end = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited {limit_s} s for {what}\n{self.logs()}")
            time.sleep(0.1)

    def assert_all_done(self, names):
        """A record for each, a good index for each but the garbage, nothing half-done beside them."""
        codes = self.exit_codes()
        self.assertEqual(sorted(codes), sorted(pathlib.Path(name).stem for name in names), self.logs())
        for name, code in codes.items():
            self.assertEqual(code, GARBAGE_EXIT if name == "garbage" else 0, f"{name}: {self.records()[name]}")
            if name != "garbage":
                index = self.case / "exhibits" / name / "index.db"
                done = subprocess.run([LIMIER, "sql", index.parent, "SELECT count(*) FROM v_file WHERE path = "
                                       f"'/{name.replace('small', 'only')}.txt'", "--csv"],
                                      capture_output=True, text=True, env=environment(), check=True)
                self.assertEqual(done.stdout.split()[-1], "1")
        self.assertEqual(list((self.case / "attempts").glob("*.json")), [])

    # ---- the case that the merge made of them

    CASE_FILES = ("case.db", "case.html", "case.json", "case-exhibits.csv", "case-findings.csv", "case-links.csv",
                  "case-shared.csv", "case-not-examined.csv", "case-people.csv", "case-message-pairs.csv", "case-links.svg", "case-links.graphml", "junit.xml")

    def select(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.case}/case.db?mode=ro", uri=True)) as case:
            return case.execute(sql).fetchall()

    def case_digests(self, folder=None):
        return {name: hashlib.sha256((folder or self.case).joinpath(name).read_bytes()).hexdigest()
                for name in self.CASE_FILES}

    def assert_merged(self, names):
        """The merge job said how many it took, and the case has what was examined: rows, page and checks."""
        log = sorted((self.case / "logs").glob("slurm-*.merge.log"))[-1].read_text()
        good = [pathlib.Path(name).stem for name in names if name != "garbage.E01"]
        self.assertIn(f"{len(good)} of {len(names)} exhibits merged", log)
        self.assert_case(names)

    def assert_case(self, names):
        stems = sorted(pathlib.Path(name).stem for name in names)
        expected = [(name, "failed", GARBAGE_EXIT, "nothing examined", False) if name == "garbage" else
                    (name, "done", 0, "complete", True) for name in stems]
        rows = self.select("SELECT exhibit, state, exit_code, exit_class, sha256 IS NOT NULL AND files > 0 "
                           "FROM v_exhibit ORDER BY exhibit")
        self.assertEqual(rows, expected)
        self.assertEqual(self.select("SELECT exhibit FROM v_case_not_examined WHERE what = 'the whole exhibit'"),
                         [("garbage",)] if "garbage" in stems else [])
        page = (self.case / "case.html").read_text()
        for name in stems:
            self.assertIn(f"<bdi>{name}</bdi>", page)
        suites = xml.parse(self.case / "junit.xml").getroot().findall("testsuite")
        self.assertEqual(sorted(suite.get("name") for suite in suites), stems)
        for suite in suites:
            errors = 4 if suite.get("name") == "garbage" else 0
            self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("4", "0", str(errors)))

    def assert_same_case_by_hand_and_here(self, names):
        """The case as it is now against one that is planned in reverse, begun by hand with the last task, merged when it
        is half done, and ended by the local executor: every byte of case.db, of the reports and of the checks."""
        expected, results = self.case_digests(), {name: record["result"] for name, record in self.records().items()}
        code = GARBAGE_EXIT if "garbage.E01" in names else 0
        first, self.case = self.case, self.work / "here"
        try:
            self.plan(*reversed(names))
            for task in range(len(names), len(names) // 2, -1):
                self.limier("exec", self.case, "--task", task)
            self.limier("merge", self.case, code=75)
            self.assertNotEqual(self.case_digests()["case.db"], expected["case.db"])
            self.limier("run", self.case, "--max-active", "2", code=code)
            self.limier("merge", self.case, code=code)
            self.assertEqual(self.case_digests(), expected)
            self.assertEqual({name: record["result"] for name, record in self.records().items()}, results)
        finally:
            self.case = first
