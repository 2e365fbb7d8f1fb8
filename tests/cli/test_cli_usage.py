"""Help, usage errors and the gate: all that happens before any evidence is opened."""
import os
import subprocess
import unittest

from cli_support import (AUTHORITY, CliTest, EXIT_GOOD, EXIT_REFUSED, EXIT_TEMPORARY, EXIT_USAGE, LIMIER, environment,
                         limier)

COMMANDS = ["check", "explain", "export", "files", "info", "messages", "report", "rows", "sql", "timeline", "triage", "verify",
            "version"]


class Help(CliTest):
    def test_alone_shows_how_to_start(self):
        result = limier()
        self.assertEqual(result.returncode, EXIT_GOOD)
        self.assertGreaterEqual(result.stdout.count(b"  limier "), 3)
        self.assertEqual(result.stderr, b"")

    def test_overview_lists_all_commands_sorted(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            result = limier(*arguments)
            self.assertEqual(result.returncode, EXIT_GOOD)
            text = result.stdout.decode()
            places = [text.find(f"\n  {name} ") for name in COMMANDS]
            self.assertNotIn(-1, places)
            self.assertEqual(places, sorted(places))

    def test_every_command_explains_itself(self):
        for name in COMMANDS:
            with self.subTest(command=name):
                result = limier(name, "--help")
                self.assertEqual(result.returncode, EXIT_GOOD)
                self.assertEqual(result.stderr, b"")
                text = result.stdout.decode()
                self.assertIn(f"Usage: limier {name}", text)
                self.assertIn("Examples:\n  limier " + name, text)
                self.assertIn("--json", text)
                self.assertNotIn("REQUIRED", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 120)
                self.assertEqual(limier("help", name).stdout, result.stdout)

    def test_there_is_no_way_to_give_a_key(self):
        text = limier("triage", "--help").stdout.decode()
        for flag in ("--password", "--passphrase", "--key ", "--keys"):
            self.assertNotIn(flag, text)

    def test_full_disk_behind_stdout_is_no_success(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([LIMIER, "--help"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, EXIT_TEMPORARY)
        self.assertIn(b"cannot write to standard output", result.stderr)


class Usage(CliTest):
    def test_unknown_command(self):
        self.assert_fails(limier("frobnicate"), EXIT_USAGE, "frobnicate", "--help")
        self.assert_fails(limier("--json", "files"), EXIT_USAGE, "--json")

    def test_unknown_flag(self):
        for name in COMMANDS:
            with self.subTest(command=name):
                result = limier(name, "a", "b", "--frobnicate")
                self.assertEqual(result.returncode, EXIT_USAGE)
                self.assertTrue(result.stderr.startswith(b"limier: "))
                self.assertEqual(result.stdout, b"")
        self.assert_fails(limier("info", "x.dd", "--frobnicate"), EXIT_USAGE, "--frobnicate", "limier info --help")
        self.assert_fails(limier("triage", "x.dd", "--out", self.out, *AUTHORITY, "--frobnicate"), EXIT_USAGE, "--frobnicate")
        self.assert_no_case()

    def test_what_was_meant_is_said(self):
        for words, meant in ((["fiels", "x"], "'files'"), (["tirage"], "'triage'"), (["batch", "paln"], "'batch plan'"),
                             (["files", "x", "--limt", "3"], "'--limit'"), (["triage", "x", "--ot=y"], "'--out'"),
                             (["timeline", "x", "--form", "2021"], "'--from'")):
            with self.subTest(words=words):
                self.assert_fails(limier(*words), EXIT_USAGE, "did you mean " + meant)
        for words in (["frobnicate"], ["files", "x", "--frobnicate"], ["files", "x", "--" + "y" * 5000]):
            self.assertNotIn(b"did you mean", limier(*words).stderr)

    def test_what_comes_later_is_named_so(self):
        for name in ("slice", "seal"):
            self.assert_fails(limier(name, "x"), EXIT_USAGE, name, "in this version")
        self.assert_no_case()

    def test_a_number_that_cannot_be_is_said_in_one_short_sentence(self):
        for arguments in (("files", "x", "--limit", "-3"), ("files", "x", "--limit=0"), ("timeline", "x", "--limit", "2.5"),
                          ("files", "x", "--limit", "9" * 30), ("info", "x", "--jobs", "-3"),
                          ("batch", "exec", "x", "--task", "-1"), ("export", "x", "--to", "y", "--file", "-1")):
            with self.subTest(arguments=arguments):
                result = limier(*arguments)
                self.assert_fails(result, EXIT_USAGE, "is not a whole number")
                self.assertLess(len(result.stderr), 200)

    def test_missing_arguments(self):
        self.assert_fails(limier("info"), EXIT_USAGE, "IMAGE")
        self.assert_fails(limier("triage", "x.dd"), EXIT_USAGE, "--out")
        self.assert_fails(limier("sql", "case"), EXIT_USAGE, "SQL")
        self.assert_fails(limier("export", "case", "--to", "x"), EXIT_USAGE, "--file")
        self.assert_fails(limier("info", "x.dd", "--jobs"), EXIT_USAGE, "--jobs")
        self.assert_fails(limier("triage", "--packs", "packs", "x.dd", "--out", "x", "--authority", "x"), EXIT_USAGE,
                          "--packs took 'x.dd' as one of its values")

    def test_values_that_cannot_be(self):
        cases = [("info", "x", "--progress", "loud"), ("info", "x", "--jobs", "0"), ("info", "x", "--jobs", "many"),
                 ("info", "x", "--memory", "lots"), ("info", "x", "--memory", "-1"), ("verify", "x", "--digests", "crc32"),
                 ("verify", "x", "--expect-md5", "abc"), ("verify", "x", "--expect-sha256", "g" * 64),
                 ("files", "x", "--min-size", "big"), ("files", "x", "--from", "yesterday"), ("files", "x", "--kind", "car"),
                 ("files", "x", "--state", "fine"), ("files", "x", "--deleted", "--allocated"),
                 ("timeline", "x", "--to", "2021-02-30"), ("export", "x", "--file", "one", "--to", "y"),
                 ("export", "x", "--file", "0", "--to", "y"), ("sql", "x", "SELECT 1", "--csv", "--json"),
                 ("report", "x", "--format", "poem")]
        for arguments in cases:
            with self.subTest(arguments=arguments):
                self.assert_fails(limier(*arguments), EXIT_USAGE)
        for options in (["--zone", "../../etc/passwd"], ["--zone", "Europe/Nowhere"], ["--profile", "fast"],
                        ["--expect-sha1", "00"], ["--case-file", "/nowhere"]):
            with self.subTest(options=options):
                self.assert_fails(limier("triage", "x.dd", "--out", self.out, *AUTHORITY, *options), EXIT_USAGE)
                self.assertFalse(self.out.exists())

    def test_escape_sequences_in_arguments_are_made_visible(self):
        result = limier("info", "\x1b[2J.dd", "--progress", "none")
        self.assertNotIn(b"\x1b", result.stderr)
        result = limier("\x1b[2J")
        self.assertNotIn(b"\x1b", result.stderr)

    def test_folder_that_is_no_case(self):
        for name, more in (("files", []), ("timeline", []), ("sql", ["SELECT 1"]), ("report", []), ("check", []),
                           ("export", ["--file", "1", "--to", str(self.work / "to")])):
            with self.subTest(command=name):
                for folder in (self.evidence, self.work / "absent"):
                    result = limier(name, folder, *more)
                    self.assertNotEqual(result.returncode, EXIT_GOOD)
                    self.assertIn(result.returncode, (EXIT_USAGE, EXIT_REFUSED))
                    self.assertTrue(result.stderr.startswith(b"limier: "))
                self.assertEqual(list(self.evidence.iterdir()), [])


class Gate(CliTest):
    def setUp(self):
        super().setUp()
        self.image = self.evidence / "disk.dd"
        self.image.write_bytes(b"\0" * 4096)

    def test_no_authority(self):
        self.assert_fails(limier("triage", self.image, "--out", self.out), EXIT_REFUSED, "--authority", "--case-file")
        self.assertFalse(self.out.exists())

    def test_blank_authority_counts_as_missing(self):
        for text in ("", " ", "\t\n", "\u00a0\u2003", "\u200b"):
            with self.subTest(text=repr(text)):
                self.assert_fails(limier("triage", self.image, "--out", self.out, "--authority", text), EXIT_REFUSED, "authority")
                self.assertFalse(self.out.exists())

    def test_case_file_without_authority(self):
        case_file = self.work / "case.conf"
        for text in ("case = 17\n", "authority =\n", "authority = '  '\n", "# authority = warrant\n"):
            case_file.write_text(text)
            with self.subTest(text=text):
                result = limier("triage", self.image, "--out", self.out, "--case-file", case_file)
                self.assert_fails(result, EXIT_REFUSED, "authority")
                self.assertFalse(self.out.exists())

    def test_case_file_that_is_wrong(self):
        case_file = self.work / "case.conf"
        for text in ("authority warrant\n", "password = x\n", "case = 1\ncase = 2\n"):
            case_file.write_text(text)
            with self.subTest(text=text):
                result = limier("triage", self.image, "--out", self.out, *AUTHORITY, "--case-file", case_file)
                self.assert_fails(result, EXIT_USAGE, "line")
                self.assertFalse(self.out.exists())

    def test_text_that_is_not_utf8(self):
        result = limier("triage", self.image, "--out", self.out, *AUTHORITY, "--note", os.fsdecode(b"\xff\xfe"))
        self.assert_fails(result, EXIT_USAGE, "UTF-8")
        self.assertFalse(self.out.exists())

    def test_there_is_no_way_to_give_a_key(self):
        for flag in ("--password", "--key", "--recovery-key", "--keyfile"):
            self.assert_fails(limier("triage", self.image, "--out", self.out, *AUTHORITY, f"{flag}=x"), EXIT_USAGE, flag)


class Version(CliTest):
    def test_text_and_json(self):
        text = limier("version")
        self.assertEqual(text.returncode, EXIT_GOOD)
        data = self.parse(limier("version", "--json"))
        self.assertEqual(set(data), {"version", "commit", "compiler", "libraries", "regex_engine"})
        self.assertEqual(sorted(data["libraries"]), 
                         ["fmt", "hyperscan", "libbz2", "libdeflate", "libewf", "liblzma", "libmagic", "libtsk", "libyara",
                          "libzstd", "sqlite", "zlib"])
        self.assertRegex(data["libraries"]["sqlite"], r"^3\.\d+")
        self.assertIn(data["regex_engine"], ("hyperscan", "re2"))
        for name in ("libdeflate", "libewf", "libtsk"):
            self.assertRegex(data["libraries"][name] or "", r"^\d", f"{name} is not told by its worker")
        self.assertIn(data["version"].encode(), text.stdout)
        self.assertEqual(limier("--version").stdout.decode().strip(), f"limier {data['version']}")

    def test_without_workers(self):
        data = self.parse(limier("version", "--json", env=environment(LIMIER_LIBEXEC=str(self.work))))
        self.assertIsNone(data["libraries"]["libtsk"])
        self.assertIn(b"unavailable", limier("version", env=environment(LIMIER_LIBEXEC=str(self.work))).stdout)


if __name__ == "__main__":
    unittest.main()
