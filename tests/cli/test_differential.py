#!/usr/bin/env python3
"""Random volumes of every file system a Debian tool can make, against readers that are not libtsk (tests/differential)."""
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "differential")

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "differential.py"), "--volumes", "15"]).returncode)
