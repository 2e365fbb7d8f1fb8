"""Every image of the corpus and every sample, once on a copy that can be written to and once on one that cannot: nothing
about it changes, and the result is the same."""
import os
import shutil
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

import support
from evidence_guard import EvidenceGuard, set_of


def result_of(run):
    """What may not depend on whether the evidence could be written to."""
    return run.code, support.sha256_of(run.folder / "files.csv") if run.has_index else run.err.replace("read-only", "writable")


class ReadOnly:
    """A folder mounted read-only where this user may mount, and stripped of its write permissions everywhere."""

    def __init__(self, folder):
        self.folder = folder
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        self.mounted = False
        if os.geteuid() == 0:
            bound = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
            self.mounted = bound.returncode == 0
            if self.mounted:
                subprocess.run(["mount", "-o", "remount,bind,ro", folder], capture_output=True, check=False)

    def release(self):
        if self.mounted:
            # Lazily: a process that only looks at new folders (an indexer, a scanner) must not keep it mounted.
            subprocess.run(["umount", "--lazy", self.folder], capture_output=True, check=True)
        self.folder.chmod(0o755)


class Guard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.cases = support.sample_cases()
        if support.CORPUS.exists():
            cls.cases += [case for case in support.corpus_cases(cls.scratch.path) if case.image.stat().st_size < 64 << 20]

    def test_the_corpus_is_there(self):
        if not support.CORPUS.exists():
            self.skipTest(support.NO_CORPUS)
        self.assertGreater(len(self.cases), len(support.sample_cases()))

    def copies(self, number, case):
        for name in ("writable", "read-only"):
            folder = self.scratch.path / f"evidence {number} {name}"
            folder.mkdir()
            for path in set_of(case.image):
                shutil.copy2(path, folder / path.name)
            yield name, folder

    def examine(self, numbered):
        number, case = numbered
        results, changes = {}, []
        for name, folder in self.copies(number, case):
            read_only = ReadOnly(folder) if name == "read-only" else None
            image = folder / case.image.name
            guard = EvidenceGuard(set_of(image), access_times=False)
            run = support.triage(image, self.scratch.path / f"case {number} {name}", "--jobs", "1")
            results[name] = result_of(run)
            changes += guard.changes()
            if read_only:
                read_only.release()
            shutil.rmtree(folder)
            shutil.rmtree(run.folder, ignore_errors=True)
        return case.path, results, changes

    def test_writable_and_read_only(self):
        with ThreadPoolExecutor(2) as pool:
            for path, results, changes in pool.map(self.examine, enumerate(self.cases)):
                with self.subTest(path):
                    self.assertEqual(changes, [])
                    self.assertEqual(results["writable"], results["read-only"])

    def test_the_guard_notices(self):
        folder = self.scratch.path / "noticed"
        folder.mkdir()
        image = folder / "a.dd"
        image.write_bytes(bytes(1024))
        guard = EvidenceGuard([image])
        self.assertEqual(guard.changes(), [])
        os.utime(image)
        self.assertTrue(guard.changes())
        guard = EvidenceGuard([image])
        (folder / "beside").write_bytes(b"")
        self.assertTrue(guard.changes())


if __name__ == "__main__":
    unittest.main()
