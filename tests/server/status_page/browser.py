"""Headless Chromium, told what to do through the pipe of its DevTools protocol."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60
TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}


class Browser:
    """One Chromium with one page, from the constructor to close(). Not thread-safe."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            self.profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            to_read, self.to = os.pipe()
            self.source, to_write = os.pipe()
            # Chromium reads descriptor 3 and writes descriptor 4, which must not be closed by the way there.
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_read, to_write)]

            def place():
                os.dup2(ends[0], 3)
                os.dup2(ends[1], 4)

            self.process = subprocess.Popen(
                [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                 "--no-first-run", "--disable-extensions", "--disable-background-networking", f"--user-data-dir={self.profile}",
                 "--remote-debugging-pipe", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(3, 4), preexec_fn=place)
            for end in (to_read, to_write, *ends):
                os.close(end)
            self.rest = b""
            self.number = 0
            self.session = None
            self.problems = []  # Exceptions of scripts, and what the page's policy or the network refused.
            self.requests = []  # The addresses that were asked for.
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(domain + ".enable")
            stack.pop_all()

    def close(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        os.close(self.to)
        os.close(self.source)
        # Its helpers may still write while they end.
        shutil.rmtree(self.profile, ignore_errors=True)

    def _next(self, end):
        while b"\0" not in self.rest:
            if not select.select([self.source], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("Chromium does not respond")
            some = os.read(self.source, 1 << 20)
            if not some:
                raise AssertionError("Chromium ended")
            self.rest += some
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def _hear(self, message):
        method, about = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and about["entry"]["source"] in ("security", "javascript", "violation"):
            self.problems.append(about["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])

    def call(self, method, **params):
        """The response of Chromium; events that come before it are heard."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        end = time.monotonic() + SECONDS
        while True:
            heard = self._next(end)
            if heard.get("id") == self.number:
                if "error" in heard:
                    raise AssertionError(f"{method}: {heard['error']}")
                return heard["result"]
            self._hear(heard)

    def run(self, script):
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait_until(self, condition):
        """Waits in the page until a JavaScript expression is true."""
        self.run("new Promise((done, fail) => { const end = Date.now() + %d; (function look() { if (%s) done(true);"
                 " else if (Date.now() > end) fail(new Error('never: ' + %s)); else setTimeout(look, 20); })(); })"
                 % (SECONDS * 900, condition, json.dumps(condition)))

    def open(self, address):
        self.call("Page.navigate", url=address)
        end = time.monotonic() + SECONDS
        while self.run("location.href + document.readyState") != address + "complete":  # Also without JavaScript.
            if time.monotonic() > end:
                raise AssertionError(f"{address} does not load")

    def look(self, width, scheme="light", height=900, motion="reduce"):
        """Shows the page in a window of that size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                          {"name": "prefers-reduced-motion", "value": motion}])

    def press(self, key, **more):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, **key, **more)

    def shoot(self, path):
        """A picture of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
