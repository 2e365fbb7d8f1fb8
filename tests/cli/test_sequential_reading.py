"""The pass over the evidence goes from the front to the end, once, with reading ahead; seen from outside, by strace."""
import pathlib
import random
import re
import shutil
import tempfile
import unittest

import support
from support import LIMIER

MIB = 1 << 20
MEDIA_MIB = 96
# What several threads may be apart: the batches in flight (see src/sweep/pipeline.cpp, two jobs), and one for the reading
# of a run of chunks.
WINDOW = 11 * MIB
READ = re.compile(r"^\d+ +pread64\((\d+)(?:<([^>]*)>)?, .*, \d+, (\d+)\) += (\d+)")
ADVICE = re.compile(r"^\d+ +fadvise64\((\d+)(?:<([^>]*)>)?, (\d+), (\d+), POSIX_FADV_WILLNEED *\) += 0")
FIRST_EVIDENCE_FD = 5  # in a worker, whose descriptors only root can name


def make_media(path):
    draw = random.Random(5)
    with open(path, "wb") as out:
        for number in range(MEDIA_MIB):
            # A third each of noise, of text that halves, and of zeros.
            block = draw.randbytes(MIB) if number % 3 == 0 else (b"%08d of the same words\n" % number) * 40000
            out.write(block[:MIB] if number % 3 < 2 else bytes(MIB))


def whole_calls(text):
    """Calls of several threads that strace has printed in two halves, put together where they returned."""
    begun = {}
    for line in text.splitlines():
        thread = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line[: -len("<unfinished ...>")].rstrip()
        elif " resumed>" in line:
            yield begun.pop(thread, "") + " " + line.split(" resumed>", 1)[1].lstrip()
        else:
            yield line


class SequentialReading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="limier-sequential-")
        folder = pathlib.Path(cls.scratch.name)
        (folder / "evidence").mkdir()
        cls.case, folder = folder / "case", folder / "evidence"
        cls.raw, cls.e01 = folder / "media.dd", folder / "media.E01"
        make_media(cls.raw)
        support.call("ewfacquire", "-u", "-q", "-t", folder / "media", "-c", "fast", "-S", "20MiB", cls.raw)
        assert cls.e01.exists(), "ewfacquire made no E01"

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def traced(self, files, *command):
        self.assertIsNotNone(shutil.which("strace"), "strace is needed: scripts/install-deps --tests")
        log = pathlib.Path(self.scratch.name) / "strace.log"
        done = support.call("strace", "-f", "-y", "-e", "trace=pread64,fadvise64", "-o", log, LIMIER, *command)
        text = log.read_text(errors="replace")
        self.assertIn(done.returncode, (0, 5), done.stderr.decode(errors="replace"))
        reads, advice = [], []
        for line in whole_calls(text):
            for pattern, found in ((READ, reads), (ADVICE, advice)):
                if call := pattern.match(line):
                    place = int(call.group(1)) - FIRST_EVIDENCE_FD
                    path = call.group(2) or (str(files[place]) if 0 <= place < len(files) else "")
                    found.append((path, int(call.group(3)), int(call.group(4))))
        return reads, advice

    def expect_forward(self, reads, files, fewest_bytes):
        """Offsets over all segments one behind the other never fall behind by more than the threads are apart."""
        begins, total = {}, 0
        for path in files:
            begins[str(path)] = total
            total += path.stat().st_size
        furthest = back = bytes_read = 0
        for path, offset, length in reads:
            if path not in begins or length < 96 * 1024:  # ends, headers and tables are read at the start, in small pieces
                continue
            at = begins[path] + offset
            self.assertGreaterEqual(at + WINDOW, furthest, f"{path}: back to {offset}")
            back += at < furthest
            furthest = max(furthest, at)
            bytes_read += length
        self.assertGreaterEqual(bytes_read, fewest_bytes)
        return bytes_read

    def test_raw(self):
        reads, advice = self.traced([self.raw], "verify", self.raw, "--jobs", "2", "--quiet")
        read = self.expect_forward(reads, [self.raw], MEDIA_MIB * MIB)
        self.assertLess(read, (MEDIA_MIB + 2) * MIB, "every byte is read once")
        asked = [(offset, length) for path, offset, length in advice if path == str(self.raw)]
        self.assertEqual(asked, sorted(asked))
        self.assertEqual(sum(length for _, length in asked), MEDIA_MIB * MIB, "all of it is read ahead, once")

    def test_e01_in_segments(self):
        segments = sorted(self.e01.parent.glob("media.E0*"))
        self.assertGreater(len(segments), 1)
        stored = sum(path.stat().st_size for path in segments)
        reads, advice = self.traced(segments, "verify", self.e01, "--jobs", "2", "--quiet")
        read = self.expect_forward(reads, segments, stored * 0.8)
        self.assertLess(read, stored * 1.1)
        asked = [(path, offset) for path, offset, _ in advice]
        self.assertEqual(asked, sorted(asked))
        self.assertGreater(sum(length for _, _, length in advice), stored * 0.8)

    def test_the_manifest_is_hashed_behind_the_sweep(self):
        segments = sorted(self.e01.parent.glob("media.E0*"))
        reads, _ = self.traced(segments, "triage", self.e01, "--out", self.case, "--authority",
                               "training", "--jobs", "2", "--quiet")
        stored = sum(path.stat().st_size for path in segments)
        # Both readers together, the sweep in front: what the second one reads, the first has just fetched. Its distance is
        # what the sweep reads between two messages of progress.
        total, begins = 0, {}
        for path in segments:
            begins[str(path)] = total
            total += path.stat().st_size
        furthest = furthest_hashed = 0
        for path, offset, length in reads:
            if path not in begins:
                continue
            at = begins[path] + offset
            if length == MIB and at % MIB == begins[path] % MIB:
                furthest_hashed = max(furthest_hashed, at)
                self.assertLessEqual(at, furthest + 2 * MIB if furthest < stored * 0.9 else stored)
            elif length >= 32 * 1024:
                furthest = max(furthest, at)
        self.assertGreater(furthest_hashed, stored * 0.8)


if __name__ == "__main__":
    unittest.main()
