#!/usr/bin/env python3
"""Two daemons of ours on loopback, as a contender of the collection's p2p.py, and the page that comes of it.

  swarm.py import  VAULT STORE_A STORE_B SRC   two devices of an empty vault; then, at the first alone, the files of SRC (untimed)
  swarm.py serve   VAULT STORE_A STORE_B       both daemons, which don't find each other; prints "ready", ends with them
  swarm.py pull    STORE_A STORE_B             the second connects; ends when every block and record is durable there
  swarm.py files   VAULT STORE_B DST           what arrived, as plain files
  swarm.py latency VAULT WORK TIMES            a JSON line: milliseconds until a change through one daemon's API is readable at the other
  swarm.py idle    VAULT WORK SECONDS          a JSON line: processor and memory of two daemons that are in step and have nothing to do
  swarm.py page    RESULTS SINCE SCALE FILE…   the tables, from p2p.jsonl and the lines of the two above
"""
import json, os, shutil, signal, statistics, sys, time
from daemons import Daemon, Socket, run, settle, share_network


def members(program, store_a, store_b, role="write"):
    """Two daemons in an empty vault, with one swarm key, so that either can dial the other."""
    run(program, store_a, "create", "bench")
    share_network(program, store_a, store_b)
    first, second = Daemon(program, store_a), Daemon(program, store_b)
    here, there = Socket(store_a), Socket(store_b)
    there.call("join", ticket=here.call("invite", vault="bench", role=role, expires="1.00:00:00")["ticket"])
    settle(here, there)
    return first, second, here, there


def import_files(program, store_a, store_b, source, role="write"):
    first, second, *_ = members(program, store_a, store_b, role)
    second.stop()
    first.stop()
    run(program, store_a, "add", "bench", source, "--as", ".")


def serve(program, store_a, store_b):
    first, second = Daemon(program, store_a), Daemon(program, store_b) # at other ports than those they know of each other
    print("ready", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        signal.pause()
    finally:
        second.stop()
        first.stop()


def pull(store_a, store_b):
    there, here = Socket(store_a), Socket(store_b)
    here.call("dial", address=there.call("daemon")["listen"][0])
    settle(there, here)


def pair(program, work):
    """Two daemons in step, with a small vault."""
    stores = [os.path.join(work, name) for name in ("pair-a", "pair-b")]
    for store in stores: shutil.rmtree(store, ignore_errors=True)
    source = os.path.join(work, "pair-files")
    os.makedirs(source, exist_ok=True)
    for i in range(100):
        with open(os.path.join(source, f"{i}.txt"), "w") as file: file.write(f"file {i}\n" * 50)
    first, second, here, there = members(program, *stores)
    run(program, stores[0], "add", "bench", source, "--as", ".")
    settle(here, there)
    return first, second, here, there


def latency(program, work, times):
    first, second, here, there = pair(program, work)
    try:
        taken = []
        for i in range(int(times)):
            text = f"change {i} {time.time_ns()}".encode()
            time.sleep(0.2)
            began = time.monotonic()
            here.ask("PUT", "/api/v1/vaults/bench/files/note.txt", text)
            while there.ask("GET", "/api/v1/vaults/bench/files/note.txt") != (200, text): time.sleep(0.0005)
            taken.append(1000 * (time.monotonic() - began))
        print(json.dumps({"what": "latency", "ms": [round(one, 2) for one in taken]}), flush=True)
    finally:
        second.stop()
        first.stop()


def idle(program, work, seconds):
    first, second, *_ = pair(program, work)
    try:
        time.sleep(10) # what the start left to do
        before, began = [one.usage() for one in (first, second)], time.monotonic()
        time.sleep(float(seconds))
        passed, after = time.monotonic() - began, [one.usage() for one in (first, second)]
        print(json.dumps({"what": "idle", "seconds": round(passed), "percent": [round(100 * (b[0] - a[0]) / passed, 2) for a, b in zip(before, after)], "mib": [round(b[1]) for b in after]}), flush=True)
    finally:
        second.stop()
        first.stop()


def page(results, since, scale, *lines):
    rows = [row for row in map(json.loads, open(os.path.join(results, "p2p.jsonl"))) if row["call"] >= int(since) and row["scale"] == float(scale)] if os.path.exists(os.path.join(results, "p2p.jsonl")) else []
    for corpus in ("big", "mixed", "small", "assets"):
        of = {}
        for row in rows:
            if row["corpus"] == corpus and row["test"] == "transfer": of.setdefault(row["tool"], []).append(row)
        if not of: continue
        print(f"\n## `{corpus}`, {next(iter(of.values()))[0]['src_bytes'] / 1e6:.0f} MB\n")
        print("| program | wall s: least, median, greatest | MB/s | ours / theirs in one round | CPU s of both | peak MiB | MB on the wire | import s |\n|---|---|---|---|---|---|---|---|")
        ours = {row["run"]: row for row in of.get("vault", [])}
        for tool, all in sorted(of.items(), key=lambda item: statistics.median(row["wall"] for row in item[1])):
            walls = sorted(row["wall"] for row in all)
            middle = statistics.median(walls)
            ratios = [ours[row["run"]]["wall"] / row["wall"] for row in all if row["run"] in ours and tool != "vault"]
            half = lambda key: f"{statistics.median(row[key] for row in all if key in row):.1f}" if any(key in row for row in all) else ""
            print(f"| {tool} | {walls[0]:.2f} / {middle:.2f} / {walls[-1]:.2f} | {all[0]['src_bytes'] / 1e6 / middle:.0f} | {f'{statistics.median(ratios):.2f}' if ratios else ''} | {half('cpu')} | {half('rss_mib')} "
                  f"| {statistics.median(row['wire_bytes'] for row in all) / 1e6:.1f} | {half('import_s')} |")
    print("\n## One change, and nothing to do\n")
    for name in lines:
        if not os.path.exists(name): continue
        for line in map(json.loads, open(name)):
            if line["what"] == "latency": print(f"- A file of one block, written through one daemon's API until it is read through the other's: median {statistics.median(line['ms']):.1f} ms, least {min(line['ms']):.1f}, greatest {max(line['ms']):.1f}, of {len(line['ms'])}.")
            else: print(f"- Two daemons in step with a vault of 100 files, {line['seconds']} s of nothing to do: {' and '.join(map(str, line['percent']))} % of a core, {' and '.join(map(str, line['mib']))} MiB resident.")


verbs = {"import": import_files, "serve": serve, "pull": pull, "files": lambda program, store, target: run(program, store, "get", "bench", "-o", target), "latency": latency, "idle": idle, "page": page}
if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in verbs: raise SystemExit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])
