"""Databases that lie beside the one a pack knows: names from the address book in the same folder, its log included."""
import sqlite3
import unittest

import phone
import support

SAMPLES = support.SOURCE / "tests/content/whatsapp-android"
FOLDER = "data/com.whatsapp/databases"


def make_database(path, script, log=""):
    """What `log` does stays in the write-ahead log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    live = path.with_suffix(".live")
    db = sqlite3.connect(live, isolation_level=None)
    db.executescript(script)
    if log:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.executescript(log)
        path.with_name(path.name + "-wal").write_bytes(live.with_name(live.name + "-wal").read_bytes())
    path.write_bytes(live.read_bytes())
    db.close()
    for left in live.parent.glob(live.name + "*"):
        left.unlink()


class Beside(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        messages = (SAMPLES / "new.sql").read_text(encoding="utf-8")
        people = (SAMPLES / "new.beside.wa.db.sql").read_text(encoding="utf-8")
        make_database(tree / FOLDER / "msgstore.db", messages)
        make_database(tree / FOLDER / "wa.db", people,
                      "UPDATE wa_contacts SET display_name = 'Ann of today' WHERE _id = 1; DELETE FROM wa_contacts WHERE _id = 3")
        # The same bytes with nobody beside them, found first by its path.
        make_database(tree / "a/alone.bin", messages)
        make_database(tree / "b/alone.bin", messages)
        (cls.scratch.path / "evidence").mkdir()
        cls.image = phone.make_image(cls.scratch.path / "evidence/disk.dd", tree)
        cls.run_ = support.triage(cls.image, cls.scratch.path / "out")
        assert cls.run_.code == 0, cls.run_.err

    def names(self, path):
        with self.run_.index() as index:
            return index.rows("SELECT DISTINCT m.sender, m.sender_name FROM v_message m JOIN v_file f ON f.file_id = m.file_id "
                              f"WHERE f.path = '{path}' AND m.sender <> 'owner' ORDER BY 1, 2")

    def test_names_come_from_the_address_book_as_it_was_seen(self):
        self.assertEqual(self.names(f"/{FOLDER}/msgstore.db"), [
            {"sender": "32470000001@s.whatsapp.net", "sender_name": "Ann of today"},
            {"sender": "32470000002@s.whatsapp.net", "sender_name": "Bob B."},
            {"sender": "900000000000009@lid", "sender_name": None}])

    def test_without_it_the_same_bytes_stand_for_themselves(self):
        alone = self.names("/a/alone.bin") + self.names("/b/alone.bin")
        self.assertEqual({row["sender_name"] for row in alone}, {None})
        self.assertEqual(len(alone), 3, "the same bytes twice stand once")

    def test_the_same_again_gives_the_same(self):
        again = support.triage(self.image, self.scratch.path / "again", "--jobs", "1")
        with self.run_.index() as one, again.index() as other:
            for view in ("v_message", "v_attachment", "v_place", "v_call", "v_contact", "v_account"):
                self.assertEqual(one.rows(f"SELECT * FROM {view}"), other.rows(f"SELECT * FROM {view}"), view)
                self.assertTrue(one.rows(f"SELECT * FROM {view}") or view == "v_account", view)


if __name__ == "__main__":
    unittest.main()
