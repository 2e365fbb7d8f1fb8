"""Keywords: what grep finds in the raw image, limier finds, and nothing in it that grep does not."""
import csv
import gzip
import json
import pathlib
import random
import sqlite3
import subprocess
import unittest

import phone
import resuming
import support

WORDS = """# Words of a made-up case
Zilverreiger
"Konijnenberg" case
"caf\u00e9" case
/[A-Z]{2}-\\d{3}-[A-Z]{2}/ case kind=plate utf-8
[word]
"reiger" kind=bird
never-there
"""
LITERALS = ["Konijnenberg", "caf\u00e9"]
ENCODINGS = {"utf-8": "utf-8", "utf-16le": "utf-16-le", "cp1252": "cp1252"}


def grep(image, pattern, *options):
    """Offsets of the bytes `pattern` in the file, by another tool."""
    form = "".join(f"\\x{byte:02x}" for byte in pattern)
    done = subprocess.run(["grep", "-a", "-o", "-b", "-P", *options, form, str(image)], env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                          capture_output=True)
    # A match may hold a line's end as a byte of UTF-16; what follows it then has no number.
    return {int(line.split(b":", 1)[0]) for line in done.stdout.split(b"\n") if line.split(b":", 1)[0].isdigit()}


class Keywords(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.work = cls.scratch.path
        tree = cls.work / "tree"
        phone.make_store(tree / phone.STORE, [phone.row_of(1, "de zilverreiger en nog een Zilverreiger"), phone.row_of(2, "Konijnenberg, morgen"),
                                              phone.row_of(3, "x" * 9000 + " Konijnenberg " + "y" * 9000)])
        with sqlite3.connect(tree / "strange.db") as db:
            db.execute("CREATE TABLE entry (who TEXT)")
            db.execute("INSERT INTO entry VALUES ('Konijnenberg in a cell')")
        db.close()
        numbers = random.Random(5)
        data = bytearray(numbers.randbytes(3 << 20))
        place = 4096
        for shift in range(64):
            for word in LITERALS + ["zilverreiger", "ZILVERREIGER", "een reiger.", "ZX-404-QQ"]:
                for encoding in ENCODINGS.values():
                    form = word.encode(encoding)
                    data[place + shift:place + shift + len(form)] = form
                    place += 2048
        (tree / "notes.dat").write_bytes(data)
        (tree / "small.txt").write_bytes(b"Konijnenberg\n")
        with gzip.open(tree / "log.gz", "wb") as stream:
            stream.write("in de log: Zilverreiger, caf\u00e9\n".encode())
        evidence = cls.work / "evidence"
        evidence.mkdir()
        cls.image = phone.make_image(evidence / "disk.dd", tree)
        cls.words = cls.work / "words.txt"
        cls.words.write_text(WORDS)
        first = support.triage(cls.image, cls.work / "first")
        with first.index() as index:
            free = index.one("SELECT max(image_offset) AS at FROM v_coverage WHERE state = 'unallocated' AND length > 8192")["at"]
        cls.free = (free + 8192) // 4096 * 4096 - 5
        with open(cls.image, "r+b") as stream:
            stream.seek(cls.free)
            stream.write(b"Konijnenberg")
        cls.data = cls.image.read_bytes()
        cls.run_ = support.triage(cls.image, cls.work / "case", "--keywords", cls.words)

    def hits(self, condition):
        with self.run_.index() as index:
            return index.rows("SELECT h.*, f.path, k.pattern FROM v_hit h LEFT JOIN v_file f USING (file_id) JOIN v_keyword k "
                              f"USING (keyword_id) WHERE {condition} ORDER BY hit_id")

    def test_grep_finds_the_same(self):
        for word in LITERALS:
            for name, encoding in ENCODINGS.items():
                if encoding == "cp1252" and word.isascii():
                    continue
                want = grep(self.image, word.encode(encoding))
                self.assertGreaterEqual(len(want), 64, (word, name))
                got = [hit["image_offset"] for hit in self.hits(f"k.pattern = '{word}' AND h.encoding = '{name}' AND image_offset IS NOT NULL")]
                self.assertEqual(sorted(got), sorted(want), (word, name))

    def test_grep_finds_the_same_whatever_the_case(self):
        for name in ("utf-8", "utf-16le"):
            want = grep(self.image, "zilverreiger".encode(ENCODINGS[name]), "-i")
            self.assertGreaterEqual(len(want), 128)
            got = [hit["image_offset"] for hit in self.hits(f"k.pattern = 'Zilverreiger' AND h.encoding = '{name}' AND image_offset IS NOT NULL")]
            self.assertEqual(sorted(got), sorted(want), name)

    def test_each_place_is_what_it_says(self):
        for hit in self.hits("image_offset IS NOT NULL"):
            form = hit["value"].encode(ENCODINGS[hit["encoding"]])
            self.assertEqual(self.data[hit["image_offset"]:][:len(form)], form, dict(hit))

    def test_expressions_words_and_kinds(self):
        plates = self.hits("h.kind = 'plate'")
        self.assertEqual({hit["normalized"] for hit in plates}, {"ZX-404-QQ"})
        self.assertEqual(sum(hit["path"] == "/notes.dat" for hit in plates), 2 * 64)  # cp1252 was planted as the same bytes
        birds = self.hits("h.kind = 'bird' AND path = '/notes.dat'")
        self.assertGreaterEqual(len(birds), 3 * 64)
        self.assertTrue(all(self.data[hit["image_offset"] - 1:][:1] in (b" ", b"\x00") for hit in birds))

    def test_a_message_and_its_bytes_are_one(self):
        message = self.hits("k.pattern = 'Zilverreiger' AND message_id IS NOT NULL")
        self.assertEqual(len(message), 2)
        self.assertEqual(len({hit["image_offset"] for hit in message}), 2)
        self.assertNotIn(None, {hit["image_offset"] for hit in message})

    def test_what_is_packed_and_what_is_of_nobody(self):
        packed = self.hits("h.decode_path = 'gzip'")
        self.assertEqual({(hit["path"], hit["pattern"]) for hit in packed}, {("/log.gz", "Zilverreiger"), ("/log.gz", "caf\u00e9")})
        nobody = self.hits(f"image_offset = {self.free}")
        self.assertEqual([(hit["file_id"], hit["value"]) for hit in nobody], [(None, "Konijnenberg")])

    def test_explain_reads_it_again(self):
        for encoding in ENCODINGS:
            hit = self.hits(f"h.encoding = '{encoding}' AND path = '/notes.dat' AND k.pattern = 'caf\u00e9'")[0]
            done = support.call(support.LIMIER, "explain", self.run_.folder, f"hit:{hit['hit_id']}", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["derived"]["state"], "agrees")

    def test_what_was_looked_for_is_said(self):
        digest = support.sha256_of(self.words)
        with self.run_.index() as index:
            run = index.one("SELECT keywords_sha256, keyword_engine FROM v_run")
            self.assertEqual(run["keywords_sha256"], digest)
            self.assertRegex(run["keyword_engine"], "^(hyperscan 5|re2)")
            rows = index.rows("SELECT * FROM v_keyword ORDER BY keyword_id")
            self.assertEqual([(row["line"], row["kind"], row["file_sha256"]) for row in rows],
                             [(2, "keyword", digest), (3, "keyword", digest), (4, "keyword", digest), (5, "plate", digest), (7, "bird", digest),
                              (8, "keyword", digest)])
            for row in rows:
                self.assertEqual(row["hits"], index.one("SELECT count(*) AS n FROM v_hit WHERE keyword_id = ?", row["keyword_id"])["n"])
            self.assertEqual(rows[5]["hits"], 0)
        self.assertEqual(json.loads((self.run_.folder / "manifest.json").read_text())["keywords"],
                         [{"name": "words.txt", "sha256": digest, "entries": 6}])
        log = [json.loads(line) for line in (self.run_.folder / "audit.jsonl").read_text().splitlines()]
        self.assertIn(digest, json.dumps([line for line in log if line["action"] == "keywords"]))
        self.assertIn("mb_per_cpu_s", json.dumps([line for line in log if line["action"] == "sweep-measured"]))
        with open(self.run_.folder / "hits.csv", encoding="utf-8-sig", newline="") as stream:
            self.assertIn("plate", {row["kind"] for row in csv.DictReader(stream)})
        page = (self.run_.folder / "report.html").read_text()
        self.assertIn("Konijnenberg", page)
        self.assertIn("never-there", page)

    def test_one_job_or_two(self):
        one = support.triage(self.image, self.work / "one", "--keywords", self.words, "--jobs", "1")
        self.assertEqual(resuming.differences(resuming.result_of(self.run_.folder), one.folder), [])

    def test_beyond_the_most_they_are_counted(self):
        words = self.work / "few.txt"
        words.write_text('"Konijnenberg" max=10\n')
        run = support.triage(self.image, self.work / "few", "--keywords", words)
        with run.index() as index:
            row = index.one("SELECT hits, more FROM v_keyword")
            self.assertGreaterEqual(row["hits"], 10)
            self.assertGreater(row["more"], 100)
            self.assertEqual(len(index.rows("SELECT * FROM v_issue WHERE code = 'keyword-hits-not-kept'")), 1)

    def test_killed_and_gone_on_with(self):
        case = resuming.Case(self.image, self.work / "resumed", "--keywords", str(self.words))
        other = self.work / "other.txt"
        other.write_text("something else\n")
        points = case.points()
        for at in sorted({len(points) // 4, len(points) // 2, 3 * len(points) // 4}):
            self.assertEqual(case.problem_after(at, "kill"), "", points[at - 1])
        case.clear()
        case.triage(env=case.failing(len(points) // 2, "kill"))
        refused = subprocess.run([*case.command("--resume")[:-1 - 2], "--keywords", str(other), "--resume"], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 6, refused.stderr)
        self.assertIn("--keywords", refused.stderr)

    def test_what_is_wrong_is_said_before_anything_is_read(self):
        bad = self.work / "bad.txt"
        for text, said in (("ok\n/a(b/", "bad.txt, line 2"), ("", "no keyword"), ('"ab" loud', "is no option"), ('"ab" kind=iban', "its own")):
            bad.write_text(text)
            done = support.call(support.LIMIER, "triage", self.image, "--out", self.work / "bad", "--authority", "training", "--keywords", bad)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr.decode())
            self.assertFalse((self.work / "bad" / "index.db").exists())
        for options, said in ((("--profile", "quick"), "--profile standard"), (("--scope", self.scope()), "--scope")):
            done = support.call(support.LIMIER, "triage", self.image, "--out", self.work / "bad", "--authority", "training", "--keywords", self.words,
                                *options)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr.decode())

    def scope(self):
        scope = pathlib.Path(self.work / "scope.toml")
        scope.write_text('title = "Warrant 7"\n[[mask]]\nreason = "counsel"\nterms = ["lawyer"]\n')
        return scope


if __name__ == "__main__":
    unittest.main()
