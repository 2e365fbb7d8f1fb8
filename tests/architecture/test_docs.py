"""What the documents say of the code, held against the code."""
import pathlib
import re
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def text_of(path):
    return (SOURCE / path).read_text(encoding="utf-8")


class Documents(unittest.TestCase):
    def test_values_of_what_in_v_not_examined(self):
        code = text_of("src/store/finish.cpp")
        builder = code[code.index("build_not_examined() {"):code.index("::conditions() {")]
        joined = re.sub(r'"\s*"', "", builder)
        values = set()
        for statement in re.findall(r"INSERT INTO not_examined\(what, reason, bytes, items\) (.*?)(?:\"|$)", joined, re.S):
            head = statement.split(",")[0] if "iif(" not in statement[:16] else statement.split(")")[0]
            if head.strip() == "SELECT stage":
                continue  # the name of whichever other stage it was
            found = re.findall(r"'([a-z]+)'", head)
            values.update(value for value in found if value != "sweep")
            self.assertTrue(found, statement[:80])
        section = text_of("docs/index.md").split("## v_not_examined")[1].split("\n## ")[0]
        row = next(line for line in section.splitlines() if line.startswith("| what |"))
        self.assertEqual(set(re.findall(r"`([a-z]+)`", row)), values)

    def test_public_headers_are_those_the_architecture_names(self):
        described = text_of("docs/ARCHITECTURE.md")
        rooms = re.search(r"^    (base < .*)$", described, re.M).group(1).split(" < ")
        planned = {room for room in rooms if re.search(rf"`{room}` .*\(planned\)", described)}
        named = set(re.findall(r"`((?:catalog|content|store|rules|report)/[a-z_]+\.h)`", described))
        include = SOURCE / "include" / "limier"
        there = {str(path.relative_to(include)) for path in include.rglob("*.h") if "base/" not in str(path)}
        self.assertEqual(there, {f"{room}.h" for room in [*rooms, "worker"] if room not in planned} | named)

    def test_no_document_sends_a_run_that_ended_early_to_a_new_folder(self):
        for path in [*(SOURCE / "docs").glob("*.md"), SOURCE / "README.md", *(SOURCE / "src").rglob("*.cpp")]:
            self.assertNotRegex(" ".join(path.read_text(encoding="utf-8").split()), r"again into a new\"? ?\"?folder", path)

    def test_options_the_readme_names_exist(self):
        known = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "src" / "cli").glob("*.cpp"))
        for option in set(re.findall(r"--[a-z][a-z0-9-]+", text_of("README.md"))):
            self.assertIn(f'"{option}', known.replace("-v,--", '"--'), option)


if __name__ == "__main__":
    unittest.main()
