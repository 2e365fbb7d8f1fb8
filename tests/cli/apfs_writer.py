"""Files in an APFS volume, byte by byte, from the "Apple File System Reference": mkapfs makes the container, the records of
its file-system tree are written here."""
import struct
import unicodedata

import images

BLOCK = 4096
INODE, ATTRIBUTE, DATA_STREAM, CRYPTO, EXTENT, ENTRY = 3, 4, 6, 7, 8, 9
FOLDER, FILE, LINK = 0o040755, 0o100644, 0o120755
ROOT, PRIVATE = 2, 3
COMPRESSED, DATALESS = 0x20, 0x40000000
SPARSE, HAS_SIZE = 0x200, 0x40000
TIME = 1_700_000_000_123_456_789


def key(number, kind):
    return struct.pack("<Q", kind << 60 | number)


def name_hash(name):
    """CRC-32C of the folded name in UTF-32: names stand in its order."""
    crc = 0xFFFFFFFF
    for byte in unicodedata.normalize("NFD", name).casefold().encode("utf-32-le"):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc & 0x3FFFFF


def checksum(block):
    low = high = 0
    for (word,) in struct.iter_unpack("<I", block[8:]):
        low = (low + word) % 0xFFFFFFFF
        high = (high + low) % 0xFFFFFFFF
    first = 0xFFFFFFFF - (low + high) % 0xFFFFFFFF
    return struct.pack("<II", first, 0xFFFFFFFF - (low + first) % 0xFFFFFFFF)


class Apfs:
    def __init__(self, path, size=128 << 20):
        self.path, self.size = path, size
        images.blank(path, size)
        images.run("mkapfs", "-L", "Made", path)
        nx = self.block(0)
        volume = self.mapped(struct.unpack_from("<Q", nx, 160)[0], struct.unpack_from("<Q", nx, 184)[0])
        self.volume = volume
        self.map = struct.unpack_from("<Q", self.block(volume), 128)[0]
        self.root = self.mapped(self.map, struct.unpack_from("<Q", self.block(volume), 136)[0])
        self.next_number, self.next_block = 16, 16384
        for number in range(64):  # the container's superblocks: numbers for the nodes that are made here
            block = bytearray(self.block(number))
            if block[32:36] == b"NXSB":
                struct.pack_into("<Q", block, 88, 0x20000)
                self.put(number, bytes(block))
        self.records = []
        for number, parent, name in ((ROOT, 1, "root"), (PRIVATE, 1, "private-dir")):
            self.inode(number, parent, name, FOLDER)
            self.entry(1, name, number, 4)

    def block(self, number):
        return images.read(self.path, number * BLOCK, BLOCK)

    def put(self, number, block):
        """Seals the block with its checksum."""
        images.patch(self.path, number * BLOCK, checksum(block) + block[8:])

    def mapped(self, object_map, number):
        """The block of an object; maps of one leaf."""
        tree = self.block(struct.unpack_from("<Q", self.block(object_map), 48)[0])
        count, table = struct.unpack_from("<I", tree, 36)[0], 56 + struct.unpack_from("<H", tree, 40)[0]
        keys = table + struct.unpack_from("<H", tree, 42)[0]
        for index in range(count):
            key_at, value_at = struct.unpack_from("<HH", tree, table + 4 * index)
            if struct.unpack_from("<Q", tree, keys + key_at)[0] == number:
                return struct.unpack_from("<Q", tree, BLOCK - 40 - value_at + 8)[0]
        raise AssertionError(f"no object {number}")

    def add(self, head, value):
        self.records.append((head, value))

    def take(self, data):
        """Blocks with the data; the first one's number."""
        first = self.next_block
        images.patch(self.path, first * BLOCK, data)
        self.next_block += -(-len(data) // BLOCK)
        assert self.next_block * BLOCK < self.size
        return first

    def inode(self, number, parent, name, mode, flags=0, links=1, internal=0, size=None, uncompressed=0, times=None,
              data=None):
        fields = [(4, 2, name.encode() + b"\0")]
        if size is not None:
            fields.append((8, 0x20, struct.pack("<QQQQQ", size, -(-size // BLOCK) * BLOCK, 0, size, 0)))
        blob = struct.pack("<HH", len(fields), sum(-(-len(f) // 8) * 8 for _, _, f in fields))
        blob += b"".join(struct.pack("<BBH", kind, flag, len(field)) for kind, flag, field in fields)
        blob += b"".join(field + bytes(-len(field) % 8) for _, _, field in fields)
        created, modified, changed, accessed = times or (TIME, TIME + 1, TIME + 2, TIME + 3)
        value = struct.pack("<QQqqqqQiIIIIIHHQ", parent, data or number, created, modified, changed, accessed, internal,
                            links, 0, 0, flags, 501, 20, mode, 0, uncompressed)
        self.add(key(number, INODE), value + blob)

    def entry(self, parent, name, number, kind):
        raw = name.encode() + b"\0"
        self.add(key(parent, ENTRY) + struct.pack("<I", name_hash(name) << 10 | len(raw)) + raw,
                 struct.pack("<QQH", number, TIME, kind))

    def attribute(self, number, name, value, stream=False):
        head = key(number, ATTRIBUTE) + struct.pack("<H", len(name) + 1) + name.encode() + b"\0"
        if not stream:
            self.add(head, struct.pack("<HH", 2, len(value)) + value)
            return
        data = self.next_number
        self.next_number += 1
        self.extents(data, [(0, len(value), self.take(value))])
        self.add(head, struct.pack("<HHQQQQQQ", 1, 48, data, len(value), -(-len(value) // BLOCK) * BLOCK, 0, 0, 0))

    def extents(self, number, runs, crypto=0):
        self.add(key(number, DATA_STREAM), struct.pack("<I", 1))
        for at, length, block in runs:
            self.add(key(number, EXTENT) + struct.pack("<Q", at),
                     struct.pack("<QQQ", -(-length // BLOCK) * BLOCK, block, crypto))

    def file(self, name, content=None, parent=ROOT, mode=FILE, attributes=(), runs=None, size=None, crypto=0, **more):
        """Content that is stored as it is, or runs of it; attributes: name, value, whether in a stream of its own."""
        number = self.next_number
        self.next_number += 1
        if content:
            runs, size = [(0, len(content), self.take(content))], len(content)
        self.inode(number, parent, name, mode, size=size, **more)
        if runs is not None and more.get("data") is None:
            self.extents(number, runs, crypto)
        self.entry(parent, name, number, {FILE: 8, LINK: 10, FOLDER: 4}[mode])
        for attribute in attributes:
            self.attribute(number, *attribute)
        return number

    def write(self):
        """Leaves in blocks of their own, under the root."""
        self.records.sort(key=lambda record: (struct.unpack("<Q", record[0][:8])[0] & (1 << 60) - 1,
                                              record[0][7] >> 4, self.rest(record[0])))
        leaves, room = [[]], BLOCK - 56
        for record in self.records:
            taken = sum(len(part) for part in record) + 8
            if taken > room:
                leaves.append([])
                room = BLOCK - 56
            leaves[-1].append(record)
            room -= taken
        children = []
        for index, leaf in enumerate(leaves):
            number, place = 0x10000 + index, self.take(bytes(BLOCK))
            self.put(place, self.node(number, 2, 0, leaf, False))
            children.append((number, place, leaf[0][0]))
        index = [(first, struct.pack("<Q", number)) for number, _, first in children]
        root_number = struct.unpack_from("<Q", self.block(self.volume), 136)[0]
        self.put(self.root, self.node(root_number, 1, 1, index, True))
        self.extend_map([(number, place) for number, place, _ in children])
        modes = [struct.unpack_from("<H", value, 80)[0] for head, value in self.records if head[7] >> 4 == INODE]
        volume = bytearray(self.block(self.volume))
        struct.pack_into("<Q", volume, 176, self.next_number)
        counts = [modes.count(mode) for mode in (FILE, FOLDER, LINK)]
        struct.pack_into("<QQQQ", volume, 184, counts[0], counts[1] - 2, counts[2], 0)
        self.put(self.volume, bytes(volume))

    @staticmethod
    def rest(head):
        if head[7] >> 4 == EXTENT:
            return struct.unpack_from("<Q", head, 8)
        return (head[10:] if head[7] >> 4 == ATTRIBUTE else head[8:12][::-1],)

    def node(self, number, flags, level, records, root):
        old = self.block(self.root)
        table = 8 * max(len(records), 8)
        block = bytearray(BLOCK)
        transaction = struct.unpack_from("<Q", old, 16)[0]
        kind, subtype = (struct.unpack_from("<II", old, 24) if root else (3, struct.unpack_from("<I", old, 28)[0]))
        struct.pack_into("<QQQII", block, 0, 0, number, transaction, kind, subtype)
        end = BLOCK - (40 if root else 0)
        keys, values = b"", b""
        for index, (head, value) in enumerate(records):
            values = value + values
            struct.pack_into("<HHHH", block, 56 + 8 * index, len(keys), len(head), len(values), len(value))
            keys += head
        assert 56 + table + len(keys) + len(values) <= end
        struct.pack_into("<HHIHHHHHHHH", block, 32, flags, level, len(records), 0, table, len(keys),
                         end - 56 - table - len(keys) - len(values), 0xFFFF, 0, 0xFFFF, 0)
        block[56 + table : 56 + table + len(keys)] = keys
        block[end - len(values) : end] = values
        if root:
            block[end:] = old[end:]
            longest = [max(len(part) for part in parts) for parts in zip(*self.records)]
            struct.pack_into("<IIQQ", block, end + 16, *longest, len(self.records), len(records) + 1)
        return bytes(block)

    def extend_map(self, places):
        tree_at = struct.unpack_from("<Q", self.block(self.map), 48)[0]
        tree = bytearray(self.block(tree_at))
        count, table = struct.unpack_from("<I", tree, 36)[0], 56 + struct.unpack_from("<H", tree, 40)[0]
        size = struct.unpack_from("<H", tree, 42)[0]
        transaction = struct.unpack_from("<Q", tree, 16)[0]
        assert 4 * (count + len(places)) <= size, "object map full"
        for number, place in places:
            key_at, value_at = 16 * count, 16 * (count + 1)
            struct.pack_into("<HH", tree, table + 4 * count, key_at, value_at)
            struct.pack_into("<QQ", tree, table + size + key_at, number, transaction)
            struct.pack_into("<IIQ", tree, BLOCK - 40 - value_at, 0, BLOCK, place)
            count += 1
        struct.pack_into("<I", tree, 36, count)
        struct.pack_into("<H", tree, 44, 16 * count)  # where free space begins, and its length
        struct.pack_into("<H", tree, 46, BLOCK - 40 - table - size - 32 * count)
        struct.pack_into("<Q", tree, BLOCK - 40 + 24, count)
        self.put(tree_at, bytes(tree))
