"""Evidence that is no disk: archives and folders, held against what their maker says of them; and archives made here that
mean ill."""
import collections
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import struct
import tarfile
import unittest
import zipfile
import zlib

import resuming
import support

EXTRACTIONS = support.CORPUS / "extractions"
TRUTH = support.CORPUS / "expected/extractions"
READ = ["ufed_ios/EXTRACTION_FFS.zip", "ufed_android/EXTRACTION_FFS.zip", "ufed_ios_changed/EXTRACTION_FFS.zip",
        "graykey_ios/files_full.zip", "collector/collection.zip", "zip_traps/traps.zip",
        "truncated/half_directory.zip", "truncated/no_directory.zip", "tar_android/userdata.tar", "tar_traps/traps.tar",
        "truncated/userdata.tar", "tar_android/userdata.tar.gz", "tar_android/two_streams.tar.gz",
        "tar_android/userdata.tar.xz", "tar_android/small.tar.zst", "truncated/userdata.tar.gz", "ab/backup.ab",
        "ab/backup_plain.ab", "truncated/backup.ab"]
REFUSED = {"refused/empty.zip": "is empty", "refused/text.zip": "named like a ZIP archive",
           "truncated/last_part_only.zip": ".z01", "ab/encrypted.ab": "Android backup (.ab), encrypted",
           "refused/broken.ab": "its header is cut off"}
BACKUPS = ["itunes", "itunes_old", "itunes_packed/backup.zip", "itunes_packed/backup.tar"]
STATES = {"complete": {"complete", "empty"}, "damaged": {"partial", "unreadable"}, "partial": {"partial", "unreadable"},
          "encrypted": {"encrypted"}, "not-read": {"not-read"}, "missing": {"unreadable"}}
KINDS = {"hardlink": "file", "fifo": "device"}
# Where our word for a gap is another one than the maker's.
GAPS = {"gap": "archive-gap"}


def truth_of(name):
    return json.loads((TRUTH / (name + ".json")).read_text(encoding="utf-8"))


def raw_name(row):
    if row["stored_name"] is not None:
        return bytes(row["stored_name_raw"] or row["stored_name"].encode())
    return bytes(row["path_raw"] or row["path"].encode())[1:]


class Extraction(unittest.TestCase):
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

    def covered(self, index):
        """The ranges lie side by side and end where the media do."""
        at = 0
        for row in index.rows("SELECT image_offset, length FROM v_coverage ORDER BY image_offset"):
            self.assertEqual(row["image_offset"], at)
            at += row["length"]
        self.assertEqual(at, index.one("SELECT size_bytes FROM v_evidence")["size_bytes"])


@unittest.skipUnless(EXTRACTIONS.is_dir(), support.NO_CORPUS)
class Truth(Extraction):
    def compare_members(self, truth, index):
        rows = collections.defaultdict(list)
        # What a backup has of its own is listed beside the files of the phone.
        for row in index.rows("SELECT * FROM v_file WHERE kind <> 'virtual' AND path <> '/$Backup/Info.plist' "
                              "ORDER BY file_id"):
            rows[raw_name(row)].append(row)
        issues = collections.defaultdict(set)
        for row in index.rows("SELECT file_id, code FROM v_issue WHERE file_id IS NOT NULL"):
            issues[row["file_id"]].add(row["code"])
        listed = collections.Counter()
        for member in truth["members"]:
            with self.subTest(member=member["name"]):
                raw = bytes.fromhex(member["raw"])
                if member.get("listed") == "either" and raw not in rows:
                    continue
                self.assertTrue(rows[raw], "it is not listed")
                row = rows[raw][listed[raw]]
                listed[raw] += 1
                self.assertEqual(row["kind"], KINDS.get(member["kind"], member["kind"]))
                if member["path"]:
                    self.assertEqual(row["path"].strip("/"), member["path"].strip("/"))
                for name in ("modified", "accessed", "changed", "created"):
                    self.compare_time(member["times"].get(name), row, name)
                if member["kind"] in ("file", "hardlink"):
                    self.assertEqual(row["size"], member["size"])
                    if "dangling-link" not in member.get("issues", []):
                        self.assertIn(row["content_state"], STATES[member["content"]])
                    if member["content"] == "complete" and member.get("sha256") and row["size"]:
                        self.assertEqual(row["sha256"], member["sha256"])
                if member.get("link"):
                    self.assertEqual(row["link_target"], member["link"])
                said = issues[row["file_id"]]
                for code in member.get("issues", []):
                    # That there is no directory is said once, of the archive.
                    if code == "truncated" and member["content"] == "complete":
                        code = None
                    if code == "bad-header":
                        code = None
                    if code:
                        self.assertIn(code, said)
        self.assertEqual({name: len(found) for name, found in rows.items() if found[0]["kind"] != "dir"},
                         {name: count for name, count in listed.items() if rows[name][0]["kind"] != "dir"})

    def compare_time(self, expected, row, name):
        if expected is None:
            self.assertIsNone(row[name], name)
            return
        self.assertEqual(row[name].rstrip("Z"), expected["t"].rstrip("Z"), name)
        self.assertEqual(row[name].endswith("Z"), expected["basis"] == "utc", name)

    def test_every_member_time_digest_and_issue(self):
        for name in READ:
            with self.subTest(extraction=name):
                truth = truth_of(name)
                run = self.triage(EXTRACTIONS / name)
                self.assertIn(run.code, truth["exit"], run.err)
                with run.index() as index:
                    evidence = index.one("SELECT * FROM v_evidence")
                    self.assertEqual((evidence["sha256"], evidence["md5"]), (truth["sha256"], truth["md5"]))
                    if truth["verdict"] in ("verified", "mismatch", "no-stored-digest"):
                        self.assertEqual(evidence["verdict"], truth["verdict"])
                    self.covered(index)
                    self.compare_members(truth, index)
                    for gap in truth["gaps"]:
                        code = GAPS.get(gap["what"], gap["what"])
                        found = index.rows("SELECT length FROM v_issue WHERE code = ? AND image_offset = ?", code,
                                           gap["offset"])
                        self.assertTrue(found and found[0]["length"] >= gap["length"], gap)
                        self.assertEqual(
                            index.one("SELECT state FROM v_coverage WHERE image_offset <= ? AND image_offset + length > ?",
                                      gap["offset"], gap["offset"])["state"], "unallocated")

    def test_a_folder_has_the_digest_of_its_list(self):
        folder = self.new_folder() / "copy"
        shutil.copytree(EXTRACTIONS / "folder", folder)
        truth = truth_of("folder")
        times = {member["name"]: member["times"] for member in truth["members"]}
        support.call("python3", support.CORPUS / "tools/make_extractions.py", "touch", TRUTH / "folder.json", folder)
        before = {name: (folder / name).stat().st_mtime_ns for name in times}
        run = self.triage(folder)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(before, {name: (folder / name).stat().st_mtime_ns for name in times})
        with run.index() as index:
            evidence = index.one("SELECT * FROM v_evidence")
            self.assertEqual((evidence["format"], evidence["sha256"], evidence["verdict"]),
                             ("folder", truth["tree_sha256"], "no-stored-digest"))
            self.covered(index)
            self.compare_members(truth, index)
        self.assertEqual(self.triage(folder, "--expect-sha256", truth["tree_sha256"]).code, 0)
        self.assertEqual(self.triage(folder, "--expect-sha256", "0" * 64).code, 4)
        self.assertEqual(support.triage(folder, folder / "case").code, 6, "nothing is written into the evidence")

    def test_what_is_not_read_is_named_and_nothing_of_it_is_listed(self):
        for name, words in REFUSED.items():
            with self.subTest(extraction=name):
                run = self.triage(EXTRACTIONS / name)
                self.assertEqual(run.code, 3, run.err)
                self.assertIn(words, run.err)
                self.assertFalse(run.has_index)
        image = self.new_folder() / "report.ufdr"
        with zipfile.ZipFile(image, "w") as archive:
            archive.writestr("report.xml", b"<project/>")
            archive.writestr("files/Image/1.jpg", b"x")
        run = self.triage(image)
        self.assertEqual(run.code, 3, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT status, fs_type FROM v_volume"),
                             {"status": "unsupported", "fs_type": "UFDR report"})
            self.assertEqual(index.rows("SELECT * FROM v_file"), [])
            self.assertIn("UFDR report",
                          index.one("SELECT message FROM v_issue WHERE code = 'extraction-unsupported'")["message"])

    def test_backups_of_itunes_and_finder(self):
        for name in BACKUPS:
            with self.subTest(extraction=name):
                truth = truth_of(name)
                run = self.triage(support.CORPUS / "extractions" / truth["file"])
                self.assertIn(run.code, truth["exit"], run.err)
                with run.index() as index:
                    evidence = index.one("SELECT * FROM v_evidence")
                    self.assertEqual((evidence["sha256"], evidence["verdict"]),
                                     (truth.get("sha256", truth.get("tree_sha256")), truth["verdict"]))
                    self.assertEqual(index.one("SELECT status, fs_type FROM v_volume"),
                                     {"status": "parsed", "fs_type": "itunes"})
                    self.covered(index)
                    self.compare_members(truth, index)
                    told = {row["code"] for row in index.rows("SELECT code FROM v_issue WHERE stage = 'walk'")}
                    self.assertEqual(told - {"content-unreadable"},
                                     {code for member in truth["members"] for code in member.get("issues", [])})
                    facts = {row["value"] for row in index.rows(
                        "SELECT d.value FROM v_device d JOIN v_file f USING (file_id) WHERE f.path = '/$Backup/Info.plist'")}
                    for key, value in truth.get("info", {}).items():
                        if key in ("Device Name", "Product Type", "Product Version", "Serial Number", "IMEI", "Phone Number"):
                            self.assertIn(value, facts, key)

    def test_an_encrypted_backup_is_named_and_not_listed(self):
        run = self.triage(EXTRACTIONS / truth_of("itunes_encrypted")["file"].split("/", 1)[0])
        self.assertEqual(run.code, 3, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT status, fs_type, encryption FROM v_volume"),
                             {"status": "encrypted", "fs_type": "itunes", "encryption": "iTunes backup"})
            self.assertEqual(index.rows("SELECT * FROM v_file"), [])
            self.assertEqual(index.one("SELECT scope, scheme, certainty FROM v_encryption"),
                             {"scope": "volume", "scheme": "iTunes backup", "certainty": "structure"})

    def test_packs_export_and_explain_work_as_on_an_image(self):
        image = EXTRACTIONS / "ufed_ios/EXTRACTION_FFS.zip"
        run = self.triage(image)
        with run.index() as index:
            self.assertGreater(index.one("SELECT count(*) AS n FROM v_message")["n"], 0)
            message = index.one("SELECT message_id, file_id FROM v_message JOIN v_file USING (file_id) WHERE path LIKE "
                                "'%/sms.db' ORDER BY message_id LIMIT 1")
            path = index.one("SELECT path, sha256 FROM v_file WHERE file_id = ?", message["file_id"])
        self.assertEqual(path["path"], "/private/var/mobile/Library/SMS/sms.db")
        to = self.new_folder() / "out"
        done = support.call(support.LIMIER, "export", run.folder, "--file", message["file_id"], "--to", to)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([support.sha256_of(one) for one in to.iterdir()], [path["sha256"]])
        done = support.call(support.LIMIER, "explain", run.folder, f"message:{message['message_id']}", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"sms.db", done.stdout)
        done = support.call(support.LIMIER, "rows", run.folder, "--file", message["file_id"], "--table", "message")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(done.stdout.splitlines()), 0)


class HitsInMembers(Extraction):
    def test_addresses_in_packed_members_are_found_and_read_again(self):
        image = self.new_folder() / "phone.zip"
        text = b"." * 300_000 + b" write to petra@packed.example today "
        with zipfile.ZipFile(image, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data/data/x/files/note.bin", b"\0" + text)
            archive.writestr(zipfile.ZipInfo("data/data/x/files/stored.bin"), b"\0 call rosa@stored.example \0")
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            hits = {row["normalized"]: row for row in index.rows(
                "SELECT h.*, f.path FROM v_hit h JOIN v_file f USING (file_id) WHERE h.kind = 'email'")}
        packed, stored = hits["petra@packed.example"], hits["rosa@stored.example"]
        self.assertEqual((packed["decode_path"], packed["image_offset"], packed["file_offset"], packed["path"]),
                         ("deflate", None, 300_011, "/data/data/x/files/note.bin"))
        self.assertEqual((stored["decode_path"], stored["file_offset"]), (None, 7))
        self.assertEqual(image.read_bytes()[stored["image_offset"]:][:19], b"rosa@stored.example")
        for hit in (packed, stored):
            done = support.call(support.LIMIER, "explain", run.folder, f"hit:{hit['hit_id']}", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["derived"]["state"], "agrees")


class PackedTars(Extraction):
    def make(self, name, mode, data=b"x" * 3000):
        image = self.new_folder() / name
        with tarfile.open(image, mode) as archive:
            info = tarfile.TarInfo("data/data/x/files/a.bin")
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
        return image

    def test_the_digests_are_those_of_the_file_and_a_wrong_check_sum_is_told(self):
        image = self.make("phone.tar.gz", "w:gz")
        sha256 = support.sha256_of(image)
        run = self.triage(image, "--expect-sha256", sha256)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            evidence = index.one("SELECT format, sha256, verdict FROM v_evidence")
            self.assertEqual((evidence["format"], evidence["sha256"], evidence["verdict"]), ("tar.gz", sha256, "verified"))
        manifest = json.loads((run.folder / "manifest.json").read_text())
        self.assertIn(sha256, json.dumps(manifest))
        done = support.call(support.LIMIER, "verify", image, "--expect-sha256", "0" * 64)
        self.assertEqual(done.returncode, 4, done.stderr)
        data = bytearray(image.read_bytes())
        data[-6] ^= 1
        image.write_bytes(data)
        run = self.triage(image)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT code, incomplete FROM v_issue"), {"code": "bad-stream", "incomplete": 1})
            self.assertEqual(index.one("SELECT sha256 FROM v_file WHERE kind = 'file'")["sha256"],
                             hashlib.sha256(b"x" * 3000).hexdigest())

    def test_bzip2_and_what_stands_behind_the_end(self):
        image = self.make("phone.tar.bz2", "w:bz2")
        self.assertEqual(self.triage(image).code, 0)
        image.write_bytes(image.read_bytes() + b"more")
        run = self.triage(image)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT code FROM v_issue")["code"], "trailing-data")

    def test_what_is_no_tar_is_refused(self):
        image = self.new_folder() / "disk.dd.gz"
        image.write_bytes(gzip.compress(b"\xeb\x3c\x90mkfs.fat" + bytes(5000)))
        run = self.triage(image)
        self.assertEqual(run.code, 3, run.err)
        self.assertIn("no tar", run.err)
        self.assertFalse(run.has_index)

    def test_nothing_of_it_stays_on_the_disk(self):
        image, spool = self.make("phone.tar.gz", "w:gz"), self.new_folder()
        run = support.triage(image, self.new_folder() / "case", env={**os.environ, "TMPDIR": str(spool)})
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(list(spool.iterdir()), [])
        run = support.triage(image, self.new_folder() / "case", env={**os.environ, "TMPDIR": str(spool / "none")})
        self.assertEqual(run.code, 75, run.err)
        self.assertIn("TMPDIR", run.err)


def local_header(name, data, crc, size, method=8, packed=None):
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, method, 0, 0x5821, crc, len(data) if packed is None else packed,
                       size, len(name), 0) + name + data


def central_header(name, offset, packed, crc, size, method=8):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, method, 0, 0x5821, crc, packed, size, len(name), 0, 0, 0,
                       0, 0, offset) + name


def end_record(entries, length, offset):
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, min(entries, 65535), min(entries, 65535), length, offset, 0)


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Hostile(Extraction):
    def test_a_hundred_thousand_members_of_one_name(self):
        image = self.new_folder() / "alike.zip"
        with zipfile.ZipFile(image, "w", zipfile.ZIP_STORED) as archive:
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for _ in range(100_000):
                    archive.writestr("a/same.txt", b"x")
        run = self.triage(image)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT count(*) AS n FROM v_file WHERE path = '/a/same.txt' AND sha256 = ?",
                                       hashlib.sha256(b"x").hexdigest())["n"], 100_000)
            codes = index.one("SELECT count(*) AS n FROM v_issue WHERE code = 'duplicate-name'")["n"]
            self.assertLess(codes, 2000, "a row for each would drown the others")
            self.assertTrue(index.rows("SELECT * FROM v_issue WHERE message LIKE 'the same of 99000 more%'"))
            self.covered(index)

    def test_members_over_the_same_bytes_do_not_blow_up(self):
        """A hundred entries that all lead to one packed member: 100 times the data of a file that is small."""
        image = self.new_folder() / "overlap.zip"
        data = bytes(1 << 20)
        packed, crc = deflated(data), zlib.crc32(data)
        body = local_header(b"z", packed, crc, len(data))
        directory = b"".join(central_header(b"z%d" % i, 0, len(packed), crc, len(data)) for i in range(100))
        image.write_bytes(body + directory + end_record(100, len(directory), len(body)))
        run = self.triage(image)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            states = collections.Counter(row["content_state"] for row in
                                         index.rows("SELECT content_state FROM v_file WHERE kind = 'file'"))
            self.assertEqual(states, {"complete": 32, "not-read": 68})

    def test_a_member_that_is_longer_than_it_says(self):
        image = self.new_folder() / "longer.zip"
        data = bytes(64 << 20)
        packed, crc = deflated(data), zlib.crc32(data)
        body = local_header(b"bomb", packed, crc, 10)
        directory = central_header(b"bomb", 0, len(packed), crc, 10)
        image.write_bytes(body + directory + end_record(1, len(directory), len(body)))
        run = self.triage(image)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT size, content_state, sha256 FROM v_file WHERE kind = 'file'"),
                             {"size": 10, "content_state": "partial", "sha256": None})
            self.assertEqual(index.one("SELECT code FROM v_issue WHERE file_id IS NOT NULL AND incomplete")["code"],
                             "size-mismatch")

    def test_loops_of_links_and_deep_paths(self):
        image = self.new_folder() / "loops.tar"
        with tarfile.open(image, "w", format=tarfile.PAX_FORMAT) as archive:
            for name, target in (("a", "b"), ("b", "a"), ("c", "c/c")):
                link = tarfile.TarInfo(name)
                link.type, link.linkname, link.mtime = tarfile.SYMTYPE, target, 1
                archive.addfile(link)
            deep = tarfile.TarInfo("d/" * 3000 + "file")
            deep.mtime = 1
            archive.addfile(deep)
        run = self.triage(image)
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            loops = index.rows("SELECT f.name FROM v_issue i JOIN v_file f ON f.file_id = i.file_id WHERE code = 'link-loop' "
                               "ORDER BY f.name")
            self.assertEqual([row["name"] for row in loops], ["a", "b", "c"])
            self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'path-too-long' AND incomplete"))

    def test_a_zip_of_which_everything_is_encrypted_is_named_and_not_listed(self):
        image = self.new_folder() / "locked.zip"
        data = b"0123456789ab" + b"secret"
        header = bytearray(local_header(b"a.txt", data, 1, 6, 0))
        header[6] = 1
        central = bytearray(central_header(b"a.txt", 0, len(data), 1, 6, 0))
        central[8] = 1
        image.write_bytes(bytes(header) + bytes(central) + end_record(1, len(central), len(header)))
        run = self.triage(image)
        self.assertEqual(run.code, 3, run.err)
        with run.index() as index:
            self.assertEqual(index.one("SELECT status, encryption FROM v_volume"),
                             {"status": "encrypted", "encryption": "ZIP encryption"})

    def test_digests_that_were_written_down_beside_it(self):
        folder = self.new_folder()
        image = folder / "phone.zip"
        with zipfile.ZipFile(image, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data/data/x/y.txt", b"text")
        right, wrong = support.sha256_of(image), "1" * 64
        for ending, text, code, verdict in (
                (".sha256", f"{right}  phone.zip\n", 0, "verified"), (".sha256", f"{right.upper()} *phone.zip\r\n", 0, "verified"),
                (".sha256", f"SHA256 (phone.zip) = {right}\n", 0, "verified"), (".sha256", f"{right}\n", 0, "verified"),
                (".sha256", f"{wrong}  phone.zip\n", 4, "mismatch"), (".sha256", f"{wrong}  other.zip\n", 0, "no-stored-digest"),
                (".md5", hashlib.md5(image.read_bytes()).hexdigest() + "\n", 0, "verified")):
            with self.subTest(text=text):
                beside = pathlib.Path(str(image) + ending)
                beside.write_text(text, encoding="ascii")
                run = self.triage(image)
                beside.unlink()
                self.assertEqual(run.code, code, run.err)
                with run.index() as index:
                    self.assertEqual(index.one("SELECT verdict FROM v_evidence")["verdict"], verdict)


class Resumed(Extraction):
    @unittest.skipUnless(resuming.FAILPOINTS, "LIMIER_FAILPOINTS names no library")
    def test_a_run_that_was_killed_again_and_again_gives_the_same_bytes(self):
        """Checkpoints inside packed members: what was unpacked before is unpacked again, and nothing is lost."""
        image = self.new_folder() / "phone.zip"
        with zipfile.ZipFile(image, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for number in range(12):
                block = hashlib.sha512(b"%d" % number).digest()
                archive.writestr(f"data/{number}.bin", b"".join(
                    hashlib.sha512(block + i.to_bytes(4, "big")).digest() for i in range(30_000)))
            archive.writestr(zipfile.ZipInfo("data/stored.bin"), bytes(range(256)) * 20_000)
        case = resuming.Case(image, self.new_folder(), checkpoint_bytes=1 << 20)
        self.assertEqual(case.exit_code, 0)
        points = case.points()
        tried = range(len(points) // 8, len(points), max(1, len(points) // 12))
        for at in tried:
            with self.subTest(point=points[at]):
                self.assertEqual(case.problem_after(at + 1, "kill"), "")


if __name__ == "__main__":
    unittest.main()
