"""What docs/ci.md and docs/cluster.md promise: the pipeline's script runs, the examples call it, the container recipe installs what
limier needs, and the sizes are those that the formulas give."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

from cli_support import LIMIER, SAMPLES, SOURCE, CliTest, environment, limier, tool

EXAMPLES = SOURCE / "docs" / "examples"
SCRIPT = EXAMPLES / "ci-triage.sh"
BUILD = pathlib.Path(LIMIER).resolve().parent.parent
CONTRACT_CODES = {0, 1, 2, 3, 4, 5, 6, 7, 75}


def parse_yaml(text):
    """The part of YAML that the examples keep to: nested maps, lists of scalars or maps, inline lists, block scalars."""
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line:
            raise ValueError(f"line {number}: a tab")
        if line.strip() and not line.lstrip().startswith("#"):
            lines.append((len(line) - len(line.lstrip()), line.strip()))

    def scalar(word):
        if word.startswith("[") and word.endswith("]"):
            return [scalar(part.strip()) for part in word[1:-1].split(",")]
        if word[:1] in "\"'" and word[-1:] == word[:1] and len(word) > 1:
            return word[1:-1]
        if re.fullmatch(r"-?\d+", word):
            return int(word)
        return {"true": True, "false": False, "": None}.get(word, word)

    def value(rest, at, indent):
        """What stands behind a key: on its line, or below it."""
        if rest == "|":
            block = []
            while at < len(lines) and lines[at][0] > indent:
                block.append(lines[at][1])
                at += 1
            return "\n".join(block), at
        if rest:
            return scalar(rest), at
        if at < len(lines) and lines[at][0] > indent:
            return node(at, lines[at][0])
        return None, at

    def node(at, indent):
        if lines[at][1].startswith("- "):
            items = []
            while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
                rest = lines[at][1][2:]
                if re.match(r"[\w-]+:( |$)", rest):
                    lines[at] = (indent + 2, rest)
                    item, at = node(at, indent + 2)
                else:
                    item, at = scalar(rest), at + 1
                items.append(item)
            return items, at
        entries = {}
        while at < len(lines) and lines[at][0] == indent:
            match = re.fullmatch(r"([\w.-]+):(?: (.*))?", lines[at][1])
            if not match or match[1] in entries:
                raise ValueError(f"not a key, or a second time: {lines[at][1]}")
            entries[match[1]], at = value(match[2] or "", at + 1, indent)
        if at < len(lines) and lines[at][0] > indent:
            raise ValueError(f"indented too far: {lines[at][1]}")
        return entries, at

    document, end = node(0, 0)
    if end != len(lines):
        raise ValueError(f"not understood: {lines[end][1]}")
    return document


class Pipeline(CliTest):
    def write_manifest(self):
        manifest = self.work / "manifest.csv"
        rows = [("A1", SAMPLES / "laptop.E01"), ("A2", SAMPLES / "phone.E01"), ("A3", SAMPLES / "stick.001")]
        manifest.write_text("exhibit,path,authority\n" + "".join(f"{name},{path},training\n" for name, path in rows))
        return manifest

    def run_script(self, *arguments):
        return subprocess.run(["sh", SCRIPT, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL, timeout=300,
                              env=environment(LIMIER=LIMIER, TERM="xterm-256color"), check=False)

    def test_the_script_examines_the_samples_and_a_second_call_nothing_again(self):
        manifest = self.write_manifest()
        first = self.run_script(manifest, self.out)
        said = first.stderr.decode()
        single = {}
        for name, image in (("A1", "laptop.E01"), ("A2", "phone.E01"), ("A3", "stick.001")):
            single[name] = self.triage(SAMPLES / image, out=self.work / f"single-{name}").returncode
        self.assertEqual(first.returncode, max(single.values(), key=[0, 1, 5, 4, 3, 6, 2, 7, 75].index), said)
        self.assertNotIn(b"\x1b", first.stdout + first.stderr)
        self.assertEqual(first.stdout, b"")

        summary = json.loads((self.out / "summary.json").read_text())
        self.assertEqual(summary["exit_code"], first.returncode)
        suites = xml.parse(self.out / "junit.xml").getroot().findall("testsuite")
        self.assertEqual(sorted(re.sub(r"\W.*", "", suite.get("name")) for suite in suites), ["A1", "A2", "A3"])
        for suite in suites:
            self.assertEqual(len(suite.findall("testcase")), 4, suite.get("name"))

        page = (self.out / "case.html").read_text()
        document = json.loads((self.out / "case.json").read_text())
        self.assertEqual(document["exit_code"], first.returncode)
        for name in single:
            self.assertIn(f"<bdi>{name}</bdi>", page)
        self.assertEqual(sorted(one["exhibit"] for one in document["exhibits"]), sorted(single))

        stamps = {path: path.stat().st_mtime_ns for path in (self.out / "records").iterdir()}
        second = self.run_script(manifest, self.out)
        self.assertEqual(second.returncode, first.returncode, second.stderr.decode())
        self.assertEqual({path: path.stat().st_mtime_ns for path in (self.out / "records").iterdir()}, stamps)

    def test_what_cannot_be_merged_is_no_success(self):
        manifest = self.write_manifest()
        self.assertEqual(limier("batch", "plan", manifest, "--out", self.out).returncode, 0)
        # A case.db that cannot be put in its place.
        (self.out / "case.db" / "in the way").mkdir(parents=True)
        done = self.run_script(manifest, self.out)
        self.assertEqual(done.returncode, 7, done.stderr.decode())
        self.assertIn(b"case.db", done.stderr)

    def test_a_manifest_that_is_wrong_ends_the_job(self):
        manifest = self.work / "manifest.csv"
        manifest.write_text("exhibit,path,authority\nA1,/nowhere/at/all.E01,training\n")
        done = self.run_script(manifest, self.out)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"all.E01", done.stderr)
        self.assertFalse((self.out / "junit.xml").exists())
        self.assertEqual(self.run_script(manifest).returncode, 2)


class Examples(unittest.TestCase):
    def test_gitlab_calls_the_script_and_knows_the_exit_codes(self):
        job = parse_yaml((EXAMPLES / "gitlab-ci.yml").read_text())["triage"]
        call, = job["script"]
        self.assertTrue(call.startswith(f"{SCRIPT.name} manifest.csv "), call)
        self.assertLessEqual({*job["allow_failure"]["exit_codes"], *job["retry"]["exit_codes"]}, CONTRACT_CODES)
        self.assertEqual(job["artifacts"]["when"], "always")
        self.assertEqual(job["artifacts"]["reports"]["junit"], "case/junit.xml")
        self.assertIn("case/case*", job["artifacts"]["paths"])

    def test_github_calls_the_script_on_a_machine_of_the_lab(self):
        document = parse_yaml((EXAMPLES / "github-actions.yml").read_text())
        job = document["jobs"]["triage"]
        self.assertIn("self-hosted", job["runs-on"])
        calls = [step["run"] for step in job["steps"] if "run" in step]
        self.assertEqual(len(calls), 1)
        self.assertTrue(calls[0].startswith(f"{SCRIPT.name} manifest.csv "), calls)
        evidence = [volume for volume in job["container"]["volumes"] if "evidence" in volume]
        self.assertTrue(all(volume.endswith(":ro") for volume in evidence) and evidence)

    def test_the_parser_of_these_tests_refuses_what_is_no_yaml(self):
        for bad in ("a: 1\na: 2", "a:\n    b: 1\n  c: 2", "a\n", "a:\n\tb: 1"):
            with self.assertRaises(ValueError, msg=bad):
                parse_yaml(bad)
        self.assertEqual(parse_yaml("a:\n  - b: 1\n    c: [x, 2]\n  - d\ne: |\n  f\n  g"),
                         {"a": [{"b": 1, "c": ["x", 2]}, "d"], "e": "f\ng"})

    def test_the_documentation_shows_the_files_as_they_are(self):
        page = (SOURCE / "docs" / "ci.md").read_text()
        for name in ("gitlab-ci.yml", "github-actions.yml", "Containerfile"):
            shown = "\n".join("    " + line if line else "" for line in (EXAMPLES / name).read_text().rstrip().split("\n"))
            self.assertIn(shown, page, name)

    def test_the_sizes_in_the_documentation_are_those_of_the_formulas(self):
        done = subprocess.run([sys.executable, "-B", SOURCE / "bench" / "size_lab.py"], capture_output=True, text=True, check=True)
        self.assertIn(done.stdout.strip(), (SOURCE / "docs" / "cluster.md").read_text())


class Container(unittest.TestCase):
    def steps(self):
        text = (EXAMPLES / "Containerfile").read_text()
        return [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]

    def test_every_step_is_one_that_this_checkout_can_do(self):
        steps = self.steps()
        self.assertEqual({words.split()[0] for step, words in steps if step == "FROM"}, {"debian:12-slim"})
        for step, words in steps:
            if step == "COPY" and not words.startswith(("--from", ". ")):
                self.assertTrue((SOURCE / words.split()[0]).exists(), words)
        runs = [words for step, words in steps if step == "RUN"]
        # The packages for building come from the script that everybody else uses, which accepts the option.
        install = next(words for words in runs if "install-deps" in words).split()
        self.assertTrue(os.access(SOURCE / install[0], os.X_OK))
        for option in install[1:]:
            self.assertRegex((SOURCE / "scripts/install-deps").read_text(), rf"(?m)^\s+{option}\) packages\+=")
        presets = json.loads((SOURCE / "CMakePresets.json").read_text())
        for words in runs:
            if match := re.search(r"cmake --preset (\S+)", words):
                self.assertIn(match[1], [preset["name"] for preset in presets["configurePresets"]])
            if match := re.search(r"cmake --build --preset (\S+)", words):
                self.assertIn(match[1], [preset["name"] for preset in presets["buildPresets"]])

    def test_the_package_of_the_last_step_holds_limier_and_all_it_needs(self):
        run, = [words for step, words in self.steps() if step == "RUN" and "cpack" in words]
        with tempfile.TemporaryDirectory() as folder:
            command = re.sub(r"^cd \S+ && ", "", run).replace("/package", folder)
            subprocess.run(command, shell=True, cwd=BUILD, check=True, capture_output=True)
            package, = pathlib.Path(folder).glob("*.deb")
            needed = subprocess.run([tool("dpkg-deb"), "-f", package, "Depends"], capture_output=True, text=True,
                                    check=True).stdout
            root = pathlib.Path(folder) / "root"
            subprocess.run([tool("dpkg-deb"), "-x", package, root], check=True)
            programs = [root / "usr/bin/limier", *sorted((root / "usr/libexec/limier").iterdir())]
            self.assertGreaterEqual(len(programs), 3)
            for program in programs:
                for library in self.libraries(program):
                    self.assertIn(library, needed, f"{program.name} needs it")
            done = subprocess.run([programs[0], "triage", SAMPLES / "stick.001", "--out", f"{folder}/case", "--authority",
                                   "training", "--progress", "none"], capture_output=True, env=environment(), check=False)
            self.assertIn(done.returncode, (0, 5), done.stderr.decode())

    @staticmethod
    def libraries(program):
        """Packages of the libraries that a program asks for itself."""
        asked = subprocess.run([tool("objdump"), "-p", program], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"NEEDED\s+(\S+)", asked)
        found = subprocess.run([tool("dpkg-query"), "-S", *(f"*/{name}" for name in names)], capture_output=True, text=True,
                               check=False).stdout
        owners = {path.rsplit("/", 1)[1]: owner.split(":")[0]
                  for owner, path in (line.split(": ") for line in found.splitlines()) if "/x86_64-linux-gnu/" in path}
        return {owners[name] for name in names if name in owners and not owners[name].startswith(("lib32", "libx32"))}


if __name__ == "__main__":
    unittest.main()
