"""What the program tests share: where things are, one limier run, the index, and the tools limier is compared with."""
import csv
import hashlib
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from evidence_guard import guarded

SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
LIMIER = pathlib.Path(os.environ.get("LIMIER", SOURCE / "build/release/bin/limier"))
SAMPLES = SOURCE / "samples"
CORPUS = pathlib.Path(os.environ.get("LIMIER_CORPUS", SOURCE.parent / "shared" / "corpus"))
NO_CORPUS = f"no corpus of test images at {CORPUS} (LIMIER_CORPUS names another place)"
NO_TIME = "0000-00-00 00:00:00"


def call(*command, env=None, timeout=300, cwd=None):
    """A tool, as bytes in and out, in UTC and the C locale so that what it prints does not depend on this machine."""
    return subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", **(env or {})},
        timeout=timeout,
        check=False,
    )


def sha256_of(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass
class Case:
    """One image: a line of the corpus' cases.tsv, or a sample."""

    path: str
    kind: str  # ok, damaged, unsupported, encrypted, logical
    image: pathlib.Path = None
    md5: str = None
    sha256: str = None
    note: str = ""
    expected: dict = field(default_factory=dict)

    @property
    def file_systems(self):
        """Sector offsets at which The Sleuth Kit reads a file system, with its name for it."""
        if "filesystems" in self.expected:
            return [(entry["offset_sector"], entry.get("tsk_fs_type")) for entry in self.expected["filesystems"]]
        return [
            (entry["start_sector"], entry["fs"]) for entry in self.expected.get("partitions", []) if entry.get("fs")
        ]

    @property
    def listing_options(self):
        # fls tells FAT types apart by the number of clusters; the sample stick has too few to be FAT32 by that rule.
        return ["-f", "fat32"] if self.path == "samples/stick.001" else []


def corpus_cases(scratch):
    """Every line of cases.tsv, packed images unpacked into `scratch`."""
    cases = []
    with open(CORPUS / "cases.tsv", encoding="utf-8") as table:
        for row in csv.reader(
            (line for line in table if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        ):
            path, kind, expected, md5, sha256, note = (row + [""] * 6)[:6]
            case = Case(path, kind, CORPUS / path, md5.strip("- ") or None, sha256.strip("- ") or None, note)
            case.expected = json.loads((CORPUS / expected.split(",")[0]).read_text(encoding="utf-8"))
            if path.endswith(".tar.gz"):
                folder = pathlib.Path(scratch) / "unpacked"
                folder.mkdir(exist_ok=True)
                subprocess.run(["tar", "-xSzf", str(case.image), "-C", str(folder)], check=True)
                case.image = max(
                    (entry for entry in folder.rglob("*") if entry.is_file()), key=lambda entry: entry.stat().st_size
                )
            elif path.endswith(".gz"):
                case.image = pathlib.Path(scratch) / pathlib.Path(path).stem
                with open(case.image, "wb") as target:
                    subprocess.run(["gunzip", "-c", str(CORPUS / path)], stdout=target, check=True)
            cases.append(case)
    return cases


def sample_cases():
    cases = []
    for truth in sorted(SAMPLES.glob("*.truth.json")):
        expected = json.loads(truth.read_text(encoding="utf-8"))
        media = expected["media"]
        cases.append(
            Case(
                "samples/" + expected["evidence"][0],
                "ok",
                SAMPLES / expected["evidence"][0],
                media["md5"],
                media["sha256"],
                expected=expected,
            )
        )
    return cases


@dataclass
class Run:
    code: int
    folder: pathlib.Path
    out: str
    err: str
    seconds: float

    def index(self):
        return Index(self.folder / "index.db")

    @property
    def has_index(self):
        return (self.folder / "index.db").exists()


def triage(image, folder, *options, env=None, cwd=None):
    started = time.monotonic()
    arguments = ["triage", image, "--out", folder, "--authority", "training: test", "--progress", "none", *options]
    with guarded(arguments) as protected:
        done = call(*protected, LIMIER, *arguments, env=env, cwd=cwd, timeout=600)
    return Run(
        done.returncode,
        pathlib.Path(folder),
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
        time.monotonic() - started,
    )


class Index:
    """Read-only sight of an index, rows as dictionaries."""

    def __init__(self, path):
        self.connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        self.connection.row_factory = sqlite3.Row

    def rows(self, sql, *values):
        return [dict(row) for row in self.connection.execute(sql, values)]

    def one(self, sql, *values):
        rows = self.rows(sql, *values)
        assert len(rows) == 1, (sql, rows)
        return rows[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def folder_state(folder):
    """What would show that the evidence's folder was touched; access times may be the file system's own doing."""
    state = {}
    for entry in sorted(pathlib.Path(folder).iterdir()):
        info = entry.lstat()
        state[entry.name] = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_mode)
    return state


def segments_of(case):
    names = case.expected.get("segments") or case.expected.get("evidence") or []
    return [case.image.parent / name for name in names if (case.image.parent / name).exists()] or [case.image]


# ---- The Sleuth Kit's listing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """One line of `fls -r -p -l`."""

    path: str
    kind: str
    deleted: bool
    inode: int
    attr_type: int
    attr_id: int
    reallocated: bool
    times: tuple  # modified, accessed, changed, created: seconds, None when zero
    size: int
    uid: int
    gid: int


FLS_LINE = re.compile(rb"^(?:\++ )?(\S/\S)( \*)? (\d+)(?:-(\d+)-(\d+))?(\(realloc\))?$")


def fls_time(text):
    """Seconds since 1970 of "2024-05-17 18:30:00 (UTC)"; None when fls prints no time."""
    if text.startswith(NO_TIME):
        return None
    parts = [int(number) for number in re.findall(r"\d+", text)[:6]]
    days = _days(parts[0], parts[1], parts[2])
    return days * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5]


def _days(year, month, day):
    import datetime

    return datetime.date(year, month, day).toordinal() - datetime.date(1970, 1, 1).toordinal()


def fls(image, offset_sector, options=()):
    """The listing, or None when The Sleuth Kit cannot read a file system there."""
    command = ["fls", "-r", "-p", "-l", *options]
    if offset_sector:
        command += ["-o", offset_sector]
    done = call(*command, image)
    if done.returncode != 0 and not done.stdout:
        return None
    listed = []
    for line in done.stdout.split(b"\n"):
        if not line.strip():
            continue
        head, _, rest = line.partition(b":\t")
        match = FLS_LINE.match(head)
        fields = rest.split(b"\t")
        if not match or len(fields) != 8:
            raise AssertionError(f"cannot read this line of fls: {line!r}")
        kind, star, inode, attr_type, attr_id, realloc = match.groups()
        listed.append(
            Listed(
                fields[0].decode("utf-8", "replace"),
                kind.decode(),
                bool(star),
                int(inode),
                int(attr_type or 0),
                int(attr_id or 0),
                bool(realloc),
                tuple(fls_time(text.decode()) for text in fields[1:5]),
                int(fields[5]),
                int(fields[7]),
                int(fields[6]),
            )
        )
    return listed


def fls_file_name_times(image, offset_sector):
    """{inode: {(letter, second)}} from the $FILE_NAME lines of `fls -m`, of names that are not deleted."""
    done = call("fls", "-r", "-m", "/", *(["-o", offset_sector] if offset_sector else []), image)
    found = {}
    for line in done.stdout.split(b"\n"):
        head, *fields = line.rsplit(b"|", 9)
        if len(fields) != 9 or not head.endswith(b" ($FILE_NAME)") or b" (deleted" in head:
            continue
        inode = int(fields[0].split(b"-")[0])
        accessed, modified, changed, created = map(int, fields[5:9])
        times = zip("macb", (modified, accessed, changed, created))
        found[inode] = {(letter, second) for letter, second in times if second != 0}
    return found


def mmls(image):
    """[(slot, start, end, sectors, description)] and the sector size, or None when there is no partition table."""
    done = call("mmls", image)
    if done.returncode != 0:
        return None
    text = done.stdout.decode("utf-8", "replace")
    unit = int(re.search(r"Units are in (\d+)-byte", text).group(1))
    rows = re.findall(r"^\d{3}:\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(.*?)\s*$", text, re.M)
    return unit, [(slot, int(start), int(end), int(count), text) for slot, start, end, count, text in rows]


def apfs_volumes(image, offset_sector):
    options = ["-o", offset_sector] if offset_sector else []
    return [int(block) for block in re.findall(rb"APSB Block Number: (\d+)", call("pstat", *options, image).stdout)]


def icat(image, offset_sector, row, recover=True, options=()):
    """Content by icat: of the inode, and on NTFS of that very attribute."""
    inode = str(row["inode"])
    if row.get("attr_type") is not None and row.get("fs_type") == "ntfs":
        inode += f"-{row['attr_type']}-{row['attr_id']}"
    command = ["icat", *(["-r"] if recover else []), *options]
    if offset_sector:
        command += ["-o", offset_sector]
    return call(*command, image, inode).stdout


# fls shows control characters, NUL (U+2400 on HFS+, as macOS shows it) and invalid UTF-8 as '^'; limier keeps names as
# they are. Both are brought to one form.
def comparable_path(path):
    path = path.lstrip("/")
    return "".join("^" if ord(letter) < 32 or letter in "^\ufffd\x7f\u2400" else letter for letter in path)


class Scratch(tempfile.TemporaryDirectory):
    def __init__(self):
        super().__init__(prefix="limier-test-")
        self.path = pathlib.Path(self.name)
