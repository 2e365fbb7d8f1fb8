"""Where the metadata of a file system, a partition table or an E01 segment stand, read from the undamaged image.

Each finder gives [Region]; `unit` is the size of one record in it. Nothing here uses limier or libtsk.
"""
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    kind: str
    offset: int
    length: int
    unit: int
    seal: str = ""  # how its checksum is made right again, see mutate.SEALS


def le16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def le32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def le64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def be16(data, at):
    return struct.unpack_from(">H", data, at)[0]


def be32(data, at):
    return struct.unpack_from(">I", data, at)[0]


def be64(data, at):
    return struct.unpack_from(">Q", data, at)[0]


def blocks(data, base, size):
    """Offsets of the blocks that are not all zero."""
    empty = bytes(size)
    for at in range(base, len(data) - size + 1, size):
        if data[at : at + size] != empty:
            yield at


def ntfs(data, base):
    cluster = le16(data, base + 11) * data[base + 13]
    record = struct.unpack_from("<b", data, base + 64)[0]
    record = 1 << -record if record < 0 else record * cluster
    found = [Region("ntfs boot sector", base, 512, 512)]
    last = base + le64(data, base + 40) * le16(data, base + 11)
    if last + 512 <= len(data):
        found.append(Region("ntfs boot copy", last, 512, 512))
    for start in (le64(data, base + 48), le64(data, base + 56)):
        found.append(Region("ntfs system records", base + start * cluster, 4 * record, record))
    for at in range(base, len(data) - record + 1, record):
        if data[at : at + 4] == b"FILE":
            found.append(Region("ntfs mft record", at, record, record))
        elif data[at : at + 4] == b"INDX":
            found.append(Region("ntfs index block", at, min(4096, len(data) - at), 4096))
    return found


def fat(data, base):
    sector, per_cluster, reserved = le16(data, base + 11), data[base + 13], le16(data, base + 14)
    tables, roots = data[base + 16], le16(data, base + 17)
    size = le16(data, base + 22) or le32(data, base + 36)
    cluster, first = sector * per_cluster, base + (reserved + tables * size) * sector
    found = [Region("fat boot sector", base, 512, 512)]
    if le16(data, base + 22) == 0:
        found.append(Region("fat information sector", base + sector, 512, 512))
        found.append(Region("fat boot copy", base + 6 * sector, 512, 512))
    for number in range(tables):
        start = base + (reserved + number * size) * sector
        used = size * sector
        while used > 512 and not any(data[start + used - 512 : start + used]):
            used -= 512
        found.append(Region("fat table", start, used, 4))
    if roots:
        found.append(Region("fat root folder", first, roots * 32, 32))
    first += roots * 32
    if le16(data, base + 22) == 0:
        found.append(Region("fat root folder", first + (le32(data, base + 44) - 2) * cluster, cluster, 32))
    for at in range(first, len(data) - cluster + 1, cluster):
        if data[at : at + 11] == b".          " and data[at + 32 : at + 43] == b"..         ":
            found.append(Region("fat folder", at, cluster, 32))
    return found


def exfat(data, base):
    sector = 1 << data[base + 108]
    cluster = sector << data[base + 109]
    heap = base + le32(data, base + 88) * sector
    root = heap + (le32(data, base + 96) - 2) * cluster
    found = [
        Region("exfat boot region", base, 12 * sector, sector, "exfat boot"),
        Region("exfat boot copy", base + 12 * sector, 12 * sector, sector, "exfat boot"),
        Region("exfat table", base + le32(data, base + 80) * sector, min(4096, le32(data, base + 84) * sector), 4),
        Region("exfat root folder", root, cluster, 32, "exfat set"),
    ]
    for at in range(heap, len(data) - cluster + 1, cluster):
        if at != root and data[at] & 0x7F == 0x05 and data[at + 32] & 0x7F == 0x40:
            found.append(Region("exfat folder", at, cluster, 32, "exfat set"))
    return found


def ext(data, base):
    block = 1024 << le32(data, base + 1024 + 24)
    first = le32(data, base + 1024 + 20)
    per_group, inodes = le32(data, base + 1024 + 32), le32(data, base + 1024 + 40)
    total = le32(data, base + 1024 + 4)
    inode = le16(data, base + 1024 + 88) or 128
    wide = le16(data, base + 1024 + 254) if le32(data, base + 1024 + 96) & 0x80 else 32
    groups = max(1, -(-(total - first) // per_group))
    table = base + (first + 1) * block
    found = [Region("ext superblock", base + 1024, 1024, 1024), Region("ext group table", table, groups * wide, wide)]
    for group in range(groups):
        at = table + group * wide
        for kind, place in (("ext block bitmap", le32(data, at)), ("ext inode bitmap", le32(data, at + 4))):
            found.append(Region(kind, base + place * block, block, 8))
        start, empty = base + le32(data, at + 8) * block, bytes(inode)
        for place in range(start, min(start + inodes * inode, len(data) - inode), inode):
            if data[place : place + inode] != empty:
                found.append(Region("ext inode", place, inode, inode))
    for at in blocks(data, base, block):
        if data[at + 4 : at + 7] == b"\x0c\0\x01" and data[at + 8 : at + 9] == b".":
            found.append(Region("ext folder", at, block, 8))
        elif data[at : at + 2] == b"\x0a\xf3":
            found.append(Region("ext extent block", at, block, 12))
    return found + ext_pointers(data, base, block, found)


def ext_pointers(data, base, block, found):
    """The blocks of block pointers that inodes without extents name."""
    places = set()
    for region in found:
        if region.kind == "ext inode" and not le32(data, region.offset + 32) & 0x80000:
            mode = le16(data, region.offset) >> 12
            if mode in (4, 8):
                places.update(le32(data, region.offset + 40 + 4 * slot) for slot in (12, 13, 14))
    places.discard(0)
    return [
        Region("ext pointer block", base + place * block, block, 4)
        for place in sorted(places)
        if base + (place + 1) * block <= len(data)
    ]


def hfs(data, base):
    head = base + 1024
    block, total = be32(data, head + 40), be32(data, head + 44)
    found = [Region("hfs volume header", head, 512, 512)]
    if base + total * block <= len(data):
        found.append(Region("hfs volume header copy", base + total * block - 1024, 512, 512))
    for kind, fork in (("allocation", 112), ("extents", 192), ("catalog", 272), ("attributes", 352)):
        start, count = be32(data, head + fork + 16), be32(data, head + fork + 20)
        at, length = base + start * block, count * block
        if not length or at + length > len(data):
            continue
        if kind == "allocation":
            found.append(Region("hfs allocation file", at, min(length, 4096), 8))
            continue
        node = be16(data, at + 32) or 4096
        for place in range(at, at + length - node + 1, node):
            if any(data[place : place + 14]):
                found.append(Region(f"hfs {kind} node", place, node, node))
    return found


def fletcher64(data):
    low = high = 0
    for (word,) in struct.iter_unpack("<I", data):
        low = (low + word) % 0xFFFFFFFF
        high = (high + low) % 0xFFFFFFFF
    first = 0xFFFFFFFF - (low + high) % 0xFFFFFFFF
    return first | (0xFFFFFFFF - (low + first) % 0xFFFFFFFF) << 32


def apfs(data, base):
    block = le32(data, base + 36)
    kinds = {1: "container superblock", 2: "b-tree root", 3: "b-tree node", 5: "space manager", 11: "object map"}
    kinds[13] = "volume superblock"
    found = []
    for at in blocks(data, base, block):
        if fletcher64(data[at + 8 : at + block]) == le64(data, at):
            kind = kinds.get(le16(data, at + 24), "other object")
            found.append(Region(f"apfs {kind}", at, block, block, "apfs object"))
    return found


def iso(data, base):
    found, folders, seen = [], [], set()
    for at in range(base + 16 * 2048, base + 32 * 2048, 2048):
        if data[at + 1 : at + 6] != b"CD001":
            break
        found.append(Region("iso descriptor", at, 2048, 2048))
        if data[at] not in (1, 2):
            continue
        found.append(Region("iso path table", base + le32(data, at + 140) * 2048, le32(data, at + 132), 8))
        folders.append((le32(data, at + 158), le32(data, at + 166)))
    while folders:
        start, length = folders.pop()
        if start in seen or base + start * 2048 + length > len(data):
            continue
        seen.add(start)
        at, end = base + start * 2048, base + start * 2048 + length
        found.append(Region("iso folder", at, length, 2048))
        while at < end:
            size = data[at]
            if size < 34:
                at = at - at % 2048 + 2048
                continue
            found.append(Region("iso folder record", at, size, size))
            if data[at + 25] & 2:
                folders.append((le32(data, at + 2), le32(data, at + 10)))
            at += size
    return found


def ufs(data, base):
    for at in (base + 65536, base + 8192, base):
        for order in "<>":
            magic = struct.unpack_from(order + "I", data, at + 1372)[0] if at + 1376 <= len(data) else 0
            if magic in (0x00011954, 0x19540119):
                return ufs_at(data, base, at, order, magic)
    return []


def ufs_at(data, base, sb, order, magic):
    def word(at):
        return struct.unpack_from(order + "I", data, at)[0]

    found = [Region("ufs superblock", sb, 1376, 1376)]
    fragment, inode = word(sb + 52), 128 if magic == 0x00011954 else 256
    ahead = (word(sb + 16) - word(sb + 12)) * fragment
    mark = struct.pack(order + "I", 0x00090255)
    for at in blocks(data, base, fragment):
        if data[at + 4 : at + 8] == mark:
            found.append(Region("ufs cylinder group", at, 168, 168))
            found.append(Region("ufs group bitmap", at + 168, fragment, 8))
            for place in range(at + ahead, min(at + ahead + word(sb + 184) * inode, len(data) - inode), inode):
                if any(data[place : place + inode]):
                    found.append(Region("ufs inode", place, inode, inode))
        elif data[at + 4 : at + 9] == struct.pack(order + "H", 12) + b"\x04\x01.":
            found.append(Region("ufs folder", at, fragment, 8))
    return found


def gpt(data, base):
    last = len(data) - 512
    found = [
        Region("protective table", base, 512, 512),
        Region("gpt header", base + 512, 92, 92, "gpt"),
        Region("gpt entry", base + 1024, 4 * 128, 128, "gpt"),
    ]
    if data[last : last + 8] == b"EFI PART":
        found.append(Region("gpt backup header", last, 92, 92, "gpt backup"))
        found.append(Region("gpt backup entry", last - 32 * 512, 4 * 128, 128, "gpt backup"))
    return found


def mbr(data, base):
    found = [Region("partition table", base + 446, 64, 16), Region("boot sector", base, 512, 512)]
    for entry in range(4):
        at = base + 446 + 16 * entry
        if data[at + 4] in (5, 15):
            found.append(Region("extended table", base + le32(data, at + 8) * 512 + 446, 64, 16))
    return found


def ewf(data, base=0):
    """Of one segment: descriptors and what lies behind them."""
    found, at = [Region("ewf file header", 0, 13, 13)], 13
    while at + 76 <= len(data):
        kind = bytes(data[at : at + 16]).rstrip(b"\0").decode("ascii", "replace")
        following, begin = le64(data, at + 16), at + 76
        found.append(Region("ewf descriptor", at, 76, 76, "adler"))
        end = following if begin <= following <= len(data) else begin
        if kind in ("volume", "disk", "data") and end - begin >= 94:
            found.append(Region("ewf geometry", begin, end - begin, end - begin, "adler"))
        elif kind in ("table", "table2"):
            count = le32(data, begin)
            found.append(Region(f"ewf {kind} header", begin, 24, 24, "adler"))
            if count and begin + 28 + 4 * count <= end:
                found.append(Region(f"ewf {kind} entries", begin + 24, 4 * count, 4, "adler behind"))
        elif kind == "sectors":
            found.append(Region("ewf chunks", begin, end - begin, 4096))
        elif end > begin:
            found.append(Region(f"ewf {kind}", begin, end - begin, end - begin, "adler"))
        if following <= at:
            break
        at = following
    return found


FINDERS = {
    "ntfs": ntfs, "fat": fat, "exfat": exfat, "ext": ext, "hfs": hfs, "apfs": apfs, "iso": iso, "ufs": ufs,
    "gpt": gpt, "mbr": mbr, "ewf": ewf,
}
