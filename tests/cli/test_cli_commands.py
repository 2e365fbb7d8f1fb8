"""The commands on a small image: results, JSON, filters, colours, pipes, signals."""
import csv
import fcntl
import hashlib
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from cli_support import (AUTHORITY, CliTest, EXIT_GOOD, EXIT_INTERRUPTED, EXIT_MISMATCH, EXIT_PARTLY, EXIT_REFUSED,
                         EXIT_TERMINATED, EXIT_USAGE, LIMIER, environment, folder_state, limier, make_e01, make_ext4, sha256)

HOSTILE = "evil\x1b[2J\u202egpj.exe"


class OneCase(CliTest):
    """One triaged image for all tests of the class."""
    FILES = {"big.bin": b"\xa5" * 300000, "photo.JPG": b"\xff\xd8\xff" + b"j" * 5000, "dir/a,b\"c.csv": b"=1+1\n", HOSTILE: b"boo"}

    def setUp(self):
        super().setUp()
        self.image = make_ext4(self.evidence / "disk.dd", 8, self.FILES)
        self.before = folder_state(self.evidence)
        self.result = self.triage(self.image, "--case", "17", "--exhibit", "A 1", "--note", "a 'quoted' note", "--json")
        self.assertEqual(self.result.returncode, EXIT_GOOD, self.result.stderr)

    def tearDown(self):
        self.assertEqual(folder_state(self.evidence), self.before)

    def files(self, *filters):
        result = limier("files", self.out, *filters, "--json")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        return self.parse(result)

    def names(self, *filters):
        return sorted(entry["name"] for entry in self.files(*filters))


class Triage(OneCase):
    def test_json_outcome(self):
        data = self.parse(self.result)
        self.assertEqual(data["exit_code"], EXIT_GOOD)
        self.assertFalse(data["interrupted"])
        self.assertEqual(set(data["conditions"]), {"mismatch", "damaged", "incomplete", "nothing_examined", "first_finding"})
        self.assertEqual(data["counts"]["entries"], self.query("SELECT count(*) FROM v_file")[0][0])
        for path in data["paths"].values():
            self.assertTrue(os.path.exists(path), path)
        self.assertEqual(self.result.stderr, b"")

    def test_authority_and_command_are_recorded(self):
        self.assertEqual(self.query("SELECT text, case_number, exhibit, note FROM v_authority"), [("training", "17", "A 1", "a 'quoted' note")])
        self.assertIn("'a '\\''quoted'\\'' note'", self.query("SELECT command FROM v_run")[0][0])

    def test_case_file(self):
        case_file = self.work / "case.conf"
        case_file.write_text("authority = \"warrant 12/2026\"\ncase = 99\nexaminer = A. Body\n")
        out = self.work / "other"
        result = limier("triage", self.image, "--out", out, "--case-file", case_file, "--case", "100", "--progress", "none")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        self.assertEqual(self.query("SELECT text, case_number, examiner FROM v_authority", out), [("warrant 12/2026", "100", "A. Body")])

    def test_summary_and_quiet(self):
        for profile in ("list", "quick", "full"):
            result = self.triage(self.image, "--profile", profile, out=self.work / profile)
            text = result.stdout.decode()
            for word in ("evidence", "integrity", "not examined", "report.html", "index.db", "exit code"):
                self.assertIn(word, text)
        result = self.triage(self.image, "--quiet", out=self.work / "quiet")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (EXIT_GOOD, b"", b""))

    def test_wrong_expected_digest(self):
        right = sha256(self.image)
        result = self.triage(self.image, "--expect-sha256", right.upper(), out=self.work / "right")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        result = self.triage(self.image, "--expect-sha256", "0" * 64, out=self.work / "wrong")
        self.assertEqual(result.returncode, EXIT_MISMATCH, result.stderr)


class Reading(OneCase):
    def test_info(self):
        data = self.parse(limier("info", self.image, "--json"))
        self.assertEqual((data["format"], data["size_bytes"]), ("raw", 8 << 20))
        self.assertTrue(any(volume["fs_type"] == "ext4" for volume in data["volumes"]))
        text = limier("info", self.image)
        self.assertEqual(text.stderr, b"")
        for word in (b"Stored digests", b"Segments", b"ext4", b"Encryption"):
            self.assertIn(word, text.stdout)

    def test_verify(self):
        result = limier("verify", self.image, "--json", "--digests", "md5,sha1,sha256", "--progress", "none")
        data = self.parse(result)
        content = self.image.read_bytes()
        for name in ("md5", "sha1", "sha256"):
            self.assertEqual(data["digests"][name]["computed"], hashlib.new(name, content).hexdigest())
        self.assertEqual((result.returncode, data["verdict"], data["bad_ranges"]), (EXIT_GOOD, "no-stored-digest", []))
        result = limier("verify", self.image, "--expect-md5", "0" * 32, "--progress", "none")
        self.assertEqual(result.returncode, EXIT_MISMATCH)
        self.assertIn(b"digest mismatch", result.stdout)
        self.assertNotIn(b"chunk checksum bad", result.stdout)
        self.assertNotIn(b"image short", result.stdout)

    def test_verify_tells_kinds_of_damage_apart(self):
        whole = make_e01(self.image, self.work)[0]
        self.assertEqual(limier("verify", whole, "--progress", "none").returncode, EXIT_GOOD)
        data = bytearray(whole.read_bytes())
        data[len(data) // 2] ^= 0xFF
        whole.write_bytes(data)
        result = limier("verify", whole, "--json", "--progress", "none")
        report = self.parse(result)
        self.assertEqual(result.returncode, EXIT_MISMATCH)
        self.assertEqual((report["chunk_checksum_bad"], report["digest_mismatch"], report["image_short"]), (True, True, False))
        self.assertEqual([entry["reason"] for entry in report["bad_ranges"]], ["chunk-checksum"])
        bad = report["bad_ranges"][0]
        self.assertEqual((bad["first_sector"], bad["sectors"]), (bad["image_offset"] // 512, bad["length"] // 512))
        self.assertIn(str(bad["first_sector"]).encode(), limier("verify", whole, "--progress", "none").stdout)

    def test_files_filters(self):
        everything = self.names()
        self.assertIn("big.bin", everything)
        self.assertEqual(self.names("--name", "*.bin", "--kind", "file"), ["big.bin", "inner.bin"])
        self.assertEqual(self.names("--path", "*dir/*.bin"), ["inner.bin"])
        self.assertEqual(self.names("--name", "*.jpg"), [])
        self.assertEqual(self.names("--name", "*.JPG"), ["photo.JPG"])
        self.assertEqual(self.names("--kind", "file", "--min-size", "290K"), ["big.bin"])
        self.assertEqual(self.names("--type", "file", "--min-size", "300000", "--max-size", "300000"), ["big.bin"])
        self.assertEqual(self.names("--kind", "file", "--state", "empty"), ["empty"])
        self.assertEqual(self.names("--deleted", "--kind", "file"), [])
        self.assertEqual(self.names("--orphan", "--kind", "file"), [])
        for status in ("known", "notable", "unknown"):  # nothing was computed: no list may look like an answer
            self.assert_fails(limier("files", self.out, "--known", status), EXIT_USAGE, "--known", "not computed")
        self.assertEqual(self.names("--from", "2100", "--kind", "file"), [])
        self.assertIn("big.bin", self.names("--to", "2100", "--allocated"))
        year = time.gmtime().tm_year
        self.assertIn("big.bin", self.names("--from", f"{year - 1}", "--to", f"{year + 1}"))
        self.assertEqual(len(self.files("--limit", "2")), 2)

    def test_files_json_has_all_columns(self):
        entry = self.files("--name", "big.bin")[0]
        self.assertEqual(entry["sha256"], hashlib.sha256(self.FILES["big.bin"]).hexdigest())
        self.assertEqual((entry["size"], entry["kind"], entry["content_state"]), (300000, "file", "complete"))
        self.assertIs(entry["deleted"], False)
        columns = [row[1] for row in self.query("PRAGMA table_info(v_file)")]
        self.assertEqual(list(entry), columns)

    def test_hostile_names_never_reach_the_terminal(self):
        for result in (limier("files", self.out), limier("timeline", self.out), limier("sql", self.out, "SELECT path FROM v_file"),
                       limier("sql", self.out, "SELECT path FROM v_file", "--csv"), limier("files", self.out, "--json")):
            self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
            self.assertNotIn(b"\x1b", result.stdout)
        self.assertNotIn("\u202e", limier("files", self.out).stdout.decode())
        self.assertIn(r"\x1B", limier("files", self.out).stdout.decode())

    def test_timeline(self):
        rows = self.parse(limier("timeline", self.out, "--json"))
        self.assertEqual(len(rows), self.query("SELECT count(*) FROM v_timeline WHERE t_ns IS NOT NULL")[0][0])
        times = [row["t_ns"] for row in rows]
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.parse(limier("timeline", self.out, "--json", "--to", "1970")), [])
        middle = rows[len(rows) // 2]["t"]
        chosen = self.parse(limier("timeline", self.out, "--json", "--from", middle, "--to", middle))
        self.assertTrue(chosen)
        self.assertEqual({row["t"] for row in chosen}, {middle})
        self.assertIn(b"big.bin", limier("timeline", self.out).stdout)

    def test_sql_forms(self):
        sql = "SELECT name, size, NULL AS void, x'00ff' AS raw, 1.5 AS real FROM v_file WHERE name = 'big.bin'"
        self.assertEqual(self.parse(limier("sql", self.out, sql, "--json")),
                         [{"name": "big.bin", "size": 300000, "void": None, "raw": "00ff", "real": 1.5}])
        rows = list(csv.reader(io.StringIO(limier("sql", self.out, sql, "--csv").stdout.decode(), newline="")))
        self.assertEqual(rows, [["name", "size", "void", "raw", "real"], ["big.bin", "300000", "", "00ff", "1.5"]])
        self.assertEqual(limier("sql", self.out, sql).stdout.decode().splitlines()[1].split(), ["big.bin", "300000", "NULL", "x'00ff'", "1.5"])
        self.assertEqual(self.parse(limier("sql", self.out, "SELECT 1 AS a, 2 AS a", "--json")), [{"a": 1, "a_2": 2}])
        self.assertEqual(self.parse(limier("sql", self.out, "SELECT 1 WHERE 0", "--json")), [])
        cell = limier("sql", self.out, "SELECT '=1+1' AS c", "--csv").stdout.decode().splitlines()[1]
        self.assertNotIn(cell.strip('"')[0], "=+-@")

    def test_sql_refuses_everything_else(self):
        before = folder_state(self.out)
        for sql in ("SELEC 1", "SELECT * FROM nowhere", "DROP VIEW v_file", "DELETE FROM v_file", "PRAGMA user_version = 9",
                    "ATTACH '/tmp/x.db' AS x", "SELECT 1; SELECT 2", "CREATE TEMP TABLE t(a)", "VACUUM", "", "SELECT load_extension('x')"):
            with self.subTest(sql=sql):
                self.assert_fails(limier("sql", self.out, sql), EXIT_USAGE)
        self.assertEqual(folder_state(self.out), before)

    def test_report_again_gives_the_same_bytes(self):
        before = {name: sha256(self.out / name) for name in ("report.html", "report.json", "files.csv", "timeline.csv")}
        result = limier("report", self.out)
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        self.assertEqual({name: sha256(self.out / name) for name in before}, before)
        result = limier("report", self.out, "--format", "bodyfile,dfxml", "--json")
        for path in self.parse(result)["written"]:
            self.assertTrue(os.path.getsize(path) > 0, path)
        self.assertEqual(limier("check", self.out).returncode, EXIT_GOOD)
        self.assert_fails(limier("report", self.out, "--format", "html,poem"), EXIT_USAGE, "poem", "dfxml")

    def test_check(self):
        data = self.parse(limier("check", self.out, "--json"))
        self.assertTrue(data["good"])
        self.assertEqual(limier("check", self.out, "--evidence").returncode, EXIT_GOOD)
        with open(self.out / "files.csv", "ab") as file:
            file.write(b"one more line\r\n")
        result = limier("check", self.out)
        self.assertEqual(result.returncode, EXIT_MISMATCH)
        self.assertIn(b"files.csv", result.stdout)
        self.assertFalse(self.parse(limier("check", self.out, "--json"))["good"])

    def test_check_of_a_log_that_was_changed(self):
        log = self.out / "audit.jsonl"
        log.write_bytes(log.read_bytes().replace(b"training", b"permitted", 1))
        self.assertEqual(limier("check", self.out).returncode, EXIT_MISMATCH)

    def test_export(self):
        ids = {entry["name"]: entry["file_id"] for entry in self.files("--kind", "file")}
        target = self.work / "export"
        result = limier("export", self.out, "--file", f"{ids['big.bin']},{ids['photo.JPG']}", "--to", target, "--json")
        self.assertEqual(result.returncode, EXIT_GOOD, result.stderr)
        written = {entry["file_id"]: entry for entry in self.parse(result)}
        for name in ("big.bin", "photo.JPG"):
            entry = written[ids[name]]
            self.assertEqual(entry["sha256"], hashlib.sha256(self.FILES[name]).hexdigest())
            self.assertEqual((target / entry["written_as"]).read_bytes(), self.FILES[name])
        self.assertEqual(limier("check", self.out).returncode, EXIT_GOOD)

    def test_export_refuses_bytes_that_changed(self):
        entry = self.files("--name", "big.bin")[0]
        data = bytearray(self.image.read_bytes())
        data[data.index(b"\xa5" * 4096) + 10] ^= 1
        changed = self.work / "moved" / "changed.dd"
        changed.parent.mkdir()
        changed.write_bytes(data)
        target = self.work / "export"
        result = limier("export", self.out, "--file", entry["file_id"], "--to", target, "--image", changed)
        self.assertEqual(result.returncode, EXIT_MISMATCH, result.stderr)
        self.assertFalse(target.exists() and any(path.is_file() for path in target.rglob("*")))

    def test_export_of_what_is_not_there(self):
        result = limier("export", self.out, "--file", "999999999", "--to", self.work / "export")
        self.assertIn(result.returncode, (EXIT_USAGE, EXIT_PARTLY))
        self.assertTrue(result.stderr.startswith(b"limier: "))


class Pipes(OneCase):
    def test_broken_pipe_is_no_error(self):
        for command in ("files", "timeline"):
            for form in ("", " --json"):
                line = f'set -o pipefail; "{LIMIER}" {command} "{self.out}"{form} | head -c 1'
                result = subprocess.run(["bash", "-c", line], capture_output=True, env=environment())
                self.assertEqual((result.returncode, result.stderr), (EXIT_GOOD, b""), line)

    def test_closed_streams(self):
        result = subprocess.run(["bash", "-c", f'"{LIMIER}" info "{self.image}" >&- 2>&- <&-'], env=environment())
        self.assertIn(result.returncode, (EXIT_GOOD, 75))
        out = self.work / "closed"
        result = subprocess.run(["bash", "-c", f'"{LIMIER}" triage "{self.image}" --out "{out}" --authority training >&- 2>&- <&-'],
                                env=environment())
        self.assertEqual(result.returncode, EXIT_GOOD)
        self.assertEqual(limier("check", out, "--evidence").returncode, EXIT_GOOD)


def on_terminal(*arguments, env=None, columns=80):
    """Runs limier with stdout and stderr on one terminal of its own; gives exit code and text."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([LIMIER, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=follower, stderr=follower,
                               env=env or environment(TERM="xterm"))
    os.close(follower)
    text = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(leader)
    return process.wait(), text.decode("utf-8", "replace")


class Terminal(OneCase):
    def test_colour_only_where_wanted(self):
        self.assertIn("\x1b[", on_terminal("info", self.image)[1])
        for arguments, env in ((["--no-color"], environment(TERM="xterm")), ([], environment(TERM="xterm", NO_COLOR="1")),
                               ([], environment(TERM="dumb"))):
            code, text = on_terminal("info", self.image, *arguments, env=env)
            self.assertEqual(code, EXIT_GOOD)
            self.assertNotIn("\x1b", text)
        self.assertNotIn(b"\x1b", limier("info", self.image, env=environment(TERM="xterm")).stdout)

    def test_bar_fits_the_terminal(self):
        for columns in (30, 80):
            code, text = on_terminal("verify", self.image, "--no-color", columns=columns)
            self.assertEqual(code, EXIT_GOOD)
            self.assertIn("\r", text.replace("\r\n", "\n"))
            for line in re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", text):
                self.assertLess(len(line), columns)

    def test_plain_on_a_dumb_terminal(self):
        code, text = on_terminal("verify", self.image, env=environment(TERM="dumb"))
        self.assertEqual(code, EXIT_GOOD)
        self.assertNotIn("\x1b", text)
        self.assertIn("limier: ", text)

    def test_progress_forms(self):
        plain = limier("verify", self.image)
        self.assertRegex(plain.stderr.decode(), r"limier: .*done in 0:\d\d")
        self.assertNotIn(b"\r", plain.stderr)
        self.assertEqual(limier("verify", self.image, "--progress", "none").stderr, b"")
        self.assertEqual(limier("verify", self.image, "--quiet").stderr, b"")
        lines = limier("verify", self.image, "--progress", "json", "--json")
        self.parse(lines)
        stages = [json.loads(line) for line in lines.stderr.splitlines()]
        self.assertTrue(stages)
        for stage in stages:
            if "stage" in stage:
                self.assertEqual(set(stage), {"stage", "done", "total", "unit", "rate", "eta_s"})
        self.assertTrue(any(stage.get("unit") == "bytes" and stage["done"] == 8 << 20 for stage in stages), stages)


class Signals(CliTest):
    """Ctrl-C in the middle of the one pass over a large sparse image."""
    SIZE = 256 << 30

    def interrupt(self, signal_number, group):
        image = make_ext4(self.evidence / "disk.dd", 8)
        os.truncate(image, self.SIZE)
        process = subprocess.Popen([LIMIER, "triage", str(image), "--out", str(self.out), *AUTHORITY, "--progress", "json"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
                                   start_new_session=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            self.assertTrue(select.select([process.stderr], [], [], 60)[0], "no progress within a minute")
            line = process.stderr.readline()
            self.assertTrue(line, "the run ended before it could be interrupted")
            state = json.loads(line)
            if state.get("unit") == "bytes" and state.get("done", 0) > 1 << 20:
                break
        started = time.monotonic()
        (os.killpg if group else os.kill)(process.pid, signal_number)
        process.communicate(timeout=60)
        self.assertLess(time.monotonic() - started, 30)
        return process.returncode

    def test_ctrl_c_keeps_what_was_found(self):
        self.assertEqual(self.interrupt(signal.SIGINT, group=True), EXIT_INTERRUPTED)
        self.assertEqual(self.query("SELECT outcome, exit_code FROM v_run"), [("interrupted", EXIT_INTERRUPTED)])
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])
        names = [row[0] for row in self.query("SELECT name FROM v_file")]
        self.assertIn("hello.txt", names)
        self.assertEqual(sorted(path.name for path in self.out.glob("index.db*")), ["index.db"])
        self.assertEqual(limier("files", self.out, "--json").returncode, EXIT_GOOD)

    def test_termination_by_the_scheduler(self):
        self.assertIn(self.interrupt(signal.SIGTERM, group=False), (EXIT_TERMINATED, 75))
        self.assertEqual(self.query("SELECT outcome FROM v_run"), [("interrupted",)])


if __name__ == "__main__":
    unittest.main()
