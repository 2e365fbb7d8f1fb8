"""Packs against the corpus: real and synthetic databases laid on a phone's volume under the names they have there. What
came out of each is held against the expected values that the corpus brings, which are made by other programs."""
import collections
import datetime
import json
import shutil
import sqlite3
import unittest

import phone
from cli_support import EXIT_GOOD, EXIT_PARTLY, CliTest
from support import CORPUS, NO_CORPUS

ARTEFACTS = CORPUS / "artefacts"
EXPECTED = CORPUS / "expected/artefacts"
HICKMAN = "mobile/android/hickman-android10/data/data"
CONTACTS = "com.android.providers.contacts/databases"

# Where a file of the corpus lies on the volume. Logs beside it come along.
FILES = {
    f"{HICKMAN}/{CONTACTS}/calllog.db": f"data/{CONTACTS}/calllog.db",
    f"{HICKMAN}/{CONTACTS}/contacts2.db": f"data/{CONTACTS}/contacts2.db",
    f"{HICKMAN}/com.google.android.apps.messaging/databases/bugle_db":
        "data/com.google.android.apps.messaging/databases/bugle_db",
    "mobile/android/contacts2.db": f"old/data/{CONTACTS}/contacts2.db",
    "mobile/android/modern/calllog.db": f"user/10/{CONTACTS}/calllog.db",
    "mobile/android/modern/contacts2.db": f"user/10/{CONTACTS}/contacts2.db",
    "mobile/android/burners.sqlite": "data/com.adhoclabs.burner/databases/burners.db",
    "mobile/android/viber_data": "data/com.viber.voip/databases/viber_data",
    "browser/chrome/Cookies-68": "data/com.android.chrome/app_chrome/Default/Cookies",
    "browser/chrome/History": "home/ann/.config/google-chrome/Default/History",
    "browser/chrome/History-59.0.3071.86": "home/ann/.config/chromium/Default/History",
    "browser/chrome/History-59_added-fake-column": "home/ann/.config/vivaldi/Default/History",
    "browser/chrome/History-profile20": "Users/Ann/AppData/Local/Google/Chrome/User Data/Profile 1/History",
    "browser/chrome/History-profile60": "Users/Ann/AppData/Local/Google/Chrome/User Data/Default/History",
    "browser/chrome/Web Data": "data/com.android.chrome/app_chrome/Default/Web Data",
    "browser/edge/History": "Users/Ann/AppData/Local/Microsoft/Edge/User Data/Default/History",
    "browser/firefox/cookies.sqlite": "home/ann/.mozilla/firefox/a.default/cookies.sqlite",
    "browser/firefox/downloads.sqlite": "home/ann/.mozilla/firefox/a.default/downloads.sqlite",
    "browser/firefox/places.sqlite": "home/ann/.mozilla/firefox/a.default/places.sqlite",
    "browser/firefox/modern/places.sqlite": "home/ann/.mozilla/firefox/b.default/places.sqlite",
    "browser/safari/History.db": "Users/ann/Library/Safari/History.db",
}

# What the browsers are called, by the paths above.
BROWSERS = {
    "browser/chrome/Cookies-68": ("Chrome", "Default"),
    "browser/chrome/History": ("Chrome", "Default"),
    "browser/chrome/History-59.0.3071.86": ("Chromium", "Default"),
    "browser/chrome/History-59_added-fake-column": ("Vivaldi", "Default"),
    "browser/chrome/History-profile20": ("Chrome", "Profile 1"),
    "browser/chrome/History-profile60": ("Chrome", "Default"),
    "browser/chrome/Web Data": ("Chrome", "Default"),
    "browser/edge/History": ("Edge", "Default"),
    "browser/firefox/cookies.sqlite": ("Firefox", "a.default"),
    "browser/firefox/downloads.sqlite": ("Firefox", "a.default"),
    "browser/firefox/places.sqlite": ("Firefox", "a.default"),
    "browser/firefox/modern/places.sqlite": ("Firefox", "b.default"),
    "browser/safari/History.db": ("Safari", None),
}


def expected(name):
    return json.loads((EXPECTED / name).read_text(encoding="utf-8"))


def utc(ms):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def moment(text):
    """A time of limier or of the corpus, to the millisecond."""
    text = (text or "").replace("+00:00", "").rstrip("Z")
    return datetime.datetime.fromisoformat(text[:26]).isoformat(timespec="milliseconds") if text else None


@unittest.skipUnless(EXPECTED.is_dir(), NO_CORPUS)
class Packs(CliTest):
    def setUp(self):
        super().setUp()
        tree = self.work / "tree"
        for source, target in FILES.items():
            (tree / target).parent.mkdir(parents=True, exist_ok=True)
            for end in ("", "-wal"):
                if (ARTEFACTS / (source + end)).exists():
                    shutil.copyfile(ARTEFACTS / (source + end), tree / (target + end))
        image = phone.make_image(self.evidence / "disk.dd", tree, "65536K")
        run = self.triage(image)
        self.assertIn(run.returncode, (EXIT_GOOD, EXIT_PARTLY), run.stderr)
        self.index = sqlite3.connect(self.out / "index.db")
        self.index.row_factory = sqlite3.Row

    def tearDown(self):
        self.index.close()
        super().tearDown()

    def rows(self, view, source):
        return [dict(row) for row in self.index.execute(
            f"SELECT v.*, f.path FROM {view} v JOIN v_file f ON f.file_id = v.file_id WHERE f.path = ? ORDER BY 1",
            ("/" + FILES[source],))]

    def tables(self, name, source):
        entry = expected(name)["files"]["artefacts/" + source]["independent"]["rows"]
        return collections.Counter(entry)

    def test_everything(self):
        """One run, every comparison: a run for each would take minutes."""
        for check in (self.calls, self.contacts, self.old_and_synthetic, self.rcs, self.messengers, self.visits, self.told_by_plaso,
                      self.nothing_doubtful):
            with self.subTest(check.__name__):
                check()

    def calls(self):
        ways = {1: ("in", "answered"), 2: ("out", "answered"), 3: ("in", "missed"), 4: ("in", "voicemail"), 5: ("in", "rejected")}
        want = [(row[1] or None, *ways[row[2]], moment(row[3]), row[4], row[5] or None)
                for row in expected("phones/hickman-android10.json")["rows"]["calls"]["rows"]]
        got = [(row["party"], row["direction"], row["outcome"], moment(row["t"]), row["duration_s"], row["party_name"])
               for row in self.rows("v_call", f"{HICKMAN}/{CONTACTS}/calllog.db")]
        self.assertEqual(got, want)

    def contacts(self):
        want = collections.Counter()
        for _, name, _, deleted, data in expected("phones/hickman-android10.json")["rows"]["contacts"]["rows"]:
            for kind, value in data:
                if kind == "phone_v2":
                    want[(name, value, "Contacts, deleted" if deleted else "Contacts")] += 1
        rows = self.rows("v_contact", f"{HICKMAN}/{CONTACTS}/contacts2.db")
        self.assertEqual(collections.Counter((row["name"], row["number"], row["service"]) for row in rows), want)
        accounts = self.rows("v_account", f"{HICKMAN}/{CONTACTS}/contacts2.db")
        self.assertEqual(len(accounts), 8)
        self.assertLessEqual({("com.google", "owner"), ("com.viber.voip", "owner"), ("com.whatsapp", "other")},
                             {(row["service"], row["role"]) for row in accounts})

    def old_and_synthetic(self):
        self.assertEqual(len(self.rows("v_call", "mobile/android/contacts2.db")),
                         self.tables("mobile.json", "mobile/android/contacts2.db")["calls"])
        made = expected("synthetic.json")["files"]
        words = {"incoming": ("in", "answered"), "outgoing": ("out", "answered"), "missed": ("in", "missed")}
        want = [(row["number"], utc(row["date_ms"]), row["duration_s"], *words[row["type"]])
                for row in made["mobile/android/modern/calllog.db"]["calls"]]
        self.assertEqual([(row["party"], moment(row["t"]), row["duration_s"], row["direction"], row["outcome"])
                          for row in self.rows("v_call", "mobile/android/modern/calllog.db")], want)
        book = made["mobile/android/modern/contacts2.db"]
        self.assertEqual([(row["name"], row["number"]) for row in self.rows("v_contact", "mobile/android/modern/contacts2.db")],
                         [(row["name"], row["number"]) for row in book["contacts"]])
        self.assertEqual([(row["identifier"], row["role"]) for row in self.rows("v_account", "mobile/android/modern/contacts2.db")],
                         [(book["account"], "owner")])

    def rcs(self):
        want = []
        for number, _, sent, received, sender, texts, files in expected("phones/hickman-android10.json")["rows"]["bugle"]["rows"]:
            want.append((f"sqlite:messages:rowid={number}", "\n".join(texts) or None, len(files)))
        rows = self.rows("v_message", f"{HICKMAN}/com.google.android.apps.messaging/databases/bugle_db")
        self.assertEqual([(row["locator"], row["body"], row["attachments"]) for row in rows], want)

    def messengers(self):
        viber, burner = "mobile/android/viber_data", "mobile/android/burners.sqlite"
        tables = self.tables("mobile.json", viber)
        calls = self.rows("v_call", viber)
        self.assertEqual(len(calls), tables["calls"])
        self.assertEqual(len(self.rows("v_contact", viber)), tables["phonebookdata"])
        told = expected("mobile.json")["files"]["artefacts/" + viber]["plaso_tests"][0]["samples"][0]
        values, call = told["values"], calls[told["index"]]
        self.assertEqual((call["party"], call["duration_s"], moment(call["t"]), call["direction"]),
                         (values["phone_number"], values["duration"], moment(values["start_time"]), "out"))
        tables = self.tables("mobile.json", burner)
        self.assertEqual(len(self.rows("v_message", burner)) + len(self.rows("v_call", burner)), tables["messages"])
        self.assertEqual(len(self.rows("v_contact", burner)), tables["contacts"])
        own = expected("mobile.json")["files"]["artefacts/" + burner]["plaso_tests"][0]["samples"][0]["values"]
        self.assertEqual([(row["identifier"], row["role"], row["display_name"]) for row in self.rows("v_account", burner)],
                         [(own["phone_number"], "owner", own["name"])])

    def visits(self):
        for source, (browser, profile) in BROWSERS.items():
            tables = self.tables("browser.json", source)
            rows = self.rows("v_web", source)
            kinds = collections.Counter(row["kind"] for row in rows)
            self.assertEqual({row["profile"] for row in rows}, {profile}, source)
            self.assertEqual({row["browser"].split(",")[0] for row in rows}, {browser}, source)
            for kind, names in (("visit", ("visits", "moz_historyvisits", "history_visits")), ("search", ("keyword_search_terms",)),
                                ("download", ("downloads", "moz_downloads")), ("form", ("autofill",))):
                self.assertEqual(kinds[kind], sum(tables[name] for name in names), f"{source}: {kind}")
            if "cookies" in tables or "moz_cookies" in tables:
                self.assertGreater(kinds["cookie-host"], 0, source)

    def told_by_plaso(self):
        """Rows that plaso's tests name, each of which has to be there with its time."""
        found = 0
        for source in BROWSERS:
            rows = {(row["kind"], row["url"], moment(row["t"])) for row in self.rows("v_web", source)}
            for test in expected("browser.json")["files"]["artefacts/" + source].get("plaso_tests", ()):
                for sample in test["samples"]:
                    values = sample["values"]
                    kind = {"page_visited": "visit", "visit_sqlite": "visit", "file_downloaded": "download", "download": "download"}.get(
                        values["data_type"].rsplit(":", 1)[1])
                    time = moment(values.get("start_time") or values.get("last_visited_time"))
                    if kind and values.get("url"):
                        self.assertIn((kind, values["url"], time), rows, source)
                        found += 1
        self.assertGreaterEqual(found, 9)

    def nothing_doubtful(self):
        codes = {row["code"] for row in self.index.execute("SELECT code FROM v_issue WHERE stage = 'content'")}
        self.assertLessEqual(codes, {"pack-gap", "pack-unknown-code", "sqlite-auto-vacuum", "sqlite-secure-delete", "sqlite-vacuumed"})


if __name__ == "__main__":
    unittest.main()
