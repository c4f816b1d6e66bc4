#!/usr/bin/env python3
"""The power-loss simulation itself: what was synced survives, what was not does not."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import library

# Runs in a child under the library; the body finds `data` and sqlite3 imported, and is killed at "done".
PRELUDE = "import os, sqlite3, sys, time, threading\ndata = sys.argv[1]\n"
EPILOGUE = "\nprint('done', flush=True)\ntime.sleep(60)\n"


class PowerLossTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = library.build()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(os.path.dirname(cls.library))

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="tideline-powerloss-", dir="/var/tmp")
        self.data = os.path.join(self.base, "data")
        self.mirror = os.path.join(self.base, "mirror")
        os.mkdir(self.data)
        os.mkdir(self.mirror)
        self.addCleanup(shutil.rmtree, self.base)

    def lose_power_after(self, body):
        """Runs `body` in a child, kills it, and returns the directory as it is when the power is back."""
        environment = {**os.environ, **library.environment(self.library, self.data, self.mirror)}
        child = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + body + EPILOGUE, self.data],
            env=environment, stdout=subprocess.PIPE, text=True)
        lines = []
        for line in child.stdout:
            if line == "done\n":
                break
            lines.append(line.strip())
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        return lines

    def read(self, name):
        with open(os.path.join(self.mirror, name), "rb") as file:
            return file.read()

    def rows(self):
        database = sqlite3.connect(os.path.join(self.mirror, "t.db"))
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return database.execute("SELECT count(*) FROM t").fetchone()[0]
        finally:
            database.close()

    COMMITS = (
        "db = sqlite3.connect(data + '/t.db', isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=WAL')\n"
        "db.execute('PRAGMA synchronous=FULL')\n"
        "db.execute('CREATE TABLE t(x)')\n"
        "db.execute('INSERT INTO t VALUES(0)')\n"
        "db.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"
        "db.execute('PRAGMA synchronous={}')\n"
        "for i in range(500): db.execute('INSERT INTO t VALUES(zeroblob(300))')\n"
    )

    def test_commits_with_synchronous_full_survive(self):
        self.lose_power_after(self.COMMITS.format("FULL"))
        self.assertEqual(self.rows(), 501)

    def test_commits_with_synchronous_off_are_lost(self):
        self.lose_power_after(self.COMMITS.format("OFF"))
        self.assertEqual(self.rows(), 1)

    def test_commits_with_synchronous_normal_are_lost_in_wal_mode(self):
        self.lose_power_after(self.COMMITS.format("NORMAL"))
        self.assertEqual(self.rows(), 1)

    def test_a_kill_in_the_middle_of_commits_keeps_what_was_acknowledged(self):
        body = (
            "db = sqlite3.connect(data + '/t.db', isolation_level=None, check_same_thread=False)\n"
            "db.execute('PRAGMA journal_mode=WAL')\n"
            "db.execute('PRAGMA synchronous=FULL')\n"
            "db.execute('PRAGMA wal_autocheckpoint=20')\n"
            "db.execute('CREATE TABLE t(x)')\n"
            "count = 0\n"
            "while True:\n"
            "    db.execute('INSERT INTO t VALUES(zeroblob(1000))')\n"
            "    count += 1\n"
            "    print(count if count < 700 else 'done', flush=True)\n"
        )
        acknowledged = self.lose_power_after(body)
        self.assertGreaterEqual(self.rows(), int(acknowledged[-1]))

    def test_shared_memory_is_not_mirrored(self):
        self.lose_power_after(self.COMMITS.format("FULL"))
        self.assertEqual([name for name in os.listdir(self.mirror) if name.endswith("-shm")], [])

    def test_an_unsynced_overwrite_leaves_the_synced_bytes(self):
        self.lose_power_after(
            "f = os.open(data + '/a', os.O_RDWR | os.O_CREAT, 0o600)\n"
            "os.write(f, b'0123456789')\nos.fsync(f)\n"
            "os.pwrite(f, b'XX', 2)\nos.ftruncate(f, 5)\n")
        self.assertEqual(self.read("a"), b"0123456789")

    def test_sync_through_another_descriptor_counts(self):
        self.lose_power_after(
            "f = os.open(data + '/a', os.O_RDWR | os.O_CREAT, 0o600)\n"
            "os.writev(f, [b'01234', b'56789'])\nos.close(f)\n"
            "g = os.open(data + '/a', os.O_RDWR)\nos.pwritev(g, [b'Y'], 3)\nos.fdatasync(g)\n")
        self.assertEqual(self.read("a"), b"012Y456789")

    def test_a_truncated_and_regrown_file_has_zeros(self):
        self.lose_power_after(
            "f = os.open(data + '/a', os.O_RDWR | os.O_CREAT, 0o600)\n"
            "os.write(f, b'0123456789')\nos.fsync(f)\n"
            "os.ftruncate(f, 2)\nos.pwrite(f, b'Z', 6)\nos.fsync(f)\n")
        self.assertEqual(self.read("a"), b"01\0\0\0\0Z")

    def test_a_synced_file_keeps_its_content_over_a_rename(self):
        self.lose_power_after(
            "os.mkdir(data + '/d')\n"
            "f = os.open(data + '/d/new', os.O_WRONLY | os.O_CREAT, 0o600)\n"
            "os.write(f, b'new')\nos.fsync(f)\nos.close(f)\nos.rename(data + '/d/new', data + '/d/a')\n")
        self.assertEqual(self.read("d/a"), b"new")
        self.assertEqual(os.listdir(os.path.join(self.mirror, "d")), ["a"])

    def test_a_file_renamed_before_it_was_synced_arrives_empty(self):
        self.lose_power_after(
            "f = os.open(data + '/a', os.O_WRONLY | os.O_CREAT, 0o600)\nos.write(f, b'old')\nos.fsync(f)\n"
            "g = os.open(data + '/b', os.O_WRONLY | os.O_CREAT, 0o600)\nos.write(g, b'new')\n"
            "os.rename(data + '/b', data + '/a')\n")
        self.assertEqual(self.read("a"), b"")

    def test_an_unlinked_file_is_gone(self):
        self.lose_power_after(
            "f = os.open(data + '/a', os.O_WRONLY | os.O_CREAT, 0o600)\nos.write(f, b'old')\nos.fsync(f)\n"
            "os.unlink(data + '/a')\nos.write(f, b'more')\nos.fsync(f)\n")
        self.assertEqual(os.listdir(self.mirror), [])

    def test_files_outside_are_left_alone(self):
        self.lose_power_after(
            "f = os.open(data + '/../outside', os.O_WRONLY | os.O_CREAT, 0o600)\nos.write(f, b'x')\nos.fsync(f)\n")
        self.assertEqual(os.listdir(self.mirror), [])

    def test_threads_that_append_and_sync_lose_nothing_they_synced(self):
        self.lose_power_after(
            "def work(n):\n"
            "    f = os.open(f'{data}/{n}', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)\n"
            "    for i in range(200):\n"
            "        os.write(f, b'x' * 100)\n"
            "        os.fsync(f)\n"
            "    os.write(f, b'tail')\n"
            "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
            "[t.start() for t in threads]\n[t.join() for t in threads]\n")
        for n in range(4):
            self.assertEqual(self.read(str(n)), b"x" * 20_000)


if __name__ == "__main__":
    unittest.main(verbosity=1)
