"""Workers that crash, hang, grow and lie at a chosen item, under the real supervisor: what was at fault is named and left
out, everything else is as on a run without the fault."""
import json
import os
import pathlib
import shutil
import time
import unittest

import images
import support

MIB = 1 << 20
FAULTY = pathlib.Path(os.environ.get("LIMIER_FAULTY", support.LIMIER.parent.parent / "faulty"))
MAP, NAMES, INODES, BLOCKS, CONTENT, ORPHANS = 1, 2, 3, 4, 6, 7
CODES = {
    "crash": "worker-crashed", "abort": "worker-crashed", "exit": "worker-crashed", "open": "worker-crashed",
    "stall": "worker-stalled", "spin": "worker-over-time", "grow": "worker-over-memory",
    "garbage": "worker-misbehaved", "lie": "worker-misbehaved", "flood": "worker-misbehaved",
}
FACTS = "path, kind, inode, size, modified_ns, mode, md5, sha256, content_state"


class Isolation(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        evidence = cls.scratch.path / "evidence"
        evidence.mkdir()
        tree = cls.scratch.path / "tree"
        for folder in ("one", "two", "two/deep"):
            (tree / folder).mkdir(parents=True, exist_ok=True)
            for number in range(60):
                (tree / folder / f"file{number:03}.bin").write_bytes(images.noise(3000 + 37 * number, number + len(folder)))
        cls.image = evidence / "disk.raw"
        images.run("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, cls.image, "8192K")
        cls.before = support.folder_state(evidence)
        cls.clean = cls.files(cls.run_triage(cls.image, "clean", code=0))

    @classmethod
    def run_triage(cls, image, name, *options, code, faulty=False):
        folder = cls.scratch.path / f"case {name}"
        shutil.rmtree(folder, ignore_errors=True)
        started = time.monotonic()
        done = support.triage(image, folder, *options,
                              env={"LIMIER_LIBEXEC": str(cls.workers)} if faulty else None)
        cls.seconds = time.monotonic() - started
        assert done.code == code, (name, done.code, done.err + done.out)
        for report in ("report.html", "report.json", "files.csv", "timeline.csv", "manifest.json"):
            assert (folder / report).stat().st_size > 0, (name, report)
        with done.index() as index:
            assert index.one("PRAGMA integrity_check") == {"integrity_check": "ok"}
            assert index.one("SELECT exit_code FROM v_run")["exit_code"] == code
            end = 0
            for row in index.rows("SELECT * FROM v_coverage ORDER BY image_offset"):
                assert row["image_offset"] == end, (name, row)
                end += row["length"]
            assert end == index.one("SELECT size_bytes FROM v_evidence")["size_bytes"]
        return done

    @staticmethod
    def files(done):
        with done.index() as index:
            return {row["path"]: row for row in index.rows(f"SELECT {FACTS} FROM v_file")}

    @classmethod
    def order(cls, times, worker, action, stage, item):
        cls.workers = cls.scratch.path / "workers"
        if not cls.workers.exists():
            shutil.copytree(FAULTY, cls.workers)
        (cls.workers / "fault").write_bytes(f"{times} {worker} {action} {stage} {item}\n".encode().ljust(4096, b"\0"))

    def faulty(self, name, times, worker, action, stage, item, code=5, image=None, options=()):
        if action == "stall":
            options = ("--stall", "2", *options)  # long enough for a machine that has other work
        if action == "spin":
            options = ("--slack", "2", *options)
        self.order(times, worker, action, stage, item)
        done = self.run_triage(image or self.image, name, *options, code=code, faulty=True)
        index = done.index()
        self.addCleanup(index.connection.close)
        return done, index

    def assert_media_digest(self, index):
        self.assertEqual(index.one("SELECT sha256 FROM v_evidence")["sha256"], support.sha256_of(self.image))

    def assert_others_unharmed(self, done, *paths):
        have = self.files(done)
        self.assertEqual(sorted(have), sorted(self.clean), "a name was lost")
        for path, row in self.clean.items():
            if path not in paths:
                self.assertEqual(have[path], row)
        return have

    def incidents(self, index):
        return index.rows("SELECT * FROM v_issue WHERE code LIKE 'worker-%' ORDER BY message")

    # ---- without a jail

    def test_every_report_says_when_there_was_no_jail(self):
        for options, told in ((["--no-sandbox"], True), ([], False)):
            with self.subTest(options):
                done = self.run_triage(self.image, f"jail {told}", *options, code=0)
                self.assertEqual(support.call(support.LIMIER, "report", done.folder, "--format",
                                              "html,json,bodyfile,dfxml").returncode, 0)
                report = json.loads((done.folder / "report.json").read_text())
                self.assertEqual(report["options"]["sandbox"], not told)
                self.assertEqual([row["code"] for row in report["issues"]], ["no-sandbox"] * told)
                for name, words in (("report.html", "the evidence was parsed without one (--no-sandbox)"),
                                    ("bodyfile.txt", "# the evidence was parsed without a jail (--no-sandbox)"),
                                    ("dfxml.xml", "the evidence was parsed without a jail")):
                    self.assertEqual(words in (done.folder / name).read_text(), told, name)
                jails = [json.loads(line) for line in (done.folder / "audit.jsonl").read_text().splitlines()]
                jail = next(line for line in jails if line["action"] == "jail")
                self.assertEqual(jail["seccomp"], "no" if told else "yes")
                for command in ("info", "verify"):
                    text = support.call(support.LIMIER, command, self.image, *options).stdout.decode()
                    self.assertEqual("without a jail" in text, told, text)
                    data = json.loads(support.call(support.LIMIER, command, self.image, "--json", *options).stdout)
                    self.assertEqual("without a jail" in (data["jail"] or ""), told)

    # ---- the walk

    def test_an_entry_at_which_every_worker_ends(self):
        victim = self.clean["/two/file030.bin"]
        for action in ("crash", "stall", "lie", "open"):
            with self.subTest(action):
                done, index = self.faulty(action, "*", "fs", action, INODES, victim["inode"])
                have = self.assert_others_unharmed(done, victim["path"])
                self.assertIsNone(have[victim["path"]]["sha256"])
                incidents = self.incidents(index)
                self.assertEqual({row["code"] for row in incidents}, {CODES[action]})
                self.assertEqual({row["inode"] for row in incidents}, {victim["inode"]})
                self.assertEqual(index.one("SELECT file_id FROM v_file WHERE path = ?", victim["path"])["file_id"],
                                 incidents[0]["file_id"])
                self.assertEqual(sorted(row["attempt"] for row in incidents), [1, 2, 3])
                self.assertEqual({row["memory_bytes"] for row in incidents}, {64 * MIB})
                attempts = [f"attempt {number}" for number in (1, 2, 3)]
                for attempt in attempts:
                    self.assertTrue(any(attempt in row["message"] for row in incidents), (attempt, incidents))
                self.assertTrue(any("quarantined" in row["message"] for row in incidents))
                self.assertEqual(index.one("SELECT status FROM v_volume")["status"], "partial")
                self.assertTrue(index.rows("SELECT * FROM v_not_examined WHERE what = 'volume'"))
                self.assert_media_digest(index)
        self.assertEqual(support.folder_state(self.image.parent)[self.image.name], self.before[self.image.name])

    def test_signals_time_outs_and_the_jail_are_named(self):
        victim = self.clean["/two/file030.bin"]["inode"]
        for action, word in (("abort", "ABRT"), ("exit", "status 3"), ("open", "not allowed")):
            with self.subTest(action):
                _, index = self.faulty(action, "*", "fs", action, INODES, victim)
                self.assertIn(word, self.incidents(index)[0]["message"])
                self.assertIn({"open": "forbidden system call"}.get(action, word), self.incidents(index)[0]["cause"])

    def test_work_without_end_is_ended_whatever_it_is_at(self):
        victim = self.clean["/two/file030.bin"]["inode"]
        for stage, item, kept in ((INODES, victim, True), (NAMES, self.clean["/two"]["inode"], False),
                                  (ORPHANS, "*", True), (BLOCKS, "*", True)):
            with self.subTest(stage=stage):
                done, index = self.faulty(f"spin {stage}", "*", "fs", "spin", stage, item)
                self.assertLess(self.seconds, 30)
                incidents = self.incidents(index)
                self.assertEqual({row["code"] for row in incidents}, {CODES["spin"]})
                self.assertEqual({row["cause"] for row in incidents}, {"too long for what it has read and found"})
                self.assertTrue(any(row["incomplete"] for row in incidents))
                self.assertEqual(index.one("SELECT status FROM v_volume")["status"], "partial")
                self.assertTrue(index.rows("SELECT * FROM v_not_examined WHERE what = 'volume'"))
                have = self.files(done)
                names = {path for path in self.clean if kept and not path.startswith("/$OrphanFiles/")}
                self.assertEqual(names - set(have), set(), "a name was lost")
                self.assertIn("/one", have)
                self.assert_media_digest(index)

    def test_work_without_end_that_happens_once_costs_nothing(self):
        done, index = self.faulty("spin once", 1, "fs", "spin", INODES, self.clean["/two/file030.bin"]["inode"])
        self.assert_others_unharmed(done)
        self.assertEqual(len(self.incidents(index)), 1)

    def test_memory_and_floods_are_bounded(self):
        victim = self.clean["/two/file030.bin"]
        for action in ("grow", "flood", "garbage"):
            with self.subTest(action):
                done, index = self.faulty(action, "*", "fs", action, INODES, victim["inode"],
                                          options=("--memory", "400M"))
                self.assertEqual({row["code"] for row in self.incidents(index)}, {CODES[action]})
                self.assert_others_unharmed(done, victim["path"])
                self.assertLess((done.folder / "index.db").stat().st_size, 8 * MIB)
                self.assert_media_digest(index)

    def test_what_happens_once_costs_nothing(self):
        victim = self.clean["/two/file030.bin"]["inode"]
        for stage, item in ((INODES, victim), (NAMES, victim), (BLOCKS, 0), (NAMES, 0)):
            with self.subTest(stage=stage, item=item):
                if stage == NAMES and item:
                    item = self.clean["/two"]["inode"]
                done, index = self.faulty("once", 1, "fs", "crash", stage, item)
                self.assert_others_unharmed(done)
                self.assertEqual(len(self.incidents(index)), 1)
                self.assert_media_digest(index)

    def test_a_directory_at_which_every_worker_ends(self):
        done, index = self.faulty("directory", "*", "fs", "crash", NAMES, self.clean["/two/deep"]["inode"])
        have = self.files(done)
        lost = {path for path in self.clean if path.startswith("/two/deep/")}
        # What it names has lost its names, but not its content: it is found among the inodes in use.
        unnamed = {path: row for path, row in have.items() if path.startswith("/$OrphanFiles/")}
        self.assertEqual(sorted(set(have) - set(unnamed)), sorted(set(self.clean) - lost))
        for path in set(have) - set(unnamed):
            self.assertEqual(have[path], self.clean[path])
        self.assertEqual(
            sorted((row["inode"], row["sha256"] or "") for row in unnamed.values()),
            sorted((self.clean[path]["inode"], self.clean[path]["sha256"] or "") for path in lost),
        )
        issue = index.one("SELECT * FROM v_issue WHERE code = 'directory-quarantined'")
        self.assertEqual((issue["inode"], issue["incomplete"]), (self.clean["/two/deep"]["inode"], 1))
        self.assertEqual([row["inode"] for row in self.incidents(index)], [issue["inode"]] * 2)
        self.assert_media_digest(index)

    def test_orphans_and_block_use_are_given_up_alone(self):
        for stage, gone in ((ORPHANS, "directory"), (BLOCKS, "blocks")):
            with self.subTest(gone):
                done, index = self.faulty(gone, "*", "fs", "crash", stage, "*")
                have = self.files(done)
                names = {path for path in self.clean if not path.startswith("/$OrphanFiles/")}
                self.assertEqual({path: have.get(path) for path in names}, {path: self.clean[path] for path in names})
                self.assertEqual(len(self.incidents(index)), 2)
                self.assert_media_digest(index)

    def test_a_file_system_that_cannot_be_opened(self):
        _, index = self.faulty("opening", "*", "fs", "crash", NAMES, 0)
        self.assertEqual(index.one("SELECT status FROM v_volume")["status"], "failed")
        self.assertEqual(len(self.incidents(index)), 2)
        self.assert_media_digest(index)

    def test_content_that_ends_workers_leaves_its_metadata(self):
        image = support.SAMPLES / "laptop.E01"
        clean = self.run_triage(image, "content clean", code=5)
        with clean.index() as index:
            victim = index.rows("SELECT f.path, f.inode FROM v_file f JOIN v_extent e USING (file_id) WHERE e.kind = "
                                "'resident' AND f.kind = 'file' AND f.size > 0 AND NOT f.deleted "
                                "AND f.path NOT LIKE '/$%' ORDER BY f.path")[0]
        done, index = self.faulty("content", "*", "fs", "crash", CONTENT, victim["inode"], image=image)
        have, want = self.files(done), self.files(clean)
        self.assertEqual(sorted(have), sorted(want))
        for path, row in want.items():
            if row["inode"] != victim["inode"]:
                self.assertEqual(have[path], row)
        row = have[victim["path"]]
        self.assertEqual((row["modified_ns"], row["sha256"]), (want[victim["path"]]["modified_ns"], None))
        self.assertNotEqual(row["content_state"], "complete")
        self.assertTrue(any("content is quarantined" in issue["message"] for issue in self.incidents(index)))

    def test_a_thousand_bad_entries_do_not_eat_the_night(self):
        done, index = self.faulty("all", "*", "fs", "crash", INODES, "*")
        self.assertEqual(sorted(self.files(done)), sorted(self.clean))
        self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'quarantine-full'"))
        self.assertLess(self.seconds, 60)
        self.assert_media_digest(index)

    # ---- the map and the sweep

    def test_one_volume_that_ends_the_mapper_does_not_hide_the_others(self):
        image = self.image.parent / "table.raw"
        images.blank(image, 24 * MIB)
        for number, first in enumerate((2048, 26624)):
            entry = bytes([0, 0, 2, 0, 0x83, 255, 255, 255]) + first.to_bytes(4, "little") + (16384).to_bytes(4, "little")
            images.patch(image, 446 + 16 * number, entry)
            images.patch(image, first * 512, self.image.read_bytes())
        images.patch(image, 510, b"\x55\xaa")
        _, index = self.faulty("map", "*", "fs", "crash", MAP, 2048 * 512, image=image)
        rows = index.rows("SELECT image_offset, status, volume_id FROM v_volume WHERE fs_type IS NOT NULL OR status = "
                          "'failed' ORDER BY image_offset")
        self.assertEqual([(row["image_offset"], row["status"]) for row in rows],
                         [(2048 * 512, "failed"), (26624 * 512, "parsed")])
        files = index.rows(f"SELECT {FACTS} FROM v_file WHERE volume_id = ?", rows[1]["volume_id"])
        self.assertEqual({row["path"]: row for row in files}, self.clean)

    def ewf(self):
        """The disk as an E01 of many chunks."""
        target = self.image.parent.parent / "ewf" / "disk"
        if not target.with_suffix(".E01").exists():
            target.parent.mkdir()
            images.run("ewfacquire", "-u", "-q", "-t", target, "-d", "sha1", "-c", "deflate:fast", "-f", "encase6",
                       self.image)
        return target.with_suffix(".E01")

    def test_a_chunk_at_which_every_sweep_ends(self):
        image = self.ewf()
        victim = self.clean["/two/file030.bin"]
        with self.run_triage(image, "ewf clean", code=0).index() as index:
            offset = index.rows("SELECT image_offset FROM v_extent JOIN v_file USING (file_id) WHERE path = ?",
                                victim["path"])[0]["image_offset"]
        chunk = offset // 32768
        for action in ("crash", "stall", "garbage"):
            with self.subTest(action):
                done, index = self.faulty(f"chunk {action}", "*", "sweep", action, 0, chunk, image=image)
                bad = index.one("SELECT * FROM v_bad_range")
                self.assertEqual((bad["image_offset"], bad["length"], bad["reason"]),
                                 (chunk * 32768, 32768, "quarantined"))
                have, touched = self.files(done), 0
                for path, row in self.clean.items():
                    if have[path] != row:
                        self.assertEqual((have[path]["content_state"], have[path]["sha256"]), ("partial", None))
                        touched += 1
                self.assertGreaterEqual(touched, 1)
                self.assertLess(touched, 20)
                evidence = index.one("SELECT * FROM v_evidence")
                self.assertEqual((evidence["verdict"], evidence["sha256"]), ("incomplete", None))
                self.assertEqual({row["code"] for row in self.incidents(index)}, {CODES[action]})
                self.assertTrue(index.rows("SELECT * FROM v_not_examined WHERE what = 'media'"))

    def test_a_sweep_that_ends_once_is_repeated(self):
        for action in ("crash", "stall", "grow"):
            with self.subTest(action):
                done, index = self.faulty("sweep once", 1, "sweep", action, 0, 100, image=self.ewf(), code=0,
                                          options=("--memory", "400M"))
                self.assertEqual(self.files(done), self.clean)
                self.assertEqual([row["code"] for row in self.incidents(index)], [CODES[action]])
                self.assert_media_digest(index)

    def test_a_sweep_that_never_gets_through_leaves_the_listing(self):
        done, index = self.faulty("no sweep", "*", "sweep", "crash", 0, "*")
        have = self.files(done)
        self.assertEqual(sorted(have), sorted(self.clean))
        self.assertTrue(index.rows("SELECT * FROM v_issue WHERE code = 'sweep-failed'"))
        self.assertIsNone(index.one("SELECT sha256 FROM v_evidence")["sha256"])


if __name__ == "__main__":
    unittest.main()
