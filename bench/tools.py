"""limier and the tools an examiner would run instead: their commands and their versions."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LIMIER = os.environ.get("LIMIER", str(HERE.parent / "build/release/bin/limier"))


def triage(image, out, profile="quick", more=""):
    return (
        f"rm -rf {out} && {LIMIER} triage {image} --out {out} --authority benchmark --profile {profile} --quiet {more}"
    )


def loaddb(image, out, hashes=True):
    return f"rm -f {out} && tsk_loaddb {'-h ' if hashes else ''}-d {out} {image}"


def audit(folder, action):
    """The fields of the last entry of that action in a case folder's audit log."""
    found = {}
    with open(pathlib.Path(folder) / "audit.jsonl", encoding="utf-8") as log:
        for line in log:
            entry = json.loads(line)
            if entry["action"] == action:
                found = entry
    return found


def measures(text):
    """'cpu_us=12 tasks=3' as numbers."""
    return {name: int(value) for name, value in (part.split("=") for part in text.split())}


def rows(folder, query):
    connection = sqlite3.connect(f"file:{pathlib.Path(folder) / 'index.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def first_line(*command):
    if shutil.which(command[0]) is None:
        return "not installed"
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else "?"


def versions():
    """What ran where: a list of (name, text)."""
    found = [("limier", first_line(LIMIER, "version").strip())]
    said = subprocess.run([LIMIER, "version", "--json"], stdout=subprocess.PIPE, check=False).stdout
    try:
        facts = json.loads(said)
        found = [("limier", f"{facts.get('version')} ({facts.get('commit')}, {facts.get('compiler')})")]
    except ValueError:
        pass
    found += [
        ("The Sleuth Kit", first_line("fls", "-V")),
        ("ewfverify", first_line("ewfverify", "-V")),
        ("md5sum", first_line("md5sum", "--version")),
        ("kernel", first_line("uname", "-r")),
        ("processor", f"{os.cpu_count()} × {processor()}"),
    ]
    return found


def processor():
    name, features = "?", ""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            features = ", SHA instructions" if " sha_ni" in line else ", no SHA instructions"
    return name + features
