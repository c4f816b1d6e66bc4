"""Chromium by plain WebDriver: JSON over HTTP to a chromedriver of our own. Debian's packages, nothing else."""

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--hide-scrollbars", "--force-color-profile=srgb"]


class Browser:
    """One browser window with one page."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        self.driver = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "chromedriver", "--port=0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = next(line for line in self.driver.stdout if "started successfully on port" in line)
        self.root = "http://127.0.0.1:" + "".join(filter(str.isdigit, line.rsplit("port", 1)[1]))
        options = {"args": ARGUMENTS + [f"--user-data-dir={self.profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        reply = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.root += "/session/" + reply["sessionId"]

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        call = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function's body: `return document.title`."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, expression, seconds=20):
        """Until the expression is true in the page."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({expression})"):
            if time.monotonic() > end:
                raise RuntimeError(f"not within {seconds} s: {expression}\n" + self.run("return document.body.innerText"))
            time.sleep(0.1)

    def devtools(self, command, **parameters):
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def console(self):
        return [entry["message"] for entry in self._send("POST", "/se/log", {"type": "browser"})]

    def resize(self, width, height, dark=False, scale=1):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path):
        image = self.devtools("Page.captureScreenshot")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))

    def quit(self):
        with contextlib.suppress(Exception):
            self._send("DELETE", "")
        self.driver.terminate()
        self.driver.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)
