"""dfxml.xml and junit.xml against the structure their published schemas ask for."""
import re
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from cli_support import SAMPLES, CliTest, limier, make_ext4, tool

SPACE = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

# dfxml.xsd of the DFXML working group: children in this order, * any number of times.
SEQUENCES = {
    "dfxml": "metadata creator source volume* fileobject*",
    "creator": "program version build_environment execution_environment library*",
    "source": "image_filename*",
    "volume": "byte_runs* partition_offset sector_size block_size ftype ftype_str block_count first_block last_block "
              "allocated_only fileobject*",
    "fileobject": "parent_object filename* partition id name_type filesize unalloc alloc used unused orphan compressed "
                  "inode meta_type mode nlink uid gid mtime ctime atime crtime seq dtime bkup_time link_target libmagic "
                  "byte_runs hashdigest*",
    "parent_object": "inode", "byte_runs": "byte_run*", "byte_run": "hashdigest*",
}
ATTRIBUTES = {"dfxml": {"version", "catalogDesignDate"}, "volume": {"offset"}, "hashdigest": {"type", "base"},
              "byte_run": {"file_offset", "fs_offset", "img_offset", "len", "uncompressed_len", "fill", "type"}}
POSITIVE = {"partition", "partition_offset", "sector_size", "block_size"}
NOT_NEGATIVE = {"inode", "mode", "nlink", "uid", "gid"}
BOOLEAN = {"alloc", "unalloc", "orphan"}
TIMES = {"mtime", "ctime", "atime", "crtime"}
DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class Dfxml(CliTest):
    def check(self, element):
        name = element.tag.removeprefix(SPACE)
        self.assertNotIn("{", name)
        self.assertLessEqual(set(element.attrib), ATTRIBUTES.get(name, set()), name)
        text = (element.text or "").strip()
        if name in POSITIVE:
            self.assertGreater(int(text), 0, name)
        elif name in NOT_NEGATIVE:
            self.assertGreaterEqual(int(text), 0, name)
        elif name in BOOLEAN:
            self.assertIn(text, ("0", "1"), name)
        elif name in TIMES:
            self.assertRegex(text, DATE_TIME)
        elif name == "name_type":
            self.assertIn(text, list("-pcdbrlshwv"))
        elif name == "hashdigest":
            self.assertIn(element.get("type"), ("md5", "sha1", "sha256"))
        for value in element.attrib.values():
            if name == "byte_run" and value.lstrip("-").isdigit():
                self.assertGreaterEqual(int(value), 0)
        if name == "metadata":
            self.assertEqual([child.tag for child in element], [DUBLIN_CORE + "type"])
            return
        wanted = SEQUENCES.get(name, "").split()
        at = 0
        for child in element:
            child_name = child.tag.removeprefix(SPACE)
            while at < len(wanted) and wanted[at].rstrip("*") != child_name:
                at += 1
            self.assertLess(at, len(wanted), f"{child_name} does not belong here in {name}")
            if not wanted[at].endswith("*"):
                at += 1
            self.check(child)

    def report(self, image):
        out = self.work / ("case-" + image.name)
        self.assertIn(self.triage(image, out=out).returncode, (0, 5))
        done = limier("report", out, "--format", "dfxml,junit")
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_samples_and_a_file_system_without_a_table(self):
        bare = self.evidence / "bare.dd"
        bare.write_bytes(b"\0" * (2 << 20))
        subprocess.run([tool("mkfs.fat"), bare], check=True, capture_output=True)
        for image in (SAMPLES / "laptop.E01", SAMPLES / "phone.E01", SAMPLES / "stick.001", bare,
                      make_ext4(self.evidence / "ext4.dd")):
            with self.subTest(image=image.name):
                out = self.report(image)
                root = ElementTree.parse(out / "dfxml.xml").getroot()
                self.assertEqual(root.tag, SPACE + "dfxml")
                self.check(root)
                files = self.query("SELECT count(*) FROM v_file", out)[0][0]
                self.assertEqual(len(root.findall(f"{SPACE}volume/{SPACE}fileobject")), files)
                self.assertIn(self.query("SELECT sha256 FROM v_evidence", out)[0][0],
                              (out / "dfxml.xml").read_text(encoding="utf-8"))

    def test_junit_attributes(self):
        root = ElementTree.parse(self.report(SAMPLES / "phone.E01") / "junit.xml").getroot()
        self.assertEqual(root.tag, "testsuites")
        self.assertLessEqual(set(root.attrib), {"name", "time", "tests", "failures", "disabled", "errors"})
        for suite in root:
            self.assertLessEqual(set(suite.attrib), {"name", "tests", "failures", "errors", "skipped", "time"})
            for case in suite:
                self.assertLessEqual(set(case.attrib), {"classname", "name", "time"})


if __name__ == "__main__":
    unittest.main()
