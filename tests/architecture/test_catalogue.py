"""The catalogue of words in lang/, held against the code: nothing missing, nothing left over, values and marks the same."""
import collections
import os
import pathlib
import re
import string
import unittest

SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
LANGUAGES = ("nl", "fr", "de")
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
KEY = re.compile(rf"((?:{LITERAL}\s*)*{LITERAL})_w\b")


def unescaped(literal):
    return re.sub(r"\\(.)", r"\1", literal)


def joined(literals):
    return "".join(unescaped(one[1:-1]) for one in re.findall(LITERAL, literals))


def without_comments(text):
    return re.sub(r"^\s*//[^\n]*|\s//\s[^\n]*", "", text, flags=re.M)


def keys_of_code():
    keys = set()
    for path in sorted((SOURCE / "src" / "report").glob("*")):
        keys.update(joined(found) for found in KEY.findall(without_comments(path.read_text(encoding="utf-8"))))
    return keys - {""}


def read_catalogue():
    """Entries, each {language: text}, by the part they stand in; mistakes of form as sentences."""
    parts, wrong = {}, []
    for path in sorted((SOURCE / "lang").glob("*.txt")):
        entries = parts.setdefault(path.stem, [])
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line or line.startswith("#"):
                continue
            language, _, text = line.partition(" ")
            if language == "en":
                entries.append({})
            if language not in ("en", *LANGUAGES) or not text or text != text.strip() or not entries or language in entries[-1]:
                wrong.append(f"{path.name}, line {number}: {line}")
            else:
                entries[-1][language] = text
    return parts, wrong


def places(text):
    """The values of a text: how often each is named, with its form; and its marks of HTML."""
    counted = collections.Counter()
    following = 0
    for _, name, form, _ in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isdigit():
            name, following = str(following), following + 1
        counted[name, form] += 1
    return counted, collections.Counter(re.findall(r"</?[a-z]+>", text))


def literals_of_program():
    """Every string of the program outside the pages, as one text with {} for values."""
    texts = []
    for folder in ("src", "include"):
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix not in (".cpp", ".h") or path.name.startswith("words"):
                continue
            text = without_comments(path.read_text(encoding="utf-8"))
            texts += re.findall(r'R"\w*\((.*?)\)\w*"', text, re.S)
            texts += [joined(found) for found in re.findall(rf"(?:{LITERAL}\s*)+", text)]
    texts = [re.sub(r"\{[^{}]*\}", "{}", one) for one in texts]
    return texts + [path.read_text(encoding="utf-8") for path in sorted((SOURCE / "packs").rglob("*.toml"))]


class Catalogue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parts, cls.wrong = read_catalogue()
        cls.entries = [entry for part in cls.parts.values() for entry in part]

    def test_form(self):
        self.assertEqual(self.wrong, [])
        self.assertGreater(len(self.entries), 500)
        self.assertEqual([entry for entry in self.entries if set(entry) != {"en", *LANGUAGES}], [])

    def test_every_key_stands_once(self):
        counted = collections.Counter(entry["en"] for entry in self.entries)
        self.assertEqual([key for key, times in counted.items() if times > 1], [])

    def test_every_key_of_the_code_is_there(self):
        self.assertEqual(sorted(keys_of_code() - {entry["en"] for entry in self.entries}), [])

    def test_no_key_is_left_over(self):
        keys = keys_of_code()
        of_pages = [entry["en"] for part in ("page", "case") for entry in self.parts[part]]
        self.assertEqual([key for key in of_pages if key not in keys], [])

    def test_what_an_index_holds_is_what_the_program_writes(self):
        """Of the words of rows and indexes each piece stands in some string of the program, for codes with '-' between."""
        literals = literals_of_program()
        program = "\n".join(literals)
        # Two ways to count one thing stand beside each other in the code; their sentences are put together there.
        made = re.compile(r"^(?:\{\} )?(?:\S+ )?(?:finding|volume|range)s?\b")
        missing = []
        for part in ("index", "rows"):
            for entry in self.parts[part]:
                for piece in re.split(r"\{w?\}|, of(?= \{)", entry["en"]):
                    piece = piece.strip(" :;(),").removesuffix(" id")  # the head of the column with a row's number
                    options = (piece, piece.replace(" ", "-"), piece.replace(" ", "_"), piece.lower().replace(" ", "_"))
                    if piece and not any(option in program for option in options) and not self.is_made(piece, program, made):
                        missing.append(entry["en"])
        self.assertEqual(missing, [])

    @staticmethod
    def is_made(piece, program, made):
        """Sentences with a word for one or many: each of their words stands in the program."""
        tails = (" in common", " that both know")
        for tail in tails:
            if piece.endswith(tail) and piece[:-len(tail)].strip(" (){}") in program and tail in program:
                return True
        if piece.startswith("same ") and piece[5:] in program:
            return True
        if piece.startswith("messages: "):
            return piece[len("messages: "):] in program
        words = piece.replace("encrypted", "").replace(" in", "").split()
        return bool(made.match(piece) or "findings" in words or "volumes" in words) and all(word in program for word in words)

    def test_values_and_marks_are_the_same(self):
        for entry in self.entries:
            english = entry["en"].split("|")[-1].replace("{w}", "{}")
            for language in LANGUAGES:
                with self.subTest(key=entry["en"], language=language):
                    self.assertEqual(places(entry[language]), places(english))

    def test_nothing_is_left_in_english(self):
        """A text of several words that is the same in another language was not translated."""
        self.assertEqual([entry["en"] for entry in self.entries for language in LANGUAGES
                          if entry[language] == entry["en"] and len(re.findall(r"[a-z]{4,}", entry["en"])) > 2], [])

    def test_no_sentence_of_the_pages_goes_past_the_catalogue(self):
        """A heading, a table's head or a paragraph takes a key; a plain string there would stay in English."""
        wrong = []
        for path in sorted((SOURCE / "src" / "report").glob("*html*.cpp")) + sorted((SOURCE / "src" / "report").glob("case_*.cpp")):
            text = without_comments(path.read_text(encoding="utf-8"))
            for call in re.finditer(rf"\.(?:paragraph|heading|note)\(\s*((?:{LITERAL}\s*)+)(?!_w)[),]", text):
                wrong.append(f"{path.name}: {call.group(1)[:60]}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
