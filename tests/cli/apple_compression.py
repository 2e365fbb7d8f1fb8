"""Compressors for what Apple's file systems hold: LZVN, LZFSE and decmpfs in all its types. Written from the formats; a
7-Zip that is installed reads what they make (test_truth_apple.py)."""
import bisect
import struct
import zlib

UNIT = 65536
LITERAL_BITS, MATCH_BITS = [0] * 16 + [2, 3, 5, 8], [0] * 16 + [3, 5, 8, 11]
DISTANCE_BITS = [number // 4 for number in range(64)]


def bases(bits):
    found, at = [], 0
    for number in bits:
        found.append(at)
        at += 1 << number
    return found


def matches_of(data, longest):
    """Greedy: literals, length and distance of each match; the last may have no match."""
    seen, found, literals, at = {}, [], bytearray(), 0
    while at < len(data):
        where = seen.get(data[at : at + 4])
        length = 0
        if where is not None and at - where < 65536 and len(data) - at >= 4:
            while length < longest and at + length < len(data) and data[where + length] == data[at + length]:
                length += 1
        if length < 4:
            seen[data[at : at + 4]] = at
            literals.append(data[at])
            at += 1
            continue
        found.append((bytes(literals), length, at - where))
        literals = bytearray()
        for skipped in range(at, at + length):
            seen[data[skipped : skipped + 4]] = skipped
        at += length
    if literals:
        found.append((bytes(literals), 0, 0))
    return found


def lzvn(data):
    """Every form of opcode that fits."""
    out, before = bytearray(), 0
    longest = (10, 8, 6, 4)  # beside so many literals in one opcode
    for literals, length, distance in matches_of(data, 300):
        while len(literals) > 3 or (literals and not length):
            piece, literals = literals[:271], literals[271:]
            out += bytes([0xE0, len(piece) - 16]) if len(piece) >= 16 else bytes([0xE0 | len(piece)])
            out += piece
        few = len(literals)
        if not length:
            continue
        if distance == before and few == 0:
            taken = min(length, 271)
            out += bytes([0xF0, taken - 16]) if taken >= 16 else bytes([0xF0 | taken])
        elif distance == before and 0 < few <= 2:
            taken = min(length, longest[few])
            out += bytes([few << 6 | (taken - 3) << 3 | 6])
        elif distance < 1536 and length <= longest[few]:
            taken = length
            out += bytes([few << 6 | (taken - 3) << 3 | distance >> 8, distance & 0xFF])
        elif distance < 16384:
            taken = min(length, 34)
            out += bytes([0xA0 | few << 3 | (taken - 3) >> 2]) + struct.pack("<H", distance << 2 | (taken - 3) & 3)
        else:
            taken = min(length, longest[few])
            out += bytes([few << 6 | (taken - 3) << 3 | 7]) + struct.pack("<H", distance)
        out += literals
        before = distance
        left = length - taken
        while left:
            taken = min(left, 271)
            out += bytes([0xF0, taken - 16]) if taken >= 16 else bytes([0xF0 | taken])
            left -= taken
    return bytes(out) + b"\x06" + bytes(7)


class Coder:
    """Finite state entropy: for each symbol, the states that decode to it and the states that follow them."""

    def __init__(self, counts, states):
        total = sum(counts) or 1
        self.frequencies = [max(1, count * states // total) if count else 0 for count in counts]
        largest = max(range(len(counts)), key=lambda symbol: self.frequencies[symbol])
        while sum(self.frequencies) > states:  # many rare ones
            most = max(range(len(counts)), key=lambda symbol: self.frequencies[symbol])
            self.frequencies[most] -= 1
        self.frequencies[largest] += states - sum(self.frequencies)
        self.ranges, at = {}, 0
        for symbol, frequency in enumerate(self.frequencies):
            if not frequency:
                continue
            bits = states.bit_length() - frequency.bit_length()
            wide = (2 * states >> bits) - frequency
            entries = []
            for index in range(frequency):
                if index < wide:
                    entries.append((((frequency + index) << bits) - states, bits, at + index))
                else:
                    entries.append(((index - wide) << (bits - 1), bits - 1, at + index))
            self.ranges[symbol] = sorted(entries)
            at += frequency

    def step(self, symbol, state):
        """The state that gives the symbol and leads to `state`; the bits it takes."""
        entries = self.ranges[symbol]
        delta, bits, before = entries[bisect.bisect_right(entries, (state, 99, 0)) - 1]
        assert 0 <= state - delta < 1 << bits
        return before, state - delta, bits


class Bits:
    def __init__(self):
        self.value, self.count = 0, 0

    def put(self, value, bits):
        self.value |= value << self.count
        self.count += bits

    def finish(self):
        """The bytes, and the number of bits with which the last one is used, less 8."""
        size = -(-self.count // 8)
        return self.value.to_bytes(size, "little"), self.count - 8 * size


def frequency_code(value):
    if value < 4:
        return [(0, 2), (2, 2), (1, 3), (5, 3)][value]
    if value < 8:
        return (value - 4) << 3 | 3, 5
    if value < 24:
        return (value - 8) << 4 | 7, 8
    return (value - 24) << 4 | 15, 14


def lzfse_block(data):
    triples, before = [], 0
    for literals, length, distance in matches_of(data, 2359):
        while len(literals) > 315:
            triples.append((literals[:315], 0, 1 if before != 1 else 0))
            before = 1
            literals = literals[315:]
        if not length:
            distance = 1
        triples.append((literals, length, 0 if distance == before else distance))
        before = distance
    literals = b"".join(part for part, _, _ in triples)
    literals += bytes(-len(literals) % 4)
    assert len(literals) <= 40000 and len(triples) <= 10000
    values = [[len(part) for part, _, _ in triples], [m for _, m, _ in triples], [d for _, _, d in triples]]
    tables = [(LITERAL_BITS, 64), (MATCH_BITS, 64), (DISTANCE_BITS, 256)]
    coders, symbols = [], []
    for numbers, (bits, states) in zip(values, tables):
        starts = bases(bits)
        chosen = [bisect.bisect_right(starts, number) - 1 for number in numbers]
        symbols.append([(symbol, number - starts[symbol], bits[symbol]) for symbol, number in zip(chosen, numbers)])
        coders.append(Coder([chosen.count(symbol) for symbol in range(len(bits))], states))
    coder = Coder([literals.count(byte) for byte in range(256)], 1024)
    stream, states = Bits(), [0] * 4
    for index in reversed(range(len(literals))):
        states[index % 4], value, bits = coder.step(literals[index], states[index % 4])
        stream.put(value, bits)
    literal_bytes, literal_bits = stream.finish()
    stream, ends = Bits(), [0] * 3
    for index in reversed(range(len(triples))):
        for kind in (2, 1, 0):
            symbol, extra, extra_bits = symbols[kind][index]
            stream.put(extra, extra_bits)
            ends[kind], value, bits = coders[kind].step(symbol, ends[kind])
            stream.put(value, bits)
    match_bytes, match_bits = stream.finish()
    table = Bits()
    for frequency in [f for one in coders + [coder] for f in one.frequencies]:
        table.put(*frequency_code(frequency))
    table_bytes, _ = table.finish()
    first = len(literals) | len(literal_bytes) << 20 | len(triples) << 40 | (literal_bits + 7) << 60
    second = sum(state << 10 * i for i, state in enumerate(states)) | len(match_bytes) << 40 | (match_bits + 7) << 60
    third = 32 + len(table_bytes) | ends[0] << 32 | ends[1] << 42 | ends[2] << 52
    head = struct.pack("<4sIQQQ", b"bvx2", len(data), first, second, third)
    return head + table_bytes + literal_bytes + match_bytes


def lzfse(data, block=30000):
    """Blocks of all kinds: entropy coded, LZVN, stored."""
    out = b""
    for number, at in enumerate(range(0, len(data), block)):
        piece = data[at : at + block]
        if number % 3 == 1:
            packed = lzvn(piece)
            out += struct.pack("<4sII", b"bvxn", len(piece), len(packed)) + packed
        elif number % 3 == 2 and len(piece) < 2000:
            out += struct.pack("<4sI", b"bvx-", len(piece)) + piece
        else:
            out += lzfse_block(piece)
    return out + b"bvx$"


MARKS = {3: b"\xff", 4: b"\xff", 7: b"\x06", 8: b"\x06", 9: b"\xcc", 10: b"\xcc", 11: b"\xff", 12: b"\xff"}
PACKERS = {3: zlib.compress, 4: zlib.compress, 7: lzvn, 8: lzvn, 11: lzfse, 12: lzfse}


def header(kind, size):
    return struct.pack("<4sIQ", b"fpmc", kind, size)


def packed_unit(kind, data):
    packed = PACKERS[kind](data) if kind in PACKERS else None
    return packed if packed is not None and len(packed) < len(data) else MARKS[kind] + data


def decmpfs(kind, data):
    """The attribute's value and the resource fork."""
    if kind == 1:
        return header(kind, len(data)) + data, b""
    if kind in (3, 7, 9, 11):
        return header(kind, len(data)) + packed_unit(kind, data), b""
    units = [packed_unit(kind, data[at : at + UNIT]) for at in range(0, len(data), UNIT)]
    if kind == 4:
        table, at = b"", 4 + 8 * len(units)
        for unit in units:
            table += struct.pack("<II", at, len(unit))
            at += len(unit)
        body = struct.pack("<I", len(units)) + table + b"".join(units)
        body = struct.pack(">I", len(body)) + body
        places = bytes(24) + struct.pack(">HHH4sHHHHII", 28, 50, 0, b"cmpf", 0, 10, 1, 0xFFFF, 0, 0)
        start = struct.pack(">IIII", 256, 256 + len(body), len(body), len(places)).ljust(256, b"\0")
        return header(kind, len(data)), start + body + places
    at = 4 * (len(units) + 1)
    table = struct.pack("<I", at)
    for unit in units:
        at += len(unit)
        table += struct.pack("<I", at)
    return header(kind, len(data)), table + b"".join(units)
