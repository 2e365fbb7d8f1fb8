"""One variant of a seed: what is damaged depends on the seed's name and the variant's number, on nothing else."""
import os
import pathlib
import random
import struct
import subprocess
import zlib

import regions
from regions import fletcher64, le32, le64

ODD = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 4095, 4096, 32767, 32768, 65535]
ODD += [65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]


class Patch:
    """A file that is changed in place; knows what it changed."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.file = open(path, "r+b")
        self.size = self.path.stat().st_size
        self.notes = []

    def read(self, at, length):
        self.file.seek(at)
        return self.file.read(length)

    def write(self, at, data):
        self.file.seek(at)
        self.file.write(data)

    def close(self):
        self.file.close()


# ---- what happens to one record --------------------------------------------------------------------------------------


def flip_bit(rng, record):
    at = rng.randrange(len(record))
    record[at] ^= 1 << rng.randrange(8)
    return f"bit at {at}"


def set_byte(rng, record):
    at = rng.randrange(len(record))
    record[at] = rng.choice([0, 0xFF, 0x7F, 0x80, rng.randrange(256)])
    return f"byte at {at}"


def set_number(rng, record):
    width = rng.choice([w for w in (2, 4, 8) if w <= len(record)] or [1])
    at = rng.randrange(0, len(record) - width + 1, rng.choice([1, width]))
    order = rng.choice(["little", "big"])
    old = int.from_bytes(record[at : at + width], order)
    value = rng.choice([rng.choice(ODD), old + 1, old - 1, old * 2, old // 2, ~old, rng.getrandbits(8 * width)])
    record[at : at + width] = (value % (1 << (8 * width))).to_bytes(width, order)
    return f"number of {width} at {at}"


def blank_part(rng, record):
    at = rng.randrange(len(record))
    length = min(len(record) - at, rng.choice([4, 16, 64, 512, len(record)]))
    record[at : at + length] = bytes([rng.choice([0, 0, 0xFF])]) * length
    return f"{length} bytes blanked at {at}"


def noise_part(rng, record):
    at = rng.randrange(len(record))
    length = min(len(record) - at, rng.choice([4, 16, 64, 512]))
    record[at : at + length] = rng.randbytes(length)
    return f"{length} bytes of noise at {at}"


def move_part(rng, record):
    length = rng.choice([w for w in (2, 4, 8, 16, 32) if w <= len(record)] or [1])
    source, target = (rng.randrange(len(record) - length + 1) for _ in "ab")
    record[target : target + length] = record[source : source + length]
    return f"{length} bytes from {source} to {target}"


RECORD_DAMAGE = [flip_bit, flip_bit, set_byte, set_number, set_number, set_number, blank_part, noise_part, move_part]


# ---- checksums made right again, so that what lies behind them is reached -------------------------------------------


def seal_adler(patch, region, _base):
    body = patch.read(region.offset, region.length - 4)
    patch.write(region.offset + region.length - 4, struct.pack("<I", zlib.adler32(body)))


def seal_adler_behind(patch, region, _base):
    body = patch.read(region.offset, region.length)
    patch.write(region.offset + region.length, struct.pack("<I", zlib.adler32(body)))


def seal_apfs(patch, region, _base):
    body = patch.read(region.offset + 8, region.length - 8)
    patch.write(region.offset, struct.pack("<Q", fletcher64(body)))


def seal_exfat_boot(patch, region, _base):
    data, total = patch.read(region.offset, region.length * 11 // 12), 0
    for at, byte in enumerate(data):
        if at not in (106, 107, 112):
            total = ((total << 31 | total >> 1) & 0xFFFFFFFF) + byte & 0xFFFFFFFF
    patch.write(region.offset + len(data), struct.pack("<I", total) * (region.length // 12 // 4))


def seal_exfat_sets(patch, region, _base):
    data = bytearray(patch.read(region.offset, region.length))
    at = 0
    while at + 32 <= len(data):
        length = (data[at + 1] + 1) * 32
        if data[at] & 0x7F == 0x05 and at + length <= len(data):
            total = 0
            for index in range(at, at + length):
                if index not in (at + 2, at + 3):
                    total = ((total << 15 | total >> 1) & 0xFFFF) + data[index] & 0xFFFF
            struct.pack_into("<H", data, at + 2, total)
            at += length
        else:
            at += 32
    patch.write(region.offset, data)


def seal_gpt(patch, region, base):
    at = base + 512 if region.seal == "gpt" else patch.size - 512
    header = bytearray(patch.read(at, 512))
    place, count, size = le64(header, 72), le32(header, 80), le32(header, 84)
    if place * 512 < patch.size and count * size <= 1 << 20:
        struct.pack_into("<I", header, 88, zlib.crc32(patch.read(place * 512, count * size)))
    length = le32(header, 12)
    if 20 <= length <= 512:
        struct.pack_into("<I", header, 16, 0)
        struct.pack_into("<I", header, 16, zlib.crc32(header[:length]))
    patch.write(at, header)


SEALS = {
    "adler": seal_adler, "adler behind": seal_adler_behind, "apfs object": seal_apfs, "exfat boot": seal_exfat_boot,
    "exfat set": seal_exfat_sets, "gpt": seal_gpt, "gpt backup": seal_gpt,
}


# ---- damage ---------------------------------------------------------------------------------------------------------


def pick(rng, found):
    """A region: every kind is as likely as any other, however many there are of it."""
    kinds = sorted({region.kind for region in found})
    kind = rng.choice(kinds)
    return rng.choice([region for region in found if region.kind == kind])


def record_of(rng, region, size):
    count = max(1, region.length // region.unit)
    at = region.offset + rng.randrange(count) * region.unit
    length = min(region.unit, size - at)
    if region.unit < 16:  # tables of numbers: a neighbourhood
        length = min(rng.choice([region.unit, 64, 512]), region.offset + region.length - at, size - at)
    return at, length


def damage_region(rng, patch, region, base):
    at, length = record_of(rng, region, patch.size)
    if length <= 0:
        return
    record = bytearray(patch.read(at, length))
    note = rng.choice(RECORD_DAMAGE)(rng, record)
    patch.write(at, bytes(record))
    sealed = bool(region.seal) and rng.random() < 0.6
    if sealed:
        SEALS[region.seal](patch, region, base)
    patch.notes.append(f"{region.kind} at {at}: {note}{', resealed' if sealed else ''}")


def copy_record(rng, patch, found):
    """One record over another of its kind: cycles, doubled claims, a folder inside itself."""
    region = pick(rng, found)
    other = rng.choice([r for r in found if r.kind == region.kind])
    length = min(region.unit, other.length, region.length)
    patch.write(other.offset, patch.read(region.offset, length))
    patch.notes.append(f"{region.kind}: {region.offset} over {other.offset}")


def damage_media(rng, patch, found, base):
    """Between 1 and 64 changes; seldom the image ends early."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4, 8, 16, 32, 64])):
        if rng.random() < 0.08:
            copy_record(rng, patch, found)
        else:
            damage_region(rng, patch, pick(rng, found), base)
    if rng.random() < 0.05:
        size = rng.randrange(1, patch.size)
        os.truncate(patch.path, size - size % 512 or 512)
        patch.notes.append(f"cut to {patch.path.stat().st_size}")


# ---- E01 sets -------------------------------------------------------------------------------------------------------


def cut_segment(rng, files):
    path = rng.choice(files)
    size = rng.randrange(path.stat().st_size)
    os.truncate(path, size)
    return f"{path.suffix} cut to {size}"


def cut_tail(rng, files):
    size = files[-1].stat().st_size - rng.choice([17, 76, 157, 233, 300, 700])
    os.truncate(files[-1], max(1, size))
    return f"tail of {files[-1].suffix} lost"


def drop_segment(rng, files):
    path = rng.choice(files[1:])
    path.unlink()
    return f"{path.suffix} missing"


def swap_segments(rng, files):
    first, second = rng.sample(files, 2)
    spare = first.with_suffix(".spare")
    first.rename(spare)
    second.rename(first)
    spare.rename(second)
    return f"{first.suffix} and {second.suffix} swapped"


def double_segment(rng, files):
    source, target = rng.sample(files, 2)
    target.write_bytes(source.read_bytes())
    return f"{target.suffix} is a copy of {source.suffix}"


def shift_bytes(rng, files):
    path = rng.choice(files)
    data = path.read_bytes()
    at, length = rng.randrange(len(data)), rng.choice([1, 4, 76, 512])
    insert = rng.random() < 0.5
    path.write_bytes(data[:at] + rng.randbytes(length) + data[at:] if insert else data[:at] + data[at + length :])
    return f"{length} bytes {'inserted' if insert else 'taken out'} at {at} of {path.suffix}"


def blank_range(rng, files):
    patch = Patch(rng.choice(files))
    at = rng.randrange(patch.size)
    length = min(patch.size - at, rng.choice([512, 4096, 32768, 200000]))
    patch.write(at, bytes(length) if rng.random() < 0.5 else rng.randbytes(length))
    patch.close()
    return f"{length} bytes lost at {at} of {patch.path.suffix}"


def both_tables(rng, files):
    patch = Patch(rng.choice(files))
    data = patch.read(0, patch.size)
    wanted = [r for r in regions.ewf(data) if r.kind in ("ewf table entries", "ewf table2 entries")]
    if wanted:
        at = 4 * rng.randrange(wanted[0].length // 4)
        for region in wanted[:2]:
            patch.write(region.offset + at, struct.pack("<I", rng.getrandbits(32)))
    patch.close()
    return f"entry {wanted and at} of both tables of {patch.path.suffix}"


def chain_loop(rng, files):
    patch = Patch(rng.choice(files))
    found = [r for r in regions.ewf(patch.read(0, patch.size)) if r.kind == "ewf descriptor"]
    region, target = rng.choice(found), rng.choice(found)
    patch.write(region.offset + 16, struct.pack("<Q", target.offset))
    seal_adler(patch, region, 0)
    patch.close()
    return f"section at {region.offset} leads to {target.offset}"


def header_bomb(rng, files):
    """A header section that inflates a thousandfold, in the place of the first one."""
    patch = Patch(files[0])
    data = patch.read(0, patch.size)
    found = [r for r in regions.ewf(data) if r.kind in ("ewf header", "ewf header2")]
    region = rng.choice(found)
    bomb = zlib.compress(bytes(rng.choice([1 << 20, 1 << 26])), 9)[: region.length]
    patch.write(region.offset, bomb)
    patch.close()
    return f"{region.kind} is a bomb"


def chunk_bomb(rng, files):
    """A chunk whose data inflate to more than a chunk."""
    patch = Patch(rng.choice(files))
    found = [r for r in regions.ewf(patch.read(0, patch.size)) if r.kind == "ewf chunks"]
    if found:
        bomb = zlib.compress(bytes(1 << 26), 9)[: found[0].length]
        patch.write(found[0].offset, bomb)
    patch.close()
    return "first chunk is a bomb"


SET_DAMAGE = [cut_segment, cut_tail, shift_bytes, blank_range, both_tables, chain_loop, header_bomb, chunk_bomb]
SPLIT_DAMAGE = [drop_segment, drop_segment, swap_segments, double_segment, cut_segment]


def damage_set(rng, files):
    notes = []
    if rng.random() < 0.45:
        choice = SET_DAMAGE + (SPLIT_DAMAGE * 2 if len(files) > 1 else [])
        return [rng.choice(choice)(rng, files)]
    for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
        patch = Patch(rng.choice(files))
        damage_region(rng, patch, pick(rng, regions.ewf(patch.read(0, patch.size))), 0)
        patch.close()
        notes += patch.notes
    return notes


# ---- one variant ----------------------------------------------------------------------------------------------------


def make(seed, number, folder):
    """Files of variant `number` in `folder`: (the image to give to limier, what was done)."""
    rng = random.Random(f"{seed.name}:{number}")
    files = []
    for source in seed.files:
        target = pathlib.Path(folder) / source.name
        subprocess.run(["cp", "--sparse=always", "--no-preserve=all", str(source), str(target)], check=True)
        files.append(target)
    if seed.family == "ewf":
        notes = damage_set(rng, files)
        return files[0], notes
    part = rng.choice(seed.parts)
    patch = Patch(files[0])
    damage_media(rng, patch, seed.regions_of(part), part[1])
    patch.close()
    return files[0], patch.notes
