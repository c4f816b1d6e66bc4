#!/usr/bin/env python3
"""A stand-in for the server, just enough of its interface to test the soak test: a log in SQLite behind HTTP.

    stand_in.py serve --data DIR --listen 127.0.0.1:0 | stand_in.py token …

TIDELINE_STORAGE_SYNCHRONOUS is obeyed. STAND_IN_BUG plants a bug: `answer-first` answers before COMMIT, `twice` stores an
event again that is posted again, `gap` leaves out a number now and then.
"""

import json
import os
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUG = os.environ.get("STAND_IN_BUG", "")
SYNCHRONOUS = os.environ.get("TIDELINE_STORAGE_SYNCHRONOUS", "FULL")


class Log:
    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.lock = threading.Condition()
        self.database = sqlite3.connect(
            os.path.join(directory, "tideline.db"), isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        self.database.execute("CREATE TABLE IF NOT EXISTS event(seq INTEGER PRIMARY KEY, id TEXT)")
        self.head = self.database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]

    def append(self, event, answer):
        with self.lock:
            known = self.database.execute("SELECT seq FROM event WHERE id = ?", (event,)).fetchone()
            if known and BUG != "twice":
                return answer(known[0])
            sequence = self.head + (2 if BUG == "gap" and self.head % 50 == 49 else 1)
            if BUG == "answer-first":
                answer(sequence)
                time.sleep(0.002)
            self.database.execute("INSERT INTO event VALUES(?, ?)", (sequence, event))
            self.head = sequence
            self.lock.notify_all()
        if BUG != "answer-first":
            answer(sequence)

    def after(self, position, wait):
        with self.lock:
            if wait and self.head <= position:
                self.lock.wait(1)
            return self.database.execute(
                "SELECT seq, id FROM event WHERE seq > ? ORDER BY seq LIMIT 1000", (position,)).fetchall()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    log = None

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.log.append(body["eventId"], lambda seq: self.answer({"eventId": body["eventId"], "seq": seq}))

    def do_GET(self):
        if self.path == "/readyz":
            self.answer({})
        elif "/events?" in self.path:
            events = self.log.after(self.position(self.path.partition("&after=")[2]), False)
            self.answer({"events": [{"seq": seq, "eventId": event} for seq, event in events],
                         "next": f"e-{events[-1][0] if events else 0}"})
        else:
            self.stream()

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        resumed = self.headers["Last-Event-ID"]
        position = self.position(resumed) if resumed else self.log.head
        self.wfile.write(b"event: connected\ndata: {}\n\n" if resumed
                         else f"id: e-{position}\nevent: connected\ndata: {{}}\n\n".encode())
        while True:
            for position, event in self.log.after(position, True):
                self.wfile.write(f'id: e-{position}\nevent: event\ndata: {{"eventId":"{event}"}}\n\n'.encode())

    @staticmethod
    def position(text):
        return int(text.rpartition("-")[2] or 0)

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    if sys.argv[1] == "token":
        print("token")
        return
    import signal
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Handler.log = Log(sys.argv[sys.argv.index("--data") + 1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(json.dumps({"message": "listening", "host": "127.0.0.1", "port": server.server_port}), file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
