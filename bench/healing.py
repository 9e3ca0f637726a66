#!/usr/bin/env python3
"""Five real daemons that keep three copies of a vault, and what becomes of the copies. In a network namespace of its own, whose loopback counts every byte.

  healing.py run  VAULT WORK SCALE MINIMUM   JSON lines, one a scene; the vault's minimum of copies says whether a lost device is waited for
  healing.py page FILE                       the tables, from those lines
"""
import json, os, random, shutil, sys, time
from daemons import Daemon, Socket, run, settle, share_network

GIGABYTES = 2
DEVICES = 5
COPIES = 3
DAMAGED = 100
STRIKES = 5
PATIENCE = 1800
REST = 20 # between two scenes: what was short lately isn't waited for anew


class Device:
    """A daemon that may be started again, and what its lives received together."""

    def __init__(self, program, store):
        self.program, self.store, self.port = program, store, 0
        self.earlier = 0 # bytes of blocks that came in earlier lives, as far as they were last seen
        self.seen = 0
        self.start()

    def start(self):
        self.daemon = Daemon(self.program, self.store, self.port)
        self.peer, self.port = self.daemon.peer, self.daemon.port
        self.earlier, self.seen = self.earlier + self.seen, 0

    def received(self):
        """Bytes of blocks that came and are durable. Of a life that was killed some may be missing."""
        vaults = Socket(self.store).call("daemon")["vaults"]
        self.seen = vaults[0]["receivedBytes"] if vaults else 0
        return self.earlier + self.seen

    def call(self, name, **request):
        return Socket(self.store).call(name, **request)


def wire():
    """Bytes that went over loopback."""
    return next(int(line.split(":")[1].split()[0]) for line in open("/proc/net/dev") if line.strip().startswith("lo:"))


def until(holds, every=0.25):
    """Seconds until it holds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > PATIENCE: raise SystemExit(f"healing.py: {holds.__name__} didn't come in {PATIENCE} s")
        time.sleep(every)
    return time.monotonic() - began


def short(founder, gone=()):
    """Copies that are missing as the founder sees it, none of a lost device's counted; whether all others have proven theirs; and those others."""
    peers = [device.peer for device in gone]
    missing = founder.call("whatif", vault="bench", lose=peers)["healBlocks"]
    holders = [one for one in founder.call("whereis", vault="bench")["holders"] if one["peer"] not in peers]
    return missing, all(one["state"] == "proven" for one in holders) and len(holders) > 1, holders


def whole(founder, gone=()):
    missing, proven, holders = short(founder, gone)
    return missing == 0 and proven and all(one["connected"] for one in holders)


def now_of(devices):
    """Where a measurement begins."""
    return time.monotonic(), wire(), sum(device.received() for device in devices)


def measure(what, founder, survivors, gone=(), meanwhile=lambda: None, since=None, **more):
    """From now, or from an earlier moment, until every block has its copies again, and all of them are proven. One line."""
    began, wire_before, before = since or now_of(survivors)
    at, copied = [(0.0, 0)], None
    while True:
        meanwhile()
        come, now = sum(device.received() for device in survivors) - before, time.monotonic() - began
        if now > PATIENCE: raise SystemExit(f"healing.py: {what} didn't end in {PATIENCE} s")
        time.sleep(0.25)
        if come > at[-1][1]:
            at.append((now, come))
            continue # more is on its way, most likely; asking for every block is work for the one that is asked
        missing, proven, holders = short(founder, gone)
        copied = None if missing > 0 else copied or now
        if missing == 0 and proven and all(one["connected"] for one in holders): break
    line = {"what": what, "seconds": now, "first": at[1][0] if len(at) > 1 else None, "last": at[-1][0], "copied": copied, "blocks": at[-1][1], "wire": wire() - wire_before, "at": at[:: len(at) // 100 + 1], **more}
    print(json.dumps(line), flush=True)


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def make_files(folder, scale):
    """Noise, which neither compresses nor repeats, in files of 16 MB and what is left."""
    os.makedirs(folder)
    noise, left, number = random.Random(1), int(GIGABYTES * 1e9 * scale), 0
    while left > 0:
        size = min(left, 16_000_000)
        with open(os.path.join(folder, f"{number}"), "wb") as file: file.write(noise.randbytes(size))
        left, number = left - size, number + 1


def plain(program, work, founder, scale):
    """What block exchange alone takes: a second device that holds everything, and that leaves when it has it."""
    store = os.path.join(work, "plain")
    share_network(program, founder.store, store)
    other = Device(program, store)
    before, began = wire(), time.monotonic()
    other.call("join", ticket=founder.call("invite", vault="bench", role="read", expires="1.00:00:00")["ticket"])
    settle(Socket(founder.store), Socket(store))
    taken, bytes = time.monotonic() - began, other.received()
    print(json.dumps({"what": "plain", "seconds": taken, "blocks": bytes, "wire": wire() - before}), flush=True)
    founder.call("revoke", vault="bench", device=other.peer)
    other.daemon.stop()
    shutil.rmtree(store)


def join(program, store, founder, others, role="read"):
    share_network(program, founder.store, store)
    device = Device(program, store)
    device.call("join", ticket=founder.call("invite", vault="bench", role=role, expires="1.00:00:00")["ticket"], capacity=10 ** 12, **{"class": "server"})
    for other in others: device.call("dial", address=other.daemon.address)
    return device


def damage(store, places, noise):
    """Turns a byte at so many places of the segments, behind the back of whoever uses them."""
    segments = [(path, os.path.getsize(path)) for path in (os.path.join(store, "segments", name) for name in sorted(os.listdir(os.path.join(store, "segments")))) if path.endswith(".seg")]
    for _ in range(places):
        at = noise.randrange(sum(size for _, size in segments))
        for path, size in segments:
            if at < size: break
            at -= size
        with open(path, "r+b") as file:
            file.seek(at)
            there = file.read(1)[0]
            file.seek(at)
            file.write(bytes([there ^ 1]))


def scenes(program, work, scale, minimum):
    scale = float(scale)
    noise = random.Random(2)
    root = os.path.join(work, "healing")
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    source = os.path.join(root, "files")
    say("making the files and adding them")
    make_files(source, scale)
    store = os.path.join(root, "1")
    run(program, store, "create", "bench", "--copies", str(COPIES), "--min-copies", str(minimum))
    began = time.monotonic()
    run(program, store, "add", "bench", source, "--as", ".")
    print(json.dumps({"what": "vault", "scale": scale, "minimum": int(minimum), "bytes": sum(os.path.getsize(os.path.join(source, name)) for name in os.listdir(source)), "import": time.monotonic() - began}), flush=True)
    shutil.rmtree(source)
    founder = Device(program, store)
    devices = [founder]
    everyone = [founder]
    try:
        founder.call("offer", vault="bench", **{"class": "server"})
        say("plain exchange")
        plain(program, root, founder, scale)
        say("the first copies")
        since = now_of(devices)
        for number in range(2, DEVICES + 1):
            devices.append(join(program, os.path.join(root, str(number)), founder, devices, "blind" if number == 2 else "read"))
        everyone = list(devices)
        measure("spread", founder, devices, since=since)
        blocks = founder.call("whereis", vault="bench")["blocks"]

        say("one is lost")
        time.sleep(REST)
        victim = max(devices[1:], key=lambda device: device.received())
        lost = victim.received()
        needed = founder.call("whatif", vault="bench", lose=[victim.peer])["healBytes"] # some of it has a copy too many, made while the others were joining
        victim.daemon.kill()
        devices.remove(victim)
        measure("lost", founder, devices, [victim], lost=lost, needed=needed, vault_blocks=blocks)

        say("a hundred blocks rot")
        rotten = devices[1]
        damage(rotten.store, DAMAGED, noise)
        began = time.monotonic()
        found = len(rotten.call("verify")["bad"])
        looked = time.monotonic() - began
        until(lambda: short(founder, [victim])[0] > 0, 0.05)
        measure("rot", founder, devices, [victim], found=found, looked=looked, told=time.monotonic() - began, held=rotten.received())

        say("healers are killed")
        newcomer = join(program, os.path.join(root, str(DEVICES + 1)), founder, devices)
        devices.append(newcomer)
        everyone.append(newcomer)
        until(lambda: len(newcomer.call("daemon")["vaults"][0]["inStepWith"]) == len(devices) - 1)
        time.sleep(REST)
        second = max((device for device in devices[1:] if device is not newcomer), key=lambda device: device.received())
        lost = second.received()
        needed = founder.call("whatif", vault="bench", lose=[victim.peer, second.peer])["healBytes"]
        second.daemon.kill()
        devices.remove(second)
        strikes, known = [], {device: device.received() for device in devices}

        def strike():
            """Who has received something since it was last looked at is killed, and starts again at once."""
            if len(strikes) >= STRIKES: return
            for device in devices[1:]:
                come = device.received()
                if come == known[device]: continue
                time.sleep(noise.random())
                device.received()
                device.daemon.kill()
                device.start()
                known[device] = device.received()
                strikes.append(devices.index(device))
                return

        measure("struck", founder, devices, [victim, second], meanwhile=strike, lost=lost, needed=needed, strikes=strikes)

        say("all are restarted")
        wire_before, before, began = wire(), sum(device.received() for device in devices), time.monotonic()
        longest = 0
        for device in devices:
            down = time.monotonic()
            device.daemon.stop()
            device.start()
            longest = max(longest, until(lambda: len(device.call("daemon")["vaults"]) > 0 and len(device.call("daemon")["vaults"][0]["inStepWith"]) == len(devices) - 1, 0.05) + time.monotonic() - down)
        until(lambda: whole(founder, [victim, second]))
        taken = time.monotonic() - began
        time.sleep(60) # longer than any of them waits before it acts
        print(json.dumps({"what": "restart", "seconds": taken, "longest": longest, "blocks": sum(device.received() for device in devices) - before, "wire": wire() - wire_before}), flush=True)
    finally:
        for device in everyone:
            if device.daemon.process.poll() is None: device.daemon.stop()
    shutil.rmtree(root)


def page(file):
    of = {line["what"]: line for line in map(json.loads, open(file))}
    vault, plain, spread, lost, rot, struck, restart = (of[name] for name in ("vault", "plain", "spread", "lost", "rot", "struck", "restart"))
    mb = lambda bytes: f"{bytes / 1e6:,.0f} MB"
    rate = lambda bytes, seconds: bytes / 1e6 / seconds
    missing = lambda of: f"{mb(of['needed'])} lacked a copy then" if "needed" in of else f"{mb(of['blocks'])} were copied"
    speed = rate(plain["blocks"], plain["seconds"])
    busy = lost["last"] - lost["first"] + 1 # blocks are counted when they are durable: the first of them came within the second before
    waits = ", so that healing doesn't wait for the quarter of an hour that a server may be away, but for the ten seconds of a restart" if vault["minimum"] == COPIES else "; a server is waited for a quarter of an hour"
    print(f"""{DEVICES} daemons on loopback, each a server, in a vault of {mb(vault['bytes'])} that wants {COPIES} copies: the founder holds everything, the others a share each, one of them without keys.
The vault's minimum is {vault['minimum']} copies{waits}.
Blocks are bytes of blocks that came to the devices that are left and were durable; of a process that was killed the last second isn't in them. The wire is all that went over the loopback of the namespace they ran in.
Copies count when their holder is connected, says that it has them and has proven lately that it has what it says; every block was asked for.
""")
    print("| what | wall s | first copy, last copy s | blocks | on the wire | of what was lost | goal |\n|---|---|---|---|---|---|---|")
    span = lambda of: "" if of["first"] is None else f"{of['first']:.1f}, {of['last']:.1f}"
    def row(name, of, against=None, goal=""):
        share = f"{of['blocks'] / against:.3f} (wire {of['wire'] / against:.3f})" if against else ""
        print(f"| {name} | {of['seconds']:.1f} | {span(of)} | {mb(of['blocks'])} | {mb(of['wire'])} | {share} | {goal} |")

    print(f"| block exchange alone: one device that holds everything takes it from one | {plain['seconds']:.1f} | | {mb(plain['blocks'])} | {mb(plain['wire'])} | | |")
    row(f"{DEVICES - 1} join one after the other, until there are {COPIES} copies", spread)
    row(f"the fullest of them killed for good, it held {mb(lost['lost'])}", lost, lost["lost"], "< 1.1")
    row(f"{rot['found']} blocks damaged on one that holds {mb(rot['held'])}", rot)
    row(f"another killed for good, {mb(struck['lost'])}, and {len(struck['strikes'])} times one that was just healing", struck, struck["lost"], "< 1.1")
    print(f"| all restarted in turn | {restart['seconds']:.1f} | | {mb(restart['blocks'])} | {mb(restart['wire'])} | {100 * restart['wire'] / vault['bytes']:.3f} % of the vault | < 1 % |")
    print(f"""
- Block exchange alone: {speed:.0f} MB/s. Copies of the lost device's blocks were made at {rate(lost['blocks'], busy):.0f} MB/s, {rate(lost['blocks'], busy) / speed:.2f} of that, while they were being made (goal: at least 0.5), and at {rate(lost['blocks'], lost['seconds']):.0f} MB/s from the kill until all were proven.
- Damage: a byte was turned at {DAMAGED} places of the segments of a daemon that ran, by chance of their length. `vault verify` read all that it holds and found it in {rot['looked']:.1f} s; after {rot['told']:.1f} s the others knew, and {rot['seconds']:.1f} s later all was whole.
  Nobody has to ask: the scrub that runs by itself reads at least 256 KiB a second, here all of it in {rot['held'] / (256 << 10) / 60:.0f} minutes. That isn't what was measured.
- Not all that a lost device held is a copy too few, as some blocks had a copy too many, made while others were joining: of the first, {missing(lost)}; of the second, {missing(struck)}. Copied includes what came twice because a healer was killed.
- The longest of the restarts took {restart['longest']:.1f} s until the device was in step with all others.""")


verbs = {"run": scenes, "page": page}
if len(sys.argv) < 3 or sys.argv[1] not in verbs: raise SystemExit(__doc__)
verbs[sys.argv[1]](*sys.argv[2:])
