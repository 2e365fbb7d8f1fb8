"""From a byte to a row: a message store on a phone image, its log included; workers that die over it; runs that are
killed and resumed."""
import shutil
import unittest

import phone
import resuming
import support
from test_isolation import FAULTY

MESSAGES = "SELECT * FROM v_message ORDER BY message_id"
FILES = "SELECT path, kind, inode, size, modified_ns, md5, sha256, content_state FROM v_file ORDER BY file_id"


class Content(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.image, cls.rows = phone.make(cls.scratch.path, stores=3)
        cls.clean = support.triage(cls.image, cls.scratch.path / "clean")
        assert cls.clean.code == 0, cls.clean.err

    def query(self, run, sql):
        with run.index() as index:
            return index.rows(sql)

    def test_every_message_comes_out_and_none_else(self):
        found = self.query(self.clean, "SELECT * FROM v_message WHERE file_id = (SELECT file_id FROM v_file WHERE path = "
                                       f"'/{phone.STORE}') ORDER BY message_id")
        self.assertEqual(len(found), len(self.rows))
        for row, message in zip(self.rows, found):
            self.assertEqual(message["body"], row["body"])
            self.assertEqual(message["t_ns"], row["date"] * 1_000_000)
            self.assertEqual(message["direction"], "in" if row["type"] == 1 else "out")
            self.assertEqual(message["sender" if row["type"] == 1 else "recipients"], row["address"])
            self.assertEqual(message["locator"], f"sqlite:sms:rowid={row['id']}")
            self.assertEqual((message["state"], message["deleted"]), ("live", 0))
        self.assertEqual([message["message_id"] for message in found],
                         list(range(found[0]["message_id"], found[0]["message_id"] + len(found))))

    def test_each_row_leads_to_its_bytes(self):
        """The record stands where the row says, in the database or its log, and there on the medium."""
        data = self.image.read_bytes()
        with self.clean.index() as index:
            extents = index.rows("SELECT f.path, e.file_offset, e.image_offset, e.length FROM v_extent e JOIN v_file f ON "
                                 "f.file_id = e.file_id WHERE e.kind = 'data' AND f.path LIKE '%mmssms.db%'")
            sources = set()
            for message in index.rows("SELECT m.*, f.path FROM v_message m JOIN v_file f ON f.file_id = m.file_id"):
                path = message["path"] + ("-wal" if message["source"] == "wal" else "")
                sources.add(message["source"])
                place = next(piece for piece in extents if piece["path"] == path and
                             piece["file_offset"] <= message["file_offset"] < piece["file_offset"] + piece["length"])
                at = place["image_offset"] + message["file_offset"] - place["file_offset"]
                self.assertIn(message["body"].encode(), data[at:at + 400], message)
            self.assertEqual(sources, {"main", "wal"})

    def test_what_became_of_the_contents(self):
        items = self.query(self.clean, "SELECT parser, state, attempts, rows, reason FROM v_item WHERE rows > 0 AND "
                           "parser <> 'sqlite-texts'")
        self.assertEqual(items, [{"parser": "sqlite", "state": "parsed", "attempts": 1, "rows": len(self.rows),
                                  "reason": None}] * 3)

    def test_messages_are_in_the_timeline(self):
        rows = self.query(self.clean, "SELECT t_ns, source, path FROM v_timeline WHERE source = 'message'")
        times = self.query(self.clean, "SELECT count(t_ns) + count(received_ns) + count(edited_ns) AS n FROM v_message")
        self.assertEqual(len(rows), times[0]["n"])
        self.assertTrue(all(row["path"].endswith(phone.STORE) for row in rows))

    def test_any_number_of_workers_gives_the_same(self):
        expected = resuming.result_of(self.clean.folder)
        for jobs in ("1", "5"):
            run = support.triage(self.image, self.scratch.path / f"jobs {jobs}", "--jobs", jobs)
            self.assertEqual(run.code, 0, run.err)
            self.assertEqual(resuming.differences(expected, run.folder), [])

    def test_where_no_content_is_wanted_none_is_looked_into(self):
        for profile in ("list", "quick"):
            run = support.triage(self.image, self.scratch.path / profile, "--profile", profile)
            self.assertEqual(run.code, 0, run.err)
            self.assertEqual(self.query(run, "SELECT count(*) AS n FROM v_message"), [{"n": 0}])
            self.assertEqual(self.query(run, "SELECT count(*) AS n FROM v_item"), [{"n": 0}])

    def test_a_copy_with_the_same_bytes_stands_once(self):
        folder = self.scratch.path / "copies"
        tree = folder / "tree"
        phone.make_store(tree / phone.STORE, self.rows)
        (tree / f"{phone.STORE}-wal").unlink()
        other = tree / "backup" / phone.STORE
        other.parent.mkdir(parents=True)
        shutil.copy(tree / phone.STORE, other)
        (folder / "evidence").mkdir()
        run = support.triage(phone.make_image(folder / "evidence" / "disk.dd", tree), folder / "case")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(self.query(run, "SELECT count(*) AS n FROM v_message"), [{"n": len(self.rows)}])
        reasons = [row["reason"] for row in self.query(run, "SELECT reason FROM v_item WHERE state = 'parsed'")]
        self.assertEqual(len([reason for reason in reasons if reason and reason.startswith("the same bytes")]), 1)


class Deaths(unittest.TestCase):
    """A worker that dies over one store costs that store and nothing else."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.image, cls.rows = phone.make(cls.scratch.path, main=30, log=4, stores=3)
        clean = support.triage(cls.image, cls.scratch.path / "clean")
        with clean.index() as index:
            cls.files = index.rows(FILES)
            cls.messages = index.rows(MESSAGES)
        cls.expected = resuming.result_of(clean.folder)
        cls.workers = cls.scratch.path / "workers"
        shutil.copytree(FAULTY, cls.workers)

    def faulty(self, times, action, item, *options):
        (self.workers / "fault").write_bytes(f"{times} content {action} 0 {item}\n".encode().ljust(4096, b"\0"))
        folder = self.scratch.path / f"case {action} {times} {item}"
        return support.triage(self.image, folder, *options, env={"LIMIER_LIBEXEC": str(self.workers)})

    def test_one_store_is_lost(self):
        for action, options in (("crash", ()), ("exit", ()), ("open", ()), ("garbage", ()), ("lie", ()), ("flood", ()),
                                ("grow", ()), ("stall", ("--stall", "2"))):
            with self.subTest(action):
                run = self.faulty("*", action, 2, "--jobs", "2", *options)
                self.assertEqual(run.code, 5, run.err)
                with run.index() as index:
                    self.assertEqual(index.rows(FILES), self.files)
                    lost = index.one("SELECT content_id, attempts, rows FROM v_item WHERE state = 'quarantined'")
                    self.assertEqual((lost["attempts"], lost["rows"]), (2, 0))
                    kept = index.rows(MESSAGES)
                    self.assertEqual(len(kept), 2 * len(self.rows))
                    expected = [row for row in self.messages if row["content_id"] != lost["content_id"]]
                    self.assertEqual([(row["body"], row["content_id"]) for row in kept],
                                     [(row["body"], row["content_id"]) for row in expected])
                    issue = index.one("SELECT * FROM v_issue WHERE stage = 'content'")
                    self.assertTrue(issue["code"].startswith("worker-") and issue["incomplete"], issue)
                    self.assertIsNotNone(issue["file_id"])
                    self.assertEqual(index.one("SELECT items FROM v_not_examined WHERE what = 'content'")["items"], 1)

    def test_what_happens_once_costs_nothing(self):
        run = self.faulty(1, "crash", 2)
        self.assertEqual(run.code, 0, run.err)
        with run.index() as index:
            self.assertEqual(index.rows(MESSAGES), self.messages)
            self.assertEqual(index.rows("SELECT * FROM v_issue WHERE stage = 'content'"), [])

    def test_where_too_many_die_the_rest_is_left_out_and_said_to_be(self):
        folder = self.scratch.path / "many"
        folder.mkdir()
        image, _ = phone.make(folder, main=3, log=1, stores=18)  # each for two parsers
        (self.workers / "fault").write_bytes(b"* content crash 0 *\n".ljust(4096, b"\0"))
        run = support.triage(image, folder / "case", env={"LIMIER_LIBEXEC": str(self.workers)})
        self.assertEqual(run.code, 5, run.err)
        with run.index() as index:
            states = {row["state"]: row["n"] for row in index.rows("SELECT state, count(*) AS n FROM v_item GROUP BY 1")}
            self.assertEqual(set(states), {"quarantined", "not-read"}, states)
            self.assertEqual(sum(states.values()), 36, states)
            said = index.one("SELECT sum(items) AS n FROM v_not_examined WHERE what = 'content'")
            self.assertEqual(said["n"], 36)

    def test_a_worker_that_is_killed_costs_nothing(self):
        run = self.faulty(1, "kill", 2)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(resuming.differences(self.expected, run.folder), [])


class Resumed(unittest.TestCase):
    def test_runs_that_are_killed_at_any_write_come_to_the_same(self):
        scratch = support.Scratch()
        self.addCleanup(scratch.cleanup)
        image, _ = phone.make(scratch.path, main=40, log=3, stores=2)
        case = resuming.Case(image, scratch.path)
        points = case.points()
        # Those of the content, of what is settled after it, and a few of the others.
        for at in range(1, len(points) + 1, max(1, len(points) // 40)):
            with self.subTest(at=at, point=points[at - 1]):
                self.assertEqual(case.problem_after(at, "kill"), "")


if __name__ == "__main__":
    unittest.main()
