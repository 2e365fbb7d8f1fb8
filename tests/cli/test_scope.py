"""`--scope`: what may not be read is in no output and not in the index; only how much it was is said."""
import json
import os
import pathlib
import random
import shutil
import sqlite3
import tempfile
import time
import unittest

import phone
from batch_support import BatchTest
from cli_support import (AUTHORITY, EXIT_GOOD, EXIT_REFUSED, EXIT_USAGE, CliTest, limier, sha256)
from resuming import Case

BUDGET_SECONDS = float(os.environ.get("LIMIER_FAILPOINT_SECONDS", "40"))
LEAST_POINTS = 12
SEED = int(os.environ.get("LIMIER_TEST_SEED", "16"))

# Made up for this test. What is masked by a term, by a person, by the period, and what may be read.
TERM = "zwaluwdossier"
LAWYER, LAWYER_MAIL, LAWYER_NAME = "+32 470 99 98 88", "kanselarij@raadsvrouw.example", "Quirina Vandermasker"
BY_TERM = ["Over het ZWALUWDOSSIER zwijgen we", "het Zwalüwdossier ligt klaar",
           "Morgen schieten we hem dood bij zijn huis, het pistool ligt bij het zwaluwdossier"]
BY_PERSON = "Dit is alleen voor mijn raadsvrouw bestemd, schaduwbladzijde"
DELETED = "verwijderde onderonsjes met schaduwbladzijde"
OUTSIDE = "Oudejaarspraat uit een ander jaar, tulpenbol"
READABLE = ["Boodschappen: melk en brood", "Ik ben er om acht uur"]
# None of them may be seen anywhere, in any case, as UTF-8 or UTF-16.
SECRETS = [TERM, "zwal\u00fcwdossier", "470999888", "470 99 98 88", LAWYER_MAIL, "vandermasker", "quirina", "schaduwbladzijde", "tulpenbol"]
TITLE, PRIVILEGE, PERIOD = "Grenzen van bevel 12", "beroepsgeheim", "buiten de periode"
DANGER = "Morgen schieten we hem dood bij zijn huis, het pistool ligt al klaar"
YEAR_MS = 365 * 86_400_000

SCOPE = f'''title = "{TITLE}"
[period]
from = "2023-11"
to = 2024-06-30
reason = "{PERIOD}"
[[mask]]
reason = "{PRIVILEGE}"
persons = ["{LAWYER}", "{LAWYER_MAIL}", "{LAWYER_NAME}"]
terms = ["Zwaluwdossier"]
'''
MAIL = f"""From: "{LAWYER_NAME}" <{LAWYER_MAIL}>
To: client@example.org
Date: Wed, 15 Nov 2023 10:00:00 +0000
Subject: schaduwbladzijde
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

schaduwbladzijde
--b
Content-Type: application/pdf; name="schaduwbladzijde.pdf"
Content-Disposition: attachment; filename="schaduwbladzijde.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b--
""".replace("\n", "\r\n")
OPEN_MAIL = """From: friend@example.net
To: client@example.org
Date: Wed, 15 Nov 2023 11:00:00 +0000
Subject: feest
Content-Type: text/plain

Tot zaterdag bij het kampvuur
""".replace("\n", "\r\n")


def messages():
    rows = [phone.row_of(number, body) for number, body in enumerate([*READABLE, DANGER, *BY_TERM], 1)]
    number = len(rows) + 1
    rows.append({**phone.row_of(number, BY_PERSON, "0470/99.98.88"), "type": 1})
    rows.append({**phone.row_of(number + 1, BY_PERSON + " terug", "0032470999888"), "type": 2})
    rows.append({**phone.row_of(number + 2, OUTSIDE), "date": phone.FIRST_MS - 3 * YEAR_MS})
    return rows


def make_image(folder):
    tree = folder / "tree"
    rows = messages()
    store = tree / phone.STORE
    # One is in the log alone; of one that was deleted the bytes are left.
    phone.make_store(store, rows[:-1], rows[-1:])
    other = tree / "user/1" / phone.STORE
    other.parent.mkdir(parents=True)
    with sqlite3.connect(other) as db:
        db.execute("PRAGMA secure_delete = OFF")
        phone.schema(db)
        gone = {**phone.row_of(5, DELETED, "+32470999888"), "type": 1}
        phone.insert(db, [*(phone.row_of(number) for number in range(1, 5)), gone])
        db.commit()
        db.execute("DELETE FROM sms WHERE _id = 5")
    db.close()
    assert DELETED.encode() in other.read_bytes()
    for name, data in {f"docs/{TERM}-2023.pdf": b"%PDF-1.4 x", "Zwaluwdossier/plan.txt": b"text", "docs/open.txt": b"open",
                       "mail/one.eml": MAIL.encode(), "mail/two.eml": OPEN_MAIL.encode(),
                       f"mail/{TERM}.eml": OPEN_MAIL.replace("kampvuur", "tulpenbol").encode()}.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (tree / "link").symlink_to(f"/docs/{TERM}-2023.pdf")
    (folder / "evidence").mkdir()
    return phone.make_image(folder / "evidence" / "disk.dd", tree, "8192K")


def found_in(data):
    """The secrets that stand in these bytes."""
    forms = (data.lower(), data.replace(b"\0", b"").lower(), data.decode("utf-8", "ignore").lower().encode())
    return {secret for secret in SECRETS
            if any(secret.lower().encode(code) in form for form in forms for code in ("utf-8", "latin-1"))}


class ScopeTest(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.image = make_image(cls.folder)
        cls.scope = cls.folder / "scope.toml"
        cls.scope.write_text(SCOPE, encoding="utf-8")
        cls.made = cls.folder / "case"
        cls.done = limier("triage", cls.image, "--out", cls.made, *AUTHORITY, "--progress", "json", "--scope", cls.scope)

    def setUp(self):
        super().setUp()
        self.assertEqual(self.done.returncode, EXIT_GOOD, self.done.stderr)
        shutil.copytree(self.made, self.out)

    @staticmethod
    def news(done):
        """Keys of the findings that were told while the run went on."""
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b'{"finding"')]
        return {line["finding"]["key"] for line in lines}

    def masked(self, folder=None):
        rows = self.query("SELECT kind, reason, items FROM v_masked", folder)
        return {(kind, reason): items for kind, reason, items in rows}


class NothingIsShown(ScopeTest):
    def test_without_the_scope_every_secret_is_shown(self):
        """So that the tests below can fail."""
        done = limier("triage", self.image, "--out", self.work / "open", *AUTHORITY, "--progress", "json")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        seen = found_in((self.work / "open" / "index.db").read_bytes())
        self.assertEqual(seen | {"470 99 98 88"}, set(SECRETS))
        self.assertEqual(len(self.news(done)), len(self.news(self.done)) + 1, "the masked threat is a finding too")
        self.assertTrue(found_in((self.work / "open" / "report.html").read_bytes()))
        self.assertEqual(self.masked(self.work / "open"), {})

    def test_no_file_of_the_case_and_nothing_on_the_terminal(self):
        self.assertEqual(limier("report", self.out, "--format", "html,json,csv,bodyfile,dfxml,junit").returncode, EXIT_GOOD)
        for file in sorted(self.out.iterdir()):
            self.assertEqual(found_in(file.read_bytes()), set(), file.name)
        self.assertEqual(found_in(self.done.stdout + self.done.stderr), set())
        self.assertEqual(len(self.news(self.done)), 1, "what may be read is still told at once")

    def test_no_command_shows_it(self):
        message = self.query(f"SELECT message_id FROM v_message WHERE body = '{DANGER}'")[0][0]
        finding = self.query("SELECT key FROM v_finding ORDER BY rank")[0][0]
        views = [name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'view'")]
        commands = [["files", self.out, "--json"], ["timeline", self.out, "--json"], ["messages", self.out, "--json"],
                    ["messages", self.out], ["explain", self.out, f"message:{message}", "--json"],
                    ["explain", self.out, finding], ["check", self.out], ["tag", self.out, "file:1", "--tag", "x"]]
        commands += [["sql", self.out, f"SELECT * FROM {view}", "--json"] for view in views]
        for command in commands:
            done = limier(*command)
            self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
            self.assertEqual(found_in(done.stdout + done.stderr), set(), command)

    def test_what_may_be_read_is_there(self):
        bodies = {body for (body,) in self.query("SELECT body FROM v_message")}
        self.assertLessEqual({*READABLE, DANGER}, bodies)
        self.assertTrue(any("kampvuur" in (body or "") for body in bodies))
        paths = {path for (path,) in self.query("SELECT path FROM v_file")}
        self.assertLessEqual({"/docs/open.txt", "/docs/[masked]", "/[masked]", "/[masked]/plan.txt", "/mail/one.eml"}, paths)
        self.assertEqual(self.query("SELECT link_target FROM v_file WHERE path = '/link'"), [("/docs/[masked]",)])


class OnlyCounts(ScopeTest):
    def test_by_kind_and_reason(self):
        masked = self.masked()
        # Three by the term, two of the lawyer and the mail; what was deleted may be found in several ways.
        self.assertGreaterEqual(masked["message", PRIVILEGE], len(BY_TERM) + 3)
        self.assertEqual(masked["message", PERIOD], 1)
        self.assertEqual(masked["name", PRIVILEGE], 3)
        self.assertEqual(masked["attachment", PRIVILEGE], 1)

    def test_on_every_report(self):
        masked = self.masked()
        self.assertEqual(limier("report", self.out, "--format", "html,json,csv,junit,dfxml").returncode, EXIT_GOOD)
        digest = sha256(self.scope)
        page = (self.out / "report.html").read_text(encoding="utf-8")
        for words in (TITLE, f"masked by the scope: {PRIVILEGE}", PERIOD, digest):
            self.assertIn(words, page)
        report = json.loads((self.out / "report.json").read_text(encoding="utf-8"))
        self.assertEqual({(one["kind"], one["reason"]): one["items"] for one in report["masked"]}, masked)
        self.assertEqual((report["options"]["scope"], report["options"]["scope_sha256"]), (TITLE, digest))
        self.assertIn(f"masked by the scope: {PERIOD}", (self.out / "junit.xml").read_text(encoding="utf-8"))
        self.assertIn(PERIOD, (self.out / "masked.csv").read_text(encoding="utf-8"))
        self.assertIn(digest, (self.out / "dfxml.xml").read_text(encoding="utf-8"))
        self.assertIn(f"masked by the scope: {PERIOD}".encode(), self.done.stdout)

    def test_the_digest_of_the_file_is_recorded(self):
        digest = sha256(self.scope)
        self.assertEqual(self.query("SELECT scope_title, scope_sha256 FROM v_run"), [(TITLE, digest)])
        self.assertEqual(json.loads((self.out / "manifest.json").read_text())["scope_sha256"], digest)
        self.assertIn(digest, (self.out / "audit.jsonl").read_text())

    def test_a_masked_name_is_not_looked_into(self):
        rows = self.query("SELECT i.state, i.reason FROM v_item i JOIN v_file f USING (file_id) WHERE f.path LIKE '/mail/[masked]'")
        self.assertEqual(rows, [("not-read", "its name is masked by the scope")])

    def test_the_number_of_jobs_changes_nothing(self):
        again = limier("triage", self.image, "--out", self.work / "again", *AUTHORITY, "--progress", "none", "--scope", self.scope,
                       "--jobs", "1")
        self.assertEqual(again.returncode, EXIT_GOOD, again.stderr)
        self.assertEqual(self.masked(self.work / "again"), self.masked())
        self.assertEqual((self.work / "again" / "report.json").read_bytes(), (self.out / "report.json").read_bytes())


class KilledAndResumed(ScopeTest):
    """A run under a scope dies at a write, and goes on: the same bytes, the same counts, and at no moment a secret in the folder."""

    def secrets_in(self, folder):
        return {(str(path.relative_to(folder)), secret) for path in sorted(folder.rglob("*")) if path.is_file()
                for secret in found_in(path.name.encode() + path.read_bytes())}

    def test_a_sample_of_all_points(self):
        work = self.work / "killed"
        work.mkdir()
        case = Case(self.image, work, "--scope", self.scope)
        masked = self.masked(work / "whole")
        self.assertEqual(masked, self.masked())
        names = case.points()
        first, last = {}, {}
        for number, name in enumerate(names, 1):
            first.setdefault(name, number)
            last[name] = number
        wanted = sorted(set(first.values()) | set(last.values()))
        others = list(range(1, len(names) + 1))
        rng = random.Random(SEED)
        rng.shuffle(wanted)
        rng.shuffle(others)
        deadline = time.monotonic() + BUDGET_SECONDS
        tried = 0
        for place, at in enumerate(wanted + others):
            if tried >= LEAST_POINTS and time.monotonic() > deadline:
                break
            tried += 1
            action = ("kill", "kill-after", "short")[place % 3]
            with self.subTest(point=f"{at} {names[at - 1]}", action=action):
                case.clear()
                case.triage(env=case.failing(at, action))
                if case.out.exists():
                    self.assertEqual(self.secrets_in(case.out), set(), "while it is not finished")
                self.assertEqual(case.problem_of_resuming(), "")
                self.assertEqual(self.masked(case.out), masked)
                self.assertEqual(self.secrets_in(case.out), set())
        self.assertGreaterEqual(tried, LEAST_POINTS)


class Refused(ScopeTest):
    def test_what_reads_the_evidence_as_it_is(self):
        file_id = self.query("SELECT file_id FROM v_file WHERE path LIKE '%/mmssms.db'")[0][0]
        self.assert_fails(limier("rows", self.out, "--file", file_id), EXIT_REFUSED, "scope")
        self.assert_fails(limier("export", self.out, "--file", file_id, "--to", self.work / "to"), EXIT_REFUSED, "scope")
        self.assertFalse((self.work / "to").exists())

    def test_explain_reads_nothing_again(self):
        message = self.query(f"SELECT message_id FROM v_message WHERE body = '{DANGER}'")[0][0]
        explained = self.parse(limier("explain", self.out, f"message:{message}", "--json"))
        self.assertEqual((explained["read"], explained["record"]["bytes"]), ([], None))

    def test_another_scope_when_it_is_resumed(self):
        (self.out / "manifest.json").unlink()
        other = self.work / "other.toml"
        other.write_text(SCOPE + "# another file\n", encoding="utf-8")
        for options in ([], ["--scope", other]):
            self.assert_fails(self.triage(self.image, "--resume", *options), EXIT_REFUSED, "--scope")
        self.assertEqual(self.triage(self.image, "--resume", "--scope", self.scope).returncode, EXIT_GOOD)

    def test_texts_that_would_print_it(self):
        for options in (["--note", f"about {LAWYER_NAME}"], ["--exhibit", "zwaluwdossier 3"], ["--case", "0470 999 888"]):
            self.assert_fails(self.triage(self.image, "--scope", self.scope, *options, out=self.work / "new"), EXIT_USAGE,
                              options[0])
            self.assert_no_case(self.work / "new")

    def test_files_that_are_none(self):
        good = '[[mask]]\nreason = "r"\nterms = ["zwaluwdossier"]\n'
        for text, words in (("", ["title"]), ('title = "t"\n', ["masks nothing"]), ("title = zwaluwdossier\n", ["line 1", "TOML"]),
                            ('title = "t"\nzwaluwdossier = 1\n', ["line 2", "key"]), (good, ["'title'"]),
                            ('title = "about zwaluwdossier"\n' + good, ["title"]),
                            ('title = "t"\n' + good.replace('"r"', '"zwaluwdossier"'), ["reason"]),
                            ('title = "t"\n[[mask]]\nreason = "r"\n', ["line 2", "persons"]),
                            ('title = "t"\n[[mask]]\nterms = ["abc"]\n', ["reason"]),
                            ('title = "t"\n[[mask]]\nreason = "r"\nterms = ["a!"]\n', ["too short"]),
                            ('title = "t"\n[[mask]]\nreason = "r"\npersons = ["112"]\n', ["too short"]),
                            ('title = "t"\n[[mask]]\nreason = "r"\nterms = "zwaluwdossier"\n', ["list"]),
                            ('title = "t"\n[period]\nfrom = "tomorrow"\n', ["from", "date"]),
                            ('title = "t"\n[period]\n', ["from"]),
                            ('title = "t"\n[period]\nfrom = "2022"\nto = "2021"\n', ["ends before"])):
            with self.subTest(text=text):
                file = self.work / "bad.toml"
                file.write_text(text, encoding="utf-8")
                done = self.triage(self.image, "--scope", file, out=self.work / "new")
                self.assert_fails(done, EXIT_USAGE, *words)
                self.assertNotIn(b"zwaluw", done.stderr.lower())
                self.assert_no_case(self.work / "new")
        self.assert_fails(self.triage(self.image, "--scope", self.work / "none.toml", out=self.work / "new"), EXIT_USAGE, "none.toml")


class Batches(BatchTest):
    def test_a_case_is_masked_as_planned(self):
        folder = self.work / "phone"
        folder.mkdir()
        image = make_image(folder)
        scope = self.work / "scope.toml"
        scope.write_text(SCOPE, encoding="utf-8")
        bad = self.manifest([f"P-1,{image},warrant 12,none.toml"], header="exhibit,path,authority,scope_file")
        self.assertEqual(self.plan(bad).returncode, EXIT_USAGE)
        manifest = self.manifest([f"P-1,{image},warrant 12,scope.toml"], header="exhibit,path,authority,scope_file")
        self.assertEqual(self.plan(manifest).returncode, EXIT_GOOD)
        done = self.batch("run")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertEqual(self.batch("merge").returncode, EXIT_GOOD)
        for file in sorted(self.out.rglob("*")):
            if file.is_file():
                self.assertEqual(found_in(file.read_bytes()), set(), file)
        self.assertIn(f"masked by the scope: {PRIVILEGE}", (self.out / "case.html").read_text(encoding="utf-8"))
        scope.write_text(SCOPE + "# another\n", encoding="utf-8")
        changed = self.plan(manifest)
        self.assertEqual(changed.returncode, EXIT_REFUSED)
        self.assertIn(b"the scope file", changed.stderr)

    def test_a_task_with_another_file_than_was_planned_examines_nothing(self):
        folder = self.work / "phone"
        folder.mkdir()
        image = make_image(folder)
        scope = self.work / "scope.toml"
        scope.write_text(SCOPE, encoding="utf-8")
        plain = self.manifest([f"P-1,{image},warrant 12"])
        self.assertEqual(self.plan(plain, "--scope-file", scope).returncode, EXIT_GOOD)
        scope.write_text(SCOPE.replace("2023-11", "2023-10"), encoding="utf-8")
        self.assertEqual(self.batch("run").returncode, EXIT_USAGE)
        self.assertFalse((self.out / "exhibits" / "P-1" / "index.db").exists())


if __name__ == "__main__":
    unittest.main()
