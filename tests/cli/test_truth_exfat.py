"""exFAT written and deleted through exfat-fuse, and what was written: files whose clusters the bitmap still marks."""
import contextlib
import hashlib
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import images
import support


@contextlib.contextmanager
def mounted(image):
    """Skipped where this system lets nobody mount. exfat-fuse mounts devices alone."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise unittest.SkipTest("no access to /dev/fuse")
    try:
        device = images.run("losetup", "--find", "--show", image).decode().strip()
    except AssertionError as error:
        raise unittest.SkipTest(f"no loop device: {error}") from error
    try:
        with tempfile.TemporaryDirectory(prefix="limier-mount-") as point:
            done = subprocess.run([images.tool("mount.exfat-fuse"), device, point], capture_output=True, check=False)
            if done.returncode != 0:
                raise unittest.SkipTest("exfat-fuse cannot mount here: " + done.stderr.decode(errors="replace"))
            try:
                yield pathlib.Path(point)
            finally:
                images.run("umount", point)
    finally:
        images.run("losetup", "--detach", device)


def bitmap(data):
    """Where the allocation bitmap lies (specification, 7.1): offset and length."""
    sector, cluster = 1 << data[108], 1 << data[108] + data[109]
    heap, root = (struct.unpack_from("<I", data, at)[0] for at in (88, 96))
    entries = heap * sector + (root - 2) * cluster
    for at in range(entries, entries + cluster, 32):
        if data[at] == 0x81:
            first, length = struct.unpack_from("<IQ", data, at + 20)
            return heap * sector + (first - 2) * cluster, length
    raise AssertionError("no allocation bitmap")


class Exfat(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        (self.scratch.path / "evidence").mkdir()
        self.image = self.scratch.path / "evidence" / "exfat.raw"
        images.run("mkfs.exfat", "-c", "4K", images.blank(self.image, 8 << 20))

    def states(self, name):
        done = support.triage(self.image, self.scratch.path / name, "--digests", "sha256")
        with done.index() as index:
            rows = index.rows("SELECT path, content_state, content_reason, sha256 FROM v_file WHERE kind = 'file'")
        return done.code, {row["path"][1:]: (row["content_state"], row["sha256"]) for row in rows}, rows

    def test_a_crash_between_the_entry_and_the_bitmap(self):
        kept, first, grown = images.noise(9000, 1), images.noise(5000, 2), images.noise(6000, 3)
        with mounted(self.image) as root:
            (root / "kept").write_bytes(kept)
            (root / "one").write_bytes(first)
            os.rename(root / "one", root / "two, with a longer name")
            with open(root / "two, with a longer name", "ab") as stream:
                stream.write(grown)
        before = self.image.read_bytes()
        with mounted(self.image) as root:
            os.unlink(root / "two, with a longer name")
        digest = {
            "kept": ("complete", hashlib.sha256(kept).hexdigest()),
            "one": ("recovered", hashlib.sha256(first).hexdigest()),
            "two, with a longer name": ("recovered", hashlib.sha256(first + grown).hexdigest()),
        }
        code, found, _ = self.states("released")
        self.assertEqual((code, {name: found[name] for name in digest}), (0, digest))
        at, length = bitmap(before)
        self.assertNotEqual(images.read(self.image, at, length), before[at : at + length])
        images.patch(self.image, at, before[at : at + length])
        code, found, _ = self.states("never released")
        self.assertEqual((code, {name: found[name] for name in digest}), (0, digest))

    def test_what_another_file_has_is_overwritten(self):
        with mounted(self.image) as root:
            (root / "gone").write_bytes(images.noise(9000, 1))
            (root / "kept").write_bytes(images.noise(10, 3))
        with mounted(self.image) as root:
            os.unlink(root / "gone")
        with mounted(self.image) as root:
            (root / "a name that does not fit into the place of the old one").write_bytes(images.noise(100, 2))
        _, found, rows = self.states("case")
        self.assertEqual(found["gone"], ("overwritten", None))
        reasons = [row["content_reason"] for row in rows if row["path"] == "/gone"]
        self.assertEqual(reasons, ["some clusters belong to another file"])


if __name__ == "__main__":
    unittest.main()
