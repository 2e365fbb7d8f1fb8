"""Writes backups as iTunes and Finder leave them, from what stands in the descriptions of the format."""
import hashlib
import pathlib
import plistlib
import sqlite3
import struct
import tarfile
import zipfile

UDID = "00008030-001A2B3C4D5E6F70"
FLAGS = {"file": 1, "dir": 2, "link": 4}
MODES = {"file": 0o100644, "dir": 0o40755, "link": 0o120755}
NAMES = {"mtime": "LastModified", "ctime": "LastStatusChange", "btime": "Birth"}


def file_id(domain, path):
    return hashlib.sha1(f"{domain}-{path}".encode()).hexdigest()


def mb_file(path, kind="file", size=0, mtime=0, ctime=0, btime=0, target=None, key=None):
    members = {"RelativePath": plistlib.UID(2), "Size": size, "Mode": MODES[kind], "UserID": 501, "GroupID": 502,
               "Flags": 0, "InodeNumber": 77, "ProtectionClass": 3, "$class": plistlib.UID(3),
               **{NAMES[name]: value for name, value in (("mtime", mtime), ("ctime", ctime), ("btime", btime))}}
    objects = ["$null", members, path, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
    for name, value in (("Target", target), ("EncryptionKey", key)):
        if value is not None:
            members[name] = plistlib.UID(len(objects))
            objects.append(value)
    return plistlib.dumps({"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": {"root": plistlib.UID(1)},
                           "$objects": objects}, fmt=plistlib.FMT_BINARY)


class Backup:
    def __init__(self, folder, encrypted=False, xml=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.entries = []
        self.write("Manifest.plist", plistlib.dumps({"IsEncrypted": encrypted, "Version": "10.0"},
                                                    fmt=plistlib.FMT_XML if xml else plistlib.FMT_BINARY))
        self.write("Info.plist", plistlib.dumps({"Device Name": "Made up", "Serial Number": "F00MADEUP001"}))
        self.write("Status.plist", plistlib.dumps({"IsFullBackup": True}, fmt=plistlib.FMT_BINARY))

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def add(self, domain, path, data=b"", kind="file", stored=True, name=None, record=None, old=False, **facts):
        """`record`: bytes in place of the MBFile; `name`: another id than the one that follows."""
        name = name or file_id(domain, path)
        facts = {"size": len(data), **facts}
        self.entries.append((name, domain, path, kind, record, facts))
        if kind == "file" and stored:
            self.write(name if old else f"{name[:2]}/{name}", data)

    def finish(self, page_size=4096, encoding="UTF-8"):
        database = self.folder / "Manifest.db"
        with sqlite3.connect(database) as connection:
            connection.execute(f"PRAGMA page_size={page_size}")
            connection.execute(f"PRAGMA encoding='{encoding}'")
            # A manifest has each name once, by a key; here it has none, so that dishonest ones can be made too.
            connection.execute("CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)")
            connection.execute('CREATE TABLE "Files" (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)')
            for name, domain, path, kind, record, facts in self.entries:
                connection.execute("INSERT INTO Files VALUES (?,?,?,?,?)",
                                   (name, domain, path, FLAGS[kind],
                                    mb_file(path, kind, **facts) if record is None else record))
        connection.close()
        return self.folder

    def finish_old(self):
        def text(value):
            return b"\xff\xff" if value is None else struct.pack(">H", len(value)) + value

        out = b"mbdb\x05\x00"
        for _, domain, path, kind, _, facts in self.entries:
            target = facts.get("target")
            out += text(domain.encode()) + text(path.encode()) + text(target.encode() if target else None)
            out += text(None) + text(facts.get("key"))
            out += struct.pack(">HQIIIIIQBB", MODES[kind], 77, 501, 502, facts.get("mtime", 0), facts.get("atime", 0),
                               facts.get("ctime", 0), facts["size"], 3, 1) + text(b"name") + text(b"value")
        self.write("Manifest.mbdb", out)
        return self.folder

    def files(self):
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def to_zip(self, path, inside=f"Backup/{UDID}"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in self.files():
                archive.write(file, f"{inside}/{file.relative_to(self.folder)}".lstrip("/"))
        return path

    def to_tar(self, path, mode="w", inside=f"Backup/{UDID}"):
        with tarfile.open(path, mode) as archive:
            archive.add(self.folder, inside)
        return path


def database(path, script):
    """A database of the statements in `script`, as bytes."""
    path = pathlib.Path(path)
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.commit()
    connection.close()
    data = path.read_bytes()
    path.unlink()
    return data
