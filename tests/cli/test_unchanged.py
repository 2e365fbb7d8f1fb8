"""What the listing says of the corpus and the samples stays what it was: digests of rows, stored, for the profiles that
look into no content. LIMIER_RENEW_LISTINGS=1 writes them anew: only on purpose, with the reason in
docs/differences-from-tsk.md or the changelog."""
import hashlib
import json
import os
import pathlib
import shutil
import unittest
from concurrent.futures import ThreadPoolExecutor

import support

STORED = pathlib.Path(__file__).with_name("listings.json")
# What is known of content beyond its digests comes from later layers.
OF_CONTENT = {"mime", "type_name", "ext_mismatch", "entropy", "known", "known_source", "known_category", "content_reason"}
# Of extractions alone: what an archive calls the file.
OF_ARCHIVES = {"stored_name", "stored_name_raw"}
ROWS = {
    "v_file": "SELECT {columns} FROM v_file ORDER BY file_id",
    "v_extent": "SELECT * FROM v_extent ORDER BY file_id, seq",
    "v_coverage": "SELECT * FROM v_coverage ORDER BY image_offset",
    "v_timeline": "SELECT t, t_ns, macb, source, file_id, path, description, zone_basis FROM v_timeline WHERE source IN "
                  "('fs', 'ntfs-fn') ORDER BY t_s, t_ns, t, file_id, source, macb DESC",
}


def listing_of(folder):
    with support.Index(folder / "index.db") as index:
        columns = [row[1] for row in index.connection.execute("PRAGMA table_info(v_file)") if row[1] not in OF_CONTENT | OF_ARCHIVES]
        result = {}
        for view, sql in ROWS.items():
            digest, count = hashlib.sha256(), 0
            for row in index.connection.execute(sql.format(columns=", ".join(sorted(columns)))):
                digest.update(repr(tuple(row)).encode())
                count += 1
            result[view] = f"{count} {digest.hexdigest()[:24]}"
        return result


class Unchanged(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        # Apart from evidence that was unpacked: nothing may come into its folder.
        cls.results = support.Scratch()
        cls.addClassCleanup(cls.results.cleanup)
        cls.cases = support.sample_cases()
        if support.CORPUS.exists():
            cls.cases += [case for case in support.corpus_cases(cls.scratch.path) if case.image.stat().st_size < 64 << 20]

    def listings(self, numbered):
        number, (case, profile) = numbered
        folder = self.results.path / f"case {number}"
        run = support.triage(case.image, folder, "--profile", profile, "--jobs", "1")
        found = listing_of(folder) if run.has_index else {"exit": run.code}
        shutil.rmtree(folder, ignore_errors=True)
        return f"{case.path} --profile {profile}", found

    def test_listings_are_those_that_are_stored(self):
        jobs = [(case, profile) for case in self.cases for profile in ("list", "quick")]
        with ThreadPoolExecutor(2) as pool:
            found = dict(pool.map(self.listings, enumerate(jobs)))
        stored = json.loads(STORED.read_text()) if STORED.exists() else {}
        if os.environ.get("LIMIER_RENEW_LISTINGS"):
            STORED.write_text(json.dumps({**stored, **found}, indent=1, sort_keys=True) + "\n")
            return
        for name, listing in found.items():
            with self.subTest(name):
                self.assertEqual(stored.get(name), listing)
        if not support.CORPUS.exists():
            self.skipTest(support.NO_CORPUS + " (the samples were compared)")


if __name__ == "__main__":
    unittest.main()
