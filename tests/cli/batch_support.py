"""What the batch tests share: a manifest over the samples, and running batch commands on it."""
import json

from cli_support import SAMPLES, CliTest, limier

AUTHORITY = "warrant 12/2026"


class BatchTest(CliTest):
    def manifest(self, rows, name="manifest.csv", header="exhibit,path,authority"):
        path = self.work / name
        path.write_text(header + "\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path

    def samples(self):
        return [f"{name},{SAMPLES / file},{AUTHORITY}"
                for name, file in (("A-1", "laptop.E01"), ("A-2", "phone.E01"), ("A-3", "stick.001"))]

    def garbage(self):
        path = self.evidence / "garbage.E01"
        path.write_bytes(bytes((i * 37 + 11) % 256 for i in range(200_000)))
        return f"G-1,{path},{AUTHORITY}"

    def batch(self, command, *arguments, case=True, **options):
        place = [self.out] if case else []
        quiet = ["--progress", "none"] if command in ("run", "resume", "exec") else []
        return limier("batch", command, *place, *arguments, *quiet, **options)

    def plan(self, manifest, *options, **keywords):
        return limier("batch", "plan", manifest, "--out", self.out, *options, **keywords)

    def planned(self, rows, *options):
        done = self.plan(self.manifest(rows), *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def status(self):
        return self.parse(self.batch("status", "--json"))

    def states(self):
        return {one["exhibit"]: one["state"] for one in self.status()["exhibits"]}

    def codes(self):
        return {one["exhibit"]: one["exit_code"] for one in self.status()["exhibits"]}

    def finished_files(self):
        """Every file of finished work, with what must not change when nothing is to be done."""
        found = {}
        for folder in ("records", "exhibits", "keys", "tasks"):
            for path in sorted((self.out / folder).rglob("*")):
                if path.is_file() and path.suffix != ".lock":
                    found[str(path)] = (path.stat().st_mtime_ns, path.stat().st_ino, path.stat().st_size)
        return found

    def record(self, folder):
        return json.loads((self.out / "records" / f"{folder}.json").read_text(encoding="utf-8"))


def lines_of(stream):
    return [line for line in stream.decode("utf-8", "replace").splitlines() if line.strip()]


