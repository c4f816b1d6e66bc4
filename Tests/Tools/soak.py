#!/usr/bin/env python3
"""kill -9 and power loss under load, round after round.

    make soak ROUNDS=200
    python3 Tests/Tools/soak.py --server-binary .build/release/tideline --rounds 200 --mode power

Each round starts the server on the data that the last one left, checks it, writes to it with several clients, and ends it
at a random moment: by SIGKILL, or by a power loss (powerloss/powerloss.c) that also takes every byte that was not synced.
Acknowledgements are recorded in this process. A round fails when an acknowledged event is missing or has moved, when one is
there twice, when a number is left out, when a stream showed what is not in the log, when integrity_check complains, or when
recovery takes more than 5 s. An event whose answer was lost is posted again under its eventId and must not appear twice.

Two planted bugs prove that the test can fail:
    TIDELINE_STORAGE_SYNCHRONOUS=OFF … soak.py --mode power --expect-failure
    … soak.py --server-binary <a server that answers before COMMIT> --expect-failure
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soaking.load import Follower, Record, Writer  # noqa: E402
from soaking.server import Fault, Server, library  # noqa: E402
from soaking.verify import check_database, check_log  # noqa: E402

ROUNDS_PER_DIRECTORY = 10  # then an empty one: the first start is killed too, and the log stays readable in a moment


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-binary", default=".build/release/tideline")
    parser.add_argument("--rounds", type=int, default=20, help="rounds of each mode")
    parser.add_argument("--mode", choices=["kill", "power", "both"], default="both")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--followers", type=int, default=2)
    parser.add_argument("--longest", type=float, default=0.8, help="longest load of a round, in seconds")
    parser.add_argument("--recovery", type=float, default=5.0, help="longest recovery, in seconds")
    parser.add_argument("--seed", type=int, default=None, help="repeats the moments of the kills")
    parser.add_argument("--directory", default="/var/tmp", help="where data directories are made: a real disk")
    parser.add_argument("--expect-failure", action="store_true", help="succeed when a round fails")
    return parser.parse_args(arguments)


class Soak:
    """The state that goes from round to round."""

    def __init__(self, options, base):
        self.options = options
        self.random = random.Random(options.seed)
        self.server = Server(os.path.abspath(options.server_binary), base, library.build(base), {})
        self.record = Record()
        self.positions = [None] * options.followers
        self.ending = "nothing"
        self.events = self.acknowledged = 0
        self.slowest = 0.0
        self.phase = ""  # for the report of a fault

    def renew(self):
        self.server.renew()
        self.record = Record()
        self.positions = [None] * self.options.followers
        self.ending = "nothing"

    def round(self, loses_power):
        self.recover(loses_power)
        self.phase = "under load"
        writers = [Writer(self.server, self.record, number) for number in range(self.options.writers)]
        followers = [Follower(self.server, self.record, position) for position in self.positions]
        before = len(self.record.acknowledged)
        for thread in followers + writers:
            thread.start()
        time.sleep(self.random.uniform(0.02, self.options.longest))
        if loses_power:
            self.server.lose_power()
            self.ending = "a power loss"
        else:
            self.server.kill()
            self.ending = "a kill -9"
        for thread in followers + writers:
            thread.join(30)
        self.positions = [follower.position for follower in followers]
        self.acknowledged += len(self.record.acknowledged) - before
        if self.record.faults:
            raise Fault("; ".join(self.record.faults[:3]))

    def recover(self, loses_power):
        """Starts the server and checks everything the earlier rounds have left."""
        self.phase = f"recovery after {self.ending}"
        seconds = self.server.start(loses_power, self.options.recovery)
        self.slowest = max(self.slowest, seconds)
        if self.record.acknowledged:
            self.events = check_log(self.server, self.record)
        if os.path.exists(self.server.database):
            check_database(self.server)

    def end(self):
        """The last restart of a directory: check it once more and end in peace."""
        self.recover(False)
        self.phase = "SIGTERM"
        self.server.stop()


def run(options, base):
    """All rounds; returns the text of the first fault, or None."""
    soak = Soak(options, base)
    modes = {"kill": [False], "power": [True], "both": [False, True]}[options.mode]
    plan = [loses_power for _ in range(options.rounds) for loses_power in modes]
    for number, loses_power in enumerate(plan):
        kind = "power loss" if loses_power else "kill -9"
        try:
            if number % ROUNDS_PER_DIRECTORY == 0:
                if number > 0:
                    soak.end()
                soak.renew()
            soak.round(loses_power)
        except Fault as fault:
            return f"round {number + 1}, {soak.phase}: {fault}\n{soak.server.log_tail()}"
        finally:
            if soak.server.process and soak.server.process.poll() is None:
                soak.server.kill()
        print(f"round {number + 1}/{len(plan)}: {kind}, {soak.acknowledged} acknowledged, "
              f"log {soak.events}, slowest recovery {soak.slowest:.2f} s", flush=True)
    try:
        soak.end()
    except Fault as fault:
        return f"after the last round, {soak.phase}: {fault}\n{soak.server.log_tail()}"
    finally:
        if soak.server.process.poll() is None:
            soak.server.kill()
    print(f"{len(plan)} rounds, {soak.acknowledged} events acknowledged, 0 missing, 0 twice, "
          f"slowest recovery {soak.slowest:.2f} s")
    return None


def main():
    options = parse(sys.argv[1:])
    base = tempfile.mkdtemp(prefix="tideline-soak-", dir=options.directory)
    fault = run(options, base)
    if fault is None:
        shutil.rmtree(base)
        if options.expect_failure:
            print("FAILED: the planted bug was not noticed")
        return 1 if options.expect_failure else 0
    print(f"{'noticed' if options.expect_failure else 'FAILED'}: {fault}")
    if options.expect_failure:
        shutil.rmtree(base)
        return 0
    print(f"the data directory is kept in {base}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
