"""From send to shown between two daemons on loopback, alone and while a large file travels: called by bench/chat.sh.

    chat.py VAULT WORK MESSAGES BYTES    prints a line of JSON for each situation

A message is asked for on one daemon's socket and awaited on the other's, by one process, so that one clock measures both. What a person
would see is the other's stream of `chat log --follow`, which is what is read here.
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

program, work, count, size = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) >> 20 << 20
PAUSE = 0.02  # between two messages: somebody types fast


class Socket(http.client.HTTPConnection):
    def __init__(self, folder):
        super().__init__("localhost")
        self.path = str(folder / "daemon.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [program, "--data", folder, "daemon", "run", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--api", "127.0.0.1:0", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ready = json.loads(self.process.stdout.readline())
        self.http = Socket(folder)

    def run(self, *arguments):
        return subprocess.run([program, "--data", self.folder, *map(str, arguments)], check=True, capture_output=True, text=True).stdout

    def send(self, text):
        self.http.request("POST", "/api/v1/chat/send", json.dumps({"vault": "bench", "room": "general", "text": text}), {"Content-Type": "application/json"})
        answer = json.loads(self.http.getresponse().read())
        assert answer["status"] == "success", answer

    def resident(self):
        return next(int(line.split()[1]) for line in open(f"/proc/{self.process.pid}/status") if line.startswith("VmHWM")) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()


shown = {}
arrived = threading.Condition()


def follow(folder):
    stream = Socket(folder)
    stream.request("POST", "/api/v1/chat/log", json.dumps({"vault": "bench", "room": "general", "follow": True}), {"Content-Type": "application/json", "Accept": "application/x-ndjson"})
    for line in stream.getresponse():
        said = json.loads(line)
        with arrived:
            shown[said.get("text")] = time.perf_counter()
            arrived.notify_all()


def wait(text):
    with arrived:
        assert arrived.wait_for(lambda: text in shown, timeout=60), f"{text} never came"


def measure(one, name, while_true=lambda: True):
    sent, acknowledged = {}, []
    for i in range(count):
        text = f"{name} {i}"
        sent[text] = time.perf_counter()
        one.send(text)
        acknowledged.append(time.perf_counter() - sent[text])
        time.sleep(PAUSE)
        if not while_true() and i >= 100:
            break
    for text in sent:
        wait(text)
    delays = sorted(1000 * (shown[text] - at) for text, at in sent.items())
    print(json.dumps({
        "op": name, "messages": len(delays), "median_ms": statistics.median(delays), "p99_ms": delays[min(len(delays) - 1, int(len(delays) * 0.99))], "most_ms": delays[-1],
        "acknowledged_ms": 1000 * statistics.median(acknowledged)}), flush=True)


folders = work / "one", work / "other"
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
one, other = map(Daemon, folders)
try:
    one.run("create", "bench")
    other.run("join", json.loads(one.run("invite", "bench", "--role", "write", "--json"))["ticket"])
    threading.Thread(target=follow, args=(folders[1],), daemon=True).start()
    one.send("first")
    wait("first")
    measure(one, "alone")

    large = work / "large"
    with open(large, "wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    adding = subprocess.Popen([program, "--data", folders[0], "add", "bench", large], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    done = threading.Event()

    def watch():
        adding.wait()
        there = Socket(folders[1])
        while not done.is_set():
            there.request("POST", "/api/v1/status", json.dumps({"vault": "bench"}), {"Content-Type": "application/json"})
            status = json.loads(there.getresponse().read())["data"]["vaults"][0]
            if status["bytes"] >= size and status["missingBlocks"] == 0 and status["missingBytes"] == 0:
                done.set()
            time.sleep(0.1)

    # The file is cut, sealed and stored on the one side and travels to the other, all on the cores that the messages have too.
    began = time.perf_counter()
    threading.Thread(target=watch, daemon=True).start()
    measure(one, "beside a large file", lambda: not done.is_set())
    took = time.perf_counter() - began if done.wait(600) else None
    print(json.dumps({"op": "memory", "one_mib": one.resident(), "other_mib": other.resident(), "file_seconds": took, "file_bytes": size}))
finally:
    one.end()
    other.end()
