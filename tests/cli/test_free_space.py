"""Rows on pages of databases in free space of the medium: of a store as it was before it was made anew, with truth; nothing
out of noise, out of other databases, or where two databases could have had the row."""
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import unittest

import images
import phone
from cli_support import EXIT_GOOD, EXIT_PARTLY, CliTest, limier, tool
from resuming import FAILPOINTS, Case, result_of

NOW, THEN = 60, 240  # messages that the store has, and that it had


def old_store(rows, page_size=4096):
    """The bytes of a store with these rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "old.db"
        db = sqlite3.connect(path, isolation_level=None)
        db.execute(f"PRAGMA page_size = {page_size}")
        phone.schema(db)
        db.execute("BEGIN")
        phone.insert(db, rows)
        db.execute("COMMIT")
        db.close()
        return path.read_bytes()


def other_databases():
    """Stores of things that no pack asks for: as wide as messages, and narrow."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "other.db"
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA page_size = 4096")
        numbers = random.Random(3)
        db.execute("CREATE TABLE track (id INTEGER PRIMARY KEY, a REAL, b REAL, c REAL, name TEXT, e INT, f INT, g INT, h TEXT, i BLOB)")
        db.execute("CREATE TABLE pair (a, b)")
        db.execute("CREATE TABLE setting (_id INTEGER PRIMARY KEY, name TEXT, value TEXT)")
        for number in range(1, 400):
            db.execute("INSERT INTO track VALUES (?,?,?,?,?,?,?,?,?,?)", (
                number, numbers.random(), numbers.random(), numbers.random(), f"track {number}", number, 5, 7, "x" * 20, b"\1\2\3"))
            db.execute("INSERT INTO pair VALUES (?, ?)", (number, f"a pair of {number}"))
            db.execute("INSERT INTO setting VALUES (?, ?, ?)", (number, f"name {number}", "value"))
        db.close()
        return path.read_bytes()


def make_image(path, free, stores=1, block=4096, size="16384K"):
    """A volume with a store of NOW messages, and `free` once a file of it, of which nothing but its bytes is left."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        rows = [phone.row_of(number) for number in range(1, NOW + 1)]
        for store in range(stores):
            mine = [dict(row, body=row["body"] + " ." * store) for row in rows]
            phone.make_store(tree / (phone.STORE if store == 0 else f"user/{store}/{phone.STORE}"), mine)
        (tree / "gone").write_bytes(free)
        images.run("mke2fs", "-q", "-F", "-t", "ext4", "-b", str(block), "-d", tree, path, size)
    number = subprocess.run([tool("debugfs"), "-R", "stat gone", path], capture_output=True, text=True, check=True).stdout
    inode = number.split("Inode:")[1].split()[0]
    for command in ("rm gone", f"clri <{inode}>"):
        subprocess.run([tool("debugfs"), "-w", "-R", command, path], capture_output=True, check=True)
    return path


class FreeSpace(CliTest):
    def look(self, free, **how):
        image = make_image(self.evidence / "disk.dd", free, **how)
        self.assertIn(self.triage(image).returncode, (EXIT_GOOD, 5))
        return image

    def recovered(self, where="1"):
        return self.query("SELECT body, t_ns / 1000000, locator, state, source, deleted, page, file_offset, file_id FROM v_message "
                          f"WHERE state <> 'live' AND {where} ORDER BY t_ns")

    def test_what_a_store_had_before(self):
        rows = [phone.row_of(number) for number in range(1, THEN + 1)]
        for block in (4096, 1024):
            with self.subTest(block=block):
                image = self.look(old_store(rows), block=block)
                found = self.recovered()
                wanted = rows[NOW:]
                self.assertEqual([(body, t) for body, t, *_ in found], [(row["body"], row["date"]) for row in wanted])
                media = image.read_bytes()
                for body, _, locator, state, source, deleted, page, file_offset, file_id in found:
                    self.assertEqual((state, source, deleted, page, file_offset), ("recovered", "main", 1, None, None))
                    self.assertTrue(locator.startswith("sqlite:sms:image="), locator)
                    at = int(locator.rsplit("=", 1)[1])
                    self.assertIn(body.encode(), media[at:at + 200])
                    self.assertEqual(self.query(f"SELECT path FROM v_file WHERE file_id = {file_id}"), [("/" + phone.STORE,)])
                    (use,), = self.query("SELECT state FROM v_coverage WHERE image_offset <= "
                                         f"{at} AND image_offset + length > {at}")
                    self.assertEqual(use, "unallocated")
                self.assertEqual(self.query("SELECT count(*) FROM v_message WHERE state = 'live'"), [(NOW,)])
            self.work.joinpath("case").rename(self.work / f"case-{block}")

    def test_explain_names_the_place_in_the_image(self):
        self.look(old_store([phone.row_of(number) for number in range(1, THEN + 1)]))
        (number, locator), = self.query("SELECT message_id, locator FROM v_message WHERE state = 'recovered' LIMIT 1")
        done = limier("explain", self.out, f"message:{number}", "--json")
        # Only a whole run looks for such pages: the row is not made again, and that is said.
        self.assertEqual(done.returncode, EXIT_PARTLY, done.stderr)
        self.assertEqual(self.parse(done)["record"]["image_offset"], int(locator.rsplit("=", 1)[1]))

    def test_nothing_out_of_noise_and_other_databases(self):
        pages = other_databases()
        self.assertGreater(len(pages), 15 * 4096)
        torn = bytearray(old_store([phone.row_of(number) for number in range(1, THEN + 1)]))
        for at in range(0, len(torn), 4096):  # the last bytes of every page are another's
            torn[at + 3900:at + 4096] = images.noise(196, at + 1)
        heads = b"".join(b"\x0d\0\0\0\3\x0f\0\0\x0f\x80\x0f\x40\x0f\0" + images.noise(4082, number) for number in range(1, 200))
        self.look(pages + images.noise(2 << 20, 7) + bytes(torn) + heads)
        self.assertEqual(self.recovered(), [])
        self.assertEqual(self.query("SELECT count(*) FROM v_artifact WHERE kind = 'fragment'"), [(0,)])

    def test_pages_of_another_size_are_not_this_databases(self):
        self.look(old_store([phone.row_of(number) for number in range(1, THEN + 1)], page_size=2048))
        self.assertEqual(self.recovered(), [])

    def test_where_two_stores_could_have_had_it(self):
        self.look(old_store([phone.row_of(number) for number in range(1, THEN + 1)]), stores=2)
        self.assertEqual(self.recovered(), [])
        said = self.query("SELECT message FROM v_issue WHERE code = 'sqlite-page-of-which'")
        self.assertEqual(len(said), 2)

    def test_jobs_make_no_difference(self):
        image = self.look(old_store([phone.row_of(number) for number in range(1, THEN + 1)]))
        other = self.work / "one"
        self.assertEqual(self.triage(image, "--jobs", "1", out=other).returncode, EXIT_GOOD)
        self.assertEqual(result_of(self.out), result_of(other))

    @unittest.skipUnless(FAILPOINTS, "needs the library of failpoints")
    def test_killed_and_resumed(self):
        image = make_image(self.evidence / "disk.dd",
                           old_store([phone.row_of(number) for number in range(1, THEN + 1)]))
        case = Case(image, self.work, checkpoint_bytes=1 << 20)
        self.assertIn(b"sqlite:sms:image=", case.expected[1]["messages.csv"])
        places = [number for number, name in enumerate(case.points(), 1) if name.endswith(" index.db-wal")]
        for share in range(1, 12):
            at = places[len(places) * share // 12]
            self.assertEqual(case.problem_after(at, "kill"), "", f"failpoint {at}")


if __name__ == "__main__":
    unittest.main()
