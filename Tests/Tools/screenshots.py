#!/usr/bin/env python3
"""Pictures of the demo's dashboard in the sizes and colours that people have, to be looked at.

    Tests/Tools/screenshots.py --server-binary .build/release/tideline

writes `.build/screenshots/*.png`; `--readme` also replaces `Config/screenshots/dashboard.png`.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZES = [(360, 780), (768, 1024), (1440, 1000)]
SETTLE_OPENING = 8  # The demo begins with a day's events in one go.
LIVE = "document.getElementById('connection').dataset.state === 'live'"
FILLED = "document.querySelectorAll('#events li').length >= 30"


class Demo:
    """`tideline serve --demo` on a free port and a data directory of its own."""

    def __init__(self, binary):
        self.data = tempfile.mkdtemp(prefix="tideline-")
        self.binary = os.path.abspath(binary)
        self.port = 0
        self.start()

    def start(self):
        # Figures each second: the lines in the cards have their shape after a minute instead of five.
        environment = {**os.environ, "TIDELINE_STREAMS_STATS_INTERVAL": "1s"}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", self.binary, "serve", "--demo", "--listen", f"127.0.0.1:{self.port}",
             "--data", self.data],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.process.stdout], daemon=True).start()
        while "#login=" not in (line := lines.get(timeout=60)):
            pass
        self.link = next(word for word in line.split() if "#login=" in word)
        self.port = int(self.link.split("/#")[0].rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(40)
        shutil.rmtree(self.data, ignore_errors=True)


def take(browser, directory, name, whole=False):
    """One view in all sizes and both colours."""
    for width, height in SIZES:
        for dark in (False, True):
            browser.resize(width, height, dark)
            if whole:
                browser.resize(width, browser.run("return document.documentElement.scrollHeight"), dark)
            browser.run("scrollTo(0, 0)")
            time.sleep(0.4)  # Transitions end, charts follow their boxes.
            colour = "dark" if dark else "light"
            browser.screenshot(os.path.join(directory, f"{name}-{width}-{colour}.png"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", default=os.path.join(ROOT, ".build/release/tideline"))
    parser.add_argument("--out", default=os.path.join(ROOT, ".build/screenshots"))
    parser.add_argument("--readme", action="store_true", help="also write the README's picture")
    parser.add_argument("--settle", type=float, default=45, help="seconds of demo before the pictures")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)

    demo = Demo(options.server_binary)
    browser = Browser()
    try:
        browser.resize(1440, 1000)
        browser.open(demo.link.split("#")[0])
        browser.wait("document.body.dataset.view === 'signedout'")
        take(browser, options.out, "sign-in")

        browser.open("about:blank")
        time.sleep(SETTLE_OPENING)
        browser.open(demo.link)
        browser.wait(LIVE)
        browser.wait(FILLED, 60)
        time.sleep(options.settle)
        take(browser, options.out, "dashboard")
        take(browser, options.out, "whole", whole=True)
        if options.readme:
            browser.resize(1440, 1000)
            browser.run("scrollTo(0, 0)")
            time.sleep(0.4)
            browser.screenshot(os.path.join(ROOT, "Config/screenshots/dashboard.png"))

        browser.run("document.getElementById('close-all').click()")
        take(browser, options.out, "confirm")
        browser.run("document.getElementById('close-dialog').close('cancel')")
        browser.run("document.getElementById('pause').click()")
        browser.run("const kinds = document.querySelectorAll('#kinds button'); kinds[kinds.length - 1].click()")
        take(browser, options.out, "paused")
        demo.kill()
        browser.wait("!document.getElementById('banner').hidden", 60)
        take(browser, options.out, "broken")
        for line in browser.console():
            print(line)
    finally:
        browser.quit()
        demo.stop()
    print(f"look at {options.out}/*.png")


if __name__ == "__main__":
    main()
