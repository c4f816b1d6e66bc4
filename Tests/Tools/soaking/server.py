"""One server process and its data directory, which may be killed or lose its power."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "powerloss"))
import library  # noqa: E402

WORKSPACE = "soak"


class Fault(Exception):
    """Something that must not happen; its text is the report."""


class Server:
    """`data` is what the server writes to; `mirror` is what a power loss would leave of it."""

    def __init__(self, binary, base, powerloss_library, environment):
        self.binary = binary
        self.data = os.path.join(base, "data")
        self.mirror = os.path.join(base, "mirror")
        self.log_path = os.path.join(base, "server.log")
        self.library = powerloss_library
        self.environment = environment
        self.process = None
        self.port = None
        self.token = None

    def renew(self):
        """Starts over with an empty data directory."""
        shutil.rmtree(self.data, ignore_errors=True)
        os.mkdir(self.data, 0o700)
        self.token = None

    def start(self, may_lose_power, patience):
        """Starts the server and waits until it is ready; returns the seconds that took."""
        environment = {**os.environ, **self.environment}
        if may_lose_power:
            shutil.rmtree(self.mirror, ignore_errors=True)
            self._copy(self.data, self.mirror)
            environment.update(library.environment(self.library, self.data, self.mirror))
        began = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"],
                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.port = self._wait_for_port(began + patience)
        self._wait_until_ready(began + patience)
        seconds = time.monotonic() - began
        if self.token is None:
            self.token = self._make_token()
        return seconds

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def lose_power(self):
        """Kills the server and takes away whatever it had not synced."""
        self.kill()
        shutil.rmtree(self.data)
        self._copy(self.mirror, self.data)

    def stop(self):
        """SIGTERM, which must end the server with status 0 within 30 s."""
        self.process.terminate()
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Fault("SIGTERM did not end the server within 30 s") from None
        if status != 0:
            raise Fault(f"SIGTERM ended the server with status {status}")

    def log_tail(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()[-3000:]

    @property
    def database(self):
        return os.path.join(self.data, "tideline.db")

    @staticmethod
    def _copy(source, target):
        # Sockets and locks of a dead server are not data.
        def special(folder, names):
            paths = {name: os.path.join(folder, name) for name in names}
            return [n for n, p in paths.items() if not (os.path.isfile(p) or os.path.isdir(p)) or n.endswith("-shm")]

        shutil.copytree(source, target, ignore=special)
        os.chmod(target, 0o700)

    def _wait_for_port(self, deadline):
        while time.monotonic() < deadline:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                for line in log:
                    if '"listening"' in line and line.endswith("\n"):
                        return int(json.loads(line)["port"])
            if self.process.poll() is not None:
                raise Fault(f"the server ended at once:\n{self.log_tail()}")
            time.sleep(0.005)
        raise Fault(f"the server did not listen in time:\n{self.log_tail()}")

    def _wait_until_ready(self, deadline):
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.01)
        raise Fault(f"the server was not ready in time:\n{self.log_tail()}")

    def _make_token(self):
        command = [self.binary, "token", "--data", self.data, "--user", "soak",
                   "--workspace", f"{WORKSPACE}=admin", "--ttl", "12h"]
        return subprocess.run(
            command, env={**os.environ, **self.environment}, check=True, capture_output=True, text=True).stdout.strip()
