"""Writers that remember what was acknowledged, and followers that remember what they were shown."""

import http.client
import json
import threading
import uuid

from .server import WORKSPACE, Fault

STREAM = f"/api/workspaces/{WORKSPACE}/analytics/realtime"
BROKEN = (http.client.HTTPException, OSError)


class Record:
    """All that clients know of one data directory, kept in this process, which outlives the server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}  # eventId -> seq
        self.shown = {}         # seq -> eventId, as streams delivered it
        self.unanswered = []    # bodies whose fate is unknown: posted, not answered; to be posted again
        self.faults = []

    def fault(self, text):
        with self.lock:
            self.faults.append(text)


class Writer(threading.Thread):
    """Posts one event after the other until the server is gone."""

    def __init__(self, server, record, number):
        super().__init__(daemon=True)
        self.server, self.record, self.number = server, record, number
        self.count = 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json"}
        try:
            while True:
                self.post(connection, headers, self.next_body())
        except BROKEN:
            pass
        except Exception as fault:  # whatever else happens in this thread must be seen
            self.record.fault(str(fault) if isinstance(fault, Fault) else repr(fault))
        finally:
            connection.close()

    def next_body(self):
        with self.record.lock:
            if self.record.unanswered:
                return self.record.unanswered.pop()
        self.count += 1
        return {"eventId": str(uuid.uuid4()), "eventType": "soak.tick", "sessionId": f"writer-{self.number}",
                "eventData": {"writer": self.number, "n": self.count, "pad": "x" * 200}}

    def post(self, connection, headers, body):
        answered = False
        try:
            connection.request("POST", STREAM, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            answered = True
        finally:
            if not answered:
                with self.record.lock:
                    self.record.unanswered.append(body)
        if answer.status not in (200, 201):
            raise Fault(f"a POST was answered {answer.status}: {text[:300]!r}")
        reply = json.loads(text)
        if reply["eventId"] != body["eventId"]:
            raise Fault(f"event {body['eventId']} was answered as {reply['eventId']}")
        with self.record.lock:
            self.record.acknowledged[body["eventId"]] = int(reply["seq"])


class Follower(threading.Thread):
    """Follows the stream from where it was cut, and notes each event."""

    def __init__(self, server, record, position):
        super().__init__(daemon=True)
        self.server, self.record = server, record
        self.position = position  # the newest id, or None for a fresh stream
        self.socket = None

    def run(self):
        try:
            self.follow()
        except BROKEN:
            pass
        except Exception as fault:  # whatever else happens in this thread must be seen
            self.record.fault(str(fault) if isinstance(fault, Fault) else repr(fault))

    def follow(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.server.token}", "Accept": "text/event-stream"}
        if self.position:
            headers["Last-Event-ID"] = self.position
        try:
            connection.request("GET", STREAM + "?stats=off", headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise Fault(f"a stream was answered {answer.status}")
            block = {}
            for line in answer:
                line = line.rstrip(b"\r\n").decode()
                if line:
                    name, _, value = line.partition(":")
                    block[name] = value.removeprefix(" ")
                else:
                    self.take(block)
                    block = {}
        finally:
            connection.close()

    def take(self, block):
        kind = block.get("event")
        if kind in ("reset", "closing"):
            raise Fault(f"a stream resumed at {self.position} received {kind}: {block.get('data')}")
        if "id" not in block:
            return
        before, self.position = self.position, block["id"]
        if kind != "event":
            return
        sequence = int(block["id"].rpartition("-")[2])
        if before and sequence != int(before.rpartition("-")[2]) + 1:
            raise Fault(f"a stream received {block['id']} after {before}")
        shown = json.loads(block["data"])["eventId"]
        with self.record.lock:
            if self.record.shown.setdefault(sequence, shown) != shown:
                self.record.faults.append(f"streams disagree about seq {sequence}")
