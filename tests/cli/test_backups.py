"""Backups by iTunes and Finder: what their manifests name, as a folder and in archives; and manifests that mean ill."""
import hashlib
import json
import pathlib
import shutil
import sqlite3
import struct
import unittest
import zipfile

import backup_writer
import resuming
import support

CONTENT = pathlib.Path(__file__).resolve().parents[1] / "content"
GROUP = "AppDomainGroup-group.net.whatsapp.WhatsApp.shared"
HOME = "/private/var/mobile"


class Backups(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        self.folders = 0

    def new_folder(self):
        self.folders += 1
        folder = self.scratch.path / str(self.folders)
        folder.mkdir()
        return folder

    def triage(self, image, *options):
        return support.triage(image, self.new_folder() / "case", *options)

    def new_backup(self, **options):
        return backup_writer.Backup(self.new_folder() / backup_writer.UDID, **options)

    def database_of(self, *names):
        return backup_writer.database(self.scratch.path / "made.db", (CONTENT.joinpath(*names)).read_text(encoding="utf-8"))

    def phone(self):
        """One with messages and contacts that packs know."""
        backup = self.new_backup()
        backup.add("HomeDomain", "Library", kind="dir", mtime=1_700_000_000)
        backup.add("HomeDomain", "Library/SMS/sms.db", self.database_of("ios-messages", "ios16.sql"), mtime=1_700_000_001,
                   ctime=1_700_000_002, btime=1_600_000_000)
        backup.add("HomeDomain", "Library/AddressBook/AddressBook.sqlitedb", self.database_of("ios-contacts", "book.sql"))
        backup.add(GROUP, "ChatStorage.sqlite", self.database_of("whatsapp-ios", "plain.sql"))
        backup.add("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG", b"\xff\xd8\xff\xe0" + bytes(5000))
        return backup

    def issues(self, index, code):
        return index.rows("SELECT i.*, f.path FROM v_issue i LEFT JOIN v_file f USING (file_id) WHERE code = ? ORDER BY f.path",
                          code)

    def file(self, index, path):
        return index.one("SELECT * FROM v_file WHERE path = ?", path)


class Phones(Backups):
    def test_packs_read_what_lies_at_its_place_on_the_phone(self):
        backup = self.phone()
        folder = backup.finish()
        found = []
        for image in (folder, backup.to_zip(self.new_folder() / "b.zip"), backup.to_tar(self.new_folder() / "b.tar.gz", "w:gz"),
                      backup.to_zip(self.new_folder() / "bare.zip", "")):
            with self.subTest(image=image.name):
                run = self.triage(image)
                self.assertEqual(run.code, 0, run.err)
                with run.index() as index:
                    rows = index.rows("SELECT f.path, m.service, m.body, m.sender, m.t, m.locator FROM v_message m JOIN v_file f "
                                      "USING (file_id) ORDER BY m.message_id")
                    found.append(rows)
                    self.assertEqual({row["path"] for row in rows},
                                     {HOME + "/Library/SMS/sms.db",
                                      HOME + "/Containers/Shared/AppGroup/group.net.whatsapp.WhatsApp.shared/ChatStorage.sqlite"})
                    self.assertGreater(index.one("SELECT count(*) AS n FROM v_contact c JOIN v_file f USING (file_id) WHERE "
                                                 "f.path LIKE '%/AddressBook.sqlitedb'")["n"], 0)
                    self.assertEqual(index.one("SELECT value FROM v_device WHERE key = 'serial'")["value"], "F00MADEUP001")
                    message = index.one("SELECT message_id, file_id FROM v_message WHERE service = 'WhatsApp' LIMIT 1")
                    stored = self.file(index, HOME + "/Library/SMS/sms.db")
                self.assertEqual((stored["stored_name"], stored["modified"], stored["changed"], stored["created"], stored["uid"],
                                  stored["gid"], stored["accessed"], stored["zone_basis"]),
                                 ("HomeDomain-Library/SMS/sms.db", "2023-11-14T22:13:21.000000000Z",
                                  "2023-11-14T22:13:22.000000000Z", "2020-09-13T12:26:40.000000000Z", 501, 502, None, "utc"))
                name = backup_writer.file_id("HomeDomain", "Library/SMS/sms.db")
                self.assertEqual(stored["sha256"], support.sha256_of(folder / name[:2] / name))
                to = self.new_folder() / "out"
                done = support.call(support.LIMIER, "export", run.folder, "--file", stored["file_id"], "--to", to)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual([support.sha256_of(one) for one in to.iterdir()], [stored["sha256"]])
                done = support.call(support.LIMIER, "explain", run.folder, f"message:{message['message_id']}", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout)["derived"]["state"], "agrees")
                done = support.call(support.LIMIER, "rows", run.folder, "--file", message["file_id"], "--table", "ZWAMESSAGE")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreater(len(done.stdout.splitlines()), 0)
        for rows in found[1:]:
            self.assertEqual(rows, found[0])

    def test_info_and_batches_take_it(self):
        folder = self.phone().finish()
        done = support.call(support.LIMIER, "info", folder, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(one["status"], one["fs_type"]) for one in json.loads(done.stdout)["volumes"]], [("parsed", "itunes")])
        batch = self.new_folder()
        manifest = batch / "exhibits.csv"
        manifest.write_text(f"exhibit,path,authority\nA-1,{folder},training: test\n", encoding="utf-8")
        done = support.call(support.LIMIER, "batch", "plan", manifest, "--out", batch / "case")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = support.call(support.LIMIER, "batch", "run", batch / "case")
        self.assertEqual(done.returncode, 0, done.stderr)
        status = support.call(support.LIMIER, "batch", "status", batch / "case", "--json")
        self.assertEqual([(one["state"], one["format"]) for one in json.loads(status.stdout)["exhibits"]], [("done", "folder")])

    def test_findings_about_issues_lead_to_them(self):
        run = self.triage(self.phone().finish())
        with run.index() as index:
            rows = index.rows("SELECT f.reason, i.code, i.message FROM v_finding f LEFT JOIN v_issue i ON i.issue_id = "
                              "f.subject_id WHERE f.subject_kind = 'issue'")
        self.assertGreater(len(rows), 2)
        for row in rows:
            self.assertEqual(row["code"], "pack-gap")
            self.assertTrue(row["reason"].startswith(row["message"]), row)

    def test_jobs_change_nothing(self):
        image = self.phone()
        image.finish()
        archive = image.to_zip(self.new_folder() / "phone.zip")
        runs = [self.triage(archive, "--jobs", jobs) for jobs in (1, 4)]
        self.assertEqual([run.code for run in runs], [0, 0])
        self.assertEqual(resuming.differences(resuming.result_of(runs[0].folder), runs[1].folder), [])

    @unittest.skipUnless(resuming.FAILPOINTS, "LIMIER_FAILPOINTS names no library")
    def test_a_run_that_was_killed_gives_the_same_bytes(self):
        backup = self.phone()
        for number in range(4):
            block = hashlib.sha512(b"%d" % number).digest()
            backup.add("MediaDomain", f"Media/Recordings/{number}.m4a",
                       b"".join(hashlib.sha512(block + i.to_bytes(4, "big")).digest() for i in range(20_000)))
        backup.finish()
        case = resuming.Case(backup.to_zip(self.new_folder() / "phone.zip"), self.new_folder(), checkpoint_bytes=1 << 20)
        self.assertEqual(case.exit_code, 0)
        points = case.points()
        for at in range(len(points) // 10, len(points), max(1, len(points) // 8)):
            with self.subTest(point=points[at]):
                self.assertEqual(case.problem_after(at + 1, "kill"), "")


class Manifests(Backups):
    def test_names_links_times_and_sizes(self):
        backup = self.new_backup(xml=True)
        backup.add("HomeDomain", "Library/a.txt", b"abc", mtime=1.25, ctime=-1, btime=0)
        backup.add("HomeDomain", "Library/to", kind="link", target="a.txt")
        backup.add("MediaDomain", "Library", kind="dir")
        backup.add("KeyboardDomain", "Library", kind="dir")
        backup.add("SysSharedContainerDomain-systemgroup.com.example", "Library/x.plist", b"x")
        backup.add("SysContainerDomain-com.example.sys", "y", b"y")
        backup.add("AppDomainPlugin-com.example.app.ext", "Documents/z", b"z")
        backup.add("HealthDomain", "Health/healthdb.sqlite", b"h")
        backup.add("HomeDomain", "Library/shorter.txt", b"0123456789", size=4)
        backup.add("HomeDomain", "Library/none", b"", stored=False)
        run = self.triage(backup.finish())
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            row = self.file(index, HOME + "/Library/a.txt")
            self.assertEqual((row["modified"], row["changed"], row["created"], row["mode"]),
                             ("1970-01-01T00:00:01.250000000Z", "1969-12-31T23:59:59.000000000Z", None, 0o100644))
            self.assertEqual(self.file(index, HOME + "/Library/to")["link_target"], "a.txt")
            self.assertEqual(len(index.rows("SELECT * FROM v_file WHERE path = ?", HOME + "/Library")), 2)
            for path in ("/private/var/containers/Shared/SystemGroup/systemgroup.com.example/Library/x.plist",
                         "/private/var/containers/Data/System/com.example.sys/y",
                         HOME + "/Containers/Data/PluginKitPlugin/com.example.app.ext/Documents/z",
                         HOME + "/Library/Health/healthdb.sqlite"):
                self.assertEqual(self.file(index, path)["content_state"], "complete")
            shorter, none = self.file(index, HOME + "/Library/shorter.txt"), self.file(index, HOME + "/Library/none")
            self.assertEqual((shorter["size"], shorter["sha256"]), (10, hashlib.sha256(b"0123456789").hexdigest()))
            self.assertEqual((none["size"], none["content_state"]), (0, "empty"))
            self.assertEqual([(row["path"], row["incomplete"]) for row in self.issues(index, "size-mismatch")],
                             [(shorter["path"], 0)])
            self.assertEqual([row["incomplete"] for row in self.issues(index, "missing-file")], [0])
            self.assertEqual(self.issues(index, "duplicate-name"), [])

    def test_other_encodings_pages_and_rows_on_pages_of_their_own(self):
        for encoding, page_size in (("UTF-16le", 512), ("UTF-16be", 1024), ("UTF-8", 65536)):
            with self.subTest(encoding=encoding):
                backup = self.new_backup()
                names = [f"Library/{i}-" + "ä" * (i % 120) + "😀" for i in range(300)]
                for name in names:
                    backup.add("HomeDomain", name, name.encode(), mtime=1_700_000_000)
                run = self.triage(backup.finish(page_size, encoding))
                self.assertEqual(run.code, 0, run.err)
                with run.index() as index:
                    rows = {row["path"]: row["sha256"] for row in index.rows(
                        "SELECT path, sha256 FROM v_file WHERE path LIKE '/private/%' AND kind = 'file'")}
                self.assertEqual(rows, {f"{HOME}/{name}": hashlib.sha256(name.encode()).hexdigest() for name in names})

    def test_names_that_lead_elsewhere_and_domains_that_are_not_known(self):
        backup = self.new_backup()
        backup.add("AppDomain-../../../etc", "passwd", b"1")
        backup.add("HomeDomain", "//Library///b\x01/", b"2")
        backup.add("NewDomain", "Library/c", b"3")
        backup.add("HomeDomain", "d", b"4", name="00" * 20)
        backup.add("HomeDomain", "e", b"5", record=b"bplist00 is not what follows" + bytes(40))
        backup.add("HomeDomain", "same", b"6")
        backup.add("MediaDomain", "same", b"7")
        run = self.triage(backup.finish())
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.assertEqual([row["path"] for row in self.issues(index, "path-traversal")],
                             [HOME + "/Containers/Data/Application/../../../etc/passwd"])
            self.assertEqual([row["path"] for row in self.issues(index, "control-character")], [HOME + "/Library/b\x01"])
            self.assertEqual([row["path"] for row in self.issues(index, "unknown-domain")], ["/$Backup/NewDomain/Library/c"])
            self.assertEqual([row["path"] for row in self.issues(index, "file-id-mismatch")], [HOME + "/d"])
            self.assertEqual([row["path"] for row in self.issues(index, "manifest-entry")], [HOME + "/e"])
            self.assertEqual([row["path"] for row in self.issues(index, "duplicate-name")], [HOME + "/same"] * 2)
            rows = index.rows("SELECT sha256 FROM v_file WHERE kind = 'file' AND path NOT LIKE '/$Backup/%.plist'")
            self.assertEqual({row["sha256"] for row in rows},
                             {hashlib.sha256(b"%d" % i).hexdigest() for i in range(1, 8)})

    def test_many_entries_with_one_content_do_not_blow_up(self):
        backup = self.new_backup()
        for number in range(50):
            backup.add("HomeDomain", f"Media/{number}", b"x" * 100_000, name="ab" * 20)
        run = self.triage(backup.finish())
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            counts = {row["content_state"]: row["n"] for row in index.rows(
                "SELECT content_state, count(*) AS n FROM v_file WHERE path LIKE '%/Media/%' GROUP BY 1")}
            self.assertEqual(counts, {"complete": 32, "not-read": 18})
            self.assertEqual(len(self.issues(index, "overlap")), 18)

    def test_a_damaged_manifest_is_told(self):
        backup = self.new_backup()
        for number in range(2000):
            backup.add("HomeDomain", f"Library/{number:04}", b"x")
        database = backup.finish(1024) / "Manifest.db"
        data = bytearray(database.read_bytes())
        middle = len(data) // 2 // 1024 * 1024
        data[middle:middle + 1024] = b"\xee" * 1024
        database.write_bytes(data)
        run = self.triage(backup.folder)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertEqual(len(self.issues(index, "manifest-damaged")), 1)
            listed = index.one("SELECT count(*) AS n FROM v_file WHERE path LIKE '/private/%' AND kind = 'file'")["n"]
            lost = index.one("SELECT count(*) AS n FROM v_issue WHERE code = 'unlisted-file' AND file_id IS NOT NULL")["n"]
        self.assertEqual(listed + lost, 2000, "what the manifest does not name any more is listed as that")
        self.assertGreater(listed, 1900)

    def test_a_tree_that_leads_back_to_itself_ends(self):
        backup = self.new_backup()
        for number in range(500):
            backup.add("HomeDomain", f"Library/{number}", b"x")
        database = backup.finish(512) / "Manifest.db"
        data = bytearray(database.read_bytes())
        # Every interior page but the first leads to the first.
        root = next(page for page in range(1, len(data) // 512) if data[page * 512] == 5)
        for page in range(root + 1, len(data) // 512):
            if data[page * 512] == 5:
                data[page * 512 + 8:page * 512 + 12] = struct.pack(">I", root + 1)
        database.write_bytes(data)
        run = self.triage(backup.folder)
        self.assertIn(run.code, (0, 5), run.err)

    def test_one_that_cannot_be_read_leaves_the_files_as_they_lie(self):
        backup = self.phone()
        database = backup.finish() / "Manifest.db"
        database.write_bytes(b"not a database" * 100)
        run = self.triage(backup.folder)
        self.assertEqual(run.code, 5, run.err)
        name = backup_writer.file_id("HomeDomain", "Library/SMS/sms.db")
        with run.index() as index:
            self.assertEqual(index.one("SELECT fs_type FROM v_volume")["fs_type"], "folder")
            self.assertEqual(len(self.issues(index, "manifest-unreadable")), 1)
            self.assertEqual(self.file(index, f"/{name[:2]}/{name}")["content_state"], "complete")

    def test_what_is_committed_in_a_log_counts(self):
        """The log of a manifest whose writer did not end: a row more, a row less, and one that was never committed."""
        backup = self.new_backup()
        backup.add("HomeDomain", "kept", b"1")
        backup.add("HomeDomain", "dropped", b"2")
        backup.finish()
        for number in range(40):
            backup.add("HomeDomain", f"added{number}", b"3%d" % number)
        database, name = backup.folder / "Manifest.db", backup_writer.file_id("HomeDomain", "late")
        writer = sqlite3.connect(database, isolation_level=None)
        self.addCleanup(writer.close)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", "PRAGMA cache_size=2", "BEGIN"):
            writer.execute(statement)
        writer.execute("DELETE FROM Files WHERE relativePath = 'dropped'")
        for entry in backup.entries[2:]:
            writer.execute("INSERT INTO Files VALUES (?,?,?,1,?)", (*entry[:3], backup_writer.mb_file(entry[2], **entry[5])))
        writer.execute("COMMIT")
        writer.execute("BEGIN")
        for number in range(3000):
            writer.execute("INSERT INTO Files VALUES (?, 'HomeDomain', ?, 1, NULL)", (name, f"late{number}"))
        copy = self.new_folder() / backup_writer.UDID
        shutil.copytree(backup.folder, copy)
        writer.execute("ROLLBACK")
        for damaged in (False, True):
            with self.subTest(damaged=damaged):
                log = copy / "Manifest.db-wal"
                data = bytearray(log.read_bytes())
                self.assertGreater(len(data), 20 * 4096)
                if damaged:
                    data[32 + 24 + 100] ^= 1  # of the first page: nothing behind it counts
                    log.write_bytes(data)
                run = self.triage(copy)
                self.assertEqual(run.code, 0, run.err)
                with run.index() as index:
                    names = {row["name"] for row in index.rows("SELECT name FROM v_file WHERE path LIKE ?", HOME + "/%")}
                    told = len(self.issues(index, "manifest-log"))
                expected = {"kept", "dropped"} if damaged else {"kept", *(f"added{number}" for number in range(40))}
                self.assertEqual((names, told), (expected, 0 if damaged else 1))

    def test_encrypted_ones_are_named_in_archives_too(self):
        for xml in (False, True):
            with self.subTest(xml=xml):
                backup = self.new_backup(encrypted=True, xml=xml)
                backup.write("Manifest.db", hashlib.sha512(b"k").digest() * 100)
                backup.write("ab/" + "ab" * 20, hashlib.sha512(b"c").digest() * 10)
                for image in (backup.folder, backup.to_zip(self.new_folder() / "b.zip"), backup.to_tar(self.new_folder() / "b.tar")):
                    run = self.triage(image)
                    self.assertEqual(run.code, 3, run.err)
                    with run.index() as index:
                        self.assertEqual(index.one("SELECT status, encryption FROM v_volume"),
                                         {"status": "encrypted", "encryption": "iTunes backup"})
                        self.assertEqual(index.rows("SELECT * FROM v_file"), [])

    def test_one_file_with_a_key_is_encrypted(self):
        backup = self.new_backup()
        backup.add("HomeDomain", "open", b"x" * 100)
        backup.add("HomeDomain", "locked", hashlib.sha512(b"c").digest(), key=b"\x04\0\0\0" + bytes(40))
        run = self.triage(backup.finish())
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            states = {row["name"]: row["content_state"] for row in index.rows("SELECT name, content_state FROM v_file")}
        self.assertEqual((states["open"], states["locked"]), ("complete", "encrypted"))

    def test_a_backup_among_other_files_is_files_like_others(self):
        backup = self.phone()
        backup.finish()
        (backup.folder.parent / "other.txt").write_bytes(b"other")
        run = self.triage(backup.folder.parent)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT fs_type FROM v_volume")["fs_type"], "folder")
            self.assertTrue(self.file(index, "/other.txt"))

    def test_what_a_mac_adds_does_not_hide_it(self):
        backup = self.phone()
        backup.finish()
        image = backup.to_zip(self.new_folder() / "phone.zip")
        with zipfile.ZipFile(image, "a") as archive:
            archive.writestr("__MACOSX/Backup/._" + backup_writer.UDID, b"x")
            archive.writestr(f"Backup/{backup_writer.UDID}/.DS_Store", b"y")
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT fs_type FROM v_volume")["fs_type"], "itunes")
            self.assertEqual([row["path"] for row in self.issues(index, "unlisted-file")],
                             ["/$Backup/.DS_Store", "/$Backup/__MACOSX/Backup/._" + backup_writer.UDID])


class OldManifests(Backups):
    def old(self):
        backup = self.new_backup()
        backup.add("HomeDomain", "Library", kind="dir", mtime=1_400_000_000)
        backup.add("HomeDomain", "Library/SMS/sms.db", self.database_of("ios-messages", "ios6.sql"), old=True,
                   mtime=1_400_000_001, atime=1_400_000_002, ctime=1_400_000_003)
        backup.add("HomeDomain", "Library/link", kind="link", target="SMS")
        backup.add("MediaDomain", "Media/Recordings/1.m4a", b"x" * 1000, old=True)
        return backup

    def test_files_lie_beside_the_manifest(self):
        run = self.triage(self.old().finish_old())
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            row = self.file(index, HOME + "/Library/SMS/sms.db")
            self.assertEqual((row["modified"], row["accessed"], row["changed"], row["created"], row["uid"], row["gid"]),
                             ("2014-05-13T16:53:21.000000000Z", "2014-05-13T16:53:22.000000000Z",
                              "2014-05-13T16:53:23.000000000Z", None, 501, 502))
            self.assertEqual(self.file(index, HOME + "/Library/link")["link_target"], "SMS")
            self.assertGreater(index.one("SELECT count(*) AS n FROM v_message")["n"], 0)

    def test_a_cut_manifest_gives_what_stands_before_the_cut(self):
        backup = self.old()
        manifest = backup.finish_old() / "Manifest.mbdb"
        data = manifest.read_bytes()
        manifest.write_bytes(data[:-20])
        run = self.triage(backup.folder)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertEqual(len(self.issues(index, "manifest-damaged")), 1)
            self.assertTrue(self.file(index, HOME + "/Library/SMS/sms.db")["sha256"])
            name = backup_writer.file_id("MediaDomain", "Media/Recordings/1.m4a")
            self.assertEqual([row["path"] for row in self.issues(index, "unlisted-file")], ["/$Backup/" + name])


if __name__ == "__main__":
    unittest.main()
