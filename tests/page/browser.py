"""A headless Chromium, spoken to through its DevTools pipe: no port is opened, and nothing but the standard library is needed."""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DEADLINE_S = 240  # of one command: a long page on a busy machine takes its time


def find():
    """The browser that LIMIER_CHROMIUM names, else the first that is installed; None: there is none."""
    named = os.environ.get("LIMIER_CHROMIUM")
    if named is not None:
        return named or None
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    pass


class Gone(BrowserError):
    """The browser ended or does not answer, whatever the page: a fault of the machine as long as it does not come again."""


class Browser:
    """One browser with a profile of its own; `open` gives pages. To be closed, or used with `with`."""

    def __init__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="limier-chromium-", ignore_cleanup_errors=True)
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        self._buffer, self._next, self._events = b"", 0, {}

        def give_pipes():  # Chromium reads commands from 3 and answers on 4.
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (to_read, to_write)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [find(), "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "--no-first-run",
                   "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                   "--disable-sync", "--disable-quic", "--hide-scrollbars", "--force-color-profile=srgb",
                   "--no-sandbox",  # it starts neither as root nor where user namespaces are forbidden; the pages are our own
                   "about:blank"]
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, close_fds=False,
                                         preexec_fn=give_pipes)
        os.close(to_read)
        os.close(to_write)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.close(self._to)  # the end of the pipe ends the browser
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)
        self._log.close()
        self._profile.cleanup()

    def call(self, method, session=None, **parameters):
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            try:
                data = data[os.write(self._to, data):]
            except BrokenPipeError as error:
                raise self._gone() from error
        wanted, until = self._next, time.monotonic() + DEADLINE_S
        while True:
            got = self._receive(until, method)
            if got.get("id") == wanted:
                if "error" in got:
                    raise BrowserError(f"{method}: {got['error']}")
                return got["result"]

    def _receive(self, until, what):
        while b"\0" not in self._buffer:
            if not select.select([self._from], [], [], max(0, until - time.monotonic()))[0]:
                raise Gone(f"no answer to {what} within {DEADLINE_S} s")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise self._gone()
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        got = json.loads(line)
        if "method" in got:
            self._events.setdefault(got.get("sessionId"), []).append(got)
        return got

    def _gone(self):
        self._log.seek(0)
        return Gone(f"the browser is gone: {self._log.read()[-2000:].decode(errors='replace')}")

    def events(self, session):
        return self._events.setdefault(session, [])

    def wait(self, session, method):
        until = time.monotonic() + DEADLINE_S
        while not any(event["method"] == method for event in self.events(session)):
            self._receive(until, method)

    def open(self, path, width=1400, dark=False):
        """The page of a file, loaded at this width."""
        return Page(self, pathlib.Path(path).resolve().as_uri(), width, dark)


class Page:
    """One tab. Notes from before the navigation on what went to the console and to the network."""

    def __init__(self, browser, address, width, dark):
        self.browser, self.address = browser, address
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")
        self.resize(width)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        browser.events(self.session).clear()
        self.call("Page.navigate", url=address)
        browser.wait(self.session, "Page.loadEventFired")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None or not issubclass(kind, Gone):
            self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def run(self, script):
        """What the expression gives; of a promise what it comes to."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(f"{script[:200]}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def messages(self):
        """All that went to the console, as text."""
        found = []
        for event in self.browser.events(self.session):
            if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
                found.append(json.dumps(event["params"])[:500])
        return found

    def requests(self):
        """The addresses that were asked for, the page itself among them."""
        return [event["params"]["request"]["url"] for event in self.browser.events(self.session)
                if event["method"] == "Network.requestWillBeSent"]

    def press(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(data["data"]))

    def print(self, path):
        """The page as PDF, on the paper that its style sheet asks for."""
        done = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True, transferMode="ReturnAsStream")
        with open(path, "wb") as out:
            while True:
                piece = self.call("IO.read", handle=done["stream"], size=1 << 20)
                out.write(base64.b64decode(piece["data"]) if piece.get("base64Encoded") else piece["data"].encode())
                if piece["eof"]:
                    break
        self.call("IO.close", handle=done["stream"])


def opening(path):
    """In a browser that was just started: milliseconds from the start of the navigation to domComplete, and CPU seconds that the page's
    own thread took until it was painted."""
    with Browser() as browser, browser.open(path) as page:
        complete = page.run("new Promise(done => { const look = () => { const one = performance.getEntriesByType('navigation')[0]; "
                            "one.domComplete ? done(one.domComplete) : setTimeout(look, 20) }; look() })")
        page.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
        taken = {one["name"]: one["value"] for one in page.call("Performance.getMetrics")["metrics"]}
        return complete, taken["TaskDuration"]
