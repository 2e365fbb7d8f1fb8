"""HFS+ and APFS written byte by byte from their specifications: compressed content of every type, extended attributes,
times over the whole range, names, files without a name. The truth is what was put in; 7-Zip and libfsapfs, which are no
libtsk, read the same where they can."""
import datetime
import gzip
import hashlib
import pathlib
import struct
import subprocess
import sys
import unittest

import apfs_writer
import apple_compression
import images
import support

SMALL = images.prose(1400, 9)
LARGE = images.prose(150_000, 3) + images.noise(70_000, 4)
INLINE, FORKED = (1, 3, 7, 9, 11), (4, 8, 10, 12)
UNREAD = {5: "de-duplicated", 13: "LZBITMAP", 14: "LZBITMAP", 99: "unknown", 0x80000001: "outside the volume"}
EPOCH_1904 = 2_082_844_800


def digest(data):
    return hashlib.sha256(data).hexdigest()


def hfs_writer():
    folder = support.CORPUS.parent / "faults" / "lib"
    if not folder.exists():
        raise unittest.SkipTest("no ../shared/faults: its writer of HFS+ is needed")
    sys.path.insert(0, str(folder))
    import hfsw

    return hfsw


class Volume(unittest.TestCase):
    """One volume, looked at once."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.image = cls.scratch.path / "evidence" / "volume.raw"
        cls.image.parent.mkdir()
        cls.build()
        cls.triage = support.triage(cls.image, cls.scratch.path / "case", "--digests", "sha256")
        cls.index = cls.triage.index()
        cls.addClassCleanup(cls.index.connection.close)
        cls.rows = {row["path"]: row for row in cls.index.rows("SELECT * FROM v_file")}

    def check_content(self, path, data):
        row = self.rows[path]
        self.assertEqual((row["size"], row["content_state"], row["sha256"]), (len(data), "complete", digest(data)), path)

    def check_not_read(self, path, size, why):
        row = self.rows[path]
        self.assertEqual((row["size"], row["content_state"], row["sha256"]), (size, "not-read", None), path)
        issues = self.index.rows("SELECT message, incomplete FROM v_issue WHERE code = 'content-not-read'")
        self.assertTrue(any(why in issue["message"] and issue["incomplete"] for issue in issues), (path, why))

    def issues(self):
        return self.index.rows("SELECT code, message FROM v_issue")


class HfsSound(Volume):
    NAMES = ("Icon\r", "and/or", "tab\there", "nul\0l", "caret^", "caret\x01", "e\u0301a\u0300")
    DATES = {0: None, 1: "1904", EPOCH_1904 - 1: "1969", 2**31: "1972", 2**32 - 1: "2040"}

    @classmethod
    def build(cls):
        hfs = hfs_writer().Hfs(cls.image, 8 << 20, "Made")
        for kind in INLINE:
            value, _ = apple_compression.decmpfs(kind, SMALL)
            hfs.add(f"inline{kind}", attributes=[("com.apple.decmpfs", value)], compressed=True)
        for kind in FORKED:
            value, fork = apple_compression.decmpfs(kind, LARGE)
            hfs.add(f"fork{kind}", b"", fork, [("com.apple.decmpfs", value)], True)
        hfs.add("nothing", attributes=[("com.apple.decmpfs", apple_compression.header(3, 0))], compressed=True)
        hfs.add("plain", SMALL, b"a resource", [("com.apple.quarantine", b"0081;x"), ("user.big", cls.marker())])
        hfs.add("not marked", b"data", b"", [("com.apple.decmpfs", apple_compression.header(3, 9) + b"\xff123")])
        hfs.add("marked with data", b"still here", compressed=True)
        for name in cls.NAMES:
            hfs.add(name, name.encode())
        for date in cls.DATES:
            hfs.add(f"date {date}", date=date)
        cls.make_room(hfs)
        hfs.write()
        cls.value = images.noise(9000, 77)
        cls.place_attribute()

    @staticmethod
    def marker():
        return b"ATTRIBUTE IN A FORK".ljust(72, b"!")

    @staticmethod
    def make_room(hfs):
        """Larger nodes than the writer has by itself."""
        tree = type(hfs).tree
        hfs.tree = lambda records, node, longest, compare, room: tree(
            records, 32768 if records else node, longest, compare, 4 * 32768 if records else room
        )

    @classmethod
    def place_attribute(cls):
        """A value in blocks of its own (TN1150, HFSPlusAttrForkData), at the end of the volume."""
        data = cls.image.read_bytes()
        at = data.index(cls.marker()) - 16
        assert data[at : at + 4] == struct.pack(">I", 0x10)
        fork = struct.pack(">QIIII", len(cls.value), 0, 3, 1900, 2) + struct.pack(">II", 1910, 1)
        images.patch(cls.image, at, struct.pack(">II", 0x20, 0) + fork.ljust(80, b"\0"))
        images.patch(cls.image, 1900 * 4096, cls.value[:8192])
        images.patch(cls.image, 1910 * 4096, cls.value[8192:])

    def test_the_run_is_complete(self):
        self.assertEqual((self.triage.code, self.issues()), (0, []), self.triage.err)

    def test_compressed_content(self):
        for kind in INLINE:
            self.check_content(f"/inline{kind}", SMALL)
        for kind in FORKED:
            self.check_content(f"/fork{kind}", LARGE)
        self.assertEqual(self.rows["/nothing"]["content_state"], "empty")
        self.check_content("/marked with data", b"still here")
        self.check_content("/not marked", b"data")

    def test_seven_zip_reads_the_same(self):
        out = self.scratch.path / "7z"
        subprocess.run([images.tool("7z"), "x", "-y", f"-o{out}", self.image], capture_output=True, check=False)
        for kind in (3, 7, 9):
            self.assertEqual((out / "Made" / f"inline{kind}").read_bytes(), SMALL, kind)
        for kind in (4, 8):
            self.assertEqual((out / "Made" / f"fork{kind}").read_bytes(), LARGE, kind)

    def test_forks_and_attributes_are_streams(self):
        self.check_content("/plain", SMALL)
        self.check_content("/plain:rsrc", b"a resource")
        self.check_content("/plain:xattr:com.apple.quarantine", b"0081;x")
        self.check_content("/plain:xattr:user.big", self.value)
        self.check_content("/not marked:xattr:com.apple.decmpfs", apple_compression.header(3, 9) + b"\xff123")
        self.assertNotIn("/inline3:xattr:com.apple.decmpfs", self.rows, "it serves the content")

    def test_times_are_those_of_the_disk(self):
        for date, year in self.DATES.items():
            row = self.rows[f"/date {date}"]
            times = {row[name] for name in ("modified", "accessed", "changed", "created")}
            if year is None:
                self.assertEqual(times, {None})
                continue
            moment = datetime.datetime(1904, 1, 1) + datetime.timedelta(seconds=date)
            self.assertEqual(times, {moment.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")}, date)
            self.assertEqual(moment.strftime("%Y"), year)

    def test_names_are_those_of_the_disk(self):
        by_digest = {row["sha256"]: row for row in self.rows.values() if row["size"] and row["kind"] == "file"}
        raw = set()
        for name in self.NAMES:
            row = by_digest[digest(name.encode())]
            shown = name.replace("/", ":").replace("\0", "\u2400").encode()
            path = row["path_raw"] if row["path_raw"] is not None else row["path"].encode()
            self.assertEqual(path, b"/" + shown, name)
            raw.add(path)
        self.assertEqual(len(raw), len(self.NAMES))

    def test_export_gives_the_same(self):
        target = self.scratch.path / "out"
        for path, data in {"/fork12": LARGE, "/inline11": SMALL, "/plain:xattr:user.big": self.value}.items():
            done = support.call(
                support.LIMIER, "export", self.triage.folder, "--file", self.rows[path]["file_id"], "--to",
                target / self.rows[path]["sha256"],
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            found = {support.sha256_of(one) for one in (target / digest(data)).rglob("*") if one.is_file()}
            self.assertIn(digest(data), found, path)


class HfsOdd(Volume):
    """What cannot be given is said, and nothing is absent."""

    @classmethod
    def build(cls):
        hfs = hfs_writer().Hfs(cls.image, 1 << 20, "Odd")
        for kind in UNREAD:
            hfs.add(f"type {kind}", attributes=[("com.apple.decmpfs", apple_compression.header(kind, 777))],
                    compressed=True)
        hfs.add("no attribute", compressed=True)
        value, fork = apple_compression.decmpfs(8, LARGE)
        hfs.add("cut", b"", fork[:40_000], [("com.apple.decmpfs", value)], True)
        hfs.add("short", attributes=[("com.apple.decmpfs", apple_compression.header(3, 99) + b"\xff" + b"x" * 98)],
                compressed=True)
        hfs.add("longer than its runs", b"L" * 4321)
        hfs.name = cls.name  # libtsk gives up a folder with such a name
        hfs.add("half \ud800 pair", b"a name that is no text")
        hfs.add("zzz", b"its folder is lost")
        hfs.write()
        cls.lose("zzz")
        place = cls.image.read_bytes().index(struct.pack(">QI", 4321, 4096))
        images.patch(cls.image, place, struct.pack(">Q", 9321))

    @staticmethod
    def name(text):
        raw = text.encode("utf-16-be", "surrogatepass")
        return struct.pack(">H", len(raw) // 2) + raw

    @classmethod
    def lose(cls, name):
        """The record and its thread say a folder that is not there."""
        data, raw = cls.image.read_bytes(), name.encode("utf-16-be")
        for before, parent in ((b"", 0), (struct.pack(">Hh", 4, 0)[:4], 4)):
            at = data.index(before + struct.pack(">IH", 2, len(name)) + raw)
            images.patch(cls.image, at + parent, struct.pack(">I", 15))
            data = cls.image.read_bytes()

    def test_what_is_not_read_has_its_reason(self):
        for kind, why in UNREAD.items():
            self.check_not_read(f"/type {kind}", 777, why)
        self.check_not_read("/no attribute", 0, "marked as compressed")

    def test_half_a_surrogate_pair_loses_no_name(self):
        row = self.index.one("SELECT * FROM v_file WHERE sha256 = ?", digest(b"a name that is no text"))
        self.assertEqual(row["path_raw"], b"/half \xed\xa0\x80 pair")

    def test_damage_leaves_no_digest(self):
        for path, size in {"/cut": len(LARGE), "/short": 99, "/longer than its runs": 9321}.items():
            row = self.rows[path]
            self.assertEqual((row["size"], row["content_state"], row["sha256"]), (size, "unreadable", None), path)

    def test_a_file_without_a_folder_is_listed(self):
        found = [row for row in self.rows.values() if row["sha256"] == digest(b"its folder is lost")]
        self.assertEqual([(row["deleted"], row["content_state"]) for row in found], [(0, "complete")])
        self.assertEqual(self.triage.code, 5)


class ApfsSound(Volume):
    TIMES = (-(2**62), 1, 2**62, 4_102_444_800 * 10**9 + 7)

    @classmethod
    def build(cls):
        apfs = apfs_writer.Apfs(cls.image)
        marked = {"flags": apfs_writer.COMPRESSED, "internal": apfs_writer.HAS_SIZE}
        for kind in INLINE:
            value, _ = apple_compression.decmpfs(kind, SMALL)
            apfs.file(f"inline{kind}", attributes=[("com.apple.decmpfs", value)], **marked)
        for kind in FORKED:
            value, fork = apple_compression.decmpfs(kind, LARGE)
            apfs.file(f"fork{kind}", attributes=[("com.apple.ResourceFork", fork, True), ("com.apple.decmpfs", value)],
                      **marked)
        value, _ = apple_compression.decmpfs(3, images.noise(5000, 8))
        apfs.file("attribute in a stream", attributes=[("com.apple.decmpfs", value, True)], **marked)
        apfs.file("times", b"x", times=cls.TIMES)
        apfs.file("attributes", SMALL, attributes=[("com.apple.quarantine", b"0083"), ("user.big", LARGE, True),
                                                   ("user.none", b"")])
        folder = apfs.file("folder", mode=apfs_writer.FOLDER, attributes=[("user.of a folder", b"yes")])
        apfs.file("link", mode=apfs_writer.LINK, parent=folder, attributes=[("com.apple.fs.symlink", b"../times\0")])
        block = apfs.take(b"A" * 4096)
        apfs.file("sparse", runs=[(0, 8192, 0), (8192, 4096, block)], size=12_000, internal=apfs_writer.SPARSE)
        apfs.file("all holes", runs=[(0, 40_960, 0)], size=40_000, internal=apfs_writer.SPARSE)
        first = apfs.file("clone one", SMALL * 3)
        apfs.file("clone two", size=len(SMALL) * 3, data=first)
        apfs.file("bel\x07 e\u0301", b"name")
        apfs.write()

    def test_the_run_is_complete(self):
        self.assertEqual((self.triage.code, self.issues()), (0, []), self.triage.err)

    def test_compressed_content(self):
        for kind in INLINE:
            self.check_content(f"/inline{kind}", SMALL)
        for kind in FORKED:
            self.check_content(f"/fork{kind}", LARGE)
        self.check_content("/attribute in a stream", images.noise(5000, 8))

    def test_libfsapfs_reads_the_same(self):
        """What it can: of compressed content zlib and LZVN in forks."""
        image, body = self.scratch.path / "second.raw", self.scratch.path / "body"
        apfs = apfs_writer.Apfs(image)
        content = {"fork4": LARGE, "fork8": LARGE, "inline3": SMALL, "plain": SMALL, "times": b"x"}
        for name, data in content.items():
            kind = int(name[-1]) if name[-1].isdigit() else 0
            value, fork = apple_compression.decmpfs(kind, data) if kind else (b"", b"")
            attributes = [("com.apple.ResourceFork", fork, True)] if fork else []
            attributes += [("com.apple.decmpfs", value)] if value else []
            apfs.file(name, None if kind else data, attributes=attributes, flags=apfs_writer.COMPRESSED if kind else 0)
        block = apfs.take(b"A" * 4096)
        apfs.file("sparse", runs=[(0, 8192, 0), (8192, 4096, block)], size=12_000, internal=apfs_writer.SPARSE)
        content["sparse"] = bytes(8192) + b"A" * 3808
        apfs.write()
        images.run("fsapfsinfo", "-H", "-d", "-B", body, image)
        lines = [line.split("|") for line in body.read_text(errors="replace").splitlines()]
        theirs = {fields[1].rpartition("/")[2]: fields[0] for fields in lines}
        for name, data in content.items():
            self.assertEqual(theirs.get(name), hashlib.md5(data).hexdigest(), name)

    def test_streams_holes_and_clones(self):
        self.check_content("/attributes", SMALL)
        self.check_content("/attributes:xattr:com.apple.quarantine", b"0083")
        self.check_content("/attributes:xattr:user.big", LARGE)
        self.assertEqual(self.rows["/attributes:xattr:user.none"]["content_state"], "empty")
        self.check_content("/folder:xattr:user.of a folder", b"yes")
        self.check_content("/sparse", bytes(8192) + b"A" * 3808)
        self.check_content("/all holes", bytes(40_000))
        self.check_content("/clone one", SMALL * 3)
        self.check_content("/clone two", SMALL * 3)
        self.assertEqual(self.rows["/folder/link"]["link_target"], "../times")
        self.assertNotIn("/folder/link:xattr:com.apple.fs.symlink", self.rows)

    def test_times_are_those_of_the_disk(self):
        row = self.rows["/times"]
        ours = tuple(row[name + "_ns"] for name in ("created", "modified", "changed", "accessed"))
        self.assertEqual(ours, self.TIMES)

    def test_export_gives_the_same(self):
        target = self.scratch.path / "out"
        for path, data in {"/fork12": LARGE, "/inline7": SMALL, "/attributes:xattr:com.apple.quarantine": b"0083",
                           "/clone two": SMALL * 3}.items():
            done = support.call(
                support.LIMIER, "export", self.triage.folder, "--file", self.rows[path]["file_id"], "--to",
                target / digest(data),
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            found = {support.sha256_of(one) for one in (target / digest(data)).rglob("*") if one.is_file()}
            self.assertIn(digest(data), found, path)


class ApfsOdd(Volume):
    @classmethod
    def build(cls):
        apfs = apfs_writer.Apfs(cls.image)
        for kind in UNREAD:
            apfs.file(f"type {kind}", attributes=[("com.apple.decmpfs", apple_compression.header(kind, 777))],
                      flags=apfs_writer.COMPRESSED)
        apfs.file("no attribute", flags=apfs_writer.COMPRESSED, internal=apfs_writer.HAS_SIZE, uncompressed=4321)
        apfs.file("in the cloud", flags=apfs_writer.DATALESS | apfs_writer.COMPRESSED, attributes=[
            ("com.apple.decmpfs", apple_compression.header(0x80000001, 5555))])
        apfs.file("gone extents", runs=[], size=5000)
        apfs.file("beyond", runs=[(0, 4096, 1 << 40)], size=4096)
        apfs.file("held open", b"removed while open", parent=apfs_writer.PRIVATE, links=0)
        number = apfs.file("lost", b"no entry names it")
        apfs.records = [record for record in apfs.records
                        if not (record[0][7] >> 4 == apfs_writer.ENTRY and record[1][:8] == struct.pack("<Q", number))]
        apfs.add(apfs_writer.key(900, apfs_writer.CRYPTO), struct.pack("<I", 1) + bytes(60))
        apfs.file("own key", runs=[(0, 4096, apfs.take(images.noise(4096, 5)))], size=4000, crypto=900)
        apfs.write()

    def test_what_is_not_read_has_its_reason(self):
        for kind, why in UNREAD.items():
            self.check_not_read(f"/type {kind}", 777, why)
        self.check_not_read("/no attribute", 4321, "marked as compressed")
        self.check_not_read("/in the cloud", 5555, "cloud")

    def test_no_digest_over_what_is_not_there(self):
        for path, size, state in (("/gone extents", 5000, "unreadable"), ("/beyond", 4096, "unreadable"),
                                  ("/own key", 4000, "encrypted")):
            row = self.rows[path]
            self.assertEqual((row["size"], row["content_state"], row["sha256"]), (size, state, None), path)

    def test_files_without_a_name_are_listed(self):
        for data in (b"removed while open", b"no entry names it"):
            found = [row for row in self.rows.values() if row["sha256"] == digest(data)]
            self.assertEqual([(row["deleted"], row["content_state"]) for row in found], [(0, "complete")], data)
        codes = {issue["code"] for issue in self.issues()}
        self.assertLessEqual({"unlinked-in-use", "listing-may-be-incomplete"}, codes)


class ApfsCut(unittest.TestCase):
    """Images that end before their container: of free space nothing is missing, of anything else something may be."""

    def test_only_free_space_may_be_missing(self):
        source = support.CORPUS.parent / "faults" / "apfs_compressed_is_empty" / "apfs_content.img.gz"
        if not source.exists():
            self.skipTest("no ../shared/faults: a container that macOS wrote and that was cut is needed")
        data = gzip.decompress(source.read_bytes())  # behind its last block in use
        with support.Scratch() as folder:
            for name, part, whole in (("free", data, True), ("used", data[: len(data) // 2], False)):
                image = pathlib.Path(folder) / "evidence" / f"{name}.raw"
                image.parent.mkdir(exist_ok=True)
                image.write_bytes(part)
                done = support.triage(image, pathlib.Path(folder) / name)
                with done.index() as index:
                    issues = index.rows("SELECT * FROM v_issue WHERE code = 'file-system-beyond-image'")
                self.assertEqual([bool(issue["incomplete"]) for issue in issues], [not whole])
                self.assertEqual(done.code == 0, whole, done.err)


del Volume  # the base has nothing to test

if __name__ == "__main__":
    unittest.main()
