"""The pages that are looked at: of a sound sample, a damaged image, one with hostile names and messages, an interrupted run, a case of
them, and, where it lies beside the checkout, a whole made-up case."""
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import images  # noqa: E402
import phone  # noqa: E402
from cli_support import AUTHORITY, LIMIER, SAMPLES, SOURCE, environment, limier  # noqa: E402

SCENARIO = SOURCE.parent / "shared/scenario/out/dev-1/manifest.csv"
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style><style>*{display:none}",
           "<!-- comment", "]]>", "&lt;escaped&amp;", "line\nbreak.txt", "evil\x1b[2J\u202egpj.exe", "zero\u200bwidth", "日本.txt",
           "a" * 240 + ".txt", "javascript:alert(1)", "https://example.org/x.png", "اسم الملف.txt", "back\\slash", "tab\there"]


class Made:
    """Case folders below `work`, each with what `limier` said of it."""

    def __init__(self, work):
        self.work = pathlib.Path(work)
        self.evidence = self.work / "evidence"
        self.evidence.mkdir(parents=True)
        self.pages = {}

    def triage(self, name, image, *options):
        out = self.work / name
        done = limier("triage", image, "--out", out, *AUTHORITY, "--progress", "none", *options)
        assert done.returncode in (0, 1, 4, 5), done.stderr
        self.pages[name] = out / "report.html"
        return done.returncode

    def all(self):
        self.triage("laptop", SAMPLES / "laptop.E01", "--exhibit", "L-1", "--case", "12/2026")
        self.damaged()
        self.triage("many", self.hostile(260))
        hostile = self.hostile(20)
        self.triage("hostile", hostile, "--exhibit", HOSTILE[0], "--case", HOSTILE[1], "--note", HOSTILE[5])
        self.interrupted()
        small = self.manifest("small.csv", [("A-1", SAMPLES / "laptop.E01"), ("A-2", SAMPLES / "phone.E01"), ("A-3", hostile)])
        self.pages["case"] = self.batch("small", small) / "case.html"
        if SCENARIO.exists():
            case = self.batch("scenario", SCENARIO)
            self.pages["scenario-case"] = case / "case.html"
            reports = sorted(case.glob("exhibits/*/report.html"), key=lambda path: path.stat().st_size)
            for at, size in ((0, "smallest"), (len(reports) // 2, "middle"), (-1, "largest")):
                self.pages[f"scenario-{size}"] = reports[at]
        return self.pages

    def damaged(self):
        image = self.evidence / "damaged.E01"
        data = bytearray((SAMPLES / "laptop.E01").read_bytes())
        for at in range(len(data) // 4, len(data) // 4 + 3000, 7):
            data[at] ^= 0x55
        image.write_bytes(data)
        assert self.triage("damaged", image) == 4, "damage was not seen"

    def hostile(self, findings):
        """Names and messages that are made to break a page, and so many messages that rules find."""
        tree = self.work / "tree"
        for number, name in enumerate(HOSTILE):
            folder = tree / ("data/media/0/DCIM", "system/app", "data")[number % 3]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name.replace("/", "\u2215")).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(number))
        samples = [hit["text"] for hit in tomllib.loads((SOURCE / "rules/danger/violence.toml").read_text())["hit"]]
        bodies = HOSTILE + [samples[number % len(samples)] + f" {number}" for number in range(findings)]
        rows = [phone.row_of(number, body, HOSTILE[number % 5] if number % 40 == 0 else None)
                for number, body in enumerate(bodies, 1)]
        phone.make_store(tree / phone.STORE, rows)
        image = phone.make_image(self.evidence / f"hostile-{findings}.dd", tree)
        shutil.rmtree(tree)
        return image

    def interrupted(self):
        """Ended while its bytes are read: what was found until then has a report too."""
        for attempt in range(5):  # the faster the machine, the larger the image
            image = images.blank(self.evidence / "large.dd", 96 << (20 + attempt))
            images.run("mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=0", "-d", SAMPLES, image)
            out = self.work / f"interrupted-{attempt}"
            process = subprocess.Popen([LIMIER, "triage", image, "--out", out, *AUTHORITY, "--progress", "json", "--quiet"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                       env=environment(LIMIER_CHECKPOINT_BYTES=str(1 << 20)), text=True)
            for line in process.stderr:
                if '"sweep"' in line:
                    process.terminate()
                    break
            process.communicate(timeout=120)
            if process.returncode == 143:
                assert limier("report", out).returncode == 0
                self.pages["interrupted"] = out / "report.html"
                return
        raise AssertionError("no run was interrupted")

    def manifest(self, name, rows):
        path = self.work / name
        path.write_text("exhibit,path,authority\n" + "".join(f"{exhibit},{image},warrant\n" for exhibit, image in rows))
        return path

    def batch(self, name, manifest):
        out = self.work / name
        done = limier("batch", "plan", manifest, "--out", out)
        assert done.returncode == 0, done.stderr
        for step in (("run", out, "--progress", "none"), ("merge", out)):
            done = limier("batch", *step, timeout=900)
            assert done.returncode in (0, 1, 3, 4, 5), done.stderr
        return out


if __name__ == "__main__":  # makes them in a folder, to be looked at
    for page_name, page_path in Made(os.fspath(sys.argv[1])).all().items():
        print(page_name, page_path)
