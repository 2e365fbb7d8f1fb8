"""--lang: reports for people in four languages; what is for machines, evidence and quoted words stay as they are."""
import html
import json
import re
import sys
import tomllib
import unittest

import phone
from batch_support import AUTHORITY as WARRANT, BatchTest
from cli_support import EXIT_USAGE, SAMPLES, SOURCE, CliTest, environment, limier

sys.path.insert(0, str(SOURCE / "tests/architecture"))
import test_catalogue as catalogue  # noqa: E402

LANGUAGES = ("nl", "fr", "de")
THREAT = "morgen schiet ik je dood met mijn pistool als je niet betaalt"
# As the catalogue has it, and the legally careful words above all.
CAREFUL = {"nl": ("geen beschuldiging", "Geen bevinding betekent niet dat het veilig is", "Een mens beslist"),
           "fr": ("pas une accusation", "ne signifie pas l’absence de danger", "C’est une personne qui décide"),
           "de": ("keine Beschuldigung", "Kein Befund ist keine Entwarnung", "Ein Mensch entscheidet")}
TITLES = {"nl": "Levensgevaar", "fr": "Danger pour la vie", "de": "Gefahr für das Leben"}
SAME_IN_ALL = ("report.json", "files.csv", "findings.csv", "messages.csv", "timeline.csv")


def said(page, stored=False):
    """The words of a page that are its own: commands and the styles are left out, and what is `stored` in the index,
    which is evidence or words of the program."""
    page = re.sub(r"<style>.*?</style>|<code>.*?</code>" + ("" if stored else "|<bdi.*?</bdi>"), " ", page, flags=re.S)
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', page))
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page) + " " + labels).split())


def entries_of_packs():
    """What the packs of rules say, as entries of the catalogue are."""
    for path in sorted((SOURCE / "rules").glob("*/*.toml")):
        with path.open("rb") as file:
            said_there = tomllib.load(file)
        for key in ("title", "meaning", "limits", "measured"):
            if key in said_there:
                yield {"en": said_there[key], **{language: said_there[language][key] for language in LANGUAGES}}
        for one in [*said_there.get("class", []), *said_there.get("words", [])]:
            if "nl" in one:
                yield {"en": one.get("en", one.get("title")), **one}


def english_pieces(language, stored=False):
    """Pieces of at least three words of every English text of the catalogue that this language says in others; of what
    may be `stored` in an index, of packs too, those of four: it stands beside evidence, which may be English."""
    parts, _ = catalogue.read_catalogue()
    entries = [entry for part in parts for entry in parts[part] if not stored or part.startswith("index")]
    for entry in [*entries, *entries_of_packs()]:
        text = re.sub(r"<code>.*?</code>", "{}", entry["en"])
        for piece in re.split(r"\{[^}]*\}|</?[a-z]+>|; ", text):
            piece = " ".join(piece.split()).strip(" .,;:()")
            if len(re.findall(r"[A-Za-z]{2,}", piece)) >= 3 + stored and piece not in " ".join(entry[language].split()):
                yield piece


class Pages(CliTest):
    def check_page(self, path, language):
        page = path.read_text(encoding="utf-8")
        self.assertIn(f'<html lang="{language}">', page)
        for stored in (False, True):
            words = said(page, stored)
            left = [piece for piece in english_pieces(language, stored) if piece in words
                    and re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", words)]
            self.assertEqual(left, [], path)
        return page


class OfOneExhibit(Pages):
    def setUp(self):
        super().setUp()
        tree = self.work / "tree"
        phone.make_store(tree / phone.STORE, [phone.row_of(number) for number in range(1, 9)] +
                         [phone.row_of(9, THREAT), phone.row_of(10, "")])
        (tree / "media").mkdir()
        (tree / "media/high.doc").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20)
        self.image = phone.make_image(self.evidence / "disk.dd", tree)

    def files(self):
        return {name: (self.out / name).read_bytes() for name in ("report.html", *SAME_IN_ALL)}

    def test_every_language(self):
        self.assertIn(self.triage(self.image).returncode, (0, 5))
        english = self.files()
        self.assertIn(b'<html lang="en">', english["report.html"])
        for language in LANGUAGES:
            with self.subTest(language=language):
                done = limier("report", self.out, "--lang", language)
                self.assertEqual(done.returncode, 0, done.stderr)
                files = self.files()
                page = self.check_page(self.out / "report.html", language)
                for words in (*CAREFUL[language], TITLES[language]):
                    self.assertIn(words, page)
                # What was written stays: the message, the words the reason quotes, the name of a file.
                for words in ("morgen schiet ik je dood", "pistool", "high.doc", "Boodschappen: melk, brood, kaas"):
                    self.assertIn(words, page)
                self.assertEqual({name: files[name] for name in SAME_IN_ALL}, {name: english[name] for name in SAME_IN_ALL})
        # Without --lang again that of the run.
        self.assertEqual(limier("report", self.out).returncode, 0)
        self.assertEqual(self.files(), english)

    def test_the_language_of_a_run_is_recorded(self):
        machine = {"LANG": "fr_FR.UTF-8", "LC_ALL": "fr_FR.UTF-8", "LANGUAGE": "fr"}
        self.assertIn(self.triage(self.image, "--lang", "de").returncode, (0, 5))
        german = self.files()
        self.assertIn('<html lang="de">', german["report.html"].decode())
        self.assertEqual(self.query("SELECT language FROM v_run"), [("de",)])
        self.assertEqual(limier("report", self.out, env=environment(**machine)).returncode, 0)
        self.assertEqual(self.files(), german)
        # What a killed run left to do is done in its language; another one is another run.
        for name in ("report.html", "manifest.json"):
            (self.out / name).unlink()
        self.assert_fails(self.triage(self.image, "--resume", "--lang", "nl"), 6, "--lang")
        self.assertIn(self.triage(self.image, "--resume", "--lang", "de").returncode, (0, 5))
        self.assertEqual(self.files(), german)

    def test_an_unknown_language(self):
        sentence = "there are no reports in the language 'es'; there are en, nl, fr, de"
        self.assert_fails(self.triage(self.image, "--lang", "es"), EXIT_USAGE, sentence)
        self.assert_no_case()
        self.assertIn(self.triage(self.image, "--profile", "list").returncode, (0, 5))
        self.assert_fails(limier("report", self.out, "--lang", "es"), EXIT_USAGE, sentence)

    def test_a_pack_brings_its_own_words(self):
        rules = self.work / "mine"
        (rules / "lexicon").mkdir(parents=True)
        (rules / "pack.toml").write_text(
            'id = "mine"\nversion = "1"\ntitle = "Mine"\nmeaning = "m"\nmeasured = "not measured"\nsources = ["own"]\n'
            '[nl]\nmeasured = "niet gemeten"\n[[class]]\nid = "bread"\ntitle = "bread"\nnl = "broodsoorten"\n', encoding="utf-8")
        (rules / "lexicon/bread.nl.txt").write_text("# Origin: made up for this test.\nbrood  2\n", encoding="utf-8")
        (rules / "bread.toml").write_text(
            'id = "bread"\ntitle = "Bread bought"\npriority = "high"\nmeaning = "m"\nlimits = "few limits"\nsubject = "message"\n'
            'sql = """SELECT message_id AS subject_id, file_id, content_id, locator, t_ns, 1.0 AS score,\n'
            "  reasons(criteria(body, 'mine'), 'mine') AS reason FROM v_message WHERE criteria(body, 'mine') IS NOT NULL\"\"\"\n"
            '[nl]\ntitle = "Brood gekocht"\nlimits = "weinig grenzen"\n[[hit]]\ntext = "brood"\n[[miss]]\ntext = "kaas"\n',
            encoding="utf-8")
        self.assertIn(self.triage(self.image, "--rules", rules, "--lang", "nl").returncode, (0, 5))
        page = (self.out / "report.html").read_text(encoding="utf-8")
        for words in ("Brood gekocht", 'broodsoorten (&quot;brood&quot;)', "weinig grenzen Gemeten: niet gemeten"):
            self.assertIn(words, page)
        self.assertNotIn("Bread bought", page)
        # Of a meaning that has no translation the English stays; the views and the CSV have the English of all.
        self.assertIn(("Bread bought",), self.query("SELECT title FROM v_finding"))
        self.assertIn(b"Bread bought", (self.out / "findings.csv").read_bytes())
        self.assertEqual(limier("rules", "check", rules).returncode, 0)


class OfTheScenario(Pages):
    """A device with findings of several packs, issues and gaps."""

    def test_no_english_sentence_is_left(self):
        images = SOURCE.parent / "shared/scenario/out/dev-1/images"
        if not images.exists():
            self.skipTest("the scenario is not beside this checkout")
        for image in [*sorted(images.glob("a0[16]*.E01")), *sorted(images.glob("b02*.E01")), *sorted(images.glob("d0*.E01"))]:
            out = self.work / image.stem
            self.triage(image, out=out)
            for language in LANGUAGES:
                with self.subTest(image=image.name, language=language):
                    self.assertEqual(limier("report", out, "--lang", language).returncode, 0)
                    self.check_page(out / "report.html", language)


class OfManyExhibits(BatchTest, Pages):
    def test_every_language(self):
        tree = self.work / "tree"
        phone.make_store(tree / phone.STORE, [phone.row_of(number) for number in range(1, 6)] + [phone.row_of(9, THREAT)])
        image = phone.make_image(self.evidence / "disk.dd", tree)
        self.planned([f"P-1,{image},{WARRANT}", *self.samples(), self.garbage()], "--lang", "nl")
        self.batch("run")
        self.batch("merge")
        dutch = self.check_page(self.out / "case.html", "nl")
        self.assertIn('<html lang="nl">', (self.out / "exhibits/P-1/report.html").read_text(encoding="utf-8"))
        data = (self.out / "case.json").read_bytes()
        for language in LANGUAGES:
            with self.subTest(language=language):
                self.batch("merge", "--lang", language)
                page = self.check_page(self.out / "case.html", language)
                for words in (*CAREFUL[language], TITLES[language], THREAT):
                    self.assertIn(words, page)
                self.assertEqual((self.out / "case.json").read_bytes(), data)
        self.batch("merge", "--lang", "en")
        self.assertIn('<html lang="en">', (self.out / "case.html").read_text(encoding="utf-8"))
        self.batch("merge")
        self.assertEqual((self.out / "case.html").read_text(encoding="utf-8"), dutch)
        self.assert_fails(self.batch("merge", "--lang", "xx"), EXIT_USAGE, "there are no reports in the language 'xx'")

    def test_of_a_line_of_the_manifest(self):
        header = "exhibit,path,authority,lang"
        manifest = self.manifest([f"A-1,{SAMPLES / 'phone.E01'},{WARRANT},fr", f"A-2,{SAMPLES / 'stick.001'},{WARRANT},"],
                                 header=header)
        self.assertEqual(self.plan(manifest).returncode, 0)
        plan = json.loads((self.out / "plan.json").read_text(encoding="utf-8"))
        self.assertEqual([one.get("lang") for one in sorted(plan["exhibits"], key=lambda one: one["exhibit"])], ["fr", None])
        self.batch("run")
        self.batch("merge")
        self.assertIn('<html lang="fr">', (self.out / "exhibits/A-1/report.html").read_text(encoding="utf-8"))
        # Two languages: the case has that of neither.
        self.assertIn('<html lang="en">', (self.out / "case.html").read_text(encoding="utf-8"))
        wrong = self.manifest([f"A-1,{SAMPLES / 'phone.E01'},{WARRANT},it"], header=header)
        done = limier("batch", "plan", wrong, "--out", self.work / "other")
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn("lang", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
