"""`limier search`: what it finds is what a plain scan of the same rows finds, and it says what it looked through."""
import hashlib
import json
import pathlib
import re
import sqlite3
import unicodedata
import unittest
from contextlib import closing

import phone
from cli_support import EXIT_GOOD, EXIT_REFUSED, EXIT_USAGE, CliTest, limier

BODIES = [
    "Drogengeld liegt am Hafen", "the money is at the harbour: 20 kg", "Geld? Géld! GELD", "naïve Café, coffee later",
    "mail me: two.kilo@example.org now", "two kilo, or two-kilo", "two\nkilo", "two kilos", "C++ and c#; #tag @alice",
    "call +32470000000 or 0470 00 00 00", "Привет, мир", "ключ у моря", "ice price police", "💣 at noon", "a_b a-b a.b",
    "CSQU 305438 3 is the container", "ΑΘΗΝΑ", "straße und Strasse", "œuvre", "100% sure (really)",
]
COLUMNS = {
    "message": ["thread", "thread_name", "sender", "sender_name", "recipients", "body", "service_id"],
    "text": ["body"],
    "file": ["name"],
}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
                    "0100c9fe92ef0000000049454e44ae426082")
FILES = {
    "notes/Plan Hafen.txt": "Treffpunkt: Hafen, 20 Uhr\nGeld mitbringen: zwei Kilo\n".encode(),
    "notes/latin.txt": "Gr\u00fc\u00dfe von der K\u00fcste, Geld folgt\n".encode("cp1252") * 20,
    "notes/wide.txt": b"\xff\xfe" + "géld in twee kilo's\r\n".encode("utf-16-le") * 3,
    "notes/list.csv": b"name;amount\nharbour;20\nmoney;30\nharbour;40\n",
    "notes/long.txt": b"".join(b"line %d of a long text, kilo %d\n" % (n, n) for n in range(4000)),
    "notes/picture.png": PNG,
    "notes/blob.bin": bytes(range(256)) * 64,
}
TERMS = ["geld", "Geld", "géld", "harbour", "hafen", "kilo", "ice", "two kilo", "two.kilo", "two-kilo", "c++", "#tag",
         "@alice", "+32470000000", "32470", "при", "МИР", "моря", "💣", "a_b", "a.b", "20 kg", "kilo 39", "nothing here",
         "athena", "αθηνα", "strasse", "straße", "100%", "(really)", "long.txt", "cafe coffee", "e", "kusste", "küste", "3 is the"]


def words_of(text):
    """Words as Unicode has them: letters and digits, in small letters and without accents; with where they stand."""
    words = []
    for match in re.finditer(r"[^\W_]+", text):
        folded = "".join(c for c in unicodedata.normalize("NFD", match.group().lower()) if not unicodedata.combining(c))
        words.append((folded, match.start(), match.end()))
    return words


def term_stands_in(term, text, whole=False):
    """What docs/search.md promises, said a second time."""
    begin = end = not whole
    if len(term) > 2 and term[0] == term[-1] == '"':
        term, begin, end = term[1:-1], False, False
    elif term.startswith("*") or term.endswith("*"):
        begin, end, term = term.startswith("*"), term.endswith("*"), term.strip("*")
    wanted = words_of(term)
    if not wanted:
        return term in text
    front, behind = term[:wanted[0][1]].strip(), term[wanted[-1][2]:].strip()
    words = words_of(text)
    for at in range(len(words) - len(wanted) + 1):
        here = words[at:at + len(wanted)]
        good = True
        for i, ((want, _, _), (word, _, _)) in enumerate(zip(wanted, here)):
            opens, closes = i == 0 and begin and not front, i == len(wanted) - 1 and end and not behind
            good &= (want in word if opens and closes else word.endswith(want) if opens else
                     word.startswith(want) if closes else word == want)
        for i in range(len(wanted) - 1):
            signs = term[wanted[i][2]:wanted[i + 1][1]]
            good &= not signs.strip() or text[here[i][2]:here[i + 1][1]] == signs
        if good and text[:here[0][1]].endswith(front) and text[here[-1][2]:].startswith(behind):
            return True
    return False


class Search(CliTest):
    maxDiff = None

    def make(self, files=None, bodies=(), size="16384K"):
        tree = self.work / "tree"
        for name, data in (files or {}).items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        rows = [phone.row_of(number, body=body) for number, body in enumerate([*bodies, "plain"], 1)]
        phone.make_store(tree / phone.STORE, rows)
        return phone.make_image(self.evidence / "disk.dd", tree, size)

    def search(self, *arguments):
        done = limier("search", self.out, *arguments, "--json")
        self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
        return json.loads(done.stdout)

    def found(self, *arguments):
        return {one["row"] for one in self.search(*arguments)["results"]}

    def rows(self, sql):
        with closing(sqlite3.connect(f"file:{self.out}/index.db?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def all_rows(self):
        """Row: its texts, by a scan of the views."""
        every = {}
        for kind, columns in COLUMNS.items():
            for row_id, *texts in self.rows(f"SELECT {kind}_id, {', '.join(columns)} FROM v_{kind}"):
                every[f"{kind}:{row_id}"] = [text for text in texts if text]
        return every

    def scan(self, holds):
        return {row for row, texts in self.all_rows().items() if holds(texts)}


class WhatIsFound(Search):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.triage(self.make(FILES, BODIES)).returncode, EXIT_GOOD)
        self.parts = ("--in", "names,text,messages")

    def of_kinds(self, rows):
        return {row for row in rows if row.split(":")[0] in COLUMNS}

    def assert_same(self, arguments, holds):
        self.assertEqual(self.of_kinds(self.found(*arguments, *self.parts)), self.scan(holds), arguments)

    def test_terms_as_a_plain_scan_finds_them(self):
        some = 0
        for term in TERMS:
            for form in (term, f'"{term}"', f"{term}*", f"*{term}"):
                with self.subTest(term=form):
                    self.assert_same([form], lambda texts, f=form: any(term_stands_in(f, text) for text in texts))
            with self.subTest(term=term, whole=True):
                self.assert_same(["-w", term], lambda texts, t=term: any(term_stands_in(t, text, True) for text in texts))
            some += bool(self.found(term))
        self.assertGreater(some, len(TERMS) * 3 // 4)

    def test_of_several_terms_all_stand_in_a_row(self):
        for terms in (("geld", "hafen"), ("kilo", "two", "or"), ("geld", "💣"), ("+32470000001", "money")):
            self.assert_same(terms, lambda texts, t=terms: all(any(term_stands_in(one, text) for text in texts) for one in t))

    def test_of_a_file_of_terms_one_does(self):
        listed = ["harbour", "мир", "zwei kilo", "nothing here", "💣"]
        path = self.work / "terms.txt"
        path.write_text("\ufeff# places\n" + "\r\n".join(listed) + "\n\n", encoding="utf-8")
        any_of = lambda texts: any(term_stands_in(one, text) for one in listed for text in texts)
        self.assert_same(["-f", path], any_of)
        self.assert_same(["-f", path, "20"], lambda texts: any_of(texts) and any(term_stands_in("20", text) for text in texts))

    def test_regular_expressions(self):
        for pattern, flags in ((r"[A-Z]{4} [0-9]{6} [0-9]", 0), (r"^Geld", 0), (r"kilo [0-9]*7$", 0), (r"G.LD", 0),
                               (r"G.LD", re.I), (r"caf[eé]", re.I), (r"\+32[0-9]+", 0), (r"two.kilo", 0), (r"моря|мир", 0)):
            options = ["-e", pattern] + (["-i"] if flags else [])
            holds = lambda texts, p=pattern, f=flags: any(re.search(p, line, f) for text in texts for line in text.split("\n"))
            self.assertTrue(self.scan(holds), pattern)
            self.assert_same(options, holds)

    def test_where_it_stands(self):
        result = self.search("two.kilo@example.org")
        self.assertEqual(len(result["results"]), 2 if any(r["kind"] == "hit" for r in result["results"]) else 1)
        message = [one for one in result["results"] if one["kind"] == "message"][0]
        place = message["found"][0]
        body = self.rows(f"SELECT body FROM v_message WHERE message_id = {message['id']}")[0][0].encode()
        self.assertEqual(body[place["at"]:place["at"] + place["length"]].decode(), "two.kilo@example.org")
        self.assertEqual((place["before"], place["match"], place["behind"]), ("mail me: ", "two.kilo@example.org", " now"))
        self.assertEqual(message["path"], "/" + phone.STORE)
        self.assertEqual([message["locator"], message["file_offset"], message["t"]],
                         list(self.rows(f"SELECT locator, file_offset, t FROM v_message WHERE message_id = {message['id']}")[0]))
        short = self.search("two.kilo@example.org", "--context", "3", "--in", "messages")["results"][0]["found"][0]
        self.assertEqual((short["before"], short["behind"]), ("e: ", " no"))

    def test_results_lead_to_the_bytes(self):
        for term, kind in (("zwei kilo", "text"), ("Drogengeld", "message")):
            row = [one["row"] for one in self.search(term)["results"] if one["kind"] == kind][0]
            done = limier("explain", self.out, row, "--json")
            self.assertEqual(done.returncode, EXIT_GOOD, done.stderr)
            self.assertEqual(json.loads(done.stdout)["derived"]["state"], "agrees")

    def test_texts_of_files_in_their_encodings(self):
        texts = self.rows("SELECT f.path, t.part, t.body, t.locator, t.file_offset FROM v_text t JOIN v_file f ON f.file_id = t.file_id")
        by_path = {}
        for path, part, body, locator, offset in texts:
            by_path.setdefault(path, []).append((part, body, locator, offset))
        self.assertEqual(set(by_path), {f"/{name}" for name in FILES if name.endswith(("txt", "csv"))})
        self.assertEqual(by_path["/notes/latin.txt"][0][1], "Grüße von der Küste, Geld folgt\n" * 20)
        self.assertEqual(by_path["/notes/wide.txt"][0][1:3], ("géld in twee kilo's\r\n" * 3, "text:utf-16le:byte=2"))
        long = sorted(by_path["/notes/long.txt"])
        self.assertGreater(len(long), 3)
        self.assertEqual([part for part, *_ in long], list(range(1, len(long) + 1)))
        self.assertEqual("".join(body for _, body, _, _ in long).encode(), FILES["notes/long.txt"])
        for _, body, _, offset in long:
            self.assertTrue(FILES["notes/long.txt"][offset:].startswith(body.encode()))
            self.assertLessEqual(len(body.encode()), 32 << 10)

    def test_parts_counts_and_limits(self):
        self.assertEqual({row.split(":")[0] for row in self.found("hafen", "--in", "names")}, {"file"})
        self.assertEqual({row.split(":")[0] for row in self.found("hafen", "--in", "text")}, {"text"})
        self.assertEqual({row.split(":")[0] for row in self.found("example.org", "--in", "hits")}, {"hit"})
        result = self.search("geld")
        counted = self.search("geld", "--count")
        self.assertEqual(counted["results"], [])
        self.assertEqual(counted["counts"], result["counts"])
        self.assertEqual(counted["counts"]["message"]["rows"], sum(one["kind"] == "message" for one in result["results"]))
        self.assertEqual(counted["counts"]["message"]["places"], 1 + 3)
        self.assertTrue(result["complete"])
        first = self.search("geld", "--limit", "1")
        self.assertFalse(first["complete"])
        self.assertEqual(first["results"], result["results"][:1])
        shown = limier("search", self.out, "geld", "--count")
        self.assertRegex(shown.stdout.decode(), r"message +2 +4")

    def test_it_says_what_it_looked_through(self):
        searched = self.search("geld")["searched"]
        for key, sql in (("names", "SELECT count(*) FROM v_file"), ("messages", "SELECT count(*) FROM v_message"),
                         ("texts", "SELECT count(*) FROM v_text"), ("hits", "SELECT count(*) FROM v_hit"),
                         ("text_files", "SELECT count(DISTINCT content_id) FROM v_text")):
            self.assertEqual(searched[key], self.rows(sql)[0][0], key)
        without = {one["reason"]: one["files"] for one in self.search("geld")["without_text"]}
        self.assertEqual(without["pictures"], 1)
        self.assertGreaterEqual(without["types of which no text is taken out"], 1)
        done = limier("search", self.out, "geld")
        for said in (rb"rows?: .*message 2", rb"looked through: ", rb"without any text in the index: .*1 file \(pictures\)"):
            self.assertRegex(done.stderr, said)
        self.assertIn("Drogengeld".encode(), done.stdout)
        self.assertIn(b"message:", done.stdout)
        nothing = limier("search", self.out, "nothing here")
        self.assertEqual((nothing.returncode, nothing.stdout), (EXIT_GOOD, b""))
        self.assertIn(b"nothing found", nothing.stderr)

    def test_nothing_of_the_folder_changes(self):
        before = {path.name: path.read_bytes() for path in pathlib.Path(self.out).iterdir()}
        self.search("geld", "-e", "x")
        self.assertEqual(before, {path.name: path.read_bytes() for path in pathlib.Path(self.out).iterdir()})

    def test_the_full_text_index_is_the_same_each_time(self):
        first = self.rows("SELECT * FROM search_range") + self.rows("SELECT * FROM search_index_data")
        again = self.work / "again"
        self.assertEqual(self.triage(self.evidence / "disk.dd", "--jobs", "3", out=again).returncode, EXIT_GOOD)
        self.out = again
        self.assertEqual(first, self.rows("SELECT * FROM search_range") + self.rows("SELECT * FROM search_index_data"))


class WhatCannotBe(Search):
    def test_usage(self):
        self.assertEqual(self.triage(self.make()).returncode, EXIT_GOOD)
        empty = self.work / "empty.txt"
        empty.write_text("# nothing\n")
        for arguments in ([], [" "], ["-e", "("], ["-e", r"(a)\1"], ["-e", ""], ["-f", empty], ["-f", self.work / "none"],
                          ["x", "--in", "elsewhere"]):
            with self.subTest(arguments=arguments):
                self.assert_fails(limier("search", self.out, *arguments), EXIT_USAGE)

    def test_an_index_of_an_earlier_version_is_refused_in_a_sentence(self):
        self.assertEqual(self.triage(self.make()).returncode, EXIT_GOOD)
        with closing(sqlite3.connect(self.out / "index.db")) as db:
            db.execute("PRAGMA user_version = 10")
        self.assert_fails(limier("search", self.out, "x"), EXIT_REFUSED, "written by another version of limier (schema 10")

    def test_without_content_only_names_are_there_and_it_says_so(self):
        self.assertEqual(self.triage(self.make(FILES, BODIES), "--profile", "quick").returncode, EXIT_GOOD)
        done = limier("search", self.out, "hafen")
        self.assertEqual(done.stdout.count(b"file:"), 1)
        self.assertIn(b"no content was looked into (profile quick)", done.stderr)
        self.assertFalse(self.search("hafen")["searched"]["content_looked_into"])

    def test_of_a_text_that_is_too_long_the_beginning_is_there(self):
        line = b"a line of the beginning, nothing else\n"
        long = line * (17 * (1 << 20) // len(line)) + b"unreachable harbour\n"
        self.assertEqual(self.triage(self.make({"log.txt": long}, size="49152K")).returncode, EXIT_GOOD)
        self.assertEqual(self.search("harbour")["results"], [])
        self.assertEqual(self.search("harbour")["searched"]["text_files_cut"], 1)
        self.assertEqual(self.rows("SELECT count(*) FROM v_issue WHERE code = 'text-too-long'"), [(1,)])
        self.assertEqual(self.rows("SELECT sum(length(body)) FROM v_text"), [(16 << 20,)])
        report = (self.out / "report.json").stat().st_size
        self.assertLess(report, 12 << 20)

    def test_what_a_scope_masks_is_not_searched(self):
        scope = self.work / "scope.toml"
        scope.write_text('title = "limits"\n[[mask]]\nreason = "lawyer"\nterms = ["drogengeld", "plan hafen"]\n')
        self.assertEqual(self.triage(self.make(FILES, BODIES), "--scope", scope).returncode, EXIT_GOOD)
        self.assertEqual(self.found("drogengeld"), set())
        self.assertEqual(self.found("hafen"), set())
        self.assertNotEqual(self.found("money"), set())
        self.assertEqual(self.rows("SELECT count(*) FROM v_text"), [(0,)])
        self.assertIn(b"a scope was given", limier("search", self.out, "money").stderr)

    def test_texts_of_known_files_are_counted_and_not_kept(self):
        image = self.make({"a.txt": b"known words of software\n", "b.txt": b"words of a person\n"})
        listed = self.work / "known.md5"
        listed.write_text(f"{hashlib.md5(b'known words of software' + bytes([10])).hexdigest()}  a.txt\n")
        made = limier("hashset", "import", listed, "--name", "list", "--kind", "known", "--to", self.work / "known.set")
        self.assertEqual(made.returncode, EXIT_GOOD, made.stderr)
        self.assertEqual(self.triage(image, "--hashset", self.work / "known.set").returncode, EXIT_GOOD)
        self.assertEqual([one["path"] for one in self.search("words")["results"]], ["/b.txt"])
        self.assertEqual(self.rows("SELECT message FROM v_issue WHERE code = 'texts-in-known-files'"),
                         [("the texts of 1 known files were not kept and cannot be searched",)])
        self.assertIn({"reason": "known files", "files": 1, "bytes": 24}, self.search("x")["without_text"])


    def test_texts_that_the_lists_of_packages_know_are_not_read(self):
        known, other = b"words of a tool\n" * 3, b"words of a tool, changed\n" * 3
        lists = "".join(f"{hashlib.md5(known).hexdigest()}  usr/share/doc/{name}\n" for name in ("a.txt", "b.txt")).encode()
        image = self.make({"var/lib/dpkg/info/tool.md5sums": lists, "usr/share/doc/a.txt": known, "usr/share/doc/b.txt": other, "home/copy.txt": known, "home/c.txt": b"words of mine\n"})
        self.assertEqual(self.triage(image).returncode, EXIT_GOOD)
        self.assertEqual({one["path"] for one in self.search("words", "--in", "text")["results"]}, {"/usr/share/doc/b.txt", "/home/c.txt"})
        self.assertEqual(self.rows("SELECT c.text_state FROM v_file f JOIN v_content c USING (sha256) WHERE f.name IN ('a.txt', 'copy.txt')"), [("known",), ("known",)])
        self.assertEqual(self.rows("SELECT f.name FROM v_item i JOIN v_file f USING (content_id) WHERE i.parser = 'text' ORDER BY 1"), [("b.txt",), ("c.txt",)])
        self.assertEqual(self.rows("SELECT message FROM v_issue WHERE code = 'texts-in-known-files'"),
                         [("the texts of 1 known files were not kept and cannot be searched",)])

    def test_beyond_the_limit_the_largest_are_left_out_and_counted(self):
        files = {f"small{n}.txt": f"geld {n}\n".encode() * 30 for n in range(4)}
        files["large.txt"] = b"geld in a long file\n" * 200
        files["larger.txt"] = b"geld in a longer file\n" * 400
        image = self.make(files)
        self.assertEqual(self.triage(image, "--text-limit", "5000").returncode, EXIT_GOOD)
        self.assertEqual({one["path"] for one in self.search("geld")["results"]}, {f"/{name}" for name in files if name != "larger.txt"})
        self.assertEqual(self.rows("SELECT message FROM v_issue WHERE code = 'texts-over-limit'"),
                         [("the texts of 1 files were not kept and cannot be searched: together they are larger than --text-limit, and the largest are left out",)])
        self.assertEqual(self.rows("SELECT size FROM v_content WHERE text_state = 'over-limit'"), [(len(files["larger.txt"]),)])
        self.assertIn({"reason": "beyond the limit of texts", "files": 1, "bytes": len(files["larger.txt"])}, self.search("x")["without_text"])
        refused = limier("triage", image, "--out", self.work / "other", "--authority", "x", "--text-limit", "much")
        self.assertEqual(refused.returncode, EXIT_USAGE)

    def test_each_content_says_what_became_of_its_text(self):
        secret = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n-----END PGP MESSAGE-----\n"
        image = self.make({"a.txt": b"words of a person\n", "copy of a.txt": b"words of a person\n", "software.txt": b"words of software\n", "blank.txt": b" \n" * 40,
                           "picture.png": PNG, "letter.eml": b"From: a@example.org\nTo: b@example.org\nSubject: heron\nDate: Tue, 14 Nov 2023 10:00:00 +0000\n\nblue heron\n",
                           "long.txt": b"a long line of text\n" * (17 * (1 << 20) // 20), "secret.asc": secret, "empty": b""}, size="49152K")
        listed = self.work / "known.md5"
        listed.write_text(f"{hashlib.md5(b'words of software' + bytes([10])).hexdigest()}  a.txt\n")
        self.assertEqual(limier("hashset", "import", listed, "--name", "list", "--kind", "known", "--to", self.work / "known.set").returncode, EXIT_GOOD)
        self.assertEqual(self.triage(image, "--hashset", self.work / "known.set").returncode, EXIT_GOOD)
        states = dict(self.rows("SELECT f.name, c.text_state FROM v_file f JOIN v_content c USING (sha256) WHERE f.kind = 'file' AND f.name NOT LIKE '%lost%'"))
        for name, state in {"a.txt": "kept", "copy of a.txt": "kept", "software.txt": "known", "blank.txt": "none", "picture.png": "other-type", "letter.eml": "in-rows",
                            "long.txt": "cut", "secret.asc": "encrypted", "empty": "none"}.items():
            self.assertEqual(states.get(name), state, name)
        self.assertEqual(self.rows("SELECT count(*) FROM v_content WHERE text_state IS NULL"), [(0,)])
        kept = self.rows("SELECT count(DISTINCT content_id) FROM v_text WHERE parser = 'text'")[0][0]
        self.assertEqual(self.rows("SELECT count(*) FROM v_content WHERE text_state IN ('kept', 'cut')"), [(kept,)])

    def test_without_a_look_into_contents_no_state_is_given(self):
        self.assertEqual(self.triage(self.make({"a.txt": b"words\n"}), "--profile", "quick").returncode, EXIT_GOOD)
        self.assertEqual(self.rows("SELECT DISTINCT text_state FROM v_content"), [(None,)])


class OverBorders(Search):
    """A text is kept in pieces of at most 32 KiB, cut behind a line."""

    def pieces(self, coding, mark=b"", between=b"", line="caf\u00e9 filler\n"):
        """A text whose first piece ends in "a zilveren", and whose second begins with "lepelaar"."""
        unit = len("x".encode(coding))
        line, last = line.encode(coding), "a zilveren\n".encode(coding)
        room = (32 << 10) - 3 * unit - len(last)
        filler = line * ((room - 2 * unit) // len(line))
        filler += ("x" * ((room - len(filler)) // unit - 1) + "\n").encode(coding)
        return mark + filler + last + between + ("lepelaar flies and so on\n" + "more of it\n" * 50).encode(coding)

    def test_words_in_a_row_over_the_border(self):
        files = {"wide.txt": self.pieces("utf-16-le"), "wider.txt": self.pieces("utf-32-le", b"\xff\xfe\0\0"), "cp1252.txt": self.pieces("cp1252"), "utf-8.txt": self.pieces("utf-8")}
        files["gap.txt"] = self.pieces("ascii", between=bytes(200), line="plain filler\n")
        cut = bytearray(b"q-" * 40_000)
        cut[(32 << 10) - 6:(32 << 10) + 8] = b"zilverlepelaar"
        files["line.txt"] = bytes(cut)
        self.assertEqual(self.triage(self.make(files, size="8192K")).returncode, EXIT_GOOD)
        for name in files:
            self.assertGreater(self.rows(f"SELECT max(part) FROM v_text t JOIN v_file f USING (file_id) WHERE f.name = '{name}'")[0][0], 1, name)
        there = {f"/{name}" for name in files} - {"/gap.txt", "/line.txt"}
        for term in ("zilveren lepelaar", "zilveren lepelaar flies", "ren lepel"):
            found = self.search(term)["results"]
            self.assertEqual({one["path"] for one in found}, there, term)
            self.assertTrue(all(one["places"] == 1 and "byte=" in one["locator"] for one in found), found)
        found = self.search("zilverlepelaar")["results"]
        self.assertEqual([(one["path"], one["places"]) for one in found], [("/line.txt", 1)])
        self.assertEqual([one["path"] for one in self.search("-e", "zilverlepe+laar")["results"]], ["/line.txt"])
        # Words that stand whole in the second piece are told once.
        self.assertEqual({one["places"] for one in self.search("lepelaar", "--in", "text")["results"]}, {1})
        whole = {row: body for row, body in self.rows("SELECT f.name, group_concat(body, '') FROM (SELECT * FROM v_text ORDER BY text_id) JOIN v_file f USING (file_id) GROUP BY f.name")}
        self.assertEqual(whole["cp1252.txt"], files["cp1252.txt"].decode("cp1252"))
        self.assertEqual(whole["utf-8.txt"], files["utf-8.txt"].decode("utf-8"))


if __name__ == "__main__":
    unittest.main()
