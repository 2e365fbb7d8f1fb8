"""The same evidence with the same options gives the same bytes, whatever the jobs, zone, locale and folder."""
import pathlib
import unittest
from concurrent.futures import ThreadPoolExecutor

import support
from support import CORPUS

FACTS_ABOUT_THE_RUN = {"v_run"}
VIEWS = {
    "v_authority",
    "v_evidence",
    "v_bad_range",
    "v_volume",
    "v_file",
    "v_extent",
    "v_timeline",
    "v_hit",
    "v_entity",
    "v_text",
    "v_encryption",
    "v_artifact",
    "v_message",
    "v_finding",
    "v_issue",
    "v_coverage",
    "v_not_examined",
}
FROM_THE_CORPUS = [
    "images/fs/exfat_win.E01",
    "images/ewf/test.ntfs.dd.E01",
    "images/fs/fat_deleted_dir_2.E01",
    "images/ewf/ext2.split.E01",
    "images/damaged/bitflip.E01",
    "devices/usb-stick.E01",
]
ONE = dict(options=["--jobs", "1"], env={"TZ": "America/St_Johns", "LC_ALL": "C", "USER": "one"})
OTHER = dict(
    options=["--jobs", "16"],
    env={"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "USER": "other"},
)


def view_contents(folder):
    with support.Index(folder / "index.db") as index:
        names = [
            row["name"]
            for row in index.rows(
                "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v~_%' ESCAPE '~' ORDER BY name"
            )
        ]
        return {
            name: sorted(map(repr, (tuple(row.items()) for row in index.rows(f"SELECT * FROM {name}"))))
            for name in names
            if name not in FACTS_ABOUT_THE_RUN
        }


class SameBytes(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)

    def test_the_corpus_is_there(self):
        if not CORPUS.exists():
            self.skipTest(support.NO_CORPUS)
        for name in FROM_THE_CORPUS:
            self.assertTrue((CORPUS / name).exists(), name)

    def test_same_bytes(self):
        images = [case.image for case in support.sample_cases()]
        images += [CORPUS / name for name in FROM_THE_CORPUS if (CORPUS / name).exists()]
        for image in images:
            with self.subTest(image.name):
                folders = [self.scratch.path / f"{side}-{image.name}" for side in ("one", "a-longer-name-of-the-other")]
                elsewhere = self.scratch.path / "elsewhere"
                elsewhere.mkdir(exist_ok=True)
                with ThreadPoolExecutor(2) as pool:
                    runs = list(
                        pool.map(
                            lambda job: support.triage(
                                image, job[0], *job[1]["options"], env=job[1]["env"], cwd=job[2]
                            ),
                            zip(folders, (ONE, OTHER), (pathlib.Path("/"), elsewhere)),
                        )
                    )
                self.assertEqual(runs[0].code, runs[1].code, runs[0].err + runs[1].err)
                self.assertTrue(runs[0].has_index and runs[1].has_index)
                names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
                self.assertEqual(*names)
                for name in names[0]:
                    if name.startswith("report.") or name.endswith(".csv"):
                        self.assertEqual(
                            (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(),
                            True,
                            f"{name} differs",
                        )
                one, other = (view_contents(folder) for folder in folders)
                self.assertEqual(VIEWS - set(one), set())
                for name in one:
                    self.assertEqual(one[name], other[name], name)

    def test_any_number_of_jobs(self):
        image = support.SAMPLES / "laptop.E01"
        seen = {}
        for jobs in ("1", "2", "7"):
            folder = self.scratch.path / f"jobs-{jobs}"
            done = support.triage(image, folder, "--jobs", jobs)
            reports = {
                path.name: path.read_bytes()
                for path in folder.iterdir()
                if path.name.startswith("report.") or path.suffix == ".csv"
            }
            seen[jobs] = (done.code, reports, view_contents(folder))
        for jobs in ("2", "7"):
            self.assertEqual(seen["1"][0], seen[jobs][0])
            self.assertEqual(sorted(seen["1"][1]), sorted(seen[jobs][1]))
            for name, content in seen["1"][1].items():
                self.assertTrue(content == seen[jobs][1][name], f"{name} differs with {jobs} jobs")
            self.assertEqual(seen["1"][2], seen[jobs][2])


if __name__ == "__main__":
    unittest.main()
