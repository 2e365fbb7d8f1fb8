"""NTFS files whose content or kind is not what their data stream says: compressed by Windows, in the cloud, links;
times over the whole range, extended attributes, records without a name, clusters up to 2 MiB.

The volumes are made by mkntfs and the writer of ../shared/faults; what wimlib compresses has the layout that Windows
uses; ntfs-3g reads the larger clusters."""
import datetime
import hashlib
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import images
import support

FAULTS = support.SOURCE.parent / "shared" / "faults"
if FAULTS.exists():
    sys.path.insert(0, str(FAULTS / "lib"))
    import ntfsw

NEEDS_FAULTS = unittest.skipUnless(FAULTS.exists(), f"no {FAULTS}")
XPRESS4K, LZX, XPRESS8K, XPRESS16K = range(4)
METHODS = {
    "xpress4k": (XPRESS4K, "XPRESS", 4096),
    "xpress8k": (XPRESS8K, "XPRESS", 8192),
    "xpress16k": (XPRESS16K, "XPRESS", 16384),
    "lzx": (LZX, "LZX", 32768),
}
OFFLINE, SPARSE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS = 0x1000, 0x200, 0x40000, 0x400000
EA_INFORMATION, EA = 0xD0, 0xE0
DATA = 0x80


def program(length, seed):
    """Text, noise and calls (E8) in turn: matches near and far, pieces that do not shrink, calls to translate."""
    calls = b"".join(b"\x55\x8b\xec\xe8" + struct.pack("<i", (seed * 977 * at) % 90_000 - 40_000) for at in range(900))
    unit = images.prose(9_000, seed) + calls + images.noise(40_000, seed) + b"\xe8" * 50 + bytes(12_000)
    return (unit * (length // len(unit) + 1))[:length]


def wim_resource(data, method, piece):
    """`data` as wimlib compresses it: a table of the pieces' ends, then the pieces."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in").mkdir()
        (folder / "in" / "file").write_bytes(data)
        capture = ["wimlib-imagex", "capture", folder / "in", folder / "out.wim", f"--compress={method}"]
        subprocess.run([*capture, f"--chunk-size={piece}", "--no-acls"], check=True, stdout=subprocess.DEVNULL)
        wim = (folder / "out.wim").read_bytes()
    # "Windows Imaging File Format": header, the table of resources at 48; entries of 50 bytes end in the SHA-1.
    size, at = int.from_bytes(wim[48:55], "little"), struct.unpack_from("<Q", wim, 56)[0]
    table = wim[at : at + size]
    for entry in (table[start : start + 50] for start in range(0, size, 50)):
        if entry[30:] == hashlib.sha1(data).digest():
            start = struct.unpack_from("<Q", entry, 8)[0]
            assert entry[7] & 4, "wimlib did not compress it"
            return wim[start : start + int.from_bytes(entry[:7], "little")]
    raise AssertionError("not in the WIM file")


def reparse(tag, data):
    return struct.pack("<IHH", tag, len(data), 0) + data


def wof(method, provider=2):
    return reparse(0x80000017, struct.pack("<IIII", 1, provider, 1, method))


def link(tag, substitute, shown, flags=0):
    a, b = substitute.encode("utf-16le"), shown.encode("utf-16le")
    head = struct.pack("<HHHH", 0, len(a), len(a) + 2, len(b))
    return reparse(tag, head + (struct.pack("<I", flags) if tag == 0xA000000C else b"") + a + b"\0\0" + b + b"\0\0")


def attributes(pairs):
    """FILE_FULL_EA_INFORMATION, as NTFS keeps it."""
    out = b""
    for name, value in pairs:
        body = struct.pack("<BBH", 0, len(name), len(value)) + name + b"\0" + value
        length = (4 + len(body) + 3) & ~3
        out += struct.pack("<I", length) + body + bytes(length - 4 - len(body))
    return out


class Shelves:
    """Files in folders of four: the writer does not split what an index holds."""

    EACH = 4

    def __init__(self, volume):
        self.volume, self.count, self.folder, self.paths = volume, 0, None, {}

    def add(self, name, *content, **options):
        shelf = f"s{self.count // self.EACH}"
        if self.count % self.EACH == 0:
            self.folder = self.volume.add(shelf, folder=True)
        self.count += 1
        self.paths[name] = f"/{shelf}/{name}"
        return self.volume.add(name, *content, parent=self.folder, **options)


class Volume(unittest.TestCase):
    """Base: one volume, filled by `fill`, triaged once."""

    @classmethod
    def setUpClass(cls):
        if cls is Volume:
            raise unittest.SkipTest("base class")
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        folder = cls.scratch.path / "evidence"
        folder.mkdir()
        cls.image = folder / "ntfs.raw"
        cls.fill(str(cls.image))
        cls.run_ = support.triage(cls.image, cls.scratch.path / "case", "--digests", "sha256")
        cls.index = cls.run_.index()
        cls.addClassCleanup(cls.index.connection.close)

    def row(self, path):
        if hasattr(self, "shelves"):
            name, colon, stream = path[1:].partition(":")
            path = self.shelves.paths[name] + colon + stream
        return self.index.one("SELECT * FROM v_file WHERE path = ?", path)

    def expect(self, path, content, state="complete"):
        row = self.row(path)
        self.assertEqual((row["size"], row["content_state"]), (len(content), state), path)
        self.assertEqual(row["sha256"], hashlib.sha256(content).hexdigest(), path)

    def not_read(self, path, size, reason):
        row = self.row(path)
        self.assertEqual((row["size"], row["content_state"], row["sha256"]), (size, "not-read", None), path)
        issues = self.index.rows("SELECT * FROM v_issue WHERE code = 'content-not-read' AND incomplete = 1")
        self.assertTrue([issue for issue in issues if reason in issue["message"]], (path, issues))


@NEEDS_FAULTS
class CompressedByWindows(Volume):
    SIZES = (1, 300, 4095, 4096, 4097, 32768, 32769, 300_000)

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 16 << 20, records=160)
        cls.shelves = Shelves(volume)
        cls.files = {}
        for name, (method, wim_method, piece) in METHODS.items():
            cls.files[f"{name}.exe"] = program(400_000, piece)
            packed = wim_resource(cls.files[f"{name}.exe"], wim_method, piece)
            cls.add(f"{name}.exe", len(cls.files[f"{name}.exe"]), packed, method)
            for size in cls.SIZES:
                text = images.prose(size, size + piece)
                try:
                    packed = wim_resource(text, wim_method, piece)
                except AssertionError:  # too small to shrink: Windows would not compress it either
                    continue
                cls.files[f"{name}-{size}"] = text
                cls.add(f"{name}-{size}", size, packed, method)
        whole = cls.files["lzx.exe"]
        packed = wim_resource(whole, "LZX", 32768)
        cls.cut = packed[:-1000]
        cls.add("cut", len(whole), cls.cut, LZX)
        # A table that goes back, and the one method for another.
        bent = bytearray(packed)
        bent[4:8] = bent[0:4]
        cls.add("bent table", len(whole), bytes(bent), LZX)
        cls.add("other method", len(whole), packed, XPRESS16K)
        cls.add("new method", len(whole), packed, 9)
        cls.delete(volume, cls.shelves.add("gone.exe", ntfsw.Hole(400_000), reparse=wof(LZX),
                                           streams=[("WofCompressedData", packed)]))
        cls.shelves.add("in a wim", ntfsw.Hole(50_000), reparse=wof(0, provider=1))
        cls.shelves.add("without stream", ntfsw.Hole(50_000), reparse=wof(LZX))

    @staticmethod
    def delete(volume, number):
        """Frees the record and its clusters; the name in the folder is left."""
        record = volume.record(number)
        struct.pack_into("<H", record, 16, 2)
        struct.pack_into("<H", record, 22, 0)
        for _, _, at, _, non_resident in volume.attributes(record):
            for start, length in volume.runs(record, at) if non_resident else ():
                for cluster in range(start or 0, (start or 0) + length if start else 0):
                    volume.bit(volume.stream_at(6, DATA), cluster, False)
        volume.put(number, record)
        volume.bit(volume.stream_at(0, 0xB0), number, False)

    @classmethod
    def add(cls, name, size, packed, method):
        streams = [("WofCompressedData", packed)]
        cls.shelves.add(name, ntfsw.Hole(size), streams=streams, reparse=wof(method))

    def test_content_is_decoded(self):
        self.assertGreater(len(self.files), 20)
        for name, data in self.files.items():
            with self.subTest(name):
                self.expect("/" + name, data)

    def test_a_deleted_one_is_recovered(self):
        self.expect("/gone.exe", self.files["lzx.exe"], "recovered")
        self.assertEqual(self.row("/gone.exe:WofCompressedData")["content_state"], "recovered")

    def test_what_cannot_be_decoded_has_no_digest(self):
        for name in ("cut", "bent table", "other method"):
            row = self.row("/" + name)
            self.assertEqual((row["content_state"], row["sha256"]), ("unreadable", None), name)
        self.not_read("/new method", 400_000, "in a form that is not known")
        self.not_read("/in a wim", 50_000, "in a WIM file")
        self.not_read("/without stream", 50_000, "compressed bytes are not there")
        self.assertEqual(self.run_.code, 5)

    def test_export_decodes_too(self):
        row = self.row("/lzx.exe")
        out = self.scratch.path / "exported"
        export = [support.LIMIER, "export", self.scratch.path / "case", "--file", row["file_id"], "--to", out]
        done = support.call(*export)
        self.assertEqual(done.returncode, 0, done.stderr)
        exported = [entry for entry in out.rglob("*") if entry.is_file() and entry.stat().st_size == 400_000]
        self.assertEqual([entry.read_bytes() for entry in exported], [self.files["lzx.exe"]])

    def test_clusters_are_not_claimed_twice(self):
        self.assertEqual(self.index.rows("SELECT * FROM v_issue WHERE code = 'clusters-claimed-twice'"), [])


@NEEDS_FAULTS
class NotOnTheVolume(Volume):
    CLOUD, ONEDRIVE, DEDUP, HSM, APP, OTHER = 0x9000701A, 0x80000021, 0x80000013, 0xC0000004, 0x8000001B, 0x00001234

    @classmethod
    def fill(cls, path):
        disk = ntfsw.Ntfs(path, 8 << 20, records=128)
        volume = cls.shelves = Shelves(disk)
        hole = ntfsw.Hole(34_567)
        cls.real = images.noise(20_000, 3)
        nothing = bytes(8)
        for tag in range(16):
            volume.add(f"cloud{tag:x}", hole, reparse=reparse(0x9000001A | tag << 12, nothing), flags=0x20 | OFFLINE)
        volume.add("onedrive", hole, reparse=reparse(cls.ONEDRIVE, nothing), flags=0x20 | RECALL_ON_DATA_ACCESS)
        volume.add("here again", cls.real, reparse=reparse(cls.CLOUD, nothing))
        volume.add("small here again", b"here", reparse=reparse(cls.CLOUD, nothing))
        volume.add("marked", cls.real, reparse=reparse(cls.CLOUD, nothing), flags=0x20 | RECALL_ON_DATA_ACCESS)
        half = ([(disk.take(2), 2), (None, 3)], 5 * disk.cluster, 5 * disk.cluster, 5 * disk.cluster, 0x8000)
        volume.add("half here", half, reparse=reparse(cls.CLOUD, nothing))
        volume.add("dedup", hole, reparse=reparse(cls.DEDUP, bytes(100)), streams=[("note", b"a stream")])
        volume.add("hsm", hole, reparse=reparse(cls.HSM, nothing), flags=0x20 | OFFLINE)
        volume.add("app.exe", b"", reparse=reparse(cls.APP, bytes(40)))
        volume.add("unknown", hole, reparse=reparse(cls.OTHER, bytes(30)))
        volume.add("unknown and empty", b"", reparse=reparse(cls.OTHER, bytes(30)))
        volume.add("unknown with content", cls.real, reparse=reparse(cls.OTHER, bytes(30)))
        volume.add("archived", hole, flags=0x20 | OFFLINE)
        volume.add("archived but here", cls.real, flags=0x20 | OFFLINE)
        volume.add("only a hole", hole)

    def test_no_digest_over_holes(self):
        for tag in range(16):
            self.not_read(f"/cloud{tag:x}", 34_567, "stored in the cloud, not on this volume")
        for name in ("onedrive", "marked", "half here"):
            self.not_read("/" + name, self.row("/" + name)["size"], "stored in the cloud")
        self.not_read("/dedup", 34_567, "deduplicated by Windows")
        self.not_read("/hsm", 34_567, "moved to other storage")
        self.not_read("/archived", 34_567, "moved to other storage")
        self.not_read("/unknown", 34_567, "reparse tag 0x00001234")
        self.not_read("/unknown and empty", 0, "reparse tag 0x00001234")

    def test_what_is_there_is_read(self):
        for name in ("here again", "unknown with content", "archived but here"):
            self.expect("/" + name, self.real)
        self.expect("/small here again", b"here")
        self.expect("/dedup:note", b"a stream")
        self.expect("/only a hole", bytes(34_567))
        self.expect("/app.exe", b"", "empty")


@NEEDS_FAULTS
class Links(Volume):
    SYMLINK, JUNCTION, WSL, NFS = 0xA000000C, 0xA0000003, 0xA000001D, 0x80000014
    TARGETS = {
        "absolute": (link(SYMLINK, "\\??\\C:\\Users\\Ä", "C:\\Users\\Ä"), "C:\\Users\\Ä"),
        "relative": (link(SYMLINK, "..\\x", "..\\x", 1), "..\\x"),
        "network": (link(SYMLINK, "\\??\\UNC\\server\\share", "\\\\server\\share"), "\\\\server\\share"),
        # What Windows shows is not where it leads.
        "lies": (link(SYMLINK, "\\??\\C:\\secret", "C:\\harmless"), "\\??\\C:\\secret"),
        "wsl": (reparse(WSL, struct.pack("<I", 2) + "/home/ö".encode()), "/home/ö"),
        "nfs": (reparse(NFS, b"LNK\x01\0\0\0\0" + "/srv".encode("utf-16le")), "/srv"),
        "folder/junction": (link(JUNCTION, "\\??\\D:\\data", "D:\\data"), "D:\\data"),
        "folder/volume": (link(JUNCTION, "\\??\\Volume{1}\\", ""), "\\??\\Volume{1}\\"),
        "folder/link": (link(SYMLINK, "\\??\\D:\\data", "D:\\data"), "D:\\data"),
    }
    INTERIX = b"IntxLNK\x01" + "../up".encode("utf-16le")
    SPECIAL = {"socket": 0x80000023, "fifo": 0x80000024, "char": 0x80000025, "block": 0x80000026}

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)
        folder = volume.add("folder", folder=True)
        for name, (data, _) in cls.TARGETS.items():
            if name.startswith("folder/"):
                volume.add(name[7:], parent=folder, folder=True, reparse=data)
            else:
                volume.add(name, reparse=data)
        for name, tag in cls.SPECIAL.items():
            volume.add(name, reparse=reparse(tag, b""))
        volume.add("interix", cls.INTERIX, flags=0x24)
        volume.add("no interix", cls.INTERIX)
        volume.add("cut", reparse=reparse(cls.SYMLINK, struct.pack("<HHHHI", 0, 400, 400, 400, 0) + b"x\0"))
        volume.add("hidden in a link", images.noise(9000, 4), reparse=cls.TARGETS["relative"][0])

    def test_links_have_their_target(self):
        for name, (_, target) in self.TARGETS.items():
            row = self.row("/" + name)
            self.assertEqual((row["kind"], row["link_target"]), ("link", target), name)
            self.assertEqual((row["content_state"], row["sha256"]), ("not-read", None), name)
        self.assertEqual((self.row("/cut")["kind"], self.row("/cut")["link_target"]), ("link", None))
        self.assertEqual(self.run_.code, 0, self.run_.err)

    def test_links_of_services_for_unix(self):
        row = self.row("/interix")
        self.assertEqual((row["kind"], row["link_target"]), ("link", "../up"))
        self.assertEqual(row["sha256"], hashlib.sha256(self.INTERIX).hexdigest())
        self.assertEqual(self.row("/no interix")["kind"], "file")

    def test_special_files(self):
        for name in self.SPECIAL:
            self.assertEqual(self.row("/" + name)["kind"], "device", name)

    def test_content_of_a_link_is_not_lost(self):
        row = self.row("/hidden in a link")
        self.assertEqual(row["sha256"], hashlib.sha256(images.noise(9000, 4)).hexdigest())


@NEEDS_FAULTS
class AttributesAndRecords(Volume):
    PAIRS = [(b"$LXUID", struct.pack("<I", 1000)), (b"USER.NOTE", b"n" * 300), (b"EMPTY", b"")]

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)
        number = volume.add("file", b"content")
        folder = volume.add("folder", folder=True)
        for inode in (number, folder):
            cls.give(volume, inode, attributes(cls.PAIRS[:2] if inode == folder else cls.PAIRS))
        cls.broken = volume.add("broken", b"x")
        cls.give(volume, cls.broken, attributes(cls.PAIRS[:1]) + b"\xff" * 20)
        # In use without a name: as after a program that had it open was stopped; some say that they have a link.
        cls.secret = images.noise(30_000, 9)
        cls.nameless = volume.add("none", cls.secret, linked=False)
        cls.linked = volume.add("none", b"resident", linked=False)
        cls.set_links(volume, cls.linked, 1)
        # A record that continues another one, as an attribute list has them, is no file.
        cls.extension = volume.next
        volume.next += 1
        record = bytearray(volume.build(cls.extension, [(DATA, "", b"part", 0)]))
        struct.pack_into("<Q", record, 32, number | 1 << 48)
        volume.put(cls.extension, record)
        # Not in use, and torn in the middle of writing.
        cls.free = volume.next
        volume.put(cls.free, volume.build(cls.free, [(DATA, "", b"gone", 0)], flags=0))
        cls.torn = volume.next + 1
        volume.put(cls.torn, volume.build(cls.torn, [(DATA, "", b"torn", 0)]))
        volume.write(volume.mft + cls.torn * volume.record_size + 1022, b"\xaa\xbb")

    @staticmethod
    def give(volume, inode, content):
        record = volume.record(inode)
        sequence, links, flags = (struct.unpack_from("<H", record, at)[0] for at in (16, 18, 22))
        have = volume.dump(record) + [(EA_INFORMATION, "", bytes(8), 0), (EA, "", content, 0)]
        volume.put(inode, volume.build(inode, have, flags=flags, links=links, sequence=sequence))

    @staticmethod
    def set_links(volume, inode, links):
        record = volume.record(inode)
        struct.pack_into("<H", record, 18, links)
        volume.put(inode, record)

    def test_extended_attributes_are_streams(self):
        for path, pairs in (("/file", self.PAIRS), ("/folder", self.PAIRS[:2]), ("/broken", self.PAIRS[:1])):
            listed = self.index.rows("SELECT * FROM v_file WHERE path LIKE ? ORDER BY attr_id", path + ":xattr:%")
            self.assertEqual([row["path"] for row in listed], [f"{path}:xattr:{name.decode()}" for name, _ in pairs])
            for row, (_, value) in zip(listed, pairs):
                self.assertEqual((row["size"], row["attr_type"]), (len(value), EA))
                self.assertEqual(row["content_state"], "complete" if value else "empty")
                self.assertEqual(row["sha256"], hashlib.sha256(value).hexdigest())
                for extent in self.index.rows("SELECT * FROM v_extent WHERE file_id = ?", row["file_id"]):
                    self.assertEqual(extent["kind"], "resident")
                    stands = images.read(self.image, extent["image_offset"], extent["length"])
                    self.assertEqual(self.without_ends(extent, stands), self.without_ends(extent, value))

    @staticmethod
    def without_ends(extent, value):
        """The update sequence stands in the last two bytes of each 512."""
        return [byte for at, byte in enumerate(value) if (extent["image_offset"] + at) % 512 < 510]

    def test_records_without_a_name(self):
        rows = {row["inode"]: row for row in self.index.rows("SELECT * FROM v_file WHERE orphan = 1 AND deleted = 0")}
        self.assertEqual(set(rows), {self.nameless, self.linked})
        self.assertEqual(rows[self.nameless]["sha256"], hashlib.sha256(self.secret).hexdigest())
        self.assertEqual(rows[self.linked]["sha256"], hashlib.sha256(b"resident").hexdigest())
        self.assertEqual(rows[self.nameless]["content_state"], "complete")


@NEEDS_FAULTS
class Times(Volume):
    YEARS = (1601, 1677, 1700, 1899, 1969, 1970, 2038, 2107, 2262, 2263, 9999)

    @classmethod
    def units(cls, year):
        """Four different times of a year, in units of 100 ns since 1601."""
        return tuple(ntfsw.filetime(year, month, 2, 3, 4, 5, 678 + month) for month in (1, 3, 5, 7))

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)
        for year in cls.YEARS:
            volume.add(f"{year}", b"x", times=cls.units(year))
        volume.add("none", b"x", times=(0,) * 4)
        volume.add("the last", b"x", times=(2**64 - 1,) * 4)

    def test_nanoseconds(self):
        epoch = ntfsw.filetime(1970, 1, 1)
        columns = ("created", "modified", "changed", "accessed")
        for year in self.YEARS:
            for column, units in zip(columns, self.units(year)):
                nanoseconds = (units - epoch) * 100
                expected = nanoseconds if -(2**63) <= nanoseconds < 2**63 else None
                row = self.row(f"/{year}")
                self.assertEqual(row[column + "_ns"], expected, (year, column))
                self.assertEqual(row["name_" + column + "_ns"], expected, (year, column))
        self.assertEqual(self.row("/none")["modified"], None)
        self.assertEqual(self.row("/the last")["modified_ns"], None)

    def test_text(self):
        for year in self.YEARS:
            day = datetime.datetime(year, 3, 2, 3, 4, 5).isoformat()
            self.assertEqual(self.row(f"/{year}")["modified"], f"{day}.000068100Z")


@NEEDS_FAULTS
class Names(Volume):
    """Half surrogate pairs, which NTFS allows, letters of control, and the longest names."""

    ROOT = ("x\ud800y", "x\udc00y", "e\ud800", "e", "f\udbffg", "^", "a\x01b", "a\x02b", "\U0001f600")
    LONG = ("\u4e2d" * 200, "\u4e2d" * 199 + "\u4e8c", "l" * 255)

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)
        cls.inodes = {name: volume.add(name, b"x") for name in cls.ROOT}
        for name in cls.LONG:
            cls.inodes[name] = volume.add(name, b"long")
        # In the index root of a small folder too.
        folder = volume.add("d", folder=True)
        cls.small = {name: volume.add(name, b"x", parent=folder) for name in ("e\udbff", "e")}

    def names_of(self, where):
        found = {}
        for row in self.index.rows(f"SELECT * FROM v_file WHERE inode >= 64 AND {where}"):
            raw = bytes(row["path_raw"]) if row["path_raw"] is not None else row["path"].encode()
            name = raw.decode("utf-8", "surrogatepass").rpartition("/")[2]
            self.assertNotIn(name, found)
            found[name] = row["inode"]
        return found

    def test_every_name_is_itself(self):
        self.assertEqual(self.names_of("path LIKE '/d/%'"), self.small)
        self.assertEqual(self.names_of("path NOT LIKE '/d%' AND orphan = 0 AND kind = 'file'"), self.inodes)

    def test_no_path_is_another_ones(self):
        rows = self.index.rows("SELECT path, path_raw, count(*) AS n FROM v_file GROUP BY 1, 2")
        self.assertEqual([row for row in rows if row["n"] > 1], [])


@NEEDS_FAULTS
class Reserved(Volume):
    """Clusters set aside, as for a download: they may hold what was there before, and none of it is content."""

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)

        def reserved(size):
            start = volume.take(2)
            volume.write(start * 4096, b"before" * 1300)
            return [(start, 2)], 8192, size, 0, 0

        volume.add("nothing", reserved(0))
        volume.add("stream", b"x", streams=[("nothing", reserved(0))])
        volume.add("zeros", reserved(8192))
        # The attribute in a record of its own.
        number, other = volume.next, volume.next + 1
        volume.next += 2
        key = volume.name("elsewhere", ntfsw.ROOT, (ntfsw.NOW,) * 4)
        entries = ((0x10, number, 0), (0x30, number, 1), (DATA, other, 0))
        listed = b"".join(struct.pack("<IHBBQQH6x", t, 32, 0, 26, 0, n | 1 << 48, i) for t, n, i in entries)
        information = struct.pack("<QQQQ", *(ntfsw.NOW,) * 4) + struct.pack("<I36x", ntfsw.ARCHIVE)
        kept = [(0x10, "", information, 0), (0x20, "", listed, 0), (0x30, "", key, 1)]
        volume.put(number, volume.build(number, kept))
        part = bytearray(volume.build(other, [(DATA, "", reserved(0), 0)], links=0))
        struct.pack_into("<Q", part, 32, number | 1 << 48)
        volume.put(other, part)
        for one in (number, other):
            volume.bit(volume.stream_at(0, 0xB0), one, True)
        volume.index(ntfsw.ROOT, number | 1 << 48, key)

    def test_only_zeros_are_content(self):
        for path in ("/nothing", "/stream:nothing", "/elsewhere"):
            row = self.row(path)
            self.assertEqual((row["size"], row["content_state"]), (0, "empty"), path)
        row = self.row("/zeros")
        self.assertEqual((row["size"], row["sha256"]), (8192, hashlib.sha256(bytes(8192)).hexdigest()))
        self.assertEqual(self.index.rows("SELECT * FROM v_issue"), [])


@NEEDS_FAULTS
class LargeHoles(Volume):
    """Holes larger than the volume, as journals and images of disks have them."""

    HOLE = 25_000  # clusters

    @classmethod
    def fill(cls, path):
        volume = ntfsw.Ntfs(path, 4 << 20)
        start = volume.take(2)
        cls.end = images.noise(8192, 3)
        volume.write(start * 4096, cls.end)
        size = (cls.HOLE + 2) * 4096
        volume.add("journal", b"x", streams=[("$J", ([(None, cls.HOLE), (start, 2)], size, size, size, 0x8000))])
        volume.add("hole", ntfsw.Hole(100 << 20))

    def test_content(self):
        for path, data in (("/journal:$J", bytes(self.HOLE * 4096) + self.end), ("/hole", bytes(100 << 20))):
            row = self.row(path)
            self.assertEqual((row["size"], row["sha256"]), (len(data), hashlib.sha256(data).hexdigest()), path)
        self.assertEqual(self.row("/journal")["size"], 1)
        self.assertEqual(self.index.rows("SELECT * FROM v_issue"), [])


@NEEDS_FAULTS
class LargeClusters(unittest.TestCase):
    def test_every_size_and_sector(self):
        for cluster, sector in ((131072, 512), (1 << 20, 512), (2 << 20, 512), (2 << 20, 4096), (1 << 20, 2048)):
            with self.subTest(f"{cluster} {sector}"), support.Scratch() as scratch:
                self.check(pathlib.Path(scratch), cluster, sector)

    def check(self, scratch, cluster, sector):
        folder = scratch / "evidence"
        folder.mkdir()
        image = folder / "ntfs.raw"
        volume = ntfsw.Ntfs(str(image), 96 << 20, cluster=cluster, sector=sector)
        files = {"small": b"resident", "large": images.noise(3 * cluster + 1000, 1), "edge": images.noise(cluster, 2)}
        for name, data in files.items():
            volume.add(name, data)
        for name, data in files.items():
            self.assertEqual(support.call("ntfscat", "-f", image, name).stdout, data)
        run = support.triage(image, scratch / "case", "--digests", "sha256")
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            (found,) = index.rows("SELECT * FROM v_volume")
            self.assertEqual((found["status"], found["block_size"]), ("parsed", cluster))
            for name, data in files.items():
                row = index.one("SELECT * FROM v_file WHERE path = ?", "/" + name)
                self.assertEqual(row["sha256"], hashlib.sha256(data).hexdigest())
                for extent in index.rows("SELECT * FROM v_extent WHERE file_id = ?", row["file_id"]):
                    if extent["kind"] not in ("data", "resident"):
                        continue
                    start = extent["file_offset"]
                    stands = images.read(image, extent["image_offset"], extent["length"])
                    self.assertEqual(stands, data[start : start + extent["length"]])


if __name__ == "__main__":
    unittest.main()
