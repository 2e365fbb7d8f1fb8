"""limier packs: what is known, how it is shown, and what is said of a pack that is wrong."""
import hashlib
import json
import pathlib
import tempfile
import unittest

from support import LIMIER, SOURCE, call


class Packs(unittest.TestCase):
    def packs(self, *words):
        done = call(LIMIER, "packs", *words)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_list_and_show_agree_with_the_files(self):
        code, text, _ = self.packs("list", "--json")
        self.assertEqual(code, 0)
        listed = {pack["pack"]: pack for pack in json.loads(text)}
        files = sorted((SOURCE / "packs").glob("*.toml"), key=lambda path: path.stem)
        self.assertEqual(sorted(listed), [path.stem for path in files])
        for path in files:
            self.assertEqual(listed[path.stem]["sha256"], hashlib.sha256(path.read_bytes()).hexdigest())
            code, shown, _ = self.packs("show", path.stem)
            self.assertEqual((code, shown), (0, path.read_text(encoding="utf-8")))
        self.assertIn("android-sms", self.packs("list")[1])

    def test_a_pack_of_ones_own_takes_the_place_of_another(self):
        text = (SOURCE / "packs/android-sms.toml").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            mine = pathlib.Path(folder) / "mine.toml"
            mine.write_text(text.replace('version  = "1.', 'version  = "7.'), encoding="utf-8")
            code, listed, _ = self.packs("list", "--packs", folder, "--json")
            self.assertEqual(code, 0)
            versions = [pack["version"] for pack in json.loads(listed) if pack["pack"] == "android-sms"]
            self.assertEqual([version[0] for version in versions], ["7"])
            mine.write_text(text.replace('to     = "message"', 'to     = "letter"', 1), encoding="utf-8")
            code, listed, problem = self.packs("list", "--packs", mine)
            line = text[: text.index('[[row]]')].count("\n") + 1
            self.assertEqual((code, listed), (2, ""))
            self.assertIn(f"{mine}:{line}: there is no kind of row 'letter'", problem)

    def test_the_packs_of_the_program_pass_their_own_tests(self):
        code, text, problem = self.packs("check", SOURCE / "packs", "--json")
        self.assertEqual((code, problem), (0, ""))
        checks = json.loads(text)
        self.assertEqual({check["state"] for check in checks}, {"good"}, checks)
        self.assertEqual({check["pack"] for check in checks}, {path.stem for path in (SOURCE / "packs").glob("*.toml")})
        # As installed, without their samples, by name and all of them.
        code, text, _ = self.packs("check", "android-sms", "--json")
        self.assertEqual(code, 0)
        self.assertEqual({check["state"] for check in json.loads(text)}, {"good", "no samples"})
        self.assertEqual(self.packs("check")[0], 0)

    def test_a_pack_that_breaks_its_tests_is_refused(self):
        text = (SOURCE / "packs/android-sms.toml").read_text(encoding="utf-8").replace("../tests", str(SOURCE / "tests"))
        with tempfile.TemporaryDirectory() as folder:
            mine = pathlib.Path(folder) / "mine.toml"
            mine.write_text(text.replace("message = 10", "message = 11"), encoding="utf-8")
            code, said, _ = self.packs("check", mine)
            self.assertEqual(code, 2)
            self.assertIn("android-sms: Android 10: wrong\n", said)
            self.assertIn("11 rows 'message' are wanted, and 10 came out", said)
            self.assertIn("android-sms: Android 4.4, without creator and sub_id: good\n", said)
            # Without a database that it must not know.
            mine.write_text(text[: text.rindex("[[test]]")], encoding="utf-8")
            code, said, _ = self.packs("check", mine)
            self.assertEqual(code, 2)
            self.assertIn("it has no [[test]] with match = false", said)
            # A sample that wants much of its reader ends its test alone.
            (mine.parent / "bad.sql").write_text("CREATE TABLE sms(_id INTEGER PRIMARY KEY, thread_id, address, date, type, "
                                                 "body); SELECT load_extension('x');", encoding="utf-8")
            mine.write_text(text + '[[test]]\nname = "bad"\nfiles = { tel = "bad.sql" }\n', encoding="utf-8")
            code, said, _ = self.packs("check", mine)
            self.assertEqual(code, 2)
            self.assertIn("android-sms: bad: wrong\n", said)

    def test_what_is_not_there_is_said(self):
        for words in (("show", "none"), ("list", "--packs", "/nowhere"), ("check", "none"), ()):
            code, listed, problem = self.packs(*words)
            self.assertEqual((code, listed), (2, ""))
            self.assertTrue(problem.startswith("limier: "), problem)


if __name__ == "__main__":
    unittest.main()
