"""One writer at a time in a case folder: triage, report and export."""
import fcntl
import os
import subprocess
import time
import unittest

from cli_support import EXIT_GOOD, EXIT_REFUSED, LIMIER, CliTest, environment, folder_state, limier, make_ext4

WORDS = ("in use by another run of limier", "wait until it has ended")


class FolderLocks(CliTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.evidence / "disk.dd")
        self.assertEqual(self.triage(self.image).returncode, EXIT_GOOD)
        file_id = self.query("SELECT file_id FROM v_file WHERE path = '/hello.txt'")[0][0]
        self.writers = [["report", self.out], ["export", self.out, "--file", file_id, "--to", self.work / "export"]]

    def test_what_writes_is_refused_while_another_holds_the_folder(self):
        before = folder_state(self.out)
        folder = os.open(self.out, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        for command in self.writers:
            self.assert_fails(limier(*command), EXIT_REFUSED, *WORDS)
        self.assertEqual(folder_state(self.out), before)
        self.assertFalse((self.work / "export").exists())
        self.assertEqual(limier("files", self.out, "--json").returncode, EXIT_GOOD, "reading needs no lock")
        fcntl.flock(folder, fcntl.LOCK_UN)
        for command in self.writers:
            self.assertEqual(limier(*command).returncode, EXIT_GOOD)
        self.assertEqual(limier("check", self.out).returncode, EXIT_GOOD)

    def test_a_triage_is_refused_while_another_writes(self):
        log = self.out / "audit.jsonl"
        kept = log.read_bytes()
        for command in self.writers:
            # Reading the audit log, which comes after the lock, waits for as long as nobody writes into the pipe.
            log.unlink()
            os.mkfifo(log)
            writer = subprocess.Popen([LIMIER, *map(str, command)], env=environment(), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.wait_until_locked()
                self.assert_fails(self.triage(self.image, "--resume"), EXIT_REFUSED, *WORDS)
            finally:
                writer.kill()
                writer.wait()
            log.unlink()
            log.write_bytes(kept)
            self.assertEqual(self.triage(self.image, "--resume").returncode, EXIT_GOOD)

    def wait_until_locked(self):
        wanted = f":{self.out.stat().st_ino} "
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with open("/proc/locks", encoding="ascii") as locks:
                if any(wanted in line and "FLOCK" in line for line in locks):
                    return
            time.sleep(0.02)
        self.fail("the folder was not locked")


if __name__ == "__main__":
    unittest.main()
