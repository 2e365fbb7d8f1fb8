"""Orphans: a cluster of old directory entries may claim terabytes. They are listed, and the sum is held against the
volume."""
import hashlib
import struct
import unittest

import images
import support

MIB = 1 << 20
VOLUME = 16 * MIB
CLUSTER = 2048
DELETED_FOLDER = 60  # cluster whose entries nothing names any more


def entry(name, first, size, attributes=0x20):
    """A deleted 8.3 entry (Microsoft's FAT specification)."""
    return b"\xe5" + name.ljust(10).encode() + struct.pack(
        "<BBBHHHHHHHI", attributes, 0, 0, 0x6000, 0x5021, 0x5021, 0, 0x6000, 0x5021, first, size
    )


class Orphans(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        (self.scratch.path / "evidence").mkdir()
        self.image = self.scratch.path / "evidence" / "fat.raw"
        images.run("mkfs.vfat", "-F", "16", "-s", CLUSTER // 512, images.blank(self.image, VOLUME))
        boot = images.read(self.image, 0, 512)
        reserved, fats, roots, fat_sectors = struct.unpack_from("<HBH3xH", boot, 14)
        self.data = (reserved + fats * fat_sectors) * 512 + roots * 32
        self.content = images.noise(5000, 4)
        images.patch(self.image, self.offset(100), self.content)

    def offset(self, cluster):
        return self.data + (cluster - 2) * CLUSTER

    def triage(self, entries, code):
        images.patch(self.image, self.offset(DELETED_FOLDER), b"".join(entries))
        done = support.triage(self.image, self.scratch.path / "case", "--digests", "sha256")
        self.assertEqual(done.code, code, done.err + done.out)
        index = done.index()
        self.addCleanup(index.connection.close)
        return index, index.rows("SELECT * FROM v_file WHERE orphan = 1 AND kind = 'file' ORDER BY inode")

    def test_an_orphan_within_the_budget_is_recovered(self):
        index, rows = self.triage([entry("GOOD    TX", 100, len(self.content))], 0)
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["content_state"], "recovered")
        self.assertEqual(rows[0]["sha256"], hashlib.sha256(self.content).hexdigest())
        self.assertEqual(index.rows("SELECT * FROM v_issue"), [])

    def test_claims_beyond_the_volume_are_listed_and_not_read(self):
        claims = [entry(f"BIG{number:03}  TX", 100, 12 * MIB) for number in range(40)]
        index, rows = self.triage([entry("GOOD    TX", 100, len(self.content)), *claims], 5)
        self.assertEqual(len(rows), 41)
        self.assertEqual({row["size"] for row in rows[1:]}, {12 * MIB})
        issue = index.one("SELECT * FROM v_issue WHERE code = 'orphans-over-budget'")
        self.assertEqual(issue["incomplete"], 1)
        # Four times the volume: five of these and the small one; the other 35 have no content.
        self.assertIn(f" 35 of them, with {35 * 12 * MIB} bytes", issue["message"])
        refused = [row for row in rows if row["content_state"] == "unreadable"]
        self.assertGreaterEqual(len(refused), 35)
        self.assertEqual({row["sha256"] for row in refused}, {None})
        self.assertTrue(index.rows("SELECT * FROM v_not_examined WHERE reason LIKE '%orphans over budget%'"))


if __name__ == "__main__":
    unittest.main()
