"""Applications whose messages stand outside of databases, and packs that need the path of theirs."""
import io
import json
import pathlib
import sqlite3
import tempfile
import unittest
import zipfile
from datetime import datetime

from cli_support import AUTHORITY, CORPUS, EXIT_GOOD, limier, make_ext4

CASES = CORPUS / "artefacts" / "mobile" / "ios-cases"
EXPECTED = CORPUS / "expected" / "artefacts" / "ios-cases"
TANGO = CORPUS / "artefacts" / "mobile" / "android" / "tango_android_tc.db"
ZIPS = ("discord_cache.josh_ios15", "twitterDirectMessages.josh_ios17")
SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "content"
SNOWFLAKE_MS = 1288834974657  # where the times in ids of X begin


def members(name):
    with zipfile.ZipFile(io.BytesIO((CASES / f"{name}.zip").read_bytes())) as archive:
        return {member: archive.read(member) for member in archive.namelist()
                if not member.endswith("/") and not member.endswith("-shm")}


class WithImage(unittest.TestCase):
    @classmethod
    def triage(cls, files):
        scratch = tempfile.TemporaryDirectory(prefix="limier-test-")
        cls.addClassCleanup(scratch.cleanup)
        work = pathlib.Path(scratch.name)
        work.chmod(0o755)
        (work / "evidence").mkdir()
        image = make_ext4(work / "evidence" / "disk.dd", size_mib=32, files=files)
        done = limier("triage", image, "--out", work / "case", *AUTHORITY, "--progress", "none")
        assert done.returncode == EXIT_GOOD, done.stderr
        cls.case = work / "case"
        cls.index = sqlite3.connect(f"file:{work}/case/index.db?mode=ro", uri=True)
        cls.addClassCleanup(cls.index.close)

    def rows(self, sql, *values):
        return self.index.execute(sql, values).fetchall()


@unittest.skipUnless(CORPUS.is_dir(), f"no corpus at {CORPUS}")
class PublicPhones(WithImage):
    @classmethod
    def setUpClass(cls):
        cls.files = {name: data for one in ZIPS for name, data in members(one).items()}
        cls.triage({**cls.files, "data/data/com.sgiggle.production/files/tc.db": TANGO.read_bytes()})

    def test_x(self):
        """As iLEAPP has them; but its times are hours late, and those in the ids are not."""
        document = json.loads((EXPECTED / f"{ZIPS[1]}.json").read_text(encoding="utf-8"))
        people, entries = (one["rows"] for one in document["artefacts"])
        found = {row[0]: row[1:] for row in self.rows(
            "SELECT m.service_id, m.t_ns / 1000000, m.thread, nullif(m.sender, 'owner'), m.direction, m.body, m.kind, a.path "
            "FROM v_message m LEFT JOIN v_attachment a USING (message_id) WHERE m.parser = 'twitter'")}
        self.assertEqual(len(found), len(entries))
        for row in entries:
            time, thread, sender, direction, body, kind, file = found[str(row[10])]
            self.assertLess(abs(time - ((row[10] >> 22) + SNOWFLAKE_MS)), 1500, row)
            self.assertEqual((thread, file), (row[2], row[7] or None))
            if kind == "call":
                continue
            self.assertEqual((sender, direction), (None, "out") if row[12] else (str(row[5]), "in"))
            self.assertEqual(None if kind == "reaction" else body, row[6])
        calls = self.rows("SELECT direction, party_name FROM v_call WHERE parser = 'twitter' ORDER BY t_ns")
        self.assertEqual(calls, [("in", "ldehner505"), ("out", "ldehner505")] * 2)
        known = self.rows("SELECT handle, name FROM v_contact WHERE service = 'X' UNION SELECT identifier, display_name "
                          "FROM v_account WHERE service = 'X' AND role = 'owner'")
        self.assertCountEqual(known, [(row[2], row[1] if row[3] else f"{row[0]} (@{row[1]})") for row in people])

    def test_discord(self):
        """Every message of every answer, and whose the account is."""
        [(owner,)] = self.rows("SELECT identifier FROM v_account WHERE service = 'Discord' AND role = 'owner'")
        self.assertEqual(owner, "672145484864815124")
        answers = []
        for name, data in self.files.items():
            if "/fsCachedData/" in name:
                answers.append(data)
        cache = next(name for name in self.files if name.endswith("/Cache.db"))
        with tempfile.TemporaryDirectory() as folder:
            for end in ("", "-wal"):
                (pathlib.Path(folder) / f"Cache.db{end}").write_bytes(self.files[cache + end])
            database = sqlite3.connect(pathlib.Path(folder) / "Cache.db")
            answers += [data for (data,) in database.execute(
                "SELECT receiver_data FROM cfurl_cache_receiver_data WHERE isDataOnFS = 0")]
            database.close()
        wanted = []
        for data in answers:
            try:
                document = json.loads(data)
            except ValueError:
                continue
            for one in document if isinstance(document, list) else [document]:
                if isinstance(one, dict) and "channel_id" in one and "author" in one:
                    time = datetime.fromisoformat(one["timestamp"].replace("+00:00", "")).isoformat(timespec="milliseconds")
                    way = "out" if one["author"]["id"] == owner else "in"
                    wanted.append((one["id"], one["channel_id"], time, one["content"] or None, len(one["attachments"]), way))
        found = self.rows("SELECT service_id, thread, substr(t, 1, 23), body, attachments, direction FROM v_message "
                          "WHERE parser = 'discord'")
        self.assertGreater(len(wanted), 100)
        self.assertCountEqual(found, wanted)

    def test_tango(self):
        database = sqlite3.connect(f"file:{TANGO}?mode=ro&immutable=1", uri=True)
        self.addCleanup(database.close)
        wanted = database.execute("SELECT 'sqlite:messages:rowid=' || msg_id, CASE direction WHEN 1 THEN 'out' ELSE 'in' END, "
                                  "conv_id, send_time FROM messages").fetchall()
        found = self.rows("SELECT locator, direction, thread, t_ns / 1000000 FROM v_message "
                          "WHERE parser = 'tango-android' AND state = 'live'")
        self.assertCountEqual(found, wanted)
        texts = self.rows("SELECT body FROM v_message WHERE parser = 'tango-android' AND kind = 'text' AND direction = 'in'")
        self.assertEqual(texts, [("Hey! How are you",)])

    def test_rows_can_be_explained(self):
        for kind in ("discord", "twitter"):
            [(number,)] = self.rows("SELECT min(message_id) FROM v_message WHERE parser = ?", kind)
            done = limier("explain", self.case, f"message:{number}")
            self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
            self.assertIn(kind.encode(), done.stdout)


def database_of(script):
    """The bytes of a database that these statements make."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "made.db"
        database = sqlite3.connect(path)
        database.executescript(script)
        database.close()
        return path.read_bytes()


def discord_script():
    lines = ["CREATE TABLE messages0 (a TEXT, data BLOB);"]
    for number, author in ((1, "100"), (2, "200")):
        message = {"id": str(number), "channel_id": "9", "type": 0, "content": f"text {number}", "attachments": [],
                   "author": {"id": author, "username": f"name {author}"},
                   "timestamp": f"2023-04-24T18:0{number}:00+00:00"}
        # Whatever the byte in front is: also one that JSON could begin with.
        stored = b"\x7b" + json.dumps({"id": str(number), "channelId": "9", "message": message}).encode()
        lines.append(f"INSERT INTO messages0 VALUES ('.messages', x'{stored.hex()}');")
    return "\n".join(lines)


class PathsThatSayMore(WithImage):
    @classmethod
    def setUpClass(cls):
        snapchat = SCRIPTS / "snapchat-arroyo"
        scoped = "mobile/Containers/Data/Application/4/Documents/user_scoped/5"
        cls.triage({"mobile/Library/Caches/kv-storage/@account.100/a": database_of(discord_script()),
                    f"{scoped}/arroyo/arroyo.db": database_of((snapchat / "ios.sql").read_text(encoding="utf-8")),
                    f"{scoped}/DocObjects/primary.docobjects": database_of(
                        (snapchat / "ios.beside.primary.docobjects.sql").read_text(encoding="utf-8")),
                    "mobile/AppGroup/1/telegram-data/account-1/postbox/db/db_sqlite": b"SQLite format 3\0" + bytes(4096),
                    "mobile/AppGroup/2/chat/v1/3/ChatModel.sqlite": bytes(range(200)) * 30})

    def test_the_folder_says_whose_the_account_is(self):
        self.assertEqual(self.rows("SELECT direction, nullif(sender, 'owner'), body FROM v_message "
                                   "WHERE parser = 'discord-kv' ORDER BY t_ns"),
                         [("out", None, "text 1"), ("in", "200", "text 2")])
        self.assertEqual(self.rows("SELECT identifier, role FROM v_account"), [("100", "owner")])

    def test_names_a_folder_beside(self):
        self.assertEqual(self.rows("SELECT sender, sender_name, thread_name FROM v_message "
                                   "WHERE parser = 'snapchat-arroyo' ORDER BY t_ns"),
                         [("u-bob", "bobb", "Walkers"), ("u-ann", None, None)])

    def test_what_no_pack_reads_is_found(self):
        self.assertCountEqual(self.rows("SELECT name, category, parsed FROM v_app"),
                              [("Telegram", "messenger", 0), ("Truth Social", "messenger", 0)])


if __name__ == "__main__":
    unittest.main()
