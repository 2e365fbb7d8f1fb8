"""Running a command and knowing what it cost."""
import os
import pathlib
import resource
import subprocess
import sys
import threading
import time


class Run:
    """One process tree: CPU seconds of all its processes, wall seconds, peak of their memory together."""

    def __init__(self, command, ok=(0,), watch_memory=True):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        process = subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.peak_bytes = 0
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(process.pid, done))
        if watch_memory:
            watcher.start()
        self.out, errors = process.communicate()
        self.wall = time.monotonic() - start
        done.set()
        if watch_memory:
            watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.code = process.returncode
        if ok is not None and self.code not in ok:
            sys.exit(f"{command}: exit {self.code}\n{errors.decode(errors='replace')[-2000:]}")

    def _watch(self, root, done):
        while not done.wait(0.02):
            self.peak_bytes = max(self.peak_bytes, sum(private_bytes(pid) for pid in tree(root)))


def tree(root):
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                children = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
                pending.extend(int(child) for child in children.split())
        except OSError:
            pass
    return found


def private_bytes(pid):
    """Memory that would be free again without the process: anonymous and shared, not the page cache of its files."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
