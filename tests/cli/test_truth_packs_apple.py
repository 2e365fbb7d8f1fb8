"""Packs of iOS against what other programs read out of public research phones: as many rows, and the same in them."""
import io
import json
import pathlib
import sqlite3
import tempfile
import unittest
import zipfile
from datetime import datetime, timezone

from cli_support import AUTHORITY, CORPUS, EXIT_GOOD, limier, make_ext4

EXPECTED = CORPUS / "expected" / "artefacts"
IOS = CORPUS / "artefacts" / "mobile" / "ios"
CASES = CORPUS / "artefacts" / "mobile" / "ios-cases"
ZIPS = {"book": CASES / "addressBook.josh_ios15.zip", "teams": CASES / "teamsMessages.josh_ios15.zip",
        "accounts": CASES / "accountData.josh_ios15.zip", "whatsapp": CASES / "whatsAppCallHistory.josh_ios15.zip",
        "voice": IOS / "googleVoice.josh_ios17.zip"}
FILES = {"old/Accounts3.sqlite": IOS / "Accounts3.sqlite", "kik/kik.sqlite": IOS / "kik.sqlite",
         "instagram/9368974384.db": IOS / "instagram_9368974384.db"}
PHONE = IOS / "hickman-ios13"


def evidence_files():
    files = {name: path.read_bytes() for name, path in FILES.items()}
    for path in PHONE.rglob("*"):
        if path.is_file() and "Photos" not in path.name:
            files[f"phone/{path.relative_to(PHONE)}"] = path.read_bytes()
    for name, path in ZIPS.items():
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            for member in archive.namelist():
                if not member.endswith("/") and not member.endswith("-shm"):
                    files[f"{name}/{member}"] = archive.read(member)
    return files


def expected(name):
    return json.loads((EXPECTED / name).read_text(encoding="utf-8"))


def artefact(document, function):
    return next(one["rows"] for one in document["artefacts"] if one["function"] == function)


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


@unittest.skipUnless(CORPUS.is_dir(), f"no corpus at {CORPUS}")
class ApplePacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        cls.addClassCleanup(scratch.cleanup)
        work = pathlib.Path(scratch.name)
        work.chmod(0o755)
        (work / "evidence").mkdir()
        image = make_ext4(work / "evidence" / "disk.dd", size_mib=64, files=evidence_files())
        done = limier("triage", image, "--out", work / "case", *AUTHORITY, "--progress", "none")
        assert done.returncode == EXIT_GOOD, done.stderr
        cls.index = sqlite3.connect(f"file:{work}/case/index.db?mode=ro", uri=True)
        cls.addClassCleanup(cls.index.close)

    def rows(self, view, columns, parser, where="1"):
        """Those that the application would show; rows that are no longer are told apart by their state."""
        return self.index.execute(f"SELECT {columns} FROM {view} JOIN v_file USING (file_id) "
                                  f"WHERE parser = ? AND {view}.state = 'live' AND {where}", (parser,)).fetchall()

    def test_contacts(self):
        wanted = []
        for row in artefact(expected("ios-cases/addressBook.josh_ios15.json"), "addressBook"):
            name = " ".join(part for part in row[3:5] if part) or row[5]
            values = [one.partition(": ")[2] for cell in row[6:8] for one in (cell or "").split("\r") if one]
            wanted += [(name, value) for value in values] or [(name, None)]
        for row in expected("phones/hickman-ios13.json")["rows"]["contacts"]["rows"]:
            wanted += [(" ".join(row[1:3]), value) for value in row[6]] or [(" ".join(row[1:3]), None)]
        self.assertCountEqual(self.rows("v_contact", "v_contact.name, coalesce(number, email)", "ios-contacts"), wanted)

    def test_calls(self):
        rows = expected("phones/hickman-ios13.json")["rows"]["calls"]["rows"]
        wanted = [(f"sqlite:ZCALLRECORD:rowid={row[0]}", seconds(row[1]), row[3], "out" if row[4] else "in") for row in rows]
        found = self.rows("v_call", "locator, t_ns / 1000000000, party, direction", "ios-calls")
        self.assertCountEqual(found, wanted)
        gaps = [text for (text,) in self.index.execute("SELECT message FROM v_issue WHERE code = 'pack-gap'")]
        highest, there = expected("phones/hickman-ios13.json")["rows"]["calls_max"]["rows"][0]
        self.assertIn(f"pack ios-calls: calls.ZCALLRECORD gave out {highest} numbers, {highest - there} of them have no row",
                      gaps)

    def test_accounts(self):
        databases = expected("ios-cases/accountData.josh_ios15.json")["databases"].values()
        wanted = sum(one["rows"]["ZACCOUNT"] for one in databases)
        wanted += expected("mobile.json")["files"]["artefacts/mobile/ios/Accounts3.sqlite"]["independent"]["rows"]["ZACCOUNT"]
        found = self.rows("v_account", "identifier, role", "ios-accounts")
        self.assertEqual(len(found), wanted)
        self.assertEqual({who for who, role in found if role == "owner"}, {"thisisdfir@gmail.com"})

    def test_whatsapp(self):
        document = expected("ios-cases/whatsAppCallHistory.josh_ios15.json")
        wanted = [(seconds(row[0]), {"Outgoing": "out", "Incoming": "in"}[row[3]], row[5], row[6],
                   seconds("1970-01-01T" + row[2] + "Z")) for row in artefact(document, "whatsAppCallHistory")]
        found = self.rows("v_call", "t_ns / 1000000000, direction, party, party_name, duration_s", "whatsapp-ios-calls")
        self.assertCountEqual(found, wanted)
        wanted = [(row[0], row[3], row[5]) for row in artefact(document, "whatsAppContacts")]
        self.assertCountEqual(self.rows("v_contact", "v_contact.name, number, handle", "whatsapp-ios-contacts"), wanted)

    def test_google_voice(self):
        def data(function):
            [path] = (EXPECTED / "ileapp").glob(f"googleVoice.{function}.*.json")
            return json.loads(path.read_text(encoding="utf-8"))["data"]
        ways = {"Outgoing": "out", "Incoming": "in", "Missed": "in"}
        wanted = [(row[0], ways[row[3]], row[2], None if row[10] else row[4], row[5] or None, row[6], row[8])
                  for row in data("googleVoiceMessages")]
        found = self.rows("v_message", "t_ns / 1000000000, direction, thread, nullif(sender, 'owner'), body, attachments, v_message.deleted",
                          "google-voice-ios", "v_message.kind <> 'voicemail'")
        self.assertCountEqual(found, wanted)
        # Of what went out, the other program gives the account's own number as the other side.
        wanted = [(row[0], ways[row[1]], None if row[1] == "Outgoing" else row[2], int(row[3]))
                  for row in data("googleVoiceCalls")]
        found = self.rows("v_call", "t_ns / 1000000000, direction, CASE direction WHEN 'in' THEN party END, duration_s",
                          "google-voice-ios")
        self.assertCountEqual(found, wanted)

    def test_teams(self):
        document = expected("ios-cases/teamsMessages.josh_ios15.json")
        rows = artefact(document, "teamsMessages")
        wanted = [(seconds(row[0]), row[4], None if row[11] or row[9] == "threadactivity" else row[3]) for row in rows]
        self.assertCountEqual(self.rows("v_message", "t_ns / 1000000000, thread, nullif(sender, 'owner')", "teams-ios"), wanted)
        texts = [row[2] for row in rows if row[9] == "text" and row[2]]
        bodies = [body for (body,) in self.rows("v_message", "body", "teams-ios")]
        self.assertEqual([text for text in texts if text not in bodies], [])
        wanted = [(seconds(row[0]), {"outgoing": "out", "incoming": "in"}[row[3]],
                   row[7] if row[3] == "outgoing" else row[6]) for row in artefact(document, "teamsCalls")]
        self.assertCountEqual(self.rows("v_call", "t_ns / 1000000000, direction, party", "teams-ios"), wanted)
        people = [row for row in self.rows("v_contact", "v_contact.name", "teams-ios", "handle IS NULL")]
        self.assertCountEqual(people, [(row[0],) for row in artefact(document, "teamsContacts")])

    def test_kik_and_instagram(self):
        document = expected("mobile.json")["files"]
        for name, parser, text in (("kik.sqlite", "kik-ios", "Hello"),
                                   ("instagram_9368974384.db", "instagram-ios",
                                    "Clicked over to Threads. I still do not understand why this app exists.")):
            [test] = document[f"artefacts/mobile/ios/{name}"]["plaso_tests"]
            found = self.rows("v_message", "t_ns, body", parser)
            self.assertEqual(len(found), test["event_data"], name)
            times = [one["values"].get("received_time") or one["values"]["sent_time"] for one in test["samples"]]
            for time in times:
                stamp = int(datetime.fromisoformat(time).astimezone(timezone.utc).timestamp() * 1000)
                self.assertTrue(any(abs(t // 1_000_000 - stamp) <= 1 for t, _ in found), time)
            self.assertIn(text, [body for _, body in found])

    def test_nothing_else_is_said(self):
        issues = self.index.execute("SELECT code, message FROM v_issue WHERE code NOT IN "
                                    "('pack-gap', 'sqlite-auto-vacuum', 'sqlite-secure-delete')").fetchall()
        self.assertEqual(issues, [])


if __name__ == "__main__":
    unittest.main()
