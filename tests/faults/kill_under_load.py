#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random instants under load: three guarantors serve and exchange on loopback while each states reports and imports; servers and
commands are killed. In the end nothing that was acknowledged is missing anywhere.

usage: kill_under_load.py [--kills N] [--seed N]     TRUCE names the program

A statement is acknowledged when its command has ended with status 0, or has printed the statement's id. What must hold when all is quiet again:
    - each acknowledged statement is at each node, at the place that was printed, with the words that were stated
    - an import is in its log as a whole or not at all, and as a whole where it was acknowledged
    - fsck finds nothing, no node has an alarm, each log has the same bytes everywhere, all pictures have the same digest
    - a command that was not killed itself ends with status 0
"""

import argparse
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # a test leaves nothing in the tree
from every_write import TRUCE, entries

PARTIES = ("east", "north", "south")
ENVIRONMENT = dict(os.environ, LC_ALL="C.UTF-8")
COLUMNS = ("id,party,reporter,observed_at,time_precision_s,lat,lon,radius_m,observer_lat,observer_lon,bearing_deg,distance_m,how,kind,count,killed,"
           "injured")


def truce(folder, *arguments):
    return subprocess.run([TRUCE, *arguments], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          check=False)


def statements(node):
    """Entries of each log as lists of bytes (C2SP tlog-tiles: each with its length, 16 bits, before it)."""
    out = {}
    for log, (_, data) in entries(node).items():
        found, at = [], 0
        while at < len(data):
            size = int.from_bytes(data[at:at + 2], "big")
            found.append(data[at + 2:at + 2 + size])
            at += 2 + size
        out[log] = found
    return out


class Load:
    def __init__(self, folder, kills, seed):
        self.folder, self.kills, self.seed = folder, kills, seed
        self.lock = threading.Lock()
        self.running = {}   # what may be killed: name -> process
        self.killed = set()  # process ids that were
        self.acknowledged = {}  # words -> (log, index) or None where only the words are known
        self.imports = []  # (log, words of its rows, acknowledged)
        self.wrong = []
        self.counts = {"servers killed": 0, "commands killed": 0, "commands": 0, "statements acknowledged": 0}
        self.done = threading.Event()
        with socket.socket() as a, socket.socket() as b, socket.socket() as c:
            for s in (a, b, c):
                s.bind(("127.0.0.1", 0))
            self.ports = {p: s.getsockname()[1] for p, s in zip(PARTIES, (a, b, c))}

    def found(self):
        for p in PARTIES:
            self.must("keygen", p, "--party", p)
        self.must("mechanism", "draft", *[f"{p}/card-{p}.json" for p in PARTIES], "--name", "Line", "--exercise", "-o", "m.json")
        for p in PARTIES:
            self.must("-C", p, "mechanism", "accept", "m.json")

    def must(self, *arguments):
        done = truce(self.folder, *arguments)
        if done.returncode != 0:
            sys.exit(f"set-up: truce {' '.join(arguments)}: {done.stderr}")

    def start(self, name, arguments, output=subprocess.DEVNULL):
        process = subprocess.Popen([TRUCE, *arguments], cwd=self.folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.PIPE if output == subprocess.PIPE else subprocess.DEVNULL, text=True)
        with self.lock:
            self.running[name] = process
        return process

    def keep_serving(self, party):
        peers = [a for p in PARTIES if p != party for a in ("--peer", f"http://127.0.0.1:{self.ports[p]}")]
        while not self.done.is_set():
            process = self.start(f"serve {party}", ["-C", party, "serve", "--listen", f"127.0.0.1:{self.ports[party]}", *peers])
            status = process.wait()
            if process.pid not in self.killed and not self.done.is_set():
                self.wrong.append(f"the server of {party} ended by itself with {status}")
                return

    def command(self, party, arguments):
        """Runs one command that may be killed: (status, output), status None where it was killed."""
        process = self.start(f"command {party}", ["-C", party, *arguments], subprocess.PIPE)
        out, messages = process.communicate()
        with self.lock:
            self.counts["commands"] += 1
            killed = process.pid in self.killed
        if process.returncode != 0 and not killed:
            self.wrong.append(f"truce {' '.join(arguments)} at {party}: {process.returncode}: {messages[-300:]}")
        return (None if killed and process.returncode != 0 else process.returncode), out

    def keep_stating(self, party):
        chance = random.Random(f"{self.seed} {party}")
        n = 0
        while not self.quiet.is_set():
            n += 1
            if chance.random() < 0.1:
                self.import_rows(party, n, chance)
                continue
            words = f"words-{party}-{n}."
            minute = chance.randrange(1440)
            status, out = self.command(party, ["report", "--at", f"2026-05-{1 + n % 28:02}T{minute // 60:02}:{minute % 60:02}:00Z", "--place",
                                               f"35.9{chance.randrange(1000):03} 36.6{chance.randrange(1000):03}", "--radius", "500", "--kind",
                                               "shelling", "--means", "heard", "--text", words, "--yes"])
            printed = re.findall(r"^([a-z]+/main)/(\d+)$", out, re.M)
            if status == 0 or printed:
                self.acknowledged[words] = (printed[-1][0], int(printed[-1][1])) if printed else None

    def import_rows(self, party, n, chance):
        rows = [f"{party}-{n}-{i}.,{party},r-{i},2026-05-{1 + chance.randrange(28):02}T{chance.randrange(24):02}:{i:02}:00Z,60,35.9{i:03},36.6{i:03},500,"
                ",,,,heard,shelling,1,0,0" for i in range(20)]
        name = f"{party}-{n}.csv"
        (self.folder / name).write_text("\n".join([COLUMNS, *rows]) + "\n")
        status, _ = self.command(party, ["import", "reports", name])
        self.imports.append((f"{party}/main", [r.split(",")[0] for r in rows], status == 0))

    def kill(self):
        """Kills servers and commands at random instants until it was enough."""
        chance = random.Random(self.seed)
        hit = 0
        until = time.monotonic() + 1500
        while hit < self.kills and not self.wrong and time.monotonic() < until:
            time.sleep(chance.random() * 0.15)
            with self.lock:
                names = sorted(n for n, p in self.running.items() if p.poll() is None)
                if not names:
                    continue
                name = chance.choice(names)
                process = self.running[name]
                self.killed.add(process.pid)
                process.send_signal(signal.SIGKILL)
            hit += 1
            self.counts["servers killed" if name.startswith("serve") else "commands killed"] += 1
        return hit

    def run(self):
        self.found()
        self.quiet = threading.Event()
        servers = [threading.Thread(target=self.keep_serving, args=(p,)) for p in PARTIES]
        states = [threading.Thread(target=self.keep_stating, args=(p,)) for p in PARTIES]
        for t in (*servers, *states):
            t.start()
        hit = self.kill()
        self.quiet.set()
        for t in states:
            t.join()
        self.settle()
        self.done.set()
        for name, process in self.running.items():
            if name.startswith("serve") and process.poll() is None:
                process.terminate()
        for t in servers:
            t.join()
        return hit

    def settle(self):
        """Waits until all nodes hold the same."""
        until = time.monotonic() + 180
        while time.monotonic() < until:
            sizes = []
            for p in PARTIES:
                j = truce(self.folder, "-C", p, "status", "--cut")
                sizes.append(j.stdout)
            if len(set(sizes)) == 1 and sizes[0]:
                return
            time.sleep(0.5)
        self.wrong.append("the nodes do not come to hold the same within 180 s: " + " | ".join(s[:300] for s in sizes))

    def check(self):
        held = {p: statements(self.folder / p) for p in PARTIES}
        for p in PARTIES[1:]:
            if held[p] != held["east"]:
                self.wrong.append(f"{p} holds other bytes than east: " + str({k: len(v) for k, v in held[p].items()}))
        lost = 0
        for p in PARTIES:
            for words, place in self.acknowledged.items():
                log = place[0] if place else words.split("-")[1] + "/main"
                where = held[p].get(log, [])
                entry = b"\n".join(where) if place is None else where[place[1]] if place[1] < len(where) else b""
                if f'"{words}"'.encode() not in entry:
                    lost += 1
                    self.wrong.append(f"{p} does not hold {words} at {place}")
            for log, rows, acknowledged in self.imports:
                data = b"\n".join(held[p].get(log, []))
                there = sum(f'"{r}"'.encode() in data for r in rows)
                if there not in (0, len(rows)):
                    self.wrong.append(f"{p}: {there} of {len(rows)} rows of an import into {log}")
                if acknowledged and there != len(rows):
                    lost += len(rows)
                    self.wrong.append(f"{p}: an acknowledged import into {log} is not there")
            for arguments in (["fsck"], ["status"]):
                done = truce(self.folder, "-C", p, *arguments)
                if done.returncode != 0:
                    self.wrong.append(f"truce {arguments[0]} at {p}: {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
        digests = {truce(self.folder, "-C", p, "picture", "--digest").stdout for p in PARTIES}
        if len(digests) != 1:
            self.wrong.append(f"pictures differ: {digests}")
        self.counts["statements acknowledged"] = len(self.acknowledged) + sum(len(r) for _, r, a in self.imports if a)
        self.counts["statements"] = sum(len(v) for v in held["east"].values())
        return lost


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shm = pathlib.Path("/dev/shm")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as folder:
        load = Load(pathlib.Path(folder), arguments.kills, arguments.seed)
        hit = load.run()
        lost = load.check()
    for w in load.wrong[:20]:
        print("FAIL", w)
    print(f"{hit} kills ({load.counts}), statements lost: {lost}, {time.monotonic() - began:.0f} s")
    if hit < arguments.kills:
        print(f"FAIL only {hit} of {arguments.kills} kills")
        return 1
    return 1 if load.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
