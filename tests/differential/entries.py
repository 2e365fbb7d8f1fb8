"""What a second reader says of a volume, and what limier's index says of it, in one form."""
import dataclasses
import datetime
import hashlib
import os
import sqlite3
import stat
import typing


@dataclasses.dataclass
class Entry:
    """A file, folder or link in use. None: the reader cannot tell, so it is not compared."""
    kind: str
    size: typing.Optional[int] = None
    sha256: typing.Optional[str] = None
    modified_ns: typing.Optional[int] = None
    accessed_ns: typing.Optional[int] = None
    changed_ns: typing.Optional[int] = None
    created_ns: typing.Optional[int] = None
    target: typing.Optional[bytes] = None
    links: typing.Optional[int] = None
    xattrs: typing.Optional[dict] = None  # name: sha256 of the value


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def kind_of(mode):
    if stat.S_ISDIR(mode):
        return "dir"
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "device"


def read_folder(root, times=("modified_ns", "accessed_ns", "changed_ns"), links=True, xattrs=False, skip=()):
    """The tree under a folder: a mounted volume, or what a tool has copied out of one."""
    entries = {}
    root = os.fsencode(root)
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            inner = path[len(root):]
            if inner in skip:
                continue
            facts = os.lstat(path)
            entry = Entry(kind_of(facts.st_mode))
            for column, value in (("modified_ns", facts.st_mtime_ns), ("accessed_ns", facts.st_atime_ns), ("changed_ns", facts.st_ctime_ns)):
                if column in times:
                    setattr(entry, column, value)
            if entry.kind == "file":
                entry.size, entry.sha256 = facts.st_size, sha256_of(path)
                entry.links = facts.st_nlink if links else None
            elif entry.kind == "link":
                entry.target = os.readlink(path)
            if xattrs and entry.kind in ("file", "dir"):
                entry.xattrs = {n: hashlib.sha256(os.getxattr(path, n)).hexdigest() for n in os.listxattr(path) if n.startswith("user.")}
            entries[inner] = entry
    return entries


def ns_of(ns, text):
    """Nanoseconds since 1970 of a time of v_file, also of one that 64 bits cannot hold."""
    if ns is not None or text is None:
        return ns
    seconds, _, fraction = text.decode().rstrip("Z").partition(".")
    since = datetime.datetime.fromisoformat(seconds) - datetime.datetime(1970, 1, 1)
    return (since.days * 86400 + since.seconds) * 10 ** 9 + int(fraction)


class Index:
    """Rows of limier's index."""

    def __init__(self, folder):
        self.db = sqlite3.connect(f"file:{folder}/index.db?mode=ro", uri=True)
        self.db.text_factory = bytes

    def rows(self, sql):
        return self.db.execute(sql).fetchall()

    def entries(self):
        """Rows in use with a place in a directory, by their exact path; and paths that several rows have."""
        found, twice = {}, []
        streams = {}
        for path, raw, kind, size, sha256, target, target_raw, links, *times in self.rows(
                "SELECT path, path_raw, kind, size, sha256, link_target, link_target_raw, link_count, modified_ns, modified, "
                "accessed_ns, accessed, changed_ns, changed, created_ns, created FROM v_file WHERE deleted = 0 AND orphan = 0 AND kind <> 'virtual'"):
            exact = raw if raw is not None else path
            kind = kind.decode()
            sha256 = sha256.decode() if sha256 else None
            if kind == "stream":
                owner, _, name = exact.rpartition(b":xattr:")
                if owner:
                    streams.setdefault(owner, {})[name.decode("utf-8", "surrogateescape")] = sha256
                continue
            if exact in found:
                twice.append(exact)
            m, a, c, b = (ns_of(*times[at:at + 2]) for at in range(0, 8, 2))
            found[exact] = Entry(kind, size, sha256, m, a, c, b, target_raw if target_raw is not None else target, links)
        for owner, names in streams.items():
            if owner in found:
                found[owner].xattrs = names
        return found, twice

    def deleted_digests(self):
        """(path, digest) of what limier gives as the content of deleted files."""
        return [(raw if raw is not None else path, sha256.decode()) for path, raw, sha256 in self.rows(
            "SELECT path, path_raw, sha256 FROM v_file WHERE deleted = 1 AND size > 0 AND sha256 IS NOT NULL AND kind = 'file'")]

    def orphans_in_use(self):
        return [(inode, size, sha256.decode() if sha256 else None) for inode, size, sha256 in self.rows(
            "SELECT inode, size, sha256 FROM v_file WHERE deleted = 0 AND orphan = 1 AND kind = 'file'")]

    def incomplete_issues(self):
        return [f"{code.decode()}: {message.decode('utf-8', 'replace')}" for code, message in
                self.rows("SELECT code, message FROM v_issue WHERE incomplete")]


def compare(expected, found, tolerance):
    """Differences as sentences. tolerance: {column: step in ns} by which the reader rounds down a time."""
    wrong = []
    for path in sorted(expected.keys() - found.keys()):
        wrong.append(f"missing: {path!r}")
    for path in sorted(found.keys() - expected.keys()):
        wrong.append(f"not there: {path!r} ({found[path].kind})")
    for path in sorted(expected.keys() & found.keys()):
        want, have = expected[path], found[path]
        for field in dataclasses.fields(Entry):
            a, b = getattr(want, field.name), getattr(have, field.name)
            if field.name == "xattrs":
                b = {n: d for n, d in (b or {}).items() if n.startswith("user.")}
            if a is None or a == b:
                continue
            step = tolerance.get(field.name)
            if step and b is not None and abs(a - b) < step:
                continue
            wrong.append(f"{path!r}: {field.name} is {b!r}, not {a!r}")
    return wrong
