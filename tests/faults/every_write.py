#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every call that writes a file fails once, one at a time; afterwards nothing that was acknowledged is gone and fsck finds nothing.

usage: every_write.py [--how eio,enospc,full,kill,power] [--only OPERATION[:CALL]] [--every N]
       TRUCE names the program, TRUCE_FAIL_WRITE the layer (fail_write.cc)

Each operation of a user runs in a fresh copy of the nodes, with its first writing call failing, with its second, and so on to its last:
    eio     the call fails and does nothing; enospc: half of the bytes are written, then there is no room
    full    from this call on there is no room, for whatever needs some
    power   the process is killed in place of the call; kill: half of the bytes are written, then it is killed
What must hold after each:
    - the program ended by itself unless it was killed, with status 0 or 1, and says why where it is 1
    - status 0 means done: the statements that it acknowledged are in the log
    - every entry that was in a log before is there with the same bytes
    - fsck finds nothing, at once or after the next append (which mends what is torn)
    - the same operation, again and with nothing failing, succeeds (or says that it was done), and fsck finds nothing
--every N takes only each N-th call, beginning with another one for each way to fail: for quick runs.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TRUCE = pathlib.Path(os.environ["TRUCE"]).resolve()
LAYER = pathlib.Path(os.environ["TRUCE_FAIL_WRITE"]).resolve()
SECONDS = 60  # that a command may take

REPORT = ["--at", "2026-05-04T09:58:00Z", "--place", "35.90 36.60", "--radius", "500", "--kind", "shelling", "--means", "heard", "--yes"]


class Failure(Exception):
    pass


def environment(fault, log):
    """Of a program under the layer: a fault is (how, number of the call)."""
    env = dict(os.environ, LC_ALL="C.UTF-8")
    if fault or log:
        env["LD_PRELOAD"] = str(LAYER)
    if log:
        env["TRUCE_FAULT_LOG"] = str(log)
    if fault:
        env["TRUCE_FAULT_HOW"], env["TRUCE_FAULT_AT"] = fault[0], str(fault[1])
    return env


def run(folder, arguments, fault=None, log=None, check=False):
    """Runs truce in `folder`; gives (status, output, messages)."""
    done = subprocess.run([TRUCE, *arguments], cwd=folder, env=environment(fault, log), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    if check and done.returncode != 0:
        raise Failure(f"set-up: truce {' '.join(arguments)}: {done.stderr[-300:]}")
    return done.returncode, done.stdout, done.stderr


def entries(node):
    """The bytes of all entries of each log of a node: its full bundles and its widest partial one."""
    logs = {}
    for log in sorted(pathlib.Path(node).glob("logs/*/*")):
        try:
            size = int((log / "checkpoint").read_text().split("\n")[1])
        except (FileNotFoundError, IndexError):
            continue
        parts = []
        for n in range((size + 255) // 256):
            width = min(256, size - 256 * n)
            name = f"{n:03}" if width == 256 else f"{n:03}.p/{width}"
            parts.append((log / "tile/entries" / name).read_bytes())
        logs[f"{log.parent.name}/{log.name}"] = (size, b"".join(parts))
    return logs


class Operation:
    """What a user does: `arguments` of truce, run where the nodes are. `nodes` are those that it may change; `more` is by how many
    statements the log `log` of the first of them grows; `again` are words of a repetition that is refused because it was done; `once`: a repetition states nothing new."""

    def __init__(self, name, arguments, nodes, log=None, more=0, again=(), makes=None, server=None, once=False):
        self.name, self.arguments, self.nodes, self.log, self.more = name, arguments, nodes, log, more
        self.again, self.makes, self.server, self.once = again, makes, server, once or bool(again)

    def grown(self, before, folder):
        if not self.log:
            return 0
        now = entries(folder / self.nodes[0]).get(self.log, (0, b""))[0]
        return now - before.get(self.nodes[0], {}).get(self.log, (0, b""))[0]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(folder, node, port, fault=None, log=None):
    process = subprocess.Popen([TRUCE, "-C", node, "serve", "--listen", f"127.0.0.1:{port}"], cwd=folder, env=environment(fault, log), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.01)
    return process


def stop(process):
    """Ends a server; its status, negative where a signal ended it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure("the server does not end") from None


def found(folder):
    """Three guarantors and an observer, some statements, bundles; in `folder`."""
    for party in ("east", "north", "south"):
        run(folder, ["keygen", party, "--party", party], check=True)
    for party in ("watch", "behind"):
        run(folder, ["keygen", party, "--party", party, "--role", "observer"], check=True)
    cards = [f"{p}/card-{p}.json" for p in ("east", "north", "south", "watch", "behind")]
    run(folder, ["mechanism", "draft", *cards, "--name", "Line", "--exercise", "--decision", "finding=k-of-n:2", "--duty", "east,north,south", "-o", "m.json"],
        check=True)
    shutil.copytree(folder / "south", folder / "new")
    for party in ("east", "north", "south", "watch", "behind"):
        run(folder, ["-C", party, "mechanism", "accept", "m.json"], check=True)
    zones = ('{"type":"FeatureCollection","features":[{"type":"Feature","id":"north","properties":{"name":"North","kind":"de-escalation-zone",'
             '"valid_from":"2018-01-01T00:00:00Z","valid_to":null},"geometry":{"type":"Polygon","coordinates":'
             '[[[36.0,35.4],[37.0,35.4],[37.0,36.2],[36.0,36.2],[36.0,35.4]]]}}]}')
    (folder / "zones.geojson").write_text(zones)
    (folder / "text.txt").write_text("One exchange of fire was confirmed on this day.\n")
    (folder / "passphrase").write_text("correct horse\n")
    columns = ("id,party,reporter,observed_at,time_precision_s,lat,lon,radius_m,observer_lat,observer_lon,bearing_deg,distance_m,how,kind,count,killed,"
               "injured")
    rows = [f"r{i:04},east,e-1,2026-05-04T{i // 60:02}:{i % 60:02}:00Z,60,35.9{i:03},36.6{i:03},500,,,,,heard,shelling,1,0,0" for i in range(300)]
    (folder / "r.csv").write_text("\n".join([columns, *rows]) + "\n")
    run(folder, ["-C", "east", "report", *REPORT, "--note", "from the roof"], check=True)
    run(folder, ["-C", "east", "report", *REPORT], check=True)
    run(folder, ["-C", "north", "report", *REPORT], check=True)
    run(folder, ["-C", "east", "bundle", "export", "east.truce"], check=True)
    shutil.copytree(folder / "east", folder / "restored")
    for party in ("north", "south", "watch"):
        run(folder, ["-C", party, "bundle", "import", "east.truce"], check=True)
    for party in ("behind", "watch", "north", "south"):
        run(folder, ["-C", party, "bundle", "export", "stick.truce"], check=True)
        for other in ("east", "north", "south", "watch"):
            if other != party:  # What is called behind gives its own statements and gets none.
                run(folder, ["-C", other, "bundle", "import", "stick.truce"], check=True)
    run(folder, ["-C", "north", "mechanism", "amend", "--permitted-use", "for the parties"], check=True)
    run(folder, ["-C", "north", "report", *REPORT, "--note", "a big round"], check=True)
    run(folder, ["-C", "north", "bundle", "export", "north.truce"], check=True)
    run(folder, ["-C", "south", "bundle", "import", "north.truce"], check=True)
    run(folder, ["keygen", "office", "--party", "east", "--desk", "office"], check=True)
    run(folder, ["-C", "east", "report", *REPORT], check=True)


def operations(folder):
    amendment = next(m for m in re.findall(r"north/main/\d+", run(folder, ["-C", "south", "mechanism", "show"])[1]))
    done_before = ("already", "was ", "is withdrawn", "nothing more is settled since", "would be evidence against it")
    return [
        Operation("keygen", ["keygen", "fresh", "--party", "fresh"], [], again=("already",), makes="fresh"),
        Operation("init", ["init", "fresh", "--mechanism", "M", "--party", "un=UN:observer", "--me", "un"], ["fresh"], again=("already",), makes="fresh"),
        Operation("accept", ["-C", "new", "mechanism", "accept", "m.json"], ["new"]),
        Operation("lock", ["-C", "east", "lock", "--passphrase-file", "passphrase"], ["east"], again=("already",)),
        Operation("report", ["-C", "east", "report", *REPORT, "--note", "words"], ["east"], "east/main", 1),
        Operation("import", ["-C", "east", "import", "reports", "r.csv"], ["east"], "east/main", 301, once=True),
        Operation("withdraw", ["-C", "east", "withdraw", "east/main/2", "--reason", "mistake"], ["east"], "east/main", 1, again=done_before),
        Operation("correct", ["-C", "east", "correct", "east/main/2", "--set", "count=3", "--reason", "counted again"], ["east"], "east/main", 1,
                  again=done_before),
        Operation("zone", ["-C", "east", "zone", "import", "zones.geojson"], ["east"], "east/main", 1, again=done_before),
        Operation("position", ["-C", "east", "position", "east/main/1", "confirm", "--reason", "own post"], ["east"], "east/main", 1),
        Operation("inquiry", ["-C", "east", "inquiry", "open", "east/main/1", "--reason", "claims differ"], ["east"], "east/main", 1, again=done_before),
        Operation("share", ["-C", "east", "share", "east/main/1", "--to", "north"], ["east"], "east/main", 1, again=done_before),
        Operation("rotate", ["-C", "east", "share", "--rotate"], ["east"], "east/main", 1),
        Operation("erase", ["-C", "east", "erase", "east/main/1"], ["east"], "east/main", 1, again=done_before),
        Operation("desk", ["-C", "east", "desk", "add", "office/card-east-office.json"], ["east"], "east/main", 1, again=done_before),
        Operation("amend", ["-C", "east", "mechanism", "amend", "--permitted-use", "for the parties"], ["east"], "east/main", 1, again=done_before),
        Operation("consent", ["-C", "south", "mechanism", "consent", amendment], ["south"], "south/main", 1, again=done_before),
        Operation("brief", ["-C", "east", "brief", "propose", "--day", "2026-05-04", "--text", "en=text.txt"], ["east"], "east/main", 1,
                  again=done_before),
        Operation("digest", ["-C", "east", "digest", "state"], ["east"], "east/main", 1, again=done_before),
        Operation("picture", ["-C", "behind", "picture", "--digest"], ["behind"]),
        Operation("bundle-export", ["-C", "north", "bundle", "export", "out.truce"], ["north"]),
        Operation("bundle-import", ["-C", "behind", "bundle", "import", "north.truce"], ["behind"]),
        Operation("recover", ["-C", "restored", "recover", "--restored", "http://127.0.0.1:PORT"], ["restored"], server="east"),
        Operation("sync", ["-C", "behind", "sync", "http://127.0.0.1:PORT"], ["behind"], server="north"),
        Operation("push", ["-C", "north", "sync", "http://127.0.0.1:PORT", "--push"], ["north"], server="behind"),
        Operation("pushed-at", ["-C", "north", "sync", "http://127.0.0.1:PORT", "--push"], ["behind", "north"], server="!behind"),
    ]


class Trial:
    def __init__(self, template, work):
        self.template, self.work = template, work
        self.counts = collections.Counter()

    def prepare(self, operation):
        folder = self.work / "now"
        if folder.exists():
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
            shutil.rmtree(folder)
        shutil.copytree(self.template, folder, symlinks=True)
        before = {n: entries(folder / n) for n in operation.nodes if (folder / n).exists()}
        return folder, before

    def act(self, operation, folder, fault=None, log=None):
        """Runs the operation with its fault; the fault of "!NODE" is the server's. Gives (status, output, messages, server's status)."""
        if not operation.server:
            return (*run(folder, operation.arguments, fault, log), 0)
        node = operation.server.lstrip("!")
        theirs = operation.server.startswith("!")
        port = free_port()
        server = serve(folder, node, port, fault if theirs else None, log if theirs else None)
        arguments = [a.replace("PORT", str(port)) for a in operation.arguments]
        try:
            result = run(folder, arguments, None if theirs else fault, None if theirs else log)
        finally:
            status = stop(server)
        return (*result, status)

    def calls(self, operation):
        folder, _ = self.prepare(operation)
        log = self.work / "calls"
        log.unlink(missing_ok=True)
        status, out, messages, _ = self.act(operation, folder, log=log)
        if status != 0:
            raise Failure(f"{operation.name} fails by itself: {messages[-300:]}")
        # The server of a push writes as others ask it: the longest count of a few runs would not be the same each time.
        return log.read_text().splitlines()

    def fsck(self, operation, folder, name):
        for node in operation.nodes:
            if not (folder / node / "mechanism.json").exists():
                continue
            status, out, messages = run(folder, ["-C", node, "fsck"])
            if status != 0:
                raise Failure(f"{name}: fsck of {node}: {(out + messages)[-400:]}")

    def kept(self, operation, folder, before, name):
        for node, logs in before.items():
            now = entries(folder / node)
            for log, (size, data) in logs.items():
                got = now.get(log, (0, b""))
                if got[0] < size or got[1][: len(data)] != data:
                    raise Failure(f"{name}: {node} lost entries of {log}: {size} -> {got[0]}")

    def one(self, operation, how, number):
        name = f"{operation.name}, {how} at call {number}"
        folder, before = self.prepare(operation)
        status, out, messages, served = self.act(operation, folder, (how, number))
        killed = how in ("kill", "power")
        theirs = bool(operation.server and operation.server.startswith("!"))
        ended = served if theirs else status
        allowed = (0, 1, -signal.SIGKILL) if killed else (0, 1)
        if ended not in allowed:
            raise Failure(f"{name}: ended with {ended}: {messages[-300:]}")
        if status == 1 and not (out + messages).strip():
            raise Failure(f"{name}: failed without a word")
        self.counts["faults"] += 1
        self.counts["failed" if ended != 0 else "went on"] += 1
        # What was acknowledged: done, or its number printed.
        self.kept(operation, folder, before, name)
        grown = operation.grown(before, folder)
        acknowledged = status == 0 and not theirs
        if acknowledged and grown < operation.more:
            # Journalled and not yet in a tile: the next append brings it out.
            self.counts["journalled"] += 1
        after = {n: entries(folder / n) for n in operation.nodes if (folder / n).exists()}
        # Again, with nothing failing.
        again, out2, messages2, _ = self.act(operation, folder)
        if again != 0 and not any(w in (out2 + messages2) for w in operation.again):
            raise Failure(f"{name}: and again: {messages2[-400:]}")
        if not operation.makes:  # A folder that is not finished is begun anew, log and all: it was given to nobody.
            self.kept(operation, folder, after, name + ", and again")
        self.fsck(operation, folder, name + ", and again")
        total = operation.grown(before, folder)
        least = operation.more * (2 if acknowledged and again == 0 and not operation.once else 1)
        if total < least:
            raise Failure(f"{name}: {total} statements of {least} acknowledged ones")
        if operation.makes and operation.nodes and run(folder, ["-C", operation.makes, "report", *REPORT])[0] != 0:
            raise Failure(f"{name}: the new node cannot report")
        self.counts["statements acknowledged"] += operation.more if acknowledged else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--how", default="eio,enospc,full,kill,power")
    parser.add_argument("--only")
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    only, _, call = (arguments.only or "").partition(":")
    failures = []
    began = time.monotonic()
    shm = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as work:
        work = pathlib.Path(work)
        template = work / "template"
        template.mkdir()
        found(template)
        trial = Trial(template, work)
        for operation in operations(template):
            if only and operation.name != only:
                continue
            calls = trial.calls(operation)
            at = time.monotonic()
            before = len(failures)
            for n, how in enumerate(arguments.how.split(",")):
                for number in [int(call)] if call else range(1 + n * 3 % arguments.every, len(calls) + 1, arguments.every):
                    try:
                        trial.one(operation, how, number)
                    except (Failure, subprocess.TimeoutExpired) as e:
                        what = calls[number - 1] if number <= len(calls) else ""
                        failures.append(f"{e} [{what}]")
                        print("FAIL", failures[-1], flush=True)
            print(f"{'ok' if len(failures) == before else 'FAIL'} {operation.name}: {len(calls)} writing calls, {time.monotonic() - at:.0f} s", flush=True)
    print(dict(trial.counts), f"{time.monotonic() - began:.0f} s")
    print(f"{trial.counts['faults']} faults, {len(failures)} failures")
    return 1 if failures or not trial.counts["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
