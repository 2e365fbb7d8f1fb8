"""Numbers and addresses in texts: held against a reader of our own, as slow and plain as can be."""
import csv
import gzip
import hashlib
import json
import re
import sqlite3
import unittest
import zipfile

import phone
import support

TLDS = {"org", "com", "net", "be", "nl", "example"}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MASK = (1 << 64) - 1

BODIES = [
    "Mail mij op Jan.Peeters@Example.ORG of an@kantoor.example.be, niet op @jan",
    "rekening BE68 5390 0754 7034, en niet BE68 5390 0754 7035",
    "NL91ABNA0417164300!",
    "stuur naar 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 of 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed en 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
    "Lengte van dit bericht: 12345678901234567890, om 09:30 op 01-02-2024, prijs 1.250,00",
    "an@kantoor.example.be nog eens",
]


def keccak(data):
    """Keccak-256 as published in 2011; FIPS 202, section 3, with the old padding."""
    rotl = lambda x, n: ((x << n) | (x >> (64 - n))) & MASK if n else x
    state = [[0] * 5 for _ in range(5)]
    data = bytearray(data) + b"\x01"
    data += bytes(-len(data) % 136)
    data[-1] |= 0x80
    for start in range(0, len(data), 136):
        for i in range(17):
            state[i % 5][i // 5] ^= int.from_bytes(data[start + 8 * i:start + 8 * i + 8], "little")
        lfsr = 1
        for _ in range(24):
            c = [state[x][0] ^ state[x][1] ^ state[x][2] ^ state[x][3] ^ state[x][4] for x in range(5)]
            d = [c[(x - 1) % 5] ^ rotl(c[(x + 1) % 5], 1) for x in range(5)]
            state = [[state[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, state[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x][y] = state[x][y], rotl(current, ((t + 1) * (t + 2) // 2) % 64)
            state = [[state[x][y] ^ (~state[(x + 1) % 5][y] & state[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
            for j in range(7):
                if lfsr & 1:
                    state[0][0] ^= 1 << ((1 << j) - 1)
                lfsr = (lfsr << 1) ^ (0x171 if lfsr >> 7 else 0)
    return b"".join(state[i][0].to_bytes(8, "little") for i in range(4))


def is_iban(text):
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def is_base58check(text):
    number = 0
    for c in text:
        number = number * 58 + BASE58.index(c)
    if number >> 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def is_ethereum(text):
    digits = text[2:]
    digest = keccak(digits.lower().encode()).hex()
    return all(c.isdigit() or c.isupper() == (int(h, 16) >= 8) for c, h in zip(digits, digest))


def found_in(text):
    for match in re.finditer(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@((?:[A-Za-z0-9-]+\.)+([A-Za-z]+))", text):
        if match[2].lower() in TLDS:
            yield "email", match[0].lower()
    for match in re.finditer(r"\b(?:BE ?\d\d(?: ?\d{4}){3}|NL ?\d\d ?[A-Z]{4}(?: ?\d{4}){2} ?\d\d)\b", text):
        plain = match[0].replace(" ", "")
        if is_iban(plain):
            yield "iban", plain
    for match in re.finditer(rf"\b[13][{BASE58}]{{25,34}}\b", text):
        if is_base58check(match[0]):
            yield "btc", match[0]
    for match in re.finditer(r"\b0x[0-9A-Fa-f]{40}\b", text):
        if is_ethereum(match[0]):
            yield "eth", match[0]


class Entities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        cls.bodies = BODIES
        rows = [phone.row_of(number, body) for number, body in enumerate(cls.bodies, 1)]
        phone.make_store(tree / phone.STORE, rows)
        evidence = cls.scratch.path / "evidence"
        evidence.mkdir()
        cls.image = phone.make_image(evidence / "disk.dd", tree)
        cls.run_ = support.triage(cls.image, cls.scratch.path / "case")

    def test_a_slow_reader_finds_the_same(self):
        want = {(kind, value, number) for number, body in enumerate(self.bodies, 1) for kind, value in found_in(body)}
        self.assertEqual({kind for kind, _, _ in want}, {"email", "iban", "btc", "eth"})
        with self.run_.index() as index:
            rows = index.rows("SELECT h.kind, h.normalized, m.body FROM v_hit h JOIN v_message m USING (message_id) "
                              "WHERE h.decode_path = 'message.body' AND h.kind IN ('email', 'iban', 'btc', 'eth')")
        got = {(row["kind"], row["normalized"], 1 + self.bodies.index(row["body"])) for row in rows}
        self.assertEqual(got, want)

    def test_values_are_counted_and_listed(self):
        with self.run_.index() as index:
            entity = index.one("SELECT hits, files, messages, validated FROM v_entity WHERE normalized = 'an@kantoor.example.be'")
            self.assertEqual((entity["hits"], entity["files"], entity["messages"], entity["validated"]), (2, 1, 2, "grammar"))
            # Senders and recipients: three numbers in eight messages.
            phones = index.one("SELECT count(*) AS n, sum(messages) AS messages FROM v_entity WHERE kind = 'phone'")
            self.assertEqual((phones["n"], phones["messages"]), (3, len(self.bodies)))
            first = index.one("SELECT validated FROM v_hit WHERE rank = 1")
            self.assertEqual(first["validated"], "checksum")
            judged = index.one("SELECT items, judged, not_judged FROM v_judged WHERE kind = 'hits'")
            self.assertEqual(judged["items"], judged["judged"] + judged["not_judged"])
            count = index.one("SELECT count(*) AS n FROM v_hit")["n"]
        with open(self.run_.folder / "hits.csv", encoding="utf-8-sig", newline="") as stream:
            listed = list(csv.DictReader(stream))
        self.assertEqual(len(listed), count)
        self.assertIn("BE68539007547034", {row["normalized"] for row in listed})
        page = (self.run_.folder / "report.html").read_text()
        self.assertIn("Numbers, addresses and keys", page)
        self.assertIn("BE68539007547034", page)

    def test_a_hit_leads_to_its_row(self):
        with self.run_.index() as index:
            hit = index.one("SELECT hit_id, message_id FROM v_hit WHERE kind = 'eth'")
        done = support.call(support.LIMIER, "explain", self.run_.folder, f"hit:{hit['hit_id']}", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        follows = json.loads(done.stdout)["follows"]
        self.assertEqual([(one["kind"], one["ids"]) for one in follows["rows"]], [("message", [hit["message_id"]])])
        self.assertTrue(follows["agrees"])

    def test_without_content_there_is_none(self):
        run = support.triage(self.image, self.scratch.path / "quick", "--profile", "quick")
        with run.index() as index:
            self.assertEqual(index.rows("SELECT * FROM v_hit"), [])


class Bytes(unittest.TestCase):
    """In bytes that no parser reads: of files, of nobody, and of what is packed."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        phone.make_store(tree / phone.STORE, [phone.row_of(1, "nothing in here")])
        (tree / "notes.dat").write_bytes(b"\x07" * 5000 + b"\x00to anna@sender.example \x00" + "bij jan@wide.example".encode("utf-16-le") + b"\xff" * 900)
        with sqlite3.connect(tree / "strange.db") as db:
            db.executescript("CREATE TABLE entry (kind TEXT, who TEXT, note TEXT, number TEXT);"
                             "INSERT INTO entry VALUES ('identifier', 'glued@cell.example', 'com', '+32470999888'),"
                             "('at 7', '32470777666@s.whatsapp.net', '1', '+32470999777')")
        db.close()
        with gzip.open(tree / "log.gz", "wb") as stream:
            stream.write(b"IBAN BE68539007547034 and more\n" * 3)
        with zipfile.ZipFile(tree / "list.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.txt", "the first")
            packed.writestr("b.txt", "reach ben@packed.example now, ben@packed.example" * 20)
        evidence = cls.scratch.path / "evidence"
        evidence.mkdir()
        cls.image = phone.make_image(evidence / "disk.dd", tree)
        run = support.triage(cls.image, cls.scratch.path / "first")
        with run.index() as index:
            free = index.one("SELECT max(image_offset) AS at FROM v_coverage WHERE state = 'unallocated' AND length > 8192")["at"]
        # Over the edge of a chunk, where there is one.
        cls.free = (free + 8192) // 4096 * 4096 - 9
        with open(cls.image, "r+b") as stream:
            stream.seek(cls.free)
            stream.write(b"carla@nobody.example\n")
        cls.data = cls.image.read_bytes()
        cls.run_ = support.triage(cls.image, cls.scratch.path / "case")

    def hit(self, value):
        with self.run_.index() as index:
            return index.rows("SELECT h.*, f.path FROM v_hit h LEFT JOIN v_file f USING (file_id) WHERE h.normalized = '%s' "
                              "ORDER BY hit_id" % value)[0]

    def explained(self, hit):
        done = support.call(support.LIMIER, "explain", self.run_.folder, f"hit:{hit['hit_id']}", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_in_a_file_in_both_encodings(self):
        for value, form in (("anna@sender.example", b"anna@sender.example"), ("jan@wide.example", "jan@wide.example".encode("utf-16-le"))):
            hit = self.hit(value)
            self.assertEqual((hit["path"], hit["decode_path"]), ("/notes.dat", None))
            self.assertEqual(self.data[hit["image_offset"]:][:len(form)], form)
            self.assertEqual(self.explained(hit)["derived"]["state"], "agrees")
        self.assertEqual(self.hit("anna@sender.example")["file_offset"], 5004)

    def test_in_space_of_nobody(self):
        hit = self.hit("carla@nobody.example")
        self.assertEqual((hit["file_id"], hit["file_offset"], hit["image_offset"]), (None, None, self.free))
        self.assertEqual(self.explained(hit)["derived"]["state"], "agrees")

    def test_a_changed_byte_is_seen(self):
        hit = self.hit("carla@nobody.example")
        changed = self.image.with_name("changed.dd")
        data = bytearray(self.data)
        data[self.free] ^= 1
        changed.write_bytes(data)
        done = support.call(support.LIMIER, "explain", self.run_.folder, f"hit:{hit['hit_id']}", "--json", "--image", changed)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout)["derived"]["state"], "differs")

    def test_texts_of_a_database_do_not_run_into_each_other(self):
        with self.run_.index() as index:
            rows = index.rows("SELECT h.kind, h.normalized, h.decode_path, h.image_offset FROM v_hit h JOIN v_file f USING (file_id) "
                              "WHERE f.path = '/strange.db' ORDER BY 1, 2")
        self.assertEqual([(row["kind"], row["normalized"], row["decode_path"]) for row in rows],
                         [("email", "glued@cell.example", "sqlite:entry.who"), ("phone", "+32470777666", "sqlite:entry.who"),
                          ("phone", "+32470999777", "sqlite:entry.number"), ("phone", "+32470999888", "sqlite:entry.number")])

    def test_in_what_is_packed(self):
        hit = self.hit("BE68539007547034")
        self.assertEqual((hit["path"], hit["decode_path"], hit["parser"]), ("/log.gz", "gzip", "packed"))
        self.assertEqual(self.explained(hit)["derived"]["state"], "agrees")
        hit = self.hit("ben@packed.example")
        self.assertEqual((hit["path"], hit["decode_path"], hit["image_offset"]), ("/list.zip", "zip:2", None))

    def test_under_a_scope_bytes_say_nothing(self):
        scope = self.scratch.path / "scope.toml"
        scope.write_text('title = "Warrant 7"\n[[mask]]\nreason = "counsel"\nterms = ["lawyer"]\n')
        run = support.triage(self.image, self.scratch.path / "scoped", "--scope", scope)
        with run.index() as index:
            self.assertEqual(index.rows("SELECT * FROM v_hit WHERE decode_path IS NULL"), [])


if __name__ == "__main__":
    unittest.main()
