"""What a user stumbles over: nothing is overwritten, every refusal says what to do instead."""
import os
import pty
import shutil
import signal
import subprocess
import unittest

from batch_support import AUTHORITY as WARRANT, BatchTest
from cli_support import (AUTHORITY, EXIT_GOOD, EXIT_INTERRUPTED, EXIT_MISMATCH, EXIT_USAGE, LIMIER, SAMPLES, CliTest,
                         environment, limier, sha256, tool)


class Export(CliTest):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.triage(SAMPLES / "phone.E01").returncode, EXIT_GOOD)
        self.target = self.work / "to"
        self.file_id, self.digest = self.query("SELECT file_id, sha256 FROM v_file WHERE content_state = 'complete' "
                                               "AND kind = 'file' ORDER BY file_id LIMIT 1")[0]

    def export(self, *ids, **options):
        return limier("export", self.out, "--file", ",".join(map(str, ids)), "--to", self.target, **options)

    def test_nothing_is_overwritten(self):
        self.assertEqual(self.export(self.file_id).returncode, EXIT_GOOD)
        written = next(self.target.iterdir())
        self.assertEqual(sha256(written), self.digest)
        self.assert_fails(self.export(self.file_id), EXIT_USAGE, written.name, "never overwritten")
        for content in (b"notes of the examiner", b""):
            written.write_bytes(content)
            self.assert_fails(self.export(self.file_id), EXIT_USAGE, "never overwritten")
            self.assertEqual(written.read_bytes(), content)
        written.unlink()
        written.symlink_to(self.work / "nowhere")
        self.assert_fails(self.export(self.file_id), EXIT_USAGE, "never overwritten")
        self.assertFalse((self.work / "nowhere").exists())
        self.assertEqual([path.name for path in self.target.iterdir()], [written.name])

    def test_an_id_that_does_not_exist_writes_nothing(self):
        self.assert_fails(self.export(self.file_id, 999999999), EXIT_USAGE, "no file 999999999", "limier files")
        self.assertFalse(self.target.exists() and any(self.target.iterdir()))

    def test_an_id_given_twice_is_written_once(self):
        done = self.export(self.file_id, self.file_id)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertEqual(len(list(self.target.iterdir())), 1)


class Volumes(CliTest):
    def test_lists_over_several_volumes_name_the_volume(self):
        self.triage(SAMPLES / "laptop.E01")
        lines = limier("files", self.out).stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^ *volume +file ")
        rows = self.query("SELECT file_id, volume_id FROM v_file ORDER BY file_id")
        self.assertEqual([tuple(map(int, line.split()[:2][::-1])) for line in lines[1:]], rows)
        page = (self.out / "report.html").read_text(encoding="utf-8")
        self.assertIn(">Volume</th>", page[page.index('id="lists"'):page.index('id="coverage"')])

    def test_lists_of_one_volume_do_not(self):
        self.triage(SAMPLES / "stick.001")
        self.assertNotIn("volume", limier("files", self.out).stdout.decode().splitlines()[0])


class Questions(CliTest):
    def test_digest_and_folder_are_found_by_their_index(self):
        self.triage(SAMPLES / "phone.E01")
        for column, value, index in (("sha256", "'ab'", "digest_by_sha256"), ("parent_file_id", "3", "file_by_parent")):
            plan = " ".join(row[3] for row in self.query(f"EXPLAIN QUERY PLAN SELECT path FROM v_file WHERE {column} = {value}"))
            self.assertIn(index, plan)
            self.assertNotIn("SCAN f", plan)
        # The answers are those of a plain look at every row.
        rows = self.query("SELECT file_id, sha256, parent_file_id FROM v_file")
        for sha in {row[1] for row in rows if row[1]}:
            self.assertEqual(sorted(self.query(f"SELECT file_id FROM v_file WHERE sha256 = '{sha}'")),
                             sorted((row[0],) for row in rows if row[1] == sha))
        for parent in {row[2] for row in rows if row[2]}:
            self.assertEqual(len(self.query(f"SELECT 1 FROM v_file WHERE parent_file_id = {parent}")),
                             sum(row[2] == parent for row in rows))


class BatchCase(BatchTest):
    def setUp(self):
        super().setUp()
        self.planned([f"A-1,{SAMPLES / 'phone.E01'},{WARRANT}", f"A-2,{SAMPLES / 'stick.001'},{WARRANT}", self.garbage()])

    def test_commands_for_one_exhibit_say_which_to_give(self):
        self.batch("run")
        for command, more in (("files", []), ("timeline", []), ("report", []), ("export", ["--file", "1", "--to", "x"])):
            self.assert_fails(limier(command, self.out, *more), EXIT_USAGE, "case of many exhibits", "exhibits/A-1")
        self.assert_fails(limier("sql", self.out, "SELECT 1"), EXIT_USAGE, "limier batch merge")
        self.assertEqual(limier("files", self.out / "exhibits" / "A-1").returncode, EXIT_GOOD)

    def test_check_of_the_whole_case(self):
        done = limier("check", self.out)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertIn(b"no result to check", done.stdout)
        self.batch("run")
        self.assertEqual(limier("check", self.out).returncode, EXIT_GOOD)
        report = self.out / "exhibits" / "A-2" / "report.json"
        report.write_bytes(report.read_bytes() + b" ")
        done = limier("check", self.out, "--json")
        self.assertEqual(done.returncode, EXIT_MISMATCH)
        self.assertEqual([item["what"] for item in self.parse(done)["items"] if not item["good"]], ["A-2: report.json"])
        # An index exchanged together with its manifest is not the one of the completion record.
        shutil.rmtree(self.out / "exhibits" / "A-2")
        shutil.copytree(self.out / "exhibits" / "A-1", self.out / "exhibits" / "A-2")
        bad = [item["what"] for item in self.parse(limier("check", self.out, "--json"))["items"] if not item["good"]]
        self.assertEqual(bad, ["A-2: completion record"])


class Manifests(BatchTest):
    def test_the_separator_a_spreadsheet_names(self):
        for first, separator in (("sep=;", ";"), ('"sep=;"', ";"), ("SEP=,", ","), ("sep=\\t".replace("\\t", "\t"), "\t")):
            with self.subTest(first=first):
                text = f"{first}\r\nexhibit{separator}path{separator}authority\r\nA-1{separator}{SAMPLES / 'phone.E01'}{separator}w 1\r\n"
                path = self.work / "manifest.csv"
                path.write_bytes(text.encode())
                done = self.plan(path, "--dry-run", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.parse(done)["exhibits"][0]["authority"], "w 1")
        path.write_bytes(b"sep=;\nexhibit;path;authority\nA-1;x;y;z\n")
        self.assertIn(b"line 3: has 4 fields", self.plan(path).stderr)

    def test_paths_of_windows_get_a_hint(self):
        for path in ("C:\\Images\\laptop.E01", "C:/Images/laptop.E01", "\\\\server\\share\\laptop.E01"):
            done = self.plan(self.manifest([f"A-1,{path},{WARRANT}"]))
            self.assertEqual(done.returncode, EXIT_USAGE)
            self.assertIn(b"path of Windows", done.stderr)

    def test_containers_that_are_not_read_are_named_when_planned(self):
        image = self.evidence / "disk.qcow2"
        image.write_bytes(b"QFI\xfb\x00\x00\x00\x03" + bytes(4096))
        done = self.plan(self.manifest([f"A-1,{image},{WARRANT}", self.garbage(), f"A-2,{SAMPLES / 'phone.E01'},{WARRANT}"]))
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stderr.decode()
        self.assertRegex(said, "exhibit 'A-1' will end with exit code 3: .*qcow2.*convert it")
        self.assertIn("exhibit 'G-1' will end with exit code 3", said)
        self.assertNotIn("A-2", said)


class Interrupted(CliTest):
    def test_the_way_on_is_said(self):
        """At a terminal, where Ctrl-C comes from."""
        image = self.evidence / "big.dd"
        with open(image, "wb") as stream:
            stream.truncate(3 << 30)
        subprocess.run([tool("mkfs.fat"), "-F", "32", image], check=True, capture_output=True)
        primary, terminal = pty.openpty()
        run = subprocess.Popen([LIMIER, "triage", image, "--out", self.out, *AUTHORITY, "--note", "two words"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal, env=environment(TERM="xterm"))
        os.close(terminal)
        seen = b""
        while b"sweep" not in seen:
            seen += os.read(primary, 4096)
        run.send_signal(signal.SIGINT)
        try:
            while part := os.read(primary, 4096):
                seen += part
        except OSError:
            pass  # the other end is closed
        os.close(primary)
        code = run.wait()
        if code == EXIT_GOOD:
            self.skipTest("the run was at its end before the signal came")
        self.assertEqual(code, EXIT_INTERRUPTED)
        said = seen.decode().rsplit("limier: ", 1)[1]
        self.assertIn("go on with: ", said)
        self.assertIn("--note 'two words' --resume", said)


if __name__ == "__main__":
    unittest.main()
