#!/usr/bin/env python3
"""Imports a million events into a fresh server and measures: import, restart, restart after kill -9, memory.

    swift build -c release --product tideline
    python3 Tests/Tools/import_million.py

The events are made up from a seed: 70 % messages, the rest reactions, reads, presence and tasks, about 250 bytes each, in
a working group's proportions (500 people, 200 channels). Their times end `--until-hours` ago, so that by default they lie
outside every window and what the server keeps of them in memory should be next to nothing.

Exit status 1 when a limit (quality goals) is missed: import 60 s a million, serving 5 s after a start, 10 MiB of memory a
million. `--events 100000` is a quick look; limits scale with the number of events, except for the start.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WORKSPACE = "million"
SECONDS_PER_MILLION = 60.0
START_SECONDS = 5.0
MEBIBYTES_PER_MILLION = 10.0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", default=".build/release/tideline")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=float, default=30, help="over how many days the events are spread")
    parser.add_argument("--until-hours", type=float, default=48, help="how long ago the last one happened")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", default="/var/tmp", help="where file and data directory are made: a real disk")
    parser.add_argument("--file", help="import this NDJSON instead of a made-up one")
    parser.add_argument("--keep", action="store_true", help="leave the data directory behind")
    return parser.parse_args(arguments)


def events(count, first, last, seed):
    """`count` lines of NDJSON with times from `first` to `last` (epoch milliseconds)."""
    chance = random.Random(seed)
    step = (last - first) / max(1, count - 1)
    messages = []
    kinds = ["message.sent"] * 70 + ["reaction.added"] * 10 + ["message.read"] * 8 + ["user.active"] * 8 + ["task.updated"] * 4
    for number in range(count):
        user = f"user-{min(int(chance.expovariate(1 / 90)), 499)}"
        channel = f"channel-{min(int(chance.expovariate(1 / 25)), 199)}"
        kind = chance.choice(kinds) if messages else "message.sent"
        if kind == "message.sent":
            message = f"msg-{number:08d}-{chance.getrandbits(48):012x}"
            messages.append((message, channel))
            if len(messages) > 5000:
                del messages[:2500]
            data = (f'{{"messageId":"{message}","channelId":"{channel}","messageType":"text",'
                    f'"length":{chance.randrange(4, 400)},"mentions":["user-{chance.randrange(500)}"]}}')
        elif kind == "reaction.added":
            message, channel = chance.choice(messages)
            data = f'{{"messageId":"{message}","channelId":"{channel}","emoji":"thumbsup"}}'
        elif kind == "message.read":
            message, channel = messages[-1]
            data = f'{{"channelId":"{channel}","lastReadMessageId":"{message}"}}'
        elif kind == "user.active":
            data = f'{{"deviceId":"device-{user}-{chance.randrange(3)}","channelId":"{channel}"}}'
        else:
            status = chance.choice(["open", "in_progress", "completed"])
            data = f'{{"taskId":"task-{chance.randrange(2000)}","status":"{status}","title":"Weekly report of the group"}}'
        yield (f'{{"eventType":"{kind}","userId":"{user}","sessionId":"session-{user}-{number // 20000}",'
               f'"occurredAt":{int(first + number * step)},"eventData":{data}}}\n')


class Server:
    """`tideline serve` on one data directory."""

    def __init__(self, binary, data):
        self.binary, self.data = binary, data
        self.process = None

    def start(self):
        """Starts it; returns the seconds until figures are served."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if json.loads(line).get("message") == "listening":
                break
        else:
            sys.exit("the server did not start")
        # What it says from now on is read by nobody, and must not stop it.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        while self.get(f"/api/workspaces/{WORKSPACE}/analytics/realtime")[0] == 503:
            time.sleep(0.02)
        return time.monotonic() - began

    def get(self, path):
        """Status and JSON of an answer over the control socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.join(self.data, "control.sock"))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body) if body else None

    def end(self, number):
        """Ends it by a signal; returns the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - began

    def kill(self):
        """Sees to it that nothing is left running."""
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments, "--data", self.data], check=True)

    def memory(self):
        """Resident memory in MiB: all of it, and what is its own (not the program file)."""
        with open(f"/proc/{self.process.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        return [int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")]

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Report:
    def __init__(self):
        self.failures = []

    def line(self, name, value, unit, limit=None):
        verdict = ""
        if limit is not None:
            verdict = f"  limit {limit:g}: " + ("ok" if value <= limit else "MISSED")
            if value > limit:
                self.failures.append(name)
        print(f"{name:<44}{value:>12,.2f} {unit}{verdict}", flush=True)


def measure(options, base, server, report):
    now = time.time() * 1000
    last = now - options.until_hours * 3_600_000
    path = options.file or os.path.join(base, "events.ndjson")
    if not options.file:
        with open(path, "w") as file:
            file.writelines(events(options.events, last - options.days * 86_400_000, last, options.seed))
    with open(path, "rb") as file:
        count = sum(1 for _ in file)
    millions = count / 1_000_000
    report.line("events", count, "")
    report.line("bytes an event", os.path.getsize(path) / count, "B")

    server.run("workspace", "create", WORKSPACE)
    report.line("start, empty log", server.start(), "s", START_SECONDS)
    empty = server.memory()
    report.line("memory, empty log", empty[0], "MiB")

    began = time.monotonic()
    server.run("import", path, "--workspace", WORKSPACE)
    seconds = time.monotonic() - began
    report.line("import", seconds, "s", SECONDS_PER_MILLION * max(millions, 0.05))
    report.line("import, events a second", count / seconds, "/s")
    report.line("import, processor time of the server", server.processor_seconds(), "s")
    report.line("memory after the import", server.memory()[0], "MiB")
    report.line("· its own, above the empty log's", server.memory()[1] - empty[1], "MiB")
    head = next(w["head"] for w in server.get("/control/workspaces")[1]["workspaces"] if w["slug"] == WORKSPACE)
    figures = server.get(f"/api/workspaces/{WORKSPACE}/analytics/realtime")[1]["data"]

    server.end(signal.SIGKILL)
    report.line("start after kill -9 right behind the import", server.start(), "s", START_SECONDS)
    check(server, head, figures, report)
    killed = server.memory()
    report.line("memory after that", killed[0], "MiB")
    report.line("· its own, above the empty log's", killed[1] - empty[1], "MiB", MEBIBYTES_PER_MILLION * max(millions, 1))
    report.line("stop", server.end(signal.SIGTERM), "s")
    report.line("start from the checkpoint", server.start(), "s", START_SECONDS)
    check(server, head, figures, report)
    report.line("memory after that", server.memory()[0], "MiB")
    report.line("· its own, above the empty log's", server.memory()[1] - empty[1], "MiB", MEBIBYTES_PER_MILLION * max(millions, 1))
    server.end(signal.SIGTERM)
    size = sum(entry.stat().st_size for entry in pathlib.Path(server.data).iterdir())
    report.line("data directory, bytes an event", size / count, "B")


def check(server, head, figures, report):
    """The log must be whole, and the figures those of before (as long as the events lie outside the windows)."""
    found = server.get(f"/api/workspaces/{WORKSPACE}/analytics/realtime")[1]["data"]
    if found["asOf"] != head:
        report.failures.append(f"the log ends at {found['asOf']}, not {head}")
    if found["tasksInProgress"] != figures["tasksInProgress"]:
        report.failures.append(f"{found['tasksInProgress']} tasks in progress, not {figures['tasksInProgress']}")


def main():
    options = parse(sys.argv[1:])
    base = tempfile.mkdtemp(prefix="tideline-million-", dir=options.directory)
    server = Server(os.path.abspath(options.server_binary), os.path.join(base, "data"))
    report = Report()
    try:
        measure(options, base, server, report)
    finally:
        server.kill()
        if options.keep:
            print(f"kept: {base}")
        else:
            shutil.rmtree(base, ignore_errors=True)
    for failure in report.failures:
        print(f"FAILED: {failure}")
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
