"""limier rules: lists packs, holds them to their samples, runs them over an index; and what the program's own packs are held to."""
import hashlib
import json
import pathlib
import re
import sys
import tempfile
import tomllib
import unicodedata
import unittest

from cli_support import EXIT_GOOD, EXIT_USAGE, SOURCE, limier

sys.path.insert(0, str(SOURCE / "tests/rules"))
import measure  # noqa: E402

DEV = SOURCE.parent / "shared/scenario/messages/dev.jsonl"
LEXICONS = SOURCE / "rules"
OWN = ["communication", "concealment", "corruption", "danger", "identity", "lists", "logistics", "money", "places"]
# Second parts of verbs that are written apart (Dutch, German, English): with `..` between, such a verb is one word.
PARTICLES = set(
    "an eraf omver af neer dood kapot om overhoop uit thuis buiten op aan binnen elkaar um ab tot kalt nieder raus zusammen fertig weg "
    "heim aus up off down out over dead door durch through".split()
)
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ı": "i"}
PACK = """id = "mine"
version = "1"
title = "Mine"
meaning = "m"
measured = "not measured"
sources = ["own"]
[[class]]
id = "fruit"
title = "fruit"
"""
RULE = '''id = "pears"
title = "Pears"
priority = "low"
meaning = "m"
limits = "l"
subject = "message"
sql = """SELECT message_id AS subject_id, file_id, content_id, locator, t_ns, 1.0 AS score,
  reasons(criteria(body, 'mine'), 'mine') AS reason FROM v_message WHERE criteria(body, 'mine') IS NOT NULL"""
[[hit]]
text = "two PEARS please"
[[miss]]
text = "two apples please"
'''
TERMS = "# Origin: made up for this test.\npear*  2\n"


def fold(text):
    text = "".join(LETTERS.get(c, c) for c in text.lower())
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def words(text):
    return re.sub(r"[^a-z0-9]+", " ", fold(text)).split()


def entries():
    """Every term of the packs' word lists, and its file."""
    for path in sorted(LEXICONS.glob("*/lexicon/*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and line != "#" and not line.startswith("# "):
                for term in re.split(r"\s{2,}", line.strip())[0].split(","):
                    yield f"{path.parts[-3]}/{path.name}", term.strip()


def occurs(term, messages):
    """Whether a term of several words stands in one of the messages, with up to four words at a `..`."""
    parts = []
    for part in fold(term).split():
        if part == "..":
            parts.append(r"(?:\S+ ){0,4}")
        else:
            for word in re.sub(r"[^a-z0-9*#]+", " ", part).split():
                parts.append(re.escape(word).replace(r"\*", "[a-z0-9]*").replace(r"\#", "[0-9]+") + " ")
    pattern = re.compile(" " + "".join(parts))
    return any(pattern.search(message) for message in messages)


class Translations(unittest.TestCase):
    def test_figures_are_the_same_in_every_language(self):
        """A reader of the Dutch page must not learn other figures than one of the English page."""
        def figures(text):
            return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}\b)", "", text)))
        root, told = LEXICONS, 0
        for path in sorted(root.glob("*/*.toml")):
            text = tomllib.loads(path.read_text(encoding="utf-8"))
            for language in ("nl", "fr", "de"):
                for key in ("title", "meaning", "measured", "limits"):
                    said = text.get(language, {}).get(key) if isinstance(text.get(language), dict) else None
                    if said is None:
                        continue
                    told += 1
                    self.assertEqual(figures(said), figures(text[key]), f"{path.name}: {language}, {key}")
        self.assertGreater(told, 10)


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def pack(self, pack=PACK, rule=RULE, terms=TERMS):
        folder = self.folder / "packs/mine"
        (folder / "lexicon").mkdir(parents=True, exist_ok=True)
        (folder / "pack.toml").write_text(pack, encoding="utf-8")
        (folder / "pears.toml").write_text(rule, encoding="utf-8")
        (folder / "lexicon/fruit.en.txt").write_text(terms, encoding="utf-8")
        return folder

    def run_it(self, *arguments, expect=EXIT_GOOD):
        done = limier("rules", *arguments)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done


class Lists(Base):
    def test_the_own_pack_says_how_it_was_measured(self):
        packs = json.loads(self.run_it("list", "--json").stdout)
        self.assertEqual([pack["pack"] for pack in packs], OWN)
        for pack in packs:
            self.assertTrue(pack["sources"] and pack["rules"], pack["pack"])
            self.assertRegex(pack["measured"], r"^(On |Not measured)", pack["pack"])
        (pack,) = [pack for pack in packs if pack["pack"] == "danger"]
        self.assertIn("false alarm", pack["measured"])
        self.assertIn("missed", pack["measured"])
        self.assertTrue(pack["sources"])
        self.assertEqual([rule["rule"] for rule in pack["rules"]], ["violence"])
        self.assertIn(pack["sha256"], self.run_it("list").stdout.decode())

    def test_a_folder_adds_packs(self):
        self.pack()
        packs = json.loads(self.run_it("list", "--json", "--rules", self.folder / "packs").stdout)
        self.assertEqual([pack["pack"] for pack in packs], [*OWN, "mine"])

    def test_the_digest_is_over_all_files(self):
        folder = self.pack()
        names = sorted(path for path in folder.rglob("*") if path.is_file())
        digest = hashlib.sha256()
        for path in sorted(names, key=lambda path: f"mine/{path.relative_to(folder)}"):
            digest.update(f"mine/{path.relative_to(folder)} {path.stat().st_size}\n".encode() + path.read_bytes())
        packs = json.loads(self.run_it("list", "--json", "--rules", folder).stdout)
        self.assertEqual(packs[-1]["sha256"], digest.hexdigest())


class Checks(Base):
    def refused(self, folder, words):
        done = self.run_it("check", folder, expect=EXIT_USAGE)
        self.assertIn(words, (done.stdout + done.stderr).decode())

    def test_own_packs_hold(self):
        self.assertIn(b"come out as they say", self.run_it("check").stdout)

    def test_a_good_pack(self):
        own = json.loads(self.run_it("check", "--json").stdout)
        counts = json.loads(self.run_it("check", self.pack(), "--json").stdout)
        self.assertEqual((counts["rules"], counts["wrong"]), (own["rules"] + 1, []))

    def test_mistakes_are_named(self):
        self.refused(self.pack(terms="# Origin: x\n\npear  heavy\n"), "mine/lexicon/fruit.en.txt, line 3")
        self.refused(self.pack(terms="pear\n"), "Origin")
        self.refused(self.pack(rule=RULE.replace("priority = \"low\"", "priority = \"urgent\"")), "'priority'")
        self.refused(self.pack(rule=RULE.replace("SELECT", "SELEKT")), "rule mine/pears: the statement is wrong")
        self.refused(self.pack(rule=RULE.replace("SELECT message_id", "DELETE FROM v_message; --")), "rule mine/pears")
        self.refused(self.pack(rule=RULE.replace("apples", "pears")), "this miss sample is found: two pears please")
        self.refused(self.pack(rule=RULE.replace("PEARS", "plums")), "this hit sample is not found: two plums please")
        self.refused(self.pack(pack=PACK + "[[class]\n"), "mine/pack.toml, line")
        self.refused(self.pack(pack=PACK + "[[class]]\nid = \"language\"\n"), "without being named")
        self.refused(self.pack(rule=RULE.replace("1.0 AS score", "weight(criteria(body, 'mine'), 'friut') AS score")),
                     "rule mine/pears: there is no class 'friut'")
        self.refused(self.folder / "nowhere", "not a folder")


class Runs(Base):
    MESSAGES = [
        {"id": "a", "text": "we moeten nog brood halen"},
        {"id": "b", "text": "we gaan je vermoorden en je broer ook, morgen om 20u"},
        {"id": "c", "text": "three pears, and see you tonight"},
    ]

    def setUp(self):
        super().setUp()
        self.case = self.folder / "case"
        self.case.mkdir()
        measure.make_index(self.case, self.MESSAGES)

    def test_findings_of_a_finished_index_which_is_not_changed(self):
        before = (self.case / "index.db").read_bytes()
        report = json.loads(self.run_it("run", self.case, "--json").stdout)
        (finding,) = report["findings"]
        self.assertEqual((finding["rank"], finding["priority"], finding["subject_id"]), (1, "live-in-danger", 2))
        self.assertIn("vermoorden", finding["reason"])
        self.assertIn("relatives", finding["reason"])
        self.assertEqual(report["judged"][0]["items"], 3)
        self.assertIn({"kind": "v_app", "items": 0, "judged": 0, "not_judged": 0}.items(),
                      [{k: v for k, v in row.items() if k != "reason"}.items() for row in report["judged"]])
        self.assertIn("does not have it", [row["reason"] for row in report["judged"] if row["kind"] == "v_app"][0])
        self.assertEqual((self.case / "index.db").read_bytes(), before)
        self.assertEqual([path.name for path in self.case.iterdir()], ["index.db"])

    def test_the_page_says_what_a_finding_is(self):
        text = self.run_it("run", self.case).stdout.decode()
        self.assertIn("not an accusation", text)
        self.assertIn("no finding is no all-clear", text)
        self.assertRegex(text, r"how danger was measured: .*false alarm")
        self.assertNotIn("how money was measured", text)

    def test_more_rules(self):
        report = json.loads(self.run_it("run", self.case, "--rules", self.pack(), "--json").stdout)
        self.assertEqual([(f["pack"], f["subject_id"], f["rank"]) for f in report["findings"]],
                         [("danger", 2, 1), ("mine", 3, 2)])

    def test_a_rule_that_cannot_run_is_said_and_the_others_go_on(self):
        folder = self.pack(rule=RULE.replace("v_message", "v_nothing"))
        done = self.run_it("run", self.case, "--rules", folder, "--json", expect=EXIT_USAGE)
        self.assertIn(b"rule mine/pears", done.stderr)
        self.assertEqual(len(json.loads(done.stdout)["findings"]), 1)


class Danger(Base):
    def dev(self):
        if not DEV.exists():
            self.skipTest("the messages of the scenario are not beside this checkout")
        return [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]

    def test_every_list_says_where_its_words_come_from(self):
        files = sorted(LEXICONS.glob("*/lexicon/*.txt"))
        self.assertGreater(len(files), 100)
        for path in files:
            self.assertIn("# Origin: ", path.read_text(encoding="utf-8"), path.name)

    def test_no_term_of_several_words_is_from_the_messages_it_is_measured_on(self):
        messages = [f" {' '.join(words(row['text']))} " for row in self.dev()]
        wrong = []
        for name, term in entries():
            verb = ".." in term.split() and words(term)[-1] in PARTICLES and len(words(term)) == 2
            if len(term.split()) > 1 and not verb and occurs(term, messages):
                wrong.append(f"{name}: {term}")
        self.assertEqual(wrong, [])

    def test_a_tenth_of_the_reading_holds_most_of_the_danger(self):
        rows = self.dev()
        report = measure.run_rules(rows)
        order = list({f["subject_id"]: rows[f["subject_id"] - 1] for f in report["findings"]}.values())
        danger = sum(row["label"] == "danger" for row in rows)
        found = sum(row["label"] == "danger" for row in order[: round(len(rows) / 10)])
        self.assertEqual(order[0]["label"], "danger")
        self.assertGreaterEqual(found / danger, 0.8)
        marked = [
            rows[f["subject_id"] - 1]
            for f in report["findings"]
            if f["pack"] == "danger" and f["priority"] in ("live-in-danger", "high")
        ]
        benign = sum(row["label"].startswith("benign") for row in rows)
        threads = {row.get("thread") for row in rows if row["label"] == "danger"} - {None}
        false = [row for row in marked if row["label"] != "danger" and row.get("thread") not in threads]
        self.assertLessEqual(1000 * len(false) / benign, 8)
        self.assertGreaterEqual(sum(row["label"] == "danger" for row in marked) / danger, 0.6)


if __name__ == "__main__":
    unittest.main()
