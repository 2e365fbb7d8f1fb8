"""limier hashset, and what triage makes of sets: known and notable files, from the list to the finding."""
import hashlib
import json
import sqlite3
import subprocess
import unittest

from cli_support import AUTHORITY, CORPUS, EXIT_GOOD, EXIT_MISMATCH, EXIT_PARTLY, EXIT_REFUSED, EXIT_USAGE, CliTest, limier, make_ext4, tool

SOFTWARE = b"#!/bin/sh\necho published software, call +31612345678\n" * 40
PICTURE = b"\xff\xd8\xff\xe0 not really a picture " * 50
OWN = b"what the user wrote himself\n" * 20
FILES = {"usr/bin/tool": SOFTWARE, "docs/copy of tool": SOFTWARE, "DCIM/1.jpg": PICTURE, "docs/letter.txt": OWN, "docs/empty": b""}


def digest(name, content):
    return hashlib.new(name, content).hexdigest()


class HashSets(CliTest):
    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.work / "evidence" / "stick.dd", files=FILES)

    def make_set(self, name, kind, text, *options, code=EXIT_GOOD):
        source, made = self.work / f"{name}.list", self.work / f"{name}.set"
        source.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = limier("hashset", "import", source, "--name", name, "--kind", kind, "--to", made, *options)
        self.assertEqual(done.returncode, code, done.stderr)
        return made

    def vic(self, *entries):
        return json.dumps({"odata.metadata": "http://example.org/1.3.xml#Media",
                           "value": [{"MediaID": i, "Category": category, "MD5": digest("md5", content).upper(),
                                      "SHA1": digest("sha1", content).upper()} for i, (content, category) in enumerate(entries)]})

    def files(self, out=None):
        with sqlite3.connect((out or self.out) / "index.db") as index:
            return {row[0]: row[1:] for row in index.execute("SELECT path, known, known_source, known_category FROM v_file WHERE kind = 'file'")}

    def run_triage(self, *options, out=None):
        done = self.triage(self.image, *options, out=out)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        return done


class FromListToReport(HashSets):
    def setUp(self):
        super().setUp()
        self.known = self.make_set("NSRL", "known", digest("sha256", SOFTWARE).upper() + "\n")
        self.notable = self.make_set("VIC", "notable", self.vic((PICTURE, 2)))

    def test_files_have_what_the_sets_say(self):
        self.run_triage("--hashset", self.known, self.notable)
        files = self.files()
        self.assertEqual(files["/usr/bin/tool"], ("known", "NSRL", None))
        self.assertEqual(files["/docs/copy of tool"], ("known", "NSRL", None))
        self.assertEqual(files["/DCIM/1.jpg"], ("notable", "VIC", "2"))
        for path in ("/docs/letter.txt", "/docs/empty"):
            self.assertEqual(files[path], (None, None, None))
        with sqlite3.connect(self.out / "index.db") as index:
            self.assertEqual(index.execute("SELECT name, known, entries, files FROM v_hash_set ORDER BY 1").fetchall(),
                             [("NSRL", "known", 1, 2), ("VIC", "notable", 1, 1)])
            self.assertEqual(index.execute("SELECT known, known_source FROM v_content WHERE sha256 = ?", (digest("sha256", PICTURE),)).fetchall(),
                             [("notable", "VIC")])

    def test_a_notable_file_is_a_finding_that_can_be_explained(self):
        done = self.triage(self.image, "--hashset", self.known, self.notable, "--fail-on", "high")
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads((self.out / "report.json").read_text(encoding="utf-8"))
        findings = [one for one in report["findings"] if one["pack"] == "lists"]
        self.assertEqual(len(findings), 1)
        self.assertEqual(findings[0]["priority"], "high")
        self.assertIn("VIC, category 2: /DCIM/1.jpg", findings[0]["reason"])
        explained = limier("explain", self.out, findings[0]["key"], "--json")
        self.assertEqual(explained.returncode, EXIT_GOOD, explained.stderr)
        self.assertIn(digest("sha256", PICTURE).encode(), explained.stdout)

    def test_reports_say_how_many_and_that_known_is_not_good(self):
        self.run_triage("--hashset", self.known, self.notable)
        report = json.loads((self.out / "report.json").read_text(encoding="utf-8"))
        self.assertEqual((report["known_files"]["notable"], report["known_files"]["known"]), (1, 2))
        self.assertEqual([one["path"] for one in report["known_files"]["notable_files"]], ["/DCIM/1.jpg"])
        page = (self.out / "report.html").read_text(encoding="utf-8")
        self.assertIn("Notable: 1 file. Known: 2 files.", page)
        self.assertIn("Known is not good", page)
        manifest = json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))
        info = json.loads(limier("hashset", "info", self.notable, "--json").stdout)
        self.assertIn({"name": "VIC", "version": None, "kind": "notable", "sha256": info["sha256"], "entries": 1}, manifest["hash_sets"])
        self.assertIn('"hash-sets"', (self.out / "audit.jsonl").read_text(encoding="utf-8"))
        rows = (self.out / "files.csv").read_text(encoding="utf-8").splitlines()
        self.assertTrue(any('"/DCIM/1.jpg"' in row and '"notable","VIC"' in row for row in rows))

    def test_files_by_hash_status(self):
        self.run_triage("--hashset", self.known, self.notable)
        for status, wanted in (("known", {"/usr/bin/tool", "/docs/copy of tool"}), ("notable", {"/DCIM/1.jpg"})):
            listed = json.loads(limier("files", self.out, "--known", status, "--json").stdout)
            self.assertEqual({one["path"] for one in listed}, wanted)
        unknown = {one["path"] for one in json.loads(limier("files", self.out, "--known", "unknown", "--json").stdout)}
        self.assertIn("/docs/letter.txt", unknown)
        self.assertFalse(unknown & {"/usr/bin/tool", "/DCIM/1.jpg"})

    def test_what_was_not_looked_for_is_no_empty_answer(self):
        self.run_triage("--hashset", self.known)
        done = limier("files", self.out, "--known", "notable")
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn(b"not computed", done.stderr)
        self.assertIn("No list of notable files was given", (self.out / "report.html").read_text(encoding="utf-8"))

    def test_a_file_that_is_both(self):
        both = self.make_set("software as well", "known", digest("md5", PICTURE))
        self.run_triage("--hashset", both, self.notable, "--profile", "quick")
        self.assertEqual(self.files()["/DCIM/1.jpg"], ("notable", "VIC; software as well (known)", "2"))

    def test_the_order_of_the_sets_and_a_resumed_run_change_nothing(self):
        self.run_triage("--hashset", self.known, self.notable)
        other = self.work / "other"
        self.run_triage("--hashset", self.notable, self.known, out=other)
        for name in ("report.json", "report.html", "files.csv", "findings.csv", "hash_sets.csv"):
            self.assertEqual((self.out / name).read_bytes(), (other / name).read_bytes(), name)
        again = self.triage(self.image, "--hashset", self.notable, self.known, "--resume")
        self.assertEqual(again.returncode, EXIT_GOOD, again.stderr)

    def test_another_set_is_another_run(self):
        self.run_triage("--hashset", self.known)
        for options in ((), ("--hashset", self.notable), ("--hashset", self.known, self.notable)):
            done = self.triage(self.image, *options, "--resume")
            self.assertEqual(done.returncode, EXIT_REFUSED, done.stderr)
            self.assertIn(b"--hashset", done.stderr)


class RefusedSets(HashSets):
    def test_triage_takes_no_damaged_or_foreign_set_and_writes_nothing(self):
        good = self.make_set("good", "known", digest("md5", OWN))
        whole = good.read_bytes()
        damaged, cut, foreign = self.work / "damaged.set", self.work / "cut.set", self.work / "foreign.set"
        damaged.write_bytes(whole[:4100] + bytes([whole[4100] ^ 1]) + whole[4101:])
        cut.write_bytes(whole[:-7])
        foreign.write_bytes(b"d41d8cd98f00b204e9800998ecf8427e\n")
        for path in (damaged, cut, foreign, self.work / "none.set"):
            done = self.triage(self.image, "--hashset", path)
            self.assertEqual(done.returncode, EXIT_USAGE, path)
            self.assertIn(path.name.encode(), done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertFalse(self.out.exists())
        self.assertEqual(self.triage(self.image, "--hashset", good, "--profile", "list").returncode, EXIT_USAGE)
        self.assertEqual(self.triage(self.image, "--hashset", good, good).returncode, EXIT_USAGE)
        for path, code in ((good, EXIT_GOOD), (damaged, EXIT_MISMATCH), (cut, EXIT_MISMATCH), (foreign, EXIT_USAGE), (self.work / "none.set", EXIT_USAGE)):
            self.assertEqual(limier("hashset", "verify", path).returncode, code, path)

    def test_import_says_what_it_could_not_use(self):
        made = self.make_set("part", "known", digest("md5", OWN) + "\nno digest\n", code=EXIT_PARTLY)
        self.assertTrue(made.exists())
        for name, content in (("foreign", b"no digest at all\n"), ("empty", b""), ("cut", self.vic((OWN, 1)).encode()[:-3]), ("zip", b"PK\x03\x04")):
            self.assertFalse(self.make_set(name, "known", content, code=EXIT_USAGE).exists())
        again = limier("hashset", "import", self.work / "part.list", "--name", "x", "--kind", "known", "--to", made)
        self.assertEqual(again.returncode, EXIT_USAGE)
        self.assertIn(b"never overwritten", again.stderr)

    def test_the_list_is_only_read(self):
        database = self.work / "rds.db"
        with sqlite3.connect(database) as rds:
            rds.executescript("PRAGMA journal_mode = WAL; CREATE TABLE FILE(sha256, sha1, md5, file_name); CREATE TABLE VERSION(version);"
                              "INSERT INTO VERSION VALUES('2026.03.1');")
            rds.execute("INSERT INTO FILE VALUES(?, ?, ?, 'a')", (digest("sha256", OWN).upper(), digest("sha1", OWN).upper(), digest("md5", OWN).upper()))
        rds.close()
        before = database.read_bytes(), sorted(path.name for path in self.work.iterdir())
        made = self.work / "rds.set"
        done = limier("hashset", "import", database, "--name", "NSRL", "--kind", "known", "--to", made, "--json")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.assertEqual((json.loads(done.stdout)["version"], json.loads(done.stdout)["sha256"] != ""), ("2026.03.1", True))
        self.assertEqual((database.read_bytes(), sorted(path.name for path in self.work.iterdir() if path != made)), before)


class FromAnExaminedDevice(HashSets):
    def test_a_gold_image_makes_its_own_files_known(self):
        gold_image, gold = make_ext4(self.work / "evidence" / "gold.dd", files={"usr/bin/tool": SOFTWARE}), self.work / "gold"
        self.assertEqual(limier("triage", gold_image, "--out", gold, *AUTHORITY, "--profile", "quick").returncode, EXIT_GOOD)
        made = self.work / "gold.set"
        done = limier("hashset", "make", gold, "--name", "office image", "--to", made)
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        self.run_triage("--hashset", made)
        files = self.files()
        self.assertEqual(files["/usr/bin/tool"][:2], ("known", "office image"))
        self.assertEqual(files["/hello.txt"][:2], ("known", "office image"))  # on both images
        self.assertIsNone(files["/DCIM/1.jpg"][0])

    def test_without_digests_there_is_no_set(self):
        self.triage(self.image, "--profile", "list")
        done = limier("hashset", "make", self.out, "--name", "x", "--to", self.work / "x.set")
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertFalse((self.work / "x.set").exists())


class PackageDatabase(HashSets):
    """dpkg's own lists on the device."""

    def image_with(self, md5sums, files):
        image = make_ext4(self.work / "evidence" / "debian.dd", files={**files, "var/lib/dpkg/info/tool.md5sums": md5sums.encode()})
        return image

    def test_files_as_listed_are_known_and_others_are_named(self):
        files = {"usr/bin/tool": SOFTWARE, "usr/bin/changed": OWN, "docs/other": OWN}
        lines = [f"{digest('md5', SOFTWARE)}  usr/bin/tool", f"{digest('md5', PICTURE)}  usr/bin/changed", f"{digest('md5', PICTURE)}  usr/bin/not there"]
        self.image = self.image_with("\n".join(lines) + "\n", files)
        self.run_triage()
        known = self.files()
        self.assertEqual(known["/usr/bin/tool"][:2], ("known", "dpkg md5sums of the device"))
        self.assertIsNone(known["/usr/bin/changed"][0])
        with sqlite3.connect(self.out / "index.db") as index:
            self.assertEqual(index.execute("SELECT path, md5, locator FROM v_package_file").fetchall(),
                             [("usr/bin/changed", digest("md5", PICTURE), "md5sums:2")])
            self.assertEqual(index.execute("SELECT name, known, entries, files FROM v_hash_set").fetchall(),
                             [("dpkg md5sums of the device", "known", 3, 1)])
        self.assertEqual(limier("explain", self.out, "package_file:1").returncode, EXIT_GOOD)

    def test_a_notable_file_stays_notable_whatever_the_device_says(self):
        notable = self.make_set("VIC", "notable", self.vic((SOFTWARE, 1)))
        self.image = self.image_with(f"{digest('md5', SOFTWARE)}  usr/bin/tool\n", {"usr/bin/tool": SOFTWARE})
        self.run_triage("--hashset", notable)
        self.assertEqual(self.files()["/usr/bin/tool"], ("notable", "VIC", "1"))

    def test_links_to_usr(self):
        image = self.image_with(f"{digest('md5', SOFTWARE)}  bin/tool\n", {"usr/bin/tool": SOFTWARE})
        subprocess.run([tool("debugfs"), "-w", "-R", "symlink bin usr/bin", image], check=True, capture_output=True)
        self.image = image
        self.run_triage()
        self.assertEqual(self.files()["/usr/bin/tool"][0], "known")


class OnTheCorpus(CliTest):
    @unittest.skipUnless((CORPUS / "images").is_dir(), "no corpus of test images")
    def test_known_is_just_what_an_independent_count_says(self):
        image = CORPUS / "images/fs/ntfs3.E01"
        first = self.work / "first"
        self.triage(image, "--profile", "quick", out=first)
        with sqlite3.connect(first / "index.db") as index:
            rows = [(file_id, sha256) for file_id, sha256 in index.execute(
                "SELECT file_id, sha256 FROM v_file WHERE sha256 IS NOT NULL AND content_state IN ('complete', 'recovered')")]
        self.assertTrue(rows)
        wanted = {sha256 for _, sha256 in rows[::2]}
        (self.work / "list").write_text("".join(f"{one}  name\n" for one in sorted(wanted)), encoding="utf-8")
        made = self.work / "half.set"
        self.assertEqual(limier("hashset", "import", self.work / "list", "--name", "half", "--kind", "known", "--to", made).returncode, EXIT_GOOD)
        self.triage(image, "--profile", "quick", "--hashset", made)
        with sqlite3.connect(self.out / "index.db") as index:
            known = {row[0] for row in index.execute("SELECT file_id FROM v_file WHERE known = 'known'")}
        self.assertEqual(known, {file_id for file_id, sha256 in rows if sha256 in wanted})


if __name__ == "__main__":
    unittest.main()
