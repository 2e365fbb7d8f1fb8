"""Types by content in the real program: what was put into a file system, also inside inodes, is named for what it is."""
import io
import json
import unittest
import zipfile

import images
from cli_support import CliTest, limier

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100
PDF = b"%PDF-1.5\n" + bytes(range(256)) * 200 + b"trailer\n<< /Size 9 /Encrypt 8 0 R >>\n%%EOF\n"


def archive(encrypted=False):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.txt", b"hello" * 50)
    data = bytearray(packed.getvalue())
    if encrypted:
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


FILES = {
    "picture.png": (PNG, "PNG picture", 0),
    "holiday.txt": (PNG, "PNG picture", 1),
    "noise.bin": (bytes((n * n * 7 + n // 3) % 251 for n in range(300)), "Data of no known type", None),
    "tiny.txt": (b"hello\n", "Text (ASCII)", None),
    "tiny.png": (PNG[:60], "PNG picture", 0),
    "a.zip": (archive(), "ZIP archive", 0),
    "b.zip": (archive(True), "ZIP archive", 0),
    "locked.pdf": (PDF, "PDF document", 0),
    "empty": (b"", "Empty", None),
}


class Types(CliTest):
    def image(self, *options):
        tree = self.evidence / "tree"
        tree.mkdir(exist_ok=True)
        for name, (data, _, _) in FILES.items():
            (tree / name).write_bytes(data)
        path = self.evidence / "types.dd"
        images.run("mke2fs", "-q", "-F", "-t", "ext4", *options, "-d", tree, path, "8M")
        return path

    def rows(self, sql):
        done = limier("sql", self.out, sql, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check_types(self):
        found = {row["name"]: row for row in self.rows("SELECT name, type_name, mime, ext_mismatch, entropy FROM v_file")}
        for name, (data, kind, mismatch) in FILES.items():
            with self.subTest(name=name):
                self.assertEqual(found[name]["type_name"], kind)
                self.assertEqual(found[name]["ext_mismatch"] if mismatch is not None else None,
                                 None if mismatch is None else bool(mismatch))
                self.assertEqual(found[name]["entropy"] is None, not data)

    def test_files_in_blocks(self):
        self.assertEqual(self.triage(self.image()).returncode, 0)
        self.check_types()
        locked = self.rows("SELECT f.name, e.scheme, e.certainty FROM v_encryption e JOIN v_file f USING (file_id) ORDER BY 1")
        self.assertEqual([(row["name"], row["scheme"], row["certainty"]) for row in locked],
                         [("b.zip", "ZIP (AES or ZipCrypto)", "structure"), ("locked.pdf", "PDF encryption", "structure")])
        report = json.loads((self.out / "report.json").read_text(encoding="utf-8"))
        self.assertEqual([one["path"] for one in report["notable"]["name_mismatch"]], ["/holiday.txt"])
        self.assertEqual(report["notable"]["name_mismatches"], 1)
        kinds = {one["name"]: one["items"] for one in report["files"]["by_type"]}
        self.assertEqual(kinds["PNG picture"], 3)
        page = (self.out / "report.html").read_text(encoding="utf-8")
        self.assertIn("Files whose name claims another type", page)
        self.assertIn("By type of content", page)
        content = self.rows("SELECT files FROM v_content WHERE type_name = 'PNG picture' ORDER BY files DESC")
        self.assertEqual([row["files"] for row in content], [2, 1])

    def test_files_inside_inodes(self):
        self.assertEqual(self.triage(self.image("-O", "inline_data", "-I", "512")).returncode, 0)
        self.assertTrue(self.rows("SELECT 1 FROM v_extent WHERE kind = 'resident'"))
        self.check_types()


if __name__ == "__main__":
    unittest.main()
