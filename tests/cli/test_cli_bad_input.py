"""Bad input: one clear sentence, the exit code of the contract, nothing half-written that looks whole."""
import os
import pathlib
import shutil
import subprocess
import unittest

from cli_support import (AUTHORITY, CORPUS, CliTest, EXIT_EVIDENCE, EXIT_GOOD, EXIT_MISMATCH, EXIT_PARTLY, EXIT_REFUSED,
                         EXIT_TEMPORARY, EXIT_USAGE, IS_ROOT, LIMIER, NOBODY, environment, folder_state, limier, make_e01,
                         make_ext4, tool)


def as_nobody():
    """The words that run a program without root's right to read everything."""
    if not IS_ROOT:
        return ()
    prefix = (tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if subprocess.run([*prefix, LIMIER, "--version"], capture_output=True).returncode != 0:
        raise unittest.SkipTest("another user cannot run the program here")
    return prefix


class NoEvidence(CliTest):
    """Whatever is given as IMAGE, triage, info and verify end alike."""

    def refuse(self, image, codes, *words):
        before = folder_state(self.evidence)
        commands = {"triage": ["triage", image, "--out", self.out, *AUTHORITY], "info": ["info", image], "verify": ["verify", image]}
        for name, arguments in commands.items():
            for json in ([], ["--json"]):
                with self.subTest(command=name, json=bool(json)):
                    result = limier(*arguments, *json, "--progress", "none")
                    self.assertIn(result.returncode, codes, result.stderr)
                    self.assert_fails(result, result.returncode, *words)
        self.assert_no_case()
        self.assertEqual(folder_state(self.evidence), before)

    def test_no_such_file(self):
        self.refuse(self.evidence / "absent.E01", (EXIT_USAGE, EXIT_EVIDENCE), "absent.E01")

    def test_a_directory(self):
        self.refuse(self.evidence, (EXIT_USAGE, EXIT_EVIDENCE), "evidence")

    def test_an_empty_file(self):
        image = self.evidence / "empty.dd"
        image.write_bytes(b"")
        self.refuse(image, (EXIT_EVIDENCE,), "empty")
        image = self.evidence / "empty.E01"
        image.write_bytes(b"")
        self.refuse(image, (EXIT_EVIDENCE,), "empty")

    def test_a_device_that_is_no_disk(self):
        self.refuse("/dev/null", (EXIT_USAGE, EXIT_EVIDENCE), "/dev/null")

    def test_a_pipe_does_not_block(self):
        os.mkfifo(self.work / "pipe.dd")
        result = limier("info", self.work / "pipe.dd", timeout=30)
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_EVIDENCE))

    def test_truncated_e01(self):
        image = make_ext4(self.work / "disk.dd", files={"noise": os.urandom(1 << 20)})
        whole = make_e01(image, self.work, name="whole")[0].read_bytes()
        cut = self.evidence / "cut.E01"
        for share in (0.9, 0.5):
            cut.write_bytes(whole[: int(len(whole) * share)])
            result = limier("verify", cut, "--progress", "none")
            self.assertIn(result.returncode, (EXIT_EVIDENCE, EXIT_MISMATCH), result.stderr)
            result = self.triage(cut, "--json")
            self.assertIn(result.returncode, (EXIT_EVIDENCE, EXIT_MISMATCH), result.stderr)
            shutil.rmtree(self.out, ignore_errors=True)
        cut.write_bytes(whole[:100])
        self.refuse(cut, (EXIT_EVIDENCE,), "cut.E01")

    def test_second_segment_given_first(self):
        image = make_ext4(self.work / "disk.dd", files={"noise": os.urandom(3 << 20)}, size_mib=8)
        segments = make_e01(image, self.evidence, segment_bytes=1 << 20)
        self.assertGreater(len(segments), 2)
        self.refuse(segments[1], (EXIT_USAGE,), segments[0].name)

    def test_second_part_of_a_split_raw_image(self):
        data = make_ext4(self.work / "disk.dd").read_bytes()
        for number in range(4):
            (self.evidence / f"part.00{number + 1}").write_bytes(data[number << 20:(number + 1) << 20])
        self.refuse(self.evidence / "part.002", (EXIT_USAGE,), "part.001")
        info = self.parse(limier("info", self.evidence / "part.001", "--json"))
        self.assertEqual((info["format"], info["segment_count"], info["size_bytes"]), ("split-raw", 4, 4 << 20))

    def test_missing_middle_segment(self):
        image = make_ext4(self.work / "disk.dd", files={"noise": os.urandom(3 << 20)}, size_mib=8)
        segments = make_e01(image, self.evidence, segment_bytes=1 << 20)
        segments[1].unlink()
        self.refuse(segments[0], (EXIT_EVIDENCE,), segments[1].name)
        result = self.triage(segments[0], "--incomplete", "--json")
        self.assertEqual(result.returncode, EXIT_MISMATCH, result.stderr)
        self.assertEqual(self.query("SELECT verdict FROM v_evidence"), [("incomplete",)])
        self.assertEqual(self.parse(result)["evidence"]["verdict"], "incomplete")

    def test_container_that_is_not_supported(self):
        if not CORPUS.exists():
            self.skipTest("the corpus is not beside the checkout")
        for name in ("vm/image.qcow2", "vm/image.vmdk", "vm/image.vdi", "aff/ext4.aff4", "ewf/zeros_128s.Ex01"):
            with self.subTest(image=name):
                self.refuse(CORPUS / "images" / name, (EXIT_EVIDENCE,), pathlib.Path(name).name)

    def test_unreadable(self):
        image = make_ext4(self.evidence / "secret.dd")
        image.chmod(0)
        prefix = as_nobody()
        result = limier("info", image, prefix=prefix)
        self.assert_fails(result, EXIT_EVIDENCE, "secret.dd")
        out = self.work / "open"
        out.mkdir(mode=0o777)
        out.chmod(0o777)
        result = self.triage(image, out=out / "case", prefix=prefix)
        self.assert_fails(result, EXIT_EVIDENCE, "secret.dd")
        self.assert_no_case(out / "case")


class NotAnImage(CliTest):
    def test_one_byte(self):
        image = self.evidence / "one.dd"
        image.write_bytes(b"x")
        result = self.triage(image)
        self.assertIn(result.returncode, (EXIT_EVIDENCE, EXIT_PARTLY), result.stderr)
        if result.returncode == EXIT_EVIDENCE and not (self.out / "index.db").exists():
            self.assert_no_case()

    def test_text(self):
        image = self.evidence / "letter.txt"
        image.write_bytes(b"Dear Sir or Madam,\n" * 1000)
        result = self.triage(image)
        # Read as a raw image without any file system: never "all was examined and nothing found".
        self.assertIn(result.returncode, (EXIT_EVIDENCE, EXIT_PARTLY), result.stderr)

    def test_evf_magic_is_never_raw(self):
        image = self.evidence / "broken.E01"
        image.write_bytes(b"EVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00" + os.urandom(8192))
        for name in ("info", "verify"):
            self.assert_fails(limier(name, image, "--progress", "none"), EXIT_EVIDENCE, "broken.E01")
        self.assert_fails(self.triage(image), EXIT_EVIDENCE, "broken.E01")
        self.assert_no_case()


class OutputFolder(CliTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.evidence / "disk.dd")

    def test_not_empty(self):
        self.out.mkdir()
        (self.out / "notes.txt").write_text("mine")
        result = self.triage(self.image)
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_REFUSED), result.stderr)
        self.assert_fails(result, result.returncode, "case")
        self.assertEqual([entry.name for entry in self.out.iterdir()], ["notes.txt"])

    def test_a_second_run_does_not_overwrite_the_first(self):
        self.assertEqual(self.triage(self.image).returncode, EXIT_GOOD)
        before = folder_state(self.out)
        result = self.triage(self.image)
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_REFUSED))
        self.assertEqual(folder_state(self.out), before)

    def test_an_empty_folder_will_do(self):
        self.out.mkdir()
        self.assertEqual(self.triage(self.image).returncode, EXIT_GOOD)

    def test_inside_the_folder_of_the_evidence(self):
        before = folder_state(self.evidence)
        link = self.work / "link"
        link.symlink_to(self.evidence)
        for out in (self.evidence / "case", self.evidence, self.evidence / "a" / ".." / "case", link / "case"):
            with self.subTest(out=str(out)):
                self.assert_fails(self.triage(self.image, out=out), EXIT_REFUSED, "evidence")
                self.assertEqual(folder_state(self.evidence), before)
        result = self.triage(self.image, "--allow-beside-evidence", out=self.evidence / "case")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)

    def test_a_file_stands_in_the_way(self):
        self.out.write_text("x")
        result = self.triage(self.image)
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_REFUSED), result.stderr)
        self.assertEqual(self.out.read_text(), "x")

    def test_not_writable(self):
        prefix = as_nobody()
        closed = self.work / "closed"
        closed.mkdir()
        closed.chmod(0o555)
        result = self.triage(self.image, out=closed / "case", prefix=prefix)
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_REFUSED, EXIT_TEMPORARY), result.stderr)
        self.assert_fails(result, result.returncode, "case")
        self.assertEqual(list(closed.iterdir()), [])

    def test_disk_full(self):
        if not IS_ROOT:
            self.skipTest("only root can mount a small file system")
        small = self.work / "small"
        small.mkdir()
        image = make_ext4(self.evidence / "many.dd", 16, {f"d/{number:05}.txt": b"x" * number for number in range(2000)})
        for size in ("64k", "300k", "1m"):
            with self.subTest(size=size):
                if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(small)], capture_output=True).returncode != 0:
                    self.skipTest("mounting is not allowed here")
                try:
                    result = self.triage(image, out=small / "case")
                    self.assert_fails(result, EXIT_TEMPORARY, "space")
                    for name in ("report.html", "report.json", "manifest.json"):
                        self.assertFalse((small / "case" / name).exists(), name)
                finally:
                    subprocess.run(["umount", str(small)], check=True)


if __name__ == "__main__":
    unittest.main()
