"""Whether one run of limier on one variant kept its promises. Every broken promise is one sentence."""
import csv
import hashlib
import html.parser
import json
import pathlib
import re
import resource
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import support
from evidence_guard import EvidenceGuard, read_only

APPLICATION_ID = 0x4C494D52
# A run that takes longer is a hang. The ladder's worst case: five minutes for a volume, the attempt they end in, the rest.
SECONDS = 420
REFERENCE_SECONDS = 10
REFERENCE_BYTES = 2 << 30
VIEWS = """v_run v_authority v_evidence v_bad_range v_volume v_file v_extent v_timeline v_hit v_entity v_text v_encryption
v_artifact v_message v_finding v_issue v_coverage v_not_examined""".split()
REPORTS = "report.html report.json files.csv findings.csv hits.csv messages.csv timeline.csv audit.jsonl manifest.json".split()
# Reasons in v_not_examined that a sound volume has as well, so that exit 0 may carry them.
HARMLESS = ("file",)


@dataclass
class Verdict:
    seed: str
    number: int
    notes: list
    code: int = 0
    seconds: float = 0.0
    broken: list = field(default_factory=list)
    names: int = 0
    reference: int = None  # names the reference lists; None when it did not end or sees no file system
    flagged: bool = False
    crashes: int = 0
    hangs: int = 0
    fewer: bool = False  # fewer names than the undamaged seed
    codes: tuple = ()


class Shape(html.parser.HTMLParser):
    """Every element that must be closed is, in order."""

    VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}
    LOOSE = {"p", "li", "td", "th", "tr", "tbody", "thead", "dt", "dd", "option", "tfoot", "html", "body", "head"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID | self.LOOSE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in self.VOID | self.LOOSE:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


WALKED_BY_LIBTSK = {"ntfs", "hfs", "apfs", "ufs"}


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (REFERENCE_BYTES, REFERENCE_BYTES))


def quietly(*command, seconds=REFERENCE_SECONDS):
    """Output of a reference tool, or None when it crashes, hangs or eats memory."""
    try:
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds,
            preexec_fn=limited, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
            check=False)
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode < 0 else done.stdout


def reference_names(image, kind, own_rules, options=()):
    """Paths that fls lists in every volume that mmls shows, with the number of the entry each leads to; None when a tool does
    not come through. Deleted names are left out where limier has readers of its own (FAT, exFAT, ext): what libtsk makes of
    damaged ones, names of its own making among them, is no truth."""
    container = ["-i", kind, *options]
    table = quietly("mmls", *container, image)
    if table is None:
        return None
    starts = [int(line.split()[2]) for line in table.decode("utf-8", "replace").splitlines()
              if line[:1].isdigit() and len(line.split()) > 5 and not line.split()[1].startswith(("Meta", "-----"))]
    names, seen = {}, False
    for start in starts or [0]:
        where = ["-o", str(start)] if start else []
        listing = quietly("fls", "-r", "-p", *container, *where, image)
        if listing is None:
            return None
        if not listing.strip():
            pool = quietly("pstat", *container, *where, image) or b""
            listing = b"".join(
                quietly("fls", "-r", "-p", *container, *where, "-P", "apfs", "-B", line.split()[-1].decode(), image) or b""
                for line in pool.splitlines() if b"APSB Block Number" in line)
        for line in listing.split(b"\n"):
            head, tab, path = line.partition(b":\t")
            if not tab:
                continue
            seen = True
            number = re.match(rb"\S+ (\* )?(\d+)", head)
            if own_rules and (number is None or number[1] or path.startswith(b"$OrphanFiles/")):
                continue
            names[path.decode("utf-8", "replace")] = int(number[2]) if number else None
    return names if seen else None


def names_of_bsdtar(image):
    """Paths of a disc as another reader shows them: fls knows neither Rock Ridge nor later sessions."""
    listing = quietly("bsdtar", "-tf", image)
    if listing is None:
        return None
    paths = {line.removeprefix(b"./").rstrip(b"/").decode("utf-8", "replace") for line in listing.split(b"\n")} - {"", "."}
    return dict.fromkeys(paths)


def comparable(path):
    """What limier and fls show of one name: fls drops streams' and virtual parts differently when damaged."""
    return support.comparable_path(path)


def examine(files, folder, *options):
    """limier on a variant, with the evidence looked at before and after."""
    guard = EvidenceGuard(files)
    started = time.monotonic()
    command = [*read_only(guard.files), str(support.LIMIER), "triage", str(files[0]), "--out", str(folder),
               "--authority", "training: proof", "--progress", "none", "--jobs", "1", *options]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
        code, err = done.returncode, (done.stderr + done.stdout).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        code, err = None, ""
    return code, err, time.monotonic() - started, not guard.changes()


# ---- the database ---------------------------------------------------------------------------------------------------


def check_index(folder, broken):
    """The facts of the index, or None when it is no valid one."""
    path = folder / "index.db"
    for beside in folder.glob("index.db-*"):
        broken.append(f"{beside.name} was left behind")
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    base.row_factory = sqlite3.Row
    try:
        if base.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            broken.append("the index fails integrity_check")
        if base.execute("PRAGMA foreign_key_check").fetchone() is not None:
            broken.append("a foreign key of the index leads nowhere")
        if base.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            broken.append("the index has another application_id")
        if base.execute("PRAGMA user_version").fetchone()[0] <= 0:
            broken.append("the index has no schema version")
        for view in VIEWS:
            base.execute(f"SELECT * FROM {view} LIMIT 5").fetchall()
        return facts_of(base, broken)
    except sqlite3.Error as error:
        broken.append(f"the index cannot be queried: {error}")
        return None
    finally:
        base.close()


def facts_of(base, broken):
    def rows(sql):
        return [dict(row) for row in base.execute(sql)]

    evidence = rows("SELECT * FROM v_evidence")[0]
    at = 0
    for row in rows("SELECT image_offset, length, state FROM v_coverage ORDER BY image_offset"):
        if row["image_offset"] != at or row["length"] <= 0 or row["state"] is None:
            broken.append(f"v_coverage has a hole or an overlap at {at}")
            break
        at += row["length"]
    else:
        if at != evidence["size_bytes"]:
            broken.append(f"v_coverage adds up to {at}, the media has {evidence['size_bytes']} bytes")
    outside = rows(f"SELECT count(*) AS n FROM v_extent WHERE image_offset < 0 OR image_offset + length > {evidence['size_bytes']}")
    if outside[0]["n"]:
        broken.append(f"{outside[0]['n']} extents lie outside the media")
    run = rows("SELECT outcome, exit_code FROM v_run")[0]
    return {
        "evidence": evidence,
        "run": run,
        "issues": rows("SELECT stage, code, incomplete, message FROM v_issue"),
        "volumes": rows("SELECT status, is_table, fs_type FROM v_volume"),
        "bad": rows("SELECT image_offset, length, reason FROM v_bad_range"),
        "not_examined": rows("SELECT what, reason FROM v_not_examined"),
        "paths": [row["path"] for row in rows("SELECT path FROM v_file")],
        "entries": {row["inode"] for row in rows("SELECT inode FROM v_file")},
        "digests": rows("SELECT path, inode, attr_type, attr_id, content_state, sha256, deleted FROM v_file "
                        "WHERE sha256 IS NOT NULL"),
    }


def incomplete_reasons(facts):
    reasons = [issue["code"] for issue in facts["issues"] if issue["incomplete"]]
    reasons += [f"volume {v['status']}" for v in facts["volumes"]
                if v["status"] in ("partial", "encrypted", "unsupported", "failed")]
    if facts["evidence"]["verdict"] == "incomplete":
        reasons.append("verdict incomplete")
    return reasons


def check_truth(code, facts, broken):
    """The exit code says what the index says."""
    mismatch = facts["evidence"]["verdict"] in ("mismatch", "damaged") or bool(facts["bad"])
    reasons = incomplete_reasons(facts)
    if facts["run"]["exit_code"] != code or facts["run"]["outcome"] != "finished":
        broken.append(f"v_run says {facts['run']}, the exit code was {code}")
    if code == 0 and (mismatch or reasons):
        broken.append(f"exit 0 with {reasons or facts['evidence']['verdict']}")
    if code == 0 and any(row["what"] not in HARMLESS for row in facts["not_examined"]):
        broken.append(f"exit 0 with {facts['not_examined']}")
    if code == 4 and not mismatch:
        broken.append("exit 4 without a mismatch or a damaged range")
    if code == 5 and (mismatch or not reasons):
        broken.append(f"exit 5 with {reasons} and {facts['evidence']['verdict']}")
    if code == 5 and not facts["not_examined"]:
        broken.append("exit 5, and v_not_examined is empty")


# ---- the reports ----------------------------------------------------------------------------------------------------


def check_reports(folder, code, facts, broken):
    for name in REPORTS:
        if not (folder / name).exists():
            broken.append(f"{name} is missing")
            return
    page = (folder / "report.html").read_text(encoding="utf-8")
    shape = Shape()
    shape.feed(page)
    if not page.rstrip().endswith("</html>") or shape.wrong or shape.open:
        broken.append(f"report.html is not well-formed: {shape.wrong[:3]} {shape.open[:3]}")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if not isinstance(report, dict) or len(report) < 5:
        broken.append("report.json is no report")
    for name in ("files.csv", "findings.csv", "hits.csv", "messages.csv", "timeline.csv"):
        with open(folder / name, encoding="utf-8", newline="") as stream:
            lines = csv.reader(stream)
            width = len(next(lines))
            if any(len(line) != width for line in lines):
                broken.append(f"{name} has rows of another width than its header")
    previous = None
    for line in (folder / "audit.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        if previous is not None and hashlib.sha256(previous).hexdigest() not in line.decode():
            broken.append("the audit log's chain is broken")
        previous = line
        assert isinstance(entry, dict)
    check_manifest(folder, broken)


def check_manifest(folder, broken):
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    json.loads(text)
    for name in ("index.db", "report.html", "report.json", "files.csv"):
        if support.sha256_of(folder / name) not in text:
            broken.append(f"manifest.json has another digest for {name}")


# ---- all of it ------------------------------------------------------------------------------------------------------


def judge(seed, number, notes, image, folder, pristine):
    verdict = Verdict(seed.name, number, notes)
    broken = verdict.broken
    files = [image.parent / path.name for path in seed.files]
    files = [image] + [path for path in files if path != image]
    verdict.code, err, verdict.seconds, untouched = examine(files, folder)
    if verdict.code == 3 and "--incomplete" in err:
        again = folder.with_name("again")
        verdict.code, err, seconds, still = examine(files, again, "--incomplete")
        verdict.seconds, untouched, folder = max(verdict.seconds, seconds), untouched and still, again
    if not untouched:
        broken.append("the evidence or its folder was changed")
    if verdict.code is None:
        broken.append(f"no end within {SECONDS} seconds")
        return verdict
    if verdict.code not in (0, 1, 3, 4, 5):
        broken.append(f"exit code {verdict.code}: {err[-400:]}")
        return verdict
    if verdict.code != 0 and not err.strip():
        broken.append(f"exit code {verdict.code} without a word")
    kind = "ewf" if seed.family == "ewf" else "raw"
    theirs = names_of_bsdtar(image) if seed.family == "iso" else reference_names(image, kind, seed.family not in WALKED_BY_LIBTSK)
    verdict.reference = None if theirs is None else len(theirs)
    if verdict.code == 3:
        if theirs:
            broken.append(f"exit 3, but another reader lists {len(theirs)} names: {err[-300:]}")
        return verdict
    facts = check_index(folder, broken)
    if facts is None:
        return verdict
    check_truth(verdict.code, facts, broken)
    check_reports(folder, verdict.code, facts, broken)
    look_at_names(verdict, facts, theirs, pristine)
    if seed.family == "ewf":
        check_bytes(seed, facts, pristine, notes, broken)
    return verdict


def look_at_names(verdict, facts, theirs, pristine):
    ours = {comparable(path) for path in facts["paths"]}
    verdict.names = len(ours)
    verdict.codes = tuple(sorted({issue["code"] for issue in facts["issues"]}))
    verdict.flagged = bool(incomplete_reasons(facts)) or bool(facts["bad"])
    verdict.crashes = sum("crash" in code for code in (i["code"] for i in facts["issues"]))
    verdict.hangs = sum("stall" in code or "timeout" in code for code in (i["code"] for i in facts["issues"]))
    verdict.fewer = verdict.names < len(pristine["names"])
    # An entry may have another name here: libtsk gives long names to other entries than those their checksum is of.
    lost = {comparable(path) for path, entry in (theirs or {}).items() if entry is None or entry not in facts["entries"]} - ours
    if lost and not verdict.flagged:
        verdict.broken.append(f"{len(lost)} names that another reader lists are missing and nothing says so: {sorted(lost)[:5]}")


def check_bytes(seed, facts, pristine, notes, broken):
    """What limier calls good is what was acquired, or the stored digest says otherwise."""
    evidence = facts["evidence"]
    signalled = evidence["verdict"] in ("mismatch", "damaged", "incomplete") or bool(facts["bad"])
    if evidence["sha256"] and not signalled and evidence["sha256"] != pristine["media"]:
        if not any(issue["stage"] == "container" for issue in facts["issues"]):
            broken.append("other bytes than were acquired, and no signal")
        elif evidence["verdict"] == "verified":
            broken.append("other bytes than were acquired, called verified")
    if evidence["verdict"] == "mismatch":
        return
    for row in facts["digests"]:
        key = (row["path"], row["inode"], row["attr_type"], row["attr_id"])
        if key in pristine["digests"] and pristine["digests"][key] != row["sha256"] and not row["deleted"]:
            broken.append(f"{row['path']} is called {row['content_state']} and has another digest than before the damage")
            return
