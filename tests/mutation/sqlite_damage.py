"""Damage to SQLite databases and their write-ahead logs: where a byte means something to the reader, and anywhere.

Format: https://www.sqlite.org/fileformat2.html
"""
import struct

EDGES = (0, 1, 2, 3, 7, 8, 100, 255, 256, 4095, 4096, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEADER = ((0, 16), (16, 2), (18, 1), (19, 1), (20, 1), (21, 1), (24, 4), (28, 4), (32, 4), (36, 4), (40, 4), (44, 4), (48, 4),
          (52, 4), (56, 4), (60, 4), (64, 4), (92, 4), (96, 4))
INTERIOR = (2, 5)
LEAF = (10, 13)
FRAME = 24


class Pages:
    """One file as pages that lie `head` + `gap` bytes before each other's start: a database, or the frames of a log."""

    def __init__(self, data, page_size, head=0, gap=0):
        self.data, self.page_size, self.head, self.gap = data, page_size, head, gap
        self.count = max(0, (len(data) - head) // (page_size + gap))

    def start(self, index):
        return self.head + index * (self.page_size + self.gap) + self.gap

    def tree_header(self, index):
        """Where the page's b-tree header stands: behind the database header on page 1."""
        start = self.start(index)
        return start + (100 if self.data[start:start + 15] == b"SQLite format 3" else 0)

    def cells(self, index):
        """Places of the cell pointers and of the cells of a b-tree page."""
        at, start = self.tree_header(index), self.start(index)
        kind = self.data[at]
        if kind not in INTERIOR + LEAF:
            return []
        array = at + (12 if kind in INTERIOR else 8)
        count = min(struct.unpack_from(">H", self.data, at + 3)[0], (start + self.page_size - array) // 2)
        found = [(array + 2 * n, start + struct.unpack_from(">H", self.data, array + 2 * n)[0]) for n in range(count)]
        return [(pointer, cell) for pointer, cell in found if cell < len(self.data)]

    def pick(self, rng, wanted):
        """A page for which `wanted` holds, None when there is none."""
        return rng.choice([n for n in range(self.count) if wanted(n)] or [None])


def put(data, at, value):
    data[at:at + len(value)] = value[:max(0, len(data) - at)]


def put_number(rng, data, at, size):
    value = rng.choice([rng.choice(EDGES), rng.getrandbits(8 * size), int.from_bytes(data[at:at + size], "big") + rng.choice((-1, 1))])
    put(data, at, (value % (1 << 8 * size)).to_bytes(size, "big"))
    return f"{size} bytes at {at} = {value}"


# ---- structure ------------------------------------------------------------------------------------------------------


def header_field(rng, pages):
    at, size = rng.choice(HEADER)
    return "header: " + (flip_bits(rng, pages, 0, 16) if size == 16 else put_number(rng, pages.data, at, size))


def page_header(rng, pages):
    index = pages.pick(rng, lambda n: pages.cells(n))
    if index is None:
        return None
    at, size = rng.choice(((0, 1), (1, 2), (3, 2), (5, 2), (7, 1), (8, 4)))
    return f"page {index + 1} header: " + put_number(rng, pages.data, pages.tree_header(index) + at, size)


def cell_pointer(rng, pages):
    index = pages.pick(rng, lambda n: pages.cells(n))
    if index is None:
        return None
    pointer, _ = rng.choice(pages.cells(index))
    if rng.random() < 0.5:
        other, _ = rng.choice(pages.cells(index))
        put(pages.data, pointer, bytes(pages.data[other:other + 2]))
        return f"page {index + 1}: pointer at {other} over {pointer}"
    return f"page {index + 1} pointer: " + put_number(rng, pages.data, pointer, 2)


def cell_head(rng, pages):
    """Lengths, row number and serial types of one cell; the child of an interior one."""
    index = pages.pick(rng, lambda n: pages.cells(n))
    if index is None:
        return None
    _, cell = rng.choice(pages.cells(index))
    return f"page {index + 1} cell: " + rng.choice((flip_bits, some_bytes))(rng, pages, cell, min(12, len(pages.data) - cell))


def child_pointer(rng, pages):
    index = pages.pick(rng, lambda n: pages.cells(n) and pages.data[pages.tree_header(n)] in INTERIOR)
    if index is None:
        return None
    at = rng.choice([pages.tree_header(index) + 8] + [cell for _, cell in pages.cells(index)])
    put(pages.data, at, struct.pack(">I", rng.choice((0, 1, index + 1, rng.randint(1, pages.count + 1), 0xFFFFFFFF))))
    return f"page {index + 1}: another child at {at}"


def freelist(rng, pages):
    """The head of the list leads to any page; or to a trunk that is wrong."""
    trunk = rng.randint(1, pages.count + 1)
    put(pages.data, 32, struct.pack(">II", trunk, rng.choice((1, pages.count, 0xFFFFFFFF))))
    if rng.random() < 0.5 and 1 < trunk <= pages.count:
        put(pages.data, pages.start(trunk - 1), struct.pack(">III", rng.choice((trunk, 0, 2)), rng.choice(EDGES), trunk))
    return f"free list begins at page {trunk}"


def page_over_page(rng, pages):
    first, second = rng.randrange(pages.count), rng.randrange(pages.count)
    one, other = (pages.data[pages.start(n):pages.start(n) + pages.page_size] for n in (first, second))
    put(pages.data, pages.start(second), one)
    if rng.random() < 0.5:
        put(pages.data, pages.start(first), other)
        return f"pages {first + 1} and {second + 1} swapped"
    return f"page {first + 1} over {second + 1}"


def page_lost(rng, pages):
    index = rng.randrange(pages.count)
    noise = rng.random() < 0.4
    put(pages.data, pages.start(index), rng.randbytes(pages.page_size) if noise else bytes(pages.page_size))
    return f"page {index + 1} {'is noise' if noise else 'zeroed'}"


def cut(rng, pages):
    size = rng.randrange(len(pages.data)) if rng.random() < 0.5 else pages.page_size * rng.randrange(pages.count) + pages.head
    del pages.data[size:]
    return f"cut to {size}"


def longer(rng, pages):
    more = rng.choice((1, 100, pages.page_size, 3 * pages.page_size + 7))
    pages.data.extend(rng.randbytes(more) if rng.random() < 0.5 else bytes(more))
    return f"{more} bytes longer"


# ---- bytes anywhere -------------------------------------------------------------------------------------------------


def flip_bits(rng, pages, at=0, length=None):
    span = length or len(pages.data) - at
    places = [at + rng.randrange(span) for _ in range(rng.choice((1, 1, 1, 2, 8)))]
    for place in places:
        pages.data[place] ^= 1 << rng.randrange(8)
    return f"bits at {places}"


def some_bytes(rng, pages, at=0, length=None):
    span = length or len(pages.data) - at
    place = at + rng.randrange(span)
    value = rng.choice((rng.randbytes(rng.choice((1, 2, 9, 64))), bytes(rng.choice((1, 4, 64))), b"\xff" * rng.choice((1, 4, 9))))
    put(pages.data, place, value[:at + span - place])
    return f"{len(value)} bytes at {place}"


STRUCTURE = (header_field, page_header, page_header, cell_pointer, cell_head, cell_head, child_pointer, freelist, page_over_page,
             page_lost, cut, longer)
ANYWHERE = (flip_bits, some_bytes)


# ---- the log --------------------------------------------------------------------------------------------------------


def log_header(rng, pages):
    at = 4 * rng.randrange(8)
    return "log header: " + put_number(rng, pages.data, at, 4)


def frame_header(rng, pages):
    at = pages.start(rng.randrange(pages.count)) - FRAME + 4 * rng.randrange(6)
    return "frame header: " + put_number(rng, pages.data, at, 4)


def frame_over_frame(rng, pages):
    length = pages.page_size + FRAME
    first, second = (pages.start(rng.randrange(pages.count)) - FRAME for _ in range(2))
    put(pages.data, second, pages.data[first:first + length])
    return f"frame at {first} over {second}"


LOG = (log_header, frame_header, frame_header, frame_over_frame, page_lost, cut, longer, flip_bits, some_bytes, page_header,
       cell_pointer, cell_head)


def checksum(data, order, state):
    one, two = state
    for first, second in struct.iter_unpack(order + "II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def reseal(data, page_size):
    """Every salt and checksum right again, so that what was damaged counts."""
    if len(data) < 32:
        return
    order = ">" if data[3] & 1 else "<"
    state = checksum(bytes(data[:24]), order, (0, 0))
    put(data, 24, struct.pack(">II", *state))
    for at in range(32, len(data) - page_size - FRAME + 1, page_size + FRAME):
        put(data, at + 8, bytes(data[16:24]))
        state = checksum(bytes(data[at:at + 8]), order, state)
        state = checksum(bytes(data[at + FRAME:at + FRAME + page_size]), order, state)
        put(data, at + 16, struct.pack(">II", *state))


# ---- one database ---------------------------------------------------------------------------------------------------


def apply(rng, pages, kinds):
    while True:
        note = rng.choice(kinds)(rng, pages)
        if note:
            return note


def damage(rng, main, log, page_size):
    """Changes the two byte arrays (`log` may be empty): (kind of damage, what was done)."""
    kind = rng.choice(("structure", "structure", "structure", "anywhere", *(("log", "log") if log else ())))
    notes = []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        target = log if kind == "log" else main
        pages = Pages(target, page_size, 32, FRAME) if kind == "log" else Pages(target, page_size)
        if pages.count == 0:
            break
        notes.append(apply(rng, pages, {"structure": STRUCTURE, "anywhere": ANYWHERE, "log": LOG}[kind]))
    if kind == "log" and rng.random() < 0.6:
        reseal(log, page_size)
        notes.append("log resealed")
    return kind, notes
