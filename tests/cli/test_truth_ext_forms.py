"""ext2, ext3 and ext4 in every form mke2fs can give them, against the bytes put in and what debugfs says of them."""
import hashlib
import os
import re
import subprocess
import unittest

import images
import support

KIB = 1024
TIMES = {"modified": "mtime", "accessed": "atime", "changed": "ctime", "created": "crtime"}

# By name: options of mke2fs. Small blocks and groups, so that small volumes have many of them.
FORMS = {
    "ext2 of revision 0": ("-t", "ext2", "-r", "0", "-O", "none", "-I", "128", "-b", KIB),
    "ext2 without types of names": ("-t", "ext2", "-O", "^filetype", "-I", "128", "-b", KIB),
    "ext2 with every group's superblock": ("-t", "ext2", "-O", "^sparse_super,^resize_inode", "-b", KIB, "-g", 1024),
    "ext2 with large inodes": ("-t", "ext2", "-I", "256", "-b", 2 * KIB),
    "ext3 with large inodes": ("-t", "ext3", "-I", "512", "-b", KIB),
    "ext4": ("-t", "ext4", "-b", KIB),
    "ext4 as of old": ("-t", "ext4", "-O", "^64bit,^flex_bg,^metadata_csum,uninit_bg,^extent", "-b", KIB, "-g", 2048),
    "ext4 with small inodes": ("-t", "ext4", "-I", "128", "-b", KIB),
    "ext4 with uninitialised tables": ("-t", "ext4", "-b", KIB, "-g", 1024, "-E", "lazy_itable_init=1"),
    "inline data": ("-t", "ext4", "-O", "inline_data", "-I", "256", "-b", KIB),
    "inline data in inodes of 1 KiB": ("-t", "ext4", "-O", "inline_data", "-I", "1024", "-b", 4 * KIB),
    "meta block groups": ("-t", "ext4", "-O", "meta_bg,^resize_inode,^flex_bg", "-b", KIB, "-g", 256),
    "meta block groups of ext2": ("-t", "ext2", "-O", "meta_bg,^resize_inode", "-b", KIB, "-g", 256),
    "sparse_super2": ("-t", "ext4", "-O", "sparse_super2,^resize_inode", "-E", "num_backup_sb=1", "-b", KIB, "-g", 1024),
    "bigalloc": ("-t", "ext4", "-O", "bigalloc", "-b", 4 * KIB, "-C", 16 * KIB),
    "bigalloc with blocks of 1 KiB": ("-t", "ext4", "-O", "bigalloc", "-b", KIB, "-C", 64 * KIB),
    "blocks of 64 KiB": ("-t", "ext4", "-b", 64 * KIB),
    "blocks of 8 KiB without extents": ("-t", "ext4", "-O", "^extent,^64bit", "-b", 8 * KIB),
    "attributes in inodes": ("-t", "ext4", "-O", "ea_inode", "-b", KIB),
    "folded case": ("-t", "ext4", "-O", "casefold", "-b", KIB),
    "system inodes": ("-t", "ext4", "-O", "quota,project,orphan_file", "-b", KIB),
    "other features": ("-t", "ext4", "-O", "metadata_csum_seed,large_dir,verity,stable_inodes,mmp", "-b", KIB),
}
MANY = 300


def files_of(form):
    big = 70 * KIB if "64 KiB" not in form else 200 * KIB
    files = {
        "empty": b"",
        "tiny": b"twenty bytes of text",
        "sixty": images.noise(60, 1),
        "behind sixty": images.noise(88, 2),
        "block": images.noise(KIB, 3),
        "big": images.noise(big, 4),
        "sparse": images.noise(3000, 5) + bytes(300 * KIB) + images.noise(10, 6),
        "Dir/inner/deep.txt": b"deep",
        "sm\u00f8r.txt": "n\u00e5".encode(),
        "n" * 255: b"a long name",
    }
    for number in range(3):
        files[f"small/{'x' * 30}{number}"] = b"of a folder that may lie in its inode"
    for number in range(MANY):
        files[f"many/a name of some length, number {number:05}"] = b"%d" % number
    return files


LINKS = {"short": "t", "fifty-nine": "u" * 59, "sixty target": "v" * 60, "longer": "w" * 400}
XATTRS = {
    "block": {"user.comment": b"of a plain file"},
    "tiny": {"user.note": b"n" * 20, "trusted.t": b"\0\1\2"},
    "Dir": {"security.selinux": b"unconfined_u:object_r:user_home_t:s0\0"},
    "big": {"user.first": b"1" * 300, "user.second": b"2" * 300},
}


def stamp(text, field, signed=True):
    """A time as debugfs shows it: seconds and, where the inode has them, its further bits, both in hex."""
    found = re.search(rf"{field}: 0x([0-9a-f]+)(?::([0-9a-f]+))?", text)
    if not found:
        return None
    seconds = int(found[1], 16)
    if signed and seconds >= 1 << 31:
        seconds -= 1 << 32
    extra = int(found[2] or "0", 16)
    return (seconds + ((extra & 3) << 32)) * 10**9 + (extra >> 2) or None


class ExtForms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        (cls.scratch.path / "evidence").mkdir()

    def debugfs(self, image, *commands):
        done = subprocess.run(
            [images.tool("debugfs"), "-w", "-f", "-", image],
            input="\n".join(commands) + "\n",
            capture_output=True,
            text=True,
            env={**os.environ, "DEBUGFS_PAGER": "cat", "TZ": "UTC"},
            check=False,
        )
        wrong = [line for line in done.stderr.splitlines() if not line.startswith("debugfs 1.")]
        self.assertFalse(wrong, wrong)
        return done.stdout

    def build(self, name, files, options, size="64M"):
        folder = self.scratch.path / f"tree {name}"
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        for path, text in LINKS.items():
            os.symlink(text, folder / path)
        image = self.scratch.path / "evidence" / f"{name}.raw"
        images.run("mke2fs", "-q", "-F", "-N", 2048, "-d", folder, *options, image, size)
        return image

    def set_xattrs(self, xattrs):
        for path, pairs in xattrs.items():
            for key, data in pairs.items():
                value = self.scratch.path / f"value of {path} {key}".replace(" ", "_")
                value.write_bytes(data)
                yield f"ea_set -f {value} /{path} {key}"

    def fsck(self, image, *options):
        done = subprocess.run([images.tool("e2fsck"), "-fy", *options, image], capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 1), done.stdout.decode())

    def triage(self, image, code=0):
        done = support.triage(image, self.scratch.path / f"case {image.stem}", "--digests", "sha256")
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        return index, {row["path"].lstrip("/"): row for row in index.rows("SELECT * FROM v_file")}

    def check_files(self, rows, files):
        for path, data in files.items():
            digest = hashlib.sha256(data).hexdigest()
            self.assertIn(path, rows)
            self.assertEqual((rows[path]["size"], rows[path]["sha256"]), (len(data), digest), path)
            self.assertEqual(rows[path]["content_state"], "complete" if data else "empty", path)
        for path, text in LINKS.items():
            self.assertEqual((rows[path]["kind"], rows[path]["link_target"]), ("link", text), path)

    def check_times(self, image, rows, paths):
        told = re.split(r"(?=Inode: \d+ )", self.debugfs(image, *(f'stat "/{path}"' for path in paths)))[1:]
        for path, text in zip(paths, told, strict=True):
            self.assertEqual(int(re.search(r"Inode: (\d+)", text)[1]), rows[path]["inode"], path)
            self.assertEqual(int(re.search(r"Links: (\d+)", text)[1]), rows[path]["link_count"], path)
            for column, field in TIMES.items():
                self.assertEqual(rows[path][f"{column}_ns"], stamp(text, field), f"{path} {column}")

    def test_every_form(self):
        for name, options in FORMS.items():
            with self.subTest(name):
                files = files_of(name)
                image = self.build(name, files, options)
                large = "ea_inode" in str(options)
                xattrs = {**XATTRS, **({"sixty": {"user.large": images.noise(KIB, 9)}} if large else {})}
                if "revision 0" in name:
                    xattrs = {}
                self.debugfs(
                    image,
                    *self.set_xattrs(xattrs),
                    "set_inode_field /big mtime @0x12345678",
                    "set_inode_field /tiny atime 19351224030405",
                )
                self.fsck(image, "-D")  # large folders get their tree of hashes
                index, rows = self.triage(image)
                self.assertFalse(index.rows("SELECT * FROM v_issue"))
                self.check_files(rows, files)
                self.check_times(image, rows, ["big", "tiny", "empty", "Dir", "sixty", "short"])
                listed = {path for path, row in rows.items() if not row["deleted"] and row["kind"] != "stream"}
                folders = {"Dir", "Dir/inner", "small", "many", "lost+found", "$OrphanFiles"}
                self.assertEqual(listed, set(files) | set(LINKS) | folders)
                told = {
                    (row["path"].lstrip("/").partition(":")[0], row["stream"]): row["sha256"]
                    for row in rows.values()
                    if row["kind"] == "stream"
                }
                wanted = {
                    (path, f"xattr:{key}"): hashlib.sha256(data).hexdigest()
                    for path, pairs in xattrs.items()
                    for key, data in pairs.items()
                }
                self.assertEqual(told, wanted)


if __name__ == "__main__":
    unittest.main()
