"""What the program tests share: running limier, making small images, looking at case folders."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from evidence_guard import guarded

LIMIER = os.environ.get("LIMIER", "limier")
SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
CORPUS = SOURCE.parent / "shared" / "corpus"
SAMPLES = SOURCE / "samples"
AUTHORITY = ["--authority", "training"]
NOBODY = 65534
IS_ROOT = os.geteuid() == 0

EXIT_GOOD, EXIT_USAGE, EXIT_EVIDENCE, EXIT_MISMATCH, EXIT_PARTLY = 0, 2, 3, 4, 5
EXIT_REFUSED, EXIT_TEMPORARY, EXIT_INTERRUPTED, EXIT_TERMINATED = 6, 75, 130, 143


def environment(**changes):
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "LIMIER_NO_SANDBOX")}
    env.update(changes)
    return env


def limier(*arguments, env=None, prefix=(), timeout=300, **options):
    """Runs limier to its end, with the evidence guarded. stdout and stderr are bytes."""
    with guarded(arguments, other_user=bool(prefix)) as protected:
        return subprocess.run([*protected, *prefix, LIMIER, *map(str, arguments)], capture_output=True, timeout=timeout,
                              env=env or environment(), stdin=subprocess.DEVNULL, **options)


def tool(*names):
    for name in names:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            raise AssertionError(f"{name} is not installed; scripts/install-deps --tests installs it")
    return path


def make_ext4(path, size_mib=4, files=None):
    """An ext4 file system without partitions, filled from a dict of name to bytes."""
    mkfs = tool("mkfs.ext4")
    content = {"hello.txt": b"hello\n", "dir/inner.bin": bytes(range(256)) * 64, "dir/empty": b""}
    content.update(files or {})
    with tempfile.TemporaryDirectory() as folder:
        for name, data in content.items():
            target = pathlib.Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        subprocess.run([mkfs, "-q", "-F", "-d", folder, str(path), f"{size_mib}M"], check=True, capture_output=True)
    return pathlib.Path(path)


def make_e01(image, folder, segment_bytes=None, name="set", kind="encase6"):
    """The same image as an EWF set made by ewfacquire; gives its segments in order."""
    arguments = [tool("ewfacquire"), "-u", "-q", "-t", str(pathlib.Path(folder) / name), "-c", "none", "-f", kind]
    if segment_bytes:
        arguments += ["-S", str(segment_bytes)]
    subprocess.run([*arguments, str(image)], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return sorted(pathlib.Path(folder).glob(f"{name}.[Es]*"))


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def folder_state(folder):
    """Everything that must be the same before and after: names, sizes, times, bytes."""
    state = {}
    for entry in sorted(pathlib.Path(folder).rglob("*")):
        info = entry.lstat()
        state[str(entry)] = (info.st_mode, info.st_size, info.st_mtime_ns, sha256(entry) if entry.is_file() else None)
    return state


class CliTest(unittest.TestCase):
    """A scratch folder for each test: self.work / "evidence" for images, self.work for all else."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        self.addCleanup(scratch.cleanup)
        self.work = pathlib.Path(scratch.name)
        self.work.chmod(0o755)
        self.evidence = self.work / "evidence"
        self.evidence.mkdir()
        self.out = self.work / "case"

    def assert_fails(self, result, code, *words):
        """The exit code, and exactly one sentence on stderr that holds the words."""
        text = result.stderr.decode("utf-8", "replace")
        self.assertEqual(result.returncode, code, f"stderr: {text}")
        lines = [line for line in text.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, text)
        self.assertTrue(lines[0].startswith("limier: "), text)
        for word in words:
            self.assertIn(word.lower(), text.lower())
        self.assertEqual(result.stdout, b"")

    def assert_no_case(self, folder=None):
        """Nothing that could be taken for a result."""
        folder = pathlib.Path(folder or self.out)
        for name in ("index.db", "report.html", "report.json", "manifest.json", "files.csv"):
            self.assertFalse((folder / name).exists(), f"{name} was left behind")

    def triage(self, image, *options, out=None, **keywords):
        return limier("triage", image, "--out", out or self.out, *AUTHORITY, "--progress", "none", *options, **keywords)

    def query(self, sql, folder=None):
        database = sqlite3.connect(f"file:{folder or self.out}/index.db?mode=ro", uri=True)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def parse(self, result):
        return json.loads(result.stdout.decode("utf-8"))
