"""Readers of their own for tests of stated offsets: raw and E01 images, records of SQLite. Nothing here is limier's.

EWF: "Expert Witness Compression Format (EWF)", J. Metz. Records: sqlite.org/fileformat2.html, sections 1.6 and 2.1.
"""
import struct
import zlib
from bisect import bisect_right


class RawImage:
    def __init__(self, *paths):
        self.bytes = b"".join(path.read_bytes() for path in paths)

    def read(self, offset, length):
        return self.bytes[offset : offset + length]

    def place_of(self, _offset):
        return None


class EwfImage:
    """Every chunk's segment, offset and form from the tables; a chunk is decoded when it is asked for."""

    DESCRIPTOR = struct.Struct("<16sQQ40xI")

    def __init__(self, *paths):
        self.segments = [path.read_bytes() for path in paths]
        self.chunks, self.decoded = [], {}
        for number, data in enumerate(self.segments):
            at = 13
            while True:
                kind, following, size, _ = self.DESCRIPTOR.unpack_from(data, at)
                kind = kind.rstrip(b"\0")
                if kind in (b"volume", b"disk"):
                    _, sectors, sector, count = struct.unpack_from("<IIIQ", data, at + 80)
                    self.chunk_size, self.size = sectors * sector, count * sector
                if kind == b"table":
                    entries, base = struct.unpack_from("<I4xQ", data, at + 76)
                    for entry in struct.unpack_from(f"<{entries}I", data, at + 100):
                        self.chunks.append((number, base + (entry & 0x7FFFFFFF), bool(entry >> 31)))
                if kind in (b"done", b"next") or following in (0, at):
                    break
                at = following

    def chunk(self, number):
        if number not in self.decoded:
            segment, at, compressed = self.chunks[number]
            stored = self.segments[segment][at : at + 2 * self.chunk_size + 1024]
            self.decoded[number] = zlib.decompressobj().decompress(stored) if compressed else stored[: self.chunk_size]
        return self.decoded[number]

    def read(self, offset, length):
        out = bytearray()
        while len(out) < length and offset < self.size:
            within = offset % self.chunk_size
            part = self.chunk(offset // self.chunk_size)[within : within + length - len(out)]
            if not part:
                break
            out += part
            offset += len(part)
        return bytes(out)

    def place_of(self, offset):
        """Segment (from 1), offset in it, chunk, whether it is compressed, offset in the chunk."""
        segment, at, compressed = self.chunks[offset // self.chunk_size]
        return segment + 1, at, offset // self.chunk_size, compressed, offset % self.chunk_size


class PlacedFile:
    """A file's bytes by the places that are stated for it: rows of (file_offset, image_offset, length)."""

    def __init__(self, image, runs, size):
        self.image, self.runs, self.size = image, sorted(runs), size
        self.starts = [run[0] for run in self.runs]

    def read(self, offset, length):
        length = max(0, min(length, self.size - offset))
        out = bytearray(length)  # where nothing is stated there are zeros
        at = max(0, bisect_right(self.starts, offset) - 1)
        for begin, image_offset, run in self.runs[at:]:
            if begin >= offset + length:
                break
            first, last = max(begin, offset), min(begin + run, offset + length)
            if first < last:
                part = self.image.read(image_offset + first - begin, last - first)
                out[first - offset : first - offset + len(part)] = part
        return bytes(out)


def varint(data, at):
    value = 0
    for count in range(9):
        byte = data[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    raise ValueError("no varint")


class Database:
    """Pages of a database as its application saw them: those committed to the log stand before those of the file."""

    def __init__(self, main, log=None):
        self.main, self.log, self.logged = main, log, {}
        head = main.read(0, 100)
        self.page = struct.unpack_from(">H", head, 16)[0]
        self.page = 65536 if self.page == 1 else self.page
        self.usable = self.page - head[20]
        if log is None or log.size < 32:
            return
        step, salts, waiting = self.page + 24, log.read(16, 8), {}
        for at in range(32, log.size - step + 1, step):
            number, commit = struct.unpack_from(">II", frame := log.read(at, 24))
            if frame[8:16] != salts:
                break
            waiting[number] = at + 24
            if commit:
                self.logged.update(waiting)
                waiting = {}

    def read_page(self, number):
        if number in self.logged:
            return self.log.read(self.logged[number], self.page)
        return self.main.read((number - 1) * self.page, self.page)


class Record:
    """The record of a leaf cell at an offset of a database or of its log, with what lies on overflow pages."""

    SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}

    def __init__(self, database, offset, log=False):
        page, front = database.page, 24 if log else 0
        first = 32 if log else 0
        self.page_start = offset - (offset - first) % (page + front) + front
        file = database.log if log else database.main
        kind = file.read(self.page_start + (100 if self.page_start == 0 else 0), 1)[0]
        self.bytes = file.read(offset, self.page_start + page - offset)
        payload, at = varint(self.bytes, 0)
        self.rowid = None
        if kind == 13:
            self.rowid, at = varint(self.bytes, at)
            self.rowid -= (self.rowid >> 63) << 64
        most = database.usable - 35 if kind == 13 else (database.usable - 12) * 64 // 255 - 23
        local = payload
        if payload > most:
            least = (database.usable - 12) * 32 // 255 - 23
            local = least + (payload - least) % (database.usable - 4)
            local = local if local <= most else least
        body = self.bytes[at : at + local]
        following = struct.unpack_from(">I", self.bytes, at + local)[0] if local < payload else 0
        while following and len(body) < payload:
            part = database.read_page(following)[: database.usable]
            following = struct.unpack_from(">I", part)[0]
            body += part[4:]
        self.values = self.decode(body[:payload])

    def decode(self, body):
        length, at = varint(body, 0)
        values, data = [], length
        while at < length:
            kind, at = varint(body, at)
            size = (kind - 12) // 2 if kind >= 12 else self.SIZES[kind]
            raw = body[data : data + size]
            data += size
            if kind >= 12:
                values.append(raw)
            elif kind == 7:
                values.append(struct.unpack(">d", raw)[0] if len(raw) == 8 else None)
            elif kind in (8, 9):
                values.append(kind - 8)
            else:
                values.append(int.from_bytes(raw, "big", signed=True) if kind else None)
        return values
