"""What was put into the made-up devices and samples must come out: content, deletion, times, streams, links, record."""
import collections
import json
import unittest
from datetime import datetime, timezone

import support
from support import CORPUS, NO_CORPUS


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc).timestamp())


class Truth(unittest.TestCase):
    """`entries` are truth files; the two flavours (samples, corpus devices) are brought to one form first."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)

    def triaged(self, image, name):
        run = support.triage(image, self.scratch.path / name, "--digests", "md5,sha1,sha256")
        self.assertIn(run.code, (0, 5), run.err)
        return run

    def check_partition(self, index, sector_size, partition):
        volume = index.one(
            "SELECT * FROM v_volume WHERE image_offset = ? AND fs_type <> '' AND status IN ('parsed','partial')",
            partition["start_sector"] * sector_size,
        )
        local = partition["fs"].startswith("fat")  # exFAT writes the offset from UTC beside each time
        rows = collections.defaultdict(list)
        for row in index.rows("SELECT * FROM v_file WHERE volume_id = ?", volume["volume_id"]):
            rows[row["path"].lstrip("/")].append(row)
        for entry in partition["files"]:
            with self.subTest(partition["name"], path=entry["path"]):
                found = self.find(rows, entry)
                self.assertTrue(found, "not in the index")
                self.assertTrue(
                    any(not self.differences(entry, row, local) for row in found),
                    [(row["path"], self.differences(entry, row, local)) for row in found],
                )

    @staticmethod
    def find(rows, entry):
        found = [row for row in rows.get(entry["path"], []) if bool(row["deleted"]) == entry["deleted"]]
        if found or not entry["deleted"]:
            return found
        # Deletion may cost a name its first letter (FAT short names) or its folder (orphans): then the content decides.
        tail = entry["path"].rsplit("/", 1)[-1][1:]
        return [
            row
            for group in rows.values()
            for row in group
            if row["deleted"] and (row["path"].lower().endswith(tail.lower()) or row["sha256"] == entry["sha256"])
        ]

    def differences(self, entry, row, local):
        wrong = []
        kept = not entry["deleted"] or entry.get("content") == "recovered" or entry.get("content_still_on_disk")
        if kept and entry.get("kind", "file") != "symlink":
            if row["sha256"] != entry["sha256"] or row["md5"] != entry["md5"]:
                wrong.append(f"content ({row['content_state']})")
            if row["size"] != entry["size"]:
                wrong.append(f"size {row['size']}")
        if entry["deleted"] and not kept and row["sha256"] is not None:
            wrong.append(f"a digest for {row['content_state']} content")
        if entry.get("kind") == "symlink" and row["link_target"] != entry["target"]:
            wrong.append(f"target {row['link_target']}")
        if entry.get("kind") == "stream" and (
            row["kind"] != "stream" or row["stream"] != entry["path"].rsplit(":", 1)[1]
        ):
            wrong.append(f"stream {row['kind']} {row['stream']}")
        if row["zone_basis"] != ("local" if local else "utc") and not (local and row["zone_basis"] == "unknown"):
            wrong.append(f"zone basis {row['zone_basis']}")
        if kept:
            wrong += self.time_differences(entry, row, local)
        return wrong

    @staticmethod
    def time_differences(entry, row, local):
        times = dict(entry.get("times", {}))
        for short, name in (("mtime", "modified"), ("atime", "accessed"), ("ctime", "changed"), ("crtime", "created")):
            if entry.get(short):
                times[name] = entry[short]
        times.pop("zone", None)
        if entry["deleted"]:
            times.pop("changed", None)  # deleting a file changes its metadata
        wrong = []
        for name, text in times.items():
            ours = row[name + "_ns"]
            slack = 2 if local else 0  # FAT keeps even seconds
            if local and name != "modified":
                continue
            if ours is None or abs(ours // 10**9 - seconds(text)) >= max(slack, 1):
                wrong.append(f"{name} {row[name]} instead of {text}")
        return wrong

    def check(self, truth, run):
        with run.index() as index:
            evidence = index.one("SELECT * FROM v_evidence")
            for kind in ("md5", "sha1", "sha256"):
                self.assertEqual(evidence[kind], truth["media"][kind])
            self.assertEqual(evidence["size_bytes"], truth["media"]["size"])
            for partition in truth["partitions"]:
                if partition["fs"] and partition.get("files"):
                    self.check_partition(
                        index, truth.get("sector_size") or truth["media"].get("sector_size") or 512, partition
                    )


class Samples(Truth):
    def test_samples(self):
        for case in support.sample_cases():
            with self.subTest(case.path):
                run = self.triaged(case.image, case.image.stem)
                self.check(case.expected, run)
                self.features(case, run)

    def features(self, case, run):
        record = case.expected.get("acquisition")
        with run.index() as index:
            if record:
                row = index.one("SELECT * FROM v_evidence")
                self.assertEqual(
                    (
                        row["acq_case_number"],
                        row["acq_evidence_number"],
                        row["acq_examiner"],
                        row["acq_description"],
                        row["acq_notes"],
                    ),
                    tuple(
                        record[key] for key in ("case_number", "evidence_number", "examiner", "description", "notes")
                    ),
                )
                self.assertEqual(row["verdict"], "verified")
            for partition in case.expected["partitions"]:
                if partition.get("encryption"):
                    volume = index.one("SELECT * FROM v_volume WHERE image_offset = ?", partition["start_sector"] * 512)
                    self.assertEqual((volume["status"], volume["encryption"]), ("encrypted", partition["encryption"]))
                    self.assertEqual(
                        index.one("SELECT certainty FROM v_encryption WHERE volume_id = ?", volume["volume_id"])[
                            "certainty"
                        ],
                        "structure",
                    )
            for partition in case.expected["partitions"]:
                for entry in partition["files"]:
                    self.feature(index, entry)

    def feature(self, index, entry):
        if entry["kind"] == "hardlink":
            names = index.rows(
                "SELECT inode FROM v_file WHERE path IN (?, ?)", "/" + entry["path"], "/" + entry["target"]
            )
            self.assertEqual(len(names), 2)
            self.assertEqual(len({row["inode"] for row in names}), 1, "hard links are names of one inode")
        for feature in set(entry.get("features", ())) & {"compressed", "sparse"}:
            kinds = {
                row["kind"]
                for row in index.rows(
                    "SELECT e.kind FROM v_extent e JOIN v_file f USING (file_id) WHERE f.path = ?", "/" + entry["path"]
                )
            }
            self.assertIn(feature, kinds, entry["path"])


@unittest.skipUnless(CORPUS.exists(), NO_CORPUS)
class Devices(Truth):
    def test_devices(self):
        for path in sorted((CORPUS / "expected/devices").glob("*.truth.json")):
            truth = json.loads(path.read_text(encoding="utf-8"))
            for container in truth["containers"]:
                image = CORPUS / "devices" / container["files"][0]
                with self.subTest(image.name):
                    self.check(truth, self.triaged(image, image.stem))


if __name__ == "__main__":
    unittest.main()
