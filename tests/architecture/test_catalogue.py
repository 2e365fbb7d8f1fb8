"""The catalogue of words in lang/, held against the code: nothing missing, nothing left over, values and marks the same."""
import collections
import os
import pathlib
import re
import string
import tomllib
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


# Calls and values by which issues are made: the first argument is their code, or they are a part of their sentence.
MAKES_ISSUE = re.compile(r"\b(?:(?:issue|content_issue|container_issue|note|say|tell_one|report|add|unreadable|sentence|Gap|Oddities\s+\w+)"
                         r"\s*[({]|push_back\(\{(?=\s*\")|ItemState::k\w+,\s*|(?:message|text|code|reason)\s*\+?=\s*)")
CODE = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"')
# Rooms and files in which that is said of evidence; what reads packs speaks to those who write packs.
SAY_OF_EVIDENCE = ("src/volume/*", "src/evidence/*", "src/sweep/*", "src/content/*", "src/app/content_phase.cpp", "src/app/triage.cpp",
                   "src/app/sweep_phase.cpp", "src/app/careful_walk.cpp", "src/app/volume_map.cpp", "src/app/walk_phase.cpp",
                   "src/app/incident.cpp", "src/app/session.cpp", "src/store/catalog_build.cpp")
SPEAK_TO_OTHERS = ("pack_map.cpp", "pack_parse.cpp", "pack_check.cpp")
# Names of parts of the media, which libtsk gives too; what the terminal alone says; answers to another command.
NO_ISSUES = {"forbidden system call", "GPT Header", "Extended Table", "Primary Table", "Safety Table", "Partition Table", "Disk Label", "volume at", "the sweep begins anew",
             "the sweep goes on at byte", "what was finished is kept: put that right and run the same command again with --resume"}
NO_CODES = {"limier-fs", "limier-sweep", "limier-content"}


def span_from(text, start):
    """The arguments that begin at `start`, or the rest of the statement."""
    depth, quoted, at = int(text[start - 1] in "({"), False, start
    while at < len(text):
        letter = text[at]
        if quoted:
            at += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth <= 0:
                break
        elif letter == ";" and depth <= 0:
            break
        at += 1
    return text[start:at]


def said_of_evidence():
    sentences, codes = set(), set()
    for pattern in SAY_OF_EVIDENCE:
        for path in sorted(SOURCE.glob(pattern)):
            if path.suffix not in (".cpp", ".h") or path.name in SPEAK_TO_OTHERS:
                continue
            text = without_comments(path.read_text(encoding="utf-8"))
            for made in MAKES_ISSUE.finditer(text):
                span = span_from(text, made.end())
                first = CODE.match(span.strip())
                if first and re.match(r"(?:issue|content_issue|container_issue|note|say|report|code)\b", made.group()):
                    codes.add(first.group(1))
                for found in re.findall(rf"(?:{LITERAL}\s*)+", span):
                    sentences.add(re.sub(r"\{[^{}]*\}", "{}", joined(found)))
    return sentences, codes


def is_joined(piece, program):
    """A sentence that the program puts together out of a few strings."""
    words, parts = piece.split(), 0
    while words and parts < 4:
        length = len(words)
        while length and " ".join(words[:length]).strip(",.:;") not in program:
            length -= 1
        if length == 0:
            return False
        words, parts = words[length:], parts + 1
    return not words


def pieces_of(sentence):
    """What stands between values, where it is words of a language; "; " joins sentences."""
    for piece in re.split(r"\{\}|; ", sentence):
        piece = piece.strip(" :;,.()#0")
        if " " in piece and len(re.findall(r"[A-Za-z]{2,}", piece)) >= 2 and not re.search(r"SELECT|\?\d|_id\b", piece):
            yield piece


class Catalogue(unittest.TestCase):
    maxDiff = None

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
        for part in self.parts:
            for entry in self.parts[part] if part.startswith("index") or part == "rows" else ():
                for piece in re.split(r"\{w?\}|, of(?= \{)", entry["en"]):
                    piece = piece.strip(" :;(),").removesuffix(" id")  # the head of the column with a row's number
                    options = (piece, piece.replace(" ", "-"), piece.replace(" ", "_"), piece.lower().replace(" ", "_"))
                    if piece and not any(option in program for option in options) and not self.is_made(piece, program, made):
                        missing.append(entry["en"])
        self.assertEqual(missing, [])

    def test_every_type_is_in_the_catalogue(self):
        names = re.findall(rf'^  X\(\d+, \w+, "[^"]*", ({LITERAL})', (SOURCE / "src/types/list.h").read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(names), 200)
        self.assertEqual(sorted({joined(name) for name in names} - {entry["en"] for entry in self.entries}), [])
        wanted = {entry["en"] for entry in self.parts["types"]} - {joined(name) for name in names}
        self.assertEqual(sorted(wanted), [], "left over")

    def test_every_issue_is_in_the_catalogue(self):
        """What rooms that read evidence say of it, sentence by sentence; and every code of theirs."""
        english = [re.sub(r"\{w?\}", "{}", entry["en"]) for part in self.parts if part.startswith("index") for entry in self.parts[part]]
        catalogue = "\n".join(english)
        sentences, codes = said_of_evidence()
        self.assertGreater(len(sentences), 200)
        self.assertGreater(len(codes), 100)
        missing = sorted({piece for one in sentences for piece in pieces_of(one) if piece not in catalogue} - NO_ISSUES)
        self.assertEqual(missing, [])
        self.assertEqual(sorted(codes - {one.replace(" ", "-") for one in english} - NO_CODES), [])

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
        if is_joined(piece, program):
            return True
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
            wrong += [f"{path.name}: {head}" for head in re.findall(r'\{\s*("[A-Z][a-z][^"]*")\s*[,}]', text)]
        self.assertEqual(wrong, [])


class Packs(unittest.TestCase):
    """The packs of rules that the program brings say everything in all languages."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.packs = {}
        for path in sorted((SOURCE / "rules").glob("*/*.toml")):
            with path.open("rb") as file:
                cls.packs.setdefault(path.parent.name, {})[path.stem] = tomllib.load(file)

    def test_titles_meanings_limits_and_measures(self):
        self.assertGreater(len(self.packs), 7)
        missing = []
        for name, files in self.packs.items():
            for stem, said in files.items():
                keys = ("title", "meaning", "measured" if stem == "pack" else "limits")
                missing += [f"{name}/{stem}: {language}.{key}" for language in LANGUAGES for key in keys
                            if said.get(language, {}).get(key, said[key]) == said[key] and said[key] not in SAME]
        self.assertEqual(missing, [])

    def test_classes_and_words_of_reasons(self):
        missing = []
        for name, files in self.packs.items():
            head = files["pack"]
            missing += [f"{name}: {one['id']}" for one in head.get("class", []) if "title" in one and not set(LANGUAGES) <= set(one)]
            for one in head.get("words", []):
                if not set(LANGUAGES) <= set(one):
                    missing.append(f"{name}: {one['en']}")
        self.assertEqual(missing, [])

    def test_every_word_that_a_reason_has_of_its_own(self):
        """The strings of the SELECT that make the reason stand in the words of the pack."""
        missing = []
        for name, files in self.packs.items():
            known = "\n".join(re.sub(r"\{w?\}", "{}", one["en"]) for one in files["pack"].get("words", []))
            for stem, said in files.items():
                for literal in own_strings(said.get("sql", "")):
                    if literal not in known:
                        missing.append(f"{name}/{stem}: {literal}")
        self.assertEqual(missing, [])

    def test_the_figures_are_the_same_in_all_languages(self):
        for name, files in self.packs.items():
            english = figures(files["pack"]["measured"])
            for language in LANGUAGES:
                with self.subTest(pack=name, language=language):
                    self.assertEqual(figures(files["pack"][language]["measured"]), english)


# A title that is one word in several languages.
SAME = {"Corruption"}


def figures(text):
    return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[.,\u202f\u00a0 ](?=\d{3}\b)", "", text)))


def own_strings(sql):
    """Words in the strings from which a rule makes its reason."""
    end = sql.find("AS reason")
    if end < 0:
        return
    made = sql[sql.rindex("SELECT", 0, end):end]
    made = re.split(r"\bAS (?:score|priority),", made)[-1]
    made = re.sub(r"\b(?:reasons|criteria|printf|julianday)\([^()]*(?:\([^()]*\)[^()]*)*\)|'unixepoch'|LIKE '[^']*'|=\s*'[^']*'|WHEN '[^']*'", "", made)
    for literal in re.findall(r"'((?:[^']|'')*)'", made):
        for piece in re.split(r"%[A-Za-z](?:-%[A-Za-z])*", literal):
            piece = piece.strip(" ;:,.()\"")
            if len(re.findall("[a-z]", piece)) >= 3:
                yield piece


if __name__ == "__main__":
    unittest.main()
