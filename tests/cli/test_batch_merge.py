"""`limier batch merge`: what links the exhibits of a case, against links that were made on purpose."""
import csv
import hashlib
import json
import pathlib
import re
import shutil
import sqlite3
import unittest
import xml.etree.ElementTree as ElementTree

from batch_support import AUTHORITY, BatchTest
from cli_support import SAMPLES, limier

REPORTS = ["case.html", "case.json", "case-exhibits.csv", "case-findings.csv", "case-links.csv", "case-shared.csv",
           "case-not-examined.csv", "case-people.csv", "case-message-pairs.csv", "case-links.svg", "case-links.graphml"]


class MergeTest(BatchTest):
    def stick(self, name, change=None):
        """The sample stick as one raw image; with one byte of its last, unused sector changed it is another image."""
        media = b"".join((SAMPLES / f"stick.{i:03}").read_bytes() for i in range(1, 5))
        if change is not None:
            media = media[:-10] + bytes([change]) + media[-9:]
        path = self.evidence / name
        path.write_bytes(media)
        return path

    def rows(self):
        return [f"B10,{SAMPLES / 'laptop.E01'},{AUTHORITY}", f"B2,{SAMPLES / 'phone.E01'},{AUTHORITY}",
                f"C1,{SAMPLES / 'stick.001'},{AUTHORITY}", f"C2,{self.stick('same.dd')},{AUTHORITY}",
                f"C3,{self.stick('copy.dd', 7)},{AUTHORITY}"]

    def run_all(self, rows):
        self.planned(rows)
        done = self.batch("run")
        self.assertIn(done.returncode, (0, 4, 5), done.stderr)

    def merged(self):
        return self.parse(self.batch("merge", "--json"))

    def select(self, sql):
        with sqlite3.connect(f"file:{self.out / 'case.db'}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def digests(self):
        return {name: hashlib.sha256((self.out / name).read_bytes()).hexdigest() for name in ["case.db", *REPORTS]}


class Merge(MergeTest):
    def test_links_contents_and_gaps_are_those_that_were_made(self):
        self.run_all(self.rows())
        summary = self.merged()
        self.assertEqual((summary["exhibits"], summary["merged"], summary["without_result"]), (5, 5, []))
        self.check_case_db()
        self.check_links()
        self.check_contents()
        self.check_reports()
        self.check_sql_command()

    def check_case_db(self):
        self.assertEqual(self.select("PRAGMA application_id"), [{"application_id": 0x4C494D43}])
        self.assertEqual(self.select("PRAGMA user_version"), [{"user_version": 5}])
        rows = self.select("SELECT * FROM v_exhibit ORDER BY exhibit_id")
        self.assertEqual([row["exhibit"] for row in rows], ["B2", "B10", "C1", "C2", "C3"])
        self.assertEqual(sorted(row["attention"] for row in rows), [1, 2, 3, 4, 5])
        codes = self.codes()
        for row in rows:
            index = sqlite3.connect(f"file:{self.out / row['folder'] / 'index.db'}?mode=ro", uri=True)
            self.assertEqual(index.execute("SELECT count(*) FROM v_file WHERE kind = 'file'").fetchone()[0], row["files"])
            self.assertEqual(index.execute("SELECT verdict, sha256 FROM v_evidence").fetchone(),
                             (row["verdict"], row["sha256"]))
            gaps = index.execute("SELECT what, reason, bytes, items FROM v_not_examined ORDER BY 1, 2, 3, 4").fetchall()
            index.close()
            name = row["exhibit"]
            self.assertEqual([tuple(gap.values()) for gap in self.select(
                f"SELECT what, reason, bytes, items FROM v_case_not_examined WHERE exhibit = '{name}' ORDER BY 1, 2, 3, 4")],
                gaps)
            self.assertEqual((row["state"], row["exit_code"], row["authority"]), ("done", codes[name], AUTHORITY))
            self.assertTrue(row["attention_reason"])

    def check_links(self):
        links = {(row["exhibit_a"], row["exhibit_b"]): row for row in self.select("SELECT * FROM v_link")}
        self.assertEqual(links["C1", "C2"]["same_image"], 1)
        for pair in (("C1", "C3"), ("C2", "C3")):
            self.assertEqual((links[pair]["same_image"], links[pair]["same_device"]), (0, 1), pair)
        self.assertGreater(links["C1", "C2"]["score"], links["C1", "C3"]["score"])
        for pair, row in links.items():
            self.assertEqual(row["same_device"], 1 if pair[0].startswith("C") else row["same_device"])
            total = self.select(f"SELECT sum(score) AS s FROM v_link_evidence WHERE link_id = {row['link_id']}")[0]["s"]
            self.assertAlmostEqual(total, row["score"], 2)
        serial = self.select("SELECT * FROM v_shared_key WHERE kind = 'volume-serial' AND exhibit_list = 'C1, C2, C3'")
        self.assertEqual(len(serial), 1)

    def check_contents(self):
        """Against a plain join over the indexes."""
        contents = {}
        for row in self.select("SELECT exhibit, folder FROM v_exhibit"):
            index = sqlite3.connect(f"file:{self.out / row['folder'] / 'index.db'}?mode=ro", uri=True)
            for sha256, size in index.execute("SELECT sha256, size FROM v_file WHERE sha256 IS NOT NULL AND size > 0 AND "
                                              "kind IN ('file', 'stream') AND content_state IN ('complete', 'recovered')"):
                one = contents.setdefault(sha256, [size, 0, set()])
                one[1] += 1
                one[2].add(row["exhibit"])
            index.close()
        expected = {sha256: one for sha256, one in contents.items() if len(one[2]) > 1
                    and sha256 not in (hashlib.sha256(bytes([fill]) * one[0]).hexdigest() for fill in (0, 255))}
        self.assertTrue(expected)
        rows = self.select("SELECT * FROM v_shared_content ORDER BY rank")
        self.assertEqual({row["sha256"] for row in rows}, set(expected))
        self.assertEqual([row["rank"] for row in rows], list(range(1, len(rows) + 1)))
        for row in rows:
            size, files, exhibits = expected[row["sha256"]]
            self.assertEqual((row["size"], row["files"], row["exhibits"]), (size, files, len(exhibits)))
            self.assertEqual(set(row["exhibit_list"].split(", ")), exhibits)
            weight = min(size.bit_length(), 20) / 20 * 2 / (len(exhibits) * (len(exhibits) - 1))
            self.assertAlmostEqual(row["weight"], weight, 5)
            self.assertTrue(row["path"])
        self.assertEqual(rows, sorted(rows, key=lambda row: (-row["weight"], -row["size"], row["sha256"])))
        for row in self.select("SELECT * FROM v_shared_file WHERE kind = 'content'"):
            folder = self.select(f"SELECT folder FROM v_exhibit WHERE exhibit = '{row['exhibit']}'")[0]["folder"]
            index = sqlite3.connect(f"file:{self.out / folder / 'index.db'}?mode=ro", uri=True)
            self.assertEqual(index.execute("SELECT sha256, path FROM v_file WHERE file_id = ?", (row["file_id"],)).fetchone(),
                             (row["value"], row["path"]))
            index.close()

    def check_reports(self):
        page = (self.out / "case.html").read_text(encoding="utf-8")
        self.assertIn("default-src 'none'", page)
        self.assertNotRegex(page, r"<script|javascript:|src=\"http|href=\"http| on[a-z]+=")
        targets = re.findall(r'href="([^"#]+)"', page)
        self.assertTrue(targets)
        for target in targets:
            self.assertTrue((self.out / target).is_file(), target)
        places = [page.index(f">{row['exhibit']}</bdi>", page.index('id="exhibits"'))
                  for row in self.select("SELECT exhibit FROM v_exhibit ORDER BY attention")]
        self.assertEqual(places, sorted(places))
        document = json.loads((self.out / "case.json").read_text(encoding="utf-8"))
        self.assertEqual([one["exhibit"] for one in document["exhibits"]],
                         [row["exhibit"] for row in self.select("SELECT exhibit FROM v_exhibit ORDER BY attention")])
        self.assertEqual(len(document["links"]), len(self.select("SELECT 1 FROM v_link")))
        with open(self.out / "case-links.csv", encoding="utf-8", newline="") as stream:
            self.assertEqual([row["evidence"] for row in csv.DictReader(stream)],
                             [row["evidence"] for row in self.select("SELECT evidence FROM v_link ORDER BY link_id")])
        graph = ElementTree.parse(self.out / "case-links.graphml").getroot()
        space = "{http://graphml.graphdrawing.org/xmlns}"
        self.assertEqual(len(graph.findall(f"{space}graph/{space}node")), 5)
        self.assertEqual(len(graph.findall(f"{space}graph/{space}edge")), len(document["links"]))
        drawing = ElementTree.parse(self.out / "case-links.svg").getroot()
        self.assertEqual(drawing.tag, "{http://www.w3.org/2000/svg}svg")

    def check_sql_command(self):
        done = limier("sql", self.out, "SELECT exhibit_a || exhibit_b FROM v_link WHERE same_image", "--csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"C1C2", done.stdout)

    def test_the_case_is_the_same_in_any_order_and_after_runs_were_torn(self):
        rows = self.rows()[1:]
        self.run_all(rows)
        self.merged()
        first = self.digests()
        stamps = {path: path.stat().st_mtime_ns for path in self.evidence.iterdir()}

        # Torn, cut, of another kind, exchanged for another exhibit's, lost: each is derived again from its index.
        keys = sorted(path for path in (self.out / "keys").iterdir())
        torn = keys[0] / "content.run"
        torn.write_bytes(torn.read_bytes()[:-1] + bytes([torn.read_bytes()[-1] ^ 0xFF]))
        (keys[1] / "content.run").write_bytes((keys[1] / "content.run").read_bytes()[:100])
        shutil.copy(keys[2] / "volume-serial.run", keys[2] / "content.run")
        shutil.copytree(keys[1], keys[3], dirs_exist_ok=True)
        summary = self.merged()
        self.assertEqual(sorted(summary["keys_derived_again"]), ["B2", "C1", "C2", "C3"])
        self.assertEqual(self.digests(), first)
        shutil.rmtree(self.out / "keys")
        self.assertEqual(len(self.merged()["keys_derived_again"]), 4)
        self.assertEqual(self.digests(), first)
        self.assertEqual(self.merged()["keys_derived_again"], [])
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.evidence.iterdir()}, stamps)

        # The same exhibits planned and examined in another order, in another folder.
        other = self.out
        self.out = pathlib.Path(self.work) / "reversed"
        self.run_all(list(reversed(rows)))
        self.merged()
        self.assertEqual(self.digests(), first)
        self.out = other

    def test_unfinished_failed_and_changed_exhibits_are_named_and_left_out(self):
        rows = [self.rows()[2], self.rows()[4], self.garbage()]
        self.run_all_but_merge(rows)
        done = self.batch("merge", "--json")
        self.assertEqual(done.returncode, 3, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual((summary["merged"], summary["without_result"]), (2, ["G-1"]))
        missing = self.select("SELECT * FROM v_exhibit WHERE exhibit = 'G-1'")[0]
        self.assertEqual((missing["state"], missing["exit_code"], missing["files"]), ("failed", 3, None))
        self.assertTrue(missing["message"])
        self.assertEqual(self.select("SELECT what FROM v_case_not_examined WHERE exhibit = 'G-1'"),
                         [{"what": "the whole exhibit"}])
        self.assertIn("G-1", (self.out / "case.html").read_text(encoding="utf-8"))

        # An index that is not the one its record names has nothing to say.
        folder = self.select("SELECT folder FROM v_exhibit WHERE exhibit = 'C3'")[0]["folder"]
        with sqlite3.connect(self.out / folder / "index.db") as index:
            index.execute("CREATE TABLE changed(x)")
        index.close()
        shutil.rmtree(self.out / "keys")
        summary = json.loads(self.batch("merge", "--json").stdout)
        self.assertEqual(summary["without_result"], ["C3", "G-1"])
        self.assertIn("not the one", self.select("SELECT message FROM v_exhibit WHERE exhibit = 'C3'")[0]["message"])

    def test_what_changed_after_it_was_examined_is_left_out_with_the_reason(self):
        rows = self.rows()
        self.run_all(rows[1:4])
        self.merged()

        # Its completion record is gone: nobody says that the index is whole.
        (self.out / "records" / "B2.json").unlink()
        # One more exhibit in the plan, and another one is to be examined in another way.
        changed = [rows[1], rows[2].replace(AUTHORITY, AUTHORITY + " (extended)"), rows[3], rows[4]]
        planned = self.plan(self.manifest(changed), "--accept-changed")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        # The index of the last was exchanged for one that says something else.
        shutil.copy(self.out / "exhibits" / "C1" / "index.db", self.out / "exhibits" / "C2" / "index.db")
        shutil.rmtree(self.out / "keys" / "C2")

        done = self.batch("merge", "--json")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertEqual(json.loads(done.stdout)["without_result"], ["B2", "C1", "C2", "C3"])
        said = {row["exhibit"]: (row["state"], row["message"]) for row in
                self.select("SELECT exhibit, state, message FROM v_exhibit")}
        self.assertEqual({name: state for name, (state, _) in said.items()},
                         {"B2": "planned", "C1": "stale", "C2": "unusable", "C3": "planned"})
        for name, words in (("B2", "not examined yet"), ("C1", "other evidence or options"), ("C2", "not the one"),
                            ("C3", "not examined yet")):
            self.assertIn(words, said[name][1])
        self.assertEqual(self.select("SELECT count(*) AS n FROM v_case_not_examined WHERE what = 'the whole exhibit'"),
                         [{"n": 4}])
        self.assertEqual(self.select("SELECT count(*) AS n FROM v_link"), [{"n": 0}])

    def run_all_but_merge(self, rows):
        self.planned(rows)
        self.batch("run")

    def test_nothing_finished_yet_is_a_case_too(self):
        self.planned(self.samples())
        done = self.batch("merge")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn(b"0 of 3 exhibits merged", done.stdout)
        self.assertEqual(len(self.select("SELECT * FROM v_case_not_examined")), 3)

    def test_without_a_plan_there_is_one_clear_sentence(self):
        self.out.mkdir()
        done = self.batch("merge")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"plan", done.stderr)


if __name__ == "__main__":
    unittest.main()
