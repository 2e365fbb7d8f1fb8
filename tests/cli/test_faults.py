#!/usr/bin/env python3
"""Inputs that version 0.1 got wrong, with what is right (../shared/faults beside the checkout): all of them, each time."""
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
FAULTS = pathlib.Path(os.environ.get("LIMIER_FAULTS", SOURCE.parent / "shared" / "faults"))


def main():
    if not (FAULTS / "check.py").is_file():
        print(f"SKIPPED: no {FAULTS}: the inputs that failed before are not beside this checkout")
        return 0
    with tempfile.TemporaryDirectory(prefix="faults.") as out:
        subprocess.run([FAULTS / "make_all.sh", out], check=True, stdout=subprocess.DEVNULL)
        return subprocess.run([sys.executable, "-B", FAULTS / "check.py", os.environ.get("LIMIER", "limier"), out]).returncode


if __name__ == "__main__":
    sys.exit(main())
