"""limier against independent readings, on every image of the corpus and every sample.

Each image is triaged once; fls, mmls, icat and the expected values of the corpus are compared with its index. Where
limier differs on purpose, docs/differences-from-tsk.md says why, and the rule stands in a function here whose name starts
with `differs_`.
"""
import collections
import datetime
import hashlib
import json
import math
import re
import unicodedata
import unittest
from concurrent.futures import ThreadPoolExecutor

import support
from support import CORPUS, LIMIER, NO_CORPUS

# What each kind of image in cases.tsv must end with, and the images whose note demands something else.
EXIT_BY_KIND = {"ok": {0}, "damaged": {3, 4, 5}, "unsupported": {3}, "encrypted": {3}, "logical": {0}}
EXIT_BY_PATH = {
    "devices/windows-laptop.E01": {5},  # one partition is BitLocker
    "devices/windows-laptop-split.E01": {5},
    "samples/laptop.E01": {5},
    "images/aff/image.aff": {3},  # containers limier refuses by name
    "images/vm/image.vhd": {3},
    "images/vm/image.vmdk": {3},
    "images/damaged/bitflip.E01": {4},
    "images/damaged/empty.E01": {3},
    "images/damaged/not_an_image.E01": {3},
    "images/damaged/missing_segment.E01": {3},
    "images/damaged/fuzz-alloc-too-big.E01": {3},
    "images/damaged/headerNAMEmod.L01": {3},
    "images/damaged/fls_ntfs_fuzz.raw": {0, 5},
}
ICAT_LIMIT = 400  # recovered files compared per image
INFO_SECONDS = 1.0
FAT_TYPES = ("fat", "exfat")

RESULTS = []
SCRATCH = None


class Result:
    def __init__(self, case, number):
        self.case, self.number = case, number
        self.before = self.after = self.run = None
        self.listings = {}  # (offset, pool block) -> fls lines


def examine(result):
    case = result.case
    segments = support.segments_of(case)
    result.before = (support.folder_state(case.image.parent), [support.sha256_of(path) for path in segments])
    result.run = support.triage(
        case.image, SCRATCH.path / str(result.number), "--digests", "md5,sha1,sha256", "--jobs", "2"
    )
    result.after = (support.folder_state(case.image.parent), [support.sha256_of(path) for path in segments])
    if result.run.has_index:
        for offset, name in case.file_systems:
            blocks = support.apfs_volumes(case.image, offset) if name is None else []
            for block in blocks:
                result.listings[offset, block] = support.fls(case.image, offset, ["-P", "apfs", "-B", block])
            if not blocks:
                result.listings[offset, 0] = support.fls(case.image, offset, case.listing_options)
    return result


def setUpModule():
    global SCRATCH
    SCRATCH = support.Scratch()
    cases = support.sample_cases()
    if CORPUS.exists():
        cases += support.corpus_cases(SCRATCH.path)
    with ThreadPoolExecutor(2) as pool:
        RESULTS.extend(pool.map(examine, [Result(case, number) for number, case in enumerate(cases)]))


def tearDownModule():
    SCRATCH.cleanup()


# ---- differences on purpose (docs/differences-from-tsk.md) -----------------------------------------------------------


def differs_dropped_metadata(listed):
    """fls forgets the metadata of a deleted NTFS name; limier keeps it where the sequence numbers agree."""
    return listed.deleted and listed.size == 0 and listed.times == (None,) * 4


def differs_fat_created(theirs, row):
    """libtsk counts the whole second of the 10-ms field (0 to 199) from 101 on, limier from 100 on, as the field does."""
    ours = row["created_ns"]
    exactly_100 = ours is not None and ours % (2 * 10**9) == 10**9
    return exactly_100 and theirs == ours // 10**9 - 1


def differs_fat_entries(image, path):
    """Entries behind the end mark of their folder are not in use, and what they lead to is not listed (mdir lists neither); a
    long name with the checksum of another short name is not this file's (mdir shows the short one)."""
    paths = {
        "fat32_loop.E01": {"test_dir/n40/4/T1", "test_dir/n40/4/T1/4"},
        "fat_lfn_test.E01": {"long_name_test.txt", "SHORT.TXT"},
    }
    return path.lstrip("/") in paths.get(image.name, ())


def differs_root_streams(row):
    """fls does not list the root directory, so not its streams either; limier lists the streams."""
    return row["kind"] == "stream" and row["path"].startswith("/:")


def differs_name_with_streams_only(row, streamed):
    """An NTFS file without a default stream ($Extend/$ObjId): fls lists its streams only, limier the name as well."""
    return row["kind"] == "file" and (row["inode"], support.comparable_path(row["path"])) in streamed


def differs_resource_forks(fs, row):
    """HFS+ and APFS: fls does not list resource forks; limier lists them as streams named rsrc."""
    return fs in ("hfs+", "apfs") and row["kind"] == "stream" and row["stream"] == "rsrc"


def differs_extended_attributes(row):
    """fls does not list extended attributes; limier lists them as streams named xattr: and their name. What they hold is
    compared with 7-Zip (test_expected_digests) and in tests of their own."""
    return row["kind"] == "stream" and row["stream"].startswith("xattr:")


def differs_birth(fs, name, theirs):
    """UFS 2 keeps the time of birth, and so do ext2 and ext3 in inodes of 256 bytes and more; libtsk does not read it."""
    return fs in ("ufs2", "ext2", "ext3") and name == "created" and theirs is None


def differs_wrapped_time(fs, theirs, text):
    """libtsk has no NTFS times before 1970 or after 2106: it keeps 32 bits of their seconds, and of no time makes 2076."""
    if fs != "ntfs" or theirs is None:
        return False
    seconds_since_1601 = 0
    if text:
        day = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
        seconds_since_1601 = (day - datetime.datetime(1601, 1, 1)) // datetime.timedelta(seconds=1)
    since_1970 = seconds_since_1601 - 11_644_473_600
    wrapped = (since_1970 * 10**7 % 2**64) // 10**7 % 2**32
    return not 0 <= since_1970 < 2**32 and theirs == wrapped


def differs_exfat_times(name, theirs, ours):
    """exFAT keeps the offset from UTC beside each time, in quarters of an hour, and the time of day of the last access; libtsk
    leaves out both, and the odd second where the hundredths are exactly 100."""
    if theirs is None or ours is None:
        return False
    if name == "accessed" and theirs % 86400 == 0:
        return abs(theirs - ours) < 86400 + 16 * 3600
    return any((theirs + odd - ours) % 900 == 0 and abs(theirs - ours) <= 16 * 3600 for odd in (0, 1))


def differs_exfat_made_up(fs, listed):
    """libtsk lists the entry of an empty label once more, as a deleted file, and a file entry whose others are lost as an empty
    file: limier has no row for what is no file or has no name."""
    name = listed.path.removeprefix("$OrphanFiles/")
    return fs == "exfat" and name != listed.path and (name == "$EMPTY_VOLUME_LABEL" or name.startswith("OrphanFile-"))


def differs_iso_created(theirs, ours):
    """ISO 9660 writes a date with its offset from UTC in quarters of an hour, which libtsk leaves out of account."""
    quarters = None if None in (theirs, ours) else (theirs - ours) / 900
    return quarters is not None and quarters == int(quarters) and -48 <= quarters <= 52


def differs_exfat_never_released(fs, row):
    """exFAT: libtsk gives no names of a deleted folder whose clusters are still marked as in use, limier does where no file has
    them (images/fs/exfat_orphan.E01, made for that by the author of another reader, dfir_ntfs)."""
    return fs == "exfat" and row["deleted"] and not row["orphan"] and row["path"].rpartition("/")[0] == "/test"


def differs_unreadable_entry(image, volume, row):
    """Damage: fls repeats what it could read of an MFT entry that istat refuses; limier gives the name alone."""
    return (
        not row["has_metadata"]
        and support.call("istat", "-o", volume["image_offset"] // 512, image, row["inode"]).returncode != 0
    )


def differs_no_digest_of_links_and_folders(mode):
    """fiwalk digests the blocks of directories and the targets of links; limier digests the content of files."""
    return mode[:3] in ("d/d", "l/l")


def seconds(value):
    return None if value is None else math.floor(value / 1e9)


def every_image(check):
    """A test of one image becomes a test of all, each a sub-test of its own."""

    def test(self):
        for result in RESULTS:
            with self.subTest(result.case.path):
                check(self, result)

    return test


def every_index(check):
    """The same for the images that have an index, which is opened."""

    def test(self):
        for result in RESULTS:
            if result.run.has_index:
                with self.subTest(result.case.path), result.run.index() as index:
                    check(self, result, index)

    return test


class Images(unittest.TestCase):
    maxDiff = 4000

    def test_the_corpus_is_there(self):
        if not CORPUS.exists():
            self.skipTest(NO_CORPUS)
        self.assertGreater(len(RESULTS), 70)

    @every_image
    def test_exit_codes(self, result):
        wanted = EXIT_BY_PATH.get(result.case.path, EXIT_BY_KIND[result.case.kind])
        self.assertIn(result.run.code, wanted, result.run.err[-600:])
        if result.run.code not in (0, 1):
            self.assertTrue(
                result.run.err.strip() or result.run.out.strip(), "an exit code without a word of explanation"
            )

    @every_image
    def test_media_that_were_read_have_an_index(self, result):
        if result.run.code in (0, 1, 4, 5):
            self.assertTrue(result.run.has_index)
            self.assertFalse(list(result.run.folder.glob("index.db-*")), "a WAL or journal was left")
            self.assertEqual(
                {
                    "index.db",
                    "report.html",
                    "report.json",
                    "files.csv",
                    "findings.csv",
                    "timeline.csv",
                    "audit.jsonl",
                    "manifest.json",
                }
                - {path.name for path in result.run.folder.iterdir()},
                set(),
            )

    @every_image
    def test_nothing_is_left_of_what_was_refused(self, result):
        if result.run.code == 3 and not result.run.has_index:
            self.assertFalse(result.run.folder.exists() and any(result.run.folder.iterdir()), "half a case folder")

    @every_index
    def test_media_digests(self, result, index):
        row = index.one("SELECT * FROM v_evidence")
        if result.case.md5:
            self.assertEqual(row["md5"], result.case.md5)
        if result.case.sha256:
            self.assertEqual(row["sha256"], result.case.sha256)
        media = result.case.expected.get("media") or {}
        if media.get("size"):
            self.assertEqual(row["size_bytes"], media["size"])

    @every_index
    def test_acquisition_record(self, result, index):
        columns = {
            "case_number": "acq_case_number",
            "evidence_number": "acq_evidence_number",
            "examiner_name": "acq_examiner",
            "description": "acq_description",
            "notes": "acq_notes",
        }
        container = result.case.expected.get("container") or {}
        if not str(container.get("tool", "")).startswith("ewfinfo"):
            return
        row = index.one("SELECT * FROM v_evidence")
        for key, column in columns.items():
            if container.get(key):
                self.assertEqual((row[column] or "").strip(), container[key], column)
        if container.get("md5"):
            self.assertEqual(row["stored_md5"], container["md5"].lower())
        if container.get("sha1"):
            self.assertEqual(row["stored_sha1"], container["sha1"].lower())

    @every_index
    def test_coverage_adds_up(self, result, index):
        size = index.one("SELECT size_bytes FROM v_evidence")["size_bytes"]
        position = 0
        for row in index.rows("SELECT image_offset, length FROM v_coverage ORDER BY image_offset"):
            self.assertEqual(row["image_offset"], position, "a gap or an overlap")
            self.assertGreater(row["length"], 0)
            position += row["length"]
        self.assertEqual(position, size)

    @every_index
    def test_partition_tables(self, result, index):
        table = support.mmls(result.case.image)
        volumes = index.rows("SELECT * FROM v_volume")
        size = index.one("SELECT size_bytes FROM v_evidence")["size_bytes"]
        if table is None:
            self.assertTrue(
                any(volume["scheme"] == "none" and volume["image_offset"] == 0 for volume in volumes), volumes
            )
            return
        unit, entries = table
        have = collections.Counter(
            (volume["slot"], volume["image_offset"], volume["length"], volume["description"]) for volume in volumes
        )
        for slot, start, _, count, description in entries:
            want = (slot, start * unit, max(0, min(count * unit, size - start * unit)), description)
            self.assertGreater(have[want], 0, (want, sorted(have)))

    @every_index
    def test_unread_volumes_are_named(self, result, index):
        unread = index.rows("SELECT * FROM v_volume WHERE status IN ('encrypted','unsupported','failed')")
        listed = index.rows("SELECT * FROM v_not_examined")
        if unread:
            self.assertTrue(listed, unread)
            self.assertNotEqual(result.run.code, 0)
        if result.case.kind == "encrypted":
            self.assertTrue(any(volume["encryption"] for volume in unread), unread)

    @every_image
    def test_evidence_is_untouched(self, result):
        self.assertEqual(result.before, result.after)

    @every_index
    def test_reports_parse(self, result, index):
        report = json.loads((result.run.folder / "report.json").read_text(encoding="utf-8"))
        self.assertIsInstance(report, dict)
        manifest = json.loads((result.run.folder / "manifest.json").read_text(encoding="utf-8"))
        self.assertIsInstance(manifest, dict)
        previous = None
        for line in (result.run.folder / "audit.jsonl").read_bytes().splitlines():
            entry = json.loads(line)
            if previous is not None:
                self.assertIn(previous, json.dumps(entry))
            previous = hashlib.sha256(line).hexdigest()

    @every_index
    def test_info_and_verify(self, result, index):
        runs = []
        for _ in range(3):
            started = support.time.monotonic()
            done = support.call(LIMIER, "info", result.case.image, "--json")
            runs.append(support.time.monotonic() - started)
            if runs[-1] < INFO_SECONDS:
                break
        self.assertIn(done.returncode, (0, 3, 5), done.stderr)
        json.loads(done.stdout)
        self.assertLess(min(runs), INFO_SECONDS)
        if result.number % 3 == 0 or result.case.kind == "damaged":
            done = support.call(LIMIER, "verify", result.case.image, "--json", "--digests", "md5,sha256")
            self.assertIn(done.returncode, (0, 3, 4), done.stderr)
            json.loads(done.stdout)
            if result.case.sha256:
                self.assertIn(result.case.sha256.encode(), done.stdout)
        self.assertEqual(result.before[0], support.folder_state(result.case.image.parent))


def volumes_at(index, offset_sector):
    unit = index.one("SELECT sector_size FROM v_evidence")["sector_size"] or 512
    return index.rows(
        "SELECT * FROM v_volume WHERE image_offset = ? AND status IN ('parsed','partial') AND fs_type <> '' "
        "ORDER BY volume_id",
        offset_sector * unit,
    )


class Listings(unittest.TestCase):
    """Every name fls lists is there, with the same inode, allocation, size and times; and nothing else is."""

    maxDiff = 4000

    @every_index
    def test_every_listed_name(self, result, index):
        pools = iter(range(1000))
        for (offset, block), listed in sorted(result.listings.items()):
            if listed is None:
                continue
            with self.subTest(offset=offset, block=block):
                volumes = [volume for volume in volumes_at(index, offset) if not block or volume["scheme"] == "apfs"]
                self.assertTrue(volumes, "fls lists files here, limier has no file system")
                self.compare(result.case.image, index, volumes[next(pools) if block else 0], listed)

    def compare(self, image, index, volume, listed):
        fs = volume["fs_type"]
        rows = collections.defaultdict(list)
        for row in index.rows("SELECT * FROM v_file WHERE volume_id = ?", volume["volume_id"]):
            rows[row["inode"], support.comparable_path(self.path_of(row))].append(row)
        complaints = []
        for entry in listed:
            if differs_fat_entries(image, entry.path):
                continue
            candidates = rows.get((entry.inode, support.comparable_path(entry.path)), [])
            match = next((row for row in candidates if not self.differences(fs, entry, row)), None)
            if match is not None:
                candidates.remove(match)
            elif candidates and differs_unreadable_entry(image, volume, candidates[0]):
                candidates.pop(0)
            elif candidates:
                complaints.append((entry, self.differences(fs, entry, candidates[0])))
            elif not differs_exfat_made_up(fs, entry):
                complaints.append((entry, "is not in v_file"))
        self.assertEqual(complaints[:8], [], f"{len(complaints)} of {len(listed)}")
        streamed = {
            (entry.inode, support.comparable_path(entry.path).rpartition(":")[0])
            for entry in listed
            if ":" in entry.path
        }
        left = [
            row
            for group in rows.values()
            for row in group
            if not (
                differs_root_streams(row)
                or differs_fat_entries(image, row["path"])
                or differs_name_with_streams_only(row, streamed)
                or differs_resource_forks(fs, row)
                or differs_extended_attributes(row)
                or differs_exfat_never_released(fs, row)
            )
        ]
        self.assertEqual(
            [(row["path"], row["inode"], row["kind"]) for row in left][:8], [], f"{len(left)} rows fls does not list"
        )

    @staticmethod
    def path_of(row):
        return bytes(row["path_raw"]).decode("utf-8", "replace") if row["path_raw"] is not None else row["path"]

    def differences(self, fs, entry, row):
        wrong = []
        if bool(row["deleted"]) != entry.deleted:
            wrong.append(f"deleted {row['deleted']}")
        if (
            fs == "ntfs"
            and entry.attr_type
            and entry.attr_type != 144
            and (row["attr_type"], row["attr_id"]) != (entry.attr_type, entry.attr_id)
        ):
            wrong.append(f"attribute {row['attr_type']}-{row['attr_id']}")
        if differs_dropped_metadata(entry):
            return wrong
        if (row["size"] or 0) != entry.size:
            wrong.append(f"size {row['size']}")
        for name, theirs in zip(("modified", "accessed", "changed", "created"), entry.times):
            ours = seconds(row[name + "_ns"])
            if (
                ours != theirs
                and not (name == "created" and fs.startswith(FAT_TYPES) and differs_fat_created(theirs, row))
                and not (name == "created" and fs == "iso9660" and differs_iso_created(theirs, ours))
                and not differs_birth(fs, name, theirs)
                and not differs_wrapped_time(fs, theirs, row[name])
                and not (fs == "exfat" and differs_exfat_times(name, theirs, ours))
            ):
                wrong.append(f"{name} {ours} instead of {theirs}")
        if (
            not fs.startswith(FAT_TYPES)
            and fs != "ntfs"
            and ((row["uid"] or 0), (row["gid"] or 0)) != (entry.uid, entry.gid)
        ):
            wrong.append(f"owner {row['uid']}:{row['gid']}")
        return wrong


class Contents(unittest.TestCase):
    maxDiff = 4000

    @every_index
    def test_digests_only_for_what_is_intact(self, result, index):
        self.assertEqual(
            [],
            index.rows(
                "SELECT path, content_state FROM v_file WHERE sha256 IS NOT NULL "
                "AND content_state NOT IN ('complete','recovered','empty')"
            ),
        )
        self.assertEqual(
            [],
            index.rows(
                "SELECT path, content_state FROM v_file WHERE sha256 IS NULL "
                "AND content_state IN ('complete','recovered','empty')"
            ),
        )
        self.assertEqual(
            [],
            index.rows("SELECT path FROM v_file WHERE content_state = 'recovered' AND deleted = 0 AND allocated = 1"),
        )

    def check_expected(self, image, index, system):
        """`files`: by fiwalk, MD5 and SHA-1 of allocated files. `independent`: by a tool without libtsk, SHA-256."""
        ids = [volume["volume_id"] for volume in volumes_at(index, system["offset_sector"])]
        if not ids:
            return 0
        rows = index.rows(f"SELECT * FROM v_file WHERE volume_id IN ({','.join('?' * len(ids))}) AND deleted = 0", *ids)
        by_path, normal = collections.defaultdict(list), collections.defaultdict(list)
        for row in rows:
            path = support.comparable_path(Listings.path_of(row))
            by_path[path].append(row)
            normal[unicodedata.normalize("NFC", path)].append(row)
        wrong, compared = [], 0
        for entry in system.get("files", []):
            if (
                entry.get("md5")
                and "(deleted" not in entry["path"]
                and not differs_no_digest_of_links_and_folders(entry["mode"])
                and not differs_fat_entries(image, entry["path"])
            ):
                compared += 1
                group = by_path.get(support.comparable_path(entry["path"]), [])
                if not any((row["md5"], row["sha1"]) == (entry["md5"], entry["sha1"]) for row in group):
                    wrong.append((entry["path"], [(row["md5"], row["content_state"]) for row in group]))
        digests = {row["sha256"] for row in rows}
        for entry in (system.get("independent") or {}).get("files", []):
            if entry.get("sha256"):
                compared += 1
                group = normal.get(unicodedata.normalize("NFC", support.comparable_path(entry["path"])))
                # Where the other tool spells a name differently (short names), its content must be there all the same.
                if entry["sha256"] not in ({row["sha256"] for row in group} if group else digests):
                    wrong.append((entry["path"], [(row["sha256"], row["content_state"]) for row in group or []]))
        self.assertEqual(wrong[:8], [], f"{len(wrong)} of {compared}")
        return compared

    def test_expected_digests(self):
        compared = 0
        for result in RESULTS:
            for system in result.case.expected.get("filesystems", []) if result.run.has_index else []:
                with self.subTest(result.case.path, offset=system["offset_sector"]), result.run.index() as index:
                    compared += self.check_expected(result.case.image, index, system)
        if CORPUS.exists():
            self.assertGreater(compared, 1000)

    def test_recovered_files_equal_icat(self):
        jobs = []
        for result in RESULTS:
            for offset, _ in result.case.file_systems if result.run.has_index else []:
                with result.run.index() as index:
                    for volume in volumes_at(index, offset):
                        if volume["scheme"] != "apfs":
                            jobs += [
                                (result, offset, {**row, "fs_type": volume["fs_type"]})
                                for row in index.rows(
                                    "SELECT * FROM v_file WHERE volume_id = ? AND content_state = 'recovered' "
                                    "ORDER BY file_id LIMIT ?",
                                    volume["volume_id"],
                                    ICAT_LIMIT,
                                )
                            ]
        self.assertGreater(len(jobs), 5)

        def read(job):
            result, offset, row = job
            return hashlib.sha256(
                support.icat(result.case.image, offset, row, options=result.case.listing_options)
            ).hexdigest()

        with ThreadPoolExecutor(2) as pool:
            for (result, _, row), digest in zip(jobs, pool.map(read, jobs)):
                with self.subTest(result.case.path, path=row["path"], inode=row["inode"]):
                    self.assertEqual(row["sha256"], digest)

    @every_index
    def test_file_name_times_equal_fls(self, result, index):
        """The times in $FILE_NAME, which few tools change: every line of `fls -m` is in v_timeline, and no other is."""
        for offset, _ in result.case.file_systems:
            for volume in volumes_at(index, offset):
                if volume["fs_type"] != "ntfs":
                    continue
                theirs = support.fls_file_name_times(result.case.image, offset)
                if result.case.kind == "ok":
                    self.assertGreater(len(theirs), 10)
                ours = collections.defaultdict(set)
                for row in index.rows(
                    "SELECT f.inode, t.path, t.macb, t.t_ns FROM v_timeline t JOIN v_file f USING (file_id) "
                    "WHERE f.volume_id = ? AND t.source = 'ntfs-fn'",
                    volume["volume_id"],
                ):
                    for letter in row["macb"].replace(".", ""):
                        ours[row["inode"], letter].add(row["t_ns"] // 10**9)
                wrong = [
                    (inode, letter, second, ours[inode, letter])
                    for inode, times in theirs.items()
                    for letter, second in times
                    if ours[inode, letter] != {second}
                ]
                self.assertEqual(wrong[:8], [], f"{len(wrong)} of {len(theirs)}")

    @every_index
    def test_times_with_nanoseconds_equal_istat(self, result, index):
        labels = {"modified": "File Modified", "accessed": "Accessed", "created": "Created|File Created"}
        for offset, _ in result.case.file_systems:
            for volume in volumes_at(index, offset):
                if volume["fs_type"] not in ("ntfs", "ext4"):
                    continue
                for row in index.rows(
                    "SELECT * FROM v_file WHERE volume_id = ? AND kind = 'file' AND allocated = 1 AND deleted = 0 "
                    "ORDER BY modified_ns DESC LIMIT 6",
                    volume["volume_id"],
                ):
                    text = support.call(
                        "istat", *(["-o", offset] if offset else []), result.case.image, row["inode"]
                    ).stdout
                    text = text.decode("utf-8", "replace").split("$FILE_NAME Attribute")[0]
                    for name, label in labels.items():
                        found = re.search(rf"^(?:{label}):\s*(\S+ \S+) \(UTC\)", text, re.M)
                        if found and not found.group(1).startswith("0000"):
                            self.assertEqual(row[name], found.group(1).replace(" ", "T") + "Z", (row["path"], name))


if __name__ == "__main__":
    unittest.main()
