"""report.html and case.html as a browser shows and prints them: nothing on the console, nothing asked of the network, no rule of axe
broken at three widths and in the dark, every table reachable by keyboard, every link leading somewhere, the print whole.

Exits 77 (skipped) where there is no Chromium or no pdftotext, and, when all else passed, where axe-core is missing."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import browser  # noqa: E402
from cases import SOURCE, Made  # noqa: E402

SKIPPED = 77
AXE = pathlib.Path(os.environ.get("LIMIER_AXE", SOURCE / "build/page-tools/node_modules/axe-core/axe.min.js"))
WIDTHS = (1400, 800, 400)
TAB, RIGHT = ("Tab", 9), ("ArrowRight", 39)
MAX_STOPS = 6000
# More findings than a page shows: for links and print. For axe it is "hostile" once more, and takes ten times as long.
NOT_FOR_AXE = {"many"}
# A4, and a margin of 15 mm less a hair, in points.
PAPER_WIDTH, MARGIN = 595, 40

SCROLLERS = """[...document.querySelectorAll('body *')].filter(one => !one.closest('svg') && one.scrollWidth > one.clientWidth + 1 &&
  ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))"""
# What is cut off without a way to see it.
CUT = """[...document.querySelectorAll('body *')].filter(one => !one.closest('svg') && one.scrollWidth > one.clientWidth + 1 &&
  ['hidden', 'clip'].includes(getComputedStyle(one).overflowX)).map(one => one.outerHTML.slice(0, 200))"""
LINKS = """[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))"""
IDS = """[...document.querySelectorAll('[id]')].map(one => one.id)"""
SECTIONS = """[...document.querySelectorAll('section')].map(one => [one.id, one.innerText])"""
WATCH = """window.stops = []; document.addEventListener('focusin', event => {
  const style = getComputedStyle(event.target);
  stops.push([event.target, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0]) })"""


def plain(text):
    """Without what the setting of a text may change: spaces, breaks, ligatures."""
    return re.sub(r"\s|\u00ad|\u200b", "", unicodedata.normalize("NFKC", text))


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="limier-pages-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.work = pathlib.Path(cls.scratch.name)
        cls.pages = Made(cls.work).all()

    def setUp(self):
        self.browser = browser.Browser()
        self.addCleanup(lambda: self.browser.close())

    def look(self, path, check, **options):
        """`check` of this page, up to three times, each in a new browser: what is wrong with a page is wrong every time, while a
        browser that gets no time on a busy machine ends, or is late."""
        for attempt in range(3):
            try:
                with self.browser.open(path, **options) as page:
                    return check(path, page)
            except (browser.BrowserError, AssertionError) as error:
                if attempt == 2:
                    raise
                print(f"{path.name}: {self.id()}: {str(error)[:500]}; in a new browser", file=sys.stderr)
                self.browser.close()
                self.browser = browser.Browser()

    def each(self, check, without=(), **options):
        """`check` of every page, loaded anew."""
        for name, path in self.pages.items():
            if name not in without:
                with self.subTest(page=name):
                    self.look(path, check, **options)

    def test_nothing_on_the_console_and_nothing_from_the_network(self):
        def check(path, page):
            for width in WIDTHS:
                page.resize(width)
            page.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
            self.assertEqual(page.messages(), [])
            self.assertEqual(page.requests(), [path.resolve().as_uri()])
            self.assertEqual(page.run("document.scripts.length"), 0)

        self.each(check)

    def test_a_message_and_a_request_would_be_seen(self):
        """That the two lists above are empty says something only where they can be full."""
        bad = self.work / "bad.html"
        bad.write_text("<!DOCTYPE html><html lang=en><title>bad</title><img src='no.png' alt=''><script>console.log(1);nothing()</script>")

        def check(_, page):
            self.assertGreaterEqual(len(page.messages()), 2)
            self.assertEqual(len(page.requests()), 2)

        self.look(bad, check)

    def test_the_page_is_no_wider_than_the_window(self):
        def check(_, page):
            for width in WIDTHS:
                page.resize(width)
                self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width)
                self.assertEqual(page.run(CUT), [], f"cut off at {width}")

        self.each(check)

    def test_every_scrollable_box_is_reached_and_moved_by_keyboard(self):
        boxes = 0

        def check(_, page):
            nonlocal boxes
            page.run(f"window.boxes = {SCROLLERS}; {WATCH}")
            count = page.run("boxes.length")
            boxes += count
            # Not every browser makes a box that scrolls a stop of the tabulator by itself.
            self.assertEqual(page.run("boxes.filter(one => one.getAttribute('tabindex') !== '0').map(one => one.outerHTML.slice(0, 150))"), [])
            stops = page.run("document.querySelectorAll('a[href], [tabindex=\"0\"]').length")
            self.assertLess(stops, MAX_STOPS)
            for _ in range(stops + 3):  # the first once more: it may have come before the page had the keyboard
                page.press(*TAB)
            self.assertEqual(page.run("boxes.filter(one => !stops.some(([stop]) => stop === one)).map(one => one.ariaLabel)"), [])
            self.assertEqual(page.run("[...new Set(stops.map(([one]) => one))].filter(one => !stops.some(([stop, seen]) => stop === one && seen))"
                                      ".map(one => one.outerHTML.slice(0, 150))"), [])
            for at in range(min(count, 5)):
                page.run(f"boxes[{at}].focus()")
                page.press(*RIGHT)
                self.assertTrue(page.run(f"new Promise(done => {{ let tries = 1500; const look = () => boxes[{at}].scrollLeft > 0 ? "
                                         "done(true) : --tries ? setTimeout(look, 20) : done(false); look() })"), at)

        self.each(check, width=400)
        self.assertGreater(boxes, 10)

    def test_every_link_leads_somewhere(self):
        findings = 0

        def check(path, page):
            nonlocal findings
            ids = page.run(IDS)
            self.assertEqual([one for one, times in collections.Counter(ids).items() if times > 1], [])
            for link in page.run(LINKS):
                place, _, part = link.partition("#")
                self.assertNotRegex(place, r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
                if place:
                    self.assertTrue((path.parent / urllib.parse.unquote(place)).is_file(), link)
                else:
                    self.assertIn(urllib.parse.unquote(part), ids)
                    findings += part.startswith("finding-")

        self.each(check)
        self.assertGreater(findings, 200)

    def test_the_print_is_whole(self):
        def check(_, page):
            printed = self.work / "print.pdf"
            page.call("Emulation.setEmulatedMedia", media="print")
            sections = page.run(SECTIONS)
            everything = page.run("document.body.innerText")
            page.call("Emulation.setEmulatedMedia", media="")
            page.print(printed)
            text = subprocess.run(["pdftotext", "-raw", printed, "-"], check=True, capture_output=True).stdout.decode()
            leaves = text.split("\f")[:-1]
            self.assertLessEqual(len(leaves), 4 + len(everything) // 900, "far more paper than text")
            for number, leaf in enumerate(leaves[:-1], 1):
                self.assertGreater(len(plain(leaf)), 40, f"page {number} of {len(leaves)} is next to empty")
            self.whole(plain(text), plain(everything))
            self.assertGreater(len(sections), 8)
            for section, body in sections:
                lines = [cell for line in body.splitlines() for cell in line.split("\t") if cell.isascii() and plain(cell)]
                for line in (lines[0], lines[-1]):
                    self.assertIn(plain(line), plain(text), section)
            self.inside(printed)

        self.each(check)

    def whole(self, printed, shown):
        """No letter of the page is missing on paper, which has the heads of tables more often."""
        on_paper = collections.Counter(printed)
        missing = {letter: count - on_paper[letter] for letter, count in collections.Counter(shown).items()
                   if letter.isascii() and letter.isalnum() and count > on_paper[letter]}
        self.assertEqual(missing, {})

    def inside(self, printed):
        """Every word lies within the margins of its leaf."""
        boxes = subprocess.run(["pdftotext", "-bbox", printed, "-"], check=True, capture_output=True).stdout.decode()
        words = re.findall(r'<word xMin="([-0-9.]+)" yMin="[-0-9.]+" xMax="([-0-9.]+)" yMax="[-0-9.]+">(.*?)</word>', boxes)
        self.assertGreater(len(words), 200)
        outside = [word for left, right, word in words if float(left) < MARGIN or float(right) > PAPER_WIDTH - MARGIN]
        self.assertEqual(outside, [])

    @unittest.skipUnless(AXE.exists(), "axe-core is not installed")
    def test_no_rule_of_axe_is_broken(self):
        """Every rule once at each width; that of contrast, which takes longest, by what it depends on: once in each set of colours."""
        contrast = {"color-contrast": {"enabled": False}}
        in_the_light = [(WIDTHS[0], {}), *((width, {"rules": contrast}) for width in WIDTHS[1:])]
        in_the_dark = [(WIDTHS[0], {"runOnly": ["color-contrast"]})]
        for dark, rounds in ((False, in_the_light), (True, in_the_dark)):
            def check(_, page, dark=dark, rounds=rounds):
                page.run(AXE.read_text(encoding="utf-8"))
                for width, options in rounds:
                    page.resize(width)
                    given = json.dumps({"preload": False, "resultTypes": ["violations"], **options})
                    found = page.run(f"axe.run(document, {given}).then(done => done.violations.map(one => "
                                     "[one.id, one.help, one.nodes.length, one.nodes.slice(0, 3).map(node => node.html)]))")
                    self.assertEqual(found, [], f"{'dark, ' if dark else ''}{width}: {json.dumps(found, indent=1)}")

            self.each(check, NOT_FOR_AXE, dark=dark)

    @unittest.skipUnless(AXE.exists(), "axe-core is not installed")
    def test_axe_sees_what_is_wrong(self):
        bad = self.work / "wrong.html"
        bad.write_text("<!DOCTYPE html><title>wrong</title><p style='color:#ccc;background:#fff'>faint</p><img src='data:,'>")

        def check(_, page):
            page.run(AXE.read_text(encoding="utf-8"))
            found = page.run("axe.run(document, {preload: false}).then(done => done.violations.map(one => one.id))")
            self.assertLessEqual({"color-contrast", "html-has-lang", "image-alt"}, set(found))

        self.look(bad, check)


def main():
    missing = [name for name, there in (("Chromium", browser.find()), ("pdftotext", shutil.which("pdftotext"))) if not there]
    if missing:
        print(f"SKIPPED, nothing was tested: {' and '.join(missing)} not installed (scripts/install-deps --pages)", file=sys.stderr)
        return SKIPPED
    done = unittest.main(exit=False).result
    if not done.wasSuccessful():
        return 1
    if done.skipped:
        print("SKIPPED in part: axe-core is not installed (scripts/install-deps --pages); all else passed", file=sys.stderr)
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
