"""Discs made by genisoimage and xorriso: sessions, trees that differ, packed files, against the files put in and isoinfo."""
import hashlib
import re
import shutil
import unittest

import images
import support


class Discs(unittest.TestCase):
    def setUp(self):
        self.scratch = support.Scratch()
        self.addCleanup(self.scratch.cleanup)
        self.tree = self.scratch.path / "in"
        self.tree.mkdir()
        self.image = self.scratch.path / "media" / "disc.iso"
        self.image.parent.mkdir()

    def put(self, name, content):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def listing(self, code=0):
        case = self.scratch.path / "case"
        shutil.rmtree(case, ignore_errors=True)
        self.assertEqual(support.triage(self.image, case).code, code)
        with support.Index(case / "index.db") as index:
            return {(row["path"], row["deleted"]): row for row in index.rows("SELECT * FROM v_file")}

    def add_session(self, last, folder, *options):
        """As a drive writes it: behind the gap that follows a session. Returns where it starts, in sectors."""
        start = (self.image.stat().st_size // 2048 + 11400 + 15) // 16 * 16
        added = self.scratch.path / "added.iso"
        images.run("genisoimage", "-quiet", *options, "-C", f"{last},{start}", "-M", self.image, "-o", added, folder)
        with open(self.image, "r+b") as disc:
            disc.seek(start * 2048)
            disc.write(added.read_bytes())
        return start

    def test_every_name_of_isoinfo_is_listed(self):
        self.put("sub/a long name with blanks.text", b"1")
        self.put("one/2/3/4/5/6/7/8/9/deep.txt", b"2")
        images.run("genisoimage", "-quiet", "-R", "-J", "-o", self.image, self.tree)
        theirs = set(images.run("isoinfo", "-R", "-f", "-i", self.image).decode().split("\n")) - {""}
        # isoinfo shows moved folders where they lie; systems show them where they belong.
        theirs = {path for path in theirs if not path.startswith("/rr_moved/")}
        ours = {path for path, deleted in self.listing() if not deleted}
        self.assertEqual(theirs - ours, set())
        self.assertIn("/one/2/3/4/5/6/7/8/9/deep.txt", ours)

    def test_a_file_that_one_tree_hides_is_listed_where_the_other_has_it(self):
        for option, names in (("-hide", ["-R", "-J"]), ("-hide-joliet", ["-R", "-J"]), ("-hide", ["-J"])):
            with self.subTest(option=option, names=names):
                digest = self.put("secret.txt", b"hidden\n")
                self.put("seen.txt", b"seen\n")
                images.run("genisoimage", "-quiet", *names, option, "secret.txt", "-o", self.image, self.tree)
                rows = self.listing()
                self.assertEqual(rows["/secret.txt", 0]["sha256"], digest)
                self.assertEqual(len(rows), 3)
                self.scratch.cleanup()
                self.setUp()

    def test_sessions(self):
        """What the last one dropped is deleted, what it renamed is one file."""
        gone, kept, moved = self.put("gone.bin", b"g" * 5000), self.put("kept.txt", b"kept"), self.put("old name", b"moved")
        images.run("xorriso", "-outdev", f"stdio:{self.image}", "-map", self.tree, "/", "-commit")
        new = self.put("new.bin", b"n" * 3000)
        images.run("xorriso", "-dev", f"stdio:{self.image}", "-rm", "/gone.bin", "--", "-mv", "/old name", "/new name", "--",
                   "-map", self.tree / "new.bin", "/new.bin", "-commit")
        rows = self.listing()
        states = {key: (row["content_state"], row["sha256"]) for key, row in rows.items() if row["kind"] == "file"}
        self.assertEqual(states, {
            ("/gone.bin", 1): ("recovered", gone),
            ("/kept.txt", 0): ("complete", kept),
            ("/new name", 0): ("complete", moved),
            ("/old name", 1): ("not-read", None),
            ("/new.bin", 0): ("complete", new),
        })

    def test_a_session_behind_a_gap(self):
        first = self.put("first.bin", b"f" * 3000)
        images.run("genisoimage", "-quiet", "-R", "-o", self.image, self.tree)
        more = self.scratch.path / "more"
        more.mkdir()
        (more / "second.bin").write_bytes(b"s" * 3000)
        self.add_session(0, more, "-R")
        rows = self.listing()
        self.assertEqual(rows["/first.bin", 0]["sha256"], first)
        self.assertEqual(rows["/second.bin", 0]["sha256"], hashlib.sha256(b"s" * 3000).hexdigest())

    def test_moved_folders_of_merged_sessions_are_listed_once(self):
        """genisoimage -M writes them again under rr_moved, and leads to those of the first session from their places."""
        deep, deeper = "one/2/3/4/5/6/7/8", "one/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"
        contents = {f"{deep}/a.txt": b"1", f"{deep}/9/b.txt": b"2", f"{deeper}/c.txt": b"3", f"{deep}/empty": b"",
                    "two/B/C/D/E/F/G/H/d.txt": b"4"}
        aside, within = {"aside.txt": b"5"}, {f"{deep}/9/more.txt": b"6"}
        for options in ["-R"], ["-R", "-J"], ["-r", "-hide-rr-moved"]:
            for added in [aside], [within], [aside, within], [aside, within, {"last.txt": b"7"}]:
                if "-J" in options and len(added) > 1:
                    continue  # genisoimage crashes
                with self.subTest(options=options, added=added):
                    self.scratch.cleanup()
                    self.setUp()
                    expected = {"/" + name: self.put(name, content) for name, content in contents.items()}
                    images.run("genisoimage", "-quiet", *options, "-o", self.image, self.tree)
                    last = 0
                    for number, files in enumerate(added):
                        self.tree = self.scratch.path / f"in{number}"
                        expected |= {"/" + name: self.put(name, content) for name, content in files.items()}
                        last = self.add_session(last, self.tree, *options)
                    files = [(row["path"], row["deleted"], row["sha256"]) for row in self.listing().values()
                             if row["kind"] == "file"]
                    self.assertEqual(sorted(files), sorted((path, 0, digest) for path, digest in expected.items()))

    def test_a_session_that_cannot_be_read_whole_deletes_nothing(self):
        """Of the second session only the root folder is left: names of the first one in another folder may live on."""
        gone, kept = self.put("sub/gone.txt", b"gone"), self.put("sub/kept.txt", b"kept")
        top = self.put("top.txt", b"top")
        images.run("xorriso", "-outdev", f"stdio:{self.image}", "-map", self.tree, "/", "-commit")
        images.run("xorriso", "-dev", f"stdio:{self.image}", "-rm", "/sub/gone.txt", "/top.txt", "--", "-commit")
        whole = self.image.read_bytes()
        folder = whole.rfind(b"KEPT.TXT;1") // 2048 * 2048
        self.assertLess(whole.find(b"GONE.TXT;1"), folder, "the second session wrote no folders")
        self.assertEqual({key for key, row in self.listing().items() if row["kind"] == "file"},
                         {("/sub/gone.txt", 1), ("/sub/kept.txt", 0), ("/top.txt", 1)})
        wiped = whole[:folder] + b"\xee" * 2048 + whole[folder + 2048:]
        for damaged in whole[:folder], wiped:
            with self.subTest(size=len(damaged)):
                self.image.write_bytes(damaged)
                rows = self.listing(code=5)
                states = {key: (row["content_state"], row["sha256"]) for key, row in rows.items() if row["kind"] == "file"}
                self.assertEqual(states, {("/sub/gone.txt", 0): ("complete", gone), ("/sub/kept.txt", 0): ("complete", kept),
                                          ("/top.txt", 1): ("recovered", top)})
                with support.Index(self.scratch.path / "case" / "index.db") as index:
                    self.assertEqual(index.rows("SELECT code FROM v_issue WHERE code = 'names-of-earlier-session'"),
                                     [{"code": "names-of-earlier-session"}])

    def test_packed_files_are_unpacked(self):
        text = self.put("text", b"".join(b"%d\n" % n for n in range(60000)))
        zeros = self.put("zeros", bytes(200_000))
        images.run("xorriso", "-outdev", f"stdio:{self.image}", "-map", self.tree, "/", "-set_filter_r", "--zisofs", "/", "--",
                   "-commit")
        self.assertLess(self.image.stat().st_size, 600_000)
        self.assertIsNone(re.search(b"59998\n59999\n", self.image.read_bytes()), "nothing was packed")
        rows = self.listing()
        self.assertEqual((rows["/text", 0]["sha256"], rows["/zeros", 0]["sha256"]), (text, zeros))


if __name__ == "__main__":
    unittest.main()
