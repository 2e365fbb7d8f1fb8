#!/usr/bin/env python3
"""Damaged E01 sets through the whole program: what is still there is read, what is not is said, byte for byte."""
import pathlib
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from cli_support import CORPUS, EXIT_EVIDENCE, EXIT_MISMATCH, CliTest, limier, make_e01, make_ext4, sha256, tool
from images import noise

CHUNK = 32768


def sections(data):
    """[(type, descriptor offset, next)] of one segment."""
    found, at = [], 13
    while at + 76 <= len(data):
        kind = data[at:at + 16].rstrip(b"\0").decode()
        following = struct.unpack_from("<Q", data, at + 16)[0]
        found.append((kind, at, following))
        if following <= at:
            break
        at = following
    return found


class DamagedEwf(CliTest):
    def setUp(self):
        super().setUp()
        self.disk = make_ext4(self.work / "disk.dd", files={"noise": noise(3 << 20)}, size_mib=8)
        self.segments = make_e01(self.disk, self.evidence)
        self.data = bytearray(self.segments[0].read_bytes())

    def place(self, kind):
        return next(at for name, at, _ in sections(self.data) if name == kind)

    def write(self, data):
        self.segments[0].write_bytes(data)

    def verify(self, *options, image=None):
        result = limier("verify", image or self.segments[0], "--json", "--digests", "sha256", "--progress", "none", *options)
        return result.returncode, self.parse(result)

    def codes(self, report):
        return {issue["code"] for issue in report["issues"]}

    @unittest.skipUnless(CORPUS.exists(), "needs the corpus")
    def test_damage_where_no_file_lies_makes_no_file_partial(self):
        """ifind knows of no file in the blocks of the damaged chunk, and of those it knows in the blocks before."""
        image, block = CORPUS / "images/damaged/bitflip.E01", 1024

        def owner(number):
            found = subprocess.run([tool("ifind"), "-d", str(number), image], capture_output=True, text=True, check=False)
            return found.stdout.strip()

        self.assertEqual(self.triage(image).returncode, EXIT_MISMATCH)
        self.assertEqual(self.query("SELECT image_offset, length FROM v_bad_range"), [(CHUNK, CHUNK)])
        damaged = {owner(number) for number in range(CHUNK // block, 2 * CHUNK // block)}
        self.assertEqual(damaged, {"Inode not found"})
        states = {str(inode): state for inode, state in self.query(
            "SELECT inode, content_state FROM v_file WHERE kind = 'file' AND allocated")}
        before = {owner(number) for number in range(8, CHUNK // block)} & set(states)
        self.assertEqual(before, {"14", "15", "16"})
        self.assertEqual({states[inode] for inode in before}, {"complete"})
        self.assertEqual(self.query("SELECT path FROM v_file WHERE content_state = 'partial'"), [])
        self.assertEqual(self.query(f"SELECT state FROM v_coverage WHERE image_offset = {CHUNK}"), [("unreadable",)])

    def test_one_bit_in_a_chunk(self):
        chunk = self.disk.read_bytes().index(noise(64)) // CHUNK + 8
        self.data[self.place("sectors") + 76 + chunk * (CHUNK + 4) + 100] ^= 1
        self.write(self.data)
        code, report = self.verify()
        self.assertEqual((code, report["verdict"]), (EXIT_MISMATCH, "damaged"))
        ranges = [(bad["image_offset"], bad["length"]) for bad in report["bad_ranges"]]
        self.assertEqual(ranges, [(chunk * CHUNK, CHUNK)])
        self.assertEqual(self.triage(self.segments[0]).returncode, EXIT_MISMATCH)
        self.assertEqual(self.query("SELECT image_offset, length FROM v_bad_range"), ranges)
        states = dict(self.query("SELECT name, content_state FROM v_file WHERE kind = 'file'"))
        self.assertEqual(states["noise"], "partial")
        self.assertNotEqual(states["hello.txt"], "partial")

    def test_both_tables_lost(self):
        for kind in ("table", "table2"):
            self.data[self.place(kind) + 76] ^= 0x10
        self.write(self.data)
        _, report = self.verify()
        self.assertEqual(report["digests"]["sha256"]["computed"], sha256(self.disk))
        self.assertEqual(report["bad_ranges"], [])
        self.assertIn("ewf-chunks-recovered", self.codes(report))

    def test_tail_lost(self):
        tail = min(at for name, at, _ in sections(self.data) if name in ("hash", "digest", "done"))
        self.write(self.data[:tail])
        _, report = self.verify()
        self.assertEqual(report["digests"]["sha256"]["computed"], sha256(self.disk))
        self.assertEqual(report["verdict"], "no-stored-digest")
        self.assertIn("ewf-segment-truncated", self.codes(report))

    def test_cut_at_seventy_percent(self):
        size = len(self.data) * 7 // 10
        whole_chunks = (size - self.place("sectors") - 76) // (CHUNK + 4)
        self.write(self.data[:size])
        code, report = self.verify()
        self.assertEqual((code, report["verdict"]), (EXIT_MISMATCH, "incomplete"))
        begin = whole_chunks * CHUNK
        self.assertEqual([(bad["image_offset"], bad["length"]) for bad in report["bad_ranges"]],
                         [(begin, self.disk.stat().st_size - begin)])
        recovered = [(issue["image_offset"], issue["length"]) for issue in report["issues"]
                     if issue["code"] == "ewf-chunks-recovered"]
        self.assertEqual(recovered, [(0, begin)])
        self.assertEqual(self.triage(self.segments[0]).returncode, EXIT_MISMATCH)
        self.assertEqual(self.query("SELECT verdict FROM v_evidence"), [("incomplete",)])
        self.assertIn(("hello.txt",), self.query("SELECT name FROM v_file"))

    def test_cut_smart_keeps_its_chunks_in_the_table_section(self):
        segment = make_e01(self.disk, self.evidence, name="smart", kind="smart")[0]
        data = segment.read_bytes()
        segment.write_bytes(data[:len(data) * 7 // 10])
        code, report = self.verify(image=segment)
        self.assertEqual((code, report["verdict"]), (EXIT_MISMATCH, "incomplete"))
        (bad,) = report["bad_ranges"]
        self.assertEqual(bad["image_offset"] + bad["length"], self.disk.stat().st_size)
        self.assertGreater(bad["image_offset"], self.disk.stat().st_size * 6 // 10)

    def test_duplicated_segment(self):
        segments = make_e01(self.disk, self.evidence, segment_bytes=1 << 20, name="split")
        segments[3].write_bytes(segments[2].read_bytes())
        result = limier("verify", segments[0], "--progress", "none")
        self.assert_fails(result, EXIT_EVIDENCE, "split.E03", "split.E04")

    def test_swapped_names(self):
        segments = make_e01(self.disk, self.evidence, segment_bytes=1 << 20, name="split")
        third, fourth = segments[2].read_bytes(), segments[3].read_bytes()
        segments[2].write_bytes(fourth)
        segments[3].write_bytes(third)
        result = limier("verify", segments[0], "--json", "--progress", "none")
        self.assertEqual(result.returncode, 0)
        self.assertIn("ewf-segments-out-of-order", self.codes(self.parse(result)))


if __name__ == "__main__":
    unittest.main()
