"""Holds the source to what docs/ARCHITECTURE.md says: one-way rooms, wrapped libraries, small files, quiet rooms."""
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
ROOMS = [
    "base", "hashset", "people", "entities", "keywords", "evidence", "catalog", "types", "unpack", "volume", "sweep", "content", "store", "rules", "report", "casework", "app",
    "batch",
    "cli",
]
MAIN = re.compile(r"^main(_[a-z]+)?\.cpp$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)
# The libraries, the rooms each belongs to, and the only header of such a room that may include it.
LIBRARIES = [
    (re.compile(r"^tsk/"), ("volume",), "tsk.h"),
    (re.compile(r"^libewf(\.h|/)"), ("evidence",), "ewf.h"),
    (re.compile(r"^libpff(\.h|/)"), ("content",), "pff.h"),
    (re.compile(r"^hs(\.h|/)"), ("keywords",), "hs.h"),
    (re.compile(r"^re2/"), ("keywords",), "re2.h"),
    (re.compile(r"^magic\.h$"), ("content",), "magic.h"),
    (re.compile(r"^yara(\.h|/)"), ("content",), "yara.h"),
    (re.compile(r"^zstd\.h$"), ("unpack",), "zstd.cpp"),
    (re.compile(r"^bzlib\.h$"), ("unpack",), "bzip2.cpp"),
    (re.compile(r"^lzma\.h$"), ("unpack",), "lzma.cpp"),
    (re.compile(r"^sqlite3(ext)?\.h$"), ("content", "hashset", "store"), "sqlite.h"),
    (re.compile(r"^nlohmann/"), ("batch", "content", "hashset"), "json.h"),
    (re.compile(r"^toml\+\+/|^toml\.hpp$"), ("batch", "content", "rules"), "toml.h"),
]
LINE_LIMIT = 600
# Names of places that exist on one machine only; a path into a home or a work folder is never right in a project.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/[a-z][\w.-]*/")


def sources():
    for folder in ("src", "include"):
        yield from sorted(path for path in (SOURCE / folder).rglob("*") if path.suffix in (".cpp", ".h"))


def room_of(path):
    """The room a file belongs to; None for headers that are not in one."""
    parts = path.relative_to(SOURCE).parts
    name = parts[1] if parts[0] == "src" else parts[2]
    return name.removesuffix(".h") if len(parts) > 2 else None


def included_room(name):
    parts = name.split("/")
    if parts[0] == "limier":
        room = parts[1].removesuffix(".h")
        return room if room in ROOMS + ["worker"] else None
    return parts[0] if len(parts) > 1 and parts[0] in ROOMS + ["worker"] else None


def allowed(path, room, target):
    if target == room:
        return True
    if room == "worker":
        return target == "base"
    if target == "worker":
        return room in ("app", "batch", "cli") or (room in ("volume", "sweep", "content") and MAIN.match(path.name) is not None)
    return target in ROOMS and ROOMS.index(target) < ROOMS.index(room)


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def code_only(text):
    text = re.sub(r'R"(\w*)\(.*?\)\1"', '""', text, flags=re.S)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', without_comments(re.sub(r'"[^"\n]*//[^"\n]*"', '""', text)))


class Rooms(unittest.TestCase):
    def test_there_is_something_to_read(self):
        self.assertGreater(len(list(sources())), 20)

    def test_the_rule_itself(self):
        main_fs, walk = pathlib.Path("src/volume/main_fs.cpp"), pathlib.Path("src/volume/walk.cpp")
        self.assertFalse(allowed(walk, "volume", "store"))
        self.assertFalse(allowed(walk, "volume", "worker"))
        self.assertTrue(allowed(main_fs, "volume", "worker"))
        self.assertFalse(allowed(walk, "worker", "catalog"))
        self.assertTrue(allowed(walk, "report", "store"))

    def test_includes_go_to_the_left(self):
        wrong = []
        for path in sources():
            room = room_of(path)
            for _, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                target = included_room(name)
                if room and target and not allowed(path, room, target):
                    wrong.append(f"{path.relative_to(SOURCE)} ({room}) includes {name} ({target})")
        self.assertEqual(wrong, [])

    def test_private_headers_stay_private(self):
        wrong = []
        for path in sources():
            for _, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                target = name.split("/")[0]
                if "/" in name and target in ROOMS + ["worker"] and target != room_of(path):
                    wrong.append(f"{path.relative_to(SOURCE)} includes {name}: only limier/{target}.h is public")
        self.assertEqual(wrong, [])

    def test_libraries_stay_in_their_wrapper(self):
        wrong = []
        for path in sources():
            for _, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                for pattern, rooms, wrapper in LIBRARIES:
                    wrappers = [pathlib.Path("src", room, wrapper) for room in rooms]
                    if pattern.match(name) and path.relative_to(SOURCE) not in wrappers:
                        wrong.append(f"{path.relative_to(SOURCE)} includes {name}: only {wrappers[0]} may")
        self.assertEqual(wrong, [])

    def test_only_the_edges_print(self):
        printing = re.compile(
            r"\bstd::(cout|cerr|clog)\b|\b(?:std::)?f?printf\s*\(|\bfmt::print\s*\(|\bperror\s*\(|\bputs\s*\("
        )
        wrong = []
        for path in sources():
            # attach.cpp holds the main of every worker: what it says to whoever starts one by hand.
            if room_of(path) == "cli" or MAIN.match(path.name) or path == SOURCE / "src/worker/attach.cpp":
                continue
            for match in printing.finditer(code_only(path.read_text(encoding="utf-8"))):
                wrong.append(f"{path.relative_to(SOURCE)}: {match.group(0)}")
        self.assertEqual(wrong, [])

    def test_files_are_small(self):
        long = [
            f"{path.relative_to(SOURCE)}: {count} lines"
            for path in sources()
            if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINE_LIMIT
        ]
        self.assertEqual(long, [])

    def test_the_document_names_the_rooms_there_are(self):
        text = (SOURCE / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
        table = text[text.index("| Room |") :].split("\n\n")[0]
        named = set(re.findall(r"^\| `(\w+)` \|", table, re.M))
        present = {path.name for path in (SOURCE / "src").iterdir() if path.is_dir() and any(path.iterdir())}
        planned = set(re.findall(r"^\| `(\w+)` \|.*\(planned\)", table, re.M))
        self.assertEqual(named - planned, present)

    def test_every_report_format_is_listed(self):
        folder = SOURCE / "src/report"
        lists = (folder / name for name in ("all.cpp", "case_all.cpp"))
        listed = "".join(without_comments(path.read_text(encoding="utf-8")) for path in lists)
        written = {
            name
            for path in folder.glob("*.cpp")
            for name in re.findall(r"^Status (write_\w+)\((?:Case)?Source&", path.read_text(encoding="utf-8"), re.M)
        }
        self.assertTrue(written)
        self.assertEqual(sorted(name for name in written if not re.search(rf"\b{name}\b", listed)), [])

    def test_no_machine_paths(self):
        files = (
            subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z"], stdout=subprocess.PIPE, check=False)
            .stdout.decode()
            .split("\0")
        )
        wrong = []
        for name in filter(None, files):
            path = SOURCE / name
            if path.suffix in (".cpp", ".h", ".md", ".py", ".sh", ".txt", ".cmake", ".json", "") and path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                wrong += [f"{name}: {match.group(0)}" for match in MACHINE_PATHS.finditer(text)]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
