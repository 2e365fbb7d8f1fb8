"""report.html without a browser: where its links lead, what its tables of rows and of the user's files say (tests/page has the rest)."""
import html.parser
import json
import re
import subprocess
import sys
import unittest

from cli_support import SOURCE, CliTest, tool

sys.path.insert(0, str(SOURCE / "tests/page"))

import cases  # noqa: E402
import phone  # noqa: E402

KEPT, GONE = "media/0/DCIM/Camera/kept.jpg", "media/0/Download/gone.pdf"


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links = [], []
        self.feed(text)

    def handle_starttag(self, _, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)


def section(page, title):
    """From this heading to the next one."""
    start = page.index(f"<h3>{title}")
    return page[start:page.index("<h", start + 4)]


class PageLinks(CliTest):
    def test_with_more_findings_than_the_page_shows(self):
        made = cases.Made(self.work / "made")
        made.triage("hostile", made.hostile(260))
        page = made.pages["hostile"].read_text(encoding="utf-8")
        self.assertGreater(self.query("SELECT count(*) FROM v_finding", made.pages["hostile"].parent)[0][0], 200)
        found = Links(page)
        self.assertEqual(len(found.ids), len(set(found.ids)))
        self.assertGreater(sum(link.startswith("#finding-") for link in found.links), 200)
        self.assertEqual([link for link in found.links if link[1:] not in found.ids], [])
        rows = section(page, "Messages")
        self.assertRegex(rows, r'<th scope="col" class="small">read from</th></tr>')
        self.assertRegex(rows, r'<td class="small">file:\d+, <bdi>sqlite:sms:rowid=\d+</bdi>, [^·]*page \d+[^·]* · <bdi>[\w-]+</bdi> <bdi>[\d.]+</bdi>, content \d+</td>')
        self.assertIn("The same in all rows below: service: <bdi>SMS</bdi>;", rows)
        self.assertNotIn(">parser version<", rows)

    def test_the_users_own_files(self):
        tree = self.work / "tree"
        for path, text in ((KEPT, "picture"), (GONE, "paper"), ("system/app/clock.apk", "clock"), ("media/0/Android/data/x/cache", "cache")):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        image = phone.make_image(self.evidence / "disk.dd", tree)
        subprocess.run([tool("debugfs"), "-w", "-R", f"rm /{GONE}", image], check=True, capture_output=True)
        self.assertEqual(self.triage(image).returncode, 0)
        page = (self.out / "report.html").read_text(encoding="utf-8")
        own = dict(re.findall(r'<bdi>(/[^<]*)</bdi>.*?<td class="short">((?:<span class="tag">deleted</span>, )?[a-z-]+)</td></tr>',
                              section(page, "The user’s own files, newest first")))
        self.assertEqual(set(own), {f"/{KEPT}", f"/{GONE}"})
        self.assertIn("deleted", own[f"/{GONE}"])
        self.assertNotIn("deleted", own[f"/{KEPT}"])
        self.assertIn("/system/app/clock.apk", section(page, "Files of the system and its programs, newest first"))
        self.assertIn("/media/0/Android/data/x/cache", section(page, "Other files, newest first"))
        files = json.loads((self.out / "report.json").read_text(encoding="utf-8"))["files"]
        self.assertEqual(files["user"], 2)
        self.assertEqual({(one["path"], one["deleted"]) for one in files["most_recent_user"]}, {(f"/{KEPT}", False), (f"/{GONE}", True)})


if __name__ == "__main__":
    unittest.main()
