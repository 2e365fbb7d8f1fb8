"""Every failpoint with every action; see scripts/failpoints."""
import os
import pathlib
import sys
import tempfile
import time

from cli_support import make_ext4
from resuming import ACTIONS, Case


def main(first=1, step=1, image=None):
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="limier-failpoints-") as scratch:
        folder = pathlib.Path(scratch)
        (folder / "evidence").mkdir()
        image = image or make_ext4(folder / "evidence" / "disk.dd", 6, {f"file-{n}": os.urandom(n * 700) for n in range(1, 12)})
        case = Case(pathlib.Path(image).resolve(), folder)
        names = case.points()
        tried = wrong = 0
        for point in range(int(first), len(names) + 1, int(step)):
            for action in ACTIONS:
                tried += 1
                problem = case.problem_after(point, action)
                if problem:
                    wrong += 1
                    print(f"{point} {names[point - 1]}, {action}: {problem}", flush=True)
        print(f"{len(names)} points, {tried} runs that met one, {wrong} with a wrong result, "
              f"{time.monotonic() - started:.0f} s")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
