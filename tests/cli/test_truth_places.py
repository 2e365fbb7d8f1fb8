"""Rows stand where limier says that they do: a script of its own reads those bytes out of the images and finds them there."""
import base64
import contextlib
import email
import hashlib
import html
import json
import pathlib
import random
import re
import sqlite3
import struct
import tempfile
import unittest

from cli_support import AUTHORITY, CORPUS, SOURCE, limier, make_e01, make_ext4
from place_readers import Database, EwfImage, PlacedFile, RawImage, Record

SCENARIO = SOURCE.parent / "shared/scenario/out/dev-1/images"
MOST_ROWS = 200  # of a kind
EXPLAINED = 1  # of a kind, image, maker and source, that `explain` is asked about too
LOGS = {"wal": "-wal", "wal-slack": "-wal", "journal": "-journal"}
# What a row's record has to hold: the first that is there must be found, or where it is a tuple, one of these.
VALUES = {
    "account": [("identifier", "display_name")],
    "app": [("package", "name", "version", "installed_ns", "last_used_ns")],
    "artifact": [("t_ns", "summary", "detail")],
    "attachment": [("name", "path", "sha256", "mime", "size", "t_ns")],
    "call": [("party", "t_ns", "duration_s")],
    "connection": [("name", "serial", "address", "first_ns", "last_ns")],
    "contact": [("number", "email", "handle", "name")],
    "device": [("value",)],
    "message": ["body", ("t_ns", "received_ns", "service_id", "sender", "recipients", "thread")],
    "place": [("latitude", "t_ns")],
    "web": [("url", "title", "value", "t_ns", "target_path")],
}
# Seconds since 1970 at which these count from, and their units in a second.
EPOCHS = [(0, unit) for unit in (1, 10**3, 10**6, 10**9)]
EPOCHS += [(978307200, unit) for unit in (1, 10**9)] + [(-11644473600, unit) for unit in (10**6, 10**7)]
KINDS_WITHOUT_PLACE = ("none: ", "not known: ")  # how `explain` begins to say so


def forms_of(text):
    return [text.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")]


def mail_says(mail, body):
    """Whether a text part of the mail that begins here has this text, whatever it is encoded in."""
    following = mail.find(b"\nFrom ", 1)
    mail = mail[: following if mail.startswith(b"From ") and following > 0 else len(mail)]
    message = email.message_from_bytes(mail.split(b"\n", 1)[1] if mail.startswith(b"From ") else mail)
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        text = (part.get_payload(decode=True) or b"").decode(part.get_content_charset("utf-8"), "replace")
        if " ".join(body.split()) in " ".join(text.replace("\n>From ", "\nFrom ").split()):
            return True
        if part.get_content_subtype() == "html" and all(word in html.unescape(text) for word in body.split()):
            return True
    return False


def stands_in(record_bytes, values, column, value):
    """Whether a value of the index is among those of a record, or in the bytes where it cannot be taken apart."""
    if column.endswith("_ns"):
        stamps = [(value // 10**9 - since) * unit + value % 10**9 * unit // 10**9 for since, unit in EPOCHS]
        numbers = [one for one in values if isinstance(one, (int, float))]
        texts = [int(one) for one in values if isinstance(one, bytes) and one.isdigit()]
        return any(abs(number - stamp) <= 1 for number in numbers + texts for stamp in stamps)
    if isinstance(value, (int, float)):
        return any(one == value or one == str(value).encode() for one in values)
    if column == "body" and re.match(rb"(From |[A-Za-z-]+:)", record_bytes) and not values:
        return mail_says(record_bytes, value)
    needles = forms_of(value)
    if any(needle in one for one in values if isinstance(one, bytes) for needle in needles):
        return True
    if value.lstrip("+-").isdigit() and int(value) in values:
        return True
    return not values and any(needle in record_bytes for needle in needles)


class Case:
    """One image, triaged, and read beside it by the readers of this test."""

    def __init__(self, image, folder, raw=False):
        self.image, self.folder = image[0], folder
        self.media = RawImage(*image) if raw else EwfImage(*image)
        done = limier("triage", image[0], "--out", folder, *AUTHORITY, "--progress", "none")
        if done.returncode not in (0, 5):
            raise AssertionError(done.stderr)
        self.index = sqlite3.connect(f"file:{folder}/index.db?mode=ro", uri=True)
        self.index.row_factory = sqlite3.Row
        self.index.text_factory = lambda data: data.decode("utf-8", "replace")
        self.files, self.databases = {}, {}

    def rows(self, sql, *arguments):
        return [dict(row) for row in self.index.execute(sql, arguments)]

    def file(self, file_id):
        if file_id not in self.files:
            runs = self.index.execute("SELECT file_offset, image_offset, length FROM v_extent WHERE file_id = ? AND kind = "
                                      "'data' AND image_offset IS NOT NULL", (file_id,)).fetchall()
            size = self.index.execute("SELECT size FROM v_file WHERE file_id = ?", (file_id,)).fetchone()[0]
            self.files[file_id] = PlacedFile(self.media, [tuple(run) for run in runs], size)
        return self.files[file_id]

    def holder(self, row):
        """The file that holds a row's record."""
        ending = LOGS.get(row["source"])
        if ending is None:
            return row["file_id"]
        return self.index.execute("SELECT l.file_id FROM v_file f JOIN v_file l ON l.volume_id = f.volume_id AND l.path = "
                                  "f.path || ? WHERE f.file_id = ? ORDER BY l.deleted <> f.deleted LIMIT 1",
                                  (ending, row["file_id"])).fetchone()[0]

    def whole(self, file_id):
        return self.file(file_id).read(0, self.file(file_id).size)

    def database(self, row):
        if row["file_id"] not in self.databases:
            log = self.rows("SELECT l.file_id FROM v_file f JOIN v_file l ON l.volume_id = f.volume_id AND l.path = f.path || "
                            "'-wal' WHERE f.file_id = ? AND l.size > 0 ORDER BY l.deleted LIMIT 1", row["file_id"])
            self.databases[row["file_id"]] = Database(self.file(row["file_id"]), self.file(log[0]["file_id"]) if log else None)
        return self.databases[row["file_id"]]

    def explain(self, row):
        done = limier("explain", self.folder, row, "--json")
        return done.returncode, json.loads(done.stdout or "null"), done.stderr


class Places(unittest.TestCase):
    """Subclasses say which images."""

    @classmethod
    def setUpClass(cls):
        if cls is Places:
            raise unittest.SkipTest("the images come from subclasses")
        scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.work = pathlib.Path(scratch.name)
        cls.cases = cls.make_cases()
        cls.random = random.Random(17)
        cls.elsewhere = {}

    def drawn(self, rows, most=MOST_ROWS):
        return rows if len(rows) <= most else self.random.sample(rows, most)

    def all_rows(self, kind):
        return [(case, row) for case in self.cases for row in case.rows(f"SELECT * FROM v_{kind} ORDER BY {kind}_id")]

    # ---- one row ---------------------------------------------------------------------------------------------------

    def check_row(self, case, kind, row):
        where = f"{kind}:{row[f'{kind}_id']} {row['parser']} {row['locator']} {row['state']} {row['source']} of {case.image}"
        file = case.file(case.holder(row))
        if row["locator"].startswith("sqlite:") and row["source"] not in ("freeblock", "gap") and row["state"] != "fragment":
            record = Record(case.database(row), row["file_offset"], log=row["source"] in ("wal", "wal-slack"))
            held, values = record.bytes, record.values
            if ":rowid=" in row["locator"] and record.rowid is not None:
                stated = int(row["locator"].split(":rowid=")[1].split(";")[0])
                self.assertEqual(record.rowid, stated, where)
        else:
            held, values = file.read(row["file_offset"], 1 << 16), []
        for wanted in VALUES[kind]:
            names = [wanted] if isinstance(wanted, str) else wanted
            known = [(name, row[name]) for name in names if row[name] not in (None, "")]
            if not known or any(stands_in(held, values, *one) for one in known):
                continue
            # Not as it is in this record: what other tables say of it, and what is put together of several columns.
            self.assertTrue(row["locator"].startswith("sqlite:"), f"{where}: {known} in {held[:200]}")
            self.assertTrue(any(self.is_made_of(case, kind, row, values or [held], *one) for one in known),
                            f"{where}: {known} in {values or held[:200]}")
            self.elsewhere[kind] = self.elsewhere.get(kind, 0) + 1

    def is_made_of(self, case, kind, row, values, column, value):
        texts = [one for one in values if isinstance(one, bytes)]
        for text in list(texts):
            with contextlib.suppress(ValueError):
                texts.append(base64.b64decode(text, validate=True))
        if kind == "artifact":  # a fragment: its values, by bars
            return column == "summary" and all(any(part.encode() in text for text in texts) for part in value.split(" | "))
        if kind == "device":  # "206-99"; "BE" where "be" is stored
            joined = b" ".join(texts + [str(one).encode() for one in values if isinstance(one, int)]).lower()
            return all(part.encode() in joined for part in value.lower().split("-"))
        if column == "name" and value.encode() in b" ".join(texts):
            return True
        plain = [html.unescape(re.sub("<[^>]*>", "", text.decode("utf-8", "replace"))) for text in texts]
        if column in ("body", "path") and any(value in text for text in plain):
            return True
        if column not in ("body", "path", "name"):
            return False
        files = [row["file_id"]] + [one["file_id"] for one in case.rows(
            "SELECT l.file_id FROM v_file f JOIN v_file l ON l.volume_id = f.volume_id AND l.path = f.path || '-wal' WHERE "
            "f.file_id = ?", row["file_id"])]
        return any(form in case.whole(file_id) for file_id in files for form in forms_of(value))

    def check_explained(self, case, kind, row):
        code, told, errors = case.explain(f"{kind}:{row[f'{kind}_id']}")
        where = f"{kind}:{row[f'{kind}_id']} {row['locator']} of {case.image}"
        self.assertEqual(code, 0, f"{where}: {errors} {told}")
        place = told["record"]
        for name in ("page", "file_offset", "locator", "source"):
            self.assertEqual(place[name], row[name], where)
        if row["file_offset"] is None:
            self.assertTrue(place["no_offset"].startswith(KINDS_WITHOUT_PLACE), where)
        else:
            self.assertIsNone(place["no_offset"])
            self.assertEqual(place["file_id"], case.holder(row))
            held = b"".join(case.media.read(run["image_offset"], run["length"]) for run in place["runs"])
            if place["image_offset"] is not None:
                self.assertTrue(held.startswith(bytes.fromhex(place["bytes"])), where)
            self.check_container(case, place["runs"])
        self.check_container(case, told["extents"])
        self.check_decoded(case, row, place, where)
        self.assertEqual(told["derived"]["state"] if told["derived"] else told["follows"]["agrees"],
                         "agrees" if told["derived"] else True, where)

    def check_container(self, case, runs):
        for run in runs:
            if run["image_offset"] is None:
                continue
            stated, ours = run["container"], case.media.place_of(run["image_offset"])
            if ours is None:
                self.assertEqual((stated["segment_offset"], stated["chunk"]), (run["image_offset"], None))
            else:
                self.assertEqual(tuple(stated[name] for name in ("segment", "segment_offset", "chunk", "compressed",
                                                                 "offset_in_chunk")), ours)

    def check_decoded(self, case, row, place, where):
        """What `explain` decoded is what this test decodes, and its cell is that of the page's list."""
        if not row["locator"].startswith("sqlite:") or row["file_offset"] is None:
            return
        self.assertIsNone(place["decode_problem"], where)
        if row["source"] not in ("main", "wal"):
            return
        log = row["source"] == "wal"
        file = case.file(case.holder(row))
        record = Record(case.database(row), row["file_offset"], log)
        told = place["decoded"]
        self.assertEqual(told["rowid"], record.rowid, where)
        numbers = [one for one in told["values"] if isinstance(one, int)]
        for value in record.values:
            if isinstance(value, int):
                self.assertIn(value, numbers, where)
        head = record.page_start + (100 if row["page"] == 1 else 0)
        entry = struct.unpack(">H", file.read(head + 8 + 2 * place["cell"], 2))[0]
        self.assertEqual(entry % 65536, row["file_offset"] - record.page_start, where)

    # ---- all rows --------------------------------------------------------------------------------------------------

    def check_kind(self, kind):
        rows = self.all_rows(kind)
        placed = [one for one in rows if one[1]["file_offset"] is not None]
        for case, row in self.drawn(placed):
            with self.subTest(kind=kind):
                self.check_row(case, kind, row)
        asked = {}
        for case, row in self.drawn(rows):
            asked.setdefault((case, row["parser"], row["source"], row["file_offset"] is None), []).append((case, row))
        for some in asked.values():
            for case, row in some[:EXPLAINED]:
                with self.subTest(kind=kind):
                    self.check_explained(case, kind, row)
        return len(rows), len(placed)

    def test_rows_out_of_content(self):
        seen = {kind: self.check_kind(kind) for kind in VALUES}
        for kind, least in self.least.items():
            self.assertGreaterEqual(seen[kind][1], least, f"{kind}: {seen}")
        self.assertLessEqual(self.elsewhere.get("message", 0), min(MOST_ROWS, seen["message"][1]) // 10, self.elsewhere)

    def test_files(self):
        for kind in ("file", "stream"):
            rows = [(case, row) for case in self.cases
                    for row in case.rows("SELECT f.file_id, f.path, f.size, f.sha256, f.deleted FROM v_file f WHERE f.kind = ? "
                                         "AND f.sha256 IS NOT NULL AND f.size > 0 AND NOT EXISTS (SELECT 1 FROM v_extent e "
                                         "WHERE e.file_id = f.file_id AND e.kind IN ('resident', 'compressed')) ORDER BY 1", kind)]
            for case, row in self.drawn(rows):
                held = case.file(row["file_id"]).read(0, row["size"])
                self.assertEqual(hashlib.sha256(held).hexdigest(), row["sha256"], f"{row['path']} of {case.image}")
            for case, row in self.drawn(rows, 2 * EXPLAINED):
                code, told, errors = case.explain(f"file:{row['file_id']}")
                self.assertEqual(code, 0, errors)
                self.check_container(case, told["extents"])
                placed = PlacedFile(case.media, [(run["file_offset"], run["image_offset"], run["length"]) for run in
                                                 told["extents"] if run["kind"] == "data"], row["size"])
                self.assertEqual(hashlib.sha256(placed.read(0, row["size"])).hexdigest(), row["sha256"])

    def test_what_limier_made_of_other_rows_leads_to_them(self):
        for kind in ("party", "item", "judged", "pack"):
            rows = [(case, row) for case in self.cases for row in case.rows(f"SELECT * FROM v_{kind}")]
            for case, row in self.drawn(rows, 4 * EXPLAINED):
                code, told, errors = case.explain(f"{kind}:{row[f'{kind}_id']}")
                where = f"{kind}:{row[f'{kind}_id']} of {case.image}"
                if kind == "item":
                    self.assertEqual(code, 0 if row["state"] in ("parsed", "not-applicable", "encrypted") else code, f"{where} {told}")
                    continue
                self.assertEqual(code, 0, f"{where}: {errors} {told}")
                self.assertTrue(told["follows"]["how"])
                if kind == "party":
                    counted = {one["kind"]: one["count"] for one in told["follows"]["rows"]}
                    self.assertTrue(told["follows"]["agrees"], where)
                    self.assertTrue(counted, where)

    def test_findings_are_made_again(self):
        rows = [(case, row) for case in self.cases for row in case.rows("SELECT * FROM v_finding")]
        for case, row in self.drawn(rows, 4 * EXPLAINED):
            code, told, errors = case.explain(row["key"])
            self.assertEqual(code, 0, f"{errors} {told}")
            again = told["found_again"]
            self.assertEqual((again["rule"]["state"], again["lost"], again["text_read"]), ("agrees", [], True))


@unittest.skipUnless(SCENARIO.exists(), "the made-up case is not there")
class ScenarioPlaces(Places):
    least = {"message": 1000, "call": 20, "contact": 50, "web": 10, "account": 3}

    @classmethod
    def make_cases(cls):
        names = ("a01-telefoon", "a03-aphone-brassaerts", "b01-laptop-tolvaert", "c01-server")
        return [Case([SCENARIO / f"{name}.E01"], cls.work / name) for name in names]


def artefacts():
    """Databases, mail and settings of the corpus, by names of their own."""
    files = {}
    for folder in ("browser", "mobile", "mail", "macos", "sqlite"):
        for path in sorted((CORPUS / "artefacts" / folder).rglob("*")):
            if path.is_file() and path.stat().st_size < 4 << 20:
                files[str(path.relative_to(CORPUS / "artefacts"))] = path.read_bytes()
    return files


def make_made(folder):
    """Databases as nothing in the corpus is: UTF-16, small pages, long texts, a log, deleted rows, no row numbers."""
    files = {}
    for name, encoding, page in (("16le", "UTF-16le", 512), ("16be", "UTF-16be", 1024), ("8", "UTF-8", 65536)):
        path = folder / f"sms-{name}.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA page_size = {page}")
            database.execute(f"PRAGMA encoding = '{encoding}'")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA wal_autocheckpoint = 0")
            database.execute("CREATE TABLE sms(_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER, date "
                             "INTEGER, date_sent INTEGER, protocol INTEGER, read INTEGER, status INTEGER, type INTEGER, "
                             "subject TEXT, body TEXT, service_center TEXT)")
            put = "INSERT INTO sms VALUES (?, 1, '+32470000000', NULL, ?, ?, 0, 1, -1, ?, NULL, ?, NULL)"
            for number in range(1, 120):
                text = f"row {number} \u00e9\u20ac\U0001f600 " + "lang " * (number * 37 % 400)
                database.execute(put, (number, 1_700_000_000_000 + number * 1000, 0, 1 + number % 2, text))
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            database.execute("DELETE FROM sms WHERE _id % 10 = 3")
            for number in range(200, 230):
                database.execute(put, (number, 1_700_000_500_000 + number * 1000, 0, 1, f"in the log {number}"))
            database.commit()
            for ending in ("", "-wal"):
                files[f"made/{path.name}{ending}"] = (folder / f"{path.name}{ending}").read_bytes()
    return files


@unittest.skipUnless(CORPUS.exists(), "no corpus of test images")
class ArtefactPlaces(Places):
    least = {"message": 300, "web": 50, "contact": 20, "call": 5}

    @classmethod
    def make_cases(cls):
        (cls.work / "evidence").mkdir()
        raw = make_ext4(cls.work / "evidence/artefacts.dd", size_mib=48, files={**artefacts(), **make_made(cls.work)})
        (cls.work / "set").mkdir()
        small = make_ext4(cls.work / "set.dd", size_mib=6, files=make_made(cls.work / "set"))
        parts = make_e01(small, cls.work / "evidence", segment_bytes=1 << 20)
        return [Case([raw], cls.work / "raw", raw=True), Case(parts, cls.work / "split")]


if __name__ == "__main__":
    unittest.main()
