"""Keeps many hostile connections to the server open, and checks that other callers are still served.

Usage: soak.py UNSTICK [--connections N] [--seconds S] [--memory MB] [--latency MS]

UNSTICK is the built server. It runs over a sample workload in a temporary folder. N connections of five kinds are kept open
for S seconds, each opened again when the server ends it, from as many addresses of this machine as necessary:

- silent: sends nothing;
- slow head: sends a head, a field a second;
- slow body: sends a body, a few bytes a second, with a valid API key;
- no reader: sends requests as fast as possible, and reads no answer;
- leaver: sends a request and closes its half, or resets the connection, or keeps it and is silent.

In the meantime /healthz is called four times a second, each time on a new connection from its own address, and half-way a
run cleans the stuck jobs through the API. All traffic stays on this machine.

Exits with 1 if a call of /healthz fails or takes longer than the latency, if the run does not succeed, if the server ends or
uses too much memory, or if it does not stop in good order.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TOKEN = "soak-" + "s" * 32
HEAD = b"HTTP/1.1\r\nHost: soak\r\n"
#: The number of hostile connections from one address: fewer than the limit of the server.
PER_ADDRESS = 250
#: The number of new connections a second of all hostile callers together, after the first round.
CONNECT_RATE = 400


class Hostile(asyncio.Protocol):
    """A connection that behaves badly until the server ends it."""

    def __init__(self, sort, counts):
        self.sort, self.counts, self.ended, self.task, self.transport = sort, counts, None, None, None

    def connection_made(self, transport):
        self.transport = transport
        self.ended = asyncio.get_running_loop().create_future()
        self.counts["open"] += 1
        self.task = asyncio.ensure_future(getattr(self, self.sort)())

    def data_received(self, data):
        self.counts[data[9:12].decode("latin-1") if data.startswith(b"HTTP/1.1 ") else "more"] += 1

    def connection_lost(self, error):
        self.counts["open"] -= 1
        self.task.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    async def silent(self):
        pass

    async def slow_head(self):
        self.transport.write(b"GET /readyz " + HEAD)
        while True:
            await asyncio.sleep(1)
            self.transport.write(b"X-Slow: y\r\n")

    async def slow_body(self):
        path = b"POST /api/admin/jobs/cleanup "
        self.transport.write(path + HEAD + b"Authorization: Bearer " + TOKEN.encode() + b"\r\n")
        self.transport.write(b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
        while True:
            await asyncio.sleep(1)
            self.transport.write(b" " * 200)

    async def no_reader(self):
        self.transport.pause_reading()
        self.transport.set_write_buffer_limits(high=0)
        requests = (b"GET /openapi.json " + HEAD + b"\r\n") * 100
        while not self.transport.is_closing():
            # Checks the buffer of the loop, not of the socket: data that the server does not read stays here.
            if self.transport.get_write_buffer_size() == 0:
                self.transport.write(requests)
            await asyncio.sleep(1)

    async def leaver(self):
        self.transport.write(b"GET /openapi.json " + HEAD + b"\r\n")
        kind = id(self) // 16 % 3
        if kind == 0:
            self.transport.write_eof()
            self.transport.pause_reading()
            await asyncio.sleep(5)
            self.transport.abort()
        elif kind == 1:
            await asyncio.sleep(2)
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()


SORTS = ["silent", "slow_head", "slow_body", "no_reader", "leaver"]


async def hostile(index, port, pace, counts):
    sort = SORTS[index % len(SORTS)]
    address = f"127.{1 + index // PER_ADDRESS // 250}.1.{1 + index // PER_ADDRESS % 250}"
    loop = asyncio.get_running_loop()
    while True:
        await pace()
        try:
            _, protocol = await loop.create_connection(
                lambda: Hostile(sort, counts), "127.0.0.1", port, local_addr=(address, 0)
            )
        except OSError:
            counts["refused"] += 1
            await asyncio.sleep(1)
            continue
        counts["begun"] += 1
        await protocol.ended


def make_pace(rate):
    """Spreads the start of connections over time."""
    state = {"next": 0.0}

    async def pace():
        now = asyncio.get_running_loop().time()
        state["next"] = max(state["next"] + 1 / rate, now)
        await asyncio.sleep(state["next"] - now)

    return pace


def ask(port, method, path, body=None):
    """Sends one request on a new connection; returns the status, the text and the time in milliseconds."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n"
        data = json.dumps(body).encode() if body is not None else b""
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        connection.sendall(head.encode() + b"\r\n" + data)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), text.decode(), (time.monotonic() - began) * 1000


def memory(process, name):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024


class Watch:
    """Calls /healthz in its own process, because the one with the hostile connections is busy."""

    CODE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from soak import ask
port, start = int(sys.argv[2]), time.monotonic()
end = start + float(sys.argv[3])
while time.monotonic() < end:
    began = time.monotonic()
    try:
        status, _, took = ask(port, "GET", "/healthz")
    except Exception as error:
        status, took = type(error).__name__, (time.monotonic() - began) * 1000
    print(status, round(took, 1), round(began - start, 1), flush=True)
    time.sleep(0.25)
"""

    def __init__(self, port, seconds):
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.CODE, str(Path(__file__).parent), str(port), str(seconds)],
            stdout=subprocess.PIPE, text=True,
        )

    def results(self):
        lines = self.process.communicate(timeout=120)[0].split("\n")
        return [(status, float(took), float(at)) for status, took, at in (line.split() for line in lines if line)]


async def attack(options, port, server, counts, peak):
    loop = asyncio.get_running_loop()
    pace = make_pace(CONNECT_RATE)
    tasks = [asyncio.ensure_future(hostile(index, port, pace, counts)) for index in range(options.connections)]
    end = loop.time() + options.seconds
    run = None
    while loop.time() < end and server.poll() is None:
        await asyncio.sleep(1)
        peak.append(memory(server, "VmRSS"))
        counts["most open"] = max(counts["most open"], counts["open"])
        if run is None and loop.time() > end - options.seconds / 2:
            run = await loop.run_in_executor(None, ask, port, "POST", "/api/admin/jobs/cleanup", {})
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("unstick")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--memory", type=float, default=1000, help="what the server may hold, in MB")
    parser.add_argument("--latency", type=float, default=100, help="what an answer of /healthz may take, in ms")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = options.connections + 100
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} descriptors are needed, and the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(needed, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))

    with tempfile.TemporaryDirectory() as folder:
        unstick = str(Path(options.unstick).resolve())
        subprocess.run([unstick, "sample"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        log = Path(folder, "log")
        server = subprocess.Popen(
            [unstick, "serve", "--port", "0", "--schedule", "off"], cwd=folder, stdout=subprocess.PIPE, text=True,
            stderr=log.open("w"), env={**os.environ, "UNSTICK_ADMIN_TOKEN": TOKEN, "LOG_FORMAT": "json"},
        )
        try:
            return watch(options, server, log)
        finally:
            if server.poll() is None:
                server.kill()


def watch(options, server, log):
    port = int(re.search(r":(\d+)", server.stdout.readline())[1])
    before = memory(server, "VmRSS")
    counts, peak = Counter(), []
    health = Watch(port, options.seconds)
    run = asyncio.run(attack(options, port, server, counts, peak))
    results = health.results()
    took = sorted(time for _, time, _ in results)
    good = [status for status, _, _ in results if status == "200"]
    slow = [f"{took:.0f} ms at {at:.0f} s" for _, took, at in results if took > options.latency]
    most = memory(server, "VmHWM") if server.poll() is None else float("nan")
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        code = "none"
    stopped = time.monotonic() - began

    def share(part):
        return took[min(len(took) - 1, int(len(took) * part))]

    print(f"connections  {options.connections} wanted, {counts['most open']} open at once, {counts['begun']} begun,"
          f" {counts['refused']} refused, for {options.seconds:.0f} s")
    print("answers      " + ", ".join(f"{counts[key]} × {key}" for key in sorted(counts) if key.isdigit()))
    print(f"memory       {before:.0f} MB before, {max(peak):.0f} MB at most each second, {most:.0f} MB ever")
    print(f"/healthz     {len(results)} asked, {len(good)} answered; median {share(0.5):.0f} ms, 99 % {share(0.99):.0f} ms,"
          f" slowest {took[-1]:.0f} ms")
    if slow:
        print(f"slow         {len(slow)}: " + ", ".join(slow[:12]))
    print(f"run          {run and run[0]} after {run and round(run[2])} ms: {run and json.loads(run[1]).get('message')}")
    print(f"stop         code {code} after {stopped:.1f} s")
    faults = [
        ("the server ended", code != 0),
        ("/healthz was not always answered", len(good) < len(results) or not results),
        (f"/healthz took longer than {options.latency:.0f} ms", took[-1] > options.latency),
        ("the run did not go through", not run or run[0] != 200 or json.loads(run[1])["result"]["cleanedUp"] == 0),
        (f"the server held more than {options.memory:.0f} MB", not most <= options.memory),
        ("too few connections were open", counts["most open"] < options.connections * 0.5),
    ]
    found = [text for text, is_found in faults if is_found]
    for text in found:
        print(f"FAULT: {text}")
    if found:
        print("".join(log.read_text().splitlines(keepends=True)[-20:]), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
