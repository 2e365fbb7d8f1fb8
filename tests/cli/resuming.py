"""What the tests of --resume share: comparing two case folders but for what is said of the run itself, and failpoints."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess

from cli_support import AUTHORITY, LIMIER, environment, limier

FAILPOINTS = os.environ.get("LIMIER_FAILPOINTS", "")
ACTIONS = ("error", "full", "short", "kill", "kill-after")
REPORTS = ("report.html", "report.json", "files.csv", "findings.csv", "hits.csv", "messages.csv", "timeline.csv")
UNHARMED = (0, 4, 5)


def view_contents(folder):
    """Every view but v_run, row by row in the order of the index."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/index.db?mode=ro", uri=True)) as index:
        names = [name for (name,) in index.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view' AND name <> 'v_run' ORDER BY name")]
        return {name: sorted(map(repr, index.execute(f"SELECT * FROM {name}"))) for name in names}


def result_of(folder):
    folder = pathlib.Path(folder)
    return view_contents(folder), {name: (folder / name).read_bytes() for name in REPORTS}


def differences(expected, folder):
    """Names of views and reports that differ; empty when the run is as the uninterrupted one."""
    views, reports = expected
    found_views, found_reports = result_of(folder)
    wrong = [name for name in sorted(set(views) | set(found_views)) if views.get(name) != found_views.get(name)]
    return wrong + [name for name in REPORTS if reports[name] != found_reports[name]]


def sound(folder):
    """What must hold for an index at any moment: SQLite finds no fault in it. Looks at a copy."""
    folder = pathlib.Path(folder)
    if not (folder / "index.db").exists() or (folder / "index.db").stat().st_size == 0:
        return True
    copy = folder.parent / "copy-of-index"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in folder.glob("index.db*"):
        shutil.copy(file, copy)
    with contextlib.closing(sqlite3.connect(copy / "index.db")) as index:
        return index.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


class Case:
    """One image with the result of the run that nothing happened to."""

    def __init__(self, image, folder, *options, checkpoint_bytes=2 << 20, timeout=120):
        self.image, self.folder, self.options, self.timeout = image, pathlib.Path(folder), options, timeout
        self.env = {"LIMIER_CHECKPOINT_BYTES": str(checkpoint_bytes)}
        self.out = self.folder / "case"
        whole = self.triage(out=self.folder / "whole")
        assert whole.returncode in UNHARMED, whole.stderr
        self.exit_code = whole.returncode
        self.expected = result_of(self.folder / "whole")

    def command(self, *more, out=None):
        return [LIMIER, "triage", str(self.image), "--out", str(out or self.out), *AUTHORITY, "--progress", "none",
                "--quiet", *self.options, *more]

    def triage(self, *more, out=None, env=None):
        return subprocess.run(self.command(*more, out=out), capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=self.timeout, env=environment(**self.env, **(env or {})))

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)

    def points(self):
        """The failpoints of one undisturbed run, by their names."""
        self.clear()
        log = self.folder / "points.log"
        log.unlink(missing_ok=True)
        run = self.triage(env=self.failing(log=log))
        assert run.returncode == self.exit_code, run.stderr
        return [line.split(" ", 1)[1] for line in log.read_text().splitlines()]

    def failing(self, at=None, action=None, log=None):
        assert FAILPOINTS, "LIMIER_FAILPOINTS names the library of failpoints"
        env = {"LD_PRELOAD": FAILPOINTS, "LIMIER_FAIL_DIR": str(self.out.resolve())}
        if at is not None:
            env.update(LIMIER_FAIL_AT=str(at), LIMIER_FAIL_ACTION=action)
        if log is not None:
            env["LIMIER_FAIL_LOG"] = str(log)
        return env

    def problem_after(self, at, action, resume_first=False):
        """Runs into the failpoint, then resumes. What is wrong, or ""."""
        self.clear()
        run = self.triage(env=self.failing(at, action))
        code, said = run.returncode, run.stderr.decode("utf-8", "replace")
        killed = action.startswith("kill")
        if code not in (UNHARMED + ((-9,) if killed else (75,))):
            return f"exit {code}: {said}"
        if code == 75 and "--resume" not in said:
            return f"exit 75 without a word of --resume: {said}"
        if not sound(self.out):
            return "the index is damaged"
        if code == self.exit_code and differences(self.expected, self.out):
            return f"unharmed, but other results: {differences(self.expected, self.out)}"
        return self.problem_of_resuming()

    def problem_of_resuming(self):
        again = self.triage("--resume")
        if again.returncode != self.exit_code:
            return f"resumed with exit {again.returncode}: {again.stderr.decode('utf-8', 'replace')}"
        wrong = differences(self.expected, self.out)
        if wrong:
            return f"resumed, but other results: {wrong}"
        checked = limier("check", self.out)
        if checked.returncode != 0:
            return f"resumed, but: {checked.stdout.decode()}"
        leftovers = sorted(path.name for path in self.out.iterdir() if path.name.startswith(".")
                           or path.suffix == ".tmp" or path.name.startswith("index.db-"))
        return f"left behind: {leftovers}" if leftovers else ""
