"""What must hold after every restart."""

import json
import sqlite3
import urllib.error
import urllib.request

from .server import WORKSPACE, Fault


def read_log(server):
    """The whole log, page by page, as (seq, eventId)."""
    events, after = [], ""
    while True:
        url = f"http://127.0.0.1:{server.port}/api/workspaces/{WORKSPACE}/events?limit=1000{after}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {server.token}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                page = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Fault(f"the log can't be read: {error}") from error
        if not page["events"]:
            return events
        events += [(int(event["seq"]), event["eventId"]) for event in page["events"]]
        after = f"&after={page['next']}"


def check_log(server, record):
    """No acknowledged event missing, none twice, no number left out, nothing shown that is not there."""
    events = read_log(server)
    faults = []
    numbers = [sequence for sequence, _ in events]
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"the log's {len(numbers)} numbers are not 1…{len(numbers)}")
    by_id = {}
    for sequence, event in events:
        if event in by_id:
            faults.append(f"event {event} is in the log twice: {by_id[event]} and {sequence}")
        by_id[event] = sequence
    with record.lock:
        lost = [event for event in record.acknowledged if event not in by_id]
        moved = [event for event, seq in record.acknowledged.items() if event in by_id and by_id[event] != seq]
        present = dict(events)
        unreal = [seq for seq, event in record.shown.items() if present.get(seq) != event]
    if lost:
        faults.append(f"{len(lost)} of {len(record.acknowledged)} acknowledged events are missing")
    if moved:
        faults.append(f"{len(moved)} acknowledged events have another number than was answered")
    if unreal:
        faults.append(f"{len(unreal)} events that streams showed are not in the log")
    if faults:
        raise Fault("; ".join(faults))
    return len(events)


def check_database(server):
    """SQLite's own opinion, by another process than the server."""
    database = sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)
    try:
        verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        verdict = repr(error)
    finally:
        database.close()
    if verdict != "ok":
        raise Fault(f"integrity_check: {verdict}")
