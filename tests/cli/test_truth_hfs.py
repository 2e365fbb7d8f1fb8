"""Compressed files of HFS+ (decmpfs): records as macOS writes them, put into a volume made by macOS. The truth is the
bytes that were compressed."""
import hashlib
import struct
import unittest
import zlib

import images
import support

COMPRESSED = 0x20  # UF_COMPRESSED, sys/stat.h of macOS
UNIT = 65536
INLINE = images.prose(3000)
STORED = b"stored as it is, behind a mark"
FORKED = images.prose(2 * UNIT + 777, 5) + images.noise(UNIT, 6)


def header(kind, size):
    return struct.pack("<4sIQ", b"fpmc", kind, size)


def resource_fork(data):
    """A resource fork with one resource of type cmpf: a table of units, each deflated or stored behind 0xFF."""
    units = []
    for at in range(0, len(data), UNIT):
        piece = data[at : at + UNIT]
        packed = zlib.compress(piece)
        units.append(packed if len(packed) < len(piece) else b"\xff" + piece)
    table, offset = b"", 4 + 8 * len(units)
    for unit in units:
        table += struct.pack("<II", offset, len(unit))
        offset += len(unit)
    body = struct.pack("<I", len(units)) + table + b"".join(units)
    body = struct.pack(">I", len(body)) + body
    resource_map = bytes(24) + struct.pack(">HHH", 28, 50, 0) + b"cmpf" + struct.pack(">HHHHII", 0, 10, 1, 0xFFFF, 0, 0)
    start = struct.pack(">IIII", 256, 256 + len(body), len(body), len(resource_map)).ljust(256, b"\0")
    return start + body + resource_map


class Node:
    """A B-tree leaf (TN1150): its records, to be changed and written back."""

    def __init__(self, image, offset, size):
        self.image, self.offset, self.size = image, offset, size
        data = images.read(image, offset, size)
        self.descriptor = bytearray(data[:14])
        count = struct.unpack_from(">H", data, 10)[0]
        places = [struct.unpack_from(">H", data, size - 2 * (number + 1))[0] for number in range(count + 1)]
        self.records = [data[first:last] for first, last in zip(places, places[1:])]

    def write(self):
        struct.pack_into(">H", self.descriptor, 10, len(self.records))
        data, places = bytes(self.descriptor), []
        for record in self.records:
            places.append(len(data))
            data += record
        places.append(len(data))
        tail = b"".join(struct.pack(">H", place) for place in reversed(places))
        images.patch(self.image, self.offset, data + bytes(self.size - len(data) - len(tail)) + tail)


class Decmpfs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        source = support.CORPUS / "images" / "fs" / "hfsplus.E01"
        if not source.exists():
            raise unittest.SkipTest(support.NO_CORPUS)
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.image = cls.scratch.path / "evidence" / "hfs.raw"
        cls.image.parent.mkdir()
        cls.image.write_bytes(support.call("img_cat", source).stdout)
        volume = images.read(cls.image, 1024, 512)
        cls.block = struct.unpack_from(">I", volume, 40)[0]
        cls.catalog = Node(cls.image, struct.unpack_from(">I", volume, 288)[0] * cls.block + 4096, 4096)
        cls.attributes = Node(cls.image, struct.unpack_from(">I", volume, 368)[0] * cls.block + 8192, 8192)
        cls.compress("passwords.txt", header(3, len(INLINE)) + zlib.compress(INLINE))
        cls.compress("a_file", header(3, len(STORED)) + b"\xff" + STORED)
        cls.compress("another_file", header(4, len(FORKED)), resource_fork(FORKED))
        cls.compress("fseventsd-uuid", header(11, 500) + b"bvx2 of a kind libtsk does not unpack")
        cls.attributes.records.sort(key=lambda record: (struct.unpack_from(">I", record, 4)[0], record[12:]))
        cls.catalog.write()
        cls.attributes.write()
        cls.triage = support.triage(cls.image, cls.scratch.path / "case", "--digests", "sha256")
        cls.index = cls.triage.index()
        cls.addClassCleanup(cls.index.connection.close)
        cls.rows = {row["path"].rpartition("/")[2]: row for row in cls.index.rows("SELECT * FROM v_file")}

    @classmethod
    def compress(cls, name, attribute, fork=b""):
        """Marks the file as compressed, empties its data fork and gives it the attribute and a resource fork."""
        wanted = name.encode("utf-16-be")
        for number, record in enumerate(cls.catalog.records):
            key = 2 + struct.unpack_from(">H", record, 0)[0]
            if record[8 : 8 + len(wanted)] != wanted or len(wanted) != key - 8 or record[key : key + 2] != b"\0\2":
                continue
            changed = bytearray(record)
            inode = struct.unpack_from(">I", record, key + 8)[0]
            changed[key + 41] |= COMPRESSED
            changed[key + 88 : key + 168] = bytes(80)
            if fork:
                blocks = -(-len(fork) // cls.block)
                images.patch(cls.image, 500 * cls.block, fork)
                place = struct.pack(">QIIII", len(fork), 0, blocks, 500, blocks)
                changed[key + 168 : key + 248] = place.ljust(80, b"\0")
            cls.catalog.records[number] = bytes(changed)
            break
        else:
            raise AssertionError(f"no file {name}")
        text = "com.apple.decmpfs".encode("utf-16-be")
        attribute_key = struct.pack(">HIIH", 0, inode, 0, len(text) // 2) + text
        data = struct.pack(">HHIII", len(attribute_key), 0, 0, 0, 0)[:2] + attribute_key
        data += struct.pack(">IIII", 0x10, 0, 0, len(attribute)) + attribute
        cls.attributes.records.append(data + bytes(len(data) % 2))

    def test_content_is_what_was_compressed(self):
        for name, content in {"passwords.txt": INLINE, "a_file": STORED, "another_file": FORKED}.items():
            with self.subTest(name):
                row = self.rows[name]
                self.assertEqual((row["size"], row["content_state"]), (len(content), "complete"))
                self.assertEqual(row["sha256"], hashlib.sha256(content).hexdigest())
                theirs = support.icat(self.image, 0, row)
                self.assertEqual(hashlib.sha256(theirs).hexdigest(), row["sha256"], "icat reads something else")

    def test_fork_and_content_are_one_file(self):
        self.assertEqual(self.index.rows("SELECT * FROM v_issue WHERE code = 'clusters-claimed-twice'"), [])
        fork = self.rows["another_file:rsrc"]
        self.assertEqual(fork["sha256"], hashlib.sha256(resource_fork(FORKED)).hexdigest())

    def test_export_gives_the_same(self):
        for name, content in {"passwords.txt": INLINE, "another_file": FORKED}.items():
            target = self.scratch.path / ("out " + name)
            done = support.call(
                support.LIMIER, "export", self.triage.folder, "--file", self.rows[name]["file_id"], "--to", target
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            digests = {support.sha256_of(path) for path in target.rglob("*") if path.is_file()}
            self.assertIn(hashlib.sha256(content).hexdigest(), digests)

    def test_what_cannot_be_unpacked_is_said(self):
        row = self.rows["fseventsd-uuid"]
        self.assertEqual((row["content_state"], row["sha256"]), ("unreadable", None))
        self.assertEqual(self.triage.code, 5, self.triage.err)
        issue = self.index.one("SELECT * FROM v_issue WHERE code = 'content-unreadable'")
        self.assertEqual((issue["incomplete"], issue["inode"]), (1, row["inode"]))


if __name__ == "__main__":
    unittest.main()
