#!/usr/bin/env python3
"""Two daemons with a vault of very many files: what they put on the wire to get in step again, and what they cost when nothing happens.

  wire.py make     VAULT WORK FILES            the pair: files of 16 bytes, added at the first, all of it at both; untimed
  wire.py measure  VAULT WORK ROUNDS SECONDS   JSON lines: reconnections after 0, 10 and 1,000 changed files, then SECONDS of nothing to do
  wire.py page     FILE                        the tables

Alone in a network namespace: its loopback interface counts what is measured.
"""
import json, os, random, shutil, statistics, sys, time
from daemons import Daemon, Socket, run, settle
from swarm import import_files, pull

FOLDER = 100  # files in one
PORT = 4177   # where the first always is: nothing else is in the namespace
WINDOW = 15   # seconds that are counted after it is in step: what follows the comparison belongs to it


def place(number): return f"{number // FOLDER // 100:03}/{number // FOLDER % 100:02}/{number:07}"


def write(folder, numbers, text):
    for number in numbers:
        name = os.path.join(folder, place(number))
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w") as file: file.write(text(number))


def stores(work): return [os.path.join(work, "wire", name) for name in ("a", "b")]


def make(program, work, files):
    shutil.rmtree(os.path.join(work, "wire"), ignore_errors=True)
    source = os.path.join(work, "wire", "files")
    write(source, range(int(files)), lambda number: f"{number:016}")
    began = time.monotonic()
    import_files(program, *stores(work), source)
    added = time.monotonic() - began
    first, second = [Daemon(program, store) for store in stores(work)]
    try:
        pull(*stores(work))
    finally:
        second.stop()
        first.stop()
    shutil.rmtree(source)
    with open(os.path.join(work, "wire", "made.json"), "w") as file: json.dump({"files": int(files), "added_s": round(added), "pulled_s": round(time.monotonic() - began - added)}, file)


def on_the_wire():
    """Bytes and packets that loopback has carried, TCP and IP headers among them."""
    fields = next(line for line in open("/proc/net/dev") if line.strip().startswith("lo:")).split(":")[1].split()
    return int(fields[8]), int(fields[9])


def metrics(socket):
    """The daemon's own numbers, those of all vaults and peers together."""
    token = open(os.path.join(socket.path[:-len("daemon.sock")], "api.token")).read().strip()
    socket.request("GET", "/metrics", headers={"Authorization": "Bearer " + token})
    sums = {}
    for line in socket.getresponse().read().decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            sums[name.split("{")[0]] = sums.get(name.split("{")[0], 0) + float(value)
    return sums


def rest(*sockets):
    """Until nothing is looked through any more, as it is after a start."""
    while any(socket.call("daemon")["vaults"][0]["searching"] for socket in sockets): time.sleep(0.2)
    time.sleep(5)


def reconnection(program, work, here, files, count, seed):
    """The second is away while files change at the first; then it comes, is in step, and a few seconds pass."""
    store_a, store_b = stores(work)
    if count:
        changed = os.path.join(work, "wire", "changed")
        shutil.rmtree(changed, ignore_errors=True)
        write(changed, random.Random(seed).sample(range(files), count), lambda number: f"{seed:06}{number:010}")
        run(program, store_a, "add", "bench", changed, "--as", ".")
    before, began = on_the_wire(), time.monotonic()
    second = Daemon(program, store_b)  # it dials where it met the first before
    there = Socket(store_b)
    try:
        settle(here, there)
        in_step = time.monotonic() - began
        time.sleep(WINDOW)
        after, numbers = on_the_wire(), metrics(there)
        print(json.dumps({"what": "reconnection", "files": files, "changed": count, "seconds": round(in_step, 3), "bytes": after[0] - before[0], "packets": after[1] - before[1],
            "sync_bytes": numbers["vault_sync_bytes_total"], "rounds": numbers["vault_sync_rounds_total"], "round_trips": numbers["vault_sync_round_trips_total"],
            "block_bytes": numbers["vault_fetched_bytes_total"]}), flush=True)
    finally:
        second.stop()


def idle(program, work, first, here, files, seconds):
    store_a, store_b = stores(work)
    second = Daemon(program, store_b)
    try:
        rest(here, Socket(store_b))
        settle(here, Socket(store_b))
        time.sleep(90)  # what the start left to do, and until that has been noticed
        before, bytes_before, began = [one.usage() for one in (first, second)], on_the_wire(), time.monotonic()
        time.sleep(seconds)
        passed, after = time.monotonic() - began, [one.usage() for one in (first, second)]
        print(json.dumps({"what": "idle", "files": files, "seconds": round(passed), "percent": [round(100 * (b[0] - a[0]) / passed, 2) for a, b in zip(before, after)],
            "mib": [round(b[1]) for b in after], "most_mib": [round(b[2]) for b in after], "bytes": on_the_wire()[0] - bytes_before[0]}), flush=True)
    finally:
        second.stop()


def measure(program, work, rounds, seconds):
    with open(os.path.join(work, "wire", "made.json")) as file: files = json.load(file)["files"]
    store, other = stores(work)
    first, here = Daemon(program, store, port=PORT), Socket(store)
    try:
        second = Daemon(program, other)
        try:
            pull(store, other) # from here on it knows where to dial
            rest(here, Socket(other))
        finally:
            second.stop()
        for turn in range(int(rounds)):
            for count in (0, 10, 1000): reconnection(program, work, here, files, count, int(time.time()) % 1_000_000)
        idle(program, work, first, here, files, float(seconds))
    finally:
        first.stop()


def page(file):
    rows = [json.loads(line) for line in open(file)]
    one = [row for row in rows if row["what"] == "reconnection"]
    print(f"A vault of {one[0]['files']:,} files of 16 bytes at both. One device is away while the other changes files, then its daemon starts. Counted are all bytes of the")
    print(f"interface from then until {WINDOW} s after it is in step and has looked through everything, both ways: TCP and IP headers, the handshakes, what is said between members besides, the records and the blocks of what changed.")
    print("Of that, by the daemons' own count at the stream: the comparison of the catalogs with the records it brings, both ways; and the blocks. Medians, with the least and the greatest.\n")
    print("| changed files | bytes on the wire | packets | of that comparison and records | of that blocks | round trips | seconds from the start of the daemon |\n|---|---|---|---|---|---|---|")
    for count in sorted({row["changed"] for row in one}):
        def of(figure, form="{:,.0f}"):
            values = [row[figure] for row in one if row["changed"] == count]
            middle = form.format(statistics.median(values))
            return middle if min(values) == max(values) else f"{middle} [{form.format(min(values))} – {form.format(max(values))}]"
        print(f"| {count:,} | {of('bytes')} | {of('packets')} | {of('sync_bytes')} | {of('block_bytes')} | {of('round_trips')} | {of('seconds', '{:.2f}')} |")
    print()
    for row in rows:
        if row["what"] == "idle":
            print(f"In step and with nothing to do for {row['seconds']} s: {' and '.join(map(str, row['percent']))} % of a core, {' and '.join(map(str, row['mib']))} MiB resident"
                  f" (the most since their start: {' and '.join(map(str, row['most_mib']))}), {row['bytes']:,} bytes on the wire.")


verbs = {"make": make, "measure": measure, "page": page}
if len(sys.argv) < 3 or sys.argv[1] not in verbs: raise SystemExit(__doc__)
verbs[sys.argv[1]](*sys.argv[2:])
